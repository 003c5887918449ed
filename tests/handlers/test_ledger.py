"""Points and service hours as people live them in the chat: nothing unasked, families, hours given, and what points buy."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import accounts, redeeming
from models.accounts import ISSUED, of_person
from models.area import Area
from models.inbox import InboxMessage
from models.ledger import Goods, Posting, Unit, Why
from models.person import Person
from scheduler import jobs
from tests.bot.test_pdf import shown
from tests.handlers.conftest import Street, both_platforms

RESIDENT, NEIGHBOUR, THIRD = "demo-resident-1", "demo-resident-2", "demo-resident-3"
MEMBER, SECOND, STAFF, ELSEWHERE = "demo-member-3", "demo-member-4", "demo-staff-1", "demo-staff-2"


def give(street: Street, who: str, points: int = 0, minutes: int = 0) -> None:
    """Somebody takes part and has something already."""

    def act(session: Session, now: datetime) -> None:
        person = session.get_one(Person, street.person(who).id)
        accounts.switch_on(session, person, now=now)
        for unit, amount in ((Unit.POINTS, points), (Unit.MINUTES, minutes)):
            if amount:
                moves = {of_person(person.id): amount, ISSUED: -amount}
                accounts.post(session, Why.OPENING, unit, moves, source=f"test:{who}:{unit}:{amount}", now=now)

    street.change(act)


def put_on_offer(street: Street, *, stock: int = 1, price: int = 10, name: str = "一袋大米") -> int:
    """Goods of the first community that its staff give away."""

    def act(session: Session, now: datetime) -> int:
        area = session.scalars(select(Area).where(Area.name == "香樟社区")).one()
        return redeeming.offer(session, area, name, price=price, stock=stock, place="社区服务站", now=now).id

    return int(street.change(act))


def code_in(text: str) -> str:
    found = re.search(r"[A-Z0-9]{5}-[A-Z0-9]{5}", text)
    assert found is not None, text
    return found[0]


def credit(street: Street) -> None:
    jobs.credit(street.huying, street.now)


def test_nothing_is_written_about_whoever_did_not_ask_for_it(street: Street) -> None:
    street.finished(by=SECOND)
    street.say(RESIDENT, "1")
    street.advance(days=2)
    credit(street)
    reply = street.say(SECOND, "积分")
    assert "自愿" in reply.text
    assert [choice.label for choice in reply.choices] == ["开通", "先不用"]
    with street.huying.database.reading() as session:
        whom = select(func.count()).select_from(Posting).where(Posting.why != Why.OPENING)
        assert session.scalar(whom) == 0


def test_from_the_report_to_the_points(street_on_both: Street) -> None:
    street = street_on_both
    for who in (SECOND, RESIDENT):
        assert "自愿" in street.say(who, "积分").text
        assert "开通好了" in street.say(who, "1").text
    short = street.accepted(by=SECOND)
    street.say(SECOND, f"到场 {short}")
    street.advance(minutes=80)
    street.say(SECOND, f"办结 {short} 说好了")
    street.drain()
    street.say(RESIDENT, "1")
    credit(street)
    assert "还没有记过" in street.say(SECOND, "积分").text
    street.advance(hours=25)
    credit(street)
    credit(street)
    told = street.say(SECOND, "积分").text
    assert "您有 10 分" in told
    assert f"帮了一个忙（{short}） +10 分" in told
    assert "1 小时 2" in street.say(SECOND, "时长").text
    assert "您有 2 分" in street.say(RESIDENT, "积分").text
    assert "关好了" in street.say(SECOND, "关闭积分").text
    assert "自愿" in street.say(SECOND, "积分").text
    street.say(SECOND, "开通积分")
    assert "您有 10 分" in street.say(SECOND, "积分").text


@pytest.mark.parametrize("said", ["积分", "时长", "兑换", "家庭积分"])
def test_whoever_does_not_want_it_is_left_alone(street: Street, said: str) -> None:
    reply = street.say(NEIGHBOUR, said)
    assert len(reply.choices) == 2
    street.say(NEIGHBOUR, "2")
    with street.huying.database.reading() as session:
        assert not accounts.is_on(session, street.person(NEIGHBOUR).id)
    assert street.tickets() == []


# ---------------------------------------------------------------- goods


@both_platforms
def test_points_buy_something_that_staff_hand_over_once(street: Street, on: str) -> None:
    put_on_offer(street)
    give(street, MEMBER, 25)
    assert "能换：一提纸巾 10 分" in street.say(MEMBER, "积分", on=on).text
    listed = street.say(MEMBER, "兑换", on=on)
    assert [choice.label for choice in listed.choices][-1] == "一袋大米 10 分"
    reply = street.say(MEMBER, str(len(listed.choices)), on=on).text
    assert "社区服务站" in reply
    code = code_in(reply)
    assert "这个码不对" in street.say(ELSEWHERE, f"核销 {code}").text
    assert "请把一袋大米交给对方" in street.say(STAFF, f"核销 {code}", on=on).text
    assert "这个码不对" in street.say(STAFF, f"核销 {code}").text
    assert "您有 15 分" in street.say(MEMBER, "积分", on=on).text


def test_the_code_is_in_nobodys_database(street: Street) -> None:
    put_on_offer(street)
    give(street, MEMBER, 25)
    number = len(street.say(MEMBER, "兑换").choices)
    code = code_in(street.say(MEMBER, f"兑换 {number}").text)
    assert code not in street.everything_stored(but_read_by=STAFF)
    with street.huying.database.reading() as session:
        assert not any(code in str(each.reply) for each in session.scalars(select(InboxMessage)))


def test_the_same_wish_brought_twice_reserves_one(street: Street) -> None:
    goods_id = put_on_offer(street, stock=5)
    give(street, MEMBER, 25)
    street.say(MEMBER, "兑换")
    street.tap(MEMBER, f"!goods {goods_id}")
    street.messages -= 1
    street.tap(MEMBER, f"!goods {goods_id}")
    with street.huying.database.reading() as session:
        assert session.get_one(Goods, goods_id).stock == 4


def test_a_code_that_got_lost_and_a_wish_that_is_over(street: Street) -> None:
    goods_id = put_on_offer(street)
    give(street, MEMBER, 25)
    first = code_in(street.tap(MEMBER, f"!goods {goods_id}").text)
    second = code_in(street.say(MEMBER, "兑换码").text)
    assert "这个码不对" in street.say(STAFF, f"核销 {first}").text
    assert "已经留了一样" in street.tap(MEMBER, f"!goods {goods_id}").text
    assert "10 分退回来了" in street.say(MEMBER, "取消兑换").text
    assert "这个码不对" in street.say(STAFF, f"核销 {second}").text
    assert "没有留着的东西" in street.say(MEMBER, "兑换码").text
    assert "您有 25 分" in street.say(MEMBER, "积分").text


def test_what_nobody_fetched_goes_back_and_is_told(street: Street) -> None:
    goods_id = put_on_offer(street)
    give(street, MEMBER, 10)
    street.tap(MEMBER, f"!goods {goods_id}")
    street.advance(days=7, minutes=1)
    jobs.end_reservations(street.huying, street.now)
    jobs.end_reservations(street.huying, street.now)
    assert sum("10 分退回给您" in told for told in street.told(MEMBER)) == 1
    assert "您有 10 分" in street.say(MEMBER, "积分").text


def test_too_few_points_and_sold_out_are_said_kindly(street: Street) -> None:
    goods_id = put_on_offer(street, stock=1)
    give(street, MEMBER, 9)
    give(street, SECOND, 10)
    give(street, THIRD, 10)
    assert "要 10 分，您有 9 分" in street.tap(MEMBER, f"!goods {goods_id}").text
    code_in(street.tap(SECOND, f"!goods {goods_id}").text)
    assert "换完了" in street.tap(THIRD, f"!goods {goods_id}").text
    assert "没有这一样" in street.say(THIRD, "兑换 99").text
    assert "ABCDE" in street.say(STAFF, "核销").text


# ---------------------------------------------------------------- families and hours


def test_a_family_saves_together_and_any_of_them_spends(street: Street) -> None:
    goods_id = put_on_offer(street, price=12)
    give(street, MEMBER, 15)
    assert "邀请家人" in street.say(MEMBER, "家庭积分").text
    line = street.say(MEMBER, "邀请家人").text.splitlines()[-1]
    assert re.fullmatch("家庭积分 [A-Z0-9]{6}", line)
    assert "2 个人合用" in street.say(NEIGHBOUR, line).text
    assert "已经在一个家里" in street.say(NEIGHBOUR, line).text
    assert "这个码不对" in street.say(THIRD, line).text
    assert "放进去了 15 分" in street.say(MEMBER, "家庭积分 15").text
    assert "要 20 分，您有 0 分" in street.say(MEMBER, "家庭积分 20").text
    assert "家里的 12 分" in street.tap(NEIGHBOUR, f"!goods {goods_id}").text
    assert "家里合用的有 3 分" in street.say(MEMBER, "积分").text
    assert "不再和家人合用" in street.say(MEMBER, "退出家庭积分").text
    assert "1 个人合用，现在有 3 分" in street.say(NEIGHBOUR, "家庭积分").text


@both_platforms
def test_an_hour_is_given_in_thanks_and_counts_once_it_is_taken(street: Street, on: str) -> None:
    short = street.finished(by=SECOND)
    give(street, RESIDENT, minutes=90)
    assert "等对方收下" in street.say(RESIDENT, f"送时长 {short} 1小时").text
    assert any("1 收下" in told and "谢谢您帮忙" in told for told in street.told(SECOND))
    street.say(RESIDENT, "1")  # her judgement is still asked for
    assert street.ticket(short).state == "closed"
    assert "1 小时记在您名下" in street.say(SECOND, "1").text
    assert any("对方收下了" in told for told in street.told(RESIDENT))
    assert "一共 30 分钟" in street.say(RESIDENT, "时长").text
    assert "一共 1 小时" in street.say(SECOND, "时长", on=on).text


def test_an_hour_may_go_to_whoever_asked_for_help_and_may_be_left(street: Street) -> None:
    short = street.finished(by=SECOND)
    give(street, SECOND, minutes=60)
    street.say(SECOND, f"送时长 {short} 半小时")
    [asked] = [told for told in street.told(RESIDENT) if "服务时间" in told]
    assert "以后也好开口请人帮忙" in asked
    with street.huying.database.reading() as session:
        assert not accounts.is_on(session, street.person(RESIDENT).id)
    assert "还是对方的" in street.tap(RESIDENT, "!gift 1 no").text
    assert "已经收过" in street.tap(RESIDENT, "!gift 1 yes").text
    assert any("没有收" in told for told in street.told(SECOND))
    assert "已经送过一份" in street.say(SECOND, f"送时长 {short} 半小时").text
    assert not any("服务时间" in told for told in street.told(RESIDENT))
    assert "一共 1 小时" in street.say(SECOND, "时长").text


def test_hours_go_to_nobody_else(street: Street) -> None:
    short = street.finished(by=SECOND)
    give(street, RESIDENT, minutes=60)
    give(street, MEMBER, minutes=60)
    assert "没有编号" in street.say(MEMBER, f"送时长 {short} 1").text
    assert "要 2 小时，您有 1 小时" in street.say(RESIDENT, f"送时长 {short} 2").text
    assert "送多少" in street.say(RESIDENT, f"送时长 {short} 很多").text
    assert "最多 8 小时" in street.say(RESIDENT, f"送时长 {short} 9").text
    assert "已经收过" in street.tap(MEMBER, "!gift 1 yes").text


# ---------------------------------------------------------------- in the course of time


def test_points_that_are_soon_over_are_announced_once(street: Street) -> None:
    give(street, MEMBER, 25)
    street.at(datetime(2027, 11, 10, 2, tzinfo=street.now.tzinfo))
    for _ in range(3):
        jobs.expire_points(street.huying, street.now)
    assert sum("25 分 11 月 30 日到期" in told for told in street.told(MEMBER)) == 1
    assert "其中 25 分 11 月 30 日到期" in street.say(MEMBER, "积分").text
    street.at(datetime(2027, 12, 1, 2, tzinfo=street.now.tzinfo))
    for _ in range(2):
        jobs.expire_points(street.huying, street.now)
    assert "您有 0 分" in street.say(MEMBER, "积分").text


def test_whoever_binds_two_platforms_has_the_points_of_both(street: Street) -> None:
    give(street, RESIDENT, 4)
    give(street, NEIGHBOUR, 5)
    code = re.search(r"[A-Z0-9]{6}", street.say(RESIDENT, "绑定").text)
    assert code is not None
    street.say(NEIGHBOUR, f"绑定 {code[0]}")
    assert "您有 9 分" in street.say(NEIGHBOUR, "积分").text


def test_whoever_is_erased_begins_with_nothing(street: Street) -> None:
    goods_id = put_on_offer(street)
    give(street, RESIDENT, 14)
    street.tap(RESIDENT, f"!goods {goods_id}")
    street.say(RESIDENT, "删除我的信息")
    street.say(RESIDENT, "1")
    assert "自愿" in street.say(RESIDENT, "积分").text
    with street.huying.database.reading() as session:
        assert session.get_one(Goods, goods_id).stock == 1


def test_the_demo_members_can_buy_something_at_once(street: Street) -> None:
    assert "您有 60 分" in street.say("demo-member-1", "积分").text
    assert "一共 3 小时" in street.say("demo-member-1", "时长").text
    code = code_in(street.say("demo-member-1", "兑换 2").text)
    assert "请把理发一次交给对方" in street.say(SECOND, f"核销 {code}").text


# ---------------------------------------------------------------- certificates


def served(street: Street, who: str, minutes: int, *, source: str = "one") -> int:
    """Minutes that somebody served; gives the posting's id."""

    def act(session: Session, now: datetime) -> int:
        person = session.get_one(Person, street.person(who).id)
        accounts.switch_on(session, person, now=now)
        moves = {of_person(person.id): minutes, ISSUED: -minutes}
        made = accounts.post(session, Why.SERVICE, Unit.MINUTES, moves, source=f"test:{who}:{source}", now=now)
        assert made is not None
        return made.id

    return int(street.change(act))


