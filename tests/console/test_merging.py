"""The desk decides what may be one event, undoes it, and splits a matter into tasks."""

from __future__ import annotations

from sqlalchemy import select

from models import merging
from models.person import Person
from models.proposal import Proposal, ProposalState
from models.ticket import Ticket, TicketState
from tests import factories
from tests.console.conftest import Place


def pair(place: Place) -> tuple[Ticket, Ticket]:
    """Two tickets of which the later may be the event of the earlier."""
    first = place.ticket("楼上半夜装修")
    with place.database.transaction() as session:
        neighbour = factories.person(session, "何大海")
        second = factories.ticket(session, neighbour, words="半夜有人装修", area=place.street.building)
        earlier = session.get_one(Ticket, first.id)
        merging.propose(session, second, earlier, score=0.8, reasons=["place", "category", "装修"], now=place.now)
    return first, second


def test_a_pair_lies_on_the_desk_until_somebody_decides(place: Place) -> None:
    first, second = pair(place)
    desk = place.sign_in("staff")
    listed = desk.get("/tickets?tab=same").text
    assert second.number in listed
    assert first.number not in listed
    for one, other in ((first, second), (second, first)):
        page = desk.get(f"/tickets/{one.number}").text
        assert "可能是同一件事" in page
        assert f"/tickets/{other.number}" in page
        assert "同一处、同一类、都说到“装修”" in page
    answer = desk.post(f"/tickets/{second.number}/proposals/1/same")
    assert answer.status_code == 303
    assert "已合并" in desk.get(answer.headers["Location"].removeprefix("/console")).text
    assert place.again(second).merged_into_id == first.id
    assert "可能是同一件事" not in desk.get(f"/tickets/{first.number}").text
    assert second.number in desk.get(f"/tickets/{first.number}").text  # 并进来
    assert "没有要您看是不是同一件的事" in desk.get("/tickets?tab=same").text


def test_not_one_event_is_kept_for_good(place: Place) -> None:
    _, second = pair(place)
    desk = place.sign_in("staff")
    assert desk.post(f"/tickets/{second.number}/proposals/1/different").status_code == 303
    again = desk.post(f"/tickets/{second.number}/proposals/1/same")
    assert again.status_code == 409
    assert "已经有人定过" in again.text
    with place.database.reading() as session:
        assert session.get_one(Proposal, 1).state is ProposalState.DIFFERENT


def test_a_pair_out_of_sight_does_not_exist(place: Place) -> None:
    _, second = pair(place)
    for who in ("elsewhere", "clerk"):
        desk = place.sign_in(who)
        assert desk.post(f"/tickets/{second.number}/proposals/1/same").status_code == 404
        assert desk.post(f"/tickets/{second.number}/proposals/99/same").status_code == 404
        assert second.number not in desk.get("/tickets?tab=same").text
    assert place.sign_in("staff").post(f"/tickets/{second.number}/proposals/1/maybe").status_code == 404
    assert place.again(second).state is TicketState.NEW


def test_a_merge_is_undone_by_one_button(place: Place) -> None:
    first, second = pair(place)
    desk = place.sign_in("staff")
    assert desk.press(second, "merge", number=first.number).status_code == 303
    assert desk.buttons(second) == ["unmerge"]
    assert f"/tickets/{first.number}" in desk.get(f"/tickets/{second.number}").text
    answer = desk.press(second, "unmerge")
    assert answer.status_code == 303
    assert "拆开：已办好" in desk.get(answer.headers["Location"].removeprefix("/console")).text
    assert place.again(second).state is TicketState.NEW


def test_a_neighbour_who_follows_is_masked_like_the_reporter(place: Place) -> None:
    first, second = pair(place)
    desk = place.sign_in("staff")
    desk.press(second, "merge", number=first.number)
    with place.database.transaction() as session:
        follower = session.get_one(Person, session.get_one(Ticket, second.id).reporter_id)
        merging.unmerge(session, session.get_one(Ticket, second.id), by=follower, now=place.now)
        merging.merge(
            session,
            session.get_one(Ticket, second.id),
            session.get_one(Ticket, first.id),
            by=session.get_one(Person, place.people["staff"].id),
            now=place.now,
        )
    page = desk.get(f"/tickets/{first.number}").text
    assert "何大海" not in page
    assert "何**" in page


def test_a_matter_is_split_into_tasks_and_shows_them(both_places: Place) -> None:
    place = both_places
    ticket, desk = place.ticket(), place.sign_in("staff")
    answer = desk.press(ticket, "split", category1="lamp", task1="换灯泡", category2="noise", task2="去劝一劝")
    assert answer.status_code == 303
    with place.database.reading() as session:
        made = session.scalars(select(Ticket).where(Ticket.parent_id == ticket.id).order_by(Ticket.id)).all()
    assert [each.category for each in made] == ["lamp", "noise"]
    page = desk.get(f"/tickets/{ticket.number}").text
    assert all(each.number in page for each in made)
    assert "是它的子任务" in desk.get(f"/tickets/{made[0].number}").text
    assert desk.press(ticket, "split", task1=" ").status_code == 409
