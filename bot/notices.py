"""From a row of the outbox to words, and what follows once a person has seen them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.photos import PhotoPages
from console import weeks
from handlers.turn import Choice, Reply
from models import (
    appointments,
    areas,
    broadcasts,
    desk,
    finding,
    followers,
    limits,
    merging,
    outboxes,
    people,
    pool,
    posts,
    reminders,
    results,
    transitions,
)
from models.area import Area
from models.category import Category
from models.conversation import Conversation, Question, QuestionKind
from models.offer import Offer, OfferState
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person, RoleKind
from models.proposal import Proposal
from models.templates import Part
from models.ticket import Ending, Limit, Ticket, TicketState, TicketWords, Urgency, WordsKind
from nlp.aftermath import news
from nlp.danger import danger
from nlp.extract import mask
from nlp.hazards import HAZARDS
from texts import channels, common, riders, services
from texts.notices import NoticeFacts, Words, words

PASSIVE = "passive"

EVALUATIONS = (NoticeKind.FINISHED, NoticeKind.REMINDER)


def say(session: Session, person_id: int, reply: Reply, *, channel: str, now: datetime) -> Notice:
    """Enqueues a reply's words as a notice of their own."""
    return outboxes.tell(
        session,
        NoticeKind.PRESSED,
        person_id,
        now=now,
        data={"text": reply.text, "choices": [[choice.label, choice.command] for choice in reply.choices]},
        channel=channel,
    )


def choices_of(found: Words) -> tuple[Choice, ...]:
    """The numbered choices of a notice."""
    return tuple(Choice(label, command) for label, command in found.choices)


def in_words(session: Session, notice: Notice, *, now: datetime, photos: PhotoPages | None = None) -> Words | None:
    """The notice as it reads now, or None when it is overtaken and need not be sent. Whoever is asked to judge is told
    where the photos are, if there are `photos`.
    """
    ticket = session.get(Ticket, notice.ticket_id) if notice.ticket_id else None
    if _overtaken(session, notice, ticket, now=now):
        return None
    if notice.broadcast_id is not None and broadcasts.is_stopped(session, notice.broadcast_id):
        return None
    if notice.kind is NoticeKind.APPOINTMENT and not appointments.still(session, notice.data, now=now):
        return None
    if notice.kind is NoticeKind.POST_ENDS and not posts.still_ends(session, notice.data, now=now):
        return None
    if notice.kind is NoticeKind.BROADCAST and session.get_one(Person, notice.person_id).no_broadcasts:
        return None
    if notice.kind is NoticeKind.HEAT_ALERT and not session.get_one(Person, notice.person_id).reminders:
        return None
    if notice.kind is NoticeKind.RIDER_REMINDER:
        return _reminder(session, notice, now=now, photos=photos)
    facts = _facts(session, notice, ticket, now=now)
    if notice.kind in (NoticeKind.DESK, NoticeKind.POOL) and facts.count == 0:
        return None
    if notice.kind in EVALUATIONS and ticket is not None and photos is not None:
        facts = replace(facts, photos=photos.address(session, ticket, now=now))
    if notice.kind is NoticeKind.WEEK and photos is not None and not is_loopback(photos.public_url):
        path = weeks.path_for(session, session.get_one(Person, notice.person_id), notice.data.get("week", ""), now=now)
        facts = replace(facts, sheet=f"{photos.public_url}{path}" if path else "")
    return words(notice.kind, facts)


def is_loopback(address: str) -> bool:
    """Whether nobody's phone could open it: an installation that was never told where it is reached from."""
    host = urlsplit(address).hostname or ""
    return host in ("", "localhost", "::1") or host.startswith("127.")


def parts(session: Session, notice: Notice, *, now: datetime) -> dict[Part, str]:
    """What the fields of a platform's template may hold besides the words."""
    found = {Part.TIME: channels.time_of(now)}
    ticket = session.get(Ticket, notice.ticket_id) if notice.ticket_id else None
    if ticket is not None:
        of_member = services.OF_MEMBERS.get(ticket.kind)
        name = of_member or ticket.service or session.get_one(Category, ticket.category).name
        found |= {Part.NUMBER: ticket.number, Part.CATEGORY: name, Part.PLACE: ticket.place}
    return found


