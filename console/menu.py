"""The menu of the console: what stands in it, for whom, in which group, and how much waits behind each entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from console.sight import Sight
from models import callbacks, pushing
from models.conversation import Conversation
from models.outbox import Notice
from models.person import Role
from texts import menu as words


class Group(StrEnum):
    """Where an entry stands: the day's work in the bar itself, everything else folded away under a word."""

    DAILY = "daily"
    NEIGHBOURS = "neighbours"
    HANDS = "hands"
    FIGURES = "figures"
    SETTINGS = "settings"


def everybody(_: Sight) -> bool:
    """Whoever may come in."""
    return True


def desk(sight: Sight) -> bool:
    """Whoever sits at a dispatch desk."""
    return sight.is_desk


def department(sight: Sight) -> bool:
    """Whoever speaks for a department or partner."""
    return sight.is_department


def street(sight: Sight) -> bool:
    """Whoever is of the street."""
    return bool(sight.street_paths)


def admin(sight: Sight) -> bool:
    """Whoever gives accounts and roles."""
    return bool(sight.admin_paths)


def everything(sight: Sight) -> bool:
    """Whoever is administrator of every community."""
    return sight.runs_everything


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table. `key` is what the page calls itself (`here` in its template) and names its label."""

    key: str
    endpoint: str
    who: Callable[[Sight], bool]
    group: Group

    @property
    def label(self) -> str:
        """What people read."""
        return words.LABELS[self.key]


TABLE = (
    Entry("tickets", "ticket_list", everybody, Group.DAILY),
    Entry("map", "map_page", everybody, Group.DAILY),
    Entry("counter", "counter", desk, Group.DAILY),
    Entry("chats", "chat_list", desk, Group.DAILY),
    Entry("registrations", "registrations", desk, Group.DAILY),
    Entry("unreached", "unreached", desk, Group.DAILY),
    Entry("call_backs", "call_back_list", desk, Group.DAILY),
    Entry("push_down", "push_down", department, Group.DAILY),
    Entry("announcements", "announcement_list", desk, Group.NEIGHBOURS),
    Entry("guides", "guides_page", desk, Group.NEIGHBOURS),
    Entry("broadcasts", "broadcast_list", desk, Group.NEIGHBOURS),
    Entry("ledger", "ledger_page", desk, Group.NEIGHBOURS),
    Entry("honours", "honour_list", desk, Group.NEIGHBOURS),
    Entry("roster", "roster_page", desk, Group.HANDS),
    Entry("departments", "departments", desk, Group.HANDS),
    Entry("riders", "riders", desk, Group.HANDS),
    Entry("posts", "posts", desk, Group.HANDS),
    Entry("stations", "stations", desk, Group.HANDS),
    Entry("figures", "figures_page", desk, Group.FIGURES),
    Entry("corrections", "correction_rates", desk, Group.FIGURES),
    Entry("menus", "menu_list", admin, Group.SETTINGS),
    Entry("accounts", "account_list", admin, Group.SETTINGS),
    Entry("areas", "area_tops", admin, Group.SETTINGS),
    Entry("categories", "category_list", everything, Group.SETTINGS),
    Entry("channels", "channel_list", everything, Group.SETTINGS),
    Entry("calendar", "calendar_page", everything, Group.SETTINGS),
    Entry("audit", "audit_page", street, Group.SETTINGS),
    Entry("health", "health_page", street, Group.SETTINGS),
)
"""Every page that is reached from everywhere, in the order in which it is read; its word stands in texts/menu.py."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A group as somebody sees it."""

    key: str
    label: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Menu:
    """The whole as one person sees it."""

    daily: Sequence[Entry]
    groups: Sequence[Folded]
    waiting: dict[str, int]
    """How much waits, by the keys of the entries."""

    def waits_in(self, group: Folded) -> int:
        """The same of a whole group."""
        return sum(self.waiting.get(each.key, 0) for each in group.entries)


def of(sight: Sight) -> Menu:
    """The menu of whoever looks."""
    mine = [each for each in TABLE if each.who(sight)]
    groups = [
        Folded(group, words.GROUPS[group], entries)
        for group in Group
        if group is not Group.DAILY and (entries := [each for each in mine if each.group is group])
    ]
    return Menu([each for each in mine if each.group is Group.DAILY], groups, _waiting(sight))


def _waiting(sight: Sight) -> dict[str, int]:
    """All numbers by one question to the database: each page asks it."""
    if not sight.is_desk:
        return {}

    def count(column: InstrumentedAttribute[int], *where: object) -> Select[int]:
        return select(func.count(column)).where(*where)  # type: ignore[arg-type]

    asked = {
        "counter": count(Notice.id, sight.news_to_call()),
        "chats": count(Conversation.id, sight.conversations()),
        "registrations": count(Role.id, sight.registrations()),
        "unreached": count(Notice.id, sight.unreached()),
        "call_backs": callbacks.counting(sight.desk_tickets()),
        "departments": pushing.counting(sight.street_paths),
    }
    row = sight.session.execute(select(*(query.scalar_subquery() for query in asked.values()))).one()
    return dict(zip(asked, row, strict=True))
