"""The platforms' accounts: what each may do, what each notice reads like, and by which template it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console.editing import beside
from console.health import ChannelState
from console.house import House, field
from console.lists import add_list
from console.sight import Sight
from models import templates
from models.outbox import NoticeKind
from models.slips import Slipped
from models.template import Template, TemplateWay
from models.templates import MOST_FIELDS, Layout, Part
from models.upload import UploadKind
from nlp.template_list import Called, TemplateList
from texts import channels as said
from texts import console as words
from texts import health, samples

ABLE: Mapping[TemplateWay, tuple[str, ...]] = {
    TemplateWay.TEMPLATE: ("service",),
    TemplateWay.SUBSCRIPTION: ("subscription", "service"),
}
"""The abilities with which an account has a way."""


FRESH = [("", part.value) for part in (Part.CATEGORY, Part.TEXT, *[Part.NOTHING] * (MOST_FIELDS - 2))]
"""The rows of a form in which nothing is written yet, with what most templates ask for."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """By which template a notice goes on one way, and who said so."""

    layout: Layout | None
    told: str
    is_own: bool
    """Whether it was entered here."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A form that somebody wants to see before it is kept."""

    way: TemplateWay
    layout: Layout


def add_channels(blueprint: Blueprint, house: House) -> None:
    """The pages, and what their buttons do."""

    @blueprint.get("/channels", endpoint="channel_list")
    def channel_list() -> str:
        with house.looking() as sight:
            return listed(sight)

    def listed(sight: Sight, fault: str = "") -> str:
        sight.for_everything()
        rows = [(each, said.ABLE[each.abilities], _left(house, each.key)) for each in house.state().channels]
        return house.page("channels.html", sight, rows=rows, said=said, health=health, fault=fault)

    def opened(sight: Sight) -> TemplateList:
        sight.for_everything()
        accounts = house.state().channels
        ways = {
            (each.key, way): each.filed.get(way, {})
            for each in accounts
            for way in TemplateWay
            if each.abilities in ABLE[way]
        }
        called = Called(
            {each.key: health.channel_name(each.kind, each.key) for each in accounts},
            {kind: words.NOTICES[kind] for kinds in samples.READERS.values() for kind in kinds},
            said.WAYS,
            said.PARTS,
        )
        return TemplateList(sight.session, ways, called, by=sight.person, now=sight.now)

    add_list(blueprint, house, UploadKind.TEMPLATES, opened, show=listed, home="channel_list", here="channels")

    @blueprint.get("/channels/<key>")
    def channel_page(key: str) -> str:
        with house.looking() as sight:
            account = _account(sight, house, key)
            entered = _entered(sight, key)
            chosen = {
                kind: [way for way in TemplateWay if _chosen(entered, account, way, kind).layout is not None]
                for kinds in samples.READERS.values()
                for kind in kinds
            }
            return house.page(
                "channel.html",
                sight,
                account=account,
                readers=samples.READERS,
                chosen=chosen,
                said=said,
                health=health,
            )

    @blueprint.get("/channels/<key>/<kind>")
    def channel_notice(key: str, kind: str) -> str:
        with house.looking() as sight:
            return house.page("channel_notice.html", sight, **_page(sight, house, key, kind))

    @blueprint.post("/channels/<key>/<kind>/<way>")
    def channel_template(key: str, kind: str, way: str) -> ResponseReturnValue:
        def act(sight: Sight) -> None:
            account, notice, which = _account(sight, house, key), _kind(kind), _way(way)
            if field("button", most=10) == "back":
                templates.forget(sight.session, account.key, which, notice)
                return
            layout = None if field("button", most=10) == "none" else _read()
            templates.keep(sight.session, account.key, which, notice, layout, by=sight.person, now=sight.now)

        def shown(sight: Sight, slipped: Slipped) -> str:
            return house.page("channel_notice.html", sight, **_page(sight, house, key, kind, slipped=slipped, way=way))

        if field("button", most=10) == "look":
            with house.looking() as sight:
                try:
                    looked = Looked(_way(way), _read())
                except Slipped as slipped:
                    return shown(sight, slipped), 409
                return house.page("channel_notice.html", sight, **_page(sight, house, key, kind, looked=looked))
        back = url_for(".channel_notice", key=key, kind=kind, done="template")
        return house.carry_out(act, shown=shown, back=back, but=(Slipped,))


