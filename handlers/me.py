"""Who one is and where one lives: home, grid worker, binding, leaving, erasing, and the manners of a chat."""

from __future__ import annotations

from handlers import dialogue, member, posts, report
from handlers.meaning import LOOKS_UP, could_mean, is_disturbed, last_question
from handlers.router import Routes
from handlers.turn import Choice, Meaning, MessageKind, Reply, Turn
from models import areas, ballots, chats, finding, people, redeeming, riders, sharing, tickets
from models.area import Area, AreaKind
from models.conversation import State
from models.errors import Refusal, Refused
from models.person import CodeKind, Person, RoleKind
from nlp import commands
from nlp.commands import Intent
from nlp.kinds import is_nod
from nlp.normal import normal
from texts import members, residents, staff

routes = Routes()

BIND_MINUTES = 10

HOMES = (AreaKind.ESTATE, AreaKind.BUILDING)
"""Where somebody can live."""


# ---------------------------------------------------------------- home


@routes(Intent.MY_HOME)
def my_home(turn: Turn) -> Reply:
    """Binds the home once: a printed door code, or the estate and building in words."""
    if turn.rest:
        return _home(turn, turn.rest)
    dialogue.wait(turn, State.HOME)
    return Reply(residents.home_ask())


@routes(Meaning.ANSWER, state=State.HOME)
def home_told(turn: Turn) -> Reply:
    """The home that was asked for."""
    return _home(turn, turn.text)


@routes(Meaning.SCAN)
def scanned(turn: Turn) -> Reply:
    """The code of a place: what is said next is about it. Whoever lives there says so; it is not taken for granted."""
    area = areas.by_scene(turn.session, turn.message.scene)
    return _stands_at(turn, area) if area else Reply(residents.greeting())


def _stands_at(turn: Turn, area: Area) -> Reply:
    state, name = turn.conversation.state, areas.full_name(turn.session, area)
    if state is State.PLACE:
        return report.told_by_code(turn, area)
    if state is State.HOME and area.kind in HOMES:
        return _bound_home(turn, area, "")
    if state is State.HANDED_OVER:
        return Reply(residents.scanned_with_staff(name))
    if state is not State.IDLE:
        return Reply(residents.scanned_meanwhile(name))
    dialogue.stand_at(turn, area.id)
    if area.kind not in HOMES or turn.person.home_area_id == area.id:
        return Reply(residents.stands_at(name))
    return Reply(residents.stands_at(name), (Choice(residents.LIVES_HERE, f"!lives {area.id}"),))


@routes(Meaning.LIVES)
def lives_here(turn: Turn) -> Reply:
    """They do live where they scanned."""
    area = turn.session.get(Area, turn.row())
    if area is None or area.kind not in HOMES or area.closed_at is not None:
        return Reply(residents.stale())
    return _bound_home(turn, area, "")


def _home(turn: Turn, said: str) -> Reply:
    area = areas.by_code(turn.session, said)
    room = ""
    if area is None:
        place = turn.world.understander.understand(said).place
        area = turn.session.get(Area, place.area_id) if place and place.area_id else None
        room = (place.room or "") if place else ""
    if area is None or area.kind not in HOMES:
        dialogue.wait(turn, State.HOME)
        return Reply(residents.home_unknown(said))
    return _bound_home(turn, area, room)


def _bound_home(turn: Turn, area: Area, room: str) -> Reply:
    turn.person.home_area_id = area.id
    dialogue.idle(turn)
    name = areas.full_name(turn.session, area)
    if room:
        # The room is personal: it waits in the choice until the person agrees.
        return Reply(
            residents.home_room_consent(name),
            (
                Choice(residents.CONSENT_CHOICES[0], f"!consent {room}"),
                Choice(residents.CONSENT_CHOICES[1], "!consent"),
            ),
        )
    chain = _chain(turn, area)
    return Reply(residents.home_kept(name, chain[0][2] if chain else ""))


@routes(Meaning.CONSENT)
def consent(turn: Turn) -> Reply:
    """Whether the room number may be kept."""
    if not turn.inner:
        return Reply(residents.room_not_kept())
    turn.person.home_room, turn.person.consented_at = turn.inner[:40], turn.now
    return Reply(residents.room_kept())


@routes(Intent.MY_GRID)
def my_grid(turn: Turn) -> Reply:
    """Who looks after the building, from near to far (四级包联)."""
    area = turn.session.get(Area, turn.person.home_area_id) if turn.person.home_area_id else None
    if area is None:
        dialogue.wait(turn, State.HOME)
        return Reply(residents.home_ask())
    name = areas.full_name(turn.session, area)
    chain = _chain(turn, area)
    return Reply(residents.my_grid(name, chain) if chain else residents.my_grid_none(name))


