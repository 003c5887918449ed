"""The log: structured lines on the standard error, about what happened and never about what anybody wrote."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from bot.settings import Log, LogFormat

HIDDEN = "[hidden]"

# Fields that would carry what a person wrote, who they are, or a secret. They are hidden whoever logs them, because a
# log is copied to places where none of this may go.
_PRIVATE = frozenset(
    {
        *(
            "text",
            "words",
            "body",
            "reply",
            "message",
            "content",
            "plaintext",
            "caption",
            "recognition",
            "xml",
            "payload",
        ),
        *("phone", "room", "address", "name", "nickname", "sender", "openid", "userid", "account", "touser"),
        *("token", "secret", "app_secret", "corpsecret", "access_token", "encoding_aes_key", "secret_key", "password"),
        *("authorization", "cookie", "signature", "msg_signature", "nonce", "echostr", "response_code", "code"),
    }
)
_SECRET_IN_WORDS = re.compile(r"(?i)\b(access_token|secret|corpsecret|app_secret|token|password|code)=[^&\s'\"]+")


def configure(log: Log) -> None:
    """Sends our lines and every library's to the standard error in one form; called once, as a process starts."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        hide_private,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            # Lines of libraries, which were not born structured.
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(log.format)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log.level.upper())
    # These tell every request, its address and the tokens in it included, or every step of a task.
    for talkative in ("urllib3", "requests", "wechatpy", "apscheduler", "werkzeug", "alembic", "uvicorn"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    # It warns that two workers share a broker, each with its own queue (bot.tasks).
    logging.getLogger("dramatiq.broker").setLevel(logging.ERROR)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A module's logger: `log = logger(__name__)`, then `log.info("notice sent", notice=notice.id, way=way)`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Every line written inside the block, by whatever module, carries these fields: `with bound(channel=key):`."""
    with structlog.contextvars.bound_contextvars(**fields):
        yield


def hide_private(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: hides private fields at any depth, and secrets inside sentences and tracebacks."""
    for key in list(event):
        event[key] = HIDDEN if key.lower() in _PRIVATE else _clean(event[key])
    return event


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: HIDDEN if str(key).lower() in _PRIVATE else _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    if isinstance(value, str):
        return _SECRET_IN_WORDS.sub(rf"\1={HIDDEN}", _without_password(value))
    return value


def _without_password(value: str) -> str:
    if "://" not in value or "@" not in value:
        return value
    return re.sub(r"(://[^/\s:@]*):[^/\s@]+@", rf"\1:{HIDDEN}@", value)


def _renderer(form: LogFormat) -> structlog.typing.Processor:
    if form is LogFormat.JSON:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "logger", "event"], drop_missing=True, bool_as_flag=False
    )
