"""What somebody offers to help with: the skills of the categories, and the services people ask for (点单)."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.router import Routes
from handlers.turn import Reply, Turn
from models import people
from models.category import Category
from nlp.commands import Intent
from nlp.services import services_named
from texts import members

routes = Routes()


def of_categories(categories: Mapping[str, Category]) -> list[str]:
    """The skills that categories ask for, in the order in which they are offered."""
    return sorted({skill for category in categories.values() for skill in category.skills})


def named(categories: Mapping[str, Category], said: str) -> list[str]:
    """What somebody says they can do: skills and services, by their names or in words of their own."""
    skills = [skill for skill in of_categories(categories) if skill in said]
    return list(dict.fromkeys([*skills, *services_named(said)]))


@routes(Intent.SKILLS)
def skills(turn: Turn) -> Reply:
    """Shows what they offer; what is named is added, or taken away after a word such as "no longer"."""
    have = {each.skill for each in turn.person.skills}
    if not turn.rest:
        return Reply(members.skills(sorted(have)))
    said = named(turn.world.categories, turn.rest)
    if turn.rest.startswith(members.NO_LONGER):
        # A skill that no category has any more can still be taken away by its name.
        gone = {each for each in have if each in said or each in turn.rest}
        if not gone:
            return Reply(members.skills_unknown())
        people.set_skills(turn.session, turn.person, have - gone)
        return Reply(members.skills_kept(sorted(have - gone)))
    if not said:
        return Reply(members.skills_unknown())
    people.set_skills(turn.session, turn.person, have | {*said})
    return Reply(members.skills_kept(sorted(have | {*said})))
