"""The list and the page of a ticket: who sees what, which buttons are there, and what each of them does."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from console.actions import ELSEWHERE, PERFORM
from models import desk, dispatch, judging, tickets, transitions
from models.attachment import Attachment, AttachmentKind, AttachmentUse
from models.errors import Refusal, Refused
from models.lifecycle import LIVE_STATES, RULES, Action, Actor
from models.outbox import NoticeKind
from models.person import Person, RoleKind
from models.roster import Alarm
from models.ticket import Ticket, TicketEvent, TicketState, TicketWords, Urgency, WordsKind
from tests import factories
from tests.console.conftest import Desk, Place
from texts import console as words
from texts.common import clock

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


# --- who sees what -----------------------------------------------------------------------------------------------


def test_staff_of_the_next_community_neither_see_nor_touch_a_ticket(both_places: Place) -> None:
    place = both_places
    ticket, elsewhere = place.ticket(), place.sign_in("elsewhere")
    assert ticket.number in place.sign_in("staff").get("/tickets?tab=all").text
    assert ticket.number in place.sign_in("street").get("/tickets?tab=all").text
    assert ticket.number not in elsewhere.get("/tickets?tab=all").text
    assert f"/tickets/{ticket.number}" not in elsewhere.get(f"/tickets?q={ticket.number}").text
    assert elsewhere.get(f"/tickets/{ticket.number}").status_code == 404
    form = {"version": ticket.version, "why": "不归我管"}
    assert elsewhere.post(f"/tickets/{ticket.number}/reject", form).status_code == 404
    assert place.again(ticket).state is TicketState.NEW


def test_the_list_is_what_lies_on_the_desk_in_chat(place: Place) -> None:
    for area in (place.street.building, place.street.estate, place.street.other_estate, None):
        place.ticket(area=area)
    for name in ("staff", "elsewhere", "street"):
        with place.database.reading() as session:
            person = session.get_one(Person, place.people[name].id)
            expected = {each.number for each in desk.in_sight(session, person, states=list(TicketState))}
        page = place.sign_in(name).get("/tickets?tab=all").text
        with place.database.reading() as session:
            shown = {each.number for each in session.scalars(select(Ticket)) if f"/tickets/{each.number}" in page}
        assert shown == expected, name


def test_a_department_sees_what_is_assigned_to_it_and_nothing_else(place: Place) -> None:
    theirs, other = place.ticket(), place.ticket()
    place.do(desk.assign, theirs, "城管", "", by="staff")
    clerk = place.sign_in("clerk")
    page = clerk.get("/tickets?tab=all").text
    assert theirs.number in page
    assert other.number not in page
    assert clerk.buttons(theirs)[0] == "finish"
    assert "claim" in clerk.buttons(theirs)
    assert clerk.press(theirs, "claim").status_code == 303
    for room in ("/chats", "/registrations", "/unreached"):
        assert "陈志远" not in clerk.get(room).text


def test_emergencies_stand_first_then_what_is_late_then_the_newest(place: Place) -> None:
    late = place.ticket(now=place.now - timedelta(hours=5))
    alarm = place.ticket(urgency=Urgency.EMERGENCY, now=place.now - timedelta(minutes=3))
    older, newer = place.ticket(), place.ticket()
    page = place.sign_in("staff").get("/tickets?tab=new").text
    order = sorted([late, alarm, older, newer], key=lambda each: page.index(each.number))
    assert [each.id for each in order] == [alarm.id, late.id, newer.id, older.id]
    assert late.number in place.sign_in("staff").get("/tickets?tab=overdue").text


def test_an_emergency_is_named_after_its_danger_and_shows_who_was_alarmed(place: Place) -> None:
    alarm = place.ticket("爸爸晕倒了", category=None, urgency=Urgency.EMERGENCY, danger="medical")
    desk = place.sign_in("staff")
    assert "有人急病受伤" in desk.get("/tickets?tab=new").text
    page = desk.get(f"/tickets/{alarm.number}").text
    told = page[page.index("通知过谁") : page.index("经过</h2>")]
    assert place.people["staff"].name in told


def test_an_emergency_shows_for_how_long_it_waits_and_its_alarm_and_no_hours(place: Place) -> None:
    alarm = place.ticket("着火了", urgency=Urgency.EMERGENCY, danger="fire", now=place.now - timedelta(minutes=8))
    desk = place.sign_in("staff")
    page = desk.get(f"/tickets/{alarm.number}").text
    with place.database.reading() as session:
        again = session.get_one(Alarm, alarm.id).next_at
    assert again is not None
    assert f"等了 8 分钟，还没有人应，{clock(again)} 接着叫人" in page
    assert "<dt>期限</dt>" not in page
    row = desk.get("/tickets?tab=new").text
    assert "等了 8 分钟" in row
    assert "还有" not in row[row.index(alarm.number) : row.index("</li>", row.index(alarm.number))]
    with place.database.transaction() as session:
        session.get_one(Alarm, alarm.id).next_at = None
    assert "等了 8 分钟，还没有人应，值班的都叫过了" in desk.get(f"/tickets/{alarm.number}").text
    place.do(tickets.relay, alarm, "马上到", by="staff")
    assert f"{place.people['staff'].name}在跟" in desk.get(f"/tickets/{alarm.number}").text
    assert "等了 8 分钟" not in desk.get("/tickets?tab=new").text


def test_long_lists_have_pages_and_a_wild_address_is_harmless(place: Place) -> None:
    for _ in range(27):
        place.ticket()
    desk = place.sign_in("staff")
    first = desk.get("/tickets?tab=new").text
    address = re.search(r'href="/console(/tickets[^"]*after=[^"]*)"', first)
    assert address is not None
    second = desk.get(address[1].replace("&amp;", "&")).text
    assert (first.count("card hy-row"), second.count("card hy-row")) == (25, 2)
    numbers = re.findall(r'data-key="([^"]+)"', first + second)
    assert len(set(numbers)) == 27
    for after in ("0", "-1", "2.99999999999999999999", "x", "²", "1;drop", "1.", ".1", "9.9"):
        assert desk.get(f"/tickets?after={after}").status_code == 200


def test_search_finds_a_number_and_a_place_and_takes_anything(both_places: Place) -> None:
    place = both_places
    ticket, other = place.ticket(), place.ticket()
    place.do(tickets.locate, other, area_id=place.street.estate.id, place="东门 %_号", text="", by="staff")
    desk = place.sign_in("staff")
    for search in (ticket.number, ticket.short, str(ticket.serial)):
        page = desk.get(f"/tickets?q={search}").text
        assert ticket.number in page, search
        assert other.number not in page, search
    assert other.number in desk.get("/tickets?q=%25_").text
    assert ticket.number not in desk.get("/tickets?q=%25").text
    for search in ("%00", "'", "--", "999999-1", "261199-5", "9" * 40, "%F0%9F%98%80", "%ff", "\\"):
        assert desk.get(f"/tickets?q={search}").status_code == 200, search


def test_addresses_that_mean_nothing_are_not_found(place: Place) -> None:
    desk = place.sign_in("staff")
    for number in ("7", "261122-9999", "x", "261399-0001", "261122-99999999999999999999", "%00", "²61122-1"):
        assert desk.get(f"/tickets/{number}").status_code == 404, number
    ticket = place.ticket()
    for action in ("open", "miss_limit", "auto_close", "nonsense"):
        assert desk.post(f"/tickets/{ticket.number}/{action}", {"version": ticket.version}).status_code == 404


# --- the page ----------------------------------------------------------------------------------------------------


def test_hostile_words_are_shown_as_words(place: Place) -> None:
    ticket = place.ticket(words=HOSTILE)
    place.do(tickets.locate, ticket, area_id=place.street.building.id, place=HOSTILE, text=HOSTILE, by="staff")
    desk = place.sign_in("staff")
    for page in (desk.get(f"/tickets/{ticket.number}").text, desk.get("/tickets?tab=all").text):
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "{{ 7*7 }}" in page
    assert "<script>alert" not in desk.get("/tickets?q=%3Cscript%3Ealert(1)%3C/script%3E").text
    refused = desk.press(ticket, "hold", why=HOSTILE, until="soon").text
    assert "<script>alert" not in refused


def test_the_phone_is_hidden_until_the_task_needs_it(place: Place) -> None:
    ticket, alarm = place.ticket(), place.ticket(urgency=Urgency.EMERGENCY)
    desk = place.sign_in("staff")
    page = desk.get(f"/tickets/{ticket.number}").text
    assert "13800001234" not in page
    assert "138****34" in page
    assert "张小芳" not in page
    assert "13800001234" in desk.get(f"/tickets/{alarm.number}").text


def test_the_history_says_who_did_what_and_why(place: Place) -> None:
    ticket = place.ticket()
    with place.database.transaction() as session:
        member = session.get_one(Person, place.people["member"].id)
        staff = session.get_one(Person, place.people["staff"].id)
        dispatch.offer_to(session, ticket, member, by=staff, now=place.now)
        tickets.decline(session, ticket, "今晚值班", by=member, now=place.now)
    page = place.sign_in("staff").get(f"/tickets/{ticket.number}").text
    for expected in ("派单：李建国", "这次不方便", "今晚值班", "值班人员选的", "小应听成"):
        assert expected in page


def test_the_page_says_whom_each_wave_asked_and_why_nobody_else(both_places: Place) -> None:
    place = both_places
    with place.database.transaction() as session:
        away = factories.somebody(session, RoleKind.MEMBER, place.street.community, name="赵请假", skills=["调解"])
        away.away_until = place.now + timedelta(days=3)
    ticket = place.ticket()
    for minutes in (0, 31):
        with place.database.transaction() as session:
            dispatch.dispatch(session, ticket.id, now=place.later(minutes=minutes))
    page = place.sign_in("staff").get(f"/tickets/{ticket.number}").text
    assert "请人帮忙：问了 1 位。其余：1 位请假。" in page
    assert "请人帮忙：没有找到人。1 位问过了，没接上，1 位请假。" in page
    assert "李建国</strong>" in page
    asked = page.split("问过谁")[1].split("经过")[0]
    assert "赵请假" not in asked
    assert "会做这样的事、就在这里、手上没有别的单" in asked


def test_erased_words_leave_a_line_that_says_so(place: Place) -> None:
    ticket = place.ticket(words="我家在六楼")
    with place.database.transaction() as session:
        kept = session.scalars(select(TicketWords)).one()
        kept.text = kept.salt = None
    page = place.sign_in("staff").get(f"/tickets/{ticket.number}").text
    assert "本人要求删除了" in page
    assert "我家在六楼" not in page


def test_photos_before_and_after_a_repair_are_pictures_with_words_for_whoever_hears_the_page(place: Place) -> None:
    ticket = place.ticket()
    place.media |= {"large": b"\xff\xd8\xff large", "small": b"\xff\xd8\xff small"}
    with place.database.transaction() as session:
        for use in AttachmentUse:
            sent = {"person_id": place.people["member"].id, "channel": "wecom", "sent_at": place.now}
            kept = {"kind": AttachmentKind.IMAGE, "stored": "large", "small": "small"}
            session.add(Attachment(ticket_id=ticket.id, use=use, **sent, **kept))
    desk = place.sign_in("staff")
    page = desk.get(f"/tickets/{ticket.number}").text
    for number, alt in ((1, "反映时的照片"), (2, "办好以后的照片")):
        picture = f'<img src="/console/attachments/{number}?small=1" alt="{alt}" loading="lazy">'
        assert f'<a href="/console/attachments/{number}">{picture}</a>' in page
        assert desk.get(f"/attachments/{number}?small=1").data == place.media["small"]


def test_photos_are_served_only_to_whoever_sees_their_ticket(place: Place) -> None:
    ticket = place.ticket()
    place.media |= {"photo": b"\xff\xd8\xff\xe0 pretend", "page": b"<html><script>alert(1)</script>"}
    with place.database.transaction() as session:
        found = [
            Attachment(
                ticket_id=ticket_id,
                person_id=place.people["resident"].id,
                channel="official",
                kind=AttachmentKind.IMAGE,
                stored=stored,
                sent_at=place.now,
            )
            for ticket_id, stored in (
                (ticket.id, "photo"),
                (ticket.id, "page"),
                (ticket.id, None),
                (ticket.id, "gone"),
                (None, "photo"),
            )
        ]
        session.add_all(found)
        session.flush()
        photo, page, waiting, gone, loose = [each.id for each in found]
    desk = place.sign_in("staff")
    shown = desk.get(f"/tickets/{ticket.number}").text
    assert f"/console/attachments/{photo}" in shown
    assert "照片还在取" in shown
    answer = desk.get(f"/attachments/{photo}")
    assert (answer.data, answer.mimetype) == (place.media["photo"], "image/jpeg")
    answer = desk.get(f"/attachments/{page}")
    assert (answer.mimetype, answer.headers["Content-Disposition"]) == ("application/octet-stream", "attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    for missing in (waiting, gone, loose, 999999):
        assert desk.get(f"/attachments/{missing}").status_code == 404
    assert place.sign_in("elsewhere").get(f"/attachments/{photo}").status_code == 404


# --- the buttons -------------------------------------------------------------------------------------------------


def _in_state(place: Place, state: TicketState) -> Ticket:
    ticket = place.ticket()
    with place.database.transaction() as session:
        staff = session.get_one(Person, place.people["staff"].id)
        member = session.get_one(Person, place.people["member"].id)
        by_staff: dict[str, Any] = {"by": staff, "now": place.now}
        match state:
            case TicketState.OFFERED:
                dispatch.offer_to(session, ticket, member, **by_staff)
            case TicketState.ACCEPTED:
                dispatch.offer_to(session, ticket, member, **by_staff)
                tickets.accept(session, ticket, by=member, now=place.now)
            case TicketState.ASSIGNED:
                desk.assign(session, ticket, "城管", "", **by_staff)
            case TicketState.HELD:
                desk.hold(session, ticket, "等配件", until=place.now + timedelta(days=2), **by_staff)
            case TicketState.RESOLVED:
                tickets.finish(session, ticket, "办好了", **by_staff)
            case TicketState.REJECTED:
                desk.reject(session, ticket, "请找市里", **by_staff)
            case TicketState.WITHDRAWN:
                tickets.withdraw(
                    session, ticket, "", by=session.get_one(Person, place.people["resident"].id), now=place.now
                )
            case _:
                pass
    return ticket


@pytest.mark.parametrize("who", ["staff", "street", "clerk"])
@pytest.mark.parametrize("state", sorted(set(TicketState) - {TicketState.CLOSED, TicketState.MERGED}))
def test_the_buttons_are_exactly_what_the_rules_allow(place: Place, state: TicketState, who: str) -> None:
    ticket, desk = _in_state(place, state), place.sign_in(who)
    with place.database.reading() as session:
        person = session.get_one(Person, place.people[who].id)
        allowed = transitions.allowed_actions(session, session.get_one(Ticket, ticket.id), person)
    if who == "clerk" and state is not TicketState.ASSIGNED:
        assert desk.get(f"/tickets/{ticket.number}").status_code == 404
    else:
        assert desk.buttons(ticket) == [action.value for action in allowed if action not in ELSEWHERE]


def test_every_action_that_somebody_can_take_has_a_button_with_words() -> None:
    # A passer-by answers in the chat.
    human = {action for action, rule in RULES.items() if rule.sources and rule.by - {Actor.SYSTEM, Actor.PASSER_BY}}
    assert set(PERFORM) | ELSEWHERE == human
    assert not set(PERFORM) & ELSEWHERE
    assert set(words.ACTIONS) == set(PERFORM)
    assert set(words.EVENTS) == set(Action)
    assert set(words.NOTICES) == set(NoticeKind)
    assert set(words.URGENCIES) == set(Urgency)


def _check_staff_buttons(place: Place, desk: Desk) -> None:
    soon = (place.now + timedelta(days=3)).date().isoformat()
    member, other = place.people["member"].id, place.ticket()
    cases: list[tuple[TicketState, str, dict[str, object], TicketState]] = [
        (TicketState.NEW, "add", {"why": "在三单元"}, TicketState.NEW),
        (TicketState.NEW, "correct", {"category": "lamp"}, TicketState.NEW),
        (TicketState.NEW, "locate", {"area": place.street.estate.id}, TicketState.NEW),
        (TicketState.NEW, "locate", {"area": "", "place": "东门"}, TicketState.NEW),
        (TicketState.NEW, "offer", {"person": member}, TicketState.OFFERED),
        (TicketState.NEW, "finish", {"why": "换好了"}, TicketState.RESOLVED),
        (TicketState.ACCEPTED, "release", {"why": ""}, TicketState.NEW),
        (TicketState.ACCEPTED, "relay", {"why": "明天上门"}, TicketState.ACCEPTED),
        (TicketState.ACCEPTED, "supervise", {"why": ""}, TicketState.ACCEPTED),
        (TicketState.ACCEPTED, "ask_help", {"person": place.people["grid"].id}, TicketState.ACCEPTED),
        (TicketState.NEW, "escalate", {"why": "要街道协调"}, TicketState.NEW),
        (TicketState.NEW, "assign", {"department": "城管", "why": ""}, TicketState.ASSIGNED),
        (TicketState.NEW, "hold", {"why": "等配件", "until": soon}, TicketState.HELD),
        (TicketState.HELD, "resume", {}, TicketState.NEW),
        (TicketState.NEW, "reject", {"why": "请打 12345"}, TicketState.REJECTED),
        (TicketState.NEW, "merge", {"number": other.number}, TicketState.MERGED),
    ]
    for before, action, form, after in cases:
        ticket = _in_state(place, before)
        version = place.again(ticket).version
        answer = desk.press(ticket, action, **form)
        assert answer.status_code == 303, (action, answer.text)
        now = place.again(ticket)
        assert now.state is after, action
        assert now.version == version + 1, action
        with place.database.reading() as session:
            last = session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket.id)).all()[-1]
            assert (last.action, last.by_id) == (action, place.people["staff"].id)
        if now.state in LIVE_STATES or action in ("reject", "merge"):
            assert "已办好" in desk.get(answer.headers["Location"].removeprefix("/console")).text


def test_every_button_of_the_desk_does_its_work(both_places: Place) -> None:
    _check_staff_buttons(both_places, both_places.sign_in("staff"))
    assert both_places.woken, "the queue is woken for fresh notices"


def test_every_button_of_a_department_does_its_work(place: Place) -> None:
    clerk = place.sign_in("clerk")
    for action, form, after in (
        ("claim", {}, TicketState.ASSIGNED),
        ("finish", {"why": "已处理"}, TicketState.RESOLVED),
        ("hold", {"why": "等审批", "until": "2026-12-01"}, TicketState.HELD),
        ("return", {"why": "不归我们"}, TicketState.NEW),
    ):
        ticket = _in_state(place, TicketState.ASSIGNED)
        assert clerk.press(ticket, action, **form).status_code == 303, action
        assert place.again(ticket).state is after


def test_staff_who_take_and_report_things_themselves_have_those_buttons_too(place: Place) -> None:
    desk = place.sign_in("staff")
    with place.database.transaction() as session:
        staff = session.get_one(Person, place.people["staff"].id)
        mine = [factories.ticket(session, staff, area=place.street.building) for _ in range(3)]
    for ticket, action in ((mine[0], "urge"), (mine[1], "withdraw")):
        assert desk.press(ticket, action, why="").status_code == 303
    place.do(tickets.finish, mine[2], "好了", by="street")
    assert desk.press(mine[2], "evaluate", answer="2", why="").status_code == 303
    assert desk.press(mine[2], "reevaluate", answer="1", why="").status_code == 303
    assert desk.press(mine[2], "reopen", why="又坏了").status_code == 303
    assert place.again(mine[2]).state is TicketState.NEW
    for action, form, after in (
        ("decline", {"why": ""}, TicketState.OFFERED),
        ("accept", {}, TicketState.ACCEPTED),
    ):
        ticket = place.ticket()
        with place.database.transaction() as session:
            staff, boss = (session.get_one(Person, place.people[name].id) for name in ("staff", "street"))
            dispatch.offer_to(session, ticket, staff, by=boss, now=place.now)
        assert desk.press(ticket, action, **form).status_code == 303
        assert place.again(ticket).state is after
    assert desk.press(ticket, "arrive", why="").status_code == 303


@pytest.mark.parametrize(
    ("action", "form"),
    [
        ("add", {"why": " "}),
        ("finish", {"why": ""}),
        ("escalate", {"why": ""}),
        ("relay", {"why": "没人接呢"}),
        ("correct", {"category": "nonsense"}),
        ("locate", {"area": "", "place": ""}),
        ("locate", {"area": "99999", "place": "东门"}),
        ("offer", {"person": "x"}),
        ("offer", {"person": "999999999999"}),
        ("assign", {"department": "没有的部门"}),
        ("hold", {"why": "等", "until": "2020-01-01"}),
        ("hold", {"why": "等", "until": "9999-12-31"}),
        ("hold", {"why": "等", "until": "明天"}),
        ("merge", {"number": "261123-9999"}),
        ("merge", {"number": "\x00"}),
        ("evaluate", {"answer": "1"}),
        ("claim", {}),
    ],
)
def test_a_form_that_does_not_fit_is_explained_and_changes_nothing(
    place: Place, action: str, form: dict[str, str]
) -> None:
    ticket = place.ticket()
    if action == "relay":
        with place.database.transaction() as session:
            ticket = factories.ticket(
                session, session.get_one(Person, place.people["staff"].id), area=place.street.building
            )
    answer = place.sign_in("staff").press(ticket, action, **form)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert place.again(ticket).version == ticket.version


def test_a_ticket_that_changed_meanwhile_is_shown_again_with_the_words_already_typed(both_places: Place) -> None:
    place = both_places
    ticket, desk = place.ticket(), place.sign_in("staff")
    seen = place.again(ticket).version
    place.do(tickets.add_words, ticket, "水更大了", by="resident")
    answer = desk.post(f"/tickets/{ticket.number}/reject", {"version": seen, "why": "请找物业公司"})
    assert answer.status_code == 409
    for expected in ("刚刚有人动过", "请找物业公司", "水更大了"):
        assert expected in answer.text
    assert place.again(ticket).state is TicketState.NEW


def test_two_desks_that_press_at_once_have_one_winner(place: Place) -> None:
    ticket, desk, street = place.ticket(), place.sign_in("staff"), place.sign_in("street")
    form = {"version": place.again(ticket).version, "why": "第一个"}
    answers = [each.post(f"/tickets/{ticket.number}/supervise", form).status_code for each in (desk, street)]
    assert answers == [303, 409]


def test_only_people_on_the_list_can_be_asked(place: Place) -> None:
    ticket, desk = place.ticket(), place.sign_in("staff")
    page = desk.get(f"/tickets/{ticket.number}").text
    assert "李建国" in page
    assert "会做这样的事" in page
    for name in ("resident", "elsewhere", "newcomer"):
        assert desk.press(ticket, "offer", person=place.people[name].id).status_code == 409
    alarm = place.ticket(urgency=Urgency.EMERGENCY)
    assert desk.press(alarm, "offer", person=place.people["member"].id).status_code == 409
    assert desk.press(alarm, "offer", person=place.people["grid"].id).status_code == 303


def test_what_was_here_before_stands_beside_it_with_how_it_ended_and_without_private_numbers(
    both_places: Place,
) -> None:
    place = both_places
    begun = place.now - timedelta(days=40)
    words_then = "楼下太吵了，半夜还在装修，找 3 栋 1002 室，电话 13800001234"
    before = place.ticket(words_then, now=begun)
    with place.database.transaction() as session:
        ticket = transitions.lock(session, before.id)
        desk.assign(session, ticket, "城管", "", by=session.get_one(Person, place.people["staff"].id), now=begun)
        clerk = session.get_one(Person, place.people["clerk"].id)
        tickets.finish(session, ticket, "和装修队约好晚上不施工，有事打 13900005678", by=clerk, now=begun)
        judge = session.get_one(Person, place.people["resident"].id)
        judging.evaluate(session, ticket, 1, "", by=judge, now=begun)
    other = place.ticket("路灯不亮", category="lamp", now=begun)
    long_ago = place.ticket("楼下太吵了，半夜装修", now=place.now - timedelta(days=91))
    elsewhere = place.ticket("楼下太吵了，半夜装修", area=place.street.other_estate)
    ticket = place.ticket("楼下半夜装修，太吵了")
    shown = place.sign_in("staff").get(f"/tickets/{ticket.number}").text.partition("这里一季来像它的事")[2]
    assert before.number in shown
    assert "半夜还在装修" in shown
    assert words.ended("城管", "和装修队约好晚上不施工，有事打 ***", 1) in shown
    for hidden in ("1002", "13800001234", "13900005678", other.number, long_ago.number, elsewhere.number):
        assert hidden not in shown
    place.do(desk.assign, ticket, "城管", "", by="staff")
    assert before.number in place.sign_in("clerk").get(f"/tickets/{ticket.number}").text
    alone = place.ticket("水管漏水", category="leak")
    assert "这里一季来像它的事" not in place.sign_in("staff").get(f"/tickets/{alone.number}").text


def test_a_ticket_that_leaves_the_desk_leads_back_to_the_list(place: Place) -> None:
    ticket, desk = place.ticket(), place.sign_in("staff")
    answer = desk.press(ticket, "locate", area=place.street.other_estate.id, place="")
    assert answer.headers["Location"] == "/console/tickets?done=locate"
    assert "已办好" in desk.get("/tickets?done=locate").text


def test_a_form_of_a_megabyte_and_control_characters_are_harmless(both_places: Place) -> None:
    place = both_places
    ticket, desk = place.ticket(), place.sign_in("staff")
    assert desk.press(ticket, "add", why="长" * 400_000).status_code == 413
    assert desk.press(ticket, "add", why="空\x00字\x1b[31m\r\n下一行").status_code == 303
    with place.database.reading() as session:
        kept = session.scalars(select(TicketWords.text).order_by(TicketWords.id)).all()
    assert kept[-1] == "空字[31m\n下一行"


def test_every_refusal_has_words_on_the_page() -> None:
    for reason in Refusal:
        assert words.refusal(Refused(reason))


# --- where it is -------------------------------------------------------------------------------------------------


def test_a_place_that_was_only_said_is_shown_as_words(place: Place) -> None:
    ticket, known, road = place.ticket("水管漏了", area=None), place.ticket(), place.ticket("路灯坏了", area=None)
    with place.database.transaction() as session:
        session.get_one(Ticket, ticket.id).place = "厨房，电话 13800000000"
        session.get_one(Ticket, road.id).place = "江湾路"
    desk = place.sign_in("street")
    pages = [desk.get("/tickets?tab=all").text, desk.get(f"/tickets/{ticket.number}").text]
    for page in pages:
        assert re.search(r"“厨房，电话 .*?”\s*<span[^>]*>" + words.ONLY_SAID, page)
    assert "13800000000" not in pages[0]
    for other in (known, road):
        assert words.ONLY_SAID not in desk.get(f"/tickets/{other.number}").text
    with place.database.transaction() as session:
        pinned = session.get_one(Ticket, known.id)
        pinned.place, pinned.lat, pinned.lng = "", 30.5, 114.0
    assert words.A_POINT in desk.get(f"/tickets/{known.number}").text
    # Whoever finds the place makes it known.
    place.do(tickets.locate, ticket, area_id=place.street.building.id, place="香樟花园6栋", text="", by="staff")
    shown = desk.get(f"/tickets/{ticket.number}").text
    assert words.ONLY_SAID not in shown
    assert '<p class="hy-place">香樟花园6栋' in shown


def test_only_a_change_of_the_place_is_a_correction(place: Place) -> None:
    corrected, at = words.EVENTS[Action.LOCATE], place.street
    first, again = {"area_id": at.building.id, "place": "6栋"}, {"area_id": at.estate.id, "place": "3栋"}
    desk = place.sign_in("street")
    for said_before in ("", "厨房"):
        ticket = place.ticket("水管漏了", area=None)
        with place.database.transaction() as session:
            session.get_one(Ticket, ticket.id).place = said_before
        place.do(tickets.locate, ticket, **first, text="六栋呀", by="resident")
        page = desk.get(f"/tickets/{ticket.number}").text
        assert words.FIRST_PLACE in page
        assert corrected not in page
        assert f"· {words.WORDS_KINDS[WordsKind.CORRECTION]} ·" not in page
        place.do(tickets.locate, ticket, **again, text="不对，三栋", by="resident")
        page = desk.get(f"/tickets/{ticket.number}").text
        assert page.count(words.FIRST_PLACE) == page.count(corrected) == 1
        assert f"· {words.WORDS_KINDS[WordsKind.CORRECTION]} ·" in page


@pytest.mark.parametrize(
    ("moment", "read"),
    [
        ("2026-11-23 18:00", "今天 18:00"),
        ("2026-11-24 00:00", "明天 00:00"),
        ("2026-11-22 23:59", "昨天 23:59"),
        ("2026-11-25 10:49", "11-25 周三 10:49"),
        ("2026-11-16 09:00", "11-16 周一 09:00"),
        ("2026-12-01 09:00", "12-01 09:00"),
        ("2027-01-05 09:00", "2027-01-05 09:00"),
    ],
)
def test_a_day_within_a_week_is_told_by_its_name(moment: str, read: str) -> None:
    assert words.at(datetime.fromisoformat(f"{moment}+08:00"), now=factories.NOW) == read
