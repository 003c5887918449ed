"""The front counter (柜台): a matter of somebody who came in or called, taken as if they had written it (代报)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console import callers
from console.house import FormMisfit, House, argument, as_id, clean, field, sentence
from console.means import PhotoUnfit
from console.places import community_groups
from console.sight import Sight
from models import alarms, areas, duplicates, finding, merging, noting, opening
from models.area import Area
from models.attachment import Attachment, AttachmentKind
from models.clock import local
from models.errors import Refused
from models.person import Identity, Person
from models.photos import Keep
from models.ticket import Ticket, TicketKind, TicketState, TicketWords, Urgency, WordsKind
from nlp import similar
from nlp.similar import Told
from nlp.understand import Understanding
from nlp.wishes import wished
from texts import counter as said
from texts import residents

CHANNEL = "counter"

MOST_PHOTOS = 6
LARGEST_PHOTO = 10 * 1024 * 1024

TWICE = timedelta(minutes=2)
"""The same words of the same caller for the same place within this time are one press of the button too many."""

MOST_SAME = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What is understood of a form so far, for whoever fills it in."""

    found: Understanding | None
    category: str
    area_id: int
    danger: str
    """The first sentence to be said, empty without danger."""
    people: Sequence[Person]
    same: Sequence[Ticket]


def add_counter(blueprint: Blueprint, house: House) -> None:
    """The form, what is understood of it, and the slip with the number."""

    @blueprint.get("/counter")
    def counter() -> str:
        with house.looking() as sight:
            return house.page("counter.html", sight, **_form(house, sight), taken=clean(argument("taken"), most=20))

    @blueprint.post("/counter")
    def counter_taken() -> ResponseReturnValue:
        if field("step", most=4) == "look":
            with house.looking() as sight:
                if request.headers.get("HX-Request"):
                    return render_template("_counter_look.html", **house.frame(), **_form(house, sight))
                return house.page("counter.html", sight, **_form(house, sight))
        try:
            with house.looking() as sight:
                sight.at_desk()
            photos = _photos(house)
            with house.doing() as sight:
                ticket = _take(house, sight, photos)
        except (FormMisfit, Refused) as fault:
            with house.looking() as sight:
                return house.page("counter.html", sight, **_form(house, sight, fault=fault)), 409
        with house.looking() as sight:
            try:
                sight.ticket(ticket.number)
            except NotFound:
                # It lies on another desk now.
                return redirect(url_for(".counter", taken=ticket.number), 303)
        return redirect(url_for(".counter_slip", number=ticket.number), 303)

    @blueprint.get("/counter/<number>")
    def counter_slip(number: str) -> str:
        with house.looking() as sight:
            sight.at_desk()
            return house.page("counter_slip.html", sight, **_slip(house, sight, sight.ticket(number)))


def _understood(house: House, words: str, near: int | None) -> Understanding | None:
    return house.means.understand(words, near) if house.means.understand is not None and words else None


def _look(house: House, sight: Sight) -> Look:
    words, category = field("words", most=1000), field("category", most=40)
    try:
        people = callers.known(sight, callers.phone())
    except FormMisfit:
        people = []
    near = as_id(field("area", most=12)) or (people[0].home_area_id if len(people) == 1 else None)
    found = _understood(house, words, near)
    area_id = as_id(field("area", most=12)) or (found.place.area_id or 0 if found and found.place else 0)
    guessed = found.category if found and not found.abstained else None
    danger = said.first_sentence(found.danger.value, house.means.gas_phone) if found and found.danger else ""
    taken_for = category or guessed or ""
    return Look(found, taken_for, area_id, danger, people, _same(sight, words, taken_for, area_id))


def _same(sight: Sight, words: str, category: str, area_id: int) -> Sequence[Ticket]:
    """Open matters in sight that surely tell of the same event."""
    area = sight.session.get(Area, area_id) if area_id else None
    if area is None or not category or not words or area.kind in duplicates.ABOVE:
        return []
    estate = duplicates.estate_of(area)
    found = duplicates.candidates(sight.session, estate, similar.compatible(category), now=sight.now)
    told = [
        Told(each.words, each.place, (estate, each.area_id), {each.category: 1.0}, each.opened_at) for each in found
    ]
    own = Told(words, areas.full_name(sight.session, area), (estate, area.id), {category: 1.0}, sight.now)
    alike = [found[each.index].ticket_id for each in similar.alike(own, told)[:MOST_SAME]]
    query = select(Ticket).where(Ticket.id.in_(alike), sight.tickets()).order_by(Ticket.id)
    return sight.session.scalars(query).all()


def _form(house: House, sight: Sight, *, fault: FormMisfit | Refused | None = None) -> dict[str, Any]:
    sight.at_desk()
    draft = {name: field(name) for name in request.form if name not in ("csrf", "step")}
    look = _look(house, sight)
    ranked = [code for code, _ in look.found.candidates] if look.found else []
    names = sight.categories()
    return {
        "draft": draft,
        "fault": sentence(fault, said.FAULTS) if fault is not None else "",
        "look": look,
        "likely": [(code, names[code]) for code in ranked if code in names][:3],
        "categories": names,
        "places": community_groups(sight),
        "may_send_photos": house.means.keep_photo is not None,
    }


