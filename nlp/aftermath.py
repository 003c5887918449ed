"""How an alarm goes on in the words of whoever raised it: help is there, it is over, it was none after all."""

from __future__ import annotations

import re

from nlp.normal import normal

_MOST = 60
"""More than this is a story, and a story may hold anything."""

_WHO = (
    r"(?:人员?|所有人|全部人|里面的?人|被困的?人|老人家?|老太太|老爷爷|老大爷|大爷|大妈|奶奶|爷爷|孩子|小孩|小朋友|他们?|她们?|大家|邻居|伤者|病人|伤员"
    r"|我们?|一家人|家里人|家人|妈妈|爸爸|我妈|我爸|老伴|妈|爸)"
)
_HELP = (
    r"(?:急?救护?车|消防车|警车|120|119|110|消防员|消防队员?|消防人员|消防|民警|警察|派出所|医生|护士|急救人员|急救|医护人员|救援队?|救援人员"
    r"|燃气公司|煤气公司|供电公司|电力公司|抢修队?|抢修人员|维修师傅|维修工|维修人员|电梯师傅|师傅|物业|保安|网格员|社区|志愿者|家属)"
)
_SUPPLY = r"(?:(?:家里|屋里|楼里|楼道)的?)?(?:煤气|燃气|天然气|自来水|水|电)?的?(?:气阀|水阀|阀门|总阀|阀|总闸|水闸|电闸|闸|电源|煤气|燃气|天然气|电)"
_NOW = r"(?:现在|目前|已经|已|都|也|刚刚|刚才|刚|终于|总算|基本上?|全部|全|好像|应该|暂时|这会儿|马上就?|很快就?|被|给|又|正在|正|安全|顺利|平安){0,4}"

