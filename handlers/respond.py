"""From a turn to a reply: what was meant, who answers, and which question stands open afterwards."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from handlers import (
    after,
    announce,
    announced,
    care,
    counter,
    departments,
    duty,
    emergency,
    evaluate,
    guide,
    handover,
    honours,
    initiatives,
    ledger,
    me,
    member,
    posts,
    progress,
    report,
    rider,
    same,
    skills,
    snap,
    staff,
    stations,
)
from handlers.meaning import decide
from handlers.router import Router
from handlers.turn import Reply, Turn
from models.conversation import Question, QuestionKind
from models.errors import Refused
from texts import refusals

TOPICS = (
    after,
    announce,
    announced,
    care,
    counter,
    departments,
    duty,
    emergency,
    evaluate,
    guide,
    handover,
    honours,
    initiatives,
    ledger,
    me,
    member,
    posts,
    progress,
    report,
    rider,
    same,
    skills,
    snap,
    staff,
    stations,
)


def build_router() -> Router:
    """Every route of every topic. Raises RoutesTie."""
    return Router(route for topic in TOPICS for route in topic.routes)


def respond(turn: Turn, router: Router) -> Reply:
    """The reply to a turn; a refused operation has changed nothing and is explained."""
    decide(turn)
    chat = handover.beside(turn)
    try:
        reply = router.handler(turn)(turn)
    except Refused as refused:
        reply = Reply(refusals.sentence(refused))
    if chat is not None:
        reply = handover.goes_on(turn, chat, reply)
    if reply.choices:
        ask(turn, reply, QuestionKind.WHICH if reply.asks_which else QuestionKind.MENU)
    return reply


def ask(turn: Turn, reply: Reply, kind: QuestionKind) -> None:
    """Keeps the numbered choices of a reply open; a new menu takes the place of an older one."""
    turn.session.execute(
        delete(Question).where(
            Question.person_id == turn.person.id,
            Question.channel == turn.message.channel,
            Question.kind.in_([QuestionKind.MENU, QuestionKind.WHICH]),
        )
    )
    turn.session.add(
        Question(
            person_id=turn.person.id,
            channel=turn.message.channel,
            kind=kind,
            choices={"list": [[choice.label, choice.command] for choice in reply.choices]},
            asked_at=turn.now,
            expires_at=turn.now + timedelta(minutes=turn.world.limits.menu_minutes),
        )
    )
