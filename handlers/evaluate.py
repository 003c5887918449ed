"""The resident judges (群众评单)."""

from __future__ import annotations

from sqlalchemy import select

from handlers import dialogue, report
from handlers.meaning import to_judge
from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import finding, followers, judging, tickets
from models.calendar import due
from models.conversation import Question, QuestionKind, State
from models.errors import Refused
from models.ticket import Evaluation, Ticket, TicketKind, TicketState
from nlp.commands import Intent, word
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
    judged = turn.session.scalars(
        select(Ticket)
        .join(Evaluation, Evaluation.ticket_id == Ticket.id)
        .where(Evaluation.person_id == turn.person.id)
        .order_by(Evaluation.at.desc())
        .limit(1)
    ).all()
    judged = [followers.own_of(turn.session, each, turn.person.id) for each in judged]
    chosen = dialogue.named_or_one(turn, judged, word=word(Intent.REEVALUATE), verb=residents.VERB_EVALUATE)
    if isinstance(chosen, Reply):
        return chosen
    answer = _answer(turn)
    if answer is None:
        return _ask(chosen, Intent.REEVALUATE)
    hours = turn.world.limits.reevaluation_hours
    ticket = judging.reevaluate(turn.session, chosen, answer, turn.rest, by=turn.person, now=turn.now, hours=hours)
    return _judged(turn, chosen, ticket, answer)


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
        return Reply(residents.which_ticket(residents.VERB_EVALUATE), choices)
    ticket = waiting[0]
    words_id = tickets.add_words(turn.session, ticket, turn.text, by=turn.person, now=turn.now)
    dialogue.note(turn, ticket)
    choices = _choices(ticket, Intent.EVALUATE)
    if not said.bare:
        choices += (Choice(residents.NEW_MATTER, f"!split {words_id}"),)
        # The question that stands open offers the same, so that a number means one thing.
        for question in turn.session.scalars(
            select(Question).where(Question.ticket_id == ticket.id, Question.kind == QuestionKind.EVALUATION)
        ):
            question.choices = {"list": [[choice.label, choice.command] for choice in choices]}
    return Reply(residents.judgement_kept(ticket.short), choices)


@routes(Meaning.ANSWER, state=State.NOT_SOLVED)
def not_solved(turn: Turn) -> Reply:
    """Why it was not good, which was asked for; a matter that is over meanwhile makes the words one of their own."""
    ticket = turn.session.get_one(Ticket, turn.conversation.data["ticket"])
    dialogue.idle(turn)
    try:
        judging.explain(turn.session, ticket, turn.text, by=turn.person, now=turn.now)
    except Refused:
        return report.report(turn)
    dialogue.remember(turn, ticket)
    return Reply(residents.added(ticket.short))


def _judged(turn: Turn, own: Ticket, ticket: Ticket, answer: int) -> Reply:
    """`own` is the ticket the speaker knows the matter by."""
    if ticket.kind is TicketKind.PAIRING:
        return _paired(turn, ticket, answer)
    if answer != 3:
        hours = turn.world.limits.reevaluation_hours
        is_over = ticket.state is TicketState.CLOSED
        return Reply(
            residents.evaluated(own.short, answer, hours, is_over=is_over), card_caption=members.CARDS["evaluated"]
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
