"""The sandbox as a web application: everything is built here once, and served by waitress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import waitress
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox import phones, platform_official, platform_wecom
from sandbox.api import resettable
from sandbox.callbacks import Callbacks
from sandbox.config import Kind, SandboxConfig
from sandbox.state import World

BODY_LIMIT = 24 * 1024 * 1024
"""Bytes of one request: a 10 MB photo in base64, or a 20 MB file."""


def utc_now() -> datetime:
    """The clock of a sandbox that nobody gave another one."""
    return datetime.now(UTC)


def create_sandbox(config: SandboxConfig, clock: Callable[[], datetime] = utc_now) -> Flask:
    """The pretend platform; its state is in `app.extensions["sandbox"]`."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    world = World(config, clock)
    callbacks = Callbacks(world)
    app.extensions["sandbox"] = world
    for account in config.accounts:
        if account.kind is Kind.OFFICIAL:
            app.register_blueprint(platform_official.blueprint(world, account, callbacks))
    wecom = [account for account in config.accounts if account.kind is not Kind.OFFICIAL]
    if wecom:
        app.register_blueprint(platform_wecom.blueprint(world, wecom, callbacks))
    app.register_blueprint(phones.blueprint(world, callbacks))

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.name), error.code or 500

    @app.after_request
    def guarded(response: Response) -> Response:
        if request.path == "/":
            response.headers["Content-Security-Policy"] = (
                "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; frame-ancestors 'none'"
            )
            response.headers["Cache-Control"] = "no-store"
        return response

    app.wsgi_app = resettable(app.wsgi_app)  # type: ignore[method-assign]
    return app


def serve(config: SandboxConfig, host: str = "127.0.0.1", port: int = 8081, *, threads: int = 32) -> None:
    """Serves the sandbox until the process is told to stop."""
    if not config.public_url:
        config = replace(config, public_url=f"http://{host}:{port}")
    app = create_sandbox(config)
    try:
        waitress.serve(
            app,
            host=host,
            port=port,
            threads=threads,
            connection_limit=400,
            backlog=1024,
            max_request_body_size=BODY_LIMIT,
            channel_timeout=60,
            ident=None,
        )
    finally:
        app.extensions["sandbox"].closing.set()
