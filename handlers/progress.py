"""Looking at one's own matters, hurrying them, taking them back."""

from __future__ import annotations

from handlers import dialogue
from handlers.router import Routes
from handlers.turn import Choice, Reply, Turn
from models import tickets
from models.lifecycle import Action
from models.ticket import Ticket, TicketState
from nlp.commands import Intent, word
from texts import notices, residents

routes = Routes()


@routes(Intent.PROGRESS)
def progress(turn: Turn) -> Reply:
    """One ticket in plain words, or the list of what is open."""
    if turn.command and turn.command.serial:
        return show(turn, tickets.find(turn.session, turn.command.serial, by=turn.person))
    mine = tickets.own_live(turn.session, turn.person)
    if not mine:
        return Reply(residents.nothing_open())
    if len(mine) == 1:
        return show(turn, mine[0])
    choices = tuple(Choice(dialogue.line(turn, each), f"{word(Intent.PROGRESS)} {each.number}") for each in mine)
    return Reply(residents.open_list(), choices)


def show(turn: Turn, ticket: Ticket) -> Reply:
    """A ticket's history; one that waits for a judgement offers the three answers at once."""
    if ticket.state is TicketState.MERGED:
        ticket = _main(turn, ticket)
    history = [text for event in ticket.events if (text := residents.history_line(event.at, event.action))]
    if ticket.reporter_id == turn.person.id:
        dialogue.remember(turn, ticket)
    text = residents.progress(
        ticket.number,
        dialogue.category_name(turn, ticket),
        ticket.place,
        ticket.state,
        history,
        ticket.expected_at,
        now=turn.now,
    )
    if ticket.state is TicketState.RESOLVED and ticket.reporter_id == turn.person.id:
        choices = tuple(Choice(label, said) for label, said in notices.evaluation_choices(ticket.number))
        return Reply(text, choices)
    return Reply(text)


def _main(turn: Turn, ticket: Ticket) -> Ticket:
    """The ticket that one merged into it lives on in."""
    for event in reversed(ticket.events):
        if event.action == Action.MERGE:
            return turn.session.get_one(Ticket, event.facts["into"])
    return ticket


@routes(Intent.WITHDRAW)
def withdraw(turn: Turn) -> Reply:
    """The resident takes a matter back."""
    chosen = dialogue.named_or_one(
        turn,
        tickets.own_live(turn.session, turn.person),
        word=word(Intent.WITHDRAW),
        verb=residents.VERB_WITHDRAW,
    )
    if isinstance(chosen, Reply):
        return chosen
    tickets.withdraw(turn.session, chosen, turn.rest, by=turn.person, now=turn.now)
    dialogue.idle(turn)
    return Reply(residents.withdrawn(chosen.short))


@routes(Intent.URGE)
def urge(turn: Turn) -> Reply:
    """Once in a limit's time."""
    chosen = dialogue.named_or_one(
        turn, tickets.own_live(turn.session, turn.person), word=word(Intent.URGE), verb=residents.VERB_URGE
    )
    if isinstance(chosen, Reply):
        return chosen
    tickets.urge(turn.session, chosen, turn.rest, by=turn.person, now=turn.now)
    return Reply(residents.urged(chosen.short))
