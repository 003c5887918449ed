"""The people of the administrator's areas as a list: taken along, and brought in after a look at what it would do."""

from __future__ import annotations

from flask import Blueprint

from console.house import House
from console.lists import add_list
from console.sight import Sight, mask_phone
from models.upload import UploadKind
from nlp.person_list import ROLES, PersonList


def add_people_list(blueprint: Blueprint, house: House) -> None:
    """The page, the file, and what a list does."""

    def page(sight: Sight, fault: str = "") -> str:
        sight.admin_tops()
        return house.page("people.html", sight, roles=list(ROLES.values()), fault=fault)

    @blueprint.get("/people")
    def people_page() -> str:
        with house.looking() as sight:
            return page(sight)

    add_list(
        blueprint,
        house,
        UploadKind.PEOPLE,
        # Hidden, and left as it is when the list comes back: who needs a number sees it where it is needed.
        lambda sight: PersonList(sight.session, sight.admin_tops(), now=sight.now, hide=mask_phone),
        show=page,
        home="people_page",
        here="accounts",
        is_personal=True,
    )
