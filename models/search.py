"""Search over number, words, place and person, by single characters and pairs of them; and how its entries are kept.

A Chinese word is two characters long more often than not, and the databases' own word search finds none of them:
docs/decisions/0023. What the entries propose is looked up in the tickets themselves before anybody sees it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, true
from sqlalchemy.orm import Session

from models.base import insert
from models.entry import SEARCH, Feed, SearchEntry
from models.person import Person
from models.ticket import Ticket, TicketEvent, TicketWords

MOST_TERMS = 6
LONGEST_TEXT = 4000
"""Characters of one ticket that can be found; more is nobody's own words."""

STEP = 250
"""How many lines of history one transaction follows."""

BEHIND = 1000
"""So many lines are looked at again: of two writers on PostgreSQL the one with the smaller number may come later."""

UNREAD = 2000
"""How many of the newest tickets are looked at themselves while their entries are not written yet."""

NEWEST = 10_000
"""How many of the newest tickets are looked through first: what is said often fills a page from them."""

CHUNK = 120
MOST_CHUNKS = 12
MOST_PEOPLE = 50
NOBODYS = "cc0"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose tickets somebody sees, as marks in the entries. Only to look at fewer: what they may see is asked again."""

    communities: Collection[int]
    departments: Collection[str]
    person_id: int
    is_desk: bool

    def marks(self) -> list[str]:
        """Any of these stands in the entry of whatever they see."""
        desk = [NOBODYS, *(f"cc{each}" for each in self.communities)] if self.is_desk else []
        return [*desk, *map(_department, self.departments), f"pp{self.person_id}"]


# ---------------------------------------------------------------- what is looked for


def normal(text: str) -> str:
    """Text as it is compared: one width, one case."""
    return unicodedata.normalize("NFKC", text).casefold()


def terms(search: str) -> list[str]:
    """The parts of what somebody looks for, all of which must be there."""
    return list(dict.fromkeys(normal(search).split()))[:MOST_TERMS]


def grams(text: str) -> list[str]:
    """Every character and every pair of neighbours in a text, letters and digits only, each once."""
    found: dict[str, None] = {}
    for is_word, run in groupby(normal(text), key=str.isalnum):
        if is_word:
            characters = list(run)
            found |= dict.fromkeys(characters)
            found |= dict.fromkeys(map("".join, zip(characters, characters[1:], strict=False)))
    return list(found)


def _needed(term: str) -> list[str]:
    """What must stand in an entry for a term: its pairs, or the character that stands alone."""
    needed: dict[str, None] = {}
    for is_word, run in groupby(term, key=str.isalnum):
        if is_word:
            characters = list(run)
            pairs = map("".join, zip(characters, characters[1:], strict=False))
            needed |= dict.fromkeys(pairs if len(characters) > 1 else characters)
    return list(needed)


def find(
    session: Session,
    search: str,
    *,
    numbered: ColumnElement[bool] | None,
    seen: ColumnElement[bool],
    scope: Scope | None,
    before: int | None,
    most: int,
) -> list[int]:
    """The ids of the newest tickets below `before` with everything that is looked for, newest first.

    `numbered` is the condition for the number that was written, if it is one; `seen` for what the viewer may see and
    asks for; `scope` is None for somebody who sees everything.
    """
    wanted = terms(search)
    if not wanted:
        return []
    below = Ticket.id < before if before is not None else Ticket.id > 0
    here = and_(seen, below)
    found = {*_by_person(session, wanted, here, most=most)}
    if numbered is not None:
        query = select(Ticket.id).where(here, numbered).order_by(Ticket.id.desc()).limit(most)
        found |= {*session.scalars(query)}
    needed = [gram for term in wanted for gram in _needed(term)]
    unread = _unread(session, newest=not needed)
    found |= {*_checked(session, _among(session, unread, here), wanted)}
    if needed:
        found |= {*_by_entries(session, wanted, needed, scope, seen, before=before, most=most)}
    return sorted(found, reverse=True)[:most]


def _by_person(session: Session, wanted: Sequence[str], here: ColumnElement[bool], *, most: int) -> list[int]:
    """The tickets that people with such a name brought or have, as far as they say the rest of what is looked for."""
    names = [term for term in wanted if len(term) > 1 and not term.isdigit()]
    if not names:
        return []
    people = dict(
        session.execute(
            select(Person.id, Person.name)
            .where(Person.name != "", or_(*(Person.name.icontains(term, autoescape=True) for term in names)))
            .limit(MOST_PEOPLE)
        ).all()
    )
    if not people:
        return []
    theirs = or_(Ticket.reporter_id.in_(people), Ticket.assignee_id.in_(people))
    rows = session.execute(
        select(Ticket.id, Ticket.reporter_id, Ticket.assignee_id)
        .where(here, theirs)
        .order_by(Ticket.id.desc())
        .limit(CHUNK * 2)
    ).all()
    named = {
        ticket_id: normal(f"{people.get(reporter, '')}\n{people.get(assignee or 0, '')}")
        for ticket_id, reporter, assignee in rows
    }
    return _checked(session, list(named), wanted, named)[:most]


def _by_entries(
    session: Session,
    wanted: Sequence[str],
    needed: Sequence[str],
    scope: Scope | None,
    seen: ColumnElement[bool],
    *,
    before: int | None,
    most: int,
) -> list[int]:
    """What the entries propose, looked up in the tickets themselves, a stretch of time after the other."""
    found: list[int] = []
    chunks = 0
    matching = _matching(session, needed, scope)
    edge = (session.scalar(select(func.max(Ticket.id))) or 0) - NEWEST
    ordered = SearchEntry.ticket_id
    # What is said often is among the newest; what is not has few entries, and their own index finds them all. Left to
    # guess, PostgreSQL walks through a million tickets for a page that cannot be filled: the sum keeps it from that.
    for place, low, high in ((ordered, edge, before), (ordered + 0, 0, min(before or edge + 1, edge + 1))):
        top = high
        while len(found) < most and chunks < MOST_CHUNKS and (top is None or top > low):
            chunks += 1
            ids = session.scalars(
                select(Ticket.id)
                .join(SearchEntry, SearchEntry.ticket_id == Ticket.id)
                .where(place > low, place < top if top is not None else true(), matching, seen)
                .order_by(place.desc())
                .limit(CHUNK)
            ).all()
            found += _checked(session, ids, wanted)
            if len(ids) < CHUNK:
                break
            top = ids[-1]
    return found[:most]


def _matching(session: Session, needed: Sequence[str], scope: Scope | None) -> ColumnElement[bool]:
    marks = scope.marks() if scope is not None else []
    if session.get_bind().dialect.name != "sqlite":
        every = SearchEntry.grams.contains(list(needed))
        return and_(every, SearchEntry.grams.overlap(marks)) if marks else every
    # Letters and digits only, so that nothing of FTS5's own language can stand in it.
    question = " AND ".join(f'"{gram}"' for gram in needed)
    if marks:
        question = f"({question}) AND ({' OR '.join(marks)})"
    matches: Select[Any] = select(literal_column("rowid")).select_from(func.ticket_grams(question))
    return SearchEntry.ticket_id.in_(matches)


def _among(session: Session, ids: Collection[int], here: ColumnElement[bool]) -> Sequence[int]:
    return session.scalars(select(Ticket.id).where(Ticket.id.in_(ids), here)).all() if ids else []


def _unread(session: Session, *, newest: bool) -> Sequence[int]:
    """The tickets whose entries are not written yet; with `newest` the newest of all, for what no entry can hold."""
    if newest:
        return session.scalars(select(Ticket.id).order_by(Ticket.id.desc()).limit(UNREAD)).all()
    read = select(Feed.event_id).where(Feed.name == SEARCH).scalar_subquery()
    lines = select(TicketEvent.ticket_id).where(TicketEvent.id > read).order_by(TicketEvent.id.desc()).limit(UNREAD)
    return [*set(session.scalars(lines))]


def _checked(
    session: Session, ids: Sequence[int], wanted: Sequence[str], named: dict[int, str] | None = None
) -> list[int]:
    """Those of some tickets that really say every term, in their order."""
    texts = {each: normal(text) for each, (_, _, text) in _read(session, ids).items()} if ids else {}
    return [
        each
        for each in ids
        if all(term in texts.get(each, "") or (named is not None and term in named[each]) for term in wanted)
    ]


# ---------------------------------------------------------------- the entries


def catch_up(session: Session) -> int:
    """Writes the entries of what happened since the last time, some lines of history at once; gives how many lines it
    read. Whoever comes while another is at it does nothing.
    """
    feed = session.scalar(select(Feed).where(Feed.name == SEARCH).with_for_update(skip_locked=True))
    if feed is None:
        return 0
    last = session.scalar(select(func.max(TicketEvent.id))) or 0
    upto = min(last, feed.event_id + STEP)
    changed = (
        select(TicketEvent.ticket_id).where(TicketEvent.id > feed.event_id - BEHIND, TicketEvent.id <= upto).distinct()
    )
    stale = session.scalars(
        select(Ticket.id)
        .outerjoin(SearchEntry, SearchEntry.ticket_id == Ticket.id)
        .where(Ticket.id.in_(changed), or_(SearchEntry.version.is_(None), SearchEntry.version != Ticket.version))
    ).all()
    write(session, stale)
    read, feed.event_id = upto - feed.event_id, upto
    return read


def write(session: Session, ticket_ids: Collection[int]) -> None:
    """Makes the entries of these tickets say what the tickets say now, whatever they said before."""
    rows = entries(session, ticket_ids)
    if not rows:
        return
    statement = insert(session, SearchEntry)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["ticket_id"],
            set_={"version": statement.excluded.version, "grams": statement.excluded.grams},
        ),
        rows,
    )


def entries(session: Session, ticket_ids: Collection[int]) -> list[dict[str, Any]]:
    """What the entries of these tickets have to say now, as rows."""
    return [
        {"ticket_id": ticket_id, "version": version, "grams": [*grams(text[:LONGEST_TEXT]), *marks]}
        for ticket_id, (version, marks, text) in sorted(_read(session, ticket_ids).items())
    ]


def before_erasing(session: Session, person: Person) -> Sequence[int]:
    """The tickets in which somebody's own words stand, to be given to `write` once the words are gone. Until then
    nobody else writes entries: they might have read the words a moment ago.
    """
    hold(session)
    return session.scalars(select(TicketWords.ticket_id).where(TicketWords.person_id == person.id).distinct()).all()


def hold(session: Session) -> None:
    """Until the end of the transaction nobody else writes entries."""
    session.scalar(select(Feed).where(Feed.name == SEARCH).with_for_update())


def _read(session: Session, ticket_ids: Collection[int]) -> dict[int, tuple[int, list[str], str]]:
    """The version, the marks and the text of tickets."""
    rows = session.execute(
        select(
            Ticket.id,
            Ticket.version,
            Ticket.place,
            Ticket.community_id,
            Ticket.lead_id,
            Ticket.assignee_id,
            Ticket.department,
        ).where(Ticket.id.in_(ticket_ids))
    ).all()
    said: dict[int, list[str]] = {}
    for ticket_id, text in session.execute(
        select(TicketWords.ticket_id, TicketWords.text)
        .where(TicketWords.ticket_id.in_(ticket_ids), TicketWords.text.is_not(None))
        .order_by(TicketWords.id)
    ):
        said.setdefault(ticket_id, []).append(text or "")
    return {
        row.id: (
            row.version,
            [
                f"cc{row.community_id or 0}",
                *([f"cc{row.lead_id}"] if row.lead_id else []),
                *([f"pp{row.assignee_id}"] if row.assignee_id else []),
                *([_department(row.department)] if row.department else []),
            ],
            "\n".join([row.place, *said.get(row.id, ())]),
        )
        for row in rows
    }


def _department(name: str) -> str:
    """A department's mark, longer than any pair; FTS5 would cut a name into words of its own."""
    return "dd" + name.encode().hex()
