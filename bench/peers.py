"""The peers as programs: `peers.py werobot|werobot_alone|wechatpy PORT`, the secrets from the environment."""

from __future__ import annotations

import os
import sys

import waitress
from flask import Flask, Response, request
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import TextReply
from wechatpy.utils import check_signature
from werobot import WeRoBot

TOKEN, AES_KEY, APP_ID = (os.environ[f"BENCH_{name}"] for name in ("TOKEN", "AES_KEY", "APP_ID"))


def _robot() -> WeRoBot:
    """An echo with the session that WeRoBot keeps when nothing is said about it."""
    robot = WeRoBot(token=TOKEN, app_id=APP_ID, encoding_aes_key=AES_KEY)

    @robot.text
    def echo(message: object, session: dict[str, object]) -> str:
        return str(message.content)  # type: ignore[attr-defined]

    return robot


def werobot(port: int) -> None:
    """WeRoBot's own way: `run` with the server it chooses."""
    _robot().run(host="127.0.0.1", port=port, enable_pretty_logging=False)


def werobot_alone(port: int) -> None:
    """WeRoBot on one thread: its default session is one SQLite connection, which fails under several."""
    waitress.serve(_robot().wsgi, host="127.0.0.1", port=port, threads=1, _quiet=True)


def wechatpy(port: int) -> None:
    """A view of a dozen lines, as wechatpy's own example has it, on as many threads as Huying."""
    app = Flask("echo")
    crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)

    @app.post("/wechat/official")
    def echo() -> Response:
        timestamp, nonce = request.args["timestamp"], request.args["nonce"]
        check_signature(TOKEN, request.args["signature"], timestamp, nonce)
        plain = crypto.decrypt_message(request.get_data(), request.args["msg_signature"], timestamp, nonce)
        message = parse_message(plain)
        reply = TextReply(content=message.content, message=message)
        return Response(crypto.encrypt_message(reply.render(), nonce, timestamp), content_type="text/xml")

    waitress.serve(app, host="127.0.0.1", port=port, threads=8, _quiet=True)


if __name__ == "__main__":
    {"werobot": werobot, "werobot_alone": werobot_alone, "wechatpy": wechatpy}[sys.argv[1]](int(sys.argv[2]))
