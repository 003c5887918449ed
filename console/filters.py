"""Filters that a desk keeps by name: what a list was narrowed to, for everybody who sits there."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from console.house import House, field
from console.tickets import asked_for
from models import noting


def add_filters(blueprint: Blueprint, house: House) -> None:
    """The two buttons."""

    @blueprint.post("/tickets/filters")
    def save_filter() -> ResponseReturnValue:
        asked, name = asked_for(), field("name", most=40)
        with house.doing() as sight:
            if not sight.desk_area_ids:
                raise NotFound
            if name and asked.is_narrowed:
                query = urlencode(asked.query)[:300]
                noting.keep_filter(sight.session, sight.desk_area_ids[0], name, query, by=sight.person, now=sight.now)
        return redirect(f"{url_for('.ticket_list')}?{urlencode({**asked.query, 'done': 'filter_saved'})}", 303)

    @blueprint.post("/tickets/filters/<int(max=999999999999):filter_id>/forget")
    def forget_filter(filter_id: int) -> ResponseReturnValue:
        with house.doing() as sight:
            if not noting.forget_filter(sight.session, filter_id, sight.desk_area_ids):
                raise NotFound
        return redirect(url_for(".ticket_list", done="filter_gone"), 303)
