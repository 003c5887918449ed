"""What the phones page asks the sandbox for: news by version number, other people's phones, and QR codes."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sandbox.state import Person, World
from tests.sandbox.conftest import Street, config_for


def test_whoever_asks_by_version_number_misses_nothing_that_was_being_written_down() -> None:
    slow, asked = threading.Event(), threading.Event()

    def clock() -> datetime:
        if threading.current_thread().name.startswith("slow"):
            slow.set()
            asked.wait(10)
        return datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    world = World(config_for("http://127.0.0.1:9"), clock)
    people = [person for key in ("demo-resident-1", "demo-resident-2") if (person := world.person(key))]
    first, second = people

    def say(person: Person) -> None:
        world.show(person, channel="official", type="text", text=person.key)

    with ThreadPoolExecutor(1, "slow") as one, ThreadPoolExecutor(1) as other:
        begun = one.submit(say, first)
        slow.wait(10)
        overtaking = other.submit(say, second)
        heard = []
        with contextlib.suppress(TimeoutError):  # it may have to wait for the first
            overtaking.result(0.2)
            heard = [entry["text"] for entry in second.since(0)]
        version = world.version
        asked.set()
        begun.result(10)
        overtaking.result(10)
    heard += [entry["text"] for person in people for entry in person.since(version)]
    assert sorted(heard) == ["demo-resident-1", "demo-resident-2"]


def test_the_page_hears_how_much_has_come_to_phones_that_are_not_open(street: Street) -> None:
    version = street.control("GET", "people")["version"]
    street.card("demo-member-2")
    news = street.control("GET", f"phones?since={version}&key=demo-resident-1")
    assert news["phones"] == []
    assert [(other["key"], other["received"]) for other in news["others"]] == [
        ("demo-member-2", {"official": 0, "wecom": 1})
    ]


def test_codes_are_listed_until_they_expire(street: Street) -> None:
    scene = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "A6"}}, "expire_seconds": 60}
    made = street.call("official", "qrcode/create", scene)
    listed = street.control("GET", "scenes")["scenes"]
    assert listed == [{"ticket": made["ticket"], "scene": "A6", "url": made["url"]}]
    picture = street.session.get(f"{street.url}/codes/{made['ticket']}", timeout=10)
    assert picture.headers["Content-Type"] == "image/png"
    street.control("POST", "clock", {"advance_seconds": 61})
    assert street.control("GET", "scenes")["scenes"] == []
    assert street.session.get(f"{street.url}/codes/made-up", timeout=10).status_code == 404
