"""A platform API that takes every message and writes down what it took: `stub.py PORT RECORD [--slow MS]`.

Smaller than the sandbox and without its rules, so that it can witness thousands of sends and never refuses one. Each
line of the record is one send as JSON: the path, and the body as it came; it is written before the sender is answered.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import waitress
from flask import Flask, Response, request

LOCK = threading.Lock()


def make(record: Path, *, slow: float, broken: bool) -> Flask:
    """The API of both platforms; `slow` seconds pass before each answer, `broken` answers every send with a 502."""
    app = Flask("stub")
    lines = record.open("a", encoding="utf-8", buffering=1)

    @app.route("/<platform>/cgi-bin/<path:call>", methods=["GET", "POST"])
    def answer(platform: str, call: str) -> Response:
        if call in ("stable_token", "token", "gettoken"):
            return _json({"errcode": 0, "errmsg": "ok", "access_token": "t" * 40, "expires_in": 7200})
        if broken:
            return Response("<html><body>502 Bad Gateway</body></html>", status=502)
        with LOCK:
            lines.write(json.dumps({"path": urlsplit(request.path).path, "body": request.get_json()}) + "\n")
        time.sleep(slow)
        return _json({"errcode": 0, "errmsg": "ok", "msgid": "1", "response_code": "r"})

    return app


def _json(data: dict[str, object]) -> Response:
    return Response(json.dumps(data), content_type="application/json")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("record", type=Path)
    parser.add_argument("--slow", type=float, default=0.0, help="milliseconds before each answer")
    parser.add_argument("--broken", action="store_true", help="every send is answered with a 502")
    given = parser.parse_args(sys.argv[1:])
    waitress.serve(
        make(given.record, slow=given.slow / 1000, broken=given.broken),
        host="127.0.0.1",
        port=given.port,
        threads=8,
        _quiet=True,
    )
