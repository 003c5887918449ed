"""Reports as residents of the demo street write them, made up for the measurements; as many as are asked for."""

from __future__ import annotations

import random

PLACES = (
    "香樟花园{b}栋",
    "香樟花园{b}栋{u}单元",
    "滨江雅苑{b}栋",
    "滨江雅苑{b}号楼{u}单元楼下",
    "银杏里{b}栋",
    "银杏里{b}栋旁边的小路",
    "香樟花园东门口",
    "滨江雅苑地下车库",
    "银杏里健身器材那里",
    "江湾街道菜场后门",
)

TROUBLES = (
    "楼道的灯坏了好几天，晚上老人上下楼看不见，能不能派人来换一下",
    "楼上装修从早敲到晚，周末也不停，孩子在家上网课根本听不见",
    "垃圾桶满了三天没人清，苍蝇到处飞，味道都飘到屋里来了",
    "水管一直在漏水，地上结了青苔，昨天差点有人滑倒",
    "有人把电动车停在楼梯口，还从窗户拉线下来充电，看着害怕",
    "下水道堵了，污水往外冒，一楼住户没法开门",
    "路面坑坑洼洼的，骑车的人晚上看不见，已经摔过一个了",
    "隔壁的狗半夜叫个不停，跟主人说了几次都没用",
    "消防通道被两辆面包车占着，一占就是一个星期",
    "绿化带里堆了一大堆装修垃圾，下雨就往路上流",
    "广场舞的音响开得太大，到十点还不停，我家里有要高考的孩子",
    "外面的树长得太密，把三楼的窗户全挡住了，屋里白天都要开灯",
    "电梯门老是关不上，进去以后要按好几次才肯走",
    "有人在公共草地上种菜浇粪，味道难闻，路过都要捂鼻子",
    "路灯从上个月就不亮了，下晚班回来这一段漆黑一片",
    "自来水发黄，放了十分钟还是浑的，不敢烧来喝",
    "楼下烧烤店的油烟直接往居民楼排，衣服晒出去全是味",
    "井盖松了，车一压就咣当响，整夜睡不着",
    "有人在楼顶搭了个铁皮棚子，下雨天水都往我家阳台灌",
    "快递和外卖的车在小区里开得飞快，昨天差点碰到小孩",
)

ASIDES = (
    "。",
    "，麻烦来看看。",
    "，打过物业电话没人接。",
    "，我们这几户都有意见。",
    "，已经反映过一次了。",
    "，什么时候能处理给个话。",
)


def reports(count: int, *, seed: int = 0) -> list[str]:
    """`count` (at most 5,000) different reports of 25 to 60 characters, the same for the same seed."""
    draw = random.Random(seed)
    made: dict[str, None] = {}
    while len(made) < count:
        place = draw.choice(PLACES).format(b=draw.randint(1, 6), u=draw.randint(1, 3))
        made[place + draw.choice(TROUBLES) + draw.choice(ASIDES)] = None
    return list(made)
