"""The place a message names when the area tree does not know it: the learned span, mended by the grammar of addresses."""

from __future__ import annotations

import re

from nlp.spans import DISTRICT, TEXT, TITLE, Spans, cut, load

# Scores a span must reach, in 32nds. The text under a headline says much that is not the place.
_GATE = {"A": -88, "T": -32, "X": 8}
_UNLIKELY = {"A": 40, "T": 64, "X": 64}
"""So much more when it does not end like a name of a place."""
_SURE = 96
"""From here on a headline's place is not compared with the text's."""

_DEEPER = 0
"""The score of what follows a town's name, if that is where it is."""

_HAN = "[\u4e00-\u9fff]"
_N = r"(?:\d{1,4}|[一二三四五六七八九十]{1,3})"
_PARTS = (
    rf"(?:的?[A-Za-z]?{_N}(?:[#-]\d+)?(?:栋|幢|座|号楼|#楼?|组|号(?![\d线]))|[A-Za-z](?:栋|幢|座|区))?(?:{_N}单元)?"
    rf"(?:{_N}[楼层](?![上下道顶梯盘]))?(?:(?<![\d月年])\d{{3,4}}(?:室|房|号房?)?(?![\d年个月天元块平米户班路]))?"
)
_MORE = re.compile(
    r"(?:(?<=小)区)?[\"”]?(?:[A-Za-z\d一二三四五六七八九十]{1,2}[期区])?"
    r"(?:的?(?:安置|住宅|商住)?(?:小区|菜市场|学校|广场|公园|地铁站|公交站|车站|新村|安置房|路段|路口|交叉路?口|交汇处|大厦|公寓|宿舍|花园|大桥)|城(?![市管区里中东南西北])"
    rf"|(?:(?!小区|居民|物业|业主|里面|[的在是有了被将把和与及对请就也不内外旁建办开停])[\u4e00-\u9fff]){{1,3}}(?:小区|花园|家园|苑(?!小))(?!内?的?居民楼))?{_PARTS}"
)
_GAP = re.compile(rf"[\"“]?(?:(?![的在是有了被将把和与及对请就也不为向从由至到内]){_HAN}){{1,4}}[\"”]?")
_LEAD = re.compile(
    r"(?:[\s,。、:\"“‘(])+|(?:和|与|及|跟|在|对|的|原|现|了)(?=\S{2})|(?:经济?(?:技术)?开发?区|高新(?:技术)?(?:产业)?(?:开发)?区)(?=\S{2})"
    r"|\d{1,3}路(?:公交车?)?(?:经过|途经|始发站|终点站|到|从|在)?|(?:临近|靠近|位于|途经|经过)(?=\S{2})"
)
_STREETS = re.compile(
    rf"(?:{_HAN}{{2,4}}?(?:街道(?:办事处|办)?|社区(?:居委会)?))(?=[\"“]?{_HAN}{{3}})(?!门口|旁边|附近|办公|居委)"
)
_TAIL = re.compile(
    r"[\s,。、:\"”’(]+$|(?<=\S{2})(?:项目|楼盘|高层|绿化带|内部|里面|这边|那边|全体|业主|住户|居民|商铺|的)$|(?<![\d\-])\d{4}年?$|(?<=[\u4e00-\u9fff])\d{3,}(?=$)(?<![栋幢座楼元号]\d{3})(?<![栋幢座楼元号]\d{4})"
    r"|[(][^)]*$|(?<=[路街道])成$|(?<=\S{3})内$|\d+[台位个户名家条次]$"
)
_ESTATE = re.compile(rf"[村城苑园府湾庭居里庄区寓邸]$|{_N}[号栋期]$")
# A firm is not a place; what only classes of places are called is none either.
_LIKE_A_PLACE = re.compile(
    r"[城苑园府湾庭居里庄区寓邸镇村乡路街巷道桥站场厦楼院校所局店馆厂山湖河江岛坪塘岭冲口旁边门栋号组段期都郡境著赋轩阁台堡坊弄房市室层社座幢屋处户元库棚亭坝堰沟港湖州洲寨屯集洞墙下上内前后侧面中头对附近)\d]$|附近|公司$"
)
# "第一中学" is only told from the others by its district.
_DISTRICT_TELLS = re.compile(
    r"第?[一二三四五六七八九十\d]{1,2}(?:中学?|小学|医院|幼儿园)|[\u4e00-\u9fff]{2,6}(?:大学|学院|医院|服务中心|社保中心|图书馆|博物馆|体育馆|动物园|植物园|火车站|汽车站|客运站|党校|职业学校|职业学院)"
)
_FIRM = re.compile(rf"{_HAN}{{0,10}}?(?:有限公司|公司|集团|股份|银行)")
_GENERIC = re.compile(
    r"(?:本|该|这个|那个|此|某|各|每个|许多|很多|所有|全|整个|多个|几个|周边|附近|周围|其他|我们|自己|人民|相关|有关|基层|市|省|县|区|委|市直|直属|上级|主管|职能|街道|社区|交警|公安|环保|城管|住建|教育)*的?"
    r"(?:政府(?:办公室)?|部门|单位|派出所|公安局|环保局|城管局?|教育局|住建局|法院|车管所|公司|机关|系统|人士|领导|市政府|委市政府|街道办?|校区|片区|地区|区域|城区|市区|城市|城乡|农村|国家|全国|高速公路|公交车?|地铁|幼儿园|科目.?|学校|小学|中学|大学|银行|网络|网上|平台|微信)"
)
_EVERYWHERE = re.compile(
    r"(?:我们?|咱们?|本|这个|老|一个)?(?:小区|楼上|楼下|家|家里|隔壁|对门|楼道|门口|路边|马路)(?:[里内上下边]|门口)?"
    r"|[里外上下前后]面|[里外]头|旁边|对面|[这那][边里儿]"
)
_NO_PLACE = re.compile(r"^(?:(?P<said>.{1,2})[不没](?P=said)|[\W\d_]*|.|\d+[岁元年月日号天个分点路米%].*|[A-Za-z\d]+)$")


