"""What the console is given of the parts above it, made of one installation's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot import notices
from bot.channels import Channel, NotSent, Way
from bot.channels.official import OfficialChannel
from bot.media import Fetcher
from bot.pictures import Unfit
from bot.place_codes import PlaceCodes
from bot.settings import Settings
from console.means import Means, PhotoUnfit, PlatformRefused, Reach
from handlers.turn import World
from models.outbox import Notice, NoticeKind
from models.photos import Keep
from models.template import TemplateWay
from models.templates import Offered
from nlp.understand import Understanding

QUOTAS = {Way.CUSTOMER: 500_000, Way.TEMPLATE: 100_000}
"""Messages a day of a verified Official Account (wechat-facts §3); WeCom's depends on how large the corp is."""


@dataclass(frozen=True, slots=True)
class Platform:
    """What one Official Account has at its platform, as the console sees it."""

    channel: OfficialChannel

    @property
    def key(self) -> str:
        """The channel's."""
        return self.channel.key

    def menu(self) -> list[dict[str, Any]]:
        """The buttons as the platform has them, none without a menu. Raises PlatformRefused."""
        try:
            return self.channel.menu()
        except NotSent as failure:
            raise PlatformRefused(failure.errcode) from failure

    def publish(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        """Gives the platform new ones. Raises PlatformRefused."""
        try:
            self.channel.publish_menu(buttons)
        except NotSent as failure:
            raise PlatformRefused(failure.errcode) from failure

    def offered(self, way: TemplateWay) -> Sequence[Offered]:
        """The templates that were chosen there. Raises PlatformRefused."""
        try:
            return self.channel.offered(way)
        except NotSent as failure:
            raise PlatformRefused(failure.errcode) from failure


def means_of(
    world: Callable[[], World], settings: Settings, channels: Mapping[str, Channel], fetcher: Fetcher
) -> Means:
    """Everything the console cannot do by itself."""

    def understand(text: str, near: int | None) -> Understanding:
        return world().understander.understand(text, near=near)

    def notice_words(session: Session, notice: Notice, now: datetime) -> str | None:
        found = notices.in_words(session, notice, now=now)
        return found.text if found is not None else None

    def keep_photo(data: bytes, content_type: str) -> Keep:
        try:
            return fetcher.photo(data, content_type)
        except Unfit as unfit:
            raise PhotoUnfit from unfit

    platforms = tuple(Platform(each) for each in channels.values() if isinstance(each, OfficialChannel))
    return Means(
        understand=understand,
        notice_words=notice_words,
        reach=lambda kind: {key: _reach(each, kind) for key, each in channels.items()},
        keep_photo=keep_photo,
        codes=PlaceCodes(channels, settings.site.public_url),
        menus=platforms,
        templates=platforms,
        gas_phone=settings.gas_phone,
        broadcasts_a_week=settings.broadcasts.most_a_week,
    )


def _reach(channel: Channel, kind: NoticeKind) -> Reach:
    ways = channel.ways(kind.value)
    calls = channel.usage().calls_today
    left = {way.value: max(QUOTAS[way] - calls, 0) for way in ways if way in QUOTAS}
    return Reach(tuple(way.value for way in ways), left)
