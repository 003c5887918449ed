"""One event told by several neighbours: asked whether it is the same, joined, all of them told, all of them judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from handlers.turn import Reply
from models.ticket import Ending, TicketState
from scheduler import jobs
from tests.handlers.conftest import OFFICIAL, WECOM, Street

MEMBER, OTHER_MEMBER, STAFF, STREET_STAFF = "demo-member-1", "demo-member-4", "demo-staff-1", "demo-street-1"
SAID = "香樟花园6栋2单元半夜装修太吵，电钻响到十二点"
SAID_TOO = "香樟花园6栋半夜有人装修，电钻声太吵了睡不着"
SAID_LAST = "我们6栋半夜装修电钻太吵，香樟花园6栋1单元302室听得清清楚楚"


@dataclass
class Neighbour:
    """Somebody with a phone on one of the platforms."""

    street: Street
    who: str
    on: str

    def say(self, text: str) -> str:
        return self.reply(text).text

    def reply(self, text: str) -> Reply:
        return self.street.say(self.who, text, on=self.on)

    def told(self) -> list[str]:
        return self.street.told(self.who, on=self.on)

    def reports(self, text: str) -> str:
        """The number of their report, the words that answer it read."""
        taken = self.say(text)
        assert taken.startswith("已受理，编号 ")
        return taken.split("-")[1][:4]

    def joins(self, text: str) -> str:
        """The number of a report that is one event with an earlier one, in their own words."""
        number = self.reports(text)
        [asked] = self.told()
        assert "是同一件事吗？" in asked
        assert "合在一起办" in self.say("是")
        return number


@dataclass
class Neighbours:
    """Three of them, one after the other."""

    first: Neighbour
    second: Neighbour
    third: Neighbour

    def __iter__(self) -> Iterator[Neighbour]:
        return iter((self.first, self.second, self.third))


@pytest.fixture(params=[OFFICIAL, WECOM])
def neighbours(request: pytest.FixtureRequest, street: Street) -> Neighbours:
    return Neighbours(*(Neighbour(street, f"neighbour-{number}", request.param) for number in (1, 2, 3)))


def merged(street: Street, neighbours: Neighbours) -> None:
    """0001, told again as 0002 and 0003, and nobody has taken it yet."""
    street.once(("merged", neighbours.first.on), lambda: _merged(street, neighbours))


def _merged(street: Street, neighbours: Neighbours) -> None:
    first, second, third = neighbours
    assert first.reports(SAID) == "0001"
    street.drain()
    assert second.joins(SAID_TOO) == "0002"
    assert third.joins(SAID_LAST) == "0003"
    for each in neighbours:
        each.told()


def finished(street: Street, neighbours: Neighbours) -> None:
    """The three are asked to judge what 李建国 did."""
    street.once(("finished", neighbours.first.on), lambda: _finished(street, neighbours))


def _finished(street: Street, neighbours: Neighbours) -> None:
    _merged(street, neighbours)
    street.say(MEMBER, "接单 0001")
    street.drain()
    for each in neighbours:
        each.told()
    street.say(MEMBER, "办结 0001 和楼上说好了，十点以后不施工")


# ---------------------------------------------------------------- the question


def test_whoever_tells_the_same_event_is_asked_and_nothing_private_is_shown(
    street: Street, neighbours: Neighbours
) -> None:
    first, second, _ = neighbours
    first.reports("香樟花园6栋2单元602室半夜装修太吵，电钻响到十二点，我姓王，电话13800001234")
    street.drain()
    assert second.reports(SAID_TOO) == "0002"
    [asked] = second.told()
    assert asked == (
        "今天上午有 1 位邻居说到：噪音扰民 · 香樟花园6栋，正在等人接单。\n"
        "和您反映的噪音扰民（编号 0002）是同一件事吗？\n"
        "1 是，有消息一起告诉我\n"
        "2 不是，是另一件事"
    )
    for private in ("602", "王", "1380", "0001", "电钻"):
        assert private not in asked


@pytest.mark.parametrize("yes", ["1", "是", "是的。", "①"])
def test_yes_joins_the_earlier_matter(street: Street, neighbours: Neighbours, yes: str) -> None:
    first, second, _ = neighbours
    first.reports(SAID)
    street.drain()
    second.reports(SAID_TOO)
    second.told()
    assert "您的编号还是 0002" in second.say(yes)
    assert street.ticket("0002").state is TicketState.MERGED
    assert street.history("0002") == ["open", "merge"]
    assert street.history("0001") == ["open", "offer", "gather"]
    street.advance(minutes=10)
    assert "offer" not in street.history("0002")
    assert street.history_is_whole()


@pytest.mark.parametrize("no", ["2", "不是", "不是，是另一件事"])
def test_no_leaves_both_and_never_asks_again(street: Street, neighbours: Neighbours, no: str) -> None:
    first, second, _ = neighbours
    first.reports(SAID)
    street.drain()
    second.reports(SAID_TOO)
    second.told()
    assert second.say(no) == "好的，0002 单独办，有进展我马上告诉您。"
    street.drain()
    assert [street.ticket(short).state for short in ("0001", "0002")] == [TicketState.OFFERED] * 2
    second.say("位置错了，是香樟花园6栋3单元")
    street.drain()
    assert not any("同一件事" in told for told in second.told())


def test_words_after_the_number_are_kept(street: Street, neighbours: Neighbours) -> None:
    first, second, _ = neighbours
    first.reports(SAID)
    street.drain()
    second.reports(SAID_TOO)
    second.told()
    second.say("1 今天凌晨还在响")
    assert street.words("0001") == [SAID, "今天凌晨还在响"]


def test_while_it_is_asked_the_matter_waits_five_minutes_for_the_answer_and_no_longer(
    street: Street, neighbours: Neighbours
) -> None:
    first, second, _ = neighbours
    first.reports(SAID)
    street.drain()
    second.reports(SAID_TOO)
    street.drain()
    assert street.ticket("0002").state is TicketState.NEW
    street.advance(minutes=5)
    assert street.ticket("0002").state is TicketState.OFFERED
    second.told()
    assert "合在一起办" in second.say("1")


def test_a_digit_that_comes_after_another_push_asks_which(street: Street, neighbours: Neighbours) -> None:
    first, second, _ = neighbours
    other = second.reports("香樟花园3栋的路灯坏了，楼道一片黑")
    first.reports(SAID)
    street.drain()
    second.reports(SAID_TOO)
    assert any("是同一件事吗" in told for told in second.told())
    street.say(STAFF, f"办结 {other} 灯泡换好了")
    assert "请评价" in second.told()[-1]
    before = street.rows()["tickets"]
    asked = second.reply("1")
    assert "您这是在答哪一件" in asked.text
    assert street.rows()["tickets"] == before
    assert [choice.label for choice in asked.choices] == ["0001：解决了，满意", "是，有消息一起告诉我"]
    assert "合在一起办" in street.choose(second.who, asked, 2, on=second.on).text


def test_a_bare_no_means_nothing_once_nothing_is_asked(street: Street, neighbours: Neighbours) -> None:
    first, *_ = neighbours
    first.reports(SAID)
    first.say("不是")
    assert street.ticket("0001").state is not TicketState.MERGED


def test_yes_to_a_matter_that_is_over_leaves_ones_own_as_it_is(street: Street, neighbours: Neighbours) -> None:
    first, second, _ = neighbours
    first.reports(SAID)
    street.drain()
    second.reports(SAID_TOO)
    second.told()
    first.say("撤单 0001")
    assert second.say("1") == "那件事已经有了结果，0002 照样单独办，有进展我马上告诉您。"
    assert street.ticket("0002").state is TicketState.NEW


def test_nobody_answers_a_neighbours_question(street: Street, neighbours: Neighbours) -> None:
    first, second, third = neighbours
    first.reports(SAID)
    street.drain()
    second.reports(SAID_TOO)
    second.told()
    street.tap(third.who, "!same 1", on=third.on)
    assert street.ticket("0002").state is TicketState.NEW


def test_two_matters_of_one_building_are_not_asked_about(street: Street, neighbours: Neighbours) -> None:
    first, second, _ = neighbours
    first.reports(SAID)
    street.drain()
    second.reports("香樟花园6栋楼道里堆满了垃圾，好几天没人清理")
    assert not any("同一件事" in told for told in second.told())


def test_in_an_emergency_nobody_is_asked_whether_it_is_the_same(street: Street, neighbours: Neighbours) -> None:
    first, second, _ = neighbours
    first.say("香樟花园6栋着火了，好大的烟")
    street.drain()
    second.say("香樟花园6栋着火了，快来人")
    assert not any("同一件事" in told for told in second.told())


# ---------------------------------------------------------------- everybody hears, everybody judges


def test_three_neighbours_hear_the_news_under_their_own_numbers_and_each_judges(
    street_on_both: Street,
) -> None:
    street = street_on_both
    neighbours = Neighbours(
        Neighbour(street, "neighbour-1", OFFICIAL),
        Neighbour(street, "neighbour-2", WECOM),
        Neighbour(street, "neighbour-3", OFFICIAL),
    )
    merged(street, neighbours)
    street.say(MEMBER, "接单 0001")
    street.drain()
    street.say(MEMBER, "到场 0001")
    for each, number in zip(neighbours, ("0001", "0002", "0003"), strict=True):
        accepted, arrived = each.told()
        assert f"（编号 {number}）有人接了：下沉党员 李师傅" in accepted
        assert f"（编号 {number}）：下沉党员 李师傅到现场了" in arrived
    street.say(MEMBER, "办结 0001 和302室的楼上说好了")
    for each, number in zip(neighbours, ("0001", "0002", "0003"), strict=True):
        asked = each.told()[-1]
        assert f"（编号 {number}）办完了" in asked
        assert ("302" in asked) == (number == "0001")
    assert "编号 0003 记下了" in neighbours.third.say("1")
    assert street.ticket("0001").state is TicketState.RESOLVED
    assert "编号 0001 记下了" in neighbours.first.say("评价 0001 2")
    assert "0001 您已经评过了" in neighbours.first.say("评价 0001 1")
    assert "编号 0002 已结" in neighbours.second.say("1")
    ticket = street.ticket("0001")
    assert (ticket.state, ticket.ending) == (TicketState.CLOSED, Ending.EVALUATED)
    assert [row[4] for row in street.rows()["evaluations"]] == [1, 2, 1]
    assert street.history("0001")[-3:] == ["evaluate"] * 3
    assert street.history_is_whole()


def test_not_solved_from_one_of_them_reopens_it_once_and_the_others_hear_of_it(
    street: Street, neighbours: Neighbours
) -> None:
    finished(street, neighbours)
    first, second, third = neighbours
    for each in neighbours:
        each.told()
    assert "编号 0001 记下了" in first.say("1")
    assert "编号 0003 已经退回" in third.say("3 夜里还是吵")
    ticket = street.ticket("0001")
    assert (ticket.state, ticket.reopened) == (TicketState.NEW, 1)
    for each, number in ((first, "0001"), (second, "0002")):
        [told] = each.told()
        assert f"（编号 {number}），有邻居说还没解决，已经退回重办" in told
        assert "夜里" not in told
    assert third.told() == []
    assert "0002 现在是" in second.say("评价 0002 3")
    assert street.ticket("0001").reopened == 1


def test_a_slip_of_one_of_them_is_taken_back_and_the_others_may_still_judge(
    street: Street, neighbours: Neighbours
) -> None:
    finished(street, neighbours)
    first, second, third = neighbours
    for each in neighbours:
        each.told()
    second.say("3")
    assert "编号 0002 记下了" in second.say("改评 0002 1")
    assert street.ticket("0001").state is TicketState.RESOLVED
    first.say("评价 0001 1")
    assert "编号 0003 已结" in third.say("评价 0003 2")


def test_an_old_answer_is_not_changed_after_a_neighbour_had_it_done_again(
    street: Street, neighbours: Neighbours
) -> None:
    finished(street, neighbours)
    first, second, _ = neighbours
    for each in neighbours:
        each.told()
    first.say("1")
    second.say("3 还是吵")
    street.drain()
    street.say(STAFF, "办结 0001 又去说了一次")
    assert "0001 现在是待评" in first.say("改评 0001 3")
    assert street.ticket("0001").reopened == 1
    assert "编号 0001 记下了" in first.say("评价 0001 2")


def test_only_who_is_silent_is_reminded_and_told_of_the_end(street: Street, neighbours: Neighbours) -> None:
    finished(street, neighbours)
    first, second, third = neighbours
    for each in neighbours:
        each.told()
    second.say("1")
    street.advance(hours=25)
    assert [("请评价" in "".join(each.told())) for each in (first, second, third)] == [True, False, True]
    street.advance(days=7)
    heads = {each.who: "".join([*each.told(), each.say("你好")]) for each in neighbours}
    assert ["先收起来了" in heads[each.who] for each in (first, second, third)] == [True, False, True]
    ticket = street.ticket("0001")
    assert (ticket.state, ticket.ending) == (TicketState.CLOSED, Ending.EVALUATED)
    assert "已经过了可以评价的时间" in first.say("评价 0001 1")


def test_progress_of_a_followers_number_shows_how_the_matter_stands(street: Street, neighbours: Neighbours) -> None:
    merged(street, neighbours)
    first, second, third = neighbours
    first.say("补充 0001 我家602室都听得见")
    street.say(MEMBER, "接单 0001")
    street.drain()
    shown = second.say("进度 0002")
    assert shown.startswith("编号 261123-0002：噪音扰民 · 香樟花园6栋\n")
    assert "您说了这件事" in shown
    assert "和邻居说的同一件事合在一起办" in shown
    assert "有人接单" in shown
    assert "有邻居" not in shown
    assert "现在：已接，有人在办" in shown
    for private in ("补充", "602", "0001", "0003"):
        assert private not in shown
    assert third.say("进度").startswith("编号 261123-0003：")
    assert "有邻居说了同一件事" in first.say("进度 0001")


def test_what_a_follower_adds_reaches_whoever_has_it_and_no_neighbour(street: Street, neighbours: Neighbours) -> None:
    merged(street, neighbours)
    street.say(MEMBER, "接单 0001")
    street.drain()
    for each in neighbours:
        each.told()
    street.told(MEMBER)
    first, second, third = neighbours
    assert "补在 0002 里了" in second.say("补充 0002 周末也吵")
    assert any("周末也吵" in told for told in street.told(MEMBER))
    second.say("留言 0002 请晚上八点来")
    assert any("请晚上八点来" in told for told in street.told(MEMBER))
    street.say(MEMBER, "留言 0001 好的，八点到")
    assert "八点到" in second.told()[-1]
    assert first.told() == []
    assert third.told() == []
    assert "催过了" in third.say("催办 0003")
    assert "0002 已经催过一次" in second.say("催办 0002")


def test_a_photo_of_a_follower_goes_with_the_matter(street: Street, neighbours: Neighbours) -> None:
    merged(street, neighbours)
    street.photo(neighbours.third.who, on=neighbours.third.on)
    assert len(street.attachments("0001")) == 1


def test_held_and_rejected_are_told_to_everybody(street: Street, neighbours: Neighbours) -> None:
    merged(street, neighbours)
    street.say(STAFF, "挂起 0001 到 11-30 等物业约谈")
    assert [("等物业约谈" in "".join(each.told())) for each in neighbours] == [True] * 3
    street.advance(days=8)
    heard = ["".join([*each.told(), each.say("你好")]) for each in neighbours]
    assert ["接着办了" in words for words in heard] == [True] * 3
    for each in neighbours:
        each.told()
    street.say(STAFF, "不予受理 0001 请找物业公司")
    assert [("请找物业公司" in "".join(each.told())) for each in neighbours] == [True] * 3


# ---------------------------------------------------------------- undone


def test_unmerged_a_matter_goes_its_own_way_with_its_own_clock(street: Street, neighbours: Neighbours) -> None:
    merged(street, neighbours)
    street.advance(minutes=10)
    for each in neighbours:
        each.told()
    assert "0003 分开单独办了（待派）" in neighbours.third.say("拆开 0003")
    ticket = street.ticket("0003")
    assert (ticket.state, ticket.merged_into_id) == (TicketState.NEW, None)
    assert ticket.due_at is not None
    assert ticket.due_at > street.now
    assert street.history("0003") == ["open", "merge", "unmerge"]
    assert street.history("0001")[-1] == "part"
    street.drain()
    assert street.ticket("0003").state is TicketState.OFFERED
    assert not any("同一件事吗" in told for told in neighbours.third.told())
    street.say(MEMBER, "接单 0001")
    assert neighbours.third.told() == []
    assert "编号 0002" in neighbours.second.told()[-1]


def test_staff_merge_and_undo_in_chat(street: Street, neighbours: Neighbours) -> None:
    first, second, _ = neighbours
    first.reports("香樟花园6栋那个事情你们知道吧")
    second.reports("香樟花园6栋那个事情到底怎么说")
    street.drain()
    assert "已并入 0001" in street.say(STAFF, "合并 0002 0001").text
    assert "拆开 0002" in second.told()[-1]
    assert "0002 分开单独办了" in street.say(STAFF, "拆开 0002").text
    assert "不是同一件事，分开单独办" in second.told()[-1]
    assert street.ticket("0002").state is TicketState.NEW


def test_a_neighbour_cannot_take_somebody_elses_matter_apart(street: Street, neighbours: Neighbours) -> None:
    merged(street, neighbours)
    assert "没有编号 0002" in neighbours.first.say("拆开 0002")
    assert street.ticket("0002").state is TicketState.MERGED


# ---------------------------------------------------------------- somebody leaves


def test_the_matter_goes_on_when_its_reporter_takes_it_back(street: Street, neighbours: Neighbours) -> None:
    merged(street, neighbours)
    street.say(MEMBER, "接单 0001")
    street.drain()
    for each in neighbours:
        each.told()
    street.told(MEMBER)
    first, second, third = neighbours
    assert "0001 撤回了" in first.say("撤单 0001")
    [heard] = street.told(MEMBER)
    assert "改用编号 0002，请接着办" in heard
    assert second.told() == []
    assert street.ticket("0001").state is TicketState.WITHDRAWN
    heir = street.ticket("0002")
    assert (heir.state, heir.assignee_id) == (TicketState.ACCEPTED, street.person(MEMBER).id)
    assert street.ticket("0003").merged_into_id == heir.id
    street.say(MEMBER, "办结 0002 说好了")
    assert "（编号 0002）办完了" in second.told()[-1]
    assert "（编号 0003）办完了" in third.told()[-1]
    assert first.told() == []
    second.say("1")
    assert "编号 0003 已结" in third.say("1")
    assert street.history_is_whole()


def test_who_judged_before_the_reporter_left_is_not_asked_again(street: Street, neighbours: Neighbours) -> None:
    finished(street, neighbours)
    first, second, third = neighbours
    for each in neighbours:
        each.told()
    second.say("1")
    first.say("撤单 0001")
    assert "0002 您已经评过了" in second.say("评价 0002 1")
    assert "编号 0003 已结" in third.say("2")
    assert street.ticket("0002").ending is Ending.EVALUATED


def test_offers_of_a_matter_taken_back_are_made_again_for_the_next_neighbour(
    street: Street, neighbours: Neighbours
) -> None:
    merged(street, neighbours)
    neighbours.first.say("撤单 0001")
    street.drain()
    assert street.ticket("0002").state is TicketState.OFFERED
    assert "接单成功，编号 0002" in street.say(MEMBER, "接单 0002").text
    assert "（编号 0003）有人接了" in neighbours.third.told()[-1]


def test_a_follower_who_takes_theirs_back_is_waited_for_no_longer(street: Street, neighbours: Neighbours) -> None:
    finished(street, neighbours)
    first, second, third = neighbours
    for each in neighbours:
        each.told()
    first.say("1")
    second.say("1")
    assert "0003 撤回了" in third.say("撤单 0003")
    assert street.ticket("0003").state is TicketState.WITHDRAWN
    assert (street.ticket("0001").state, street.ticket("0001").ending) == (TicketState.CLOSED, Ending.EVALUATED)


def test_whoever_erases_themselves_leaves_the_neighbours_their_matter(street: Street, neighbours: Neighbours) -> None:
    merged(street, neighbours)
    asked = neighbours.first.reply("删除我的信息")
    street.choose(neighbours.first.who, asked, 1, on=neighbours.first.on)
    asked = neighbours.third.reply("删除我的信息")
    street.choose(neighbours.third.who, asked, 1, on=neighbours.third.on)
    assert [street.ticket(short).state for short in ("0001", "0003")] == [TicketState.WITHDRAWN] * 2
    assert street.ticket("0002").state in (TicketState.NEW, TicketState.OFFERED)


def test_a_member_neither_takes_nor_judges_what_is_their_own_matter_too(street: Street) -> None:
    street.say("neighbour-1", SAID)
    street.drain()
    street.say(MEMBER, SAID_TOO)
    assert any("是同一件事吗" in told for told in street.told(MEMBER))
    street.say(MEMBER, "接单 0001")
    street.say(MEMBER, "是")
    street.drain()
    street.say(MEMBER, "办结 0001 说好了")
    assert not any("请评价" in told for told in street.told(MEMBER))
    assert "已结" in street.say("neighbour-1", "评价 0001 1").text


def test_the_jobs_may_look_twice(street: Street, neighbours: Neighbours) -> None:
    first, second, _ = neighbours
    first.reports(SAID)
    street.drain()
    second.reports(SAID_TOO)
    ticket = street.ticket("0002")
    street.huying.tasks.dispatch([ticket.id])
    street.huying.tasks.dispatch([ticket.id])
    jobs.sweep(street.huying, street.now)
    assert len([told for told in second.told() if "同一件事" in told]) == 1


def own_matters(street: Street) -> Neighbour:
    """Somebody who told one thing twice."""
    resident = Neighbour(street, "demo-resident-1", OFFICIAL)
    for said in (SAID, SAID_TOO):
        resident.reports(said)
        street.advance(minutes=1)
    [asked] = [told for told in resident.told() if "同一件事吗" in told]
    assert asked.startswith("您今天上午也反映过")
    return resident


def test_ones_own_two_matters_are_kept_as_one_number(street: Street) -> None:
    resident = own_matters(street)
    answer = resident.say("1")
    assert "两件都记在编号 0001 里" in answer
    assert "拆开 0002" in answer
    assert "邻居" not in resident.say("进度 0001") + resident.say("进度 0002")


def test_staff_who_put_ones_own_matters_together_speak_of_no_neighbour(street: Street) -> None:
    resident = own_matters(street)
    street.say(STAFF, "合并 0002 0001")
    [told] = resident.told()
    assert "（编号 0002）和您说的 0001 是同一件事，合在一起办了" in told
    assert "两件都记在编号 0001 里" in told
    street.say(STAFF, "拆开 0002")
    [told] = resident.told()
    assert "（编号 0002）和您说的 0001 不是同一件事，分开单独办" in told


def test_whoever_takes_their_one_matter_back_takes_both_numbers_of_it_back(street: Street) -> None:
    resident = own_matters(street)
    resident.say("1")
    assert "0001 撤回了" in resident.say("撤单 0001")
    assert {each.state for each in street.tickets()} == {TicketState.WITHDRAWN}
    assert street.history_is_whole()


def test_whoever_is_forgotten_leaves_both_numbers_of_their_one_matter(street: Street) -> None:
    resident = own_matters(street)
    resident.say("1")
    resident.say("删除我的信息")
    assert "已经删除" in resident.say("1")
    assert {each.state for each in street.tickets()} == {TicketState.WITHDRAWN}
