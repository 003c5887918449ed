"""Two matters in one message: everything is kept at once, and the second may get a number of its own."""

from __future__ import annotations

from tests.handlers.conftest import Street

RESIDENT, NEIGHBOUR = "demo-resident-1", "demo-resident-2"
BOTH = "香樟花园6栋路灯坏了好几天，另外广场舞太吵了"


def test_two_matters_are_both_in_the_first_ticket_before_anything_is_asked(street: Street) -> None:
    asked = street.say(RESIDENT, BOTH)
    assert asked.text.startswith("已受理，编号 261123-0001。\n您说了两件事：\n① ")
    assert "② 噪音扰民：广场舞太吵了" in asked.text
    assert asked.text.splitlines()[4] == "分别受理吗？"
    assert [choice.label for choice in asked.choices] == ["分别受理", "一起受理"]
    assert street.words("0001") == [BOTH]


def test_taken_apart_the_second_has_its_own_words_and_the_same_estate(street: Street) -> None:
    asked = street.say(RESIDENT, BOTH)
    assert "已受理，编号 261123-0002。\n噪音扰民 · 香樟花园6栋" in street.choose(RESIDENT, asked, 1).text
    assert [ticket.category for ticket in street.tickets()] == ["public_facility", "noise"]
    assert street.words("0001") == [BOTH]
    assert street.words("0002") == ["广场舞太吵了"]
    assert street.history_is_whole()


def test_a_second_tap_opens_no_third_ticket(street: Street) -> None:
    asked = street.say(RESIDENT, BOTH)
    street.choose(RESIDENT, asked, 1)
    street.tap(RESIDENT, asked.choices[0].command)
    assert len(street.tickets()) == 2


def test_kept_together_it_stays_one_ticket(street: Street) -> None:
    asked = street.say(RESIDENT, BOTH)
    assert "已受理，编号 261123-0001。" in street.choose(RESIDENT, asked, 2).text
    assert len(street.tickets()) == 1


def test_who_answers_nothing_loses_nothing(street: Street) -> None:
    street.say(RESIDENT, BOTH)
    street.advance(hours=1)
    assert "0001" in street.say(RESIDENT, "进度 0001").text
    assert street.words("0001") == [BOTH]


def test_nobody_takes_a_neighbours_words_apart(street: Street) -> None:
    asked = street.say(RESIDENT, BOTH)
    street.tap(NEIGHBOUR, asked.choices[0].command)
    assert len(street.tickets()) == 1


def test_a_room_number_is_not_repeated_back(street: Street) -> None:
    assert "602" not in street.say(RESIDENT, "香樟花园6栋602室楼上漏水，另外广场舞太吵了").text
