"""Departments and partners as people live them, on the Official Account and in WeCom: claims, returns and who decides
about them, one-time links, tasks pushed down, and matters on a border.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import departments, parties, tickets
from models.area import Area
from models.attachment import Attachment, AttachmentUse
from models.category import Level
from models.inbox import InboxMessage
from models.outbox import Notice
from models.party import Assignment, End, Link, PartyKind
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import TicketEvent, TicketState
from tests.bot.pictures import file, scene
from tests.handlers.conftest import OFFICIAL, WECOM, Street, both_platforms

RESIDENT, NEIGHBOUR, MEMBER = "demo-resident-1", "demo-resident-2", "demo-member-1"
STAFF, ELSEWHERE, STREET, CITY = "demo-staff-1", "demo-staff-2", "demo-street-1", "demo-dept-1"
STALL = "香樟花园门口占道经营严重"
UNCLEAR = "香樟花园6栋 有事情要和你们讲"
LAMP = "香樟花园6栋的事情，我电话13912345678，住6栋2单元1102"


def told_of_a_stall(street: Street) -> None:
    """城管 has the matter by its category; everything told so far counts as read."""
    street.say(RESIDENT, STALL)
    street.drain()
    assert street.ticket("0001").state is TicketState.ASSIGNED
    for who in (RESIDENT, STAFF, STREET, CITY):
        street.told(who)


def returned(street: Street, on: str) -> None:
    told_of_a_stall(street)
    street.say(CITY, "退回 0001 属于交警", on=on)


@both_platforms
def test_claimed_and_answered(street: Street, on: str) -> None:
    street.say(CITY, "我的任务", on=on)
    street.say(RESIDENT, STALL)
    assert "认领 0001" in street.told(CITY)[0]
    assert "已认领" in street.say(CITY, "认领 0001", on=on).text
    assert any("有人接了：城管的老丁" in told for told in street.told(RESIDENT))
    street.photo(CITY, on=on)
    assert "待评" in street.say(CITY, "答复 0001 已清走，每天巡查两次", on=on).text
    assert "请评价" in street.told(RESIDENT)[-1]
    assert street.history("0001") == ["open", "assign", "claim", "finish"]
    assert entries(street) == [("城管", True, End.FINISHED)]


@both_platforms
def test_returned_and_the_street_agrees_so_the_community_takes_it_in(street: Street, on: str) -> None:
    returned(street, on)
    [asked] = street.told(STREET)
    assert "属于交警" in asked
    assert "仍由他办 0001" in asked
    assert "社区收回 0001" in asked
    assert "定了" in street.say(STREET, "社区收回 0001 由社区协调", on=on).text
    ticket = street.ticket("0001")
    assert (ticket.state, ticket.level, ticket.returned_by) == (TicketState.NEW, Level.COMMUNITY, "")
    assert any("街道同意退回" in told for told in street.told(CITY))
    assert any("转给社区" in told for told in street.told(RESIDENT))
    assert any("待派" in told for told in street.told(STAFF))
    assert "0001" in street.say(STAFF, "待派", on=on).text
    assert entries(street) == [("城管", True, End.MOVED)]


@both_platforms
def test_returned_and_kept_by_the_department_which_cannot_return_it_again(street: Street, on: str) -> None:
    returned(street, on)
    street.told(CITY)
    assert "原因" in street.say(STREET, "仍由你办 0001", on=on).text
    assert "仍由城管办" in street.say(STREET, "仍由你办 0001 门前三包归城管", on=on).text
    assert street.ticket("0001").state is TicketState.ASSIGNED
    assert street.ticket("0001").level is Level.DEPARTMENT
    assert any("门前三包归城管" in told for told in street.told(CITY))
    refused = street.say(CITY, "退回 0001 真的不归我们", on=on).text
    assert "街道已经定了" in refused
    assert "答复 0001" in refused
    assert street.ticket("0001").state is TicketState.ASSIGNED
    street.say(CITY, "答复 0001 已清走", on=on)
    assert entries(street) == [("城管", True, End.FINISHED)]


@both_platforms
def test_returned_and_given_to_another(street: Street, on: str) -> None:
    returned(street, on)
    assert "已转给江湾供电所" in street.say(STREET, "改派 0001 供电所", on=on).text
    assert any("街道同意退回" in told for told in street.told(CITY))
    assert any("转给江湾供电所" in told for told in street.told(RESIDENT))
    assert entries(street) == [("城管", True, End.MOVED), ("江湾供电所", False, None)]


def test_while_the_street_has_not_decided_the_community_does_not_go_round_it(street: Street) -> None:
    returned(street, OFFICIAL)
    before = street.rows()
    for said in ("派单 0001 刘敏", "转部门 0001 供电所", "办结 0001 好了", "上报 0001 不管", "不予受理 0001 不管"):
        assert "等街道定" in street.say(STAFF, said).text, said
    assert street.rows()["ticket_events"] == before["ticket_events"]
    for said in ("仍由你办 0001 归你们", "社区收回 0001"):
        street.say(STAFF, said)
        street.say(CITY, said)
    assert street.ticket("0001").returned_by == "城管"


def test_a_return_that_waits_is_the_streets_and_never_nobodys(street: Street) -> None:
    returned(street, OFFICIAL)
    street.told(STREET)
    street.advance(days=3)
    assert any("0001" in told for told in street.told(STREET))
    assert street.ticket("0001").due_at is not None


def test_the_resident_may_still_take_back_what_was_returned(street: Street) -> None:
    returned(street, OFFICIAL)
    street.say(RESIDENT, "撤单 0001")
    assert street.ticket("0001").state is TicketState.WITHDRAWN
    assert street.ticket("0001").returned_by == ""
    assert "社区收回" not in street.say(STREET, "社区收回 0001").text
    assert entries(street) == [("城管", True, End.OVER)]


def test_where_the_street_has_nobody_a_return_goes_to_the_desk(street: Street) -> None:
    told_of_a_stall(street)
    leave = update(Role).where(Role.kind == RoleKind.STREET).values(status=RoleStatus.ENDED)
    street.change(lambda session, _: session.execute(leave))
    street.say(CITY, "退回 0001 属于交警")
    assert street.ticket("0001").returned_by == ""
    assert any("0001" in told for told in street.told(STAFF))
    assert "已派给刘敏" in street.say(STAFF, "派单 0001 刘敏").text


def test_a_party_is_given_only_what_it_is_there_for_and_only_where_it_serves(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.drain()
    assert "市政维护队" not in street.say(STAFF, "转部门 0001").text
    assert "不管这一类事" in street.say(STAFF, "转部门 0001 市政维护队").text
    assert "银杏里业委会" not in street.say(STAFF, "转部门 0001").text
    assert "没找到" in street.say(STAFF, "转部门 0001 银杏里业委会").text
    assert street.ticket("0001").state is TicketState.NEW


# ---------------------------------------------------------------- one-time links


def given_to_the_power_station(street: Street, on: str = OFFICIAL, words: str = LAMP) -> str:
    """A matter with 江湾供电所, which has no account; gives the path of its link."""
    street.say(RESIDENT, words)
    street.drain()
    assert "没有账号" in street.say(STAFF, "转部门 0001 供电所", on=on).text
    found = re.search(r"http://127\.0\.0\.1:8080(/answer/\S+)", street.say(STAFF, "链接 0001", on=on).text)
    assert found is not None
    street.told(RESIDENT)
    return found[1]


def opened(street: Street, path: str) -> TestResponse:
    return street.huying.web.test_client().get(path)


def sent(
    street: Street,
    path: str,
    answer: str,
    words: str = "已经修好",
    *,
    photos: Sequence[bytes] = (),
    of: str = "image/jpeg",
) -> TestResponse:
    """The form of the page, filled in and sent."""
    proof = re.search(r'name="proof" value="([^"]+)"', opened(street, path).text)
    form: dict[str, object] = {"proof": proof[1] if proof else "", "answer": answer, "words": words}
    if photos:
        form["photo"] = [(io.BytesIO(each), "IMG_1.jpg", of) for each in photos]
    return street.huying.web.test_client().post(path, data=form)


def kept(street: Street) -> list[Attachment]:
    with street.huying.database.reading() as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.id)))


@both_platforms
def test_an_outside_party_answers_by_a_link_once(street: Street, on: str) -> None:
    path = given_to_the_power_station(street, on)
    assert sent(street, path, "finish", "线路已换好").headers["Location"] == "/answer/thanks"
    assert "请评价" in street.told(RESIDENT)[-1]
    assert street.ticket("0001").state is TicketState.RESOLVED
    second = sent(street, path, "return", "不归我们")
    assert second.status_code == 404
    assert street.history("0001") == ["open", "assign", "link", "finish"]
    assert entries(street) == [("江湾供电所", True, End.FINISHED)]


@both_platforms
def test_an_outside_party_returns_by_a_link_and_the_street_decides(street: Street, on: str) -> None:
    path = given_to_the_power_station(street, on)
    assert sent(street, path, "return", "是小区自己的线路").status_code == 303
    assert any("是小区自己的线路" in told for told in street.told(STREET))
    assert "仍由江湾供电所办" in street.say(STREET, "仍由你办 0001 入户前归供电所", on=on).text
    assert opened(street, path).status_code == 404, "a link answers once, whatever the street says"
    again = re.search(r"(/answer/\S+)", street.say(STREET, "链接 0001", on=on).text)
    assert again is not None
    page = opened(street, again[1])
    assert "退回街道" not in page.text
    assert sent(street, again[1], "return", "还是不归我们").status_code == 422
    assert street.ticket("0001").state is TicketState.ASSIGNED


def test_three_photos_come_with_an_answer_and_the_resident_sees_them(street: Street) -> None:
    path = given_to_the_power_station(street)
    assert sent(street, path, "finish", photos=[file(scene(number)) for number in range(3)]).status_code == 303
    rows = kept(street)
    assert [(row.use, bool(row.stored), bool(row.small), row.failure) for row in rows] == [
        (AttachmentUse.AFTER, True, True, None)
    ] * 3
    asked = street.told(RESIDENT)[-1]
    assert "请评价" in asked
    seen = re.search(r"http://127\.0\.0\.1:8080(/photos/\S+)", asked)
    assert seen is not None
    assert opened(street, seen[1]).text.count("<img") == 3


def test_a_photo_with_a_return_shows_what_is_still_to_do(street: Street) -> None:
    path = given_to_the_power_station(street)
    assert sent(street, path, "return", "是小区自己的线路", photos=[file(scene())]).status_code == 303
    assert [row.use for row in kept(street)] == [AttachmentUse.BEFORE]


@pytest.mark.parametrize(
    ("photos", "of", "why"),
    [
        ([b"<html>"], "text/html", "不是照片"),
        ([b"\xff\xd8\xff" + b"0" * 99], "image/jpeg", "打不开"),
        ([b"\0\0\0\x18ftypheic" + bytes(99)], "image/heic", "截个屏"),
        ([file(scene())] * 4, "image/jpeg", "最多 3 张"),
    ],
)
def test_what_is_no_photo_is_refused_at_once_and_the_words_stay(
    street: Street, photos: list[bytes], of: str, why: str
) -> None:
    path = given_to_the_power_station(street)
    refused = sent(street, path, "finish", "线路已换好", photos=photos, of=of)
    assert refused.status_code == 422
    assert why in refused.text
    assert "线路已换好" in refused.text
    assert kept(street) == []
    assert sent(street, path, "finish").status_code == 303


def test_nothing_large_is_read_without_a_link_that_holds(street: Street) -> None:
    path = given_to_the_power_station(street)
    large = {"photo": (io.BytesIO(b"0" * 100_000), "a.jpg")}
    wrong = street.huying.web.test_client().post("/answer/guess", data=large)
    assert wrong.data == opened(street, "/answer/guess").data
    kind = "multipart/form-data; boundary=x"
    too_large = street.huying.web.test_client().post(path, data=b"0" * 32_000_000, content_type=kind)
    assert (too_large.status_code, "太大" in too_large.text) == (413, True)
    assert opened(street, path).status_code == 200


def test_looking_at_a_link_uses_nothing_up(street: Street) -> None:
    path = given_to_the_power_station(street)
    client = street.huying.web.test_client()
    for _ in range(3):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    # A preview that sends what it guesses has never seen the form.
    assert client.post(path, data={"answer": "finish", "words": "好了"}).status_code == 404
    assert sent(street, path, "finish").status_code == 303


def test_wrong_used_expired_and_revoked_links_look_the_same(street: Street) -> None:
    path = given_to_the_power_station(street)
    wrong = opened(street, "/answer/not-a-link-at-all")
    assert sent(street, path, "finish").status_code == 303
    used = opened(street, path)
    assert (wrong.status_code, used.status_code) == (404, 404)
    assert used.data == wrong.data
    assert "再要一个" in used.text
    for response in (wrong, used):
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "script" not in response.headers["Content-Security-Policy"]
    assert set(wrong.headers.items()) == set(used.headers.items())


def test_a_link_expires_after_three_days(street: Street) -> None:
    path = given_to_the_power_station(street)
    street.at(street.now + timedelta(hours=71))
    assert opened(street, path).status_code == 200
    street.at(street.now + timedelta(hours=2))
    assert opened(street, path).data == opened(street, "/answer/x").data
    assert street.ticket("0001").state is not TicketState.RESOLVED


def test_nobody_is_called_late_for_not_claiming_what_only_a_link_can_answer(street: Street) -> None:
    given_to_the_power_station(street)
    for _ in range(8):
        street.at(street.now + timedelta(hours=8))
    with street.huying.database.reading() as session:
        missed = session.scalars(select(TicketEvent.facts).where(TicketEvent.action == "miss_limit")).all()
    assert "accept" not in {facts["limit"] for facts in missed}


def test_a_link_before_anybody_has_it_says_what_comes_first(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.drain()
    before = street.rows()
    reply = street.say(STAFF, "链接 0001").text
    assert "0001 还没有转给哪家" in reply
    assert "回复“转部门 0001 名称”。现在有：" in reply
    assert "城管" in reply
    assert street.rows() == before
    # Whoever may not pass it on is told nothing of it.
    assert "转部门" not in street.say(ELSEWHERE, "链接 0001").text


@pytest.mark.parametrize("meanwhile", ["转部门 0001 城管", "链接 0001"])
def test_a_link_ends_when_the_matter_leaves_the_party_or_another_is_made(street: Street, meanwhile: str) -> None:
    path = given_to_the_power_station(street)
    street.say(STAFF, meanwhile)
    assert opened(street, path).status_code == 404
    assert sent(street, path, "finish").status_code == 404


def test_a_link_ends_when_the_resident_takes_the_matter_back(street: Street) -> None:
    path = given_to_the_power_station(street)
    street.say(RESIDENT, "撤单 0001")
    assert opened(street, path).status_code == 404


def test_the_page_shows_the_place_and_nobodys_number_door_or_name(street: Street) -> None:
    path = given_to_the_power_station(street)
    page = opened(street, path).text
    assert "香樟花园6栋" in page
    assert "261123-0001" in page
    for private in ("13912345678", "1102", "张阿姨", "<script"):
        assert private not in page
    assert 'lang="zh-CN"' in page


def test_what_residents_write_cannot_become_a_part_of_the_page(street: Street) -> None:
    path = given_to_the_power_station(street, words="香樟花园6栋 <img src=x onerror=alert(1)> {title} 有事情要讲")
    assert "<img" not in opened(street, path).text
    assert "{title}" in opened(street, path).text


def test_an_answer_needs_a_choice_and_a_word(street: Street) -> None:
    path = given_to_the_power_station(street)
    for answer, words in (("finish", "  "), ("", "好了"), ("withdraw", "好了")):
        refused = sent(street, path, answer, words)
        assert refused.status_code == 422
        assert "写一句话" in refused.text
    assert street.ticket("0001").state is TicketState.ASSIGNED


def test_the_secret_of_a_link_is_stored_nowhere(street: Street) -> None:
    path = given_to_the_power_station(street, WECOM)
    token = path.removeprefix("/answer/")
    assert len(token) >= 32
    assert token not in street.everything_stored(but_read_by=NEIGHBOUR)
    with street.huying.database.reading() as session:
        assert len(session.scalars(select(Link)).one().token_hash) == 64
        for text in session.scalars(select(InboxMessage.reply)):
            assert token not in str(text)
        for data in session.scalars(select(Notice.data)):
            assert token not in str(data)


def test_links_are_for_those_without_an_account_and_only_the_desk_makes_them(street: Street) -> None:
    told_of_a_stall(street)
    assert "不用链接" in street.say(STREET, "链接 0001").text
    street.say(STREET, "转部门 0001 供电所")
    for who in (ELSEWHERE, CITY, RESIDENT, MEMBER):
        assert "/answer/" not in street.say(who, "链接 0001").text
    assert "/answer/" in street.say(STAFF, "链接 0001").text


def test_whoever_tries_links_is_slowed_down(street: Street) -> None:
    path = given_to_the_power_station(street)
    found = [opened(street, f"/answer/guess-{number}").status_code for number in range(40)]
    assert found[0] == 404
    assert found[-1] == 429
    street.at(street.now + timedelta(minutes=1))
    assert opened(street, path).status_code == 200


def test_the_desk_is_told_to_send_a_link_when_dispatch_gave_it_to_a_partner_without_an_account(street: Street) -> None:
    def enter(session: Session, _: object) -> None:
        estate = session.scalars(select(Area).where(Area.name == "香樟花园")).one()
        draft = departments.Draft("香樟停车管理", PartyKind.PROPERTY, estate.id, ["parking"], contact="尹经理")
        departments.enter(session, draft)

    street.change(enter)
    street.say(RESIDENT, "香樟花园6栋楼下车子乱停，堵住路口")
    street.drain()
    ticket = street.ticket("0001")
    assert (ticket.state, ticket.department, ticket.level) == (TicketState.ASSIGNED, "香樟停车管理", Level.DEPARTMENT)
    [told] = [told for told in street.told(STAFF) if "0001" in told]
    assert "链接 0001" in told
    assert "尹经理" in told


# ---------------------------------------------------------------- pushed down


@both_platforms
def test_a_task_on_the_list_goes_to_the_community_with_the_department_as_its_origin(street: Street, on: str) -> None:
    asked = street.say(CITY, "下派", on=on).text
    assert "香樟社区" in asked
    assert "文明养犬宣传" in asked
    assert "已下派到香樟社区" in street.say(CITY, "下派 香樟社区 文明养犬宣传，周末在广场摆摊", on=on).text
    street.drain()
    ticket = street.ticket("0001")
    assert (ticket.origin, ticket.state, ticket.level) == ("城管", TicketState.NEW, Level.COMMUNITY)
    assert "0001" in street.say(STAFF, "待派", on=on).text
    assert "0001" not in street.say(ELSEWHERE, "待派", on=on).text
    street.say(STAFF, "办结 0001 摆了两天，发了手册", on=on)
    assert "请评价" in street.told(CITY)[-1]


@both_platforms
def test_a_task_off_the_list_is_refused_and_the_street_may_let_it_through(street: Street, on: str) -> None:
    reply = street.say(CITY, "下派 香樟社区 统计沿街商户面积", on=on)
    assert "不在香樟社区的准入清单里" in reply.text
    assert street.tickets() == []
    assert "已经报给街道" in street.choose(CITY, reply, 1, on=on).text
    assert "已经报给街道" in street.choose(CITY, reply, 1, on=on).text
    [asked] = street.told(STREET)
    assert "统计沿街商户面积" in asked
    number = re.search(r"“准入 (\d+)”", asked)
    assert number is not None
    assert "编号 0001" in street.say(STREET, f"准入 {number[1]}", on=on).text
    assert any("街道同意了" in told for told in street.told(CITY))
    assert street.ticket("0001").origin == "城管"
    assert "push_down" in street.history("0001")
    assert "已经定过" in street.say(STREET, f"不准入 {number[1]}", on=on).text
    assert len(street.tickets()) == 1


def test_what_the_street_does_not_let_through_stays_with_the_department(street: Street) -> None:
    reply = street.say(CITY, "下派 银杏社区 统计沿街商户面积")
    street.choose(CITY, reply, 1)
    street.told(STREET)
    assert "统计沿街商户面积" in street.say(STREET, "准入").text
    assert "没有对得上" in street.say(STREET, "不准入 99").text
    street.say(STREET, "不准入 1")
    assert any("不下派到银杏社区" in told for told in street.told(CITY))
    assert street.tickets() == []
    assert "没有等您定的" in street.say(STREET, "准入").text


def test_whoever_leaves_it_asks_nobody(street: Street) -> None:
    reply = street.say(CITY, "下派 香樟社区 统计沿街商户面积")
    street.choose(CITY, reply, 2)
    assert street.told(STREET) == []


def test_only_departments_push_down_and_only_where_they_serve(street: Street) -> None:
    for who in (RESIDENT, MEMBER, STAFF):
        street.say(who, "下派 香樟社区 文明养犬宣传")
    assert all(ticket.origin == "" for ticket in street.tickets())
    assert "哪个社区" in street.say(CITY, "下派 梧桐社区 文明养犬宣传").text
    for who in (STAFF, CITY):
        street.say(who, "准入 1")
    assert all(ticket.origin == "" for ticket in street.tickets())


# ---------------------------------------------------------------- on the border


def border_matter(street: Street, who: str = RESIDENT, where: str = "银杏里6栋") -> str:
    """Somebody tells of something there; gives its full number."""
    street.say(who, f"{where} 有事情要和你们讲")
    street.drain()
    return street.tickets()[-1].number


@both_platforms
def test_a_border_matter_comes_to_the_desk_whose_turn_it_was_and_stays_there(street: Street, on: str) -> None:
    first = border_matter(street)
    assert any("待派" in told for told in street.told(STAFF))
    assert "0001" in street.say(STAFF, "待派", on=on).text
    assert "lead" in street.history("0001")
    street.at(street.now + timedelta(days=7))
    second = border_matter(street, NEIGHBOUR, "滨江雅苑6栋")
    told = street.told(ELSEWHERE)
    assert any("待派" in each for each in told)
    assert "滨江雅苑6栋" in street.say(ELSEWHERE, "待派", on=on).text
    # The first one stays with whoever had the turn when it was told.
    assert leading(street, first) == "香樟社区"
    assert leading(street, second) == "银杏社区"
    street.say(STAFF, f"办结 {first} 看过了", on=on)
    assert [ticket.state for ticket in street.tickets()] == [TicketState.RESOLVED, TicketState.NEW]


def test_what_lies_beside_the_border_has_its_own_desk(street: Street) -> None:
    border_matter(street, where="银杏里5栋")
    assert "lead" not in street.history("0001")
    assert "0001" not in street.say(STAFF, "待派").text
    assert "0001" in street.say(ELSEWHERE, "待派").text


def test_a_place_told_later_brings_the_matter_to_the_border_desk_too(street: Street) -> None:
    def move(session: Session, _: object) -> None:
        border = session.scalars(select(Area).where(Area.code == "C6")).one()
        by = session.get_one(Person, street.person(NEIGHBOUR).id)
        tickets.locate(
            session, street.ticket("0001"), area_id=border.id, place="银杏里6栋", text="", by=by, now=street.now
        )

    number = border_matter(street, NEIGHBOUR, "银杏里5栋")
    street.change(move)
    assert leading(street, number) == "香樟社区"


def leading(street: Street, number: str) -> str:
    [ticket] = [each for each in street.tickets() if each.number == number]
    with street.huying.database.reading() as session:
        return session.get_one(Area, ticket.lead_id).name


def entries(street: Street) -> list[tuple[str, bool, End | None]]:
    """What was given to whom, and how it ended."""
    with street.huying.database.reading() as session:
        rows = session.scalars(select(Assignment).order_by(Assignment.id)).all()
        return [(row.party.name, row.first, row.end) for row in rows]


def test_the_street_is_whole_afterwards(street: Street) -> None:
    returned(street, OFFICIAL)
    street.say(STREET, "仍由你办 0001 归你们")
    street.say(CITY, "答复 0001 清走了")
    assert street.history_is_whole()
    with street.huying.database.reading() as session:
        assert parties.current(session, street.ticket("0001")) is None


# ---------------------------------------------------------------- what a department reads


def test_a_department_reads_what_was_given_to_it_and_nothing_of_the_desk(street: Street) -> None:
    told_of_a_stall(street)
    street.say(NEIGHBOUR, LAMP)
    street.drain()
    listed = street.say(CITY, "待派").text
    assert "0001 " in listed
    assert "占道经营" in listed
    assert "没人认领" in listed
    assert "0002" not in listed
    street.say(CITY, "认领 0001")
    assert "老丁认领了" in street.say(CITY, "待派").text
    street.say(CITY, "答复 0001 清走了")
    assert "没有转给您这里" in street.say(CITY, "待派").text
    assert "0002" in street.say(STAFF, "待派").text


def test_a_department_sees_only_where_and_what_it_is_there_for(street: Street) -> None:
    told_of_a_stall(street)
    far = select(Area.id).where(Area.name == "银杏社区").scalar_subquery()
    mine = select(Person.id).where(Person.name == "老丁").scalar_subquery()
    role = update(Role).where(Role.person_id == mine, Role.kind == RoleKind.DEPARTMENT)
    street.change(lambda session, _: session.execute(role.values(categories=["noise"])))
    assert "没有转给您这里" in street.say(CITY, "待派").text
    street.change(lambda session, _: session.execute(role.values(categories=[], area_id=far)))
    assert "没有转给您这里" in street.say(CITY, "待派").text


@pytest.mark.parametrize("said", ["派单 0001 刘敏", "督办 0001", "结束公告"])
def test_nobody_asks_a_department_to_register(street: Street, said: str) -> None:
    told_of_a_stall(street)
    answer = street.say(CITY, said).text
    assert "值班同志来做" in answer
    assert "报到" not in answer