def _chain(turn: Turn, area: Area) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for node in areas.ancestors(turn.session, area):
        for person_id, title in (
            (node.grid_worker_id, residents.GRID_WORKER),
            (node.secretary_id, residents.SECRETARY),
        ):
            person = turn.session.get(Person, person_id) if person_id else None
            if person is not None and person.name and person.name not in [known for _, _, known in found]:
                found.append((node.name, title, person.name))
    return found


# ---------------------------------------------------------------- binding and erasing


@routes(Intent.BIND)
def bind(turn: Turn) -> Reply:
    """One person, two platforms, joined by a code that is made on one side and typed on the other."""
    if not turn.rest:
        code = people.new_code(turn.session, CodeKind.BIND, now=turn.now, minutes=BIND_MINUTES, person=turn.person)
        return Reply(residents.bind_code(code, BIND_MINUTES))
    code_row = people.use_code(turn.session, turn.rest, CodeKind.BIND, now=turn.now)
    if code_row.person_id in (None, turn.person.id):
        code_row.uses_left += 1
        return Reply(residents.bound_to_self())
    keep = turn.session.get_one(Person, code_row.person_id)
    sharing.join(turn.session, keep, turn.person, now=turn.now)
    riders.join(turn.session, keep, turn.person)
    ballots.join(turn.session, keep, turn.person, key=turn.world.ballot_key)
    people.join(turn.session, keep, turn.person)
    return Reply(residents.bound())


@routes(Intent.ERASE_ME)
def erase_ask(turn: Turn) -> Reply:
    """Explains before it erases."""
    return Reply(
        residents.erase_ask(),
        (Choice(residents.ERASE_CHOICES[0], "!erase yes"), Choice(residents.ERASE_CHOICES[1], "!erase no")),
    )


@routes(Meaning.ERASE)
def erase(turn: Turn) -> Reply:
    """Erases after a yes: live reports are withdrawn, tasks handed on, words and names taken away."""
    was_open = dialogue.close_menus(turn)
    if turn.inner != "yes":
        return Reply(residents.not_erased())
    if turn.number is None and not was_open:
        # An old message tapped by accident: what cannot be taken back is asked again.
        return Reply(residents.stale())
    if turn.number is not None and any(is_disturbed(turn, each) for each in turn.questions):
        return erase_ask(turn)
    person = turn.person
    for ticket in finding.own_live(turn.session, person, most=200):
        tickets.withdraw(turn.session, ticket, "", by=person, now=turn.now)
    member.hand_on(turn, person)
    redeeming.leave_all(turn.session, person, now=turn.now)
    riders.erase(turn.session, person, now=turn.now)
    ballots.erase(turn.session, person, key=turn.world.ballot_key, now=turn.now)
    people.erase(turn.session, person, now=turn.now)
    return Reply(residents.erased())


# ---------------------------------------------------------------- manners and ways out


@routes(Intent.HELP)
def help_(turn: Turn) -> Reply:
    """What one can do here, by role."""
    parts = [residents.help_resident(turn.world.site_name)]
    if people.has_role(turn.person, RoleKind.MEMBER, RoleKind.GRID, RoleKind.PROPERTY):
        parts.append(staff.HELP_MEMBER)
    if people.has_role(turn.person, RoleKind.RIDER):
        parts.append(staff.HELP_RIDER)
    if people.has_role(turn.person, *people.STAFF_KINDS):
        parts.append(staff.HELP)
    if people.has_role(turn.person, RoleKind.STREET, RoleKind.ADMIN):
        parts.append(staff.HELP_STREET)
    if people.has_role(turn.person, RoleKind.DEPARTMENT):
        parts.append(staff.HELP_DEPARTMENT)
    return Reply("\n".join(parts))


@routes(Intent.CANCEL)
def cancel(turn: Turn) -> Reply:
    """Leaves whatever is going on; a reported matter is taken back by its own command."""
    if turn.command and turn.command.serial:
        return Reply(residents.nothing_to_cancel())
    was = turn.conversation.state
    menus = dialogue.close_menus(turn)
    if was is State.HANDED_OVER:
        chats.tell_left(turn.session, turn.conversation, now=turn.now)
    dialogue.idle(turn)
    if was is State.HANDED_OVER:
        return Reply(residents.back_from_staff())
    return Reply(residents.cancelled() if was is not State.IDLE or menus else residents.nothing_to_cancel())


def _end_look_up(turn: Turn) -> None:
    """Whoever has no more than manners for an answer looks for nothing any more."""
    if turn.conversation.state in LOOKS_UP:
        dialogue.idle(turn)


@routes(Meaning.GREETING)
def greeting(turn: Turn) -> Reply:
    """Good day."""
    _end_look_up(turn)
    return Reply(residents.greeting())


