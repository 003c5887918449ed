"""The staff's web pages: sign-in, desk, chats, people, call-backs, figures, announcements, departments, points …"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from flask import Blueprint
from sqlalchemy.orm import Session

from console.account import add_account
from console.accounts import add_accounts
from console.announcements import add_announcements
from console.appointments import add_appointments
from console.areas import add_areas
from console.audit import add_audit
from console.broadcasts import add_broadcasts
from console.bulk import add_bulk
from console.bursts import add_bursts
from console.calendar import add_calendar
from console.callbacks import add_call_backs
from console.categories import add_categories
from console.channels import add_channels
from console.chats import add_chats
from console.codes import add_codes
from console.colleagues import add_colleagues
from console.counter import add_counter
from console.departments import add_departments
from console.figures import add_figures
from console.filters import add_filters
from console.gate import add_gate
from console.guides import add_guides
from console.health import State, add_health
from console.honours import add_honours
from console.house import Door, House
from console.learning import add_learning
from console.ledger import add_ledger
from console.looks import add_looks
from console.map import add_map
from console.means import Means
from console.menus import add_menus
from console.news import add_news
from console.outlines import add_outlines
from console.people import add_people
from console.people_list import add_people_list
from console.posts import add_posts
from console.ready import add_ready
from console.riders import add_riders
from console.roster import add_roster
from console.second import Seal
from console.skills import add_skills
from console.stations import add_stations
from console.tickets import add_tickets
from console.weeks import add_weeks
from models.clock import Clock
from models.db import Database
from models.tiles import Tiles


def _nobody_waits(_: Session) -> None:
    """Without a queue the sweep finds fresh notices."""


def blueprint(
    database: Database,
    clock: Clock,
    *,
    site_name: str,
    secure: bool,
    channels_note: str = "",
    handover_minutes: int = 30,
    undo_hours: int = 24,
    link_hours: int = 72,
    public_url: str = "",
    read_media: Callable[[str], bytes] | None = None,
    wake: Callable[[Session], None] = _nobody_waits,
    secret: str = "",
    doors: Sequence[Door] = (),
    tiles: Tiles = Tiles(),
    state: Callable[[], State] = State,
    means: Means = Means(),
) -> Blueprint:
    """The console, to be mounted under a prefix of its own, such as /console.

    `secure`: whether people reach it by https only. `channels_note`: a line shown to staff under every page, such as
    what the account cannot do. `read_media` gives the bytes stored under an attachment's name, or raises
    FileNotFoundError. `public_url` is where one-time links lead, which hold for `link_hours`.
    `wake` is given each session after its commit. `secret` seals what the apps of the second step know, one of this
    process alone when empty. `doors` are other ways in than a password; `tiles` lie under the maps; `state` tells how
    the parts outside the database are; `means` is what only the parts above can do.
    """
    house = House(
        database=database,
        clock=clock,
        site_name=site_name,
        secure=secure,
        channels_note=channels_note,
        handover_minutes=handover_minutes,
        undo_hours=undo_hours,
        link_hours=link_hours,
        public_url=public_url,
        read_media=read_media,
        wake=wake,
        seal=Seal(secret or secrets.token_urlsafe(32)),
        doors=tuple(doors),
        tiles=tiles,
        state=state,
        means=means,
    )
    pages = Blueprint("console", __name__, template_folder="templates", static_folder="static")
    add_gate(pages, house)
    add_account(pages, house)
    add_filters(pages, house)
    add_bulk(pages, house)
    add_looks(pages, house)
    add_colleagues(pages, house)
    add_tickets(pages, house)
    add_chats(pages, house)
    add_ready(pages, house)
    add_people(pages, house)
    add_learning(pages, house)
    add_call_backs(pages, house)
    add_figures(pages, house)
    add_weeks(pages, house)
    add_announcements(pages, house)
    add_counter(pages, house)
    add_appointments(pages, house)
    add_news(pages, house)
    add_broadcasts(pages, house)
    add_menus(pages, house)
    add_departments(pages, house)
    add_roster(pages, house)
    add_bursts(pages, house)
    add_ledger(pages, house)
    add_stations(pages, house)
    add_map(pages, house)
    add_outlines(pages, house)
    add_riders(pages, house)
    add_posts(pages, house)
    add_honours(pages, house)
    add_audit(pages, house)
    add_health(pages, house)
    add_accounts(pages, house)
    add_areas(pages, house)
    add_codes(pages, house)
    add_categories(pages, house)
    add_people_list(pages, house)
    add_guides(pages, house)
    add_calendar(pages, house)
    add_channels(pages, house)
    add_skills(pages, house)
    return pages
