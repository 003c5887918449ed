"""What one signed-in person may see: the only place where the console's rights are turned into conditions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from models import parties, people, tickets, transitions
from models.area import Area, AreaKind
from models.attachment import Attachment
from models.category import Category
from models.conversation import Conversation, State
from models.ledger import Account, AccountKind, Entry, Goods, LedgerMember, Posting
from models.lifecycle import LIVE_STATES, Actor
from models.outbox import Notice, NoticeState
from models.person import Person, Role, RoleKind, RoleStatus
from models.proposal import Proposal
from models.search import Scope
from models.ticket import Ticket, Urgency

CONSOLE_KINDS = people.STAFF_KINDS | {RoleKind.DEPARTMENT}
"""The roles that may come in at all."""

CONFIRMABLE = (RoleKind.MEMBER, RoleKind.RIDER, RoleKind.GRID, RoleKind.PROPERTY)
"""What somebody may ask to be and a desk may confirm; roles with rights in here are given by the administrator."""

WAITS_LONG = timedelta(hours=24)


@dataclass(frozen=True)
class Sight:
    """One person's view within one transaction. Whatever lies outside it does not exist for them: NotFound."""

    session: Session
    person: Person
    now: datetime

    @cached_property
    def _roles(self) -> list[tuple[Role, str]]:
        """The roles that open something here, with the path of their area."""
        mine = [role for role in self.person.roles if role.kind in CONSOLE_KINDS and role.status is RoleStatus.ACTIVE]
        return [(role, self.session.get_one(Area, role.area_id).path) for role in mine]

    @cached_property
    def is_desk(self) -> bool:
        """Whether the person sits at a dispatch desk; a department only sees what is assigned to it."""
        return any(role.kind in people.STAFF_KINDS for role, _ in self._roles)

    @property
    def is_department(self) -> bool:
        """Whether the person speaks for a department or partner."""
        return any(role.kind is RoleKind.DEPARTMENT and role.department for role, _ in self._roles)

    @property
    def may_enter(self) -> bool:
        """Whether the console has anything for this person."""
        return bool(self._roles)

    def _inside(self, *paths: str) -> ColumnElement[bool]:
        return or_(false(), *(Area.path.startswith(path) for path in paths))

    @cached_property
    def desk_paths(self) -> list[str]:
        """The areas whose desk the person sits at."""
        return [path for role, path in self._roles if role.kind in people.STAFF_KINDS]

    @cached_property
    def desk_area_ids(self) -> list[int]:
        """The same as ids."""
        return [role.area_id for role, _ in self._roles if role.kind in people.STAFF_KINDS]

    @property
    def desk_areas(self) -> ColumnElement[bool]:
        """The condition for the areas of their desk."""
        return self._inside(*self.desk_paths)

    @cached_property
    def communities(self) -> Sequence[int]:
        """The communities of their desk."""
        return self.session.scalars(select(Area.id).where(Area.kind == AreaKind.COMMUNITY, self.desk_areas)).all()

    @cached_property
    def sees_every_community(self) -> bool:
        """Whether no community lies outside their desk, so that there is nothing to ask of a ticket."""
        outside = select(Area.id).where(Area.kind == AreaKind.COMMUNITY, ~self.desk_areas).limit(1)
        return self.is_desk and self.session.scalar(outside) is None

    @property
    def scope(self) -> Scope | None:
        """The same for search, None for somebody who sees everything."""
        if self.sees_every_community:
            return None
        departments = {role.department for role, _ in self._roles if role.kind is RoleKind.DEPARTMENT}
        return Scope(self.communities, departments - {""}, self.person.id, self.is_desk)

    # ---------------------------------------------------------------- what things are called

    def categories(self) -> dict[str, str]:
        """The names of all categories by their codes."""
        return dict(self.session.execute(select(Category.code, Category.name)).all())

    def names(self, ids: Collection[int | None]) -> dict[int, str]:
        """The names of people by their ids."""
        return dict(self.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).all())

    # ---------------------------------------------------------------- tickets

    def tickets(self) -> ColumnElement[bool]:
        """The tickets of the person's communities and those without a place; a department's own; what they have."""
        if self.sees_every_community:
            return true()
        mine: list[ColumnElement[bool]] = [Ticket.assignee_id == self.person.id]
        if self.is_desk:
            # The ids themselves: with a query in its place no database looks into an index for any part of this.
            mine += [
                Ticket.community_id.in_(self.communities),
                Ticket.community_id.is_(None),
                Ticket.lead_id.in_(self.communities),
            ]
        mine += [
            and_(
                Ticket.department == role.department,
                or_(
                    Ticket.community_id.in_(select(Area.id).where(self._inside(path))),
                    Ticket.area_id.in_(select(Area.id).where(self._inside(path))),
                    Ticket.community_id.is_(None),
                ),
            )
            for role, path in self._roles
            if role.kind is RoleKind.DEPARTMENT and role.department
        ]
        return or_(*mine)

    def ticket(self, number: str) -> Ticket:
        """The ticket with a full number such as 261122-0007."""
        try:
            day, serial = tickets.parse_number(number)
            on = datetime.strptime(f"{day}+0000", "%y%m%d%z").date()
        except ValueError as error:
            raise NotFound from error
        found = self.session.scalar(select(Ticket).where(Ticket.day == on, Ticket.serial == serial, self.tickets()))
        if found is None:
            raise NotFound
        return found

    def proposal(self, proposal_id: int) -> Proposal:
        """A pair of tickets that may be one event, both of which the person's desk sees."""
        found = self.session.get(Proposal, proposal_id)
        if found is None or not self.is_desk:
            raise NotFound
        pair = select(Ticket.id).where(Ticket.id.in_([found.ticket_id, found.into_id]), self.tickets())
        if len(self.session.scalars(pair).all()) < 2:
            raise NotFound
        return found

    def may_call(self, ticket: Ticket) -> bool:
        """Whether the task needs the reporter's number and door: theirs who has it, and the desk's in an emergency."""
        mine = transitions.actors(self.session, ticket, self.person)
        if mine & {Actor.ASSIGNEE, Actor.HELPER}:
            return True
        return (
            ticket.urgency is Urgency.EMERGENCY
            and ticket.state in LIVE_STATES
            and bool(mine & {Actor.STAFF, Actor.STREET})
        )

    def attachment(self, attachment_id: int) -> Attachment:
        """Something that was sent with a ticket the person sees."""
        found = self.session.scalar(
            select(Attachment)
            .join(Ticket, Ticket.id == Attachment.ticket_id)
            .where(Attachment.id == attachment_id, self.tickets())
        )
        if found is None:
            raise NotFound
        return found

    # ---------------------------------------------------------------- people

    def people(self) -> ColumnElement[bool]:
        """The people who live, serve or reported in the person's areas, and those of whom nothing is known yet."""
        if not self.is_desk:
            return false()
        inside = select(Area.id).where(self.desk_areas)
        reported = select(Ticket.id).where(Ticket.reporter_id == Person.id, Ticket.community_id.is_not(None))
        serves = select(Role.id).where(Role.person_id == Person.id, Role.status != RoleStatus.ENDED)
        return or_(
            Person.home_area_id.in_(inside),
            exists(reported.where(Ticket.community_id.in_(inside))),
            exists(serves.where(Role.area_id.in_(inside))),
            and_(Person.home_area_id.is_(None), ~exists(reported), ~exists(serves)),
        )

    def conversations(self) -> ColumnElement[bool]:
        """The chats that people of the person's areas handed over and that are not over."""
        return and_(
            Conversation.state == State.HANDED_OVER,
            or_(Conversation.expires_at.is_(None), Conversation.expires_at > self.now),
            # Asked of each such chat, of which there are few: the other way round everybody is looked at first.
            exists().where(Person.id == Conversation.person_id, self.people()).correlate(Conversation),
        )

    def conversation(self, conversation_id: int, *, lock: bool = False) -> Conversation:
        """One handed-over chat."""
        query = select(Conversation).where(Conversation.id == conversation_id, self.conversations())
        found = self.session.scalar(query.with_for_update() if lock else query)
        if found is None:
            raise NotFound
        return found

    def registrations(self) -> ColumnElement[bool]:
        """The roles that people asked for in the person's areas."""
        if not self.is_desk:
            return false()
        return and_(
            Role.status == RoleStatus.PENDING,
            Role.kind.in_(CONFIRMABLE),
            Role.area_id.in_(select(Area.id).where(self.desk_areas)),
        )

    def registration(self, role_id: int) -> Role:
        """One role that was asked for, held until the end of the transaction."""
        found = self.session.scalar(select(Role).where(Role.id == role_id, self.registrations()).with_for_update())
        if found is None:
            raise NotFound
        return found

    def unreached(self) -> ColumnElement[bool]:
        """What could not be told to somebody: by a ticket in sight, otherwise by the person."""
        if not self.is_desk:
            return false()
        return and_(
            or_(
                Notice.state == NoticeState.UNREACHABLE,
                and_(Notice.state == NoticeState.WAITING, Notice.created_at <= self.now - WAITS_LONG),
            ),
            or_(
                exists().where(Ticket.id == Notice.ticket_id, self.tickets()).correlate(Notice),
                and_(
                    Notice.ticket_id.is_(None),
                    exists().where(Person.id == Notice.person_id, self.people()).correlate(Notice),
                ),
            ),
        )

    def unreached_notice(self, notice_id: int) -> Notice:
        """One of them, held until the end of the transaction."""
        found = self.session.scalar(select(Notice).where(Notice.id == notice_id, self.unreached()).with_for_update())
        if found is None:
            raise NotFound
        return found

    @cached_property
    def street_paths(self) -> list[str]:
        """Where the person is of the street, which alone changes the admitted list and who leads on borders."""
        return [path for role, path in self._roles if role.kind in people.STAFF_KINDS - {RoleKind.STAFF}]

    @property
    def decides_what_counts(self) -> bool:
        """Whether the person may take a judgement into the figures that was set aside; each ticket is checked again."""
        return bool(self.street_paths)

    # ---------------------------------------------------------------- the roster

    def roster_areas(self) -> Sequence[Area]:
        """The communities and streets whose roster the person writes: those of their desk."""
        if not self.is_desk:
            raise NotFound
        return self.session.scalars(
            select(Area)
            .where(Area.kind.in_([AreaKind.COMMUNITY, AreaKind.STREET]), self.desk_areas)
            .order_by(Area.path)
            .limit(300)
        ).all()

    def roster_area(self, given: str) -> Area:
        """One of them, by its id as an address or a form has it."""
        found = next((each for each in self.roster_areas() if str(each.id) == given), None)
        if found is None:
            raise NotFound
        return found

    # ---------------------------------------------------------------- points

    def goods(self) -> ColumnElement[bool]:
        """The condition for goods of the desk's areas."""
        if not self.is_desk:
            raise NotFound
        return Goods.area_id.in_(select(Area.id).where(self.desk_areas))

    def goods_one(self, goods_id: int) -> Goods:
        """One of them, held until the end of the transaction."""
        found = self.session.scalar(select(Goods).where(Goods.id == goods_id, self.goods()).with_for_update())
        if found is None:
            raise NotFound
        return found

    def ledger_person(self, person_id: int) -> Person:
        """Somebody of the desk's areas who takes part in the ledger."""
        takes_part = select(LedgerMember.person_id).where(LedgerMember.person_id == person_id)
        found = self.session.scalar(select(Person).where(Person.id.in_(takes_part), self.people()))
        if found is None:
            raise NotFound
        return found

    def ledger_posting(self, person_id: int, posting_id: int) -> Posting:
        """Something of theirs that may be corrected; nobody corrects their own."""
        person = self.ledger_person(person_id)
        found = self.session.scalar(
            select(Posting)
            .join(Entry, Entry.posting_id == Posting.id)
            .join(Account, Account.id == Entry.account_id)
            .where(Posting.id == posting_id, Account.kind == AccountKind.PERSON, Account.owner_id == person.id)
        )
        if found is None or person.id == self.person.id:
            raise NotFound
        return found

    # ---------------------------------------------------------------- whom to ask

    def departments(self, ticket: Ticket) -> Sequence[str]:
        """The departments and partners that a ticket may be given to where it is."""
        here = parties.serving(self.session, parties.place_of(self.session, ticket))
        return [each.name for each in here if parties.takes(each, ticket.category)]


def mask_name(name: str) -> str:
    """The first character only."""
    return name[:1] + "*" * min(len(name) - 1, 2) if name else ""


def mask_phone(phone: str) -> str:
    """Enough to recognise a number one knows, too little to call it."""
    return f"{phone[:3]}****{phone[-2:]}" if len(phone) >= 8 else "*" * len(phone)
