"""People: one row a human, with their identities on the platforms, their roles and what they can do."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Word

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anybody was asked for anything."""


class RoleKind(StrEnum):
    """What a person may be, beside a resident, which everybody is."""

    MEMBER = "member"
    RIDER = "rider"
    GRID = "grid"
    PROPERTY = "property"
    STAFF = "staff"
    STREET = "street"
    DEPARTMENT = "department"
    ADMIN = "admin"


class RoleStatus(StrEnum):
    """Asked for, in force, or left."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class Person(Base):
    """One human, known on any number of platforms."""

    __tablename__ = "people"
    __table_args__ = (
        Index("ix_people_phone", "phone", sqlite_where=text("phone <> ''"), postgresql_where=text("phone <> ''")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    unit: Mapped[str] = mapped_column(String(80), default="")
    platform: Mapped[str] = mapped_column(String(40), default="")
    """The delivery platform a rider works for."""
    home_area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    home_room: Mapped[str] = mapped_column(String(40), default="")
    away_until: Mapped[datetime | None]
    free_from: Mapped[int | None]
    """The full hour of the day from which they like to be asked; None, with `free_until`: at any hour."""
    free_until: Mapped[int | None]
    most_offers: Mapped[int] = mapped_column(default=3, server_default="3")
    """How many offers may wait for their answer at a time."""
    minor: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Under eighteen: never asked."""
    reminders: Mapped[bool] = mapped_column(Boolean, default=True)
    reminded_at: Mapped[datetime | None]
    """When a rider's last reminder was made."""
    consented_at: Mapped[datetime | None]
    """When they agreed that a phone or room number is kept."""
    by_phone: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Wants to be told by a call, from the counter."""
    no_broadcasts: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Wants no messages to everybody; emergencies come all the same."""
    joined_to_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """The row that this human goes on as, after two platforms were joined; old history still names this one."""
    erased_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    identities: Mapped[list[Identity]] = relationship(back_populates="person", order_by="Identity.id")
    roles: Mapped[list[Role]] = relationship(back_populates="person", order_by="Role.id")
    skills: Mapped[list[Skill]] = relationship(cascade="all, delete-orphan")


class Identity(Base):
    """One account of a person on one channel, with the ledger of its customer-service window."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("channel", "account"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    channel: Mapped[str] = mapped_column(String(40))
    account: Mapped[str] = mapped_column(String(128))
    reachable: Mapped[bool] = mapped_column(Boolean, default=True)
    """False after an unsubscribe, a deletion from the address book, or the platform's word that nobody is there."""
    cards: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether a press on a card was ever seen: some clients show no cards, and get text until then."""
    seen_at: Mapped[datetime | None]
    window_until: Mapped[datetime | None]
    window_left: Mapped[int] = mapped_column(default=0)

    person: Mapped[Person] = relationship(back_populates="identities")


class Role(Base):
    """What a person is, and where."""

    __tablename__ = "roles"
    __table_args__ = (
        Index("ix_roles_area_kind", "area_id", "kind", "status"),
        # Whoever was not asked for the longest time is found without looking at the others.
        Index("ix_roles_rest", "area_id", "kind", "status", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[RoleKind] = mapped_column(Word(RoleKind))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    status: Mapped[RoleStatus] = mapped_column(Word(RoleStatus), default=RoleStatus.ACTIVE)
    department: Mapped[str] = mapped_column(String(40), default="")
    since: Mapped[datetime]
    categories: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    """The codes of the categories a role with rights is limited to; none: all of them."""
    until: Mapped[datetime | None]
    """When it ends by itself."""
    asked_at: Mapped[datetime] = mapped_column(default=NEVER, server_default=text("'1970-01-01 00:00:00+00:00'"))
    """When they were last offered anything; not empty, so that an index keeps the order of rest."""

    person: Mapped[Person] = relationship(back_populates="roles")


class Skill(Base):
    """One thing a person offers to help with; the words are those of the categories."""

    __tablename__ = "skills"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    skill: Mapped[str] = mapped_column(String(40), primary_key=True)


class CodeKind(StrEnum):
    """What a one-time code does."""

    INVITE = "invite"
    BIND = "bind"
    FAMILY = "family"
    """Joins the family of whoever made it."""


class Code(Base):
    """A one-time code: an invitation to a role, or the joining of two identities."""

    __tablename__ = "codes"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[CodeKind] = mapped_column(Word(CodeKind))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    role: Mapped[RoleKind | None] = mapped_column(Word(RoleKind))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    uses_left: Mapped[int] = mapped_column(default=1)
    expires_at: Mapped[datetime]


class Login(Base):
    """A staff account of the console; the password is kept as an argon2 hash."""

    __tablename__ = "logins"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    must_change: Mapped[bool] = mapped_column(Boolean, default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    totp_secret: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """What the person's app makes codes from, encrypted; empty: the password is enough."""
    totp_step: Mapped[int] = mapped_column(default=0, server_default="0")
    """The step of the newest code that was used: no code works twice."""
    recovery: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    """Digests of the recovery codes that are left."""

    person: Mapped[Person] = relationship()


class LoginSession(Base):
    """One browser that is signed in; deleting the row signs it out."""

    __tablename__ = "login_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("logins.id", ondelete="CASCADE"))
    half: Mapped[bool] = mapped_column(Boolean)
    """The password was right and the code is still asked for; nothing else opens."""
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When it was last used by a person, to a few minutes."""
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(200))
    """What the browser calls itself."""

    login: Mapped[Login] = relationship()
