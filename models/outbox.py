"""What people must be told: the notices, which wait here until a worker has sent them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class NoticeKind(StrEnum):
    """Everything the bot says unasked; each kind has its words in texts/notices.py."""

    OFFER = "offer"
    POOL = "pool"
    """What any fitting member may take, gathered into one message."""
    TAKEN = "taken"
    OFFER_WITHDRAWN = "offer_withdrawn"
    ACCEPTED = "accepted"
    JOINED = "joined"
    """A second person goes along."""
    ALONE = "alone"
    """To whoever accepted: nobody was found who goes along."""
    ARRIVED = "arrived"
    RELEASED = "released"
    TAKEN_BACK = "taken_back"
    """To whoever had the ticket: the desk arranged it another way."""
    FINISHED = "finished"
    REMINDER = "reminder"
    NOT_EVALUATED = "not_evaluated"
    REOPENED = "reopened"
    JUDGED = "judged"
    """To whoever did it: what the resident says of it."""
    ADDED = "added"
    URGED = "urged"
    SUPERVISED = "supervised"
    RELAYED = "relayed"
    STAFF_REPLY = "staff_reply"
    ESCALATED = "escalated"
    PASSED_ON = "passed_on"
    ASSIGNED = "assigned"
    RETURNED = "returned"
    KEPT = "kept"
    """To a department: the street has decided that it stays with them."""
    RETURN_AGREED = "return_agreed"
    """To a department: it need not do what it returned."""
    LINK_WANTED = "link_wanted"
    """To the desk: whoever a ticket was given to has no account."""
    WISH = "wish"
    """To the street: a department wants to push down what is not on the list."""
    WISH_DECIDED = "wish_decided"
    """To the department: what the street said."""
    HELD = "held"
    RESUMED = "resumed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    UNMERGED = "unmerged"
    SAME_EVENT = "same_event"
    """Whether an earlier ticket tells of the same event; a question."""
    REDONE = "redone"
    """To whoever did not say it: a neighbour finds the matter not solved."""
    TAKES_OVER = "takes_over"
    """To whoever has the task: it goes on under another number."""
    DESK = "desk"
    """News for the dispatch desk, gathered into one message."""
    ALARM = "alarm"
    WARNED = "warned"
    """80 % of a limit are used."""
    LATE = "late"
    """A limit is over: to whoever has the ticket, and to who is responsible one level up."""
    WEEK = "week"
    """What is due this week, for who is responsible for an area."""
    DAY = "day"
    """What waits this morning, for staff."""
    HANDED_OVER = "handed_over"
    HANDOVER_WORDS = "handover_words"
    HANDOVER_TAKEN = "handover_taken"
    """To staff who were asked for: a colleague answers."""
    HANDOVER_OVER = "handover_over"
    """To staff who were asked for: the resident went back to the bot, or a colleague has ended it."""
    HANDED_BACK = "handed_back"
    REGISTRATION = "registration"
    REGISTERED = "registered"
    PHOTO_KEPT = "photo_kept"
    """Photos without words became a ticket."""
    PHOTO_REFUSED = "photo_refused"
    """To whoever sent it: it is not there, and why."""
    PHOTO_LOST = "photo_lost"
    """To the desk: the platform did not give what somebody sent."""
    HELP_WANTED = "help_wanted"
    """To the desk: nobody is left to ask for help."""
    HELPER_LEFT = "helper_left"
    HELPER_ALONE = "helper_alone"
    """To a helper: whoever had the task cannot."""
    HELP_OVER = "help_over"
    """To a helper: it is done."""
    HANDED_ON = "handed_on"
    """To whoever had the task: a colleague has it now."""
    NOT_HANDED_ON = "not_handed_on"
    """To whoever has the task: the colleague cannot, or did not answer."""
    CHECK_IN = "check_in"
    """To somebody who has been silent with a task: how does it go?"""
    RIDER_REMINDER = "rider_reminder"
    """All that a rider is reminded of on a day."""
    STORM_ALERT = "storm_alert"
    """To riders, in peaks too."""
    HEAT_ALERT = "heat_alert"
    TITLE_GIVEN = "title_given"
    """What a rider is asked to look at, where and until when."""
    POST_ENDS = "post_ends"
    """To whoever holds a standing post whose last day comes, a question; and to its desk, of all of them together."""
    POST_OVER = "post_over"
    """To whoever held a standing post: the desk has ended it."""
    NOT_MENDED = "not_mended"
    """To the desk: somebody who passed by says that it is not mended."""
    POINTS_EXPIRE = "points_expire"
    """Some points are over at the end of the month."""
    HOURS_OFFERED = "hours_offered"
    """Somebody wants to give hours; a question."""
    HOURS_ANSWERED = "hours_answered"
    """To whoever offered them."""
    REDEMPTION_OVER = "redemption_over"
    """What was reserved was not fetched in time: the points are back."""
    HONOUR_ASKED = "honour_asked"
    """Somebody was named (提名) and is asked whether they want it; a question."""
    HONOUR_OVER = "honour_over"
    """To who was on a ballot: how it ended, without a number."""
    APPOINTMENT = "appointment"
    """To whoever has one (预约): made, moved, tomorrow, called off."""
    BROADCAST = "broadcast"
    """What a desk tells everybody of an area (群发)."""
    EMERGENCY_BROADCAST = "emergency_broadcast"
    """The same at any hour, to those too who want none."""
    PRESSED = "pressed"
    """The words that answer a pressed card, whose callback can only change the card."""


class NoticeState(StrEnum):
    """Where a notice stands."""

    PENDING = "pending"
    SENDING = "sending"
    WAITING = "waiting"
    """No way to push it: it rides on the person's next passive reply."""
    SENT = "sent"
    TO_CALL = "to_call"
    """The person wants to be told by a call: it is on the counter's list."""
    UNREACHABLE = "unreachable"
    """On the staff's list of people who could not be reached."""
    DROPPED = "dropped"
    """Overtaken before it was sent, such as an offer somebody else accepted."""


