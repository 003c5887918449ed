"""What every view is given, and the frame that every page is shown in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from unicodedata import category
from urllib.parse import unquote, urlencode, urlsplit

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden

from console import masks, menu
from console.differences import Differences
from console.means import Means
from console.places import is_only_said
from console.second import Seal
from console.sessions import Browser
from console.sight import Sight
from models import audits
from models.audit import AuditKind
from models.clock import Clock, local
from models.db import Database
from models.errors import Refused
from models.person import Person
from models.tiles import Tiles
from texts import console as words
from texts import map as on_the_map

LONGEST_ID = 12

MOUNTED = "/console"
"""Where an installation has its console."""


class FormMisfit(Exception):
    """A form that cannot be carried out as it is; its word stands for the sentence that the page says."""


def sentence(fault: FormMisfit | Refused, misfits: Mapping[str, str]) -> str:
    """Why nothing was done; `misfits` are the sentences of the page's own forms."""
    return words.refusal(fault) if isinstance(fault, Refused) else misfits[str(fault)]


LOOKS = ("auto", "light", "dark", "auto-large", "light-large", "dark-large")
LOOKS_COOKIE = "huying_looks"
"""What a page looks like, as the browser keeps it: by day, by night or as the machine has it, and large or not."""

VENDOR = Path(__file__).parent / "static" / "vendor"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever is signed in, as the gate found them."""

    login_id: int
    login_name: str
    person_id: int
    csrf: str
    must_change: bool
    token: str


class Door(Protocol):
    """A company's own way to say who somebody is: WeCom's picture to scan."""

    key: str
    """The channel on which the person is known."""

    def sign_in_address(self, back: str, state: str) -> str:
        """The platform's page, which sends the browser to `back` with a code and the `state`."""

    def signed_in(self, code: str) -> str | None:
        """The account behind a code; None when there is none, or the platform does not answer."""


@dataclass(frozen=True, slots=True)
class House:
    """What the console stands on. `read_media` gives what is stored under a name, or raises FileNotFoundError;
    `wake` hands what a session left to do to the queue, after its commit.
    """

    database: Database
    clock: Clock
    site_name: str
    secure: bool
    channels_note: str
    handover_minutes: int
    undo_hours: int
    link_hours: int
    public_url: str
    read_media: Callable[[str], bytes] | None
    wake: Callable[[Session], None]
    seal: Seal
    doors: tuple[Door, ...]
    tiles: Tiles
    """What lies under the maps."""
    state: Callable[[], Any]
    """How the parts outside the database are: console/health.py has the class, which stands on this one."""
    means: Means

    @contextmanager
    def looking(self) -> Iterator[Sight]:
        """What the viewer sees, for a page that only shows. What is personal on it is written into the audit."""
        now = self.clock()
        with self.database.reading() as session:
            sight = _sight(session, now)
            yield sight
            looks = audits.unseen(session, sight.seen, by_id=sight.person.id, now=now) if sight.seen else []
        if looks:
            with self.database.transaction() as session:
                _write_looks(session, looks, by_id=sight.person.id, now=now)

    @contextmanager
    def doing(self, *, by_itself: bool = False) -> Iterator[Sight]:
        """The same in a transaction that is kept, with its line in the audit, unless the page does it by itself; the
        queue hears of fresh notices afterwards.
        """
        now = self.clock()
        with self.database.transaction() as session:
            sight, differences = _sight(session, now), Differences(session)
            yield sight
            session.flush()
            if not by_itself:
                audits.write(
                    session,
                    AuditKind.DID,
                    about=request.path.removeprefix(url_for(".home")),
                    by_id=sight.person.id,
                    address=browser().address,
                    now=now,
                    facts=differences.facts(),
                )
            _write_looks(session, sight.seen, by_id=sight.person.id, now=now)
        self.wake(session)

    def carry_out(
        self,
        act: Callable[[Sight], object],
        *,
        shown: Callable[[Sight, Any], str],
        back: str,
        but: tuple[type[Exception], ...] = (FormMisfit, Refused),
    ) -> ResponseReturnValue:
        """What a button does, and then the page at `back`; if it cannot be done, the page that says why: `shown` gets
        whichever of `but` was raised.
        """
        try:
            with self.doing() as sight:
                act(sight)
        except but as fault:
            with self.looking() as sight:
                return shown(sight, fault), 409
        return redirect(back, 303)

    def buttons(
        self, blueprint: Blueprint, *, show: Callable[[Sight, str], str], faults: Mapping[str, str], home: str
    ) -> Callable[[str, str, str, Callable[..., object]], None]:
        """What adds the buttons of one page, each by its address, its name, what is said when it is done, and what it
        does. What is wrong with its form is said on the page that `show` makes.
        """

        def shown(sight: Sight, fault: FormMisfit | Refused) -> str:
            return show(sight, sentence(fault, faults))

        def press(path: str, name: str, done: str, do: Callable[..., object]) -> None:
            def pressed(**ids: int) -> ResponseReturnValue:
                return self.carry_out(lambda sight: do(sight, **ids), shown=shown, back=url_for(f".{home}", done=done))

            blueprint.post(path, endpoint=name)(pressed)

        return press

    def page(self, template: str, sight: Sight, **values: Any) -> str:
        """A page in its frame, with what waits in the other rooms."""
        return render_template(
            template,
            **self.frame(),
            menu=menu.of(sight),
            person=sight.person,
            **{"is_desk": sight.is_desk, **values},
        )

    def map_frame(self) -> dict[str, Any]:
        """What a page with a map may use besides; it, and no other page, may fetch pictures from their source."""
        g.console_hosts = self.tiles.hosts
        shown = self.tiles.attribution or on_the_map.ATTRIBUTIONS.get(self.tiles.kind, "")
        return {"tiles": self.tiles, "attribution": shown, "has_leaflet": (VENDOR / "leaflet.js").exists()}

    def frame(self) -> dict[str, Any]:
        """What every template may use, signed in or not."""
        return {
            "site_name": self.site_name,
            "channels_note": self.channels_note,
            "now": self.clock(),
            "local": local,
            "words": words,
            "masks": masks,
            "is_only_said": is_only_said,
            "has_htmx": (VENDOR / "htmx.min.js").exists(),
            "has_tabler": (VENDOR / "tabler.min.css").exists(),
            "done": request.args.get("done", "")[:40],
            "viewer": viewer_or_none(),
            "back": _address() if request.method == "GET" else "",
            "looks": looks if (looks := request.cookies.get(LOOKS_COOKIE, "")) in LOOKS else LOOKS[0],
        }


