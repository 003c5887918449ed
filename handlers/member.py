"""Members take tasks in chat (党员接单), register, go away and come back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select

from handlers import dialogue, handover, report, skills
from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import finding, helpers, leaving, outboxes, people, pool, posts, tickets, transitions
from models import riders as registry
from models.area import Area, AreaKind
from models.clock import CHINA, local
from models.conversation import State
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.outbox import NoticeKind
from models.person import CodeKind, Person, RoleKind, RoleStatus
from models.ticket import Ticket, TicketKind
from nlp import commands, offered, phones
from nlp.commands import Intent, word
from nlp.offered import Answer
from nlp.riders import ride_times
from texts import common, initiatives, members, refusals, residents, riders

routes = Routes()

NAME = re.compile(r"[\w·. ]{2,20}")

LONGEST_LEAVE = timedelta(days=366)


# ---------------------------------------------------------------- tasks


def _candidate(turn: Turn, intent: Intent, verb: str) -> Ticket | Reply:
    mine = (
        [*finding.open_offers(turn.session, turn.person), *_free(turn, intent)]
        if intent in (Intent.ACCEPT, Intent.DECLINE)
        else finding.tasks_of(turn.session, turn.person)
    )
    if intent is Intent.ACCEPT and not mine:
        # Where they stayed and somebody else is looked for: they read that they have it.
        mine = [each for each in finding.tasks_of(turn.session, turn.person) if each.assignee_id is None]
    about = about_offer if intent in (Intent.ACCEPT, Intent.DECLINE) else None
    return dialogue.named_or_one(turn, mine, word=word(intent), verb=verb, about=about)


def _free(turn: Turn, intent: Intent) -> Sequence[Ticket]:
    """What anybody who fits may take; nobody need decline what they were not asked."""
    return () if intent is Intent.DECLINE else pool.open_to(turn.session, turn.person, now=turn.now)


@routes(Intent.OFFERS)
def offers(turn: Turn) -> Reply:
    """What is offered and what is free to take, each one tap away."""
    asked = finding.open_offers(turn.session, turn.person)
    free = _free(turn, Intent.OFFERS)
    listed = [*asked, *free][:9]
    if not listed:
        return Reply(members.no_offers())
    choices = tuple(Choice(about_offer(turn, each), f"{word(Intent.ACCEPT)} {each.number}") for each in listed)
    return Reply(members.offers_head(len(asked), max(0, len(listed) - len(asked))), choices)


@routes(Intent.MY_TASKS)
def my_tasks(turn: Turn) -> Reply:
    """What is in hand."""
    mine = finding.tasks_of(turn.session, turn.person)
    if not mine:
        return Reply(members.no_tasks())
    lines = [
        members.task_line(
            each.short,
            dialogue.category_name(turn, each),
            each.place,
            each.state,
            each.expected_at,
            suits=dialogue.when_it_suits(turn, each),
            now=turn.now,
        )
        for each in mine
    ]
    return Reply(members.tasks(lines))


@routes(Intent.ACCEPT)
def accept(turn: Turn) -> Reply:
    """Exactly one person gets it."""
    try:
        chosen = _candidate(turn, Intent.ACCEPT, residents.VERB_ACCEPT)
        if isinstance(chosen, Reply):
            return chosen
        ticket = tickets.accept(turn.session, chosen, by=turn.person, now=turn.now)
    except Refused as refused:
        captions = {Refusal.TAKEN: members.CARD_TAKEN, Refusal.ALREADY_YOURS: members.CARD_ACCEPTED}
        caption = captions.get(refused.reason, members.CARD_OVER)
        return Reply(refusals.sentence(refused), card_caption=caption)
    dialogue.remember(turn, ticket)
    words = next((each.text or "" for each in ticket.words), "")
    contact = people.contact(turn.session, ticket)
    to_know = members.to_know(
        ticket.kind, dialogue.when_it_suits(turn, ticket), finding.why_again(turn.session, ticket)
    )
    if ticket.assignee_id != turn.person.id:
        partner = turn.session.get(Person, ticket.assignee_id)
        name = common.called(partner.name if partner else "")
        text = members.joined(ticket.short, ticket.place, contact.room, name, words, contact.phone, to_know=to_know)
    elif not ticket.place:
        text = members.accepted_without_place(ticket.short, words, to_know=to_know)
    else:
        grid = _grid_worker(turn, ticket)
        text = members.accepted(ticket.short, ticket.place, contact.room, grid, words, contact.phone, to_know=to_know)
    for helper_id in transitions.helpers_of(turn.session, ticket):
        if helper_id != turn.person.id:
            # They stayed when somebody else gave the task back.
            text += members.goes_along(common.called(turn.session.get_one(Person, helper_id).name))
    if helpers.lacking(turn.session, ticket) and ticket.kind is not TicketKind.ACTIVITY:
        text = f"{text}\n{members.going_in_twos(ticket.place)}"
    return Reply(text, card_caption=members.CARD_ACCEPTED, photos_of=ticket.id)


def _grid_worker(turn: Turn, ticket: Ticket) -> str:
    area = turn.session.get(Area, ticket.area_id) if ticket.area_id else None
    while area is not None:
        worker = turn.session.get(Person, area.grid_worker_id) if area.grid_worker_id else None
        if worker is not None and worker.id != turn.person.id:
            return common.called(worker.name, title=residents.GRID_TITLE)
        area = turn.session.get(Area, area.parent_id) if area.parent_id else None
    return ""


@routes(Intent.DECLINE)
def decline(turn: Turn) -> Reply:
    """Not this time, and that is fine."""
    chosen = _candidate(turn, Intent.DECLINE, residents.VERB_DECLINE)
    if isinstance(chosen, Reply):
        return chosen
    tickets.decline(turn.session, chosen, turn.rest, by=turn.person, now=turn.now)
    return Reply(members.declined(chosen.short), card_caption=members.CARD_DECLINED)


@routes(Intent.RELEASE)
def release(turn: Turn) -> Reply:
    """Given back."""
    chosen = _candidate(turn, Intent.RELEASE, residents.VERB_RELEASE)
    if isinstance(chosen, Reply):
        return chosen
    along = chosen.assignee_id != turn.person.id
    tickets.release(turn.session, chosen, turn.rest, by=turn.person, now=turn.now)
    return Reply(members.left(chosen.short) if along else members.released(chosen.short))


@routes(Meaning.OFFER_WORDS)
def offer_words(turn: Turn) -> Reply:
    """Plain words that take, decline or give up a task: each one they may speak of is a choice that says what it is."""
    said = offered.answer(turn.text)
    waiting = finding.open_offers(turn.session, turn.person, now=turn.now) if said is not None else ()
    if said is Answer.TAKES:
        choices = tuple(Choice(about_offer(turn, each), f"{word(Intent.ACCEPT)} {each.number}") for each in waiting)
        return Reply(members.which_offer(residents.VERB_ACCEPT, how_many=len(choices)), choices, asks_which=True)
    in_hand = finding.tasks_in_hand(turn.session, turn.person) if offered.gives_up(turn.text) else ()
    found = [(each, Intent.RELEASE, members.GIVE_BACK) for each in in_hand]
    found += [(each, Intent.DECLINE, members.DECLINE) for each in waiting]
    choices = tuple(
        Choice(
            members.offer_choice(about_offer(turn, each), label), f"{word(intent)} {each.number} {turn.text.strip()}"
        )
        for each, intent, label in found[:9]
    )
    if not in_hand:
        return Reply(members.which_offer(residents.VERB_DECLINE, how_many=len(choices)), choices, asks_which=True)
    return Reply(members.gives_up(in_hand[0].short if len(found) == 1 else ""), choices, asks_which=True)


def about_offer(turn: Turn, ticket: Ticket) -> str:
    """What one offer is about, as every list of them says it."""
    return members.offer_line(
        ticket.short, dialogue.category_name(turn, ticket), ticket.place, dialogue.when_it_suits(turn, ticket)
    )


@routes(Intent.ARRIVE)
def arrive(turn: Turn) -> Reply:
    """On the spot."""
    chosen = _candidate(turn, Intent.ARRIVE, residents.VERB_ARRIVE)
    if isinstance(chosen, Reply):
        return chosen
    tickets.arrive(turn.session, chosen, turn.rest, by=turn.person, now=turn.now)
    dialogue.remember(turn, chosen)
    return Reply(members.arrived(chosen.short))


@routes(Intent.FINISH)
def finish(turn: Turn) -> Reply:
    """Done: the resident is asked. A word on how is needed, because the resident reads it."""
    chosen = _candidate(turn, Intent.FINISH, residents.VERB_FINISH)
    if isinstance(chosen, Reply):
        return chosen
    transitions.check(turn.session, chosen, Action.FINISH, by=turn.person)
    if not turn.rest:
        dialogue.wait(turn, State.FINISH, ticket=chosen.id)
        return Reply(members.finish_what(chosen.short))
    return _finished(turn, chosen, turn.rest)


@routes(Meaning.ANSWER, state=State.FINISH)
def finish_told(turn: Turn) -> Reply:
    """The sentence that was asked for."""
    ticket = turn.session.get_one(Ticket, turn.conversation.data["ticket"])
    dialogue.idle(turn)
    return _finished(turn, ticket, turn.text)


def _finished(turn: Turn, ticket: Ticket, how: str) -> Reply:
    tickets.finish(turn.session, ticket, how, by=turn.person, now=turn.now)
    dialogue.remember(turn, ticket)
    return Reply(initiatives.FINISHED.get(ticket.kind, members.finished)(ticket.short))


@routes(Intent.RELAY)
def relay(turn: Turn) -> Reply:
    """Words between the resident and whoever has the task; neither sees the other's account."""
    if turn.command is not None and turn.command.chat is not None:
        return handover.bring(turn)
    mine = [each for each in finding.own_live(turn.session, turn.person) if each.assignee_id is not None]
    mine += finding.tasks_of(turn.session, turn.person)
    chosen = dialogue.named_or_one(turn, mine, word=word(Intent.RELAY), verb=residents.VERB_RELAY)
    if isinstance(chosen, Reply):
        return chosen
    if not turn.rest:
        return Reply(residents.relay_what(chosen.short))
    try:
        tickets.relay(turn.session, chosen, turn.rest, by=turn.person, now=turn.now)
    except Refused as refused:
        if refused.reason is not Refusal.NOBODY_TO_TELL or chosen.reporter_id != turn.person.id:
            raise
        # Nobody has it yet: the words are kept for whoever will, and in an emergency told at once.
        return report.add_more(turn, chosen, turn.rest)
    return Reply(residents.relayed(chosen.short))


