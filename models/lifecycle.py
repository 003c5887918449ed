"""The lifecycle of a ticket as one table: which action leads where, who may do it, and who is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from models.outbox import NoticeKind
from models.ticket import TicketState

NEW, OFFERED, ACCEPTED = TicketState.NEW, TicketState.OFFERED, TicketState.ACCEPTED
RESOLVED, CLOSED, MERGED = TicketState.RESOLVED, TicketState.CLOSED, TicketState.MERGED
ASSIGNED, HELD = TicketState.ASSIGNED, TicketState.HELD
WITHDRAWN, REJECTED = TicketState.WITHDRAWN, TicketState.REJECTED


class Action(StrEnum):
    """Everything that can happen to a ticket."""

    OPEN = "open"
    ADD = "add"
    CORRECT = "correct"
    LOCATE = "locate"
    OFFER = "offer"
    ACCEPT = "accept"
    UNDERTAKE = "undertake"
    """A member does what they have proposed themselves."""
    ASK_HELP = "ask_help"
    """Whoever has it, or the desk, wants somebody to go along."""
    SEEK = "seek"
    """Others are asked to go along with whoever accepted."""
    JOIN = "join"
    """One of them goes along."""
    LEAVE = "leave"
    """And does not any more."""
    HAND_ON = "hand_on"
    """A colleague is asked to take it over from whoever has it."""
    TAKE_ON = "take_on"
    """And does."""
    DECLINE = "decline"
    EXPIRE = "expire"
    RELEASE = "release"
    ARRIVE = "arrive"
    FINISH = "finish"
    EVALUATE = "evaluate"
    REOPEN = "reopen"
    REEVALUATE = "reevaluate"
    AUTO_CLOSE = "auto_close"
    WITHDRAW = "withdraw"
    URGE = "urge"
    RELAY = "relay"
    ESCALATE = "escalate"
    ASSIGN = "assign"
    CLAIM = "claim"
    LINK = "link"
    """A one-time link for whoever has no account."""
    RETURN = "return"
    KEEP = "keep"
    """The street decides that it stays with whoever returned it."""
    TAKE_IN = "take_in"
    """The street agrees to a return, and the community takes it."""
    PUSH_DOWN = "push_down"
    """A department's own task comes to a community, by the admitted list or the street's leave."""
    LEAD = "lead"
    """It lies in a joint area: whose turn it is has it on the desk."""
    HOLD = "hold"
    RESUME = "resume"
    REJECT = "reject"
    MERGE = "merge"
    UNMERGE = "unmerge"
    GATHER = "gather"
    """Another ticket was merged into this one."""
    PART = "part"
    """A ticket that was merged into this one goes its own way again."""
    TAKE_OVER = "take_over"
    """The reporter of the ticket it was merged into took theirs back: the matter goes on under this number."""
    SPLIT = "split"
    SUPERVISE = "supervise"
    MISS_LIMIT = "miss_limit"
    CHECK_IN = "check_in"
    RECHECK = "recheck"
    NOT_MENDED = "not_mended"
    """Two passers-by who have nothing to do with each other say that it is not mended."""
    CALL_BACK = "call_back"
    CALL_REOPEN = "call_reopen"
    NOT_REACHED = "not_reached"
    SEE_PHONE = "see_phone"
    RENEW = "renew"
    LOSE_PHOTO = "lose_photo"
    """What somebody sent with it could not be fetched."""
    COUNT_AFTER_ALL = "count_after_all"
    """A judgement that was set aside as one of a burst counts."""


class Actor(StrEnum):
    """What somebody is to one ticket."""

    SYSTEM = "system"
    REPORTER = "reporter"
    FOLLOWER = "follower"
    """Reported the same matter: their own ticket was merged into this one."""
    OFFERED = "offered"
    """Is asked to take it, or to go along with whoever has it."""
    ASKED_TO_TAKE_OVER = "asked_to_take_over"
    """Is asked by a colleague, who has it."""
    ASSIGNEE = "assignee"
    HELPER = "helper"
    """Goes along with the assignee."""
    STAFF = "staff"
    """Community staff of the ticket's area, or anybody above them."""
    STREET = "street"
    ARBITER = "arbiter"
    """The street, while a return waits for its decision."""
    DEPARTMENT = "department"
    """Belongs to the department the ticket is assigned to."""
    PASSER_BY = "passer_by"
    """Was asked to look whether it is mended."""


