"""Why something is not done: one error for what people are told, with a reason that has words in texts."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Refusal(StrEnum):
    """Every reason for which an operation is refused; each has a sentence in texts/refusals.py."""

    NOT_FOUND = "not_found"
    NOT_YOURS = "not_yours"
    NO_ROLE = "no_role"
    WRONG_STATE = "wrong_state"
    TAKEN = "taken"
    OFFER_OVER = "offer_over"
    ALREADY_YOURS = "already_yours"
    ALREADY_URGED = "already_urged"
    EVALUATED = "evaluated"
    TOO_LATE = "too_late"
    NO_SUCH_PERSON = "no_such_person"
    NO_SUCH_DEPARTMENT = "no_such_department"
    NO_SUCH_PLACE = "no_such_place"
    NO_SUCH_CODE = "no_such_code"
    TOP_LEVEL = "top_level"
    REASON_MISSING = "reason_missing"
    NOT_OFFERABLE = "not_offerable"
    NOBODY_TO_TELL = "nobody_to_tell"
    CHANGED = "changed"
    HELPERS_TASK = "helpers_task"
    """Whoever has the task does this, not somebody who helps."""
    HELP_IS_COMING = "help_is_coming"
    NOT_A_COLLEAGUE = "not_a_colleague"
    SAME_OVER = "same_over"
    """The ticket that the question was about is over, or the question is."""
    MORE_URGENT = "more_urgent"
    """An emergency is never merged into something less urgent."""
    HAS_TASKS = "has_tasks"
    """A ticket with tasks of its own is neither merged nor split beyond five."""
    TASKS_OPEN = "tasks_open"
    """The whole is done when its tasks are."""
    OWN_WORK = "own_work"
    STREET_DECIDES = "street_decides"
    """A return waits for the street's decision."""
    STREET_DECIDED = "street_decided"
    """Nobody returns a second time what the street has decided."""
    NOT_THEIR_KIND = "not_their_kind"
    """A party is given only what it is there for."""
    HAS_ACCOUNT = "has_account"
    """A party whose people are here needs no link."""
    NAME_TAKEN = "name_taken"
    NO_SUCH_COMMUNITY = "no_such_community"
    WISH_OVER = "wish_over"
    """The street has been asked about this task already, or has decided."""
    LEDGER_OFF = "ledger_off"
    """Whoever wants to be credited says so first."""
    NOT_ENOUGH = "not_enough"
    NO_SUCH_GOODS = "no_such_goods"
    SOLD_OUT = "sold_out"
    RESERVED_ALREADY = "reserved_already"
    """One piece at a time."""
    NOTHING_RESERVED = "nothing_reserved"
    NO_FAMILY = "no_family"
    IN_A_FAMILY = "in_a_family"
    NOBODY_TO_GIVE = "nobody_to_give"
    """Hours go from one to another of two people who met by a matter."""
    GIFT_OVER = "gift_over"
    GIFT_WAITS = "gift_waits"
    """One gift of one person for one matter; nobody is asked again who said no."""
    NO_AMOUNT = "no_amount"
    NO_NAME = "no_name"
    NO_SERVICE = "no_service"
    CORRECTED = "corrected"
    """Taken back already, or nothing that can be taken back."""


class Refused(Exception):
    """An operation that may not happen; `facts` are for the sentence that explains it."""

    def __init__(self, reason: Refusal, **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts
