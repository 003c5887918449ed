"""Danger: whom to call comes first, in every state; staff are alarmed in the same transaction."""

from __future__ import annotations

from dataclasses import replace

from handlers import dialogue, report
from handlers.router import Routes
from handlers.turn import Meaning, Reply, Turn
from models import alarms, tickets
from models.conversation import State
from models.ticket import Ticket, Urgency
from nlp.danger import Danger
from nlp.understand import Urgency as Soon
from texts import residents

routes = Routes()


@routes(Meaning.DANGER, interrupts=True)
def danger(turn: Turn) -> Reply:
    """The conversation's state is kept: what was asked before is still open afterwards. A place that nobody said is
    asked for: help has to find the door.
    """
    found, kind = turn.understood, turn.danger
    assert found is not None
    assert kind is not None
    ticket = _same(turn)
    if ticket is None:
        found = replace(found, danger=kind, urgency=Soon.EMERGENCY)
        ticket = report.open_from(turn, found, turn.text)
    else:
        if ticket.danger == Danger.UNNAMED:
            ticket.danger = kind.value
        words_id = tickets.add_words(turn.session, ticket, turn.text, by=turn.person, now=turn.now)
        alarms.alarm(turn.session, ticket, now=turn.now, words_id=words_id)
    on_duty = len(alarms.first_told(turn.session, ticket, now=turn.now))
    # Only where the answer would be taken for one: beside a handed-over chat it is known by its words.
    asks = dialogue.has_no_door(turn.world, ticket) and turn.conversation.state in (
        State.IDLE,
        State.PLACE,
        State.HANDED_OVER,
    )
    if asks and turn.conversation.state is not State.HANDED_OVER:
        dialogue.wait(turn, State.PLACE, ticket=ticket.id)
    return Reply(
        residents.danger(
            ticket.danger or kind.value,
            ticket.number,
            on_duty,
            gas_phone=turn.world.gas_phone,
            asks_place=asks,
            asks_what=ticket.danger == Danger.UNNAMED,
        )
    )


@routes(Meaning.NEWS, interrupts=True)
def news(turn: Turn) -> Reply:
    """How it goes on: where it is, help is there, it is over, it was none. Those who were alarmed read it, and they end
    the matter; the conversation's state is kept.
    """
    return report.goes_on(turn, turn.session.get_one(Ticket, turn.row()), turn.text)


def _same(turn: Turn) -> Ticket | None:
    """The emergency this person reported a moment ago; calling again adds to it, and saying what it is about, too."""
    ticket = dialogue.recent(turn)
    if ticket is None or ticket.urgency is not Urgency.EMERGENCY or ticket.reporter_id != turn.person.id:
        return None
    return ticket if Danger.UNNAMED in (turn.danger, ticket.danger) or ticket.danger == turn.danger else None
