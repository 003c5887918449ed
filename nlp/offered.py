"""Plain words of somebody who is asked to take a task (我去, 明天没空，去不了), or has one and gives it up (干不了了)."""

from __future__ import annotations

import re
from enum import StrEnum

from nlp.normal import normal

_MOST = 30
"""More than this is a story, and a story may hold anything."""


class Answer(StrEnum):
    """What plain words answer to whoever asks for help."""

    TAKES = "takes"
    DECLINES = "declines"


_I = r"(?:我们?|俺|咱们?|本人|我这边|我自己)?"
_LAST = r"(?:了|啦|吧|啊|呀|哈|呢|的|哦|嘛|噢){0,3}"
_WHEN = (
    r"(?:(?:今天?|明天?|后天?|当天)?(?:早上|上午|中午|下午|傍晚|晚上)|[今明][天日晚]|后天|现在|目前|这会儿?|眼下|暂时|这一?次|这回"
    r"|这[几两]天|最近|近期|这周末?|本周|周末|[这那]个?(?:点|时间|时候)|到时候?)"
)
_REALLY = r"(?:真的?|实在是?|确实|恐怕|怕是|是|都|也|就|又|刚好|正好|还){0,2}"
_MANNERS = (
    r"(?:(?:好|行|嗯嗯?|哦|收到|可以|没问题|知道|那|(?:十分|非常|太|很|真|实在|真是)?(?:谢谢|多谢|感谢|辛苦|不好意思|对不起|对不住|抱歉|不巧)"
    r"|您好|你们?好|哎呀?|唉)(?:了|的|啊|呀|吧|您|你们?|大家|社区|小应|哈|啦|嘞){0,2}){1,3}"
)
_WHY = (
    rf"(?:因为)?{_I}{_WHEN}?{_REALLY}(?:(?:家里|单位|手上|手头)?(?:临时|突然|已经)?有(?:点|些|急|别的|其他)?(?:事情?|安排|工作)"
    r"|(?:在|要|得)?(?:上班|加班|值班|开会|带孩子|带娃|看店|上课|[送接]孩子)|(?:身体)?(?:有点|不太)?(?:不舒服|感冒|生病|发烧)"
    rf"|[不没]在家|有空|有时间|方便|(?:离得?)?(?:太|很|比较)?[近远]|(?:就在|在)附近|在家|顺路){_LAST}"
)

