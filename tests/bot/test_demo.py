"""The demonstration: an installation of its own that works at any hour."""

from __future__ import annotations

import json
from pathlib import Path

from bot.app import dispatch_rules
from bot.demo import with_demo_channels
from bot.settings import DispatchSettings, Settings, Site
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


def test_the_street_has_one_name_for_its_accounts_and_for_what_it_says_of_itself(tmp_path: Path) -> None:
    settings, platform = with_demo_channels(Settings(data_dir=tmp_path), port=1, sandbox_port=2)
    names = {account["name"] for account in json.loads(platform.read_text())["accounts"]}
    assert names == {settings.site.name}
    own, _ = with_demo_channels(Settings(data_dir=tmp_path, site=Site(name="梧桐街道")), port=1, sandbox_port=2)
    assert own.site.name == "梧桐街道"
