"""A resident's own words, photos and places: a ticket at once, and everything that belongs to it afterwards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from handlers import dialogue
from handlers.router import Routes
from handlers.turn import Choice, Meaning, MessageKind, Reply, Turn, World
from models import alarms, areas, finding, followers, opening, outlines, riders, snap, tickets, transitions
from models.area import Area
from models.attachment import Attachment, AttachmentKind, AttachmentUse
from models.calendar import in_office_hours, next_opening
from models.clock import local
from models.conversation import State
from models.errors import Refused
from models.lifecycle import LIVE_STATES, OPEN_STATES
from models.person import RoleKind
from models.rider import Matter
from models.ticket import Ticket, TicketKind, TicketState, TicketWords, Urgency, WordsKind
from models.windows import Window
from nlp.commands import About, Intent, word
from nlp.danger import CATEGORIES
from nlp.dates import only_a_time, says_when
from nlp.extract import Place, in_the_open, is_place_alone, knows_no_name, mask
from nlp.normal import normal
from nlp.riders import matter
from nlp.services import IN_A_HOME
from nlp.several import Part, several
from nlp.understand import Understanding
from nlp.wishes import wished
from texts import care, members, residents, services

routes = Routes()

MEDIA = {
    MessageKind.IMAGE: AttachmentKind.IMAGE,
    MessageKind.VIDEO: AttachmentKind.VIDEO,
    MessageKind.VOICE: AttachmentKind.VOICE,
    MessageKind.LOCATION: AttachmentKind.LOCATION,
}


def report_of(world: World, found: Understanding, words: str, *, now: datetime, for_other: str = "") -> opening.Report:
    """The ticket that words which were understood make."""
    place = found.place
    kind = TicketKind(found.kind.value)
    category = None if found.abstained else found.category
    if category is None and found.danger and CATEGORIES.get(found.danger) in world.categories:
        category = CATEGORIES[found.danger]
    service = found.service if kind is TicketKind.REPORT and not found.danger else None
    return opening.Report(
        words=words,
        category=category,
        kind=kind,
        service=service,
        wished=wished(words, here=local(now)) if service else None,
        urgency=Urgency(found.urgency.value),
        danger=found.danger.value if found.danger else "",
        area_id=place.area_id if place else None,
        place=dialogue.place_name(world, place),
        room=(place.room or "") if place else "",
        for_other=for_other,
        confidence=round(found.confidence, 4),
        model=world.understander.version,
    )


def open_from(turn: Turn, found: Understanding, words: str, *, for_other: str = "") -> Ticket:
    """Opens the ticket for words that were understood, and adopts the photos and places that came before them."""
    here = dialogue.stands_at(turn)
    if here is not None:
        dialogue.idle(turn)
        found = replace(found, place=_at(found.place, here))
    ticket = opening.open_ticket(
        turn.session,
        report_of(turn.world, found, words, now=turn.now, for_other=for_other),
        by=turn.person,
        channel=turn.message.channel,
        now=turn.now,
    )
    adopt(turn, ticket)
    dialogue.remember(turn, ticket)
    return ticket


def _at(place: Place | None, area_id: int) -> Place:
    """What is said by somebody who has just scanned a place's code is about that place, unless they name another."""
    if place is None:
        return Place("", area_id)
    if place.area_id is not None or in_the_open(place.text):
        return place
    return replace(place, area_id=area_id)


def adopt(turn: Turn, ticket: Ticket) -> None:
    """What was sent in the last half hour without words belongs to the words that came now."""
    for attachment in held(turn):
        attach(turn, ticket, attachment)
    if turn.message.kind is MessageKind.VOICE:
        attach(turn, ticket, keep(turn))


def held(turn: Turn) -> Sequence[Attachment]:
    """What the speaker sent and has said no words about yet."""
    return snap.held(turn.session, turn.person.id, now=turn.now, minutes=turn.world.limits.recent_minutes)


