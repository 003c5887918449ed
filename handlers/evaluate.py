"""The resident judges (群众评单)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from handlers import dialogue, member, report
from handlers.meaning import to_judge
from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import finding, followers, judging, tickets
from models.calendar import due
from models.conversation import Question, QuestionKind, State
from models.errors import Refusal, Refused
from models.lifecycle import OPEN_STATES
from models.ticket import Evaluation, Ticket, TicketKind, TicketState
from nlp.commands import Intent, word
from nlp.judgement import judgement as judgement_in
from texts import initiatives, members, notices, residents

routes = Routes()


def _answer(turn: Turn) -> int | None:
    return turn.command.digit if turn.command and turn.command.digit in (1, 2, 3) else None


def is_asked(turn: Turn, ticket: Ticket) -> bool:
    """Whether the speaker's judgement of a matter, their own or the one theirs was merged into, is waited for."""
    head = followers.head_of(turn.session, ticket)
    return head.state is TicketState.RESOLVED and turn.person.id in followers.to_judge(turn.session, head)


@routes(Intent.EVALUATE)
def evaluate(turn: Turn) -> Reply:
    """1 solved and satisfied, 2 solved, 3 not solved; words may follow."""
    waiting = [each for each in finding.own_live(turn.session, turn.person) if is_asked(turn, each)]
    chosen = dialogue.named_or_one(turn, waiting, word=word(Intent.EVALUATE), verb=residents.VERB_EVALUATE)
    if isinstance(chosen, Reply):
        return chosen
    answer = _answer(turn)
    if answer is None:
        return _ask(chosen, Intent.EVALUATE)
    days = turn.world.limits.evaluation_days
    ticket = judging.evaluate(turn.session, chosen, answer, turn.rest, by=turn.person, now=turn.now, days=days)
    return _judged(turn, chosen, ticket, answer)


@routes(Intent.REEVALUATE)
def reevaluate(turn: Turn) -> Reply:
    """A slip can be mended for a day."""
    judged = _judged_last(turn)
    mine = [judged[1]] if judged is not None else []
    chosen = dialogue.named_or_one(turn, mine, word=word(Intent.REEVALUATE), verb=residents.VERB_EVALUATE)
    if isinstance(chosen, Reply):
        return chosen
    answer = _answer(turn)
    if answer is None:
        return _ask(chosen, Intent.REEVALUATE)
    hours = turn.world.limits.reevaluation_hours
    ticket = judging.reevaluate(turn.session, chosen, answer, turn.rest, by=turn.person, now=turn.now, hours=hours)
    return _judged(turn, chosen, ticket, answer)


def _judged_last(turn: Turn) -> tuple[Evaluation, Ticket] | None:
    """What the speaker said last of a result, and the ticket they know the matter by."""
    said = finding.last_judgement(turn.session, turn.person)
    if said is None:
        return None
    head = turn.session.get_one(Ticket, said.ticket_id)
    return said, followers.own_of(turn.session, head, turn.person.id)


def _ask(ticket: Ticket, intent: Intent) -> Reply:
    text = initiatives.ASKED if ticket.kind is TicketKind.PAIRING else residents.ask_evaluation(ticket.short)
    return Reply(text, _choices(ticket, intent))


def _choices(ticket: Ticket, intent: Intent) -> tuple[Choice, ...]:
    return tuple(
        Choice(label, f"{word(intent)} {said.partition(' ')[2]}")
        for label, said in notices.evaluation_choices(ticket.number, ticket.kind)
    )


@routes(Meaning.JUDGEMENT)
def judgement(turn: Turn) -> Reply:
    """Words about a result that leave it open what they say, or of which result: they are kept, and asked about."""
    said, waiting = turn.judgement, to_judge(turn)
    assert said is not None
    if len(waiting) > 1:
        answer = f" {said.sure}" if said.sure is not None else ""
        words = f" {turn.text.strip()}" if answer and not said.bare else ""
        choices = tuple(
            Choice(dialogue.line(turn, each), f"{word(Intent.EVALUATE)} {each.number}{answer}{words}")
            for each in waiting
        )
        return Reply(residents.which_ticket(residents.VERB_EVALUATE), choices, asks_which=True)
    return _kept_and_asked(turn, waiting[0], is_bare=said.bare)


