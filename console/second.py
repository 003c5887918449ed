"""The second step of a sign-in: six digits from the person's app (RFC 6238), each once, and codes for a lost phone."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

import pyotp
from cryptography.fernet import Fernet, InvalidToken

from models import codes
from models.person import Login

STEP_SECONDS = 30
APART = 1
"""Steps by which a phone's clock may be wrong."""

RECOVERY_CODES = 8
RECOVERY_LETTERS = 10
"""About 49 bits each, behind the same lock as passwords."""

_USE = "console recovery"


@dataclass(frozen=True, slots=True)
class Seal:
    """What keeps the secrets of second steps unreadable in the database and on the way through a form."""

    key: str

    def close(self, login_id: int, secret: str) -> str:
        """A secret as it may be stored; it only opens for the same account."""
        return self._fernet().encrypt(f"{login_id}:{secret}".encode()).decode()

    def open(self, login_id: int, sealed: str) -> str:
        """The secret; empty when it is another account's, or was sealed with another key."""
        try:
            whose, _, secret = self._fernet().decrypt(sealed.encode()).decode().partition(":")
        except (InvalidToken, UnicodeError):
            return ""
        return secret if whose == str(login_id) else ""

    def _fernet(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"huying second step {self.key}".encode()).digest()))


def fresh_secret() -> str:
    """160 bits in base 32, as RFC 4226 recommends."""
    return pyotp.random_base32()


def address(secret: str, *, name: str, site: str) -> str:
    """What the app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=site)


def grouped(secret: str) -> str:
    """The secret as it is typed where there is no camera."""
    return codes.grouped(secret, 4)


def step_of(secret: str, said: str, *, now: datetime) -> int | None:
    """The step whose code was said; None for a wrong one."""
    said = "".join(said.split())
    if len(said) != pyotp.TOTP(secret).digits or not (said.isascii() and said.isdigit()):
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    for step in range(current - APART, current + APART + 1):
        if hmac.compare_digest(pyotp.TOTP(secret).generate_otp(step), said):
            return step
    return None


def passes(login: Login, seal: Seal, said: str, *, now: datetime) -> str | None:
    """How a code lets the account in: "code" or "recovery", which are both used up by it; None when it does not."""
    step = step_of(seal.open(login.id, login.totp_secret) or fresh_secret(), said, now=now)
    if step is not None and step > login.totp_step:
        login.totp_step = step
        return "code"
    given = codes.digest(_USE, said)
    if len(codes.plain(said)) == RECOVERY_LETTERS and given in login.recovery:
        login.recovery = [each for each in login.recovery if each != given]
        return "recovery"
    return None


def switch_on(login: Login, seal: Seal, secret: str, step: int) -> list[str]:
    """Asks for a code from now on; gives the recovery codes, which are shown once."""
    fresh = [codes.fresh(RECOVERY_LETTERS) for _ in range(RECOVERY_CODES)]
    login.totp_secret, login.totp_step = seal.close(login.id, secret), step
    login.recovery = [codes.digest(_USE, each) for each in fresh]
    return [codes.grouped(each, 5) for each in fresh]


def switch_off(login: Login) -> None:
    """The password is enough again."""
    login.totp_secret, login.recovery = "", []
