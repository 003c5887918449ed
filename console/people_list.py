"""The people of the administrator's areas as a list: taken along, and brought in after a look at what it would do."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response
from sqlalchemy import select

from console import masks
from console.house import House
from console.lists import add_list
from console.sight import Sight
from console.tables import xlsx_file
from models import sheets
from models.audit import AuditKind
from models.person import Person
from models.upload import UploadKind
from models.uploads import Outcome
from nlp import person_list


def add_people_list(blueprint: Blueprint, house: House) -> None:
    """The page, the file, and what a list does."""

    def page(sight: Sight, fault: str = "") -> str:
        sight.admin_tops()
        return house.page("people.html", sight, roles=list(person_list.ROLES.values()), fault=fault)

    @blueprint.get("/people")
    def people_page() -> str:
        with house.looking() as sight:
            return page(sight)

    add_list(blueprint, house, UploadKind.PEOPLE, _bring, show=page, home="people_page")

    @blueprint.get("/people.xlsx")
    def people_xlsx() -> Response:
        with house.looking() as sight:
            numbers = sight.session.execute(select(Person.id, Person.phone).where(sight.accounts(), Person.phone != ""))
            # Hidden, and left as it is when the list comes back: who needs a number sees it where it is needed.
            hidden = {person_id: masks.phone(phone) for person_id, phone in numbers}
            rows = person_list.table(sight.session, sight.admin_tops(), hidden)
            sight.note(AuditKind.SAW_FILE, "people.xlsx")
            table = sheets.Table("", person_list.HEAD, rows[: sheets.MOST_ROWS])
            return xlsx_file("people.xlsx", [table], now=sight.now)


def _bring(sight: Sight, rows: Sequence[Sequence[str]]) -> Outcome:
    return person_list.bring(sight.session, rows, sight.admin_tops(), now=sight.now)