def certificate_of(street: Street, who: str) -> str:
    """Where somebody's certificate is."""
    found = re.search("/certificate/[A-Z0-9-]{19}", street.say(who, "服务证明").text)
    assert found is not None
    return found[0]


def test_hours_are_certified_and_anybody_can_check_it(street: Street) -> None:
    assert "开通积分" in street.say(SECOND, "服务证明").text
    served(street, SECOND, 100)
    where = certificate_of(street, SECOND)
    browser = street.huying.web.test_client()
    page = browser.get(where)
    assert "兹证明孙丽于2026 年 11 月 23 日参加志愿服务 1 次，服务时间共计 1 小时 40 分钟" in page.text
    assert where.rpartition("/")[2] in page.text
    assert browser.get(where.lower()).status_code == 200
    decorated = browser.get(f"{where}获评优秀".replace("-", "")).text
    assert (where.rpartition("/")[2] in decorated, "获评优秀" in decorated) == (True, False)
    assert page.headers["Cache-Control"] == "private, no-store"
    wrong = browser.get("/certificate/AAAA-BBBB-CCCC-DDDD")
    assert (wrong.status_code, "孙丽" in wrong.text) == (404, False)
    assert where.rpartition("/")[2] not in street.everything_stored(but_read_by=STAFF)


