"""What people share of the ledger: families with points in common, and hours given from one to another (时间银行)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import accounts, outboxes, people, results
from models.accounts import of_family, of_person
from models.errors import Refusal, Refused
from models.ledger import Family, FamilyMember, GiftState, HourGift, Unit, Why
from models.outbox import NoticeKind
from models.person import CodeKind, Person
from models.ticket import Ticket

INVITES_FOR = timedelta(days=1)

GIFT_STAYS = timedelta(days=7)

MOST_MINUTES = 8 * 60
"""Of one gift."""

# ---------------------------------------------------------------- families


def family_of(session: Session, person: Person) -> int | None:
    """The id of somebody's family."""
    row = session.get(FamilyMember, person.id, populate_existing=True)
    return row.family_id if row else None


def size(session: Session, family_id: int) -> int:
    """How many people are in a family."""
    return len(members(session, family_id))


def members(session: Session, family_id: int) -> Sequence[int]:
    """The ids of the people in a family."""
    return session.scalars(
        select(FamilyMember.person_id).where(FamilyMember.family_id == family_id).order_by(FamilyMember.person_id)
    ).all()


def invite(session: Session, person: Person, *, now: datetime) -> str:
    """A code for one more person of the family, which begins with whoever invites. Raises Refused(LEDGER_OFF)."""
    accounts.need_on(session, person)
    if family_of(session, person) is None:
        family = Family(created_at=now)
        session.add(family)
        session.flush()
        session.add(FamilyMember(person_id=person.id, family_id=family.id, joined_at=now))
        session.flush()
    minutes = int(INVITES_FOR.total_seconds()) // 60
    return people.new_code(session, CodeKind.FAMILY, now=now, minutes=minutes, person=person)


def accept(session: Session, code: str, *, by: Person, now: datetime) -> int:
    """Joins the family of whoever made the code, and takes part in the ledger; gives the family's id.

    Raises Refused: IN_A_FAMILY, and NO_SUCH_CODE for a wrong, used or expired code, or one of somebody who left.
    """
    if family_of(session, by) is not None:
        raise Refused(Refusal.IN_A_FAMILY)
    row = people.use_code(session, code, CodeKind.FAMILY, now=now)
    host = session.get(Person, row.person_id) if row.person_id else None
    family_id = family_of(session, host) if host else None
    if family_id is None:
        raise Refused(Refusal.NO_SUCH_CODE)
    accounts.switch_on(session, by, now=now)
    session.add(FamilyMember(person_id=by.id, family_id=family_id, joined_at=now))
    session.flush()
    return family_id


def put_in(session: Session, points: int, *, by: Person, now: datetime, source: str) -> int:
    """Somebody's own points become the family's; gives its id. Raises Refused: NO_FAMILY, NOT_ENOUGH, NO_AMOUNT."""
    accounts.need_on(session, by)
    family_id = family_of(session, by)
    if family_id is None:
        raise Refused(Refusal.NO_FAMILY)
    if points <= 0:
        raise Refused(Refusal.NO_AMOUNT)
    moves = {of_person(by.id): -points, of_family(family_id): points}
    accounts.post(session, Why.SHARED, Unit.POINTS, moves, source=source, now=now, by=by)
    return family_id


def leave(session: Session, *, by: Person, now: datetime) -> None:
    """Out of the family. What it has stays with the others; the last one takes it along. Raises Refused(NO_FAMILY)."""
    row = session.get(FamilyMember, by.id, populate_existing=True)
    if row is None:
        raise Refused(Refusal.NO_FAMILY)
    family_id = row.family_id
    # Held first, so that of two who leave at once one is the last.
    account = accounts.hold(session, Unit.POINTS, of_family(family_id))[of_family(family_id)]
    left = account.balance
    if members(session, family_id) == [by.id] and left:
        moves = {of_family(family_id): -left, of_person(by.id): left}
        source = f"leave:{family_id}:{by.id}:{int(row.joined_at.timestamp())}"
        accounts.post(session, Why.SHARED, Unit.POINTS, moves, source=source, now=now, by=by)
    session.delete(row)
    session.flush()


