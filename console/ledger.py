"""Goods and what was reserved of them, handing over by code, and the ledger of a person with its corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from console import entries
from console.entries import ticket_numbers
from console.house import House, argument, field
from console.sight import Sight
from console.tables import csv_file, xlsx_file
from models import accounts, redeeming, sheets
from models.accounts import of_person
from models.area import Area
from models.clock import local
from models.errors import Refusal, Refused
from models.ledger import EARNED, Goods, LedgerMember, Posting, Redemption, RedemptionState, Unit
from models.person import Person, Role, RoleKind, RoleStatus
from texts import ledger, refusals

MOST = 100
"""Entries of one person, and goods, that a page shows; merchants that may be chosen from."""

MOST_TAKEN_ALONG = 5000

MOST_NUMBER = 999_999

MERCHANTS = (RoleKind.PROPERTY, RoleKind.DEPARTMENT, RoleKind.MEMBER)


def add_ledger(blueprint: Blueprint, house: House) -> None:
    """The pages of goods and of people's ledgers."""

    @blueprint.get("/ledger")
    def ledger_page() -> str:
        with house.looking() as sight:
            return house.page("ledger.html", sight, **_page(sight))

    @blueprint.get("/ledger/redemptions.csv")
    def redemptions_csv() -> Response:
        with house.looking() as sight:
            return csv_file("redemptions.csv", ledger.CSV_HEAD, _redemptions(sight))

    @blueprint.get("/ledger/entries.xlsx")
    def entries_xlsx() -> ResponseReturnValue:
        try:
            with house.looking() as sight:
                tables, now = entries.tables(sight), sight.now
        except Refused as refused:
            with house.looking() as sight:
                return house.page("ledger.html", sight, **_page(sight), fault=_sentence(refused)), 409
        try:
            return xlsx_file("ledger.xlsx", tables, now=now)
        except sheets.Unwritten:
            with house.looking() as sight:
                return house.page("ledger.html", sight, **_page(sight), fault=ledger.NO_WORKBOOK), 503

    @blueprint.post("/ledger/goods")
    def goods_entered() -> ResponseReturnValue:
        return _do(_enter, "goods")

    @blueprint.post("/ledger/goods/<int(max=999999999999):goods_id>/<any(stock, open, close):what>")
    def goods_changed(goods_id: int, what: str) -> ResponseReturnValue:
        def change(sight: Sight) -> None:
            goods = sight.goods_one(goods_id)
            if what == "stock":
                redeeming.restock(sight.session, goods.id, _number("more", signed=True))
            else:
                goods.is_open = what == "open"

        return _do(change, "goods")

    @blueprint.post("/ledger/hand-over")
    def goods_handed_over() -> ResponseReturnValue:
        def hand_over(sight: Sight) -> None:
            sight.goods()
            redeeming.hand_over(sight.session, field("code", most=40), by=sight.person, now=sight.now)

        return _do(hand_over, "goods_handed_over")

    def _do(act: Callable[[Sight], object], done: str) -> ResponseReturnValue:
        return house.carry_out(
            act,
            shown=lambda sight, fault: house.page("ledger.html", sight, **_page(sight), fault=_sentence(fault)),
            back=url_for(".ledger_page", done=done),
        )

    @blueprint.get("/ledger/people/<int(max=999999999999):person_id>")
    def ledger_of(person_id: int) -> str:
        with house.looking() as sight:
            return house.page("ledger_person.html", sight, **_person(sight, person_id))

    @blueprint.post("/ledger/people/<int(max=999999999999):person_id>/<int(max=999999999999):posting_id>")
    def ledger_corrected(person_id: int, posting_id: int) -> ResponseReturnValue:
        def correct(sight: Sight) -> None:
            posting = sight.ledger_posting(person_id, posting_id)
            accounts.correct(sight.session, posting, field("why", most=200), by=sight.person, now=sight.now)

        def shown(sight: Sight, refused: Refused) -> str:
            return house.page("ledger_person.html", sight, **_person(sight, person_id), fault=_sentence(refused))

        back = url_for(".ledger_of", person_id=person_id, done="ledger_corrected")
        return house.carry_out(correct, shown=shown, back=back)


def _sentence(refused: Refused) -> str:
    return ledger.FAULTS.get(refused.reason) or refusals.sentence(refused)


def _number(name: str, *, signed: bool = False) -> int:
    """A whole number of a form. Raises Refused(NO_AMOUNT)."""
    given = field(name, most=8)
    digits = given.removeprefix("-") if signed else given
    if not (digits.isascii() and digits.isdigit()) or int(digits) > MOST_NUMBER:
        raise Refused(Refusal.NO_AMOUNT)
    return int(given)


