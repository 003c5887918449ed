"""Standing posts: which there are and are free, taking one on (认岗) and giving it up (退岗), and who holds them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from models import areas, finding, outboxes, people, riders
from models.area import Area, AreaKind
from models.category import Category, First
from models.clock import local
from models.errors import Refusal, Refused
from models.outbox import NoticeKind
from models.person import Person, RoleKind, RoleStatus
from models.post import Post
from models.rider import Title, TitleKind
from models.slips import Slip, Slipped
from models.ticket import Ticket

TERM = timedelta(days=365)
"""So long somebody holds a post; whoever wants to go on takes it on again."""
NOTICE = timedelta(days=14)
"""So long before its last day its holder and the desk are told."""
NAMED = 3
"""How many posts one message to a desk names."""

MOST_WANTED = 50
SHORTEST_NAME, LONGEST_NAME = 2, 20
LONGEST_WORDS = 120
SHOWN = 5
LATELY = timedelta(days=90)
"""How often something comes up is counted over this time."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A post as it is entered."""

    name: str
    area_id: int
    categories: Sequence[str]
    wanted: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class Free:
    """A post that looks for somebody: how many are missing, and how many such matters there were lately."""

    post: Post
    place: str
    missing: int
    lately: int


# ---------------------------------------------------------------- what the desk does


def make(session: Session, draft: Draft, *, now: datetime) -> Post:
    """A new post. Raises Slipped, Refused(NAME_TAKEN)."""
    post = Post(active=True, made_at=now)
    _put(session, post, draft)
    session.add(post)
    session.flush()
    return post


def change(session: Session, post: Post, draft: Draft) -> None:
    """Another name, other matters, more or fewer people; nobody who holds it loses it. Raises Slipped,
    Refused(NAME_TAKEN).
    """
    _put(session, post, draft)
    moved = select(Title).where(Title.post_id == post.id, Title.area_id != draft.area_id)
    for title in session.scalars(moved):
        title.area_id = draft.area_id
    session.flush()


def _check(session: Session, draft: Draft) -> None:
    if not SHORTEST_NAME <= len(draft.name) <= LONGEST_NAME:
        raise Slipped(Slip.POST_NAME, "name", least=SHORTEST_NAME, most=LONGEST_NAME)
    if not 1 <= draft.wanted <= MOST_WANTED:
        raise Slipped(Slip.WANTED, "wanted", most=MOST_WANTED)
    if len(draft.words) > LONGEST_WORDS:
        raise Slipped(Slip.LONG, "words", most=LONGEST_WORDS)
    if not draft.categories:
        raise Slipped(Slip.MISSING, "categories")
    never = select(Category.name).where(Category.code.in_(draft.categories), Category.offerable.is_(False))
    for name in session.scalars(never.order_by(Category.code).limit(1)):
        raise Slipped(Slip.POST_CATEGORY, "categories", name=name)


def _put(session: Session, post: Post, draft: Draft) -> None:
    _check(session, draft)
    same = select(Post.id).where(Post.area_id == draft.area_id, Post.name == draft.name)
    if session.scalar(same.where(Post.id != post.id) if post.id else same) is not None:
        raise Refused(Refusal.NAME_TAKEN, name=draft.name)
    post.name, post.area_id, post.words = draft.name, draft.area_id, draft.words
    post.wanted = draft.wanted
    if list(draft.categories) != post.categories:
        post.categories = list(draft.categories)


def close(session: Session, post: Post, *, now: datetime) -> None:
    """Nobody holds it any more; what its holders have in hand stays with them."""
    post.active = False
    for title in session.scalars(select(Title).where(Title.post_id == post.id, riders.in_force(local(now).date()))):
        end(session, title, now=now)
    session.flush()


def end(session: Session, title: Title, *, now: datetime) -> None:
    """The desk ends what somebody holds, and they are told once."""
    if title.ended_at is not None or title.post_id is None:
        return
    riders.end_title(session, title, now=now)
    name = session.get_one(Post, title.post_id).name
    data = {"name": name, "days": days_held(title, now=now)}
    outboxes.tell(session, NoticeKind.POST_OVER, title.person_id, now=now, data=data)


def days_held(title: Title, *, now: datetime) -> int:
    """For how many days somebody has held a post, 0 on the first."""
    return (local(now).date() - title.since).days


def inside(session: Session, condition: ColumnElement[bool], *, most: int) -> Sequence[tuple[Post, Area]]:
    """The posts of areas, those that are open first, by area and name."""
    rows = session.execute(
        select(Post, Area)
        .join(Area, Area.id == Post.area_id)
        .where(condition)
        .order_by(Post.active.desc(), Area.path, Post.name, Post.id)
        .limit(most)
    )
    return [(post, area) for post, area in rows]


