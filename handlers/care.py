"""What is done for riders: their own matters, getting into an estate, titles and teams, and warnings from staff."""

from __future__ import annotations

from dataclasses import replace

from handlers import dialogue, posts, report
from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import alerts, areas, riders, transitions
from models.area import Area, AreaKind
from models.clock import local
from models.conversation import State
from models.errors import Refusal, Refused
from models.person import RoleStatus
from models.rider import AlertKind, Matter, RiderProfile, Title
from nlp import commands
from nlp.commands import Intent
from nlp.riders import warned_of
from texts import care, common

routes = Routes()


# ---------------------------------------------------------------- guides


@routes(Intent.RIGHTS)
def rights(turn: Turn) -> Reply:
    """Which of a rider's own matters."""
    return Reply(care.rights(), tuple(Choice(label, f"!right {each.value}") for each, label in care.MATTERS.items()))


@routes(Meaning.RIGHT)
def right(turn: Turn) -> Reply:
    """The guide."""
    if turn.inner not in set(Matter):
        raise Refused(Refusal.NOT_FOUND, number="")
    return Reply(care.guide(Matter(turn.inner)))


# ---------------------------------------------------------------- into an estate


@routes(Intent.ACCESS)
def access(turn: Turn) -> Reply:
    """How one gets into the estate that is named."""
    said = turn.rest.strip()
    if not said:
        return Reply(care.access_where())
    place = turn.world.understander.understand(said).place
    area = turn.session.get(Area, place.area_id) if place and place.area_id else None
    path = areas.ancestors(turn.session, area) if area is not None else ()
    estate = next((each for each in path if each.kind is AreaKind.ESTATE), None)
    if estate is None:
        return Reply(care.access_unknown(said))
    found = riders.note_for(turn.session, estate)
    if found is None:
        return Reply(care.access_none(estate.name))
    note, written_for = found
    return Reply(care.access(written_for.name, note.words, note.contact, note.phone))


# ---------------------------------------------------------------- titles and teams


@routes(Intent.MY_ROLES)
def my_roles(turn: Turn) -> Reply:
    """Roles, titles, posts and teams; a title is given back by one tap."""
    person, today = turn.person, local(turn.now).date()
    roles = [
        f"{common.ROLES[role.kind]}（{turn.session.get_one(Area, role.area_id).name}）"
        for role in person.roles
        if role.status is RoleStatus.ACTIVE
    ]
    titles = riders.titles_of(turn.session, person, now=turn.now)
    lines = [care.title_line(each.kind, area.name, each.since, each.until, now=today) for each, area in titles]
    lines += posts.lines_of(turn)
    teams = [each.name for each in riders.teams_of(turn.session, person)]
    profile = turn.session.get(RiderProfile, person.id)
    choices = tuple(Choice(care.title_off_choice(each.kind), f"!title off {each.id}") for each, _ in titles)
    return Reply(care.my_roles(roles, lines, teams, profile.busy if profile else ""), choices)


@routes(Meaning.TITLE)
def title_off(turn: Turn) -> Reply:
    """Given back by whoever has it."""
    title = turn.session.get(Title, turn.row(1), with_for_update=True)
    if title is None or title.person_id != turn.person.id or title.post_id is not None:
        raise Refused(Refusal.NOT_FOUND, number="")
    had = title.ended_at is None and title.until >= local(turn.now).date()
    riders.end_title(turn.session, title, now=turn.now)
    return Reply(care.title_off(title.kind if had else None))


# ---------------------------------------------------------------- warnings


