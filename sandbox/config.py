"""What a sandbox is told at its start: the accounts, the people, and the numbers of the platforms' rules."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, TypeVar


class ConfigInvalid(ValueError):
    """The sandbox cannot be built from this; the text names the key."""


class Kind(StrEnum):
    """Which platform an account is on."""

    OFFICIAL = "official_account"
    WECOM = "wecom"
    CUSTOMER_SERVICE = "wecom_kf"
    """An account of 微信客服, which residents talk to from WeChat; it belongs to a WeCom corp."""


class Mode(StrEnum):
    """How an Official Account's callbacks are sealed."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


class Abilities(StrEnum):
    """What an Official Account may do: not verified, verified subscription account, verified service account."""

    UNVERIFIED = "unverified"
    SUBSCRIPTION = "subscription"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Account:
    """One Official Account, WeCom app or 微信客服 account, with what its owner would read on the platform's own pages.

    A 微信客服 account (`open_kfid`) is served by whoever has its secret: its own, or that of an app it is granted to.
    `redirect_domains` are the domains a web sign-in may return to; none means any.

    `templates` holds template ids and their keys (`{"tpl-1": ["thing01", "time02"]}`); an id that is not listed is
    accepted with any well-formed keys while the mapping is empty, and refused with 40037 otherwise.
    """

    key: str
    kind: Kind
    secret: str
    token: str
    callback_url: str
    app_id: str = ""
    corp_id: str = ""
    agent_id: int = 0
    open_kfid: str = ""
    redirect_domains: tuple[str, ...] = ()
    encoding_aes_key: str = ""
    mode: Mode = Mode.SAFE
    abilities: Abilities = Abilities.SERVICE
    gh_id: str = "gh_5a4db0x00001"
    name: str = ""
    templates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def base_path(self) -> str:
        """Where this account's API lives under the sandbox's address."""
        return "/official" if self.kind is Kind.OFFICIAL else "/wecom"

    @property
    def receive_id(self) -> str:
        """The last part of every sealed message."""
        return self.app_id if self.kind is Kind.OFFICIAL else self.corp_id

    @property
    def own_name(self) -> str:
        """What stands in ToUserName of a callback."""
        return self.gh_id if self.kind is Kind.OFFICIAL else self.corp_id


@dataclass(frozen=True, slots=True)
class PersonConfig:
    """Somebody who exists from the start; `key` is the openid and the userid."""

    key: str
    name: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of both platforms (their pages of 2026); settings, because the platforms change them."""

    timeout_seconds: float = 5.0
    deliveries: int = 3
    retry_seconds: float = 5.0
    wecom_verify_seconds: float = 1.0
    wecom_retry_any_status: int = 0
    """1: WeCom delivers again after any status but 200, as its older page says; 0: only when no answer came."""
    message_window_count: int = 5
    message_window_seconds: int = 48 * 3600
    click_window_count: int = 3
    click_window_seconds: int = 60
    typing_seconds: int = 30
    token_seconds: int = 7200
    token_overlap_seconds: int = 300
    force_refresh_seconds: int = 30
    force_refresh_daily: int = 20
    client_msg_id_seconds: int = 600
    media_seconds: int = 3 * 24 * 3600
    response_code_seconds: int = 72 * 3600
    recall_seconds: int = 24 * 3600
    login_code_seconds: int = 300
    user_ticket_seconds: int = 1800
    robot_per_minute: int = 20
    kf_window_count: int = 5
    kf_window_seconds: int = 48 * 3600
    kf_history_seconds: int = 3 * 24 * 3600
    kf_token_seconds: int = 600
    kf_welcome_seconds: int = 20
    kf_without_token_per_minute: int = 10
    kf_empty_pages: int = 0
    """Pages with has_more=1 and nothing in them that come before the messages of every sync_msg."""
    member_per_minute: int = 30
    member_per_hour: int = 1000
    clear_quota_monthly: int = 10
    daily_token: int = 2000
    daily_custom: int = 500_000
    daily_template: int = 100_000
    daily_media: int = 100_000
    daily_media_get: int = 200_000
    daily_qrcode: int = 100_000
    daily_menu: int = 1000
    daily_menu_get: int = 10_000
    daily_menu_delete: int = 1000
    daily_menu_conditional: int = 2000
    daily_menu_trymatch: int = 20_000
    daily_user: int = 5_000_000
    daily_followers: int = 500
    daily_remark: int = 10_000
    daily_mass: int = 100
    mass_per_month: int = 4
    """Messages to everybody that one follower of a service account gets; a subscription account sends one a day."""
    oauth_code_seconds: int = 300
    refresh_token_seconds: int = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much the sandbox keeps in memory."""

    people: int = 20_000
    thread: int = 200
    log: int = 1000
    log_body: int = 8192
    media_bytes: int = 64 * 1024 * 1024
    media_count: int = 2000
    pending_events: int = 1000
    ledger: int = 20_000
    """How many messages, cards, codes, duplicate keys and QR tickets are remembered, each."""


