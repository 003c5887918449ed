"""Who comes in: the check before every page, signing in and out, the password, and the headers of every answer."""

from __future__ import annotations

import hmac
import secrets

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Response as AnyResponse

from console import login
from console.house import House, Viewer, field, inside, viewer, viewer_or_none
from console.login import LoginFault, LoginRefused

COOKIE = "huying_console"
BEFORE_COOKIE = "huying_before"
"""Guards the sign-in form itself, when there is no session yet."""

LARGEST_FORM = 64 * 1024

OPEN_TO_ALL = frozenset({"sign_in", "static"})
"""Everything else needs somebody signed in."""
ALSO_WITH_FIRST_PASSWORD = frozenset({"password", "sign_out"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def add_gate(blueprint: Blueprint, house: House) -> None:
    """Puts the checks before, and the headers on, everything the blueprint answers."""

    def home() -> str:
        return url_for(f"{blueprint.name}.home")

    def set_cookie(response: AnyResponse, name: str, value: str, *, seconds: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=home().rstrip("/") or "/",
            httponly=True,
            samesite="Lax",
            secure=house.secure,
        )

    def forget_cookie(response: AnyResponse, name: str) -> None:
        set_cookie(response, name, "", seconds=0)

    @blueprint.before_request
    def check() -> ResponseReturnValue | None:
        request.max_content_length = LARGEST_FORM
        endpoint = (request.endpoint or "").rpartition(".")[2]
        token = request.cookies.get(COOKIE, "")
        if token and endpoint != "static":
            with house.database.reading() as session:
                found = login.signed_in(session, token, now=house.clock())
                if found is not None:
                    g.console_viewer = Viewer(
                        login_id=found.login_id,
                        login_name=found.login.name,
                        person_id=found.login.person_id,
                        csrf=found.csrf,
                        must_change=found.login.must_change,
                        token=token,
                    )
        who = viewer_or_none()
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            expected = who.csrf if who else request.cookies.get(BEFORE_COOKIE, "")
            if endpoint == "sign_in":
                expected = request.cookies.get(BEFORE_COOKIE, "")
            given = request.form.get("csrf", "")
            if not expected or not hmac.compare_digest(expected.encode(), given.encode(errors="replace")):
                if who is None and endpoint != "sign_in":
                    return to_sign_in()
                raise BadRequest("csrf")
        if endpoint in OPEN_TO_ALL:
            return None
        if who is None:
            return to_sign_in()
        if who.must_change and endpoint not in ALSO_WITH_FIRST_PASSWORD:
            return redirect(url_for(".password"))
        return None

    def to_sign_in() -> ResponseReturnValue:
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        if request.headers.get("HX-Request"):
            # A fragment must not become a sign-in form inside a list.
            return Response(status=401, headers={"HX-Redirect": url_for(".sign_in")})
        return redirect(url_for(".sign_in", next=None if wanted == home() else wanted))

    @blueprint.after_request
    def headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if (request.endpoint or "").rpartition(".")[2] != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    @blueprint.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        if error.response is not None:
            return error.response
        return render_template("wrong.html", **house.frame(), code=error.code), error.code

    @blueprint.route("/sign-in", methods=["GET", "POST"])
    def sign_in() -> ResponseReturnValue:
        wanted = inside(request.values.get("next", ""), home())
        if request.method == "POST":
            now = house.clock()
            token = login.sign_in(house.database, field("name", most=40), request.form.get("password", ""), now=now)
            if token is not None:
                old = request.cookies.get(COOKIE)
                if old:
                    with house.database.transaction() as session:
                        login.sign_out(session, old)
                response = redirect(wanted or home(), 303)
                set_cookie(response, COOKIE, token, seconds=login.SESSION_HOURS * 3600)
                forget_cookie(response, BEFORE_COOKIE)
                return response
        elif viewer_or_none() is not None:
            return redirect(wanted or home())
        before = request.cookies.get(BEFORE_COOKIE) or secrets.token_urlsafe(24)
        shown = Response(
            render_template(
                "sign_in.html",
                **house.frame(),
                csrf=before,
                wanted=wanted,
                failed=request.method == "POST",
                name=field("name", most=40),
            ),
            status=422 if request.method == "POST" else 200,
        )
        set_cookie(shown, BEFORE_COOKIE, before, seconds=3600)
        return shown

    @blueprint.post("/sign-out")
    def sign_out() -> ResponseReturnValue:
        with house.database.transaction() as session:
            login.sign_out(session, viewer().token)
        response = redirect(url_for(".sign_in", done="signed_out"), 303)
        forget_cookie(response, COOKIE)
        return response

    @blueprint.route("/password", methods=["GET", "POST"])
    def password() -> ResponseReturnValue:
        fault: str = ""
        if request.method == "POST":
            who, new = viewer(), request.form.get("new", "")
            try:
                if new != request.form.get("again", ""):
                    fault = "password_differs"
                else:
                    login.change_password(
                        house.database, who.login_id, request.form.get("old", ""), new, token=who.token
                    )
                    return redirect(url_for(".home", done="password"), 303)
            except LoginRefused as refused:
                fault = refused.fault.value
                if refused.fault is LoginFault.PASSWORD_WRONG:
                    # Whoever sits at somebody else's open browser does not get to guess.
                    locked = login.count_wrong_password(house.database, who.login_id, now=house.clock())
                    if locked:
                        return redirect(url_for(".sign_in"), 303)
        page = render_template("password.html", **house.frame(), fault=fault, shortest=login.SHORTEST_PASSWORD)
        return page, 422 if fault else 200