def test_the_file_of_a_certificate_says_what_the_page_says(street: Street) -> None:
    served(street, SECOND, 100)
    where = certificate_of(street, SECOND)
    browser = street.huying.web.test_client()
    page = browser.get(where)
    assert f'href="{where}.pdf"' in page.text
    file = browser.get(f"{where}.pdf")
    assert (file.mimetype, file.headers["Cache-Control"]) == ("application/pdf", "private, no-store")
    assert browser.get(f"{where.lower()}.pdf").data == file.data
    told = re.sub(r"\s", "", "".join(shown(file.data)))
    on_paper = re.sub(r"<style>.*?</style>|<p class=\"plain only-screen\">.*?</p>|<[^>]*>|\s", "", page.text)
    # The page's own title stands in its head and on the paper.
    assert told == on_paper.removeprefix("志愿服务时长证明")
    assert "兹证明孙丽于2026年11月23日" in told
    assert browser.get("/certificate/AAAA-BBBB-CCCC-DDDD.pdf").status_code == 404
    street.say(SECOND, "删除我的信息")
    street.say(SECOND, "1")
    assert browser.get(f"{where}.pdf").status_code == 404


def test_only_what_was_served_and_not_taken_back_is_certified(street: Street) -> None:
    served(street, SECOND, 100)
    mistake = served(street, SECOND, 50, source="two")

    def correct(session: Session, now: datetime) -> None:
        staff = session.get_one(Person, street.person(STAFF).id)
        accounts.correct(session, session.get_one(Posting, mistake), "记重了", by=staff, now=now)

    street.change(correct)
    short = street.finished(by=SECOND)
    street.say(SECOND, f"送时长 {short} 1小时")
    street.told(RESIDENT)
    street.tap(RESIDENT, "!gift 1 yes")
    assert "一共 40 分钟" in street.say(SECOND, "时长").text
    assert "1 小时 40 分钟" in street.huying.web.test_client().get(certificate_of(street, SECOND)).text
    # What was given to her she has not served.
    assert "还没有记过" in street.say(RESIDENT, "服务证明").text


def test_a_certificate_goes_with_whoever_is_erased(street: Street) -> None:
    served(street, SECOND, 100)
    where = certificate_of(street, SECOND)
    street.say(SECOND, "删除我的信息")
    street.say(SECOND, "1")
    assert street.huying.web.test_client().get(where).status_code == 404


def test_nobody_tries_codes_by_the_thousand(street: Street) -> None:
    browser = street.huying.web.test_client()
    answers = [browser.get("/certificate/AAAA-BBBB-CCCC-DDDD").status_code for _ in range(40)]
    assert answers[0] == 404
    assert answers[-1] == 429
