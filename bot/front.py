"""The bare address: what this is, for whoever types it, and the way in for staff."""

from __future__ import annotations

from flask import Blueprint, url_for
from markupsafe import Markup

from bot import public
from texts import front


def front_page(site_name: str) -> Blueprint:
    """The page, to be mounted at the root; it asks no database, and says the same to everybody."""
    pages = Blueprint("front", __name__)
    public.guard(pages)

    @pages.get("/")
    def home() -> str:
        way_in = Markup('<p><a href="{}">{}</a></p>').format(url_for("console.ticket_list"), front.STAFF)
        return public.plain(site_name, front.what(site_name), way_in)

    return pages
