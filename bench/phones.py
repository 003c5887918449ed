"""The phones page under load: 200 people say 100 things a second, and every word is on an open phone within a second.

The sandbox and a bot that echoes (`phones.py --echo PORT`) run as processes of their own; headless Chromium shows four
phones, to which every fourth message goes. The clock starts before a message is handed to the control interface (for
a reply: when its sender has been answered) and stops when its bubble is in the page. Needs what the tests need:
`.venv/bin/python bench/phones.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import waitress
from playwright.sync_api import Page, sync_playwright
from servers import free_port, python, running, scratch, start
from wire import Account, Line, percentile

OPEN_PHONES = 4
MOST_SECONDS = 1.0
LEAST_SHARE = 0.95
"""Of the wanted rate: a sandbox that takes fewer messages was not measured under this load."""
PATIENCE_SECONDS = 10
WATCH = """() => {
  window.seen = {words: {}, replies: {}};
  new MutationObserver((changes) => {
    const now = Date.now();
    for (const {addedNodes} of changes) {
      for (const node of addedNodes) {
        const number = /#(\\d+)#/.exec(node.textContent || "")?.[1];
        if (number && node.classList?.contains("row")) {
          window.seen[node.classList.contains("mine") ? "words" : "replies"][number] ||= now;
        }
      }
    }
  }).observe(document.getElementById("phones"), {childList: true, subtree: true});
}"""


def echo(port: int) -> None:
    """A bot in plain mode that answers every text with itself."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        said = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        sender, me, words = (
            re.search(rf"<{name}>(?:<!\[CDATA\[)?([^<\]]*)", said)[1]  # type: ignore[index]
            for name in ("FromUserName", "ToUserName", "Content")
        )
        reply = (
            f"<xml><ToUserName>{sender}</ToUserName><FromUserName>{me}</FromUserName><CreateTime>{int(time.time())}"
            f"</CreateTime><MsgType>text</MsgType><Content>{words}</Content></xml>"
        ).encode()
        start_response("200 OK", [("Content-Type", "text/xml"), ("Content-Length", str(len(reply)))])
        return [reply]

    waitress.serve(answer, host="127.0.0.1", port=port, threads=8, _quiet=True)


def sandbox_config(folder: Path, *, people: int, echo_port: int) -> Path:
    """So many people on one Official Account whose program is the echo."""
    account = Account()
    official = {
        "key": "official",
        "kind": "official_account",
        "app_id": account.app_id,
        "secret": account.secret,
        "token": account.token,
        "mode": "plain",
        "callback_url": f"http://127.0.0.1:{echo_port}/",
    }
    known = [{"key": f"p{number}", "name": f"居民 {number}", "channels": ["official"]} for number in range(people)]
    file = folder / "sandbox.json"
    file.write_text(json.dumps({"accounts": [official], "people": known}), encoding="utf-8")
    return file


@dataclass
class Load:
    """Messages at a fixed rate, from several threads, and when each was sent and answered."""

    port: int
    people: int
    rate: float
    messages: int
    sent: dict[int, float] = field(default_factory=dict)
    answered: dict[int, float] = field(default_factory=dict)

    def run(self, threads: int) -> list[threading.Thread]:
        """Starts the threads; they end when everything has been said."""
        begun = time.monotonic() + 0.2
        started = [threading.Thread(target=self._drive, args=(lane, threads, begun)) for lane in range(threads)]
        for thread in started:
            thread.start()
        return started

    def _drive(self, lane: int, step: int, begun: float) -> None:
        line = Line(self.port)
        for number in range(lane, self.messages, step):
            time.sleep(max(0.0, begun + number / self.rate - time.monotonic()))
            body = json.dumps({"text": f"楼道灯坏了 #{number}#"}).encode()
            head = f"POST /api/people/p{self.person(number)}/say HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: "
            self.sent[number] = time.time()
            status, _ = line.exchange(f"{head}{len(body)}\r\n\r\n".encode() + body)
            if status == 200:
                self.answered[number] = time.time()
        line.close()

    def person(self, number: int) -> int:
        """Who says message `number`: every fourth one of the people on the page."""
        if number % 4 == 0:
            return number // 4 % OPEN_PHONES
        return OPEN_PHONES + number % (self.people - OPEN_PHONES)

    def is_shown(self, number: int) -> bool:
        """Whether this message belongs on an open phone."""
        return self.person(number) < OPEN_PHONES


def show(page: Page, port: int) -> None:
    """Opens the page with the first people's phones and begins to watch it."""
    open_first = json.dumps(json.dumps([f"p{number}" for number in range(OPEN_PHONES)]))
    page.add_init_script(f"localStorage.setItem('phones.open', {open_first})")
    page.goto(f"http://127.0.0.1:{port}/")
    page.locator(".phone").nth(OPEN_PHONES - 1).wait_for()
    page.evaluate(WATCH)


def report(name: str, delays: list[float], wanted: int) -> bool:
    """One line of the table; whether nothing is missing and nothing was late."""
    if delays:
        figures = (percentile(delays, 0.5), percentile(delays, 0.95), max(delays))
        print(f"{name:<8} p50 {figures[0]:.3f} s   p95 {figures[1]:.3f} s   max {figures[2]:.3f} s   of {len(delays)}")
    if len(delays) < wanted:
        print(f"{name:<8} {wanted - len(delays)} of {wanted} never appeared")
    return len(delays) == wanted and max(delays) <= MOST_SECONDS


def main() -> int:
    """Prints the delays; 1 when one is over a second, a message is missing, or the rate was not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--rate", type=float, default=100.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--threads", type=int, default=6)
    parser.add_argument("--echo", type=int, metavar="PORT", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.echo:
        echo(given.echo)
        return 0
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    print(f"{os.cpu_count()} cores, load before: {os.getloadavg()[0]:.1f}")
    with scratch() as folder, ExitStack() as stack:
        echo_port, port = free_port(), free_port()
        bot = python("phones.py", "--echo", str(echo_port))
        stack.enter_context(running(start("echo", bot, folder=folder, port=echo_port, ready="")))
        file = sandbox_config(folder, people=given.people, echo_port=echo_port)
        sandbox = [sys.executable, "-m", "sandbox", "--config", str(file), "--port", str(port)]
        stack.enter_context(running(start("sandbox", sandbox, folder=folder, port=port, ready="/healthz")))
        playwright = stack.enter_context(sync_playwright())
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = stack.enter_context(playwright.chromium.launch(executable_path=chromium, args=flags))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        show(page, port)
        load = Load(port, given.people, given.rate, int(given.rate * given.seconds))
        threads = load.run(given.threads)
        while any(thread.is_alive() for thread in threads):
            page.wait_for_timeout(200)
        shown = [number for number in range(load.messages) if load.is_shown(number)]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and len(seen := page.evaluate("seen")["replies"]) < len(shown):
            page.wait_for_timeout(100)
        seen = page.evaluate("seen")
    rate = (len(load.answered) - 1) / (max(load.answered.values()) - min(load.sent.values()))
    print(f"{given.people} people, {rate:.1f} messages a second, {len(load.answered)} of {load.messages} answered")
    fine = len(load.answered) == load.messages and rate >= LEAST_SHARE * given.rate
    for name, since in (("words", load.sent), ("replies", load.answered)):
        delays = [seen[name][str(number)] / 1000 - since[number] for number in shown if str(number) in seen[name]]
        fine = report(name, delays, len(shown)) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
