"""Sending what the outbox holds: claimed under a lease, sent with no transaction open, and the outcome recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import notices
from bot.channels import Channel, NotSent, Outgoing, Sent, Way, Why
from bot.logs import logger
from bot.metrics import NOTICES
from bot.photos import PhotoPages
from models import outboxes, people
from models.clock import Clock
from models.db import Database
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Identity, Person
from models.quiet import Quiet
from models.templates import Part
from texts.members import CARDS
from texts.notices import BESIDE_WORDS, Words

log = logger(__name__)

BACKOFF = (5, 30, 120, 600, 1800, 3600)
"""Seconds before the next try, by the number of tries there were."""

CARD_KINDS = frozenset({NoticeKind.OFFER, NoticeKind.FINISHED, NoticeKind.REMINDER})

STAFF_FIRST = frozenset(
    {
        NoticeKind.DESK,
        NoticeKind.ALARM,
        NoticeKind.HANDED_OVER,
        NoticeKind.HANDOVER_WORDS,
        NoticeKind.HANDOVER_TAKEN,
        NoticeKind.HANDOVER_OVER,
        NoticeKind.REGISTRATION,
        NoticeKind.DAY,
    }
)
"""Staff are reached by WeCom; everybody else first where they spoke last."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way to one account."""

    identity: Identity
    channel: Channel
    way: Way


@dataclass(frozen=True, slots=True)
class Plan:
    """A claimed notice in words, and the ways to try in order."""

    notice: Notice
    words: Words
    steps: Sequence[Step]
    accounts: frozenset[int]
    """The ids of the accounts at which the person can be reached, by a push or by a passive reply."""
    parts: Mapping[Part, str]
    """For templates with fields of their own; empty where none may be sent."""
    wants_peace: bool
    """Whether the person is to be left in peace as soon as a quiet time begins."""


