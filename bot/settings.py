"""The settings: one YAML file, overridden by HUYING_… environment variables; every fault is reported at once."""

from __future__ import annotations

import base64
import binascii
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

EMBEDDED = "embedded"


class SettingsInvalid(Exception):
    """The configuration cannot be used; `faults` lists every fault as "key: what is wrong"."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Abilities(StrEnum):
    """What an Official Account may do (product.md, "What an account may do")."""

    UNVERIFIED = "unverified"
    SUBSCRIPTION = "subscription"
    SERVICE = "service"


class Mode(StrEnum):
    """How an Official Account's callbacks are sealed."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


class Part(BaseModel):
    """A section of the settings: an unknown key is a fault, because it is nearly always a typo."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(Part):
    """Who runs this installation."""

    name: str = "演示街道"
    timezone: str = "Asia/Shanghai"
    public_url: str = "http://127.0.0.1:8080"
    secret_key: SecretStr = SecretStr("")


class DatabaseSettings(Part):
    """Where the data lives."""

    url: str = "sqlite:///var/huying.db"
    pool_size: Annotated[int, Field(ge=1, le=100)] = 8


class Endpoint(Part):
    """An address, or `embedded` for one inside the process."""

    url: str = EMBEDDED


class Window(Part):
    """How many customer-service messages one trigger allows, and for how long (platform pages of 2026)."""

    message_count: int = 5
    message_seconds: int = 48 * 3600
    click_count: int = 3
    click_seconds: int = 60


def _aes_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text:
        return value
    try:
        raw = base64.b64decode(text + "=", validate=True)
    except binascii.Error:
        raw = b""
    if len(text) != 43 or len(raw) != 32:
        raise ValueError("must be the 43 letters and digits the platform shows")
    return value


class OfficialAccount(Part):
    """One WeChat Official Account (公众号)."""

    kind: Literal["official_account"]
    app_id: str
    app_secret: SecretStr
    token: SecretStr
    encoding_aes_key: SecretStr = SecretStr("")
    mode: Mode = Mode.SAFE
    abilities: Abilities = Abilities.UNVERIFIED
    api_base_url: str = "https://api.weixin.qq.com"
    templates: dict[str, str] = {}
    """Notice kind → template id of a verified service account."""
    subscriptions: dict[str, str] = {}
    """Notice kind → subscription template id."""
    window: Window = Window()
    timeout_seconds: float = 5.0

    _key = field_validator("encoding_aes_key")(_aes_key)

    @model_validator(mode="after")
    def _key_when_sealed(self) -> OfficialAccount:
        if self.mode is not Mode.PLAIN and not self.encoding_aes_key.get_secret_value():
            raise ValueError("encoding_aes_key is needed in compatible and safe mode")
        return self


class WeCom(Part):
    """One self-built app of a WeCom corp (企业微信自建应用)."""

    kind: Literal["wecom"]
    corp_id: str
    agent_id: int
    secret: SecretStr
    token: SecretStr
    encoding_aes_key: SecretStr
    api_base_url: str = "https://qyapi.weixin.qq.com"
    timeout_seconds: float = 5.0

    _key = field_validator("encoding_aes_key")(_aes_key)


ChannelSettings = Annotated[OfficialAccount | WeCom, Field(discriminator="kind")]


class Media(Part):
    """Where photos are kept: file://… or s3://…"""

    url: str = "file://var/media"


class DeliverySettings(Part):
    """How notices are sent."""

    lease_seconds: int = 30
    """How long one worker may hold a notice before another takes it over."""
    sweep_seconds: int = 15
    """How often notices the queue has lost are queued again."""
    attempts: int = 6
    """How often one notice is tried before it goes to the staff's list."""
    staff_digest_seconds: int = 20
    """How long news for the dispatch desk is gathered into one message."""


class Limits(Part):
    """Times of the loop that are the same for every category; the rest stands with the categories."""

    offer_minutes: int = 30
    evaluation_days: int = 7
    evaluation_reminder_hours: int = 24
    reevaluation_hours: int = 24
    handover_minutes: int = 30
    office_open: str = "08:00"
    office_close: str = "20:00"


class Settings(BaseSettings):
    """Everything an installation decides. Unset keys have the embedded defaults."""

    model_config = SettingsConfigDict(
        env_prefix="HUYING_", env_nested_delimiter="__", extra="forbid", frozen=True, nested_model_default_partial_update=True
    )

    site: Site = Site()
    data_dir: Path = Path("var")
    database: DatabaseSettings = DatabaseSettings()
    redis: Endpoint = Endpoint()
    queue: Endpoint = Endpoint()
    media: Media = Media()
    delivery: DeliverySettings = DeliverySettings()
    limits: Limits = Limits()
    gas_phone: str = ""
    """The local gas company's emergency number, told in the first words of the reply to a gas leak."""
    metrics_from: list[str] = ["127.0.0.1", "::1"]
    channels: dict[str, ChannelSettings] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def embedded(self) -> bool:
        """Whether any part lives inside the process, so that there can only be one process."""
        return self.database.url.startswith("sqlite") or EMBEDDED in (self.redis.url, self.queue.url)


def load(path: Path | None = None) -> Settings:
    """The settings of `path` (or of the defaults), overridden by the environment.

    Raises SettingsInvalid with every fault.
    """
    values: dict[str, Any] = {}
    if path is not None:
        if not path.is_file():
            raise SettingsInvalid([f"{path}: no such file"])
        try:
            values = dict(YamlConfigSettingsSource(Settings, yaml_file=path)())
        except Exception as error:
            raise SettingsInvalid([f"{path}: not readable as YAML: {error}"]) from error
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsInvalid([f"{_where(fault['loc'])}: {fault['msg']}" for fault in error.errors()]) from error


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in location if step not in ("official_account", "wecom")) or "settings"


def environment_names() -> list[str]:
    """The HUYING_… variables that are set, for `huying config show`."""
    return sorted(name for name in os.environ if name.startswith("HUYING_"))
