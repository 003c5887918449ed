"""How somebody wants to see the pages: by day or by night, and how large; kept in a cookie of their browser."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.house import LOOKS, LOOKS_COOKIE, House, clean, field, inside

A_YEAR = 365 * 24 * 3600


def add_looks(blueprint: Blueprint, house: House) -> None:
    """The switch under every page."""

    @blueprint.post("/looks")
    def looks() -> ResponseReturnValue:
        home = url_for(".home")
        back = inside(clean(request.form.get("back", ""), most=300), home) or home
        response = redirect(back, 303)
        wanted = field("look", most=20)
        if wanted in LOOKS:
            response.set_cookie(
                LOOKS_COOKIE, wanted, max_age=A_YEAR, path=home.rstrip("/") or "/", samesite="Lax", secure=house.secure
            )
        return response
