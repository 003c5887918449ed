"""What is wrong with something that staff entered, in a form or in a row of a list."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Slip(StrEnum):
    """Every fault of something entered; each has a sentence in texts/editing.py."""

    HEAD = "head"
    """The first row names no columns that we know."""
    MANY = "many"
    MISSING = "missing"
    LONG = "long"
    NUMBER = "number"
    """The row names something that is not there, or not theirs."""
    TWICE = "twice"
    """The same thing stands in the list twice."""
    # areas
    KIND = "kind"
    PARENT = "parent"
    ABOVE = "above"
    """Something that does not lie below that kind of area."""
    NAME = "name"
    TAKEN = "taken"
    ALIAS = "alias"
    CODE = "code"
    CODE_TAKEN = "code_taken"
    PERSON = "person"
    NAMESAKES = "namesakes"
    POINT = "point"
    KIND_STAYS = "kind_stays"
    PARENT_STAYS = "parent_stays"
    INSIDE_ITSELF = "inside_itself"
    CLOSED = "closed"
    HAS_OPEN = "has_open"
    HAS_TICKETS = "has_tickets"
    OWN_AREA = "own_area"
    # categories
    LIMIT = "limit"
    LIMIT_ZERO = "limit_zero"
    LIMIT_LONG = "limit_long"
    LIMIT_ORDER = "limit_order"
    WORD = "word"
    WORD_GENERAL = "word_general"
    WORD_TAKEN = "word_taken"
    WORDS_MANY = "words_many"
    FIRST = "first"
    LEVEL = "level"
    NEVER_OFFERED = "never_offered"
    NOT_OFFERED = "not_offered"
    CATEGORY_TAKEN = "category_taken"
    DEPARTMENT = "department"
    NEEDS = "needs"
    SKILL = "skill"
    # people
    PHONE = "phone"
    PHONE_TAKEN = "phone_taken"
    ROLE = "role"
    ROLE_AREA = "role_area"
    SKILL_TAKEN = "skill_taken"
    SKILL_SERVICE = "skill_service"
    SKILL_UNKNOWN = "skill_unknown"
    AREA = "area"
    AREA_AMBIGUOUS = "area_ambiguous"
    ELSEWHERE = "elsewhere"
    """Somebody who has rights elsewhere as well."""
    ALIKE = "alike"
    """There are several people it could be."""
    SKILL_GONE = "skill_gone"
    SAME_NAME = "same_name"
    """There are several of that name, and a list says which by a number behind it."""
    # lists of other things
    CATEGORY = "category"
    WEIGHT = "weight"
    YES_OR_NO = "yes_or_no"
    PARTY_KIND = "party_kind"
    READY_MANY = "ready_many"
    ON_DUTY = "on_duty"
    """Nobody who may stand in the roster."""
    SAME_PERSON = "same_person"
    WHEN = "when"
    TIME = "time"
    WORKING = "working"
    RIDER = "rider"
    # stations
    USE = "use"
    POINT_TURNED = "point_turned"
    """Latitude and longitude stand in each other's place."""
    HOURS = "hours"
    # standing posts
    POST_NAME = "post_name"
    POST_TAKEN = "post_taken"
    POST_CATEGORY = "post_category"
    WANTED = "wanted"
    # templates of a platform
    ACCOUNT = "account"
    NOTICE = "notice"
    WAY = "way"
    TEMPLATE_ID = "template_id"
    TEMPLATE_FIELD = "template_field"
    TEMPLATE_PART = "template_part"
    TEMPLATE_TIME = "template_time"
    TEMPLATE_NUMBER = "template_number"
    # guides and days
    TEXT = "text"
    LINK = "link"
    DATE = "date"
    """What is no day at all."""
    DAY = "day"
    """A day that is past, or too far ahead."""
    DAYS_MANY = "days_many"


class Slipped(Exception):
    """Something entered that is not taken; `column` names the cell or the field, `facts` are for the sentence."""

    def __init__(self, slip: Slip, column: str = "", **facts: Any) -> None:
        super().__init__(slip.value)
        self.slip = slip
        self.column = column
        self.facts = facts
