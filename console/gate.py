"""Who comes in: the check before every page, signing in and out, the password, and the headers of every answer."""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Response as AnyResponse

from console import login, sessions
from console.counter import LARGEST_PHOTO, MOST_PHOTOS
from console.doors import add_doors
from console.house import House, Viewer, browser, field, inside, viewer, viewer_or_none
from console.login import LoginFault, LoginRefused
from models import geojson, sheets
from models.upload import UploadKind

COOKIE = "huying_console"
BEFORE_COOKIE = "huying_before"
"""Guards the sign-in form itself, when there is no session yet."""

SECOND_COOKIE = "huying_second"
"""Stands for a right password whose code is still asked for."""

LARGEST_FORM = 64 * 1024
LARGER_FORMS = (
    dict.fromkeys((f"{kind.value}_sheet" for kind in UploadKind), sheets.LARGEST + LARGEST_FORM)
    | {"counter_taken": MOST_PHOTOS * LARGEST_PHOTO + LARGEST_FORM}
    # What is sent within a form is written longer than it is.
    | dict.fromkeys(("outline_file", "outlines_taken", "outline_drawn"), 3 * geojson.LARGEST)
)
"""Pages to which a file is sent."""

OPEN_TO_ALL = frozenset({"sign_in", "second_step", "wecom_asked", "wecom_back", "static"})
"""Everything else needs somebody signed in."""
BEFORE_SIGNING_IN = frozenset({"sign_in", "second_step"})
"""The forms that have a secret word of their own, whoever is signed in."""
ALSO_WITH_FIRST_PASSWORD = frozenset({"password", "sign_out"})

POLICY, PICTURES = "Content-Security-Policy", "img-src 'self' data:"
HEADERS = {
    POLICY: (
        f"default-src 'self'; {PICTURES}; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

BEHIND_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}


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
        endpoint = (request.endpoint or "").rpartition(".")[2]
        request.max_content_length = LARGEST_FORM
        token, now = request.cookies.get(COOKIE, ""), house.clock()
        if token and endpoint != "static":
            with house.database.reading() as session:
                found = sessions.find(session, token, now=now)
                if found is not None:
                    g.console_viewer = Viewer(
                        login_id=found.login_id,
                        login_name=found.login.name,
                        person_id=found.login.person_id,
                        csrf=found.csrf,
                        must_change=found.login.must_change,
                        token=token,
                    )
            if found is not None and _is_click() and sessions.is_stale(found, now=now):
                with house.database.transaction() as session:
                    sessions.note_click(session, token, browser(), now=now)
        who = viewer_or_none()
        if who is not None:
            # Nothing large is read for whoever is not signed in.
            request.max_content_length = LARGER_FORMS.get(endpoint, LARGEST_FORM)
            if endpoint in LARGER_FORMS:
                request.max_form_memory_size = request.max_content_length
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            expected = who.csrf if who else request.cookies.get(BEFORE_COOKIE, "")
            if endpoint in BEFORE_SIGNING_IN:
                expected = request.cookies.get(BEFORE_COOKIE, "")
            given = request.form.get("csrf", "")
            if not expected or not hmac.compare_digest(expected.encode(), given.encode(errors="replace")):
                if who is None and endpoint not in BEFORE_SIGNING_IN:
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
        if g.get("console_hosts"):
            response.headers.setdefault(
                POLICY, HEADERS[POLICY].replace(PICTURES, " ".join([PICTURES, *g.console_hosts]))
            )
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        for name, value in BEHIND_HTTPS.items() if house.secure else ():
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

    def entered(came: login.Entered, wanted: str) -> AnyResponse:
        """The browser in, or before the second step. Whatever session it brought along is over."""
        old = request.cookies.get(COOKIE)
        if old:
            with house.database.transaction() as session:
                sessions.end(session, old)
        if came.half:
            response = redirect(url_for(".second_step", next=wanted or None), 303)
            set_cookie(response, SECOND_COOKIE, came.token, seconds=sessions.SECOND_STEP_MINUTES * 60)
            forget_cookie(response, COOKIE)
            return response
        response = redirect(wanted or home(), 303)
        set_cookie(response, COOKIE, came.token, seconds=sessions.SESSION_HOURS * 3600)
        forget_cookie(response, BEFORE_COOKIE)
        forget_cookie(response, SECOND_COOKIE)
        return response

    def form_before(template: str, **values: Any) -> Response:
        """A form for somebody who is not signed in, with its secret word."""
        before = request.cookies.get(BEFORE_COOKIE) or secrets.token_urlsafe(24)
        failed = request.method == "POST"
        page = render_template(template, **house.frame(), csrf=before, failed=failed, **values)
        shown = Response(page, status=422 if failed else 200)
        set_cookie(shown, BEFORE_COOKIE, before, seconds=3600)
        return shown

    @blueprint.route("/sign-in", methods=["GET", "POST"])
    def sign_in() -> ResponseReturnValue:
        wanted, name = inside(request.values.get("next", ""), home()), field("name", most=40)
        if request.method == "POST":
            password = request.form.get("password", "")
            came = login.sign_in(house.database, name, password, now=house.clock(), browser=browser())
            if came is not None:
                return entered(came, wanted)
        elif viewer_or_none() is not None:
            return redirect(wanted or home())
        return form_before("sign_in.html", wanted=wanted, name=name, doors=[door.key for door in house.doors])

    @blueprint.route("/second-step", methods=["GET", "POST"])
    def second_step() -> ResponseReturnValue:
        wanted, half, now = (
            inside(request.values.get("next", ""), home()),
            request.cookies.get(SECOND_COOKIE),
            house.clock(),
        )
        with house.database.reading() as session:
            waits = sessions.find(session, half or "", now=now, half=True) is not None
        if half is None or not waits:
            return redirect(url_for(".sign_in", next=wanted or None), 303)
        if request.method == "POST":
            said = field("code", most=20)
            token = login.second_step(house.database, half, said, house.seal, now=now, browser=browser())
            if token is not None:
                return entered(login.Entered(token, half=False), wanted)
        return form_before("second_step.html", wanted=wanted)

    add_doors(blueprint, house, entered, set_cookie)

    @blueprint.post("/sign-out")
    def sign_out() -> ResponseReturnValue:
        with house.database.transaction() as session:
            login.sign_out(session, viewer().token, now=house.clock(), browser=browser())
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
                    token = login.change_password(
                        house.database,
                        who.login_id,
                        request.form.get("old", ""),
                        new,
                        now=house.clock(),
                        browser=browser(),
                    )
                    response = redirect(url_for(".home", done="password"), 303)
                    set_cookie(response, COOKIE, token, seconds=sessions.SESSION_HOURS * 3600)
                    return response
            except LoginRefused as refused:
                fault = refused.fault.value
                if refused.fault is LoginFault.PASSWORD_WRONG:
                    # Whoever sits at somebody else's open browser does not get to guess.
                    locked = login.count_wrong_password(
                        house.database, who.login_id, now=house.clock(), browser=browser()
                    )
                    if locked:
                        return redirect(url_for(".sign_in"), 303)
        page = render_template("password.html", **house.frame(), fault=fault, shortest=login.SHORTEST_PASSWORD)
        return page, 422 if fault else 200


def _is_click() -> bool:
    """Whether a person asked, and not a page that freshens by itself: an open page keeps nobody signed in."""
    return not request.headers.get("HX-Request")
