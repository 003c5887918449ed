"""Standing posts as people live them: taken on in chat, asked first, given up, and nobody there."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import people, posts
from models.area import Area
from models.offer import Wave
from models.person import Person, RoleKind
from models.post import Post
from models.ticket import TicketState
from scheduler import jobs
from tests.handlers.conftest import OFFICIAL, Street, both_platforms

RESIDENT, NEIGHBOUR = "demo-resident-1", "demo-resident-2"
MEMBER, OTHER, HANDY = "demo-member-1", "demo-member-2", "demo-member-3"
LAMP = "香樟花园6栋楼道灯不亮"


def take(street: Street, who: str, *, on: str = OFFICIAL) -> str:
    """Somebody takes on the first post of the list."""
    listed = street.say(who, "认岗", on=on)
    assert listed.choices[0].label.startswith("楼道灯巡查岗（香樟花园，还缺")
    return street.say(who, "1", on=on).text


@both_platforms
def test_taken_on_asked_first_accepted_done_and_judged(street: Street, on: str) -> None:
    reply = take(street, MEMBER, on=on)
    assert "认好了，香樟花园的楼道灯巡查岗由您照看，到 2027 年 11 月 23 日" in reply
    assert "有这样的事先来问您" in reply
    assert "楼道灯巡查岗（香樟花园），11 月 23 日起" in street.say(MEMBER, "我的岗位", on=on).text
    assert "楼道灯巡查岗" in street.say(MEMBER, "我的角色", on=on).text
    street.say(RESIDENT, LAMP)
    assert any("【您的楼道灯巡查岗有一件】公共设施 · 香樟花园6栋" in each for each in street.told(MEMBER, on=on))
    assert street.told(HANDY) == []
    assert "接单成功" in street.say(MEMBER, "接单 0001", on=on).text
    assert any("有人接了" in each for each in street.told(RESIDENT))
    street.say(MEMBER, "办结 0001 换了灯泡", on=on)
    assert any("请评价" in each for each in street.told(RESIDENT))
    street.say(RESIDENT, "1")
    assert street.ticket("0001").state is TicketState.CLOSED
    assert street.history_is_whole()


@both_platforms
def test_where_nobody_holds_it_volunteers_are_asked_and_the_reason_is_kept(street: Street, on: str) -> None:
    if on == OFFICIAL:
        street.say(HANDY, "待接单")
    street.say(RESIDENT, LAMP)
    assert any("【想请您帮忙】" in each for each in street.told(HANDY, on=on))
    with street.huying.database.reading() as session:
        [first, second] = session.scalars(select(Wave).order_by(Wave.number))
        assert (first.mode, first.shortfalls, second.mode) == ("post", {"no_post": 1}, "volunteers")


@both_platforms
def test_the_same_said_three_times_is_one_post_and_a_full_one_says_so(street: Street, on: str) -> None:
    street.change(lambda session, _: session.execute(update(Post).values(wanted=1)))
    listed = street.say(MEMBER, "认岗", on=on)
    [late] = [each for each in street.say(OTHER, "认岗", on=on).choices if "楼道灯" in each.label]
    answers = {street.choose(MEMBER, listed, 1, on=on).text for _ in range(3)}
    assert len(answers) == 1
    assert "认好了" in answers.pop()
    assert "认好了" in street.say(MEMBER, "认岗 楼道灯", on=on).text
    assert "楼道灯巡查岗刚好有人认满了" in street.tap(OTHER, late.command, on=on).text
    assert [each.label[:7] for each in street.say(OTHER, "认岗", on=on).choices] == ["文明养犬劝导岗"]
    assert "附近没有叫“楼道灯”又缺人的岗" in street.say(OTHER, "认岗 楼道灯", on=on).text
    # A number after the word would count another list each time: it only shows the list.
    assert "想认哪个" in street.say(OTHER, "认岗 1", on=on).text
    with street.huying.database.reading() as session:
        assert len(posts.holders(session, session.scalars(select(Post.id)).all(), day=street.now.date())) == 1


@both_platforms
def test_given_up_with_an_open_task_which_stays(street: Street, on: str) -> None:
    take(street, MEMBER, on=on)
    street.say(RESIDENT, LAMP)
    street.drain()
    street.say(MEMBER, "接单 0001", on=on)
    left = street.say(MEMBER, "退岗", on=on).text
    assert "谢谢您有心" in left
    assert "照看" not in left
    assert "手上的 0001 还是您的" in left
    for _ in range(2):
        assert "您现在没有认岗" in street.say(MEMBER, "退岗", on=on).text
    assert street.ticket("0001").assignee_id == street.person(MEMBER).id
    street.say(NEIGHBOUR, "香樟花园2栋楼道灯坏了")
    street.drain()
    street.advance(minutes=6)  # whether it is the same matter is asked first
    assert any("【想请您帮忙】" in each for each in street.told(HANDY))


@pytest.mark.parametrize(("days", "thanks"), [(6, "谢谢您有心"), (7, "这一阵子的照看"), (200, "这么久的照看")])
def test_thanks_fit_how_long_it_was(street: Street, days: int, thanks: str) -> None:
    take(street, MEMBER)
    street.advance(days=days)
    assert thanks in street.say(MEMBER, "退岗").text
    take(street, HANDY)
    street.advance(days=days)
    street.told(HANDY)
    lamps = select(Post).where(Post.name.contains("楼道灯"))
    street.change(lambda session, now: posts.close(session, session.scalars(lamps).one(), now=now))
    assert any(thanks in told for told in street.told(HANDY))


def test_of_several_one_is_chosen(street: Street) -> None:
    take(street, MEMBER)
    assert "认好了，江湾街道的文明养犬劝导岗" in street.say(MEMBER, "认岗 养犬").text
    assert "附近现在没有等人认的岗" in street.say(MEMBER, "认岗").text
    which = street.say(MEMBER, "退岗")
    assert [each.label for each in which.choices] == ["楼道灯巡查岗（香樟花园）", "文明养犬劝导岗（江湾街道）"]
    assert "文明养犬劝导岗不用再惦记" in street.say(MEMBER, "2").text
    assert "楼道灯巡查岗不用再惦记" in street.say(MEMBER, "退岗 楼道灯").text


def beside_it(street: Street, who: str, *, wanted: int = 5) -> None:
    """A post of the same name in the next community, where somebody helps too."""

    def enter(session: Session, now: datetime) -> None:
        next_door = session.scalars(select(Area).where(Area.name == "银杏社区")).one()
        posts.make(session, posts.Draft("楼道灯巡查岗", next_door.id, ["public_facility"], wanted), now=now)
        people.grant(session, session.get_one(Person, street.person(who).id), RoleKind.MEMBER, next_door.id, now=now)

    street.change(enter)


def held(street: Street, who: str) -> list[str]:
    return street.say(who, "我的岗位").text.splitlines()[1:-1]


@both_platforms
def test_of_two_posts_of_one_name_it_is_asked_which(street: Street, on: str) -> None:
    beside_it(street, MEMBER)
    asked = street.say(MEMBER, "认岗 楼道灯", on=on)
    assert "附近叫“楼道灯”的岗不止一个" in asked.text
    assert [each.label.split("，")[0] for each in asked.choices] == ["楼道灯巡查岗（香樟花园", "楼道灯巡查岗（银杏社区"]
    assert "您现在没有认岗" in street.say(MEMBER, "我的岗位", on=on).text
    assert "认好了，香樟花园的楼道灯巡查岗" in street.choose(MEMBER, asked, 1, on=on).text
    # Said again it is not the other one that is taken: their own is one of the name too.
    again = street.say(MEMBER, "认岗 楼道灯", on=on)
    assert [each.label for each in again.choices] == [
        "楼道灯巡查岗（银杏社区，还缺 5 位）",
        "楼道灯巡查岗（香樟花园）您在照看，接着照看一年",
    ]
    assert "认好了，香樟花园" in street.choose(MEMBER, again, 2, on=on).text
    assert len(held(street, MEMBER)) == 1


def test_where_the_near_one_is_full_the_far_one_of_its_name_is_not_taken_instead(street: Street) -> None:
    beside_it(street, OTHER)
    street.change(lambda session, _: session.execute(update(Post).where(Post.id == 1).values(wanted=1)))
    take(street, MEMBER)
    asked = street.say(OTHER, "认岗 楼道灯")
    assert [each.label for each in asked.choices] == ["楼道灯巡查岗（银杏社区，还缺 5 位）"]
    assert held(street, OTHER) == []
    assert "附近没有叫“楼道灯”又缺人的岗" in street.say(HANDY, "认岗 楼道灯").text
    assert "认好了，银杏社区的楼道灯巡查岗" in street.say(OTHER, "1").text


def test_a_post_beyond_the_first_of_the_list_may_be_named(street: Street) -> None:
    def many(session: Session, now: datetime) -> None:
        here = session.scalars(select(Area).where(Area.name == "香樟花园")).one()
        for number in range(posts.SHOWN):
            posts.make(session, posts.Draft(f"楼道{number}号岗", here.id, ["public_facility"], 1), now=now)

    street.change(many)
    assert "认好了，江湾街道的文明养犬劝导岗" in street.say(MEMBER, "认岗 养犬").text


def test_whoever_is_no_member_gets_a_way_on(street: Street) -> None:
    for word in ("认岗", "我的岗位", "退岗"):
        assert "认岗要先报到" in street.say(NEIGHBOUR, word).text
    assert "认岗要先报到" in street.tap(NEIGHBOUR, "认岗").text
    assert "认岗要先报到" in street.tap(NEIGHBOUR, "!claim_post 1").text
    for said in ("报到", "林小明", "跳过", "跳过", "香樟社区", "都行"):
        street.say(NEIGHBOUR, said)
    assert "您的报到香樟社区正在核对" in street.say(NEIGHBOUR, "认岗").text


def test_what_is_told_of_a_place_and_another_is_no_command(street: Street) -> None:
    take(street, MEMBER)
    assert "已受理" in street.say(NEIGHBOUR, "香樟花园2栋路灯坏了，认岗的人没来").text
    # Titles are given back elsewhere, and a post is none of them.
    assert "没有对得上" in street.tap(MEMBER, "!title off 1").text
    for wrong in ("!claim_post 99", "!claim_post", "!claim_post ²", "!leave_post 2"):
        assert "这个岗现在不用认" in street.tap(MEMBER, wrong).text


def test_whoever_leaves_holds_nothing(street: Street) -> None:
    take(street, MEMBER)
    street.say(MEMBER, "退出")
    with street.huying.database.reading() as session:
        person = session.get_one(Person, street.person(MEMBER).id)
        assert posts.held_by(session, person, now=street.now) == []


@both_platforms
def test_before_its_last_day_the_holder_is_asked_and_goes_on_by_a_digit(street: Street, on: str) -> None:
    take(street, MEMBER, on=on)
    street.at(street.now + posts.TERM - posts.NOTICE)
    for who in (MEMBER, "demo-staff-1"):
        street.say(who, "我的岗位", on=on)  # somebody of whom nothing was heard for a year is told on their next word
    for _ in range(3):
        jobs.warn_posts(street.huying, street.now)
    [asked] = [each for each in street.told(MEMBER, on=on) if "满期" in each]
    assert "您照看的楼道灯巡查岗（香樟花园）到 2027 年 11 月 23 日满期" in asked
    assert [each for each in street.told("demo-staff-1", on=on) if "两周内有 1 个认岗满期" in each]
    assert "由您照看，到 2028 年 11 月 8 日" in street.say(MEMBER, "1", on=on).text


def test_at_night_nobody_is_asked_about_a_last_day(street: Street) -> None:
    take(street, MEMBER)
    street.at(street.now + posts.TERM - posts.NOTICE + timedelta(hours=12))
    assert jobs.warn_posts(street.huying, street.now) == 0