DESK_TOLD = "kind = 'desk' AND state = 'sent'"
"""In the very words of an index."""


class Notice(Base):
    """Something one person must be told. `data` holds facts, never the sentence; personal words are named by id."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "state", "not_before"),
        Index("ix_outbox_person", "person_id", "state"),
        Index("ix_outbox_ticket", "ticket_id", "kind"),
        Index("ix_outbox_created_at", "created_at"),
        Index(
            "ix_outbox_broadcast",
            "broadcast_id",
            "person_id",
            sqlite_where=text("broadcast_id IS NOT NULL"),
            postgresql_where=text("broadcast_id IS NOT NULL"),
        ),
        # At most one gathered message a person waits for the desk, however many tickets come in.
        Index(
            "uq_outbox_desk",
            "person_id",
            unique=True,
            sqlite_where=text("kind = 'desk' AND state = 'pending'"),
            postgresql_where=text("kind = 'desk' AND state = 'pending'"),
        ),
        # The same for what is free to take.
        Index(
            "uq_outbox_pool",
            "person_id",
            unique=True,
            sqlite_where=text("kind = 'pool' AND state = 'pending'"),
            postgresql_where=text("kind = 'pool' AND state = 'pending'"),
        ),
        # When each was told last what waits at the desk.
        Index(
            "ix_outbox_desk_told",
            "person_id",
            "sent_at",
            sqlite_where=text(DESK_TOLD),
            postgresql_where=text(DESK_TOLD),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    kind: Mapped[NoticeKind] = mapped_column(Word(NoticeKind))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    words_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_words.id"))
    about_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """Whose words `data` holds, so that erasing them finds them."""
    broadcast_id: Mapped[int | None]
    """The message to an area that it is one person's copy of."""
    channel: Mapped[str] = mapped_column(String(40), default="")
    """Only by this channel, when set; otherwise the best way is chosen at the moment of sending."""
    state: Mapped[NoticeState] = mapped_column(Word(NoticeState), default=NoticeState.PENDING)
    not_before: Mapped[datetime]
    can_wait: Mapped[bool] = mapped_column(Boolean, default=False)
    """Nobody is woken for it: at night it waits for the morning, also when it is late."""
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[str] = mapped_column(String(60), default="")
    """Channel and way, such as "official:customer"."""
    message_id: Mapped[str] = mapped_column(String(200), default="")
    response_code: Mapped[str] = mapped_column(String(200), default="")
    """The one-use code that updates the card this notice became."""
    card_open: Mapped[bool] = mapped_column(Boolean, default=False)
    card_caption: Mapped[str] = mapped_column(String(40), default="")
    """What the card's buttons shall become; a worker sends it and empties it."""
    error: Mapped[str] = mapped_column(String(300), default="")