def keep(turn: Turn) -> Attachment:
    """Stores what the message carries, without a ticket yet; the bytes are fetched by a worker."""
    message = turn.message
    attachment = Attachment(
        person_id=turn.person.id,
        channel=message.channel,
        kind=MEDIA[message.kind],
        media_id=message.media_id[:300],
        media_url=message.media_url[:2000],
        fetch_at=turn.now if message.media_id or message.media_url else None,
        lat=message.point.lat if message.point else None,
        lng=message.point.lng if message.point else None,
        label=message.point.label[:200] if message.point else "",
        sent_at=turn.now,
    )
    turn.session.add(attachment)
    turn.session.flush()
    return attachment


def attach(turn: Turn, ticket: Ticket, attachment: Attachment) -> None:
    """Puts something to a ticket: as what it looks like now where the speaker is doing it; a known place is noted."""
    doing = ticket.reporter_id != turn.person.id and (
        ticket.assignee_id == turn.person.id or turn.person.id in transitions.helpers_of(turn.session, ticket)
    )
    if doing and ticket.state is TicketState.ACCEPTED:
        ticket.touched_at, ticket.asked_at = turn.now, None
    use = AttachmentUse.AFTER if doing else AttachmentUse.BEFORE
    tickets.attach(turn.session, ticket, attachment, now=turn.now, use=use)
    if attachment.kind is AttachmentKind.LOCATION and ticket.area_id is None:
        _place_by(turn, ticket, attachment)


def _place_by(turn: Turn, ticket: Ticket, sent: Attachment) -> None:
    """A position says where it is by the outline around it; what it is called only says it nearer, or where no outline
    is drawn.
    """
    drawn = None
    if sent.lat is not None and sent.lng is not None:
        drawn = outlines.area_at(turn.session, sent.lat, sent.lng)
    place = turn.world.understander.understand(sent.label).place if sent.label else None
    named = turn.session.get(Area, place.area_id) if place is not None and place.area_id is not None else None
    if place is not None and named is not None and (drawn is None or areas.covers(drawn.path, named.path)):
        area_id, called = named.id, dialogue.place_name(turn.world, place)
    elif drawn is not None:
        area_id, called = drawn.id, ticket.place or areas.full_name(turn.session, drawn)
    else:
        return
    tickets.locate(turn.session, ticket, area_id=area_id, place=called, text="", by=turn.person, now=turn.now)


def taken(turn: Turn, ticket: Ticket, found: Understanding) -> Reply:
    """What the resident reads once a ticket is open; the place is waited for when it is missing."""
    if dialogue.lacks_place(ticket):
        dialogue.ask_place(turn, ticket)
    return Reply(received(turn.world, ticket, found, now=turn.now))


def received(world: World, ticket: Ticket | opening.Opened, found: Understanding, *, now: datetime) -> str:
    """The sentence for a new ticket."""
    limits = world.limits
    name = services.matter(world.categories[ticket.category].name, ticket.service, kind=ticket.kind)
    night: datetime | None = None
    if not in_office_hours(now, limits.opens, limits.closes):
        night = next_opening(now, limits.opens)
    told = "" if found.abstained else name
    if ticket.kind is TicketKind.INQUIRY:
        return residents.received_question(ticket.number, told, ticket.promised_at, now=now)
    if ticket.kind in (TicketKind.SUGGESTION, TicketKind.PRAISE):
        return residents.received_suggestion(ticket.number, told)
    if found.abstained and ticket.service is None:
        return residents.received_not_understood(ticket.number, asks_place=dialogue.lacks_place(ticket))
    if dialogue.lacks_place(ticket):
        about = (
            f"{name} · {ticket.place}" if ticket.place else residents.about(name, is_service=ticket.service is not None)
        )
        if ticket.wished is not None:
            about = residents.about_at(about, ticket.wished, now=now)
        return residents.received_without_place(ticket.number, about, night_until=night, now=now)
    place = ticket.place or residents.POINT
    return residents.received(
        ticket.number,
        name,
        place,
        ticket.promised_at,
        wished=ticket.wished,
        night_until=night,
        now=now,
        asks_time=_asks_time(ticket, found.text),
    )


