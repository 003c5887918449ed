"""A human takes over (人工): the bot is silent until staff hand back, the person leaves, or half an hour passes."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import dialogue, report
from handlers.router import Routes
from handlers.turn import Meaning, Reply, Turn, as_row
from models import opening, outboxes, people
from models.area import Area
from models.calendar import in_office_hours, next_opening
from models.conversation import Conversation, State
from models.errors import Refusal, Refused
from models.outbox import NoticeKind
from models.person import Person, RoleKind
from models.ticket import TicketKind
from nlp.commands import Intent
from texts import residents, staff

routes = Routes()


def _on_duty(turn: Turn, person: Person) -> Sequence[Person]:
    area = turn.session.get(Area, person.home_area_id) if person.home_area_id else None
    found = people.with_role(turn.session, [RoleKind.STAFF], area=area, category="")
    return found or people.with_role(turn.session, [RoleKind.STAFF, RoleKind.STREET], area=None, category="")


def _tell_staff(turn: Turn, kind: NoticeKind, text: str) -> None:
    """To everybody on duty until one of them answered, from then on to that one."""
    conversation = turn.conversation
    answering = conversation.data.get("staff")
    everybody = [each.id for each in _on_duty(turn, turn.person) if each.id != turn.person.id]
    for person_id in [answering] if answering else everybody:
        outboxes.tell(
            turn.session,
            kind,
            person_id,
            now=turn.now,
            data={
                "code": f"{conversation.id:04d}",
                "name": turn.person.name or residents.NEIGHBOUR,
                "text": text,
            },
            about_id=turn.person.id,
        )


@routes(Intent.HUMAN)
def human(turn: Turn) -> Reply:
    """In office hours staff take over at once; otherwise a ticket waits for them."""
    limits = turn.world.limits
    opens = next_opening(turn.now, limits.opens)
    if not in_office_hours(turn.now, limits.opens, limits.closes):
        ticket = opening.open_ticket(
            turn.session,
            opening.Report(words=turn.rest or turn.text, kind=TicketKind.INQUIRY, area_id=turn.person.home_area_id),
            by=turn.person,
            channel=turn.message.channel,
            now=turn.now,
        )
        dialogue.remember(turn, ticket)
        dialogue.wait(turn, State.ADDITION, ticket=ticket.id)
        return Reply(residents.handed_over_off_hours(ticket.number, opens=opens, now=turn.now))
    dialogue.wait(turn, State.HANDED_OVER, minutes=limits.handover_minutes)
    _tell_staff(turn, NoticeKind.HANDED_OVER, "")
    if turn.rest:
        _tell_staff(turn, NoticeKind.HANDOVER_WORDS, turn.rest)
    return Reply(residents.handed_over("", open_now=True, opens=opens, now=turn.now))


@routes(Meaning.TO_STAFF)
def to_staff(turn: Turn) -> Reply:
    """Everything said goes to staff; the bot is silent."""
    dialogue.wait(turn, State.HANDED_OVER, minutes=turn.world.limits.handover_minutes, **turn.conversation.data)
    if turn.message.kind in report.MEDIA:
        report.keep(turn)
    text = turn.text or residents.SENT[turn.message.kind.value]
    _tell_staff(turn, NoticeKind.HANDOVER_WORDS, text)
    return Reply()


def _chat(turn: Turn) -> tuple[Conversation, Person]:
    """The handed-over chat a staff member names by its number. Raises Refused."""
    code = (turn.command.serial if turn.command else None) or ""
    conversation = turn.session.get(Conversation, as_row(code))
    if conversation is None or conversation.state is not State.HANDED_OVER:
        raise Refused(Refusal.NOT_FOUND, number=code)
    person = turn.session.get_one(Person, conversation.person_id)
    if turn.person.id not in [each.id for each in _on_duty(turn, person)]:
        raise Refused(Refusal.NOT_FOUND, number=code)
    return conversation, person


@routes(Intent.REPLY)
def reply(turn: Turn) -> Reply:
    """Staff answer from their own chat."""
    if not turn.rest or not turn.command or not turn.command.serial:
        return Reply(staff.reply_how())
    conversation, person = _chat(turn)
    conversation.data = {**conversation.data, "staff": turn.person.id}
    outboxes.tell(
        turn.session,
        NoticeKind.STAFF_REPLY,
        person.id,
        now=turn.now,
        data={"by": turn.person.id, "text": turn.rest},
        channel=conversation.channel,
    )
    return Reply(staff.replied(person.name or residents.NEIGHBOUR))


@routes(Intent.HAND_BACK)
def hand_back(turn: Turn) -> Reply:
    """Staff are done; the bot speaks again."""
    conversation, person = _chat(turn)
    conversation.state, conversation.data, conversation.expires_at = State.IDLE, {}, None
    outboxes.tell(turn.session, NoticeKind.HANDED_BACK, person.id, now=turn.now, channel=conversation.channel)
    return Reply(staff.handed_back(person.name or residents.NEIGHBOUR))
