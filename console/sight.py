"""What one signed-in person may see: the only place where the console's rights are turned into conditions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from models import areas, chats, finding, parties, people, transitions
from models.appointment import Appointment
from models.area import Area, AreaKind
from models.attachment import Attachment
from models.audit import AuditKind
from models.broadcast import Broadcast
from models.category import Category
from models.conversation import Conversation, State
from models.desktop import ReadyAnswer
from models.honour import HonourRound
from models.ledger import Account, AccountKind, Entry, Goods, LedgerMember, Posting
from models.lifecycle import LIVE_STATES, Actor
from models.outbox import Notice, NoticeKind, NoticeState
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
    seen: list[tuple[AuditKind, str]] = field(default_factory=list)
    """What of others was shown that is personal: noted for the audit when the page is made."""

    def note(self, kind: AuditKind, about: str) -> None:
        """Remembers that something personal is shown."""
        if (kind, about) not in self.seen:
            self.seen.append((kind, about))

    @cached_property
    def _roles(self) -> list[tuple[Role, str]]:
        """The roles that open something here, with the path of their area."""
        mine = [
            role
            for role in self.person.roles
            if role.kind in CONSOLE_KINDS
            and role.status is RoleStatus.ACTIVE
            and (role.until is None or role.until > self.now)
        ]
        return [(role, self.session.get_one(Area, role.area_id).path) for role in mine]

    @cached_property
    def _desks(self) -> list[tuple[Role, str]]:
        """The roles of a dispatch desk. One for some categories only opens their tickets, as a department's does."""
        return [(role, path) for role, path in self._roles if role.kind in people.STAFF_KINDS and not role.categories]

    @property
    def is_desk(self) -> bool:
        """Whether the person sits at a dispatch desk; a department only sees what is assigned to it."""
        return bool(self._desks)

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

    def at_desk(self) -> None:
        """Before a page of the desk. Raises NotFound for everybody else."""
        if not self.is_desk:
            raise NotFound

    @cached_property
    def desk_paths(self) -> list[str]:
        """The areas whose desk the person sits at."""
        return [path for _, path in self._desks]

    @cached_property
    def desk_area_ids(self) -> list[int]:
        """The same as ids."""
        return [role.area_id for role, _ in self._desks]

    @property
    def desk_areas(self) -> ColumnElement[bool]:
        """The condition for the areas of their desk."""
        return self._inside(*self.desk_paths)

    @cached_property
    def communities(self) -> Sequence[int]:
        """The communities of their desk."""
        return self._communities(*self.desk_paths)

    def _communities(self, *paths: str) -> Sequence[int]:
        inside = self._inside(*paths)
        return self.session.scalars(select(Area.id).where(Area.kind == AreaKind.COMMUNITY, inside)).all()

    @cached_property
    def sees_every_community(self) -> bool:
        """Whether no community lies outside their desk, so that there is nothing to ask of a ticket."""
        outside = select(Area.id).where(Area.kind == AreaKind.COMMUNITY, ~self.desk_areas).limit(1)
        return self.is_desk and self.session.scalar(outside) is None

    @cached_property
    def paths(self) -> list[str]:
        """Where the person has a role of any kind that opens something here."""
        return [path for _, path in self._roles]

    @property
    def map_areas(self) -> ColumnElement[bool]:
        """The condition for the areas whose outlines and stations the person's map shows; what lies in them is filtered
        like everywhere.
        """
        return self._inside(*self.paths)

    def drawable(self) -> Sequence[Area]:
        """The areas whose outlines the person draws: those of their street, but no single buildings."""
        if not self.street_paths:
            raise NotFound
        kinds = [kind for kind in AreaKind if kind is not AreaKind.BUILDING]
        where = (Area.kind.in_(kinds), self._inside(*self.street_paths))
        return self.session.scalars(select(Area).where(*where).order_by(Area.path).limit(1500)).all()

    def drawable_area(self, area_id: int) -> Area:
        """One of them."""
        found = self.session.get(Area, area_id)
        mine = [path for path in self.street_paths if found is not None and areas.covers(path, found.path)]
        if found is None or not mine or found.kind is AreaKind.BUILDING:
            raise NotFound
        return found

    @property
    def scope(self) -> Scope | None:
        """The same for search, None for somebody who sees everything."""
        if self.sees_every_community:
            return None
        departments = {role.department for role, _ in self._roles if role.kind is RoleKind.DEPARTMENT}
        staff = [path for role, path in self._roles if role.kind in people.STAFF_KINDS]
        return Scope(self._communities(*staff), departments - {""}, self.person.id, bool(staff))

    def view(self, *, is_own: bool) -> str:
        """A name for all that decides which tickets are shown: the same for colleagues who see the same; nobody else's
        for what is one's own.
        """
        roles = sorted([role.kind.value, path, role.department, *role.categories] for role, path in self._roles)
        has_own = exists().where(Ticket.assignee_id == self.person.id)
        if is_own or not self.sees_every_community and self.session.scalar(select(has_own)):
            roles.append([f"person {self.person.id}"])
        return hashlib.sha256(json.dumps(roles).encode()).hexdigest()

    # ---------------------------------------------------------------- what things are called

    def categories(self) -> dict[str, str]:
        """The names of all categories by their codes."""
        return dict(self.session.execute(select(Category.code, Category.name)).all())

    def names(self, ids: Collection[int | None]) -> dict[int, str]:
        """The names of people by their ids."""
        return dict(self.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).all())

    def area_names(self, ids: Collection[int]) -> dict[int, str]:
        """The names of areas by their ids."""
        return dict(self.session.execute(select(Area.id, Area.name).where(Area.id.in_(ids))).all())

    # ---------------------------------------------------------------- tickets

    def tickets(self) -> ColumnElement[bool]:
        """The tickets of the person's communities and those without a place; a department's own; what they have."""
        if self.sees_every_community:
            return true()
        mine: list[ColumnElement[bool]] = [Ticket.assignee_id == self.person.id]
        if self.is_desk:
            # The ids themselves: with a query in its place no database looks into an index for any part of this.
            mine.append(self._on_desk(self.communities))
        for role, path in self._roles:
            if role.kind is RoleKind.DEPARTMENT and role.department:
                mine.append(parties.given_to(role, path))
            elif role.categories:
                mine.append(and_(self._on_desk(self._communities(path)), Ticket.category.in_(role.categories)))
        return or_(*mine)

    def desk_tickets(self) -> ColumnElement[bool]:
        """Those of the desks they sit at: not what they see as a department, or have as a task of their own."""
        if self.sees_every_community:
            return true()
        return self._on_desk(self.communities) if self.is_desk else false()

    def on_desk(self, ticket: Ticket) -> bool:
        """Whether a ticket is one of these."""
        query = select(Ticket.id).where(Ticket.id == ticket.id, self.desk_tickets())
        return self.session.scalar(query) is not None

    @staticmethod
    def _on_desk(communities: Sequence[int]) -> ColumnElement[bool]:
        return or_(Ticket.community_id.in_(communities), Ticket.community_id.is_(None), Ticket.lead_id.in_(communities))

    def ticket(self, number: str) -> Ticket:
        """The ticket with a full number such as 261122-0007."""
        try:
            day, serial = finding.parse_number(number)
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
        pair = select(Ticket.id).where(Ticket.id.in_([found.ticket_id, found.into_id]), self.desk_tickets())
        if len(self.session.scalars(pair).all()) < 2:
            raise NotFound
        return found

    def may_call(self, ticket: Ticket) -> bool:
        """Whether the task needs the reporter's number and door: theirs who has it, and the desk's in an emergency."""
        mine = transitions.actors(self.session, ticket, self.person)
        may = bool(mine & {Actor.ASSIGNEE, Actor.HELPER}) or (
            ticket.urgency is Urgency.EMERGENCY
            and ticket.state in LIVE_STATES
            and bool(mine & {Actor.STAFF, Actor.STREET})
        )
        if may:
            self.note(AuditKind.SAW_CONTACT, f"tickets/{ticket.number}")
        return may

    def attachment(self, attachment_id: int) -> Attachment:
        """Something that was sent with a ticket the person sees."""
        found = self.session.scalar(
            select(Attachment)
            .join(Ticket, Ticket.id == Attachment.ticket_id)
            .where(Attachment.id == attachment_id, self.tickets())
        )
        if found is None:
            raise NotFound
        if found.ticket_id is not None:
            self.note(AuditKind.SAW_PHOTO, f"tickets/{self.session.get_one(Ticket, found.ticket_id).number}")
        return found

    def sees_faces(self, attachment: Attachment) -> bool:
        """Whether a photo is shown as it was sent: to the desk that dispatches it."""
        ticket = self.session.get(Ticket, attachment.ticket_id) if attachment.ticket_id else None
        return ticket is not None and self.on_desk(ticket)

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
        """The chats that people of the person's areas handed over and that are not over, nor complain of the person."""
        handed_over = and_(
            Conversation.state == State.HANDED_OVER,
            or_(Conversation.expires_at.is_(None), Conversation.expires_at > self.now),
        )
        # Of few chats it is read out of their data, which no two databases look into in the same way.
        others = [
            chat.id
            for chat in self.session.scalars(select(Conversation).where(handed_over))
            if self.person.id in chats.complained_of(chat)
        ]
        return and_(
            handed_over,
            Conversation.id.not_in(others),
            # Asked of each such chat, of which there are few: the other way round everybody is looked at first.
            exists().where(Person.id == Conversation.person_id, self.people()).correlate(Conversation),
        )

    def former_conversation(self, conversation_id: int) -> Conversation | None:
        """A chat of people of the person's areas that was handed over lately and is over, if it is one."""
        found = self.session.scalar(
            select(Conversation).where(
                Conversation.id == conversation_id,
                exists().where(Person.id == Conversation.person_id, self.people()).correlate(Conversation),
            )
        )
        if found is None or found.is_handed_over(self.now):
            return None
        return found if chats.was_handed_over(self.session, found, now=self.now) else None

    def conversation(self, conversation_id: int, *, lock: bool = False) -> Conversation:
        """One handed-over chat."""
        query = select(Conversation).where(Conversation.id == conversation_id, self.conversations())
        found = self.session.scalar(query.with_for_update() if lock else query)
        if found is None:
            raise NotFound
        self.note(AuditKind.SAW_CHAT, f"people/{found.person_id}")
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
        lost = or_(
            Notice.state == NoticeState.UNREACHABLE,
            and_(Notice.state == NoticeState.WAITING, Notice.created_at <= self.now - WAITS_LONG),
        )
        # Nobody is called about what everybody was written.
        return and_(lost, Notice.kind != NoticeKind.BROADCAST, self._notices())

    def _notices(self) -> ColumnElement[bool]:
        """What people of the desk are told: by a ticket in sight, otherwise by the person."""
        if not self.is_desk:
            return false()
        return or_(
            exists().where(Ticket.id == Notice.ticket_id, self.tickets()).correlate(Notice),
            and_(
                Notice.ticket_id.is_(None),
                exists().where(Person.id == Notice.person_id, self.people()).correlate(Notice),
            ),
        )

    # ---------------------------------------------------------------- the counter

    def news_to_call(self) -> ColumnElement[bool]:
        """What the counter tells by telephone."""
        return and_(Notice.state == NoticeState.TO_CALL, self._notices())

    def one_to_call(self, notice_id: int) -> Notice:
        """One of it; what a colleague has told meanwhile is still found."""
        found = self.session.scalar(select(Notice).where(Notice.id == notice_id, self._notices()))
        if found is None:
            raise NotFound
        return found

    def called_people(self) -> ColumnElement[bool]:
        """Those of the desk's people who want to be called."""
        return and_(Person.by_phone.is_(True), Person.erased_at.is_(None), self.people())

    def called_person(self, person_id: int) -> Person:
        """One of them."""
        found = self.session.scalar(select(Person).where(Person.id == person_id, self.called_people()))
        if found is None:
            raise NotFound
        return found

    def appointments(self) -> ColumnElement[bool]:
        """The appointments at the desk's counters."""
        self.at_desk()
        return Appointment.area_id.in_(select(Area.id).where(self.desk_areas))

    def appointment(self, appointment_id: int) -> Appointment:
        """One of them, held until the end of the transaction."""
        query = select(Appointment).where(Appointment.id == appointment_id, self.appointments())
        found = self.session.scalar(query.with_for_update())
        if found is None:
            raise NotFound
        return found

    def broadcasts(self) -> ColumnElement[bool]:
        """What was sent to the desk's areas."""
        self.at_desk()
        return Broadcast.area_id.in_(select(Area.id).where(self.desk_areas))

    def broadcast(self, broadcast_id: int) -> Broadcast:
        """One of the desk's own."""
        found = self.session.scalar(select(Broadcast).where(Broadcast.id == broadcast_id, self.broadcasts()))
        if found is None:
            raise NotFound
        return found

    def ready_answers(self) -> ColumnElement[bool]:
        """What the desk's people often say, with what the desks above and below them say."""
        self.at_desk()
        above = {each for path in self.desk_paths for each in areas.ids_on(path)}
        return or_(ReadyAnswer.area_id.in_(above), ReadyAnswer.area_id.in_(select(Area.id).where(self.desk_areas)))

    def ready_answer(self, answer_id: int, *, own: bool = False) -> ReadyAnswer:
        """One that may be said, or one of the desk's `own`, which may be changed."""
        whose = ReadyAnswer.area_id.in_(select(Area.id).where(self.desk_areas)) if own else self.ready_answers()
        self.at_desk()
        found = self.session.scalar(select(ReadyAnswer).where(ReadyAnswer.id == answer_id, whose))
        if found is None:
            raise NotFound
        return found

    def unreached_notice(self, notice_id: int) -> Notice:
        """One of them, held until the end of the transaction."""
        found = self.session.scalar(select(Notice).where(Notice.id == notice_id, self.unreached()).with_for_update())
        if found is None:
            raise NotFound
        return found

    @cached_property
    def street_paths(self) -> list[str]:
        """Where the person is of the street, which alone changes the admitted list and who leads on borders."""
        return [path for role, path in self._desks if role.kind is not RoleKind.STAFF]

    @cached_property
    def admin_paths(self) -> list[str]:
        """Where the person gives accounts and roles."""
        return [path for role, path in self._desks if role.kind is RoleKind.ADMIN]

    @cached_property
    def runs_everything(self) -> bool:
        """Whether the person is administrator of every community: what holds for all is theirs alone to change."""
        if not self.admin_paths:
            return False
        outside = select(Area.id).where(Area.kind == AreaKind.COMMUNITY, ~self._inside(*self.admin_paths)).limit(1)
        return self.session.scalar(outside) is None

    def for_everything(self) -> None:
        """Before a page of what holds for all. Raises NotFound for everybody else."""
        if not self.runs_everything:
            raise NotFound

    def admin_area(self, area_id: int, *, lock: bool = False) -> Area:
        """An area of the administrator's, closed or not."""
        # Not held against what is only begun there: a guide, a ticket.
        found = self.session.get(Area, area_id, with_for_update={"key_share": True} if lock else None)
        if found is None or not any(areas.covers(path, found.path) for path in self.admin_paths):
            raise NotFound
        return found

    def admin_tops(self) -> Sequence[Area]:
        """The highest areas of the administrator's. Raises NotFound for who is none."""
        if not self.admin_paths:
            raise NotFound
        tops = [
            path for path in self.admin_paths if not any(path != o and areas.covers(o, path) for o in self.admin_paths)
        ]
        return self.session.scalars(select(Area).where(Area.path.in_(tops)).order_by(Area.path)).all()

    @property
    def decides_what_counts(self) -> bool:
        """Whether the person may take a judgement into the figures that was set aside; each ticket is checked again."""
        return bool(self.street_paths)

    # ---------------------------------------------------------------- who saw and did what

    def audited(self) -> Sequence[Person]:
        """Those who have, or had, a role of the console in the street's areas: whose doings the street may look at."""
        if not self.street_paths:
            raise NotFound
        here = (
            select(Role.person_id)
            .join(Area, Area.id == Role.area_id)
            .where(Role.kind.in_(CONSOLE_KINDS), self._inside(*self.street_paths))
        )
        # What was done before two accounts were joined stands under the other one.
        return self.session.scalars(
            select(Person)
            .where(or_(Person.id.in_(here), Person.joined_to_id.in_(here)))
            .order_by(Person.name, Person.id)
            .limit(1000)
        ).all()

    # ---------------------------------------------------------------- accounts and roles

    def accounts(self) -> ColumnElement[bool]:
        """The people who have, had or asked for something in the administrator's areas."""
        if not self.admin_paths:
            raise NotFound
        here = select(Role.person_id).join(Area, Area.id == Role.area_id).where(self._inside(*self.admin_paths))
        return and_(Person.id.in_(here), Person.erased_at.is_(None))

    def account(self, person_id: int) -> Person:
        """One of them."""
        found = self.session.scalar(select(Person).where(Person.id == person_id, self.accounts()))
        if found is None:
            raise NotFound
        return found

    def may_reset(self, person: Person) -> bool:
        """Whether the whole of what somebody may do lies in the administrator's areas: a password opens all of it."""
        roles = [role for role in person.roles if role.kind in CONSOLE_KINDS and role.status is RoleStatus.ACTIVE]
        paths = [self.session.get_one(Area, role.area_id).path for role in roles]
        return all(any(areas.covers(mine, path) for mine in self.admin_paths) for path in paths)

    def account_areas(self) -> Sequence[Area]:
        """Where the administrator may give a role."""
        kinds = [kind for kind in AreaKind if kind is not AreaKind.BUILDING]
        where = (Area.kind.in_(kinds), self._inside(*self.admin_paths))
        return self.session.scalars(select(Area).where(*where).order_by(Area.path).limit(1500)).all()

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
        self.note(AuditKind.SAW_LEDGER, f"people/{found.id}")
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

    def ledger_people(self, area: Area) -> ColumnElement[bool]:
        """The people in sight who live, serve or reported in one of the desk's areas."""
        inside = select(Area.id).where(Area.path.startswith(area.path))
        return and_(
            self.people(),
            or_(
                Person.home_area_id.in_(inside),
                exists().where(Role.person_id == Person.id, Role.status != RoleStatus.ENDED, Role.area_id.in_(inside)),
                exists().where(Ticket.reporter_id == Person.id, Ticket.community_id.in_(inside)),
            ),
        )

    # ---------------------------------------------------------------- honouring

    def honour_rounds(self) -> ColumnElement[bool]:
        """The condition for the rounds of the desk's areas in which people honour somebody."""
        if not self.is_desk:
            raise NotFound
        return HonourRound.area_id.in_(select(Area.id).where(self.desk_areas))

    def honour_round(self, round_id: int) -> HonourRound:
        """One of them."""
        found = self.session.scalar(select(HonourRound).where(HonourRound.id == round_id, self.honour_rounds()))
        if found is None:
            raise NotFound
        return found

    # ---------------------------------------------------------------- whom to ask

    def departments(self, ticket: Ticket) -> Sequence[str]:
        """The departments and partners that a ticket may be given to where it is."""
        here = parties.serving(self.session, parties.place_of(self.session, ticket))
        return [each.name for each in here if parties.takes(each, ticket.category)]
