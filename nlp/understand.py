"""What a message means: category, kind, urgency, danger and place, each with its reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from nlp.categories import CategorySeed
from nlp.classifier import Classifier
from nlp.danger import Danger, danger_in
from nlp.extract import AreaName, Place, Places, times
from nlp.normal import normal

__all__ = ["AreaName", "Chat", "Danger", "Kind", "Place", "Understander", "Understanding", "Urgency"]

# A message is understood from its beginning; what is stored is not cut.
_MOST = 2000
# Under this confidence people choose the category. Chosen where nine of ten that pass are right.
_GATE = 0.4
_SECONDARY = 0.12


class Kind(StrEnum):
    """What the person wants with the message."""

    REPORT = "report"
    INQUIRY = "inquiry"
    SUGGESTION = "suggestion"
    PRAISE = "praise"


class Urgency(StrEnum):
    """How fast somebody must look."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    NORMAL = "normal"


class Chat(StrEnum):
    """A message that is nothing but manners."""

    GREETING = "greeting"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True)
class Understanding:
    """Everything understood of one message.

    `category` is None and `abstained` True under the gate; `candidates` (code, confidence) still lists the best five.
    `chat` is set only when the whole message is a greeting or thanks.
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


_PUNCTUATION = r"[\W_]*"
_ADDRESSED = (
    r"(?:大家|各位|领导|书记|主任|老师|客服|师傅|同志|社区|机器人|小助手|你们?|您们?|网格员|志愿者|大姐|大哥|美女|帅哥)"
)
_GREETING = re.compile(
    rf"{_PUNCTUATION}{_ADDRESSED}?(?:你好|您好|你们好|大家好|哈喽|哈罗|嗨|hi|hello|早上好|上午好|中午好|下午好|晚上好|早安|晚安|早|在吗|在不在|在么|有人吗)"
    rf"(?:呀|啊|哦|呢|的)?{_ADDRESSED}?(?:{_PUNCTUATION}(?:在吗|你好|您好|有人吗))?{_PUNCTUATION}"
)
_THANKS = re.compile(
    rf"{_PUNCTUATION}(?:好的?|嗯+|收到|知道了|明白了?|哦|行|可以|太好了|已解决|解决了|没事了)?{_PUNCTUATION}(?:太|非常|十分|真是|真的|多|特别)*"
    rf"(?:谢谢|感谢|多谢|谢了|谢啦|谢过|辛苦|麻烦|3q|thanks|thank you|thx)(?:啦|了|你们?|您|大家|呀|啊|哦|各位|领导|师傅|社区|一直以来|的|帮助|帮忙|关心|支持|回复|解答|志愿者|网格员|工作人员|客服|书记|主任|非常){{0,4}}"
    rf"{_PUNCTUATION}(?:辛苦|麻烦|谢谢|感谢)?(?:你们?|您|大家|各位|了|啦)*{_PUNCTUATION}"
    rf"|{_PUNCTUATION}(?:好的?|嗯+|收到|知道了|明白了|ok|okay|好滴|好嘞|哦+){_PUNCTUATION}"
)
_CHAT_MOST = 24

_PRAISE = re.compile(
    r"表扬|点赞|锦旗|感谢信|好评|为.{1,12}点个?赞|致谢|特别感谢|由衷感谢|非常感谢.{0,12}(?:帮|解决|师傅|志愿者|网格员|社区|物业)|好人好事|拾金不昧|送来?锦旗"
)
_SUGGESTION = re.compile(
    r"建议|提议|献策|倡议|希望(?:能够?|可以|在)?.{0,12}(?:增设|增加|开通|新增|设置|安装|修建|建设|建立|推广|延长)|可否(?:增设|增加|开通)|能不能(?:增设|加装|开通|增加|设个?)|呼吁"
)
_INQUIRY = re.compile(
    r"请问|咨询|询问|想问|问一下|问下|想了解|了解一下|想知道|求解答|怎么办理?[?。!]*$|怎么(?:申请|办|交|缴|报|查|预约|领|弄|补办|开|走|收费|算)|如何(?:申请|办|交|缴|报|查|预约|领取|落户|投靠|认定)"
    r"|需要(?:什么|哪些)|有(?:什么|哪些)(?:条件|要求|手续|材料|政策|补贴)|什么(?:条件|手续|材料|政策|流程)|多少钱|在哪(?:里|儿)?(?:办|交|领|查|报|买|打)|去哪(?:里|儿)?(?:办|交|领)"
    r"|能(?:否|不能)(?:办|申请|享受|领)|可以(?:办理?|申请|享受|领取)吗|是否(?:可以|合法|有|需要|能|会|属于|符合|享受|已)|什么时候(?:能|可以|开|建|动工|通|招|交|发|完工|开工)|何时(?:能|可以|开|建|动工|通|招|交|发|完工|修)|几点(?:开|关|上班|下班)|电话(?:是)?多少"
)
_QUESTION = re.compile(r"[吗么呢]?\?[\s!]*$|(?:吗|么|呢)[。\s]*$")
_COMPLAINT = re.compile(
    r"投诉|举报|扰民|严重|强烈|无人管|没人管|不作为|反映|曝光|违规|违法|乱|太|请求解决|求助|不合理|查处|维权|侵占|堵塞|欺|骗|拖欠|坏了|漏水|停[水电]|恶劣|影响|霸占|强制|脏|臭|吵"
)
_URGENT = re.compile(
    r"紧急|急需|加急|十万火急|马上处理|漏电|井盖(?:.{0,4}(?:丢|没了|不见|缺失|被偷|坏|破|松|塌))|没(?:有)?井盖|爆管|水管.{0,3}爆|停电.{0,10}(?:呼吸机|老人|氧)|随时(?:会|可能|都)"
    r"|(?:坍塌|倒塌|坠落|掉落|触电|火灾|爆炸)的?(?:危险|风险|隐患|可能)|(?:快要?|要)(?:塌|倒|掉)|摇摇欲坠|瓷砖.{0,4}(?:脱落|掉)|外墙.{0,4}脱落|电梯.{0,6}(?:困人|下坠|坠落|失控|骤降)|污水.{0,4}倒灌|进水了|被淹|断崖|悬空|电线.{0,4}(?:裸露|垂|断)|堵.{0,4}消防通道"
)


class Understander:
    """Understands messages against one set of categories and one area tree; built once, read by many threads."""

    def __init__(self, categories: Sequence[CategorySeed], areas: Sequence[AreaName]) -> None:
        self._names = {seed.code: seed.name for seed in categories}
        self._classifier = Classifier(categories)
        self._places = Places(areas)

    def name(self, code: str) -> str:
        """The Chinese name of a category, or the code itself when it is not ours."""
        return self._names.get(code, code)

    def understand(self, text: str, *, near: int | None = None) -> Understanding:
        """What `text` means; `near` is the area id of the speaker's home or of the estate already known.

        A headline may stand on a first line of its own: it weighs more. Only the first 2,000 characters are read.
        """
        said = "\n".join(normal(line) for line in text[:_MOST].split("\n", 1))
        scored = self._classifier.score(said)
        found = danger_in(said)
        confidence = scored.ranked[0][1] if scored.ranked else 0.0
        abstained = confidence < _GATE
        secondary = next((code for code, share in scored.ranked[1:2] if share >= _SECONDARY), None)
        return Understanding(
            text=text,
            category=None if abstained else scored.ranked[0][0],
            confidence=confidence,
            candidates=scored.ranked,
            secondary=secondary,
            kind=_kind(said),
            urgency=Urgency.EMERGENCY if found else Urgency.URGENT if _URGENT.search(said[:200]) else Urgency.NORMAL,
            danger=found,
            chat=_chat(said),
            place=self._places.find_in(said, near=near),
            when=times(said),
            reasons=(f"danger:{found}", *scored.reasons) if found else scored.reasons,
            abstained=abstained,
        )


def _chat(said: str) -> Chat | None:
    if len(said) > _CHAT_MOST:
        return None
    said = said.lower()
    if _GREETING.fullmatch(said):
        return Chat.GREETING
    return Chat.THANKS if _THANKS.fullmatch(said) else None


def _kind(said: str) -> Kind:
    """The headline decides; a question among complaints is a report."""
    head, newline, body = said.partition("\n")
    if not newline or len(head) > 80:
        head, body = said[:60], said[60:]
    if _PRAISE.search(head) and not _COMPLAINT.search(head):
        return Kind.PRAISE
    if _SUGGESTION.search(head) and not re.search(r"投诉|举报|扰民", head):
        return Kind.SUGGESTION
    complaint = _COMPLAINT.search(head) is not None
    if _INQUIRY.search(head) and not complaint:
        return Kind.INQUIRY
    if _QUESTION.search(head) and not complaint and (not body or _INQUIRY.search(body)):
        return Kind.INQUIRY
    return Kind.REPORT
