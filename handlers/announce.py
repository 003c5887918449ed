"""Announcements (公告) from the chat: written, looked at, sent out after a yes, and ended again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from handlers import dialogue, report
from handlers.announced import fits
from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import announcements, areas, transitions
from models.announcement import Announcement, Outcome
from models.announcements import Draft
from models.area import Area, AreaKind
from models.category import Category
from models.clock import local
from models.conversation import State
from nlp import commands
from nlp.announced import ends
from nlp.commands import Intent
from nlp.extract import Place
from nlp.similar import compatible
from texts import announcing

routes = Routes()

HOLDS_FOR = timedelta(hours=24)
"""How long an announcement holds of which nobody said when it ends."""
LONGEST = timedelta(days=366)
CLEAR = 0.3
"""From which confidence on the category is taken from the words; staff see it before anything goes out."""

_NAMED = frozenset({AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.BUILDING})


@routes(Intent.ANNOUNCE)
def write(turn: Turn) -> Reply:
    """Shows what would go out, where and until when; nothing is sent yet."""
    dialogue.idle(turn)
    words = turn.rest.strip()
    if not words:
        return Reply(announcing.how())
    if len(words) > announcing.MOST:
        return Reply(announcing.too_long())
    place = turn.world.understander.understand(words).place
    area, unclear = _where(turn, place)
    if area is None:
        return Reply(announcing.where(unclear))
    category = _what(turn, words, place)
    if category is None:
        return Reply(announcing.what())
    until = ends(words, here=local(turn.now)) or local(turn.now) + HOLDS_FOR
    return _preview(turn, _draft(turn, words, area, category, until.astimezone(turn.now.tzinfo)))


def _where(turn: Turn, found: Place | None) -> tuple[Area | None, str]:
    """The area that is named, or the speaker's own where none is; None for one that is not theirs, with its name."""
    paths = transitions.desk_paths(turn.session, turn.person)
    named = turn.session.get(Area, found.area_id) if found and found.area_id else None
    if named is None:
        own = turn.session.get(Area, areas.ids_on(paths[0])[-1]) if len(paths) == 1 else None
        # Words about a place that nobody knows are not for the whole community.
        unknown = found.text if found else ""
        return (None if unknown else own), unknown
    if named.kind not in _NAMED or not any(areas.covers(path, named.path) for path in paths):
        return None, areas.full_name(turn.session, named)
    return named, ""


def _what(turn: Turn, words: str, place: Place | None) -> Category | None:
    # The name of an estate says nothing of the matter: a garden's water is no matter of plants.
    found = turn.world.understander.understand(words.replace(place.text, "", 1) if place else words).candidates
    return turn.world.categories[found[0][0]] if found and found[0][1] >= CLEAR else None


def _draft(turn: Turn, words: str, area: Area, category: Category, until: datetime) -> Draft:
    title, body = announcing.parts(words)
    return Draft(title, body, area.id, category.code, "", Outcome.HOLD, turn.now, until)


def _preview(turn: Turn, draft: Draft) -> Reply:
    if not turn.now < draft.until <= turn.now + LONGEST:
        return Reply(announcing.over())
    dialogue.wait(turn, State.ANNOUNCEMENT, draft=_kept(draft))
    tickets = _answers(turn, announcements.drawn_up(draft, by=turn.person, now=turn.now))
    people = announcements.people_of(turn.session, tickets)
    text = announcing.preview(
        draft.title,
        draft.words,
        areas.full_name(turn.session, turn.session.get_one(Area, draft.area_id)),
        turn.world.categories[draft.category].name,
        draft.until,
        people,
        now=turn.now,
    )
    yes, no = announcing.SEND
    return Reply(text, (Choice(yes, "!announce yes"), Choice(no, "!announce no")))


def _kept(draft: Draft) -> dict[str, str | int]:
    return {**asdict(draft), "outcome": draft.outcome.value, "since": "", "until": draft.until.isoformat()}


def _waiting(turn: Turn) -> Draft | None:
    """What was shown last and is not sent; None once that is too long ago."""
    if turn.conversation.state is not State.ANNOUNCEMENT:
        return None
    data = turn.conversation.data["draft"]
    return Draft(
        data["title"],
        data["words"],
        data["area_id"],
        data["category"],
        data["place"],
        Outcome(data["outcome"]),
        turn.now,
        datetime.fromisoformat(data["until"]),
    )


def _answers(turn: Turn, announcement: Announcement) -> list[int]:
    """The open tickets that surely tell of it; the others are for the page, where staff tick one by one."""
    could = announcements.candidates(turn.session, announcement, compatible(announcement.category))
    return [ticket.id for ticket, words in could if fits(announcement, ticket, words)]


