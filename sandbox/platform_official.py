"""The Official Account platform's API over HTTP: finds the call, asks whether the account may, counts, and runs it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from sandbox.api import Refused
from sandbox.callbacks import Callbacks
from sandbox.config import Account
from sandbox.official.desk import Answer, Call, Desk
from sandbox.official.table import table
from sandbox.state import World

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_WRONG_METHOD = {"GET": 43001, "POST": 43002}
_UNKNOWN = Call(lambda: {}, token=False)


def blueprint(world: World, account: Account, callbacks: Callbacks) -> Blueprint:
    """The routes of the account's API under its base path."""
    desk = Desk(world, account, callbacks)
    calls = table(desk)
    routes = Blueprint("official", __name__, url_prefix=account.base_path)

    def view(path: str = "") -> Response:
        call = calls.get(path, _UNKNOWN)

        def run() -> Answer:
            if call is _UNKNOWN:
                raise Refused(40066)
            method = "GET" if request.method == "HEAD" else request.method
            if method not in ((call.method,) if call.method else ("GET", "POST")):
                raise Refused(_WRONG_METHOD.get(call.method, 43002))
            if account.abilities not in call.needs:
                raise Refused(call.refusal)
            if call.daily is not None:
                desk.platform.quota.use(path, call.daily)
            return call.run()

        return desk.platform.answer(run, token=call.token, plain_errors=call.plain_errors)

    for rule in ("/", "/<path:path>"):
        routes.add_url_rule(rule, "call", view, methods=_METHODS, provide_automatic_options=False)

    @routes.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> Response:
        return jsonify(desk.platform.refusal(Refused(45001)))

    return routes
