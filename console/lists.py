"""Lists from Excel that change the settings: first what they would do, then exactly that, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.house import House
from console.sight import Sight
from models import sheets, uploads
from models.upload import UploadKind
from models.uploads import NotTheSame, Outcome
from texts import editing as said

SHOWN = 60
"""Lines of each kind on the page: what is wrong, what is new, what changes."""

Bring = Callable[[Sight, Sequence[Sequence[str]]], Outcome]
"""Carries a list out in the session of the sight. Raises NotFound for whoever may not."""


class _Rehearsed(Exception):
    """Ends a transaction in which a list was only tried; nothing of it is kept."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def add_list(
    blueprint: Blueprint, house: House, kind: UploadKind, bring: Bring, *, show: Callable[[Sight, str], str], home: str
) -> None:
    """The two addresses of one kind of list. `show` is the page at the endpoint `home` with a sentence of what went
    wrong.
    """

    def refused(why: str) -> ResponseReturnValue:
        with house.looking() as sight:
            return show(sight, why), 409

    def uploaded() -> ResponseReturnValue:
        given = request.files.get("file")
        data = given.stream.read(sheets.LARGEST + 1) if given else b""
        with house.looking() as sight:
            bring(sight, ())  # whoever may not edit uploads nothing
        try:
            rows = sheets.read(data)
        except sheets.Unreadable:
            return refused(said.UNREADABLE)
        try:
            # The very same as when it is taken, so that it shows the very same; only that nothing of it stays.
            with house.doing() as sight:
                raise _Rehearsed(bring(sight, rows))
        except _Rehearsed as tried:
            outcome = tried.outcome
        with house.doing() as sight:
            takes = not outcome.wrong and bool(outcome.new or outcome.changed)
            upload = uploads.keep(sight.session, kind, rows, outcome, by=sight.person, now=sight.now) if takes else None
            return house.page(
                "list.html",
                sight,
                kind=kind.value,
                home=home,
                outcome=outcome,
                upload=upload,
                shown=SHOWN,
                said=said,
            )

    def taken(upload_id: int) -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                upload = uploads.take(sight.session, upload_id, kind, by=sight.person, now=sight.now)
                uploads.check(upload, bring(sight, upload.rows["list"]))
        except NotTheSame:
            return refused(said.NOT_THE_SAME)
        return redirect(url_for(f".{home}", done="list"), 303)

    blueprint.post(f"/{kind.value}/sheet", endpoint=f"{kind.value}_sheet")(uploaded)
    blueprint.post(f"/{kind.value}/sheet/<int(max=999999999999):upload_id>/take", endpoint=f"{kind.value}_taken")(taken)
