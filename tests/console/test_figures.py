"""The page of figures: charts that are tables too, their Excel files, addresses that keep their filters, a week on paper."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from models import desk, judging, tickets
from models.departments import Draft, enter
from models.party import PartyKind
from tests.bot.test_pdf import shown, whole
from tests.console.conftest import Place
from texts.charts import TITLES


def lived(place: Place) -> None:
    """Six noises and a lamp; five noises finished, four judged; a lamp given to a property company."""
    with place.database.transaction() as session:
        enter(session, Draft("香樟物业", PartyKind.PROPERTY, place.street.street.id))
    for answer in (1, 1, 2, 3, 0, None):
        ticket = place.ticket()
        if answer is not None:
            place.do(tickets.finish, ticket, "说好了", by="street")
            if answer:
                place.do(judging.evaluate, ticket, answer, "", by="resident")
    lamp = place.ticket(category="lamp")
    place.do(desk.assign, lamp, "香樟物业", "", by="staff")
    place.do(tickets.finish, lamp, "换了", by="street")


def section(page: str, key: str) -> str:
    """One chart of the page, as words with single blanks."""
    found = re.search(rf'<section[^>]* id="{key}".*?</section>', page, re.DOTALL)
    assert found is not None, key
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_every_chart_is_a_table_with_its_numbers_and_says_how_it_is_counted(place: Place) -> None:
    lived(place)
    page = place.sign_in("street").get("/figures").text
    for key, title in TITLES.items():
        assert title in section(page, key)
        assert "怎么算的" in section(page, key)
    assert "noise 6" in section(page, "categories")
    assert "香樟社区 7" in section(page, "places")
    assert "第一次回话 100% 6 6" in section(page, "limits")
    assert "香樟物业 太少，不上榜 1" in section(page, "companies")
    assert "香樟花园 noise" in section(page, "recurring")
    assert "noise 6 6 2026-11-23" in section(page, "recurring")


def test_nobody_is_named_on_the_page_of_figures(place: Place) -> None:
    lived(place)
    page = place.sign_in("street").get("/figures").text
    figures = page[page.index("<main") :]
    assert not any(person.name in figures for person in place.people.values())


def test_a_category_narrows_every_chart_and_the_links_keep_it(place: Place) -> None:
    lived(place)
    page = place.sign_in("street").get("/figures?category=lamp&period=this_month").text
    assert "noise" not in section(page, "categories")
    first = place.now.date().replace(day=1)
    link = re.search(r'href="(/console/figures\?[^"]+#hours)"', page)
    assert link is not None
    assert "category=lamp" in link[1]
    assert "period=days" in link[1], "tomorrow the address means the same days"
    assert f"from={first}" in link[1]
    again = place.sign_in("street").get(link[1].removeprefix("/console").replace("&amp;", "&").partition("#")[0])
    assert section(again.text, "categories") == section(page, "categories")


@pytest.mark.parametrize(
    "query", ["category=x", "category=' OR 1", "category=lamp%00x", "area=x", "area=-1", "area=99999"]
)
def test_a_filter_that_names_nothing_is_refused(place: Place, query: str) -> None:
    street = place.sign_in("street")
    for path in ("/figures", "/figures.csv", "/figures.xlsx", "/figures/hours.xlsx", "/figures/week.pdf"):
        assert street.get(f"{path}?{query}").status_code == 404, path


def test_a_week_that_is_none_is_refused(place: Place) -> None:
    street = place.sign_in("street")
    for week in ("x", "9999-12-31", "0001-01-01", "2026-13-01", "2099-01-01"):
        assert street.get(f"/figures/week.pdf?week={week}").status_code == 404, week
    assert street.get("/figures/nothing.xlsx").status_code == 404


def test_the_excel_file_opens_again_with_every_chart_and_numbers_that_are_numbers(place: Place) -> None:
    lived(place)
    answer = place.sign_in("street").get("/figures.xlsx")
    book = load_workbook(io.BytesIO(answer.data), read_only=True)
    assert book.sheetnames == [*TITLES.values(), "范围"]
    rows = list(book[TITLES["categories"]].iter_rows(values_only=True))
    assert rows[0] == ("分类", "反映")
    assert ("noise", 6) in rows
    hours = dict(list(book[TITLES["hours"]].iter_rows(values_only=True))[1:])
    assert sum(hours.values()) == 7
    assert list(book[TITLES["rates"]].iter_rows(values_only=True))[1] == ("响应率", 100, 6, 6)
    one = load_workbook(io.BytesIO(place.sign_in("street").get("/figures/hours.xlsx").data), read_only=True)
    assert one.sheetnames == [TITLES["hours"], "范围"]


def test_the_week_is_one_page_with_its_figures_beside_those_of_the_week_before(place: Place) -> None:
    lived(place)
    place.later(days=7)
    place.ticket(now=place.now)
    answer = place.sign_in("street").get(f"/figures/week.pdf?week={place.now.date()}")
    assert answer.mimetype == "application/pdf"
    whole(answer.data)
    assert len(re.findall(rb"/Type /Page\b", answer.data)) == 1
    lines = [each.strip() for each in shown(answer.data)]
    told = lines.index("居民反映")
    assert lines[told + 1 : told + 4] == ["1 件", "7 件", "少 6 件"]
    assert "4 件事，居民说解决了、满意。" not in lines
    assert not any(person.name in "".join(lines) for person in place.people.values())
    before = [each.strip() for each in shown(place.sign_in("street").get("/figures/week.pdf").data)]
    assert before[before.index("居民反映") + 1] == "7 件", "without a week it is the last whole one"
    assert "2 件事，居民说解决了、满意。" in before


def test_a_week_of_everything_is_still_one_page(place: Place) -> None:
    for day in range(9):
        for category in ("noise", "lamp", "other", "quarrel"):
            for _ in range(3):
                place.ticket(category=category, now=place.now - timedelta(days=day))
    with place.database.transaction() as session:
        session.merge(place.street.street).name = "名字" * 40
    data = place.sign_in("street").get("/figures/week.pdf").data
    whole(data)
    feet = [float(at) for at in re.findall(rb"1 0 0 1 [\d.-]+ ([\d.-]+) Tm", data)]
    assert min(feet) > 30, "nothing falls off the page"
    assert all(float(at) >= 40 for at in re.findall(rb"1 0 0 1 ([\d.-]+) [\d.-]+ Tm", data))
