"""Guides (办事指南): written, taken off, and listed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import editions
from models.area import Area
from models.guide import Guide
from models.slips import Slip, Slipped

LONGEST_TITLE, LONGEST_TEXT, LONGEST_LINK = 20, 300, 200
MOST_WORDS, MOST_LINKS = 15, 3

_WORD = re.compile(r"[^\s+]{2,12}|[^\s+]{1,12}(?:\+[^\s+]{1,12}){1,2}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A guide as it is entered; links are "what it opens|address"."""

    title: str
    words: Sequence[str]
    text: str
    links: Sequence[str]
    area_id: int


def enter(session: Session, draft: Draft, *, now: datetime, guide: Guide | None = None) -> Guide:
    """A new guide, or another state of one that is there. Raises Slipped."""
    _check(draft)
    if guide is None:
        guide = Guide(active=True)
        session.add(guide)
    guide.title, guide.text, guide.area_id = draft.title, draft.text, draft.area_id
    guide.words, guide.links = list(draft.words), list(draft.links)
    guide.active, guide.changed_at = True, now
    session.flush()
    editions.bump(session)
    return guide


def close(session: Session, guide: Guide, *, now: datetime) -> None:
    """Nobody is answered with it any more."""
    guide.active, guide.changed_at = False, now
    session.flush()
    editions.bump(session)


def listed(session: Session, areas: ColumnElement[bool], *, most: int, skip: int = 0) -> Sequence[Guide]:
    """The guides of areas, those in use first."""
    query = select(Guide).join(Area, Area.id == Guide.area_id).where(areas)
    return session.scalars(query.order_by(Guide.active.desc(), Guide.title, Guide.id).offset(skip).limit(most)).all()


def in_use(session: Session) -> Sequence[tuple[Guide, str]]:
    """Every guide that may be answered with, and the path of its area."""
    query = select(Guide, Area.path).join(Area, Area.id == Guide.area_id).where(Guide.active.is_(True))
    return [(guide, path) for guide, path in session.execute(query.order_by(Guide.id))]


def _check(draft: Draft) -> None:
    if not draft.title:
        raise Slipped(Slip.MISSING, "title")
    if len(draft.title) > LONGEST_TITLE:
        raise Slipped(Slip.LONG, "title", most=LONGEST_TITLE)
    if not draft.words:
        raise Slipped(Slip.MISSING, "words")
    if len(draft.words) > MOST_WORDS or not all(_WORD.fullmatch(each) for each in draft.words):
        raise Slipped(Slip.WORD, "words")
    if not draft.text:
        raise Slipped(Slip.MISSING, "text")
    if len(draft.text) > LONGEST_TEXT:
        raise Slipped(Slip.TEXT, "text", most=LONGEST_TEXT)
    if len(draft.links) > MOST_LINKS:
        raise Slipped(Slip.LINK, "links")
    for each in draft.links:
        says, _, address = each.partition("|")
        if not says or not is_address(address):
            raise Slipped(Slip.LINK, "links")


def is_address(address: str) -> bool:
    """Whether it is a web address that a chat can show."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    whole = address.isascii() and address.isprintable() and " " not in address and len(address) <= LONGEST_LINK
    return whole and parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc
