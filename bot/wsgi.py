"""The web part for a WSGI server that starts its own processes: `granian --interface wsgi --factory bot.wsgi:make`."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from bot import logs
from bot.app import create_app
from bot.settings import load

CONFIG = "HUYING_CONFIG_FILE"
"""The environment variable that names the configuration file for such a process."""


def make() -> Flask:
    """The web application of one process."""
    name = os.environ.pop(CONFIG, "")
    settings = load(Path(name) if name else None)
    logs.configure(settings.log)
    return create_app(settings).web
