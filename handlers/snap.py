"""What riders see on the road (随手拍): photo, place and words in any order, one ticket with all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from handlers import dialogue, report
from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn, as_row
from models import opening, snap, tickets
from models.attachment import Attachment, AttachmentKind
from models.calendar import in_office_hours, next_opening
from models.conversation import Question, QuestionKind, State
from models.lifecycle import OPEN_STATES
from models.person import RoleKind
from models.ticket import Ticket, TicketKind, Urgency
from nlp import hazards
from nlp.commands import Intent
from nlp.hazards import HAZARDS, Hazard
from nlp.understand import Kind, Understanding
from texts import residents
from texts import snap as texts

routes = Routes()

RIDER = RoleKind.RIDER.value

OF_THE_LAST_REPORT = frozenset({State.PLACE, State.ADDITION})
"""What is waited for of a report is not waited for any more once another begins."""


# ---------------------------------------------------------------- photos, videos and places


@routes(Meaning.IMAGE, Meaning.VIDEO, Meaning.LOCATION, role=RIDER)
def part(turn: Turn) -> Reply:
    """A part for what is being told, for the report that was just taken, or the first of another."""
    ticket = dialogue.recent(turn)
    if ticket is not None and (ticket.reporter_id != turn.person.id or ticket.urgency is Urgency.EMERGENCY):
        return report.location(turn) if turn.meant is Meaning.LOCATION else report.photo(turn)
    before = report.held(turn)
    here = report.keep(turn)
    if before:
        earlier = snap.earlier_report(before, here)
        rest = [each for each in before if each not in earlier]
        number = _as_it_is(turn, earlier).number if earlier else ""
        reply = _go_on(turn, rest, here) if rest else _begin(turn, here)
        return replace(reply, text=texts.before(number, reply.text)) if number else reply
    if ticket is not None and snap.takes(turn.session, ticket, here):
        return _join(turn, ticket, here)
    return _begin(turn, here)


def _begin(turn: Turn, here: Attachment) -> Reply:
    """The first part of a report: what it may be is shown as a list."""
    if turn.conversation.state in OF_THE_LAST_REPORT:
        dialogue.idle(turn)
    return Reply(texts.first(here.kind.value, _label(turn, here)), _list())


def _go_on(turn: Turn, before: Sequence[Attachment], here: Attachment) -> Reply:
    """Another part; the list that was shown with the first stays open."""
    kinds = {each.kind for each in (*before, here)}
    needs = ("place",) if AttachmentKind.LOCATION not in kinds else () if kinds & snap.PICTURES else ("photo",)
    text = texts.more(here.kind.value, _label(turn, here), needs=needs)
    return Reply(text) if _list_is_open(turn) else Reply(text, _list())


def _join(turn: Turn, ticket: Ticket, here: Attachment) -> Reply:
    was_complete = snap.parts_of(turn.session, ticket).complete_since is not None
    report.attach(turn, ticket, here)
    dialogue.note(turn, ticket)
    if here.kind is AttachmentKind.LOCATION and turn.conversation.state is State.PLACE:
        dialogue.idle(turn)
    if was_complete and here.kind in snap.PICTURES:
        return Reply(texts.one_more(here.kind.value, ticket.short))
    return Reply(texts.joined(here.kind.value, _label(turn, here), ticket.short, needs=_needs(turn, ticket)))


def _label(turn: Turn, here: Attachment) -> str:
    """The place of a location in words."""
    if here.kind is not AttachmentKind.LOCATION:
        return ""
    return here.label[:40] or residents.POINT


def _list(ticket: Ticket | None = None) -> tuple[Choice, ...]:
    """The hazards by number, of what is held or of a ticket that is there already."""
    found = texts.hazard_choices([each.name for each in HAZARDS], ticket.id if ticket is not None else None)
    return tuple(Choice(label, said) for label, said in found)


def _list_is_open(turn: Turn) -> bool:
    """Keeps the list of hazards open, if it is the last that was shown, for as long as a new one would be."""
    last = turn.session.scalars(
        select(Question)
        .where(Question.person_id == turn.person.id, Question.channel == turn.message.channel)
        .order_by(Question.asked_at.desc(), Question.id.desc())
        .limit(1)
    ).first()
    if last is None or last.kind is not QuestionKind.MENU or last.expires_at <= turn.now:
        return False
    if [command for _, command in last.choices["list"]] != [each.command for each in _list()]:
        return False
    last.expires_at = dialogue.menu_until(turn)
    return True


# ---------------------------------------------------------------- what it is


@routes(Meaning.HAZARD)
def hazard(turn: Turn) -> Reply:
    """The number of the list, with words after it or without: it names what is held, or a ticket that has no name."""
    number, _, ticket_id = turn.inner.partition(" ")
    if not 1 <= as_row(number) <= len(HAZARDS):
        return Reply(residents.stale())
    chosen = HAZARDS[as_row(number) - 1]
    words = turn.number.words if turn.number is not None else ""
    if ticket_id:
        ticket = turn.session.get(Ticket, as_row(ticket_id))
        is_open = ticket is not None and ticket.state in OPEN_STATES and not ticket.understood
        if ticket is None or ticket.reporter_id != turn.person.id or not is_open:
            return Reply(residents.stale())
        return _name(turn, ticket, chosen, words)
    if report.held(turn):
        return _open(turn, chosen, words)
    recent = dialogue.recent(turn)
    if recent is not None and recent.reporter_id == turn.person.id:
        if recent.state in OPEN_STATES and not recent.understood:
            return _name(turn, recent, chosen, words)
        return Reply(residents.stale())
    return Reply(texts.nothing_held())


def _open(turn: Turn, chosen: Hazard, words: str) -> Reply:
    """A ticket for what was held, with the name of the hazard as what was said."""
    found = turn.world.understander.understand(words, near=turn.person.home_area_id)
    made = report.report_of(turn.world, found, f"{chosen.name}，{words}" if words else chosen.name, now=turn.now)
    if chosen.category is not None:
        # Said by number: no model was asked.
        made = replace(made, category=chosen.category, confidence=None, model="")
    made = replace(
        made,
        kind=TicketKind.REPORT,
        service=None,
        urgency=Urgency.URGENT if chosen.urgent and made.urgency is Urgency.NORMAL else made.urgency,
    )
    ticket = opening.open_ticket(turn.session, made, by=turn.person, channel=turn.message.channel, now=turn.now)
    report.adopt(turn, ticket)
    dialogue.remember(turn, ticket)
    dialogue.close_menus(turn)
    needs = _needs(turn, ticket)
    if made.category is None:
        dialogue.wait(turn, State.ADDITION, ticket=ticket.id)
        return Reply(texts.something_else(ticket.number, needs=needs))
    return _taken(turn, ticket, chosen.name)


def _name(turn: Turn, ticket: Ticket, chosen: Hazard, words: str) -> Reply:
    said = f"{chosen.name}，{words}" if words else chosen.name
    dialogue.remember(turn, ticket)
    dialogue.close_menus(turn)
    tickets.add_words(turn.session, ticket, said, by=turn.person, now=turn.now)
    if chosen.category is None:
        dialogue.wait(turn, State.ADDITION, ticket=ticket.id)
        return Reply(residents.added(ticket.short))
    category = turn.world.categories[chosen.category]
    tickets.correct_category(turn.session, ticket, category, "", by=turn.person, now=turn.now)
    needs = _needs(turn, ticket)
    if "place" in needs:
        dialogue.wait(turn, State.PLACE, ticket=ticket.id)
    return Reply(texts.named(ticket.short, chosen.name, needs=needs))


@routes(Meaning.REPORT, Meaning.INQUIRY, role=RIDER)
def words(turn: Turn) -> Reply:
    """Words close what is held; with nothing held they are a report like everybody's."""
    found = turn.understood
    assert found is not None
    if not report.held(turn):
        return report.report(turn)
    dialogue.close_menus(turn)
    if found.kind is not Kind.REPORT:
        return report.report(turn)
    same = hazards.named(turn.text)
    return _open(turn, same, "") if same is not None else _opened(turn, found)


