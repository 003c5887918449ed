"""Rounds on the console: who may open one, and that staff see no number before the end and nobody's vote ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models import ballots, honours, people
from models.clock import local
from models.honour import HonourRound, Nomination, Nominee, NomineeState
from models.person import Person, RoleKind
from tests import factories
from tests.console.conftest import Place

KEY = b"key"


def form(place: Place, **other: Any) -> dict[str, Any]:
    begins, ends = (f"{local(place.now + timedelta(days=days)):%Y-%m-%dT%H:%M}" for days in (2, 5))
    where = str(place.street.community.id)
    what = {"title": "最美志愿者", "area": where, "nominees": "members", "voters": "everybody", "places": "1"}
    return {**what, "votes_from": begins, "ends_at": ends, **other}


def opened(place: Place) -> int:
    place.later(hours=1)
    answer = place.sign_in("staff").post("/honours", form(place))
    assert answer.status_code == 303
    return int(answer.location.split("/")[-1].split("?")[0])


def agreed(place: Place, round_id: int, who: str = "member") -> int:
    """Somebody was asked by the desk and wants it; gives the nominee's id."""
    person_id = place.people[who].id
    with place.database.transaction() as session:
        people.grant(session, session.get_one(Person, person_id), RoleKind.MEMBER, place.street.community.id, now=place.now)  # fmt: skip
    asked = {"person": str(person_id), "about": "常帮老人修灯"}
    assert place.sign_in("staff").post(f"/honours/{round_id}/ask", asked).status_code == 303
    with place.database.transaction() as session:
        nominee = session.scalars(select(Nominee).where(Nominee.person_id == person_id)).one()
        honours.answer(session, nominee.id, agrees=True, by=session.get_one(Person, person_id), now=place.now)
        return nominee.id


def test_from_the_nomination_to_the_numbers(both_places: Place) -> None:
    place = both_places
    round_id = opened(place)
    with place.database.transaction() as session:
        for words in ("李建国 常帮老人修灯 <b>", "谁都好"):
            honours.nominate(
                session, round_id, words, by=session.get_one(Person, place.people["grid"].id), now=place.now
            )
        said = session.scalars(select(Nomination.id).order_by(Nomination.id)).all()
    staff = place.sign_in("staff")
    page = staff.get(f"/honours/{round_id}?name=李建国").text
    assert "常帮老人修灯 &lt;b&gt;" in page
    assert "王姐" not in page  # whoever named somebody
    assert "问问本人愿不愿意" in page
    asked = {"person": str(place.people["member"].id), "about": "常帮老人修灯", "nomination": str(said[0])}
    assert staff.post(f"/honours/{round_id}/ask", asked).status_code == 303
    assert staff.post(f"/honours/{round_id}/aside/{said[1]}").status_code == 303
    page = staff.get(f"/honours/{round_id}").text
    assert "在问本人" in page
    assert "已列入名单" in page
    assert "没有采用" in page
    with place.database.transaction() as session:
        [nominee] = session.scalars(select(Nominee))
        by = session.get_one(Person, place.people["member"].id)
        honours.answer(session, nominee.id, agrees=True, by=by, now=place.now)
        voters = [factories.somebody(session, RoleKind.MEMBER, place.street.estate) for _ in range(5)]
        for each in voters:
            each.created_at = each.roles[0].since = place.now - timedelta(days=9)
        session.flush()
        place.later(days=3)
        for each in voters:
            ballots.vote(session, nominee.id, by=each, key=KEY, now=place.now)
    before = place.sign_in("staff").get(f"/honours/{round_id}").text
    assert "5 票" not in before
    assert "票数结束以后才有" in before
    place.later(days=3)
    with place.database.transaction() as session:
        ballots.count(session, round_id, now=place.now)
    after = place.sign_in("staff").get(f"/honours/{round_id}").text
    assert "5 票" in after
    assert "<p>李建国</p>" in after


def test_the_page_is_the_same_however_people_vote_until_it_is_over(place: Place) -> None:
    round_id = opened(place)
    nominee_id = agreed(place, round_id)
    place.later(days=3)
    staff = place.sign_in("staff")
    before = staff.get(f"/honours/{round_id}").text
    with place.database.transaction() as session:
        by = session.get_one(Person, place.people["grid"].id)
        ballots.vote(session, nominee_id, by=by, key=KEY, now=place.now)
    assert "票数结束以后才有" in before
    assert staff.get(f"/honours/{round_id}").text == before
    place.later(days=3)
    with place.database.transaction() as session:
        ballots.count(session, round_id, now=place.now)
    after = place.sign_in("staff").get(f"/honours/{round_id}").text
    assert "· 1 票" not in after  # one vote: the number would tell whose it was
    assert "所以不写" in after


@pytest.mark.parametrize("who", ["elsewhere", "clerk", "grid"])
def test_a_round_is_seen_by_its_own_desk_only(place: Place, who: str) -> None:
    round_id = opened(place)
    other = place.sign_in(who)
    for path in (f"/honours/{round_id}", "/honours"):
        page = other.get(path)
        assert page.status_code in (302, 303, 403, 404) or "最美志愿者" not in page.text
    assert other.post("/honours", form(place)).status_code in (302, 303, 403, 404)
    assert other.post(f"/honours/{round_id}/call-off").status_code in (302, 303, 403, 404)
    with place.database.reading() as session:
        [found] = session.scalars(select(HonourRound))
        assert found.called_off_at is None


@pytest.mark.parametrize(
    "wrong",
    [{"title": " "}, {"places": "0"}, {"places": "x"}, {"votes_from": "soon"}, {"ends_at": "2020-01-01T10:00"}, {"voters": "cats"}],
)  # fmt: skip
def test_a_form_that_is_no_round_is_not_taken(place: Place, wrong: dict[str, str]) -> None:
    answer = place.sign_in("staff").post("/honours", form(place, **wrong))
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    with place.database.reading() as session:
        assert session.scalars(select(HonourRound)).all() == []


def test_staff_put_nobody_forward_who_does_not_belong_and_never_themselves(place: Place) -> None:
    round_id = opened(place)
    staff = place.sign_in("staff")
    for who in ("staff", "resident", "elsewhere", "clerk"):
        asked = {"person": str(place.people[who].id), "about": "热心"}
        assert staff.post(f"/honours/{round_id}/ask", asked).status_code == 409
    for nobody in ("999999", "x", ""):
        assert staff.post(f"/honours/{round_id}/ask", {"person": nobody, "about": "热心"}).status_code == 409
    with place.database.reading() as session:
        assert session.scalars(select(Nominee)).all() == []


def test_a_round_that_is_called_off_is_over_for_everybody(place: Place) -> None:
    round_id = opened(place)
    agreed(place, round_id)
    staff = place.sign_in("staff")
    assert staff.post(f"/honours/{round_id}/call-off").status_code == 303
    assert staff.post(f"/honours/{round_id}/call-off").status_code == 409
    assert "不办了" in staff.get("/honours").text
    with place.database.reading() as session:
        [nominee] = session.scalars(select(Nominee))
        assert nominee.state is NomineeState.AGREED
        assert nominee.votes is None
