"""What a rider is reminded of, merged into one notice a day, and what passers-by say of mended matters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import combinations

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models import areas, followers, judging, outboxes, people, results, sharing, transitions
from models.area import Area
from models.attachment import Attachment, AttachmentKind
from models.clock import CHINA, local
from models.errors import Refusal, Refused
from models.lifecycle import OPEN_STATES, RULES, Action, Actor
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person, Role, RoleKind, RoleStatus
from models.reminder import About, Lookout, Reminder, Seen
from models.rider import Title, TitleKind
from models.riders import in_force
from models.ticket import Ticket, TicketHelper, TicketState, TicketWords, Urgency, WordsKind

HAZARDS = frozenset(
    {
        "public_facility",
        "fire_safety",
        "drainage",
        "falling_object",
        "sanitation",
        "traffic",
        "charging",
        "greening",
    }
)
"""What anybody who passes by can see is mended."""

RECENTLY = timedelta(days=7)
"""How long a matter is asked about; older ones are for the desk."""

FIRST = timedelta(hours=1)
"""How long people may go on telling by themselves before they are reminded of what is missing."""

MOST_ASKED = 3
"""How many passers-by are asked about one matter, and how many more once one of them says that it is not mended."""
MOST_TOPICS = 2

OUTCOMES = (NoticeKind.FINISHED, NoticeKind.REMINDER, NoticeKind.REJECTED, NoticeKind.NOT_EVALUATED)
"""The notices that tell how a report ended."""

NOT_SENT = (NoticeState.WAITING, NoticeState.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Round:
    """All there is to remind one person of; at most one of each kind, so that it is read at a glance."""

    unfinished: Ticket | None = None
    outcome: Ticket | None = None
    recheck: Ticket | None = None
    lookouts: Sequence[Lookout] = field(default_factory=tuple)

    def __bool__(self) -> bool:
        return any((self.unfinished, self.outcome, self.recheck, self.lookouts))

    def to_json(self) -> dict[str, object]:
        """The facts of the notice."""
        tickets = {About.UNFINISHED: self.unfinished, About.OUTCOME: self.outcome, About.RECHECK: self.recheck}
        return {
            **{about.value: ticket.id for about, ticket in tickets.items() if ticket is not None},
            "lookouts": [each.id for each in self.lookouts],
        }


# ---------------------------------------------------------------- what there is


def _today(now: datetime) -> datetime:
    return datetime.combine(local(now).date(), time(0), CHINA).astimezone(now.tzinfo)


def _times_asked() -> ScalarSelect[int]:
    """How many passers-by were asked about the present result of a ticket."""
    asked = select(func.count()).where(_of_this_result(), Reminder.reminded_at >= Ticket.resolved_at)
    return asked.correlate(Ticket).scalar_subquery()


def _may_be_asked() -> ColumnElement[bool]:
    """Whether one more passer-by may be asked; one who says "not mended" alone proves nothing, so others look too."""
    doubted = exists().where(
        _of_this_result(), Reminder.answer == Seen.NOT_YET, Reminder.answered_at >= Ticket.resolved_at
    )
    return or_(_times_asked() < MOST_ASKED, and_(doubted, _times_asked() < 2 * MOST_ASKED))


def _of_this_result() -> ColumnElement[bool]:
    return and_(Reminder.ticket_id == Ticket.id, Reminder.about == About.RECHECK)


def _reminded(about: About) -> ColumnElement[bool]:
    return exists().where(Reminder.ticket_id == Ticket.id, Reminder.about == about)


def _is_unfinished(now: datetime) -> ColumnElement[bool]:
    """A report without words, or without anything that says where it is, that nobody has taken yet."""
    nowhere = and_(Ticket.area_id.is_(None), Ticket.lat.is_(None), Ticket.place == "")
    return and_(
        Ticket.state.in_([TicketState.NEW, TicketState.OFFERED]),
        Ticket.opened_at.between(now - RECENTLY, now - FIRST),
        or_(nowhere, ~_is_told()),
    )


def _is_told() -> ColumnElement[bool]:
    """Whether somebody has said what it is, in words or in a voice that people hear."""
    said = exists().where(
        TicketWords.ticket_id == Ticket.id,
        TicketWords.kind.in_([WordsKind.REPORT, WordsKind.ADDITION]),
        TicketWords.text != "",
    )
    heard = exists().where(Attachment.ticket_id == Ticket.id, Attachment.kind == AttachmentKind.VOICE)
    return or_(said, heard)


def lacks(session: Session, ticket: Ticket) -> str:
    """What an unfinished report lacks: "words", "place", or nothing."""
    if session.scalar(select(Ticket.id).where(Ticket.id == ticket.id, _is_told())) is None:
        return "words"
    return "place" if ticket.area_id is None and ticket.lat is None and not ticket.place else ""


def _may_be_rechecked(now: datetime) -> ColumnElement[bool]:
    """A hazard that is said to be mended, that the reporter has not judged and no passer-by has confirmed."""
    return and_(
        Ticket.state == TicketState.RESOLVED,
        Ticket.category.in_(HAZARDS),
        Ticket.room == "",
        Ticket.resolved_at >= now - RECENTLY,
        Ticket.area_id.is_not(None),
        ~exists().where(_of_this_result(), Reminder.answer == Seen.MENDED, Reminder.answered_at >= Ticket.resolved_at),
    )


LOOKS = (RoleKind.RIDER, RoleKind.MEMBER)
"""Who may be asked to look whether something is mended, those who pass by anyway first."""


def _usual_paths(session: Session, person: Person, *kinds: RoleKind) -> Sequence[str]:
    """The areas where somebody is by these roles."""
    usual = select(Role.area_id).where(
        Role.person_id == person.id, Role.kind.in_(kinds), Role.status == RoleStatus.ACTIVE
    )
    return session.scalars(select(Area.path).where(Area.id.in_(usual))).all()


def round_of(session: Session, person: Person, *, now: datetime, again: bool = False) -> Round:
    """What there is for a person now; `again`: also the re-check they were asked about and have not answered.

    Whoever is no rider is only asked to look whether something is mended.
    """
    paths = _usual_paths(session, person, *LOOKS)
    rides = _usual_paths(session, person, RoleKind.RIDER)
    if not rides:
        return Round(recheck=_recheck_for(session, person, paths, now=now, again=again))
    own = select(Ticket).where(Ticket.reporter_id == person.id)
    waiting = exists().where(
        Notice.ticket_id == Ticket.id,
        Notice.person_id == person.id,
        Notice.kind.in_(OUTCOMES),
        Notice.state.in_(NOT_SENT),
    )
    return Round(
        unfinished=session.scalar(
            own.where(_is_unfinished(now), ~_reminded(About.UNFINISHED)).order_by(Ticket.id).limit(1)
        ),
        outcome=session.scalar(
            own.where(
                Ticket.opened_at >= now - 4 * RECENTLY,
                Ticket.state.not_in(OPEN_STATES),
                waiting,
                ~_reminded(About.OUTCOME),
            )
            .order_by(Ticket.id)
            .limit(1)
        ),
        recheck=_recheck_for(session, person, paths, now=now, again=again),
        lookouts=lookouts(session, rides, day=local(now).date(), of=person),
    )


def _recheck_for(
    session: Session, person: Person, paths: Sequence[str], *, now: datetime, again: bool
) -> Ticket | None:
    """A matter near somebody that they may look at: neither their own report nor their work."""
    if not paths:
        return None
    asked: ColumnElement[bool]
    if again:
        asked = exists().where(_mine(person), Reminder.answer.is_not(None))
    else:
        asked = or_(exists().where(_mine(person)), ~_may_be_asked())
    merged = aliased(Ticket)
    return session.scalar(
        select(Ticket)
        .join(Area, Area.id == Ticket.area_id)
        .where(
            _may_be_rechecked(now),
            or_(*(Area.path.startswith(path) for path in paths)),
            Ticket.reporter_id != person.id,
            or_(Ticket.assignee_id.is_(None), Ticket.assignee_id != person.id),
            ~exists().where(TicketHelper.ticket_id == Ticket.id, TicketHelper.person_id == person.id),
            ~exists().where(merged.merged_into_id == Ticket.id, merged.reporter_id == person.id),
            ~asked,
        )
        .order_by(Ticket.resolved_at, Ticket.id)
        .limit(1)
    )


def _mine(person: Person) -> ColumnElement[bool]:
    return and_(Reminder.ticket_id == Ticket.id, Reminder.person_id == person.id, Reminder.about == About.RECHECK)


def lookouts(
    session: Session, paths: Collection[str], *, day: date, of: Person, most: int = MOST_TOPICS
) -> Sequence[Lookout]:
    """What a rider is asked to see on a day: what is for everybody around areas with these paths and around those of
    their titles, and what is for a title around where they have it.
    """
    titles = session.execute(
        select(Title.kind, Area.path)
        .join(Area, Area.id == Title.area_id)
        .where(Title.person_id == of.id, in_force(day))
        .order_by(Title.id)
    ).all()
    around = [*paths, *(path for kind, path in titles if kind in LOOK_AT_ALL)]
    for_all = [and_(Lookout.title.is_(None), _near(path)) for path in around]
    for_them = [and_(Lookout.title == kind, _near(path)) for kind, path in titles]
    if not for_all and not for_them:
        return ()
    return session.scalars(
        select(Lookout)
        .join(Area, Area.id == Lookout.area_id)
        .where(Lookout.day == day, or_(*for_all, *for_them))
        .order_by(Lookout.id)
        .limit(most)
    ).all()


LOOK_AT_ALL = (TitleKind.MOBILE_GRID, TitleKind.SAFETY)
"""The titles that go with everything on the road."""


def _near(path: str) -> ColumnElement[bool]:
    """Areas above and below one with this path, and itself."""
    return or_(Area.id.in_(areas.ids_on(path)), Area.path.startswith(path))


def add_lookout(
    session: Session,
    area_id: int,
    day: date,
    topic: str,
    *,
    by: Person,
    now: datetime,
    title: TitleKind | None = None,
) -> Lookout:
    """Staff ask riders to keep an eye on something; with a `title` only those who have it."""
    lookout = Lookout(area_id=area_id, day=day, topic=topic.strip()[:80], title=title, by_id=by.id, made_at=now)
    session.add(lookout)
    session.flush()
    return lookout


# ---------------------------------------------------------------- once a day


def to_remind(session: Session, *, now: datetime, most: int) -> Sequence[int]:
    """The ids of riders for whom there is something, and of members who may look whether something is mended; nobody
    who was reminded today.
    """
    can_be = and_(
        Role.status == RoleStatus.ACTIVE,
        Person.reminders.is_(True),
        Person.erased_at.is_(None),
        or_(Person.reminded_at.is_(None), Person.reminded_at < _today(now)),
        ~exists().where(
            Notice.person_id == Person.id,
            Notice.kind == NoticeKind.RIDER_REMINDER,
            Notice.state.in_([NoticeState.PENDING, NoticeState.SENDING, NoticeState.WAITING]),
        ),
    )
    people_here = select(Person.id).join(Role, Role.person_id == Person.id).where(can_be)
    riders = people_here.where(Role.kind == RoleKind.RIDER)
    found: dict[int, None] = {}
    own = riders.join(Ticket, Ticket.reporter_id == Person.id)
    late = exists().where(
        Notice.ticket_id == Ticket.id,
        Notice.kind.in_(OUTCOMES),
        Notice.state.in_(NOT_SENT),
        Notice.created_at >= now - 4 * RECENTLY,
    )
    for query in (
        own.where(_is_unfinished(now), ~_reminded(About.UNFINISHED)),
        own.where(Ticket.state.not_in(OPEN_STATES), late, ~_reminded(About.OUTCOME)),
    ):
        found |= dict.fromkeys(session.scalars(query.distinct().limit(most)))
    for ticket, path, asked in _rechecks(session, now=now, most=most):
        others = people_here.where(
            Role.kind.in_(LOOKS),
            or_(Role.kind == RoleKind.RIDER, and_(_is_here(now), Person.minor.is_(False))),
            Role.area_id.in_(areas.ids_on(path)),
            Person.id.not_in([ticket.reporter_id, ticket.assignee_id or 0]),
            ~exists().where(Reminder.ticket_id == ticket.id, Reminder.person_id == Person.id),
        )
        # Riders pass by anyway; of several those who were asked longest ago.
        by_turns = others.group_by(Person.id).order_by(
            func.min(case((Role.kind == RoleKind.RIDER, 0), else_=1)),
            Person.reminded_at.asc().nulls_first(),
            Person.id,
        )
        found |= dict.fromkeys(session.scalars(by_turns.limit(MOST_ASKED - asked % MOST_ASKED)))
    day = local(now).date()
    asked_for = select(Area.path, Lookout.title).join(Area, Area.id == Lookout.area_id).where(Lookout.day == day)
    for path, title in session.execute(asked_for.distinct()).all():
        kinds = LOOK_AT_ALL if title is None else (title,)
        titled = select(Title.person_id).join(Area, Area.id == Title.area_id)
        whom = [Person.id.in_(titled.where(Title.kind.in_(kinds), in_force(day), _near(path)))]
        if title is None:
            whom.append(Role.area_id.in_(select(Area.id).where(_near(path))))
        found |= dict.fromkeys(session.scalars(riders.where(or_(*whom)).distinct().limit(most)))
    return list(found)[:most]


def _is_here(now: datetime) -> ColumnElement[bool]:
    return or_(Person.away_until.is_(None), Person.away_until <= now)


def _rechecks(session: Session, *, now: datetime, most: int) -> Sequence[tuple[Ticket, str, int]]:
    """The matters that passers-by may still be asked about, their places, and how many were asked."""
    rows = session.execute(
        select(Ticket, Area.path, _times_asked())
        .join(Area, Area.id == Ticket.area_id)
        .where(_may_be_rechecked(now), _may_be_asked())
        .order_by(Ticket.resolved_at, Ticket.id)
        .limit(most)
    )
    return [(ticket, path, count) for ticket, path, count in rows]


def remind(session: Session, person_id: int, *, now: datetime) -> bool:
    """Makes today's one reminder of somebody if there is something. Safe to run twice and on many machines."""
    person = session.get_one(Person, person_id, with_for_update=True, populate_existing=True)
    is_told = person.reminded_at is not None and person.reminded_at >= _today(now)
    if is_told or not person.reminders or not people.has_role(person, *LOOKS):
        return False
    found = round_of(session, person, now=now)
    if not found:
        return False
    for about in (About.UNFINISHED, About.OUTCOME, About.RECHECK):
        ticket_id = found.to_json().get(about.value)
        if ticket_id is not None:
            session.add(Reminder(ticket_id=ticket_id, person_id=person.id, about=about, reminded_at=now))
    person.reminded_at = now
    outboxes.tell(session, NoticeKind.RIDER_REMINDER, person.id, now=now, data=found.to_json())
    return True