def _account(sight: Sight, house: House, key: str) -> ChannelState:
    sight.for_everything()
    found: ChannelState | None = next((each for each in house.state().channels if each.key == key), None)
    if found is None:
        raise NotFound
    return found


def _kind(given: str) -> NoticeKind:
    if given not in list(NoticeKind) or given == NoticeKind.PRESSED:
        raise NotFound
    return NoticeKind(given)


def _way(given: str) -> TemplateWay:
    if given not in list(TemplateWay):
        raise NotFound
    return TemplateWay(given)


def _left(house: House, key: str) -> Mapping[str, int]:
    """How many messages the account may still send today, by the way, where the platform publishes a quota."""
    reach = house.means.reach(NoticeKind.FINISHED).get(key)
    return reach.left_today if reach is not None else {}


def _read() -> Layout:
    fields = [(field(f"name-{at}", most=40), field(f"part-{at}", most=20)) for at in range(MOST_FIELDS)]
    return templates.layout_of(field("template", most=100), fields)


Entered = Mapping[tuple[TemplateWay, str], str]


def _chosen(entered: Entered, account: ChannelState, way: TemplateWay, kind: NoticeKind) -> Chosen:
    filed = account.filed.get(way, {}).get(kind.value, "")
    own = entered.get((way, kind.value))
    setting = filed if own is None else own
    told = said.TOLD[own is not None, bool(setting)]
    return Chosen(templates.read(setting) if setting else None, told, own is not None)


def _entered(sight: Sight, key: str) -> Entered:
    rows = sight.session.scalars(select(Template).where(Template.channel == key))
    return {(row.way, row.kind): row.setting for row in rows}


def _page(
    sight: Sight,
    house: House,
    key: str,
    kind: str,
    *,
    slipped: Slipped | None = None,
    way: str = "",
    looked: Looked | None = None,
) -> dict[str, Any]:
    account, notice = _account(sight, house, key), _kind(kind)
    found = samples.sample(notice, now=sight.now)
    parts = {
        Part.TITLE: found.title,
        Part.TEXT: found.text,
        Part.NUMBER: samples.NUMBER,
        Part.CATEGORY: samples.CATEGORY,
        Part.PLACE: samples.PLACE,
        Part.TIME: said.time_of(sight.now),
    }
    forms, entered = [], _entered(sight, key)
    for each in TemplateWay if account.abilities else ():
        chosen = _chosen(entered, account, each, notice)
        layout = looked.layout if looked is not None and looked.way is each else chosen.layout
        rows = [(name, part.value) for name, part in layout.fields] if layout else []
        if slipped is not None and way == each:
            # What was typed is shown once more, wrong or not.
            rows = [(field(f"name-{at}", most=40), field(f"part-{at}", most=20)) for at in range(MOST_FIELDS)]
        forms.append(
            {
                "way": each,
                "able": account.abilities in ABLE[each],
                "chosen": chosen,
                "template": field("template", most=100)
                if slipped is not None and way == each
                else layout.template_id
                if layout
                else "",
                "rows": rows + FRESH[len(rows) :],
                "filled": templates.filled(layout, parts) if layout else {},
                "is_looked": looked is not None and looked.way is each,
            }
        )
    return {
        "account": account,
        "kind": notice,
        "label": words.NOTICES[notice],
        "found": found,
        "forms": forms,
        "said": said,
        "health": health,
        **beside(way, slipped),
    }
