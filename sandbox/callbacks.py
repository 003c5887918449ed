"""The platform's side of a callback: seal, deliver up to three times, open the answer, put it on the phone."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import urllib3

from sandbox.config import Account, Kind, Mode
from sandbox.envelope import BadEnvelope, Envelope, Sealed, from_xml, signature, to_xml
from sandbox.events import SYSTEM, event_kind
from sandbox.faults import FaultKind
from sandbox.replies import WrongAnswer, answered, judge, replace_buttons, replace_card, shown
from sandbox.state import Entry, Person, World

SERVICE_FAILED = "该公众号提供的服务出现故障，请稍后再试"
_ANSWER_LIMIT = 256 * 1024
_OTHER_ACCOUNT = "wx0000000000000000"


@dataclass(frozen=True, slots=True)
class Callback:
    """One message or event on its way; `pressed` is the card that an update_button or update_template_card changes."""

    account: Account
    person: Person
    document: dict[str, Any]
    skew: timedelta
    pressed: Entry | None = None


@dataclass(slots=True)
class Attempt:
    """One delivery of one callback and what came of it."""

    status: int | None = None
    seconds: float = 0.0
    error: str | None = None
    reply: dict[str, Any] | None = None
    plain: str = ""

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
    """What came of a callback: the entry that appeared on the phone, if any, and every delivery.

    `held`: a fault holds it back; it is delivered after the next one, or when the sandbox is told to settle.
    """

    entry: Entry | None = None
    attempts: list[Attempt] = field(default_factory=list)
    held: bool = False

    def to_json(self) -> dict[str, Any]:
        """What `say` and `press` answer."""
        return {
            "reply": None if self.entry is None else self.entry.to_json(),
            "deliveries": [attempt.to_json() for attempt in self.attempts],
            **({"held": True} if self.held else {}),
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
        self._held: dict[str, Callable[[], None]] = {}
        self._held_lock = threading.Lock()

    def verify(self, account: Account) -> tuple[bool, str]:
        """Asks the callback address to prove itself, as the platform does when the address is saved."""
        timestamp, nonce = self._stamp(timedelta())
        limit = self._world.rules.timeout_seconds
        if account.kind is Kind.OFFICIAL:
            echo = sent = str(secrets.randbelow(10**19))
            signed = {"signature": self._envelopes[account.key].sign(timestamp, nonce)}
        else:
            limit = min(limit, self._world.rules.wecom_verify_seconds)
            echo = str(secrets.randbelow(10**19))
            sent = awkward(lambda: self._envelopes[account.key].encrypt(echo))
            signed = {"msg_signature": self._envelopes[account.key].sign(timestamp, nonce, sent)}
        query = {**signed, "timestamp": timestamp, "nonce": nonce, "echostr": sent}
        url = account.callback_url + _joined(account.callback_url, query)
        began = time.monotonic()
        status, body, error = self._exchange("GET", url, b"", limit)
        answer = body.decode("utf-8", "replace")
        if error is None and status != 200:
            error = f"HTTP {status}"
        if error is None and answer != echo:
            error = "the answer is not the echostr"
        self._world.log.add(
            at=self._world.clock.now().isoformat(),
            direction="callback",
            channel=account.key,
            person="",
            method="GET",
            path=url,
            status=status,
            seconds=round(time.monotonic() - began, 4),
            error=error,
            request_raw="",
            request_plain=echo,
            response_raw=answer,
            response_plain=answer,
        )
        return error is None, error or ""

    def message(
        self, account: Account, person: Person, fields: Mapping[str, Any], *, pressed: Entry | None = None
    ) -> Outcome:
        """Delivers what the person did and waits for the answer, which appears on the phone."""
        callback = self._callback(account, person, fields, pressed)
        outcome = Outcome()

        def work() -> None:
            outcome.attempts = self._deliver(callback)
            outcome.entry = self._result(callback, outcome.attempts)

        outcome.held = self._hold_or_run(account, work)
        return outcome

    def event(self, account: Account, person: Person, fields: Mapping[str, Any]) -> bool:
        """Queues an event the platform reports by itself; its answer is ignored. False when there is no room."""
        callback = self._callback(account, person, {"MsgType": "event", **fields}, None)

        def work() -> None:
            self._deliver(callback)

        def work_in_turn() -> None:
            self._hold_or_run(account, work)

        return self._world.background.add(work_in_turn)

    def release(self, channel: str = "") -> None:
        """Delivers what the out-of-order fault still holds back, on one channel or on all."""
        with self._held_lock:
            works = [self._held.pop(key) for key in list(self._held) if channel in ("", key)]
        for work in works:
            work()

    def _hold_or_run(self, account: Account, work: Callable[[], None]) -> bool:
        """True when the work was held back; else it was done, and what was held back before it after it."""
        with self._held_lock:
            if account.key not in self._held and self._world.faults.bites(FaultKind.OUT_OF_ORDER, account.key):
                self._held[account.key] = work
                return True
        work()
        self.release(account.key)
        return False

    def _callback(self, account: Account, person: Person, fields: Mapping[str, Any], pressed: Entry | None) -> Callback:
        fault = self._world.faults.bites(FaultKind.CLOCK_SKEW, account.key)
        skew = timedelta(seconds=fault.skew_seconds if fault is not None else 0)
        kind = event_kind(account.kind, fields.get("Event")) if fields["MsgType"] == "event" else None
        document: dict[str, Any] = {
            "ToUserName": account.own_name,
            "FromUserName": SYSTEM if kind is not None and kind.system else person.key,
            "CreateTime": int((self._world.clock.wire() + skew).timestamp()),
            **fields,
        }
        if document["MsgType"] != "event":
            document["MsgId"] = self._world.next_message_id()
        if account.kind is Kind.WECOM and (kind is None or kind.agent):
            document["AgentID"] = account.agent_id
        return Callback(account, person, document, skew, pressed)

    def _stamp(self, skew: timedelta) -> tuple[str, str]:
        return str(int((self._world.clock.wire() + skew).timestamp())), str(secrets.randbelow(10**10))

    def _seal(self, callback: Callback) -> Sealed:
        """One delivery: always a new nonce, and so a new signature and ciphertext."""
        account, document, faults = callback.account, callback.document, self._world.faults
        envelope = self._envelopes[account.key]
        timestamp, nonce = self._stamp(callback.skew)
        query = {"timestamp": timestamp, "nonce": nonce}
        sealed = account.kind is not Kind.OFFICIAL or account.mode is not Mode.PLAIN
        encrypted = ""
        if sealed:
            encrypted = envelope.encrypt(
                to_xml(document),
                receive_id=_OTHER_ACCOUNT if faults.bites(FaultKind.WRONG_RECEIVE_ID, account.key) else None,
                long_pad=faults.bites(FaultKind.LONG_PAD, account.key) is not None,
            )
        body: dict[str, Any] = dict(document)
        if account.kind is Kind.OFFICIAL:
            query = {"signature": envelope.sign(timestamp, nonce), **query, "openid": str(document["FromUserName"])}
            if sealed:
                query["encrypt_type"] = "aes"
                body = {"ToUserName": account.own_name} if account.mode is Mode.SAFE else body
        else:
            body = {"ToUserName": account.own_name, "AgentID": str(document.get("AgentID", ""))}
        if sealed:
            query["msg_signature"] = envelope.sign(timestamp, nonce, encrypted)
            body["Encrypt"] = encrypted
        if faults.bites(FaultKind.WRONG_SIGNATURE, account.key):
            query = {name: signature(value) if "signature" in name else value for name, value in query.items()}
        return Sealed(query=query, body=to_xml(body).encode())

    def _deliver(self, callback: Callback) -> list[Attempt]:
        world, rules, channel = self._world, self._world.rules, callback.account.key
        if world.faults.bites(FaultKind.DUPLICATE, channel):
            return self._at_once(callback, 2)
        always = world.faults.bites(FaultKind.RESEND_ALWAYS, channel) is not None
        attempts: list[Attempt] = []
        started = time.monotonic()
        for number in range(max(1, rules.deliveries)):
            if number and world.closing.wait(max(0.0, started + number * rules.retry_seconds - time.monotonic())):
                break
            attempts.append(self._attempt(callback))
            if not always and not self._tried_again(callback.account, attempts[-1]):
                break
        return attempts

    def _at_once(self, callback: Callback, copies: int) -> list[Attempt]:
        attempts: list[Attempt] = []

        def work() -> None:
            attempts.append(self._attempt(callback))

        threads = [threading.Thread(target=work, daemon=True) for _ in range(copies)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return attempts

    def _tried_again(self, account: Account, attempt: Attempt) -> bool:
        """The Official Account tries again after any bad answer, WeCom only when none came in time.

        WeCom's older page says: after any status but 200 too (`wecom_retry_any_status`).
        """
        if attempt.error is None or account.kind is Kind.OFFICIAL:
            return attempt.error is not None
        return attempt.status is None or bool(self._world.rules.wecom_retry_any_status) and attempt.status != 200

    def _attempt(self, callback: Callback) -> Attempt:
        sealed = self._seal(callback)
        url = callback.account.callback_url + _joined(callback.account.callback_url, sealed.query)
        began = time.monotonic()
        status, body, error = self._exchange("POST", url, sealed.body, self._world.rules.timeout_seconds)
        attempt = Attempt(status=status, seconds=time.monotonic() - began, error=error)
        if error is None and status != 200:
            attempt.error = f"HTTP {status}"
        if attempt.error is None:
            try:
                attempt.plain, attempt.reply = self._read(callback, body)
            except (WrongAnswer, BadEnvelope) as wrong:
                attempt.error = str(wrong)
        self._world.log.add(
            at=self._world.clock.now().isoformat(),
            direction="callback",
            channel=callback.account.key,
            person=callback.person.key,
            method="POST",
            path=url,
            status=status,
            seconds=round(attempt.seconds, 4),
            error=attempt.error,
            request_raw=sealed.body,
            request_plain=to_xml(callback.document),
            response_raw=body,
            response_plain=attempt.plain,
        )
        return attempt

    def _exchange(self, method: str, url: str, body: bytes, limit: float) -> tuple[int | None, bytes, str | None]:
        """Status, body and what went wrong; the time is bounded over the whole answer, not over each read."""
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

    def _read(self, callback: Callback, body: bytes) -> tuple[str, dict[str, Any] | None]:
        """The answer's plain text and fields; None for an acknowledgement. Raises WrongAnswer or BadEnvelope."""
        account = callback.account
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
        elif account.kind is not Kind.OFFICIAL or account.mode is Mode.SAFE:
            raise WrongAnswer("an answer that is not sealed")
        judge(self._world, account, callback.document, fields)
        return text, fields

    def _result(self, callback: Callback, attempts: list[Attempt]) -> Entry | None:
        """What the person sees: the reply, the sentence that the service failed, or nothing."""
        if not answered(callback.account, callback.document):
            return None
        good = next((attempt for attempt in attempts if attempt.error is None), None)
        if good is not None and good.reply is not None:
            return self._appear(callback, good, good.reply)
        if good is None and callback.account.kind is Kind.OFFICIAL:
            self._world.show(
                callback.person, channel=callback.account.key, type="notice", passive=True, text=SERVICE_FAILED
            )
        return None

    def _appear(self, callback: Callback, attempt: Attempt, fields: Mapping[str, Any]) -> Entry:
        account, person, pressed = callback.account, callback.person, callback.pressed
        kind, values = str(fields["MsgType"]), shown(account, fields)
        card = values.get("extra", {}).get("card")
        if kind == "update_button" and pressed is not None:
            self._world.change(person, pressed, lambda entry: replace_buttons(entry, values["text"]))
            values["extra"] = {"of": pressed.id}
        elif kind == "update_template_card" and pressed is not None:
            self._world.change(person, pressed, lambda entry: replace_card(entry, card))
            values["extra"] = {"of": pressed.id, "card": card}
        return self._world.show(
            person, channel=account.key, type=kind, passive=True, raw=attempt.plain[:8192], **values
        )


def awkward(seal: Callable[[], str]) -> str:
    """A ciphertext with + and / in it, which a program that forgets to decode its query gets wrong."""
    text = seal()
    while not ("+" in text and "/" in text):
        text = seal()
    return text


def _joined(url: str, query: Mapping[str, str]) -> str:
    return ("&" if "?" in url else "?") + urlencode(query)
