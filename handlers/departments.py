"""In chat: links for those without an account, the street's word on returns, and tasks pushed down to communities."""

from __future__ import annotations

from handlers.router import Routes
from handlers.staff import named_ticket, takers
from handlers.turn import Choice, Meaning, Reply, Turn
from models import departments, finding, links, pushing, transitions
from models.area import Area
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.party import Party
from models.ticket import Ticket, TicketState
from nlp.commands import Intent, word
from texts import members, staff

routes = Routes()

NOT_PASSED_ON = frozenset({TicketState.NEW, TicketState.OFFERED, TicketState.ACCEPTED})
"""In which a matter is with nobody whom a link could be for."""

MOST_NAMED = 8
"""So many communities or entries are named: more would not be read."""


@routes(Intent.LINK)
def link(turn: Turn) -> Reply:
    """A one-time link to pass on to whoever has no account; the address itself is said once and stored nowhere."""
    ticket = named_ticket(turn)
    if ticket.state in NOT_PASSED_ON:
        transitions.check(turn.session, ticket, Action.ASSIGN, by=turn.person)
        return Reply(staff.link_for_whom(ticket.short, takers(turn, ticket)))
    hours = turn.world.limits.link_hours
    token, party = links.make(turn.session, ticket, by=turn.person, now=turn.now, hours=hours)
    return Reply(staff.link(ticket.short, party, hours), once=f"{turn.world.public_url}/answer/{token}")


@routes(Intent.KEEP)
def keep(turn: Turn) -> Reply:
    """What was returned stays with them, with a reason."""
    ticket = named_ticket(turn)
    if not turn.rest:
        return Reply(members.reason_what(word(Intent.KEEP), ticket.short))
    name = departments.keep(turn.session, ticket, turn.rest, by=turn.person, now=turn.now)
    return Reply(staff.kept(ticket.short, name))


@routes(Intent.TAKE_IN)
def take_in(turn: Turn) -> Reply:
    """What was returned is for the community."""
    ticket = named_ticket(turn)
    departments.take_in(turn.session, ticket, turn.rest, by=turn.person, now=turn.now)
    return Reply(staff.taken_in(ticket.short))


# ---------------------------------------------------------------- pushed down


@routes(Intent.PUSH_DOWN)
def push_down(turn: Turn) -> Reply:
    """A department's own task for a community: on the list it goes there at once, off it the street may be asked."""
    name, _, words = turn.rest.strip().partition(" ")
    if not words.strip():
        mine = [area for area, _ in pushing.communities_of(turn.session, turn.person)]
        entries = dict.fromkeys(entry.name for entry in pushing.admitted(turn.session, mine))
        return Reply(staff.push_down_how([area.name for area in mine[:MOST_NAMED]], list(entries)[:MOST_NAMED]))
    community, party = pushing.community_named(turn.session, name, by=turn.person)
    made = pushing.push_down(
        turn.session, community, party, words, by=turn.person, channel=turn.message.channel, now=turn.now
    )
    if isinstance(made, Ticket):
        return Reply(staff.pushed_down(made.short, community.name))
    choices = (Choice(staff.ASK_STREET, f"!ask_street {made.id}"), Choice(staff.LEAVE_IT, word(Intent.CANCEL)))
    return Reply(staff.off_list(community.name), choices)


@routes(Meaning.ASK_STREET)
def ask_street(turn: Turn) -> Reply:
    """The street is asked to let it through."""
    pushing.ask_street(turn.session, turn.row(), by=turn.person, now=turn.now)
    return Reply(staff.street_asked())


def _wish(turn: Turn) -> int | None:
    """The number of the wish a command names."""
    serial = turn.command.serial if turn.command else None
    return finding.parse_number(serial)[1] if serial else None


def _wishes(turn: Turn) -> Reply:
    lines = [
        staff.wish_line(
            each.id,
            turn.session.get_one(Party, each.party_id).name,
            turn.session.get_one(Area, each.community_id).name,
            each.words,
        )
        for each in pushing.waiting(turn.session, turn.person)[:MOST_NAMED]
    ]
    return Reply(staff.wishes(lines))


@routes(Intent.GRANT)
def grant(turn: Turn) -> Reply:
    """The street lets a task through; without a number it sees what waits."""
    wish = _wish(turn)
    if wish is None:
        return _wishes(turn)
    ticket = pushing.decide(turn.session, wish, yes=True, by=turn.person, now=turn.now)
    if ticket is None:
        raise Refused(Refusal.NOT_FOUND, number="")
    return Reply(staff.granted(ticket.short))


@routes(Intent.DENY)
def deny(turn: Turn) -> Reply:
    """The street does not."""
    wish = _wish(turn)
    if wish is None:
        return _wishes(turn)
    pushing.decide(turn.session, wish, yes=False, by=turn.person, now=turn.now)
    return Reply(staff.denied())