def holders(session: Session, post_ids: Collection[int], *, day: date) -> dict[int, list[tuple[Title, Person]]]:
    """Who holds each of some posts on a day, first come first."""
    rows = session.execute(
        select(Title, Person)
        .join(Person, Person.id == Title.person_id)
        .where(Title.post_id.in_(post_ids), riders.in_force(day))
        .order_by(Title.since, Title.id)
    )
    found: dict[int, dict[int, tuple[Title, Person]]] = {}
    for title, person in rows:
        # Two accounts that became one person may have held it both.
        if title.post_id is not None:
            found.setdefault(title.post_id, {}).setdefault(person.id, (title, person))
    return {post_id: list(held.values()) for post_id, held in found.items()}


# ---------------------------------------------------------------- the last day


def _ends(now: datetime) -> ColumnElement[bool]:
    """The condition for holdings whose last day comes and of which nobody was told yet."""
    today = local(now).date()
    untold = or_(Title.warned_for.is_(None), Title.warned_for != Title.until)
    return and_(Title.post_id.is_not(None), riders.in_force(today), Title.until <= today + NOTICE, untold)


def to_warn(session: Session, *, now: datetime, most: int) -> Sequence[int]:
    """The communities, and the areas above them, whose desks and holders are to be told of a last day."""
    ending = select(Area.path).join(Title, Title.area_id == Area.id).where(_ends(now)).distinct()
    paths = [areas.ids_on(path) for path in session.scalars(ending.order_by(Area.path).limit(most))]
    known = select(Area.id).where(Area.id.in_({each for path in paths for each in path}))
    communities = frozenset(session.scalars(known.where(Area.kind == AreaKind.COMMUNITY)))
    return list(dict.fromkeys(next((each for each in path if each in communities), path[-1]) for path in paths))


def warn(session: Session, area_id: int, *, now: datetime) -> bool:
    """Tells the holders of posts in a community, or of an area above it, of their last day, once for each, and its desk
    of all of them together; gives whether there was any.
    """
    area = session.get_one(Area, area_id)
    here = Area.path.startswith(area.path) if area.kind is AreaKind.COMMUNITY else Area.id == area_id
    found = session.execute(
        select(Title, Post, Area)
        .join(Post, Post.id == Title.post_id)
        .join(Area, Area.id == Title.area_id)
        .where(_ends(now), here)
        .order_by(Title.until, Title.id)
        .with_for_update(of=Title)
    ).all()
    ending: list[dict[str, Any]] = []
    for title, post, place in found:
        title.warned_for = title.until
        facts = {"name": post.name, "where": areas.full_name(session, place), "last": title.until.isoformat()}
        ending.append(facts)
        data = {**facts, "post": post.id, "title": title.id}
        outboxes.tell(session, NoticeKind.POST_ENDS, title.person_id, now=now, data=data)
    for person in _desk(session, area) if ending else ():
        data = {"ending": ending[:NAMED], "count": len(ending)}
        outboxes.tell(session, NoticeKind.POST_ENDS, person.id, now=now, data=data)
    return bool(ending)


def _desk(session: Session, area: Area) -> Sequence[Person]:
    found = people.with_role(session, [RoleKind.STAFF], area=area)
    return found or people.with_role(session, [RoleKind.STREET, RoleKind.ADMIN], area=area)


def still_ends(session: Session, data: Mapping[str, Any], *, now: datetime) -> bool:
    """Whether the last day of which a notice tells is still to come: it may have been moved, or the post given up."""
    if "title" not in data:
        return True
    title = session.get(Title, data["title"])
    if title is None or title.ended_at is not None:
        return False
    return title.until.isoformat() == data["last"] and title.until >= local(now).date()


# ---------------------------------------------------------------- what members do


def free_near(session: Session, person: Person, *, now: datetime, named: str = "") -> Sequence[Free]:
    """Posts that somebody may take on, those with `named` in their name: around their home, nearest first, then where
    they help.
    """
    if person.minor:
        return ()
    held = select(Title.post_id).where(
        Title.person_id == person.id, Title.post_id.is_not(None), riders.in_force(local(now).date())
    )
    count = (
        select(func.count(Title.person_id.distinct()))
        .where(Title.post_id == Post.id, riders.in_force(local(now).date()))
        .scalar_subquery()
    )
    home = _home_path(session, person)
    rows = session.execute(
        select(Post, Area, Post.wanted - count)
        .join(Area, Area.id == Post.area_id)
        .where(
            Post.active.is_(True),
            Area.closed_at.is_(None),
            Post.id.not_in(held),
            Post.wanted > count,
            _near(session, person, home),
            Post.name.contains(named, autoescape=True),
        )
        .order_by(Area.id.in_(home).desc(), func.length(Area.path).desc(), Area.path, Post.id)
        .limit(SHOWN)
    ).all()
    return [
        Free(post, areas.full_name(session, area), missing, _lately(session, post, area, now=now))
        for post, area, missing in rows
    ]


