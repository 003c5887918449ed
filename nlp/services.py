"""A help in person that somebody asks for (理发, 陪诊, 买药, 修灯 …): a tag beside the category."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

# Who needs a hand says so early, and in a letter in its headline.
_MOST = 80

# What the help is about, nearest first: of two that are named the one that stands higher is meant.
_SERVICES = {
    "陪诊": r"陪诊|陪护?就?医|陪.{0,6}(?:去|到|上).{0,6}(?:医院|看病|复查|检查|拍片)|(?:医院|看病|复查|检查|拍片).{0,16}(?:人|志愿者|义工)(?:来|一起)?陪|(?:要|找)人陪.{0,8}(?:医院|检查)|必须有人陪|照ct.{0,20}有人陪",
    "背人下楼": r"(?:背|抬|扶|搀).{0,6}(?:下楼|上楼|下去|上来|上车|下五楼)|爬楼机",
    "借轮椅": r"(?:借|租|申请).{0,6}(?:轮椅|拐杖|助行器)|轮椅(?:出租|租借)",
    "修轮椅": r"(?:修|补).{0,6}轮椅|轮椅.{0,12}(?:掉了|坏了|没气)",
    "助浴": r"助浴|(?:帮|给).{0,6}(?:洗个?澡|擦身)|没.{0,4}洗过澡|洗个?澡.{0,10}(?:怕摔|上门)",
    "理发": r"理发(?!店|馆|室)|剪发|剪头|剃头|推个?头|理个?头|理头发|染个?头发|头发长",
    "上门护理": r"上门.{0,6}(?:护理|打针|换药|抽血|灌肠|量血压)|(?:护士|护理员|会打针的).{0,8}(?:上门|来)|(?:来个|找个|请个)会打针|有护士",
    "取药": r"(?:取|拿|代配|配|开|捎|带|买|送).{0,6}药(?!店)|药.{0,12}(?:帮拿|代配|捎一?盒|送上来)",
    "买菜": r"(?:买|带|捎|送).{0,6}(?:菜|米|面|排骨|油|酱油|东西)(?!贵|市场)|断菜",
    "送餐": r"送(?:餐|饭)|送几天饭|带饭",
    "照护": r"(?:照看|照顾|看护|守).{0,10}(?:孩子|女儿|儿子|老人|一宿|一夜|几天)|(?:请|找)个?(?:护工|阿姨|保姆|人晚上)|托管一",
    "陪伴": r"陪聊|陪(?:我|他|她|老人)?.{0,2}(?:聊天|说话|说说话|下棋|散步|坐坐)|推我一圈|来(?:坐坐|吃块蛋糕)|一起下棋|打个电话问我",
    "打扫": r"(?:打扫|收拾|清扫|清下屋|擦擦?(?:窗|一?下|，|$)|擦玻璃|上门保洁|大扫除|清走)",
    "疏通": r"(?:通|疏通).{0,4}(?:马桶|下水|厕所|管道|地漏)|马桶.{0,12}(?:会通|来通)|疏通师傅|通渠",
    "修灯": r"(?:(?<!装)修|换|装(?!修)).{0,4}(?<![路街])灯(?!杆)|灯(?:泡|管).{0,14}(?:够不着|换)",
    "修水电": r"水龙头.{0,16}(?:修|换|拧|师傅)|(?:修|换|看).{0,6}(?:水龙头|水管|插座|电路|线路|电闸|闸|开关)|(?:水槽|接头|马桶水箱|插座|空气开关|保险丝).{0,30}(?:来|找|请|喊|麻烦|求)",
    "修家电": r"(?:修|看一?[眼下看]).{0,6}(?:电视|冰箱|冰柜|洗衣机|空调|热水器|微波炉|电脑|电饭煲|风扇|家电)|(?:热水器|空调|微波炉|电脑|电视|冰箱|洗衣机|电饭煲|风扇|油烟机).{0,20}(?:谁|师傅|有没有)",
    "开锁修锁": r"开锁|修锁|钥匙.{0,8}(?:锁屋里|转不动|断)",
    "修门窗家具": r"(?:修|装|糊|换).{0,6}(?:柜|门|窗帘|扶手|窗户|床|椅|报警器|纱窗)|窗帘轨道|懂木工",
    "手机教学": r"(?:教|学|会改|不会|帮).{0,8}(?:手机|微信|视频|上网|朋友圈|挂号|缴费|网课)|手机.{0,16}(?:教|不会|搞不来|清一下)|(?:刷脸|人脸|认证).{0,16}(?:上门|帮|教|刷不过)|wifi.{0,14}(?:弄|不懂)",
    "辅导作业": r"(?:补|教|辅导).{0,4}(?:数学|英语|语文|作业|功课|中文)|作业.{0,10}(?:看不懂|不会)|功课不会",
    "代读代写": r"(?:读|念).{0,4}(?:信|报|一念)|(?:写|填).{0,4}(?:申请书?|表|信|对联|寿联|春联)|手语翻译|代打电话|帮打一?个?电话",
    "取快递": r"(?:取|拿|寄).{0,4}(?:快递|包裹|挂号信)",
    "代办": r"代办|(?:帮|替|给)(?:我|俺|老人)?.{0,8}(?:缴|交费|挂个?|取一下养老金|办个?手续)|上门(?:办理|收|拍照|照相|认证)|上门.{0,6}照证|来照[个相像]|拍张?证件照",
    "搬东西": r"(?:搬|抬|扛|提).{0,6}(?:不动|不上|上楼|下楼|下|东西|柜|箱|床|冰箱|沙发|家具|一下|上四楼|面粉)|搬家|搭把手",
    "接送": r"接送|顺风带|送我们?.{0,6}(?:机场|车站|医院)",
    "喂养宠物": r"(?:喂|遛|照看).{0,4}(?:猫|狗|鸟|鱼)|(?:猫|狗)没人喂",
    "缝补": r"缝(?:补|裤|衣|被)|磨(?:菜)?刀|改衣",
}
_ASKED = re.compile(
    r"帮|陪(?:我|一?下|她|他|老人)|求|请(?:个|人|两|来|一位|哪位|派|求|会|为)|想(?:请|找|学|借)|能不能|能否|能来|能有人|可不可以|可以[吗么不]|行[吗不]|有没有|有没得?|谁(?:能|来|帮|会|家|愿)|麻烦|劳驾|志愿者|义工"
    r"|上门|派(?:人|个)|来(?:个|人|两|一个)|找(?:人|个|谁|师傅)|师傅|教(?:教|我|一)|需要|喊(?:个|两)|够不着|弄不上|看不见|老头要|什么时候到|修个|拿不下|拿不动|搬不动|怎么办|我要"
)
# What belongs to everybody is mended by whoever keeps it in order, not by a neighbour with a ladder.
_PUBLIC = re.compile(
    r"路灯|楼道|走廊|过道|楼梯间|单元门|电梯|车库|公厕|公共|广场|街道|道路|路面|门口的?路|健身|小区(?:换个)?的?(?:灯|大?门|马桶|管道)|下水道|窨井|化粪池|主管道"
)
_REFUSED = re.compile(
    r"投诉|举报|退(?:卡|费|款|钱)|办卡|会员|扰民|乱收费|态度|黑心|被骗|宰客|无证|不作为|违规|无证|建议|开发商|公交|校车|学校|谢谢|感谢|表扬"
)
_NAMED = tuple((name, re.compile(pattern)) for name, pattern in _SERVICES.items())

_REPAIRS = frozenset({"疏通", "修灯", "修水电", "修门窗家具", "打扫"})

IN_A_HOME = frozenset(
    {
        "背人下楼",
        "助浴",
        "理发",
        "上门护理",
        "照护",
        "陪伴",
        "打扫",
        "疏通",
        "修灯",
        "修水电",
        "修家电",
        "修门窗家具",
        "手机教学",
        "辅导作业",
        "搬东西",
        "喂养宠物",
    }
)
"""Services for which somebody's door opens: two go together."""

