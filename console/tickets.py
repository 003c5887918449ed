"""The list of tickets, the page of one, and the buttons on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog
from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased
from werkzeug.exceptions import NotFound

from console import desk, earlier, guesses, recommend, spots
from console.actions import ELSEWHERE, LOCK_SEVERAL, PERFORM, Doing, FormMisfit
from console.departments import may_link
from console.desk import DAYS, Asked, Due, Hours, Listing, Tab, View
from console.house import House, argument, as_id, field
from console.places import MOST_AREAS, community_groups, tree
from console.sight import Sight
from models import alarms, followers, handing_on, merging, noting, parties, splitting, transitions, triage
from models.area import Area, AreaKind
from models.attachment import Attachment, Fingerprint
from models.errors import Refusal, Refused
from models.lifecycle import RULES, Action
from models.offer import Offer, Wave
from models.person import Person
from models.proposal import Proposal
from models.ticket import Evaluation, Ticket, TicketEvent, TicketWords, Urgency, number_of

log = structlog.stdlib.get_logger(__name__)

MOST_LINES = 300

MOST_WITH_ESTATES = 20
"""A desk with more communities than this narrows its list by communities only."""

VERSION = "X-Version"
VIEW = "X-View"
"""The same for everybody for whom the answer is the same (see bot.screens, which takes it away)."""
"""The header that tells an open page how far history had come."""

SAID = {"same": merging.say_same, "different": merging.say_different}
"""What the desk may answer to the proposal that two tickets are one event."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a pressed button did nothing, and what had been written with it, so that nothing is typed twice."""

    action: str
    draft: dict[str, str]
    refused: Refused | None = None
    misfit: str = ""


def add_tickets(blueprint: Blueprint, house: House) -> None:
    """The pages of the desk."""

    @blueprint.get("/")
    def home() -> ResponseReturnValue:
        return redirect(url_for(".ticket_list", done=argument("done") or None))

    @blueprint.get("/tickets")
    def ticket_list() -> str:
        with house.looking() as sight:
            return house.page(
                "tickets.html",
                sight,
                **_list(sight),
                tree=_tree(sight),
                parties=[party.name for party in parties.serving(sight.session, None)] if sight.is_desk else [],
                saved=noting.filters_of(sight.session, sight.desk_area_ids),
            )

    @blueprint.get("/tickets/changes")
    def ticket_changes() -> ResponseReturnValue:
        """What an open list asks every two seconds: nothing, or the rows as they are now."""
        since = as_id(argument("since"))
        with house.looking() as sight:
            now_at = desk.version(sight)
            head = {VERSION: str(now_at), VIEW: sight.view(is_own=asked_for().mine)}
            if now_at == since or (since and not desk.has_changed(sight, since)):
                return "", 204, head
            return render_template("_ticket_rows.html", **house.frame(), **_list(sight)), 200, head

    @blueprint.get("/tickets/<number>")
    def ticket_page(number: str) -> str:
        with house.looking() as sight:
            ticket = sight.ticket(number)
            return house.page("ticket.html", sight, **_ticket(house, sight, ticket))

    @blueprint.post("/tickets/<number>/<action>")
    def ticket_action(number: str, action: str) -> ResponseReturnValue:
        if action not in {each.value for each in PERFORM}:
            raise NotFound
        trouble = Trouble(action, {name: field(name) for name in request.form if name not in ("csrf", "version")})
        try:
            with house.doing() as sight:
                ticket = sight.ticket(number)
                if action not in LOCK_SEVERAL:
                    ticket = transitions.lock(sight.session, ticket.id)
                if str(ticket.version) != field("version", most=12):
                    raise Refused(Refusal.CHANGED, number=ticket.short)
                PERFORM[Action(action)](Doing(sight, ticket, house.undo_hours))
        except Refused as refused:
            trouble = Trouble(action, trouble.draft, refused=refused)
        except FormMisfit as unfit:
            trouble = Trouble(action, trouble.draft, misfit=unfit.misfit.value)
        else:
            return redirect(_after(house, number, action), 303)
        with house.looking() as sight:
            ticket = sight.ticket(number)
            return house.page("ticket.html", sight, **_ticket(house, sight, ticket, trouble)), 409

    @blueprint.post("/tickets/<number>/proposals/<int(max=999999999999):proposal_id>/<answer>")
    def proposal(number: str, proposal_id: int, answer: str) -> ResponseReturnValue:
        if answer not in SAID:
            raise NotFound
        try:
            with house.doing() as sight:
                SAID[answer](sight.session, sight.proposal(proposal_id), by=sight.person, now=sight.now)
        except Refused as refused:
            with house.looking() as sight:
                ticket = sight.ticket(number)
                trouble = Trouble(answer, {}, refused=refused)
                return house.page("ticket.html", sight, **_ticket(house, sight, ticket, trouble)), 409
        return redirect(url_for(".ticket_page", number=number, done=answer), 303)

    @blueprint.get("/attachments/<int(max=999999999999):attachment_id>")
    def attachment(attachment_id: int) -> Response:
        with house.looking() as sight:
            found = sight.attachment(attachment_id)
            stored = (found.small if argument("small") else "") or found.stored
            if found.blurred is not None and not sight.sees_faces(found):
                stored = found.for_others
            log.info("photo seen", attachment=attachment_id, person=sight.person.id)
        if stored is None or house.read_media is None:
            raise NotFound
        try:
            content = house.read_media(stored)
        except FileNotFoundError as error:
            raise NotFound from error
        kind = _kind_of(content)
        response = Response(content, mimetype=kind)
        # What somebody sent never runs here, whatever it says it is.
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        if kind == "application/octet-stream":
            response.headers["Content-Disposition"] = "attachment"
        return response


