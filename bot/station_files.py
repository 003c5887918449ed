"""Lists of stations from and to Excel files, for the command line; the console has pages of its own for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import true
from sqlalchemy.orm import Session

from models import areas, riders, sheets, stations
from nlp import station_list
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
        raise NotTaken(said.ROW_FAULTS["area"])
    try:
        found = station_list.read(sheets.read(data), places, otherwise=otherwise)
    except sheets.Unreadable as why:
        raise NotTaken(said.UNREADABLE) from why
    wrong = [said.wrong_row(row, name, said.ROW_FAULTS[fault]) for row, name, fault in found.faults]
    added, changed = (0, 0) if wrong and not skip else stations.enter_all(session, found.drafts, now=now)
    return Taken(added, changed, wrong)


def file_of(session: Session) -> bytes:
    """All stations in use, in the columns that are read."""
    names = {each.id: each.name for each in areas.all_areas(session)}
    listed = stations.listed(session, true(), most=sheets.MOST_ROWS)
    return sheets.write(station_list.HEAD, said.rows(listed, names))
