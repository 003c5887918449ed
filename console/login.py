"""Staff accounts of the console: passwords, the lock after wrong ones, the second step, and coming in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from console import second, sessions
from console.second import Seal
from console.sessions import NOWHERE, Browser
from models import audits, codes
from models.audit import AuditKind
from models.db import Database
from models.person import Login, Person

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
    CODE_WRONG = "code_wrong"


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
    if find(session, name) is not None:
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


def create_without_password(session: Session, person: Person, *, now: datetime) -> Login:
    """An account for somebody who comes in by WeCom; no password fits until one is set."""
    made = Login(name=f"wecom-{person.id}", password_hash="", person_id=person.id, must_change=False, created_at=now)
    session.add(made)
    session.flush()
    return made


def reset_password(session: Session, name: str, password: str, *, must_change: bool = True) -> Login:
    """Another password: the account starts afresh, unlocked, without a second step and signed out everywhere.

    Raises LoginRefused.
    """
    login = find(session, name.strip())
    if login is None:
        raise LoginRefused(LoginFault.NO_SUCH_LOGIN)
    login.password_hash = _hash(login.name, password)
    login.must_change = must_change
    login.failures, login.locked_until = 0, None
    second.switch_off(login)
    sessions.end_all(session, login.id)
    session.flush()
    return login


def renew_login(session: Session, name: str, person: Person, *, now: datetime, must_change: bool = True) -> str:
    """Makes or resets the account `name`, and gives its fresh password."""
    password = new_password()
    if find(session, name.strip()) is None:
        create_login(session, name, password, person, now=now, must_change=must_change)
    else:
        reset_password(session, name, password, must_change=must_change)
    return password


def list_logins(session: Session) -> Sequence[Login]:
    """Every account with its person, by name."""
    return session.scalars(select(Login).order_by(Login.name).options(selectinload(Login.person))).all()


def find(session: Session, name: str) -> Login | None:
    """The account of this name."""
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


# ---------------------------------------------------------------- coming in


@dataclass(frozen=True, slots=True)
class Entered:
    """A token; `half` while a code is still asked for."""

    token: str
    half: bool


def sign_in(
    database: Database, name: str, password: str, *, now: datetime, browser: Browser = NOWHERE
) -> Entered | None:
    """A new session, or None for a wrong name, a wrong password and a locked account alike.

    An attempt is counted before its password is looked at, so that a hundred at once are still only five; and the slow
    look happens outside every transaction.
    """
    name, password = name.strip()[:40], password[:LONGEST_PASSWORD]
    with database.transaction() as session:
        login = session.scalar(select(Login).where(Login.name == name).with_for_update())
        tried = None if login is None or not _count_attempt(login, now=now) else (login.id, login.password_hash)
    fits = _fits(tried[1] if tried else _NOBODY, password)
    with database.transaction() as session:
        login = session.get(Login, tried[0], with_for_update=True) if tried else None
        if tried is None or login is None or not fits or login.password_hash != tried[1]:
            if login is not None:
                _note(session, login, AuditKind.SIGN_IN_FAILED, browser, now=now)
            return None
        return _enter(session, login, AuditKind.SIGNED_IN, browser, now=now)


def come_in(session: Session, login: Login, browser: Browser, *, now: datetime) -> Entered:
    """The same for somebody whom their company's WeCom has named."""
    return _enter(session, login, AuditKind.SIGNED_IN_WECOM, browser, now=now)


def _enter(session: Session, login: Login, kind: AuditKind, browser: Browser, *, now: datetime) -> Entered:
    if login.totp_secret:
        # What was tried before stays counted until the code was right too: a known password buys no more guesses.
        login.failures, login.locked_until = max(login.failures - 1, 0), None
        return Entered(sessions.begin(session, login.id, browser, now=now, half=True), half=True)
    login.failures, login.locked_until = 0, None
    _note(session, login, kind, browser, now=now)
    return Entered(sessions.begin(session, login.id, browser, now=now), half=False)


def second_step(
    database: Database, token: str, said: str, seal: Seal, *, now: datetime, browser: Browser = NOWHERE
) -> str | None:
    """The token of a whole session for the half one and its code; None for a wrong code and a locked account alike."""
    with database.transaction() as session:
        half = sessions.find(session, token, now=now, half=True)
        if half is None:
            return None
        login = session.get_one(Login, half.login_id, with_for_update=True)
        if not _count_attempt(login, now=now):
            return None
        how = second.passes(login, seal, said, now=now)
        if how is None:
            _note(session, login, AuditKind.SIGN_IN_FAILED, browser, now=now)
            return None
        if how == "recovery":
            _note(session, login, AuditKind.RECOVERY_USED, browser, now=now)
        login.failures, login.locked_until = 0, None
        sessions.end(session, token)
        _note(session, login, AuditKind.SIGNED_IN, browser, now=now)
        return sessions.begin(session, login.id, browser, now=now)


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


def _note(session: Session, login: Login, kind: AuditKind, browser: Browser, *, now: datetime) -> None:
    kinds = [kind]
    if kind is AuditKind.SIGN_IN_FAILED and login.locked_until is not None:
        kinds.append(AuditKind.LOCKED)
    who, about = login.person_id, f"people/{login.person_id}"
    for each in kinds:
        audits.write(session, each, about=about, by_id=who, address=browser.address, now=now)


def sign_out(session: Session, token: str, *, now: datetime, browser: Browser = NOWHERE) -> None:
    """Ends one browser's session."""
    found = sessions.find(session, token, now=now)
    if found is not None:
        _note(session, found.login, AuditKind.SIGNED_OUT, browser, now=now)
    sessions.end(session, token)


def change_password(
    database: Database, login_id: int, old: str, new: str, *, now: datetime, browser: Browser = NOWHERE
) -> str:
    """The person's own choice of password; every browser is signed out, and this one gets a new token.

    Raises LoginRefused.
    """
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
        if login.password_hash != kept:
            raise LoginRefused(LoginFault.PASSWORD_WRONG)
        login.password_hash, login.must_change, login.failures = fresh, False, 0
        _note(session, login, AuditKind.PASSWORD_CHANGED, browser, now=now)
        sessions.end_all(session, login_id)
        return sessions.begin(session, login_id, browser, now=now)


def check_password(database: Database, login_id: int, given: str) -> None:
    """Before something that an open browser alone must not do. Raises LoginRefused(PASSWORD_WRONG)."""
    with database.reading() as session:
        kept = session.get_one(Login, login_id).password_hash
    if not _fits(kept, given[:LONGEST_PASSWORD]):
        raise LoginRefused(LoginFault.PASSWORD_WRONG)


def count_wrong_password(database: Database, login_id: int, *, now: datetime, browser: Browser = NOWHERE) -> bool:
    """Counts a wrong old password like a wrong sign-in; at the limit the account is locked and signed out everywhere,
    and the answer is True.
    """
    with database.transaction() as session:
        login = session.get_one(Login, login_id, with_for_update=True)
        login.failures += 1
        locked = login.failures >= FAILURES_BEFORE_LOCK
        if locked:
            login.locked_until = now + timedelta(minutes=LOCK_MINUTES)
            sessions.end_all(session, login_id)
        _note(session, login, AuditKind.SIGN_IN_FAILED, browser, now=now)
        return locked
