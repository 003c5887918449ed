"""Riders: what there is to look at today (巡查), what they saw, and staff who ask for a look-out."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from handlers import dialogue, member
from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import people, reminders
from models import riders as registry
from models.area import Area
from models.clock import local
from models.errors import Refusal, Refused
from models.person import RoleKind, RoleStatus
from models.reminder import Lookout, Seen
from models.ticket import Ticket, TicketState
from nlp import commands
from nlp.commands import Intent
from nlp.riders import ride_times, title_for
from texts import care, common, members, riders

routes = Routes()

ASKS = (RoleKind.GRID, *sorted(people.STAFF_KINDS))
"""Who may ask riders for a look-out."""

SHOWN_DAYS = 7


@routes(Intent.PATROL)
def patrol(turn: Turn) -> Reply:
    """Asked for, so at any hour: today's look-outs and one matter to look at."""
    found = reminders.round_of(turn.session, turn.person, now=turn.now, again=True)
    if not found.lookouts and found.recheck is None:
        return Reply(riders.nothing_to_look_at())
    choices: tuple[Choice, ...] = ()
    mended: riders.Mended | None = None
    if found.recheck is not None:
        reminders.ask_now(turn.session, found.recheck, of=turn.person, now=turn.now)
        mended = _mended(turn, found.recheck)
        choices = tuple(Choice(label, said) for label, said in riders.recheck_choices(found.recheck.id))
    topics = [(turn.session.get_one(Area, each.area_id).name, each.topic) for each in found.lookouts]
    return Reply(riders.reminder(riders.Round(recheck=mended, topics=topics)), choices)


def _mended(turn: Turn, ticket: Ticket) -> riders.Mended:
    return riders.Mended(ticket.id, dialogue.category_name(turn, ticket), ticket.place)


@routes(Meaning.RECHECK)
def rechecked(turn: Turn) -> Reply:
    """What they saw."""
    _, _, seen = turn.inner.partition(" ")
    if seen not in set(Seen):
        raise Refused(Refusal.NOT_FOUND, number="")
    ticket = reminders.recheck(turn.session, turn.row(), Seen(seen), by=turn.person, now=turn.now)
    return Reply(riders.rechecked(seen, comes_back=seen == Seen.NOT_YET and ticket.state is TicketState.NEW))


# ---------------------------------------------------------------- where and when


@routes(Intent.RIDE_TIMES)
def times(turn: Turn) -> Reply:
    """At which hours they ride, beside the peaks."""
    profile = registry.profile(turn.session, turn.person)
    if not turn.rest.strip():
        return Reply(riders.ride_times_how(care.rides(profile.busy) if profile.busy else ""))
    busy = "" if turn.rest.strip(" 。.") in members.SKIP + riders.NONE else ride_times(turn.rest)
    if busy is None:
        return Reply(riders.ride_times_unclear())
    profile.busy = busy
    return Reply(riders.ride_times_kept(care.rides(busy) if busy else ""))


@routes(Intent.USUAL_AREA)
def usual_area(turn: Turn) -> Reply:
    """Where they usually ride; the point they once sent is forgotten with it."""
    said = turn.rest.strip()
    if not said:
        return Reply(riders.usual_area_how())
    area = member.community_named(turn, said)
    if area is None:
        return Reply(riders.usual_area_unknown(said))
    registry.ride_in(turn.session, turn.person, area, now=turn.now)
    profile = registry.profile(turn.session, turn.person)
    profile.lat = profile.lng = None
    return Reply(riders.usual_area_kept(area.name))


# ---------------------------------------------------------------- staff


@routes(Intent.LOOKOUT)
def lookout(turn: Turn) -> Reply:
    """Something for riders to keep an eye on, today or on a day that is named first; alone it shows what stands."""
    roots = [role.area_id for role in turn.person.roles if role.kind in ASKS and role.status is RoleStatus.ACTIVE]
    if not roots:
        raise Refused(Refusal.NO_ROLE)
    today = local(turn.now).date()
    day, topic = commands.day_first(turn.rest, today=today)
    if not topic.strip():
        coming = turn.session.scalars(
            select(Lookout)
            .where(Lookout.area_id.in_(roots), Lookout.day.between(today, today + timedelta(days=SHOWN_DAYS)))
            .order_by(Lookout.day, Lookout.id)
            .limit(8)
        ).all()
        return Reply(
            riders.lookout_how([_line(turn, each) for each in coming]),
            tuple(Choice(riders.lookout_remove(each.topic), f"!lookout_off {each.id}") for each in coming),
        )
    title = title_for(topic)
    kept = reminders.add_lookout(turn.session, roots[0], day, topic, by=turn.person, now=turn.now, title=title)
    if title is None:
        return Reply(riders.lookout_kept(_line(turn, kept)))
    area = turn.session.get_one(Area, roots[0])
    count = registry.holders(turn.session, title, area, day=day)
    return Reply(riders.lookout_for(_line(turn, kept), care.TITLES[title], count))


def _line(turn: Turn, each: Lookout) -> str:
    area = turn.session.get_one(Area, each.area_id)
    return riders.lookout_line(common.day_name(each.day), area.name, each.topic)


@routes(Meaning.LOOKOUT_OFF)
def lookout_off(turn: Turn) -> Reply:
    """Taken back by somebody of the same desk."""
    found = turn.session.get(Lookout, turn.row())
    mine = {role.area_id for role in turn.person.roles if role.kind in ASKS and role.status is RoleStatus.ACTIVE}
    if found is not None and found.area_id in mine:
        turn.session.delete(found)
    return Reply(riders.lookout_gone())
