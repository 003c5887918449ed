"""Lists of standing posts (岗位): how they are written, and what a row makes of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import posts
from models.clock import local
from models.errors import Refused
from models.post import Post
from models.posts import Draft
from models.slips import Slip, Slipped
from nlp import lists
from nlp.lists import Cell, Column, OneARow, Places, Row, several


class PostList(OneARow[Post]):
    """The posts of areas, by area and name; one that was closed is open again. Who holds one is only looked at.

    `categories` are what categories are called, by code.
    """

    columns = (
        Column("id", "编号", re.compile("^编号|^id$", re.IGNORECASE), is_told=False),
        Column("name", "岗位", re.compile("岗位|名称|叫什么"), needed=True),
        Column("area", "管哪里", re.compile("哪里|地方|社区|小区|街道"), needed=True),
        Column("categories", "先办哪几类事", re.compile("哪几类|分类|类别"), needed=True),
        Column("wanted", "要几个人", re.compile("几个?人|人数")),
        Column("words", "做什么", re.compile("做什么|说明|内容")),
        Column("held", "现在几个人（只看）", is_told=False),
    )
    holds = (Post,)

    def __init__(self, session: Session, among: set[int], *, categories: Mapping[str, str], now: datetime) -> None:
        super().__init__(session)
        self._among, self._categories, self._now = among, categories, now

    @cached_property
    def _places(self) -> Places:
        return Places(self._session, self._among)

    @cached_property
    def _posts(self) -> dict[int, Post]:
        found = select(Post).where(Post.area_id.in_(self._places.ids)).order_by(Post.area_id, Post.name, Post.id)
        return {each.id: each for each in self._session.scalars(found)}

    @cached_property
    def _held(self) -> dict[int, int]:
        found = posts.holders(self._session, list(self._posts), day=local(self._now).date())
        return {post_id: len(people) for post_id, people in found.items()}

    def everything(self) -> Iterable[Post]:
        return (each for each in self._posts.values() if each.active)

    def cells(self, thing: Post) -> dict[str, Cell]:
        if not thing.active:
            return {}
        return {
            "id": thing.id,
            "name": thing.name,
            "area": self._places.said(thing.area_id),
            "categories": "、".join(self._categories.get(each, each) for each in thing.categories),
            "wanted": thing.wanted,
            "words": thing.words,
            "held": self._held.get(thing.id, 0),
        }

    def find(self, row: Row) -> Post | None:
        if found := lists.numbered(self._posts, row):
            return found
        called = (_name(row), self._places.one(row["area"]).id)
        return next((each for each in self._posts.values() if (each.name, each.area_id) == called), None)

    def put(self, row: Row, thing: Post | None) -> Post:
        draft = Draft(
            _name(row),
            self._places.one(row["area"]).id,
            self._codes(row["categories"]),
            # How many, where nobody says otherwise, is one.
            lists.number(row["wanted"]) if row.get("wanted") else thing.wanted if thing is not None else 1,
            row.get("words", thing.words if thing is not None else ""),
        )
        try:
            if thing is None:
                thing = posts.make(self._session, draft, now=self._now)
                self._posts[thing.id] = thing
            else:
                posts.change(self._session, thing, draft)
                thing.active = True
        except Refused as refused:
            raise Slipped(Slip.POST_TAKEN, "name", **refused.facts) from None
        return thing

    def _codes(self, said: str) -> list[str]:
        names = several(said)
        for each in names:
            if each not in self._categories.values():
                raise Slipped(Slip.CATEGORY, "categories", name=each)
        return [code for code, name in self._categories.items() if name in names]


def _name(row: Row) -> str:
    # A name with a blank in it could not be said in chat.
    return "".join(row["name"].split())
