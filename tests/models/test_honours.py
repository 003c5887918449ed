"""Honouring people: nobody without their own word, one person one vote, and nobody can tell whose it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import ballots, honours, people
from models.db import Database
from models.errors import Refusal, Refused
from models.honour import Group, HonourRound, Nomination, Nominee, NomineeState, Vote
from models.outbox import NoticeKind
from models.person import Person, RoleKind
from tests import factories
from tests.factories import NOW, Street
from tests.models.conftest import World, build_world
from tests.models.test_races import at_once

KEY = b"a key that is in no table"
DAY = timedelta(days=1)
VOTING, OVER = NOW + 3 * DAY, NOW + 8 * DAY


def opened(
    session: Session,
    world: World,
    *,
    nominees: Group = Group.RIDERS,
    voters: Group = Group.EVERYBODY,
    places: int = 1,
) -> HonourRound:
    """A round of the first community, opened an hour after everybody was first met."""
    return honours.open_round(
        session,
        world.street.community,
        "最美小哥",
        nominees=nominees,
        voters=voters,
        places=places,
        votes_from=NOW + 2 * DAY,
        ends_at=NOW + 7 * DAY,
        by=world.staff,
        now=NOW + timedelta(hours=1),
    )


def rider(session: Session, street: Street, name: str) -> Person:
    return factories.somebody(session, RoleKind.RIDER, street.community, name=name)


def neighbour(session: Session, street: Street, name: str = "", **how: object) -> Person:
    """Somebody who lives in the first community."""
    found = factories.person(session, name or "邻居", **how)  # type: ignore[arg-type]
    found.home_area_id = street.building.id
    session.flush()
    return found


def on_ballot(session: Session, world: World, chosen: HonourRound, *names: str) -> list[Nominee]:
    """Riders who were asked and have agreed."""
    made = []
    for name in names:
        who = rider(session, world.street, name)
        nominee = honours.ask(session, chosen.id, who, "送药上楼", by=world.staff, now=NOW + timedelta(hours=2))
        honours.answer(session, nominee.id, agrees=True, by=who, now=NOW + DAY)
        made.append(nominee)
    return made


def why(act: object, *arguments: object, **more: object) -> Refusal | None:
    """The reason for which something is refused; None when it is done."""
    try:
        act(*arguments, **more)  # type: ignore[operator]
    except Refused as refused:
        return refused.reason
    return None


def vote(session: Session, nominee: Nominee, by: Person) -> None:
    ballots.vote(session, nominee.id, by=by, key=KEY, now=VOTING)


# ---------------------------------------------------------------- naming


def test_nobody_is_on_the_ballot_before_they_have_agreed(session: Session, world: World) -> None:
    chosen = opened(session, world)
    who = rider(session, world.street, "周强")
    nominee = honours.ask(session, chosen.id, who, "送药上楼", by=world.staff, now=NOW + DAY)
    [asked] = factories.notices(session, who, NoticeKind.HONOUR_ASKED)
    assert asked.data["about"] == "送药上楼"
    assert ballots.ballot(session, chosen) == []
    voter = neighbour(session, world.street)
    assert why(ballots.vote, session, nominee.id, by=voter, key=KEY, now=VOTING) is Refusal.NO_SUCH_NOMINEE
    honours.answer(session, nominee.id, agrees=True, by=who, now=NOW + DAY)
    assert [each.name for each in ballots.ballot(session, chosen)] == ["周强"]
    honours.leave(session, by=who, now=VOTING)
    assert [each.name for each in ballots.ballot(session, chosen)] == [""]


def test_who_says_no_is_not_asked_again_and_nobody_answers_for_another(session: Session, world: World) -> None:
    chosen = opened(session, world)
    who = rider(session, world.street, "周强")
    nominee = honours.ask(session, chosen.id, who, "送药上楼", by=world.staff, now=NOW + DAY)
    assert why(honours.answer, session, nominee.id, agrees=True, by=world.staff, now=NOW + DAY) is Refusal.ROUND_OVER
    honours.answer(session, nominee.id, agrees=False, by=who, now=NOW + DAY)
    again = why(honours.ask, session, chosen.id, who, "热心", by=world.staff, now=NOW + DAY)
    assert again is Refusal.NAMED_ALREADY
    # They may still think better of it, until the voting begins.
    honours.answer(session, nominee.id, agrees=True, by=who, now=NOW + DAY)
    honours.answer(session, nominee.id, agrees=False, by=who, now=NOW + DAY)
    assert why(honours.answer, session, nominee.id, agrees=True, by=who, now=VOTING) is Refusal.ROUND_OVER


def test_only_who_the_round_is_for_is_named_and_staff_never_themselves(session: Session, world: World) -> None:
    chosen = opened(session, world, nominees=Group.RIDERS)
    for nobody in (world.member, world.staff, neighbour(session, world.street)):
        found = why(honours.ask, session, chosen.id, nobody, "热心", by=world.staff, now=NOW + DAY)
        assert found is Refusal.NO_SUCH_PERSON
    elsewhere = factories.somebody(session, RoleKind.RIDER, world.street.other_community, name="王勇")
    assert honours.may_be_named(session, chosen, "王勇", by=world.staff, now=NOW + DAY) == []
    assert why(honours.ask, session, chosen.id, elsewhere, "热心", by=world.staff, now=NOW) is Refusal.NO_SUCH_PERSON


def test_somebody_names_three_times_at_most_and_only_where_they_belong(session: Session, world: World) -> None:
    chosen = opened(session, world)
    who = neighbour(session, world.street)
    for words in ("小周 送药", "小王 扶老人", "小李 推车"):
        honours.nominate(session, chosen.id, words, by=who, now=NOW + DAY)
    assert why(honours.nominate, session, chosen.id, "又一个", by=who, now=NOW + DAY) is Refusal.NOMINATED_OFTEN
    assert why(honours.nominate, session, chosen.id, "好", by=world.stranger, now=NOW + DAY) is Refusal.MAY_NOT_VOTE
    assert why(honours.nominate, session, chosen.id, "晚了", by=who, now=VOTING) is Refusal.ROUND_OVER


@pytest.mark.parametrize(
    ("begins", "ends", "places", "title", "reason"),
    [
        (-1, 3, 1, "最美小哥", Refusal.WRONG_DATES),
        (3, 3, 1, "最美小哥", Refusal.WRONG_DATES),
        (1, 3, 0, "最美小哥", Refusal.NO_AMOUNT),
        (1, 3, 10, "最美小哥", Refusal.NO_AMOUNT),
        (1, 3, 1, " ", Refusal.REASON_MISSING),
    ],
)
def test_a_round_that_makes_no_sense_is_not_opened(
    session: Session, world: World, begins: int, ends: int, places: int, title: str, reason: Refusal
) -> None:
    how = {"nominees": Group.RIDERS, "voters": Group.EVERYBODY, "places": places, "by": world.staff, "now": NOW}
    dates = {"votes_from": NOW + begins * DAY, "ends_at": NOW + ends * DAY}
    assert why(honours.open_round, session, world.street.community, title, **how, **dates) is reason


# ---------------------------------------------------------------- voting


def test_a_vote_may_be_changed_until_the_end_and_counts_once(session: Session, world: World) -> None:
    chosen = opened(session, world)
    one, other = on_ballot(session, world, chosen, "周强", "安平")
    who = neighbour(session, world.street)
    vote(session, one, who)
    vote(session, other, who)
    assert [each.nominee_id for each in session.scalars(select(Vote))] == [other.id]
    for _ in range(ballots.MOST_VOTES - 2):
        vote(session, one, who)
    assert why(vote, session, other, who) is Refusal.VOTED_OFTEN
    assert [each.nominee_id for each in session.scalars(select(Vote))] == [one.id]
    for when in (NOW + DAY, OVER):
        found = why(ballots.vote, session, other.id, by=neighbour(session, world.street), key=KEY, now=when)
        assert found is Refusal.ROUND_OVER


@pytest.mark.parametrize("who", ["stranger", "newcomer", "moved in since", "reported since", "elsewhere", "member"])
def test_only_who_was_known_here_before_may_vote(session: Session, world: World, who: str) -> None:
    street = world.street
    chosen = opened(session, world, voters=Group.RESIDENTS)
    [nominee] = on_ballot(session, world, chosen, "周强")
    late = NOW + timedelta(hours=3)
    voters = {
        "stranger": world.stranger,
        "newcomer": neighbour(session, street, now=late),
        "moved in since": factories.person(session, now=late),
        "reported since": factories.person(session),
        "elsewhere": factories.person(session),
        "member": world.member,
    }
    factories.ticket(session, voters["reported since"], area=street.building, now=late)
    voters["elsewhere"].home_area_id = street.other_estate.id
    assert why(vote, session, nominee, voters[who]) is Refusal.MAY_NOT_VOTE
    assert session.scalars(select(Vote)).all() == []


@pytest.mark.parametrize(
    ("group", "who", "may"),
    [
        (Group.RESIDENTS, "home", True),
        (Group.RESIDENTS, "ticket", True),
        (Group.RIDERS, "home", False),
        (Group.RIDERS, "rider", True),
        (Group.MEMBERS, "rider", False),
        (Group.MEMBERS, "member", True),
        (Group.EVERYBODY, "member", True),
        (Group.EVERYBODY, "rider", True),
    ],
)
def test_who_votes_is_what_the_round_says(session: Session, world: World, group: Group, who: str, may: bool) -> None:
    voters = {
        "home": neighbour(session, world.street),
        "ticket": factories.person(session),
        "rider": rider(session, world.street, "钱多"),
        "member": world.member,
    }
    factories.ticket(session, voters["ticket"], area=world.street.building)
    chosen = opened(session, world, voters=group)
    [nominee] = on_ballot(session, world, chosen, "周强")
    assert (why(vote, session, nominee, voters[who]) is None) is may


def test_with_another_key_nobody_can_vote_a_second_time(session: Session, world: World) -> None:
    chosen = opened(session, world)
    [nominee] = on_ballot(session, world, chosen, "周强")
    who = neighbour(session, world.street)
    vote(session, nominee, who)
    assert why(ballots.vote, session, nominee.id, by=who, key=b"another", now=VOTING) is Refusal.VOTE_STOPPED
    assert session.scalar(select(func.count()).select_from(Vote)) == 1


def test_neighbours_who_vote_at_once_each_have_one_vote(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        chosen_id = (chosen := opened(session, world)).id
        ids = [each.id for each in on_ballot(session, world, chosen, "周强", "安平")]
        voters = [neighbour(session, world.street).id for _ in range(4)]

    def cast(index: int) -> None:
        with both.transaction() as session:
            by = session.get_one(Person, voters[index % 4])
            ballots.vote(session, ids[index % 2], by=by, key=KEY, now=VOTING)

    at_once(12, cast)
    with both.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Vote)) == 4
        assert ballots.count(session, chosen_id, now=OVER)
        assert not ballots.count(session, chosen_id, now=OVER)
        assert session.get_one(HonourRound, chosen_id).votes == 4
        assert session.scalars(select(Vote)).all() == []


# ---------------------------------------------------------------- counting


def test_who_has_as_many_as_the_last_is_honoured_too_and_the_names_have_no_first(
    session: Session, world: World
) -> None:
    chosen = opened(session, world, places=1)
    zhou, an, wang = on_ballot(session, world, chosen, "周强", "安平", "王勇")
    for nominee in (zhou, zhou, an, an, wang):
        vote(session, nominee, neighbour(session, world.street))
    assert ballots.due(session, now=VOTING, most=9) == []
    assert not ballots.count(session, chosen.id, now=VOTING)
    assert list(ballots.due(session, now=OVER, most=9)) == [chosen.id]
    assert ballots.count(session, chosen.id, now=OVER)
    assert ballots.honoured(session, chosen) == ["安平", "周强"]
    assert [each.votes for each in (zhou, an, wang)] == [2, 2, 1]
    told = [factories.notices(session, session.get_one(Person, each.person_id), NoticeKind.HONOUR_OVER) for each in (zhou, wang)]  # fmt: skip
    assert [notice.data for [notice] in told] == [
        {"title": "最美小哥", "honoured": True},
        {"title": "最美小哥", "honoured": False},
    ]


def test_of_too_few_votes_no_number_is_kept_and_without_any_nobody_is_honoured(session: Session, world: World) -> None:
    chosen = opened(session, world)
    zhou, an = on_ballot(session, world, chosen, "周强", "安平")
    vote(session, zhou, neighbour(session, world.street))
    ballots.count(session, chosen.id, now=OVER)
    assert ballots.honoured(session, chosen) == ["周强"]
    assert (zhou.votes, an.votes) == (None, None)
    empty = opened(session, world)
    on_ballot(session, world, empty, "吴一")
    ballots.count(session, empty.id, now=OVER)
    assert ballots.honoured(session, empty) == []


def test_who_leaves_the_ballot_is_not_honoured_whatever_was_cast(session: Session, world: World) -> None:
    chosen = opened(session, world)
    zhou, an = on_ballot(session, world, chosen, "周强", "安平")
    for nominee in (zhou, zhou, an):
        vote(session, nominee, neighbour(session, world.street))
    honours.leave(session, by=session.get_one(Person, zhou.person_id), now=VOTING)
    assert why(vote, session, zhou, neighbour(session, world.street)) is Refusal.NO_SUCH_NOMINEE
    ballots.count(session, chosen.id, now=OVER)
    assert ballots.honoured(session, chosen) == ["安平"]


def test_a_round_that_is_called_off_keeps_no_vote(session: Session, world: World) -> None:
    chosen = opened(session, world)
    [zhou] = on_ballot(session, world, chosen, "周强")
    vote(session, zhou, neighbour(session, world.street))
    ballots.call_off(session, chosen.id, now=VOTING)
    assert session.scalars(select(Vote)).all() == []
    assert not ballots.count(session, chosen.id, now=OVER)
    assert why(vote, session, zhou, neighbour(session, world.street)) is Refusal.ROUND_OVER
    assert why(ballots.call_off, session, chosen.id, now=VOTING) is Refusal.ROUND_OVER


# ---------------------------------------------------------------- secret, joined, erased


def test_no_table_says_who_voted_for_whom(session: Session, world: World) -> None:
    chosen = opened(session, world)
    one, other = on_ballot(session, world, chosen, "周强", "安平")
    who = neighbour(session, world.street)
    vote(session, one, who)
    [row] = session.scalars(select(Vote))
    assert set(Vote.__table__.columns.keys()) == {"round_id", "voter", "nominee_id", "times"}
    assert len(row.voter) == 64
    # The same person is somebody else in another round, and under another key.
    second = opened(session, world)
    [again] = on_ballot(session, world, second, "吴一")
    vote(session, again, who)
    assert len({each.voter for each in session.scalars(select(Vote))}) == 2


def test_two_accounts_that_become_one_have_one_vote_and_one_place_on_the_ballot(session: Session, world: World) -> None:
    chosen = opened(session, world)
    one, other = on_ballot(session, world, chosen, "周强", "安平")
    keep, second = neighbour(session, world.street), neighbour(session, world.street)
    vote(session, one, keep)
    vote(session, other, second)
    ballots.join(session, keep, second, key=KEY)
    people.join(session, keep, second)
    assert [each.nominee_id for each in session.scalars(select(Vote))] == [one.id]
    twin = session.get_one(Person, one.person_id), session.get_one(Person, other.person_id)
    ballots.join(session, *twin, key=KEY)
    people.join(session, *twin)
    assert [each.name for each in ballots.ballot(session, chosen)] == ["周强"]


def test_the_vote_of_the_second_account_moves_where_the_first_has_none(session: Session, world: World) -> None:
    chosen = opened(session, world)
    one, other = on_ballot(session, world, chosen, "周强", "安平")
    keep, second = neighbour(session, world.street), neighbour(session, world.street)
    vote(session, other, second)
    ballots.join(session, keep, second, key=KEY)
    people.join(session, keep, second)
    vote(session, one, keep)
    assert [(each.nominee_id, each.times) for each in session.scalars(select(Vote))] == [(one.id, 2)]


def test_whoever_is_erased_takes_vote_and_words_along(session: Session, world: World) -> None:
    chosen = opened(session, world)
    one, _ = on_ballot(session, world, chosen, "周强", "安平")
    who, rider_ = neighbour(session, world.street), session.get_one(Person, one.person_id)
    honours.nominate(session, chosen.id, "周强 送药", by=who, now=NOW + DAY)
    vote(session, one, who)
    vote(session, one, neighbour(session, world.street))
    for gone in (who, rider_):
        ballots.erase(session, gone, key=KEY, now=VOTING)
        people.erase(session, gone, now=VOTING)
    assert session.scalar(select(func.count()).select_from(Vote)) == 1
    assert [each.words for each in session.scalars(select(Nomination))] == [""]
    left = session.get_one(Nominee, one.id)
    assert (left.state, left.about) == (NomineeState.WITHDREW, "")
    ballots.count(session, chosen.id, now=OVER)
    assert ballots.honoured(session, chosen) == []


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("vote"), st.integers(0, 4), st.integers(0, 2)),
        st.tuples(st.just("join"), st.integers(0, 4), st.integers(0, 4)),
        st.tuples(st.just("erase"), st.integers(0, 4), st.just(0)),
    ),
    max_size=14,
)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_voted_changed_joined_and_erased_each_human_has_one_vote(
    session: Session, world: World, steps: Sequence[tuple[str, int, int]]
) -> None:
    """Beside the rows there is a plain book of who voted for whom; the two never differ."""
    with session.begin_nested() as savepoint:
        chosen = opened(session, world)
        nominees = on_ballot(session, world, chosen, "周强", "安平", "王勇")
        ids = [neighbour(session, world.street).id for _ in range(5)]
        book: dict[int, int] = {}
        for what, one, other in steps:
            human = ids[one]
            person = session.get_one(Person, human)
            if what == "vote":
                if why(vote, session, nominees[other], person) is None:
                    book[human] = nominees[other].id
            elif what == "join" and ids[other] != human:
                second = session.get_one(Person, ids[other])
                ballots.join(session, person, second, key=KEY)
                people.join(session, person, second)
                theirs = book.pop(second.id, None)
                if theirs is not None:
                    book.setdefault(human, theirs)
                ids = [human if each == second.id else each for each in ids]
            elif what == "erase":
                ballots.erase(session, person, key=KEY, now=VOTING)
                people.erase(session, person, now=VOTING)
                book.pop(human, None)
                # Their accounts go on as somebody never met, who was not known before the round.
                stranger = session.scalars(select(Person.id).order_by(Person.id.desc()).limit(1)).one()
                ids = [stranger if each == human else each for each in ids]
            votes = session.scalars(select(Vote)).all()
            assert len({each.voter for each in votes}) == len(votes) == len(book)
            assert Counter(each.nominee_id for each in votes) == Counter(book.values())
        ballots.count(session, chosen.id, now=OVER)
        assert chosen.votes == len(book)
        tally = Counter(book.values())
        if len(book) >= ballots.FEWEST_TOLD:
            assert [each.votes for each in nominees] == [tally[each.id] for each in nominees]
        assert session.scalars(select(Vote)).all() == []
        savepoint.rollback()