@routes(Meaning.ANSWER, state=State.ANNOUNCEMENT)
def said(turn: Turn) -> Reply:
    """A yes or a no in words, another end, or something else: then nothing goes out and the words are a matter."""
    answer = commands.yes_or_no("".join(each for each in turn.text if each.isalnum()))
    draft = _waiting(turn)
    if answer is not None or draft is None:
        return _send(turn) if answer == 1 else _drop(turn)
    until = ends(turn.text, here=local(turn.now)) if len(turn.text) <= announcing.SHORT else None
    if until is not None:
        return _preview(turn, Draft(**{**asdict(draft), "until": until.astimezone(turn.now.tzinfo)}))
    if turn.understood is not None and turn.understood.chat is not None:
        return Reply(announcing.not_yet())
    dialogue.idle(turn)
    dialogue.close_menus(turn)
    reply = report.report(turn)
    return Reply(announcing.not_sent(reply.text), reply.choices)


@routes(Meaning.ANNOUNCE)
def tapped(turn: Turn) -> Reply:
    """What the choices of a preview and of an ending say."""
    what, _, which = turn.inner.partition(" ")
    match what:
        case "yes":
            return _send(turn)
        case "no":
            return _drop(turn)
        case "end":
            return _end(turn, which)
        case _:
            return _ended(turn, which, solved=what == "solved")


def _send(turn: Turn) -> Reply:
    draft = _waiting(turn)
    dialogue.idle(turn)
    dialogue.close_menus(turn)
    if draft is None:
        return Reply(announcing.nothing_to_send())
    area = turn.session.get_one(Area, draft.area_id)
    paths = transitions.desk_paths(turn.session, turn.person)
    if not any(areas.covers(path, area.path) for path in paths):
        return Reply(announcing.where(areas.full_name(turn.session, area)))
    if draft.until <= turn.now:
        return Reply(announcing.over())
    made = announcements.announce(turn.session, draft, by=turn.person, now=turn.now)
    chosen = _answers(turn, made)
    announcements.choose(turn.session, made, chosen)
    return Reply(announcing.sent(made.title, announcements.people_of(turn.session, chosen), made.until, now=turn.now))


def _drop(turn: Turn) -> Reply:
    was = _waiting(turn)
    dialogue.idle(turn)
    dialogue.close_menus(turn)
    return Reply(announcing.dropped() if was else announcing.nothing_to_send())


# ---------------------------------------------------------------- ending


@routes(Intent.END_ANNOUNCEMENT)
def end(turn: Turn) -> Reply:
    """Which one, where several hold; then how it ends."""
    dialogue.idle(turn)
    living = announcements.on_desk(turn.session, turn.person, now=turn.now)
    if not living:
        return Reply(announcing.none_holds())
    meant = _meant(living, turn.rest)
    if len(meant) != 1:
        return Reply(
            announcing.which() if meant else announcing.none_like(turn.rest.strip()),
            tuple(Choice(each.title, f"!announce end {each.id}") for each in (meant or living)[:9]),
        )
    return _how(turn, meant[0])


def _meant(living: Sequence[Announcement], said: str) -> Sequence[Announcement]:
    said = said.strip(" 《》。.“”\"'")
    if not said:
        return living
    return [each for each in living if said == each.title] or [
        each for each in living if said in each.title or each.title in said
    ]


def _end(turn: Turn, which: str) -> Reply:
    found = _named(turn, which)
    return _how(turn, found) if found else Reply(announcing.ended_already())


def _named(turn: Turn, which: str) -> Announcement | None:
    living = announcements.on_desk(turn.session, turn.person, now=turn.now)
    return next((each for each in living if str(each.id) == which), None)


def _how(turn: Turn, announcement: Announcement) -> Reply:
    waiting = announcements.people_of(turn.session, announcements.under(turn.session, announcement))
    solved, open_still = announcing.ENDINGS
    return Reply(
        announcing.end_how(announcement.title, waiting),
        (
            Choice(solved, f"!announce solved {announcement.id}"),
            Choice(open_still, f"!announce open {announcement.id}"),
        ),
    )


def _ended(turn: Turn, which: str, *, solved: bool) -> Reply:
    found = _named(turn, which)
    if found is None:
        return Reply(announcing.ended_already())
    people = announcements.people_of(turn.session, announcements.under(turn.session, found))
    if solved:
        announcements.end(turn.session, found, now=turn.now)
    else:
        announcements.withdraw(turn.session, found, now=turn.now)
    return Reply(announcing.ended(found.title, people, solved=solved))
