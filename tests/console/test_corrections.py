"""Correcting what was understood, seeing what an assistant proposes, and how often corrections are needed."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select

from models import opening, tickets, triage
from models.category import Category
from models.correction import Correction
from models.outbox import NoticeKind
from models.person import Person
from models.ticket import Ticket, TicketKind, TicketState, Urgency
from models.windows import Window
from tests import factories
from tests.console.conftest import Place


def _kept(place: Place) -> list[Correction]:
    with place.database.reading() as session:
        return list(session.scalars(select(Correction).order_by(Correction.id)))


def _correct(place: Place, ticket: Ticket, code: str, *, by: str = "staff") -> None:
    with place.database.reading() as session:
        category = session.get_one(Category, code)
    place.do(tickets.correct_category, ticket, category, "", by=by)


def test_staff_correct_category_kind_and_urgency_with_one_button(both_places: Place) -> None:
    place = both_places
    ticket, desk = place.ticket(kind=TicketKind.INQUIRY), place.sign_in("staff")
    answer = desk.press(ticket, "correct", category="lamp", kind="report", urgency="urgent")
    assert answer.status_code == 303
    now = place.again(ticket)
    assert (now.category, now.kind, now.urgency) == ("lamp", TicketKind.REPORT, Urgency.URGENT)
    category, manner = _kept(place)
    assert (category.before_category, category.after_category, category.role) == ("noise", "lamp", "staff")
    assert (manner.before_kind, manner.after_kind) == (TicketKind.INQUIRY, TicketKind.REPORT)
    page = desk.get(f"/tickets/{ticket.number}").text
    assert "noise → lamp" in page
    assert "咨询 → 反映问题，一般 → 急" in page


def test_what_a_member_brings_shows_its_kind_and_its_time_and_stays_what_it_is(place: Place) -> None:
    saturday = Window(place.now + timedelta(days=5), place.now + timedelta(days=5, hours=2))
    with place.database.transaction() as session:
        member = session.get_one(Person, place.people["member"].id)
        activity = opening.Report(
            "给老人量血压", kind=TicketKind.ACTIVITY, area_id=place.street.building.id, wished=saturday
        )
        ticket = opening.open_ticket(session, activity, by=member, channel="official", now=place.now)
    desk = place.sign_in("staff")
    page = desk.get(f"/tickets/{ticket.number}").text
    assert "自主创单 · 社区办理" in page
    assert "约的时间" in page
    assert "反映问题" not in page
    assert desk.press(ticket, "correct", category="", kind="report", urgency="normal").status_code == 409
    assert place.again(ticket).kind is TicketKind.ACTIVITY
    # Nor does a report become one; a category may be mended, and teaches nothing.
    assert "自主创单" not in desk.get(f"/tickets/{place.ticket().number}").text
    assert desk.press(ticket, "correct", category="lamp", kind="activity", urgency="normal").status_code == 303
    assert _kept(place) == []


def test_kind_and_urgency_are_corrected_without_touching_the_category(place: Place) -> None:
    ticket, desk = place.ticket(), place.sign_in("staff")
    assert desk.press(ticket, "correct", category="", kind="report", urgency="emergency").status_code == 303
    now = place.again(ticket)
    assert (now.category, now.urgency, now.state) == ("noise", Urgency.EMERGENCY, TicketState.NEW)
    with place.database.reading() as session:
        told = factories.notices(session, place.people["street"], NoticeKind.ALARM)
    assert len(told) == 1


def test_a_correction_that_changes_nothing_is_explained(place: Place) -> None:
    ticket, desk = place.ticket(), place.sign_in("staff")
    for form in (
        {"category": ""},
        {"category": "", "kind": "report", "urgency": "normal"},
        {"category": "", "kind": "gossip", "urgency": "normal"},
        {"category": "nonsense", "kind": "inquiry"},
    ):
        answer = desk.press(ticket, "correct", **form)
        assert answer.status_code == 409
        assert "请选一个分类" in answer.text
    assert place.again(ticket).version == ticket.version
    assert _kept(place) == []


def test_what_the_assistant_proposes_is_shown_with_its_source(place: Place) -> None:
    ticket = place.ticket("就那个呀", category=None)
    desk = place.sign_in("staff")
    assert "助手建议" not in desk.get(f"/tickets/{ticket.number}").text
    with place.database.transaction() as session:
        triage.note_answer(session, ticket.id, "leak", apply=False, now=place.now)
    assert "助手建议：leak" in desk.get(f"/tickets/{ticket.number}").text
    # People decide: the proposal is gone then.
    assert desk.press(ticket, "correct", category="lamp").status_code == 303
    assert "助手建议" not in desk.get(f"/tickets/{ticket.number}").text


def test_what_the_assistant_decided_itself_says_so_in_the_history(place: Place) -> None:
    ticket = place.ticket("就那个呀", category=None)
    with place.database.transaction() as session:
        triage.note_answer(session, ticket.id, "leak", apply=True, now=place.now)
    assert "other → leak（助手建议）" in place.sign_in("staff").get(f"/tickets/{ticket.number}").text


def test_the_desk_sees_how_often_each_category_was_corrected_and_no_name(both_places: Place) -> None:
    place = both_places
    noises = [place.ticket() for _ in range(4)]
    _correct(place, noises[0], "leak")
    _correct(place, place.ticket("就那个呀", category=None), "leak")
    page = place.sign_in("staff").get("/corrections").text
    rows = [re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", row)).strip() for row in re.findall(r"<tr>.*?</tr>", page, re.S)]
    assert rows[1:] == ["noise 4 1 25%", "没听明白（由人来定） 1 1 100%"]
    figures = page[page.index("<main") :]
    assert not any(person.name in figures for person in place.people.values())


def test_old_tickets_are_counted_no_more_and_departments_see_no_figures(place: Place) -> None:
    place.ticket(now=place.now - timedelta(days=31))
    assert "还没有人反映过事情" in place.sign_in("staff").get("/corrections").text
    assert place.sign_in("clerk").get("/corrections").status_code == 404
    assert place.browser().get("/corrections").status_code in (302, 303)


def test_staff_say_that_no_service_was_asked_for(both_places: Place) -> None:
    place = both_places
    report = opening.Report("想请人修灯", service="修灯", area_id=place.street.building.id)
    with place.database.transaction() as session:
        resident = session.get_one(Person, place.people["resident"].id)
        ticket = opening.open_ticket(session, report, by=resident, channel="official", now=place.now)
    staff = place.sign_in("staff")
    page = staff.get(f"/tickets/{ticket.number}").text
    assert "点单：修灯" in page
    assert "小应听成点单“修灯”" in page
    assert "没听明白" not in page
    assert staff.press(ticket, "correct", no_service="1").status_code == 303
    page = staff.get(f"/tickets/{ticket.number}").text
    assert "没听明白" in page
    assert "不是点单“修灯”" in page
    assert place.again(ticket).service is None


def test_another_category_keeps_the_service_unless_staff_say_otherwise(place: Place) -> None:
    report = opening.Report("想请人修灯", service="修灯", area_id=place.street.building.id)
    for extra, service in (({}, "修灯"), ({"no_service": "1"}, None)):
        with place.database.transaction() as session:
            resident = session.get_one(Person, place.people["resident"].id)
            ticket = opening.open_ticket(session, report, by=resident, channel="official", now=place.now)
        assert place.sign_in("staff").press(ticket, "correct", category="lamp", **extra).status_code == 303
        assert (place.again(ticket).service, place.again(ticket).category) == (service, "lamp")
