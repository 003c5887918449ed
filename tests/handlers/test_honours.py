"""Honouring people as they live it in the chat: naming somebody, being asked, and a vote that nobody can look up."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import honours
from models.area import Area
from models.honour import Group, HonourRound, Nomination, Vote
from models.inbox import InboxMessage
from models.person import Person
from scheduler import jobs
from tests.handlers.conftest import WECOM, Street, both_platforms

RESIDENT, NEIGHBOUR, STAFF = "demo-resident-1", "demo-resident-2", "demo-staff-1"
MEMBER, SECOND = "demo-member-1", "demo-member-3"
MA, QIANG = "demo-rider-1", "demo-rider-2"


def open_round(street: Street, title: str = "最美小哥") -> int:
    """A round of the first community, opened by its staff in the afternoon, when riders have time."""
    street.advance(hours=4, minutes=10)

    def act(session: Session, now: datetime) -> int:
        area = session.scalars(select(Area).where(Area.name == "香樟社区")).one()
        by = session.get_one(Person, street.person(STAFF).id)
        dates = {"votes_from": now + timedelta(days=2), "ends_at": now + timedelta(days=5)}
        made = honours.open_round(
            session, area, title, nominees=Group.RIDERS, voters=Group.EVERYBODY, places=1, by=by, now=now, **dates
        )
        return made.id

    return int(street.change(act))


def ask(street: Street, round_id: int, who: str, about: str = "下雨天送药上楼") -> None:
    def act(session: Session, now: datetime) -> None:
        person = session.get_one(Person, street.person(who).id)
        by = session.get_one(Person, street.person(STAFF).id)
        honours.ask(session, round_id, person, about, by=by, now=now)

    street.change(act)


def hears(street: Street, who: str) -> str:
    """What waits for somebody of whom nothing was heard for days: it comes with the answer to their next word."""
    street.drain()
    return street.say(who, "你好").text


def voting(street: Street) -> int:
    """A round with two riders on its ballot, in the days of voting."""
    round_id = open_round(street)
    for who in (MA, QIANG):
        ask(street, round_id, who)
        assert "有人提名您" in hears(street, who)
        street.say(who, "1")
    street.advance(days=3)
    return round_id


def votes(street: Street) -> list[int]:
    with street.huying.database.reading() as session:
        return [*session.scalars(select(Vote.nominee_id).order_by(Vote.nominee_id))]


def test_from_the_nomination_to_the_result(street_on_both: Street) -> None:
    street = street_on_both
    round_id = open_round(street)
    assert "正在提名" in street.say(RESIDENT, "提名").text
    assert "谢谢您替人说句好话" in street.say(RESIDENT, "提名 小马 着火那天他冲进去救了人").text
    with street.huying.database.reading() as session:
        assert session.scalars(select(Nomination.words)).all() == ["小马 着火那天他冲进去救了人"]
    ask(street, round_id, MA)
    ask(street, round_id, QIANG)
    asked = hears(street, MA)
    assert "有人提名您参加【最美小哥】" in asked
    assert "“下雨天送药上楼”" in asked
    assert "会列出您" in street.say(MA, "1").text
    hears(street, QIANG)
    assert "谁也不会知道" in street.say(QIANG, "2").text
    street.advance(days=3)
    reply = street.say(RESIDENT, "投票")
    assert [choice.label for choice in reply.choices] == ["小马：下雨天送药上楼"]
    told = street.say(RESIDENT, "1").text
    assert "您的一票投好了" in told
    assert "投给了 1 号 小马" in told
    street.advance(days=3)
    jobs.count_votes(street.huying, street.now)
    assert "大家把【最美小哥】评给了您" in hears(street, MA)
    assert "【最美小哥】评出来了：小马。" in street.say(RESIDENT, "投票").text
    assert votes(street) == []
    with street.huying.database.reading() as session:
        assert session.get_one(HonourRound, round_id).votes == 1


@both_platforms
def test_what_is_kept_of_a_vote_tells_nobody_whom_it_was_for(street: Street, on: str) -> None:
    voting(street)
    street.say(MEMBER, "投票", on=on)
    street.say(MEMBER, "2", on=on)
    street.say(MEMBER, "投票 1", on=on)
    street.choose(MEMBER, street.say(MEMBER, "投票", on=on), 2, on=on)
    street.say(MEMBER, "投票 9", on=on)
    assert len(votes(street)) == 1
    with street.huying.database.reading() as session:
        mine = InboxMessage.person_id == street.person(MEMBER, on=on).id
        kept = session.execute(select(InboxMessage.text, InboxMessage.reply).where(mine)).all()
    assert {text for text, _ in kept[-6:]} == {""}
    replies = [str(reply) for _, reply in kept if "一票投好了" in str(reply)]
    assert len(replies) == 3
    assert len(set(replies)) == 1
    assert not any("阿强" in each or "小马" in each for each in replies)


def test_a_repeat_of_the_message_is_one_vote_and_tells_less(street: Street) -> None:
    voting(street)
    street.say(MEMBER, "投票 1")
    first = votes(street)
    street.messages -= 1  # the platform brings the same message once more
    again = street.say(MEMBER, "投票 1").text
    assert "投好了" in again
    assert "小马" not in again
    assert votes(street) == first


def test_one_human_on_two_platforms_has_one_vote(street: Street) -> None:
    voting(street)
    street.say(SECOND, "投票 1")
    street.say(SECOND, "投票 2", on=WECOM)
    assert len(votes(street)) == 1  # known as one already
    street.say(RESIDENT, "投票 1")
    first, second = votes(street)
    assert first < second
    code = re.search(r"[A-Z2-9]{6}", street.say(RESIDENT, "绑定").text)
    assert code is not None
    street.say(SECOND, f"绑定 {code[0]}")
    assert votes(street) == [first]


def test_who_has_no_tie_to_the_place_reads_how_to_get_one(street: Street) -> None:
    voting(street)
    assert "没有您可以投票的评选" in street.say(NEIGHBOUR, "投票").text
    [nominee, _] = _nominees(street)
    assert "我家" in street.tap(NEIGHBOUR, f"!for_nominee {nominee}").text
    assert "没有这个号" in street.tap(NEIGHBOUR, "!for_nominee ²").text
    assert "没有这个号" in street.tap(RESIDENT, "!for_nominee 99999999999999999999999").text
    assert votes(street) == []


def _nominees(street: Street) -> list[int]:
    reply = street.say(RESIDENT, "投票")
    return [int(choice.command.split()[1]) for choice in reply.choices]


def test_a_rider_who_thinks_better_of_it_is_off_the_ballot_and_the_numbers_stay(street: Street) -> None:
    voting(street)
    assert "不会列出您" in street.say(MA, "不参加评选").text
    assert "没有在任何评选里" in street.say(MA, "退出评选").text
    assert [choice.label for choice in street.say(RESIDENT, "投票").choices] == [
        "（这位退出了）",
        "阿强：下雨天送药上楼",
    ]
    assert "您的票没有变" in street.say(RESIDENT, "投票 1").text
    assert "2 号 阿强" in street.say(RESIDENT, "投票 2").text


def test_with_two_rounds_the_bot_asks_which(street: Street) -> None:
    for title in ("最美小哥", "暖心骑手"):
        open_round(street, title)
    asked = street.say(RESIDENT, "提名 小马 送药上楼")
    assert [choice.label for choice in asked.choices] == ["最美小哥", "暖心骑手"]
    assert "【暖心骑手】" in street.say(RESIDENT, "2").text
    with street.huying.database.reading() as session:
        assert session.scalars(select(Nomination.words)).all() == ["小马 送药上楼"]
    street.advance(days=3)
    reply = street.say(RESIDENT, "投票")
    assert [choice.label for choice in reply.choices] == ["最美小哥", "暖心骑手"]
    assert "还没有人愿意列出来" in street.say(RESIDENT, "1").text


def test_who_is_forgotten_takes_the_vote_along_and_has_no_second_one(street: Street) -> None:
    voting(street)
    street.say(RESIDENT, "投票 1")
    assert len(votes(street)) == 1
    street.say(RESIDENT, "删除我的信息")
    street.say(RESIDENT, "1")
    assert votes(street) == []
    street.say(RESIDENT, "我家 A6")
    assert "没有您可以投票的评选" in street.say(RESIDENT, "投票").text


def test_words_that_only_begin_like_a_vote_are_a_report(street: Street) -> None:
    assert "已受理" in street.say(NEIGHBOUR, "投票选业委会的事没人通知我们，香樟花园2栋").text
    assert "没有正在提名" in street.say(NEIGHBOUR, "提名").text