def still(session: Session, person: Person, data: dict[str, object], *, now: datetime) -> Round:
    """What is left of a reminder at the moment of sending: what has settled itself meanwhile is left out."""

    def ticket(about: About, *conditions: ColumnElement[bool]) -> Ticket | None:
        ticket_id = data.get(about.value)
        if ticket_id is None:
            return None
        return session.scalar(select(Ticket).where(Ticket.id == ticket_id, *conditions))

    told = exists().where(
        Notice.ticket_id == Ticket.id,
        Notice.person_id == person.id,
        Notice.kind.in_(OUTCOMES),
        Notice.state == NoticeState.SENT,
    )
    ids = data.get("lookouts")
    return Round(
        unfinished=ticket(About.UNFINISHED, _is_unfinished(now)),
        outcome=ticket(About.OUTCOME, Ticket.state.not_in(OPEN_STATES), ~told),
        recheck=ticket(About.RECHECK, _may_be_rechecked(now)),
        lookouts=session.scalars(
            select(Lookout).where(Lookout.id.in_(ids), Lookout.day == local(now).date()).order_by(Lookout.id)
        ).all()
        if isinstance(ids, list) and ids
        else (),
    )


# ---------------------------------------------------------------- re-checks


def ask_now(session: Session, ticket: Ticket, *, of: Person, now: datetime) -> None:
    """Notes that somebody who asked what there is to see (巡查) was shown a matter to look at."""
    known = select(Reminder.id).where(
        Reminder.ticket_id == ticket.id, Reminder.person_id == of.id, Reminder.about == About.RECHECK
    )
    if session.scalar(known) is None:
        session.add(Reminder(ticket_id=ticket.id, person_id=of.id, about=About.RECHECK, reminded_at=now))
        session.flush()


