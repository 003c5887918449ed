"""One's own account: the browsers that are signed in, and the second step of signing in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console import login, second, sessions
from console.house import House, browser, field, viewer
from console.login import LoginFault, LoginRefused
from models import audits
from models.audit import AuditKind
from models.person import Login
from texts import gate as said


def add_account(blueprint: Blueprint, house: House) -> None:
    """The pages of one's own account; they open for whoever has one, with a role or without."""

    def page(fault: str = "", **more: Any) -> ResponseReturnValue:
        who, now = viewer(), house.clock()
        with house.database.reading() as session:
            found = session.get_one(Login, who.login_id)
            browsers = [
                (sessions.handle(each), each, each.token_hash == sessions.digest(who.token))
                for each in sessions.of_login(session, who.login_id, now=now)
            ]
        shown = render_template(
            "account.html",
            **house.frame(),
            browsers=browsers,
            said=said,
            has_second=bool(found.totp_secret),
            codes_left=len(found.recovery),
            fault=said.FAULTS[fault] if fault else "",
            **more,
        )
        return shown, 422 if fault else 200

    def write(kind: AuditKind) -> None:
        who, now = viewer().person_id, house.clock()
        with house.database.transaction() as session:
            audits.write(session, kind, about=f"people/{who}", by_id=who, address=browser().address, now=now)

    def password_fits() -> bool:
        who = viewer()
        try:
            login.check_password(house.database, who.login_id, request.form.get("password", ""))
        except LoginRefused:
            login.count_wrong_password(house.database, who.login_id, now=house.clock(), browser=browser())
            return False
        return True

    @blueprint.get("/account")
    def account() -> ResponseReturnValue:
        return page()

    @blueprint.post("/account/browsers/end")
    def browser_ended() -> ResponseReturnValue:
        who, given = viewer(), field("browser", most=sessions.HANDLE)
        with house.database.transaction() as session:
            if given == "others":
                sessions.end_all(session, who.login_id, but=who.token)
                ended = True
            else:
                ended = sessions.end_one(session, who.login_id, given)
        if ended:
            write(AuditKind.SESSION_ENDED)
        return redirect(url_for(".account", done="browser_ended" if ended else None), 303)

    @blueprint.post("/account/second-step/start")
    def second_started() -> ResponseReturnValue:
        if not password_fits():
            return page(LoginFault.PASSWORD_WRONG)
        secret = second.fresh_secret()
        return page(**_to_scan(house, secret))

    @blueprint.post("/account/second-step/on")
    def second_on() -> ResponseReturnValue:
        who = viewer()
        secret = house.seal.open(who.login_id, request.form.get("sealed", "")[:500])
        if not secret:
            return redirect(url_for(".account"), 303)
        step = second.step_of(secret, field("code", most=20), now=house.clock())
        if step is None:
            return page(LoginFault.CODE_WRONG, **_to_scan(house, secret))
        with house.database.transaction() as session:
            fresh = second.switch_on(
                session.get_one(Login, who.login_id, with_for_update=True), house.seal, secret, step
            )
            # Whoever came in by the password alone comes in again by both.
            sessions.end_all(session, who.login_id, but=who.token)
        write(AuditKind.SECOND_STEP_ON)
        return page(recovery=fresh)

    @blueprint.post("/account/second-step/off")
    def second_off() -> ResponseReturnValue:
        if not password_fits():
            return page(LoginFault.PASSWORD_WRONG)
        with house.database.transaction() as session:
            second.switch_off(session.get_one(Login, viewer().login_id, with_for_update=True))
        write(AuditKind.SECOND_STEP_OFF)
        return redirect(url_for(".account", done="second_off"), 303)


def _to_scan(house: House, secret: str) -> dict[str, Any]:
    # Here and not above: memory that only whoever scans a code has a use for.
    import segno  # noqa: PLC0415

    who = viewer()
    address = second.address(secret, name=who.login_name, site=house.site_name)
    return {
        "picture": segno.make(address, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff"),
        "typed": second.grouped(secret),
        "sealed": house.seal.close(who.login_id, secret),
    }
