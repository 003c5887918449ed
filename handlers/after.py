"""Between accepting and finishing: a second person (求助), handing on (转派), words that may be for the resident."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import dialogue
from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import finding, handing_on, helpers, history, tickets
from models.conversation import State
from models.errors import Refusal, Refused
from models.person import Person
from models.ticket import Ticket, TicketState, TicketWords, WordsKind
from nlp.commands import Intent, word
from texts import members, residents

routes = Routes()


def _task(turn: Turn, intent: Intent, verb: str) -> Ticket | Reply:
    mine = [each for each in finding.tasks_of(turn.session, turn.person) if each.state is TicketState.ACCEPTED]
    return dialogue.named_or_one(turn, mine, word=word(intent), verb=verb)


# ---------------------------------------------------------------- a second person


@routes(Intent.CALL_HELP)
def call_help(turn: Turn) -> Reply:
    """Somebody else is asked to come along; what for is what they read."""
    chosen = _task(turn, Intent.CALL_HELP, members.VERB_HELP)
    if isinstance(chosen, Reply):
        return chosen
    if not turn.rest:
        dialogue.wait(turn, State.HELP, ticket=chosen.id)
        return Reply(members.help_what(chosen.short))
    return _called(turn, chosen, turn.rest)


@routes(Meaning.ANSWER, state=State.HELP)
def help_told(turn: Turn) -> Reply:
    """What for."""
    ticket = turn.session.get_one(Ticket, turn.conversation.data["ticket"])
    dialogue.idle(turn)
    return _called(turn, ticket, turn.text)


def _called(turn: Turn, ticket: Ticket, why: str) -> Reply:
    helpers.call(turn.session, ticket, why, by=turn.person, now=turn.now)
    return Reply(members.help_called(ticket.short))


# ---------------------------------------------------------------- handing on


@routes(Intent.HAND_ON)
def hand_on(turn: Turn) -> Reply:
    """A colleague is asked; until they accept, the task stays where it is."""
    chosen = _task(turn, Intent.HAND_ON, members.VERB_HAND_ON)
    if isinstance(chosen, Reply):
        return chosen
    could = handing_on.colleagues(turn.session, chosen, turn.person, now=turn.now)
    said = turn.rest.strip()
    if not said:
        choices = tuple(Choice(each.name, f"{word(Intent.HAND_ON)} {chosen.number} {each.name}") for each in could[:8])
        return Reply(members.hand_on_whom(chosen.short, [each.name for each in could[:8]]), choices)
    found = _called_so(could, said)
    if not found:
        raise Refused(Refusal.NOT_A_COLLEAGUE, name=said)
    if len(found) > 1:
        return Reply(members.hand_on_which([each.name for each in found[:6]]))
    handing_on.propose(turn.session, chosen, found[0], by=turn.person, now=turn.now)
    return Reply(members.hand_on_asked(chosen.short, found[0].name))


def _called_so(people: Sequence[Person], said: str) -> Sequence[Person]:
    return [each for each in people if each.name == said] or [each for each in people if said in each.name]


# ---------------------------------------------------------------- words right after accepting


@routes(Meaning.TASK_WORDS)
def words_after_accepting(turn: Turn) -> Reply:
    """Kept with the task, and asked whom they are for: most people mean the resident, some report something new."""
    ticket = dialogue.recent(turn)
    assert ticket is not None
    words = history.keep_words(turn.session, ticket, turn.text, WordsKind.NOTE, by=turn.person, now=turn.now)
    return Reply(
        members.to_resident_or_new(ticket.short),
        (Choice(members.TO_RESIDENT, f"!pass_on {words.id}"), Choice(members.OTHER_MATTER, f"!split {words.id}")),
    )


@routes(Meaning.PASS_ON)
def pass_on(turn: Turn) -> Reply:
    """They were for the resident, who gets them once."""
    words = turn.session.get(TicketWords, turn.row())
    if words is None or words.person_id != turn.person.id or words.text is None or words.kind is not WordsKind.NOTE:
        return Reply(residents.nothing_open())
    ticket = turn.session.get_one(Ticket, words.ticket_id)
    tickets.relay(turn.session, ticket, words.text, by=turn.person, now=turn.now)
    turn.session.delete(words)
    return Reply(residents.relayed(ticket.short))
