"""The counter: somebody who came in or called is taken down, hears by telephone, gets a time; ready words for chats."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from console.means import PhotoUnfit
from models import opening, outboxes, photos
from models.appointment import Appointment
from models.attachment import Attachment
from models.audit import Audit, AuditKind
from models.category import Category
from models.desktop import DeskNote, ReadyAnswer
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person
from models.photos import Keep
from models.roster import Alarm
from models.ticket import Ticket, TicketState, TicketWords, Urgency
from nlp import categories
from nlp.understand import Understander, Understanding
from tests import factories
from tests.console.conftest import Desk, Place
from tests.console.test_guesses import understander
from tests.console.test_people import hand_over

PHONE = "13800001234"


def on_the_street(place: Place) -> Place:
    """The street with the shipped categories, understood, and what the bot gives the console."""
    made: list[Understander] = []

    def understand(text: str, near: int | None) -> Understanding:
        return made[0].understand(text, near=near)

    def keep_photo(data: bytes, content_type: str) -> Keep:
        if not data.startswith(b"\xff\xd8\xff"):
            raise PhotoUnfit
        return lambda session, row_id, now: photos.keep(session, row_id, stored="one.jpg", now=now)

    def notice_words(*_: Any) -> str:
        return "修好了，请您看看。"

    place.means = replace(place.means, understand=understand, keep_photo=keep_photo, notice_words=notice_words)
    with place.database.transaction() as session:
        for each in categories.load():
            if session.get(Category, each.code) is None:
                factories.category(session, each.code)
    made.append(understander(place.database))
    return place


@pytest.fixture
def place(place: Place) -> Place:
    return on_the_street(place)


def form(**other: Any) -> dict[str, Any]:
    given = {"words": "香樟花园6栋楼道灯不亮", "phone": "139 0000 5678", "name": "王奶奶"}
    return {"step": "take", "consent": "1", **given, **other}


def taken(place: Place) -> list[Ticket]:
    with place.database.reading() as session:
        return list(session.scalars(select(Ticket).where(Ticket.channel == "counter").order_by(Ticket.id)))


def person(place: Place, ticket: Ticket) -> Person:
    with place.database.reading() as session:
        return session.get_one(Person, ticket.reporter_id)


def slip(desk: Desk, answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return desk.get(answer.headers["Location"].removeprefix("/console")).text


# ---------------------------------------------------------------- taking it down


def test_a_caller_gets_a_number_like_everybody_who_writes(place: Place) -> None:
    desk = place.sign_in("staff")
    page = slip(desk, desk.post("/counter", form()))
    [ticket] = taken(place)
    assert ticket.number in page
    assert "请念一遍：二六一一二三，" in page
    assert "打电话告诉本人（139****78）" in page
    assert (ticket.category, ticket.area_id) == ("public_facility", place.street.building.id)
    who = person(place, ticket)
    assert (who.name, who.phone, who.by_phone) == ("王奶奶", "13900005678", True)
    assert who.consented_at == place.now
    with place.database.reading() as session:
        assert session.scalars(select(TicketWords.text)).one() == "香樟花园6栋楼道灯不亮"
        assert session.scalars(select(DeskNote)).one().person_id == place.people["staff"].id


def test_pressing_twice_takes_it_down_once(place: Place) -> None:
    desk = place.sign_in("staff")
    for _ in range(2):
        assert desk.post("/counter", form()).status_code == 303
    assert len(taken(place)) == 1


def test_pressing_twice_at_once_takes_it_down_once(both_places: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place = on_the_street(both_places)
    desk, meeting, open_ticket = place.sign_in("staff"), threading.Barrier(2), opening.open_ticket
    given = {"csrf": desk.csrf(), **form()}

    def slowly(*arguments: Any, **more: Any) -> Ticket:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(1)  # if the other comes this far, too
        return open_ticket(*arguments, **more)

    monkeypatch.setattr(opening, "open_ticket", slowly)
    codes: list[int] = []

    def press() -> None:
        codes.append(desk.client.post("/console/counter", data=given).status_code)

    presses = [threading.Thread(target=press) for _ in range(2)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    assert codes == [303, 303]
    assert len(taken(place)) == 1


def test_the_same_words_of_somebody_else_or_for_another_place_are_another_matter(place: Place) -> None:
    desk, words = place.sign_in("staff"), "停电了"
    here, there = str(place.street.building.id), str(place.street.estate.id)
    callers: list[dict[str, Any]] = [
        {"area": here},
        {"area": there},
        {"area": there, "phone": "13900009999", "name": "赵爷爷"},
        {"area": there, "phone": "", "name": "钱奶奶"},
        {"area": there, "phone": "", "name": "孙爷爷"},
    ]
    for each in [*callers, *callers]:
        assert desk.post("/counter", form(words=words, **each)).status_code == 303
    told = [(person(place, ticket).name, ticket.area_id) for ticket in taken(place)]
    assert told == [
        ("王奶奶", place.street.building.id),
        *((name, place.street.estate.id) for name in ("王奶奶", "赵爷爷", "钱奶奶", "孙爷爷")),
    ]


def test_what_is_understood_is_shown_before_and_can_be_chosen_otherwise(place: Place) -> None:
    desk = place.sign_in("staff")
    look = desk.post("/counter", form(step="look"))
    assert look.status_code == 200
    assert "听成" in look.text
    assert "香樟花园6栋楼道灯不亮</textarea>" in look.text
    assert taken(place) == []
    chosen = form(category="quarrel", area=place.street.estate.id, urgency="urgent", room="301")
    slip(desk, desk.post("/counter", chosen))
    [ticket] = taken(place)
    assert (ticket.category, ticket.area_id, ticket.urgency) == ("quarrel", place.street.estate.id, Urgency.URGENT)
    assert ticket.room == "301"


def test_a_place_that_no_area_is_found_by_is_asked_for(place: Place) -> None:
    desk = place.sign_in("staff")
    said = desk.post("/counter", form(step="look", words="厨房漏水了")).text
    assert re.search(r"“厨房”\s*<span[^>]*>没对上地方，请问一句", said)
    assert "没对上地方" not in desk.post("/counter", form(step="look", words="香樟花园6栋漏水了")).text


def test_danger_is_said_first_and_alarms_those_on_duty(place: Place) -> None:
    desk = place.sign_in("staff")
    words = "香樟花园6栋着火了，好大的烟"
    look = desk.post("/counter", form(step="look", words=words)).text
    assert "请马上拨打 119" in look
    assert "也可能是" not in look
    page = slip(desk, desk.post("/counter", form(words=words)))
    assert page.index("请马上拨打 119") < page.index("已受理")
    assert "答应回话" not in page
    [ticket] = taken(place)
    assert ticket.urgency is Urgency.EMERGENCY
    with place.database.reading() as session:
        assert session.get(Alarm, ticket.id) is not None


def test_somebody_known_by_exactly_this_number_is_not_written_down_twice(place: Place) -> None:
    desk = place.sign_in("staff")
    look = desk.post("/counter", form(step="look", phone=PHONE, name=""))
    assert "这个号码登记过" in look.text
    assert "张*" in look.text
    assert "张小芳" not in look.text
    slip(desk, desk.post("/counter", form(phone=PHONE, name="", consent="")))
    slip(desk, desk.post("/counter", form(phone=PHONE, name="张小芳", words="门口的井盖响")))
    slip(desk, desk.post("/counter", form(phone=PHONE, name="张大爷", words="楼上漏水")))
    first, second, husband = taken(place)
    assert first.reporter_id == second.reporter_id == place.people["resident"].id
    assert husband.reporter_id != first.reporter_id
    assert not person(place, first).by_phone  # hears in the chat, as nobody asked for calls
    chosen = form(phone=PHONE, name="随便", person=str(first.reporter_id), words="路灯也坏了", by_phone="1")
    slip(desk, desk.post("/counter", chosen))
    assert person(place, taken(place)[3]).by_phone
    with place.database.reading() as session:
        seen = session.scalars(select(Audit).where(Audit.kind == AuditKind.SAW_PHONE)).all()
        assert f"people/{first.reporter_id}" in {each.about for each in seen}


def test_a_number_typed_in_full_width_is_the_same_number(place: Place) -> None:
    desk = place.sign_in("staff")
    slip(desk, desk.post("/counter", form(phone="１３８－００００－１２３４", name="")))
    slip(desk, desk.post("/counter", form(phone="＋８６（１３９）００００１１１１", words="路灯也坏了")))
    known, new = taken(place)
    assert known.reporter_id == place.people["resident"].id
    assert person(place, new).phone == "13900001111"


def test_nobodys_number_is_kept_who_was_not_asked(place: Place) -> None:
    desk = place.sign_in("staff")
    for wrong, why in [
        ({"consent": ""}, "先问过本人"),
        ({"phone": "12"}, "电话号码没写对"),
        ({"phone": "", "name": ""}, "至少写一样"),
        ({"phone": "", "by_phone": "1"}, "至少写一样"),
        ({"words": " "}, "请写下是什么事"),
        ({"category": "nonsense"}, "请从名单里选一类"),
        ({"area": "999999"}, "请从名单里选一处"),
        ({"person": "1"}, "名单里没有这一位了"),
    ]:
        answer = desk.post("/counter", form(**wrong))
        assert answer.status_code == 409, wrong
        assert why in answer.text, wrong
        assert "王奶奶" in answer.text or wrong.get("name") == ""  # what was typed is kept
    assert taken(place) == []
    page = slip(desk, desk.post("/counter", form(phone="", consent="")))
    assert "没留电话" in page


def test_the_same_matter_told_before_is_offered_and_goes_together(place: Place) -> None:
    before = place.ticket("6栋的楼道灯不亮了，晚上看不见", category="public_facility")
    desk = place.sign_in("staff")
    chosen = form(words="6栋楼道灯不亮了，晚上看不见", area=place.street.building.id, category="public_facility")
    look = desk.post("/counter", {**chosen, "step": "look"})
    assert f'value="{before.number}"' in look.text
    page = slip(desk, desk.post("/counter", {**chosen, "same": before.number}))
    assert f"和 {before.number} 是同一件" in page
    [ticket] = taken(place)
    assert (ticket.state, ticket.merged_into_id) == (TicketState.MERGED, before.id)
    with place.database.transaction() as session:
        far = factories.ticket(
            session, session.get_one(Person, place.people["resident"].id), area=place.street.other_estate
        )
    wrong = desk.post("/counter", {**chosen, "words": "又不亮了", "same": far.number})
    assert wrong.status_code in (404, 409)
    assert len(taken(place)) == 1


def test_photos_come_with_it_and_what_is_no_photo_is_said(place: Place) -> None:
    desk = place.sign_in("staff")
    bad = desk.post("/counter", form(photo=(BytesIO(b"MZ"), "a.jpg")))
    assert bad.status_code == 409
    assert "有一张照片收不下" in bad.text
    slip(desk, desk.post("/counter", form(photo=(BytesIO(b"\xff\xd8\xff"), "a.jpg"))))
    with place.database.reading() as session:
        [photo] = session.scalars(select(Attachment))
        assert (photo.stored, photo.ticket_id) == ("one.jpg", taken(place)[0].id)


def test_a_matter_of_another_community_goes_there_and_the_caller_still_has_a_number(place: Place) -> None:
    desk = place.sign_in("staff")
    page = slip(desk, desk.post("/counter", form(words="银杏里太吵", area=place.street.other_estate.id)))
    [ticket] = taken(place)
    assert f"编号 <strong>{ticket.number}</strong>" in page
    assert desk.get(f"/counter/{ticket.number}").status_code == 404
    assert ticket.number in place.sign_in("elsewhere").get("/tickets?tab=new").text


# ---------------------------------------------------------------- telling by telephone


def news(place: Place, kind: NoticeKind = NoticeKind.HELD, ticket: Ticket | None = None) -> int:
    with place.database.transaction() as session:
        resident = session.get_one(Person, place.people["resident"].id)
        resident.by_phone = True
        made = outboxes.tell(session, kind, resident.id, now=place.now, ticket_id=ticket.id if ticket else None)
        made.state = NoticeState.TO_CALL
        return made.id


def test_news_is_told_by_telephone_once(place: Place) -> None:
    notice = news(place, ticket=place.ticket())
    desk, colleague = place.sign_in("staff"), place.sign_in("street")
    page = desk.get("/call-backs/news").text
    assert "修好了，请您看看。" in page
    assert f"tel:{PHONE}" in page
    assert '柜台 <span class="hy-count">1' in page
    assert desk.post(f"/call-backs/news/{notice}/told").status_code == 303
    late = colleague.post(f"/call-backs/news/{notice}/told")
    assert late.status_code == 409
    assert "刚刚有人动过" in late.text
    assert "现在没有要打的电话" in desk.get("/call-backs/news").text
    assert place.sign_in("elsewhere").post(f"/call-backs/news/{notice}/told").status_code == 404
    with place.database.reading() as session:
        assert session.get_one(Notice, notice).sent_by == f"phone:{place.people['staff'].id}"


def test_people_are_put_on_the_list_by_their_number_and_taken_off(place: Place) -> None:
    place.ticket()
    desk = place.sign_in("staff")
    assert "没有人登记过这个电话" in desk.post("/call-backs/people", {"phone": "13999999999"}).text
    assert desk.post("/call-backs/people", {"phone": PHONE}).status_code == 303
    page = desk.get("/call-backs/news").text
    assert "138****34" in page
    resident = place.people["resident"].id
    assert place.sign_in("elsewhere").post(f"/call-backs/people/{resident}/stop").status_code == 404
    assert desk.post(f"/call-backs/people/{resident}/stop").status_code == 303
    assert "138****34" not in desk.get("/call-backs/news").text


# ---------------------------------------------------------------- appointments


def booking(place: Place, **other: Any) -> dict[str, Any]:
    return {
        "phone": PHONE, "purpose": "办老年证", "area": place.street.community.id, "desk": "1号窗口",
        "day": "2026-11-25", "begins": "10:00", "ends": "10:30", **other,
    }  # fmt: skip


def test_a_time_is_given_moved_and_called_off_and_the_person_hears_each(place: Place) -> None:
    desk = place.sign_in("staff")
    assert desk.post("/appointments", booking(place)).status_code == 303
    page = desk.get("/appointments?day=2026-11-25").text
    assert "10:00–10:30" in page
    assert "办老年证" in page
    taken_desk = desk.post("/appointments", booking(place, begins="10:15", ends="10:45"))
    assert taken_desk.status_code == 409
    assert "1号窗口 10:00 到 10:30 已经约了别人" in taken_desk.text
    assert 'value="10:15"' in taken_desk.text
    moved = {"desk": "1号窗口", "day": "2026-11-26", "begins": "15:00", "ends": "15:30"}
    assert desk.post("/appointments/1/move", moved).status_code == 303
    assert "15:00–15:30" in desk.get("/appointments?day=2026-11-26").text
    assert desk.post("/appointments/1/cancel").status_code == 303
    assert "已经取消" in desk.post("/appointments/1/cancel").text
    assert "取消了" in desk.get("/appointments?day=2026-11-26").text
    with place.database.reading() as session:
        told = factories.notices(session, place.people["resident"], NoticeKind.APPOINTMENT)
        assert [each.data["news"] for each in told] == ["made", "moved", "cancelled"]


def test_what_is_wrong_with_a_booking_is_said_and_nothing_is_booked(place: Place) -> None:
    desk = place.sign_in("staff")
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"desk": ""}, "哪个窗口"),
        ({"day": "2026-11-20"}, "时间没写对"),
        ({"ends": "09:00"}, "时间没写对"),
        ({"day": "x"}, "时间没写对"),
        ({"day": "0001-01-01"}, "时间没写对"),
        ({"day": "9999-12-31", "begins": "22:00", "ends": "23:00"}, "时间没写对"),
        ({"purpose": ""}, "什么事"),
        ({"area": place.street.other_community.id}, "请从名单里选一处"),
        ({"phone": "", "name": ""}, "至少写一样"),
    ]
    for wrong, why in wrongs:
        answer = desk.post("/appointments", booking(place, **wrong))
        assert answer.status_code == 409, wrong
        assert why in answer.text, wrong
    with place.database.reading() as session:
        assert session.scalars(select(Appointment)).all() == []
    for day in ("%3Cb%3E", "0001-01-01", "9999-12-31"):
        assert desk.get(f"/appointments?day={day}").status_code == 200


# ---------------------------------------------------------------- ready answers


def test_ready_words_go_into_the_answer_and_only_ones_own_are_changed(place: Place) -> None:
    chat = hand_over(place)
    staff, elsewhere, street = (place.sign_in(who) for who in ("staff", "elsewhere", "street"))
    assert staff.post("/chats/ready", {"area": place.street.community.id, "text": " "}).status_code == 409
    assert staff.post("/chats/ready", {"area": place.street.other_community.id, "text": "x"}).status_code == 409
    staff.post("/chats/ready", {"area": place.street.community.id, "text": "您好，我是社区的刘敏。"})
    street.post("/chats/ready", {"area": place.street.street.id, "text": "街道值班电话在公告栏。"})
    page = staff.get(f"/chats/{chat}").text
    assert "您好，我是社区的刘敏。" in page
    assert "街道值班电话在公告栏。" in page
    drafted = staff.post(f"/chats/{chat}/reply", {"text": "在的", "ready": "1", "seen": "0"})
    assert drafted.status_code == 200
    assert "在的\n您好，我是社区的刘敏。</textarea>" in drafted.text
    with place.database.reading() as session:
        assert session.scalars(select(Notice).where(Notice.kind == NoticeKind.STAFF_REPLY)).all() == []
    assert "您好，我是社区的刘敏。" not in elsewhere.get("/chats/ready").text
    assert elsewhere.post("/chats/ready/1", {"text": "改掉"}).status_code == 404
    assert staff.post("/chats/ready/2", {"text": "改掉"}).status_code == 404
    staff.post("/chats/ready/1", {"text": "您好，请讲。"})
    with place.database.reading() as session:
        assert [each.text for each in session.scalars(select(ReadyAnswer))] == [
            "您好，请讲。",
            "街道值班电话在公告栏。",
        ]
    staff.post("/chats/ready/1", {"remove": "1"})
    assert "您好，请讲。" not in staff.get("/chats/ready").text
    assert staff.post(f"/chats/{chat}/reply", {"text": "", "ready": "1", "seen": "0"}).status_code == 404


def test_all_ready_words_are_on_the_page_and_one_area_has_no_more_than_it_says(place: Place) -> None:
    chat, here = hand_over(place), place.street
    staff, street = place.sign_in("staff"), place.sign_in("street")
    with place.database.transaction() as session:
        by = {"by_id": place.people["street"].id, "changed_at": place.now}
        for area, said in ((here.street, "街道"), (here.community, "社区"), (here.other_community, "隔壁")):
            session.add_all(ReadyAnswer(area_id=area.id, text=f"{said}的第{number}句", **by) for number in range(40))
    full = staff.post("/chats/ready", {"area": here.community.id, "text": "再来一句"})
    assert full.status_code == 409
    assert "一个地方最多 40 句" in full.text
    assert "再来一句</textarea>" in full.text
    pages = [street.get(f"/chats/ready?page={number}").text for number in (1, 2, 3)]
    assert all("的第39句" in page for page in pages)
    assert ["下一页" in page for page in pages] == [True, True, False]
    beside = staff.get(f"/chats/{chat}").text
    assert beside.index("社区的第0句") < beside.index("街道的第0句")
    assert "街道的第39句" in beside
    assert "还有更多" not in beside
    assert "还有更多" in street.get(f"/chats/{chat}").text
    with place.database.reading() as session:
        last = session.scalars(select(ReadyAnswer.id).where(ReadyAnswer.text == "街道的第39句")).one()
    assert "街道的第39句</textarea>" in staff.post(f"/chats/{chat}/reply", {"ready": last, "seen": "0"}).text


def test_the_number_is_spoken_digit_by_digit(place: Place) -> None:
    desk = place.sign_in("staff")
    page = slip(desk, desk.post("/counter", form()))
    assert re.search(r"请念一遍：[零一二三四五六七八九]{6}，[零一二三四五六七八九]{4}", page)
