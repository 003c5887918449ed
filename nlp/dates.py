"""When something happens, as people say it."""

from __future__ import annotations

import re

_MOST = 2000
_MOST_TIMES = 5

_NUMBER = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3}|几|半)"
_O_CLOCK = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})"
_HOUR = rf"(?:{_O_CLOCK}[-~至到])?(?:{_O_CLOCK}点(?:半|钟|多|左右|{_NUMBER}分?|整)?|\d{{1,2}}(?:[:时]\d{{2}}(?!\d)|时(?:许|左右)?))"
_PART = (
    r"(?:凌晨|清晨|清早|一大早|大清早|早上|早晨|上午|中午|午休时?|下午|傍晚|晚上|晚间|夜里|夜间|半夜|深夜|通宵|白天)"
)
_DAY = (
    r"(?:大?前天|昨[天日晚夜]|今[天日晚早]|明[天日晚早]|大?后天|每[天晚日](?:每[晚夜])?|天天|每个?(?:周末|星期|月|年|周[一二三四五六日天]?)"
    r"|(?:上|本|这个?|下)个?(?:周(?![边围])|星期|礼拜)[一二三四五六日天]?|周[一二三四五六日末](?!边|围)|星期[一二三四五六日天]|节假日|工作日"
    r"|(?:上|这|下|本)个?月(?:初|中|底|份)?|(?:去|今|明|前)年(?:年?[初底中]|[春夏秋冬]天|上半年|下半年)?|(?:春|夏|秋|冬)天|国庆|五一(?![大路广村东西中南北])|春节|过年)"
)
_SPAN = rf"(?:这|近|最近|前|连续|头)(?:{_NUMBER})(?:多)?(?:天|晚|个?月|个?星期|周|年|小时)(?:来|里|内|以来)?|最近|近期|近日|近来|刚刚|刚才|长期以来|一直以来"
_DATE = (
    r"(?:\d{4}年|\d{2}年(?=\d{1,2}月))?(?:\d{1,2}|[一二三四五六七八九十]{1,3})月(?:份|初|底|中旬?|上旬|下旬|(?:\d{1,2}|[一二三四五六七八九十]{1,3})[日号])?"
    r"|(?:19|20)\d{2}年(?:[初底]|上半年|下半年)?|\d{4}[-./]\d{1,2}[-./]\d{1,2}(?!\d)|(?<![\d栋幢楼])\d{1,2}[日号](?="
    + _PART
    + ")"
)
_CLOCK = rf"(?:{_PART}?{_HOUR}|{_PART})(?:(?:到|至|-|~|—)(?:第二天|次日)?(?:{_PART}?(?:{_HOUR}|{_NUMBER}点?)|{_PART}))?"
_TIME = re.compile(
    # Whatever else can begin with a time begins with one of these characters: most positions are passed over.
    r"(?=[\d一二两三四五六七八九十几半从自每天大前昨今明后上本这个下周星礼去春夏秋冬国五过节工近最头连刚长凌清早午中傍晚夜深通白])"
    rf"(?:(?:从|自)(?:{_DATE}|{_DAY})(?:{_CLOCK})?(?:开始|起|以来|到现在|至今)?"
    rf"|(?:{_DATE}|{_DAY})(?:的?{_CLOCK})?(?:起|以来|至今)?|{_SPAN}|{_CLOCK})"
)


def times(text: str) -> tuple[str, ...]:
    """The times named in `text`, as written, at most five."""
    found: dict[str, None] = {}
    for match in _TIME.finditer(text[:_MOST]):
        found.setdefault(match[0])
        if len(found) == _MOST_TIMES:
            break
    return tuple(found)


_LONGEST_TIME = 40
_PAST = re.compile(
    r"昨|前[天晚夜]|刚|最近|近[期日来]|[近这]几|[上前去]个?(?:周|星期|礼拜|月|年)|来$|以来|至今|一直|长期|连续|头\d"
)
_AT_HOME = re.compile(r"随时|什么时候|何时|几点|[全整]天|在家|有[空人]|方便|可以|行")
"""Without these a time such as 每天半夜 says when something happens, not when somebody may come."""
_HAPPENS = re.compile(r"每|天天|半夜|夜里|夜间|深夜|凌晨|通宵|清早")
_BESIDE = re.compile(
    r"是|以后|之后|以前|之前|左右|前后|之间|期间|后|前|[全整]天|一天|比较|最好|最|都|也|才|就|可以|不行|行|好|不方便|方便|没空|有空|没人|有人|没事|不在|在家|家里|家|在"
    r"|人|我们?|来|上门|过来|吧|呢|的话|的|了|啊|呀|哦|嘛|或者?|和|跟|还有|及|到|至|随时|什么时候|何时|几点|时间|任何|那天|休息|不上班|上班|下班|请|麻烦|师傅|您们?|你们?|谢谢|约在|约|定在|定|改到|改成|改|要|想|大概|大约|差不多|ok|只有|除了|其他|别的|点|这个?|周?末"
    r"|[\W_]"
)
_SOON = re.compile(r"今|明|后天|周|星期|礼拜|点|[:时]|[日号]")


def only_a_time(said: str) -> bool:
    """Whether `said`, through `normal`, tells when it suits somebody and nothing else: 明天上午, 周末都在家, 下午三点以后."""
    said = re.sub(r"\s", "", said)  # "3 点"
    if len(said) > _LONGEST_TIME or _PAST.search(said):
        return False
    suits = _AT_HOME.search(said) is not None
    if not suits and _HAPPENS.search(said):
        return False
    rest, count = _TIME.subn("", said.lower())
    if not count and not (suits and re.search(r"随时|什么时候|[全整]天|在家|有空", said)):
        return False
    return not _BESIDE.sub("", rest)


def says_when(said: str) -> bool:
    """Whether a day or an hour to come is named anywhere in `said`, which has been through `normal`."""
    return any(_SOON.search(each) and not _PAST.search(each) and "每" not in each for each in times(said))
