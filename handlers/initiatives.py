"""What members bring of their own accord: an activity others may join (创单), being there for a household (认亲)."""

from __future__ import annotations

from sqlalchemy import select

from handlers import dialogue
from handlers.router import Routes
from handlers.turn import Meaning, Reply, Turn
from models import areas, finding, opening, tickets
from models.area import Area
from models.clock import local
from models.conversation import State
from models.person import RoleStatus
from models.ticket import Ticket, TicketKind, TicketWords, WordsKind
from nlp.commands import Intent
from nlp.wishes import people_wanted, wished
from texts import initiatives

routes = Routes()

_KINDS = {Intent.CREATE: TicketKind.ACTIVITY, Intent.PAIR: TicketKind.PAIRING}


@routes(Intent.CREATE, Intent.PAIR)
def begin(turn: Turn) -> Reply:
    """With words at once; otherwise the next words are asked for."""
    assert turn.command is not None
    kind = _KINDS[turn.command.intent]
    if turn.rest.strip():
        return _bring(turn, kind, turn.rest.strip())
    dialogue.wait(turn, State.INITIATIVE, kind=kind.value)
    return Reply(initiatives.create_ask() if kind is TicketKind.ACTIVITY else initiatives.pair_ask())


@routes(Meaning.ANSWER, state=State.INITIATIVE)
def told(turn: Turn) -> Reply:
    """What it is that they would like to do."""
    return _bring(turn, TicketKind(turn.conversation.data["kind"]), turn.text.strip())


def _bring(turn: Turn, kind: TicketKind, words: str) -> Reply:
    """A ticket of its own kind; said again it is the same one."""
    dialogue.idle(turn)
    ticket = _said_before(turn, kind, words)
    if kind is TicketKind.PAIRING:
        ticket = ticket or _pairing(turn, words)
        reply = initiatives.pair_asked(ticket.short, ticket.promised_at, now=turn.now)
    else:
        ticket = ticket or _activity(turn, words)
        reply = initiatives.created(
            ticket.number, ticket.short, ticket.place, ticket.wished, ticket.needs - 1, now=turn.now
        )
    dialogue.remember(turn, ticket)
    return Reply(reply)


def _said_before(turn: Turn, kind: TicketKind, words: str) -> Ticket | None:
    mine = [each.id for each in finding.own_live(turn.session, turn.person) if each.kind is kind]
    return turn.session.scalar(
        select(Ticket)
        .join(TicketWords, TicketWords.ticket_id == Ticket.id)
        .where(Ticket.id.in_(mine), TicketWords.kind == WordsKind.REPORT, TicketWords.text == words)
        .limit(1)
    )


def _activity(turn: Turn, words: str) -> Ticket:
    """Theirs at once, where they say or else where they help; neighbours are asked along, as many as they want."""
    here = _helps_in(turn)
    found = turn.world.understander.understand(words, near=turn.person.home_area_id or (here.id if here else None))
    area_id, place = (here.id if here else None), areas.full_name(turn.session, here) if here else ""
    if found.place is not None and found.place.area_id is not None:
        area_id, place = found.place.area_id, dialogue.place_name(turn.world, found.place)
    elif found.place is not None:
        place = f"{place} {found.place.text}".strip()
    activity = opening.Report(
        words,
        category=None if found.abstained else found.category,
        kind=TicketKind.ACTIVITY,
        wished=wished(words, here=local(turn.now)),
        area_id=area_id,
        place=place,
    )
    ticket = opening.open_ticket(turn.session, activity, by=turn.person, channel=turn.message.channel, now=turn.now)
    tickets.undertake(turn.session, ticket, others=people_wanted(words), by=turn.person, now=turn.now)
    return ticket


def _pairing(turn: Turn, words: str) -> Ticket:
    """The desk asks a household first; nobody is named."""
    here = _helps_in(turn)
    wish = opening.Report(
        words,
        kind=TicketKind.PAIRING,
        area_id=here.id if here else None,
        place=areas.full_name(turn.session, here) if here else "",
    )
    return opening.open_ticket(turn.session, wish, by=turn.person, channel=turn.message.channel, now=turn.now)


def _helps_in(turn: Turn) -> Area | None:
    """The area somebody helps in, or lives in."""
    roles = (each.area_id for each in turn.person.roles if each.status is RoleStatus.ACTIVE)
    return turn.session.get(Area, next(roles, turn.person.home_area_id or 0))
