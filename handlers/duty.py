"""Who is on duty, for people at a desk: looking, and putting somebody else in the shift that runs."""

from __future__ import annotations

from datetime import timedelta

from handlers.router import Routes
from handlers.turn import Reply, Turn
from models import areas
from models import duty as roster
from models.clock import local
from models.errors import Refusal, Refused
from nlp import commands
from nlp.commands import Intent
from texts import staff

routes = Routes()


@routes(Intent.DUTY)
def duty(turn: Turn) -> Reply:
    """The roster of the speaker's own area."""
    area = roster.area_of(turn.session, turn.person)
    if area is None:
        raise Refused(Refusal.NOT_FOUND, number="")
    name = areas.full_name(turn.session, area)
    somebody = commands.takes_over(turn.rest) if turn.rest else None
    if somebody is not None:
        shift = roster.take_over(turn.session, area, somebody, now=turn.now)
        if shift is None:
            return Reply(staff.duty_nobody(name))
        first, second = [*(each.name for each in shift.people), ""][:2]
        return Reply(staff.duty_changed(name, first, second, shift.ends))
    shift = roster.shift_at(turn.session, area, now=turn.now)
    today = local(turn.now).date()
    coming = [
        staff.duty_line(each.begins, [one.name for one in each.people])
        for day in (today, today + timedelta(days=1))
        for each in roster.shifts(turn.session, area, day)
        if turn.now < each.begins <= turn.now + timedelta(days=1)
    ]
    people = [each.name for each in shift.people] if shift else []
    return Reply(staff.duty(name, people, shift.ends if shift else None, coming[:3]))
