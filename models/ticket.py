"""The matter somebody brought, its append-only history, and the words people said about it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Word
from models.category import Level
from models.rider import Matter
from models.windows import Window


class TicketState(StrEnum):
    """Where a ticket stands in the loop."""

    NEW = "new"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"
    CLOSED = "closed"
    MERGED = "merged"
    ASSIGNED = "assigned"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


class TicketKind(StrEnum):
    """What whoever opened it wants."""

    REPORT = "report"
    INQUIRY = "inquiry"
    SUGGESTION = "suggestion"
    PRAISE = "praise"
    ACTIVITY = "activity"
    """A member's own undertaking, which neighbours may join (创单)."""
    PAIRING = "pairing"
    """A member would like to be there for a household (认亲)."""


OF_MEMBERS = frozenset({TicketKind.ACTIVITY, TicketKind.PAIRING})
"""What members bring of their own accord: nobody reports anything."""


class Urgency(StrEnum):
    """How soon."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    NORMAL = "normal"


class Limit(StrEnum):
    """The clocks of a ticket (docs/decisions/0014)."""

    ANSWER = "answer"
    """The first human answer, by when the resident was told."""
    ACCEPT = "accept"
    """Somebody takes it on."""
    FINISH = "finish"
    """It is done."""
    LATE = "late"
    """A limit ran out and nobody is above: whoever is responsible is asked once a working day."""


class Ending(StrEnum):
    """How a closed ticket was judged; "closed" alone never means "solved"."""

    EVALUATED = "evaluated"
    CALLED_BACK = "called_back"
    """Staff asked by telephone."""
    NOT_EVALUATED = "not_evaluated"


def number_of(day: date, serial: int) -> str:
    """The full number of a ticket, such as 261122-0007."""
    return f"{day:%y%m%d}-{serial:04d}"


def _only_set(name: str, column: str) -> Index:
    where = text(f"{column} IS NOT NULL")
    return Index(name, column, sqlite_where=where, postgresql_where=where)


PLACED = "lat IS NOT NULL"
"""The condition of the index for tickets with a position."""

ENDED = "state IN ('merged', 'withdrawn', 'rejected')"
"""The condition of the index for what ended without a result; written out, or no database uses it."""


WORDED = "closed_at IS NOT NULL AND forgotten_at IS NULL"
"""For what ended and has not been forgotten."""


ALARMING = "urgency = 'emergency' AND state IN ('new', 'offered', 'accepted', 'assigned', 'held', 'resolved')"
"""The same for emergencies that are not over."""

URGENT = "urgency <> 'normal'"
"""For what is more urgent than most, whatever became of it: one in a hundred."""

AT_THE_TOP = "\"limit\" = 'late'"
"""And for what is late with nobody above to go to; the word is one of SQL's own."""


