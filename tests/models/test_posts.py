"""Standing posts: whom a matter comes to, whom it never comes to, and what happens where nobody can be asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import leaving, matching, people, posts, tickets
from models.area import Area
from models.category import First
from models.errors import Refusal, Refused
from models.offer import Offer, OfferState, Wave
from models.outbox import NoticeKind
from models.person import Person, RoleKind, RoleStatus
from models.post import Post
from models.quiet import Quiet
from models.ticket import Ticket, TicketState
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def bulbs(session: Session) -> None:
    """Matters that come to whoever holds a post."""
    factories.category(session, "bulb", first=First.POST)


def post(session: Session, area: Area, *, wanted: int = 5, codes: tuple[str, ...] = ("bulb",)) -> Post:
    name = f"楼道灯巡查岗{session.query(Post).count()}"
    return posts.make(session, posts.Draft(name, area.id, codes, wanted, "看看灯"), now=NOW)


def holder(session: Session, at: Post, *, area: Area, name: str = "") -> Person:
    found = factories.somebody(session, RoleKind.MEMBER, area, name=name)
    posts.claim(session, at.id, by=found, now=NOW)
    return found


def neighbour(session: Session, world: World) -> Person:
    """The only holder of a post, who lives there and helps elsewhere, so that no wave finds them."""
    found = factories.somebody(session, RoleKind.MEMBER, world.street.other_community)
    found.home_area_id = world.street.estate.id
    posts.claim(session, post(session, world.street.estate).id, by=found, now=NOW)
    return found


def bulb(session: Session, by: Person, area: Area) -> Ticket:
    return factories.run_dispatch(session, factories.ticket(session, by, category="bulb", area=area))


def asked(session: Session, ticket: Ticket) -> list[int]:
    return list(session.scalars(select(Offer.person_id).where(Offer.ticket_id == ticket.id).order_by(Offer.id)))


def waves(session: Session, ticket: Ticket) -> list[tuple[str, int, dict[str, int]]]:
    found = session.scalars(select(Wave).where(Wave.ticket_id == ticket.id).order_by(Wave.number))
    return [(each.mode.value, len(each.picks["list"]), each.shortfalls) for each in found]


# ---------------------------------------------------------------- to whom


def test_the_nearest_post_comes_first_and_of_its_holders_whoever_has_least_in_hand(
    session: Session, world: World
) -> None:
    here = world.street
    near, far = post(session, here.estate), post(session, here.street)
    [busy, idle] = [holder(session, near, area=here.community) for _ in range(2)]
    farther = holder(session, far, area=here.community)
    factories.ticket(session, world.resident, area=here.building).assignee_id = busy.id
    session.scalars(select(Ticket).where(Ticket.assignee_id == busy.id)).one().state = TicketState.ACCEPTED
    first = bulb(session, world.resident, here.building)
    assert asked(session, first) == [idle.id]
    assert first.dispatch_at == NOW + 2 * HOUR
    assert waves(session, first) == [("post", 1, {})]
    [notice] = factories.notices(session, idle, NoticeKind.OFFER)
    assert notice.data["post"] == near.name
    assert asked(session, bulb(session, world.resident, here.other_estate)) == [farther.id]


def test_it_goes_round_among_those_with_nothing_in_hand(session: Session, world: World) -> None:
    at = post(session, world.street.estate)
    both = [holder(session, at, area=world.street.community) for _ in range(2)]
    turns = []
    for _ in range(4):
        ticket = bulb(session, world.resident, world.street.building)
        turns += asked(session, ticket)
        [offer] = session.scalars(select(Offer).where(Offer.ticket_id == ticket.id))
        offer.state, offer.offered_at = OfferState.DECLINED, NOW + len(turns) * HOUR
    assert turns == [each.id for each in both] * 2


@pytest.mark.parametrize("level", ["building", "estate", "community", "street"])
def test_nobody_ever_gets_their_own_report_by_a_post(session: Session, world: World, level: str) -> None:
    at = post(session, getattr(world.street, level))
    everybody = [holder(session, at, area=world.street.community) for _ in range(3)]
    for each in everybody:
        each.most_offers = 9
    for reporter in everybody:
        for _ in range(4):
            [whom] = asked(session, bulb(session, reporter, world.street.building))
            assert whom != reporter.id
    alone = post(session, world.street.building, codes=("bulb", "lamp"))
    for each in everybody:
        each.away_until = NOW + DAY
    only = holder(session, alone, area=world.street.community)
    ticket = bulb(session, only, world.street.building)
    assert only.id not in asked(session, ticket)
    assert waves(session, ticket)[0] == ("post", 0, {"conflict": 1, "away": 3})


def _away(each: Person) -> None:
    each.away_until = NOW + DAY


def _asleep(each: Person) -> None:
    each.free_from, each.free_until = 18, 21


def _minor(each: Person) -> None:
    each.minor = True


def _full(each: Person) -> None:
    each.most_offers = 0


def _named(each: Person) -> None:
    each.name = "顾大山"


def _left(each: Person) -> None:
    each.roles[0].status = RoleStatus.ENDED


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_away, {"away": 1}),
        (_asleep, {"hours": 1}),
        (_minor, {"minor": 1}),
        (_full, {"busy": 1}),
        (_named, {"conflict": 1}),
        (_left, {"no_post": 1}),
    ],
)
def test_where_the_holder_cannot_be_asked_volunteers_are_and_staff_read_why(
    session: Session, world: World, change: Callable[[Person], None], why: dict[str, int]
) -> None:
    only = neighbour(session, world)
    change(only)
    session.flush()
    ticket = factories.ticket(
        session, world.resident, category="bulb", area=world.street.building, words="顾大山把灯打坏了"
    )
    factories.run_dispatch(session, ticket)
    assert asked(session, ticket) == [world.member.id, world.second_member.id]
    assert waves(session, ticket)[0] == ("post", 0, why)
    assert [mode for mode, *_ in waves(session, ticket)] == ["post", "volunteers"]


def test_riders_are_left_in_peace_with_a_post_too(session: Session, world: World) -> None:
    rider = factories.somebody(session, RoleKind.RIDER, world.street.community)
    posts.claim(session, post(session, world.street.estate).id, by=rider, now=NOW)
    ticket = factories.ticket(session, world.resident, category="bulb", area=world.street.building)
    noon = NOW + 2 * HOUR
    assert matching.holder(session, ticket, now=noon, quiet=Quiet()).shortfalls == {"riding": 1}
    assert matching.holder(session, ticket, now=noon + 3 * HOUR, quiet=Quiet()).choices[0].person_id == rider.id


# ---------------------------------------------------------------- afterwards


def test_declined_it_goes_on_silent_it_is_late_and_given_back_somebody_else_is_asked(
    session: Session, world: World
) -> None:
    only = neighbour(session, world)
    volunteers = [world.member.id, world.second_member.id]
    declined = bulb(session, world.resident, world.street.building)
    tickets.decline(session, declined, "", by=only, now=NOW)
    factories.run_dispatch(session, declined)
    assert asked(session, declined) == [only.id, *volunteers]
    assert [each[:2] for each in waves(session, declined)] == [("post", 1), ("post", 0), ("volunteers", 2)]
    silent = bulb(session, world.resident, world.street.building)
    factories.run_dispatch(session, silent, now=NOW + 2 * HOUR)
    assert (silent.state, asked(session, silent)) == (TicketState.NEW, [only.id])
    assert len(factories.notices(session, world.staff, NoticeKind.DESK)) == 1
    given_back = bulb(session, world.resident, world.street.building)
    tickets.accept(session, given_back, by=only, now=NOW)
    tickets.release(session, given_back, "", by=only, now=NOW + HOUR)
    factories.run_dispatch(session, given_back, now=NOW + HOUR)
    assert asked(session, given_back) == [only.id, *volunteers]


def test_waves_after_a_missing_holder_grow_as_they_do_without_posts(session: Session, world: World) -> None:
    for _ in range(8):
        factories.somebody(session, RoleKind.MEMBER, world.street.community)
    ticket = bulb(session, world.resident, world.street.building)
    factories.run_dispatch(session, ticket, now=NOW + HOUR / 2)
    assert [each[:2] for each in waves(session, ticket)] == [("post", 0), ("volunteers", 3), ("volunteers", 5)]


def test_once_its_place_is_known_the_holder_is_asked(session: Session, world: World) -> None:
    only = neighbour(session, world)
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, category="bulb", area=None))
    assert waves(session, ticket) == [("volunteers", 0, {"no_place": 1, "desk_of_street": 1})]
    at = world.street.building.id
    tickets.locate(session, ticket, area_id=at, place="6栋", text="6栋", by=world.resident, now=NOW)
    factories.run_dispatch(session, ticket)
    assert asked(session, ticket) == [only.id]


# ---------------------------------------------------------------- holding


def test_a_post_is_taken_once_however_often_it_is_said_and_not_beyond_what_is_wanted(
    session: Session, world: World
) -> None:
    at = post(session, world.street.estate, wanted=1)
    for _ in range(3):
        posts.claim(session, at.id, by=world.member, now=NOW)
    today = NOW.date()
    assert [person.id for _, person in posts.holders(session, [at.id], day=today)[at.id]] == [world.member.id]
    with pytest.raises(Refused) as full:
        posts.claim(session, at.id, by=world.second_member, now=NOW)
    assert full.value.reason is Refusal.POST_FULL
    for _ in range(3):
        posts.give_up(session, at.id, by=world.member, now=NOW)
    assert posts.held_by(session, world.member, now=NOW) == []
    posts.claim(session, at.id, by=world.second_member, now=NOW)
    assert posts.free_near(session, world.member, now=NOW) == []
    later = NOW + posts.TERM + DAY
    assert [each.post.id for each in posts.free_near(session, world.member, now=later)] == [at.id]


def test_posts_are_those_around_the_home_then_where_one_helps(session: Session, world: World) -> None:
    here = world.street
    elsewhere, wide, home = (post(session, each) for each in (here.other_estate, here.street, here.building))
    shut, beside = post(session, here.estate), post(session, here.estate)
    posts.close(session, shut, now=NOW)
    world.member.home_area_id = here.building.id
    bulb(session, world.resident, here.building)
    found = posts.free_near(session, world.member, now=NOW)
    assert [each.post.id for each in found] == [home.id, beside.id, wide.id]
    assert [each.lately for each in found] == [1, 1, 1]
    for far in (elsewhere, shut):
        with pytest.raises(Refused) as refused:
            posts.claim(session, far.id, by=world.member, now=NOW)
        assert refused.value.reason is Refusal.NO_SUCH_POST


def test_whoever_is_no_member_any_more_holds_nothing_and_the_desk_tells_whom_it_ends(
    session: Session, world: World
) -> None:
    at = post(session, world.street.estate)
    for each in (world.member, world.second_member):
        posts.claim(session, at.id, by=each, now=NOW)
    world.member.roles[0].status = RoleStatus.ENDED
    leaving.after_role(session, world.member.roles[0], now=NOW)
    [(kept, person)] = posts.holders(session, [at.id], day=NOW.date())[at.id]
    assert person.id == world.second_member.id
    posts.claim(session, at.id, by=world.street_staff, now=NOW)
    people.join(session, world.second_member, world.street_staff)
    assert len(posts.holders(session, [at.id], day=NOW.date())[at.id]) == 1
    for _ in range(2):
        posts.end(session, kept, now=NOW)
    assert len(factories.notices(session, world.second_member, NoticeKind.POST_OVER)) == 1
    assert factories.notices(session, world.member, NoticeKind.POST_OVER) == []


# ---------------------------------------------------------------- the last day


def warned(session: Session, person: Person) -> list[dict[str, Any]]:
    return [each.data for each in factories.notices(session, person, NoticeKind.POST_ENDS)]


def run(session: Session, now: datetime) -> int:
    """The job."""
    return sum(posts.warn(session, each, now=now) for each in posts.to_warn(session, now=now, most=100))


def test_a_last_day_is_told_once_to_its_holder_and_to_the_desk_of_the_community_together(
    session: Session, world: World
) -> None:
    here = world.street
    lamps, doors, wide = (post(session, each) for each in (here.estate, here.building, here.street))
    far = post(session, here.other_estate)
    for at in (lamps, doors, wide):
        posts.claim(session, at.id, by=world.member, now=NOW)
    last = NOW + posts.TERM
    assert run(session, last - posts.NOTICE - DAY) == 0
    assert [run(session, last - posts.NOTICE + each * DAY) for each in range(3)] == [2, 0, 0]
    assert [each["where"] for each in warned(session, world.member)] == ["江湾街道", "香樟花园", "香樟花园6栋"]
    [told] = warned(session, world.staff)
    assert (told["count"], [each["where"] for each in told["ending"]]) == (2, ["香樟花园", "香樟花园6栋"])
    assert [each["count"] for each in warned(session, world.street_staff)] == [1]
    assert warned(session, world.staff_elsewhere) == []
    assert posts.holders(session, [far.id], day=NOW.date()) == {}


def test_of_a_day_that_was_moved_it_is_told_anew_and_of_one_that_is_not_to_come_no_more(
    session: Session, world: World
) -> None:
    lamps, doors = (post(session, each) for each in (world.street.estate, world.street.building))
    (_, kept), (_, given_up) = (posts.claim(session, at.id, by=world.member, now=NOW) for at in (lamps, doors))
    soon = NOW + posts.TERM - DAY
    run(session, soon)
    both = warned(session, world.member)
    assert [posts.still_ends(session, each, now=soon) for each in both] == [True, True]
    posts.give_up(session, doors.id, by=world.member, now=soon)
    posts.claim(session, lamps.id, by=world.member, now=soon)
    assert [posts.still_ends(session, each, now=soon) for each in both] == [False, False]
    assert run(session, soon + DAY) == 0
    assert run(session, soon + posts.TERM) == 1
    assert len(warned(session, world.member)) == 3
    # What ran out is over without a word.
    assert run(session, soon + posts.TERM + 30 * DAY) == 0
    assert kept.warned_for == kept.until
    assert given_up.ended_at is not None
