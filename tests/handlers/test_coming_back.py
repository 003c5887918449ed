"""The tests' own street: what was lived through once is come back to, and only where nothing else has happened."""

from __future__ import annotations

from typing import Any

from models.person import Person
from models.ticket import TicketState
from tests.handlers.conftest import Rewinding, Street


def seen(street: Street) -> tuple[Any, ...]:
    return street.now, street.messages, street.read, street.official, street.wecom, street.rows()


def test_whoever_comes_back_finds_what_was_lived_through(rewinding: Rewinding) -> None:
    lived: list[tuple[Any, ...]] = []
    for _ in range(2):
        street = rewinding.back_to(rewinding.beginning)

        def live(street: Street = street) -> str:
            short = street._finished("demo-member-1", "香樟花园6栋2单元半夜装修太吵")
            lived.append(seen(street))
            return short

        short = street.once(("finished here",), live)
        assert [seen(street)] == lived
        assert "谢谢" in street.say("demo-resident-1", "1").text
        assert street.ticket(short).state is TicketState.CLOSED


def test_where_something_has_happened_before_it_is_lived_through(street: Street) -> None:
    assert street.once(("nothing",), lambda: "first") == "first"
    assert street.once(("nothing",), lambda: "second") == "first"
    street.official.gone.add("demo-resident-1")
    assert street.once(("nothing",), lambda: "third") == "third"
    street.official.gone.clear()
    assert street.once(("nothing",), lambda: "fourth") == "first"
    street.change(lambda session, now: session.query(Person).update({Person.unit: "物业"}))
    assert street.once(("nothing",), lambda: "fifth") == "fifth"
