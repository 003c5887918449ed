"""What may happen to a ticket: every operation checks its rule, changes the state, and appends to the history."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import (
    areas,
    corrections,
    finding,
    followers,
    handing_on,
    helpers,
    joints,
    limits,
    merging,
    outboxes,
    outlines,
    photos,
    pool,
    transitions,
)
from models.attachment import Attachment, AttachmentUse
from models.calendar import due
from models.category import Category
from models.conversation import Question, QuestionKind
from models.errors import Refusal, Refused
from models.lifecycle import EVERY_REPORTER, OPEN_STATES, Action, Actor
from models.offer import Offer, OfferState, Purpose
from models.outbox import NoticeKind
from models.person import Person
from models.ticket import (
    Ticket,
    TicketEvent,
    TicketKind,
    TicketState,
    Urgency,
    WordsKind,
)
from models.windows import Window

FRESH_PHOTO = timedelta(days=1)
"""Between taking a photo and sending it, for one that is believed about its place."""

# ---------------------------------------------------------------- the resident


@followers.on_head
def add_words(
    session: Session,
    ticket: Ticket,
    text: str,
    *,
    by: Person,
    now: datetime,
    kind: WordsKind = WordsKind.ADDITION,
    wished: Window | None = None,
) -> int | None:
    """More words for the ticket, or when somebody is `wished` for; whoever has it is told. Gives the key of the words,
    None for blanks.
    """
    facts = {"visit": True} if kind is WordsKind.VISIT else {}
    # What was said last counts, even where it is no time that can be read.
    changes = _of_wish(wished) if kind is WordsKind.VISIT else {}
    event = transitions.perform(
        session, ticket, Action.ADD, by=by, now=now, why=text, words_kind=kind, facts=facts, changes=changes
    )
    return event.words_id


def _of_wish(wished: Window | None) -> dict[str, datetime | None]:
    return {
        "wished_from": wished.begins if wished else None,
        "wished_until": wished.ends if wished else None,
    }


def attach(
    session: Session,
    ticket: Ticket,
    attachment: Attachment,
    *,
    now: datetime,
    use: AttachmentUse = AttachmentUse.BEFORE,
) -> None:
    """Puts something that was sent to the ticket; a location without a place gives the ticket its position."""
    ticket = followers.head_of(session, ticket)
    attachment.ticket_id = ticket.id
    attachment.use = use
    if attachment.lat is not None and ticket.lat is None:
        ticket.lat, ticket.lng = attachment.lat, attachment.lng
        ticket.place = ticket.place or attachment.label
        if ticket.held_at is not None:
            # It was this that was waited for: its time goes on.
            category = session.get_one(Category, ticket.category)
            limits.follow(ticket, category, Action.LOCATE, by_hand=True, now=now)
    if ticket.state is TicketState.NEW:
        ticket.dispatch_at = now
        outboxes.to_dispatch(session, ticket.id)
    session.flush()
    # Only of what came before its words has anything become known by now.
    if attachment.stored:
        photos.hint(session, attachment, now=now)
        place_by_photo(session, attachment.id, now=now)
    elif attachment.failure is not None:
        photos.say_lost(session, ticket, attachment, now=now)


def correct_category(
    session: Session,
    ticket: Ticket,
    category: Category,
    text: str,
    *,
    by: Person | None,
    now: datetime,
    source: str = "",
    keeps_service: bool = False,
) -> None:
    """Another category, by the resident's or staff's word, which is kept for learning; or by a `source` of its own.

    Whoever says what it is instead no longer asks for a service, unless it is kept.
    """
    ticket = transitions.lock(session, ticket.id)
    facts = {"from": ticket.category, "to": category.code, "guess": ticket.understood}
    keeps_service = keeps_service or ticket.service is None
    if not keeps_service:
        facts["service"] = [ticket.service, None]
    corrections.perform(
        session,
        ticket,
        text,
        facts=facts | ({"source": source} if source else {}),
        changes={
            "category": category.code,
            "understood": True,
            "service": ticket.service if keeps_service else None,
            "level": category.level if ticket.state in (TicketState.NEW, TicketState.OFFERED) else ticket.level,
            "dispatch_at": now if ticket.state is TicketState.NEW else ticket.dispatch_at,
        },
        by=by,
        now=now,
    )


def locate(
    session: Session,
    ticket: Ticket,
    *,
    area_id: int | None,
    place: str,
    room: str = "",
    text: str,
    by: Person,
    now: datetime,
    wished: Window | None = None,
) -> None:
    """The place of a ticket, told later or corrected, maybe with when somebody is `wished` for; dispatch looks at it
    again.
    """
    ticket = transitions.lock(session, ticket.id)
    transitions.perform(
        session,
        ticket,
        Action.LOCATE,
        by=by,
        now=now,
        why=text,
        words_kind=WordsKind.CORRECTION,
        facts={"area": area_id, **({"first": True} if _tells_first(ticket, area_id) else {})},
        changes={
            "area_id": area_id,
            "community_id": areas.community_of(session, area_id),
            "lead_id": joints.lead_of(session, area_id, ticket.opened_at),
            "place": place[:200],
            "room": room[:40] or ticket.room,
            "dispatch_at": now if ticket.state is TicketState.NEW else ticket.dispatch_at,
            **(_of_wish(wished) if wished else {}),
        },
    )


def _tells_first(ticket: Ticket, area_id: int | None) -> bool:
    """Whether nothing was known of where it is: words that no area was found by do not count once there is one."""
    return ticket.area_id is None and (not ticket.place or area_id is not None)


def place_by_photo(session: Session, attachment_id: int, *, now: datetime) -> None:
    """Where nothing else is known of a ticket's place, the reporter's fresh photo says it by where it was taken, if an
    area is drawn there. Nobody checked what a photo says: it never gives the ticket a position of its own.
    """
    photo = session.get_one(Attachment, attachment_id)
    if photo.ticket_id is None or photo.taken_lat is None or photo.taken_lng is None or photo.taken_at is None:
        return
    ticket = followers.head_of(session, session.get_one(Ticket, photo.ticket_id))
    is_known = ticket.area_id is not None or ticket.lat is not None or bool(ticket.place)
    is_fresh = abs(photo.sent_at - photo.taken_at) <= FRESH_PHOTO
    if is_known or not is_fresh or ticket.reporter_id != photo.person_id or ticket.state not in OPEN_STATES:
        return
    drawn = outlines.area_at(session, photo.taken_lat, photo.taken_lng)
    if drawn is not None:
        reporter, place = session.get_one(Person, photo.person_id), areas.full_name(session, drawn)
        locate(session, ticket, area_id=drawn.id, place=place, text="", by=reporter, now=now)


def withdraw(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The resident takes the matter back, with what they told of it themselves under other numbers; it goes on as the
    next one's whose ticket was merged into it.
    """
    found = followers.lock_all(session, ticket.id, ticket.merged_into_id or ticket.id)
    ticket = found[ticket.id]
    actor = transitions.check(session, ticket, Action.WITHDRAW, by=by)
    head = found.get(ticket.merged_into_id or 0)
    for each in followers.of(session, ticket):
        if each.reporter_id == ticket.reporter_id:
            withdraw(session, each, text, by=by, now=now)
    heir = merging.take_over(session, ticket, now=now)
    transitions.perform(
        session,
        ticket,
        Action.WITHDRAW,
        by=by,
        now=now,
        why=text,
        changes={"dispatch_at": None, "closed_at": now, "merged_into_id": None},
        checked=actor,
        # Whoever has the task hears that it goes on, not that it is over.
        untold=[ticket.assignee_id] if heir is not None and ticket.assignee_id else (),
    )
    transitions.forget_questions(session, ticket)
    if head is not None:
        merging.leave(session, ticket, head, by=by, now=now)


