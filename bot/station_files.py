"""Lists of stations from and to Excel files, for the command line; the console has the same list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models import areas, riders, sheets
from models.slips import Slip
from nlp import lists
from nlp.station_list import StationList
from texts import editing
from texts import stations as said


class NotTaken(Exception):
    """The file is no list, or names an area that is not there."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many stations are new and were there, and a line for each row that is wrong."""

    added: int
    changed: int
    wrong: Sequence[str]


def take_in(session: Session, data: bytes, *, area: str, skip: bool, now: datetime) -> Taken:
    """Takes the rows of a file in; with a wrong one nothing, unless those are to be skipped. Raises NotTaken."""
    places = {each.name: each.id for each in areas.all_areas(session)}
    whole = riders.everywhere(session)
    otherwise = places.get(area) if area else whole.id if whole else None
    if otherwise is None:
        raise NotTaken(editing.SLIPS[Slip.AREA])
    try:
        rows = sheets.read(data)
    except sheets.Unreadable as why:
        raise NotTaken(editing.UNREADABLE) from why
    with session.begin_nested() as kept:
        outcome = lists.bring(_listed(session, otherwise=otherwise, now=now), rows, most=sheets.MOST_ROWS)
        wrong = [editing.wrong(each, lists.heads(StationList)) for each in outcome.wrong]
        if wrong and not skip:
            kept.rollback()
            return Taken(0, 0, wrong)
    return Taken(len(outcome.new), len(outcome.changed), wrong)


def file_of(session: Session, *, now: datetime) -> bytes:
    """All stations in use, in the columns that are read."""
    listed = _listed(session, otherwise=None, now=now)
    return sheets.write(list(lists.heads(StationList).values()), listed.written(sheets.MOST_ROWS))


def _listed(session: Session, *, otherwise: int | None, now: datetime) -> StationList:
    return StationList(session, None, otherwise=otherwise, kinds=said.KINDS, in_words=said.hours, now=now)