def _enter(sight: Sight) -> None:
    area = sight.roster_area(field("area", most=12))
    chosen = field("merchant", most=12)
    merchant = next((each for each in _merchants(sight) if str(each.id) == chosen), None)
    if chosen and merchant is None:
        raise Refused(Refusal.NO_SUCH_PERSON, name="")
    redeeming.offer(
        sight.session,
        area,
        field("name", most=40),
        price=_number("price"),
        stock=_number("stock"),
        place=field("place", most=80),
        merchant=merchant,
        now=sight.now,
    )


def _merchants(sight: Sight) -> list[Person]:
    """Who may give goods away besides staff: people with a role in the desk's areas."""
    query = (
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .join(Area, Area.id == Role.area_id)
        .where(Role.kind.in_(MERCHANTS), Role.status == RoleStatus.ACTIVE, sight.desk_areas, Person.name != "")
        .order_by(Person.name, Person.id)
        .limit(MOST)
    )
    return list(dict.fromkeys(sight.session.scalars(query)))


def _page(sight: Sight) -> dict[str, Any]:
    session = sight.session
    found = session.execute(
        select(Goods, Area.name)
        .join(Area, Area.id == Goods.area_id)
        .where(sight.goods())
        .order_by(Goods.id.desc())
        .limit(MOST)
    ).all()
    ids = [each.id for each, _ in found]
    counted = session.execute(
        select(Redemption.goods_id, Redemption.state, func.count())
        .where(Redemption.goods_id.in_(ids))
        .group_by(Redemption.goods_id, Redemption.state)
    )
    counts = {(goods_id, state): count for goods_id, state, count in counted}
    wanted = argument("name", most=40)
    takes_part = select(LedgerMember.person_id)
    people = (
        session.scalars(
            select(Person)
            .where(Person.name == wanted, Person.id.in_(takes_part), sight.people())
            .order_by(Person.id)
            .limit(MOST)
        ).all()
        if wanted
        else []
    )
    return {
        "goods": [
            (
                each,
                area,
                counts.get((each.id, RedemptionState.RESERVED), 0),
                counts.get((each.id, RedemptionState.HANDED_OVER), 0),
            )
            for each, area in found
        ],
        "names": sight.names([each.merchant_id for each, _ in found if each.merchant_id]),
        "places": [(each.id, each.name) for each in sight.roster_areas()],
        "merchants": _merchants(sight),
        "wanted": wanted,
        "people": people,
    }


def _person(sight: Sight, person_id: int) -> dict[str, Any]:
    person = sight.ledger_person(person_id)
    mine = of_person(person.id)
    entries = {unit: accounts.lines(sight.session, mine, unit, most=MOST) for unit in Unit}
    postings = [each.posting for lines in entries.values() for each in lines]
    numbers = ticket_numbers(sight.session, [each.ticket_id for each in postings])
    countered = set(
        sight.session.scalars(
            select(Posting.counters_id).where(Posting.counters_id.in_([each.id for each in postings]))
        )
    )
    may_correct = person.id != sight.person.id
    return {
        "whose": person,
        "units": [
            (
                ledger.UNITS[unit],
                ledger.amount(unit, accounts.balance(sight.session, mine, unit)),
                [
                    (
                        ledger.entry(
                            unit,
                            each.posting.why,
                            each.amount,
                            each.posting.at,
                            numbers.get(each.posting.ticket_id, ""),
                            each.posting.reason,
                        ),
                        each.posting.id
                        if may_correct and each.posting.why in EARNED and each.posting.id not in countered
                        else None,
                    )
                    for each in entries[unit]
                ],
            )
            for unit in Unit
        ],
    }


def _redemptions(sight: Sight) -> Iterator[list[str | int]]:
    """What was reserved and handed over, by day, for settling with merchants; nobody's name."""
    rows = sight.session.execute(
        select(Redemption, Goods)
        .join(Goods, Goods.id == Redemption.goods_id)
        .where(sight.goods())
        .order_by(Redemption.id.desc())
        .limit(MOST_TAKEN_ALONG)
    )
    for redemption, goods in rows:
        ended = local(redemption.ended_at).date().isoformat() if redemption.ended_at else ""
        yield [
            local(redemption.reserved_at).date().isoformat(),
            goods.name,
            goods.place,
            redemption.price,
            ledger.RESERVATIONS[redemption.state],
            ended,
        ]
