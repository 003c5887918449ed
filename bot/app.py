"""The one place that builds everything from the settings; everybody else receives what they need."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import time, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import fakeredis
import redis
from flask import Flask, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import console
from bot.answer import Answerer
from bot.assistant import Assistant
from bot.certificates import CertificatePages
from bot.channels import Channel
from bot.channels.build import build_channels
from bot.channels.official import OfficialChannel
from bot.channels.wecom import WeComChannel
from bot.current import Current
from bot.delivery import Delivery
from bot.dispatcher import Dispatcher
from bot.figures import FigurePages
from bot.front import front_page
from bot.heard import Heard
from bot.learning import Rates, own_weights
from bot.limiter import Limiter
from bot.links import LinkPages
from bot.means import means_of
from bot.media import Fetcher, MediaStore
from bot.metrics import REGISTRY, SPOOLED
from bot.pace import Pace
from bot.pages import Door, Pages
from bot.photos import PhotoPages
from bot.pictures import Blurrer, can_blur
from bot.place_codes import PlacePages
from bot.screens import Screens
from bot.settings import EMBEDDED, OfficialAccount, Settings
from bot.spool import Spool
from bot.state import state_of
from bot.tasks import Tasks, make_broker
from bot.webhook import Webhook
from console.house import MOUNTED
from handlers.respond import build_router
from handlers.turn import LimitNumbers, WindowNumbers, World
from models import areas, calendar, days, dispatch, guides, seed, templates
from models.area import Area
from models.category import Category
from models.clock import Clock, utc_now
from models.db import Database, upgrade
from models.earning import Rules
from models.template import TemplateWay
from nlp import categories, services
from nlp import guides as guide_words
from nlp.understand import AreaName, Understander

CHANGES = f"{MOUNTED}/tickets/changes"


@dataclass(frozen=True)
class Huying:
    """One installation, put together."""

    settings: Settings
    clock: Clock
    database: Database
    redis: redis.Redis
    channels: dict[str, Channel]
    current: Current
    answerer: Answerer
    delivery: Delivery
    fetcher: Fetcher
    tasks: Tasks
    spool: Spool
    pace: Pace
    assistant: Assistant | None
    rates: Rates
    web: Flask
    """The console, links, photos and checks."""
    door: Door
    """The ASGI application that the platforms and browsers reach: the webhook, and `web` behind it."""

    def close(self) -> None:
        """Lets go of every connection."""
        self.tasks.broker.close()
        self.redis.close()
        self.database.dispose()


def create_app(settings: Settings, *, clock: Clock = utc_now) -> Huying:
    """Everything, built once. The database must be migrated and seeded (see `prepare`).

    Raises CalendarInvalid for a holiday file that cannot be used.
    """
    file = settings.calendar.file
    own_days = calendar.read_own_days(Path(file)) if file else calendar.OwnDays()
    database = Database(settings.database.url, pool_size=settings.database.pool_size)
    store = connect_redis(settings)
    channels = build_channels(settings.channels, redis=store, clock=clock)
    secret_key = settings.site.secret_key.get_secret_value() or _own_secret(settings.data_dir)
    ballot_key = hashlib.sha256(f"votes {secret_key}".encode()).digest()

    def read_settings(session: Session) -> World:
        calendar.adopt(days.with_own(session, own_days))
        entered = templates.in_force(session)
        for each in channels.values():
            if isinstance(each, OfficialChannel):
                each.adopt_templates(*(entered.get((each.key, way), {}) for way in TemplateWay))
        return replace(read_world(session, settings), ballot_key=ballot_key)

    current = Current(database, read_settings, clock=clock)
    spool = Spool(settings.data_dir / "spool")

    def wake(session: Session) -> None:
        tasks.wake(session)

    blurrer = Blurrer() if settings.media.blur and can_blur() else None
    fetcher = Fetcher(database, channels, MediaStore(settings.media.url), clock=clock, wake=wake, blurrer=blurrer)
    photos = PhotoPages(
        database, fetcher.store.get, public_url=settings.site.public_url, secret=secret_key, clock=clock
    )
    delivery = Delivery(
        database,
        channels,
        clock=clock,
        lease=timedelta(seconds=settings.delivery.lease_seconds),
        attempts=settings.delivery.attempts,
        quiet=settings.riders.quiet,
        photos=photos,
    )

    def ask(ticket_id: int) -> None:
        # A message of before the assistant was switched off means nothing any more.
        if assistant is not None:
            assistant.ask(ticket_id)

    pace = Pace()
    database.before_looking(pace.step_aside)

    def deliver(notice_id: int) -> None:
        current.look()
        delivery.deliver(notice_id)

    def dispatch_all(ticket_ids: list[int]) -> None:
        pace.give_way()
        current.look()
        dispatcher.dispatch(ticket_ids)

    tasks = Tasks(
        make_broker(settings.queue.url),
        deliver=deliver,
        dispatch=dispatch_all,
        update_cards=delivery.update_cards,
        fetch=fetcher.fetch,
        ask=ask,
    )
    dispatcher = Dispatcher(database, tasks, clock=clock, rules=dispatch_rules(settings))
    assistant: Assistant | None = None
    if settings.assistant.url:
        names = {code: category.name for code, category in current().categories.items()}
        assistant = Assistant(settings.assistant, database, names, clock=clock, wake=tasks.wake)
    answerer = Answerer(
        database,
        current,
        build_router(),
        clock=clock,
        spool=spool,
        wake=tasks.wake,
        dispatch=lambda ids: tasks.queue(tickets=ids),
        photos=photos,
    )

    web = Flask("huying", static_folder=None)
    web.config["SECRET_KEY"] = secret_key
    web.before_request(current.look)
    web.register_blueprint(
        console.blueprint(
            database,
            clock,
            site_name=settings.site.name,
            secure=urlsplit(settings.site.public_url).scheme == "https",
            handover_minutes=settings.limits.handover_minutes,
            undo_hours=settings.limits.reevaluation_hours,
            link_hours=settings.limits.link_hours,
            public_url=settings.site.public_url,
            read_media=fetcher.store.get,
            wake=tasks.wake,
            secret=secret_key,
            doors=[each for each in channels.values() if isinstance(each, WeComChannel) and each.has_sign_in],
            tiles=settings.map.source,
            state=lambda: state_of(huying),
            means=means_of(current, settings, channels, fetcher),
        ),
        url_prefix=MOUNTED,
    )
    web.register_blueprint(photos.blueprint())
    limiter = Limiter(store, clock=clock)
    links = LinkPages(database, fetcher.photo, secret=secret_key, clock=clock, wake=tasks.wake, limiter=limiter)
    web.register_blueprint(links.blueprint())
    proofs = CertificatePages(
        database, site_name=settings.site.name, public_url=settings.site.public_url, limiter=limiter
    )
    web.register_blueprint(proofs.blueprint())
    if settings.site.public_figures:
        told = FigurePages(database, site_name=settings.site.name, clock=clock, limiter=limiter)
        web.register_blueprint(told.blueprint())
    places = PlacePages(database, site_name=settings.site.name, limiter=limiter)
    web.register_blueprint(places.blueprint())
    web.register_blueprint(front_page(settings.site.name))
    huying = Huying(
        settings=settings,
        clock=clock,
        database=database,
        redis=store,
        channels=channels,
        current=current,
        answerer=answerer,
        delivery=delivery,
        fetcher=fetcher,
        tasks=tasks,
        spool=spool,
        pace=pace,
        assistant=assistant,
        rates=Rates(database, clock=clock),
        web=web,
        door=Webhook(
            Screens(Pages(web, each_thread=pace.courteous), CHANGES),
            channels,
            answerer,
            heard=Heard(store, clock=clock),
            pace=pace,
            clock=clock,
        ),
    )
    _add_health(huying)
    return huying


def prepare(settings: Settings) -> int:
    """Migrates the database and adds the shipped categories that are missing; gives how many were added."""
    upgrade(settings.database.url)
    database = Database(settings.database.url)
    try:
        with database.transaction() as session:
            return seed.seed_categories(session, categories.load())
    finally:
        database.dispose()


def connect_redis(settings: Settings) -> redis.Redis:
    """The shared state: a Redis, or one inside the process that behaves the same."""
    if settings.redis.url == EMBEDDED:
        return fakeredis.FakeRedis()
    return redis.Redis.from_url(settings.redis.url, socket_timeout=2, socket_connect_timeout=2)


def dispatch_rules(settings: Settings) -> dispatch.Rules:
    """How people are asked, from the settings."""
    given = settings.dispatch
    plans = {
        name: dispatch.WavePlan(tuple(wave.sizes), wave.minutes)
        for name, wave in (("normal", given.waves.normal), ("urgent", given.waves.urgent))
    }
    return dispatch.Rules(
        normal=plans["normal"],
        urgent=plans["urgent"],
        quiet_from=time.fromisoformat(given.quiet_from),
        quiet_until=time.fromisoformat(given.quiet_until),
        pool_minutes=given.pool_minutes,
        riders=settings.riders.quiet,
        in_a_home=services.IN_A_HOME,
        kindred=services.KINDRED,
    )


def ledger_rules(settings: Settings) -> Rules:
    """What is earned and how long it lasts; a judgement earns once it can no longer be changed."""
    return Rules(**settings.ledger.model_dump(), wait_hours=settings.limits.reevaluation_hours)


def load_world(database: Database, settings: Settings) -> World:
    """What handlers know of the installation, as it stands in the database now."""
    with database.reading() as session:
        return read_world(session, settings)


def read_world(session: Session, settings: Settings) -> World:
    """The same in a session."""
    live = {category.code: category for category in session.query(Category)}
    nodes = areas.all_areas(session)
    tree = [_spoken(area) for area in nodes if area.closed_at is None]
    limits = settings.limits
    return World(
        categories=live,
        understander=Understander(
            [_understood(category) for category in live.values()], tree, own_weights(settings.data_dir)
        ),
        limits=LimitNumbers(
            evaluation_days=limits.evaluation_days,
            evaluation_reminder_hours=limits.evaluation_reminder_hours,
            reevaluation_hours=limits.reevaluation_hours,
            handover_minutes=limits.handover_minutes,
            recent_minutes=limits.recent_minutes,
            menu_minutes=limits.menu_minutes,
            link_hours=limits.link_hours,
            opens=time.fromisoformat(limits.office_open),
            closes=time.fromisoformat(limits.office_close),
        ),
        site_name=settings.site.name,
        gas_phone=settings.gas_phone,
        windows={
            key: WindowNumbers(**channel.window.model_dump())
            for key, channel in settings.channels.items()
            if isinstance(channel, OfficialAccount)
        },
        areas={area.id: area for area in nodes},
        quiet=settings.riders.quiet,
        ledger=ledger_rules(settings),
        public_url=settings.site.public_url,
        guides=tuple(
            guide_words.known(each.id, path, each.title, each.words, each.text, each.links)
            for each, path in guides.in_use(session)
        ),
    )


def _spoken(area: Area) -> AreaName:
    """An area with everything people call it, the code on its door too."""
    called = dict.fromkeys([*(alias.name for alias in area.aliases), *filter(None, [area.code])])
    return AreaName(area.id, area.kind.value, area.name, tuple(called), area.parent_id)


def _understood(category: Category) -> categories.CategorySeed:
    return categories.CategorySeed(
        code=category.code,
        name=category.name,
        words={word: float(weight) for word, weight in category.words.items()},
        first=categories.First(category.first.value),
        level=categories.Level(category.level.value),
        limits=categories.Limits(category.first_answer_limit, category.accept_limit, category.finish_limit),
        department=category.department,
        skills=tuple(category.skills),
        offerable=category.offerable,
    )


def _own_secret(folder: Path) -> str:
    """A key of this installation's own, made at the first start."""
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _add_health(huying: Huying) -> None:
    @huying.web.get("/healthz")
    def alive() -> str:
        return "ok\n"

    @huying.web.get("/readyz")
    def ready() -> Response:
        faults = [name for name, check in _checks(huying).items() if not check]
        if faults:
            return Response(f"not ready: {', '.join(faults)}\n", status=503, mimetype="text/plain")
        return Response("ready\n", mimetype="text/plain")

    @huying.web.get("/metrics")
    def metrics() -> Response:
        caller = ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104  (nobody's address, not a bind)
        if not any(caller in ip_network(network) for network in huying.settings.metrics_from):
            abort(403)
        SPOOLED.set(len(huying.spool))
        huying.rates.refresh()
        return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _checks(huying: Huying) -> dict[str, bool]:
    found = {"database": True, "redis": True, "queue": huying.tasks.answers()}
    try:
        huying.database.ping()
    except SQLAlchemyError:
        found["database"] = False
    try:
        huying.redis.ping()
    except redis.RedisError:
        found["redis"] = False
    return found