def free_place(text: str, model: Spans | None = None) -> str | None:
    """The place named in normalised `text`, without districts and streets before it; None when none is."""
    model = model or load()
    title, newline, body = text.partition("\n")
    if not newline:
        found = _best(model, title[: TITLE + TEXT], "A")
        return found[1] if found else None
    headline = _best(model, title[:TITLE], "T")
    if headline is not None:
        again = _again(headline[1], body[: 3 * TEXT])
        if again or (headline[0] >= _SURE and _ESTATE.search(headline[1])):
            return again or headline[1]
    told = _best(model, body[:TEXT], "X")
    if headline and told:
        goes_on = told[1].startswith(headline[1]) and len(told[1]) <= len(headline[1]) + 12
        return told[1] if goes_on or told[0] > headline[0] + 2 * _SURE else headline[1]
    return headline[1] if headline else told[1] if told else None


def _best(model: Spans, line: str, kind: str) -> tuple[int, str] | None:
    words = cut(line)
    found = model.best(words, kind)
    if found is None or found[0] < _GATE[kind]:
        return None
    score, first, last = found
    start, end = _where(words, first, last)
    place = _mended(line, start, end)
    if _ONLY_STREET.fullmatch(place) and (deeper := model.best(words[last + 1 :], "X")) and deeper[0] > _DEEPER:
        start, deeper_end = _where(words, last + 1 + deeper[1], last + 1 + deeper[2])
        if start - end <= 2:
            end = deeper_end
            place = _mended(line, start, end)
    if _NO_PLACE.match(place) or _GENERIC.fullmatch(place) or _EVERYWHERE.fullmatch(place):
        return None
    if place.endswith("广场") and line.startswith("舞", line.find(place) + len(place)):
        return None
    if _FIRM.match(line, end) and not _ESTATE.search(place) and place[-1] not in "路街":
        return None
    if score < _GATE[kind] + _UNLIKELY[kind] and not _LIKE_A_PLACE.search(place):
        return None
    return score, place


def _where(words: list[str], first: int, last: int) -> tuple[int, int]:
    """Where in their line the words from `first` to `last` begin and end."""
    start = sum(map(len, words[:first]))
    return start, start + sum(map(len, words[first : last + 1]))


def _mended(line: str, start: int, end: int) -> str:
    """The span, grown to the address it is part of, without what only leads to it."""
    more = _MORE.match(line, end)
    if more and more[0] not in ("", "的", '"'):
        end = more.end()
    near = None
    for district in DISTRICT.finditer(line, max(0, start - 24), end):
        if district.end() <= start:
            near = district.end()
        elif end - district.end() >= 3:
            start, near = district.end(), None
    if near is not None and 0 < start - near <= 4 and _GAP.fullmatch(line, near, start):
        start = near
    place = line[start:end]
    while lead := _LEAD.match(place) or _STREETS.match(place):
        place = place[lead.end() :]
    while tail := _TAIL.search(place):
        place = place[: tail.start()]
    if "”" in place and "“" not in place:
        place = place.partition("”")[0]
    if near == start and _DISTRICT_TELLS.fullmatch(place):
        district = max(DISTRICT.finditer(line, max(0, start - 24), start), key=lambda found: found.end())
        place = (_LAST_DISTRICT.search(district[0]) or district)[0] + place
    return place


_ONLY_STREET = re.compile(rf"{_HAN}{{2,4}}(?:街道办?|镇|乡|社区)")
_LAST_DISTRICT = re.compile(r"(?:[A-Z]\d{0,2}[市区县]|[\u4e00-\u9fff]{2,3}?[市区县]|[\u4e00-\u9fff]{2}省)$")
_NUMBERED = re.compile(
    rf"(?:小区|花园)?(?:[一二三四五六七八九\d]期)?(?:小区)?的?(?:[A-Za-z]?\d{{1,3}}|[一二三四五六七八九十]{{1,3}}|[A-Za-z])(?:栋|幢|座|号楼|#楼?){_PARTS}"
)


def _again(name: str, body: str) -> str | None:
    """The place named once more in the text, with its building."""
    core = name.removesuffix("小区")
    if len(core) < 2 or _NUMBERED.search(name):
        return None
    where, end = -1, core[-4:]
    for _ in range(4):
        where = body.find(end, where + 1)
        if where < 0:
            return None
        more = _NUMBERED.match(body, where + len(end))
        if more:
            return core + more[0]
    return None
