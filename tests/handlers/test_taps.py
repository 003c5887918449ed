"""What a tap carries came from a phone: old, crooked and invented arguments are answered, and change nothing."""

from __future__ import annotations

import pytest

from handlers.meaning import INNER_MEANINGS
from tests.handlers.conftest import Street

RESIDENT, RIDER = "demo-resident-1", "demo-rider-1"

ODD = ("", "²", "①", "๓", "Ⅷ", "-1", "0", "9" * 30, "² yes", "ask ²", "off ①", "1 ²", "② not_yet", "9" * 30 + " mended")
"""What str.isdigit takes for a number and int() does not, what no database can hold, and nothing at all."""


@pytest.mark.parametrize("who", [RESIDENT, RIDER])
def test_a_tap_with_an_odd_number_is_answered(street: Street, who: str) -> None:
    if who == RIDER:
        street.advance(hours=4, minutes=10)  # after the rush
    for meaning in sorted(INNER_MEANINGS):
        for argument in ODD:
            assert street.tap(who, f"!{meaning} {argument}".strip()) is not None


def test_staff_who_take_a_chat_by_an_odd_number_are_answered(street: Street) -> None:
    for number in ("²", "①", "๓", "9" * 30):
        for command in ("交回", "回复"):
            assert street.say("demo-staff-1", f"{command} {number} 您好").text
