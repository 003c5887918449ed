"""Looking at one's own matters, hurrying them, taking them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from handlers import dialogue, member
from handlers.evaluate import is_asked
from handlers.meaning import last_question
from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import alarms, finding, followers, helpers, people, tickets, transitions
from models.lifecycle import EVERY_REPORTER, OPEN_STATES, Action
from models.offer import Offer, Purpose
from models.outbox import NoticeKind
from models.person import Person
from models.quiet import by_day
from models.ticket import Ticket, TicketEvent, TicketKind, TicketState, TicketWords, Urgency, WordsKind
from nlp.commands import Intent, word
from nlp.extract import mask
from nlp.over import over
from texts import common, members, notices, residents

routes = Routes()

OF_EACH = frozenset({Action.ADD, Action.URGE})
"""What the reporters of one matter do each for themselves."""

NAMED = frozenset({Action.ARRIVE, Action.RELAY})
"""Of these the resident reads who it was."""

OF_NEIGHBOURS = frozenset({Action.OPEN, Action.CORRECT, Action.LOCATE, Action.GATHER, Action.PART, Action.TAKE_OVER})
"""What is no news to whoever follows."""


@routes(Intent.PROGRESS)
def progress(turn: Turn) -> Reply:
    """One ticket in plain words, or the list of what is open."""
    if turn.command and turn.command.serial:
        return show(turn, finding.find(turn.session, turn.command.serial, by=turn.person))
    mine = finding.own_live(turn.session, turn.person)
    if not mine and finding.tasks_of(turn.session, turn.person):
        return member.my_tasks(turn)
    if not mine:
        return Reply(residents.nothing_open())
    if len(mine) == 1:
        return show(turn, mine[0])
    choices = tuple(Choice(dialogue.line(turn, each), f"{word(Intent.PROGRESS)} {each.number}") for each in mine)
    return Reply(residents.open_list(), choices)


@routes(Meaning.ASKED_AFTER)
def which(turn: Turn) -> Reply:
    """Words that ask how it stands, and several matters they may be about: some of them are over."""
    could = [turn.session.get_one(Ticket, turn.row(at)) for at in range(len(turn.inner.split()))]
    choices = tuple(Choice(dialogue.line(turn, each), f"{word(Intent.PROGRESS)} {each.number}") for each in could)
    return Reply(residents.which_ticket(residents.VERB_SHOW), choices, asks_which=True)


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
    is_theirs = turn.person.id in followers.numbers(turn.session, head)
    history = [(event.at, text) for event in events if (text := _line(turn, ticket, event, is_theirs=is_theirs))]
    if ticket.urgency is Urgency.EMERGENCY:
        told = alarms.told(turn.session, ticket)
        history += [(at, residents.alarmed(at, [_named(turn, one) for one in whom])) for at, whom in told]
        history.sort(key=lambda line: line[0])
    is_alarm = _is_alarm(head)
    if ticket.reporter_id == turn.person.id:
        dialogue.remember(turn, ticket)
    lacks_place = ticket.reporter_id == turn.person.id and dialogue.still_lacks_place(ticket)
    if lacks_place:
        dialogue.ask_place(turn, ticket)
    text = residents.progress(
        ticket.number,
        dialogue.category_name(turn, ticket),
        ticket.place,
        dialogue.stands(turn, head),
        [text for _, text in history],
        None if is_alarm else _expected(turn, head) if is_theirs else head.expected_at,
        suits=dialogue.when_it_suits(turn, head) if head.state in OPEN_STATES else "",
        lacks_place=lacks_place,
        kind=ticket.kind,
        now=turn.now,
        is_theirs=is_theirs,
        doing=_doing(turn, ticket, head),
    )
    if is_asked(turn, ticket):
        choices = tuple(Choice(label, said) for label, said in notices.evaluation_choices(ticket.number, ticket.kind))
        return Reply(text, choices)
    return Reply(text)


def _expected(turn: Turn, head: Ticket) -> datetime | None:
    """By when a resident hears something: as was promised at first, while nobody has answered and nothing is late."""
    is_promised = head.answered_at is None and head.promised_at > turn.now
    return head.promised_at if is_promised and head.expected_at is not None else head.expected_at


def _line(turn: Turn, ticket: Ticket, event: TicketEvent, *, is_theirs: bool) -> str | None:
    return residents.history_line(
        event.at,
        event.action,
        kind=ticket.kind,
        is_own=event.by_id == turn.person.id,
        who=_done_by(turn, event),
        is_theirs=is_theirs,
        is_of_one=_is_of_one_reporter(turn, ticket, event),
    )


def _is_of_one_reporter(turn: Turn, ticket: Ticket, event: TicketEvent) -> bool:
    """Whether the other one of two matters that were put together is its reporter's own, too."""
    other_id = event.facts.get("into") or event.facts.get("ticket")
    other = turn.session.get(Ticket, other_id) if other_id else None
    return other is not None and other.reporter_id == ticket.reporter_id


def _done_by(turn: Turn, event: TicketEvent) -> str:
    """Who did something for the resident, as they are told of helpers elsewhere; empty for what residents did."""
    if event.by_id is None or event.actor in EVERY_REPORTER or event.action not in NAMED:
        return ""
    return _named(turn, event.by_id)


def _named(turn: Turn, person_id: int) -> str:
    person = turn.session.get_one(Person, person_id)
    return common.helper(people.main_role(person), person.name)


def _is_alarm(ticket: Ticket) -> bool:
    """Whether people are called to an emergency and nobody has it: no limit of everyday matters counts."""
    return ticket.urgency is Urgency.EMERGENCY and ticket.state is TicketState.NEW