# ---------------------------------------------------------------- coming and going


@routes(Intent.LEAVE)
def leave(turn: Turn) -> Reply:
    """No offers until a day."""
    today = local(turn.now).date()
    day = commands.until(turn.rest, today=today) if turn.rest else None
    if day is None or not today <= day <= today + LONGEST_LEAVE:
        return Reply(members.away_until_when())
    until = datetime.combine(day + timedelta(days=1), time(0), CHINA)
    turn.person.away_until = until.astimezone(turn.now.tzinfo)
    return Reply(members.away(common.date_of(until)))


@routes(Intent.BACK)
def back(turn: Turn) -> Reply:
    """Offers again."""
    turn.person.away_until = None
    return Reply(members.back())


@routes(Intent.FREE_TIMES)
def free_times(turn: Turn) -> Reply:
    """At which hours they like to be asked."""
    person = turn.person
    if turn.rest.strip(" 。.") in members.ALL_DAY:
        person.free_from = person.free_until = None
        return Reply(members.free_any_time())
    hours = commands.hours(turn.rest)
    if hours is None:
        return Reply(members.free_times_when())
    person.free_from, person.free_until = hours
    return Reply(members.free_times(*hours))


@routes(Intent.MOST_OFFERS)
def most_offers(turn: Turn) -> Reply:
    """How many offers may wait for their answer at a time."""
    said = commands.digit(turn.rest)
    if said is None or said.words or not 1 <= said.number <= 9:
        return Reply(members.most_offers_how())
    turn.person.most_offers = said.number
    return Reply(members.most_offers(said.number))