def recheck(session: Session, ticket_id: int, seen: Seen, *, by: Person, now: datetime) -> Ticket:
    """What somebody who was asked saw; it stands in the history.

    One "not mended" is noted, and somebody else is asked to look; the desk hears of it. When two who have nothing to do
    with each other say so, the matter comes back. Raises Refused(NOT_YOURS) for somebody who was not asked. A second
    answer is kept in place of the first.
    """
    reminder = session.scalar(
        select(Reminder).where(
            Reminder.ticket_id == ticket_id, Reminder.person_id == by.id, Reminder.about == About.RECHECK
        )
    )
    if reminder is None:
        raise Refused(Refusal.NOT_YOURS)
    ticket = transitions.lock(session, ticket_id)
    if reminder.answer is seen:
        return ticket
    reminder.answer, reminder.answered_at = seen, now
    if ticket.state not in RULES[Action.RECHECK].sources:
        # It was reopened meanwhile: somebody is on it again.
        return ticket
    transitions.perform(
        session, ticket, Action.RECHECK, by=by, now=now, facts={"seen": seen.value}, checked=Actor.PASSER_BY
    )
    if seen is not Seen.NOT_YET:
        return ticket
    doubters = _doubters(session, ticket)
    if any(_independent(session, one, other) for one, other in combinations(doubters, 2)):
        facts = {"passers_by": len(doubters)}
        action = Action.NOT_MENDED
        judging.reopen(session, ticket, "", by=by, now=now, action=action, checked=Actor.PASSER_BY, facts=facts)
        transitions.forget_questions(session, ticket)
    else:
        for each in transitions.desk_of(session, ticket):
            can_wait = ticket.urgency is Urgency.NORMAL  # like all news for a desk
            outboxes.tell(session, NoticeKind.NOT_MENDED, each.id, now=now, ticket_id=ticket.id, can_wait=can_wait)
    return ticket


def _doubters(session: Session, ticket: Ticket) -> Sequence[Person]:
    """Who says that the present result is not mended, and has neither reported it nor done it; since somebody said
    that it is, only those who looked after that.
    """
    if ticket.resolved_at is None:
        return ()
    answers = select(Reminder.person_id, Reminder.answer).where(
        Reminder.ticket_id == ticket.id, Reminder.about == About.RECHECK, Reminder.answered_at >= ticket.resolved_at
    )
    session.flush()
    involved = {*followers.numbers(session, ticket), *results.workers(session, ticket)}
    found: list[Person] = []
    for person_id, answer in session.execute(answers.order_by(Reminder.answered_at, Reminder.id)):
        if answer is Seen.MENDED:
            found = []
        elif answer is Seen.NOT_YET and person_id not in involved:
            found.append(session.get_one(Person, person_id))
    return found


def _independent(session: Session, one: Person, other: Person) -> bool:
    """Whether two people are not one family, and not one person with two names."""
    if one.phone and one.phone == other.phone:
        return False
    family = sharing.family_of(session, one)
    return family is None or family != sharing.family_of(session, other)
