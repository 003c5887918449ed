"""Honouring people in the chat: naming somebody (提名), agreeing to it, and voting in secret (投票)."""

from __future__ import annotations

from datetime import timedelta

from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import ballots, honours
from models.errors import Refusal, Refused
from models.honour import HonourRound
from nlp import commands
from nlp.commands import Intent
from texts import honours as words

routes = Routes()

RESULTS_FOR = timedelta(days=60)
"""So long the last results are told to whoever asks."""

MOST = 9


def is_secret(turn: Turn) -> bool:
    """Whether a message may say whom somebody votes for: of such a one nothing is kept."""
    if turn.meant in (Intent.VOTE, Meaning.BALLOT, Meaning.FOR_NOMINEE):
        return True
    if turn.meant is Meaning.TYPO:
        return turn.suggestion.startswith(commands.word(Intent.VOTE))
    listed = (said for question in turn.questions for _, said in question.choices["list"])
    return turn.meant in (Meaning.WHICH, Meaning.DIGIT) and any(each.startswith("!for_nominee") for each in listed)


# ---------------------------------------------------------------- naming


@routes(Intent.NOMINATE)
def nominate(turn: Turn) -> Reply:
    """Whom somebody names, in their own words, goes to staff."""
    open_here, _ = honours.running(turn.session, turn.person, now=turn.now)
    if not open_here:
        return Reply(words.nobody_to_name())
    number = turn.command.digit if turn.command else None
    if not turn.rest:
        return Reply(words.naming(open_here[0].title, open_here[0].votes_from))
    if number is not None and number > len(open_here):
        raise Refused(Refusal.ROUND_OVER)
    if number is None and len(open_here) > 1:
        word = commands.word(Intent.NOMINATE)
        listed = enumerate(open_here[:MOST], 1)
        return Reply(
            words.name_in_which(), tuple(Choice(each.title, f"{word} {at} {turn.rest}") for at, each in listed)
        )
    chosen = open_here[(number or 1) - 1]
    honours.nominate(turn.session, chosen.id, turn.rest, by=turn.person, now=turn.now)
    return Reply(words.named(chosen.title))


@routes(Meaning.HONOUR)
def honour(turn: Turn) -> Reply:
    """Whoever was named agrees, or would rather not."""
    agrees = turn.inner.endswith(" yes")
    found = honours.answer(turn.session, turn.row(), agrees=agrees, by=turn.person, now=turn.now)
    return Reply(words.agreed(found.title) if agrees else words.left())


@routes(Intent.OFF_BALLOT)
def off_ballot(turn: Turn) -> Reply:
    """Off every ballot, by one word."""
    gone = honours.leave(turn.session, by=turn.person, now=turn.now)
    return Reply(words.left() if gone else words.on_no_ballot())


# ---------------------------------------------------------------- voting


@routes(Intent.VOTE)
def vote(turn: Turn) -> Reply:
    """What can be voted for, by numbers; with a number and one round, the vote itself."""
    naming, voting = honours.running(turn.session, turn.person, now=turn.now)
    if len(voting) > 1:
        choices = tuple(Choice(each.title, f"!ballot {each.id}") for each in voting[:MOST])
        return Reply(words.vote_in_which(), choices)
    if voting:
        number = turn.command.digit if turn.command else None
        return _ballot(turn, voting[0]) if number is None else _number(turn, voting[0], number)
    if naming:
        return Reply(words.naming(naming[0].title, naming[0].votes_from))
    over = honours.last_counted(turn.session, turn.person, since=turn.now - RESULTS_FOR, most=2)
    told = [words.result(each.title, ballots.honoured(turn.session, each)) for each in over]
    return Reply("\n".join(told) or words.nothing_to_vote())


@routes(Meaning.BALLOT)
def one_ballot(turn: Turn) -> Reply:
    """One of several rounds."""
    _, voting = honours.running(turn.session, turn.person, now=turn.now)
    chosen = next((each for each in voting if str(each.id) == turn.inner), None)
    if chosen is None:
        raise Refused(Refusal.ROUND_OVER)
    return _ballot(turn, chosen)


def _ballot(turn: Turn, chosen: HonourRound) -> Reply:
    listed = ballots.ballot(turn.session, chosen)
    if not any(each.name for each in listed):
        return Reply(words.no_ballot())
    # The choice names the nominee: a number of another round's ballot would be somebody else.
    choices = tuple(
        Choice(words.candidate(each.name, each.about), f"!for_nominee {each.nominee_id}") for each in listed
    )
    return Reply(words.ballot(chosen.title, chosen.ends_at), choices)


def _number(turn: Turn, chosen: HonourRound, number: int) -> Reply:
    listed = ballots.ballot(turn.session, chosen)
    if not 0 < number <= len(listed):
        raise Refused(Refusal.NO_SUCH_NOMINEE)
    return _cast(turn, listed[number - 1].nominee_id)


@routes(Meaning.FOR_NOMINEE)
def chosen_from_ballot(turn: Turn) -> Reply:
    """One of the list."""
    return _cast(turn, turn.row())


def _cast(turn: Turn, nominee_id: int) -> Reply:
    found, whom = ballots.vote(turn.session, nominee_id, by=turn.person, key=turn.world.ballot_key, now=turn.now)
    number = [each.nominee_id for each in ballots.ballot(turn.session, found)].index(nominee_id) + 1
    return Reply(words.voted(found.ends_at), once=words.voted_for(number, whom.name))
