"""How the installation is: channels, what waits, jobs, calendar and versions; each red line says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from flask import Blueprint, render_template, url_for
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from console.house import House, argument
from console.sight import Sight
from models import health
from models.audit import JobRun
from models.calendar import ends_soon, has_ended, known_until
from models.clock import local
from models.outbox import Notice
from models.template import TemplateWay
from texts import health as words

WAITS_TOO_LONG = timedelta(minutes=2)
SILENT = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """What is known of one account without asking its platform."""

    key: str
    kind: str
    abilities: str = ""
    """Of an Official Account."""
    token_left: int | None = None
    """Seconds the stored token still lives; None when there is none."""
    callback: str = ""
    """The address to enter at the platform."""
    message_at: datetime | None = None
    greeting_at: datetime | None = None
    refused_at: datetime | None = None
    refused_status: str = ""
    calls_today: int = 0
    mode: str = ""
    """How an Official Account's callbacks are sealed."""
    filed: Mapping[TemplateWay, Mapping[str, str]] = field(default_factory=dict)
    """The configuration's templates, by the kind of notice."""


@dataclass(frozen=True, slots=True)
class State:
    """What only the bot knows."""

    channels: tuple[ChannelState, ...] = ()
    spooled: int = 0
    redis: bool = True
    queue: bool = True
    versions: dict[str, str] = field(default_factory=dict)
    schemas: tuple[str, ...] = ()
    """Every version of the tables that the program knows, the oldest first; empty where nobody asked."""


