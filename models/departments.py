"""What the street does with a return, and the list of departments and partners itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import transitions
from models.category import Level
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.party import Party, PartyKind
from models.person import Person
from models.ticket import Ticket, TicketState


def keep(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> str:
    """The street decides that it stays with whoever returned it (仍由你办); gives their name."""
    ticket = transitions.lock(session, ticket.id)
    name = ticket.returned_by
    transitions.perform(
        session,
        ticket,
        Action.KEEP,
        by=by,
        now=now,
        why=text,
        facts={"department": name},
        changes={"department": name, "returned_by": "", "level": Level.DEPARTMENT, "dispatch_at": None},
    )
    return name


def take_in(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The street agrees to a return, and the community takes the matter in (社区收回)."""
    ticket = transitions.lock(session, ticket.id)
    transitions.perform(
        session,
        ticket,
        Action.TAKE_IN,
        by=by,
        now=now,
        why=text,
        facts={"level": Level.COMMUNITY.value},
        changes={"returned_by": "", "level": Level.COMMUNITY, "state": TicketState.NEW, "dispatch_at": None},
    )


# ---------------------------------------------------------------- the list


@dataclass(frozen=True, slots=True)
class Draft:
    """A party as it is written down."""

    name: str
    kind: PartyKind
    area_id: int
    categories: Collection[str] = ()
    contact: str = ""
    phone: str = ""


def enter(session: Session, draft: Draft, *, party: Party | None = None) -> Party:
    """A party is added to the list, or `party` changed. Raises Refused(NAME_TAKEN) where another there is called so."""
    same = session.scalar(select(Party).where(Party.name == draft.name, Party.area_id == draft.area_id))
    if same is not None and not same.active:
        # It was ended before, and is entered again.
        party = party or same
    if same is not None and same is not party:
        raise Refused(Refusal.NAME_TAKEN, name=draft.name)
    if party is None:
        party = Party(name=draft.name, area_id=draft.area_id)
        session.add(party)
    # Its name and area stand in roles and histories: they stay as they are.
    party.kind, party.categories = draft.kind, sorted(draft.categories)
    party.contact, party.phone = draft.contact[:40], draft.phone[:20]
    party.active = True
    session.flush()
    return party
