"""A warning is sent once, however many press at once, and reaches everybody it is for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from models import alerts, people
from models.area import Area
from models.db import Database
from models.errors import Refused
from models.outbox import Notice, NoticeKind
from models.person import Person, RoleKind
from models.rider import Alert, AlertKind
from tests import factories
from tests.factories import NOW


def test_of_six_who_press_at_once_one_sends_and_every_rider_gets_one(both: Database) -> None:
    with both.transaction() as session:
        here = factories.street(session)
        street_id, community_id = here.street.id, here.community.id
        staff_id = factories.somebody(session, RoleKind.STAFF, here.street).id
        for area in (here.street, here.community, here.other_community):
            for _ in range(3):
                rider = factories.somebody(session, RoleKind.RIDER, area)
                # Whoever rides in two places is told once.
                people.grant(session, rider, RoleKind.RIDER, here.community.id, now=NOW)
        factories.somebody(session, RoleKind.RIDER, here.community).reminders = False

    def press(_: int) -> int:
        try:
            with both.transaction() as session:
                area, by = session.get_one(Area, street_id), session.get_one(Person, staff_id)
                return alerts.send(session, AlertKind.STORM, area, "暴雨", people=10, by=by, now=NOW).people
        except Refused:
            return 0

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(press, range(6))) == [0, 0, 0, 0, 0, 10]
    with both.reading() as session:
        told = session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.STORM_ALERT)).all()
        assert len(told) == len(set(told)) == 10
        assert session.scalar(select(func.count()).select_from(Alert)) == 1
        community = session.get_one(Area, community_id)
        assert alerts.reached(session, AlertKind.STORM, community) == 10
        assert alerts.reached(session, AlertKind.HEAT, community) == 9