_ROBOTS = ("demo-robot",)


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """One pretend platform: at most one Official Account, and the apps and 微信客服 accounts of one WeCom corp.

    `public_url` is where clients reach the sandbox; it stands in PicUrl. Empty means: the address of the request.
    `robots` are the keys of the group robots.
    """

    accounts: tuple[Account, ...]
    people: tuple[PersonConfig, ...] = ()
    rules: Rules = Rules()
    bounds: Bounds = Bounds()
    public_url: str = ""
    robots: tuple[str, ...] = _ROBOTS

    def __post_init__(self) -> None:
        keys = [account.key for account in self.accounts]
        if not keys:
            raise ConfigInvalid("accounts: at least one is needed")
        if len(set(keys)) != len(keys):
            raise ConfigInvalid("accounts: every key must be different")
        _check_together(self.accounts)
        for account in self.accounts:
            _check_account(account)
        for person in self.people:
            unknown = [channel for channel in person.channels if channel not in keys]
            if unknown or not person.channels:
                raise ConfigInvalid(f"people.{person.key}.channels: unknown or empty: {unknown}")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SandboxConfig:
        """The configuration in a dict as read from YAML or JSON; people default to the demo street's.

        Raises ConfigInvalid naming the key.
        """
        _known(data, cls, "sandbox")
        accounts = data.get("accounts")
        if not isinstance(accounts, list | tuple):
            raise ConfigInvalid("accounts: a list is needed")
        read = tuple(_account(entry, f"accounts.{number}") for number, entry in enumerate(accounts))
        people = data.get("people")
        return cls(
            accounts=read,
            people=demo_people(tuple(account.key for account in read))
            if people is None
            else tuple(_person(entry, f"people.{number}") for number, entry in enumerate(people)),
            rules=_numbers(Rules, data.get("rules") or {}, "rules"),
            bounds=_numbers(Bounds, data.get("bounds") or {}, "bounds"),
            public_url=str(data.get("public_url") or ""),
            robots=_words(data.get("robots", _ROBOTS), "robots"),
        )


def _known(data: Mapping[str, Any], shape: type[Any], where: str) -> None:
    if not isinstance(data, Mapping):
        raise ConfigInvalid(f"{where}: must be a mapping")
    unknown = sorted(str(key) for key in data if key not in {known.name for known in fields(shape)})
    if unknown:
        raise ConfigInvalid(f"{where}: unknown key {', '.join(unknown)}")


_Numbers = TypeVar("_Numbers", Rules, Bounds)


def _numbers(shape: type[_Numbers], data: Mapping[str, Any], where: str) -> _Numbers:
    _known(data, shape, where)
    whole = {known.name for known in fields(shape) if isinstance(known.default, int)}
    for key, value in data.items():
        if isinstance(value, bool) or not isinstance(value, int if key in whole else int | float) or value < 0:
            raise ConfigInvalid(f"{where}.{key}: a {'whole ' if key in whole else ''}number, 0 or more, is needed")
    return shape(**data)


def _account(data: Mapping[str, Any], where: str) -> Account:
    _known(data, Account, where)
    missing = [name for name in ("key", "kind", "secret", "token", "callback_url") if not data.get(name)]
    if missing:
        raise ConfigInvalid(f"{where}: missing {', '.join(missing)}")
    values: dict[str, Any] = {
        key: str(value)
        for key, value in data.items()
        if key not in ("agent_id", "templates", "kind", "mode", "abilities", "redirect_domains")
    }
    readers: tuple[tuple[str, Callable[[Any], Any], Any], ...] = (
        ("kind", Kind, None),
        ("mode", Mode, Mode.SAFE),
        ("abilities", Abilities, Abilities.SERVICE),
        ("agent_id", int, 0),
        ("templates", _templates, {}),
    )
    for name, read, default in readers:
        try:
            values[name] = read(data.get(name) or default)
        except (TypeError, ValueError) as error:
            raise ConfigInvalid(f"{where}.{name}: {error}") from error
    values["redirect_domains"] = _words(data.get("redirect_domains") or (), f"{where}.redirect_domains")
    return Account(**values)


