"""The web part for processes of their own, as `huying web` starts them."""

from __future__ import annotations

import os
from pathlib import Path

from bot import logs
from bot.app import create_app
from bot.pages import Door
from bot.server import answer_in_time
from bot.settings import load

CONFIG = "HUYING_CONFIG_FILE"
"""The environment variable that names the configuration file for such a process."""


def make() -> Door:
    """The web application of one process."""
    name = os.environ.pop(CONFIG, "")
    settings = load(Path(name) if name else None)
    logs.configure(settings.log)
    door = create_app(settings).door
    answer_in_time()
    return door