@routes(Intent.NO_REMINDERS)
def no_reminders(turn: Turn) -> Reply:
    """Reminders off."""
    turn.person.reminders = False
    return Reply(riders.reminders_off())


@routes(Intent.REMINDERS)
def reminders(turn: Turn) -> Reply:
    """Reminders on."""
    turn.person.reminders = True
    return Reply(riders.reminders_on())


# ---------------------------------------------------------------- registration, step by step


@routes(Intent.REGISTER)
def register(turn: Turn) -> Reply:
    """With an invitation code at once, otherwise five short questions and staff confirm."""
    if turn.rest:
        code = people.use_code(turn.session, turn.rest, CodeKind.INVITE, now=turn.now)
        if code.area_id is not None:
            kind = code.role or RoleKind.MEMBER
            people.grant(turn.session, turn.person, kind, code.area_id, now=turn.now)
            return Reply(members.registered_now(turn.session.get_one(Area, code.area_id).name))
    role = _role(turn, RoleKind.MEMBER)
    if role is not None:
        return Reply(members.already_registered(role))
    return _begin(turn, RoleKind.MEMBER)


@routes(Intent.RIDER_REGISTER)
def register_rider(turn: Turn) -> Reply:
    """A delivery rider becomes a mobile grid member."""
    role = _role(turn, RoleKind.RIDER)
    if role is not None:
        return Reply(riders.already_registered(role))
    return _begin(turn, RoleKind.RIDER)