def _asks_time(ticket: Ticket | opening.Opened, said: str) -> bool:
    """Whether the bot asks when somebody may come in: once, with the reply that says where they will come to."""
    return ticket.service in IN_A_HOME and ticket.wished is None and not says_when(normal(said))


@routes(Meaning.REPORT, Meaning.INQUIRY)
def report(turn: Turn) -> Reply:
    """Free words from somebody in no conversation: a ticket at once."""
    found = turn.understood
    assert found is not None
    parts = several(turn.text, turn.world.understander)
    if parts:
        found = replace(found, category=parts[0].category, abstained=False)
    ticket = open_from(turn, found, turn.text)
    reply = taken(turn, ticket, found)
    return _two_matters(turn, ticket, parts) if parts else _with_care(turn, ticket, reply)


def _with_care(turn: Turn, ticket: Ticket, reply: Reply) -> Reply:
    """What a rider can do at once about a matter of their own: the report goes its way besides."""
    own = matter(turn.text) if RoleKind.RIDER.value in turn.roles else None
    if own is not None:
        ticket.matter = own
    line = care.beside(own) if own is not None else ""
    if own is Matter.ACCESS and ticket.area_id is not None:
        found = riders.note_for(turn.session, turn.session.get_one(Area, ticket.area_id))
        if found is not None:
            note, area = found
            line = care.access_beside(area.name, note.words, note.contact, note.phone)
    return replace(reply, text=f"{reply.text}\n{line}") if line else reply


def _two_matters(turn: Turn, ticket: Ticket, parts: Sequence[Part]) -> Reply:
    """Everything that was said is in the ticket already; the other matter may have one of its own."""
    words = _words_of(turn, ticket)
    first, second = (
        residents.one_matter(turn.world.categories[part.category].name, mask(part.words)) for part in parts
    )
    return Reply(
        residents.two_matters(ticket.number, first, second),
        (Choice(residents.APART, f"!apart {words.id}"), Choice(residents.TOGETHER, f"!together {words.id}")),
    )


def _words_of(turn: Turn, ticket: Ticket) -> TicketWords:
    """The last words said about a ticket."""
    return turn.session.scalars(
        select(TicketWords).where(TicketWords.ticket_id == ticket.id).order_by(TicketWords.id.desc()).limit(1)
    ).one()


@routes(Meaning.APART)
def apart(turn: Turn) -> Reply:
    """The second matter of a report becomes a ticket of its own, once."""
    own = _own_words(turn)
    parts = several(own[0].text or "", turn.world.understander) if own else ()
    if own is None or not parts:
        return Reply(residents.nothing_open())
    first, other = own[1], parts[1]
    found = turn.world.understander.understand(other.words, near=first.area_id or turn.person.home_area_id)
    if found.place is None and first.area_id:
        # "另外广场舞太吵" is said of the place that was just named.
        found = replace(found, place=Place(first.place, first.area_id))
    before = turn.session.scalars(
        select(Ticket)
        .join(TicketWords, TicketWords.ticket_id == Ticket.id)
        .where(Ticket.reporter_id == turn.person.id, Ticket.id > first.id, TicketWords.text == other.words)
    ).first()
    ticket = before or open_from(turn, found, other.words)
    return taken(turn, ticket, found)


@routes(Meaning.TOGETHER)
def together(turn: Turn) -> Reply:
    """Both matters stay in one ticket, as they are."""
    own = _own_words(turn)
    if own is None:
        return Reply(residents.nothing_open())
    words, ticket = own
    found = turn.world.understander.understand(words.text or "", near=turn.person.home_area_id)
    return taken(turn, ticket, found)


