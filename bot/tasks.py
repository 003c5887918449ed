"""The queue: it only wakes workers; what has to be done stands in the database, where a sweep finds it too."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Callbacks, CurrentMessage, Pipelines, ShutdownNotifications
from dramatiq.worker import Worker
from sqlalchemy.orm import Session

from bot.logs import logger
from bot.settings import EMBEDDED
from models import outboxes

log = logger(__name__)

DEAD_LETTERS = 100
"""How many failed tasks the embedded queue remembers; without a bound it grows for ever."""

AN_HOUR_MS = 3_600_000

BATCH = 20
"""How many tickets one task dispatches, in one transaction."""

LOOK_MS, EMBEDDED_LOOK_MS = 1000, 100
"""So often a thread that waits for work looks up whether it should stop; a stop waits for two of them, one after the
other. Inside the process a look costs next to nothing; elsewhere it is a question to a server.
"""

PEOPLE, LATER = "people", "later"
"""The queues: what somebody waits for never stands behind work that nobody sees yet."""


def make_broker(url: str) -> dramatiq.Broker:
    """The queue behind an address: embedded, redis://… or amqp://…"""
    middleware = [AgeLimit(max_age=AN_HOUR_MS), ShutdownNotifications(), Callbacks(), Pipelines(), CurrentMessage()]
    if url == EMBEDDED:
        broker = StubBroker(middleware=middleware)
        # Typed as a list there; the broker only appends and looks.
        broker.dead_letters_by_queue = defaultdict(lambda: deque(maxlen=DEAD_LETTERS))  # type: ignore[arg-type,return-value]
        return broker
    if url.startswith("amqp"):
        # pika is not installed by default: only whoever chooses RabbitMQ needs it.
        rabbit: dramatiq.Broker = import_module("dramatiq.brokers.rabbitmq").RabbitmqBroker(
            url=url, middleware=middleware
        )
        return rabbit
    return RedisBroker(url=url, middleware=middleware)  # type: ignore[no-untyped-call]  # dramatiq leaves it untyped


class Tasks:
    """The tasks of one process: sent by anybody, run by workers."""

    def __init__(
        self,
        broker: dramatiq.Broker,
        *,
        deliver: Callable[[int], None],
        dispatch: Callable[[list[int]], None],
        update_cards: Callable[[], None],
        fetch: Callable[[int], None],
        ask: Callable[[int], None],
    ) -> None:
        self.broker = broker
        # No retries by the queue: the rows themselves say when the next try is due.
        actor = partial(dramatiq.Actor, broker=broker, options={})
        # Smaller goes first.
        self.deliver = actor(deliver, actor_name="deliver", queue_name=PEOPLE, priority=0)
        self.update_cards = actor(update_cards, actor_name="update_cards", queue_name=PEOPLE, priority=5)
        self.dispatch = actor(dispatch, actor_name="dispatch", queue_name=LATER, priority=10)
        self.fetch = actor(fetch, actor_name="fetch", queue_name=LATER, priority=20)
        self.ask = actor(ask, actor_name="ask", queue_name=LATER, priority=30)

    def wake(self, session: Session) -> None:
        """After a commit: hands the queue what the session left to do. A queue that is away is no fault, the sweep
        finds the rows.
        """
        notices = outboxes.fresh(session)
        session.info.pop(outboxes.FRESH, None)
        self.queue(
            notices=notices,
            tickets=session.info.pop(outboxes.TICKETS, ()),
            cards=session.info.pop(outboxes.CARDS, False),
        )

    def queue(
        self,
        *,
        notices: Iterable[int] = (),
        tickets: Iterable[int] = (),
        files: Iterable[int] = (),
        cards: bool = False,
        asks: Iterable[int] = (),
    ) -> bool:
        """Wakes workers for these rows. False when the queue is away; the rows stay due."""
        try:
            for notice_id in notices:
                self.deliver.send(notice_id)
            waiting = list(tickets)
            for at in range(0, len(waiting), BATCH):
                self.dispatch.send(waiting[at : at + BATCH])
            for attachment_id in files:
                self.fetch.send(attachment_id)
            if cards:
                self.update_cards.send()
            for ticket_id in asks:
                self.ask.send(ticket_id)
        except (dramatiq.errors.BrokerConnectionError, redis.RedisError) as failure:
            log.warning("the queue is away", error=type(failure).__name__)
            return False
        return True

    def answers(self) -> bool:
        """Whether the queue is there."""
        try:
            client = getattr(self.broker, "client", None)
            if client is not None:
                client.ping()
        except (redis.RedisError, dramatiq.errors.BrokerConnectionError):
            return False
        return True

    def workers(self, *, threads: int) -> Workers:
        """The workers of this process, half of the threads for each queue, and one at least."""
        share = max(1, threads // 2)
        look = EMBEDDED_LOOK_MS if isinstance(self.broker, StubBroker) else LOOK_MS
        return Workers(
            [
                Worker(self.broker, queues={queue}, worker_threads=share, worker_timeout=look)
                for queue in (PEOPLE, LATER)
            ]
        )

    def join(self, *, failures: bool = False) -> None:
        """Returns when both embedded queues are empty; what one leaves may go to the other.

        Raises what a task raised, unless `failures` are expected.
        """
        for queue in (LATER, PEOPLE, LATER, PEOPLE):
            self.broker.join(queue, fail_fast=not failures)  # type: ignore[call-arg]  # the embedded queue has it

    def drain(self) -> None:
        """Runs everything that is queued, here and now: for tests and for one-off commands on the embedded queue."""
        worker = Worker(self.broker, worker_threads=1, worker_timeout=10)
        worker.start()
        try:
            self.join()
            worker.join()
        finally:
            worker.stop()


class Workers:
    """Workers that start and stop together."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers

    def start(self) -> None:
        """Begins with what is queued."""
        for worker in self._workers:
            worker.start()

    def stop(self, *, seconds: float) -> None:
        """Begins nothing more, and gives what was begun so many seconds."""
        threads = [
            threading.Thread(target=worker.stop, kwargs={"timeout": int(seconds * 1000)}) for worker in self._workers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
