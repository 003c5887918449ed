"""What a resident says to an announcement that answered their report, and which reports one answers."""

from __future__ import annotations

from handlers import dialogue
from handlers.router import Routes
from handlers.turn import Meaning, Reply, Turn
from models import announcements, finding
from models.announcement import Announcement
from models.conversation import State
from models.ticket import Ticket
from nlp.announced import tells_of
from nlp.similar import Told, compatible
from texts import residents

routes = Routes()


def fits(announcement: Announcement, ticket: Ticket, words: str) -> bool:
    """Whether a report surely tells of what was announced."""
    if ticket.category not in compatible(announcement.category):
        return False
    announced = Told(
        f"{announcement.title}\n{announcement.words}",
        place=announcement.place,
        categories={announcement.category: 1.0},
    )
    return tells_of(announced, Told(words, place=ticket.place, categories={ticket.category: 1.0}))


def _own(turn: Turn) -> Ticket | None:
    ticket = finding.find(turn.session, turn.inner, by=turn.person)
    return ticket if ticket.reporter_id == turn.person.id else None


@routes(Meaning.COVERED)
def covered(turn: Turn) -> Reply:
    """That is all: they hear when there is news."""
    ticket = _own(turn)
    if ticket is None or not announcements.covered(turn.session, ticket):
        return Reply(residents.nothing_open())
    dialogue.note(turn, ticket)
    return Reply(residents.announcement_covers(ticket.short))


@routes(Meaning.UNCOVERED)
def uncovered(turn: Turn) -> Reply:
    """There is more: the ticket goes on like every other, and what else there is is asked for."""
    ticket = _own(turn)
    if ticket is None or not announcements.uncovered(turn.session, ticket, now=turn.now):
        return Reply(residents.nothing_open())
    dialogue.remember(turn, ticket)
    dialogue.wait(turn, State.ADDITION, ticket=ticket.id)
    return Reply(residents.announcement_is_not_all(ticket.short))
