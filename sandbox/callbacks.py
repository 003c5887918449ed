"""The platform's side of a callback: seal, deliver up to three times, open the answer, put it on the phone."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3

from sandbox.cards import from_camel
from sandbox.config import Account, Kind, Mode
from sandbox.envelope import BadEnvelope, Envelope, Sealed, from_xml, to_xml
from sandbox.faults import FaultKind
from sandbox.state import Entry, Person, World
from sandbox.text import cut_utf8

SERVICE_FAILED = "该公众号提供的服务出现故障，请稍后再试"
_ANSWER_LIMIT = 256 * 1024
_TEXT_LIMIT = 2048
_ONE_ARTICLE_FOR = ("text", "image", "voice", "video", "shortvideo", "link", "location")


class WrongAnswer(ValueError):
    """An answer that the platform does not understand; the text says why."""


@dataclass(slots=True)
class Attempt:
    """One delivery of one callback and what came of it."""

    status: int | None = None
    seconds: float = 0.0
    error: str | None = None
    reply: dict[str, Any] | None = None
    plain: str = ""
    arrived: bool = False
    """Whether an HTTP 200 came back in time."""

    def to_json(self) -> dict[str, Any]:
        """What the control interface shows."""
        return {
            "status": self.status,
            "seconds": round(self.seconds, 4),
            "error": self.error,
            "answer": self.plain[:8192],
        }


@dataclass(slots=True)
class Outcome:
    """What came of a callback: the entry that appeared on the phone, if any, and every delivery."""

    entry: Entry | None = None
    attempts: list[Attempt] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """What `say` and `press` answer."""
        return {
            "reply": None if self.entry is None else self.entry.to_json(),
            "deliveries": [attempt.to_json() for attempt in self.attempts],
        }


class Callbacks:
    """Delivers callbacks to the program under test."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._http = urllib3.PoolManager(num_pools=4, maxsize=64, retries=False)
        self._envelopes = {
            account.key: Envelope(account.token, account.encoding_aes_key, account.receive_id)
            for account in world.accounts
        }

    def verify(self, account: Account) -> tuple[bool, str]:
        """Asks the callback address to prove itself, as the platform does when the address is saved."""
        envelope, echo = self._envelopes[account.key], str(secrets.randbelow(10**19))
        timestamp, nonce = self._stamp()
        if account.kind is Kind.OFFICIAL:
            query = {
                "signature": envelope.sign(timestamp, nonce),
                "timestamp": timestamp,
                "nonce": nonce,
                "echostr": echo,
            }
        else:
            sealed = envelope.encrypt(echo)
            query = {
                "msg_signature": envelope.sign(timestamp, nonce, sealed),
                "timestamp": timestamp,
                "nonce": nonce,
                "echostr": sealed,
            }
        status, body, error = self._exchange("GET", account.callback_url + _joined(account.callback_url, query), b"")
        answer = body.decode("utf-8", "replace")
        self._world.log.add(
            at=self._world.clock.now().isoformat(), direction="callback", channel=account.key, method="GET",
            path=account.callback_url, status=status, error=error, response_raw=answer,
        )  # fmt: skip
        if error or status != 200:
            return False, error or f"HTTP {status}"
        return (True, "") if answer == echo else (False, "the answer is not the echostr")

    def message(
        self, account: Account, person: Person, fields: Mapping[str, Any], *, pressed: Entry | None = None
    ) -> Outcome:
        """Delivers what the person did and waits for the answer, which appears on the phone.

        `pressed` is the card that was pressed: the one an update_button or update_template_card changes.
        """
        document = self._document(account, person, fields)
        attempts = self._deliver(account, person, document)
        good = next((attempt for attempt in attempts if attempt.error is None), None)
        outcome = Outcome(attempts=attempts)
        if good is not None and good.reply is not None:
            outcome.entry = self._appear(account, person, good, pressed)
        elif good is None and account.kind is Kind.OFFICIAL:
            self._world.show(person, channel=account.key, type="notice", passive=True, text=SERVICE_FAILED)
        return outcome

    def event(self, account: Account, person: Person, fields: Mapping[str, Any]) -> bool:
        """Queues an event the platform reports by itself; its answer is ignored. False when there is no room."""
        document = self._document(account, person, {"MsgType": "event", **fields})

        def work() -> None:
            self._deliver(account, person, document)

        return self._world.background.add(work)

    def _document(self, account: Account, person: Person, fields: Mapping[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = {
            "ToUserName": account.own_name,
            "FromUserName": person.key,
            "CreateTime": int(self._world.clock.wire().timestamp()),
            **fields,
        }
        if document["MsgType"] != "event":
            document["MsgId"] = self._world.next_message_id()
        if account.kind is Kind.WECOM:
            document["AgentID"] = account.agent_id
        return document

    def _stamp(self) -> tuple[str, str]:
        return str(int(self._world.clock.wire().timestamp())), str(secrets.randbelow(10**10))

    def _seal(self, account: Account, document: Mapping[str, Any]) -> Sealed:
        """One delivery: always a new nonce, and so a new signature and ciphertext."""
        envelope = self._envelopes[account.key]
        timestamp, nonce = self._stamp()
        query = {"timestamp": timestamp, "nonce": nonce}
        sealed = account.kind is Kind.WECOM or account.mode is not Mode.PLAIN
        encrypted = envelope.encrypt(to_xml(document)) if sealed else ""
        body: dict[str, Any] = dict(document)
        if account.kind is Kind.OFFICIAL:
            query = {"signature": envelope.sign(timestamp, nonce), **query, "openid": str(document["FromUserName"])}
            if sealed:
                query["encrypt_type"] = "aes"
                body = {"ToUserName": account.own_name} if account.mode is Mode.SAFE else body
        else:
            body = {"ToUserName": account.own_name, "AgentID": str(account.agent_id)}
        if sealed:
            query["msg_signature"] = envelope.sign(timestamp, nonce, encrypted)
            body["Encrypt"] = encrypted
        return Sealed(query=query, body=to_xml(body).encode())

    def _deliver(self, account: Account, person: Person, document: Mapping[str, Any]) -> list[Attempt]:
        world, rules = self._world, self._world.rules
        if world.faults.bites(FaultKind.DUPLICATE, account.key):
            return self._at_once(account, person, document, 2)
        always = world.faults.bites(FaultKind.RESEND_ALWAYS, account.key) is not None
        attempts: list[Attempt] = []
        started = time.monotonic()
        for number in range(max(1, rules.deliveries)):
            if number and world.closing.wait(max(0.0, started + number * rules.retry_seconds - time.monotonic())):
                break
            attempts.append(self._attempt(account, person, document))
            if not always and not self._tried_again(account, attempts[-1]):
                break
        return attempts

    def _at_once(self, account: Account, person: Person, document: Mapping[str, Any], copies: int) -> list[Attempt]:
        attempts: list[Attempt] = []

        def work() -> None:
            attempts.append(self._attempt(account, person, document))

        threads = [threading.Thread(target=work, daemon=True) for _ in range(copies)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return attempts

    @staticmethod
    def _tried_again(account: Account, attempt: Attempt) -> bool:
        """The Official Account tries again after any bad answer, WeCom only when no HTTP 200 came in time."""
        return attempt.error is not None and (account.kind is Kind.OFFICIAL or not attempt.arrived)

    def _attempt(self, account: Account, person: Person, document: Mapping[str, Any]) -> Attempt:
        sealed = self._seal(account, document)
        url = account.callback_url + _joined(account.callback_url, sealed.query)
        began = time.monotonic()
        status, body, error = self._exchange("POST", url, sealed.body)
        attempt = Attempt(status=status, seconds=time.monotonic() - began, error=error)
        if error is None and status != 200:
            attempt.error = f"HTTP {status}"
        if attempt.error is None:
            attempt.arrived = True
            try:
                attempt.plain, attempt.reply = self._read(account, person, document, body)
            except (WrongAnswer, BadEnvelope) as wrong:
                attempt.error = str(wrong)
        self._world.log.add(
            at=self._world.clock.now().isoformat(),
            direction="callback",
            channel=account.key,
            person=person.key,
            method="POST",
            path=url,
            status=status,
            seconds=round(attempt.seconds, 4),
            error=attempt.error,
            request_raw=sealed.body,
            request_plain=to_xml(document),
            response_raw=body,
            response_plain=attempt.plain,
        )
        return attempt

    def _exchange(self, method: str, url: str, body: bytes) -> tuple[int | None, bytes, str | None]:
        """Status, body and what went wrong; the time is bounded over the whole answer, not over each read."""
        limit = self._world.rules.timeout_seconds
        deadline = time.monotonic() + limit
        response: urllib3.BaseHTTPResponse | None = None
        try:
            response = self._http.request(
                method,
                url,
                body=body or None,
                headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"},
                timeout=urllib3.Timeout(total=limit),
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            chunks, size = [], 0
            while chunk := response.read1(65536):
                chunks.append(chunk)
                size += len(chunk)
                if size > _ANSWER_LIMIT:
                    response.close()
                    return response.status, b"", "the answer is too long"
                if time.monotonic() > deadline:
                    response.close()
                    return None, b"", "timeout"
            return response.status, b"".join(chunks), None
        except urllib3.exceptions.NewConnectionError:
            return None, b"", "connection: refused"
        except urllib3.exceptions.TimeoutError:
            return None, b"", "timeout"
        except urllib3.exceptions.HTTPError as error:
            return None, b"", f"connection: {type(error).__name__}"
        except OSError as error:
            return None, b"", f"connection: {type(error).__name__}"
        finally:
            if response is not None:
                response.release_conn()

    def _read(
        self, account: Account, person: Person, document: Mapping[str, Any], body: bytes
    ) -> tuple[str, dict[str, Any] | None]:
        """The answer's plain text and fields; None for an acknowledgement. Raises WrongAnswer or BadEnvelope."""
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise WrongAnswer("the answer is not UTF-8") from error
        if text in ("", "success"):
            return text, None
        fields = from_xml(text.strip())
        if "Encrypt" in fields:
            if account.kind is Kind.OFFICIAL and account.mode is Mode.PLAIN:
                raise WrongAnswer("a sealed answer in plain mode")
            text = self._envelopes[account.key].open_reply(fields)
            fields = from_xml(text.strip())
        elif account.kind is Kind.WECOM or account.mode is Mode.SAFE:
            raise WrongAnswer("an answer that is not sealed")
        self._judge(account, person, document, fields)
        return text, fields

    def _judge(self, account: Account, person: Person, document: Mapping[str, Any], fields: dict[str, Any]) -> None:
        if fields.get("ToUserName") != person.key or fields.get("FromUserName") != account.own_name:
            raise WrongAnswer("ToUserName and FromUserName are not swapped")
        created = fields.get("CreateTime")
        if not isinstance(created, str) or not created.isdigit():
            raise WrongAnswer("CreateTime is not a number")
        kind = fields.get("MsgType")
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise WrongAnswer("an unknown MsgType")
        if kind in ("update_button", "update_template_card") and document.get("Event") not in (
            "template_card_event",
            "template_card_menu_event",
        ):
            raise WrongAnswer(f"{kind} answers a card event only")
        reader(fields)
        if kind == "text" and account.kind is Kind.OFFICIAL and len(str(fields["Content"]).encode()) > _TEXT_LIMIT:
            raise WrongAnswer(f"Content is over {_TEXT_LIMIT} bytes")
        if kind == "news":
            most = 1 if document["MsgType"] in _ONE_ARTICLE_FOR else 8
            if account.kind is Kind.OFFICIAL and len(_articles(fields)) > most:
                raise WrongAnswer(f"at most {most} article here")
        media = fields.get("Image") or fields.get("Voice") or fields.get("Video")
        if isinstance(media, dict) and self._world.medium(account, media.get("MediaId")) is None:
            raise WrongAnswer("an unknown MediaId")

    def _appear(self, account: Account, person: Person, attempt: Attempt, pressed: Entry | None) -> Entry:
        fields = attempt.reply or {}
        kind = str(fields["MsgType"])
        values = _READERS[kind](fields)
        if account.kind is Kind.WECOM and "text" in values:
            values["text"] = cut_utf8(values["text"], _TEXT_LIMIT)
        card = values.get("extra", {}).get("card")
        if kind == "update_button" and pressed is not None:
            self._world.change(person, pressed, lambda entry: _replace_buttons(entry, values["text"]))
            values["extra"] = {"of": pressed.id}
        elif kind == "update_template_card" and pressed is not None:
            self._world.change(person, pressed, lambda entry: _replace_card(entry, card))
            values["extra"] = {"of": pressed.id, "card": card}
        return self._world.show(
            person, channel=account.key, type=kind, passive=True, raw=attempt.plain[:8192], **values
        )


def _replace_buttons(entry: Entry, name: str) -> None:
    entry.extra = {**entry.extra, "replaced": name}
    entry.buttons = []


def _replace_card(entry: Entry, card: dict[str, Any]) -> None:
    """A whole new card in place of the old one; `replace_text` greys its buttons out."""
    entry.extra = {**entry.extra, "card": card, "replaced": card.get("replace_text") or None}
    entry.buttons = [] if card.get("replace_text") else card["buttons"]
    entry.text = card["text"]


replace_buttons = _replace_buttons
replace_card = _replace_card


def _joined(url: str, query: Mapping[str, str]) -> str:
    return ("&" if "?" in url else "?") + urlencode(query)


def _word(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise WrongAnswer(f"{name} is missing")
    return value


def _inside(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise WrongAnswer(f"{name} is missing")
    return value


def _articles(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = _inside(fields, "Articles").get("item")
    found = [item for item in (items if isinstance(items, list) else [items]) if isinstance(item, dict)]
    if not found:
        raise WrongAnswer("Articles is empty")
    return found


def _text(fields: Mapping[str, Any]) -> dict[str, Any]:
    content = _word(fields, "Content")
    if not content:
        raise WrongAnswer("Content is empty")
    return {"text": content}


def _medium(name: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def read(fields: Mapping[str, Any]) -> dict[str, Any]:
        return {"extra": {"media_id": _word(_inside(fields, name), "MediaId")}}

    return read


def _music(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": str(_inside(fields, "Music").get("Title", ""))}


def _news(fields: Mapping[str, Any]) -> dict[str, Any]:
    articles = [
        {
            "title": str(item.get("Title", "")),
            "description": str(item.get("Description", "")),
            "url": str(item.get("Url", "")),
            "picurl": str(item.get("PicUrl", "")),
        }
        for item in _articles(fields)
    ]
    return {"text": "\n".join(article["title"] for article in articles), "extra": {"articles": articles}}


def _transfer(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": ""}


def _button(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": _word(_inside(fields, "Button"), "ReplaceName")}


def _template_card(fields: Mapping[str, Any]) -> dict[str, Any]:
    try:
        card = from_camel(_inside(fields, "TemplateCard"))
    except ValueError as error:
        raise WrongAnswer(f"TemplateCard: {error}") from error
    return {"text": card["text"], "extra": {"card": card}}


_READERS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "text": _text,
    "image": _medium("Image"),
    "voice": _medium("Voice"),
    "video": _medium("Video"),
    "music": _music,
    "news": _news,
    "transfer_customer_service": _transfer,
    "update_button": _button,
    "update_template_card": _template_card,
}
