"""Words of whoever told a matter that it is over or no longer needed: 热水来了，不用管了; 自己修好了; 不麻烦了."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlp.normal import normal

_MOST = 30
"""More than this is a story, and a story is read by people."""


@dataclass(frozen=True, slots=True)
class Over:
    """`serial` is the number that is named, with its day or without; `unwanted` when nobody is to come any more, which
    can never be said of a result.
    """

    serial: str | None
    unwanted: bool


_LAST = r"(?:了|啦|咯|喽)(?:[啦呀啊哈哦喔噢哟]|已经){0,2}"
_ALREADY = r"(?:现在|目前|已经|已|都|也|刚刚|刚才|刚|今天|昨天|早就|终于|总算|全部|全|自己|自动|这会儿|这下){0,3}"
_SOMEBODY = (
    r"(?:(?:我家|我们家|家里|楼上|楼下|隔壁|对门|我)?的?(?:女儿|儿子|闺女|女婿|儿媳|媳妇|孩子|孙子|孙女|老伴|老公|老婆|爱人|妈妈|爸爸|妈|爸|家人|家里人|亲戚|邻居|朋友|同事"
    r"|师傅|物业|房东|保安|社区|志愿者|网格员|电工|水工|工人|供电公司|自来水公司|燃气公司|他们|他|她|有人|别人|人)|我们|我|自己|我自己|我们自己)"
)

_FIRST = r"(?:你们|您们|您|你|师傅|社区|大家|这事|这件事|那件事|那|就|都|也|可以|现在|今天|明天|真的|已经|先|请){0,3}"
_NEED_NOT = r"(?:不用|不必|不需要|用不着|无需)"
_THEM = r"(?:再|麻烦|劳烦|你们|您们|您|你|师傅|大家|社区|帮我|给我|为我|特意|专门){0,3}"
_WORK = r"(?:来人|来|过来|上门|派人|派|找人|叫人|跑一趟|跑|管|处理|解决|办|修|看|陪诊|陪|送|帮忙|帮|弄|换|理发|理|买|取|操心|费心|查|安排|联系|等|搬|接|抬|装|通|清理|打扫|登记|反映|麻烦)"
_WHAT = r"(?:我们|我妈|我爸|我|老人|孩子|你们|您|大家|社区|人|药|菜|灯|门|锁|水管|医院|看病|这个|这事|这件事|一趟)"
_UNWANTED = "|".join(
    (
        # "不用管我了" is for people to hear.
        rf"{_FIRST}{_NEED_NOT}(?!.{{0,6}}[管等看]我){_THEM}{_WORK}{{1,3}}{_WHAT}{{0,2}}(?:去|来)?{_WHAT}?{_LAST}",
        # "别修了" may be what somebody wants of a neighbour.
        rf"{_FIRST}(?:别|不要){_THEM}(?:来人|来|过来|上门|派人|跑一趟|跑|麻烦|管)(?:这事|这件事)?{_LAST}",
        rf"{_FIRST}(?:不用|不必|不需要|用不着|不麻烦|不劳烦|不要|不办|不修)(?:你们|您们|您|师傅|大家|社区)?{_LAST}",
        r"(?:那|就)?算了(?:算了)?(?:吧)?",
        r"(?:请|麻烦)?(?:帮我|给我)?(?:把)?(?:这个|这件事|这单|单子|它)?(?:就|先)?(?:取消|撤销|撤回|撤|撤单)(?:掉)?了?吧",
    )
)

_WHERE = r"(?:我们?家|家里|家|屋里|楼上|楼下|隔壁|对门|楼道|楼里|单元|小区|门口|厨房|厕所|卫生间|阳台|(?:\d{1,3}|[一二三四五六七八九十]{1,2})(?:号楼|栋|幢|楼|层|单元)){0,2}的?(?:那个|那盏|这个)?"
_LAMP = r"(?:路灯|楼道灯|走廊灯|声控灯|感应灯|灯泡|灯)"
_SUPPLY = r"(?:热水|自来水|冷水|凉水|水|电|煤气|天然气|燃气|气|暖气|网络|宽带|网|信号)"
_DRAIN = r"(?:下水道|地漏|马桶|厕所|管道|水管|水槽|水池|化粪池|排水沟|网络|宽带|网|路)"
_DOOR = r"(?:电梯门|单元门|大门|房门|车门|门禁|门锁|门|锁|道闸)"
_THING = (
    rf"(?:{_LAMP}|{_SUPPLY}|{_DRAIN}|{_DOOR}|电梯|水龙头|龙头|电路|电闸|空调|热水器|燃气灶|洗衣机|冰箱|电视机?|手机|电脑|监控|摄像头|路面|井盖|墙|屋顶"
    r"|窗户|窗|玻璃|充电桩|栏杆|扶手|设备|机器|门铃|对讲机?|轮椅|健身器材|水压|水质|垃圾|杂物|问题|事情|事儿|事)"
)
_PET = r"(?:狗狗|小狗|狗|猫咪|小猫|猫|鸟|宠物)"
_LOST = rf"(?:{_PET}|钥匙|钱包|手机|身份证|证件|包|东西|车子?|电动车|自行车|快递|孩子|小孩|老人|老伴|人)"
_NOISE = r"(?:施工|装修|音乐|广场舞|声音|噪音|噪声|电钻|敲打声?|响声|动静)"
_MENDED = r"(?:(?:修|弄|搞|办|处理|装|换|接|疏通|通|补|清理|打扫|收拾|整理|安装|整)(?:好|完|妥|干净)|(?:修|弄|搞)利索|解决(?:好|掉)?|搞定|恢复(?:正常|供水|供电|供气)?|修复|疏通|正常)"
_SOLVED = "|".join(
    (
        # Mended, by whom ever.
        rf"(?:{_SOMEBODY}{_ALREADY}(?:来|过来|上门)?(?:帮我|帮忙|给我|替我|把它|给)?|{_WHERE}{_THING}?){_ALREADY}(?:被|给)?{_SOMEBODY}?{_MENDED}{_LAST}",
        rf"{_WHERE}{_THING}?{_ALREADY}(?:好|没事|没问题){_LAST}",
        rf"{_WHERE}{_THING}?{_ALREADY}(?:可以|能)(?:正常)?(?:用|使用|开|坐|进|出|走|上网|洗澡){_LAST}",
        # It is there again.
        rf"{_WHERE}{_LAMP}?{_ALREADY}亮(?:起来)?{_LAST}",
        rf"{_WHERE}{_SUPPLY}{_ALREADY}(?:来|有|通|恢复){_LAST}",
        rf"{_WHERE}{_ALREADY}(?:来|有|通){_SUPPLY}{_LAST}",
        rf"{_WHERE}{_DRAIN}{_ALREADY}(?:通|不堵){_LAST}",
        rf"{_WHERE}{_DOOR}{_ALREADY}(?:打开|开){_LAST}",
        rf"{_WHERE}(?:暖气|水|空调|地暖){_ALREADY}热(?:起来)?{_LAST}",
        rf"(?:我|我家|家里)?的?{_LOST}?{_ALREADY}(?:找到|找着|找回来|寻到){_LAST}",
        rf"(?:我|我家|家里)?的?{_PET}{_ALREADY}(?:跑)?(?:回来|回家){_LAST}",
        rf"(?:药|菜|东西|票|快递){_ALREADY}(?:买到|买好|拿到|取到|领到|送到){_LAST}",
        # It is gone.
        rf"{_WHERE}(?:{_THING}|{_PET}|水|他们|他们家|那家)?{_ALREADY}不(?:漏水|漏|滴水|滴|吵|闹|响|臭|堵|卡|晃|叫|跳闸|冒水|渗水|渗){_LAST}",
        rf"{_WHERE}(?:他们|他们家|那家)?{_ALREADY}(?:安静|消停){_LAST}",
        rf"{_WHERE}(?:{_NOISE}{_ALREADY}(?:停|没|没有|结束)|没(?:有)?(?:声音|噪音|味道|味|臭味)){_LAST}",
        rf"{_WHERE}(?:味道?|臭味|异味){_ALREADY}(?:没|没有|散){_LAST}",
        rf"(?:那辆|那个|这辆)?(?:车主|车子?|电动车|自行车|货车|面包车|三轮车){_ALREADY}(?:把车)?(?:开|挪|移|拖|搬|骑)走{_LAST}",
        rf"{_WHERE}(?:垃圾|杂物|旧家具|树枝){_ALREADY}(?:被)?(?:{_SOMEBODY})?(?:清理|清|运|收|拉|搬|扫)(?:走|掉|干净|完){_LAST}",
    )
)
# Why nobody need come; by itself it says nothing of the kind.
_REASON = "|".join(
    (
        rf"{_SOMEBODY}{_ALREADY}(?:回来|回家|到家|到|来|过来|在家|在|陪我?去?|会陪我?去?|送我?去?|帮我?忙?|帮我弄|来修|在修|买|修|弄|取|拿)(?:了|啦)?",
        r"(?:我们?)?(?:已经|刚刚|自己){0,2}(?:找到人|找人|找了人|请人|叫人|找别人|请了别人|约了别人|换人|去|去过|买|弄|修|想办法|能走|能去|可以去|会弄)(?:修|弄|处理|帮忙)?了?",
    )
)
_MANNERS = (
    r"(?:(?:非常|太|真是|真的|多|特别|十分|还是){0,2}(?:谢谢|感谢|多谢|谢了|谢啦|辛苦|麻烦|打扰|不好意思|对不起|抱歉|费心)(?:你们?|您们?|大家|各位|社区|师傅|同志们?|关心|帮忙|帮助|了|啦|啊){0,3}"
    r"|好的|嗯+|哦|哎|喂|你好|您好|(?:跟|和)?(?:你们|您)?说一声|小应|社区|师傅)"
)
_JOINT = r"[\s,.!。、;:~…\-]*"
_WHOLE = re.compile(
    rf"{_JOINT}(?:(?:编号|单号|工单)?:?(?P<serial>(?:\d{{6}}-)?\d{{4}})号?(?:的事|那个)?{_JOINT})?"
    rf"(?:(?:那就|那|所以|因为|结果|还好|幸好)?(?:(?P<unwanted>{_UNWANTED})|(?P<solved>{_SOLVED})|{_REASON}|{_MANNERS}){_JOINT}){{1,5}}"
)


def over(text: str) -> Over | None:
    """Whether the whole of a short message says that a matter is over or no longer needed; None for everything else.

    Only for whoever has told of one that is not finished: from others "好了" is nothing, and "不用了" is manners.
    """
    said = normal(text).strip()
    if not said or len(said) > _MOST:
        return None
    found = _WHOLE.fullmatch(said)
    if found is None or not (found["unwanted"] or found["solved"]):
        return None
    return Over(found["serial"], unwanted=found["unwanted"] is not None)
