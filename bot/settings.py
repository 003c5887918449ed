"""The settings: one YAML file, overridden by HUYING_… environment variables; every fault is reported at once."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
import re
from datetime import time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from models.calendar import CalendarInvalid, read_own_days
from models.coordinates import System
from models.quiet import Quiet
from models.retention import Periods
from models.tiles import Kind, Tiles
from models.tiles import fault as fault_of_tiles
from models.tiles import source as source_of_tiles

EMBEDDED = "embedded"
PREFIX = "HUYING_"
MASK = "********"


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


class LogFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    """key=value, for people."""
    JSON = "json"
    """One object a line, for collectors."""


class LogLevel(StrEnum):
    """The least important line that is still written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Part(BaseModel):
    """A section of the settings: an unknown key is a fault, because it is nearly always a typo."""

    # hide_input_in_errors: a fault names its key, never what was written there.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _scheme(*allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if value != EMBEDDED and value.partition("://")[0] not in allowed:
            raise ValueError(f"must begin with one of {', '.join(f'{scheme}://' for scheme in allowed)}")
        return value

    return AfterValidator(check)


def _time_of_day(value: Any) -> Any:
    # YAML reads an unquoted 20:00 as a number to the base of sixty.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return f"{value // 60:02d}:{value % 60:02d}"
    return value


def _some_time(value: str) -> str:
    begins, _, ends = value.partition("-")
    if begins == ends:
        raise ValueError("must begin and end at different times")
    return value


