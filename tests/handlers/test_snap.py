"""Riders report what they see by parts (随手拍): in any order, told again, two at once, several in a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.turn import Message, MessageKind, Opens, Point, Reply
from models import people, photos, tickets
from models.attachment import Attachment, AttachmentKind, AttachmentUse, Failure
from models.person import Person, RoleKind
from models.ticket import Ticket, TicketState, Urgency
from nlp import categories
from nlp.hazards import HAZARDS
from scheduler import jobs
from tests.handlers.conftest import OFFICIAL, WECOM, Rewinding, Street
from texts import snap as texts

RIDER, OTHER, RESIDENT, STAFF = "demo-rider-1", "demo-rider-2", "demo-resident-1", "demo-staff-1"
HERE, THERE = "香樟花园3栋", "滨江雅苑1栋"
COVER = "门口的井盖坏了"


def kinds(street: Street, short: str) -> list[str]:
    """What hangs on a ticket, sorted."""
    return sorted(each.kind.value for each in street.attachments(short))


def rides_too(street: Street, who: str) -> None:
    """Somebody becomes a rider besides what they are."""
    person_id, area_id = street.person(who).id, street.person(RIDER).roles[0].area_id
    street.change(
        lambda session, now: people.grant(session, session.get_one(Person, person_id), RoleKind.RIDER, area_id, now=now)
    )


def far_away(street: Street, who: str, label: str = THERE) -> Reply:
    """A place a kilometre from where everybody else is."""
    return street._send(who, MessageKind.LOCATION, on=OFFICIAL, point=Point(30.51, 114.0, label))


# ---------------------------------------------------------------- three parts, any order


PHOTO, PLACE, WORDS = "photo", "place", "words"

SAYS: dict[str, dict[str, Any]] = {
    PHOTO: {"kind": MessageKind.IMAGE, "media_id": "media"},
    PLACE: {"kind": MessageKind.LOCATION, "point": Point(30.5, 114.0, HERE)},
    WORDS: {"kind": MessageKind.TEXT, "text": COVER},
}

ORDERS = list(permutations((PHOTO, PLACE, WORDS)))
SOME = [*ORDERS, *permutations((PHOTO, PLACE, WORDS), 2)]
"""The six orders, and the six with any one part missing."""


def message(street: Street, who: str, part: str, *, named_by: str = "") -> Message:
    """One part as a message; `named_by` stands in place of the words."""
    street.messages += 1
    what = dict(SAYS[part])
    if part == WORDS and named_by:
        what["text"] = named_by
    key = f"{OFFICIAL}:{street.messages}"
    return Message(channel=OFFICIAL, sender=who, key=key, sent_at=street.now, opens=Opens.MESSAGE, **what)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mine=st.sampled_from(SOME),
    theirs=st.sampled_from(SOME),
    turns=st.lists(st.booleans(), min_size=6, max_size=6),
    seconds=st.lists(st.integers(0, 400), min_size=6, max_size=6),
)
def test_parts_in_any_order_told_three_times_by_two_riders_crossing_are_one_ticket_each(
    rewinding: Rewinding, mine: Sequence[str], theirs: Sequence[str], turns: Sequence[bool], seconds: Sequence[int]
) -> None:
    street = rewinding.back_to(rewinding.beginning)
    left = {RIDER: list(mine), OTHER: list(theirs)}
    told: list[tuple[Message, str]] = []
    for is_mine, gap in zip(turns, seconds, strict=True):
        who = RIDER if (is_mine and left[RIDER]) or not left[OTHER] else OTHER
        if not left[who]:
            break
        new = message(street, who, left[who].pop(0))
        told.append((new, street.huying.answerer.answer(new).text))
        # The platform asks again for what it had no answer to, once at once and once when others have come between.
        for each, said in told[-1:] + told[-3:-1]:
            assert said
            assert street.huying.answerer.answer(each).text == said
        street._clock.now += timedelta(seconds=gap)
        jobs.keep_photos(street.huying, street.now)
    for each, said in told:
        assert street.huying.answerer.answer(each).text == said
    street._clock.now += timedelta(minutes=31)
    jobs.keep_photos(street.huying, street.now)
    for who, parts in ((RIDER, mine), (OTHER, theirs)):
        [ticket] = street.tickets(who)
        came = {PHOTO: "image", PLACE: "location"}
        assert kinds(street, ticket.short) == sorted(came[part] for part in parts if part in came)
        assert street.words(ticket.short)[0] == (COVER if WORDS in parts else "")
        assert (ticket.lat is not None) == (PLACE in parts)
    assert street.attachments() == []
    assert street.history_is_whole()


@pytest.mark.parametrize("parts", ORDERS)
def test_a_number_names_it_wherever_it_stands(street: Street, parts: Sequence[str]) -> None:
    for part in parts:
        # Before anything was sent a number names nothing; the words do.
        named_by = "井盖破损" if parts[0] == WORDS else "1"
        street.huying.answerer.answer(message(street, RIDER, part, named_by=named_by))
    [ticket] = street.tickets(RIDER)
    assert kinds(street, ticket.short) == ["image", "location"]
    assert street.words(ticket.short)[0] == "井盖破损"
    assert (ticket.category, ticket.urgency) == ("public_facility", Urgency.URGENT)


# ---------------------------------------------------------------- a dialogue


def test_a_photo_a_place_and_a_number_are_three_messages_and_one_ticket(street: Street) -> None:
    first = street.photo(RIDER)
    assert first.text.startswith("照片收到了，谢谢您")
    assert "在骑车就先别回" in first.text
    assert [choice.label for choice in first.choices] == [each.name for each in HAZARDS]
    assert "就差是什么情况" in street.locate(RIDER, HERE).text
    taken = street.say(RIDER, "7")
    assert "已受理，编号 261123-0001" in taken.text
    assert f"路灯不亮 · {HERE}" in taken.text
    assert street.state(RIDER) == "idle"


def test_what_is_still_missing_is_said_and_can_be_told(street: Street) -> None:
    street.photo(RIDER)
    assert "就差在哪里" in street.say(RIDER, "4").text
    assert HERE in street.say(RIDER, f"{HERE}门口").text
    [ticket] = street.tickets(RIDER)
    assert (ticket.category, ticket.area_id is not None) == ("fire_safety", True)


def test_a_number_with_words_keeps_both(street: Street) -> None:
    street.photo(RIDER)
    street.say(RIDER, f"3 {HERE}门口垂下来了")
    [ticket] = street.tickets(RIDER)
    assert street.words(ticket.short) == [f"缆线掉落，{HERE}门口垂下来了"]
    assert (ticket.category, ticket.place) == ("utilities", HERE)


def test_a_voice_that_was_written_down_names_it(street: Street) -> None:
    street.photo(RIDER)
    street.voice(RIDER, f"{HERE}的路灯不亮")
    [ticket] = street.tickets(RIDER)
    assert ticket.category == "public_facility"
    assert kinds(street, ticket.short) == ["image", "voice"]


def test_a_voice_nobody_wrote_down_belongs_to_it_too_and_is_not_asked_about(street: Street) -> None:
    street.photo(RIDER)
    street.locate(RIDER, HERE)
    assert "您的语音收到了" in street.voice(RIDER).text
    [ticket] = street.tickets(RIDER)
    assert kinds(street, ticket.short) == ["image", "location", "voice"]
    assert street.state(RIDER) == "idle"
    told = _later(street)
    assert not any("还差" in each for each in told)


def test_words_that_are_only_a_place_are_kept_and_the_number_still_names_it(street: Street) -> None:
    street.photo(RIDER)
    assert len(street.say(RIDER, f"{HERE}门口").choices) == len(HAZARDS)
    assert "是卫生死角" in street.say(RIDER, "2").text
    [ticket] = street.tickets(RIDER)
    assert (ticket.category, ticket.understood) == ("sanitation", True)
    assert street.words(ticket.short) == [f"{HERE}门口", "卫生死角"]


def test_none_of_the_list_is_for_people_to_see_and_what_is_said_then_is_added(street: Street) -> None:
    street.photo(RIDER)
    assert "社区的同志会看" in street.say(RIDER, "10").text
    street.say(RIDER, "墙上被人乱画了")
    [ticket] = street.tickets(RIDER)
    assert (ticket.understood, street.words(ticket.short)) == (False, ["其他", "墙上被人乱画了"])


def test_every_hazard_has_a_category_that_there_is() -> None:
    known = {each.code for each in categories.load()}
    assert {each.category for each in HAZARDS if each.category} <= known
    assert len(HAZARDS) == 10


def test_the_rider_hears_how_it_ended_with_thanks_and_the_photos(street: Street) -> None:
    short = told_completely(street)
    street.told(RIDER)
    staff_id, ticket_id = street.person(STAFF).id, street.ticket(short).id

    def finish(session: Any, now: datetime) -> None:
        after = Attachment(
            person_id=staff_id,
            ticket_id=ticket_id,
            channel=WECOM,
            kind=AttachmentKind.IMAGE,
            use=AttachmentUse.AFTER,
            sent_at=now,
        )
        session.add(after)
        by = session.get_one(Person, staff_id)
        tickets.finish(session, session.get_one(Ticket, ticket_id), "换了新的", by=by, now=now)

    street._clock.now += timedelta(hours=4)
    street.change(finish)
    [asked] = [each for each in street.told(RIDER) if "请评价" in each]
    assert "办完了：换了新的\n谢谢您当时停下来说一声。\n" in asked
    assert "/photos/" in asked


# ---------------------------------------------------------------- closing, and several in a row


def told_completely(street: Street, who: str = RIDER) -> str:
    """A report with its three parts; gives its short number."""
    street.photo(who)
    street.locate(who, HERE)
    street.say(who, "1")
    return street.tickets(who)[-1].short


def test_a_photo_within_two_minutes_joins_and_a_later_one_begins_another(street: Street) -> None:
    short = told_completely(street)
    street.advance(seconds=70)
    assert short in street.photo(RIDER).text
    street.advance(seconds=60)
    assert street.photo(RIDER).choices
    street.say(RIDER, "7")
    assert [kinds(street, each.short) for each in street.tickets(RIDER)] == [["image", "image", "location"], ["image"]]


def test_after_three_parts_the_next_place_or_words_begin_another(street: Street) -> None:
    told_completely(street)
    street.locate(RIDER, HERE)
    street.photo(RIDER)
    street.say(RIDER, "垃圾堆成山了")
    street.say(RIDER, f"{HERE}的路灯不亮")
    found = [(kinds(street, each.short), each.category) for each in street.tickets(RIDER)]
    assert found[1:] == [(["image", "location"], "sanitation"), ([], "public_facility")]


def test_several_photos_and_a_video_of_one_place_are_one_report(street: Street) -> None:
    street.photo(RIDER)
    street.advance(minutes=4)
    assert "和前面的放在一起" in street.photo(RIDER).text
    street._send(RIDER, MessageKind.VIDEO, on=OFFICIAL, media_id="film")
    street.locate(RIDER, HERE)
    street.advance(minutes=28)
    street.say(RIDER, "5")  # the list has stayed open as long as what it is about
    [ticket] = street.tickets(RIDER)
    assert kinds(street, ticket.short) == ["image", "image", "location", "video"]


def test_two_places_are_two_reports_and_each_has_what_was_sent_there(street: Street) -> None:
    street.photo(RIDER)
    street.locate(RIDER, HERE)
    street.photo(RIDER)
    street.advance(minutes=5)
    street.photo(RIDER)
    street.advance(seconds=10)
    assert "前面那处已受理，编号 261123-0001" in far_away(street, RIDER).text
    street.say(RIDER, "2")
    one, two = street.tickets(RIDER)
    assert (kinds(street, one.short), one.place, one.understood) == (["image", "image", "location"], HERE, False)
    assert (kinds(street, two.short), two.place, two.category) == (["image", "location"], THERE, "sanitation")


def test_two_positions_of_one_place_are_one_report(street: Street) -> None:
    street.locate(RIDER, HERE)
    street.advance(minutes=1)
    street._send(RIDER, MessageKind.LOCATION, on=OFFICIAL, point=Point(30.5009, 114.0, HERE))
    street.say(RIDER, "2")
    [ticket] = street.tickets(RIDER)
    assert kinds(street, ticket.short) == ["location", "location"]


def test_a_photo_long_after_another_shows_something_else(street: Street) -> None:
    street.photo(RIDER)
    street.advance(minutes=11)
    assert "前面那处" in street.photo(RIDER).text
    street.say(RIDER, "2")
    assert [each.category for each in street.tickets(RIDER)] == ["other", "sanitation"]


def test_words_first_then_another_place_far_away_is_another_report(street: Street) -> None:
    street.say(RIDER, COVER)
    street.locate(RIDER, HERE)
    assert far_away(street, RIDER).choices
    [ticket] = street.tickets(RIDER)
    assert kinds(street, ticket.short) == ["location"]


def test_a_second_hazard_while_the_place_is_asked_for_is_another_report(street: Street) -> None:
    street.say(RIDER, "井盖破损")
    assert street.state(RIDER) == "place"
    street.say(RIDER, "路灯不亮")
    assert [street.words(each.short) for each in street.tickets(RIDER)] == [["井盖破损"], ["路灯不亮"]]


def test_a_photo_that_could_not_be_kept_is_sent_once_more_to_the_same_report(street: Street) -> None:
    short = told_completely(street)
    [photo] = [each for each in street.attachments(short) if each.kind is AttachmentKind.IMAGE]
    street.advance(minutes=4)
    street.change(lambda session, now: photos.refuse(session, photo.id, Failure.BROKEN, now=now))
    assert short in street.photo(RIDER).text
    assert kinds(street, short) == ["image", "image", "location"]


# ---------------------------------------------------------------- that is all, and what stays unfinished


def _later(street: Street) -> list[str]:
    """What the rider is told by the afternoon."""
    street.say(RIDER, "谢谢")
    for _ in range(4):
        street.advance(hours=1)
    return street.told(RIDER)


def test_that_is_all_makes_a_ticket_of_what_there_is(street: Street) -> None:
    street.photo(RIDER)
    street.locate(RIDER, HERE)
    assert "已受理，编号 261123-0001" in street.say(RIDER, "就这样").text
    street.advance(seconds=30)
    assert "放进 0001 里" in street.photo(RIDER).text  # it was on its way
    assert "0001 就这样" in street.say(RIDER, "就这样").text
    street.advance(minutes=3)
    assert street.photo(RIDER).choices
    [ticket] = street.tickets(RIDER)
    assert (ticket.understood, ticket.place) == (False, HERE)


def test_that_is_all_of_nothing_says_what_can_be_done(street: Street) -> None:
    assert street.say(RIDER, "就这样").text == texts.nothing_held()
    assert street.tap(RIDER, "!hazard 3").text == texts.nothing_held()
    assert street.tickets(RIDER) == []


def test_a_first_part_alone_becomes_a_ticket_and_is_asked_about_once_outside_the_peak(street: Street) -> None:
    street.photo(RIDER)
    street.advance(minutes=31)
    [ticket] = street.tickets(RIDER)
    assert (kinds(street, ticket.short), ticket.understood) == (["image"], False)
    told = _later(street)
    asked = [each for each in told if "还差是什么事" in each]
    assert len(asked) == 1
    assert not any("是什么事、在哪里" in each for each in told)
    # Something else was told after it, which a number cannot answer.
    assert "是飞线充电" in street.say(RIDER, "5").text
    assert street.tickets(RIDER)[0].category == "fire_safety"
    street.say(RIDER, "谢谢")
    for _ in range(30):
        street.advance(hours=1)
    assert not any("还差" in each for each in street.told(RIDER))


def test_who_wants_no_reminders_is_not_asked_from_the_next_second(street: Street) -> None:
    street.photo(RIDER)
    street.advance(minutes=31)
    street.advance(hours=3)
    street.told(RIDER)
    jobs.remind_riders(street.huying, street.now)
    street.say(RIDER, "不提醒")
    assert not any("还差" in each for each in _later(street))
    assert len(street.tickets(RIDER)) == 1


def test_a_number_answers_only_what_was_asked_last(street: Street) -> None:
    short = street.finished()
    rides_too(street, RESIDENT)
    street.advance(minutes=31)
    street.photo(RESIDENT)
    before = street.rows()
    asked = street.say(RESIDENT, "1")
    assert len(asked.choices) == 2, "the result to judge, and the list"
    after = street.rows()
    assert {name: rows for name, rows in before.items() if name != "questions"} == {
        name: rows for name, rows in after.items() if name != "questions"
    }
    assert street.ticket(short).state is TicketState.RESOLVED


def test_an_old_list_chooses_nothing(street: Street) -> None:
    shown = street.photo(RIDER)
    street.say(RIDER, "1")
    assert "已经过了" in street.choose(RIDER, shown, 2).text
    assert [each.category for each in street.tickets(RIDER)] == ["public_facility"]


def test_nobody_names_what_somebody_else_sent(street: Street) -> None:
    street.photo(RIDER)
    street.say(RIDER, "就这样")
    [ticket] = street.tickets(RIDER)
    assert "已经过了" in street.tap(OTHER, f"!hazard 1 {ticket.id}").text
    assert "已经过了" in street.tap(RIDER, "!hazard 99").text
    assert street.tickets(RIDER)[0].understood is False


def test_danger_comes_first_and_takes_what_was_sent(street: Street) -> None:
    street.photo(RIDER)
    assert street.say(RIDER, f"{HERE}着火了").text.startswith("请马上拨打 119")
    [ticket] = street.tickets(RIDER)
    assert (ticket.urgency, kinds(street, ticket.short)) == (Urgency.EMERGENCY, ["image"])
    street.locate(RIDER, HERE)
    assert kinds(street, ticket.short) == ["image", "location"]


def test_a_rider_on_a_task_sends_its_photo_there(street: Street) -> None:
    rides_too(street, "demo-member-1")
    short = street.accepted()
    assert short in street.photo("demo-member-1").text
    assert [each.use.value for each in street.attachments(short)] == ["after"]


def test_residents_are_answered_as_ever(street: Street) -> None:
    assert street.photo(RESIDENT).choices == ()
    street.locate(RESIDENT, HERE)
    street.say(RESIDENT, COVER)
    street.advance(minutes=20)
    assert "放在 0001 里" in street.photo(RESIDENT).text