def _words(data: Any, where: str) -> tuple[str, ...]:
    if not isinstance(data, list | tuple) or not all(isinstance(word, str) and word for word in data):
        raise ConfigInvalid(f"{where}: a list of words is needed")
    return tuple(data)


def _templates(data: Any) -> dict[str, tuple[str, ...]]:
    return {str(template): tuple(str(name) for name in names) for template, names in dict(data).items()}


def _check_together(accounts: tuple[Account, ...]) -> None:
    """Everything on WeCom is of one corp; its apps differ in number and secret, its 微信客服 accounts in open_kfid."""
    wecom = [account for account in accounts if account.kind is not Kind.OFFICIAL]
    apps = [account for account in wecom if account.kind is Kind.WECOM]
    desks = [account for account in wecom if account.kind is Kind.CUSTOMER_SERVICE]
    for name, values in (
        ("agent_id", [app.agent_id for app in apps]),
        ("secret", [app.secret for app in apps]),
        ("open_kfid", [desk.open_kfid for desk in desks]),
    ):
        if len(set(values)) != len(values):
            raise ConfigInvalid(f"accounts: every {name} must be different")
    if len({account.corp_id for account in wecom}) > 1:
        raise ConfigInvalid("accounts: every corp_id must be the same")
    if len(accounts) - len(wecom) > 1:
        raise ConfigInvalid("accounts: one official_account at most")


def _check_account(account: Account) -> None:
    where = f"accounts.{account.key}"
    if not account.receive_id:
        raise ConfigInvalid(f"{where}: {'app_id' if account.kind is Kind.OFFICIAL else 'corp_id'} is needed")
    if account.kind is Kind.CUSTOMER_SERVICE and not account.open_kfid:
        raise ConfigInvalid(f"{where}: open_kfid is needed")
    if account.kind is Kind.OFFICIAL and account.mode is Mode.PLAIN and not account.encoding_aes_key:
        return
    try:
        raw = base64.b64decode(account.encoding_aes_key + "=")
    except (binascii.Error, ValueError):
        raw = b""
    if len(account.encoding_aes_key) != 43 or len(raw) != 32:
        raise ConfigInvalid(f"{where}.encoding_aes_key: must be 43 letters and digits")


def _person(data: Mapping[str, Any], where: str) -> PersonConfig:
    _known(data, PersonConfig, where)
    key = str(data.get("key") or "")
    channels = data.get("channels")
    if not key or not isinstance(channels, list | tuple):
        raise ConfigInvalid(f"{where}: key and channels are needed")
    return PersonConfig(
        key=key, name=str(data.get("name") or key), channels=tuple(str(channel) for channel in channels)
    )


_DEMO = (
    ("demo-resident-1", "居民 张阿姨", False),
    ("demo-resident-2", "居民 陈伯", False),
    ("demo-resident-3", "居民 小林", False),
    ("demo-resident-4", "居民 周老师", False),
    ("demo-resident-5", "居民 何奶奶", False),
    ("demo-member-1", "党员 李建国", True),
    ("demo-member-2", "党员 王秀兰", True),
    ("demo-member-3", "党员 赵明", True),
    ("demo-member-4", "党员 孙丽", True),
    ("demo-member-5", "党员 吴志强", True),
    ("demo-member-6", "党员 郑晓梅", True),
    ("demo-rider-1", "骑手 小马", False),
    ("demo-rider-2", "骑手 阿强", False),
    ("demo-grid-1", "网格员 刘敏", True),
    ("demo-staff-1", "香樟社区 徐静", True),
    ("demo-staff-2", "银杏社区 高峰", True),
    ("demo-street-1", "街道 沈主任", True),
    ("demo-dept-1", "城管 老丁", True),
)


def demo_people(channels: tuple[str, ...]) -> tuple[PersonConfig, ...]:
    """The fictional people of the demo street, on those of `channels` where they are: the Official Account for all,
    WeCom as well for members, grid workers and staff.
    """
    found = []
    for key, name, both in _DEMO:
        on = tuple(channel for channel in (("official", "wecom") if both else ("official",)) if channel in channels)
        if on:
            found.append(PersonConfig(key=key, name=name, channels=on))
    return tuple(found)