WebAddress = Annotated[str, _scheme("http", "https"), AfterValidator(lambda value: value.rstrip("/"))]
Positive = Annotated[int, Field(gt=0)]
TimeOfDay = Annotated[str, BeforeValidator(_time_of_day), StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
TimeSpan = Annotated[
    str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"), AfterValidator(_some_time)
]
Limit = Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,2}(h|wd)$")]
Given = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _given(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("must not be empty")
    return value


def _callback_token(value: SecretStr) -> SecretStr:
    # Both platforms allow just this.
    if not re.fullmatch(r"[0-9A-Za-z]{3,32}", value.get_secret_value()):
        raise ValueError("must be 3 to 32 letters and digits, the same as entered on the platform")
    return value


GivenSecret = Annotated[SecretStr, AfterValidator(_given)]
CallbackToken = Annotated[SecretStr, AfterValidator(_callback_token)]


def _address(value: str) -> str:
    ipaddress.ip_network(value)
    return value


class Site(Part):
    """Who runs this installation."""

    name: Given = "演示街道"
    timezone: str = "Asia/Shanghai"
    public_url: WebAddress = "http://127.0.0.1:8080"
    secret_key: SecretStr = SecretStr("")
    """Signs the console's sessions. May only be empty while everything is in one process."""
    trusted_proxies: list[Annotated[str, AfterValidator(_address)]] = ["127.0.0.1", "::1"]
    """Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    public_figures: bool = False
    """Whether everybody may see the figures of each street's past months."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be the name of a time zone, such as Asia/Shanghai")
        return value


class DatabaseSettings(Part):
    """Where the data lives."""

    url: Annotated[str, _scheme("sqlite", "postgresql+psycopg")] = "sqlite:///var/huying.db"
    pool_size: Annotated[int, Field(ge=1, le=100)] = 8


class RedisSettings(Part):
    """Tokens, locks and limits: a Redis, or `embedded` for one inside the process."""

    url: Annotated[str, _scheme("redis", "rediss", "unix")] = EMBEDDED


class QueueSettings(Part):
    """What wakes the workers: a Redis or RabbitMQ, or `embedded` for a queue inside the process."""

    url: Annotated[str, _scheme("redis", "rediss", "unix", "amqp", "amqps")] = EMBEDDED


class Window(Part):
    """How many customer-service messages one trigger allows, and for how long (platform pages of 2026)."""

    message_count: Positive = 5
    message_seconds: Positive = 48 * 3600
    click_count: Positive = 3
    click_seconds: Positive = 60


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
    app_id: Given
    app_secret: GivenSecret
    token: CallbackToken
    encoding_aes_key: SecretStr = SecretStr("")
    mode: Mode = Mode.SAFE
    abilities: Abilities = Abilities.UNVERIFIED
    api_base_url: WebAddress = "https://api.weixin.qq.com"
    templates: dict[str, str] = {}
    """Notice kind → template id of a verified service account."""
    subscriptions: dict[str, str] = {}
    """Notice kind → subscription template id."""
    window: Window = Window()
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0

    _key = field_validator("encoding_aes_key")(_aes_key)

    @model_validator(mode="after")
    def _key_when_sealed(self) -> OfficialAccount:
        if self.mode is not Mode.PLAIN and not self.encoding_aes_key.get_secret_value():
            raise ValueError("encoding_aes_key is needed in compatible and safe mode")
        return self


class WeCom(Part):
    """One self-built app of a WeCom corp (企业微信自建应用)."""

    kind: Literal["wecom"]
    corp_id: Given
    agent_id: Positive
    secret: GivenSecret
    token: CallbackToken
    encoding_aes_key: GivenSecret
    api_base_url: WebAddress = "https://qyapi.weixin.qq.com"
    sign_in_url: Literal[""] | WebAddress = ""
    """Where staff scan a picture to come into the console; empty: by password only."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0

    _key = field_validator("encoding_aes_key")(_aes_key)


ChannelSettings = Annotated[OfficialAccount | WeCom, Field(discriminator="kind")]


class Media(Part):
    """Where photos are kept."""

    url: Annotated[str, _scheme("file", "s3")] = "file://var/media"
    blur: bool = True


class DeliverySettings(Part):
    """How notices are sent."""

    lease_seconds: Positive = 60
    """How long one worker may hold a notice before another takes it over."""
    attempts: Positive = 6
    """How often one notice is tried before it goes to the staff's list."""


class Limits(Part):
    """Times of the loop that are the same for every category; the rest stands with the categories."""

    evaluation_days: Positive = 7
    evaluation_reminder_hours: Positive = 24
    reevaluation_hours: Positive = 24
    handover_minutes: Positive = 30
    menu_minutes: Positive = 30
    recent_minutes: Positive = 30
    link_hours: Positive = 72
    office_open: TimeOfDay = "08:00"
    office_close: TimeOfDay = "20:00"


class Riders(Part):
    """When riders are sent nothing but alarms, whatever else they are."""

    peaks: list[TimeSpan] = ["10:30-13:30", "16:30-20:30"]
    """When they deliver."""
    night: TimeSpan = "22:00-08:00"

    @property
    def quiet(self) -> Quiet:
        """The same as times."""
        return Quiet(tuple(_span(each) for each in self.peaks), _span(self.night))


def _span(written: str) -> tuple[time, time]:
    begins, _, ends = written.partition("-")
    return time.fromisoformat(begins), time.fromisoformat(ends)


class Silence(Part):
    """After how much silence somebody who has accepted is asked how it goes, and after as much again relieved."""

    urgent: Limit = "2h"
    normal: Limit = "2wd"


class AssistantSettings(Part):
    """An OpenAI-compatible endpoint of the deployment's own, asked about words that no model understood."""

    url: Literal[""] | WebAddress = ""
    """Everything before /chat/completions; empty: nobody is asked."""
    key: SecretStr = SecretStr("")
    model: str = ""
    seconds: Annotated[float, Field(gt=0, le=10)] = 2.0
    apply: bool = False
    """Whether a ticket is taken for what it says at once, instead of waiting for people."""


class Wave(Part):
    """How many are asked at a time, wave by wave, and how long each wave may answer."""

    sizes: Annotated[list[Positive], Field(min_length=1, max_length=10)]
    minutes: Positive


class Waves(Part):
    """The waves by urgency; a category may have its own. Emergencies are never offered."""

    normal: Wave = Wave(sizes=[3, 5, 8], minutes=30)
    urgent: Wave = Wave(sizes=[5, 8], minutes=10)


class DispatchSettings(Part):
    """How people are asked to help."""

    waves: Waves = Waves()
    quiet_from: TimeOfDay = "22:00"
    quiet_until: TimeOfDay = "07:00"
    pool_minutes: Positive = 60


class CalendarSettings(Part):
    """The working calendar."""

    file: str = ""
    """A YAML file with the deployment's own free and working days; empty: the official calendar alone."""


class EvaluationSettings(Part):
    """Whose judgements count, and how many are asked for by telephone."""

    judgements_an_hour: Positive = 8
    judgements_of_one_a_day: Positive = 8
    call_back_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    call_back_at_least: Annotated[int, Field(ge=0)] = 5


class LedgerSettings(Part):
    """What is earned by those who want to be credited, in points and in minutes; 0 points: nothing."""

    task_points: Annotated[int, Field(ge=0, le=1000)] = 10
    report_points: Annotated[int, Field(ge=0, le=1000)] = 2
    points_a_day: Annotated[int, Field(ge=0, le=10000)] = 30
    minutes_of_a_task: Annotated[int, Field(ge=0, le=1440)] = 240
    minutes_without_arrival: Annotated[int, Field(ge=0, le=1440)] = 60
    minutes_a_day: Annotated[int, Field(ge=0, le=1440)] = 480
    expires_months: Annotated[int, Field(ge=1, le=120)] = 12
    notice_days: Annotated[int, Field(ge=1, le=31)] = 30
    code_days: Annotated[int, Field(ge=1, le=60)] = 7


class BroadcastSettings(Part):
    """How often an area may be written to (群发)."""

    most_a_week: Annotated[int, Field(ge=0, le=50)] = 2
    """In any seven days, what reaches it from above and below included; emergencies do not count."""


class AuditSettings(Part):
    """How long it is known who saw and did what in the console."""

    keep_months: Annotated[int, Field(ge=6, le=120)] = 12
    """The Cybersecurity Law asks for six at least."""


class KeepSettings(Part):
    """How long what people told is kept (docs/keeping.md). What belongs to an open matter is kept in any case."""

    words_months: Annotated[int, Field(ge=3, le=120)] = 24
    photos_months: Annotated[int, Field(ge=1, le=120)] = 12
    voices_months: Annotated[int, Field(ge=1, le=120)] = 6
    messages_days: Annotated[int, Field(ge=7, le=3650)] = 90
    notices_days: Annotated[int, Field(ge=35, le=3650)] = 180
    run_out_days: Annotated[int, Field(ge=1, le=365)] = 30

    @property
    def periods(self) -> Periods:
        """The same as spans of time, a month as 31 days."""
        return Periods(
            words=timedelta(days=31 * self.words_months),
            photos=timedelta(days=31 * self.photos_months),
            voices=timedelta(days=31 * self.voices_months),
            messages=timedelta(days=self.messages_days),
            notices=timedelta(days=self.notices_days),
            run_out=timedelta(days=self.run_out_days),
        )


class MapSettings(Part):
    """What lies under the maps of the console."""

    tiles: Kind = Kind.NONE
    key: str = ""
    """Tianditu's, for browsers: everybody who sees the map can read it."""
    url: str = ""
    """Of an own source, with {x}, {y} and {z}."""
    attribution: str = ""
    """Whose pictures they are; the known sources have theirs."""
    system: System = System.GCJ02
    """In which the pictures of an own source are drawn."""

    @property
    def source(self) -> Tiles:
        """The same for the console."""
        return source_of_tiles(self.tiles, key=self.key, url=self.url, attribution=self.attribution, system=self.system)


class Log(Part):
    """What is written to the standard error."""

    level: LogLevel = LogLevel.INFO
    format: LogFormat = LogFormat.TEXT


ChannelKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class Settings(BaseSettings):
    """Everything an installation decides. Unset keys have the embedded defaults."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
        hide_input_in_errors=True,
    )

    site: Site = Site()
    data_dir: Path = Path("var")
    """The folder of everything embedded; the default addresses of `database` and `media` lie in it."""
    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    queue: QueueSettings = QueueSettings()
    media: Media = Media()
    delivery: DeliverySettings = DeliverySettings()
    limits: Limits = Limits()
    silence: Silence = Silence()
    riders: Riders = Riders()
    assistant: AssistantSettings = AssistantSettings()
    dispatch: DispatchSettings = DispatchSettings()
    calendar: CalendarSettings = CalendarSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    ledger: LedgerSettings = LedgerSettings()
    audit: AuditSettings = AuditSettings()
    keep: KeepSettings = KeepSettings()
    map: MapSettings = MapSettings()
    broadcasts: BroadcastSettings = BroadcastSettings()
    log: Log = Log()
    gas_phone: str = ""
    """The local gas company's emergency number, told in the first words of the reply to a gas leak."""
    metrics_from: list[Annotated[str, AfterValidator(_address)]] = ["127.0.0.1", "::1"]
    """Addresses or networks that may read /metrics."""
    channels: dict[ChannelKey, ChannelSettings] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file."""
        return env_settings, init_settings

    @model_validator(mode="before")
    @classmethod
    def _inside_data_dir(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(data_dir := values.get("data_dir"), str | Path):
            folder = str(data_dir).rstrip("/")
            for part, url in (("database", f"sqlite:///{folder}/huying.db"), ("media", f"file://{folder}/media")):
                given = values.get(part, {})
                if isinstance(given, dict):
                    values[part] = {"url": url} | given
        return values

    @property
    def embedded(self) -> bool:
        """Whether any part lives inside the process, so that there can only be one process."""
        return self.database.url.startswith("sqlite") or EMBEDDED in (self.redis.url, self.queue.url)


def load(path: Path | None = None) -> Settings:
    """The settings of `path` (or of the defaults), overridden by the environment.

    Raises SettingsInvalid with every fault; no fault repeats a value, because it may be a secret.
    """
    values, faults = _read(path) if path is not None else ({}, [])
    faults += _unknown_variables()
    try:
        settings = Settings(**values)
    except ValidationError as error:
        faults += [f"{_where(fault['loc'])}: {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors()]
    except SettingsError as error:
        faults.append(f"environment: {error}")
    else:
        faults += _contradictions(settings)
        if not faults:
            return settings
    raise SettingsInvalid(faults) from None


def show(settings: Settings) -> str:
    """The settings in force as YAML, with every secret and every password inside an address masked."""
    values = settings.model_dump(mode="json")
    return yaml.safe_dump(_without_passwords(values), allow_unicode=True, sort_keys=False)


def environment_names() -> list[str]:
    """The HUYING_… variables that are set, for `huying config show`."""
    return sorted(name for name in os.environ if name.startswith(PREFIX))


class _OneOfEach(yaml.SafeLoader):
    """A key written twice is a fault: YAML would silently keep the second."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            written = str(key.value)
            if written in seen:
                raise yaml.constructor.ConstructorError(problem=f"{written} stands twice", problem_mark=key.start_mark)
            seen.add(written)
        return super().construct_mapping(node, deep)


def _read(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        # A SafeLoader, and a stricter one.
        values = yaml.load(path.read_text(encoding="utf-8"), _OneOfEach)  # noqa: S506
    except FileNotFoundError:
        return {}, [f"{path}: no such file"]
    except OSError as error:
        return {}, [f"{path}: {error.strerror}"]
    except UnicodeDecodeError:
        return {}, [f"{path}: must be written in UTF-8"]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return {}, [f"{path}: line {line}: {error.problem}"]
    except yaml.YAMLError:
        return {}, [f"{path}: holds a character that YAML does not allow"]
    if values is None:
        return {}, []
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        return {}, [f"{path}: must be keys with values, as in config.example.yaml"]
    return values, []


def _unknown_variables() -> list[str]:
    known = {field.upper() for field in Settings.model_fields}
    sections = ((name, name.removeprefix(PREFIX).upper().partition("__")[0]) for name in environment_names())
    return [f"{name}: there is no setting of this name" for name, section in sections if section not in known]


def _contradictions(settings: Settings) -> list[str]:
    faults = []
    if not settings.embedded and len(settings.site.secret_key.get_secret_value()) < 32:
        faults.append("site.secret_key: must be at least 32 characters where several processes share it")
    missing = fault_of_tiles(settings.map.tiles, key=settings.map.key, url=settings.map.url)
    if missing is not None:
        faults.append(f"map.{missing[0]}: {missing[1]}")
    if settings.assistant.url and not settings.assistant.model.strip():
        faults.append("assistant.model: must be named where assistant.url is")
    if settings.limits.office_open >= settings.limits.office_close:
        faults.append("limits.office_close: must be later than limits.office_open")
    if settings.calendar.file:
        try:
            read_own_days(Path(settings.calendar.file))
        except CalendarInvalid as invalid:
            faults += [f"calendar.file: {fault}" for fault in invalid.faults]
    return faults


def _where(location: tuple[int | str, ...]) -> str:
    steps = [str(step) for step in location if step != "[key]"]
    if steps[:1] == ["channels"] and len(steps) > 2:
        del steps[2]  # the kind, which pydantic puts between the channel's key and its field
    return ".".join(steps) or "settings"


def _without_passwords(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_passwords(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_passwords(inner) for inner in value]
    if isinstance(value, str) and "://" in value:
        parts = urlsplit(value)
        if parts.password:
            place = f"{parts.username or ''}:{MASK}@{parts.netloc.rpartition('@')[2]}"
            return urlunsplit(parts._replace(netloc=place))
    return value
