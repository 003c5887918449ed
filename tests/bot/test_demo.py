"""The demonstration: an installation of its own that works at any hour."""

from __future__ import annotations

from pathlib import Path

from bot.app import dispatch_rules
from bot.demo import with_demo_channels
from bot.settings import DispatchSettings, Settings
from models.clock import CHINA
from tests.factories import NOW


def test_nobody_sleeps_on_the_demo_street_unless_the_settings_say_when(tmp_path: Path) -> None:
    midnight = NOW.astimezone(CHINA).replace(hour=0)
    for settings, sleeps in (
        (Settings(data_dir=tmp_path), False),
        (Settings(data_dir=tmp_path, dispatch=DispatchSettings(quiet_from="21:00")), True),
    ):
        demo, _ = with_demo_channels(settings, port=1, sandbox_port=2)
        assert dispatch_rules(demo).is_quiet(midnight) is sleeps
        assert dispatch_rules(settings).is_quiet(midnight)