def _opened(turn: Turn, found: Understanding) -> Reply:
    ticket = report.open_from(turn, found, turn.text)
    if found.abstained and ticket.service is None:
        return Reply(texts.not_understood(ticket.number), _list(ticket))
    return _taken(turn, ticket, dialogue.category_name(turn, ticket))


@routes(Meaning.ANSWER, state=State.PLACE, role=RIDER)
def place_told(turn: Turn) -> Reply:
    """The place that was asked for; another hazard by its name is another report."""
    if hazards.named(turn.text) is None:
        return report.place_told(turn)
    dialogue.idle(turn)
    return report.report(turn)


@routes(Meaning.VOICE, role=RIDER)
def voice(turn: Turn) -> Reply:
    """A voice that nobody wrote down is words that people will hear."""
    ticket = report.open_from(turn, turn.world.understander.understand(""), "")
    dialogue.close_menus(turn)
    needs = _needs(turn, ticket)
    if "place" in needs:
        dialogue.wait(turn, State.PLACE, ticket=ticket.id)
    elif turn.conversation.state in OF_THE_LAST_REPORT:
        dialogue.idle(turn)
    return Reply(texts.voice(ticket.number, needs=needs))


def _taken(turn: Turn, ticket: Ticket, matter: str) -> Reply:
    """What the rider reads once a report is taken; the place is waited for when it is missing."""
    needs = _needs(turn, ticket)
    if "place" in needs:
        dialogue.wait(turn, State.PLACE, ticket=ticket.id)
    elif turn.conversation.state in OF_THE_LAST_REPORT:
        dialogue.idle(turn)
    place = ticket.place or (residents.POINT if ticket.lat is not None else "")
    return Reply(
        texts.taken(
            ticket.number, matter, place, ticket.promised_at, night_until=_night(turn), needs=needs, now=turn.now
        )
    )


