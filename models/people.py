"""Meeting people, their roles, and what their window still allows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from models import areas, batch, codes, files, search
from models.appointment import Appointment
from models.area import Area, AreaKind
from models.attachment import Attachment, AttachmentKind, AttachmentUse
from models.audit import Audit
from models.base import Base, insert
from models.conversation import Conversation, Question
from models.errors import Refusal, Refused
from models.inbox import InboxMessage
from models.offer import Offer, OfferState
from models.outbox import Notice, NoticeKind, NoticeState
from models.party import Party
from models.person import Code, CodeKind, Identity, Login, Person, Role, RoleKind, RoleStatus, Skill
from models.pushed import PushDown
from models.reminder import About, Reminder
from models.ticket import Evaluation, Ticket, TicketEvent, TicketHelper, TicketWords

STAFF_KINDS = frozenset({RoleKind.STAFF, RoleKind.STREET, RoleKind.ADMIN})


def meet(session: Session, channel: str, account: str, *, now: datetime) -> Identity:
    """The identity behind an account with its person and roles, held until the end of the transaction, so that two
    messages of one account are answered one after the other. Somebody never seen before is added.
    """
    known = _identity(session, channel, account)
    if known is not None:
        return known
    person = Person(created_at=now, roles=[])
    session.add(person)
    session.flush()
    added = session.execute(
        insert(session, Identity)
        .values(person_id=person.id, channel=channel, account=account, seen_at=now)
        .on_conflict_do_nothing()
        .returning(Identity.id)
    ).first()
    if added is None:
        # Two first messages at once, a photo and its words for example: the other one has just added them.
        session.delete(person)
        session.flush()
    found = _identity(session, channel, account)
    if found is None:
        raise LookupError("an account that is neither known nor new")
    return found


def _identity(session: Session, channel: str, account: str) -> Identity | None:
    return (
        session.scalars(
            select(Identity)
            .where(Identity.channel == channel, Identity.account == account)
            .options(joinedload(Identity.person, innerjoin=True).joinedload(Person.roles))
            .with_for_update(of=Identity)
        )
        .unique()
        .first()
    )


def role_names(person: Person) -> frozenset[str]:
    """The active roles of a person, as the words commands ask for."""
    return frozenset(role.kind.value for role in person.roles if role.status is RoleStatus.ACTIVE)


def has_role(person: Person, *kinds: RoleKind) -> bool:
    """Whether the person has one of `kinds` now."""
    return any(role.kind in kinds and role.status is RoleStatus.ACTIVE for role in person.roles)


_RANK = [
    RoleKind.GRID,
    RoleKind.STAFF,
    RoleKind.STREET,
    RoleKind.PROPERTY,
    RoleKind.MEMBER,
    RoleKind.DEPARTMENT,
    RoleKind.RIDER,
    RoleKind.ADMIN,
]


def main_role(person: Person | None) -> RoleKind | None:
    """As what a person with several roles is named to others."""
    kinds = [role.kind for role in person.roles if role.status is RoleStatus.ACTIVE] if person is not None else []
    return min(kinds, key=_RANK.index) if kinds else None


def grant(
    session: Session,
    person: Person,
    kind: RoleKind,
    area_id: int,
    *,
    now: datetime,
    status: RoleStatus = RoleStatus.ACTIVE,
    department: str = "",
) -> Role:
    """Gives a role, or changes the one of that kind and area."""
    role = session.scalar(select(Role).where(Role.person_id == person.id, Role.kind == kind, Role.area_id == area_id))
    if role is None:
        role = Role(person_id=person.id, kind=kind, area_id=area_id, since=now)
        session.add(role)
    role.status = status
    role.department = department
    known = select(Party.id).where(Party.name == department, Party.area_id == area_id)
    if kind is RoleKind.DEPARTMENT and department and session.scalar(known) is None:
        session.add(Party(name=department, area_id=area_id))
    session.flush()
    session.expire(person, ["roles"])
    return role


def set_skills(session: Session, person: Person, skills: Collection[str]) -> None:
    """Replaces what the person offers to help with."""
    session.execute(delete(Skill).where(Skill.person_id == person.id))
    session.add_all(Skill(person_id=person.id, skill=skill) for skill in sorted(set(skills)))
    session.flush()
    session.expire(person, ["skills"])


def with_role(
    session: Session,
    kinds: Collection[RoleKind],
    *,
    area: Area | None,
    department: str | None = None,
    status: RoleStatus = RoleStatus.ACTIVE,
    category: str | None = None,
) -> Sequence[Person]:
    """The people whose role of one of `kinds` covers `area` (any area when None), each once.

    `category`: without those whose role is for other categories only; with an empty one without all whose role is
    limited, who have no desk.
    """

    def ask(*where: ColumnElement[bool]) -> Sequence[Person]:
        return session.scalars(_with_role(kinds, department, status, category).where(*where)).all()

    def ask_for_all() -> Sequence[Row[*tuple[Any, ...]]]:
        query = _with_role(kinds, department, status, category)
        return session.execute(query.add_columns(Role.area_id).where(Role.area_id.in_(here))).all()

    what = (with_role, frozenset(kinds), department, status, category)
    if area is None:
        return batch.once(session, what, ask)
    path, here = areas.ids_on(area.path), batch.areas_of(session)
    if not here.issuperset(path):
        return batch.once(session, (*what, area.id), lambda: ask(Role.area_id.in_(path)))
    # One question for all areas of the transaction in place of one for each.
    rows = batch.once(session, (*what, here), ask_for_all)
    return list({person.id: person for person, area_id in rows if area_id in path}.values())


def _with_role(
    kinds: Collection[RoleKind], department: str | None, status: RoleStatus, category: str | None
) -> Select[Person]:
    query = (
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .where(Role.kind.in_(kinds), Role.status == status, Person.erased_at.is_(None))
        .distinct()
        .order_by(Person.id)
        .options(selectinload(Person.identities))
    )
    if category is not None:
        # Codes are words of plain letters: in quotes they are found in the list as it is written.
        limits = cast(Role.categories, String)
        query = query.where(or_(limits == "[]", limits.contains(f'"{category}"', autoescape=True)))
    return query if department is None else query.where(Role.department == department)


@dataclass(frozen=True, slots=True)
class Contact:
    """How whoever does a task reaches the resident; empty where it is not known or not needed."""

    room: str = ""
    phone: str = ""


def contact(session: Session, ticket: Ticket) -> Contact:
    """What a task needs to know of its reporter: for a visit at a home the door and, if they agreed, the number; for a
    matter in the street nothing. Only for those who have accepted.
    """
    area = session.get(Area, ticket.area_id) if ticket.area_id else None
    reporter = session.get_one(Person, ticket.reporter_id)
    at_home = reporter.home_area_id is not None and reporter.home_area_id == ticket.area_id
    room = ticket.room or (reporter.home_room if at_home and reporter.consented_at else "")
    is_visit = bool(room) or (area is not None and area.kind is AreaKind.BUILDING)
    return Contact(room, reporter.phone if is_visit and reporter.consented_at else "")


def open_window(identity: Identity, *, count: int, seconds: int, now: datetime) -> None:
    """Notes that a message or a tap opened the customer-service window."""
    identity.window_until, identity.window_left = next_window(
        identity.window_until, identity.window_left, count=count, seconds=seconds, now=now
    )


def next_window(until: datetime | None, left: int, *, count: int, seconds: int, now: datetime) -> tuple[datetime, int]:
    """The window after a trigger, from the one before.

    Windows do not add up: a window that already lasts longer and still has messages left stays as it is.
    """
    opened = now + timedelta(seconds=seconds)
    if until is not None and until > opened and left > 0:
        return until, left
    return opened, count


def can_still_reply(identity: Identity, *, now: datetime) -> bool:
    """Whether a customer-service message may still be sent to this account."""
    return identity.window_left > 0 and identity.window_until is not None and identity.window_until > now


def use_window(session: Session, identity: Identity, *, now: datetime) -> bool:
    """Takes one message out of the window before it is sent, so that two workers never both take the last."""
    taken = session.execute(
        update(Identity)
        .where(Identity.id == identity.id, Identity.window_left > 0, Identity.window_until > now)
        .values(window_left=Identity.window_left - 1)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult


def close_window(session: Session, identity_id: int) -> None:
    """Notes the platform's word that the window is shut, whatever the ledger says."""
    session.execute(update(Identity).where(Identity.id == identity_id).values(window_left=0))


