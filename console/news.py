"""People who want to be called: their news, each told by telephone, and who they are."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console import callers
from console.house import FormMisfit, House, field, page_number, sentence
from console.people import PAGE_SIZE, notices
from console.sight import Sight
from models import callbacks
from models.audit import AuditKind
from models.errors import Refused
from models.person import Person
from texts import counter as said

ID = "<int(max=999999999999):{}>"


def add_news(blueprint: Blueprint, house: House) -> None:
    """The list, and what its buttons do."""

    def page(sight: Sight, *, fault: str = "") -> str:
        sight.at_desk()
        number = page_number()
        found = notices(sight, sight.news_to_call(), number)
        rows = []
        for notice, person, ticket in found[:PAGE_SIZE]:
            told = house.means.notice_words(sight.session, notice, sight.now)
            sight.note(AuditKind.SAW_PHONE, f"people/{person.id}")
            rows.append((notice, person, ticket, told))
        wanted = select(Person).where(sight.called_people()).order_by(Person.name, Person.id).limit(PAGE_SIZE * 4)
        people = sight.session.scalars(wanted).all()
        return house.page(
            "news.html",
            sight,
            rows=rows,
            page=number,
            more=len(found) > PAGE_SIZE,
            people=people,
            fault=fault,
            draft={"phone": field("phone", most=20)},
        )

    def shown(sight: Sight, fault: FormMisfit | Refused) -> str:
        return page(sight, fault=sentence(fault, said.FAULTS))

    @blueprint.get("/call-backs/news")
    def news_list() -> str:
        with house.looking() as sight:
            return page(sight)

    @blueprint.post(f"/call-backs/news/{ID.format('notice_id')}/told")
    def news_told(notice_id: int) -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                asked = callbacks.told_by_call(
                    sight.session, sight.one_to_call(notice_id), by=sight.person, now=sight.now
                )
                call_back_id = asked.id if asked is not None else None
        except Refused as refused:
            with house.looking() as sight:
                return shown(sight, refused), 409
        if call_back_id is not None:
            # They are on the telephone: what they think of it is asked now.
            return redirect(url_for(".call_back_page", call_back_id=call_back_id, done="called_news"), 303)
        return redirect(url_for(".news_list", done="called_news"), 303)

    def wants(sight: Sight) -> None:
        sight.at_desk()
        there = callers.known(sight, callers.phone())
        if not there:
            raise FormMisfit("nobody")
        for each in there:
            each.by_phone = True

    @blueprint.post("/call-backs/people")
    def calls_wanted() -> ResponseReturnValue:
        return house.carry_out(wants, shown=shown, back=url_for(".news_list", done="prefers_calls"))

    @blueprint.post(f"/call-backs/people/{ID.format('person_id')}/stop")
    def calls_stopped(person_id: int) -> ResponseReturnValue:
        def stop(sight: Sight) -> None:
            sight.called_person(person_id).by_phone = False

        return house.carry_out(stop, shown=shown, back=url_for(".news_list", done="prefers_chat"))
