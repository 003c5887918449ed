"""What people say next, and who hears of it: the end of an alarm, a time to come, why it was not good, how it was taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from models import splitting
from models.person import Person
from models.ticket import Ticket, TicketState
from nlp.danger import Danger
from tests.handlers.conftest import WECOM, Street, both_platforms
from tests.handlers.test_limits import china
from texts import residents, services

RESIDENT, NEIGHBOUR, MEMBER, GRID = "demo-resident-1", "demo-resident-2", "demo-member-1", "demo-grid-1"
STAFF, STREET = "demo-staff-1", "demo-street-1"
NOISE = "香樟花园6栋2单元半夜装修太吵"
HAIR = "香樟花园6栋，奶奶下不了床，有没有人能上门理发"


def heard(street: Street, who: str) -> str:
    return "\n".join(street.told(who))


# ---------------------------------------------------------------- an alarm goes on


@both_platforms
@pytest.mark.parametrize(
    ("alarm", "news"),
    [
        ("香樟花园6栋有人晕倒了", "已经送医院了，谢谢"),
        # What ends an alarm may sound like one.
        ("香樟花园6栋着火了", "明火扑灭了，没有人受伤"),
    ],
)
def test_how_an_alarm_goes_on_is_news_for_those_alarmed_and_ends_nothing(
    street: Street, on: str, alarm: str, news: str
) -> None:
    street.say(RESIDENT, alarm, on=on)
    street.told(STAFF)
    reply = street.say(RESIDENT, news, on=on).text
    assert "转给值班的同志（编号 0001）" in reply
    assert f"居民又说：\n“{news}”" in heard(street, STAFF)
    [ticket] = street.tickets()
    assert ticket.state is TicketState.NEW
    assert street.words("0001")[-1] == news


def test_new_danger_beside_the_end_of_another_still_alarms(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋着火了")
    for words in ("火灭了，不过楼下又着了", "人出来了，还有一个老人被困在里面"):
        street.told(STAFF)
        assert street.say(RESIDENT, words).text.startswith("请马上拨打 119")
        assert "已请居民先打报警" in heard(street, STAFF)


def test_another_matter_beside_the_end_is_a_matter_of_its_own(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋着火了")
    assert "已受理" in street.say(RESIDENT, "火灭了，另外香樟花园3栋路灯坏了").text
    assert len(street.tickets(RESIDENT)) == 2


def test_only_whoever_raised_an_alarm_lately_speaks_of_its_end(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋着火了")
    assert "已受理" in street.say(NEIGHBOUR, "火灭了").text
    assert street.say(RESIDENT, "谢谢").text == "不客气，有事随时叫我。"
    street.advance(hours=25)
    assert "已受理" in street.say(RESIDENT, "火灭了").text


def test_whoever_is_alarmed_later_reads_what_has_been_said_since(street: Street) -> None:
    street.at(china(11, 23, 10))
    street.say(RESIDENT, "香樟花园6栋有人晕倒了")
    street.drain()
    street.say(RESIDENT, "已经送医院了")
    street.told(STAFF)
    street.at(china(11, 23, 10, 12))
    assert "居民后来说：\n“已经送医院了”\n起先说“香樟花园6栋有人晕倒了”" in heard(street, STAFF)


@both_platforms
def test_an_alarm_goes_on_until_somebody_has_looked_and_says_that_the_resident_says_it_is_over(
    street: Street, on: str
) -> None:
    street.at(china(11, 23, 10))
    street.say(RESIDENT, "香樟花园6栋着火了", on=on)
    street.drain()
    street.say(RESIDENT, "火灭了，谢谢", on=on)
    assert "请跟居民核实、去看一眼；真的没事了，回复“办结 0001 加一句话”。" in heard(street, STAFF)
    street.at(china(11, 23, 10, 12))
    again = heard(street, STAFF)
    assert "【紧急】着火 · 香樟花园6栋，编号 0001，居民后来说：\n“火灭了，谢谢”\n起先说“香樟花园6栋着火了”" in again
    assert "还是去看一眼" in again
    assert "已请居民先打报警" not in again
    # What is said besides does not hide it, and what is worse does.
    street.say(RESIDENT, "香樟花园6栋", on=on)
    street.told(STAFF)
    street.at(china(11, 23, 10, 24))
    assert "居民后来说：\n“火灭了，谢谢”" in heard(street, STAFF)
    street.say(RESIDENT, "又着火了", on=on)
    assert "又说“又着火了”\n已请居民先打报警" in heard(street, STAFF)
    street.told(STREET)
    street.at(china(11, 23, 10, 36))
    assert "又说“又着火了”\n已请居民先打报警" in heard(street, STREET)


def test_those_alarmed_are_told_to_call_only_who_can_be_called(street: Street) -> None:
    street.say(NEIGHBOUR, "着火了")
    told = heard(street, STAFF)
    assert "居民没留电话，请现在就回复“留言 0001 请问在哪里”。" in told
    street.say(NEIGHBOUR, "香樟花园6栋")
    told = heard(street, STAFF)
    assert "居民没留电话，请现在就到现场看；要问什么，回复“留言 0001 加上您的话”。" in told
    assert "打电话，" not in told
    with street.huying.database.transaction() as session:
        session.get_one(Person, street.person(NEIGHBOUR).id).phone = "13900000001"
    street.say(NEIGHBOUR, "又着火了")
    told = heard(street, STAFF)
    assert "请现在就给居民打电话，到现场看。" in told
    assert "没留电话" not in told


def test_an_emergency_is_named_after_its_danger_and_shows_who_was_alarmed_and_who_answered(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋有人晕倒了")
    assert "【紧急】有人急病受伤 · 香樟花园6栋" in heard(street, STAFF)
    ticket = street.ticket("0001")
    assert (ticket.category, ticket.understood) == ("medical", True)
    assert "【紧急】0001 有人急病受伤 · 香樟花园6栋" in street.say(STAFF, "待派", on=WECOM).text
    street.say(STAFF, "留言 0001 马上到", on=WECOM)
    told = street.say(RESIDENT, "进度 0001").text
    assert "编号 261123-0001：有人急病受伤 · 香樟花园6栋" in told
    name = street.person(STAFF).name
    assert "通知了" in told
    assert f"社区的{name}带了话" in told


@both_platforms
def test_the_place_alone_of_an_alarm_whose_place_is_known_goes_to_the_alarm(street: Street, on: str) -> None:
    street.say(RESIDENT, "香樟花园6栋着火了", on=on)
    street.say(RESIDENT, "又着火了", on=on)
    street.told(STAFF)
    assert "知道了，香樟花园6栋。" in street.say(RESIDENT, "香樟花园6栋", on=on).text
    assert "居民又说：\n“香樟花园6栋”" in heard(street, STAFF)
    assert "知道了，香樟花园6栋2单元。" in street.say(RESIDENT, "在6栋2单元，快来", on=on).text
    assert "香樟花园6栋2单元" in heard(street, STAFF)
    [ticket] = street.tickets()
    assert ticket.place == "香樟花园6栋2单元"
    street.say(RESIDENT, "滨江雅苑3栋", on=on)
    assert street.ticket("0001").place == "滨江雅苑3栋"


@both_platforms
@pytest.mark.parametrize(("alarm", "place"), [("江湾小区着火了", "江湾小区"), ("江湾街道着火了", "江湾街道")])
def test_where_nobody_could_go_is_told_as_it_was_said_and_asked_for(
    street: Street, on: str, alarm: str, place: str
) -> None:
    reply = street.say(RESIDENT, alarm, on=on).text
    assert reply.startswith("请马上拨打 119")
    assert "您在哪个小区、几栋？" in reply
    # As of every place nobody knows: everybody at the desks around is alarmed.
    for who in (STAFF, STREET):
        assert f"【紧急】着火 · {place}，编号 0001" in heard(street, who)
    assert "知道了，香樟花园6栋。" in street.say(RESIDENT, "香樟花园6栋", on=on).text
    assert "香樟花园6栋" in heard(street, STAFF)
    [ticket] = street.tickets()
    assert ticket.place == "香樟花园6栋"


@both_platforms
@pytest.mark.parametrize("cry", ["香樟花园6栋，快来", "香樟花园6栋快来人", "快来人啊，香樟花园6栋"])
def test_a_cry_that_names_no_danger_is_answered_with_all_numbers_and_asked_what_it_is(
    street: Street, on: str, cry: str
) -> None:
    reply = street.say(RESIDENT, cry, on=on).text
    assert reply.startswith("请马上拨打 110；着火、有人被困打 119，有人急病、受伤打 120。")
    assert reply.split("\n")[3] == "出了什么事？说一句就行，好让来的人有准备。"
    assert "【紧急】有人呼救 · 香樟花园6栋，编号 0001" in heard(street, STAFF)
    reply = street.say(RESIDENT, "有人晕倒了", on=on).text
    assert reply.startswith("请马上拨打 120，看着病人")
    assert "出了什么事" not in reply
    assert "【紧急】有人急病受伤 · 香樟花园6栋，编号 0001" in heard(street, STAFF)
    # Who cries again cries about the same.
    assert street.say(RESIDENT, "快来", on=on).text.startswith("请马上拨打 120，看着病人")
    assert [ticket.danger for ticket in street.tickets()] == ["medical"]


def test_a_cry_without_a_place_is_asked_where_first(street: Street) -> None:
    reply = street.say(RESIDENT, "快来人啊").text
    assert reply.startswith("请马上拨打 110；")
    assert reply.endswith("好让人赶过去。")
    assert "知道了，香樟花园6栋。" in street.say(RESIDENT, "香樟花园6栋，快来").text
    assert len(street.tickets()) == 1


def test_where_the_place_of_a_matter_is_waited_for_a_hurried_one_is_no_cry(street: Street) -> None:
    street.say(RESIDENT, "楼上太吵了")
    assert "记在香樟花园6栋" in street.say(RESIDENT, "香樟花园6栋，快来").text
    [ticket] = street.tickets()
    assert (ticket.danger, ticket.place) == ("", "香樟花园6栋")


@both_platforms
def test_whoever_was_misunderstood_says_so_and_goes_on_with_something_else(street: Street, on: str) -> None:
    street.say(RESIDENT, "着火了", on=on)
    assert "要是没有危险，回复“弄错了”。" in street.say(RESIDENT, "我想当志愿者", on=on).text
    street.told(STAFF)
    assert "转给值班的同志（编号 0001）" in street.say(RESIDENT, "弄错了", on=on).text
    assert "居民又说：\n“弄错了”" in heard(street, STAFF)
    assert "0001" not in street.say(RESIDENT, "路灯坏了好几天了", on=on).text
    assert "路灯坏了好几天了" not in street.words("0001")
    # Where it is, and what is worse, is heard all the same.
    assert "请马上拨打 119" in street.say(RESIDENT, "着火了，快来人", on=on).text


def test_every_danger_has_its_first_sentence_and_its_name() -> None:
    assert {*Danger} == {*residents.DANGERS} == {*services.THREATS}


@both_platforms
def test_hurrying_an_emergency_says_whom_to_call_and_who_is_on_it(street: Street, on: str) -> None:
    street.say(RESIDENT, "香樟花园6栋有人晕倒了", on=on)
    street.told(STAFF)
    name = street.person(STAFF).name
    for _ in range(2):  # nobody counts how often somebody calls for help
        reply = street.say(RESIDENT, "催办", on=on).text
        assert reply.startswith("请马上拨打 120")
        assert f"已经通知了社区的{name}" in reply
        assert "还没有人回话" in reply
        assert "居民又问了一声" in heard(street, STAFF)
    assert "正在叫值班的同志。" in street.say(RESIDENT, "进度", on=on).text
    street.say(STAFF, "留言 0001 马上到", on=WECOM)
    reply = street.say(RESIDENT, "催办", on=on).text
    assert reply.startswith("请马上拨打 120")
    assert f"社区的{name}已经在跟" in reply
    assert f"社区的{name}在跟。" in street.say(RESIDENT, "进度 0001", on=on).text


# ---------------------------------------------------------------- how it stands, for whoever asks


def test_progress_fits_whoever_reads_it(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.drain()
    street.say(RESIDENT, "补充 0001 现在还在敲")
    street.say(MEMBER, "接单 0001")
    assert "您说了这件事" in street.say(RESIDENT, "进度 0001").text
    told = street.say(MEMBER, "进度 0001").text
    for words in ("居民说了这件事", "居民补充了情况", "您接了单", "在您手上", "前要有进展"):
        assert words in told
    assert "0001 噪音扰民" in street.say(MEMBER, "进度").text
    street.say(MEMBER, "办结 0001 说好了")
    for who in (MEMBER, STAFF):
        told = street.say(who, "进度 0001").text
        assert "现在：待评，等居民评价。" in told
        assert "您说" not in told
        assert "请您评价" not in told
    assert "等您评价" in street.say(RESIDENT, "进度 0001").text


@both_platforms
def test_progress_of_what_nobody_understood_says_that_its_place_is_missing(street: Street, on: str) -> None:
    street.say(NEIGHBOUR, "有事情要跟你们反映", on=on)
    street.say(NEIGHBOUR, "取消", on=on)
    told = street.say(NEIGHBOUR, "进度 0001", on=on).text
    assert told.endswith(
        "现在：待派，还不知道在哪里，没法请人去。\n请回一句小区名和几栋，或者点“＋”发位置，我马上去请人。"
    )
    # To whoever reads it at the desk it can be told to hurry all the same.
    assert "已经转给社区值班的同志" in street.say(NEIGHBOUR, "催办 0001", on=on).text
    street.say(NEIGHBOUR, "进度 0001", on=on)
    assert "香樟花园3栋" in street.say(NEIGHBOUR, "香樟花园3栋", on=on).text
    told = street.say(NEIGHBOUR, "进度", on=on).text
    assert "编号 261123-0001：其他 · 香樟花园3栋" in told
    assert "还不知道在哪里" not in told


def test_of_a_matter_that_was_split_it_is_told_when_somebody_is_asked(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋 有事情要和你们讲")
    street.drain()
    assert "待派，正在找人处理" in street.say(RESIDENT, "进度").text
    staff = street.person(STAFF).id

    def in_steps(session: Any, now: datetime) -> None:
        ticket = session.get_one(Ticket, street.ticket("0001").id)
        by = session.get_one(Person, staff)
        splitting.split(session, ticket, [splitting.Task(NOISE, "noise")], by=by, channel="console", now=now)

    street.change(in_steps)
    street.drain()
    assert "已派，正在等人接单" in street.say(RESIDENT, "进度").text
    street.say(MEMBER, "接单 0002")
    assert "已接，有人在办" in street.say(RESIDENT, "进度").text


# ---------------------------------------------------------------- a time, and a place


@both_platforms
def test_a_time_alone_says_when_somebody_may_come(street: Street, on: str) -> None:
    when = "下午三点以后"
    asked = street.say(RESIDENT, HAIR, on=on).text
    assert asked.count("什么时候上门方便") == 1
    assert "方便的时间记下了" in street.say(RESIDENT, when, on=on).text
    assert len(street.tickets()) == 1
    street.drain()
    helper = next(account for account, sent in street.wecom.inbox if sent.kind == "offer")
    assert "方便的时间：今天下午 3 点以后" in street.say(helper, "进度 0001").text
    assert "居民方便的时间：今天下午 3 点以后" in street.say(helper, "接单 0001").text
    street.say(RESIDENT, "随时可以", on=on)
    assert "居民方便的时间：随时可以" in heard(street, helper)


def test_nobody_is_asked_for_a_time_that_was_said_or_that_nobody_needs(street: Street) -> None:
    assert "什么时候上门" not in street.say(RESIDENT, f"{HAIR}，明天上午就行").text
    assert "什么时候上门" not in street.say(RESIDENT, NOISE).text
    assert "方便的时间记下了" in street.say(RESIDENT, "周六上午").text
    assert street.words("0002")[-1] == "周六上午"


def test_the_time_is_asked_for_after_the_place_and_the_place_is_still_waited_for(street: Street) -> None:
    assert "什么时候上门" not in street.say(NEIGHBOUR, "想找人帮忙修下灯").text
    assert "什么时候上门" in street.say(NEIGHBOUR, "香樟花园3栋").text
    street.say(RESIDENT, "想找人帮忙修下灯")
    reply = street.say(RESIDENT, "明天下午").text
    assert "方便的时间记下了" in reply
    assert "请问在哪个小区" in reply
    assert "什么时候上门" not in street.say(RESIDENT, "香樟花园3栋").text
    assert street.ticket("0002").place == "香樟花园3栋"


def test_a_time_that_is_past_or_belongs_to_nothing_is_taken_as_before(street: Street) -> None:
    assert "方便的时间" not in street.say(NEIGHBOUR, "明天上午").text
    street.say(RESIDENT, NOISE)
    assert "方便的时间" not in street.say(RESIDENT, "昨天晚上").text


def test_a_digit_before_an_hour_judges_nothing(street: Street) -> None:
    short = street.finished()
    street.say(RESIDENT, HAIR)
    assert "方便的时间记下了" in street.say(RESIDENT, "3 点以后都行").text
    assert "方便的时间记下了" in street.say(RESIDENT, "这个周末").text
    assert street.ticket(short).state is TicketState.RESOLVED


def test_a_place_promises_the_same_whether_it_is_typed_or_sent(street: Street) -> None:
    street.say(RESIDENT, "路灯坏了好几天了")
    typed = street.say(RESIDENT, "香樟花园3栋").text
    street.say(NEIGHBOUR, "路灯坏了好几天了")
    assert street.locate(NEIGHBOUR, "香樟花园3栋").text.replace("0002", "0001") == typed
    assert "前会有人联系处理" in typed


# ---------------------------------------------------------------- how it was taken


def test_why_it_was_not_good_reaches_whoever_can_do_something_about_it(street: Street) -> None:
    short = street.finished()
    street.say(RESIDENT, "3")
    told = heard(street, MEMBER)
    assert "居民说没解决，社区重新安排了。\n谢谢您出的力。" in told
    for who in (GRID, STAFF):
        street.told(who)
    street.say(RESIDENT, "晚上十点以后还在打钻，我的电话13800000000")
    assert "居民说了哪里没解决：\n“晚上十点以后还在打钻" in heard(street, STAFF)
    # Who is only asked to come reads it without the number.
    asked = heard(street, GRID)
    assert "居民说了哪里没解决" in asked
    assert "13800000000" not in asked
    assert "上次没解决的是：“晚上十点以后" in street.say(GRID, f"进度 {short}").text
    assert street.words(short)[-1].startswith("晚上十点")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("answer", "taken"), [("1", "居民说解决了，很满意。谢谢您。"), ("2", "居民说解决了。还有不够满意的地方")]
)
def test_whoever_did_it_hears_how_it_was_taken(street: Street, answer: str, taken: str) -> None:
    street.finished()
    street.say(RESIDENT, answer)
    [told] = street.told(MEMBER)
    assert taken in told
    assert "分" not in told


def test_what_the_desk_answered_itself_is_nobodys_task_to_hear_of(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(STAFF, "办结 0001 已经打电话说好了", on=WECOM)
    street.told(STAFF)
    street.say(RESIDENT, "评价 0001 1")
    assert "很满意" not in heard(street, STAFF)


def test_nobody_is_woken_to_hear_how_it_was_taken(street: Street) -> None:
    street.finished()
    street.at(china(11, 23, 23))
    street.told(MEMBER)
    street.say(RESIDENT, "1")
    assert street.told(MEMBER) == []
    street.at(china(11, 24, 8, 5))
    assert "很满意" in heard(street, MEMBER)


# ---------------------------------------------------------------- hurrying, taking back


def test_hurrying_what_nobody_has_reaches_who_was_asked_and_the_desk(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.drain()
    asked = {account for account, sent in (*street.official.inbox, *street.wecom.inbox) if sent.kind == "offer"}
    assert MEMBER in asked
    for who in (*asked, STAFF):
        street.told(who)
    reply = street.say(RESIDENT, "催办").text
    assert f"0001 还在找人接，您的话已经转给请过的 {len(asked)} 位和社区值班的同志" in reply
    assert "居民又问了一声，还没有人接。\n方便的话回复“接单 0001”" in heard(street, MEMBER)
    assert "居民又问了一声，还在等人接。\n请谁去，回复“派单 0001 姓名”" in heard(street, STAFF)


def test_hurrying_names_who_has_it_and_lets_them_sleep(street: Street) -> None:
    short = street.accepted()
    street.at(china(11, 23, 23))
    street.told(MEMBER)
    assert "在下沉党员 李师傅手上。夜里先不打扰，明天早上 8 点我去催" in street.say(RESIDENT, f"催办 {short}").text
    assert street.told(MEMBER) == []


def test_who_was_asked_reads_that_the_resident_took_it_back(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.told(MEMBER)
    street.say(RESIDENT, "撤单 0001")
    assert "不用跑了，居民自己撤回了" in heard(street, MEMBER)
    assert "另外安排" not in street.say(MEMBER, "接单 0001").text
    assert {caption for _, caption in street.wecom.captions} == {"居民撤回了"}


@pytest.mark.parametrize("words", ["银杏里5栋", "补充 0001 银杏里5栋", "留言 0001 在银杏里5栋"])
def test_where_it_is_reaches_those_alarmed_however_it_is_said(street: Street, words: str) -> None:
    street.say(RESIDENT, "家里煤气味很大")
    street.say(RESIDENT, "取消")
    street.told(STAFF)
    assert "银杏里5栋" in street.say(RESIDENT, words).text
    assert "银杏里5栋" in heard(street, STAFF)
    [ticket] = street.tickets()
    assert ticket.area_id is not None


def test_beside_a_handed_over_chat_too_it_is_asked_where_and_heard(street: Street) -> None:
    street.at(china(11, 23, 10))
    street.say(RESIDENT, "人工")
    assert "您在哪个小区、几栋" in street.say(RESIDENT, "家里煤气味很大").text
    street.told(STAFF)
    assert "银杏里5栋" in street.say(RESIDENT, "银杏里5栋").text
    assert "银杏里5栋" in heard(street, STAFF)


def test_more_words_for_an_alarm_are_told_at_once(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋有人晕倒了")
    street.told(STAFF)
    street.say(RESIDENT, "补充 0001 他有心脏病")
    assert "他有心脏病" in heard(street, STAFF)


def test_who_is_asked_and_speaks_of_having_it_already_is_told_the_first_step(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.told(MEMBER)
    assert "先回复“接单 0001”" in street.say(MEMBER, "到场 0001").text


# ---------------------------------------------------------------- the place, told again


@both_platforms
def test_a_place_told_again_as_it_was_asked_for_belongs_to_the_matter(street: Street, on: str) -> None:
    street.say(NEIGHBOUR, "楼上太吵了", on=on)
    assert "再发我一次会更快" in street.say(NEIGHBOUR, "就在我家楼上", on=on).text
    assert "香樟花园6栋" in street.say(NEIGHBOUR, "香樟花园6栋", on=on).text
    [ticket] = street.tickets()
    assert ticket.place == "香樟花园6栋"


@pytest.mark.parametrize("unsure", ["不知道", "我不知道这是几栋", "说不清楚是哪里"])
def test_whoever_does_not_know_the_name_of_a_place_is_told_how_to_say_it_all_the_same(
    street: Street, unsure: str
) -> None:
    street.say(NEIGHBOUR, "楼上太吵了")
    assert "旁边有什么" in street.say(NEIGHBOUR, unsure).text
    street.say(NEIGHBOUR, "香樟花园6栋")
    [ticket] = street.tickets()
    assert ticket.place == "香樟花园6栋"


def test_those_alarmed_read_the_place_as_it_was_said_with_the_door(street: Street) -> None:
    street.say(RESIDENT, "着火了")
    street.told(STAFF)
    street.say(RESIDENT, "香樟花园2栋301")
    assert "香樟花园2栋301" in heard(street, STAFF)


@both_platforms
def test_asking_names_the_time_that_was_promised(street: Street, on: str) -> None:
    promised = street.say(RESIDENT, NOISE, on=on).text
    when = promised.split("\n")[2].split("前")[0]
    assert f"{when}前给您消息" in street.say(RESIDENT, "什么时候有人来", on=on).text