def _night(turn: Turn) -> datetime | None:
    limits = turn.world.limits
    return None if in_office_hours(turn.now, limits.opens, limits.closes) else next_opening(turn.now, limits.opens)


def _needs(turn: Turn, ticket: Ticket) -> tuple[str, ...]:
    """What is still useful to know of a report: "place", "photo", "words"."""
    found = snap.parts_of(turn.session, ticket)
    there = {"place": not dialogue.is_nowhere(ticket), "photo": found.picture, "words": found.words}
    return tuple(each for each, is_there in there.items() if not is_there)


# ---------------------------------------------------------------- that is all


@routes(Intent.THAT_IS_ALL)
def that_is_all(turn: Turn) -> Reply:
    """It goes in with what there is; what is on its way may still arrive for a moment."""
    before = report.held(turn)
    recent = dialogue.recent(turn)
    if before:
        ticket, say = _as_it_is(turn, before), texts.all_there_is
        dialogue.remember(turn, ticket)
    elif recent is not None and recent.reporter_id == turn.person.id:
        ticket, say = recent, texts.enough
    else:
        return Reply(texts.nothing_held())
    dialogue.close_menus(turn)
    if turn.conversation.state in OF_THE_LAST_REPORT:
        dialogue.idle(turn)
    turn.conversation.recent_until = turn.now + snap.JOINS
    return Reply(say(ticket.number if before else ticket.short))


def _as_it_is(turn: Turn, parts: Sequence[Attachment]) -> Ticket:
    """A ticket for people to look at, from parts that no words came with."""
    ticket = opening.open_ticket(
        turn.session, opening.Report(words=""), by=turn.person, channel=turn.message.channel, now=turn.now
    )
    for each in parts:
        report.attach(turn, ticket, each)
    dialogue.note(turn, ticket)
    return ticket
