"""Points and service hours in the chat: taking part, families, hours given, and what points buy."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import accounts, certificates, finding, redeeming, sharing
from models.accounts import of_family, of_person
from models.errors import Refusal, Refused
from models.ledger import Unit
from models.ticket import Ticket
from nlp import commands
from nlp.commands import Intent
from texts import ledger

routes = Routes()

SHOWN_LINES = 3

# ---------------------------------------------------------------- taking part


def _offer() -> Reply:
    """Whoever does not take part is told what it is."""
    on, cancel = commands.word(Intent.LEDGER_ON), commands.word(Intent.CANCEL)
    return Reply(ledger.off(), (Choice(ledger.ON, on), Choice(ledger.NOT_NOW, cancel)))


@routes(Intent.LEDGER_ON)
def switch_on(turn: Turn) -> Reply:
    """From now on."""
    accounts.switch_on(turn.session, turn.person, now=turn.now)
    return Reply(ledger.switched_on())


@routes(Intent.LEDGER_OFF)
def switch_off(turn: Turn) -> Reply:
    """Off by one word."""
    accounts.switch_off(turn.session, turn.person)
    return Reply(ledger.switched_off())


@routes(Intent.POINTS)
def points(turn: Turn) -> Reply:
    """The balance, the last entries, what is over soon and what it buys."""
    if not accounts.is_on(turn.session, turn.person.id):
        return _offer()
    mine = of_person(turn.person.id)
    have = accounts.balance(turn.session, mine, Unit.POINTS)
    family_id = sharing.family_of(turn.session, turn.person)
    family = accounts.balance(turn.session, of_family(family_id), Unit.POINTS) if family_id else None
    before = accounts.expiry(turn.now, turn.world.ledger.expires_months, ahead=1)
    soon = sum(accounts.expiring(turn.session, before, only=mine).values())
    last = accounts.next_expiry(turn.now) - timedelta(days=1)
    in_stock = [each for each in redeeming.on_offer(turn.session, turn.person) if each.stock]
    buys = [ledger.buys(each.name, each.price) for each in in_stock[:3]]
    return Reply(ledger.points(have, family, _lines(turn, Unit.POINTS), buys, soon, last))


@routes(Intent.HOURS)
def hours(turn: Turn) -> Reply:
    """The same of service hours."""
    if not accounts.is_on(turn.session, turn.person.id):
        return _offer()
    have = accounts.balance(turn.session, of_person(turn.person.id), Unit.MINUTES)
    return Reply(ledger.hours(have, _lines(turn, Unit.MINUTES)))


def _lines(turn: Turn, unit: Unit) -> list[str]:
    found = accounts.lines(turn.session, of_person(turn.person.id), unit, most=SHOWN_LINES)
    return [
        ledger.entry(unit, each.posting.why, each.amount, each.posting.at, _short(turn, each.posting.ticket_id), "")
        for each in found
    ]


def _short(turn: Turn, ticket_id: int | None) -> str:
    return turn.session.get_one(Ticket, ticket_id).short if ticket_id else ""


# ---------------------------------------------------------------- family


@routes(Intent.FAMILY)
def family(turn: Turn) -> Reply:
    """What the family has; a number puts points in, a code joins."""
    command = turn.command
    if command is not None and command.digit is not None:
        source = f"put:{hashlib.sha256(turn.message.key.encode()).hexdigest()[:40]}"
        family_id = sharing.put_in(turn.session, command.digit, by=turn.person, now=turn.now, source=source)
        return Reply(ledger.put_in(command.digit, _family_has(turn, family_id)))
    if turn.rest:
        family_id = sharing.accept(turn.session, turn.rest, by=turn.person, now=turn.now)
        return Reply(ledger.family_joined(sharing.size(turn.session, family_id), _family_has(turn, family_id)))
    if not accounts.is_on(turn.session, turn.person.id):
        return _offer()
    found = sharing.family_of(turn.session, turn.person)
    if found is None:
        return Reply(ledger.no_family())
    return Reply(ledger.family(_family_has(turn, found), sharing.size(turn.session, found)))


def _family_has(turn: Turn, family_id: int) -> int:
    return accounts.balance(turn.session, of_family(family_id), Unit.POINTS)


@routes(Intent.FAMILY_INVITE)
def invite(turn: Turn) -> Reply:
    """A code for one more of the family; said once."""
    code = sharing.invite(turn.session, turn.person, now=turn.now)
    return Reply(ledger.family_code(), once=ledger.family_code_line(code))


@routes(Intent.FAMILY_LEAVE)
def leave(turn: Turn) -> Reply:
    """Out of it."""
    sharing.leave(turn.session, by=turn.person, now=turn.now)
    return Reply(ledger.family_left())


# ---------------------------------------------------------------- hours given


@routes(Intent.GIVE_HOURS)
def give(turn: Turn) -> Reply:
    """Asks the other of two people who met by a ticket; an hour unless another length is said."""
    command = turn.command
    length = commands.minutes(turn.rest) if turn.rest else 60
    if command is None or command.serial is None or length is None:
        return Reply(ledger.give_how())
    ticket = finding.find(turn.session, command.serial, by=turn.person)
    gift = sharing.offer_hours(turn.session, ticket, length, by=turn.person, now=turn.now)
    return Reply(ledger.gift_sent(gift.minutes))


@routes(Meaning.GIFT)
def gift(turn: Turn) -> Reply:
    """Taken or left."""
    takes = turn.inner.endswith(" yes")
    found = sharing.answer_gift(turn.session, turn.row(), takes=takes, by=turn.person, now=turn.now)
    return Reply(ledger.gift_taken(found.minutes) if takes else ledger.gift_left())


@routes(Intent.CERTIFICATE)
def certificate(turn: Turn) -> Reply:
    """The hours served, in writing; the address holds the code and is said once."""
    accounts.need_on(turn.session, turn.person)
    made, code = certificates.issue(turn.session, turn.person, now=turn.now)
    address = f"{turn.world.public_url.rstrip('/')}/certificate/{code}"
    return Reply(ledger.certificate_made(made.minutes), once=ledger.certificate_line(address))


# ---------------------------------------------------------------- goods


@routes(Intent.REDEEM)
def redeem(turn: Turn) -> Reply:
    """What points buy, by numbers; a number reserves one."""
    found = redeeming.on_offer(turn.session, turn.person)
    if turn.command is not None and turn.command.digit is not None:
        if not 0 < turn.command.digit <= len(found):
            raise Refused(Refusal.NO_SUCH_GOODS)
        return _reserve(turn, found[turn.command.digit - 1].id)
    if not accounts.is_on(turn.session, turn.person.id):
        return _offer()
    if not found:
        return Reply(ledger.no_goods())
    family_id = sharing.family_of(turn.session, turn.person)
    own = accounts.balance(turn.session, of_person(turn.person.id), Unit.POINTS)
    have = max(own, _family_has(turn, family_id) if family_id else 0)
    # The number a choice stands for may be somebody else's goods by the time it is tapped: the choice names the goods.
    choices = tuple(Choice(ledger.goods_line(each.name, each.price, each.stock), f"!goods {each.id}") for each in found)
    return Reply(ledger.goods(have), choices)


@routes(Meaning.GOODS)
def chosen(turn: Turn) -> Reply:
    """One of the list."""
    return _reserve(turn, turn.row())


def _reserve(turn: Turn, goods_id: int) -> Reply:
    made, code = redeeming.reserve(
        turn.session, goods_id, by=turn.person, now=turn.now, days=turn.world.ledger.code_days
    )
    goods = made.goods
    told = ledger.reserved(goods.name, made.price, goods.place, made.expires_at, family=made.family_id is not None)
    return Reply(told, once=ledger.code(code))


@routes(Intent.CODE_AGAIN)
def code_again(turn: Turn) -> Reply:
    """Another code for what is put aside."""
    made, code = redeeming.code_again(turn.session, by=turn.person, now=turn.now)
    return Reply(ledger.new_code(made.goods.name), once=ledger.code(code))


@routes(Intent.CANCEL_REDEMPTION)
def cancel(turn: Turn) -> Reply:
    """Not wanted any more."""
    made = redeeming.cancel(turn.session, by=turn.person, now=turn.now)
    return Reply(ledger.cancelled(made.goods.name, made.price))


@routes(Intent.HAND_OVER)
def hand_over(turn: Turn) -> Reply:
    """A merchant or staff have seen somebody's code."""
    if not turn.rest:
        return Reply(ledger.hand_over_how())
    made = redeeming.hand_over(turn.session, turn.rest, by=turn.person, now=turn.now)
    return Reply(ledger.handed_over(made.goods.name))