def join(session: Session, keep: Person, other: Person, *, now: datetime) -> None:
    """Before two people become one: what `other` has is `keep`'s, who stays in the family they are in."""
    if family_of(session, keep) is not None and family_of(session, other) is not None:
        leave(session, by=other, now=now)
    for unit in Unit:
        have = accounts.balance(session, of_person(other.id), unit)
        if have:
            moves = {of_person(other.id): -have, of_person(keep.id): have}
            accounts.post(session, Why.JOINED, unit, moves, source=f"join:{other.id}:{keep.id}:{unit}", now=now)
    if accounts.is_on(session, keep.id):
        accounts.switch_off(session, other)
    session.flush()


# ---------------------------------------------------------------- hours


def offer_hours(session: Session, ticket: Ticket, minutes: int, *, by: Person, now: datetime) -> HourGift:
    """Asks the other of two people who met by a ticket whether they take an hour: whoever asked for help gives to who
    helped, or the other way round, so that they can ask for help in turn. Nothing moves before the answer.

    Raises Refused: LEDGER_OFF, NO_AMOUNT, NOT_ENOUGH, NOBODY_TO_GIVE, and GIFT_WAITS for whoever asked before and has
    no answer yet, or a no.
    """
    accounts.need_on(session, by)
    if not 0 < minutes <= MOST_MINUTES:
        raise Refused(Refusal.NO_AMOUNT)
    workers = results.workers(session, ticket) - {ticket.reporter_id}
    receiver: int | None = None
    if by.id == ticket.reporter_id:
        receiver = ticket.assignee_id if ticket.assignee_id in workers else min(workers, default=None)
    elif by.id in workers:
        receiver = ticket.reporter_id
    if receiver is None:
        raise Refused(Refusal.NOBODY_TO_GIVE, number=ticket.short)
    asked = select(HourGift.id).where(
        HourGift.ticket_id == ticket.id,
        HourGift.giver_id == by.id,
        (HourGift.state == GiftState.DECLINED) | ((HourGift.state == GiftState.OPEN) & (HourGift.expires_at > now)),
    )
    if session.scalar(asked.limit(1)) is not None:
        raise Refused(Refusal.GIFT_WAITS, number=ticket.short)
    have = accounts.balance(session, of_person(by.id), Unit.MINUTES)
    if have < minutes:
        raise Refused(Refusal.NOT_ENOUGH, unit=Unit.MINUTES.value, need=minutes, have=have)
    gift = HourGift(
        ticket_id=ticket.id,
        giver_id=by.id,
        receiver_id=receiver,
        minutes=minutes,
        made_at=now,
        expires_at=now + GIFT_STAYS,
    )
    session.add(gift)
    session.flush()
    # The notice names no ticket: it must not take the place of a question about it.
    data = {"gift": gift.id, "minutes": minutes, "number": ticket.short, "to_helper": by.id == ticket.reporter_id}
    outboxes.tell(session, NoticeKind.HOURS_OFFERED, receiver, now=now, data=data)
    return gift


def answer_gift(session: Session, gift_id: int, *, takes: bool, by: Person, now: datetime) -> HourGift:
    """Whoever was asked takes the hours, and takes part from then on, or leaves them. Raises Refused: GIFT_OVER."""
    gift = session.get(HourGift, gift_id, with_for_update=True, populate_existing=True)
    if gift is None or gift.receiver_id != by.id or gift.state is not GiftState.OPEN or gift.expires_at <= now:
        raise Refused(Refusal.GIFT_OVER)
    has_them = accounts.balance(session, of_person(gift.giver_id), Unit.MINUTES) >= gift.minutes
    # Two accounts that became one have nothing to give each other.
    if takes and not (has_them and gift.giver_id != by.id and accounts.is_on(session, gift.giver_id)):
        raise Refused(Refusal.GIFT_OVER)
    gift.state, gift.answered_at = GiftState.ACCEPTED if takes else GiftState.DECLINED, now
    if takes:
        accounts.switch_on(session, by, now=now)
        moves = {of_person(gift.giver_id): -gift.minutes, of_person(by.id): gift.minutes}
        accounts.post(
            session,
            Why.GIVEN,
            Unit.MINUTES,
            moves,
            source=f"gift:{gift.id}",
            now=now,
            by=by,
            ticket_id=gift.ticket_id,
        )
    number = session.get_one(Ticket, gift.ticket_id).short
    data = {"minutes": gift.minutes, "number": number, "taken": takes}
    outboxes.tell(session, NoticeKind.HOURS_ANSWERED, gift.giver_id, now=now, data=data)
    return gift