@routes(Meaning.OTHER_MATTER)
def other_matter(turn: Turn) -> Reply:
    """Words that are surely about something else, while the bot waited for an answer."""
    found = turn.understood
    assert found is not None
    ticket_id = turn.conversation.data.get("ticket")
    ticket = turn.session.get(Ticket, ticket_id) if ticket_id else None
    if ticket is None:
        state, data = turn.conversation.state, turn.conversation.data
        ticket = open_from(turn, found, turn.text)
        reply = taken(turn, ticket, found)
        # The registration goes on where it was; the place of the new matter can still be told any time.
        dialogue.wait(turn, state, **data)
        return Reply(members.other_matter_taken(reply.text))
    if followers.head_of(turn.session, ticket).state not in LIVE_STATES:
        # It is over, and the words could not be kept there.
        dialogue.idle(turn)
        return report(turn)
    return _kept_and_asked(turn, ticket)


def kept_while_open(turn: Turn, ticket: Ticket) -> Reply:
    """Words about a result that is not there yet: kept, and answered with how it stands. Raises Refused."""
    if ticket.threat:
        return add_more(turn, ticket, turn.text)
    return _kept_and_asked(turn, ticket, stands=followers.head_of(turn.session, ticket).state)


def _kept_and_asked(turn: Turn, ticket: Ticket, *, stands: TicketState | None = None) -> Reply:
    words_id = tickets.add_words(turn.session, ticket, turn.text, by=turn.person, now=turn.now)
    dialogue.note(turn, ticket)
    return Reply(
        residents.addition_or_new(ticket.short, stands),
        (
            Choice(residents.ADDITION, f"!keep {words_id}"),
            Choice(residents.NEW_MATTER, f"!split {words_id}"),
        ),
    )


def _own_words(turn: Turn) -> tuple[TicketWords, Ticket] | None:
    words = turn.session.get(TicketWords, turn.row())
    if words is None or words.person_id != turn.person.id or words.text is None:
        return None
    return words, turn.session.get_one(Ticket, words.ticket_id)


@routes(Meaning.KEEP)
def keep_as_addition(turn: Turn) -> Reply:
    """It was an addition: it is already there."""
    own = _own_words(turn)
    return Reply(residents.kept_as_addition(own[1].short) if own else residents.nothing_open())


@routes(Meaning.SPLIT)
def split(turn: Turn) -> Reply:
    """It was another matter: it becomes a ticket of its own, once."""
    own = _own_words(turn)
    if own is None or own[0].kind not in (WordsKind.ADDITION, WordsKind.EVALUATION, WordsKind.NOTE):
        return Reply(residents.nothing_open())
    words, _ = own
    text = words.text or ""
    if words.kind is WordsKind.NOTE:
        turn.session.delete(words)  # a member's, kept with their task only until they were asked
    else:
        words.kind = WordsKind.CORRECTION
    found = turn.world.understander.understand(text, near=turn.person.home_area_id)
    dialogue.idle(turn)
    return taken(turn, open_from(turn, found, text), found)


