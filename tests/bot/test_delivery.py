"""How people are reached: the order of the ways, what each refusal leads to, and that nothing is sent twice."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.tasks import DEAD_LETTERS, Tasks, make_broker
from models import outboxes
from models.outbox import NoticeKind, NoticeState
from tests.bot.support import AYI, LI, NOISE, SUN, XU, Town, at_once

TEMPLATE = {"templates": {"pressed": "tpl-pressed"}}


def spoken(town: Town, who: str = AYI) -> None:
    """Somebody said something harmless, so the window is open."""
    town.phones.say(who, text="在吗")


# ---------------------------------------------------------------- the order of the ways


@pytest.mark.parametrize(
    ("abilities", "who", "is_open", "way"),
    [
        ("unverified", AYI, True, ""),
        ("unverified", LI, True, "wecom:app"),
        ("unverified", LI, False, "wecom:app"),
        ("subscription", AYI, True, "official:customer"),
        ("subscription", AYI, False, ""),
        ("subscription", LI, True, "official:customer"),
        ("subscription", LI, False, "wecom:app"),
        ("service", AYI, True, "official:customer"),
        ("service", AYI, False, "official:template"),
        ("service", LI, True, "official:customer"),
        ("service", LI, False, "wecom:app"),
    ],
)
def test_the_best_way_that_the_account_has_is_taken(
    open_town: Callable[..., Town], abilities: str, who: str, is_open: bool, way: str
) -> None:
    town = open_town(abilities=abilities, official=TEMPLATE)
    spoken(town, who)
    if not is_open:
        town.street.later(hours=48, seconds=1)
    notice = town.deliver(town.tell(who))
    assert (notice.state, notice.sent_by) == (NoticeState.SENT if way else NoticeState.WAITING, way)
    received = town.phones.inbox(who)
    assert len(received) == (1 if way else 0)
    assert all("路灯修好了" in each["text"] for each in received if way != "official:template")


def test_without_a_template_for_it_news_waits_for_the_persons_next_word(town: Town) -> None:
    first = town.deliver(town.tell(AYI, "路灯修好了"))
    second = town.deliver(town.tell(AYI, "垃圾清走了"))
    assert {first.state, second.state} == {NoticeState.WAITING}
    assert town.phones.inbox(AYI) == []
    reply = town.phones.say(AYI, text="在吗")
    assert "您有2条新消息" in reply
    assert reply.index("路灯修好了") < reply.index("垃圾清走了")
    assert {town.notice(each.id).state for each in (first, second)} == {NoticeState.SENT}
    assert {town.notice(each.id).sent_by for each in (first, second)} == {"official:passive"}
    # Told once is told.
    assert "新消息" not in town.phones.say(AYI, text="在吗")


def test_five_messages_go_into_a_window_and_the_sixth_waits(town: Town) -> None:
    spoken(town)
    notices = [town.deliver(town.tell(AYI, f"第{number}条")) for number in range(6)]
    assert [each.sent_by for each in notices] == ["official:customer"] * 5 + [""]
    assert notices[5].state is NoticeState.WAITING
    # The platform did not have to say no.
    assert town.phones.calls().count("/official/cgi-bin/message/custom/send") == 5
    assert "第5条" in town.phones.say(AYI, text="在吗")


def test_a_tap_opens_a_minute_for_three(town: Town) -> None:
    town.phones.say(AYI, event={"Event": "CLICK", "EventKey": "帮助"})
    notices = [town.deliver(town.tell(AYI)) for _ in range(4)]
    assert [each.sent_by for each in notices] == ["official:customer"] * 3 + [""]
    town.phones.say(LI, event={"Event": "CLICK", "EventKey": "帮助"})
    town.street.later(seconds=61)
    assert town.deliver(town.tell(LI)).sent_by == "wecom:app"


def test_only_the_channel_that_was_asked_for_is_used(town: Town) -> None:
    spoken(town, LI)
    assert town.deliver(town.tell(LI, channel="wecom")).sent_by == "wecom:app"
    assert town.deliver(town.tell(LI, channel="official")).sent_by == "official:customer"


def test_a_question_sent_later_can_be_tapped(town: Town) -> None:
    spoken(town)
    town.deliver(town.tell(AYI, "现在看进度吗？", choices=[["看进度", "进度"]]))
    [message] = town.phones.inbox(AYI)
    answer = town.phones.press(AYI, message["id"], "进度")
    assert "没有正在办的事" in answer["reply"]["text"]


def test_staff_are_told_by_wecom_first(town: Town) -> None:
    spoken(town, XU)
    town.phones.say(AYI, text="那个东西又那样了，你们来看看")
    town.street.dispatch()
    town.street.later(minutes=1)
    town.deliver_all()
    [desk] = town.street.notices(XU, kind=NoticeKind.DESK)
    assert desk.sent_by == "wecom:app"
    assert town.phones.inbox(XU, "official") == []


# ---------------------------------------------------------------- nobody is there


def test_who_left_everywhere_is_on_the_staffs_list(town: Town) -> None:
    spoken(town)
    town.phones.say(AYI, event="unsubscribe")
    notice = town.deliver(town.tell(AYI))
    assert notice.state is NoticeState.UNREACHABLE
    assert not [path for path in town.phones.calls() if "send" in path]


def test_who_turns_out_to_be_gone_is_on_the_staffs_list_at_once(open_town: Callable[..., Town]) -> None:
    town = open_town(official=TEMPLATE)
    # The platform forgot to say so: a template finds nobody there.
    nobody = town.street.huying
    with nobody.database.transaction() as session:
        session.merge(town.street.identity(AYI)).account = "o-long-gone"
    notice = town.deliver(town.tell("o-long-gone"))
    assert notice.state is NoticeState.UNREACHABLE
    assert not town.street.identity("o-long-gone").reachable
    assert town.deliver(town.tell("o-long-gone")).state is NoticeState.UNREACHABLE
    assert len([path for path in town.phones.calls() if "send" in path]) == 1


def test_who_comes_back_is_reached_again(town: Town) -> None:
    town.phones.say(AYI, event="unsubscribe")
    assert town.deliver(town.tell(AYI)).state is NoticeState.UNREACHABLE
    town.phones.say(AYI, event="subscribe")
    assert town.deliver(town.tell(AYI)).sent_by == "official:customer"


def test_who_left_the_corp_is_still_reached_on_the_official_account(town: Town) -> None:
    spoken(town, LI)
    town.phones.say(LI, "wecom", event="unsubscribe")
    with town.street.huying.database.transaction() as session:
        session.merge(town.street.identity(LI, "wecom")).reachable = True
    town.street.later(hours=49)
    notice = town.deliver(town.tell(LI))
    assert not town.street.identity(LI, "wecom").reachable
    assert notice.state is NoticeState.WAITING
    assert "路灯修好了" in town.phones.say(LI, text="在吗")


# ---------------------------------------------------------------- the platform says no


@pytest.mark.parametrize("code", ["45015", "45047"])
def test_a_window_the_platform_calls_shut_is_shut(open_town: Callable[..., Town], code: str) -> None:
    town = open_town(official=TEMPLATE)
    spoken(town)
    town.phones.fault(code)
    assert town.deliver(town.tell(AYI)).sent_by == "official:template"
    assert town.street.identity(AYI).window_left == 0
    calls = town.phones.calls()
    assert town.deliver(town.tell(AYI)).sent_by == "official:template"
    assert town.phones.calls()[len(calls) :] == ["/official/cgi-bin/message/template/send"]


def test_a_token_that_is_dead_for_ever_costs_few_calls_and_the_news_waits(open_town: Callable[..., Town]) -> None:
    town = open_town(official=TEMPLATE)
    spoken(town)
    town.phones.fault("token_dead")
    notice = town.deliver(town.tell(AYI))
    assert notice.state is NoticeState.WAITING
    assert "40001 invalid credential" in notice.error
    # Two ways, each tried at most twice, and the renewals between.
    assert len(town.phones.calls()) <= 9
    town.phones.mend()
    assert "路灯修好了" in town.phones.say(AYI, text="在吗")


def test_an_address_that_wecom_does_not_know_leaves_the_official_account(town: Town) -> None:
    spoken(town, XU)
    town.phones.fault("60020")
    notice = town.deliver(town.tell(XU, kind=NoticeKind.HANDED_BACK, channel=""))
    assert notice.sent_by == "official:customer"


@pytest.mark.parametrize("kind", ["45009", "busy", "html502", "reset"])
def test_what_may_pass_is_tried_again_later_and_not_for_ever(open_town: Callable[..., Town], kind: str) -> None:
    town = open_town(delivery={"attempts": 3})
    spoken(town)
    town.phones.fault(kind)
    notice_id = town.tell(AYI)
    calls = []
    for attempt in range(1, 4):
        before = len(town.phones.calls())
        notice = town.deliver(notice_id)
        calls.append(len(town.phones.calls()) - before)
        assert notice.attempts == attempt
        if attempt < 3:
            assert notice.state is NoticeState.PENDING
            assert notice.not_before > town.street.now
            assert notice.error
            # Not due yet: nobody is asked.
            assert town.deliver(notice_id).attempts == attempt
            town.street.times[0] = notice.not_before
    assert town.notice(notice_id).state is NoticeState.WAITING
    assert max(calls) <= 2
    town.phones.mend()
    assert "路灯修好了" in town.phones.say(AYI, text="在吗")


def test_a_platform_that_is_slow_is_not_waited_for(open_town: Callable[..., Town]) -> None:
    town = open_town(official={"timeout_seconds": 1})
    spoken(town)
    town.phones.fault("slow", delay_seconds=5)
    notice = town.deliver(town.tell(AYI))
    assert notice.state is NoticeState.PENDING
    town.phones.mend()
    town.street.later(minutes=1)
    assert town.deliver(notice.id).sent_by == "official:customer"


def test_what_passes_is_sent_once_it_has_passed(town: Town) -> None:
    spoken(town)
    town.phones.fault("busy", times=1)
    notice = town.deliver(town.tell(AYI))
    assert notice.state is NoticeState.PENDING
    town.street.times[0] = notice.not_before
    assert town.deliver(notice.id).state is NoticeState.SENT
    assert [each["text"] for each in town.phones.inbox(AYI)] == ["路灯修好了"]


# ---------------------------------------------------------------- cards


def offered(town: Town, words: str = NOISE) -> None:
    """A report that is offered to two members."""
    town.phones.say(AYI, text=words)
    town.street.dispatch()
    town.deliver_all()


def cards(town: Town, who: str) -> list[dict[str, object]]:
    return [entry for entry in town.phones.inbox(who, "wecom") if entry["type"] == "template_card"]


def texts(town: Town, who: str) -> list[str]:
    return [entry["text"] for entry in town.phones.inbox(who, "wecom") if entry["type"] == "text"]


def test_words_come_with_the_card_until_a_card_was_pressed_and_then_only_the_card(town: Town) -> None:
    offered(town)
    [card] = cards(town, LI)
    assert len(texts(town, LI)) == 1
    assert "接单" in texts(town, LI)[0]
    # What stands in the text is not said twice, nor what stands in the title.
    assert NOISE not in str(card)
    town.phones.press(LI, str(card["id"]), accept_key(card))
    before = len(texts(town, LI))
    assert town.street.identity(LI, "wecom").cards
    offered(town, "滨江雅苑3栋楼下广场舞的喇叭太吵了")
    alone = cards(town, LI)[1]
    assert "广场舞的喇叭太吵" in str(alone)
    assert "【想请您帮忙】" not in str(alone)
    assert [text for text in texts(town, LI)[before:] if "想请您帮忙" in text] == []


def keys(card: dict[str, object]) -> list[str]:
    return [button["key"] for button in card["buttons"]]  # type: ignore[attr-defined]


def accept_key(card: dict[str, object]) -> str:
    return next(key for key in keys(card) if key.startswith("接单"))


def test_a_pressed_card_says_so_and_its_words_are_pushed(town: Town) -> None:
    offered(town)
    [card] = cards(town, LI)
    answer = town.phones.press(LI, str(card["id"]), accept_key(card))
    assert answer["deliveries"][0]["error"] is None
    assert town.phones.inbox(LI, "wecom", passive=None)[-1]["of"] == card["id"]
    [pressed] = cards(town, LI)
    assert pressed["replaced"] == "已接单"
    assert pressed["version"] != card["version"]
    town.deliver_all()
    assert texts(town, LI)[-1].startswith("接单成功")


def test_the_cards_of_a_task_that_is_taken_change_for_everybody(town: Town) -> None:
    offered(town)
    [card] = cards(town, LI)
    [other] = cards(town, SUN)
    town.phones.press(LI, str(card["id"]), accept_key(card))
    town.street.huying.delivery.update_cards()
    assert "已接单" in str(cards(town, LI)[0])
    assert "已被接走" in str(cards(town, SUN)[0])
    # A code works once: nothing is tried again.
    before = len(town.phones.calls())
    town.street.huying.delivery.update_cards()
    assert len(town.phones.calls()) == before


def test_a_card_that_arrives_after_the_task_was_taken_is_taken_back(town: Town) -> None:
    town.phones.say(AYI, text=NOISE)
    town.street.dispatch()
    number = town.street.tickets()[0].number
    [late] = town.street.notices(SUN, kind=NoticeKind.OFFER)
    with town.street.huying.database.transaction() as session:
        outboxes.claim(session, late.id, now=town.street.now, lease=timedelta(seconds=30))
    assert town.phones.say(LI, "wecom", text=f"接单 {number}").startswith("接单成功")
    # The worker that had it is gone; whoever takes it over finds that it is over.
    town.street.later(seconds=31)
    assert town.deliver(late.id).state is NoticeState.DROPPED
    assert cards(town, SUN) == []


# ---------------------------------------------------------------- many workers


def test_a_notice_of_a_worker_that_died_is_sent_by_another_after_its_lease(town: Town) -> None:
    spoken(town)
    notice_id = town.tell(AYI)
    with town.street.huying.database.transaction() as session:
        assert outboxes.claim(session, notice_id, now=town.street.now, lease=timedelta(seconds=30)) is not None
    assert town.deliver(notice_id).state is NoticeState.SENDING
    town.street.later(seconds=29)
    assert town.deliver(notice_id).state is NoticeState.SENDING
    assert town.phones.inbox(AYI) == []
    town.street.later(seconds=1)
    assert town.deliver(notice_id).state is NoticeState.SENT
    assert len(town.phones.inbox(AYI)) == 1


def test_two_workers_never_send_the_same_notice_twice(both_towns: Town) -> None:
    town = both_towns
    spoken(town)
    ids = [town.tell(AYI, f"第{number}条") for number in range(3)]
    at_once(8, lambda index: town.street.huying.delivery.deliver(ids[index % 3]))
    assert sorted(each["text"] for each in town.phones.inbox(AYI)) == ["第0条", "第1条", "第2条"]
    assert {town.notice(each).state for each in ids} == {NoticeState.SENT}
    assert {town.notice(each).attempts for each in ids} == {1}


def test_ten_thousand_failing_deliveries_are_not_all_remembered(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="dramatiq")
    tried: list[object] = []

    def fail(notice_id: object) -> None:
        tried.append(notice_id)
        raise ValueError("a bug")

    tasks = Tasks(make_broker("embedded"), deliver=fail, dispatch=fail, update_cards=lambda: None, fetch=fail, ask=fail)
    for notice_id in range(5_000):
        tasks.deliver.send(notice_id)
        # Nobody came for it within an hour: the queue gives it up.
        tasks.broker.enqueue(tasks.deliver.message(notice_id).copy(message_timestamp=0))
    workers = tasks.workers(threads=2)
    workers.start()
    tasks.join(failures=True)
    workers.stop(seconds=10)
    assert len(tried) == 5_000
    letters: dict[str, deque[object]] = tasks.broker.dead_letters_by_queue  # type: ignore[attr-defined]
    assert sum(map(len, letters.values())) == DEAD_LETTERS
    tasks.broker.close()
