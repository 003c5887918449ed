"""Stations in the chat: the nearest ones by the place somebody sends, and telling that one is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from handlers import dialogue, report
from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import areas, open_hours, riders, rings, stations
from models.area import Area
from models.attachment import Attachment, AttachmentKind
from models.conversation import State
from models.errors import Refusal, Refused
from models.person import RoleKind, RoleStatus
from models.station import Fault, Station, Use
from nlp.commands import Intent
from nlp.extract import Place
from nlp.riders import use_named, use_wanted
from texts import residents
from texts import stations as words

routes = Routes()

SHOWN = 3


@routes(Intent.STATIONS)
def find(turn: Turn) -> Reply:
    """The nearest, from the place that was sent or named, or where the speaker usually is."""
    said = turn.rest.strip()
    use = use_wanted(said) or (use_named(said) if said else None) or Use.ANY
    return _find(turn, use, said)


@routes(Intent.DISCOUNTS)
def discounts(turn: Turn) -> Reply:
    """What merchants give riders nearby."""
    return _find(turn, Use.OFFER, "")


def _find(turn: Turn, use: Use, said: str) -> Reply:
    place = turn.world.understander.understand(said).place if said else None
    point = _named(turn, place)
    if point is not None:
        return _nearest(turn, use, *point, around=place.text if place else "")
    sent = _sent(turn)
    if sent is not None:
        return _nearest(turn, use, *sent)
    usual = riders.usual_point(turn.session, turn.person)
    # The answer by the usual place stands, and a point that is sent now makes it nearer.
    dialogue.wait(turn, State.STATION, use=use.value)
    if usual is None:
        return Reply(words.where(use))
    reply = _nearest(turn, use, *usual, around=_usual_name(turn))
    dialogue.wait(turn, State.STATION, use=use.value)
    return reply


def _named(turn: Turn, place: Place | None) -> tuple[float, float] | None:
    """Where a place of ours lies: its own point, or that of the nearest area above it."""
    above = turn.world.path(place.area_id) if place else ()
    return next((point for area in above if (point := rings.position_of(area))), None)


def _sent(turn: Turn) -> tuple[float, float] | None:
    """The place that was sent last, within the half hour in which it still says where somebody is."""
    since = turn.now - timedelta(minutes=turn.world.limits.recent_minutes)
    asked = turn.conversation.data.get("looked_from")
    if asked is not None and datetime.fromisoformat(asked["at"]) >= since:
        return asked["lat"], asked["lng"]
    sent = turn.session.scalar(
        select(Attachment)
        .where(
            Attachment.person_id == turn.person.id,
            Attachment.kind == AttachmentKind.LOCATION,
            Attachment.sent_at >= since,
            Attachment.lat.is_not(None),
            Attachment.lng.is_not(None),
        )
        .order_by(Attachment.id.desc())
        .limit(1)
    )
    return rings.position_of(sent) if sent else None


def _usual_name(turn: Turn) -> str:
    for role in turn.person.roles:
        if role.kind is RoleKind.RIDER and role.status is RoleStatus.ACTIVE:
            return turn.session.get_one(Area, role.area_id).name
    home = turn.session.get(Area, turn.person.home_area_id) if turn.person.home_area_id else None
    return areas.full_name(turn.session, home) if home else ""


def _nearest(turn: Turn, use: Use, lat: float, lng: float, *, around: str = "") -> Reply:
    looked_from = turn.conversation.data.get("looked_from")
    dialogue.idle(turn)
    if looked_from is not None:
        turn.conversation.data = {"looked_from": looked_from}
    near = stations.nearest(turn.session, lat, lng, use, now=turn.now, most=SHOWN)
    if not near:
        return Reply(words.none_near(use, around))
    lines = [
        words.line(
            each.station.name,
            each.metres,
            open_hours.read(each.station.hours),
            each.station.address,
            each.station.services,
            each.said,
            until=each.station.until,
            now=turn.now,
        )
        for each in near
    ]
    choices = tuple(Choice(words.wrong_choice(each.station.name), f"!station ask {each.station.id}") for each in near)
    return Reply(words.found(lines, use, around), choices)


@routes(Meaning.LOCATION, state=State.STATION)
def here(turn: Turn) -> Reply:
    """The point that was asked for; it is no report's and is not kept."""
    point = turn.message.point
    assert point is not None
    reply = _nearest(turn, Use(turn.conversation.data["use"]), point.lat, point.lng)
    # For the next question only: it is forgotten with whatever is asked after that.
    turn.conversation.data = {"looked_from": {"lat": point.lat, "lng": point.lng, "at": turn.now.isoformat()}}
    return reply


@routes(Meaning.ANSWER, state=State.STATION)
def named(turn: Turn) -> Reply:
    """The name of a place instead of a point; anything else goes its own way."""
    found = turn.understood
    place = found.place if found else None
    use = Use(turn.conversation.data["use"])
    point = _named(turn, place)
    is_place_alone = place is not None and len(turn.text.strip()) <= len(place.text) + 4
    if point is not None and place is not None and is_place_alone:
        return _nearest(turn, use, *point, around=place.text)
    dialogue.idle(turn)
    if found is not None and found.chat is not None:
        return Reply(residents.thanks())
    return report.report(turn)


# ---------------------------------------------------------------- wrong


@routes(Meaning.STATION)
def tapped(turn: Turn) -> Reply:
    """Which station is wrong, and how."""
    what, _, _ = turn.inner.partition(" ")
    station = turn.session.get(Station, turn.row(1))
    if station is None:
        raise Refused(Refusal.NO_SUCH_STATION)
    if what == "ask":
        choices = tuple(Choice(label, f"!station {fault.value} {station.id}") for fault, label in words.FAULTS.items())
        return Reply(words.what_is_wrong(station.name), choices)
    if what not in set(Fault):
        raise Refused(Refusal.NO_SUCH_STATION)
    if Fault(what) is Fault.WRONG:
        dialogue.wait(turn, State.STATION_FAULT, station=station.id)
        return Reply(words.tell_more(station.name))
    stations.report_fault(turn.session, station.id, Fault(what), by=turn.person, now=turn.now)
    return Reply(words.fault_kept(station.name))


@routes(Meaning.ANSWER, state=State.STATION_FAULT)
def told(turn: Turn) -> Reply:
    """What is wrong, in a sentence."""
    station_id = turn.conversation.data["station"]
    dialogue.idle(turn)
    station = stations.report_fault(
        turn.session, station_id, Fault.WRONG, turn.text.strip(), by=turn.person, now=turn.now
    )
    return Reply(words.fault_kept(station.name))