@routes(Meaning.ANSWER, state=State.PLACE)
def place_told(turn: Turn) -> Reply:
    """The place that was asked for, or whatever was said instead: it all stays with the ticket."""
    ticket = turn.session.get_one(Ticket, turn.conversation.data["ticket"])
    if ticket.merged_into_id is not None:
        # Where it is has been settled meanwhile; what was said still reaches whoever has it.
        return added(turn)
    place = turn.understood.place if turn.understood else None
    if ticket.urgency is not Urgency.EMERGENCY and knows_no_name(turn.text):
        return Reply(residents.PLACE_BY_SIGNS)
    if place is None and turn.understood and turn.understood.chat:
        # Mere manners: the place is still waited for.
        return Reply(residents.DANGER_WHERE if ticket.urgency is Urgency.EMERGENCY else residents.WHERE)
    if place and place.area_id is None and not in_the_open(place.text):
        # Words that nobody can be sent to.
        place = None
    urgent = ticket.urgency is Urgency.EMERGENCY
    if not (urgent and place is None):
        dialogue.idle(turn)
    dialogue.remember(turn, ticket)
    if place is None and urgent:
        # The place is still waited for; what was said goes to those on duty.
        words_id = tickets.add_words(turn.session, ticket, turn.text, by=turn.person, now=turn.now)
        alarms.alarm(turn.session, ticket, now=turn.now, words_id=words_id)
        return Reply(residents.danger_place_unknown(ticket.short))
    if place is None:
        if not ticket.place and len(turn.text) <= 40:
            ticket.place = turn.text.strip()[:40]
        tickets.add_words(turn.session, ticket, turn.text, by=turn.person, now=turn.now)
        return Reply(residents.place_unknown(ticket.short, turn.text))
    name = _locate(turn, ticket, place, turn.text)
    if urgent:
        alarms.placed(turn.session, ticket, now=turn.now)
        return Reply(residents.danger_place_kept(ticket.short, name))
    return _located(turn, ticket, name)


def _locate(turn: Turn, ticket: Ticket, place: Place, words: str) -> str:
    """Writes down the place that `words` name; gives what people call it."""
    name = dialogue.place_name(turn.world, place)
    tickets.locate(
        turn.session,
        ticket,
        area_id=place.area_id,
        place=name,
        room=place.room or "",
        text=words,
        by=turn.person,
        now=turn.now,
        wished=_wished(turn, ticket, words),
    )
    return name


def _wished(turn: Turn, ticket: Ticket, said: str) -> Window | None:
    """The time that is named for something that happens at a time; for other matters the words are enough."""
    head = followers.head_of(turn.session, ticket)
    if head.service is None and head.kind is not TicketKind.ACTIVITY:
        return None
    return wished(said, here=local(turn.now), was_asked=only_a_time(normal(said)))


def _located(turn: Turn, ticket: Ticket, place: str) -> Reply:
    """The place that was missing is there, by whatever means: what comes next, and when."""
    told = turn.session.scalars(
        select(TicketWords.text).where(TicketWords.ticket_id == ticket.id, TicketWords.person_id == turn.person.id)
    )
    asks_time = _asks_time(ticket, "\n".join(each or "" for each in told))
    promised = ticket.promised_at
    if promised <= turn.now and ticket.expected_at is not None:
        # It was long in coming: what was promised before is over.
        promised = ticket.expected_at
    return Reply(
        residents.place_kept(ticket.short, place, promised, wished=ticket.wished, now=turn.now, asks_time=asks_time)
    )


@routes(Meaning.VISIT)
def when_it_suits(turn: Turn) -> Reply:
    """When somebody may come; whoever has the matter is told, and whoever takes it later reads it."""
    ticket = turn.session.get_one(Ticket, turn.row())
    window = _wished(turn, ticket, turn.text)
    tickets.add_words(
        turn.session, ticket, turn.text, by=turn.person, now=turn.now, kind=WordsKind.VISIT, wished=window
    )
    dialogue.remember(turn, ticket)
    kept = residents.visit_kept(ticket.short, turn.text, window, now=turn.now)
    asks_place = turn.conversation.state is State.PLACE
    return Reply(f"{kept}\n{residents.WHERE}" if asks_place else kept)


def told_by_code(turn: Turn, area: Area) -> Reply:
    """The place that was asked for, by the code at its door."""
    turn.understood = replace(turn.world.understander.understand(""), place=Place("", area.id))
    return place_told(turn)


