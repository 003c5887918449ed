"""The ledger of points and service minutes: accounts, postings of entries that sum to zero, and what they buy."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Word


class Unit(StrEnum):
    """What is counted; the two are never changed into one another."""

    POINTS = "points"
    MINUTES = "minutes"


class AccountKind(StrEnum):
    """Whose account it is. Those of nobody (`owner_id` 0) say where points come from and where they went."""

    PERSON = "person"
    FAMILY = "family"
    ISSUED = "issued"
    HELD = "held"
    """Paid for goods that are reserved and not handed over yet."""
    SPENT = "spent"
    EXPIRED = "expired"


OWNED = frozenset({AccountKind.PERSON, AccountKind.FAMILY})
"""Accounts that are never below zero and keep their balance; the others' is read from their entries."""


class Why(StrEnum):
    """The rule a posting was made by."""

    TASK = "task"
    """A task was finished and judged."""
    REPORT = "report"
    """A report proved useful: somebody else has mended what it told of."""
    SERVICE = "service"
    """The minutes of a task."""
    OPENING = "opening"
    SHARED = "shared"
    """Between a person and their family."""
    GIVEN = "given"
    """Hours from one person to another (时间银行)."""
    RESERVED = "reserved"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    """A reservation ended without the goods."""
    EXPIRED = "expired"
    CORRECTED = "corrected"
    JOINED = "joined"
    """One person's two accounts became one."""
    ERASED = "erased"


EARNED = frozenset({Why.TASK, Why.REPORT, Why.SERVICE})
"""What staff may correct."""


MINUTES = "unit = 'minutes'"
"""The condition of the index for minutes; written out, or no database uses it."""


class Account(Base):
    """One account of one unit. `owner_id` is a person's or a family's id; `balance` is the sum of its entries."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("kind", "owner_id", "unit"),
        CheckConstraint("balance >= 0", name="not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AccountKind] = mapped_column(Word(AccountKind))
    owner_id: Mapped[int] = mapped_column(default=0)
    unit: Mapped[Unit] = mapped_column(Word(Unit))
    balance: Mapped[int] = mapped_column(default=0)
    warned_for: Mapped[date | None] = mapped_column(Date)
    """The day of the last expiry that was announced."""


class Posting(Base):
    """One movement, never changed: a mistake is countered by another posting. `source` is used once, whatever runs
    twice.
    """

    __tablename__ = "ledger_postings"
    __table_args__ = (
        UniqueConstraint("source"),
        UniqueConstraint("counters_id"),
        # The minutes of volunteers, for the figures; what is counted in points is not in it.
        Index("ix_ledger_postings_minutes", "at", sqlite_where=text(MINUTES), postgresql_where=text(MINUTES)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(80))
    why: Mapped[Why] = mapped_column(Word(Why))
    unit: Mapped[Unit] = mapped_column(Word(Unit))
    day: Mapped[date] = mapped_column(Date)
    """The day in China it counts for, by which a day's most is reckoned."""
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """Whoever decided it; empty for the rules."""
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")
    counters_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_postings.id"))
    """The posting that this one takes back."""

    entries: Mapped[list[Entry]] = relationship(order_by="Entry.id", viewonly=True)


class Entry(Base):
    """What a posting adds to an account or takes from it; the database refuses changes and deletions."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("posting_id", "account_id"),
        Index("ix_ledger_entries_account", "account_id", "id"),
        CheckConstraint("amount <> 0", name="not_zero"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(ForeignKey("ledger_postings.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"))
    amount: Mapped[int]

    posting: Mapped[Posting] = relationship(viewonly=True)


class LedgerMember(Base):
    """Somebody who wants to be credited; without this row nothing is written about them."""

    __tablename__ = "ledger_members"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    since: Mapped[datetime]


class Look(Base):
    """A result that was looked at for what it earns."""

    __tablename__ = "ledger_looks"

    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"), primary_key=True)
    at: Mapped[datetime]


class Family(Base):
    """People who keep points together (家庭积分)."""

    __tablename__ = "families"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class FamilyMember(Base):
    """One of a family; a person is in one family at most."""

    __tablename__ = "family_members"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("families.id"), index=True)
    joined_at: Mapped[datetime]


class GiftState(StrEnum):
    """Where a gift of hours stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class HourGift(Base):
    """Minutes that one of two people who met by a ticket wants to give the other."""

    __tablename__ = "hour_gifts"
    __table_args__ = (Index("ix_hour_gifts_open", "state", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    giver_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    receiver_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    minutes: Mapped[int]
    state: Mapped[GiftState] = mapped_column(Word(GiftState), default=GiftState.OPEN)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class Goods(Base):
    """Something that points buy in an area; `stock` is what is not reserved or handed over yet."""

    __tablename__ = "goods"
    __table_args__ = (
        CheckConstraint("stock >= 0", name="stock_not_negative"),
        CheckConstraint("price > 0", name="price_positive"),
        Index("ix_goods_area", "area_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    name: Mapped[str] = mapped_column(String(40))
    place: Mapped[str] = mapped_column(String(80), default="")
    """Where it is handed over, as people read it."""
    price: Mapped[int]
    """In points."""
    stock: Mapped[int]
    merchant_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """Who hands it over, besides staff of the area."""
    is_open: Mapped[bool] = mapped_column(Boolean, default=True)
    made_at: Mapped[datetime]


class RedemptionState(StrEnum):
    """Where a reservation stands."""

    RESERVED = "reserved"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Redemption(Base):
    """One piece that somebody reserved, and the one-time code for it, of which only a hash is kept."""

    __tablename__ = "redemptions"
    __table_args__ = (
        UniqueConstraint("code_hash"),
        Index("ix_redemptions_due", "state", "expires_at"),
        Index("ix_redemptions_person", "person_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    goods_id: Mapped[int] = mapped_column(ForeignKey("goods.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("families.id"))
    """Whose points paid, where it was the family's."""
    price: Mapped[int]
    code_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[RedemptionState] = mapped_column(Word(RedemptionState), default=RedemptionState.RESERVED)
    reserved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """Who handed it over."""

    goods: Mapped[Goods] = relationship()


class Certificate(Base):
    """What somebody had served when they asked for it in writing; the name is read where it is shown, so that erasing
    erases it here too.
    """

    __tablename__ = "certificates"
    __table_args__ = (UniqueConstraint("code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    tasks: Mapped[int]
    minutes: Mapped[int]
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    issued_at: Mapped[datetime]
