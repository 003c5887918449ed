"""config.example.yaml loads, names every setting, and explains each."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from bot.settings import OfficialAccount, Settings, WeCom, load
from tests.guards.source import ROOT

EXAMPLE = ROOT / "config.example.yaml"
CHANNELS_ON = "# channels:\n"


def with_channels_on() -> str:
    """The example as it reads when an administrator has switched the channels on as its words say."""
    head, tail = EXAMPLE.read_text(encoding="utf-8").split("channels: {}\n")
    assert tail.startswith(CHANNELS_ON)
    return head + "".join(line.removeprefix("# ") for line in tail.splitlines(keepends=True))


def keys_of(model: type[BaseModel], prefix: str = "") -> set[str]:
    keys = set()
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys |= keys_of(inner, f"{prefix}{name}.")
        elif prefix or name != "channels":
            keys.add(prefix + name)
    return keys


def keys_in(values: dict[str, typing.Any], known: set[str], prefix: str = "") -> set[str]:
    keys = set()
    for name, value in values.items():
        if isinstance(value, dict) and prefix + name not in known:
            keys |= keys_in(value, known, f"{prefix}{name}.")
        else:
            keys.add(prefix + name)
    return keys


def test_the_example_loads_and_says_what_the_defaults_are() -> None:
    assert load(EXAMPLE) == load()


def test_the_example_loads_with_its_channels_switched_on(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(with_channels_on(), encoding="utf-8")
    channels = load(path).channels
    assert [type(channel) for channel in channels.values()] == [OfficialAccount, WeCom]


@pytest.mark.parametrize(("model", "section"), [(Settings, None), (OfficialAccount, "official"), (WeCom, "wecom")])
def test_the_example_names_every_setting_and_no_other(model: type[BaseModel], section: str | None) -> None:
    values = yaml.safe_load(with_channels_on())
    channels = values.pop("channels")
    known = keys_of(model)
    assert keys_in(values if section is None else channels[section], known) == known
