"""People who wait for the desk: those who want to join in, and those the bot could not reach."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import selectinload

from console.house import House, field, page_number
from console.sight import Sight
from models import areas, outboxes
from models.audit import AuditKind
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person, Role, RoleStatus
from models.ticket import Ticket

PAGE_SIZE = 50


def notices(sight: Sight, where: ColumnElement[bool], page: int) -> Sequence[Row[Notice, Person, Ticket]]:
    """What people are told, a page of it and one more, with the person, and the ticket where there is one."""
    return sight.session.execute(
        select(Notice, Person, Ticket)
        .join(Person, Person.id == Notice.person_id)
        .outerjoin(Ticket, Ticket.id == Notice.ticket_id)
        .where(where)
        .order_by(Notice.id)
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()


def add_people(blueprint: Blueprint, house: House) -> None:
    """The pages about people."""

    @blueprint.get("/registrations")
    def registrations() -> str:
        page = page_number()
        with house.looking() as sight:
            sight.at_desk()
            found = sight.session.scalars(
                select(Role)
                .where(sight.registrations())
                .order_by(Role.id)
                .offset((page - 1) * PAGE_SIZE)
                .limit(PAGE_SIZE + 1)
                .options(selectinload(Role.person).selectinload(Person.skills))
            ).all()
            names = areas.full_names(sight.session, {role.area_id for role in found})
            rows = [(role, names[role.area_id]) for role in found[:PAGE_SIZE]]
            for role, _ in rows:
                sight.note(AuditKind.SAW_REGISTRATION, f"people/{role.person_id}")
            return house.page("registrations.html", sight, rows=rows, page=page, more=len(found) > PAGE_SIZE)

    @blueprint.post("/registrations/<int(max=999999999999):role_id>/<any(confirm, decline):answer>")
    def registration_answer(role_id: int, answer: str) -> ResponseReturnValue:
        with house.doing() as sight:
            role = sight.registration(role_id)
            confirmed = answer == "confirm"
            role.status = RoleStatus.ACTIVE if confirmed else RoleStatus.ENDED
            if confirmed:
                role.person.minor = bool(field("minor", most=1))
            outboxes.tell(
                sight.session,
                NoticeKind.REGISTERED,
                role.person_id,
                now=sight.now,
                data={"role": role.kind.value, "area": role.area_id, "confirmed": confirmed, "by": sight.person.id},
            )
        return redirect(url_for(".registrations", done=answer), 303)

    @blueprint.get("/unreached")
    def unreached() -> str:
        page = page_number()
        with house.looking() as sight:
            sight.at_desk()
            found = notices(sight, sight.unreached(), page)
            for _, person, _ in found[:PAGE_SIZE]:
                sight.note(AuditKind.SAW_PHONE, f"people/{person.id}")
            return house.page("unreached.html", sight, rows=found[:PAGE_SIZE], page=page, more=len(found) > PAGE_SIZE)

    @blueprint.post("/unreached/<int(max=999999999999):notice_id>/told")
    def told(notice_id: int) -> ResponseReturnValue:
        with house.doing() as sight:
            notice = sight.unreached_notice(notice_id)
            notice.state = NoticeState.DROPPED
            notice.sent_at, notice.sent_by = sight.now, f"phone:{sight.person.id}"
        return redirect(url_for(".unreached", done="told"), 303)
