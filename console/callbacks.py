"""Call-backs (回访): whom to call, and what they said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console.house import House, field, page_number
from console.sight import Sight
from models import callbacks
from models.area import Area
from models.audit import AuditKind
from models.category import Category
from models.errors import Refused
from models.lifecycle import Action
from models.person import Person
from models.result import CallBack, Result
from models.ticket import Ticket, TicketEvent, TicketWords, WordsKind
from texts import figures, services

PAGE_SIZE = 50

NUMBER_SHOWN = timedelta(hours=1)
"""How long a number stays in sight of whoever asked for it."""


def add_call_backs(blueprint: Blueprint, house: House) -> None:
    """The pages of call-backs."""

    @blueprint.get("/call-backs")
    def call_back_list() -> str:
        page = page_number()
        with house.looking() as sight:
            found = callbacks.waiting(sight.session, desk_sight(sight), skip=(page - 1) * PAGE_SIZE, most=PAGE_SIZE + 1)
            asked = select(Person).where(Person.id.in_([ticket.reporter_id for _, ticket in found]))
            reporters = {each.id: each for each in sight.session.scalars(asked)}
            rows = [(call_back, ticket, reporters[ticket.reporter_id]) for call_back, ticket in found[:PAGE_SIZE]]
            return house.page(
                "call_backs.html",
                sight,
                rows=rows,
                categories=sight.categories(),
                tries=callbacks.TRIES,
                page=page,
                more=len(found) > PAGE_SIZE,
            )

    @blueprint.get("/call-backs/<int(max=999999999999):call_back_id>")
    def call_back_page(call_back_id: int) -> str:
        with house.looking() as sight:
            return house.page("call_back.html", sight, **_page(sight, *_found(sight, call_back_id)))

    @blueprint.post("/call-backs/<int(max=999999999999):call_back_id>/phone")
    def call_back_phone(call_back_id: int) -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                call_back, _ = _found(sight, call_back_id)
                callbacks.see_phone(sight.session, call_back, by=sight.person, now=sight.now)
        except Refused as refused:
            return _refused(house, call_back_id, refused)
        return redirect(url_for(".call_back_page", call_back_id=call_back_id), 303)

    @blueprint.post("/call-backs/<int(max=999999999999):call_back_id>")
    def call_back_said(call_back_id: int) -> ResponseReturnValue:
        answer = field("answer", most=12)
        try:
            with house.doing() as sight:
                call_back, _ = _found(sight, call_back_id)
                if answer == "not_reached":
                    callbacks.not_reached(sight.session, call_back, by=sight.person, now=sight.now)
                elif answer in ("1", "2", "3"):
                    callbacks.record(
                        sight.session, call_back, int(answer), field("why"), by=sight.person, now=sight.now
                    )
                else:
                    return house.page(
                        "call_back.html", sight, **_page(sight, *_found(sight, call_back_id)), fault="answer"
                    ), 409
        except Refused as refused:
            return _refused(house, call_back_id, refused)
        return redirect(url_for(".call_back_list", done="called"), 303)


def desk_sight(sight: Sight) -> Any:
    """The tickets on the desk of whoever looks; a department has none here."""
    if not sight.is_desk:
        raise NotFound
    return sight.desk_tickets()


def _refused(house: House, call_back_id: int, refused: Refused) -> ResponseReturnValue:
    with house.looking() as sight:
        values = _page(sight, *_found(sight, call_back_id))
        return house.page("call_back.html", sight, **values, refused=refused, draft=field("why")), 409


def _found(sight: Sight, call_back_id: int) -> tuple[CallBack, Ticket]:
    row = sight.session.execute(
        select(CallBack, Ticket)
        .join(Ticket, Ticket.id == CallBack.ticket_id)
        .where(CallBack.id == call_back_id, desk_sight(sight))
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _page(sight: Sight, call_back: CallBack, ticket: Ticket) -> dict[str, Any]:
    session = sight.session
    seen = session.scalar(
        select(TicketEvent.id)
        .where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.action == Action.SEE_PHONE.value,
            TicketEvent.by_id == sight.person.id,
            TicketEvent.at > sight.now - NUMBER_SHOWN,
        )
        .limit(1)
    )
    if seen is not None:
        sight.note(AuditKind.SAW_PHONE, f"people/{ticket.reporter_id}")
    done = session.scalar(
        select(TicketWords.text)
        .join(TicketEvent, TicketEvent.words_id == TicketWords.id)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.action == Action.FINISH.value)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    report = session.scalar(
        select(TicketWords.text).where(TicketWords.ticket_id == ticket.id, TicketWords.kind == WordsKind.REPORT)
    )
    area = session.get(Area, ticket.area_id) if ticket.area_id else None
    grid = session.get(Person, area.grid_worker_id) if area and area.grid_worker_id else None
    result = session.get_one(Result, call_back.result_id)
    return {
        "call_back": call_back,
        "ticket": ticket,
        "result": result,
        "category": services.matter(
            session.get_one(Category, ticket.category).name, ticket.service, ticket.threat, ticket.kind
        ),
        "reporter": session.get_one(Person, ticket.reporter_id),
        "shows_phone": seen is not None,
        "report": report or "",
        "finished_with": done or "",
        "grid": grid.name if grid else "",
        "tries": callbacks.TRIES,
        "open_still": session.scalar(
            select(CallBack.id)
            .join(Ticket, Ticket.id == CallBack.ticket_id)
            .join(Result, Result.id == CallBack.result_id)
            .where(CallBack.id == call_back.id, callbacks.still_to_ask())
        )
        is not None,
        "figures": figures,
    }