def asked_for() -> Asked:
    """What the address asks for; whatever means nothing asks for nothing."""
    tab, view, urgency, due = argument("tab"), argument("view"), argument("urgency"), argument("due")
    return Asked(
        tab=Tab(tab) if tab in list(Tab) else None,
        view=View(view) if view in list(View) else View.LIST,
        search=argument("q", most=40),
        category=argument("category", most=40),
        area_id=as_id(argument("area")),
        urgency=Urgency(urgency) if urgency in list(Urgency) else None,
        due=Due(due) if due in list(Due) else None,
        mine=argument("mine") == "1",
        days=days if (days := as_id(argument("days"))) in DAYS else 0,
        first=_day("from"),
        last=_day("to"),
        hours=_hours(argument("hours", most=5)),
        after=argument("after", most=20),
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(argument(name, most=10))
    except ValueError:
        return None


def _hours(given: str) -> Hours | None:
    """A part of a day such as 22-6."""
    first, _, end = given.partition("-")
    if not (first.isascii() and first.isdigit() and end.isascii() and end.isdigit()):
        return None
    part = int(first), int(end)
    return part if part[0] < 24 and part[1] <= 24 and part[0] != part[1] else None


def _list(sight: Sight) -> dict[str, Any]:
    asked = asked_for()
    at = desk.version(sight)  # before the rows: what comes in between is asked for again
    counts = desk.counts(sight, asked)
    columns: dict[Tab, Listing] = {}
    if asked.view is View.BOARD and not asked.search:
        tab, shown = Tab.ALL, Listing([], "")
        columns = desk.board(sight, asked)
    else:
        # Without a choice the first pile that holds something, so that a new day does not begin on an empty page.
        tab = asked.tab or next((each for each in desk.COUNTED if counts.get(each)), Tab.ALL)
        tab = tab if asked.tab or asked.search or tab is not Tab.ALL or not counts else Tab.NEW
        shown = desk.listing(sight, asked, tab)
    rows = [*shown.rows, *(row for column in columns.values() for row in column.rows)]
    return {
        "asked": asked,
        "address": asked.query,
        "tab": tab.value,
        "tabs": [(each.value, counts.get(each)) for each in Tab],
        "most_counted": desk.MOST_COUNTED,
        "columns": [(each.value, counts.get(each), column) for each, column in columns.items()],
        "search": asked.search,
        "after": shown.after,
        "tickets": shown.rows,
        "at": at,
        "late": {ticket.id for ticket in rows if desk.is_overdue(ticket, sight)},
        "categories": sight.categories(),
        "is_desk": sight.is_desk,
        "gists": desk.gists(sight, rows),
        "assignees": sight.names({ticket.assignee_id for ticket in rows if ticket.assignee_id}),
    }


def _tree(sight: Sight) -> list[tuple[int, str]]:
    """Where the list may be narrowed to; at a large desk only as far down as a form can show."""
    kinds = [AreaKind.STREET, AreaKind.COMMUNITY] + (
        [AreaKind.ESTATE] if len(sight.communities) <= MOST_WITH_ESTATES else []
    )
    query = select(Area).where(Area.kind.in_(kinds), sight.desk_areas).order_by(Area.path).limit(MOST_AREAS)
    return tree(sight.session.scalars(query).all()) if sight.is_desk else []


def _ticket(house: House, sight: Sight, ticket: Ticket, trouble: Trouble | None = None) -> dict[str, Any]:
    session = sight.session
    possible = transitions.allowed_actions(session, ticket, sight.person)
    actions = [each for each in possible if each not in ELSEWHERE]
    events = session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id.desc()).limit(MOST_LINES)
    ).all()
    words = session.scalars(
        select(TicketWords).where(TicketWords.ticket_id == ticket.id).order_by(TicketWords.id).limit(MOST_LINES)
    ).all()
    offers = session.scalars(
        select(Offer).where(Offer.ticket_id == ticket.id).order_by(Offer.id.desc()).limit(MOST_LINES)
    ).all()
    waves = session.scalars(
        select(Wave).where(Wave.ticket_id == ticket.id).order_by(Wave.number.desc()).limit(MOST_LINES)
    ).all()
    named = {event.by_id for event in events} | {said.person_id for said in words}
    residents = followers.numbers(session, ticket)
    named |= {offer.person_id for offer in offers} | {*residents, ticket.assignee_id}
    head, merged = followers.head_of(session, ticket), followers.of(session, ticket)
    tasks = splitting.tasks_of(session, ticket)
    is_ours = sight.on_desk(ticket)
    proposals = merging.proposals_of(session, ticket) if is_ours else []
    helping = transitions.helpers_of(session, ticket)
    notes = noting.notes_on(session, ticket) if is_ours else []
    named |= {each.person_id for each in notes}
    alarmed = alarms.told(session, ticket) if ticket.urgency is Urgency.EMERGENCY else []
    named |= {each for _, whom in alarmed for each in whom}
    ringing = alarms.ringing(session, ticket)
    answered_by = alarms.answered_by(session, ticket) if ringing is not None else None
    named.add(answered_by)
    named |= {*helping, *(event.facts["person"] for event in events if "person" in event.facts)}
    alike = earlier.most_like(sight, ticket, next((each.text for each in words if each.text), ""))
    named |= {each.ticket.assignee_id for each in alike}
    spot = spots.of_ticket(sight, ticket, house.tiles.system)
    return (house.map_frame() if spot is not None else {}) | {
        "spot": spot,
        "residents": residents,
        "head": head if head is not ticket else None,
        "merged": merged,
        "parent": session.get(Ticket, ticket.parent_id) if ticket.parent_id else None,
        "tasks": tasks,
        "places_for_tasks": range(1, splitting.MOST + 1 - len(tasks)),
        "proposals": [(each, _other(session, each, ticket)) for each in proposals],
        "ticket": ticket,
        "stamp": stamp(sight, ticket),
        "number": ticket.number,
        "helpers": helping,
        "late": desk.is_overdue(ticket, sight),
        "events": events,
        "words_of": {said.id: said for said in words},
        "said": words,
        "offers": offers,
        "waves": waves,
        "alarmed": alarmed,
        "ringing": ringing,
        "answered_by": answered_by,
        "areas": dict(
            session.execute(select(Area.id, Area.name).where(Area.id.in_({each.area_id for each in waves}))).all()
        ),
        "attachments": session.scalars(
            select(Attachment).where(Attachment.ticket_id == ticket.id).order_by(Attachment.id).limit(60)
        ).all(),
        "copies": _copies(session, ticket),
        "evaluations": session.scalars(
            select(Evaluation).where(Evaluation.ticket_id == ticket.id).order_by(Evaluation.id)
        ).all(),
        "names": sight.names(named - {None}),
        "reporter": session.get_one(Person, ticket.reporter_id),
        "may_call": sight.may_call(ticket),
        "categories": sight.categories(),
        "may_link": Action.LINK in possible and may_link(sight, ticket),
        "lead": session.get(Area, ticket.lead_id) if ticket.lead_id else None,
        "actions": [action.value for action in actions],
        "needs_reason": [action.value for action in actions if RULES[action].needs_reason],
        "candidates": recommend.candidates(sight, ticket) if {Action.OFFER, Action.ASK_HELP} & {*actions} else [],
        "colleagues": handing_on.colleagues(session, ticket, sight.person, now=sight.now)
        if Action.HAND_ON in actions
        else [],
        "departments": sight.departments(ticket) if Action.ASSIGN in actions else [],
        "places": community_groups(sight) if Action.LOCATE in actions else [],
        "proposal": triage.proposal(session, ticket),
        "guesses": guesses.of(sight, ticket, house.means) if Action.CORRECT in actions else guesses.NONE,
        "notes": notes,
        "is_desk": is_ours,
        "earlier": alike,
        "trouble": trouble,
    }