def _doing(turn: Turn, own: Ticket, ticket: Ticket) -> str:
    """What the state of a ticket does not tell of what is being done; `own` is the one by whose number it is known."""
    if _is_alarm(ticket):
        return residents.alarm_stands(_answered(turn, ticket))
    if ticket.state is TicketState.CLOSED and ticket.resolved_at is not None and own.reporter_id == turn.person.id:
        return residents.is_done(own.short, ticket.resolved_at, may_be_judged_anew=_may_judge_anew(turn, ticket))
    has_it = ticket.state is TicketState.ACCEPTED and ticket.assignee_id == turn.person.id
    return members.IN_HAND if has_it else ""


def _may_judge_anew(turn: Turn, ticket: Ticket) -> bool:
    """Whether the speaker has judged this result, and may still change it."""
    said = finding.last_judgement(turn.session, turn.person, of=ticket)
    still = timedelta(hours=turn.world.limits.reevaluation_hours)
    return said is not None and said.round == ticket.reopened and turn.now - said.at <= still


def _answered(turn: Turn, ticket: Ticket) -> str:
    """Who has answered an alarm; empty while nobody has."""
    who = alarms.answered_by(turn.session, ticket)
    return _named(turn, who) if who is not None else ""


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
        host=_named(turn, ticket.reporter_id) if ticket.kind is TicketKind.ACTIVITY else "",
        now=turn.now,
    )
    again = mask(finding.why_again(turn.session, ticket))
    if more := members.to_know(ticket.kind, mask(dialogue.when_it_suits(turn, ticket)), again):
        text = f"{text}\n{more}"
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
    return _taken_back(turn, chosen, turn.rest)


def _taken_back(turn: Turn, ticket: Ticket, why: str) -> Reply:
    tickets.withdraw(turn.session, ticket, why, by=turn.person, now=turn.now)
    dialogue.idle(turn)
    return Reply(residents.withdrawn(ticket.short))


@routes(Meaning.OVER)
def is_it_over(turn: Turn) -> Reply:
    """It is over or no longer needed, they say: of one matter the words are kept, so that whoever has it reads them in
    any case; whether it is taken back is asked, or which of several. Who is being asked just that and says once more
    that nobody is to come has answered.
    """
    meant = [turn.session.get_one(Ticket, turn.row(at)) for at in range(len(turn.inner.split()))]
    if len(meant) > 1:
        said = turn.text.strip()
        each_one = [
            Choice(dialogue.line(turn, each), f"{word(Intent.WITHDRAW)} {each.number} {said}") for each in meant
        ]
        return Reply(residents.which_is_over(again=_is_being_asked(turn, each_one)), tuple(each_one))
    [ticket] = meant
    choices = (
        Choice(residents.NO_LONGER_WANTED, f"{word(Intent.WITHDRAW)} {ticket.number}"),
        # Whoever has it has read the words, and reads this, too.
        Choice(residents.STILL_WANTED, f"{word(Intent.ADD)} {ticket.number} {residents.STILL_WANTED}"),
    )
    again, said_so = _is_being_asked(turn, choices), over(turn.text)
    if again and said_so is not None and said_so.unwanted:
        dialogue.close_menus(turn)
        return _taken_back(turn, ticket, turn.text.strip())
    tickets.add_words(turn.session, ticket, turn.text, by=turn.person, now=turn.now)
    dialogue.note(turn, ticket)
    about = dialogue.category_name(turn, ticket)
    return Reply(residents.is_it_over(ticket.short, about, ticket.place, again=again), choices)


def _is_being_asked(turn: Turn, choices: Sequence[Choice]) -> bool:
    """Whether the speaker was shown these choices last, whatever words went with them."""
    question = last_question(turn)
    asked = [said for _, said in question.choices["list"]] if question is not None else []
    return [each.split(" ")[:2] for each in asked] == [each.command.split(" ")[:2] for each in choices]


@routes(Intent.URGE)
def urge(turn: Turn) -> Reply:
    """Once in a limit's time, of an emergency whenever they ask."""
    chosen = dialogue.named_or_one(
        turn, finding.own_live(turn.session, turn.person), word=word(Intent.URGE), verb=residents.VERB_URGE
    )
    if isinstance(chosen, Reply):
        return chosen
    if chosen.reporter_id == turn.person.id and dialogue.waits_for_place(chosen):
        # Nobody can be hurried: it is the place that everybody waits for.
        dialogue.ask_place(turn, chosen)
        return Reply(residents.urged_without_place(chosen.short))
    tickets.urge(turn.session, chosen, turn.rest, by=turn.person, now=turn.now)
    return Reply(_urged(turn, chosen.short, followers.head_of(turn.session, chosen)))


def _urged(turn: Turn, number: str, ticket: Ticket) -> str:
    """Whom the words went to, as models.transitions.able finds them."""
    if ticket.urgency is Urgency.EMERGENCY:
        told = [_named(turn, each) for _, whom in alarms.told(turn.session, ticket) for each in whom]
        who = _named(turn, ticket.assignee_id) if ticket.assignee_id else _answered(turn, ticket)
        return residents.urged_emergency(ticket.threat, number, who, told, gas_phone=turn.world.gas_phone)
    if ticket.state is TicketState.HELD:
        return residents.urged_on_hold(number, ticket.hold_until)
    morning = by_day(turn.now) if transitions.waits_for_day(ticket, NoticeKind.URGED) else turn.now
    later = morning if morning > turn.now else None
    if ticket.assignee_id is not None or ticket.state is TicketState.ASSIGNED:
        who = _named(turn, ticket.assignee_id) if ticket.assignee_id else ticket.department
        return residents.urged(number, who, later=later, now=turn.now)
    asked = helpers.open_offers(turn.session, ticket)
    return residents.urged_unaccepted(number, asked, later=later, now=turn.now)
