"""Templates of the platforms: what stands in which field, and changing it while everything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import editions
from models.outbox import NoticeKind
from models.person import Person
from models.slips import Slip, Slipped
from models.template import Template, TemplateWay


class Part(StrEnum):
    """What a field of a template takes of a notice."""

    TITLE = "title"
    TEXT = "text"
    NUMBER = "number"
    CATEGORY = "category"
    PLACE = "place"
    TIME = "time"
    """When it is sent."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Layout:
    """A template and its fields, in order."""

    template_id: str
    fields: Sequence[tuple[str, Part]]

    @property
    def setting(self) -> str:
        """As it is written in the configuration."""
        return f"{self.template_id}:{','.join(f'{name}={part}' for name, part in self.fields)}"


@dataclass(frozen=True, slots=True)
class Offered:
    """A template that the account has at the platform, and its fields with what stands before each."""

    template_id: str
    title: str
    fields: Sequence[tuple[str, str]]

    @property
    def layout(self) -> Layout | None:
        """With what fits each field best; None where a field is of a kind that nothing of ours goes into."""
        names = [name for name, _ in self.fields]
        if not names or len(names) > MOST_FIELDS or not _ID.fullmatch(self.template_id):
            return None
        if not all(_FIELD.fullmatch(name) for name in names) or len({*names}) < len(names):
            return None
        plain = [name for name in names if _kind_of(name) == "thing"]
        # The text says it all; what it is about stands before it where there is room.
        best = dict(
            zip(plain, (Part.TEXT,) if len(plain) == 1 else (Part.CATEGORY, Part.TEXT, Part.PLACE), strict=False)
        )
        best |= {name: Part.TIME for name in names if _kind_of(name) in _TIMES}
        best |= {name: Part.NUMBER for name in names if _kind_of(name) == "character_string"}
        return Layout(self.template_id, tuple((name, best.get(name, Part.NOTHING)) for name in names)) if best else None


MOST_FIELDS = 6

HOLDS = {"thing": 20, "short_thing": 5, "phrase": 5, "name": 10, "character_string": 32, "time": 32, "date": 32}
"""Characters of a field, by the letters of its name; any other kind is treated as a thing."""

_TIMES = ("time", "date")
_DEFAULT = "thing1,thing2"
_EMPTY = "-"
"""The platform refuses empty fields."""

_LINE = re.compile(r"([^{}\n]{0,40})\{\{([A-Za-z_]{1,24}\d{0,2})\.DATA\}\}")

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_FIELD = re.compile(rf"({'|'.join(HOLDS)})\d{{1,2}}")


# ---------------------------------------------------------------- reading and filling


def read(setting: str) -> Layout:
    """What the configuration or a row says: `id`, `id:field,field` or `id:field=part,field=part`.

    Without parts the first field takes the title, the last the text, and any between nothing; without fields they are
    thing1 and thing2. A part that nobody knows takes nothing.
    """
    template_id, _, written = setting.partition(":")
    pairs = [each.partition("=") for each in (written or _DEFAULT).split(",") if each.strip()]
    last = len(pairs) - 1
    fields = []
    for at, (name, _, part) in enumerate(pairs):
        usual = Part.TEXT if at == last else Part.TITLE if at == 0 else Part.NOTHING
        part = part.strip()
        fields.append((name.strip(), usual if not part else Part(part) if part in list(Part) else Part.NOTHING))
    return Layout(template_id.strip(), tuple(fields))


def offered(template_id: str, title: str, content: str) -> Offered:
    """A template as the platform describes it: a line `what it is:{{thing1.DATA}}` for each field."""
    fields = [(name, label.strip(" :：")) for label, name in _LINE.findall(content[:2000])]
    return Offered(template_id[:100], title[:60], fields)


def filled(layout: Layout, said: Mapping[Part, str]) -> dict[str, str]:
    """The values of the fields, cut to what each holds."""
    return {name: _fitting(name, said.get(part, "")) for name, part in layout.fields}


def _kind_of(field: str) -> str:
    return field.rstrip("0123456789")


def _fitting(field: str, value: str) -> str:
    most, value = HOLDS.get(_kind_of(field), 20), " ".join(value.split()) or _EMPTY
    return value if len(value) <= most else value[: most - 1] + "…"


# ---------------------------------------------------------------- what is in force


def in_force(session: Session) -> dict[tuple[str, TemplateWay], dict[str, str]]:
    """What staff entered: by channel and way, the setting of each kind of notice; empty for by no template."""
    found: dict[tuple[str, TemplateWay], dict[str, str]] = {}
    for row in session.scalars(select(Template)):
        found.setdefault((row.channel, row.way), {})[row.kind] = row.setting
    return found


def together(filed: Mapping[str, str], entered: Mapping[str, str]) -> dict[str, str]:
    """The configuration's with what staff entered, which comes first."""
    return {kind: setting for kind, setting in {**filed, **entered}.items() if setting}


# ---------------------------------------------------------------- changing


def layout_of(template_id: str, fields: Sequence[tuple[str, str]]) -> Layout:
    """What was entered, looked at as the platform will. Raises Slipped with the field's place in its column."""
    if not _ID.fullmatch(template_id):
        raise Slipped(Slip.TEMPLATE_ID, "template")
    made: list[tuple[str, Part]] = []
    for at, (name, part) in enumerate(fields):
        if not name:
            continue
        if not _FIELD.fullmatch(name):
            raise Slipped(Slip.TEMPLATE_FIELD, f"name-{at}")
        if name in dict(made):
            raise Slipped(Slip.TWICE, f"name-{at}")
        if part not in list(Part):
            raise Slipped(Slip.TEMPLATE_PART, f"part-{at}")
        kind, chosen = _kind_of(name), Part(part)
        if kind in _TIMES and chosen is not Part.TIME:
            raise Slipped(Slip.TEMPLATE_TIME, f"part-{at}")
        if kind == "character_string" and chosen is not Part.NUMBER:
            raise Slipped(Slip.TEMPLATE_NUMBER, f"part-{at}")
        made.append((name, chosen))
    if not any(part is not Part.NOTHING for _, part in made):
        raise Slipped(Slip.MISSING, "name-0")
    return Layout(template_id, tuple(made[:MOST_FIELDS]))


def keep(
    session: Session,
    channel: str,
    way: TemplateWay,
    kind: NoticeKind,
    layout: Layout | None,
    *,
    by: Person,
    now: datetime,
) -> None:
    """A notice goes by this template from now on, whatever the configuration says; None: by none."""
    setting = layout.setting if layout else ""
    row = session.get(Template, (channel, way, kind.value), with_for_update=True)
    if row is None:
        row = Template(channel=channel, way=way, kind=kind.value, setting=setting, by_id=by.id, changed_at=now)
        session.add(row)
    row.setting, row.by_id, row.changed_at = setting, by.id, now
    session.flush()
    editions.bump(session)


def forget(session: Session, channel: str, way: TemplateWay, kind: NoticeKind) -> None:
    """What the configuration says holds again."""
    row = session.get(Template, (channel, way, kind.value), with_for_update=True)
    if row is not None:
        session.delete(row)
        session.flush()
        editions.bump(session)