@routes(Meaning.CORRECTION)
def correction(turn: Turn) -> Reply:
    """What was understood is changed ("not noise but a leak", "the wrong building"), and kept for learning."""
    fix = turn.fix
    ticket = dialogue.recent(turn)
    assert fix is not None
    if ticket is None:
        return report(turn)
    dialogue.note(turn, ticket)
    if ticket.state not in OPEN_STATES:
        # Too late to change who is asked, but not to keep what was said.
        tickets.add_words(turn.session, ticket, turn.text, by=turn.person, now=turn.now, kind=WordsKind.CORRECTION)
        return Reply(residents.correction_kept(ticket.short))
    found = turn.world.understander.understand(fix.right, near=ticket.area_id or turn.person.home_area_id)
    if fix.about is About.PLACE and found.place is not None:
        name = dialogue.place_name(turn.world, found.place)
        tickets.locate(
            turn.session,
            ticket,
            area_id=found.place.area_id or ticket.area_id,
            place=name,
            room=found.place.room or "",
            text=turn.text,
            by=turn.person,
            now=turn.now,
        )
        dialogue.idle(turn)
        return Reply(residents.corrected_place(ticket.short, name))
    category = turn.world.categories.get(found.candidates[0][0]) if found.candidates else None
    if fix.about is About.CATEGORY and category is not None:
        tickets.correct_category(turn.session, ticket, category, turn.text, by=turn.person, now=turn.now)
        return Reply(residents.corrected_category(ticket.short, category.name))
    tickets.add_words(turn.session, ticket, turn.text, by=turn.person, now=turn.now, kind=WordsKind.CORRECTION)
    return Reply(residents.correction_kept(ticket.short))


@routes(Meaning.IMAGE, Meaning.VIDEO)
def photo(turn: Turn) -> Reply:
    """A photo for the ticket just opened or taken on; otherwise it waits for words."""
    attachment = keep(turn)
    ticket = dialogue.recent(turn)
    if ticket is None:
        return Reply(residents.photo_held())
    attach(turn, ticket, attachment)
    dialogue.note(turn, ticket)
    return Reply(residents.photo_added(ticket.short))


@routes(Meaning.LOCATION)
def location(turn: Turn) -> Reply:
    """A point on the map for the ticket just opened; otherwise it waits for words."""
    attachment = keep(turn)
    ticket = dialogue.recent(turn)
    if ticket is None:
        return Reply(residents.place_held())
    was_asked = ticket.reporter_id == turn.person.id and dialogue.lacks_place(ticket)
    attach(turn, ticket, attachment)
    dialogue.note(turn, ticket)
    place = attachment.label or ticket.place or residents.POINT
    if turn.conversation.state is State.PLACE:
        dialogue.idle(turn)
    if ticket.urgency is Urgency.EMERGENCY:
        alarms.alarm(turn.session, ticket, now=turn.now)
        return Reply(residents.danger_place_kept(ticket.short, place))
    if was_asked:
        return _located(turn, ticket, place)
    return Reply(residents.location_added(ticket.short, place))


@routes(Meaning.VOICE)
def voice(turn: Turn) -> Reply:
    """A voice nobody wrote down: staff listen to it, so it becomes a ticket at once."""
    found = turn.world.understander.understand("")
    ticket = open_from(turn, found, "")
    if dialogue.is_nowhere(ticket):
        dialogue.ask_place(turn, ticket)
        return Reply(residents.received_voice(ticket.number))
    return Reply(residents.received_voice_at(ticket.number, ticket.place))


@routes(Intent.FOR_OTHERS)
def for_others(turn: Turn) -> Reply:
    """For a neighbour, or somebody at the counter or on the phone."""
    if not turn.rest:
        dialogue.wait(turn, State.FOR_OTHERS)
        return Reply(residents.for_others_ask())
    return _for_other(turn, turn.rest)


@routes(Meaning.ANSWER, state=State.FOR_OTHERS)
def for_others_told(turn: Turn) -> Reply:
    """Who, where and what, in one sentence."""
    return _for_other(turn, turn.text)


