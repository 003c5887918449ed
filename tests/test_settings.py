"""What an administrator may write in config.yaml, and what they are told when it cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bot.settings import Abilities, OfficialAccount, SettingsInvalid, WeCom, load, show

Write = Callable[[str], Path]

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OFFICIAL = f"kind: official_account, app_id: wx1, app_secret: hush-hush, token: abc123, encoding_aes_key: {KEY}"
WECOM = f"kind: wecom, corp_id: ww1, agent_id: 7, secret: hush-hush, token: abc123, encoding_aes_key: {KEY}"


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def faults_of(path: Path) -> list[str]:
    with pytest.raises(SettingsInvalid) as refused:
        load(path)
    return refused.value.faults


def test_a_fault_in_the_holiday_file_stops_the_start_and_is_named(written: Write, tmp_path: Path) -> None:
    days = tmp_path / "days.yaml"
    days.write_text("free: [2027-02-06..2027-02-12]\nworking: [soon]\n", encoding="utf-8")
    [fault] = faults_of(written(f"calendar: {{file: '{days}'}}\n"))
    assert fault.startswith(f"calendar.file: {days}: working: soon is neither")
    days.write_text("free: [2027-02-06..2027-02-12]\n", encoding="utf-8")
    assert load(written(f"calendar: {{file: '{days}'}}\n")).calendar.file == str(days)
    [fault] = faults_of(written(f"calendar: {{file: '{tmp_path / 'none.yaml'}'}}\n"))
    assert "No such file" in fault


def test_without_a_file_everything_is_embedded() -> None:
    assert load().embedded


def test_the_embedded_parts_follow_the_data_folder_unless_they_are_set(written: Write) -> None:
    moved = load(written("data_dir: /srv/huying\nmedia: {url: 's3://bucket/photos'}\n"))
    assert moved.database.url == "sqlite:////srv/huying/huying.db"
    assert moved.media.url == "s3://bucket/photos"


def test_an_administrator_sees_every_fault_at_once_each_with_its_key(written: Write) -> None:
    faults = faults_of(
        written(
            "sites: {}\nsite: {timezone: Mars}\nlimits: {menu_minutes: 0}\nchannels:\n"
            "  wecom: {kind: wecom, corp_id: ww1, agent_id: 1, secret: s, token: '?!', encoding_aes_key: short}\n"
            "  sms: {kind: telegraph}\n  official: {kind: official_account}\n"
        )
    )
    assert {fault.partition(":")[0] for fault in faults} == {
        "sites",
        "site.timezone",
        "limits.menu_minutes",
        "channels.wecom.token",
        "channels.wecom.encoding_aes_key",
        "channels.sms",
        "channels.official.app_id",
        "channels.official.app_secret",
        "channels.official.token",
    }


def test_no_fault_repeats_a_secret(written: Write) -> None:
    text = f"channels:\n  official: {{{OFFICIAL}, encoding_key: hush-hush}}\n"
    with pytest.raises(SettingsInvalid) as refused:
        load(written(text.replace("abc123", "hush hush").replace(KEY, "hush")))
    assert "hush" not in str(refused.value)
    assert refused.value.__suppress_context__, "a traceback would show what was written"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("site: [", "line 1: expected the node content, but found '<stream end>'"),
        ("site: {}\nsite: {}\n", "line 2: site stands twice"),
        ("- site\n", "must be keys with values, as in config.example.yaml"),
        ("site: \x00", "holds a character that YAML does not allow"),
        ("? [a]\n: 1\n", "line 1: found unhashable key"),
    ],
)
def test_a_file_that_is_not_yaml_is_explained(written: Write, text: str, told: str) -> None:
    (fault,) = faults_of(written(text))
    assert fault.endswith(told)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "gone.yaml") == [f"{tmp_path / 'gone.yaml'}: no such file"]


def test_the_environment_wins_over_the_file_key_by_key(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUYING_CHANNELS__OFFICIAL__ABILITIES", "service")
    official = load(written(f"channels:\n  official: {{{OFFICIAL}}}\n")).channels["official"]
    assert isinstance(official, OfficialAccount)
    assert official.abilities is Abilities.SERVICE
    assert official.app_id == "wx1"


def test_a_misspelt_variable_of_the_environment_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUYING_DATABSE__URL", "sqlite:///x")
    with pytest.raises(SettingsInvalid, match="HUYING_DATABSE__URL: there is no setting of this name"):
        load()


def test_a_variable_of_the_environment_that_cannot_be_read_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUYING_METRICS_FROM", "not a list")
    with pytest.raises(SettingsInvalid, match="environment: .*metrics_from"):
        load()


def test_an_hour_written_without_quotes_means_the_hour(written: Write) -> None:
    limits = load(written("limits: {office_open: 09:30, office_close: 20:00}\n")).limits
    assert (limits.office_open, limits.office_close) == ("09:30", "20:00")


def test_an_office_that_closes_before_it_opens_is_a_fault(written: Write) -> None:
    assert faults_of(written("limits: {office_open: '20:00'}\n")) == [
        "limits.office_close: must be later than limits.office_open"
    ]


def test_several_processes_must_share_a_real_key(written: Write) -> None:
    apart = (
        "database: {url: 'postgresql+psycopg://h/x'}\nredis: {url: 'redis://h'}\nqueue: {url: 'redis://h'}\n"
        "site: {secret_key: '%s'}\n"
    )
    assert faults_of(written(apart % "short"))[0].startswith("site.secret_key: must be at least 32 characters")
    assert not load(written(apart % ("x" * 32))).embedded


def test_a_sealed_account_needs_its_key(written: Write) -> None:
    unsealed = OFFICIAL.replace(f", encoding_aes_key: {KEY}", "")
    assert faults_of(written(f"channels:\n  official: {{{unsealed}}}\n")) == [
        "channels.official: encoding_aes_key is needed in compatible and safe mode"
    ]
    assert load(written(f"channels:\n  official: {{{unsealed}, mode: plain}}\n")).channels


def test_a_channel_called_like_its_kind_keeps_its_name_in_faults(written: Write) -> None:
    assert faults_of(written(f"channels:\n  wecom: {{{WECOM}, colour: red}}\n")) == [
        "channels.wecom.colour: Extra inputs are not permitted"
    ]


def test_what_is_shown_hides_secrets_and_passwords(written: Write) -> None:
    shown = show(
        load(
            written(
                f"site: {{secret_key: hush-hush}}\nchannels:\n  official: {{{OFFICIAL}}}\n  wecom: {{{WECOM}}}\n"
                "database: {url: 'postgresql+psycopg://huying:hush@db.local:5432/huying'}\n"
                "redis: {url: 'redis://:hush@redis.local/0'}\n"
            )
        )
    )
    assert "hush" not in shown
    assert KEY not in shown
    assert "abc123" not in shown
    assert "postgresql+psycopg://huying:********@db.local:5432/huying" in shown
    assert yaml.safe_load(shown)["channels"]["wecom"]["corp_id"] == "ww1"


def test_the_settings_do_not_print_their_secrets(written: Write) -> None:
    settings = load(written(f"channels:\n  wecom: {{{WECOM}}}\n"))
    wecom = settings.channels["wecom"]
    assert isinstance(wecom, WeCom)
    assert "hush" not in repr(settings)
    assert wecom.secret.get_secret_value() == "hush-hush"