@routes(Meaning.THANKS)
def thanks(turn: Turn) -> Reply:
    """You are welcome."""
    _end_look_up(turn)
    if is_nod(normal(turn.text)):
        is_waiting = turn.conversation.state is not State.IDLE or last_question(turn) is not None
        return Reply(residents.nodded(is_waiting=is_waiting))
    return Reply(residents.thanks())


@routes(Meaning.GRUMBLE)
def grumble(turn: Turn) -> Reply:
    """Whoever is cross and names no matter is asked for it, and may have a human, or see how theirs stands."""
    return Reply(residents.scolded(), (_way_on(Intent.HUMAN), _way_on(Intent.PROGRESS)))


@routes(Meaning.NOISE)
def noise(turn: Turn) -> Reply:
    """Whoever said no word is asked for some."""
    return Reply(residents.what_is_it(), (_way_on(Intent.HELP), _way_on(Intent.HUMAN)))


def _way_on(intent: Intent) -> Choice:
    return Choice(residents.WAYS_ON[intent.value], commands.word(intent))


@routes(Meaning.FOLLOW)
def follow(turn: Turn) -> Reply:
    """A new follower; one who scanned a place's code stands there."""
    area = areas.by_scene(turn.session, turn.message.scene)
    welcome = residents.welcome(turn.world.site_name)
    if area is None:
        return Reply(welcome)
    here = _stands_at(turn, area)
    return Reply(f"{welcome.partition(chr(10))[0]}\n{here.text}", here.choices)


@routes(Meaning.ENTER, Meaning.NOTHING)
def silent(turn: Turn) -> Reply:
    """Nothing to say."""
    return Reply()


@routes(Meaning.UNFOLLOW)
def unfollow(turn: Turn) -> Reply:
    """Gone from this channel; with no other way to reach them, their tasks are handed on."""
    turn.identity.reachable = False
    turn.identity.window_left = 0
    if not any(each.reachable for each in turn.person.identities):
        member.give_back(turn, turn.person)
    return Reply()


# ---------------------------------------------------------------- numbers and slips


@routes(Meaning.DIGIT)
def digit(turn: Turn) -> Reply:
    """A number that answers nothing, or is beyond the choices, which are shown again."""
    number = turn.number.number if turn.number else 0
    if not turn.questions:
        return Reply(residents.no_question(number))
    choices = tuple(Choice(label, said) for label, said in turn.questions[0].choices["list"])
    return Reply(residents.choose_within(len(choices)), choices)


@routes(Meaning.WHICH)
def which(turn: Turn) -> Reply:
    """A number that several questions could mean: nothing is changed, and the bot asks; it says what an offer is."""
    offered = {each.number: each for each in finding.open_offers(turn.session, turn.person)}
    choices = []
    for _, choice in could_mean(turn):
        said = choice.command
        number = said.split(" ")[1] if " " in said and not said.startswith("!") else ""
        ticket = offered.get(number)
        if ticket is not None and choice.label.startswith(ticket.short):
            label = choice.label  # of a list that says what it is
        elif ticket is not None:
            label = members.offer_choice(member.about_offer(turn, ticket), choice.label)
        else:
            label = f"{number[-4:] + '：' if number else ''}{choice.label}"
        choices.append(Choice(label, said))
    return Reply(residents.which_question(), tuple(choices[:9]), asks_which=True)


@routes(Meaning.TYPO)
def typo(turn: Turn) -> Reply:
    """A slip in a command: the bot asks instead of guessing."""
    suggestion = turn.suggestion
    return Reply(residents.typo(suggestion), (Choice(residents.YES, suggestion),))


@routes(Meaning.NO_ROLE)
def no_role(turn: Turn) -> Reply:
    """What needs a role is not done, and how to get one is told."""
    command = commands.parse(turn.text, roles=frozenset(RoleKind))
    if command is not None and command.intent in posts.INTENTS:
        return posts.for_members(turn)
    raise Refused(Refusal.NO_ROLE, department=people.has_role(turn.person, RoleKind.DEPARTMENT))


NOT_YET = (
    Intent.TOPICS,
    Intent.AGREE,
    Intent.DISAGREE,
)


@routes(*NOT_YET)
def not_yet(turn: Turn) -> Reply:
    """An honest word about what is still being built."""
    intent = turn.command.intent if turn.command else Intent.HELP
    return Reply(residents.not_yet(commands.word(intent)))


@routes(Meaning.STALE)
@routes()
def fallback(turn: Turn) -> Reply:
    """A tap on something that is over; words never get here, they have a route of their own."""
    if turn.message.kind is MessageKind.EVENT and turn.message.tap is None:
        return Reply()
    return Reply(residents.stale())
