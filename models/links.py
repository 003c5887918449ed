"""The one-time link by which a party without an account answers one ticket."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import desk, merging, parties, transitions
from models.attachment import Attachment, AttachmentKind, AttachmentUse
from models.errors import Refusal, Refused
from models.lifecycle import Action, Actor
from models.party import Link
from models.person import Person
from models.photos import Keep
from models.ticket import Ticket, TicketState

SECRET_BYTES = 24

CHANNEL = "link"
"""Where the photos of such an answer came from: no platform has them."""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def make(session: Session, ticket: Ticket, *, by: Person, now: datetime, hours: int) -> tuple[str, str]:
    """A fresh secret for the party that has the ticket, and the party's name; an earlier unused one stops working.

    The secret is given once and kept nowhere. Raises Refused(HAS_ACCOUNT) where the party's own people can answer.
    """
    ticket = transitions.lock(session, ticket.id)
    actor = transitions.check(session, ticket, Action.LINK, by=by)
    given = parties.current(session, ticket)
    if given is None:
        raise Refused(Refusal.WRONG_STATE, number=ticket.short, state=ticket.state)
    if parties.people_of(session, given.party, place=parties.place_of(session, ticket)):
        raise Refused(Refusal.HAS_ACCOUNT, number=ticket.short, name=given.party.name)
    parties.revoke(session, given, now=now)
    until = now + timedelta(hours=hours)
    token = secrets.token_urlsafe(SECRET_BYTES)
    session.add(Link(assignment_id=given.id, token_hash=_hash(token), made_by_id=by.id, made_at=now, expires_at=until))
    facts = {"department": given.party.name, "until": until.isoformat()}
    # Whoever has no account cannot claim it: their answer is waited for as long as the link holds.
    changes = {"accept_by": until}
    transitions.perform(session, ticket, Action.LINK, by=by, now=now, facts=facts, changes=changes, checked=actor)
    return token, given.party.name


def opened(session: Session, token: str, *, now: datetime) -> tuple[Link, Ticket] | None:
    """The ticket a secret still opens; None for a wrong, used, expired or revoked one, whichever it is."""
    link = session.scalar(select(Link).where(Link.token_hash == _hash(token)))
    if link is None or link.used_at is not None or link.revoked_at is not None or link.expires_at <= now:
        return None
    ticket = session.get_one(Ticket, link.assignment.ticket_id)
    return (link, ticket) if ticket.state is TicketState.ASSIGNED else None


def may_return(session: Session, ticket: Ticket) -> bool:
    """Whether the street has not yet decided that it stays with them."""
    return not parties.has_returned(session, ticket)


def answer(
    session: Session, token: str, text: str, *, finished: bool, now: datetime, photos: Sequence[Keep] = ()
) -> bool:
    """What the party says by its link, once: done, or not theirs; False when the link opens nothing any more. `photos`
    note what is stored already.

    Raises Refused: REASON_MISSING without words, STREET_DECIDED for a second return, TASKS_OPEN.
    """
    found = opened(session, token, now=now)
    if found is None:
        return False
    # Of two answers at once the second one waits here, and then finds the link used.
    ticket = transitions.lock(session, found[1].id)
    session.refresh(found[0])
    found = opened(session, token, now=now)
    if found is None or found[1].id != ticket.id:
        # Used, over, or the matter goes on under another number by now, which nobody holds here: to be opened again.
        return False
    link, _ = found
    if not text.strip():
        raise Refused(Refusal.REASON_MISSING, number=ticket.short)
    if finished:
        merging.check_tasks_done(session, ticket)
    link.used_at = now
    session.flush()
    name = link.assignment.party.name
    for keep in photos:
        _attach(session, link, ticket, keep, finished=finished, now=now)
    if finished:
        transitions.perform(
            session,
            ticket,
            Action.FINISH,
            by=None,
            now=now,
            why=text,
            facts={"department": name, "link": link.id},
            changes={"resolved_at": now, "answered_at": ticket.answered_at or now, "dispatch_at": None},
            checked=Actor.DEPARTMENT,
        )
    else:
        desk.send_back(session, ticket, text, by=None, now=now, link=link.id)
    return True


def _attach(session: Session, link: Link, ticket: Ticket, keep: Keep, *, finished: bool, now: datetime) -> None:
    """A photo of somebody without an account stands under the name of whoever sent them the link."""
    row = Attachment(
        ticket_id=ticket.id,
        person_id=link.made_by_id,
        channel=CHANNEL,
        kind=AttachmentKind.IMAGE,
        use=AttachmentUse.AFTER,
        fetch_at=now,
        sent_at=now,
    )
    session.add(row)
    session.flush()
    keep(session, row.id, now)
    if not finished:
        # Only now: a partner's photo is not compared with what residents report.
        row.use = AttachmentUse.BEFORE
