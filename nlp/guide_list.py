"""Lists of guides (办事指南): written out, and brought in row by row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import areas, guides
from models.area import Area
from models.guide import Guide
from models.guides import Draft
from models.slips import Slip, Slipped
from models.uploads import Change, Line, Outcome
from nlp import lists
from nlp.lists import Column, several
from nlp.person_list import path_name

COLUMNS = (
    Column("id", "编号", re.compile("^编号|^id$", re.IGNORECASE)),
    Column("name", "标题", re.compile("标题|事项|题目"), needed=True),
    Column("words", "怎么问", re.compile("怎么问|问法|关键词"), needed=True),
    Column("text", "怎么答", re.compile("怎么答|答复|正文|内容"), needed=True, in_lines=True),
    Column("links", "链接", re.compile("链接|网址"), in_lines=True),
    Column("area", "哪里", re.compile("哪里|地方|街道|社区|区域"), needed=True),
)
HEAD = tuple(column.head for column in COLUMNS)


def links_of(written: str) -> list[str]:
    """Links as they are kept, of those that somebody wrote one a line."""
    found = []
    for line in filter(None, (each.strip() for each in written.split("\n"))):
        says, _, address = line.rpartition(" ")
        found.append(f"{says.strip().rstrip('：:')[:20]}|{address}")
    return found


def as_written(links: Sequence[str]) -> str:
    """The other way round."""
    return "\n".join(each.replace("|", " ", 1) for each in links)


def table(session: Session, places: Sequence[Area], *, most: int) -> list[list[str | float | None]]:
    """The guides in use of areas."""
    everything = {each.id: each for each in areas.all_areas(session)}
    found = session.scalars(
        select(Guide)
        .where(Guide.area_id.in_([each.id for each in places]), Guide.active.is_(True))
        .order_by(Guide.area_id, Guide.title, Guide.id)
        .limit(most)
    )
    return [
        [
            each.id,
            each.title,
            "、".join(each.words),
            each.text,
            as_written(each.links),
            path_name(everything[each.area_id], everything),
        ]
        for each in found
    ]


def bring(session: Session, given: Sequence[Sequence[str]], places: Sequence[Area], *, now: datetime) -> Outcome:
    """Carries a list out for these areas; what is wrong is collected, and then nothing may be kept. What does not stand
    in the list goes on being answered with.
    """
    return lists.bring(given, COLUMNS, lambda: _Bringing(session, places, now=now).take)


class _Bringing:
    """The guides of the areas while a list goes in."""

    def __init__(self, session: Session, places: Sequence[Area], *, now: datetime) -> None:
        self._session = session
        self._now = now
        self._everything = {each.id: each for each in areas.all_areas(session)}
        ids = [each.id for each in places]
        self._areas = lists.by_path(self._everything, ids)
        self._guides = {each.id: each for each in session.scalars(select(Guide).where(Guide.area_id.in_(ids)))}
        self._done: set[int] = set()

    def take(self, number: int, row: Mapping[str, str]) -> Line:
        area = lists.only(self._areas, row["area"])
        guide = self._guide(row, area)
        before = self._draft(guide) if guide is not None else None
        links = links_of(row.get("links", ""))
        draft = Draft(
            title=row["name"],
            words=several(row["words"]),
            text=row["text"],
            # What is left empty stays, as in every list.
            links=links or (list(before.links) if before else []),
            area_id=area.id,
        )
        was_used = guide is not None and guide.active
        if before != draft or not was_used:
            guide = guides.enter(self._session, draft, now=self._now, guide=guide)
        if guide is not None and guide.id in self._done:
            raise Slipped(Slip.TWICE)
        if guide is not None:
            self._done.add(guide.id)
            self._guides[guide.id] = guide
        return Line(number, draft.title, is_new=before is None, changes=self._changes(before, draft, was_used))

    def _guide(self, row: Mapping[str, str], area: Area) -> Guide | None:
        """Which one a row means: by number, otherwise by title and area; None: a new one."""
        given = row.get("id", "")
        if given:
            found = self._guides.get(int(given)) if given.isascii() and given.isdigit() else None
            if found is None:
                raise Slipped(Slip.NUMBER, "id")
            return found
        same = [each for each in self._guides.values() if each.title == row["name"] and each.area_id == area.id]
        # One in use comes before one that was taken off.
        return max(same, key=lambda each: each.active, default=None)

    @staticmethod
    def _draft(guide: Guide) -> Draft:
        return Draft(guide.title, list(guide.words), guide.text, list(guide.links), guide.area_id)

    def _changes(self, before: Draft | None, after: Draft, was_used: bool) -> list[Change]:
        told = self._told(before) if before is not None and was_used else {}
        return [
            Change(column, told.get(column, ""), value)
            for column, value in self._told(after).items()
            if value and told.get(column, "") != value
        ]

    def _told(self, draft: Draft) -> dict[str, str]:
        return {
            "title": draft.title,
            "words": "、".join(draft.words),
            "text": draft.text,
            "links": as_written(draft.links),
            "area": path_name(self._everything[draft.area_id], self._everything),
        }