def stamp(sight: Sight, ticket: Ticket) -> str:
    """What tells an open page that it is not the newest: the version, and how many photos have been fetched since."""
    fetched = select(func.count(Attachment.id)).where(Attachment.ticket_id == ticket.id, Attachment.stored.is_not(None))
    photos = sight.session.scalar(fetched)
    return f"{ticket.version}.{photos}" if photos else str(ticket.version)


def _copies(session: Session, ticket: Ticket) -> dict[int, str]:
    """The photos of a ticket that were there before, with the number of the matter they came with; empty for this one
    and for none.
    """
    before = aliased(Attachment)
    rows = session.execute(
        select(Attachment.id, Ticket.id, Ticket.day, Ticket.serial)
        .join(Fingerprint, Fingerprint.attachment_id == Attachment.id)
        .join(before, before.id == Fingerprint.copy_of_id)
        .outerjoin(Ticket, Ticket.id == before.ticket_id)
        .where(Attachment.ticket_id == ticket.id)
    )
    return {
        each: "" if other_id in (None, ticket.id) else number_of(day, serial) for each, other_id, day, serial in rows
    }


def _other(session: Session, proposal: Proposal, ticket: Ticket) -> Ticket:
    """The other ticket of a pair."""
    other = proposal.into_id if proposal.ticket_id == ticket.id else proposal.ticket_id
    return session.get_one(Ticket, other)


def _after(house: House, number: str, action: str) -> str:
    """Where a pressed button leads: back to the page, or to the list when the ticket went out of sight."""
    with house.looking() as sight:
        try:
            sight.ticket(number)
        except NotFound:
            return url_for(".ticket_list", done=action)
    return url_for(".ticket_page", number=number, done=action)


def _kind_of(content: bytes) -> str:
    """What a browser may show, told by the first bytes and not by what the sender called it."""
    for start, kind in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF8", "image/gif"),
        (b"ID3", "audio/mpeg"),
        (b"\xff\xfb", "audio/mpeg"),
    ):
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return "video/mp4"
    return "application/octet-stream"