def mark_unreachable(session: Session, identity_id: int) -> None:
    """Notes that nobody answers at this account any more."""
    session.execute(update(Identity).where(Identity.id == identity_id).values(reachable=False, window_left=0))


def new_code(
    session: Session,
    kind: CodeKind,
    *,
    now: datetime,
    minutes: int,
    person: Person | None = None,
    role: RoleKind | None = None,
    area_id: int | None = None,
    uses: int = 1,
) -> str:
    """A fresh one-time code of six letters that are not misread."""
    code = codes.fresh(6)
    session.add(
        Code(
            code=code,
            kind=kind,
            person_id=person.id if person else None,
            role=role,
            area_id=area_id,
            uses_left=uses,
            expires_at=now + timedelta(minutes=minutes),
        )
    )
    session.flush()
    return code


def use_code(session: Session, code: str, kind: CodeKind, *, now: datetime) -> Code:
    """Uses a code up. Raises Refused(NO_SUCH_CODE) for a wrong, used or expired one."""
    row = session.get(Code, code.strip().upper(), with_for_update=True, populate_existing=True)
    if row is None or row.kind is not kind or row.uses_left < 1 or row.expires_at <= now:
        raise Refused(Refusal.NO_SUCH_CODE)
    row.uses_left -= 1
    return row


