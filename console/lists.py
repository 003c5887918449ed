"""Lists from and to Excel of what staff edit: taken along as a file; brought in after a look at what they would do, and
then exactly that, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from console.house import House
from console.sight import Sight
from console.tables import xlsx_file
from models import sheets, uploads
from models.audit import AuditKind
from models.upload import UploadKind
from models.uploads import NotTheSame, Outcome
from nlp import lists
from nlp.lists import Listed
from texts import editing as said

SHOWN = 60
"""Lines of each kind on the page: what is wrong, what is new, what changes."""

Open = Callable[[Sight], Listed[Any]]
"""A list as the sight has it. Raises NotFound for whoever may not edit what it is of."""


class _Rehearsed(Exception):
    """Ends a transaction in which a list was only tried; nothing of it is kept."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def add_list(
    blueprint: Blueprint,
    house: House,
    kind: UploadKind,
    open_list: Open,
    *,
    show: Callable[[Sight, str], str],
    home: str,
    here: str = "",
    is_personal: bool = False,
) -> None:
    """The three addresses of one kind of list. `show` is the page at the endpoint `home`, `here` in the menu, with a
    sentence of what went wrong. That somebody takes a list along which `is_personal` is written into the audit.
    """

    def refused(why: str) -> ResponseReturnValue:
        with house.looking() as sight:
            return show(sight, why), 409

    def taken_along() -> Response:
        with house.looking() as sight:
            listed = open_list(sight)
            if is_personal:
                sight.note(AuditKind.SAW_FILE, f"{kind.value}.xlsx")
            head = tuple(column.head for column in listed.columns)
            table = sheets.Table("", head, listed.written(sheets.MOST_ROWS))
            return xlsx_file(f"{kind.value}.xlsx", [table], now=sight.now)

    def rehearse(rows: Sequence[Sequence[str]]) -> Outcome:
        try:
            # The very same as when it is taken, so that it shows the very same; only that nothing of it stays.
            with house.doing() as sight:
                raise _Rehearsed(lists.bring(open_list(sight), rows))
        except _Rehearsed as tried:
            return tried.outcome

    def uploaded() -> ResponseReturnValue:
        given = request.files.get("file")
        data = given.stream.read(sheets.LARGEST + 1) if given else b""
        with house.looking() as sight:
            listed = type(open_list(sight))  # whoever may not edit uploads nothing
        try:
            rows = sheets.read(data)
            outcome = rehearse(rows)
        except sheets.Unreadable:
            return refused(said.UNREADABLE)
        except IntegrityError:
            return refused(said.NOT_THE_SAME)
        with house.doing() as sight:
            takes = outcome.does_something
            upload = uploads.keep(sight.session, kind, rows, outcome, by=sight.person, now=sight.now) if takes else None
            return house.page(
                "list.html",
                sight,
                kind=kind,
                here=here or kind.value,
                home=home,
                heads=lists.heads(listed),
                empty=lists.empty(listed),
                outcome=outcome,
                upload=upload,
                shown=SHOWN,
                said=said,
            )

    def taken(upload_id: int) -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                listed = open_list(sight)
                upload = uploads.take(sight.session, upload_id, kind, by=sight.person, now=sight.now)
                uploads.check(upload, lists.bring(listed, upload.rows["list"]))
        except (NotTheSame, IntegrityError):
            # Somebody was quicker, with another list or on a page.
            return refused(said.NOT_THE_SAME)
        return redirect(url_for(f".{home}", done="list"), 303)

    blueprint.get(f"/{kind.value}.xlsx", endpoint=f"{kind.value}_xlsx")(taken_along)
    blueprint.post(f"/{kind.value}/sheet", endpoint=f"{kind.value}_sheet")(uploaded)
    blueprint.post(f"/{kind.value}/sheet/<int(max=999999999999):upload_id>/take", endpoint=f"{kind.value}_taken")(taken)