def _for_other(turn: Turn, words: str) -> Reply:
    found = turn.world.understander.understand(words, near=turn.person.home_area_id)
    dialogue.idle(turn)
    ticket = open_from(turn, found, words, for_other=words[:40])
    reply = taken(turn, ticket, found)
    return Reply(residents.for_others_received(reply.text), reply.choices)


def goes_on(turn: Turn, ticket: Ticket, words: str, *, but: Collection[int] = ()) -> Reply:
    """What the reporter of an emergency says next: those who were alarmed, `but` who reads it elsewhere, read it, and
    learn the place if it was missing, or where it is more exactly.
    """
    place = turn.world.understander.understand(words, near=ticket.area_id or turn.person.home_area_id).place
    dialogue.note(turn, ticket)
    if place is None or not _tells_more(turn, ticket, place, words):
        words_id = tickets.add_words(turn.session, ticket, words, by=turn.person, now=turn.now)
        alarms.pass_on(turn.session, ticket, now=turn.now, words_id=words_id, but=but)
        if place is not None and ticket.place and is_place_alone(words, place):
            return Reply(residents.danger_place_kept(ticket.short, ticket.place))
        is_asked_where = turn.conversation.state is State.PLACE and turn.conversation.data.get("ticket") == ticket.id
        if is_asked_where and turn.meant is Meaning.NEWS:
            # What is said next need not be about it: where it is, and what is worse, is heard all the same.
            dialogue.idle(turn)
        return Reply(residents.danger_news(ticket.short))
    if turn.conversation.state is State.PLACE:
        dialogue.idle(turn)
    name = _locate(turn, ticket, place, words)
    alarms.placed(turn.session, ticket, now=turn.now)
    return Reply(residents.danger_place_kept(ticket.short, name))


def _tells_more(turn: Turn, ticket: Ticket, place: Place, words: str) -> bool:
    """Whether people have to be sent to `place`: none is known yet, or words that are nothing else name another, or say
    it nearer.
    """
    if dialogue.is_nowhere(ticket):
        return place.area_id is not None or in_the_open(place.text)
    if place.area_id is None or ticket.merged_into_id is not None or not is_place_alone(words, place):
        return False
    return not ticket.place.startswith(dialogue.place_name(turn.world, place))


def add_more(turn: Turn, ticket: Ticket, words: str, *, but: Collection[int] = ()) -> Reply:
    """More words of its reporter for a ticket; `but` read them elsewhere. Raises Refused."""
    if ticket.urgency is Urgency.EMERGENCY and ticket.reporter_id == turn.person.id and ticket.state in OPEN_STATES:
        return goes_on(turn, ticket, words, but=but)
    tickets.add_words(turn.session, ticket, words, by=turn.person, now=turn.now)
    return Reply(residents.added(ticket.short))


@routes(Intent.ADD)
def add(turn: Turn) -> Reply:
    """More words for a ticket; without a number the one just opened, or the only one open."""
    ticket = dialogue.recent(turn) if turn.command and not turn.command.serial else None
    if ticket is None or ticket.reporter_id != turn.person.id:
        chosen = dialogue.named_or_one(
            turn, finding.own_live(turn.session, turn.person), word=word(Intent.ADD), verb=residents.VERB_ADD
        )
        if isinstance(chosen, Reply):
            return chosen
        ticket = chosen
    dialogue.remember(turn, ticket)
    if not turn.rest:
        dialogue.wait(turn, State.ADDITION, ticket=ticket.id)
        return Reply(residents.addition_what(ticket.short))
    return add_more(turn, ticket, turn.rest)


@routes(Meaning.ANSWER, state=State.ADDITION)
def added(turn: Turn) -> Reply:
    """The words that were asked for; a ticket that has moved on meanwhile makes them a matter of their own."""
    ticket = turn.session.get_one(Ticket, turn.conversation.data["ticket"])
    dialogue.idle(turn)
    try:
        reply = add_more(turn, ticket, turn.text)
    except Refused:
        return report(turn)
    dialogue.remember(turn, ticket)
    return reply