def _kept_and_asked(turn: Turn, ticket: Ticket, *, is_bare: bool) -> Reply:
    words_id = tickets.add_words(turn.session, ticket, turn.text, by=turn.person, now=turn.now)
    dialogue.note(turn, ticket)
    choices = _choices(ticket, Intent.EVALUATE)
    if not is_bare:
        choices += (Choice(residents.NEW_MATTER, f"!split {words_id}"),)
        # The question that stands open offers the same, so that a number means one thing.
        for question in turn.session.scalars(
            select(Question).where(Question.ticket_id == ticket.id, Question.kind == QuestionKind.EVALUATION)
        ):
            question.choices = {"list": [[choice.label, choice.command] for choice in choices]}
    return Reply(residents.judgement_kept(ticket.short), choices)


@routes(Meaning.AFTERWARDS)
def afterwards(turn: Turn) -> Reply:
    """Words about a result while none is asked about: they speak of what the speaker judged or brought last,
    or has in hand.
    """
    recent, judged = dialogue.recent(turn), _judged_last(turn)
    is_own = recent is not None and recent.reporter_id == turn.person.id
    ticket = recent if is_own else finding.own_last(turn.session, turn.person)
    if judged is not None and (ticket is None or ticket == judged[1] or judged[0].at >= ticket.opened_at):
        ticket = judged[1]
    if ticket is not None and followers.head_of(turn.session, ticket).state in OPEN_STATES:
        return report.kept_while_open(turn, ticket)
    if ticket is not None and is_asked(turn, ticket):
        said = judgement_in(turn.text)
        return _kept_and_asked(turn, ticket, is_bare=said is None or said.bare)
    still = timedelta(hours=turn.world.limits.reevaluation_hours)
    if judged is not None and ticket == judged[1] and turn.now - judged[0].at <= still:
        return Reply(residents.judged_before(ticket.short, judged[0].answer), _choices(ticket, Intent.REEVALUATE))
    if finding.tasks_of(turn.session, turn.person):
        return member.my_tasks(turn)
    if ticket is None:
        return Reply(residents.what_matter())
    raise Refused(Refusal.TOO_LATE, number=ticket.short)


@routes(Meaning.ANSWER, state=State.NOT_SOLVED)
def not_good(turn: Turn) -> Reply:
    """Why it was not good, which was asked for; a matter that is over meanwhile makes the words one of their own."""
    ticket = turn.session.get_one(Ticket, turn.conversation.data["ticket"])
    dialogue.idle(turn)
    if turn.understood is not None and turn.understood.chat is not None:
        return Reply(residents.thanks())
    try:
        words = judging.explain(turn.session, ticket, turn.text, by=turn.person, now=turn.now)
    except Refused:
        return report.report(turn)
    dialogue.remember(turn, ticket)
    if followers.head_of(turn.session, ticket).state in OPEN_STATES:
        return Reply(residents.added(ticket.short))
    names_a_matter = turn.understood is not None and not turn.understood.abstained
    choices = (Choice(residents.NEW_MATTER, f"!split {words}"),) if names_a_matter else ()
    return Reply(residents.explained(ticket.short, or_new=names_a_matter), choices)


def _judged(turn: Turn, own: Ticket, ticket: Ticket, answer: int) -> Reply:
    """`own` is the ticket the speaker knows the matter by."""
    if ticket.kind is TicketKind.PAIRING:
        return _paired(turn, ticket, answer)
    if answer != 3:
        hours = turn.world.limits.reevaluation_hours
        is_over = ticket.state is TicketState.CLOSED
        asks_why = answer == 2 and not turn.rest
        if asks_why:
            dialogue.wait(turn, State.NOT_SOLVED, ticket=own.id)
        return Reply(
            residents.evaluated(own.short, answer, hours, is_over=is_over, asks_why=asks_why),
            card_caption=members.CARDS["evaluated"],
        )
    category = turn.world.categories[ticket.category]
    promised = due(turn.now, category.accept_limit)
    caption = members.CARDS["evaluated"]
    if turn.rest:
        text = residents.reopened_with_words(own.short, ticket.level, promised, now=turn.now)
        return Reply(text, card_caption=caption)
    dialogue.wait(turn, State.NOT_SOLVED, ticket=own.id)
    return Reply(residents.reopened(own.short, ticket.level, promised, now=turn.now), card_caption=caption)


def _paired(turn: Turn, ticket: Ticket, answer: int) -> Reply:
    caption = members.CARDS["evaluated"]
    if answer != 3:
        hours = turn.world.limits.reevaluation_hours
        return Reply(initiatives.paired(ticket.short, answer, hours), card_caption=caption)
    if turn.rest:
        return Reply(initiatives.not_paired_because(ticket.short), card_caption=caption)
    dialogue.wait(turn, State.NOT_SOLVED, ticket=ticket.id)
    return Reply(initiatives.not_paired(ticket.short), card_caption=caption)