@followers.on_head
def urge(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The resident asks to hurry, once in a limit's time unless it is an emergency. Raises Refused(ALREADY_URGED)."""
    actor = transitions.check(session, ticket, Action.URGE, by=by)
    category = session.get_one(Category, ticket.category)
    again_at = due(ticket.urged_at, limits.of_ticket(ticket, category).accept) if ticket.urged_at is not None else now
    if again_at > now and ticket.urgency is not Urgency.EMERGENCY:
        raise Refused(Refusal.ALREADY_URGED, number=ticket.short)
    transitions.perform(
        session, ticket, Action.URGE, by=by, now=now, why=text, changes={"urged_at": now}, checked=actor
    )


# ---------------------------------------------------------------- the member


def accept(session: Session, ticket: Ticket, *, by: Person, now: datetime) -> Ticket:
    """Exactly one person gets an offered ticket, or one that is free to take. Where two go together, the next to accept
    goes along.

    Raises Refused: TAKEN when somebody else has it, ALREADY_YOURS, OFFER_OVER when the offer ran out or was withdrawn.
    """
    ticket = transitions.lock(session, ticket.id)
    mine = session.scalar(
        select(Offer)
        .where(Offer.ticket_id == ticket.id, Offer.person_id == by.id)
        .order_by(Offer.state != OfferState.OPEN, Offer.id.desc())
    )
    asked_to_take_over = mine is not None and mine.purpose is Purpose.HANDOVER and mine.state is OfferState.OPEN
    in_hand = ticket.state is TicketState.ACCEPTED and not asked_to_take_over
    if in_hand and ticket.assignee_id == by.id:
        raise Refused(Refusal.ALREADY_YOURS, number=ticket.short)
    # They stay when somebody else gives it back; who is asked anew by name may have it as their own.
    stayed = ticket.state in (TicketState.NEW, TicketState.OFFERED) and finding.open_offer(session, ticket, by) is None
    if (in_hand or stayed) and by.id in transitions.helpers_of(session, ticket):
        partner = "there" if ticket.assignee_id is not None else "wanted"
        raise Refused(Refusal.ALREADY_YOURS, number=ticket.short, partner=partner)
    if mine is None and pool.may_take(session, ticket, by, now=now):
        mine = pool.taken_by(session, ticket, by, now=now)
    if mine is None:
        raise Refused(pool.why_not(session, ticket, now=now), number=ticket.short)
    if mine.purpose is Purpose.HANDOVER:
        handing_on.accept(session, ticket, mine, by=by, now=now)
        return ticket
    if mine.state is OfferState.OPEN and ticket.state is TicketState.ACCEPTED:
        helpers.join(session, ticket, mine, by=by, now=now)
        return ticket
    if mine.state is not OfferState.OPEN or ticket.state is not TicketState.OFFERED:
        if ticket.assignee_id is not None and ticket.assignee_id != by.id:
            # Their reply says it already.
            outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.TAKEN, person_id=by.id)
            raise Refused(Refusal.TAKEN, number=ticket.short)
        raise Refused(Refusal.OFFER_OVER, number=ticket.short, state=ticket.state)
    mine.state, mine.answered_at = OfferState.ACCEPTED, now
    # Somebody who went along with whoever gave it back has it now.
    transitions.end_help(session, ticket, now=now, only_person=by.id)
    session.flush()
    alone = helpers.lacking(session, ticket) > 0
    transitions.perform(
        session,
        ticket,
        Action.ACCEPT,
        by=by,
        now=now,
        changes={
            "assignee_id": by.id,
            "answered_at": ticket.answered_at or now,
            # The others who were asked may still go along; without any, somebody is looked for at once.
            "dispatch_at": None if not alone else ticket.dispatch_at if helpers.open_offers(session, ticket) else now,
        },
        checked=Actor.OFFERED,
        others_stay=alone,
    )
    answered = delete(Question).where(Question.ticket_id == ticket.id, Question.kind == QuestionKind.OFFER)
    session.execute(answered.where(Question.person_id == by.id) if alone else answered)
    outboxes.retire_cards(
        session, ticket_id=ticket.id, caption=OfferState.ACCEPTED.value, only_person=by.id if alone else None
    )
    return ticket