def _photos(house: House) -> list[Keep]:
    """What was sent with the form, stored before anything is written. Raises FormMisfit("photo")."""
    given = [each for each in request.files.getlist("photo") if each.filename]
    keep = house.means.keep_photo
    if not given or keep is None:
        return []
    if len(given) > MOST_PHOTOS:
        raise FormMisfit("photo")
    try:
        return [keep(each.stream.read(LARGEST_PHOTO + 1), each.mimetype) for each in given]
    except PhotoUnfit as unfit:
        raise FormMisfit("photo") from unfit


def _report(house: House, sight: Sight, person: Person, words: str) -> opening.Report:
    """What the form says, and the classifier where it says nothing. Raises FormMisfit."""
    chosen, area_id = field("category", most=40), as_id(field("area", most=12))
    if chosen and chosen not in sight.categories():
        raise FormMisfit("category")
    area = sight.session.get(Area, area_id) if area_id else None
    if area is None and field("area", most=12):
        raise FormMisfit("area")
    found = _understood(house, words, area_id or person.home_area_id)
    told = found.place if found else None
    if area is None and told is not None and told.area_id:
        area = sight.session.get(Area, told.area_id)
    place = field("place", most=200) or (areas.full_name(sight.session, area) if area else told.text if told else "")
    report = opening.Report(
        words, category=chosen or None, area_id=area.id if area else None, place=place, room=field("room", most=40)
    )
    if found is not None:
        kind = TicketKind(found.kind.value)
        service = found.service if kind is TicketKind.REPORT and not found.danger and not chosen else None
        report = replace(
            report,
            category=chosen or (None if found.abstained else found.category),
            kind=kind,
            service=service,
            wished=wished(words, here=local(sight.now)) if service else None,
            urgency=Urgency(found.urgency.value),
            confidence=None if chosen else round(found.confidence, 4),
        )
    wanted = field("urgency", most=20)
    if wanted in list(Urgency):
        report = replace(report, urgency=Urgency(wanted))
    if report.urgency is Urgency.EMERGENCY and found is not None and found.danger is not None:
        report = replace(report, danger=found.danger.value)
    return report


def _just_taken(sight: Sight, words: str) -> Ticket | None:
    """What the same form has made a moment ago: by what it says, for a new caller is another row each time."""
    number, area_id, place = callers.phone(), as_id(field("area", most=12)), field("place", most=200)
    same = select(Ticket).where(
        Ticket.channel == CHANNEL,
        Ticket.opened_at > sight.now - TWICE,
        TicketWords.kind == WordsKind.REPORT,
        TicketWords.text == words,
        Person.phone == number,
    )
    if not number:
        same = same.where(Person.name == field("name", most=40))
    if area_id:
        same = same.where(Ticket.area_id == area_id)
    if place:
        same = same.where(Ticket.place == place)
    same = same.join(TicketWords, TicketWords.ticket_id == Ticket.id).join(Person, Person.id == Ticket.reporter_id)
    return sight.session.scalar(same.limit(1))


def _take(house: House, sight: Sight, photos: Sequence[Keep]) -> Ticket:
    """The ticket, as a chat message makes it. Raises FormMisfit and Refused."""
    session, words = sight.session, field("words", most=1000)
    sight.at_desk()
    if not words:
        raise FormMisfit("words")
    # Two presses of one clerk at once: one of them sees what the other has made.
    session.refresh(sight.person, with_for_update={"key_share": True})
    again = _just_taken(sight, words)
    if again is not None:
        return again
    person = callers.caller(sight)
    ticket = opening.open_ticket(
        session, _report(house, sight, person, words), by=person, channel=CHANNEL, now=sight.now
    )
    noting.note(session, ticket, said.TAKEN_DOWN, by=sight.person, now=sight.now)
    for keep in photos:
        row = Attachment(
            ticket_id=ticket.id,
            person_id=person.id,
            channel=CHANNEL,
            kind=AttachmentKind.IMAGE,
            fetch_at=sight.now,
            sent_at=sight.now,
        )
        session.add(row)
        session.flush()
        keep(session, row.id, sight.now)
    same = field("same", most=20)
    if same:
        into = finding.find(session, same, by=sight.person)
        if session.scalar(select(Ticket.id).where(Ticket.id == into.id, sight.tickets())) is None:
            raise FormMisfit("same")
        merging.merge(session, ticket, into, by=sight.person, now=sight.now)
    return ticket


def _slip(house: House, sight: Sight, ticket: Ticket) -> dict[str, Any]:
    if ticket.channel != CHANNEL:
        raise NotFound
    session = sight.session
    person = session.get_one(Person, ticket.reporter_id)
    danger = ""
    if ticket.urgency is Urgency.EMERGENCY and ticket.danger in residents.DANGERS:
        on_duty = len(alarms.first_told(session, ticket, now=sight.now))
        danger = residents.danger(ticket.danger, "", on_duty, gas_phone=house.means.gas_phone)
    return {
        "ticket": ticket,
        "categories": sight.categories(),
        "reporter": person,
        "has_account": session.scalar(select(Identity.id).where(Identity.person_id == person.id).limit(1)) is not None,
        "spoken": said.spoken(ticket.number),
        "danger": danger,
        "head": session.get(Ticket, ticket.merged_into_id) if ticket.merged_into_id else None,
        "is_open": ticket.state not in (TicketState.CLOSED, TicketState.WITHDRAWN),
    }
