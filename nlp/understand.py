"""What a message means: category, kind, urgency, danger and place, each with its reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from nlp.categories import CategorySeed
from nlp.classifier import Classifier
from nlp.danger import Danger, danger_at, only_calls
from nlp.extract import AreaName, Place, Places, says_only_where, times
from nlp.kinds import Chat, Kind
from nlp.normal import normal
from nlp.offices import wants_an_office
from nlp.services import service_in
from nlp.weights import Weights, shipped

__all__ = ["AreaName", "Chat", "Danger", "Kind", "Place", "Understander", "Understanding", "Urgency"]

# A message is understood from its beginning; what is stored is not cut.
_MOST = 2000


class Urgency(StrEnum):
    """How fast somebody must look."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Understanding:
    """Everything understood of one message.

    `category` is None and `abstained` True under the gate; `candidates` (code, confidence) still lists the best five.
    `chat` is set only when the whole message is manners or talk without a matter, and surely so. `service` names a
    help in person that was asked for, beside the category.
    """

    text: str
    category: str | None
    confidence: float
    candidates: tuple[tuple[str, float], ...]
    secondary: str | None
    kind: Kind
    urgency: Urgency
    danger: Danger | None
    chat: Chat | None
    place: Place | None
    when: tuple[str, ...]
    reasons: tuple[str, ...]
    abstained: bool
    service: str | None = None


# Each way of saying it begins with plain characters: that lets the search pass over most of a message.
_MAY_COME = "的?(?:危险|风险|隐患|可能)"
_URGENT = re.compile(
    r"紧急|急需|加急|十万火急|马上处理|漏电|井盖(?:.{0,4}(?:丢|没了|不见|缺失|被偷|坏|破|松|塌))|没井盖|没有井盖|爆管|水管.{0,3}爆|停电.{0,10}(?:呼吸机|老人|氧)|随时(?:会|可能|都)"
    rf"|坍塌{_MAY_COME}|倒塌{_MAY_COME}|坠落{_MAY_COME}|掉落{_MAY_COME}|触电{_MAY_COME}|火灾{_MAY_COME}|爆炸{_MAY_COME}"
    r"|快要?(?:塌|倒|掉)|要(?:塌|倒|掉)|摇摇欲坠|瓷砖.{0,4}(?:脱落|掉)|外墙.{0,4}脱落|电梯.{0,6}(?:困人|下坠|坠落|失控|骤降)|污水.{0,4}倒灌|进水了|被淹|断崖|悬空|电线.{0,4}(?:裸露|垂|断)|堵.{0,4}消防通道"
)


class Understander:
    """Understands messages against one set of categories and one area tree; built once, read by many threads."""

    def __init__(
        self, categories: Sequence[CategorySeed], areas: Sequence[AreaName], weights: Weights | None = None
    ) -> None:
        weights = weights or shipped()
        self.version = weights.version
        """Of the learned weights."""
        self._names = {seed.code: seed.name for seed in categories}
        self._classifier = Classifier(categories, weights.model)
        self._places = Places(areas)

    def name(self, code: str) -> str:
        """The Chinese name of a category, or the code itself when it is not ours."""
        return self._names.get(code, code)

    def understand(self, text: str, *, near: int | None = None) -> Understanding:
        """What `text` means; `near` is the area id of the speaker's home or of the estate already known.

        A headline may stand on a first line of its own: it weighs more. Only the first 2,000 characters are read.
        """
        said = "\n".join(normal(line) for line in text[:_MOST].split("\n", 1))
        place = self._places.find_in(said, near=near)
        # What an estate is called says nothing of what is wrong there: 香樟花园 is no tree.
        told = said.replace(place.address, "", 1) if place is not None and place.address else said
        scored = self._classifier.score(told)
        found = None if told != said and says_only_where(told) else danger_at(said, told)
        if found and place is not None and only_calls(told.replace(place.text, "", 1)):
            found = Danger.UNNAMED
        chat = None if found else scored.chat
        if chat is Chat.TALK and (place or _URGENT.search(said)):
            chat = None
        service = None if chat else service_in(said)
        kind = scored.kind
        if service and kind is Kind.INQUIRY:
            # "Can anybody cut my hair?" is no question that an answer would settle.
            kind = Kind.REPORT
        elif not service and not found and wants_an_office(said):
            # "I need a certificate" is answered at a desk: there is no place that anybody could go to.
            kind = Kind.INQUIRY
        return Understanding(
            text=text,
            category=scored.ranked[0][0] if scored.sure else None,
            confidence=scored.ranked[0][1] if scored.ranked else 0.0,
            candidates=scored.ranked,
            secondary=scored.secondary,
            kind=kind,
            urgency=Urgency.EMERGENCY if found else Urgency.URGENT if _URGENT.search(said[:200]) else Urgency.NORMAL,
            danger=found,
            chat=chat,
            place=place,
            when=times(said),
            reasons=(f"danger:{found}", *scored.reasons) if found else scored.reasons,
            abstained=not scored.sure,
            service=service,
        )