class Ticket(Base):
    """One matter. `number` is YYMMDD-NNNN; `version` grows with every change."""

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("day", "serial"),
        Index("ix_tickets_community_state", "community_id", "state", "day"),
        Index("ix_tickets_reporter", "reporter_id", "state"),
        Index("ix_tickets_assignee", "assignee_id", "state"),
        Index("ix_tickets_dispatch", "dispatch_at"),
        Index("ix_tickets_due", "state", "due_at"),
        Index("ix_tickets_touched", "state", "touched_at"),
        Index("ix_tickets_place", "area_id", "category", "opened_at"),
        # Nearly no ticket has these two, so that a new one costs these indexes nothing.
        _only_set("ix_tickets_merged", "merged_into_id"),
        _only_set("ix_tickets_parent", "parent_id"),
        Index("ix_tickets_warn", "warn_at"),
        # The piles of a desk, newest first; emergencies before them, and what a joint area's desk looks after.
        Index("ix_tickets_state_id", "state", "id"),
        Index("ix_tickets_alarming", "id", sqlite_where=text(ALARMING), postgresql_where=text(ALARMING)),
        Index("ix_tickets_late", "id", sqlite_where=text(AT_THE_TOP), postgresql_where=text(AT_THE_TOP)),
        Index("ix_tickets_urgent", "id", sqlite_where=text(URGENT), postgresql_where=text(URGENT)),
        _only_set("ix_tickets_lead", "lead_id"),
        # What ended without a result, for the figures; nothing else is in it, so that no other row pays for it.
        Index("ix_tickets_ended", "closed_at", sqlite_where=text(ENDED), postgresql_where=text(ENDED)),
        # What ended and still has its words; a ticket enters it when it ends and leaves it when they go.
        Index("ix_tickets_worded", "closed_at", sqlite_where=text(WORDED), postgresql_where=text(WORDED)),
        # What the map shows within a frame; most tickets tell their place in words only and are not in it.
        Index("ix_tickets_spot", "lat", "lng", sqlite_where=text(PLACED), postgresql_where=text(PLACED)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    serial: Mapped[int]
    state: Mapped[TicketState] = mapped_column(Word(TicketState), default=TicketState.NEW)
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[TicketKind] = mapped_column(Word(TicketKind), default=TicketKind.REPORT)
    category: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    understood: Mapped[bool] = mapped_column(Boolean, default=True)
    """False when the words could not be classified and ask for no service: the ticket waits for triage."""
    service: Mapped[str | None] = mapped_column(String(40))
    """The help in person that is asked for (点单), by its usual name, as people name their skills."""
    matter: Mapped[Matter | None] = mapped_column(Word(Matter))
    """What a rider brings for themselves (进小区难, 维权难 …), beside the category."""
    wished_from: Mapped[datetime | None]
    wished_until: Mapped[datetime | None]
    """When somebody is wished for, with a service or for an activity; read as `wished`."""
    urgency: Mapped[Urgency] = mapped_column(Word(Urgency), default=Urgency.NORMAL)
    danger: Mapped[str] = mapped_column(String(20), default="")
    level: Mapped[Level] = mapped_column(Word(Level), default=Level.COMMUNITY)
    reporter_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(String(40))
    for_other: Mapped[str] = mapped_column(String(40), default="")
    """Whom the reporter speaks for (代报), in their own words."""
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    place: Mapped[str] = mapped_column(String(200), default="")
    """The place as people read it, without a room number."""
    room: Mapped[str] = mapped_column(String(40), default="")
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    department: Mapped[str] = mapped_column(String(40), default="")
    returned_by: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """The department or partner that says it is not theirs, until the street has decided."""
    origin: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """The department that pushed its own task down to the community."""
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    """The community that led the joint area when it was told; its desk is the ticket's."""
    reopened: Mapped[int] = mapped_column(default=0)
    needs: Mapped[int] = mapped_column(default=1, server_default="1")
    """How many volunteers go together: the assignee, and helpers."""
    held_from: Mapped[TicketState | None] = mapped_column(Word(TicketState))
    hold_until: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    promised_at: Mapped[datetime]
    """By when the resident was told somebody answers."""
    accept_by: Mapped[datetime | None]
    """When somebody must have taken it; begins again each time nobody has it."""
    finish_by: Mapped[datetime | None]
    """When it must be done; moves only by what a ticket was on hold."""
    due_at: Mapped[datetime | None]
    """When the next of the limits that run now is over; None where none runs. Set by models/limits.py only."""
    limit: Mapped[Limit | None] = mapped_column(Word(Limit))
    """Which limit `due_at` belongs to."""
    warn_at: Mapped[datetime | None]
    """When the next warning is due, at 80 % of a limit that runs now."""
    warned_at: Mapped[datetime | None]
    """Up to when the warnings are given."""
    missed_at: Mapped[datetime | None]
    """Up to when the limits that ran out are noted; whatever ended later still runs."""
    held_at: Mapped[datetime | None]
    """Since when it is on hold, or waits for the place that was asked for, and the time for finishing stands still."""
    dispatch_at: Mapped[datetime | None]
    """When dispatch has to look at it next; None when there is nothing to dispatch."""
    touched_at: Mapped[datetime | None]
    """When an accepted task was last heard of: its people did or said something, or were asked how it goes."""
    asked_at: Mapped[datetime | None]
    """When its silent people were asked how it goes; None again once they are heard of."""
    answered_at: Mapped[datetime | None]
    """The first human answer."""
    urged_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]
    """When its words, doors and positions were let go, long after its end; its facts stay."""
    ending: Mapped[Ending | None] = mapped_column(Word(Ending))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    """The ticket this one lives on in while it is merged; that one is never merged itself."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    """The ticket this one is a task of."""

    events: Mapped[list[TicketEvent]] = relationship(order_by="TicketEvent.id", viewonly=True)
    words: Mapped[list[TicketWords]] = relationship(order_by="TicketWords.id", viewonly=True)

    @property
    def number(self) -> str:
        """The full number people may quote, such as 261122-0007."""
        return number_of(self.day, self.serial)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing has happened to it yet, so that it has no offer, no task and no follower."""
        return self.version == 1

    @property
    def wished(self) -> Window | None:
        """When somebody is wished for, if that was said as a time."""
        return Window(self.wished_from, self.wished_until) if self.wished_until is not None else None

    @property
    def expected_at(self) -> datetime | None:
        """By when people may be told that the next step happens; None once that is in doubt."""
        return None if self.limit is Limit.LATE else self.due_at

    @property
    def threat(self) -> str:
        """The danger it is about, while it is an emergency."""
        return self.danger if self.urgency is Urgency.EMERGENCY else ""

    @property
    def short(self) -> str:
        """The part of the number that suffices in chat, such as 0007."""
        return f"{self.serial:04d}"