def _role(turn: Turn, kind: RoleKind) -> str | None:
    for role in turn.person.roles:
        if role.kind is kind and role.status is not RoleStatus.ENDED:
            return turn.session.get_one(Area, role.area_id).name
    return None


def _begin(turn: Turn, kind: RoleKind) -> Reply:
    dialogue.wait(turn, State.NAME, role=kind.value)
    return Reply(members.register_name())


def _next(turn: Turn, state: State, **more: object) -> None:
    dialogue.wait(turn, state, **{**turn.conversation.data, **more})


def _skipped(turn: Turn) -> bool:
    return turn.text.strip(" 。.") in members.SKIP


@routes(Meaning.ANSWER, state=State.NAME)
def name_told(turn: Turn) -> Reply:
    """The name."""
    name = turn.text.strip()
    if not NAME.fullmatch(name):
        return Reply(members.name_wrong())
    _next(turn, State.PHONE, name=name)
    return Reply(members.register_phone())


@routes(Meaning.ANSWER, state=State.PHONE)
def phone_told(turn: Turn) -> Reply:
    """The phone; sending it is the consent that was asked for with it."""
    phone = phones.mobile(turn.text)
    if not _skipped(turn):
        if not phone:
            return Reply(members.phone_wrong())
        _next(turn, State.PHONE, phone=phone)
    if turn.conversation.data["role"] == RoleKind.RIDER:
        _next(turn, State.PLATFORM)
        return Reply(riders.register_platform())
    _next(turn, State.UNIT)
    return Reply(members.register_unit())


@routes(Meaning.ANSWER, state=State.UNIT)
def unit_told(turn: Turn) -> Reply:
    """Where they work."""
    _next(turn, State.COMMUNITY, unit="" if _skipped(turn) else turn.text.strip()[:80])
    return _ask_community(turn, members.register_community())


@routes(Meaning.ANSWER, state=State.PLATFORM)
def platform_told(turn: Turn) -> Reply:
    """Which platform they ride for."""
    _next(turn, State.COMMUNITY, platform="" if _skipped(turn) else turn.text.strip()[:40])
    return _ask_community(turn, riders.register_area())


def _ask_community(turn: Turn, text: str) -> Reply:
    found = turn.session.scalars(select(Area).where(Area.kind == AreaKind.COMMUNITY).order_by(Area.id).limit(20))
    return Reply(text, tuple(Choice(area.name, f"!community {area.id}") for area in found))


@routes(Meaning.COMMUNITY, state=State.COMMUNITY)
def community_chosen(turn: Turn) -> Reply:
    """The community, by its number."""
    area = turn.session.get(Area, turn.row())
    return _community(turn, area)


@routes(Meaning.ANSWER, state=State.COMMUNITY)
def community_told(turn: Turn) -> Reply:
    """The community, by its name."""
    if _is_rider(turn) and _skipped(turn):
        return _community(turn, registry.everywhere(turn.session))
    return _community(turn, community_named(turn, turn.text.strip()))


def community_named(turn: Turn, said: str) -> Area | None:
    """The community with this name, or the one around an estate or a building that is named."""
    area = turn.session.scalar(
        select(Area).where(Area.kind == AreaKind.COMMUNITY, Area.name.contains(said[:20], autoescape=True))
    )
    if area is not None:
        return area
    place = turn.world.understander.understand(said).place
    path = turn.world.path(place.area_id) if place else []
    return next((turn.session.get(Area, each.id) for each in path if each.kind is AreaKind.COMMUNITY), None)


@routes(Meaning.LOCATION, state=State.COMMUNITY)
def community_sent(turn: Turn) -> Reply:
    """A point: the community around it, and for a rider the point itself is where they usually are."""
    point = turn.message.point
    assert point is not None
    area = registry.community_at(turn.session, point.lat, point.lng)
    if _is_rider(turn):
        _next(turn, State.COMMUNITY, point=[point.lat, point.lng])
        area = area or registry.everywhere(turn.session)
    return _community(turn, area)