def is_only_near(session: Session, person: Person, named: str) -> bool:
    """Whether a name means one post at most around somebody's home and where they help, held by others or free."""
    found = session.scalars(
        select(Post.id)
        .join(Area, Area.id == Post.area_id)
        .where(
            Post.active.is_(True),
            Area.closed_at.is_(None),
            _near(session, person, _home_path(session, person)),
            Post.name.contains(named, autoescape=True),
        )
        .limit(2)
    )
    return len(found.all()) < 2


def _home_path(session: Session, person: Person) -> list[int]:
    home = session.get(Area, person.home_area_id) if person.home_area_id else None
    return areas.ids_on(home.path) if home is not None else []


def _near(session: Session, person: Person, home: Sequence[int]) -> ColumnElement[bool]:
    """The condition for areas around somebody's home, and around or in those of their roles."""
    roles = [role.area_id for role in person.roles if role.status is RoleStatus.ACTIVE]
    paths = session.scalars(select(Area.path).where(Area.id.in_(roles))).all()
    around = {*home, *(each for path in paths for each in areas.ids_on(path))}
    return or_(Area.id.in_(around), *(Area.path.startswith(path) for path in paths))


def _lately(session: Session, post: Post, area: Area, *, now: datetime) -> int:
    return (
        session.scalar(
            select(func.count(Ticket.id))
            .join(Area, Area.id == Ticket.area_id)
            .where(
                Area.path.startswith(area.path),
                Ticket.category.in_(post.categories),
                Ticket.opened_at >= now - LATELY,
            )
        )
        or 0
    )


def claim(session: Session, post_id: int, *, by: Person, now: datetime) -> tuple[Post, Title]:
    """Somebody holds a post from today on, for a year; whoever holds it already, for a year from today.

    Raises Refused: NO_SUCH_POST for one that is closed or far away, POST_FULL.
    """
    # Held, so that of two who come at once for one place only one gets it.
    post = session.get(Post, post_id, with_for_update=True, populate_existing=True)
    is_near = select(Area.id).where(_near(session, by, _home_path(session, by)))
    if post is None or not post.active or by.minor or session.scalar(is_near.where(Area.id == post.area_id)) is None:
        raise Refused(Refusal.NO_SUCH_POST)
    today = local(now).date()
    here = holders(session, [post.id], day=today).get(post.id, [])
    mine = next((title for title, person in here if person.id == by.id), None)
    if mine is None and len(here) >= post.wanted:
        raise Refused(Refusal.POST_FULL, name=post.name)
    if mine is None:
        mine = Title(
            person_id=by.id,
            kind=TitleKind.POST,
            area_id=post.area_id,
            post_id=post.id,
            since=today,
            by_id=by.id,
            given_at=now,
        )
        session.add(mine)
    mine.until = today + TERM
    session.flush()
    return post, mine


def is_asked(session: Session, post: Post) -> bool:
    """Whether any of its matters comes to its holders first."""
    query = select(Category.code).where(Category.code.in_(post.categories), Category.first == First.POST)
    return session.scalar(query.limit(1)) is not None


def held_by(session: Session, person: Person, *, now: datetime) -> Sequence[tuple[Title, Post, Area]]:
    """The posts somebody holds today, one line each."""
    rows = session.execute(
        select(Title, Post, Area)
        .join(Post, Post.id == Title.post_id)
        .join(Area, Area.id == Post.area_id)
        .where(Title.person_id == person.id, riders.in_force(local(now).date()))
        .order_by(Title.since, Title.id)
    )
    return list({post.id: (title, post, area) for title, post, area in rows}.values())


def give_up(session: Session, post_id: int, *, by: Person, now: datetime) -> Post:
    """Somebody does not hold a post any more, however often it is said. Raises Refused(NO_SUCH_POST) for one that they
    never held.
    """
    mine = session.scalars(
        select(Title).where(Title.post_id == post_id, Title.person_id == by.id).with_for_update()
    ).all()
    post = session.get(Post, post_id)
    if post is None or not mine:
        raise Refused(Refusal.NO_SUCH_POST)
    for title in mine:
        riders.end_title(session, title, now=now)
    return post


def leave_all(session: Session, person: Person, *, now: datetime) -> None:
    """Somebody is no member of anything any more."""
    for title, _, _ in held_by(session, person, now=now):
        riders.end_title(session, title, now=now)


def tasks_for(session: Session, post: Post, person: Person) -> Sequence[Ticket]:
    """What somebody has in hand of the kind and place of a post."""
    area = session.get_one(Area, post.area_id)
    mine = [each for each in finding.tasks_of(session, person) if each.category in post.categories]
    at = {each.id: session.get(Area, each.area_id) if each.area_id else None for each in mine}
    return [each for each in mine if (here := at[each.id]) is not None and areas.covers(area.path, here.path)]
