"""The browsers that are signed in: how a session begins, how long it lasts, and how it is ended from elsewhere."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from models.person import Login, LoginSession, Person

SESSION_HOURS = 12
"""However busy it was: a working day."""

IDLE_HOURS = 2
"""Without a click."""

SECOND_STEP_MINUTES = 5
"""How long a right password waits for its code."""

NOTED_EVERY = timedelta(minutes=5)
"""How exactly the last click is known: a page more must not mean a row more."""

HANDLE = 16
"""So much of a token's hash names a session on a page; nobody comes in with it."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from: the address, and what the program calls itself."""

    address: str = ""
    name: str = ""


NOWHERE = Browser()


def begin(session: Session, login_id: int, browser: Browser, *, now: datetime, half: bool = False) -> str:
    """A new session, and the token that stands for it; a `half` one only leads to the second step."""
    token = secrets.token_urlsafe(32)
    length = timedelta(minutes=SECOND_STEP_MINUTES) if half else timedelta(hours=SESSION_HOURS)
    session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
    session.add(
        LoginSession(
            token_hash=digest(token),
            login_id=login_id,
            half=half,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            seen_at=now,
            expires_at=now + length,
            address=browser.address[:45],
            browser=browser.name[:200],
        )
    )
    session.flush()
    return token


def find(session: Session, token: str, *, now: datetime, half: bool = False) -> LoginSession | None:
    """The session a browser's token stands for, with its login and person; None when unknown or over."""
    return session.scalar(
        select(LoginSession)
        .where(
            LoginSession.token_hash == digest(token),
            LoginSession.half.is_(half),
            LoginSession.expires_at > now,
            LoginSession.seen_at > now - timedelta(hours=IDLE_HOURS),
        )
        .options(selectinload(LoginSession.login).selectinload(Login.person).selectinload(Person.roles))
    )


def is_stale(found: LoginSession, *, now: datetime) -> bool:
    """Whether the last click has to be noted again."""
    return now - found.seen_at >= NOTED_EVERY


def note_click(session: Session, token: str, browser: Browser, *, now: datetime) -> None:
    """Notes that somebody sits there."""
    found = session.get(LoginSession, digest(token), with_for_update=True)
    if found is not None:
        found.seen_at, found.address = max(found.seen_at, now), browser.address[:45]


def of_login(session: Session, login_id: int, *, now: datetime) -> Sequence[LoginSession]:
    """The browsers of one account, the one used last first."""
    return session.scalars(
        select(LoginSession)
        .where(
            LoginSession.login_id == login_id,
            LoginSession.half.is_(False),
            LoginSession.expires_at > now,
            LoginSession.seen_at > now - timedelta(hours=IDLE_HOURS),
        )
        .order_by(LoginSession.seen_at.desc(), LoginSession.token_hash)
        .limit(50)
    ).all()


def handle(found: LoginSession) -> str:
    """What names a session on its owner's page."""
    return found.token_hash[:HANDLE]


def end(session: Session, token: str) -> None:
    """Signs one browser out by its own token."""
    session.execute(delete(LoginSession).where(LoginSession.token_hash == digest(token)))


def end_one(session: Session, login_id: int, given: str) -> bool:
    """Signs out the account's browser of this handle; whether there was one."""
    if len(given) != HANDLE:
        return False
    found = session.scalar(
        select(LoginSession).where(
            LoginSession.login_id == login_id, LoginSession.token_hash.startswith(given, autoescape=True)
        )
    )
    if found is None:
        return False
    session.delete(found)
    return True


def end_all(session: Session, login_id: int, *, but: str = "") -> None:
    """Signs the account out everywhere, except for the browser with the token `but`."""
    session.execute(
        delete(LoginSession).where(LoginSession.login_id == login_id, LoginSession.token_hash != digest(but))
    )


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
