"""The shapes a conversation is made of: what somebody sent, what we answer, and the turn between the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from models.area import Area
from models.category import Category
from models.conversation import Conversation, Question
from models.earning import Rules
from models.person import Identity, Person
from models.quiet import Quiet
from nlp.commands import Command, Correction, Digit, Intent
from nlp.guides import Known, answering
from nlp.judgement import Judgement
from nlp.understand import Danger, Kind, Understander, Understanding


class MessageKind(StrEnum):
    """What a message is made of, the same for every channel."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    LINK = "link"
    EVENT = "event"


class EventKind(StrEnum):
    """The platform events we act on; every other event is acknowledged and ignored by the channel."""

    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    SCAN = "scan"
    """A scene QR code was scanned by a follower; `scene` carries its text."""
    TAP = "tap"
    """A custom-menu item or a card button was pressed; `tap` carries the full command."""
    ENTER = "enter"
    """The WeCom app was opened."""
    SEND_RESULT = "send_result"
    """The platform reports how a template or subscription message ended; `detail` carries msgid and status."""
    SUBSCRIPTION = "subscription"
    """The person accepted or refused subscription messages; `detail` carries template ids and answers."""
    MEMBER_LEFT = "member_left"
    """A WeCom member was removed from the address book."""


class Opens(StrEnum):
    """Which customer-service window a message opens (wechat-facts §2, §3)."""

    MESSAGE = "message"
    CLICK = "click"


@dataclass(frozen=True, slots=True)
class Point:
    """A position as the platform gave it: WeChat sends GCJ-02 degrees, kept as sent."""

    lat: float
    lng: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """The template card a press came from."""

    task_id: str
    response_code: str
    card_type: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody sent.

    `key` is the same for every delivery of one message and differs between any two messages; `tap` is the full
    command a tap carries and is None for typed words; `text` is what was typed, or a voice's recognition, or a link's
    title and address.
    """

    channel: str
    sender: str
    key: str
    kind: MessageKind
    sent_at: datetime
    text: str = ""
    tap: str | None = None
    media_id: str = ""
    media_url: str = ""
    point: Point | None = None
    event: EventKind | None = None
    scene: str = ""
    card: Card | None = None
    opens: Opens | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One numbered answer: what is shown and the full command it stands for."""

    label: str
    command: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What we answer, before a channel formats it.

    An empty text is a silent acknowledgement. `card_caption` replaces the buttons of the card that was pressed.
    """

    text: str = ""
    choices: tuple[Choice, ...] = ()
    card_caption: str = ""
    once: str = ""
    """A last line that is said this once and kept nowhere, such as an address that holds a secret."""
    asks_which: bool = False
    """The choices are what was just said of several: while nothing else was shown, a number answers them alone."""
    photos_of: int | None = None
    """The ticket whose photos the speaker may see from now on, for as long as it is theirs."""

    def to_json(self) -> dict[str, Any]:
        """The stored form, kept beside the message so that a repeat gets the same answer."""
        return {
            "text": self.text,
            "choices": [[choice.label, choice.command] for choice in self.choices],
            "card_caption": self.card_caption,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Reply:
        """The inverse of `to_json`."""
        return cls(
            text=data["text"],
            choices=tuple(Choice(label, command) for label, command in data["choices"]),
            card_caption=data["card_caption"],
        )


class Meaning(StrEnum):
    """What a message amounts to when it is not a command."""

    DANGER = "danger"
    NEWS = "news"
    """How the speaker's own emergency goes on; `inner` names it."""
    VISIT = "visit"
    """When it suits the speaker that somebody comes; `inner` names the matter."""
    TO_STAFF = "to_staff"
    """A handed-over chat: everything goes to staff; `inner` names the matter of which it tells how it goes on."""
    REPORT = "report"
    INQUIRY = "inquiry"
    GREETING = "greeting"
    THANKS = "thanks"
    GRUMBLE = "grumble"
    """The speaker scolds whoever answers here, and names no matter."""
    NOISE = "noise"
    """Nothing in it is a word about anything."""
    CORRECTION = "correction"
    ANSWER = "answer"
    """Words that the conversation's state waits for."""
    TASK_WORDS = "task_words"
    """Ordinary words right after taking a task: for the resident, or another matter."""
    OFFER_WORDS = "offer_words"
    """Plain words that take, decline or give up a task, where it is to be asked which."""
    OTHER_MATTER = "other_matter"
    """Words that came while the state waits, and are surely about something else."""
    DIGIT = "digit"
    """A number with no open question, or out of its range."""
    WHICH = "which"
    """A number that could answer several questions."""
    JUDGEMENT = "judgement"
    """Words about a result that is to be judged, which may be more than one answer."""
    AFTERWARDS = "afterwards"
    """The same words while no judgement is waited for."""
    ASKED_AFTER = "asked_after"
    """How a matter stands that is one of several of the speaker's own; `inner` names those it may be."""
    OVER = "over"
    """A matter of the speaker's own is over or no longer needed, they say; `inner` names those it may be."""
    TYPO = "typo"
    NO_ROLE = "no_role"
    """A command of a role that the person does not have."""
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    SCAN = "scan"
    GUIDE = "guide"
    """A question that a guide answers; `inner` names it."""
    ENTER = "enter"
    STALE = "stale"
    """A tap on something nobody knows any more, such as an item of an old menu."""
    NOTHING = "nothing"
    """Acknowledged without an answer."""
    # What only a tap or a numbered choice can say; the command behind them begins with "!".
    KEEP = "keep"
    SPLIT = "split"
    APART = "apart"
    TOGETHER = "together"
    SAME = "same"
    DIFFERENT = "different"
    CONSENT = "consent"
    COMMUNITY = "community"
    SKILL = "skill"
    ERASE = "erase"
    PASS_ON = "pass_on"
    RECHECK = "recheck"
    LOOKOUT_OFF = "lookout_off"
    HAZARD = "hazard"
    """What a rider saw, by its number in the list."""
    ANNOUNCE = "announce"
    """Whether an announcement goes out, and how one ends."""
    COVERED = "covered"
    """What an announcement says is all there is to it."""
    UNCOVERED = "uncovered"
    """There is more to it than the announcement says."""
    GOODS = "goods"
    """One of the goods that were listed."""
    LIVES = "lives"
    """Whoever scanned a place's code lives there."""
    GIFT = "gift"
    """Whether hours that somebody gives are taken."""
    STATION = "station"
    """Something about one of the stations that were shown."""
    RIGHT = "right"
    """One of the guides on riders' own matters."""
    TITLE = "title"
    """Whether somebody gives a title back."""
    CLAIM_POST = "claim_post"
    """One of the posts that look for somebody."""
    LEAVE_POST = "leave_post"
    """Which of their posts somebody gives up."""
    ALERT = "alert"
    """Whether an alert goes out."""
    BALLOT = "ballot"
    """One of the rounds in which somebody may vote."""
    FOR_NOMINEE = "for_nominee"
    """A vote: for whom on a ballot."""
    HONOUR = "honour"
    """Whether somebody who was named wants to be on the ballot."""
    COMES = "comes"
    """Somebody will be there at the time of their appointment."""
    DOES_NOT_COME = "does_not_come"
    ASK_STREET = "ask_street"
    """A department wants the street to let a task through."""


