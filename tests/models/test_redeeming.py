"""What points buy, in any order and many at once: no piece twice, no code twice, and every sum stays zero."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import accounts, people, redeeming, sharing
from models.accounts import HELD, SPENT, of_family, of_person
from models.db import Database
from models.errors import Refusal, Refused
from models.ledger import Account, Entry, Goods, Posting, Redemption, RedemptionState, Unit
from models.outbox import NoticeKind
from models.person import Person, RoleKind
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World
from tests.models.test_ledger import given, whole
from tests.models.test_races import at_once

DAY = timedelta(days=1)
DAYS = 7


def goods(session: Session, world: World, *, price: int = 10, stock: int = 3, merchant: Person | None = None) -> Goods:
    return redeeming.offer(
        session, world.street.community, "一桶食用油", price=price, stock=stock, merchant=merchant, now=NOW
    )


def common(session: Session, whose: accounts.Whose) -> int:
    """What the common accounts have, from their entries."""
    query = select(func.sum(Entry.amount)).join(Account, Account.id == Entry.account_id)
    return session.scalar(query.where(Account.kind == whose[0])) or 0


def test_people_choose_from_what_is_around_where_they_live_or_serve(session: Session, world: World) -> None:
    here, there = goods(session, world), goods(session, world)
    there.area_id = world.street.other_estate.id
    gone = goods(session, world)
    gone.is_open = False
    session.flush()

    def offered(who: Person) -> list[int]:
        return [each.id for each in redeeming.on_offer(session, who)]

    assert offered(world.member) == [here.id]
    assert offered(world.staff_elsewhere) == [there.id]
    assert offered(world.street_staff) == [here.id, there.id]
    # Of somebody never met before nothing is known.
    assert offered(factories.person(session)) == [here.id, there.id]


def test_a_piece_is_reserved_and_handed_over_by_its_merchant_once(session: Session, world: World) -> None:
    oil = goods(session, world, merchant=world.stranger)
    given(session, world.member, 25)
    made, code = redeeming.reserve(session, oil.id, by=world.member, now=NOW, days=DAYS)
    assert (oil.stock, accounts.balance(session, of_person(world.member.id), Unit.POINTS)) == (2, 15)
    assert common(session, HELD) == 10
    assert code not in str(made.__dict__)
    assert len(code.replace("-", "")) >= 8
    for somebody_else in (world.resident, world.second_member, world.staff_elsewhere, world.former_staff):
        with pytest.raises(Refused, match="no_such_code"):
            redeeming.hand_over(session, code, by=somebody_else, now=NOW)
    redeeming.hand_over(session, code.lower().replace("-", " "), by=world.stranger, now=NOW)
    with pytest.raises(Refused, match="no_such_code"):
        redeeming.hand_over(session, code, by=world.staff, now=NOW)
    assert (common(session, HELD), common(session, SPENT)) == (0, 10)
    whole(session)


def test_staff_of_the_area_may_hand_it_over_too(session: Session, world: World) -> None:
    given(session, world.member, 25)
    _, code = redeeming.reserve(session, goods(session, world).id, by=world.member, now=NOW, days=DAYS)
    assert redeeming.hand_over(session, code, by=world.street_staff, now=NOW).by_id == world.street_staff.id


def test_a_new_code_ends_the_old_one(session: Session, world: World) -> None:
    given(session, world.member, 25)
    _, old = redeeming.reserve(session, goods(session, world).id, by=world.member, now=NOW, days=DAYS)
    _, new = redeeming.code_again(session, by=world.member, now=NOW)
    with pytest.raises(Refused, match="no_such_code"):
        redeeming.hand_over(session, old, by=world.staff, now=NOW)
    redeeming.hand_over(session, new, by=world.staff, now=NOW)


def test_what_nobody_fetches_goes_back_once_and_its_code_is_worth_nothing(session: Session, world: World) -> None:
    oil = goods(session, world)
    given(session, world.member, 25)
    made, code = redeeming.reserve(session, oil.id, by=world.member, now=NOW, days=DAYS)
    late = NOW + DAYS * DAY
    assert not redeeming.run_out(session, made.id, now=late - DAY)
    with pytest.raises(Refused, match="no_such_code"):
        redeeming.hand_over(session, code, by=world.staff, now=late)
    assert redeeming.due(session, now=late, most=9) == [made.id]
    assert redeeming.run_out(session, made.id, now=late)
    assert not redeeming.run_out(session, made.id, now=late)
    assert (oil.stock, accounts.balance(session, of_person(world.member.id), Unit.POINTS)) == (3, 25)
    assert len(factories.notices(session, world.member, NoticeKind.REDEMPTION_OVER)) == 1
    whole(session)


def test_a_refusal_writes_nothing(session: Session, world: World) -> None:
    oil, none_left = goods(session, world), goods(session, world, stock=0)
    with pytest.raises(Refused, match="ledger_off"):
        redeeming.reserve(session, oil.id, by=world.member, now=NOW, days=DAYS)
    given(session, world.member, 9)
    for wanted, why in ((oil.id, "not_enough"), (none_left.id, "sold_out"), (999, "no_such_goods")):
        with pytest.raises(Refused, match=why):
            redeeming.reserve(session, wanted, by=world.member, now=NOW, days=DAYS)
    given(session, world.member, 30)
    redeeming.reserve(session, oil.id, by=world.member, now=NOW, days=DAYS)
    with pytest.raises(Refused, match="reserved_already"):
        redeeming.reserve(session, oil.id, by=world.member, now=NOW, days=DAYS)
    assert (oil.stock, session.scalar(select(func.count()).select_from(Redemption))) == (2, 1)
    whole(session)


def test_a_family_pays_where_one_alone_cannot(session: Session, world: World) -> None:
    oil = goods(session, world)
    given(session, world.member, 12)
    family = sharing.accept(session, sharing.invite(session, world.member, now=NOW), by=world.resident, now=NOW)
    sharing.put_in(session, 12, by=world.member, now=NOW, source="put")
    made, _ = redeeming.reserve(session, oil.id, by=world.resident, now=NOW, days=DAYS)
    assert (made.family_id, accounts.balance(session, of_family(family), Unit.POINTS)) == (family, 2)
    redeeming.cancel(session, by=world.resident, now=NOW)
    assert accounts.balance(session, of_family(family), Unit.POINTS) == 12
    redeeming.reserve(session, oil.id, by=world.resident, now=NOW, days=DAYS)
    sharing.leave(session, by=world.member, now=NOW)
    sharing.leave(session, by=world.resident, now=NOW)
    assert accounts.balance(session, of_person(world.resident.id), Unit.POINTS) == 2
    # Nobody is in the family any more: the points come to whoever wanted it.
    redeeming.cancel(session, by=world.resident, now=NOW)
    assert accounts.balance(session, of_person(world.resident.id), Unit.POINTS) == 12
    whole(session)


def test_whoever_leaves_their_family_twice_takes_everything_along_twice(session: Session, world: World) -> None:
    for days in range(2):
        now = NOW + days * DAY
        given(session, world.member, 5, now=now)
        code = sharing.invite(session, world.member, now=now)
        sharing.accept(session, code, by=world.resident, now=now)
        sharing.put_in(session, 5, by=world.member, now=now, source=f"put:{days}")
        sharing.leave(session, by=world.resident, now=now)
        sharing.leave(session, by=world.member, now=now)
    assert accounts.balance(session, of_person(world.member.id), Unit.POINTS) == 10
    whole(session)


def test_two_families_of_people_who_become_one_lose_nothing(session: Session, world: World) -> None:
    for who in (world.member, world.stranger):
        given(session, who, 5)
        sharing.invite(session, who, now=NOW)
        sharing.put_in(session, 5, by=who, now=NOW, source=f"put:{who.id}")
    sharing.join(session, world.member, world.stranger, now=NOW)
    people.join(session, world.member, world.stranger)
    assert accounts.balance(session, of_person(world.member.id), Unit.POINTS) == 5
    family = sharing.family_of(session, world.member)
    assert family is not None
    assert accounts.balance(session, of_family(family), Unit.POINTS) == 5
    whole(session)


def test_staff_do_not_hand_goods_over_to_themselves(session: Session, world: World) -> None:
    given(session, world.staff, 25)
    _, code = redeeming.reserve(session, goods(session, world).id, by=world.staff, now=NOW, days=DAYS)
    with pytest.raises(Refused, match="no_such_code"):
        redeeming.hand_over(session, code, by=world.staff, now=NOW)
    assert redeeming.hand_over(session, code, by=world.street_staff, now=NOW)


def test_exactly_ten_of_fifty_who_want_the_last_ten_at_once_get_one(both: Database) -> None:
    with both.transaction() as session:
        here = factories.street(session)
        staff = factories.somebody(session, RoleKind.STAFF, here.community).id
        oil = redeeming.offer(session, here.community, "一桶食用油", price=10, stock=10, now=NOW).id
        people = [factories.person(session, f"邻居{index}").id for index in range(50)]
        for person_id in people:
            given(session, session.get_one(Person, person_id), 10)

    def redeem(index: int) -> str:
        with both.transaction() as session:
            by = session.get_one(Person, people[index])
            return redeeming.reserve(session, oil, by=by, now=NOW, days=DAYS)[1]

    got = at_once(50, redeem)
    codes = [each for each in got if not isinstance(each, Refusal)]
    assert Counter(each for each in got if isinstance(each, Refusal)) == {Refusal.SOLD_OUT: 40}
    assert len(codes) == len(set(codes)) == 10
    with both.transaction() as session:
        assert session.get_one(Goods, oil).stock == 0
        assert session.scalar(select(func.count()).select_from(Redemption)) == 10
        assert session.scalar(select(func.sum(Account.balance))) == 400
        assert common(session, HELD) == 100
        whole(session)

    def hand_over(index: int) -> str:
        with both.transaction() as session:
            return redeeming.hand_over(session, str(codes[0]), by=session.get_one(Person, staff), now=NOW).state.value

    assert Counter(at_once(10, hand_over)) == {"handed_over": 1, Refusal.NO_SUCH_CODE: 9}


def test_whoever_sends_it_ten_times_at_once_reserves_one(both: Database) -> None:
    with both.transaction() as session:
        here = factories.street(session)
        oil = redeeming.offer(session, here.community, "一桶食用油", price=10, stock=10, now=NOW).id
        person_id = factories.person(session).id
        given(session, session.get_one(Person, person_id), 100)

    def redeem(_: int) -> str:
        with both.transaction() as session:
            redeeming.reserve(session, oil, by=session.get_one(Person, person_id), now=NOW, days=DAYS)
            return "has it"

    assert Counter(at_once(10, redeem)) == {"has it": 1, Refusal.RESERVED_ALREADY: 9}
    with both.reading() as session:
        assert session.get_one(Goods, oil).stock == 9
        whole(session)


class AnyOrder(RuleBasedStateMachine):
    """Three people, two of them a family, three goods, and everything that can happen to points, in any order."""

    def __init__(self, database: Database, world: World, happened: Counter[str]) -> None:
        super().__init__()
        self.happened = happened
        self.reading = database.reading()
        self.session: Session = self.reading.__enter__()
        self.people = [self.session.get_one(Person, each.id) for each in (world.member, world.resident, world.stranger)]
        self.staff = self.session.get_one(Person, world.staff.id)
        self.goods = [
            redeeming.offer(self.session, world.street.community, f"{index}", price=price, stock=stock, now=NOW).id
            for index, (price, stock) in enumerate(((3, 1), (5, 2), (8, 9)))
        ]
        for each in self.people:
            given(self.session, each, 30)
        self.family = sharing.accept(
            self.session, sharing.invite(self.session, self.people[0], now=NOW), by=self.people[1], now=NOW
        )
        self.pieces = {each: self.session.get_one(Goods, each).stock for each in self.goods}
        self.now = NOW
        self.steps = 0
        self.codes: list[str] = []

    def teardown(self) -> None:
        self.reading.__exit__(None, None, None)

    def try_to(self, act: Any, *arguments: Any, **more: Any) -> Any:
        try:
            found = act(self.session, *arguments, **more)
        except Refused:
            return None
        self.happened[act.__name__] += 1
        return found

    @rule(who=st.integers(0, 2), points=st.integers(5, 20))
    def earns(self, who: int, points: int) -> None:
        self.steps += 1
        given(self.session, self.people[who], points, now=self.now, source=f"step:{self.steps}")

    @rule(which=st.integers(0, 99))
    def staff_correct(self, which: int) -> None:
        ids = self.session.scalars(select(Posting.id).order_by(Posting.id)).all()
        if ids:
            posting = self.session.get_one(Posting, ids[which % len(ids)])
            self.try_to(accounts.correct, posting, "记错了", by=self.staff, now=self.now)

    @rule(who=st.integers(0, 2), what=st.integers(0, 2))
    def buys(self, who: int, what: int) -> None:
        """The usual way: without it a random walk seldom gets to the end."""
        self.reserves(who, what)
        self.hands_over(-1)

    @rule(who=st.integers(0, 2), what=st.integers(0, 2))
    def reserves(self, who: int, what: int) -> None:
        made = self.try_to(redeeming.reserve, self.goods[what], by=self.people[who], now=self.now, days=DAYS)
        if made is not None:
            self.codes.append(made[1])

    @rule(which=st.integers(-1, 99))
    def hands_over(self, which: int) -> None:
        if self.codes:
            self.try_to(redeeming.hand_over, self.codes[which % len(self.codes)], by=self.staff, now=self.now)

    @rule(who=st.integers(0, 2))
    def cancels(self, who: int) -> None:
        self.try_to(redeeming.cancel, by=self.people[who], now=self.now)

    @rule(who=st.integers(0, 2), what=st.integers(0, 2))
    def thinks_again(self, who: int, what: int) -> None:
        self.reserves(who, what)
        self.cancels(who)

    @rule(who=st.integers(0, 2), points=st.integers(0, 20))
    def puts_in(self, who: int, points: int) -> None:
        self.steps += 1
        self.try_to(sharing.put_in, points, by=self.people[who], now=self.now, source=f"step:{self.steps}")

    @rule(days=st.sampled_from([1, 3, 8, 31, 400]))
    def time_passes(self, days: int) -> None:
        self.now += days * DAY
        for each in redeeming.due(self.session, now=self.now, most=99):
            self.try_to(redeeming.run_out, each, now=self.now)
        for each in accounts.expiring(self.session, accounts.expiry(self.now, 12)):
            self.try_to(accounts.expire, each, now=self.now, months=12)

    @invariant()
    def everything_is_whole(self) -> None:
        whole(self.session)
        columns = Redemption.goods_id, Redemption.price, Redemption.state, Redemption.code_hash
        rows = self.session.execute(select(*columns)).all()
        assert len({each.code_hash for each in rows}) == len(rows)
        assert common(self.session, HELD) == sum(each.price for each in rows if each.state is RedemptionState.RESERVED)
        assert common(self.session, SPENT) == sum(
            each.price for each in rows if each.state is RedemptionState.HANDED_OVER
        )
        stock = dict(self.session.execute(select(Goods.id, Goods.stock)).all())
        for goods_id, pieces in self.pieces.items():
            gone = sum(
                each.goods_id == goods_id
                for each in rows
                if each.state in (RedemptionState.RESERVED, RedemptionState.HANDED_OVER)
            )
            assert stock[goods_id] == pieces - gone >= 0


def test_in_whatever_order_people_earn_correct_redeem_and_cancel_everything_stays_whole(
    inhabited: tuple[Database, World],
) -> None:
    happened: Counter[str] = Counter()

    class Here(AnyOrder):
        def __init__(self) -> None:
            super().__init__(*inhabited, happened)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        ),
    )
    # A walk in which nothing succeeds would show nothing.
    assert (
        min(happened[each] for each in ("reserve", "hand_over", "cancel", "run_out", "correct", "put_in", "expire")) > 0
    )