class WordsKind(StrEnum):
    """What somebody's words are to a ticket."""

    REPORT = "report"
    ADDITION = "addition"
    VISIT = "visit"
    """When it suits the resident that somebody comes."""
    CORRECTION = "correction"
    NOTE = "note"
    """Why something was done: declined, given back, finished, rejected, passed on."""
    RELAY = "relay"
    EVALUATION = "evaluation"


class TicketWords(Base):
    """Somebody's own words. `text` can be erased; `digest` in the history then still shows that there were words."""

    __tablename__ = "ticket_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[WordsKind] = mapped_column(Word(WordsKind))
    text: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(32))
    said_at: Mapped[datetime]


class TicketEvent(Base):
    """One line of the history. `hash` covers this line and `previous`, the hash of the ticket's line before."""

    __tablename__ = "ticket_events"
    __table_args__ = (UniqueConstraint("ticket_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    version: Mapped[int]
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(20))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    before: Mapped[str] = mapped_column(String(20), default="")
    after: Mapped[str] = mapped_column(String(20))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    words_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_words.id"))
    words_digest: Mapped[str] = mapped_column(String(64), default="")
    previous: Mapped[str] = mapped_column(String(64), default="")
    hash: Mapped[str] = mapped_column(String(64))


class TicketHelper(Base):
    """Somebody who goes along with the assignee; `joined_at` is empty while they are only asked."""

    __tablename__ = "ticket_helpers"
    __table_args__ = (UniqueConstraint("ticket_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    asked_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class EvaluationSource(StrEnum):
    """How a judgement came."""

    CHAT = "chat"
    CALL_BACK = "call_back"
    """Told to staff on the telephone, and recorded by them."""


class SetAside(StrEnum):
    """Why a judgement is left out of the figures."""

    MANY_AT_ONCE = "many_at_once"
    """More judgements of one person within an hour than people make."""
    MANY_OF_ONE = "many_of_one"
    """More judgements by one person of one person's work within a day than come together by chance."""


class Evaluation(Base):
    """What a resident said of one result: answered, solved and satisfied are derived from `answer` (1, 2 or 3)."""

    __tablename__ = "evaluations"
    __table_args__ = (UniqueConstraint("ticket_id", "person_id", "round"), Index("ix_evaluations_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    round: Mapped[int]
    """How often the ticket had been reopened when it was judged."""
    answer: Mapped[int]
    at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    source: Mapped[EvaluationSource] = mapped_column(Word(EvaluationSource), default=EvaluationSource.CHAT)
    set_aside: Mapped[SetAside | None] = mapped_column(Word(SetAside))
    """The row stays as it is; the figures show it beside."""
    counted_at: Mapped[datetime | None]
    """When somebody found that it counts although it was set aside; who and why stand in the history."""

    @property
    def solved(self) -> bool:
        """Whether the matter is mended, in the resident's eyes."""
        return self.answer in (1, 2)

    @property
    def satisfied(self) -> bool:
        """Whether the resident is content with how it went."""
        return self.answer == 1


class Serial(Base):
    """How many ticket numbers of a day are given out."""

    __tablename__ = "serials"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last: Mapped[int]