@dataclass(frozen=True, slots=True)
class World:
    """What handlers know of the installation: the categories, the understanding built from them, and its numbers."""

    categories: dict[str, Category]
    understander: Understander
    limits: LimitNumbers
    site_name: str
    gas_phone: str
    windows: dict[str, WindowNumbers]
    areas: dict[int, Area]
    """The tree as it was read at the start, by id."""
    quiet: Quiet = Quiet()
    ledger: Rules = Rules()
    public_url: str = ""
    """Where links lead."""
    ballot_key: bytes = b""
    """Without it nobody can tell whose a vote is."""
    guides: tuple[Known, ...] = ()

    def guide(self, said: str, found: Understanding, home: int | None) -> Known | None:
        """The guide that answers what somebody said who lives at `home`."""
        if not self.guides:
            return None
        lives = self.areas.get(home) if home else None
        asks = found.kind is Kind.INQUIRY
        return answering(self.guides, said, asks=asks, home=lives.path if lives is not None else "")

    def path(self, area_id: int | None) -> list[Area]:
        """The area and everything above it, nearest first; empty for what is not in the tree."""
        area = self.areas.get(area_id) if area_id else None
        return [self.areas[int(step)] for step in reversed(area.path.strip("/").split("/"))] if area else []


LONGEST_ROW = 12


def as_row(said: str) -> int:
    """The row that a word names, 0 for nonsense: other scripts' digits, "²" and what no database can hold."""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= LONGEST_ROW else 0


@dataclass(frozen=True, slots=True)
class LimitNumbers:
    """The times of the loop, from the settings."""

    evaluation_days: int = 7
    evaluation_reminder_hours: int = 24
    reevaluation_hours: int = 24
    handover_minutes: int = 30
    menu_minutes: int = 30
    recent_minutes: int = 30
    link_hours: int = 72
    opens: time = time(8, 0)
    closes: time = time(20, 0)


@dataclass(frozen=True, slots=True)
class WindowNumbers:
    """How many customer-service messages one trigger allows on a channel, and for how long."""

    message_count: int = 5
    message_seconds: int = 48 * 3600
    click_count: int = 3
    click_seconds: int = 60


@dataclass(slots=True)
class Turn:
    """One message being answered, in one transaction.

    `meant` decides the route. `command` is what a command, a tap or a numbered choice said; `inner` the argument of a
    choice that only a tap can say; `understood` is there for free words.
    """

    message: Message
    session: Session
    now: datetime
    identity: Identity
    conversation: Conversation
    world: World
    roles: frozenset[str]
    meant: Intent | Meaning = Meaning.NOTHING
    command: Command | None = None
    inner: str = ""
    number: Digit | None = None
    understood: Understanding | None = None
    danger: Danger | None = None
    suggestion: str = ""
    fix: Correction | None = None
    questions: tuple[Question, ...] = ()
    judgement: Judgement | None = None
    ticket_id: int | None = None
    """The ticket this message opened or was added to, for the inbox."""

    @property
    def person(self) -> Person:
        """Who is speaking."""
        return self.identity.person

    @property
    def text(self) -> str:
        """The words as they were said."""
        return self.message.text

    def row(self, at: int = 0) -> int:
        """The row that a word of a tap's argument names, 0 for none and for nonsense."""
        words = self.inner.split()
        return as_row(words[at]) if at < len(words) else 0

    @property
    def rest(self) -> str:
        """What was said after a command and its number."""
        return self.command.rest if self.command else ""