def _still_late(session: Session, notice: Notice, ticket: Ticket, *, now: datetime) -> bool:
    """Whether what a limit's notice says is so when it is sent: it may have waited for the morning."""
    limit, ends = Limit(notice.data["limit"]), datetime.fromisoformat(notice.data["ends"])
    category = session.get_one(Category, ticket.category)
    return limits.still_runs(ticket, category, limit, ends) and (notice.kind is NoticeKind.LATE or now < ends)


def _overtaken(session: Session, notice: Notice, ticket: Ticket | None, *, now: datetime) -> bool:
    if ticket is None:
        return False
    if notice.kind is NoticeKind.SAME_EVENT:
        proposal = _proposal(session, notice)
        return proposal is None or not merging.is_open(session, proposal)
    if notice.kind is NoticeKind.OFFER:
        return not _is_asked(session, notice, ticket)
    if notice.kind is NoticeKind.CHECK_IN:
        return ticket.state is not TicketState.ACCEPTED or ticket.asked_at is None
    if notice.kind in (NoticeKind.WARNED, NoticeKind.LATE):
        return not _still_late(session, notice, ticket, now=now)
    if notice.kind is NoticeKind.ESCALATED and "missed" in notice.data:
        # It went on in the night, or somebody has it by now.
        return ticket.level != notice.data["level"] or not limits.waits_for_somebody(ticket)
    if notice.kind in (*EVALUATIONS, NoticeKind.NOT_EVALUATED):
        return _is_of_the_past(notice, followers.head_of(session, ticket))
    return False


def _is_of_the_past(notice: Notice, head: Ticket) -> bool:
    """Whether a result that somebody is told of is not the one that stands: it waited for a way to reach them."""
    if notice.kind is NoticeKind.NOT_EVALUATED:
        return head.state is not TicketState.CLOSED or head.ending is Ending.CALLED_BACK
    is_newer = head.resolved_at is not None and notice.created_at < head.resolved_at
    return head.state is not TicketState.RESOLVED or is_newer


def _proposal(session: Session, notice: Notice) -> Proposal | None:
    return session.get(Proposal, notice.data["proposal"]) if "proposal" in notice.data else None


def _earlier(session: Session, notice: Notice) -> dict[str, Any]:
    """What the question about an earlier ticket tells of it: nothing that anybody said, and no room."""
    proposal = _proposal(session, notice)
    if proposal is None:
        return {}
    earlier = session.get_one(Ticket, proposal.into_id)
    area = session.get(Area, earlier.area_id) if earlier.area_id else None
    people = followers.numbers(session, earlier)
    return {
        "category": session.get_one(Category, earlier.category).name,
        "place": areas.full_name(session, area) if area else "",
        "opened": earlier.opened_at.isoformat(),
        "state": earlier.state.value,
        "people": len(people),
        "own": earlier.reporter_id == notice.person_id,
    }


def ending(session: Session, notice: Notice) -> str:
    """What the card of an offer that is over becomes."""
    offer = session.scalar(
        select(Offer)
        .where(Offer.ticket_id == notice.ticket_id, Offer.person_id == notice.person_id)
        .order_by(Offer.id.desc())
        .limit(1)
    )
    if offer is None or offer.state is OfferState.WITHDRAWN:
        ticket = session.get(Ticket, notice.ticket_id)
        if ticket is not None and ticket.state is TicketState.WITHDRAWN:
            return transitions.CALLED_OFF
        return transitions.TAKEN if ticket is not None and ticket.assignee_id else OfferState.WITHDRAWN.value
    return offer.state.value


def _reminder(session: Session, notice: Notice, *, now: datetime, photos: PhotoPages | None) -> Words | None:
    """A rider's reminder with what is left of it; None once they want none any more."""
    person = session.get_one(Person, notice.person_id)
    found = reminders.still(session, person, notice.data, now=now) if person.reminders else None
    if not found:
        return None
    topics = [(session.get_one(Area, each.area_id).name, each.topic) for each in found.lookouts]
    unfinished = outcome = recheck = None
    if found.unfinished is not None:
        lacks = reminders.lacks(session, found.unfinished)
        unfinished = replace(_own(session, found.unfinished, now=now), lacks=lacks)
    if found.outcome is not None:
        address = photos.address(session, found.outcome, now=now) if photos is not None else ""
        outcome = replace(_own(session, found.outcome, now=now), photos=address)
    if found.recheck is not None:
        name = session.get_one(Category, found.recheck.category).name
        recheck = riders.Mended(found.recheck.id, name, found.recheck.place)
    is_rider = people.has_role(person, RoleKind.RIDER)
    # One question at a time: what can be told by number is, when nothing else is asked.
    asks = unfinished is not None and unfinished.lacks == "words" and recheck is None
    told = riders.Round(unfinished, outcome, recheck, topics, is_rider, [each.name for each in HAZARDS] if asks else [])
    return words(notice.kind, NoticeFacts(now=now, data={"round": told}))


