"""What the person wants with a message: the closed sets, and the rules for messages that are nothing but manners."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """What the person wants with the message."""

    REPORT = "report"
    INQUIRY = "inquiry"
    SUGGESTION = "suggestion"
    PRAISE = "praise"


class Chat(StrEnum):
    """A message without a matter: manners, or talk that asks for nothing."""

    GREETING = "greeting"
    THANKS = "thanks"
    TALK = "chat"


KINDS = tuple(kind.value for kind in Kind)


_PUNCTUATION = r"[\W_]*"
_ADDRESSED = (
    r"(?:大家|各位|领导|书记|主任|老师|客服|师傅|同志|社区|机器人|小助手|你们?|您们?|网格员|志愿者|大姐|大哥|美女|帅哥)"
)
_GREETING = re.compile(
    rf"{_PUNCTUATION}{_ADDRESSED}?(?:你好|您好|你们好|大家好|哈喽|哈罗|嗨|hi|hello|早上好|上午好|中午好|下午好|晚上好|早安|晚安|早|在吗|在不在|在么|有人吗)"
    rf"(?:呀|啊|哦|呢|的)?{_ADDRESSED}?(?:{_PUNCTUATION}(?:在吗|你好|您好|有人吗))?{_PUNCTUATION}"
)
# "我要投诉" alone says no more than "good day": what it is about is still to come.
_OPENING = re.compile(
    rf"{_PUNCTUATION}(?:报事|点单|问事|报修|投诉|咨询|(?:我们?)?(?:想|要)(?:要|来)?(?:报事|报修|投诉|咨询|反映(?:个|一个|一下)?(?:问题|情况|事情?)?)"
    rf"(?:一下|个事)?)(?:一下)?{_PUNCTUATION}"
)
_THANKS = re.compile(
    rf"{_PUNCTUATION}(?:好的?|嗯+|收到|知道了|明白了?|哦|行|可以|太好了|已解决|解决了|没事了)?{_PUNCTUATION}(?:太|非常|十分|真是|真的|多|特别)*"
    rf"(?:谢谢|感谢|多谢|谢了|谢啦|谢过|辛苦|麻烦|3q|thanks|thank you|thx)(?:啦|了|你们?|您|大家|呀|啊|哦|各位|领导|师傅|社区|一直以来|的|帮助|帮忙|关心|支持|回复|解答|志愿者|网格员|工作人员|客服|书记|主任|非常){{0,4}}"
    rf"{_PUNCTUATION}(?:辛苦|麻烦|谢谢|感谢)?(?:你们?|您|大家|各位|了|啦)*{_PUNCTUATION}"
    rf"|{_PUNCTUATION}(?:好的?|嗯+|收到|知道了|明白了|ok|okay|好滴|好嘞|哦+){_PUNCTUATION}"
)
_CHAT_MOST = 24

# As people send them, and as WeChat writes its own.
_FRIENDLY = (
    r"(?:[👍🙏👌👏🤝💪🌹💐🌷🌸🎉❤♥💕💖💗😀😁😃😄😊🙂😉😍🥰🤗☺✌✅🆗]"
    r"|\[(?:强|玫瑰|抱拳|ok|合十|握手|鼓掌|爱心|微笑|愉快|呲牙|憨笑|可爱|拥抱|胜利|加油|烟花|庆祝|太阳|好的|嘿哈|点赞|赞|比心|鲜花)\])"
)
# Skin, sex and style of the one before.
_STYLE = "[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f\u200d♀♂\\s]"
_NOD = re.compile(rf"(?:{_FRIENDLY}{_STYLE}*)+")
# Other faces say that somebody feels something, and not what.
_FACE = r"\[(?:捂脸|发怒|怒|流泪|大哭|哭|抓狂|撇嘴|白眼|敲打|弱|裂开|苦涩|叹气|晕|衰|困|尴尬|难过|快哭了|骷髅|便便|吃瓜|疑问|惊讶|发呆|冷汗|流汗)\]"
# Not 砰 or 咚, which people report.
_SOUND = "[咕噜哐啷嘟哒嗒咣锵噗唰叽喳嘀咯呱啾嘻嘿呵哈啦哩噻呃唔噢喔咿]"
_NOISE = re.compile(rf"(?:{_FACE}|{_SOUND}{{3,}}(?!{_SOUND})|[\W_])+", re.IGNORECASE)
# A fire or an ambulance in one sign is told to people.
_ALARMING = re.compile("[🔥🆘🚨🚒🚑🚓💣🧯🩸]")

_VERY = r"(?:就|真|都|也|根本|简直|完全|到底|究竟|净|只会|就会|就知道|太|纯粹|天天|老|总|一点都?|全|还|只)"
_POOR = (
    r"(?:糊弄(?:人|我们?|老百姓|鬼)?|敷衍(?:人|了事|我们?|老百姓)?|骗人|骗子|忽悠(?:人|我们?|老百姓)?|应付(?:了事|人)?|不作为|没(?:什么)?用|差劲|不行"
    r"|不靠谱|不负责任?|废物|饭桶|摆设|形式主义|走过场|踢皮球|推来推去|推卸责任|差|坑人|光说不练|吃干饭|不办事|不管事|混日子|笨|蠢|傻|难用|不好用|听不懂人?话?|答非所问)"
)
_SERVICE = r"(?:(?:什么|这个?|你这个?)?(?:破|烂|垃圾|笨|傻)?(?:机器人|小程序|公众号|人工智能|ai|小应))"
_GRUMBLES = "|".join(
    (
        rf"你们(?:这些人|这帮人|社区)?(?:{_VERY}|是|在){{0,4}}{_POOR}",
        r"你们(?:社区)?(?:到底|究竟)(?:管不管(?:事)?|干不干活|有没有人管)",
        rf"{_SERVICE}(?:{_VERY}|是|在){{0,4}}{_POOR}",
        r"(?:什么|这个?)?(?:破|烂|垃圾)(?:机器人|小程序|公众号|人工智能|ai)",
        r"(?:你们)?(?:真|就)?(?:是)?(?:一群|一帮)(?:饭桶|废物|骗子|混蛋|吃干饭的)",
        r"(?:我?(?:要|想)?)(?:投诉|举报)你们",
    )
)
_GRUMBLE = re.compile(rf"{_PUNCTUATION}(?:(?:{_GRUMBLES})(?:的|了|啊|吧|呀|嘛|吗|呢){{0,3}}{_PUNCTUATION}){{1,4}}")


def is_nod(said: str) -> bool:
    """Whether `said` is friendly signs and nothing else: 👍 agrees with what was said, and answers no question."""
    return len(said) <= _CHAT_MOST and _NOD.fullmatch(said.lower().strip()) is not None


def is_noise(said: str) -> bool:
    """Whether `said` holds no word that could be about anything: signs, faces or sounds (咕噜咕噜哐)."""
    return len(said) <= _CHAT_MOST and _NOISE.fullmatch(said) is not None and not _ALARMING.search(said)


def grumbles(said: str) -> bool:
    """Whether `said` only scolds whoever answers here (你们就是糊弄人) and names no matter; of nobody else: what a property
    company or a neighbour does is a matter.
    """
    return len(said) <= _CHAT_MOST and _GRUMBLE.fullmatch(said.lower()) is not None


def manners(said: str) -> Chat | None:
    """Whether `said` is a greeting or thanks and nothing else."""
    if len(said) > _CHAT_MOST:
        return None
    if is_nod(said):
        return Chat.THANKS
    said = said.lower()
    if _GREETING.fullmatch(said) or _OPENING.fullmatch(said):
        return Chat.GREETING
    return Chat.THANKS if _THANKS.fullmatch(said) else None