KINDRED = MappingProxyType(
    {
        "取药": frozenset({"助老"}),
        "买菜": frozenset({"助老"}),
        "陪伴": frozenset({"助老"}),
        "修灯": frozenset({"水电维修", "小修小补"}),
        "修水电": frozenset({"水电维修"}),
        "疏通": frozenset({"水电维修"}),
        "修轮椅": frozenset({"小修小补"}),
        "修门窗家具": frozenset({"小修小补"}),
        "打扫": frozenset({"环境清洁"}),
    }
)
"""Skills of the categories that do for a service as well."""

# Whoever wants to know how or where is answered, not visited.
_HOW = re.compile(r"怎么(?!办)|怎样|如何|哪里|哪儿|哪个|在哪|什么时候|几点|多少钱|收费|什么(?:条件|材料|手续)")


def service_in(said: str) -> str | None:
    """The help that `said` asks for, by its usual name; None where nothing is asked for or somebody complains."""
    said = said.partition("\n")[0][:_MOST].lower()
    if not _ASKED.search(said) or _REFUSED.search(said) or _HOW.search(said):
        return None
    found = next(_found(said), None)
    return None if found in _REPAIRS and _PUBLIC.search(said) else found


def services_named(said: str) -> list[str]:
    """The services that somebody says they can help with, in the order of the list."""
    said = said[:_MOST].lower()
    found = {*_found(said)}
    return [name for name in _SERVICES if name in said or name in found]


def _found(said: str) -> Iterator[str]:
    return (name for name, pattern in _NAMED if pattern.search(said))