def _address() -> str:
    """Of this page, without what was just done on it: that is said once."""
    asked = urlencode([each for each in request.args.items(multi=True) if each[0] != "done"])
    return f"{request.path}?{asked}" if asked else request.path


def viewer_or_none() -> Viewer | None:
    """Whoever is signed in."""
    found: Viewer | None = g.get("console_viewer")
    return found


def viewer() -> Viewer:
    """Whoever is signed in, on a page behind the gate."""
    found = viewer_or_none()
    if found is None:
        raise Forbidden
    return found


def browser() -> Browser:
    """Where the request that is answered comes from."""
    return Browser(request.remote_addr or "", clean(request.user_agent.string, most=200))


def _write_looks(session: Session, looks: list[tuple[AuditKind, str]], *, by_id: int, now: datetime) -> None:
    for kind, about in looks:
        audits.write(session, kind, about=about, by_id=by_id, address=browser().address, now=now)


def _sight(session: Session, now: datetime) -> Sight:
    sight = Sight(session, session.get_one(Person, viewer().person_id), now)
    if not sight.may_enter:
        raise Forbidden
    return sight


def clean(text: str, *, most: int) -> str:
    """Text as it may be stored: no control characters but line breaks and tabs, bounded, without space around it."""
    text = text[: most * 2].replace("\r\n", "\n")
    return "".join(each for each in text if each in "\n\t" or category(each) not in ("Cc", "Cs")).strip()[:most]


def field(name: str, *, most: int = 1000) -> str:
    """One field of the form that was sent."""
    return clean(request.form.get(name, ""), most=most)


def argument(name: str, *, most: int = 60) -> str:
    """One word of the address's question part."""
    return clean(request.args.get(name, ""), most=most)


def as_id(given: str) -> int:
    """The row that a word of a form or an address names, 0 for none and for nonsense."""
    return int(given) if given.isascii() and given.isdigit() and len(given) <= LONGEST_ID else 0


def ticked(name: str) -> list[int]:
    """The rows that were ticked, in the order of the form, each once."""
    return list(dict.fromkeys(filter(None, map(as_id, request.form.getlist(name)))))


def page_number() -> int:
    """The page of a list that is asked for, from 1; bounded, so that nobody walks the database by hand."""
    given = request.args.get("page", "1")
    return min(max(int(given), 1), 200) if given.isascii() and given.isdigit() and len(given) < 5 else 1


def inside(address: str, home: str) -> str:
    """The address if it is one of the console's own pages, otherwise nothing."""
    if not address.isprintable() or "\\" in address or "//" in address or len(address) > 300:
        return ""
    # Browsers climb up on ".." however it is written.
    path = unquote(urlsplit(address).path)
    if ".." in path.split("/") or not path.isprintable():
        return ""
    return address if path.startswith(home) and address.startswith("/") else ""
