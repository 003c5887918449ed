"""What was told of the same place within a season that is most like a ticket, and how it ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from console import masks
from console.sight import Sight
from models import duplicates
from models.area import Area
from models.ticket import Evaluation, Ticket, TicketEvent, TicketState, TicketWords
from nlp import similar
from nlp.similar import Told

SEASON = timedelta(days=90)

MOST_COMPARED = 30
"""The newest so many are compared, however much a place has told: some ten milliseconds (docs/measurements.md)."""

MOST = 6

LEAST = 0.3
"""Less sure than what is proposed as one event: a colleague looks at it, nothing happens by it."""

RESOLVED = TicketState.RESOLVED.value

LONGEST = 60
"""Letters of what was told or done."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A ticket beside another one; its words without private numbers."""

    ticket: Ticket
    told: str
    done: str = ""
    """What whoever finished it wrote."""
    answer: int | None = None
    """The newest judgement."""


def most_like(sight: Sight, ticket: Ticket, words: str) -> Sequence[Earlier]:
    """Those in sight, the most alike first; `words` are the reporter's."""
    area = sight.session.get(Area, ticket.area_id) if ticket.area_id else None
    if area is None or area.kind in duplicates.ABOVE or ticket.service is not None:
        return []
    estate, categories = duplicates.estate_of(area), similar.compatible(ticket.category)
    window = sight.now - ticket.opened_at + SEASON
    found = duplicates.candidates(
        sight.session, estate, categories, now=sight.now, window=window, most=MOST_COMPARED + 1, finished=True
    )
    others = [each for each in found if each.ticket_id != ticket.id][:MOST_COMPARED]
    told = [Told(each.words, each.place, (estate, each.area_id), {each.category: 1.0}) for each in others]
    own = Told(words, ticket.place, (estate, area.id), {ticket.category: 1.0})
    ranked = [others[each.index] for each in similar.alike(own, told, window=None, least=LEAST)]
    ids = [each.ticket_id for each in ranked]
    seen = {each.id: each for each in sight.session.scalars(select(Ticket).where(Ticket.id.in_(ids), sight.tickets()))}
    shown = [each for each in ranked if each.ticket_id in seen][:MOST]
    done, answers = (
        _done(sight, [each.ticket_id for each in shown]),
        _answers(sight, [each.ticket_id for each in shown]),
    )
    return [
        Earlier(
            seen[each.ticket_id],
            masks.gist(each.words, LONGEST),
            done.get(each.ticket_id, ""),
            answers.get(each.ticket_id),
        )
        for each in shown
    ]


def _done(sight: Sight, ids: Collection[int]) -> dict[int, str]:
    newest = (
        select(func.max(TicketEvent.id))
        .where(TicketEvent.ticket_id.in_(ids), TicketEvent.after == RESOLVED, TicketEvent.before != RESOLVED)
        .group_by(TicketEvent.ticket_id)
    )
    rows = sight.session.execute(
        select(TicketEvent.ticket_id, TicketWords.text)
        .join(TicketWords, TicketWords.id == TicketEvent.words_id)
        .where(TicketEvent.id.in_(newest), TicketWords.text.is_not(None))
    )
    return {ticket_id: masks.gist(text or "", LONGEST) for ticket_id, text in rows}


def _answers(sight: Sight, ids: Collection[int]) -> dict[int, int]:
    query = select(Evaluation.ticket_id, Evaluation.answer).where(Evaluation.ticket_id.in_(ids))
    return dict(sight.session.execute(query.order_by(Evaluation.round, Evaluation.id)).all())
