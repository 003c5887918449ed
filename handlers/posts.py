"""Standing posts in the chat: which look for somebody, taking one on (认岗), one's own, and giving it up (退岗)."""

from __future__ import annotations

from handlers.router import Routes
from handlers.turn import Choice, Meaning, Reply, Turn
from models import areas, posts
from models.area import Area
from models.person import RoleKind, RoleStatus
from models.posts import Free
from nlp import commands
from nlp.commands import Intent
from texts import posts as words

routes = Routes()

INTENTS = (Intent.POST, Intent.MY_POSTS, Intent.GIVE_UP_POST)


def for_members(turn: Turn) -> Reply:
    """A way on for whoever is no member, or not yet."""
    pending = (each for each in turn.person.roles if each.kind is RoleKind.MEMBER and each.status is RoleStatus.PENDING)
    asked = next(pending, None)
    return Reply(words.for_members(turn.session.get_one(Area, asked.area_id).name if asked else ""))


def _is_member(turn: Turn) -> bool:
    """Whoever taps a menu may be anybody."""
    return not commands.needs(Intent.POST).isdisjoint(turn.roles)


def _said(turn: Turn) -> str:
    """The name after a command. A number is none: the same list would be counted otherwise once one of it is taken."""
    said = turn.rest.strip(" 。.")
    return "" if said.isdecimal() else said


@routes(Intent.POST)
def free(turn: Turn) -> Reply:
    """Posts near somebody's home and where they help."""
    if not _is_member(turn):
        return for_members(turn)
    if said := _said(turn):
        return _named(turn, said)
    listed = posts.free_near(turn.session, turn.person, now=turn.now)
    if not listed:
        return Reply(words.nothing_free())
    return Reply(words.free(), tuple(Choice(_label(each), f"!claim_post {each.post.id}") for each in listed))


def _named(turn: Turn, said: str) -> Reply:
    """The only one of a name around here is taken on at once, or for another year. Where there are several, the
    speaker's own and full ones too, nobody guesses which is meant.
    """
    free_ones = posts.free_near(turn.session, turn.person, now=turn.now, named=said)
    held = [
        (post, area) for _, post, area in posts.held_by(turn.session, turn.person, now=turn.now) if said in post.name
    ]
    choices = [Choice(_label(each), f"!claim_post {each.post.id}") for each in free_ones]
    for post, area in held:
        label = words.held_choice(post.name, areas.full_name(turn.session, area))
        choices.append(Choice(label, f"!claim_post {post.id}"))
    if not choices:
        return Reply(words.no_such_name(said[:20]))
    if len(choices) == 1 and (held or posts.is_only_near(turn.session, turn.person, said)):
        return _claim(turn, held[0][0].id if held else free_ones[0].post.id)
    return Reply(words.which_of_name(said[:20]), tuple(choices[:9]))


def _label(each: Free) -> str:
    return words.free_choice(each.post.name, each.place, each.missing, each.post.words, each.lately)


def _claim(turn: Turn, post_id: int) -> Reply:
    post, title = posts.claim(turn.session, post_id, by=turn.person, now=turn.now)
    place = areas.full_name(turn.session, turn.session.get_one(Area, post.area_id))
    asked = posts.is_asked(turn.session, post)
    return Reply(words.claimed(post.name, place, post.words, title.until, asked=asked))


@routes(Meaning.CLAIM_POST)
def claim(turn: Turn) -> Reply:
    """One of the list."""
    return _claim(turn, turn.row()) if _is_member(turn) else for_members(turn)


@routes(Intent.MY_POSTS)
def mine(turn: Turn) -> Reply:
    """What somebody holds."""
    lines = lines_of(turn)
    return Reply(words.mine(lines) if lines else words.none_held())


def lines_of(turn: Turn) -> list[str]:
    """The posts of the speaker, a line each."""
    return [
        words.line(post.name, areas.full_name(turn.session, area), title.since, title.until)
        for title, post, area in posts.held_by(turn.session, turn.person, now=turn.now)
    ]


@routes(Intent.GIVE_UP_POST)
def give_up(turn: Turn) -> Reply:
    """The only one at once, otherwise the one that is named."""
    said, held = _said(turn), posts.held_by(turn.session, turn.person, now=turn.now)
    if not held:
        return Reply(words.none_held())
    meant = [(post, area) for _, post, area in held if said in post.name] or [(post, area) for _, post, area in held]
    if len(meant) == 1:
        return _give_up(turn, meant[0][0].id)
    return Reply(
        words.give_up_which(),
        tuple(
            Choice(f"{post.name}（{areas.full_name(turn.session, area)}）", f"!leave_post {post.id}")
            for post, area in meant
        ),
    )


@routes(Meaning.LEAVE_POST)
def left(turn: Turn) -> Reply:
    """One of several."""
    return _give_up(turn, turn.row())


def _give_up(turn: Turn, post_id: int) -> Reply:
    held = posts.held_by(turn.session, turn.person, now=turn.now)
    days = max((posts.days_held(title, now=turn.now) for title, post, _ in held if post.id == post_id), default=0)
    post = posts.give_up(turn.session, post_id, by=turn.person, now=turn.now)
    tasks = [each.short for each in posts.tasks_for(turn.session, post, turn.person)]
    return Reply(words.given_up(post.name, days, tasks))