def _is_rider(turn: Turn) -> bool:
    return bool(turn.conversation.data["role"] == RoleKind.RIDER)


def _community(turn: Turn, area: Area | None) -> Reply:
    if area is not None and _is_rider(turn):
        _next(turn, State.RHYTHM, community=area.id)
        return Reply(riders.register_rhythm())
    if area is None or area.kind is not AreaKind.COMMUNITY:
        return _ask_community(turn, riders.register_area() if _is_rider(turn) else members.register_community())
    _next(turn, State.SKILLS, community=area.id)
    return _ask_skills(turn)


@routes(Meaning.ANSWER, state=State.RHYTHM)
def rhythm_told(turn: Turn) -> Reply:
    """At which hours they ride, beside the peaks of everybody."""
    busy = "" if _skipped(turn) else ride_times(turn.text)
    if busy is None:
        return Reply(riders.ride_times_unclear())
    _next(turn, State.RHYTHM, busy=busy)
    return _registered(turn, [])


def _ask_skills(turn: Turn) -> Reply:
    return Reply(
        members.register_skills(),
        tuple(Choice(skill, f"!skill {skill}") for skill in skills.of_categories(turn.world.categories)),
    )


@routes(Meaning.SKILL, state=State.SKILLS)
def skills_chosen(turn: Turn) -> Reply:
    """One or several numbers."""
    offered = skills.of_categories(turn.world.categories)
    chosen = {turn.inner} & set(offered)
    if turn.number is not None:
        numbers = [int(number) for number in re.findall(r"\d{1,3}", turn.number.words)]
        chosen |= {offered[number - 1] for number in numbers if 0 < number <= len(offered)}
    return _registered(turn, sorted(chosen)) if chosen else _ask_skills(turn)


@routes(Meaning.ANSWER, state=State.SKILLS)
def skills_told(turn: Turn) -> Reply:
    """In words: all of them, or those that are named, services too."""
    if turn.text.strip(" 。.") in members.ALL:
        return _registered(turn, skills.of_categories(turn.world.categories))
    named = skills.named(turn.world.categories, turn.text)
    return _registered(turn, named) if named or _skipped(turn) else _ask_skills(turn)


def _registered(turn: Turn, chosen: list[str]) -> Reply:
    """Everything is there: it is stored now, and staff confirm."""
    data, person = turn.conversation.data, turn.person
    kind, area = RoleKind(data["role"]), turn.session.get_one(Area, data["community"])
    person.name = data.get("name") or person.name
    if data.get("phone"):
        person.phone, person.consented_at = data["phone"], turn.now
    person.unit, person.platform = data.get("unit", person.unit), data.get("platform", person.platform)
    if chosen:
        people.set_skills(turn.session, person, chosen)
    dialogue.idle(turn)
    if kind is RoleKind.RIDER:
        people.grant(turn.session, person, kind, area.id, now=turn.now)
        known = registry.profile(turn.session, person)
        known.lat, known.lng = data.get("point") or (known.lat, known.lng)
        known.busy = data.get("busy", "")
        return Reply(riders.registered(person.name, area.name))
    people.grant(turn.session, person, kind, area.id, now=turn.now, status=RoleStatus.PENDING)
    for each in people.with_role(turn.session, [RoleKind.STAFF], area=area, category=""):
        outboxes.tell(
            turn.session,
            NoticeKind.REGISTRATION,
            each.id,
            now=turn.now,
            data={"name": person.name, "community": area.name},
            about_id=person.id,
        )
    return Reply(members.registered_pending(area.name))


@routes(Intent.QUIT)
def leave_roles(turn: Turn) -> Reply:
    """Out of every volunteer's role; what is in hand is handed on."""
    kinds = hand_on(turn, turn.person)
    return Reply(residents.quit_done(kinds) if kinds else residents.quit_nothing())


def hand_on(turn: Turn, person: Person) -> list[RoleKind]:
    """Ends a person's volunteer roles, gives their tasks back and declines what is offered."""
    kinds: list[RoleKind] = []
    for role in person.roles:
        if role.kind in (RoleKind.MEMBER, RoleKind.RIDER) and role.status is not RoleStatus.ENDED:
            role.status = RoleStatus.ENDED
            kinds.append(role.kind)
    posts.leave_all(turn.session, person, now=turn.now)
    give_back(turn, person)
    return kinds


def give_back(turn: Turn, person: Person) -> None:
    """Everything in somebody's hands goes back to the desk."""
    leaving.give_back(turn.session, person, now=turn.now)
