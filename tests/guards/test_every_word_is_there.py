"""Every action has a rule, every notice and every refusal has words."""

from __future__ import annotations

from models.errors import Refusal
from models.lifecycle import RULES, Action
from models.outbox import NoticeKind
from texts.notices import WORDS
from texts.refusals import SENTENCES


def test_every_action_has_a_rule() -> None:
    assert set(RULES) == set(Action)


def test_every_notice_has_words() -> None:
    assert set(WORDS) == set(NoticeKind)


def test_every_refusal_says_why() -> None:
    assert set(SENTENCES) == set(Refusal)