class Delivery:
    """The worker's side of the outbox."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        *,
        clock: Clock,
        lease: timedelta,
        attempts: int,
        quiet: Quiet,
        photos: PhotoPages,
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._lease = lease
        self._attempts = attempts
        self._quiet = quiet
        self.photos = photos

    def deliver(self, notice_id: int) -> None:
        """Sends one notice if it is due. Safe to call twice, for a notice that is gone, and on many workers at once."""
        now = self._clock()
        with self._database.transaction() as session:
            if outboxes.claim(session, notice_id, now=now, lease=self._lease, quiet=self._quiet) is None:
                return
        # The words are found while nobody waits for the database.
        with self._database.reading() as session:
            plan = self._plan(session, session.get_one(Notice, notice_id), now=now)
        if isinstance(plan, NoticeState):
            self._end(notice_id, plan)
            return
        failures: list[NotSent] = []
        gone: set[int] = set()
        for step in plan.steps:
            if plan.wants_peace and (peace := self._quiet.until(self._clock())):
                # The quiet began while the ways before were tried.
                self._postpone(plan, peace)
                return
            if step.way is Way.CUSTOMER and not self._take_window(step.identity):
                continue
            try:
                sent = self._send(plan, step)
            except NotSent as failure:
                log.info("notice not sent", notice=notice_id, way=step.way.value, why=failure.why.value)
                failures.append(failure)
                if failure.why is Why.GONE:
                    gone.add(step.identity.id)
                self._learn(step, failure)
                continue
            self._record(plan, step, sent)
            return
        self._not_sent(plan, failures, still_there=not gone.issuperset(plan.accounts))

    def _plan(self, session: Session, notice: Notice, *, now: datetime) -> Plan | NoticeState:
        """How it is sent, or what becomes of it where it is not."""
        words = notices.in_words(session, notice, now=now, photos=self.photos)
        if words is None:
            return NoticeState.DROPPED
        if outboxes.goes_to_a_call(session, notice):
            return NoticeState.TO_CALL
        person = session.get_one(Person, notice.person_id)
        identities = [
            identity
            for identity in person.identities
            if identity.reachable and identity.channel in self._channels and notice.channel in ("", identity.channel)
        ]
        accounts = frozenset(identity.id for identity in identities)
        soon_quiet = self._quiet.until(now + self._lease) is not None
        wants_peace = soon_quiet and outboxes.disturbs(session, notice)
        steps = self._steps(notice, identities, now=now)
        by_template = any(step.way in (Way.TEMPLATE, Way.SUBSCRIPTION) for step in steps)
        parts = notices.parts(session, notice, now=now) if by_template else {}
        return Plan(notice, words, steps, accounts, parts, wants_peace)

    def _steps(self, notice: Notice, identities: Sequence[Identity], *, now: datetime) -> Sequence[Step]:
        """The order of the ways: the window, WeCom, templates, subscriptions; staff begin with WeCom."""
        order = [Way.CUSTOMER, Way.APP, Way.TEMPLATE, Way.SUBSCRIPTION]
        if notice.kind in STAFF_FIRST:
            order = [Way.APP, Way.CUSTOMER, Way.TEMPLATE, Way.SUBSCRIPTION]
        steps = [
            Step(identity, channel, way)
            for identity in identities
            for channel in [self._channels[identity.channel]]
            for way in channel.ways(notice.kind.value)
            if way is not Way.CUSTOMER or people.can_still_reply(identity, now=now)
        ]
        return sorted(steps, key=lambda step: order.index(step.way))

    def _send(self, plan: Plan, step: Step) -> Sent:
        notice = plan.notice
        choices = notices.choices_of(plan.words)
        outgoing = Outgoing(
            account=step.identity.account,
            kind=notice.kind.value,
            text=plan.words.text,
            choices=choices,
            title=plan.words.title,
            # One id for every try, so that the platform can tell a second one.
            task_id=f"n{notice.id}",
            parts=plan.parts,
        )
        beside = plan.words.card and (plan.words.card if step.identity.cards else BESIDE_WORDS)
        now = self._clock()
        if step.way is not Way.APP or notice.kind not in CARD_KINDS or not choices:
            return step.channel.send(step.way, outgoing, now=now)
        card = Outgoing(
            account=outgoing.account,
            kind=outgoing.kind,
            text=beside or outgoing.text,
            choices=choices,
            title=outgoing.title,
            # The platform wants a card's id to be new: a try after a crash is another card.
            task_id=f"n{notice.id}-{notice.attempts}",
            as_card=True,
        )
        if step.identity.cards:
            return step.channel.send(step.way, card, now=now)
        # Some clients show no cards. Until this person has pressed one, the words go first and the card after them.
        sent = step.channel.send(step.way, outgoing, now=now)
        try:
            return step.channel.send(step.way, card, now=now)
        except NotSent:
            return sent

    def _end(self, notice_id: int, state: NoticeState) -> None:
        with self._database.transaction() as session:
            notice = session.get_one(Notice, notice_id, with_for_update=True)
            notice.state, notice.lease_until = state, None
            NOTICES.labels(notice.kind.value, state.value).inc()

    def _postpone(self, plan: Plan, until: datetime) -> None:
        with self._database.transaction() as session:
            notice = session.get_one(Notice, plan.notice.id, with_for_update=True)
            notice.attempts -= 1
            outboxes.postpone(notice, until)

    def _take_window(self, identity: Identity) -> bool:
        with self._database.transaction() as session:
            return people.use_window(session, identity, now=self._clock())

    def _learn(self, step: Step, failure: NotSent) -> None:
        if failure.why is Why.WINDOW:
            with self._database.transaction() as session:
                people.close_window(session, step.identity.id)
        elif failure.why is Why.GONE:
            with self._database.transaction() as session:
                people.mark_unreachable(session, step.identity.id)

    def _record(self, plan: Plan, step: Step, sent: Sent) -> None:
        with self._database.transaction() as session:
            notice = session.get_one(Notice, plan.notice.id, with_for_update=True)
            notices.shown(
                session,
                notice,
                plan.words,
                channel=step.identity.channel,
                way=step.way.value,
                now=self._clock(),
                message_id=sent.message_id,
                response_code=sent.response_code,
            )
            if notice.kind is NoticeKind.OFFER and notices.in_words(session, notice, now=self._clock()) is None:
                # Somebody accepted while this one was on its way, or it went another way: its card ends at once.
                notice.card_open, notice.card_caption = False, notices.ending(session, notice)
        NOTICES.labels(plan.notice.kind.value, step.way.value).inc()

    def _not_sent(self, plan: Plan, failures: Sequence[NotSent], *, still_there: bool) -> None:
        """Later, with the person's next message, or on the staff's list: never forgotten."""
        now = self._clock()
        may_pass = any(failure.why in (Why.TEMPORARY, Why.QUOTA) for failure in failures)
        with self._database.transaction() as session:
            notice = session.get_one(Notice, plan.notice.id, with_for_update=True)
            notice.lease_until = None
            notice.error = "; ".join(map(str, failures))[:300]
            if may_pass and notice.attempts < self._attempts:
                notice.state = NoticeState.PENDING
                notice.not_before = now + timedelta(seconds=BACKOFF[min(notice.attempts, len(BACKOFF)) - 1])
            elif still_there:
                notice.state = NoticeState.WAITING
            else:
                notice.state = NoticeState.UNREACHABLE
            NOTICES.labels(notice.kind.value, notice.state.value).inc()

    def update_cards(self, *, most: int = 100) -> None:
        """Changes the buttons of cards that are over, for everybody who got one."""
        with self._database.transaction() as session:
            rows = session.scalars(
                select(Notice)
                .where(Notice.card_caption != "", Notice.response_code != "")
                .order_by(Notice.id)
                .limit(most)
                .with_for_update(skip_locked=True)
            ).all()
            # One try each: the code can be used once, and a stale button is told so when it is pressed.
            work = [(row.response_code, row.sent_by.partition(":")[0], row.person_id, row.card_caption) for row in rows]
            accounts = {
                (identity.person_id, identity.channel): identity.account
                for identity in session.scalars(
                    select(Identity).where(Identity.person_id.in_([person_id for _, _, person_id, _ in work]))
                )
            }
            for row in rows:
                row.response_code = row.card_caption = ""
        for code, key, person_id, caption in work:
            channel, account = self._channels.get(key), accounts.get((person_id, key))
            if channel is None or account is None:
                continue
            try:
                channel.update_card(code, (account,), CARDS[caption], now=self._clock())
            except NotSent as failure:
                log.info("card not updated", why=failure.why.value)
