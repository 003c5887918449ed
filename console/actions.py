"""What every button of a ticket page does: one small function per action, called inside one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy.orm import Session

from console import recommend
from console.house import as_id, field
from console.sight import Sight
from models import areas, departments, desk, dispatch, finding, handing_on, judging, merging, splitting, tickets, triage
from models.area import Area
from models.category import Category
from models.clock import CHINA
from models.errors import Refusal, Refused
from models.lifecycle import LIVE_STATES, Action
from models.person import Person
from models.ticket import OF_MEMBERS, Ticket, TicketKind, TicketState, Urgency


class Misfit(StrEnum):
    """What is wrong with a form that was sent."""

    DATE = "date"
    PERSON = "person"
    CATEGORY = "category"
    PLACE = "place"
    ANSWER = "answer"


class FormMisfit(Exception):
    """A form that cannot be carried out as it is; templates/_words.html has the sentence."""

    def __init__(self, misfit: Misfit) -> None:
        super().__init__(misfit.value)
        self.misfit = misfit


@dataclass(frozen=True, slots=True)
class Doing:
    """One pressed button."""

    sight: Sight
    ticket: Ticket
    undo_hours: int

    @property
    def session(self) -> Session:
        """The transaction it happens in."""
        return self.sight.session

    @property
    def by(self) -> Person:
        """Whoever pressed it."""
        return self.sight.person

    @property
    def now(self) -> datetime:
        """When."""
        return self.sight.now

    def words(self) -> str:
        """What was written with it, perhaps nothing."""
        return field("why")

    def needed_words(self) -> str:
        """What was written with it. Raises Refused(REASON_MISSING)."""
        text = field("why")
        if not text:
            raise Refused(Refusal.REASON_MISSING, number=self.ticket.short)
        return text


def _answer() -> int:
    given = field("answer", most=1)
    if given not in ("1", "2", "3"):
        raise FormMisfit(Misfit.ANSWER)
    return int(given)


def _add(doing: Doing) -> None:
    tickets.add_words(doing.session, doing.ticket, doing.needed_words(), by=doing.by, now=doing.now)


def _correct(doing: Doing) -> None:
    ticket, given = doing.ticket, field("category", most=40)
    category = doing.session.get(Category, given) if given else None
    try:
        kind = TicketKind(field("kind", most=20) or ticket.kind)
        urgency = Urgency(field("urgency", most=20) or ticket.urgency)
    except ValueError as error:
        raise FormMisfit(Misfit.CATEGORY) from error
    if kind is not ticket.kind and {kind, ticket.kind} & OF_MEMBERS:
        raise FormMisfit(Misfit.CATEGORY)
    otherwise = (kind, urgency) != (ticket.kind, ticket.urgency)
    none_asked = ticket.service is not None and bool(field("no_service", most=1))
    if category is None and (given or not (otherwise or none_asked)):
        raise FormMisfit(Misfit.CATEGORY)
    if category is not None:
        tickets.correct_category(
            doing.session, ticket, category, doing.words(), keeps_service=not none_asked, by=doing.by, now=doing.now
        )
    elif none_asked:
        triage.no_service(doing.session, ticket, doing.words(), by=doing.by, now=doing.now)
    if otherwise:
        triage.correct_manner(doing.session, ticket, kind, urgency, "", by=doing.by, now=doing.now)


def _locate(doing: Doing) -> None:
    session, given, place = doing.session, as_id(field("area")), field("place", most=200)
    area = session.get(Area, given) if given else None
    if area is None and (given or not place):
        raise FormMisfit(Misfit.PLACE)
    tickets.locate(
        session,
        doing.ticket,
        area_id=area.id if area else None,
        place=place or (areas.full_name(session, area) if area else ""),
        room=field("room", most=40),
        text=doing.words(),
        by=doing.by,
        now=doing.now,
    )


def _offer(doing: Doing) -> None:
    wanted = as_id(field("person"))
    for each in recommend.candidates(doing.sight, doing.ticket):
        if each.person.id == wanted:
            dispatch.offer_to(doing.session, doing.ticket, each.person, by=doing.by, now=doing.now)
            return
    raise FormMisfit(Misfit.PERSON)


def _accept(doing: Doing) -> None:
    tickets.accept(doing.session, doing.ticket, by=doing.by, now=doing.now)


def _decline(doing: Doing) -> None:
    tickets.decline(doing.session, doing.ticket, doing.words(), by=doing.by, now=doing.now)


def _release(doing: Doing) -> None:
    tickets.release(doing.session, doing.ticket, doing.words(), by=doing.by, now=doing.now)


def _arrive(doing: Doing) -> None:
    tickets.arrive(doing.session, doing.ticket, doing.words(), by=doing.by, now=doing.now)


def _finish(doing: Doing) -> None:
    tickets.finish(doing.session, doing.ticket, doing.needed_words(), by=doing.by, now=doing.now)


def _evaluate(doing: Doing) -> None:
    judging.evaluate(doing.session, doing.ticket, _answer(), doing.words(), by=doing.by, now=doing.now)


def _reopen(doing: Doing) -> None:
    if doing.ticket.state is TicketState.RESOLVED:
        judging.evaluate(doing.session, doing.ticket, 3, doing.words(), by=doing.by, now=doing.now)
    else:
        _judge_again(doing, 3)


def _reevaluate(doing: Doing) -> None:
    _judge_again(doing, _answer())


def _judge_again(doing: Doing, answer: int) -> None:
    judging.reevaluate(
        doing.session, doing.ticket, answer, doing.words(), hours=doing.undo_hours, by=doing.by, now=doing.now
    )


def _withdraw(doing: Doing) -> None:
    tickets.withdraw(doing.session, doing.ticket, doing.words(), by=doing.by, now=doing.now)


def _urge(doing: Doing) -> None:
    tickets.urge(doing.session, doing.ticket, doing.words(), by=doing.by, now=doing.now)


def _relay(doing: Doing) -> None:
    tickets.relay(doing.session, doing.ticket, doing.needed_words(), by=doing.by, now=doing.now)


def _escalate(doing: Doing) -> None:
    desk.escalate(doing.session, doing.ticket, doing.words(), by=doing.by, now=doing.now)


def _assign(doing: Doing) -> None:
    name = field("department", most=40)
    if name not in doing.sight.departments(doing.ticket):
        raise Refused(Refusal.NO_SUCH_DEPARTMENT, name=name, names=[])
    desk.assign(doing.session, doing.ticket, name, doing.words(), by=doing.by, now=doing.now)


def _claim(doing: Doing) -> None:
    desk.claim(doing.session, doing.ticket, by=doing.by, now=doing.now)


def _return(doing: Doing) -> None:
    desk.send_back(doing.session, doing.ticket, doing.words(), by=doing.by, now=doing.now)


def _keep(doing: Doing) -> None:
    departments.keep(doing.session, doing.ticket, doing.needed_words(), by=doing.by, now=doing.now)


def _take_in(doing: Doing) -> None:
    departments.take_in(doing.session, doing.ticket, doing.words(), by=doing.by, now=doing.now)


def _hold(doing: Doing) -> None:
    try:
        day = date.fromisoformat(field("until", most=10))
    except ValueError as error:
        raise FormMisfit(Misfit.DATE) from error
    until = datetime.combine(day, time(9, 0), CHINA)
    if not doing.sight.now < until < doing.sight.now + desk.LONGEST_HOLD:
        raise FormMisfit(Misfit.DATE)
    desk.hold(doing.session, doing.ticket, doing.words(), until=until, by=doing.by, now=doing.now)


def _resume(doing: Doing) -> None:
    desk.resume(doing.session, doing.ticket, by=doing.by, now=doing.now)


def _reject(doing: Doing) -> None:
    desk.reject(doing.session, doing.ticket, doing.words(), by=doing.by, now=doing.now)


def _merge(doing: Doing) -> None:
    into = finding.find(doing.session, field("number", most=20), by=doing.sight.person, states=LIVE_STATES)
    merging.merge(doing.session, doing.ticket, into, by=doing.by, now=doing.now)


def _unmerge(doing: Doing) -> None:
    merging.unmerge(doing.session, doing.ticket, by=doing.by, now=doing.now)


def _split(doing: Doing) -> None:
    tasks = [
        splitting.Task(field(f"task{number}", most=500), field(f"category{number}", most=40))
        for number in range(1, splitting.MOST + 1)
    ]
    splitting.split(doing.session, doing.ticket, tasks, by=doing.by, channel="console", now=doing.now)


def _supervise(doing: Doing) -> None:
    desk.supervise(doing.session, doing.ticket, doing.words(), by=doing.by, now=doing.now)


def _ask_help(doing: Doing) -> None:
    wanted = as_id(field("person"))
    for each in recommend.candidates(doing.sight, doing.ticket):
        if each.person.id == wanted:
            dispatch.ask_along(doing.session, doing.ticket, each.person, by=doing.by, now=doing.now)
            return
    raise FormMisfit(Misfit.PERSON)


def _hand_on(doing: Doing) -> None:
    person = doing.session.get(Person, as_id(field("person")))
    if person is None:
        raise FormMisfit(Misfit.PERSON)
    handing_on.propose(doing.session, doing.ticket, person, by=doing.by, now=doing.now)


LOCK_SEVERAL = frozenset({Action.MERGE, Action.UNMERGE, Action.WITHDRAW})
"""These hold several tickets at once and lock them in their own order: nobody may hold one of them before."""

PERFORM: dict[Action, Callable[[Doing], None]] = {
    Action.ADD: _add,
    Action.CORRECT: _correct,
    Action.LOCATE: _locate,
    Action.OFFER: _offer,
    Action.ACCEPT: _accept,
    Action.JOIN: _accept,
    Action.DECLINE: _decline,
    Action.RELEASE: _release,
    Action.LEAVE: _release,
    Action.ARRIVE: _arrive,
    Action.FINISH: _finish,
    Action.EVALUATE: _evaluate,
    Action.REOPEN: _reopen,
    Action.REEVALUATE: _reevaluate,
    Action.WITHDRAW: _withdraw,
    Action.URGE: _urge,
    Action.RELAY: _relay,
    Action.ESCALATE: _escalate,
    Action.ASSIGN: _assign,
    Action.CLAIM: _claim,
    Action.RETURN: _return,
    Action.KEEP: _keep,
    Action.TAKE_IN: _take_in,
    Action.HOLD: _hold,
    Action.RESUME: _resume,
    Action.REJECT: _reject,
    Action.MERGE: _merge,
    Action.UNMERGE: _unmerge,
    Action.SPLIT: _split,
    Action.SUPERVISE: _supervise,
    Action.ASK_HELP: _ask_help,
    Action.HAND_ON: _hand_on,
    Action.TAKE_ON: _accept,
}

ELSEWHERE = frozenset(
    {
        Action.LINK,
        Action.CALL_BACK,
        Action.CALL_REOPEN,
        Action.NOT_REACHED,
        Action.SEE_PHONE,
        Action.RENEW,
        Action.COUNT_AFTER_ALL,
        Action.UNDERTAKE,
    }
)
"""What is done on a page of its own or in the chat alone, and has no button on a ticket's."""
