"""Routes: the condition under which a handler answers; the nearest route wins, and two equally near stop the start."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from handlers.turn import Meaning, Reply, Turn
from models.conversation import State
from nlp.commands import Intent

Handler = Callable[[Turn], Reply]


class RoutesTie(Exception):
    """Two routes are equally near to the same turn."""


@dataclass(frozen=True, slots=True)
class Route:
    """Answers a turn whose state, meaning and role fit; None fits all. An interruption goes before every state."""

    handler: Handler
    interrupts: bool = False
    state: State | None = None
    meant: Intent | Meaning | None = None
    role: str | None = None

    @property
    def nearness(self) -> tuple[bool, bool, bool, bool]:
        """Interruption before state before meaning before role."""
        return (self.interrupts, self.state is not None, self.meant is not None, self.role is not None)

    def fits(self, turn: Turn) -> bool:
        """Whether the route answers this turn."""
        return (
            self.state in (None, turn.conversation.state)
            and self.meant in (None, turn.meant)
            and (self.role is None or self.role in turn.roles)
        )

    @property
    def place(self) -> Hashable:
        """The same for two routes that some turn fits equally well; a person may have several roles, so roles never
        tell apart.
        """
        return self.nearness, self.state, self.meant


class Router:
    """All routes, nearest first. Raises RoutesTie when two of them tie."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = sorted(routes, key=lambda route: route.nearness, reverse=True)
        taken: dict[Hashable, Route] = {}
        for route in self.routes:
            other = taken.setdefault(route.place, route)
            if other is not route:
                raise RoutesTie(f"{other.handler.__qualname__} and {route.handler.__qualname__}")

    def handler(self, turn: Turn) -> Handler:
        """The nearest handler; there is always one, the fallback fits everything."""
        return next(route.handler for route in self.routes if route.fits(turn))


class Routes(list[Route]):
    """The routes of one file, filled by its decorators."""

    def __call__(
        self,
        *meant: Intent | Meaning,
        state: State | None = None,
        role: str | None = None,
        interrupts: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Marks a handler; with several meanings it answers each."""

        def mark(handler: Handler) -> Handler:
            for each in meant or (None,):
                self.append(Route(handler, interrupts=interrupts, state=state, meant=each, role=role))
            return handler

        return mark