def _own(session: Session, ticket: Ticket, *, now: datetime) -> riders.Own:
    name = session.get_one(Category, ticket.category).name
    is_judged = ticket.state is not TicketState.RESOLVED
    return riders.Own(ticket.short, common.day(ticket.opened_at, now=now), name, is_judged=is_judged, id=ticket.id)


def _facts(session: Session, notice: Notice, ticket: Ticket | None, *, now: datetime) -> NoticeFacts:
    by = session.get(Person, notice.data["by"]) if notice.data.get("by") else None
    said = session.get(TicketWords, notice.words_id) if notice.words_id else None
    if ticket is None:
        waiting = emergencies = late = 0
        if notice.kind is NoticeKind.DESK:
            waiting, emergencies, late = _desk(session, notice.person_id)
        elif notice.kind is NoticeKind.POOL:
            waiting = len(pool.open_to(session, session.get_one(Person, notice.person_id), now=now))
        return NoticeFacts(
            now=now,
            by_name=by.name if by else "",
            by_role=people.main_role(by),
            count=waiting,
            emergencies=emergencies,
            late=late,
            data=notice.data,
        )
    report = session.scalar(
        select(TicketWords.text).where(TicketWords.ticket_id == ticket.id, TicketWords.kind == WordsKind.REPORT)
    )
    # Whoever takes a task, and everybody before that, reads the words without phone and room numbers.
    told_all = (ticket.reporter_id, ticket.assignee_id, *transitions.helpers_of(session, ticket))
    private = notice.person_id not in told_all and notice.kind is not NoticeKind.ALARM
    head = followers.head_of(session, ticket)
    text = (said.text or "") if said else ""
    return NoticeFacts(
        now=now,
        number=ticket.number,
        short=ticket.short,
        category=session.get_one(Category, ticket.category).name,
        service=ticket.service,
        kind=ticket.kind,
        place=ticket.place,
        state=head.state,
        opened=ticket.opened_at,
        due=head.expected_at,
        report=mask(report or "") if private else report or "",
        # What was written for a neighbour may name that neighbour's door or number.
        words=mask(text) if head is not ticket or (private and not _may_read(notice)) else text,
        by_name=by.name if by else "",
        by_role=people.main_role(by),
        reader_is_reporter=notice.person_id == ticket.reporter_id,
        reader_has_it=notice.person_id == ticket.assignee_id,
        reader_is_asked=notice.kind is NoticeKind.URGED and _is_asked(session, notice, ticket),
        reader_rides=notice.kind is NoticeKind.FINISHED
        and people.has_role(session.get_one(Person, notice.person_id), RoleKind.RIDER),
        threat=ticket.threat,
        news=_news(session, ticket) if notice.kind is NoticeKind.ALARM else "",
        has_phone=bool(session.get_one(Person, ticket.reporter_id).phone),
        suits=_suits(session, notice, ticket, now=now),
        again=mask(finding.why_again(session, ticket)) if notice.kind is NoticeKind.OFFER else "",
        data=notice.data | (_earlier(session, notice) if notice.kind is NoticeKind.SAME_EVENT else {}),
        own_other=_own_other(session, notice),
    )


def _own_other(session: Session, notice: Notice) -> str:
    """The reader's own number that theirs is put into, or taken out of; empty where that one is a neighbour's."""
    other_id = notice.data.get("into") or notice.data.get("from")
    other = session.get(Ticket, other_id) if other_id else None
    return other.short if other is not None and other.reporter_id == notice.person_id else ""


