"""The desk as colleagues share it: filters, the board, what an open page hears, several at once, notes, who else looks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from console import desk as listed
from models import desk, tickets
from models.attachment import Attachment, AttachmentKind
from models.ticket import Ticket, TicketState, Urgency
from tests.console.conftest import Desk, Place


def changes(desk: Desk, since: int | str, more: str = "") -> tuple[int, int, str]:
    """What an open page is told: the answer's code, how far history had come, and the rows."""
    answer = desk.get(f"/tickets/changes?since={since}{more}")
    return answer.status_code, int(answer.headers["X-Version"]), answer.text


def test_an_open_list_hears_of_what_its_viewer_sees_and_of_nothing_else(place: Place) -> None:
    ticket = place.ticket()
    staff, elsewhere = place.sign_in("staff"), place.sign_in("elsewhere")
    _, at, _ = changes(staff, 0)
    assert changes(staff, at)[0] == changes(elsewhere, at)[0] == 204
    place.do(tickets.add_words, ticket, "水更大了", by="resident")
    code, now_at, rows = changes(staff, at, "&tab=new")
    assert (code, now_at > at) == (200, True)
    assert ticket.number in rows
    assert changes(elsewhere, at)[:2] == (204, now_at)
    assert changes(staff, now_at)[0] == 204
    assert changes(staff, "x")[0] == 200


