"""Dispatching many tickets together: what they all ask is looked up once, and they are committed once."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.tasks import Tasks
from handlers import same
from handlers.announced import fits
from models import announcements, areas, batch, dispatch, history, outboxes, rest, transitions
from models.clock import Clock
from models.db import Database


class Dispatcher:
    """Brings tickets a step further, a task of the queue at a time; killed anywhere, what is not done stays due."""

    def __init__(self, database: Database, tasks: Tasks, *, clock: Clock, rules: dispatch.Rules) -> None:
        self._database = database
        self._tasks = tasks
        self._clock = clock
        self._rules = rules

    def dispatch(self, ticket_ids: Sequence[int]) -> None:
        """Dispatches those that are due. Where one is at fault, all are queued again, each by itself."""
        apart = deque(ticket_ids if len(ticket_ids) > 1 else ())
        try:
            with self._database.transaction() as session:
                marked = self._together(session, ticket_ids)
            self._tasks.wake(session)
            apart = deque(marked)
            while apart:
                self._by_itself(apart.popleft())
        finally:
            for each in apart:
                self._tasks.queue(tickets=[each])

    def _together(self, session: Session, ticket_ids: Sequence[int]) -> Sequence[int]:
        """Gives those that an announcement has something to do to: they come one by one, since whoever announces holds
        the marks of many in another order.
        """
        now = self._clock()
        batch.begin(session)
        marked = announcements.marked(session, ticket_ids)
        locked = transitions.lock_all(session, [each for each in ticket_ids if each not in marked])
        due = [each for each in locked if each.dispatch_at is not None and each.dispatch_at <= now]
        history.look_up(session, [each.id for each in due])
        dispatch.look_up(session, due)
        batch.at(session, areas.look_up(session, [each.area_id for each in due if each.area_id is not None]))
        announcements.answer_reported(session, due, now=now, fits=fits)
        same.look(session, due, now=now)
        for ticket in due:
            dispatch.dispatch(session, ticket.id, now=now, rules=self._rules)
        rest.write(session)
        outboxes.write_gathered(session, now=now)
        return marked

    def _by_itself(self, ticket_id: int) -> None:
        now = self._clock()
        with self._database.transaction() as session:
            announcements.work(session, ticket_id, now=now, fits=fits)
            same.look(session, [transitions.lock(session, ticket_id)], now=now)
            dispatch.dispatch(session, ticket_id, now=now, rules=self._rules)
        self._tasks.wake(session)
