"""Whose turn it is to lead a joint area: worked out from the calendar alone, so that it can never drift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models import areas, batch, transitions
from models.area import Area
from models.clock import local
from models.errors import Refusal, Refused
from models.joint import JointArea, JointNode, Turn
from models.lifecycle import Action
from models.ticket import Ticket, TicketState

_DAYS = {Turn.DAY: 1, Turn.WEEK: 7}


def add(session: Session, name: str, nodes: Sequence[Area], *, turn: Turn, begins: date) -> JointArea:
    """Joins nodes that lie in two communities or more. Raises Refused: NO_SUCH_COMMUNITY for fewer, NAME_TAKEN for a
    name or a node that is in a joint area already.
    """
    led_by = {areas.community_of(session, each.id) for each in nodes} - {None}
    if len(led_by) < 2:
        raise Refused(Refusal.NO_SUCH_COMMUNITY, name=name)
    taken = select(JointNode.area_id).where(JointNode.area_id.in_([each.id for each in nodes]))
    if session.scalar(select(JointArea.id).where(JointArea.name == name)) or session.scalar(taken.limit(1)):
        raise Refused(Refusal.NAME_TAKEN, name=name)
    # A week's turn begins on the weekday of its first day.
    joint = JointArea(name=name, turn=turn, begins=begins)
    joint.nodes = [JointNode(area_id=each.id, position=place) for place, each in enumerate(nodes)]
    session.add(joint)
    session.flush()
    return joint


def remove(session: Session, joint: JointArea) -> None:
    """It is no joint area any more; tickets keep the desk they have."""
    session.delete(joint)
    session.flush()


def every(session: Session) -> Sequence[JointArea]:
    """All joint areas with their nodes."""
    return session.scalars(select(JointArea).order_by(JointArea.id).options(selectinload(JointArea.nodes))).all()


def communities(session: Session, joint: JointArea) -> list[int]:
    """The ids of the communities that take turns, in their order."""
    found = [areas.community_of(session, node.area_id) for node in joint.nodes]
    return list(dict.fromkeys(each for each in found if each is not None))


def lead(session: Session, joint: JointArea, day: date) -> int:
    """The id of the community whose turn a day is."""
    return turn_of(joint, day, communities(session, joint))


def turn_of(joint: JointArea, day: date, turns: Sequence[int]) -> int:
    """Which of `turns` a day is, before the first turn too."""
    return turns[((day - joint.begins).days // _DAYS[joint.turn]) % len(turns)]


def around(session: Session, area_id: int | None) -> JointArea | None:
    """The joint area a place lies in; of nested ones the nearest."""
    area = session.get(Area, area_id) if area_id else None
    if area is None:
        return None
    # There are few of them, and dispatch asks for every new ticket.
    nodes = batch.once(session, around, lambda: session.scalars(select(JointNode)).all())
    joint_of = {node.area_id: node.joint_id for node in nodes}
    nearest = next((joint_of[each] for each in reversed(areas.ids_on(area.path)) if each in joint_of), None)
    return session.get(JointArea, nearest) if nearest is not None else None


def lead_of(session: Session, area_id: int | None, opened_at: datetime) -> int | None:
    """Whose desk a matter of this place and moment comes to; None outside every joint area."""
    joint = around(session, area_id)
    return lead(session, joint, local(opened_at).date()) if joint is not None else None


def give_lead(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """A new ticket in a joint area comes to the desk whose turn it was when it was told, and stays there."""
    if ticket.lead_id is not None or ticket.state is not TicketState.NEW:
        return
    joint = around(session, ticket.area_id)
    if joint is None:
        return
    leading = lead(session, joint, local(ticket.opened_at).date())
    name = session.get_one(Area, leading).name
    transitions.perform(
        session,
        ticket,
        Action.LEAD,
        by=None,
        now=now,
        facts={"joint": joint.name, "lead": leading, "name": name},
        changes={"lead_id": leading},
    )
