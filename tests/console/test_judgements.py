"""Call-backs, the three rates and announcements on the staff's pages."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from sqlalchemy import select

from handlers.announced import fits
from models import announcements, callbacks, judging, results, tickets
from models.announcement import Announcement
from models.result import CallBack, CallState
from models.ticket import Evaluation, EvaluationSource, Ticket, TicketEvent, TicketState
from tests.console.conftest import Desk, Place

PHONE = "13800001234"


def to_call(place: Place, count: int = 1) -> list[int]:
    """Matters that nobody judged, drawn for a call."""
    for number in range(count):
        ticket = place.ticket(words=f"楼下太吵了 {number}")
        place.do(tickets.finish, ticket, "说好了", by="street")
    place.later(days=7)
    with place.database.transaction() as session:
        for ticket in session.scalars(select(Ticket).where(Ticket.state == TicketState.RESOLVED)).all():
            judging.auto_close(session, ticket.id, now=place.now, days=7)
    place.later(days=7)
    with place.database.transaction() as session:
        callbacks.draw(session, now=place.now, share=1, at_least=1)
        return list(session.scalars(select(CallBack.id).order_by(CallBack.id)))


def test_a_number_is_shown_to_who_asks_for_it_and_that_is_noted(both_places: Place) -> None:
    place = both_places
    [call_back_id] = to_call(place)
    desk = place.sign_in("staff")
    listed, page = desk.get("/call-backs").text, desk.get(f"/call-backs/{call_back_id}").text
    assert "张" in listed
    for shown in (listed, page):
        assert PHONE not in shown
        assert "138****34" in shown
    assert desk.post(f"/call-backs/{call_back_id}/phone").status_code == 303
    assert PHONE in desk.get(f"/call-backs/{call_back_id}").text
    assert PHONE not in desk.get("/call-backs").text
    assert PHONE not in place.sign_in("street").get(f"/call-backs/{call_back_id}").text
    with place.database.reading() as session:
        seen = session.scalars(select(TicketEvent).where(TicketEvent.action == "see_phone")).one()
        assert seen.by_id == place.people["staff"].id
        number = session.get_one(Ticket, seen.ticket_id).number
    assert "看了居民的电话号码" in desk.get(f"/tickets/{number}").text
    place.later(hours=1)
    assert PHONE not in place.sign_in("staff").get(f"/call-backs/{call_back_id}").text


@pytest.mark.parametrize("answer", ["1", "2", "3"])
def test_what_the_resident_said_is_recorded(place: Place, answer: str) -> None:
    [call_back_id] = to_call(place)
    desk = place.sign_in("staff")
    assert desk.post(f"/call-backs/{call_back_id}", {"answer": answer, "why": "电话里说的"}).status_code == 303
    with place.database.reading() as session:
        evaluation = session.scalars(select(Evaluation)).one()
        assert (evaluation.answer, evaluation.source) == (int(answer), EvaluationSource.CALL_BACK)
        ticket = session.get_one(Ticket, evaluation.ticket_id)
        assert ticket.state is (TicketState.NEW if answer == "3" else TicketState.CLOSED)
    page = desk.get(f"/tickets/{ticket.number}").text
    assert "电话里说的" in page
    assert "电话回访" in page
    assert "现在没有要回访的" in desk.get("/call-backs").text
    assert desk.post(f"/call-backs/{call_back_id}", {"answer": "1"}).status_code == 409


def test_three_calls_that_nobody_answers(place: Place) -> None:
    [call_back_id] = to_call(place)
    desk = place.sign_in("staff")
    for _ in range(3):
        assert desk.post(f"/call-backs/{call_back_id}", {"answer": "not_reached"}).status_code == 303
    with place.database.reading() as session:
        assert session.get_one(CallBack, call_back_id).state is CallState.NOT_REACHED
    assert desk.post(f"/call-backs/{call_back_id}", {"answer": "not_reached"}).status_code == 409
    assert desk.post(f"/call-backs/{call_back_id}", {"answer": "9"}).status_code == 409


def test_the_next_community_and_a_department_see_no_call_backs_figures_or_announcements(place: Place) -> None:
    [call_back_id] = to_call(place)
    made = announce(place.sign_in("staff"), place)
    elsewhere, clerk = place.sign_in("elsewhere"), place.sign_in("clerk")
    assert "楼下太吵了" not in elsewhere.get("/call-backs").text
    for path in (f"/call-backs/{call_back_id}", made, f"{made}/change", f"/figures?area={place.street.community.id}"):
        assert elsewhere.get(path).status_code == 404, path
    for path in (
        f"/call-backs/{call_back_id}",
        f"/call-backs/{call_back_id}/phone",
        f"{made}/withdraw",
        f"{made}/answer",
    ):
        assert elsewhere.post(path, {"answer": "1"}).status_code == 404, path
    for path in ("/call-backs", "/figures", "/figures.csv", "/announcements", "/announcements/new"):
        assert clerk.get(path).status_code == 404, path


# ---------------------------------------------------------------- the three rates


def judged(place: Place, *answers: int) -> None:
    for answer in answers:
        ticket = place.ticket()
        place.do(tickets.finish, ticket, "说好了", by="street")
        if answer:
            place.do(judging.evaluate, ticket, answer, "", by="resident")


def test_the_rates_stand_with_everything_that_is_left_out(both_places: Place) -> None:
    place = both_places
    judged(place, 1, 1, 1, 1, 2, 3, 0, 0)
    page = place.sign_in("staff").get("/figures").text
    assert re.search(r"解决率</span>\s*<strong>83.3%</strong>\s*<span class=\"hy-meta\">6 件里 5 件", page)
    assert re.search(r"满意率</span>\s*<strong>66.7%</strong>", page)
    assert re.search(r"响应率</span>\s*<strong>100%</strong>", page)
    assert "<dt>还没问到</dt><dd>2</dd>" in page
    assert "没有算进解决率和满意率" in page


def test_a_few_judgements_are_no_percentage(place: Place) -> None:
    judged(place, 1, 3)
    page = place.sign_in("staff").get("/figures").text
    assert "%" not in re.sub(r"<script.*?</script>|<style.*?</style>|%2|%3", "", page.split("<main")[1])
    assert "太少，不算" in page


def test_places_stand_in_the_order_of_the_tree_whatever_their_rates(place: Place) -> None:
    judged(place, 3, 3, 3, 3, 3)
    with place.database.transaction() as session:
        other = place.street.other_community.id
        for ticket in session.scalars(select(Ticket)).all()[:2]:
            ticket.community_id = other
    page = place.sign_in("street").get("/figures").text
    assert page.index(">香樟社区</a>") < page.index(">银杏社区</a>")
    down = place.sign_in("street").get(f"/figures?area={place.street.community.id}").text
    assert "银杏社区</a>" not in down


def test_the_table_to_take_along_has_the_same_numbers(place: Place) -> None:
    judged(place, 1, 2, 3, 0)
    answer = place.sign_in("staff").get("/figures.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    head, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    found = dict(zip(head, row, strict=True))
    assert (found["地方"], found["办结"], found["解决了，满意"], found["没解决"], found["还没问到"]) == (
        "香樟社区", "4", "1", "1", "1",
    )  # fmt: skip


@pytest.mark.parametrize(
    "query",
    ["area=x", "area=999999", "period=days&from=x&to=y", "period=days&from=0001-01-01&to=9999-12-31", "period=' OR 1",
     "period=days&from=2026-11-30&to=2026-11-01", "period=last_month", "period=this_quarter", "period=last_week"],
)  # fmt: skip
def test_a_hostile_question_is_harmless(place: Place, query: str) -> None:
    desk = place.sign_in("street")
    assert desk.get(f"/figures?{query}").status_code in (200, 404)
    assert desk.get(f"/figures.csv?{query}").status_code in (200, 404)


def test_a_table_cell_is_never_a_formula(place: Place) -> None:
    judged(place, 1)
    with place.database.transaction() as session:
        session.merge(place.street.community).name = "=1+1"
    assert ",'=1+1," in place.sign_in("staff").get("/figures.csv").text


# ---------------------------------------------------------------- announcements


def form(place: Place, **more: Any) -> dict[str, Any]:
    return {
        "title": "6 栋停水抢修",
        "words": "正在抢修，下午 4 点恢复。",
        "area": str(place.street.estate.id),
        "category": "leak",
        "place": "",
        "since": "2026-11-23T09:00",
        "until": "2026-12-24T16:00",
        "outcome": "hold",
        **more,
    }


def announce(desk: Desk, place: Place, **more: Any) -> str:
    answer = desk.post("/announcements/new", form(place, **more))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].removeprefix("/console")


def work(place: Place) -> None:
    while True:
        with place.database.transaction() as session:
            found = announcements.due(session, most=100)
            if not found:
                return
            announcements.work(session, found[0], now=place.now, fits=fits)


def test_an_announcement_is_written_and_answers_what_is_ticked(both_places: Place) -> None:
    place = both_places
    water = place.ticket(words="家里停水了", category="leak")
    other = place.ticket(words="天花板渗了一块", category="leak")
    place.ticket(words="路灯不亮", category="lamp")
    desk = place.sign_in("staff")
    path = announce(desk, place)
    page = desk.get(path).text
    assert re.search(rf'value="{water.id}" checked', page)
    assert re.search(rf'value="{other.id}"(?! checked)', page)
    assert "路灯不亮" not in page
    assert desk.post(f"{path}/answer", {"ticket": [str(water.id), "999999", "x"]}).status_code == 303
    work(place)
    assert place.again(water).state is TicketState.HELD
    assert place.again(other).state is not TicketState.HELD
    assert "公告《6 栋停水抢修》" in desk.get(f"/tickets/{water.number}").text
    assert "6 栋停水抢修" in desk.get("/announcements").text
    assert desk.post(f"{path}/finish").status_code == 303
    work(place)
    assert place.again(water).state is TicketState.RESOLVED


def test_a_changed_announcement_keeps_what_it_is_about(place: Place) -> None:
    desk = place.sign_in("staff")
    path = announce(desk, place)
    sent = form(place, title="改到 6 点", until="2026-12-24T18:00", category="lamp", area="1")
    assert "改到" not in desk.get(f"{path}/change").text
    assert desk.post(f"{path}/change", sent).status_code == 303
    with place.database.reading() as session:
        found = session.scalars(select(Announcement)).one()
        assert (found.title, found.category, found.area_id) == ("改到 6 点", "leak", place.street.estate.id)


def test_a_withdrawn_announcement_cannot_be_used_any_more(place: Place) -> None:
    desk = place.sign_in("staff")
    path = announce(desk, place)
    assert desk.post(f"{path}/withdraw").status_code == 303
    assert "已撤回" in desk.get(path).text
    for action in ("answer", "finish", "withdraw", "change"):
        assert desk.post(f"{path}/{action}", form(place)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": ""}, "标题"),
        ({"words": " "}, "告诉居民的话"),
        ({"area": "99999"}, "选一个地方"),
        ({"category": "nothing"}, "选一个分类"),
        ({"outcome": "burn"}, "处理办法"),
        ({"until": "2026-11-23T08:00"}, "结束时间"),
        ({"until": "2030-11-23T08:00"}, "结束时间"),
        ({"since": "soon"}, "结束时间"),
    ],
)
def test_a_form_that_is_no_announcement_says_why_and_keeps_the_words(
    place: Place, wrong: dict[str, str], said: str
) -> None:
    answer = place.sign_in("staff").post("/announcements/new", form(place, **wrong))
    assert answer.status_code == 409
    assert said in answer.text
    kept = form(place, **wrong)
    assert all(kept[name] in answer.text for name in ("title", "words", "until") if kept[name].strip())


def test_staff_announce_only_for_their_own_places(place: Place) -> None:
    answer = place.sign_in("elsewhere").post("/announcements/new", form(place))
    assert answer.status_code == 409


def test_hostile_words_in_an_announcement_are_shown_as_words(place: Place) -> None:
    place.ticket(words="<script>alert(2)</script>停水", category="leak")
    desk = place.sign_in("staff")
    path = announce(desk, place, title="<script>alert(1)</script>", words="<b>停水</b>")
    for shown in (desk.get(path).text, desk.get("/announcements").text, desk.get(f"{path}/change").text):
        assert "<script>alert" not in shown
        assert "&lt;script&gt;" in shown


def test_what_waits_for_a_call_is_counted_in_the_menu(place: Place) -> None:
    to_call(place, 3)
    assert re.search(r"回访 <span class=\"hy-count\">3</span>", place.sign_in("staff").get("/tickets").text)


# ---------------------------------------------------------------- what was set aside


def burst(place: Place, count: int = 9) -> None:
    for number in range(count):
        ticket = place.ticket(words=f"楼下太吵了 {number}")
        place.do(tickets.finish, ticket, "说好了", by="staff")
        place.do(judging.evaluate, ticket, 1, "", by="resident")
    with place.database.transaction() as session:
        assert results.set_aside_bursts(session, now=place.now, an_hour=8, of_one_a_day=100) == count


def test_the_street_counts_a_judgement_after_all_and_says_why(both_places: Place) -> None:
    place = both_places
    burst(place)
    street, staff = place.sign_in("street"), place.sign_in("staff")
    assert "评价扎堆，先不算</a></dt><dd>9</dd>" in street.get("/figures?period=this_week").text.replace(
        "</a></dt>\n", "</a></dt>"
    )
    page = street.get("/set-aside").text
    ids = re.findall(r'name="evaluation" value="(\d+)"', page)
    assert len(ids) == 9
    assert "张小芳" not in page
    refused = street.post("/set-aside", {"evaluation": ids[:2], "why": ""})
    assert refused.status_code == 409
    done = street.post("/set-aside", {"evaluation": ids[:2], "why": "打电话问过了"})
    assert done.status_code == 303
    assert len(re.findall(r'name="evaluation" value="(\d+)"', street.get("/set-aside").text)) == 7
    assert "<dd>7</dd>" in street.get("/figures?period=this_week").text
    with place.database.reading() as session:
        first = session.scalars(select(Ticket).order_by(Ticket.id)).first()
        assert first is not None
    page = staff.get(f"/tickets/{first.number}").text
    assert "核实过，算进三率" in page
    assert "打电话问过了" in page


def test_the_community_sees_what_is_set_aside_and_does_not_decide(place: Place) -> None:
    burst(place)
    staff = place.sign_in("staff")
    page = staff.get("/set-aside").text
    assert "请街道的同志来定" in page
    assert 'name="evaluation"' not in page
    with place.database.reading() as session:
        ids = [str(each) for each in session.scalars(select(Evaluation.id))]
    assert staff.post("/set-aside", {"evaluation": ids, "why": "真的"}).status_code == 409
    # Whoever does not see a ticket passes it over; who has no desk finds no page.
    assert place.sign_in("elsewhere").post("/set-aside", {"evaluation": ids, "why": "真的"}).status_code == 303
    assert place.sign_in("clerk").get("/set-aside").status_code == 404
    with place.database.reading() as session:
        assert session.scalars(select(Evaluation.counted_at)).all() == [None] * 9