def join(session: Session, keep: Person, other: Person) -> None:
    """Makes two people known on two platforms one: everything of `other` becomes `keep`'s.

    The history is not rewritten: its old lines go on naming `other`, whose row stays.
    """
    if keep.id == other.id:
        return
    mine = select(Conversation.channel).where(Conversation.person_id == keep.id)
    session.execute(delete(Conversation).where(Conversation.person_id == other.id, Conversation.channel.in_(mine)))
    mine = select(Skill.skill).where(Skill.person_id == keep.id)
    session.execute(delete(Skill).where(Skill.person_id == other.id, Skill.skill.in_(mine)))
    _join_roles(session, keep, other)
    _join_offers(session, keep, other)
    _join_once_each(session, keep, other)
    _join_evaluations(session, keep, other)
    for kind in (NoticeKind.DESK, NoticeKind.POOL):
        if session.scalar(select(Notice.id).where(_waiting(keep, kind))) is not None:
            session.execute(update(Notice).where(_waiting(other, kind)).values(state=NoticeState.DROPPED))
    for table in Base.metadata.tables.values():
        if table.name in (TicketEvent.__tablename__, Audit.__tablename__):
            continue
        for key in table.foreign_keys:
            column = key.parent
            if key.column.table.name == Person.__tablename__ and column.name != "joined_to_id":
                session.execute(update(table).where(column == other.id).values({column.name: keep.id}))
    keep.name = keep.name or other.name
    _join_numbers(keep, other)
    keep.home_area_id = keep.home_area_id or other.home_area_id
    keep.home_room = keep.home_room or other.home_room
    keep.unit = keep.unit or other.unit
    keep.by_phone, keep.no_broadcasts = keep.by_phone or other.by_phone, keep.no_broadcasts or other.no_broadcasts
    keep.platform = keep.platform or other.platform
    # What is personal stands in one row only, so that erasing it erases it.
    other.phone = other.unit = other.platform = other.home_room = ""
    other.home_area_id = None
    other.joined_to_id, other.erased_at = keep.id, other.created_at
    session.flush()
    session.expire_all()


def _join_numbers(keep: Person, other: Person) -> None:
    """A yes goes with the number it was said of: of two numbers the one with a yes stays, and one without takes no yes
    over that was said of something else.
    """
    if other.phone and (not keep.phone or (other.consented_at is not None and keep.consented_at is None)):
        keep.phone, keep.consented_at = other.phone, other.consented_at
    elif not keep.phone:
        keep.consented_at = keep.consented_at or other.consented_at


def _join_roles(session: Session, keep: Person, other: Person) -> None:
    """One role of a kind and area, in force if either was, so that leaving it leaves it."""
    strength = [RoleStatus.ENDED, RoleStatus.PENDING, RoleStatus.ACTIVE]
    mine = {(role.kind, role.area_id): role for role in session.scalars(select(Role).where(Role.person_id == keep.id))}
    for role in session.scalars(select(Role).where(Role.person_id == other.id)).all():
        twin = mine.get((role.kind, role.area_id))
        if twin is not None:
            if strength.index(role.status) > strength.index(twin.status):
                twin.status, twin.department = role.status, role.department
                twin.categories, twin.until = role.categories, role.until
            session.execute(delete(Role).where(Role.id == role.id))
    session.flush()


def _join_offers(session: Session, keep: Person, other: Person) -> None:
    """One open offer of a ticket: accepting it must not leave the other open."""
    mine = select(Offer.ticket_id).where(Offer.person_id == keep.id, Offer.state == OfferState.OPEN).scalar_subquery()
    session.execute(
        update(Offer)
        .where(Offer.person_id == other.id, Offer.state == OfferState.OPEN, Offer.ticket_id.in_(mine))
        .values(state=OfferState.WITHDRAWN)
    )