def undertake(session: Session, ticket: Ticket, *, others: int, by: Person, now: datetime) -> None:
    """A member has what they proposed themselves (创单) in hand; as many `others` are asked to come along.

    Raises Refused(NOT_YOURS) for what somebody reported: that is offered first.
    """
    ticket = transitions.lock(session, ticket.id)
    if ticket.kind is not TicketKind.ACTIVITY:
        raise Refused(Refusal.NOT_YOURS, number=ticket.short)
    transitions.perform(
        session,
        ticket,
        Action.UNDERTAKE,
        by=by,
        now=now,
        facts={"others": others},
        changes={
            "assignee_id": by.id,
            "answered_at": now,
            "needs": 1 + others,
            "dispatch_at": now if others else None,
        },
    )


def decline(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Somebody cannot this time; when nobody is left to ask, dispatch goes on at once."""
    ticket = transitions.lock(session, ticket.id)
    mine = finding.open_offer(session, ticket, by)
    if mine is None:
        raise Refused(Refusal.OFFER_OVER, number=ticket.short)
    if mine.purpose is Purpose.HANDOVER:
        handing_on.decline(session, ticket, mine, text, by=by, now=now)
        return
    actor = transitions.check(session, ticket, Action.DECLINE, by=by)
    mine.state, mine.answered_at = OfferState.DECLINED, now
    session.flush()
    left = helpers.open_offers(session, ticket)
    transitions.perform(
        session,
        ticket,
        Action.DECLINE,
        by=by,
        now=now,
        why=text,
        changes={} if left else {"dispatch_at": now},
        checked=actor,
    )
    session.execute(delete(Question).where(Question.ticket_id == ticket.id, Question.person_id == by.id))
    outboxes.retire_cards(session, ticket_id=ticket.id, caption=OfferState.DECLINED.value, only_person=by.id)


def release(session: Session, ticket: Ticket, text: str, *, by: Person | None, now: datetime) -> None:
    """The task comes back to be given to somebody else, or a helper leaves; nobody's standing changes."""
    ticket = transitions.lock(session, ticket.id)
    if by is not None and ticket.assignee_id != by.id and by.id in transitions.helpers_of(session, ticket):
        helpers.leave(session, ticket, text, by=by, now=now)
        return
    transitions.perform(
        session,
        ticket,
        Action.RELEASE,
        by=by,
        now=now,
        why=text,
        changes={
            "assignee_id": None,
            "dispatch_at": now,
        },
    )


def arrive(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The member is there."""
    transitions.perform(session, transitions.lock(session, ticket.id), Action.ARRIVE, by=by, now=now, why=text)


def finish(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> Ticket:
    """Done, in somebody's eyes: the resident is asked to judge. Photos sent with it show what it looks like now.

    Raises Refused(TASKS_OPEN) for a matter that was split, until its tasks are done.
    """
    ticket = transitions.lock(session, ticket.id)
    if not text.strip():
        transitions.check(session, ticket, Action.FINISH, by=by)
    merging.check_tasks_done(session, ticket)
    transitions.perform(
        session,
        ticket,
        Action.FINISH,
        by=by,
        now=now,
        why=text,
        changes={
            "resolved_at": now,
            "answered_at": ticket.answered_at or now,
            "dispatch_at": None,
            "assignee_id": ticket.assignee_id or by.id,
        },
    )
    return ticket


@followers.on_head
def relay(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Words between a resident and whoever has the ticket or goes along, without showing anybody's account.

    Of several residents the one who spoke last is answered. Raises Refused(NOBODY_TO_TELL) when nobody has it yet.
    """
    actor = transitions.check(session, ticket, Action.RELAY, by=by)
    to_resident = actor not in EVERY_REPORTER
    if not to_resident and ticket.assignee_id is None and not transitions.helpers_of(session, ticket):
        raise Refused(Refusal.NOBODY_TO_TELL, number=ticket.short)
    transitions.perform(
        session,
        ticket,
        Action.RELAY,
        by=by,
        now=now,
        why=text,
        words_kind=WordsKind.RELAY,
        target=session.get_one(Person, _spoke_last(session, ticket)) if to_resident else None,
        # Words for the resident are an answer.
        changes={"answered_at": ticket.answered_at or now} if to_resident else {},
        checked=actor,
    )


def _spoke_last(session: Session, ticket: Ticket) -> int:
    last = session.scalar(
        select(TicketEvent.by_id)
        .where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.action == Action.RELAY.value,
            TicketEvent.by_id.in_(followers.numbers(session, ticket)),
        )
        .order_by(TicketEvent.version.desc())
        .limit(1)
    )
    return last or ticket.reporter_id
