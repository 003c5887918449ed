"""Questions that have a guide (办事指南): it is the answer, and somebody who knows is one word away."""

from __future__ import annotations

from handlers.router import Routes
from handlers.turn import Meaning, Reply, Turn
from texts import guides

routes = Routes()


@routes(Meaning.GUIDE)
def guide(turn: Turn) -> Reply:
    """The guide that was found for the words."""
    found = next(each for each in turn.world.guides if str(each.id) == turn.inner)
    return Reply(guides.guide(found.title, found.text, found.links))
