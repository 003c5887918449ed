"""One event told by several people: dispatch looks for an earlier ticket of it, and the reporter says whether it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers import dialogue
from handlers.router import Routes
from handlers.turn import Meaning, Reply, Turn
from models import duplicates, finding, followers, merging, tickets
from models.area import Area
from models.proposal import Proposal
from models.ticket import Ticket
from nlp import similar
from nlp.commands import Intent, word
from nlp.similar import Told
from texts import residents

routes = Routes()


def look(session: Session, waiting: Sequence[Ticket], *, now: datetime) -> None:
    """Before tickets are dispatched: proposes the earlier open ticket that surely tells of the same event, if any.

    One look costs the same however many tickets there are: it reads the newest of one estate by an index. The tickets
    must be locked.
    """
    groups: dict[tuple[int, str], list[Ticket]] = defaultdict(list)
    for ticket in waiting:
        if ticket.dispatch_at is None or ticket.dispatch_at > now or not merging.may_be_compared(ticket):
            continue
        area = session.get(Area, ticket.area_id)
        if area is not None and area.kind not in duplicates.ABOVE:
            groups[duplicates.estate_of(area), ticket.category].append(ticket)
    for (estate, category), group in groups.items():
        _compare(session, sorted(group, key=lambda each: each.id), estate, similar.compatible(category), now=now)


def _compare(
    session: Session, group: Sequence[Ticket], estate: int, categories: frozenset[str], *, now: datetime
) -> None:
    """Tickets of one estate and one category, by their ids, each with the newest before it."""
    most = duplicates.MOST + len(group) - 1
    found = duplicates.candidates(session, estate, categories, now=now, before=group[-1].id, most=most)
    told = [_told(each.words, each.place, (estate, each.area_id), each.category, each.opened_at) for each in found]
    for ticket in group:
        first = next((index for index, each in enumerate(found) if each.ticket_id < ticket.id), len(found))
        earlier = told[first : first + duplicates.MOST]
        if not earlier:
            continue
        words = next((each.text for each in ticket.words if each.text), "")
        own = _told(words, ticket.place, (estate, ticket.area_id or estate), ticket.category, ticket.opened_at)
        for best in similar.alike(own, earlier)[:1]:
            into = session.get_one(Ticket, found[first + best.index].ticket_id)
            merging.propose(session, ticket, into, score=best.score, reasons=best.reasons, now=now)


def _told(words: str, place: str, areas: tuple[int, int], category: str, at: datetime) -> Told:
    return Told(words, place, areas, {category: 1.0}, at)


def _asked(turn: Turn) -> Proposal | None:
    """The pair the speaker was asked about; a tap may be old, or of somebody else's message."""
    proposal = turn.session.get(Proposal, turn.row())
    if proposal is None or turn.session.get_one(Ticket, proposal.ticket_id).reporter_id != turn.person.id:
        return None
    return proposal


@routes(Meaning.SAME)
def same(turn: Turn) -> Reply:
    """It is: the speaker's matter goes on in the earlier one."""
    proposal = _asked(turn)
    if proposal is None:
        return Reply(residents.stale())
    ticket = merging.say_same(turn.session, proposal, by=turn.person, now=turn.now)
    _keep_words(turn, ticket)
    head = followers.head_of(turn.session, ticket)
    return Reply(residents.joined(ticket.short, head.short if head.reporter_id == turn.person.id else ""))


@routes(Meaning.DIFFERENT)
def different(turn: Turn) -> Reply:
    """It is not: both go on."""
    proposal = _asked(turn)
    if proposal is None:
        return Reply(residents.stale())
    ticket = merging.say_different(turn.session, proposal, by=turn.person, now=turn.now)
    _keep_words(turn, ticket)
    return Reply(residents.stays_apart(ticket.short))


def _keep_words(turn: Turn, ticket: Ticket) -> None:
    """What was said after the number belongs to the matter."""
    dialogue.note(turn, ticket)
    if turn.number is not None and turn.number.words:
        tickets.add_words(turn.session, ticket, turn.number.words, by=turn.person, now=turn.now)


@routes(Intent.UNMERGE)
def unmerge(turn: Turn) -> Reply:
    """Merging was a mistake: the ticket goes its own way again."""
    merged = [each for each in finding.own_live(turn.session, turn.person) if each.merged_into_id is not None]
    chosen = dialogue.named_or_one(turn, merged, word=word(Intent.UNMERGE), verb=residents.VERB_UNMERGE)
    if isinstance(chosen, Reply):
        return chosen
    merging.unmerge(turn.session, chosen, by=turn.person, now=turn.now)
    return Reply(residents.taken_apart(chosen.short))
