"""Appointments and messages to an area, from the side of those who get them."""

from __future__ import annotations

from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import appointments
from models.appointment import Appointment
from models.area import Area
from models.errors import Refusal, Refused
from nlp.commands import Intent
from texts import counter as words

routes = Routes()


@routes(Intent.APPOINTMENTS)
def mine(turn: Turn) -> Reply:
    """What the speaker has before them."""
    coming = appointments.coming(turn.session, turn.person, now=turn.now)
    return Reply(words.appointments([_line(turn, each) for each in coming]))


@routes(Intent.CANCEL_APPOINTMENT)
def cancel(turn: Turn) -> Reply:
    """The only one is called off; of several the speaker says which."""
    coming = appointments.coming(turn.session, turn.person, now=turn.now)
    if not coming:
        raise Refused(Refusal.NO_APPOINTMENT)
    if len(coming) > 1:
        choices = tuple(Choice(_line(turn, each), f"!does_not_come {each.id}") for each in coming)
        return Reply(words.appointment_which(), choices)
    return _off(turn, coming[0])


@routes(Meaning.DOES_NOT_COME)
def does_not_come(turn: Turn) -> Reply:
    """The choice under a notice, or of several."""
    return _off(turn, _own(turn))


@routes(Meaning.COMES)
def comes(turn: Turn) -> Reply:
    """Nothing changes, and it is good to know."""
    found = _own(turn)
    if found.cancelled_at is not None:
        raise Refused(Refusal.NO_APPOINTMENT)
    return Reply(words.appointment_kept())


def _off(turn: Turn, found: Appointment) -> Reply:
    appointments.cancel(turn.session, found, by=turn.person, now=turn.now)
    return Reply(words.appointment_off(found.begins, now=turn.now))


def _own(turn: Turn) -> Appointment:
    """The one that is named, if it is the speaker's."""
    found = turn.session.get(Appointment, turn.row())
    if found is None or found.person_id != turn.person.id:
        raise Refused(Refusal.NO_APPOINTMENT)
    return found


def _line(turn: Turn, each: Appointment) -> str:
    place = turn.session.get_one(Area, each.area_id).name
    return words.appointment_line(each.begins, place, each.desk, each.purpose, now=turn.now)


@routes(Intent.NO_BROADCASTS)
def no_broadcasts(turn: Turn) -> Reply:
    """No messages to everybody any more, emergencies excepted."""
    turn.person.no_broadcasts = True
    return Reply(words.broadcasts_off())


@routes(Intent.BROADCASTS)
def broadcasts(turn: Turn) -> Reply:
    """They are wanted again."""
    turn.person.no_broadcasts = False
    return Reply(words.broadcasts_on())
