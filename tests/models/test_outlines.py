"""The area around a point, and what is decided by it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from models import geojson, outlines, photos, riders, tickets
from models.area import Area
from models.attachment import Attachment, AttachmentKind
from models.coordinates import System
from models.geojson import Feature, Misfit, Shape
from models.ticket import Ticket
from tests import factories
from tests.factories import NOW, Street
from tests.models.conftest import World
from texts.map import NAMES


def box(south: float, west: float, north: float, east: float) -> Shape:
    return [[[(south, west), (south, east), (north, east), (north, west), (south, west)]]]


def draw(session: Session, area: Area, shape: Shape) -> None:
    outlines.draw(session, area, shape, by=None, now=NOW)


def test_a_point_lies_in_the_smallest_area_that_is_drawn_around_it(session: Session, world: World) -> None:
    here = world.street
    draw(session, here.street, box(30.0, 114.0, 30.1, 114.1))
    draw(session, here.community, box(30.0, 114.0, 30.05, 114.05))
    draw(session, here.estate, box(30.01, 114.01, 30.02, 114.02))
    for point, area in [
        ((30.015, 114.015), here.estate),
        ((30.03, 114.03), here.community),
        ((30.09, 114.09), here.street),
        ((30.2, 114.0), None),
    ]:
        assert outlines.area_at(session, *point) is area


def test_a_hole_in_an_estate_belongs_to_what_lies_around_it(session: Session, world: World) -> None:
    here = world.street
    draw(session, here.community, box(30.0, 114.0, 30.05, 114.05))
    estate, hole = box(30.01, 114.01, 30.04, 114.04)[0], box(30.02, 114.02, 30.03, 114.03)[0]
    draw(session, here.estate, [[*estate, *hole]])
    assert outlines.area_at(session, 30.025, 114.025) is here.community


def test_an_outline_is_drawn_again_and_taken_away(session: Session, world: World) -> None:
    here = world.street
    draw(session, here.estate, box(30.0, 114.0, 30.1, 114.1))
    draw(session, here.estate, box(31.0, 114.0, 31.1, 114.1))
    assert outlines.area_at(session, 30.05, 114.05) is None
    assert outlines.area_at(session, 31.05, 114.05) is here.estate
    outlines.remove(session, here.estate)
    assert outlines.area_at(session, 31.05, 114.05) is None


def test_an_outline_decides_before_the_nearest_middle_does(session: Session, world: World) -> None:
    here = world.street
    here.other_community.lat, here.other_community.lng = 30.049, 114.049
    session.flush()
    assert riders.community_at(session, 30.048, 114.048) is here.other_community
    draw(session, here.estate, box(30.0, 114.0, 30.05, 114.05))
    assert riders.community_at(session, 30.048, 114.048) is here.community


def test_entries_of_a_file_find_their_areas_by_key_or_by_name(session: Session, world: World) -> None:
    here = world.street
    among = [here.community, here.other_community, here.estate]
    shape = box(30.0, 114.0, 30.1, 114.1)
    rows = outlines.match(
        [
            Feature({"area": str(here.estate.id), "name": here.estate.name}, shape),
            Feature({"名称": "银杏社区"}, shape),
            Feature({"name": "银杏社区"}, shape),
            Feature({"name": "远方"}, shape),
            Feature({"area": str(here.community.id), "name": "别处来的"}, shape),
            Feature({}, misfit=Misfit.CROSSES),
        ],
        among,
        NAMES,
    )
    assert [(each.number, each.area and each.area.name, each.misfit) for each in rows] == [
        (1, "香樟花园", None),
        (2, "银杏社区", None),
        (3, None, Misfit.TWICE),
        (4, None, Misfit.NO_AREA),
        (5, None, Misfit.NO_AREA),
        (6, None, Misfit.CROSSES),
    ]


def test_two_areas_of_one_name_are_not_guessed_at(session: Session, world: World) -> None:
    here = world.street
    here.other_estate.name = here.estate.name
    rows = outlines.match(
        [Feature({"name": "香樟花园"}, box(30, 114, 30.1, 114.1))], [here.estate, here.other_estate], NAMES
    )
    assert rows[0].misfit is Misfit.TWO_AREAS


def photographed(session: Session, here: Street, *, taken: timedelta) -> Ticket:
    """A report without a place, whose photo says where it was taken."""
    ticket = factories.ticket(session, factories.person(session), words="井盖破了", area=None)
    photo = Attachment(
        ticket_id=ticket.id,
        person_id=ticket.reporter_id,
        channel="official",
        kind=AttachmentKind.IMAGE,
        fetch_at=NOW,
        sent_at=NOW,
    )
    session.add(photo)
    session.flush()
    photos.keep(session, photo.id, stored="a.jpg", taken_at=NOW - taken, taken_at_place=(30.05, 114.05), now=NOW)
    draw(session, here.estate, box(30.0, 114.0, 30.1, 114.1))
    tickets.place_by_photo(session, photo.id, now=NOW)
    return ticket


def test_a_fresh_photo_says_where_a_report_without_a_place_is(session: Session, world: World) -> None:
    here = world.street
    ticket = photographed(session, here, taken=timedelta(minutes=5))
    assert (ticket.area_id, ticket.community_id, ticket.place) == (here.estate.id, here.community.id, "香樟花园")
    assert ticket.lat is None  # nobody checked it


def test_an_old_photo_says_nothing_about_where_a_report_is(session: Session, world: World) -> None:
    ticket = photographed(session, world.street, taken=timedelta(days=30))
    assert ticket.area_id is None


def test_what_is_kept_can_be_read_again(session: Session, world: World) -> None:
    here = world.street
    draw(session, here.estate, box(30.0, 114.0, 30.1, 114.1))
    ((outline, area),) = outlines.listed(session, Area.id == here.estate.id, most=5)
    assert area is here.estate
    assert geojson.geometry(geojson.restored(outline.geometry), System.GCJ02)["type"] == "Polygon"