class Audience(StrEnum):
    """Who is told."""

    REPORTER = "reporter"
    """The reporter and all followers, each under their own number."""
    ASSIGNEE = "assignee"
    HELPERS = "helpers"
    TEAM = "team"
    """The assignee and the helpers."""
    OTHERS_OFFERED = "others_offered"
    DESK = "desk"
    """The dispatch desk, gathered into one message."""
    DEPARTMENT = "department"
    RETURNER = "returner"
    """Whoever said that it is not theirs."""
    STREET = "street"
    ABOVE = "above"
    """The desk of the level the ticket has gone up to."""
    ABLE = "able"
    """Whoever can do something about it now: who has it, or the department; otherwise who was asked, and the desk."""
    TARGET = "target"
    """The person named in the action."""


@dataclass(frozen=True, slots=True)
class Tell:
    """One notice that follows from an action."""

    kind: NoticeKind
    to: Audience


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: from which states an action leads to `target` (None: the state stays), by whom, and who is told."""

    sources: frozenset[TicketState]
    target: TicketState | None
    by: frozenset[Actor]
    tells: tuple[Tell, ...] = ()
    needs_reason: bool = False


def _rule(
    sources: Collection[TicketState],
    target: TicketState | None,
    by: Collection[Actor],
    *tells: Tell,
    needs_reason: bool = False,
) -> Rule:
    return Rule(frozenset(sources), target, frozenset(by), tells, needs_reason)


OPEN_STATES = frozenset({NEW, OFFERED, ACCEPTED, ASSIGNED, HELD})
"""States in which somebody still has to do something before the resident is asked."""

LIVE_STATES = OPEN_STATES | {RESOLVED}
"""States a resident sees as not finished."""

BY_THE_CLOCK = frozenset(
    {
        Action.MISS_LIMIT,
        Action.ESCALATE,
        Action.ASSIGN,
        Action.RELEASE,
        Action.RESUME,
        Action.CHECK_IN,
        Action.AUTO_CLOSE,
        Action.LOSE_PHOTO,
    }
)
"""What the clock may do as well as people; when it does, nobody has just asked for it and nobody is told at night."""

SYSTEM, REPORTER, ASSIGNEE, HELPER = Actor.SYSTEM, Actor.REPORTER, Actor.ASSIGNEE, Actor.HELPER
EVERY_REPORTER = frozenset({REPORTER, Actor.FOLLOWER})
STAFF, STREET, DEPARTMENT = Actor.STAFF, Actor.STREET, Actor.DEPARTMENT
DESK = frozenset({STAFF, STREET})

RULES: dict[Action, Rule] = {
    Action.OPEN: _rule([], NEW, [REPORTER, SYSTEM]),
    Action.ADD: _rule(LIVE_STATES, None, [*EVERY_REPORTER, *DESK], Tell(NoticeKind.ADDED, Audience.TEAM)),
    Action.CORRECT: _rule(OPEN_STATES, None, [SYSTEM, REPORTER, *DESK]),
    Action.LOCATE: _rule(OPEN_STATES, None, [REPORTER, *DESK]),
    Action.OFFER: _rule([NEW, OFFERED], OFFERED, [SYSTEM, *DESK]),
    Action.ACCEPT: _rule(
        [OFFERED],
        ACCEPTED,
        [Actor.OFFERED],
        Tell(NoticeKind.ACCEPTED, Audience.REPORTER),
        Tell(NoticeKind.TAKEN, Audience.OTHERS_OFFERED),
    ),
    Action.UNDERTAKE: _rule([NEW], ACCEPTED, [REPORTER]),
    Action.ASK_HELP: _rule([ACCEPTED], None, [ASSIGNEE, *DESK]),
    Action.SEEK: _rule([ACCEPTED], None, [SYSTEM]),
    Action.JOIN: _rule(
        [ACCEPTED],
        None,
        [Actor.OFFERED],
        Tell(NoticeKind.JOINED, Audience.REPORTER),
        Tell(NoticeKind.JOINED, Audience.ASSIGNEE),
        Tell(NoticeKind.TAKEN, Audience.OTHERS_OFFERED),
    ),
    Action.LEAVE: _rule(
        [NEW, OFFERED, ACCEPTED, HELD], None, [HELPER], Tell(NoticeKind.HELPER_LEFT, Audience.ASSIGNEE)
    ),
    Action.HAND_ON: _rule([ACCEPTED], None, [ASSIGNEE]),
    Action.TAKE_ON: _rule(
        [ACCEPTED],
        None,
        [Actor.ASKED_TO_TAKE_OVER],
        Tell(NoticeKind.ACCEPTED, Audience.REPORTER),
        Tell(NoticeKind.HANDED_ON, Audience.ASSIGNEE),
    ),
    # Also while one accepted and somebody is looked for to go along, or to take it over.
    Action.DECLINE: _rule([OFFERED, ACCEPTED], None, [Actor.OFFERED, Actor.ASKED_TO_TAKE_OVER]),
    # Dispatch goes on with the next wave at once, and tells the desk when there is none.
    Action.EXPIRE: _rule([OFFERED], NEW, [SYSTEM]),
    Action.RELEASE: _rule(
        [ACCEPTED],
        NEW,
        [ASSIGNEE, SYSTEM, *DESK],
        Tell(NoticeKind.TAKEN_BACK, Audience.ASSIGNEE),
        Tell(NoticeKind.RELEASED, Audience.REPORTER),
        Tell(NoticeKind.HELPER_ALONE, Audience.HELPERS),
        Tell(NoticeKind.OFFER_WITHDRAWN, Audience.OTHERS_OFFERED),
        Tell(NoticeKind.DESK, Audience.DESK),
    ),
    Action.ARRIVE: _rule([ACCEPTED], None, [ASSIGNEE, HELPER], Tell(NoticeKind.ARRIVED, Audience.REPORTER)),
    Action.FINISH: _rule(
        [NEW, OFFERED, ACCEPTED, ASSIGNED],
        RESOLVED,
        [ASSIGNEE, DEPARTMENT, *DESK],
        Tell(NoticeKind.TAKEN_BACK, Audience.ASSIGNEE),
        Tell(NoticeKind.FINISHED, Audience.REPORTER),
        Tell(NoticeKind.HELP_OVER, Audience.HELPERS),
        Tell(NoticeKind.OFFER_WITHDRAWN, Audience.OTHERS_OFFERED),
    ),
    # While others are still to judge, the operation lets the state stay.
    Action.EVALUATE: _rule([RESOLVED], CLOSED, EVERY_REPORTER),
    Action.REOPEN: _rule(
        [RESOLVED, CLOSED],
        NEW,
        EVERY_REPORTER,
        Tell(NoticeKind.REOPENED, Audience.ASSIGNEE),
        Tell(NoticeKind.REDONE, Audience.REPORTER),
        Tell(NoticeKind.DESK, Audience.DESK),
    ),
    Action.REEVALUATE: _rule([RESOLVED, CLOSED], None, EVERY_REPORTER),
    Action.AUTO_CLOSE: _rule([RESOLVED], CLOSED, [SYSTEM], Tell(NoticeKind.NOT_EVALUATED, Audience.REPORTER)),
    Action.WITHDRAW: _rule(
        LIVE_STATES | {MERGED},
        WITHDRAWN,
        [REPORTER],
        Tell(NoticeKind.WITHDRAWN, Audience.TEAM),
        Tell(NoticeKind.OFFER_WITHDRAWN, Audience.OTHERS_OFFERED),
    ),
    Action.URGE: _rule(
        OPEN_STATES,
        None,
        EVERY_REPORTER,
        Tell(NoticeKind.URGED, Audience.ABLE),
        Tell(NoticeKind.DESK, Audience.DESK),
    ),
    Action.RELAY: _rule(
        OPEN_STATES | {RESOLVED},
        None,
        [*EVERY_REPORTER, ASSIGNEE, HELPER, *DESK],
        Tell(NoticeKind.RELAYED, Audience.TARGET),
        Tell(NoticeKind.RELAYED, Audience.TEAM),
    ),
    Action.ESCALATE: _rule(
        OPEN_STATES,
        NEW,
        [SYSTEM, ASSIGNEE, *DESK],
        Tell(NoticeKind.TAKEN_BACK, Audience.TEAM),
        Tell(NoticeKind.ESCALATED, Audience.ABOVE),
        Tell(NoticeKind.PASSED_ON, Audience.REPORTER),
        Tell(NoticeKind.OFFER_WITHDRAWN, Audience.OTHERS_OFFERED),
        needs_reason=True,
    ),
    Action.ASSIGN: _rule(
        [NEW, OFFERED, ACCEPTED, ASSIGNED],
        ASSIGNED,
        [SYSTEM, *DESK],
        Tell(NoticeKind.TAKEN_BACK, Audience.TEAM),
        Tell(NoticeKind.ASSIGNED, Audience.DEPARTMENT),
        Tell(NoticeKind.RETURN_AGREED, Audience.RETURNER),
        Tell(NoticeKind.PASSED_ON, Audience.REPORTER),
        Tell(NoticeKind.OFFER_WITHDRAWN, Audience.OTHERS_OFFERED),
    ),
    Action.CLAIM: _rule([ASSIGNED], None, [DEPARTMENT], Tell(NoticeKind.ACCEPTED, Audience.REPORTER)),
    Action.LINK: _rule([ASSIGNED], None, DESK),
    Action.RETURN: _rule([ASSIGNED], NEW, [DEPARTMENT], Tell(NoticeKind.RETURNED, Audience.STREET), needs_reason=True),
    # What only the street decides; giving it to another is ASSIGN.
    Action.KEEP: _rule([NEW], ASSIGNED, [Actor.ARBITER], Tell(NoticeKind.KEPT, Audience.DEPARTMENT)),
    Action.TAKE_IN: _rule(
        [NEW],
        NEW,
        [Actor.ARBITER],
        Tell(NoticeKind.RETURN_AGREED, Audience.RETURNER),
        Tell(NoticeKind.PASSED_ON, Audience.REPORTER),
        Tell(NoticeKind.DESK, Audience.DESK),
    ),
    Action.PUSH_DOWN: _rule([NEW], None, [SYSTEM]),
    Action.LEAD: _rule([NEW], None, [SYSTEM]),
    Action.HOLD: _rule(
        OPEN_STATES - {HELD},
        HELD,
        # The system: what is reported after an announcement waits with it.
        [SYSTEM, DEPARTMENT, *DESK],
        Tell(NoticeKind.TAKEN_BACK, Audience.TEAM),
        Tell(NoticeKind.HELD, Audience.REPORTER),
        Tell(NoticeKind.OFFER_WITHDRAWN, Audience.OTHERS_OFFERED),
        needs_reason=True,
    ),
    # Back to where it was: the operation sets the state it was held from.
    Action.RESUME: _rule([HELD], None, [SYSTEM, DEPARTMENT, *DESK], Tell(NoticeKind.RESUMED, Audience.REPORTER)),
    Action.REJECT: _rule(
        [NEW, OFFERED],
        REJECTED,
        DESK,
        Tell(NoticeKind.REJECTED, Audience.REPORTER),
        Tell(NoticeKind.OFFER_WITHDRAWN, Audience.OTHERS_OFFERED),
        needs_reason=True,
    ),
    Action.MERGE: _rule(
        OPEN_STATES,
        MERGED,
        [REPORTER, *DESK],
        Tell(NoticeKind.TAKEN_BACK, Audience.TEAM),
        Tell(NoticeKind.MERGED, Audience.REPORTER),
        Tell(NoticeKind.OFFER_WITHDRAWN, Audience.OTHERS_OFFERED),
    ),
    Action.UNMERGE: _rule(
        [MERGED],
        NEW,
        [REPORTER, *DESK],
        Tell(NoticeKind.UNMERGED, Audience.REPORTER),
        Tell(NoticeKind.DESK, Audience.DESK),
    ),
    Action.GATHER: _rule(OPEN_STATES, None, [SYSTEM]),
    Action.PART: _rule(LIVE_STATES | {CLOSED, REJECTED}, None, [SYSTEM]),
    # Into the state of the ticket it was merged into: the operation sets it.
    Action.TAKE_OVER: _rule([MERGED], None, [SYSTEM]),
    Action.SPLIT: _rule(
        [NEW, OFFERED, ACCEPTED, ASSIGNED], None, DESK, Tell(NoticeKind.OFFER_WITHDRAWN, Audience.OTHERS_OFFERED)
    ),
    Action.SUPERVISE: _rule(
        OPEN_STATES, None, DESK, Tell(NoticeKind.SUPERVISED, Audience.ASSIGNEE), Tell(NoticeKind.DESK, Audience.DESK)
    ),
    Action.MISS_LIMIT: _rule(OPEN_STATES, None, [SYSTEM], Tell(NoticeKind.DESK, Audience.DESK)),
    Action.CHECK_IN: _rule([ACCEPTED], None, [SYSTEM], Tell(NoticeKind.CHECK_IN, Audience.ASSIGNEE)),
    Action.RECHECK: _rule([RESOLVED, CLOSED], None, [Actor.PASSER_BY]),
    Action.NOT_MENDED: _rule(
        [RESOLVED, CLOSED],
        NEW,
        [Actor.PASSER_BY],
        Tell(NoticeKind.REOPENED, Audience.ASSIGNEE),
        Tell(NoticeKind.REDONE, Audience.REPORTER),
        Tell(NoticeKind.DESK, Audience.DESK),
    ),
    # What a resident told staff on the telephone (回访).
    Action.CALL_BACK: _rule([RESOLVED, CLOSED], CLOSED, DESK),
    Action.CALL_REOPEN: _rule(
        [RESOLVED, CLOSED],
        NEW,
        DESK,
        Tell(NoticeKind.REOPENED, Audience.ASSIGNEE),
        Tell(NoticeKind.DESK, Audience.DESK),
    ),
    Action.NOT_REACHED: _rule([RESOLVED, CLOSED], None, DESK),
    Action.SEE_PHONE: _rule([RESOLVED, CLOSED], None, DESK),
    Action.LOSE_PHOTO: _rule(LIVE_STATES, None, [SYSTEM], Tell(NoticeKind.PHOTO_LOST, Audience.DESK)),
    # Not by those whose figures it is: whoever works in the community does not decide what counts of it.
    Action.COUNT_AFTER_ALL: _rule(frozenset(TicketState), None, [STREET], needs_reason=True),
    # An announcement that holds a ticket was changed: its new words and date.
    Action.RENEW: _rule([HELD], None, [SYSTEM, *DESK], Tell(NoticeKind.HELD, Audience.REPORTER)),
}

WAITS_FOR_THE_STREET = frozenset(
    {Action.OFFER, Action.ASSIGN, Action.FINISH, Action.REJECT, Action.ESCALATE, Action.SPLIT}
)
"""While a return waits for the street's decision, the community's staff leave these to the street."""
