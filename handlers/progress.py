"""Looking at one's own matters, hurrying them, taking them back."""

from __future__ import annotations

from sqlalchemy import select

from handlers import dialogue
from handlers.evaluate import is_asked
from handlers.router import Routes
from handlers.turn import Choice, Reply, Turn
from models import finding, followers, tickets
from models.lifecycle import Action
from models.offer import Offer, Purpose
from models.ticket import Ticket, TicketWords, WordsKind
from nlp.commands import Intent, word
from nlp.extract import mask
from texts import members, notices, residents

routes = Routes()

OF_EACH = frozenset({Action.ADD, Action.URGE})
"""What the reporters of one matter do each for themselves."""

OF_NEIGHBOURS = frozenset({Action.OPEN, Action.CORRECT, Action.LOCATE, Action.GATHER, Action.PART, Action.TAKE_OVER})
"""What is no news to whoever follows."""


@routes(Intent.PROGRESS)
def progress(turn: Turn) -> Reply:
    """One ticket in plain words, or the list of what is open."""
    if turn.command and turn.command.serial:
        return show(turn, finding.find(turn.session, turn.command.serial, by=turn.person))
    mine = finding.own_live(turn.session, turn.person)
    if not mine:
        return Reply(residents.nothing_open())
    if len(mine) == 1:
        return show(turn, mine[0])
    choices = tuple(Choice(dialogue.line(turn, each), f"{word(Intent.PROGRESS)} {each.number}") for each in mine)
    return Reply(residents.open_list(), choices)


def show(turn: Turn, ticket: Ticket) -> Reply:
    """A ticket's history; one that waits for a judgement offers the three answers at once.

    Of a matter that others told too, everybody reads what was done, under their own number, and nothing of the others.
    """
    offer = finding.open_offer(turn.session, ticket, turn.person)
    if offer is not None:
        return _asked(turn, ticket, offer)
    head = followers.head_of(turn.session, ticket)
    events = list(ticket.events)
    if head is not ticket:
        done = [
            event
            for event in head.events
            if event.action not in OF_NEIGHBOURS and (event.action not in OF_EACH or event.by_id == turn.person.id)
        ]
        events = sorted([*events, *done], key=lambda event: (event.at, event.id))
    history = [
        text
        for event in events
        if (text := residents.history_line(event.at, event.action, is_own=event.by_id == turn.person.id))
    ]
    if ticket.reporter_id == turn.person.id:
        dialogue.remember(turn, ticket)
    text = residents.progress(
        ticket.number,
        dialogue.category_name(turn, ticket),
        ticket.place,
        head.state,
        history,
        head.expected_at,
        now=turn.now,
    )
    if is_asked(turn, ticket):
        choices = tuple(Choice(label, said) for label, said in notices.evaluation_choices(ticket.number))
        return Reply(text, choices)
    return Reply(text)


def _asked(turn: Turn, ticket: Ticket, offer: Offer) -> Reply:
    """What is to be known before somebody takes a task: all that was said, without door and number."""
    report = turn.session.scalar(
        select(TicketWords.text).where(TicketWords.ticket_id == ticket.id, TicketWords.kind == WordsKind.REPORT)
    )
    text = members.offered(
        ticket.short,
        dialogue.category_name(turn, ticket),
        ticket.place,
        mask(report or ""),
        ticket.opened_at,
        offer.expires_at,
        now=turn.now,
    )
    along = ticket.assignee_id is not None and offer.purpose is Purpose.TASK
    labels = (members.COME_ALONG if along else members.ACCEPT, members.DECLINE)
    told = (Intent.ACCEPT, Intent.DECLINE)
    return Reply(
        text,
        tuple(Choice(label, f"{word(intent)} {ticket.number}") for label, intent in zip(labels, told, strict=True)),
    )


@routes(Intent.WITHDRAW)
def withdraw(turn: Turn) -> Reply:
    """The resident takes a matter back."""
    chosen = dialogue.named_or_one(
        turn,
        finding.own_live(turn.session, turn.person),
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
        turn, finding.own_live(turn.session, turn.person), word=word(Intent.URGE), verb=residents.VERB_URGE
    )
    if isinstance(chosen, Reply):
        return chosen
    tickets.urge(turn.session, chosen, turn.rest, by=turn.person, now=turn.now)
    return Reply(residents.urged(chosen.short))
