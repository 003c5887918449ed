"""What colleagues at one desk tell each other on a ticket's page: who has it open, and lines that only they read."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console.house import House, field
from console.tickets import VERSION, stamp
from models import noting
from models.desktop import Presence
from texts import console as words


def add_colleagues(blueprint: Blueprint, house: House) -> None:
    """What an open page says of itself every two seconds, and the button below the notes."""

    @blueprint.post("/tickets/<number>/pulse")
    def ticket_pulse(number: str) -> ResponseReturnValue:
        with house.looking() as sight:
            ticket = sight.ticket(number)
            others = noting.lookers(sight.session, ticket, but=sight.person, now=sight.now)
            said = sight.session.scalar(
                select(Presence.seen_at).where(Presence.ticket_id == ticket.id, Presence.person_id == sight.person.id)
            )
            shown = stamp(sight, ticket)
            is_due = said is None or sight.now - said >= noting.AGAIN
        if is_due:
            with house.doing(by_itself=True) as sight:
                noting.look_at(sight.session, sight.ticket(number), by=sight.person, now=sight.now)
        return words.also_here(others), 200, {VERSION: shown, "Content-Type": "text/plain; charset=utf-8"}

    @blueprint.post("/tickets/<number>/desk-notes")
    def ticket_note(number: str) -> ResponseReturnValue:
        text = field("note", most=1000)
        with house.doing() as sight:
            ticket = sight.ticket(number)
            if not sight.on_desk(ticket):
                raise NotFound
            if text:
                noting.note(sight.session, ticket, text, by=sight.person, now=sight.now)
        return redirect(url_for(".ticket_page", number=number, done="noted" if text else None, _anchor="notes"), 303)
