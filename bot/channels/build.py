"""Every channel of the settings, built once at the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import redis

from bot.channels import Channel
from bot.channels.official import OfficialChannel
from bot.channels.tokens import TokenBackup
from bot.channels.wecom import WeComChannel
from bot.settings import ChannelSettings

KINDS: dict[str, Callable[..., Channel]] = {"official_account": OfficialChannel, "wecom": WeComChannel}
"""The `kind` of an account's settings → its class."""


def build_channels(
    settings: Mapping[str, ChannelSettings],
    *,
    redis: redis.Redis,
    clock: Callable[[], datetime],
    backup: TokenBackup | None = None,
) -> dict[str, Channel]:
    """Key → channel. Nothing is asked of a platform yet."""
    return {
        key: KINDS[account.kind](key, account, redis=redis, clock=clock, backup=backup)
        for key, account in settings.items()
    }
