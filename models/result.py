"""One finishing of a ticket as somebody is asked to judge it, and the telephone call where nobody did."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Boolean, Date, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class Result(Base):
    """What the three rates count: made when a ticket is finished, once a round, and never changed by what comes later.

    The judgement itself is the Evaluation of the same ticket and round; place and category are kept as they were.
    """

    __tablename__ = "results"
    __table_args__ = (
        UniqueConstraint("ticket_id", "round"),
        Index("ix_results_finished", "finished_at"),
        Index("ix_results_lapsed", "lapsed_at"),
        # The few tickets that were finished more than once.
        Index("ix_results_again", "ticket_id", sqlite_where=text("round > 0"), postgresql_where=text("round > 0")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    """How often the ticket had been reopened when it was finished."""
    finished_at: Mapped[datetime]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    category: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    worker_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """Whoever had the ticket."""
    in_time: Mapped[bool] = mapped_column(Boolean)
    """Whether the first human answer came within the limit that was promised."""
    own_work: Mapped[bool] = mapped_column(Boolean, default=False)
    """The reporter did it, alone or with others: they do not judge it, staff call back."""
    finish_in_time: Mapped[bool | None] = mapped_column(Boolean)
    """Whether it was finished within its limit; None where it had none, or nobody knows any more."""
    announced: Mapped[bool] = mapped_column(Boolean, default=False)
    """An announcement answered it, together with others."""
    asked_at: Mapped[datetime | None]
    """When the question was first in front of the reporter; None while it could not be brought to them."""
    lapsed_at: Mapped[datetime | None]
    """When the time to judge was over without a judgement."""
    lot: Mapped[str] = mapped_column(String(32))
    """Drawn by chance at the finish: who is called back is decided by it, so that nobody chooses."""


class Figure(StrEnum):
    """What is counted. The first block are the tickets finished in the period, each in exactly one of them."""

    SATISFIED = "satisfied"
    SOLVED_ONLY = "solved_only"
    UNSOLVED = "unsolved"
    SET_ASIDE = "set_aside"
    WITHDRAWN_AFTER = "withdrawn_after"
    """Withdrawn by the reporter after it was finished."""
    OWN_WORK = "own_work"
    ANNOUNCED = "announced"
    """Answered by an announcement and not judged."""
    SILENT = "silent"
    """Asked, and silent until the time was over."""
    UNREACHABLE = "unreachable"
    """The question could not be brought to them in time."""
    WAITING = "waiting"
    """Asked, and there is still time."""
    NOT_ASKED = "not_asked"
    """The question has not come through yet."""

    IN_TIME = "in_time"
    """Of the finished: the first human answer came within its limit."""
    BY_CALL = "by_call"
    """Of the judged: told on the telephone."""

    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"

    PART = "part"
    """A finished task of a matter that was split: whoever split it judges it, and the matter itself counts."""
    PUSHED_DOWN = "pushed_down"
    """A department's own task, finished: whoever pushed it down judges it."""


class SummedDay(Base):
    """A day, by the clock of China, whose sums stand in `SUMS` (models/figure.py) and are true."""

    __tablename__ = "summed_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)


class CallState(StrEnum):
    """Where a call-back stands."""

    OPEN = "open"
    ANSWERED = "answered"
    NOT_REACHED = "not_reached"
    """Tried as often as it is tried."""


class CallBack(Base):
    """A result that staff ask about by telephone (回访), drawn for one week and area."""

    __tablename__ = "call_backs"
    __table_args__ = (
        UniqueConstraint("result_id"),
        Index("ix_call_backs_area", "community_id", "week"),
        Index("ix_call_backs_state", "state", "community_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    week: Mapped[date] = mapped_column(Date)
    """The Monday of the week in which the time to judge was over."""
    on_wish: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Not drawn: the resident wants to be called, and was told by a call that it is done."""
    state: Mapped[CallState] = mapped_column(Word(CallState), default=CallState.OPEN)
    tries: Mapped[int] = mapped_column(default=0)
    drawn_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """Whoever tried last."""
