"""Lists of guides (办事指南): how they are written, and what a row makes of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import guides
from models.guide import Guide
from models.guides import Draft
from nlp import lists
from nlp.lists import Cell, Column, OneARow, Places, Row, several


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


class GuideList(OneARow[Guide]):
    """The guides of areas; what does not stand in the list goes on being answered with."""

    columns = (
        Column("id", "编号", re.compile("^编号|^id$", re.IGNORECASE), is_told=False),
        Column("title", "标题", re.compile("标题|事项|题目"), needed=True),
        Column("words", "怎么问", re.compile("怎么问|问法|关键词"), needed=True),
        Column("text", "怎么答", re.compile("怎么答|答复|正文|内容"), needed=True, in_lines=True),
        Column("links", "链接", re.compile("链接|网址"), in_lines=True),
        Column("area", "哪里", re.compile("哪里|地方|街道|社区|区域"), needed=True),
    )
    named_by = ("title",)
    holds = (Guide,)

    def __init__(self, session: Session, among: set[int], *, now: datetime) -> None:
        super().__init__(session)
        self._among, self._now = among, now

    @cached_property
    def _places(self) -> Places:
        return Places(self._session, self._among)

    @cached_property
    def _guides(self) -> dict[int, Guide]:
        query = select(Guide).where(Guide.area_id.in_(self._places.ids)).order_by(Guide.area_id, Guide.title, Guide.id)
        return {each.id: each for each in self._session.scalars(query)}

    def everything(self) -> Iterable[Guide]:
        return (each for each in self._guides.values() if each.active)

    def cells(self, thing: Guide) -> dict[str, Cell]:
        if not thing.active:
            return {}
        return {
            "id": thing.id,
            "title": thing.title,
            "words": "、".join(thing.words),
            "text": thing.text,
            "links": as_written(thing.links),
            "area": self._places.said(thing.area_id),
        }

    def find(self, row: Row) -> Guide | None:
        if found := lists.numbered(self._guides, row):
            return found
        area = self._places.one(row["area"])
        same = [each for each in self._guides.values() if (each.title, each.area_id) == (row["title"], area.id)]
        # One in use comes before one that was taken off.
        return max(same, key=lambda each: each.active, default=None)

    def put(self, row: Row, thing: Guide | None) -> Guide:
        draft = Draft(
            title=row["title"],
            words=several(row["words"]),
            text=row["text"],
            # What is left empty stays, as in every list.
            links=links_of(row.get("links", "")) or (list(thing.links) if thing else []),
            area_id=self._places.one(row["area"]).id,
        )
        made = guides.enter(self._session, draft, now=self._now, guide=thing)
        self._guides[made.id] = made
        return made