class Weight(StrEnum):
    """How much an advice matters, by the looks it has."""

    HINT = "soft"
    """Nobody has to do anything yet."""
    WARNING = "warm"
    """There is time to do it."""
    FAULT = "red"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page; `advice` is empty while all is well."""

    name: str
    told: str
    advice: str = ""
    purpose: str = ""
    weight: Weight = Weight.FAULT

    def weighs(self, weight: Weight) -> bool:
        """Whether it gives an advice of this weight."""
        return bool(self.advice) and self.weight is weight


def add_health(blueprint: Blueprint, house: House) -> None:
    """The page, and the first steps of connecting an account."""

    @blueprint.get("/health")
    def health_page() -> str:
        with house.looking() as sight:
            _only_for_the_street(sight)
            state, is_admin = house.state(), bool(sight.admin_paths)
            channels = [_channel(each, now=sight.now) for each in state.channels] or [Line(*words.NO_CHANNEL)]
            sections = [(words.CHANNELS, channels), (words.WAITING, _waiting(sight, state))]
            if is_admin:
                ran = [_job(run, now=sight.now) for run in health.runs(sight.session)]
                jobs = sorted(ran, key=lambda line: not line.advice) or [Line(*words.NEVER_RAN)]
                sections += [(words.JOBS, jobs), (words.SYSTEM, _system(sight, state))]
            else:
                # Only whoever looks after the machine can do what stands there.
                sections = [(title, [_for_the_street(line) for line in lines]) for title, lines in sections]
            red, warm = (
                sum(line.weighs(weight) for _, lines in sections for line in lines)
                for weight in (Weight.FAULT, Weight.WARNING)
            )
            seen = {"sections": sections, "red": red, "warm": warm, "said": words, "is_admin": is_admin}
            return house.page("health.html", sight, **seen)

    @blueprint.get("/connect")
    def connect_page() -> str:
        with house.looking() as sight:
            _only_for_the_administrator(sight)
            return house.page("connect.html", sight, **_connecting(house))

    @blueprint.get("/connect/live")
    def connect_live() -> str:
        with house.looking() as sight:
            _only_for_the_administrator(sight)
            return render_template("_connect_live.html", **house.frame(), **_connecting(house, live=True))


def _only_for_the_street(sight: Sight) -> None:
    if not sight.street_paths:
        raise NotFound


def _only_for_the_administrator(sight: Sight) -> None:
    if not sight.admin_paths:
        raise NotFound


def _for_the_street(line: Line) -> Line:
    theirs = line.advice in ("", words.UNREACHED_ADVICE)
    return line if theirs else replace(line, advice=words.TELL_THE_ADMINISTRATOR)


def _connecting(house: House, *, live: bool = False) -> dict[str, object]:
    state, key = house.state(), argument("channel", most=32)
    chosen = next((each for each in state.channels if each.key == key), None)
    if (key or live) and chosen is None:
        raise NotFound
    return {
        "channels": state.channels,
        "chosen": chosen,
        "steps": words.steps(chosen.kind, chosen.callback) if chosen else [],
        "fresh": chosen is not None and chosen.greeting_at is not None,
        "live": url_for(".connect_live", channel=key),
        "said": words,
        "refusal": words.refused(chosen.refused_status) if chosen and chosen.refused_at else "",
        "by_http": not house.public_url.startswith("https://"),
    }


def _channel(each: ChannelState, *, now: datetime) -> Line:
    name = words.channel_name(each.kind, each.key)
    told = words.channel(each.abilities, each.token_left, each.message_at, each.calls_today, now=now)
    heard = max((at for at in (each.message_at, each.greeting_at) if at), default=None)
    if each.refused_at and (heard is None or each.refused_at > heard):
        return Line(name, told, words.REFUSED_ADVICE)
    if heard is None:
        return Line(name, told, words.NEVER_HEARD)
    return Line(name, told, words.SILENT_ADVICE if now - heard > SILENT else "")


def _waiting(sight: Sight, state: State) -> list[Line]:
    session, now = sight.session, sight.now
    notices, dispatch = health.notices_wait(session, now=now), health.dispatch_waits(session, now=now)
    unreached = session.scalar(select(func.count()).select_from(Notice).where(sight.unreached())) or 0
    return [
        Line(words.NOTICES, words.waits(notices), words.QUEUE_ADVICE if notices > WAITS_TOO_LONG else ""),
        Line(words.DISPATCH, words.waits(dispatch), words.QUEUE_ADVICE if dispatch > WAITS_TOO_LONG else ""),
        Line(words.SPOOL, words.count(state.spooled), words.SPOOL_ADVICE if state.spooled else ""),
        Line(words.UNREACHED, words.count(unreached), words.UNREACHED_ADVICE if unreached else ""),
    ]


def _job(run: JobRun, *, now: datetime) -> Line:
    said, has_run = words.job(run.name), health.has_run(run)
    told = words.ran(run.at, run.seconds, run.touched, run.fault, now=now)
    late = words.JOB_LATE if has_run else words.JOB_NEVER
    advice = words.JOB_FAILED if run.fault else late if health.is_late(run, now=now) else ""
    return Line(said.name, told if has_run else words.never_ran(run.at, now=now), advice, said.purpose)


def _system(sight: Sight, state: State) -> list[Line]:
    return [
        Line(words.REDIS, words.answers(state.redis), "" if state.redis else words.REDIS_ADVICE),
        Line(words.QUEUE, words.answers(state.queue), "" if state.queue else words.REDIS_ADVICE),
        _calendar(local(sight.now).date()),
        *(Line(words.part(name), version) for name, version in state.versions.items()),
        *([_schema(health.revision(sight.session), state.schemas)] if state.schemas else []),
    ]


def _calendar(today: date) -> Line:
    told = words.known(known_until())
    if has_ended(today):
        return Line(words.CALENDAR, told, words.CALENDAR_OVER)
    if ends_soon(today):
        return Line(words.CALENDAR, told, words.CALENDAR_SOON, weight=Weight.WARNING)
    return Line(words.CALENDAR, told, words.CALENDAR_HINT, weight=Weight.HINT)


def _schema(revision: str, known: tuple[str, ...]) -> Line:
    is_newest = revision == known[-1]
    return Line(words.SCHEMA, words.schema(revision, known), "" if is_newest else words.SCHEMA_ADVICE)
