"""What points buy: goods with a stock, reservations with a one-time code, and handing over, cancelling, running out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from models import accounts, areas, codes, outboxes, people, sharing
from models.accounts import HELD, SPENT, Whose, of_family, of_person
from models.area import Area
from models.errors import Refusal, Refused
from models.ledger import Goods, Posting, Redemption, RedemptionState, Unit, Why
from models.outbox import NoticeKind
from models.person import Person, RoleStatus

CODE_LENGTH = 10
"""Some 49 bits; shown as two groups of five."""

MOST_GOODS = 9


def on_offer(session: Session, person: Person) -> Sequence[Goods]:
    """What somebody can choose from, in the order of their numbers: of where they live and serve, or of everywhere
    while neither is known. What is sold out keeps its number.
    """
    here = {role.area_id for role in person.roles if role.status is RoleStatus.ACTIVE}
    if person.home_area_id:
        here.add(person.home_area_id)
    paths = session.scalars(select(Area.path).where(Area.id.in_(here))).all() if here else []
    query = select(Goods).where(Goods.is_open.is_(True)).order_by(Goods.id).limit(MOST_GOODS)
    if paths:
        # Near is what lies around them, and what lies inside where they work.
        around = {each for path in paths for each in areas.ids_on(path)}
        near = or_(Area.id.in_(around), *(Area.path.startswith(path) for path in paths))
        query = query.join(Area, Area.id == Goods.area_id).where(near)
    return session.scalars(query).all()


def reserve(session: Session, goods_id: int, *, by: Person, now: datetime, days: int) -> tuple[Redemption, str]:
    """One piece is put aside for somebody, paid from their own points or else their family's; gives the code, which is
    kept nowhere.

    Raises Refused before anything is written: LEDGER_OFF, RESERVED_ALREADY, NO_SUCH_GOODS, SOLD_OUT, NOT_ENOUGH.
    """
    accounts.need_on(session, by)
    mine = of_person(by.id)
    family_id = sharing.family_of(session, by)
    payers: list[Whose] = [mine, *([of_family(family_id)] if family_id else [])]
    # Held first: two messages of one person at once are one after the other.
    found = accounts.hold(session, Unit.POINTS, *payers)
    if reserved(session, by) is not None:
        raise Refused(Refusal.RESERVED_ALREADY)
    goods = session.get(Goods, goods_id, with_for_update=True, populate_existing=True)
    if goods is None or not goods.is_open:
        raise Refused(Refusal.NO_SUCH_GOODS)
    if goods.stock < 1:
        raise Refused(Refusal.SOLD_OUT, name=goods.name)
    payer = next((each for each in payers if found[each].balance >= goods.price), None)
    if payer is None:
        have = max(found[each].balance for each in payers)
        raise Refused(Refusal.NOT_ENOUGH, unit=Unit.POINTS.value, need=goods.price, have=have)
    goods.stock -= 1
    code = _new_code()
    redemption = Redemption(
        goods_id=goods.id,
        person_id=by.id,
        family_id=family_id if payer != mine else None,
        price=goods.price,
        code_hash=_hash(code),
        reserved_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(redemption)
    session.flush()
    moves = {payer: -goods.price, HELD: goods.price}
    accounts.post(session, Why.RESERVED, Unit.POINTS, moves, source=f"reserve:{redemption.id}", now=now, by=by)
    return redemption, code


def reserved(session: Session, person: Person) -> Redemption | None:
    """What is put aside for somebody."""
    return session.scalar(
        select(Redemption)
        .where(Redemption.person_id == person.id, Redemption.state == RedemptionState.RESERVED)
        .order_by(Redemption.id)
        .limit(1)
    )


def code_again(session: Session, *, by: Person, now: datetime) -> tuple[Redemption, str]:
    """Another code for what is put aside; the old one is worth nothing any more. Raises Refused(NOTHING_RESERVED)."""
    redemption = _held(session, reserved(session, by))
    if redemption is None or redemption.expires_at <= now:
        raise Refused(Refusal.NOTHING_RESERVED)
    code = _new_code()
    redemption.code_hash = _hash(code)
    session.flush()
    return redemption, code


def hand_over(session: Session, code: str, *, by: Person, now: datetime) -> Redemption:
    """A merchant or staff have seen the code and give the goods away. Raises Refused(NO_SUCH_CODE), whether the code is
    wrong, used or run out, or is none of theirs.
    """
    found = session.scalar(select(Redemption).where(Redemption.code_hash == _hash(code)))
    redemption = _held(session, found)
    if (
        redemption is None
        or redemption.expires_at <= now
        or redemption.code_hash != _hash(code)
        or redemption.person_id == by.id  # nobody gives to themselves
        or not may_hand_over(session, redemption.goods, by)
    ):
        raise Refused(Refusal.NO_SUCH_CODE)
    redemption.state, redemption.ended_at, redemption.by_id = RedemptionState.HANDED_OVER, now, by.id
    moves = {HELD: -redemption.price, SPENT: redemption.price}
    accounts.post(session, Why.HANDED_OVER, Unit.POINTS, moves, source=f"hand_over:{redemption.id}", now=now, by=by)
    return redemption


def may_hand_over(session: Session, goods: Goods, person: Person) -> bool:
    """Whether somebody gives these goods away: their merchant, or staff of the area."""
    if goods.merchant_id == person.id:
        return True
    around = areas.ids_on(session.get_one(Area, goods.area_id).path)
    return any(
        role.kind in people.STAFF_KINDS
        and role.status is RoleStatus.ACTIVE
        and not role.categories
        and role.area_id in around
        for role in person.roles
    )


def cancel(session: Session, *, by: Person, now: datetime) -> Redemption:
    """Somebody does not want it any more and has their points back. Raises Refused(NOTHING_RESERVED)."""
    redemption = _held(session, reserved(session, by))
    if redemption is None:
        raise Refused(Refusal.NOTHING_RESERVED)
    _give_back(session, redemption, RedemptionState.CANCELLED, now=now)
    return redemption


def due(session: Session, *, now: datetime, most: int) -> Sequence[int]:
    """The ids of reservations that nobody fetched in time."""
    return session.scalars(
        select(Redemption.id)
        .where(Redemption.state == RedemptionState.RESERVED, Redemption.expires_at <= now)
        .order_by(Redemption.expires_at)
        .limit(most)
    ).all()


def run_out(session: Session, redemption_id: int, *, now: datetime) -> bool:
    """Nobody fetched it: the points go back, and whoever reserved it is told."""
    redemption = _held(session, session.get(Redemption, redemption_id))
    if redemption is None or redemption.expires_at > now:
        return False
    _give_back(session, redemption, RedemptionState.EXPIRED, now=now)
    data = {"name": redemption.goods.name, "points": redemption.price, "family": redemption.family_id is not None}
    if accounts.is_on(session, redemption.person_id):
        outboxes.tell(session, NoticeKind.REDEMPTION_OVER, redemption.person_id, now=now, data=data)
    return True


def _give_back(session: Session, redemption: Redemption, state: RedemptionState, *, now: datetime) -> None:
    redemption.state, redemption.ended_at = state, now
    session.execute(
        update(Goods)
        .where(Goods.id == redemption.goods_id)
        .values(stock=Goods.stock + 1)
        .execution_options(synchronize_session="fetch")
    )
    paid = session.scalars(select(Posting).where(Posting.source == f"reserve:{redemption.id}")).one()
    payer = _payer(session, redemption)
    accounts.post(
        session,
        Why.RETURNED,
        Unit.POINTS,
        {HELD: -redemption.price, payer: redemption.price},
        source=f"return:{redemption.id}",
        now=now,
        counters=paid,
    )


def _held(session: Session, redemption: Redemption | None) -> Redemption | None:
    """The reservation as it is now, held until the end of the transaction; None once it is over.

    The payer's account comes before it in every transaction, so that no two wait for each other.
    """
    if redemption is None:
        return None
    accounts.hold(session, Unit.POINTS, _payer(session, redemption))
    session.refresh(redemption, with_for_update=True)
    return redemption if redemption.state is RedemptionState.RESERVED else None


def _payer(session: Session, redemption: Redemption) -> Whose:
    """To whom points go back: the family, while somebody is in it, or the person, into whom another may have become."""
    if redemption.family_id is not None and sharing.size(session, redemption.family_id):
        return of_family(redemption.family_id)
    return of_person(redemption.person_id)


def _new_code() -> str:
    return codes.grouped(codes.fresh(CODE_LENGTH), 5)


def _hash(code: str) -> str:
    return codes.digest("redemption", code)


def leave_all(session: Session, person: Person, *, now: datetime) -> None:
    """Before somebody is erased: nothing stays put aside for them, in a family or on their account."""
    while reserved(session, person) is not None:
        cancel(session, by=person, now=now)
    if sharing.family_of(session, person) is not None:
        sharing.leave(session, by=person, now=now)
    accounts.erase(session, person, now=now)


# ---------------------------------------------------------------- what a desk does


def offer(
    session: Session,
    area: Area,
    name: str,
    *,
    price: int,
    stock: int,
    place: str = "",
    merchant: Person | None = None,
    now: datetime,
) -> Goods:
    """New goods. Raises Refused: NO_AMOUNT for a price or stock that is none."""
    if price < 1 or stock < 0 or not name.strip():
        raise Refused(Refusal.NO_AMOUNT)
    goods = Goods(
        area_id=area.id,
        name=name,
        price=price,
        stock=stock,
        place=place,
        merchant_id=merchant.id if merchant else None,
        made_at=now,
    )
    session.add(goods)
    session.flush()
    return goods


def restock(session: Session, goods_id: int, more: int) -> None:
    """More, or with a negative number fewer, never below what is there. Raises Refused(NO_AMOUNT)."""
    goods = session.get_one(Goods, goods_id, with_for_update=True, populate_existing=True)
    if more == 0 or goods.stock + more < 0:
        raise Refused(Refusal.NO_AMOUNT)
    goods.stock += more
    session.flush()
