"""How the parts outside the database are, for the console's health page."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import redis
from alembic.script import ScriptDirectory

from bot import heard
from bot.settings import ChannelSettings, OfficialAccount
from console.health import ChannelState, State
from models.db import alembic_config
from models.template import TemplateWay

if TYPE_CHECKING:
    from bot.app import Huying


def state_of(huying: Huying) -> State:
    """Everything the page needs, without a call to a platform."""
    try:
        answers = bool(huying.redis.ping())
    except redis.RedisError:
        answers = False
    return State(
        channels=tuple(_channel(huying, key, known=answers) for key in huying.channels),
        spooled=len(huying.spool),
        redis=answers,
        queue=huying.tasks.answers(),
        versions=_versions(),
        schemas=schemas(),
    )


def _channel(huying: Huying, key: str, *, known: bool) -> ChannelState:
    settings, usage = huying.settings.channels[key], huying.channels[key].usage()
    notes = heard.last(huying.redis, key) if known else {}
    message, greeting, refused = (notes.get(what) for what in (heard.MESSAGE, heard.GREETING, heard.REFUSED))
    return ChannelState(
        key=key,
        kind=settings.kind,
        token_left=usage.token_left,
        callback=f"{huying.settings.site.public_url}/wechat/{key}",
        message_at=message[0] if message else None,
        greeting_at=greeting[0] if greeting else None,
        refused_at=refused[0] if refused else None,
        refused_status=refused[1] if refused else "",
        calls_today=usage.calls_today,
        **_of_official(settings),
    )


def _of_official(settings: ChannelSettings) -> dict[str, Any]:
    """Nothing of it is a secret."""
    if not isinstance(settings, OfficialAccount):
        return {}
    filed = {TemplateWay.TEMPLATE: settings.templates, TemplateWay.SUBSCRIPTION: settings.subscriptions}
    return {"abilities": settings.abilities.value, "mode": settings.mode.value, "filed": filed}


@cache
def schemas() -> tuple[str, ...]:
    """Every version of the tables that the program knows, the oldest first."""
    # The program's, whatever database it has.
    steps = ScriptDirectory.from_config(alembic_config("sqlite://")).walk_revisions()
    return tuple(reversed([each.revision for each in steps]))


@cache
def _versions() -> dict[str, str]:
    return {
        "Python": platform.python_version(),
        **{name: version(name) for name in ("huying", "SQLAlchemy", "Flask", "wechatpy")},
    }