@routes(Intent.ALERT)
def alert(turn: Turn) -> Reply:
    """Shows what would go out and to how many; nothing is sent before two confirmations."""
    dialogue.idle(turn)
    words = " ".join(turn.rest.split())
    if not words:
        return Reply(care.alert_how(alerts.LONGEST))
    if len(words) > alerts.LONGEST:
        return Reply(care.alert_too_long(alerts.LONGEST))
    kind = warned_of(words)
    if kind is None:
        return Reply(care.alert_what())
    area = _where(turn, words)
    people = alerts.reached(turn.session, kind, area)
    if not people:
        return Reply(care.alert_nobody(area.name))
    dialogue.wait(turn, State.ALERT, kind=kind.value, area=area.id, words=words, people=people)
    said = care.storm if kind is AlertKind.STORM else care.heat
    yes, no = care.SEND
    return Reply(
        care.alert_preview(kind, area.name, said(area.name, words), people),
        (Choice(yes, "!alert yes"), Choice(no, "!alert no")),
    )


def _where(turn: Turn, words: str) -> Area:
    """The community or street that is named if it is the speaker's, otherwise the whole of their desk."""
    paths = transitions.desk_paths(turn.session, turn.person)
    if not paths:
        raise Refused(Refusal.NO_ROLE)
    place = turn.world.understander.understand(words).place
    named = turn.session.get(Area, place.area_id) if place and place.area_id else None
    for each in areas.ancestors(turn.session, named) if named is not None else ():
        if each.kind in (AreaKind.COMMUNITY, AreaKind.STREET) and any(areas.covers(path, each.path) for path in paths):
            return each
    return turn.session.get_one(Area, areas.ids_on(min(paths, key=len))[-1])


@routes(Meaning.ALERT)
def alert_tapped(turn: Turn) -> Reply:
    """The first yes, or a no."""
    # A tap leaves its menu open: the number that is asked for next must not choose from it.
    dialogue.close_menus(turn)
    if turn.conversation.state is not State.ALERT or turn.inner != "yes":
        dialogue.idle(turn)
        return Reply(care.alert_dropped())
    data = turn.conversation.data
    dialogue.wait(turn, State.ALERT, **{**data, "asked": True})
    return Reply(care.alert_again(data["people"]))


@routes(Meaning.ANSWER, state=State.ALERT)
def alert_answer(turn: Turn) -> Reply:
    """The number of people sends it; a no does not, and other words are a matter."""
    data = turn.conversation.data
    answer = commands.yes_or_no("".join(each for each in turn.text if each.isalnum()))
    if answer == 1 and not data.get("asked"):
        dialogue.close_menus(turn)
        dialogue.wait(turn, State.ALERT, **{**data, "asked": True})
        return Reply(care.alert_again(data["people"]))
    number = "".join(each for each in turn.text if each.isdigit())
    is_number = bool(number) and len(turn.text.strip()) <= len(number) + 2
    if data.get("asked") and (is_number or answer == 1):
        return _send(turn, int(number[:9]) if is_number else 0)
    dialogue.idle(turn)
    dialogue.close_menus(turn)
    if answer == 2 or turn.text.strip(" 。.") == care.SEND[1]:
        return Reply(care.alert_dropped())
    reply = report.report(turn)
    return replace(reply, text=care.alert_not_sent(reply.text))


def _send(turn: Turn, number: int) -> Reply:
    data = turn.conversation.data
    if number != data["people"]:
        return Reply(care.alert_differs(data["people"]))
    kind, area = AlertKind(data["kind"]), turn.session.get_one(Area, data["area"])
    paths = transitions.desk_paths(turn.session, turn.person)
    if not any(areas.covers(path, area.path) for path in paths):
        raise Refused(Refusal.NO_ROLE)
    try:
        sent = alerts.send(turn.session, kind, area, data["words"], people=number, by=turn.person, now=turn.now)
    except Refused as refused:
        if refused.reason is not Refusal.COUNT_DIFFERS:
            dialogue.idle(turn)
            raise
        # Somebody registered or left since: the new number is asked for.
        count = refused.facts["count"]
        dialogue.wait(turn, State.ALERT, **{**data, "people": count})
        return Reply(care.alert_differs(count))
    dialogue.idle(turn)
    return Reply(care.alert_sent(kind, sent.people))
