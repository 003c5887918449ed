"""What residents say and hear: reporting, adding, correcting, looking, hurrying, judging."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from models import areas
from models.area import Area
from models.attachment import AttachmentUse
from models.category import Level
from models.correction import Correction
from models.ticket import Ending, TicketKind, TicketState
from nlp import weights
from scheduler import jobs
from tests.handlers.conftest import OFFICIAL, WECOM, Street

RESIDENT, NEIGHBOUR, MEMBER, STAFF = "demo-resident-1", "demo-resident-2", "demo-member-1", "demo-staff-1"
NOISE = "香樟花园6栋2单元半夜装修太吵"
PRIVACY = "您的话只给处理这件事的人看"


def test_a_report_travels_the_whole_loop(street_on_both: Street) -> None:
    street = street_on_both
    received = street.say(RESIDENT, NOISE).text
    assert received.startswith("已受理，编号 261123-0001。\n噪音扰民 · 香樟花园6栋2单元\n")
    assert "会有人联系处理" in received

    offer = street.told(MEMBER)[0]
    assert "噪音扰民 · 香樟花园6栋2单元" in offer
    assert "1 接单" in offer

    assert street.say(MEMBER, "接单 0001").text.startswith("接单成功，编号 0001。")
    assert "有人接了：下沉党员 李师傅" in street.told(RESIDENT)[-1]
    assert street.say("demo-member-2", "接单 0001").text == "谢谢您，这件事已被接走了。下次再麻烦您。"

    street.photo(MEMBER)
    assert "待评" in street.say(MEMBER, "办结 0001 和楼上说好了").text
    asked = street.told(RESIDENT)[-1]
    assert "请评价" in asked
    assert "和楼上说好了" in asked
    assert "3 没解决" in asked

    assert "已结" in street.say(RESIDENT, "1").text
    ticket = street.ticket("0001")
    assert (ticket.state, ticket.ending) == (TicketState.CLOSED, Ending.EVALUATED)
    assert street.history("0001") == ["open", "offer", "accept", "finish", "evaluate"]
    assert [photo.use for photo in street.attachments("0001")] == [AttachmentUse.AFTER]
    assert street.history_is_whole()


def test_a_stranger_is_asked_nothing_before_the_ticket_is_open(street: Street) -> None:
    reply = street.say("never-seen", "香樟花园2栋路灯坏了")
    assert reply.text.startswith("已受理，编号 261123-0001。")
    assert reply.choices == ()


def test_the_privacy_line_stands_once_under_the_first_report(street: Street) -> None:
    assert PRIVACY not in street.say(NEIGHBOUR, "你好").text
    assert PRIVACY not in street.say(NEIGHBOUR, "进度").text
    first = street.say(NEIGHBOUR, "香樟花园2栋路灯坏了").text
    assert first.splitlines()[-1].startswith(PRIVACY)
    assert PRIVACY not in street.say(NEIGHBOUR, "滨江雅苑1栋楼上漏水").text
    assert PRIVACY not in street.say(NEIGHBOUR, "进度 0001").text


def test_somebody_who_takes_a_task_reads_no_privacy_line(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.drain()
    said = [street.say(MEMBER, words).text for words in ("接单 0001", "到场 0001", "办结 0001 说好了")]
    assert PRIVACY not in "".join([*said, street.photo(MEMBER).text])


def test_the_words_are_kept_as_they_were_said(street: Street) -> None:
    said = "  香樟花园６栋\n路灯壞了！！  "
    street.say(NEIGHBOUR, said)
    assert street.words("0001") == [said]


def test_what_nobody_understands_is_a_ticket_for_the_desk(street: Street) -> None:
    assert "我记下了，值班人员今天会看" in street.say(NEIGHBOUR, "那个东西又那样了").text
    assert not street.ticket("0001").understood
    # Nobody knows where: the street asks, and not every community.
    assert any("1 件待派" in told for told in street.told("demo-street-1"))
    assert not street.told(STAFF)


@pytest.mark.parametrize(
    ("said", "kind", "answer"),
    [
        ("老年证怎么办", TicketKind.INQUIRY, "您问的是养老助老方面的事，我请社区的同志来答"),
        ("那个卡怎么弄", TicketKind.INQUIRY, "您问的我记下了，我请社区的同志来答"),
        ("建议小区里多种点树", TicketKind.SUGGESTION, "谢谢您说的这些"),
        ("表扬社区的徐静，服务态度真好", TicketKind.PRAISE, "谢谢您说的这些"),
    ],
)
def test_questions_suggestions_and_praise_are_taken_too(
    street: Street, said: str, kind: TicketKind, answer: str
) -> None:
    reply = street.say(NEIGHBOUR, said).text
    assert reply.startswith("已受理")
    assert answer in reply
    assert street.ticket("0001").kind is kind


# ---------------------------------------------------------------- the place


def test_the_place_is_asked_for_and_told(street: Street) -> None:
    assert "在哪个小区" in street.say(NEIGHBOUR, "路灯坏了好几天了").text
    assert "香樟花园3栋" in street.say(NEIGHBOUR, "香樟花园3栋").text
    assert street.ticket("0001").place == "香樟花园3栋"
    assert street.ticket("0001").community_id is not None
    assert len(street.tickets()) == 1


def test_a_floor_alone_is_not_a_place_yet(street: Street) -> None:
    reply = street.say(NEIGHBOUR, "3楼漏水")
    assert "3楼" in reply.text
    assert "在哪个小区" in reply.text


def test_the_place_may_be_told_by_a_point_on_the_map(street: Street) -> None:
    street.say(NEIGHBOUR, "路灯坏了好几天了")
    assert "香樟花园" in street.locate(NEIGHBOUR, "香樟花园3栋").text
    ticket = street.ticket("0001")
    assert ticket.place == "香樟花园3栋"
    assert ticket.community_id is not None
    assert ticket.lat == 30.5
    assert street.state(NEIGHBOUR) == "idle"


IN_THE_GARDEN = (30.5053, 114.0015)
"""Within the outline of 香樟花园, which lies in 香樟社区."""


@pytest.mark.parametrize(
    ("label", "place"),
    [("江边老码头", "江边老码头"), ("", "香樟花园"), ("香樟花园3栋", "香樟花园3栋"), ("银杏里2栋", "银杏里2栋")],
)
def test_a_point_lies_in_the_estate_that_is_drawn_around_it_whatever_it_is_called(
    street: Street, label: str, place: str
) -> None:
    street.say(NEIGHBOUR, "路灯坏了好几天了")
    street.locate(NEIGHBOUR, label, at=IN_THE_GARDEN)
    ticket = street.ticket("0001")
    with street.huying.database.reading() as session:
        assert ticket.area_id is not None
        names = [each.name for each in areas.ancestors(session, session.get_one(Area, ticket.area_id))]
    assert "香樟花园" in names
    assert ticket.place == place


def test_a_place_nobody_knows_is_kept_in_the_persons_words(street: Street) -> None:
    street.say(NEIGHBOUR, "路灯坏了好几天了")
    assert "就在老槐树底下" in street.say(NEIGHBOUR, "就在老槐树底下").text
    assert street.ticket("0001").place == "就在老槐树底下"


def test_who_lives_here_need_not_say_where(street: Street) -> None:
    assert "香樟花园6栋" in street.say(RESIDENT, "2单元楼上漏水").text


def test_another_matter_while_the_place_is_waited_for_becomes_its_own_ticket_once(street: Street) -> None:
    street.say(NEIGHBOUR, "停车太乱了没人管")
    asked = street.say(NEIGHBOUR, "滨江雅苑1栋楼上漏水漏得厉害")
    assert "是补充，还是新的一件事？" in asked.text
    assert "已受理，编号 261123-0002" in street.choose(NEIGHBOUR, asked, 2).text
    street.choose(NEIGHBOUR, asked, 2)
    assert [ticket.category for ticket in street.tickets()] == ["parking", "water_leak"]


def test_or_it_was_an_addition_after_all(street: Street) -> None:
    street.say(NEIGHBOUR, "停车太乱了没人管")
    street.say(NEIGHBOUR, "滨江雅苑1栋楼上漏水漏得厉害")
    assert "就记在 0001 里" in street.say(NEIGHBOUR, "1").text
    assert len(street.tickets()) == 1
    assert street.state(NEIGHBOUR) == "place"


# ---------------------------------------------------------------- photos and voice


def test_photos_after_the_words_belong_to_the_ticket_for_half_an_hour(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    assert "放在 0001 里" in street.photo(RESIDENT).text
    street.advance(minutes=31)
    assert "发一句话" in street.photo(RESIDENT).text
    assert len(street.attachments("0001")) == 1


def test_photos_before_the_words_wait_for_them(street: Street) -> None:
    street.photo(RESIDENT)
    street.locate(RESIDENT, "香樟花园3栋")
    street.say(RESIDENT, "路灯坏了")
    assert len(street.attachments("0001")) == 2
    assert street.attachments() == []
    assert street.ticket("0001").place == "香樟花园3栋"


def test_a_photo_alone_for_half_an_hour_becomes_one_ticket_for_the_desk(street: Street) -> None:
    street.photo(RESIDENT)
    street.photo(RESIDENT)
    street.advance(minutes=20)
    assert street.tickets() == []
    street.advance(minutes=15)
    assert jobs.keep_photos(street.huying, street.now) == 0
    assert len(street.tickets()) == 1
    assert len(street.attachments("0001")) == 2
    told = street.told(RESIDENT)
    assert "已受理，编号 261123-0001" in told[0]
    assert "补在 0001" in street.say(RESIDENT, "补充 261123-0001 香樟花园3栋的路灯").text


def test_a_voice_nobody_wrote_down_is_a_ticket_and_the_words_after_it_join_it(street: Street) -> None:
    assert "您的语音收到了" in street.voice(NEIGHBOUR).text
    assert [voice.kind.value for voice in street.attachments("0001")] == ["voice"]
    street.say(NEIGHBOUR, "香樟花园3栋的路灯坏了")
    assert len(street.tickets()) == 1
    assert street.ticket("0001").place == "香樟花园3栋"


def test_a_voice_that_was_written_down_is_words(street: Street) -> None:
    assert "香樟花园2栋" in street.voice(NEIGHBOUR, "香樟花园2栋路灯坏了").text
    assert street.words("0001") == ["香樟花园2栋路灯坏了"]
    assert len(street.attachments("0001")) == 1


# ---------------------------------------------------------------- corrections


def test_a_correction_changes_the_category_and_is_kept(street: Street) -> None:
    street.say(RESIDENT, "6栋半夜楼上声音很大")
    assert street.ticket("0001").category == "noise"
    assert "房屋漏水渗水" in street.say(RESIDENT, "不是噪音，是漏水").text
    assert street.ticket("0001").category == "water_leak"
    assert street.words("0001")[-1] == "不是噪音，是漏水"
    assert len(street.tickets()) == 1


def test_a_correction_is_kept_with_what_the_model_had_thought(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(RESIDENT, "不是噪音，是漏水")
    with street.huying.database.reading() as session:
        [kept] = session.scalars(select(Correction))
    assert (kept.before_category, kept.after_category, kept.role) == ("noise", "water_leak", "reporter")
    assert kept.model == weights.shipped().version
    assert kept.confidence is not None
    assert 0.5 < kept.confidence <= 1


def test_a_correction_changes_the_place(street: Street) -> None:
    street.say(RESIDENT, "6栋楼上漏水")
    assert "香樟花园5栋" in street.say(RESIDENT, "地址错了，是5栋").text
    assert street.ticket("0001").place == "香樟花园5栋"


def test_after_half_an_hour_the_same_words_are_a_matter_of_their_own(street: Street) -> None:
    street.say(RESIDENT, "6栋楼上声音很大")
    street.advance(minutes=31)
    street.say(RESIDENT, "不是噪音，是漏水")
    assert len(street.tickets()) == 2


# ---------------------------------------------------------------- looking, adding, hurrying, taking back


def test_the_history_reads_in_plain_words(street: Street) -> None:
    short = street.finished()
    lines = street.say(RESIDENT, f"进度 {short}").text.splitlines()
    assert lines[0] == "编号 261123-0001：噪音扰民 · 香樟花园6栋2单元"
    assert any(line.endswith("有人接单") for line in lines)
    assert lines[-1].startswith("现在：待评")
    assert "已结" in street.say(RESIDENT, "1").text


def test_several_open_matters_are_listed_and_chosen_by_number(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(RESIDENT, "滨江雅苑1栋楼上漏水")
    listed = street.say(RESIDENT, "进度")
    assert [choice.label[:4] for choice in listed.choices] == ["0002", "0001"]
    assert street.say(RESIDENT, "2").text.startswith("编号 261123-0001")


def test_nobody_sees_a_neighbours_matter(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    for words in ("进度 0001", "0001", "补充 0001 我也是", "撤单 0001", "催办 0001", "评价 0001 1", "留言 0001 你好"):
        assert "您这里没有编号 0001 的事" in street.say(NEIGHBOUR, words).text
    assert street.history("0001") == ["open"]


def test_more_words_are_added_to_the_ticket(street: Street) -> None:
    short = street.accepted()
    street.told(MEMBER)
    street.say(RESIDENT, f"补充 {short} 主要是周末")
    assert street.words(short)[-1] == "主要是周末"
    assert "主要是周末" in street.told(MEMBER)[0]
    street.say(RESIDENT, "补充")
    street.say(RESIDENT, "孩子要高考")
    assert street.words(short)[-1] == "孩子要高考"


def test_a_matter_is_taken_back(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.told(MEMBER)
    assert "撤回了" in street.say(RESIDENT, "撤单").text
    assert street.ticket("0001").state is TicketState.WITHDRAWN
    assert "不用跑了" in street.told(MEMBER)[0]


def test_hurrying_counts_once_in_a_limits_time(street: Street) -> None:
    short = street.accepted()
    street.told(MEMBER)
    assert "我催过了" in street.say(RESIDENT, f"催办 {short}").text
    assert "居民想知道" in street.told(MEMBER)[0]
    assert "已经催过一次" in street.say(RESIDENT, "催办").text
    street.advance(hours=3)
    assert "我催过了" in street.say(RESIDENT, "催办").text
    assert street.history(short).count("urge") == 2


def test_who_asks_when_somebody_comes_reads_how_it_stands_and_opens_nothing(street_on_both: Street) -> None:
    street = street_on_both
    street.say(RESIDENT, NOISE)
    street.advance(hours=1)
    for said in ("什么时候来处理", "处理得怎么样了", "有人来吗", "0001到哪一步了"):
        assert street.say(RESIDENT, said).text.startswith("编号 261123-0001：噪音扰民 · 香樟花园6栋2单元")
    assert [each.number for each in street.tickets()] == ["261123-0001"]


def test_who_says_that_nobody_came_has_hurried_in_their_own_words(street: Street) -> None:
    short = street.accepted()
    street.told(MEMBER)
    assert street.say(RESIDENT, "等了一天了，怎么还没人来").text.startswith(f"好的，我催过了：{short}")
    assert "等了一天了，怎么还没人来" in street.told(MEMBER)[0]
    assert [each.number for each in street.tickets()] == ["261123-0001"]


def test_of_several_the_one_that_is_named_is_meant(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(RESIDENT, "香樟花园6栋楼道灯不亮了")
    street.advance(hours=1)
    assert "0001：噪音扰民" in street.say(RESIDENT, "噪音的事处理得怎么样了").text
    assert "0002：公共设施" in street.say(RESIDENT, "路灯那个修好了没").text
    street.advance(hours=1)
    asked = street.say(RESIDENT, "什么时候来人")
    assert [choice.command for choice in asked.choices] == ["进度 261123-0002", "进度 261123-0001"]


def test_a_new_matter_is_none_that_is_asked_after(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    assert "0002" in street.say(RESIDENT, "电梯坏了什么时候能修好").text
    assert street.say(NEIGHBOUR, "怎么还没人来").text.startswith("已受理，编号 261123-0003")


def test_words_pass_between_the_two_without_accounts(street: Street) -> None:
    short = street.accepted()
    for who in (MEMBER, RESIDENT):
        street.told(who)
    street.say(RESIDENT, f"留言 {short} 晚上八点在家")
    to_member = street.told(MEMBER)[0]
    assert "晚上八点在家" in to_member
    street.say(MEMBER, "留言 好的，八点到")
    to_resident = street.told(RESIDENT)[0]
    assert "好的，八点到" in to_resident
    assert "李师傅" in to_resident
    for words in (to_member, to_resident):
        assert "demo-" not in words
        assert "张阿姨" not in words
        assert "李建国" not in words


def test_without_a_number_and_with_several_matters_the_bot_asks_which(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(RESIDENT, "滨江雅苑1栋楼上漏水")
    asked = street.say(RESIDENT, "撤单")
    assert "哪一件" in asked.text
    assert {ticket.state for ticket in street.tickets()} == {TicketState.NEW}
    street.choose(RESIDENT, asked, 2)
    assert street.ticket("0001").state is TicketState.WITHDRAWN


# ---------------------------------------------------------------- judging


def test_not_solved_goes_back_and_the_second_time_one_level_up(street: Street) -> None:
    short = street.finished()
    sorry = street.say(RESIDENT, "3").text
    assert sorry.startswith("对不起，没办好。")
    assert "待派" in sorry
    assert "哪里没解决" in sorry
    assert "补在" in street.say(RESIDENT, "十点以后还在敲").text
    assert (street.ticket(short).level, street.ticket(short).reopened) == (Level.ESTATE, 1)
    assert "想请您帮忙" in street.told("demo-grid-1")[0]
    street.say("demo-grid-1", f"接单 {short}")
    street.say("demo-grid-1", f"办结 {short} 又谈了一次")
    street.told(RESIDENT)
    assert "哪里没解决" not in street.say(RESIDENT, "3 还在敲").text
    assert (street.ticket(short).level, street.ticket(short).state) == (Level.COMMUNITY, TicketState.NEW)
    assert street.words(short)[-1] == "还在敲"
    assert any("待派" in told for told in street.told(STAFF))


def test_a_slip_can_be_mended_for_a_day(street: Street) -> None:
    short = street.finished()
    street.say(RESIDENT, "1")
    street.advance(hours=23)
    asked = street.say(RESIDENT, f"改评 {short}")
    assert len(asked.choices) == 3
    street.say(RESIDENT, "3")
    assert street.ticket(short).state is TicketState.NEW
    street.say(RESIDENT, f"改评 {short} 2")
    assert street.ticket(short).state is TicketState.CLOSED
    assert street.history_is_whole()


def test_and_not_after_it(street: Street) -> None:
    short = street.finished()
    street.say(RESIDENT, "1")
    street.advance(hours=25)
    before = street.rows()["evaluations"]
    assert "过了" in street.say(RESIDENT, f"改评 {short} 3").text
    assert street.rows()["evaluations"] == before


def test_one_reminder_after_a_day_and_an_end_after_seven(street: Street) -> None:
    short = street.finished()
    street.advance(hours=25)
    assert [told for told in street.told(RESIDENT) if "请评价" in told]
    street.advance(days=2)
    assert street.told(RESIDENT) == []
    street.advance(days=5)
    ticket = street.ticket(short)
    assert (ticket.state, ticket.ending) == (TicketState.CLOSED, Ending.NOT_EVALUATED)


def test_a_result_asked_about_twice_is_judged_by_one_number(street: Street) -> None:
    short = street.finished()
    assert street.say(RESIDENT, f"进度 {short}").choices
    street.say(RESIDENT, "1")
    assert street.ticket(short).state is TicketState.CLOSED


def test_the_number_asked_back_settles_which_of_two(street: Street) -> None:
    first = street.finished()
    second = street.finished(words="滨江雅苑3栋楼上每天打麻将太吵")
    asked = street.say(RESIDENT, "3 还是吵")
    assert [choice.label for choice in asked.choices] == [f"{second}：没解决", f"{first}：没解决"]
    street.say(RESIDENT, "2")
    assert street.ticket(first).state is TicketState.NEW
    assert street.words(first)[-1] == "还是吵"
    assert street.ticket(second).state is TicketState.RESOLVED


# ---------------------------------------------------------------- home, for others, news that waits


def test_the_home_is_bound_by_the_door_code(street: Street) -> None:
    street.say(NEIGHBOUR, "我家")
    reply = street.say(NEIGHBOUR, "a6").text
    assert "香樟花园6栋" in reply
    assert "刘敏" in reply
    assert "香樟花园6栋" in street.say(NEIGHBOUR, "6栋路灯坏了").text


def test_a_room_number_is_kept_only_with_consent(street: Street) -> None:
    asked = street.say(NEIGHBOUR, "我家 香樟花园6栋2单元301")
    assert "301" not in asked.text
    assert street.person(NEIGHBOUR).home_room == ""
    street.say(NEIGHBOUR, "2")
    assert street.person(NEIGHBOUR).consented_at is None
    street.say(NEIGHBOUR, "我家 香樟花园6栋2单元301")
    street.say(NEIGHBOUR, "1")
    person = street.person(NEIGHBOUR)
    assert person.home_room == "301"
    assert person.consented_at is not None


def test_a_building_nobody_knows_is_asked_for_again(street: Street) -> None:
    street.say(NEIGHBOUR, "我家")
    assert "没找到" in street.say(NEIGHBOUR, "火星小区9栋").text
    assert "记住了" in street.say(NEIGHBOUR, "滨江雅苑2栋").text


def test_who_looks_after_the_building(street: Street) -> None:
    reply = street.say(RESIDENT, "我的网格员").text
    assert "网格员：刘敏" in reply
    assert "香樟社区党组织书记：方书记" in reply
    assert "江湾街道党组织书记：沈主任" in reply
    assert street.say(NEIGHBOUR, "我的网格员").text.startswith("您住哪个小区")


@pytest.mark.parametrize("how", [["代报 香樟花园3栋的刘奶奶家厨房漏水"], ["代报", "香樟花园3栋的刘奶奶家厨房漏水"]])
def test_a_neighbour_is_reported_for(street: Street, how: list[str]) -> None:
    reply = [street.say(RESIDENT, words).text for words in how][-1]
    assert "已受理" in reply
    assert "代邻居报" in reply
    assert street.ticket("0001").for_other.startswith("香樟花园3栋的刘奶奶")
    assert street.state(RESIDENT) == "idle"


def test_news_that_could_not_be_pushed_rides_on_the_next_reply(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.drain()
    street.advance(hours=49)  # the window is over
    street.say(MEMBER, "待接单")
    street.say(STAFF, "派单 0001 李建国", on=WECOM)
    street.say(MEMBER, "接单 0001")
    street.say(MEMBER, "到场 0001")
    assert street.told(RESIDENT) == []
    reply = street.say(RESIDENT, "你好").text
    assert reply.startswith("您好")
    assert "您有3条新消息：" in reply  # nobody took it in time: the community was asked
    assert "有人接了" in reply
    assert "到现场了" in reply
    assert "新消息" not in street.say(RESIDENT, "你好").text


def test_a_judgement_that_was_asked_for_on_a_ride_is_answered_by_its_number(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.drain()
    street.advance(hours=49)
    street.say(STAFF, "办结 0001 上门看过了", on=WECOM)
    street.drain()
    asked = street.say(RESIDENT, "你好")
    assert "请评价" in asked.text
    assert len(asked.choices) == 3
    street.say(RESIDENT, "1")
    assert street.ticket("0001").state is TicketState.CLOSED


def test_at_night_nobody_is_promised_before_the_morning(street: Street) -> None:
    street.advance(hours=13)
    reply = street.say(RESIDENT, NOISE).text
    assert "现在是夜里" in reply
    assert "明天早上 8 点" in reply
    assert "110" in reply


@pytest.mark.parametrize("said", ["议题", "同意 1", "反对 1"])
def test_what_is_not_built_yet_is_said_honestly(street: Street, said: str) -> None:
    assert "尚未开通" in street.say(NEIGHBOUR, said).text
    assert street.tickets() == []


def test_the_same_message_brought_twice_is_one_ticket_and_one_answer(street_on_both: Street) -> None:
    street = street_on_both
    first = street.say(RESIDENT, NOISE)
    street.messages -= 1
    assert street.say(RESIDENT, NOISE) == first
    assert len(street.tickets()) == 1


def test_a_person_speaks_on_two_channels_without_mixing_them(street: Street) -> None:
    street.say(MEMBER, "停车太乱了没人管", on=OFFICIAL)
    street.say(MEMBER, "香樟花园2栋路灯坏了", on=WECOM)
    assert len(street.tickets()) == 2
    assert street.state(MEMBER) == "place"
    assert street.state(MEMBER, on=WECOM) == "idle"


def test_a_menu_is_over_when_it_was_cancelled(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(RESIDENT, "删除我的信息")
    assert "不继续了" in street.say(RESIDENT, "取消").text
    street.say(RESIDENT, "1")
    assert street.words("0001") == [NOISE]
    assert street.person(RESIDENT).name == "张阿姨"


def test_an_old_tap_on_erase_erases_nothing(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    asked = street.say(RESIDENT, "删除我的信息")
    street.advance(days=30)
    assert "没有改动" in street.choose(RESIDENT, asked, 1).text
    assert street.person(RESIDENT).name == "张阿姨"


def test_erasing_takes_the_words_and_leaves_the_history(street_on_both: Street) -> None:
    street = street_on_both
    street.say(RESIDENT, "我家 香樟花园6栋2单元301")
    street.say(RESIDENT, "1")
    short = street.finished(words="香樟花园6栋2单元隔壁老王半夜敲墙太吵")
    street.say(RESIDENT, "3 老王还在敲")
    street.say(RESIDENT, "我家", on=OFFICIAL)
    street.say(RESIDENT, "隔壁老王家旁边")
    street.drain()
    asked = street.say(RESIDENT, "删除我的信息")
    assert street.choose(RESIDENT, asked, 1).text.startswith("已经删除了")
    assert street.ticket(short).state is TicketState.WITHDRAWN
    stored = street.everything_stored(but_read_by=MEMBER)
    for secret in ("老王", "张阿姨", "'301'"):
        assert secret not in stored
    assert street.history_is_whole()
    assert "没有正在办的事" in street.say(RESIDENT, "进度").text


def test_limits_that_run_out_are_told_to_the_desk_and_to_whoever_asks(street: Street) -> None:
    short = street.accepted()
    street.told(STAFF)
    for _ in range(14):
        street.advance(days=1)
        if street.ticket(short).asked_at is not None:
            street.say("demo-member-1", f"留言 {short} 还在和楼上商量")
    assert "miss_limit" in street.history("0001")
    assert "没按时办好，社区在催" in street.say(RESIDENT, "进度").text


def test_a_hazard_on_a_road_needs_no_estate(street: Street) -> None:
    said = street.say("demo-rider-1", "江湾大道路口井盖破了，骑车危险").text
    assert "江湾大道路口" in said
    assert "哪个小区" not in said


def test_what_the_help_gives_as_examples_is_understood(street: Street) -> None:
    reports, asks_for, inquires = re.findall("“(.+?)”", street.say("demo-resident-1", "帮助").text)
    assert "噪音扰民 · 香樟花园6栋2单元" in street.say("demo-resident-1", reports).text
    assert "点单：理发" in street.say("demo-resident-1", asks_for).text
    street.say("demo-resident-1", inquires)
    assert all(ticket.kind is TicketKind.INQUIRY for ticket in street.tickets()[2:])


def test_of_what_was_not_understood_the_place_is_asked_for_too(street_on_both: Street) -> None:
    street = street_on_both
    asked = street.say(RESIDENT, "我家旁边那个事情你们看看吧").text
    assert "值班人员今天会看。请问在哪个小区、几栋附近？" in asked
    street.drain()
    assert "没找到人：先请居民住的社区问清楚在哪里" in street.say(STAFF, "待派").text
    assert street.say(RESIDENT, "香樟花园3栋").text.startswith("好的，0001 记在香樟花园3栋。")
    street.drain()
    listed = street.say(STAFF, "待派").text
    assert "香樟花园3栋" in listed
    assert "没找到人" not in listed
    assert [(each.number, each.place) for each in street.tickets()] == [("261123-0001", "香樟花园3栋")]


def test_what_is_said_anew_is_a_matter_and_no_place(street: Street) -> None:
    street.say(RESIDENT, "我家旁边那个事情你们看看吧")
    assert "0002" in street.say(RESIDENT, "香樟花园6栋楼道灯不亮了").text
    assert street.words("0001") == ["我家旁边那个事情你们看看吧"]


@pytest.mark.parametrize("said", ["我要办低保", "养老金没发", "社保卡丢了要补办", "小孩上学报名"])
def test_what_an_office_does_is_asked_for_no_place(street: Street, said: str) -> None:
    reply = street.say("demo-resident-2", said)
    assert "我请社区的同志来答" in reply.text
    assert "几栋" not in reply.text
    assert street.state("demo-resident-2") == "idle"
    assert "几栋" not in street.say("demo-resident-2", "进度").text


def test_while_a_place_is_waited_for_what_an_office_does_is_another_matter(street: Street) -> None:
    street.say("demo-resident-2", "停车太乱了没人管")
    assert street.state("demo-resident-2") == "place"
    assert [each.label for each in street.say("demo-resident-2", "我要办低保").choices] == ["是补充", "新的一件事"]
