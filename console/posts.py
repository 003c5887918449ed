"""Standing posts (认岗): what members may take on for good, who holds what, and whether it comes to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, request
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console.house import FormMisfit, House, as_id, field
from console.lists import add_list
from console.places import MOST_AREAS, held, lie_in, tree
from console.sight import Sight
from models import areas, posts
from models.area import Area, AreaKind
from models.audit import AuditKind
from models.category import Category, First
from models.clock import local
from models.post import Post
from models.posts import Draft
from models.rider import Title
from models.slips import Slipped
from models.upload import UploadKind
from nlp.post_list import PostList
from texts import posts as said
from texts.editing import FIRST

MOST = 300
LONGEST = timedelta(days=2 * 366)

NO_PLACES = (AreaKind.CITY, AreaKind.DISTRICT)
"""A post is of something people can walk through."""

POST, HOLDING = "<int(max=999999999999):post_id>", "<int(max=999999999999):title_id>"


def add_posts(blueprint: Blueprint, house: House) -> None:
    """The page, its list, and what its buttons do."""

    @blueprint.get("/posts", endpoint="posts")
    def posts_page() -> str:
        with house.looking() as sight:
            return house.page("posts.html", sight, **_page(sight))

    def show(sight: Sight, why: str) -> str:
        return house.page("posts.html", sight, **_page(sight, fault=why))

    add_list(blueprint, house, UploadKind.POSTS, _listed, show=show, home="posts")

    press = house.buttons(blueprint, show=show, faults=said.FAULTS, home="posts")

    press("/posts", "post_made", "post", _make)
    press(f"/posts/{POST}/change", "post_changed", "post", _change)
    press(f"/posts/{POST}/close", "post_closed", "post_closed", _close)
    press(f"/posts/{POST}/open", "post_opened", "post", _open)
    press(f"/posts/held/{HOLDING}/until", "holding_changed", "post", _until)
    press(f"/posts/held/{HOLDING}/end", "holding_ended", "post_ended", _end)


def _listed(sight: Sight) -> PostList:
    sight.at_desk()
    mine = lie_in(areas.all_areas(sight.session), sight.desk_paths)
    among = {each.id for each in mine if each.kind not in NO_PLACES}
    return PostList(sight.session, among, categories=sight.categories(), now=sight.now)


# ---------------------------------------------------------------- buttons


def _draft(sight: Sight) -> Draft:
    area = sight.session.get(Area, as_id(field("area", most=12)))
    if area is None or area.kind in NO_PLACES or area.closed_at is not None or not lie_in([area], sight.desk_paths):
        raise FormMisfit("area")
    chosen = request.form.getlist("category")[:MOST]
    return Draft(
        "".join(field("name", most=60).split()),
        area.id,
        [each.code for each in _categories(sight) if each.code in chosen],
        as_id(field("wanted", most=4)),
        " ".join(field("words", most=200).split()),
    )


def _make(sight: Sight) -> None:
    with _misfits():
        posts.make(sight.session, _draft(sight), now=sight.now)


def _change(sight: Sight, post_id: int) -> None:
    with _misfits():
        posts.change(sight.session, held(sight, Post, post_id), _draft(sight))


@contextmanager
def _misfits() -> Iterator[None]:
    """The page has a sentence for each field."""
    try:
        yield
    except Slipped as slipped:
        raise FormMisfit(slipped.column) from slipped


def _close(sight: Sight, post_id: int) -> None:
    posts.close(sight.session, held(sight, Post, post_id), now=sight.now)


def _open(sight: Sight, post_id: int) -> None:
    held(sight, Post, post_id).active = True


def _holding(sight: Sight, title_id: int) -> Title:
    title = held(sight, Title, title_id)
    if title.post_id is None:
        raise NotFound
    return title


def _until(sight: Sight, title_id: int) -> None:
    title, today = _holding(sight, title_id), local(sight.now).date()
    try:
        until = date.fromisoformat(field("until", most=10))
    except ValueError as error:
        raise FormMisfit("days") from error
    if not today <= until <= today + LONGEST:
        raise FormMisfit("days")
    title.until = until


def _end(sight: Sight, title_id: int) -> None:
    posts.end(sight.session, _holding(sight, title_id), now=sight.now)


# ---------------------------------------------------------------- what the page shows


def _categories(sight: Sight) -> list[Category]:
    """What may come to volunteers, those first that come to whoever holds a post."""
    offered = sight.session.scalars(select(Category).where(Category.offerable.is_(True)).order_by(Category.code)).all()
    return sorted(offered, key=lambda each: each.first is not First.POST)


def _page(sight: Sight, *, fault: str = "") -> dict[str, Any]:
    sight.at_desk()
    sight.note(AuditKind.SAW_PEOPLE, "posts")
    session, today = sight.session, local(sight.now).date()
    listed = posts.inside(session, sight.desk_areas, most=MOST)
    mine = lie_in(areas.all_areas(session), sight.desk_paths)
    categories = _categories(sight)
    return {
        "fault": fault,
        "draft": {each: field(each) for each in request.form} if fault else {},
        "ticked": request.form.getlist("category") if fault else [],
        "posts": listed,
        "holders": posts.holders(session, [post.id for post, _ in listed], day=today),
        "categories": categories,
        "names": sight.categories(),
        "firsts": {each.code: FIRST[each.first] for each in categories if each.first is not First.POST},
        "places": tree([each for each in mine if each.kind not in NO_PLACES])[:MOST_AREAS],
    }
