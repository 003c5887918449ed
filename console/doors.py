"""Coming in by WeCom: the company's page shows a picture to scan and names whoever scanned it."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from console import login
from console.house import Door, House, browser
from console.sight import Sight
from models.person import Identity, Login, Person

STATE_COOKIE = "huying_state"
STATE_SECONDS = 600

LONGEST_CODE = 512
"""Bytes, by the platform's page (auth/getuserinfo)."""


def add_doors(
    blueprint: Blueprint,
    house: House,
    entered: Callable[[login.Entered, str], AnyResponse],
    set_cookie: Callable[..., None],
) -> None:
    """The way out to the platform's page and the way back; `entered` lets the browser in."""

    def door_of(key: str) -> Door:
        found = next((door for door in house.doors if door.key == key), None)
        if found is None:
            raise NotFound
        return found

    @blueprint.get("/sign-in/wecom/<key>")
    def wecom_asked(key: str) -> ResponseReturnValue:
        door, state = door_of(key), secrets.token_urlsafe(24)
        back = f"{house.public_url or request.url_root.rstrip('/')}{url_for('.wecom_back', key=key)}"
        response = redirect(door.sign_in_address(back, state), 303)
        set_cookie(response, STATE_COOKIE, state, seconds=STATE_SECONDS)
        return response

    @blueprint.get("/sign-in/wecom/<key>/back")
    def wecom_back(key: str) -> ResponseReturnValue:
        door, code = door_of(key), request.args.get("code", "")
        asked, given = request.cookies.get(STATE_COOKIE, ""), request.args.get("state", "")
        came = None
        # Another browser's way back, sent along as a link, would sign its victim in as somebody else.
        if (
            asked
            and hmac.compare_digest(asked.encode(), given.encode(errors="replace"))
            and 0 < len(code) <= LONGEST_CODE
        ):
            account = door.signed_in(code)
            if account is not None:
                with house.database.transaction() as session:
                    found = _login_of(session, house, key, account)
                    if found is not None:
                        came = login.come_in(session, found, browser(), now=house.clock())
        response = redirect(url_for(".sign_in", done="wecom_refused"), 303) if came is None else entered(came, "")
        set_cookie(response, STATE_COOKIE, "", seconds=0)
        return response


def _login_of(session: Session, house: House, key: str, account: str) -> Login | None:
    """The console account of whoever has this WeCom account and a role that opens something here; made where there is
    none, without a password that would fit.
    """
    person = session.scalar(
        select(Person)
        .join(Identity, Identity.person_id == Person.id)
        .where(Identity.channel == key, Identity.account == account, Person.erased_at.is_(None))
        .options(selectinload(Person.roles))
    )
    if person is None or not Sight(session, person, house.clock()).may_enter:
        return None
    known = session.scalar(select(Login).where(Login.person_id == person.id).order_by(Login.id).limit(1))
    if known is not None:
        return known
    return login.create_without_password(session, person, now=house.clock())