def _news(session: Session, ticket: Ticket) -> str:
    """The last words that told how an alarm goes on; none where danger was told after them."""
    said = select(TicketWords.text).where(
        TicketWords.ticket_id == ticket.id, TicketWords.kind == WordsKind.ADDITION, TicketWords.text.is_not(None)
    )
    for text in session.scalars(said.order_by(TicketWords.id.desc())):
        is_news, rest = news(text or "")
        sounds_worse = danger(text or "") is not None
        if is_news and not (rest and sounds_worse):
            return text or ""
        if sounds_worse:
            return ""
    return ""


def _suits(session: Session, notice: Notice, ticket: Ticket, *, now: datetime) -> str:
    """When somebody is wished for, for whoever is asked, for whoever waits for them, and when it was changed."""
    if notice.kind is NoticeKind.OFFER:
        return mask(common.suits(ticket.wished, finding.visit_times(session, ticket), now=now))
    is_told = notice.kind in (NoticeKind.ACCEPTED, NoticeKind.ADDED)
    return common.window(ticket.wished, now=now) if is_told and ticket.wished is not None else ""


def _may_read(notice: Notice) -> bool:
    """Whether somebody outside the task reads what was said to them as it stands; who is only asked does not."""
    return notice.kind is not NoticeKind.OFFER and not notice.data.get("unsolved")


def _is_asked(session: Session, notice: Notice, ticket: Ticket) -> bool:
    """Whether an offer is still open to the reader."""
    still_open = select(Offer.id).where(
        Offer.ticket_id == ticket.id, Offer.person_id == notice.person_id, Offer.state == OfferState.OPEN
    )
    return session.scalar(still_open) is not None


def _desk(session: Session, person_id: int) -> tuple[int, int, int]:
    person = session.get_one(Person, person_id)
    # The desk's first page tells how it stands; beyond that only the number matters.
    first = desk.in_sight(session, person, states=[TicketState.NEW], most=100)
    return (
        desk.count_in_sight(session, person, states=[TicketState.NEW]),
        sum(ticket.urgency is Urgency.EMERGENCY for ticket in first),
        sum(ticket.missed_at is not None for ticket in first),
    )


def shown(
    session: Session,
    notice: Notice,
    found: Words,
    *,
    channel: str,
    way: str,
    now: datetime,
    message_id: str = "",
    response_code: str = "",
) -> None:
    """Records that a person has the notice, and opens the question it asks on that channel."""
    notice.state = NoticeState.SENT
    notice.sent_at = now
    notice.sent_by = f"{channel}:{way}"
    notice.lease_until = None
    notice.error = ""
    notice.message_id = message_id[:200]
    notice.response_code = response_code[:200]
    notice.card_open = bool(response_code)
    if way != PASSIVE:
        session.execute(
            update(Conversation)
            .where(Conversation.person_id == notice.person_id, Conversation.channel == channel)
            .values(pushed_at=now)
            .execution_options(synchronize_session=False)
        )
    if not found.choices:
        return
    kind, expires = QuestionKind.MENU, now + timedelta(minutes=30)
    if notice.kind in EVALUATIONS and notice.ticket_id is not None:
        results.asked(session, notice.ticket_id, notice.person_id, now=now)
        kind, expires = QuestionKind.EVALUATION, now + timedelta(days=7)
    elif notice.kind is NoticeKind.SAME_EVENT:
        kind, expires = QuestionKind.SAME_EVENT, now + merging.ANSWERS_WITHIN
    elif notice.kind is NoticeKind.OFFER:
        kind, expires = QuestionKind.OFFER, datetime.fromisoformat(notice.data["expires"])
    elif notice.kind in (
        NoticeKind.CHECK_IN,
        NoticeKind.RIDER_REMINDER,
        NoticeKind.HOURS_OFFERED,
        NoticeKind.HONOUR_ASKED,
        NoticeKind.APPOINTMENT,
        NoticeKind.POST_ENDS,
    ):
        expires = now + timedelta(days=1)  # read when there is time for it
    if notice.ticket_id is not None:
        session.execute(
            delete(Question).where(
                Question.person_id == notice.person_id,
                Question.channel == channel,
                Question.ticket_id == notice.ticket_id,
            )
        )
    session.add(
        Question(
            person_id=notice.person_id,
            channel=channel,
            kind=kind,
            choices={"list": [list(choice) for choice in found.choices]},
            ticket_id=notice.ticket_id,
            asked_at=now,
            expires_at=expires,
        )
    )
