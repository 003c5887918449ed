"""How the installation is: what waits for the workers, and when the jobs last ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
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


def expect(session: Session, every: Mapping[str, int], *, now: datetime) -> None:
    """Says which jobs there are, with the seconds between two runs: one that never runs is seen to be missing. Jobs of
    an earlier version are forgotten.
    """
    session.execute(delete(JobRun).where(JobRun.name.not_in([*every])))
    for name, seconds in sorted(every.items()):
        values = {"at": now, "seconds": 0.0, "touched": 0, "every": seconds, "fault": ""}
        session.execute(insert(session, JobRun).values(name=name, **values).on_conflict_do_nothing())


def runs(session: Session) -> Sequence[JobRun]:
    """Every job that is expected or ever ran here, by name."""
    return session.scalars(select(JobRun).order_by(JobRun.name)).all()


def has_run(run: JobRun) -> bool:
    """Whether a job ran at all; of one that did not, `at` is when it was first expected."""
    return run.well_at is not None or bool(run.fault)


def is_late(run: JobRun, *, now: datetime) -> bool:
    """Whether a job should have run again, or for the first time, by now."""
    rounds = 2 if has_run(run) else 1
    return now - run.at > rounds * timedelta(seconds=run.every) + PATIENCE


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
    """The schema's, as the name of its migration begins: 0022_templates."""
    return str(session.scalar(text("SELECT version_num FROM alembic_version")))
