"""Ready answers (常用的话): what a desk often says in handed-over chats."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from console.house import FormMisfit, House, as_id, field, page_number, sentence
from console.lists import add_list
from console.places import lie_in
from console.sight import Sight
from models.area import Area
from models.desktop import ReadyAnswer
from models.errors import Refused
from models.upload import UploadKind
from nlp.ready_list import LONGEST, MOST, ReadyList
from texts import counter as said

MOST_IN_CHAT = 2 * MOST
"""Beside a chat: those of two areas, however many there are around."""

ID = "<int(max=999999999999):answer_id>"


def in_chat(sight: Sight) -> tuple[Sequence[ReadyAnswer], bool]:
    """What the viewer may say, their own desk's first, and whether the page has more."""
    found = _found(sight, most=MOST_IN_CHAT + 1)
    return found[:MOST_IN_CHAT], len(found) > MOST_IN_CHAT


def _found(sight: Sight, *, most: int, skip: int = 0) -> Sequence[ReadyAnswer]:
    own = ReadyAnswer.area_id.in_(sight.desk_area_ids)
    query = select(ReadyAnswer).where(sight.ready_answers()).order_by(own.desc(), ReadyAnswer.id)
    return sight.session.scalars(query.offset(skip).limit(most)).all()


def add_ready(blueprint: Blueprint, house: House) -> None:
    """The page, and what its buttons do."""

    def page(sight: Sight, *, fault: str = "") -> str:
        number = page_number()
        found = _found(sight, most=MOST + 1, skip=(number - 1) * MOST)
        shown = found[:MOST]
        areas = sight.roster_areas()
        return house.page(
            "ready.html",
            sight,
            rows=[(each, any(each.area_id == area.id for area in areas)) for each in shown],
            areas=areas,
            area_names=sight.area_names({each.area_id for each in shown}),
            page=number,
            more=len(found) > MOST,
            most=MOST,
            fault=fault,
            draft={"text": field("text", most=LONGEST)} if fault else {},
        )

    def refused(sight: Sight, fault: FormMisfit | Refused) -> str:
        return page(sight, fault=sentence(fault, said.FAULTS))

    def text() -> str:
        found = field("text", most=LONGEST)
        if not found:
            raise FormMisfit("ready")
        return found

    @blueprint.get("/chats/ready")
    def ready_list() -> str:
        with house.looking() as sight:
            return page(sight)

    def listed(sight: Sight) -> ReadyList:
        among = {each.id for each in sight.roster_areas()}
        return ReadyList(sight.session, among, by=sight.person, now=sight.now)

    add_list(
        blueprint,
        house,
        UploadKind.READY,
        listed,
        show=lambda sight, why: page(sight, fault=why),
        home="ready_list",
        here="chats",
    )

    @blueprint.post("/chats/ready")
    def ready_added() -> ResponseReturnValue:
        def add(sight: Sight) -> None:
            sight.at_desk()
            area = sight.session.get(Area, as_id(field("area", most=12)))
            if area is None or not lie_in([area], sight.desk_paths):
                raise FormMisfit("area")
            there = select(func.count(ReadyAnswer.id)).where(ReadyAnswer.area_id == area.id)
            if (sight.session.scalar(there) or 0) >= MOST:
                raise FormMisfit("ready_many")
            sight.session.add(ReadyAnswer(area_id=area.id, text=text(), by_id=sight.person.id, changed_at=sight.now))

        return house.carry_out(add, shown=refused, back=url_for(".ready_list", done="ready"))

    @blueprint.post(f"/chats/ready/{ID}")
    def ready_changed(answer_id: int) -> ResponseReturnValue:
        def change(sight: Sight) -> None:
            found = sight.ready_answer(answer_id, own=True)
            if field("remove", most=1):
                sight.session.delete(found)
                return
            found.text, found.by_id, found.changed_at = text(), sight.person.id, sight.now

        return house.carry_out(change, shown=refused, back=url_for(".ready_list", done="ready"))