_THIS = r"(?:这(?:个|件事?|单|一单|趟|事|活))"
_GO = r"(?:过去|过来|上门|去|来|接)"
_DO = r"(?:看一?看|看一下|处理|处理一下|办|帮忙|帮一?把|帮一下|帮帮忙|搭把手|弄|做|跑一趟|走一趟|一趟|一下)?"
_SOON = r"(?:马上|这就|立刻|现在就|现在马上)"
_WILLING = r"(?:吧|啊|呀|哈|哦|嘛|噢|好了){0,2}"
_TAKES = (
    rf"{_THIS}?(?:就|让|由|还是){{0,2}}(?:我|本人|俺|咱|我们)(?:可以|能|愿意|{_SOON}|一会儿?|等会儿?|等下|待会儿?|有空|有时间|正好|刚好|方便){{0,2}}{_GO}{_DO}{_WILLING}"
    rf"|{_SOON}(?:过去|过来|上门|去|来){_DO}{_WILLING}|(?:可以|能|愿意)(?:过去|上门|去|接){_DO}的?{_WILLING}|去得了{_WILLING}"
    rf"|{_THIS}(?:我|可以)?接(?:下|了)?{_WILLING}|(?:我|本人)(?:接受|接下?了|接{_THIS}了?|可以的?|愿意的?|没问题的?|行){_WILLING}"
    rf"|{_THIS}?(?:就)?(?:交给我|包在我身上)(?:来办|办|就行)?{_WILLING}|算我一个{_WILLING}"
)
_CANNOT = r"(?:[去来接办帮干做]不[了成]|过不[去来]|赶不(?:过去|过来|上|到|回来|回去)|帮不上忙?|(?:没办?法|不能)(?:过去|过来|去|来|接)|不(?:过去|去)|不想[去来接])"
_NOT_NOW = (
    r"(?:没有?(?:空闲?|时间|功夫|工夫)|不(?:太|大|是很)?(?:方便|得空|行)|[走抽脱]不开身?|抽不[开出](?:身|空|时间)|腾不出(?:手|时间|空)"
    r"|忙不过来|(?:正在|在|太|正|很)忙|忙着)"
)
_AWAY = r"(?:(?:人|还|一直)?(?:在|到|去)(?:外地|外省|出差|老家)|不在(?:本地|市里|本市|市内|附近|这边)|出差)"
_ELSE = (
    r"(?:请|麻烦|还是|你们?|您|社区|先){0,3}(?:(?:找|请|让|换|派|安排|问)(?:一?个)?(?:别人|其他人|别的人|其他同志|别的同志)|换个?人)(?:去|来|接|办|帮忙)?"
    r"|下次(?:一定|再说|再[来去接])?|改天(?:再说)?"
)
_WHOEVER = rf"(?:{_WHEN}|{_I}){{0,3}}{_REALLY}{_I}"
_GIVES_UP = (
    rf"{_WHOEVER}(?:(?:不想|不愿意?|没办?法|不能)(?:再|继续|接着)?[干办做去管弄接](?:下去)?|[干办做弄搞去来接](?:不[了成]|不下去)|不[干办做去弄]){_THIS}?{_LAST}"
    rf"|{_I}(?:想|要|得|可以)?(?:把)?{_THIS}?(?:给我|帮我)?(?:退单|退掉|退了|退回去?|放弃){_THIS}?{_LAST}"
)


def _part(core: str) -> re.Pattern[str]:
    """A part of a message: the words themselves, with manners and a reason round them."""
    return re.compile(rf"(?:{_MANNERS})?(?:{_WHY})?(?:{core})(?:{_MANNERS})?")


_IS_TAKING = _part(_TAKES)
_IS_DECLINING = _part(rf"{_WHOEVER}(?:{_CANNOT}|{_NOT_NOW}|{_AWAY}){_LAST}|(?:{_ELSE}){_LAST}")
_IS_GIVING_UP = _part(_GIVES_UP)
_IS_BESIDE = re.compile(rf"{_MANNERS}|(?:{_MANNERS})?{_WHY}")
_EXCLAIMS = re.compile(r"\W*我[去来][啊呀哦]?\W*[!~].*")
"""What people say when they are taken aback."""
_JOINT = re.compile(r"[^\w]+")


def answer(text: str) -> Answer | None:
    """What `text` as a whole surely answers, None for everything else.

    Only for whoever is being asked: "我去看看" is said of a shop too, and "今天不行" of a visit.
    """
    parts = _parts(text)
    if all(_IS_TAKING.fullmatch(each) for each in parts):
        return Answer.TAKES if parts else None
    return Answer.DECLINES if all(_IS_DECLINING.fullmatch(each) for each in parts) else None


def gives_up(text: str) -> bool:
    """Whether `text` as a whole says that somebody will not do what they have taken: 干不了了, 明天没空，去不了.

    Only for whoever has a task: "不干了" is said of anything.
    """
    parts = _parts(text)
    ends = [bool(_IS_GIVING_UP.fullmatch(each)) for each in parts]
    return any(ends) and all(end or _IS_DECLINING.fullmatch(each) for each, end in zip(parts, ends, strict=True))


def _parts(text: str) -> list[str]:
    """What is said beside manners and reasons; nothing of questions, stories and exclamations."""
    if len(text) > _MOST:
        return []
    said = normal(text)
    if "?" in said or _EXCLAIMS.fullmatch(said):
        return []
    return [each for each in _JOINT.split(said) if each and not _IS_BESIDE.fullmatch(each)]