def _join_once_each(session: Session, keep: Person, other: Person) -> None:
    """Of what a person can be to a ticket once, one stays."""
    helps = select(TicketHelper.ticket_id).where(TicketHelper.person_id == keep.id)
    session.execute(delete(TicketHelper).where(TicketHelper.person_id == other.id, TicketHelper.ticket_id.in_(helps)))
    for about in About:
        mine = select(Reminder.ticket_id).where(Reminder.person_id == keep.id, Reminder.about == about)
        session.execute(
            delete(Reminder).where(
                Reminder.person_id == other.id, Reminder.about == about, Reminder.ticket_id.in_(mine)
            )
        )


def _join_evaluations(session: Session, keep: Person, other: Person) -> None:
    """One answer to a result, of two neighbours that are one person: the one kept."""
    mine = aliased(Evaluation)
    same = select(mine.id).where(
        mine.person_id == keep.id, mine.ticket_id == Evaluation.ticket_id, mine.round == Evaluation.round
    )
    session.execute(
        delete(Evaluation)
        .where(Evaluation.person_id == other.id, same.exists())
        .execution_options(synchronize_session=False)
    )


def _waiting(person: Person, kind: NoticeKind) -> ColumnElement[bool]:
    return and_(Notice.person_id == person.id, Notice.kind == kind, Notice.state == NoticeState.PENDING)


def erase(session: Session, person: Person, *, now: datetime) -> None:
    """Takes away what is personal: name, phone, home and words. The facts of tickets stay without saying whose.

    The accounts go on as somebody never met, so that the next message is a fresh beginning.
    """
    stranger = Person(created_at=now)
    session.add(stranger)
    session.flush()
    session.execute(update(Identity).where(Identity.person_id == person.id).values(person_id=stranger.id))
    said_in = search.before_erasing(session, person)
    session.execute(
        update(TicketWords).where(TicketWords.person_id == person.id).values(text=None, salt=None, person_id=None)
    )
    search.write(session, said_in)
    session.execute(update(PushDown).where(PushDown.by_id == person.id).values(words=""))
    session.execute(
        update(Appointment)
        .where(Appointment.person_id == person.id)
        .values(purpose="", cancelled_at=func.coalesce(Appointment.cancelled_at, now))
    )
    # Answers repeat what was said to them; a repeat of an erased message gets none.
    session.execute(
        update(InboxMessage).where(InboxMessage.person_id == person.id).values(text="", reply=None, person_id=None)
    )
    session.execute(
        update(Notice)
        .where(Notice.person_id == person.id, Notice.state != NoticeState.SENT)
        .values(state=NoticeState.DROPPED)
    )
    session.execute(
        update(Notice).where(or_(Notice.person_id == person.id, Notice.about_id == person.id)).values(data={})
    )
    session.execute(delete(Login).where(Login.person_id == person.id))
    session.execute(delete(Code).where(Code.person_id == person.id))
    session.execute(update(Person).where(Person.joined_to_id == person.id).values(name=""))
    session.execute(delete(Question).where(Question.person_id == person.id))
    session.execute(delete(Conversation).where(Conversation.person_id == person.id))
    session.execute(delete(Skill).where(Skill.person_id == person.id))
    session.execute(update(Role).where(Role.person_id == person.id).values(status=RoleStatus.ENDED))
    _erase_sent(session, person, now=now)
    session.execute(
        update(Ticket).where(Ticket.reporter_id == person.id).values(for_other="", room="", lat=None, lng=None)
    )
    person.name = person.phone = person.unit = person.platform = person.home_room = ""
    person.home_area_id = person.consented_at = None
    person.away_until = person.free_from = person.free_until = None
    person.by_phone = False
    person.erased_at = now
    session.flush()
    session.expire_all()


def _erase_sent(session: Session, person: Person, *, now: datetime) -> None:
    """Photos, voices, videos and places somebody sent, their files included. Photos of how a job of theirs was finished
    belong to whoever had asked for it, and are kept as long as all others.
    """
    sent = session.scalars(select(Attachment).where(Attachment.person_id == person.id).with_for_update()).all()
    own = select(Ticket.id).where(Ticket.reporter_id == person.id)
    done = {
        each.id
        for each in sent
        if each.use is AttachmentUse.AFTER and each.stored is not None and each.kind is AttachmentKind.IMAGE
    }
    theirs = {*session.scalars(select(Attachment.id).where(Attachment.id.in_(done), Attachment.ticket_id.not_in(own)))}
    files.let_go(session, [each for each in sent if each.id not in theirs], now=now)
    session.execute(
        update(Attachment)
        .where(Attachment.person_id == person.id)
        .values(media_id="", media_url="", label="", lat=None, lng=None)
        .values(taken_at=None, taken_lat=None, taken_lng=None, fetch_at=None)
    )
