"""Telephone numbers as people write them, the same wherever they are written."""

from __future__ import annotations

import pytest

from nlp import phones


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("13800001234", "13800001234"),
        (" 138-0000 1234 ", "13800001234"),
        ("１３８００００１２３４", "13800001234"),
        ("+86 138 0000 1234", "13800001234"),
        ("0086-13800001234", "13800001234"),
        ("", ""),
        ("12800001234", None),
        ("1380000123", None),
        ("138000012345", None),
        ("²3800001234", None),
        ("①③⑧00001234", None),
        ("٣١٣٨٠٠٠٠١٢٣", None),
        ("没有", None),
    ],
)
def test_a_mobile_number_is_read_however_it_is_written(said: str, number: str | None) -> None:
    assert phones.mobile(said) == number
    assert phones.number(said) == number


@pytest.mark.parametrize(
    ("said", "number"),
    [("（010）6512-3456", "01065123456"), ("0571 8765432", "05718765432"), ("05718765", None), ("0571876543210", None)],
)
def test_a_line_with_its_area_code_is_a_number_and_no_mobile(said: str, number: str | None) -> None:
    assert phones.number(said) == number
    assert phones.mobile(said) is None


@pytest.mark.parametrize(("said", "number"), [("6512345", "6512345"), ("65123456", "65123456"), ("651234", None)])
def test_a_line_of_this_town_is_a_number_only_at_its_counter(said: str, number: str | None) -> None:
    assert phones.number(said, of_this_town=True) == number
    assert phones.number(said) is None
