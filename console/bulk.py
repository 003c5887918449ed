"""One button for several tickets: each is done by itself, and each has a line that says what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from console.actions import LOCK_SEVERAL, PERFORM, Doing, FormMisfit
from console.house import House, clean, field
from models import transitions
from models.errors import Refusal, Refused
from models.lifecycle import Action
from texts import console as words

AT_ONCE = (Action.HOLD, Action.ASSIGN, Action.CORRECT, Action.MERGE)
"""Whoever is sent to a resident is chosen for each ticket by itself: dispatch is not among them."""

MOST = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one ticket; `why` is empty where it was done."""

    number: str
    why: str = ""


def add_bulk(blueprint: Blueprint, house: House) -> None:
    """The button, and the page that tells what it did."""

    @blueprint.post("/tickets/bulk")
    def bulk() -> ResponseReturnValue:
        given = field("action", most=20)
        if given not in {each.value for each in AT_ONCE}:
            raise NotFound
        chosen = list(dict.fromkeys(clean(each, most=40) for each in request.form.getlist("ticket")))[:MOST]
        if not chosen:
            return redirect(url_for(".ticket_list", done="none_chosen"), 303)
        outcomes = [_do(house, Action(given), each) for each in chosen]
        with house.looking() as sight:
            return house.page("bulk.html", sight, action=given, outcomes=outcomes)


def _do(house: House, action: Action, chosen: str) -> Outcome:
    number, _, version = chosen.partition(":")
    try:
        with house.doing() as sight:
            ticket = sight.ticket(number)
            if action not in LOCK_SEVERAL:
                ticket = transitions.lock(sight.session, ticket.id)
            if str(ticket.version) != version:
                raise Refused(Refusal.CHANGED, number=ticket.short)
            if action not in transitions.allowed_actions(sight.session, ticket, sight.person):
                raise Refused(Refusal.WRONG_STATE, number=ticket.short, state=ticket.state)
            PERFORM[action](Doing(sight, ticket, house.undo_hours))
    except Refused as refused:
        return Outcome(number, words.CHANGED_SINCE if refused.reason is Refusal.CHANGED else words.refusal(refused))
    except FormMisfit as unfit:
        return Outcome(number, words.fault(unfit.misfit.value))
    except NotFound:
        return Outcome(number[:20], words.OUT_OF_SIGHT)
    return Outcome(number)
