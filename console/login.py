"""Staff accounts of the console: passwords, the lock after wrong ones, and the browsers that are signed in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from models import codes
from models.db import Database
from models.person import Login, LoginSession, Person

SESSION_HOURS = 12
FAILURES_BEFORE_LOCK = 5
LOCK_MINUTES = 15
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200

# OWASP's second choice of parameters (Password Storage Cheat Sheet, argon2id): little memory, so that ten people
# signing in at once do not matter on a small machine.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# What an unknown name is checked against, so that it takes as long as a known one.
_NOBODY = _HASHER.hash(secrets.token_hex(16))


class LoginFault(StrEnum):
    """Why an account or a password is not taken."""

    NAME_INVALID = "name_invalid"
    NAME_TAKEN = "name_taken"
    NO_SUCH_LOGIN = "no_such_login"
    PASSWORD_WRONG = "password_wrong"
    PASSWORD_SHORT = "password_short"
    PASSWORD_LONG = "password_long"
    PASSWORD_IS_NAME = "password_is_name"
    PASSWORD_SAME = "password_same"


class LoginRefused(Exception):
    """An account that cannot be made, or a password that cannot be used."""

    def __init__(self, fault: LoginFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


# ---------------------------------------------------------------- accounts, for the command line


def new_password() -> str:
    """A fresh password of 16 letters that are not misread, about 79 bits, in groups of four."""
    return codes.grouped(codes.fresh(16), 4)


def create_login(
    session: Session, name: str, password: str, person: Person, *, now: datetime, must_change: bool = True
) -> Login:
    """A new account for `person`, whose roles say what it may do. Raises LoginRefused."""
    name = name.strip()
    if not name or len(name) > 40 or not name.isprintable():
        raise LoginRefused(LoginFault.NAME_INVALID)
    if _find(session, name) is not None:
        raise LoginRefused(LoginFault.NAME_TAKEN)
    login = Login(
        name=name,
        password_hash=_hash(name, password),
        person_id=person.id,
        must_change=must_change,
        created_at=now,
    )
    session.add(login)
    session.flush()
    return login


def reset_password(session: Session, name: str, password: str, *, must_change: bool = True) -> Login:
    """Another password; unlocks the account and signs out its browsers. Raises LoginRefused."""
    login = _find(session, name.strip())
    if login is None:
        raise LoginRefused(LoginFault.NO_SUCH_LOGIN)
    login.password_hash = _hash(login.name, password)
    login.must_change = must_change
    login.failures, login.locked_until = 0, None
    session.execute(delete(LoginSession).where(LoginSession.login_id == login.id))
    session.flush()
    return login


def renew_login(session: Session, name: str, person: Person, *, now: datetime, must_change: bool = True) -> str:
    """Makes or resets the account `name`, and gives its fresh password."""
    password = new_password()
    if _find(session, name.strip()) is None:
        create_login(session, name, password, person, now=now, must_change=must_change)
    else:
        reset_password(session, name, password, must_change=must_change)
    return password


def list_logins(session: Session) -> Sequence[Login]:
    """Every account with its person, by name."""
    return session.scalars(select(Login).order_by(Login.name).options(selectinload(Login.person))).all()


def _find(session: Session, name: str) -> Login | None:
    return session.scalar(select(Login).where(Login.name == name))


def _hash(name: str, password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise LoginRefused(LoginFault.PASSWORD_SHORT)
    if len(password) > LONGEST_PASSWORD:
        raise LoginRefused(LoginFault.PASSWORD_LONG)
    if password.casefold() == name.casefold():
        raise LoginRefused(LoginFault.PASSWORD_IS_NAME)
    return _HASHER.hash(password)


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


# ---------------------------------------------------------------- signing in and out


def sign_in(database: Database, name: str, password: str, *, now: datetime) -> str | None:
    """The token of a new session, or None for a wrong name, a wrong password and a locked account alike.

    An attempt is counted before its password is looked at, so that a hundred at once are still only five; and the slow
    look happens outside every transaction.
    """
    name, password = name.strip()[:40], password[:LONGEST_PASSWORD]
    with database.transaction() as session:
        login = session.scalar(select(Login).where(Login.name == name).with_for_update())
        tried = None if login is None or not _count_attempt(login, now=now) else (login.id, login.password_hash)
    fits = _fits(tried[1] if tried else _NOBODY, password)
    if tried is None or not fits:
        return None
    token = secrets.token_urlsafe(32)
    with database.transaction() as session:
        login = session.get(Login, tried[0], with_for_update=True)
        if login is None or login.password_hash != tried[1]:
            return None
        login.failures, login.locked_until = 0, None
        session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
        session.add(
            LoginSession(
                token_hash=_digest(token),
                login_id=login.id,
                csrf=secrets.token_urlsafe(32),
                expires_at=now + timedelta(hours=SESSION_HOURS),
            )
        )
    return token


def _count_attempt(login: Login, *, now: datetime) -> bool:
    """Whether another attempt is allowed; it counts as failed until it turns out right."""
    if login.locked_until is not None:
        if login.locked_until > now:
            return False
        login.failures, login.locked_until = 0, None
    login.failures += 1
    if login.failures >= FAILURES_BEFORE_LOCK:
        login.locked_until = now + timedelta(minutes=LOCK_MINUTES)
    return True


def signed_in(session: Session, token: str, *, now: datetime) -> LoginSession | None:
    """The session a browser's token stands for, with its login and person; None when unknown or over."""
    return session.scalar(
        select(LoginSession)
        .where(LoginSession.token_hash == _digest(token), LoginSession.expires_at > now)
        .options(selectinload(LoginSession.login).selectinload(Login.person).selectinload(Person.roles))
    )


def sign_out(session: Session, token: str) -> None:
    """Ends one browser's session."""
    session.execute(delete(LoginSession).where(LoginSession.token_hash == _digest(token)))


def change_password(database: Database, login_id: int, old: str, new: str, *, token: str) -> None:
    """The person's own choice of password; every other browser is signed out. Raises LoginRefused."""
    with database.reading() as session:
        login = session.get_one(Login, login_id)
        name, kept = login.name, login.password_hash
    if not _fits(kept, old[:LONGEST_PASSWORD]):
        raise LoginRefused(LoginFault.PASSWORD_WRONG)
    if old == new:
        raise LoginRefused(LoginFault.PASSWORD_SAME)
    fresh = _hash(name, new)
    with database.transaction() as session:
        login = session.get_one(Login, login_id, with_for_update=True)
        login.password_hash, login.must_change, login.failures = fresh, False, 0
        session.execute(
            delete(LoginSession).where(LoginSession.login_id == login_id, LoginSession.token_hash != _digest(token))
        )


def count_wrong_password(database: Database, login_id: int, *, now: datetime) -> bool:
    """Counts a wrong old password like a wrong sign-in; at the limit the account is locked and signed out everywhere,
    and the answer is True.
    """
    with database.transaction() as session:
        login = session.get_one(Login, login_id, with_for_update=True)
        login.failures += 1
        if login.failures < FAILURES_BEFORE_LOCK:
            return False
        login.locked_until = now + timedelta(minutes=LOCK_MINUTES)
        session.execute(delete(LoginSession).where(LoginSession.login_id == login_id))
        return True


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
