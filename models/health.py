"""How the installation is: what waits for the workers, and when the jobs last ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.audit import JobRun
from models.base import insert
from models.outbox import Notice, NoticeState
from models.ticket import Ticket

PATIENCE = timedelta(minutes=5)
"""So long a job may be late before somebody should look."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a job, as the process that ran it knows it; `fault` is the kind of error, empty for none."""

    at: datetime
    seconds: float
    touched: int
    every: int
    fault: str = ""


def note_runs(session: Session, runs: Mapping[str, Ran]) -> None:
    """Keeps the last run of each job."""
    for name, ran in sorted(runs.items()):
        values = {
            "at": ran.at,
            "seconds": ran.seconds,
            "touched": ran.touched,
            "every": ran.every,
            "fault": ran.fault[:200],
            **({} if ran.fault else {"well_at": ran.at}),
        }
        statement = insert(session, JobRun).values(name=name, **values)
        session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def runs(session: Session) -> Sequence[JobRun]:
    """Every job that ever ran here, by name."""
    return session.scalars(select(JobRun).order_by(JobRun.name)).all()


def is_late(run: JobRun, *, now: datetime) -> bool:
    """Whether a job should have run again by now."""
    return now - run.at > 2 * timedelta(seconds=run.every) + PATIENCE


def notices_wait(session: Session, *, now: datetime) -> timedelta:
    """For how long the oldest notice that may be sent has been waiting for a worker."""
    first = session.scalar(
        select(func.min(Notice.not_before)).where(Notice.state == NoticeState.PENDING, Notice.not_before <= now)
    )
    return now - first if first else timedelta(0)


def dispatch_waits(session: Session, *, now: datetime) -> timedelta:
    """The same for the oldest ticket that dispatch has to look at."""
    first = session.scalar(select(func.min(Ticket.dispatch_at)).where(Ticket.dispatch_at <= now))
    return now - first if first else timedelta(0)


def revision(session: Session) -> str:
    """The schema's."""
    return str(session.scalar(text("SELECT version_num FROM alembic_version")))