_NEWS = "|".join(
    (
        # Where the people are now.
        rf"{_WHO}?{_NOW}(?:{_HELP}{_NOW}(?:把人)?)?(?:(?:送|拉|抬)(?:到|去|往|进|上)?了?[^\d\W不没未]{{0,6}}(?:医院|急诊|抢救室|救护车)|(?:到|去|进|在|住)了?[^\d\W不没未]{{0,6}}(?:医院|急诊|抢救室)|上了?救护车|(?:拉|接|送|抬)走)(?:里|去|抢救|看病|治疗)?",
        rf"(?:{_HELP}|{_WHO})?{_NOW}(?:把)?{_WHO}?{_NOW}(?:救?出来|救出|救?下来|救?上来|放出来|弄出来|抬出来|醒过来|醒来|醒|缓过来|找到|找回来|回来|回家|脱险|脱困|获救|得救|转移|疏散|撤离|撤出来?)",
        rf"{_WHO}{_NOW}(?:没事|没什么事|没大碍|没大事|没危险|无大碍|好多|好些|稳定|平安|安全|有呼吸|能说话|清醒)",
        r"(?:没有?人?|无人)(?:受伤|伤亡|员伤亡)",
        # What has become of the danger.
        rf"(?:明?火|火势|火情|大火){_NOW}(?:灭|扑灭|熄灭|熄|浇灭|控制住|控制|没)",
        rf"{_NOW}(?:扑灭|灭火|控制住)",
        rf"(?:浓?烟|烟雾|味道?|煤气味|燃气味|臭味){_NOW}(?:散|散掉|散去|没有?|小|淡|闻不到)",
        r"(?:没有?|闻不到)(?:味道?|气味|煤气味|燃气味|烟)",
        rf"{_WHO}?{_NOW}(?:{_HELP}{_NOW})?(?:把)?{_SUPPLY}{_NOW}(?:关掉|关上|关好|关|断|拉掉|拉下来|停)",
        rf"{_WHO}?{_NOW}(?:{_HELP}{_NOW})?(?:关掉|关上|关好|关|切断|拉掉|拉下|拉)了?{_SUPPLY}",
        rf"(?:{_HELP})?{_NOW}(?:修好|修完|换好|接好|(?:(?<=在)|在)(?:抢修|修))",
        rf"{_NOW}(?:不漏水?|不冒水|不冒烟|不滴水?|来水|来电|通水|通电|通气)",
        rf"(?:电梯|电梯门|门|锁){_NOW}(?:打开|开|修好|恢复)",
        r"(?:警报|危险|险情)(?:已经?)?(?:解除|排除)",
        # Help on its way and there.
        rf"{_HELP}(?:的人|的同志|的师傅)?{_NOW}(?:来|到|到场|赶到|赶来|到现场|到位|在路上|在处理|处理|在救人?|在抢修|上来|上去|进去|上门)",
        rf"{_HELP}(?:的人)?(?:怎么|还|一直|到现在){{0,3}}没有?(?:来|到|人来)",
        # None after all, and nobody need come any more.
        r"(?:是|是个|原来是|还好是|结果是)?(?:虚惊一场|一场虚惊|误会|误报|乌龙|假的|演习|谣言)",
        r"(?:是)?(?:我|我们)?(?:刚才)?(?:弄|搞|看|听|报|说|闻|点|按|发)错",
        r"(?:不是|没有?)(?:着火|起火|失火|火灾|漏气|漏煤气)",
        r"(?:我|我们|这|这个|这事)?(?:不急|不着急|不算急|不是(?:什么)?(?:急事|紧急(?:的?(?:事|事情|情况))?))",
        r"(?:电梯|屋|家|车|楼|房子)?里[面头]?(?:是空的|没有?人)|没有?人(?:在(?:电梯|屋|家|车)?里[面头]?|被困|困在里[面头])",
        rf"{_NOW}(?:没事|没什么事|没问题|不要紧|不碍事|没危险|没有危险|不危险|解决|解决好|处理好|处理完|处理|搞定|弄好|恢复正常|结束|好)",
        r"(?:你们|您)?(?:不用|不必|不需要|别|用不着)(?:再)?(?:来人|过来|来|派人|管|麻烦|担心|跑|跑一趟|找人|叫人)",
    )
)
_MANNERS = (
    r"(?:(?:非常|太|真是|真的|多|特别|十分){0,2}(?:谢谢|感谢|多谢|谢了|谢啦|辛苦|麻烦|打扰|不好意思|对不起|抱歉)(?:你们?|您们?|大家|各位|社区|师傅|消防员?|医生|警察|同志们?|关心|帮忙|帮助){0,3}"
    r"|好的?|嗯|哦|收到|知道|请?放心|别担心|不用担心|幸好|还好|好在|万幸|太好|吓死我|跟您说一声|说一声|报个?平安|社区|你好|您好)[了啦的啊呀吧]{0,2}"
)
_IS_ASSENT = re.compile(r"好的?[啊呀吧呢哦嘛]{0,2}")
"""What people say to whoever told them what to do, and not that all is well: "好了" is."""
_JOINT = re.compile(r"[^\w]+")
_ADVERB = r"(?:然后|而且|并且|所以|那|就|结果|幸好|还好|好在)?"
_LAST = r"(?:了|啦|的|呢|呀|啊|吧|哦|嘛|过来){0,3}"
_IS_NEWS = re.compile(rf"{_ADVERB}(?:{_NEWS}){_LAST}(?:{_MANNERS}){{0,3}}")
_IS_MANNERS = re.compile(rf"(?:{_MANNERS}){{1,4}}")


def news(text: str) -> tuple[bool, str]:
    """Whether something in `text` tells how an alarm goes on, and what it says besides that and manners.

    Only for words of somebody who has just raised one, or speaks to staff: "好了" is nothing anywhere else.
    """
    said = normal(text)
    if len(said) > _MOST:
        return False, said
    is_news, rest = False, []
    for part in filter(None, _JOINT.split(said)):
        if _IS_NEWS.fullmatch(part) and not _IS_ASSENT.fullmatch(part):
            is_news = True
        elif not _IS_MANNERS.fullmatch(part):
            rest.append(part)
    return is_news, ",".join(rest)
