"""The page of standing posts: made, changed, closed, and who holds them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from models import posts
from models.category import Category, First
from models.outbox import NoticeKind
from models.person import Person
from models.post import Post
from tests import factories
from tests.console.conftest import Place


def filled(place: Place, **how: Any) -> dict[str, Any]:
    """The form of a post."""
    return {
        "name": "楼道灯巡查岗",
        "area": place.street.estate.id,
        "wanted": "2",
        "words": "晚上看看灯",
        "category": ["lamp"],
        **how,
    }


def claimed(place: Place) -> int:
    """The member takes the only post on; gives the row of it."""
    with place.database.transaction() as session:
        [post] = session.query(Post).all()
        member = session.get_one(Person, place.people["member"].id)
        return posts.claim(session, post.id, by=member, now=place.now)[1].id


def test_a_post_is_made_changed_closed_and_opened_again(both_places: Place) -> None:
    place = both_places
    staff = place.sign_in("staff")
    assert "还没有" in staff.get("/posts").text
    assert staff.post("/posts", filled(place)).status_code == 303
    page = staff.get("/posts").text
    assert "0 / 2 人" in page
    assert "现在先找网格员，不会先来问认岗的人" in page
    assert staff.post("/posts", filled(place)).status_code == 409
    with place.database.transaction() as session:
        session.get_one(Category, "lamp").first = First.POST
    assert "不会先来问认岗的人" not in staff.get("/posts").text
    changed = filled(place, name="楼道巡查岗", area=place.street.community.id, wanted="1", category=["lamp", "noise"])
    held = claimed(place)
    assert staff.post("/posts/1/change", changed).status_code == 303
    page = staff.get("/posts").text
    assert "1 / 1 人" in page
    assert "李建国" in page
    assert staff.post(f"/posts/held/{held}/until", {"until": "2026-12-31"}).status_code == 303
    assert "到 2026-12-31" in staff.get("/posts").text
    assert staff.post("/posts/1/close").status_code == 303
    page = staff.get("/posts").text
    assert "停了</span>" in page
    assert "李建国" not in page
    with place.database.reading() as session:
        member = session.get_one(Person, place.people["member"].id)
        assert len(factories.notices(session, member, NoticeKind.POST_OVER)) == 1
        assert posts.free_near(session, member, now=place.now) == []
    assert staff.post("/posts/1/open").status_code == 303
    with place.database.reading() as session:
        member = session.get_one(Person, place.people["member"].id)
        assert [each.post.name for each in posts.free_near(session, member, now=place.now)] == ["楼道巡查岗"]


def test_what_is_wrong_with_a_form_is_said_and_nothing_is_kept(place: Place) -> None:
    staff = place.sign_in("staff")
    for wrong, said in (
        ({"name": ""}, "请写岗位叫什么"),
        ({"name": "岗" * 21}, "请写岗位叫什么"),
        ({"wanted": "0"}, "1 到 50"),
        ({"wanted": "²"}, "1 到 50"),
        ({"category": []}, "请至少选一类事"),
        ({"category": ["quarrel", "nonsense"]}, "请至少选一类事"),
        ({"area": place.street.other_community.id}, "请选一处"),
        ({"area": "x"}, "请选一处"),
    ):
        answer = staff.post("/posts", filled(place, **wrong))
        assert (answer.status_code, said in answer.text) == (409, True), wrong
    staff.post("/posts", filled(place))
    held = claimed(place)
    for day in ("", "2026-11-22", "9999-12-31", "²026-12-01"):
        assert staff.post(f"/posts/held/{held}/until", {"until": day}).status_code == 409
    with place.database.reading() as session:
        assert session.query(Post).count() == 1


def test_a_holding_is_ended_once_and_only_by_its_desk(place: Place) -> None:
    staff, elsewhere = place.sign_in("staff"), place.sign_in("elsewhere")
    staff.post("/posts", filled(place))
    held = claimed(place)
    assert "/posts/1/close" not in elsewhere.get("/posts").text
    for path in (f"/posts/held/{held}/end", "/posts/1/close", "/posts/1/change"):
        assert elsewhere.post(path, filled(place)).status_code == 404
    for _ in range(2):
        assert staff.post(f"/posts/held/{held}/end").status_code == 303
    with place.database.reading() as session:
        member = session.get_one(Person, place.people["member"].id)
        assert len(factories.notices(session, member, NoticeKind.POST_OVER)) == 1
    # A post is no title of the riders' page.
    assert "李建国" not in staff.get("/riders").text
    assert staff.post("/riders/title", {"person": "1", "kind": "post"}).status_code == 409
    with place.database.reading() as session:
        assert "0 / 2 人" in staff.get("/posts").text


def test_a_last_day_that_comes_is_seen_on_the_page(place: Place) -> None:
    staff = place.sign_in("staff")
    staff.post("/posts", filled(place))
    held = claimed(place)
    staff.post(f"/posts/held/{held}/until", {"until": "2026-12-01"})
    assert "快满期" not in staff.get("/posts").text
    with place.database.transaction() as session:
        for area_id in posts.to_warn(session, now=place.now, most=10):
            posts.warn(session, area_id, now=place.now)
    assert "快满期，问过愿不愿意接着了" in staff.get("/posts").text
    staff.post(f"/posts/held/{held}/until", {"until": "2027-12-01"})
    assert "快满期" not in staff.get("/posts").text


def test_the_ticket_says_that_a_post_was_asked_and_why_not(both_places: Place) -> None:
    place = both_places
    staff = place.sign_in("staff")
    staff.post("/posts", filled(place))
    with place.database.transaction() as session:
        session.get_one(Category, "lamp").first = First.POST
    lonely = place.ticket(category="lamp")
    claimed(place)
    asked = place.ticket(category="lamp")
    with place.database.transaction() as session:
        for each in (lonely, asked):
            factories.run_dispatch(session, session.get_one(type(each), each.id), now=place.now)
    page = staff.get(f"/tickets/{asked.number}").text
    assert "找认岗的人：问了 1 位" in page
    assert "认了楼道灯巡查岗" in page
    with place.database.transaction() as session:
        session.get_one(Person, place.people["member"].id).away_until = place.now + timedelta(days=1)
    missing = place.ticket(category="lamp")
    with place.database.transaction() as session:
        factories.run_dispatch(session, session.get_one(type(missing), missing.id), now=place.now)
    assert "找认岗的人：没有找到人。1 位请假" in staff.get(f"/tickets/{missing.number}").text
