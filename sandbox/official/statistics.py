"""The statistics calls: nothing is counted in the sandbox, so every list is empty, but the dates must be right."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.api import Refused
from sandbox.official.desk import Answer, Desk

DAYS = {
    "getusersummary": 7,
    "getusercumulate": 7,
    "getarticlesummary": 1,
    "getarticletotal": 1,
    "getuserread": 3,
    "getuserreadhour": 1,
    "getusershare": 7,
    "getusersharehour": 1,
    "getupstreammsg": 7,
    "getupstreammsghour": 1,
    "getupstreammsgweek": 30,
    "getupstreammsgmonth": 30,
    "getupstreammsgdist": 15,
    "getupstreammsgdistweek": 30,
    "getupstreammsgdistmonth": 30,
    "getinterfacesummary": 30,
    "getinterfacesummaryhour": 1,
}
"""How many days each call may span."""


def empty_list(desk: Desk, days: int) -> Answer:
    """An empty list for a span of days that has ended, of at most so many."""
    data = desk.body()
    first, last = _day(data.get("begin_date")), _day(data.get("end_date"))
    today = desk.world.clock.now().date()
    if not first <= last < today or last - first >= timedelta(days=days):
        raise Refused(61501)
    return {"list": []}


def _day(text: object) -> date:
    try:
        return date.fromisoformat(text if isinstance(text, str) and len(text) == 10 else "")
    except ValueError as error:
        raise Refused(61500) from error
