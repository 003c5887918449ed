"""Rounds in which people honour somebody (评选): opening one, asking who was named, and the result once it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console.house import House, argument, as_id, field, ticked
from console.sight import Sight
from models import ballots, honours
from models.area import Area
from models.clock import CHINA
from models.errors import Refusal, Refused
from models.honour import Group, HonourRound, Nomination, Nominee
from models.person import Person
from texts import honours as words
from texts import refusals

MOST = 100
"""Rounds that the list shows, and nominations that a round's page shows."""


def add_honours(blueprint: Blueprint, house: House) -> None:
    """The pages of the rounds."""

    @blueprint.get("/honours")
    def honour_list() -> str:
        with house.looking() as sight:
            return house.page("honours.html", sight, **_list(sight))

    @blueprint.post("/honours")
    def honour_opened() -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                round_id = _open(sight).id
        except Refused as refused:
            with house.looking() as sight:
                return house.page("honours.html", sight, **_list(sight), fault=_sentence(refused)), 409
        return redirect(url_for(".honour_page", round_id=round_id, done="honour_opened"), 303)

    @blueprint.get("/honours/<int(max=999999999999):round_id>")
    def honour_page(round_id: int) -> str:
        with house.looking() as sight:
            return house.page("honour.html", sight, **_page(sight, round_id))

    @blueprint.post("/honours/<int(max=999999999999):round_id>/ask")
    def honour_asked(round_id: int) -> ResponseReturnValue:
        def ask(sight: Sight, chosen: HonourRound) -> None:
            person = sight.session.get(Person, as_id(field("person")))
            if person is None:
                raise Refused(Refusal.NO_SUCH_PERSON, name="")
            about, meant = field("about", most=120), ticked("nomination")
            honours.ask(sight.session, chosen.id, person, about, nominations=meant, by=sight.person, now=sight.now)

        return _do(round_id, ask, "honour_asked")

    @blueprint.post("/honours/<int(max=999999999999):round_id>/aside/<int(max=999999999999):nomination_id>")
    def honour_put_aside(round_id: int, nomination_id: int) -> ResponseReturnValue:
        def put_aside(sight: Sight, chosen: HonourRound) -> None:
            honours.put_aside(sight.session, chosen.id, nomination_id, now=sight.now)

        return _do(round_id, put_aside, "honour_put_aside")

    @blueprint.post("/honours/<int(max=999999999999):round_id>/call-off")
    def honour_called_off(round_id: int) -> ResponseReturnValue:
        def call_off(sight: Sight, chosen: HonourRound) -> None:
            ballots.call_off(sight.session, chosen.id, now=sight.now)

        return _do(round_id, call_off, "honour_called_off")

    def _do(round_id: int, act: Callable[[Sight, HonourRound], None], done: str) -> ResponseReturnValue:
        def shown(sight: Sight, refused: Refused) -> str:
            return house.page("honour.html", sight, **_page(sight, round_id), fault=_sentence(refused))

        back = url_for(".honour_page", round_id=round_id, done=done)
        return house.carry_out(lambda sight: act(sight, sight.honour_round(round_id)), shown=shown, back=back)


def _sentence(refused: Refused) -> str:
    return words.FAULTS.get(refused.reason) or refusals.sentence(refused)


def _moment(name: str) -> datetime:
    """A moment of a form. Raises Refused(WRONG_DATES)."""
    try:
        return datetime.fromisoformat(field(name, most=16)).replace(tzinfo=CHINA)
    except ValueError as error:
        raise Refused(Refusal.WRONG_DATES) from error


def _group(name: str) -> Group:
    given = field(name, most=20)
    if given not in list(Group):
        raise Refused(Refusal.REASON_MISSING)
    return Group(given)


def _open(sight: Sight) -> HonourRound:
    places = field("places", most=2)
    return honours.open_round(
        sight.session,
        sight.roster_area(field("area", most=12)),
        field("title", most=30),
        nominees=_group("nominees"),
        voters=_group("voters"),
        places=as_id(places),
        votes_from=_moment("votes_from"),
        ends_at=_moment("ends_at"),
        by=sight.person,
        now=sight.now,
    )


def _phase(chosen: HonourRound, now: datetime) -> str:
    if chosen.called_off_at is not None:
        return words.CALLED_OFF
    if chosen.counted_at is not None:
        return words.OVER
    if now >= chosen.ends_at:
        return words.COUNTING
    return words.VOTING if now >= chosen.votes_from else words.NAMING


def _list(sight: Sight) -> dict[str, Any]:
    found = sight.session.execute(
        select(HonourRound, Area.name)
        .join(Area, Area.id == HonourRound.area_id)
        .where(sight.honour_rounds())
        .order_by(HonourRound.id.desc())
        .limit(MOST)
    ).all()
    return {
        "rounds": [(each, area, _phase(each, sight.now)) for each, area in found],
        "places": [(each.id, each.name) for each in sight.roster_areas()],
        "groups": words.GROUPS,
    }


def _page(sight: Sight, round_id: int) -> dict[str, Any]:
    """A round for its desk. Until it is counted nothing here depends on anybody's vote."""
    session, chosen = sight.session, sight.honour_round(round_id)
    naming = chosen.called_off_at is None and sight.now < chosen.votes_from
    wanted = argument("name", most=40)
    named = session.execute(
        select(Nominee, Person)
        .join(Person, Person.id == Nominee.person_id)
        .where(Nominee.round_id == chosen.id, Person.name != "")
    ).all()
    said = session.scalars(
        select(Nomination)
        .where(Nomination.round_id == chosen.id, Nomination.words != "")
        .order_by(Nomination.id.desc())
        .limit(MOST)
    ).all()
    by_sound = sorted(named, key=lambda each: (ballots.by_sound(each[1].name), each[0].id))
    return {
        "chosen": chosen,
        "area": session.get_one(Area, chosen.area_id),
        "phase": _phase(chosen, sight.now),
        "groups": words.GROUPS,
        "naming": naming,
        "live": chosen.called_off_at is None and chosen.counted_at is None,
        "nominees": [(each, person, words.STATES[each.state]) for each, person in by_sound],
        "nominations": [(each, each.nominee_id is not None or each.put_aside_at is not None) for each in said],
        "wanted": wanted,
        "found": honours.may_be_named(session, chosen, wanted, by=sight.person, now=sight.now)
        if wanted and naming
        else [],
        "too_few": chosen.votes is not None and chosen.votes < ballots.FEWEST_TOLD,
        "honoured": ballots.honoured(session, chosen),
    }