def test_a_change_behind_very_many_of_others_is_heard_of(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket, others = place.ticket(), place.ticket(area=place.street.other_estate)
    staff = place.sign_in("staff")
    _, at, _ = changes(staff, 0)
    monkeypatch.setattr(listed, "MOST_COUNTED", 2)
    for words in ("一", "二"):
        place.do(tickets.add_words, others, words, by="resident")
    place.do(tickets.add_words, ticket, "水更大了", by="resident")
    code, _, rows = changes(staff, at)
    assert code == 200
    assert ticket.number in rows


def test_the_board_shows_every_pile_and_emergencies_first(place: Place) -> None:
    place.ticket()
    alarm = place.ticket(urgency=Urgency.EMERGENCY)
    newest = place.ticket()
    given = place.ticket()
    place.do(desk.assign, given, "城管", "", by="staff")
    page = place.sign_in("staff").get("/tickets?view=board").text
    column = page.split('aria-label="待派"')[1].split("</section>")[0]
    assert column.index(alarm.number) < column.index(newest.number)
    assert given.number in page.split('aria-label="已转"')[1].split("</section>")[0]
    for _ in range(8):
        place.ticket()
    page = place.sign_in("staff").get("/tickets?view=board").text
    assert page.split('aria-label="待派"')[1].split("</section>")[0].count('data-key="') == 8


def test_a_row_says_how_the_matter_was_told_without_numbers_and_doors(place: Place) -> None:
    told = place.ticket(
        "6栋2单元1203室，楼上每天晚上十点\n以后还在装修，孩子睡不着，谁来都不开门，物业的人说他管不了，请打 13800005555 找我"
    )
    place.do(tickets.add_words, told, "后来又吵了", by="resident")
    silent = place.ticket("")
    staff = place.sign_in("staff")
    for page in ("/tickets?tab=new", "/tickets?view=board", "/tickets?tab=all&q=装修"):
        rows = staff.get(page).text
        assert "楼上每天晚上十点 以后还在装修，孩子睡不着" in rows, page
        assert not any(each in rows for each in ("1203", "1380", "13800005555", "后来又吵了")), page
    rows = staff.get("/tickets?tab=new").text
    assert silent.number in rows
    assert rows.count("hy-row-words") == 1


def test_many_rows_ask_no_more_than_one(place: Place) -> None:
    staff, asked = place.sign_in("staff"), []
    place.ticket()
    event.listen(place.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts = []
    for _ in range(2):
        staff.get("/tickets?tab=new")
        asked.clear()
        staff.get("/tickets?tab=new")
        counts.append(len(asked))
        for _ in range(10):
            place.ticket()
    assert counts[0] == counts[1]


def test_filters_narrow_list_and_board_and_stand_in_the_address(place: Place) -> None:
    noise, lamp = place.ticket(), place.ticket(category="lamp", area=place.street.estate, urgency=Urgency.URGENT)
    staff = place.sign_in("staff")
    cases: tuple[tuple[str, set[Ticket]], ...] = (
        ("category=lamp", {lamp}),
        ("urgency=urgent", {lamp}),
        (f"area={place.street.building.id}", {noise}),
        (f"area={place.street.community.id}", {noise, lamp}),
        ("mine=1", set()),
        ("due=late", set()),
        ("category=nonsense", set()),
        ("area=999999", set()),
        ("urgency=x&due=x&mine=x&view=x&area=x", {noise, lamp}),
    )
    for query, expected in cases:
        page = staff.get(f"/tickets?tab=all&{query}").text
        assert {each for each in (noise, lamp) if f'data-key="{each.number}"' in page} == expected, query
    board = staff.get("/tickets?view=board&category=lamp").text
    assert f'data-key="{noise.number}"' not in board
    assert "view=board&amp;category=lamp" in board or "category=lamp&amp;view=board" in board


def test_a_filter_kept_by_name_is_there_for_the_desks_colleagues_and_nobody_else(place: Place) -> None:
    staff, elsewhere = place.sign_in("staff"), place.sign_in("elsewhere")
    kept = staff.post("/tickets/filters?tab=new&category=lamp&evil=1", {"name": "路灯的事"})
    assert kept.status_code == 303
    page = staff.get("/tickets").text
    assert "?tab=new&amp;category=lamp" in page
    assert "evil" not in page
    assert "路灯的事" not in elsewhere.get("/tickets").text
    number = page.split("/tickets/filters/")[1].split("/")[0]
    assert elsewhere.post(f"/tickets/filters/{number}/forget").status_code == 404
    staff.post("/tickets/filters?tab=new&category=noise", {"name": "路灯的事"})
    assert "?tab=new&amp;category=noise" in staff.get("/tickets").text
    assert staff.post(f"/tickets/filters/{number}/forget").status_code == 303
    assert "路灯的事" not in staff.get("/tickets").text
    assert place.sign_in("clerk").post("/tickets/filters?category=lamp", {"name": "x"}).status_code == 404


def test_several_are_done_at_once_and_each_says_what_became_of_it(place: Place) -> None:
    first, second, moved, there = place.ticket(), place.ticket(), place.ticket(), place.ticket(area=None)
    place.do(tickets.add_words, moved, "还在吵", by="resident")
    staff = place.sign_in("staff")
    soon = (place.now + timedelta(days=3)).date().isoformat()
    chosen = [f"{first.number}:1", f"{second.number}:1", f"{moved.number}:1", "261122-9999:1", "x"]
    page = staff.post("/tickets/bulk", {"action": "hold", "ticket": chosen, "why": "等配件", "until": soon}).text
    assert "2 件办好了，3 件没有动" in page
    assert [place.again(each).state for each in (first, second, moved)] == [
        TicketState.HELD,
        TicketState.HELD,
        TicketState.NEW,
    ]
    assert "刚刚有人动过" in page.split(moved.number)[2]
    staff.post("/tickets/bulk", {"action": "correct", "ticket": [f"{moved.number}:2"], "category": "lamp"})
    assert place.again(moved).category == "lamp"
    staff.post("/tickets/bulk", {"action": "merge", "ticket": [f"{moved.number}:3"], "number": there.number})
    assert place.again(moved).state is TicketState.MERGED
    page = staff.post(
        "/tickets/bulk",
        {"action": "assign", "ticket": [f"{there.number}:{place.again(there).version}"], "department": ""},
    ).text
    assert "请从名单里选一个部门" in page
    assert staff.post("/tickets/bulk", {"action": "reject", "ticket": [f"{there.number}:1"]}).status_code == 404
    assert staff.post("/tickets/bulk", {"action": "hold"}).status_code == 303
    elsewhere = place.sign_in("elsewhere")
    fresh = place.ticket()
    elsewhere.post("/tickets/bulk", {"action": "correct", "ticket": [f"{fresh.number}:1"], "category": "lamp"})
    assert place.again(fresh).category == "noise"


def test_notes_are_for_the_desk_and_neither_for_departments_nor_found_by_them(place: Place) -> None:
    ticket = place.ticket()
    staff = place.sign_in("staff")
    staff.post(f"/tickets/{ticket.number}/desk-notes", {"note": "楼上住着<b>老人"})
    assert "楼上住着&lt;b&gt;老人" in staff.get(f"/tickets/{ticket.number}").text
    assert place.again(ticket).version == 1
    place.do(desk.assign, ticket, "城管", "", by="staff")
    clerk = place.sign_in("clerk")
    assert "楼上住着" not in clerk.get(f"/tickets/{ticket.number}").text
    assert clerk.post(f"/tickets/{ticket.number}/desk-notes", {"note": "x"}).status_code == 404
    assert f'data-key="{ticket.number}"' not in clerk.get("/tickets?q=楼上住着").text


def test_two_people_on_one_ticket_see_each_other_until_one_leaves(place: Place) -> None:
    ticket = place.ticket()
    staff, street = place.sign_in("staff"), place.sign_in("street")
    assert staff.post(f"/tickets/{ticket.number}/pulse").text == ""
    assert street.post(f"/tickets/{ticket.number}/pulse").text == "刘敏也在看这件事。"
    answer = staff.post(f"/tickets/{ticket.number}/pulse")
    assert (answer.text, answer.headers["X-Version"]) == ("周正也在看这件事。", "1")
    with place.database.transaction() as session:
        photo = Attachment(ticket_id=ticket.id, channel="official", kind=AttachmentKind.IMAGE, media_id="m")
        photo.sent_at, photo.person_id, photo.stored = place.now, place.people["resident"].id, "one.jpg"
        session.add(photo)
    # What has been fetched since makes the open page an old one, and no form on it.
    assert staff.post(f"/tickets/{ticket.number}/pulse").headers["X-Version"] == "1.1"
    place.later(seconds=45)
    assert staff.post(f"/tickets/{ticket.number}/pulse").text == ""
    assert place.sign_in("elsewhere").post(f"/tickets/{ticket.number}/pulse").status_code == 404


def test_the_looks_are_kept_and_lead_nowhere_else(place: Place) -> None:
    staff = place.sign_in("staff")
    answer = staff.post("/looks", {"look": "dark-large", "back": "/console/tickets?tab=new"})
    assert answer.headers["Location"] == "/console/tickets?tab=new"
    assert 'data-look="dark" data-size="large"' in staff.get("/tickets").text
    for wild in ("//evil.example", "https://evil.example", "/elsewhere", "/console\\@evil"):
        assert staff.post("/looks", {"look": "light", "back": wild}).headers["Location"] == "/console/"
    staff.post("/looks", {"look": '"><script>'})
    assert 'data-look="light"' in staff.get("/tickets").text
