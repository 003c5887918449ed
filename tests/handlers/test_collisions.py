"""Words that could mean several things, and what each does in each situation: the precedence of the chat contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handlers.turn import Reply
from models.person import Person, RoleStatus
from models.ticket import TicketState, Urgency
from tests.handlers.conftest import Street

RESIDENT, NEIGHBOUR, MEMBER, STAFF = "demo-resident-1", "demo-resident-2", "demo-member-1", "demo-staff-1"
NEWCOMER = "somebody-new"
NOISE = "香樟花园6栋2单元半夜装修太吵"

# ---------------------------------------------------------------- situations: each says who speaks next


def idle(street: Street) -> str:
    return NEIGHBOUR


def asked_to_judge(street: Street) -> str:
    street.finished()
    return RESIDENT


def asked_to_judge_eight_days_ago(street: Street) -> str:
    street.finished()
    street.advance(days=8)
    return RESIDENT


def asked_to_judge_two(street: Street) -> str:
    street.finished()
    street.finished(words="滨江雅苑3栋楼上每天打麻将太吵")
    return RESIDENT


def asked_to_judge_and_for_the_place(street: Street) -> str:
    street.finished()
    street.say(RESIDENT, "停车太乱了没人管")
    assert street.state(RESIDENT) == "place"
    return RESIDENT


def just_judged_not_solved(street: Street) -> str:
    street.finished()
    street.say(RESIDENT, "3")
    return RESIDENT


def asked_for_the_place(street: Street) -> str:
    street.say(NEIGHBOUR, "停车太乱了没人管")
    return NEIGHBOUR


def alarmed(street: Street) -> str:
    street.say(NEIGHBOUR, "香樟花园2栋着火了")
    return NEIGHBOUR


def asked_where_they_live(street: Street) -> str:
    street.say(NEWCOMER, "我的网格员")
    assert street.state(NEWCOMER) == "home"
    return NEWCOMER


def asked_for_a_station(street: Street) -> str:
    street.say(NEWCOMER, "驿站")
    assert street.state(NEWCOMER) == "station"
    return NEWCOMER


def asked_to_judge_and_where_they_live(street: Street) -> str:
    street.finished()
    street.say(RESIDENT, "我家")
    return RESIDENT


def asked_to_judge_and_then_told(street: Street) -> str:
    short = street.finished()
    street.advance(seconds=5)
    street.say(STAFF, f"留言 {short} 有事再找我们")
    street.drain()
    return RESIDENT


def handed_over(street: Street) -> str:
    street.say(NEIGHBOUR, "人工")
    street.drain()
    return NEIGHBOUR


def registering(street: Street) -> str:
    street.say(NEIGHBOUR, "报到")
    return NEIGHBOUR


def shown_a_list(street: Street) -> str:
    street.say(NEIGHBOUR, "香樟花园2栋楼道垃圾没人清")
    street.say(NEIGHBOUR, "滨江雅苑1栋楼上漏水")
    assert len(street.say(NEIGHBOUR, "进度").choices) == 2
    return NEIGHBOUR


def shown_a_list_half_an_hour_ago(street: Street) -> str:
    shown_a_list(street)
    street.advance(minutes=31)
    return NEIGHBOUR


def asked_to_erase_and_then_pushed(street: Street) -> str:
    short = street.accepted()
    street.say(RESIDENT, "删除我的信息")
    street.say(MEMBER, f"办结 {short} 说好了")
    street.drain()
    return RESIDENT


def asked_to_erase_and_then_told(street: Street) -> str:
    street.say(RESIDENT, NOISE)
    street.drain()
    street.say(RESIDENT, "删除我的信息")
    street.advance(seconds=5)
    street.say(MEMBER, "接单 0001")
    street.drain()
    return RESIDENT


def offered(street: Street) -> str:
    street.say(MEMBER, "待接单")
    street.say(RESIDENT, NOISE)
    street.drain()
    return MEMBER


def offered_two(street: Street) -> str:
    offered(street)
    street.say(RESIDENT, "滨江雅苑3栋楼上每天打麻将太吵")
    street.drain()
    return MEMBER


def with_a_task(street: Street) -> str:
    street.accepted()
    return MEMBER


def at_the_desk(street: Street) -> str:
    street.say(NEIGHBOUR, "香樟花园6栋 有事情要和你们讲")
    street.drain()
    assert street.ticket("0001").state is TicketState.NEW
    return STAFF


def no_longer_staff(street: Street) -> str:
    at_the_desk(street)

    def end(session: Any, now: Any) -> None:
        for role in session.get_one(Person, street.person(STAFF).id).roles:
            role.status = RoleStatus.ENDED

    street.change(end)
    return STAFF


# ---------------------------------------------------------------- effects, looked up in the database

Effect = Callable[["Case"], None]


class Case:
    """One thing said, with everything before and after it."""

    def __init__(self, street: Street, who: str, said: str, tap: bool) -> None:
        self.street, self.who, self.said = street, who, said
        self.state = street.state(who)
        self.before = street.rows()
        self.reply: Reply = street.tap(who, said) if tap else street.say(who, said)
        self.after = street.rows()

    @property
    def opened(self) -> int:
        return len(self.after["tickets"]) - len(self.before["tickets"])

    def same(self, *tables: str) -> bool:
        return all(self.before[table] == self.after[table] for table in tables)


FACTS = ("tickets", "ticket_events", "ticket_words", "evaluations", "attachments")


def opens(category: str = "") -> Effect:
    def check(case: Case) -> None:
        assert case.opened == 1
        ticket = case.street.tickets()[-1]
        assert case.street.words(ticket.short) == [case.said]
        assert "已受理" in case.reply.text
        assert ticket.number in case.reply.text
        assert not category or ticket.category == category

    return check


def danger(case: Case) -> None:
    ticket = case.street.tickets()[-1]
    assert case.opened == 1
    assert ticket.urgency is Urgency.EMERGENCY
    assert case.said in case.street.words(ticket.short)
    assert case.reply.text.startswith("请")
    assert case.reply.text.index("1") < case.reply.text.index(ticket.number)
    asked = "哪个小区、几栋" in case.reply.text
    after = {"idle": "place", "place": "place", "handed_over": "handed_over"}
    assert not asked or case.state in after, "asked where the answer would be taken for something else"
    assert case.street.state(case.who) == (after[case.state] if asked else case.state), "the state is kept"
    desk = [told for who in (STAFF, "demo-staff-2", "demo-street-1") for told in case.street.told(who)]
    assert any("【紧急】" in told for told in desk)


def adds(short: str) -> Effect:
    def check(case: Case) -> None:
        assert case.opened == 0
        assert case.street.words(short)[-1] == case.said
        assert short in case.reply.text

    return check


def adds_and_asks(short: str) -> Effect:
    def check(case: Case) -> None:
        adds(short)(case)
        assert [choice.label for choice in case.reply.choices] == ["是补充", "新的一件事"]

    return check


def nothing(*words: str) -> Effect:
    """Nothing changes but what is asked; the reply has these words."""

    def check(case: Case) -> None:
        assert case.same(*FACTS)
        assert case.reply.text
        for word in words:
            assert word in case.reply.text

    return check


def which(case: Case) -> None:
    nothing("哪一件")(case)
    assert case.reply.choices


def suggests(command: str) -> Effect:
    def check(case: Case) -> None:
        nothing()(case)
        assert [choice.command for choice in case.reply.choices] == [command]

    return check


def judges(answer: int, words: str = "") -> Effect:
    def check(case: Case) -> None:
        assert case.opened == 0
        assert len(case.after["evaluations"]) == len(case.before["evaluations"]) + 1
        short = case.street.tickets(RESIDENT)[0].short
        expected = TicketState.NEW if answer == 3 else TicketState.CLOSED
        assert case.street.ticket(short).state is expected
        assert not words or case.street.words(short)[-1] == words

    return check


def to_staff(case: Case) -> None:
    assert case.same(*FACTS)
    assert case.reply.text == ""
    assert any(case.said in told for told in case.street.told(STAFF))


def becomes(short: str, state: TicketState) -> Effect:
    def check(case: Case) -> None:
        assert case.opened == 0
        assert case.street.ticket(short).state is state

    return check


def goes_to(state: str) -> Effect:
    def check(case: Case) -> None:
        assert case.same(*FACTS)
        assert case.street.state(case.who) == state

    return check


# ---------------------------------------------------------------- the table

TYPED: list[tuple[Callable[[Street], str], str, Effect]] = [
    # A word joined to other words is no command.
    (idle, "人工湖水臭", opens()),
    (idle, "进度慢死了", opens()),
    (idle, "取消路边车位", opens("parking")),
    (idle, "3楼漏水", opens("water_leak")),
    (idle, "1个月没人管", opens()),
    (idle, "补充医疗保险怎么交", opens("medical")),
    (idle, "提醒物业修灯", opens()),
    (idle, "帮助老人买药", opens()),
    (idle, "报到证丢了", opens()),
    (idle, "评价很差的物业", opens("property_service")),
    (idle, "催办了三次没人理", opens()),
    (idle, "我家漏水", opens("water_leak")),
    (idle, "退出小区的门坏了", opens()),
    (idle, "积分怎么换", opens()),
    (idle, "接单 7天没人来", opens()),
    (idle, "撤单位停车场的锁", opens("parking")),
    (idle, "同意3楼装电梯", opens("elevator_installation")),
    # Commands, however they are written.
    (idle, "进度", nothing("没有正在办的事")),
    (idle, "進度", nothing("没有正在办的事")),
    (idle, "进 度", nothing("没有正在办的事")),
    (idle, "　进度。", nothing("没有正在办的事")),
    (idle, "【进度】", nothing("没有正在办的事")),
    (idle, "进度０００７", nothing("0007")),
    (idle, "进度：7", nothing("0007")),
    (idle, "帮助", nothing("小应")),
    (idle, "幫助！", nothing("小应")),
    (idle, "？", nothing("小应")),
    (idle, "撤单", nothing("没有对得上的事")),
    (idle, "取消", nothing("没有要取消的")),
    (idle, "议题", nothing("尚未开通")),
    (idle, "同意 3", nothing("尚未开通")),
    (idle, "积分", nothing("自愿")),
    (idle, "兑换 2", nothing("没有开通积分")),
    (idle, "兑换码", nothing("没有留着的东西")),
    (idle, "取消兑换", nothing("没有留着的东西")),
    (idle, "核销 ABCDE-FGHJK", nothing("这个码不对")),
    (idle, "家庭积分 20", nothing("没有开通积分")),
    (idle, "邀请家人", nothing("没有开通积分")),
    (idle, "送时长", nothing("送多少")),
    (idle, "兑换券被商家骗了", opens()),
    (idle, "核销不了，商家不认", opens()),
    (idle, "退出积分商城还是扣钱", opens()),
    (idle, "驿站", goes_to("station")),
    (idle, "附近哪里能充电", goes_to("station")),
    (idle, "驿站的饮水机坏了", opens()),
    (idle, "优惠券用不了，商家不认", opens()),
    (idle, "进小区的路坑坑洼洼", opens()),
    (idle, "维权没人管，工资还是不给", opens()),
    (idle, "进小区 香樟花园", nothing("北门")),
    (idle, "维权", nothing("人工")),
    (idle, "预警", nothing("登记")),
    (idle, "驿站 快递丢了", opens()),
    (idle, "我家", goes_to("home")),
    (idle, "人工", goes_to("handed_over")),
    (idle, "代报", goes_to("for_others")),
    # A slip gets a suggestion, and changes nothing.
    (idle, "进渡", suggests("进度")),
    (idle, "jindu", suggests("进度")),
    (idle, "撤丹 0007", suggests("撤单 0007")),
    (idle, "绑顶", suggests("绑定")),
    # Numbers with nothing open.
    (idle, "0007", nothing("0007")),
    (idle, "261121-0007", nothing("0007")),
    (idle, "7", nothing("没对上")),
    (idle, "①", nothing("没对上")),
    (idle, "3 还是吵", opens("noise")),
    # What is only a time, and how an alarm went, belong to what was said before; elsewhere they are free words.
    (asked_for_the_place, "明天上午", adds("0001")),
    (idle, "明天上午", opens()),
    (alarmed, "火灭了", adds("0001")),
    (idle, "火灭了", opens()),
    (alarmed, "香樟花园2栋", adds("0001")),
    (alarmed, "我在2栋3单元，快来", adds("0001")),
    (alarmed, "香樟花园2栋有条蛇", opens()),
    (asked_for_the_place, "在6栋2单元", adds("0001")),
    # That it is over or no longer needed is asked about by whoever has an open matter, and is nothing elsewhere.
    (asked_for_the_place, "车开走了，不用来了", adds("0001")),
    (asked_for_the_place, "已经好了，谢谢", adds("0001")),
    (shown_a_list, "不用了", which),
    (handed_over, "不用来了", to_staff),
    (idle, "不用来了", opens()),
    (idle, "好了，谢谢", nothing("哪件事")),
    # Manners, only when there is nothing else in them.
    (idle, "谢谢", nothing("不客气")),
    (idle, "您好", nothing("您好")),
    (idle, "谢谢，但是楼道灯还没修好", opens("public_facility")),
    (idle, "你好，楼上漏水", opens("water_leak")),
    # A role's commands need the role.
    (idle, "待派", nothing("登记")),
    (idle, "接单 0001", nothing("登记")),
    (idle, "派单 0001 李建国", nothing("登记")),
    (idle, "督办物业", opens("property_service")),
    # Danger, in every state.
    (idle, "着火了", danger),
    (asked_to_judge, "楼下着火了", danger),
    (asked_to_judge, "3 煤气漏了", danger),
    (asked_for_the_place, "电梯里有人被困", danger),
    (handed_over, "有人要跳楼", danger),
    (registering, "我闻到煤气味", danger),
    (just_judged_not_solved, "老人晕倒了", danger),
    (shown_a_list, "有人打架", danger),
    (with_a_task, "到场 0001 这里着火了", danger),
    (at_the_desk, "补充 0001 有人触电", danger),
    (at_the_desk, "办结 0001 昨天着火的地方清理好了", becomes("0001", TicketState.RESOLVED)),
    (with_a_task, "办结 0001 打架的两家说和了", becomes("0001", TicketState.RESOLVED)),
    # A number answers the question that stands open.
    (asked_to_judge, "1", judges(1)),
    (asked_to_judge, "１", judges(1)),
    (asked_to_judge, "①", judges(1)),
    (asked_to_judge, "一", judges(1)),
    (asked_to_judge, "选1", judges(1)),
    (asked_to_judge, "1.", judges(1)),
    (asked_to_judge, "2", judges(2)),
    (asked_to_judge, "3", judges(3)),
    (asked_to_judge, "3 还是吵", judges(3, "还是吵")),
    (asked_to_judge, "3，一点没变", judges(3, "一点没变")),
    (asked_to_judge, "1 谢谢李师傅", judges(1, "谢谢李师傅")),
    (asked_to_judge, "没解决", judges(3)),
    (asked_to_judge, "解决了 满意", judges(1)),
    (asked_to_judge_two, "没解决！", which),
    (asked_for_the_place, "没解决", adds("0001")),
    (asked_to_judge, "评价 1", judges(1)),
    (asked_to_judge, "评价 0001 2 慢了点", judges(2, "慢了点")),
    (asked_to_judge, "評價0001 3", judges(3)),
    # A number joined to words never does.
    (asked_to_judge, "3楼漏水", opens("water_leak")),
    (asked_to_judge, "1个月没人管", opens()),
    (asked_to_judge, "2栋路灯坏了", opens("public_facility")),
    (asked_to_judge, "1、楼道没灯 2、垃圾没人扫", opens()),
    (asked_to_judge, "4", nothing("1 到 3")),
    (asked_to_judge, "12345没用", opens()),
    (asked_to_judge, "谢谢", nothing("不客气")),
    (asked_to_judge, "0001", nothing("待评")),
    (asked_to_judge_eight_days_ago, "1", nothing("没对上")),
    (asked_to_judge_eight_days_ago, "评价 0001 1", nothing("过了可以评价的时间")),
    # Two questions, or something pushed since: the bot asks, and nothing changes.
    (asked_to_judge_two, "1", which),
    (asked_to_judge_two, "3 还是吵", which),
    (asked_to_judge_two, "评价 1", which),
    (asked_to_judge_two, "评价 0001 1", judges(1)),
    (asked_to_erase_and_then_pushed, "1", which),
    # What can be taken for one thing only is not asked about; what cannot be taken back is asked for again.
    (asked_to_judge_and_then_told, "2", judges(2)),
    (asked_to_judge_and_where_they_live, "2", judges(2)),
    (asked_to_erase_and_then_told, "1", nothing("确定要删除吗")),
    (asked_to_judge_and_for_the_place, "3", which),
    (offered_two, "1", which),
    (offered, "1", becomes("0001", TicketState.ACCEPTED)),
    (offered, "接单 0001", becomes("0001", TicketState.ACCEPTED)),
    (offered, "我接", becomes("0001", TicketState.ACCEPTED)),
    (offered, "4", nothing("1 到 3")),
    (offered, "1楼垃圾没人扫", opens("sanitation")),
    # Lists.
    (shown_a_list, "2", nothing("0001")),
    (shown_a_list, "9", nothing("1 到 2")),
    (shown_a_list, "2单元门禁坏了", opens()),
    (shown_a_list_half_an_hour_ago, "2", nothing("没对上")),
    # A state that waits takes words, unless they are surely another matter.
    (asked_for_the_place, "香樟花园3栋", adds("0001")),
    (asked_for_the_place, "就在大门口那一排", adds("0001")),
    (asked_for_the_place, "3", adds("0001")),
    (asked_for_the_place, "滨江雅苑1栋楼上漏水漏得厉害", adds_and_asks("0001")),
    (asked_for_the_place, "取消", goes_to("idle")),
    (asked_for_the_place, "进度", nothing("0001")),
    (asked_for_the_place, "谢谢", nothing("哪个小区")),
    (asked_where_they_live, "谢谢", nothing("不客气")),
    (asked_where_they_live, "待派", nothing("登记")),
    (asked_where_they_live, "进渡", suggests("进度")),
    (asked_where_they_live, "香樟花园3栋", goes_to("idle")),
    (asked_where_they_live, "老王那边", goes_to("home")),
    (asked_for_a_station, "我的任务", nothing("登记")),
    (asked_for_a_station, "进渡", suggests("进度")),
    (just_judged_not_solved, "到了半夜还是吵", adds("0001")),
    (just_judged_not_solved, "滨江雅苑1栋楼上漏水漏得厉害", adds_and_asks("0001")),
    (registering, "香樟花园2栋路灯坏了好几天了", opens("public_facility")),
    (registering, "取消", goes_to("idle")),
    (registering, "林小明", goes_to("phone")),
    # A handed-over chat.
    (handed_over, "进度", to_staff),
    (handed_over, "1", to_staff),
    (handed_over, "香樟花园2栋路灯坏了", to_staff),
    (handed_over, "谢谢", to_staff),
    (handed_over, "取消", goes_to("idle")),
    (handed_over, "取消。", goes_to("idle")),
    # At the desk.
    (at_the_desk, "待派", nothing("0001")),
    (at_the_desk, "待派的车位没人管", opens("parking")),
    (at_the_desk, "派单 0001 刘敏", becomes("0001", TicketState.OFFERED)),
    (at_the_desk, "派单 0001 谁也不是", nothing("没找到")),
    (at_the_desk, "派单0001刘敏", becomes("0001", TicketState.OFFERED)),
    (at_the_desk, "转部门 0001 城管", becomes("0001", TicketState.ASSIGNED)),
    (at_the_desk, "上报 0001", nothing("原因")),
    (at_the_desk, "不予受理 0001 请找法院", becomes("0001", TicketState.REJECTED)),
    (no_longer_staff, "派单 0001 刘敏", nothing("登记")),
]

TAPPED: list[tuple[Callable[[Street], str], str, Effect]] = [
    (asked_to_judge, "评价 261123-0001 1", judges(1)),
    (just_judged_not_solved, "评价 261123-0001 1", nothing("待派")),
    (asked_to_judge_eight_days_ago, "评价 261123-0001 1", nothing("过了可以评价的时间")),
    (asked_to_judge_two, "评价 261123-0001 1", judges(1)),
    (with_a_task, "接单 261123-0001", nothing("已经在您手上")),
    (offered, "婉拒 261123-0001", becomes("0001", TicketState.OFFERED)),
    (idle, "接单 261123-0001", nothing("没有编号")),
    (idle, "!erase yes", nothing("已经过了")),
    (idle, "!keep 1", nothing()),
    (idle, "!skill 调解", nothing("已经过了")),
    (handed_over, "进度", nothing("没有正在办的事")),
    (no_longer_staff, "派单 261123-0001 刘敏", nothing("0001")),
    (no_longer_staff, "不予受理 261123-0001 不归我们", nothing("0001")),
    (no_longer_staff, "督办 261123-0001", nothing("0001")),
]


def _names(rows: list[tuple[Callable[[Street], str], str, Effect]]) -> list[str]:
    return [f"{situation.__name__}-{said}" for situation, said, _ in rows]


def come_into(situation: Callable[[Street], str], street: Street) -> str:
    """Brings the street into a situation; gives who speaks next."""
    return street.once(("situation", situation.__name__), lambda: situation(street))


@pytest.mark.parametrize(("situation", "said", "effect"), TYPED, ids=_names(TYPED))
def test_typed_words_mean_what_the_situation_makes_them(
    street: Street, situation: Callable[[Street], str], said: str, effect: Effect
) -> None:
    who = come_into(situation, street)
    effect(Case(street, who, said, tap=False))


@pytest.mark.parametrize(("situation", "said", "effect"), TAPPED, ids=_names(TAPPED))
def test_a_tap_means_what_it_carries_or_nothing(
    street: Street, situation: Callable[[Street], str], said: str, effect: Effect
) -> None:
    who = come_into(situation, street)
    effect(Case(street, who, said, tap=True))
