"""Danger to life recognised in plain words, without database or model, recall first."""

from __future__ import annotations

import re
from enum import StrEnum

from nlp.normal import normal


class Danger(StrEnum):
    """What threatens, in the order in which it is announced when several are named."""

    FIRE = "fire"
    GAS = "gas"
    SUICIDE = "suicide"
    ASSAULT = "assault"
    DROWNING = "drowning"
    SHOCK = "shock"
    TRAPPED = "trapped"
    COLLAPSE = "collapse"
    MEDICAL = "medical"
    FALLING = "falling"
    MISSING = "missing"


_MOST = 2000
_SOMEBODY = (
    r"(?:有?人|老人|大爷|大妈|老太太|爷爷|奶奶|孩子|小孩|孩|娃|宝宝|学生|邻居|住户|工人|我妈|我爸|妈妈|爸爸|母亲|父亲|老伴|老公|老婆|儿子|女儿"
    r"|外公|外婆|婆婆|公公|孙子|孙女|弟弟|妹妹|姐姐|哥哥|家人|他|她|我们?|骑手|小哥|女的|男的|男子|女子|行人|路人)"
)

# Each pattern names something happening; `_SUPPOSED`, `_PAST` and the like decide whether it is happening now.
_HAPPENING: dict[Danger, re.Pattern[str]] = {
    Danger.FIRE: re.compile(
        r"着火|起火|失火|火灾|烧起来|烧了起来|烧着了|燃起来|着大火|大火|火势|纵火|放火|有明火|火苗|(?:锅|被子|房子|家里|厨房|窗帘|草堆|阳台|电线|衣服)着了|自燃|爆炸|爆燃"
        r"|冒(?:着|出|起|了)?(?:很大|好大|好多|大量)?的?(?:黑烟|浓烟|火|白烟)|冒烟|浓烟|好[大多浓]的?烟|烟.{0,6}冒(?:上来|出来|进来)|在烧(?![烤水纸饭菜香煤垃秸柴])|全是烟|都是烟|烟很大"
    ),
    Danger.GAS: re.compile(
        r"(?:煤气|燃气|天然气|液化气|瓦斯)(?:管道?|罐|瓶|灶|阀门?|表|热水器)?.{0,6}?(?:泄漏|泄露|漏气|漏了|在漏|中毒|漏(?!洞))"
        r"|(?:煤气|燃气|天然气|液化气|瓦斯)的?(?:臭?味|气味)|(?:闻到|闻见|有股?|一股|全是|好大|很大).{0,8}(?:煤气|燃气|天然气|液化气|瓦斯)(?:味|$|[,。!])"
        r"|漏(?:了)?(?:煤气|燃气|天然气|液化气|瓦斯)|一氧化碳|(?:管道|阀门|罐|瓶)(?:在)?漏气"
    ),
    Danger.SUICIDE: re.compile(
        r"跳楼|自杀|轻生|不想活|想死|活不下去|割腕|上吊|喝(?:了)?农药|服毒|寻短见|寻死|自尽|结束(?:我的|自己的?)?生命|了结(?:自己|生命)"
        r"|跳(?:河|江|湖|桥|海)|从.{0,6}(?:楼|阳台|窗|天台|桥).{0,4}跳(?:了)?(?:下|楼)|[吞吃喝](?:了)?.{0,6}安眠药|安眠药.{0,4}(?:吃多|过量)|一瓶安眠药|(?:楼顶|天台|窗台|窗外|阳台|桥上|栏杆).{0,8}(?:要跳|想跳|跳下|往下跳|准备跳)|死给.{0,3}看"
    ),
    Danger.ASSAULT: re.compile(
        r"打起来|打架|打人|被.{0,4}打(?:了|伤|得|倒|破)?|(?:在|一直|又)打(?:我|他|她|老婆|孩子|老人)|老公打我|打老婆|(?:老公|丈夫|男人|前夫|他|她|老婆|儿子|邻居|对方|有人|保安).{0,8}打我(?!电话|们)|[踹砸]门|破门|惨叫|哭喊|殴打|砍人|砍伤|捅(?:人|伤|了|死)"
        r"|持刀|持械|拿着?.{0,3}(?:刀|棍|斧)|杀人|杀了(?:我|你|他)|要杀|抢劫|被抢|家暴|强奸|性侵|非礼|绑架|打群架|打起架|进贼|有贼|小偷(?:在|正)|跟踪(?:我|她)|尾随|被人跟踪|劫持|挟持|行凶|斗殴"
        r"|闯(?:进|入).{0,4}(?:家|屋|门)|(?:在|有人).{0,3}撬.{0,4}(?:门|锁|窗)"
    ),
    Danger.DROWNING: re.compile(
        r"落水(?![管口斗沟槽])|溺水|掉(?:进|到|入|下|在)?了?.{0,4}(?:河|湖|江|水|塘|池|海)里|掉(?:进|到|入|下)了?.{0,4}(?:河|湖|江|塘|池|海)|(?:河|湖|江|水|塘|池)(?:里|中).{0,4}(?:有人|喊救命|扑腾|挣扎|沉)"
        r"|(?:河|湖|江|水|塘|池).{0,3}漂着.{0,4}(?:人|尸)|被(?:大?水|洪水)冲走|沉下去"
    ),
    Danger.SHOCK: re.compile(
        r"触电|被电(?:了|到|倒|晕|伤|击|死)|电(?:到|倒|晕|伤|死)(?:了)?人|电击|漏电.{0,8}(?:人|倒|麻|孩|手)|(?:在|正|严重|又)漏电|漏电了"
        r"|(?:电线杆?|高压线|电缆|电杆).{0,6}(?:断|掉|垂|落|倒).{0,8}(?:地|水|路|火花|冒火|带电|人)|冒火花"
    ),
    Danger.TRAPPED: re.compile(
        r"(?:电梯|轿厢).{0,16}?(?:出不来|出不去)|(?:电梯|升降机|轿厢).{0,8}?(?:困人|困住|被困|困了|关住|关在|卡住.{0,4}人|卡着?人|出不来|出不去)|(?:电梯|轿厢)(?:里|内|中)面?.{0,4}(?:有人|关着|困|出不)"
        r"|被困(?!扰)|困在|困住|卡在.{0,6}(?:电梯|护栏|栏杆|门|窗|缝|墙|车)|[关锁]在.{0,6}(?:电梯|车里|车内|屋里|房间|阳台)"
        rf"|(?:压|埋)在.{{0,8}}(?:下|里|底)|{_SOMEBODY}.{{0,6}}(?:掉|摔|跌|陷)(?:进|到|入|下|在)了?.{{0,8}}(?:井|坑|下水道|沟|洞)"
        rf"|(?:头|手|脚|腿|胳膊|身子).{{0,3}}(?:被|给)?.{{0,4}}(?:夹住|卡住)|反锁.{{0,8}}(?:孩|老人|着火|火|宝)|(?:孩|老人|宝).{{0,4}}反锁"
    ),
    Danger.COLLAPSE: re.compile(
        r"(?:房|楼|墙|顶|天花板|阳台|脚手架|桥|塔吊|棚|山体?|挡土墙|护坡|基坑|工地|楼板|广告牌|石头).{0,6}?"
        r"(?:塌了|倒塌|坍塌|垮塌|塌下|垮了|要塌|快塌|塌陷|倒下来|要倒|快倒|倒了)|塌方|滑坡|泥石流|(?:路面|地面|马路).{0,4}(?:塌了|塌陷|陷下).{0,10}(?:人|车).{0,4}(?:掉|陷|卡|困|埋)"
    ),
    Danger.MEDICAL: re.compile(
        r"晕倒|昏倒|昏迷|说不出话|嘴歪|口眼歪斜|半边身|翻白眼|晕过去|昏过去|没(?:有|了)?呼吸|没气了|断气|心脏病.{0,3}(?:发|犯)|心梗|脑梗|脑溢血|脑出血|(?:突然|突发|好像)中风|中风了|抽搐|抽风|大出血"
        r"|流了?(?:很多|好多|一地|大量|不少|满地)的?血|血流不止|止不住血|全是血|口吐白沫|休克|喘不(?:上|过)气|呼吸困难|倒地|不省人事|(?:快|要)不行了|不醒人事|叫不醒"
        r"|(?:摔|跌)(?:倒|伤|下|了).{0,12}(?:起不来|不动|不醒|流血|动不了|骨折|昏)|(?:起不来|动不了).{0,4}(?:快|救)|要生了|羊水破|心跳(?:停|没)|噎住|噎着|窒息|猝死|心绞痛|胸口.{0,6}[痛疼]"
        r"|(?:叫|喊|打|快来)(?:个|辆)?(?:120|救护车)|救护车快|食物中毒|中毒了|喝了?.{0,4}(?:清洁剂|消毒液|老鼠药|毒药)|坠楼|爬不起来|躺在.{0,6}(?:地|路|楼道|马路).{0,8}(?:不动|血|叫|没反应)|倒在.{0,4}(?:地|路|楼道|马路)|癫痫|羊癫疯|[呕吐咳]血|头破血流|一直流血|(?:老人|老太|奶奶|爷爷|大爷|大妈|独居|老伴|邻居|我妈|我爸).{0,24}(?:没反应|没有反应|没动静|敲门.{0,4}(?:不开|没|不应|无人)|喊不应)|(?:有?人|孩子?|小孩|工人|老人|邻居|大爷|大妈|师傅).{0,6}从.{0,8}(?:掉|摔|坠|跌|滑)(?:了)?(?:下|落)|被车撞|撞(?:到|倒|飞|伤|死)了?(?:人|老人|孩|行人|一个)|烫伤|烧伤了|急需.{0,8}血|病危|生命垂危|抢救"
    ),
    Danger.FALLING: re.compile(
        r"砸(?:到|中|伤|破|晕|死)了?(?:一个|个)?(?:人|头|孩|小孩|老人|行人|路人|我|他|她|大爷)|(?:头|脑袋|人|孩子?|老人)被.{0,8}砸"
        r"|(?:正在|一直在|不停地?|不断|还在).{0,6}(?:往下|从楼上).{0,3}(?:扔|抛|丢|掉|砸)|(?:正在|还在)(?:高空)?抛物"
        r"|(?:外墙|墙砖|瓷砖|玻璃|广告牌|空调外?机?|窗户|窗扇|水泥块|墙皮|雨棚).{0,8}?(?:(?:在|一直)往下掉|掉下来了|砸下来|快要?掉|要掉下来|摇摇欲坠)"
    ),
    Danger.MISSING: re.compile(
        r"(?:孩子?|小孩|宝宝|娃|儿子|女儿|孙子|孙女|老人|我?[妈爸](?!的)|妈妈|爸爸|爷爷|奶奶|老伴|婆婆|公公|外公|外婆|父亲|母亲|家人|大爷|大妈|老太太|弟弟|妹妹|岁的?)"
        r".{0,12}?(?:走失|走丢|不见了|失踪|跑丢|没回家|没有回家|没回来|联系不上|失联|找不到(?:人|了|他|她|$|[,。!]))"
        r"|(?:走失|走丢|失踪)了?.{0,8}(?:孩|老人|小孩|儿童|老太|大爷|人口)|(?:孩子?|小孩|宝宝|娃|儿子|女儿|孙子|孙女|老人|奶奶|爷爷|[妈爸])(?:被?弄|给弄)?丢了|(?:孩子|小孩|老人)(?:被拐|被抱走|被人带走)"
    ),
}

# A cry that does not say what is wrong: the police find out.
_CRY = re.compile(r"救命|快?救我|报警求救")

# Fixed expressions that only look like danger; they are blotted out first.
_FIGURES = re.compile(
    r"火大|[冒发来上]火(?=[了!。,]|$)|火冒三丈|气炸|肺都?炸|炸锅|炸街|火爆|红红火火|热火|惹火|火急火燎|十万火急|火锅|火腿|火车|火葬|灯火|烟火气?|烟花|火灾(?=[后时])|防?走失手环|防走失|(?:反|防)?家暴(?=告诫|条例|宣传)|反家暴|(?<!难过)(?<!痛苦)得(?:都)?活不下去|火警电话"
    r"|灭火|防火|消防(?:栓|设施|器材|通道|车|门|队|水)|火灾(?:隐患|风险|报警|保险|险|预防|防范|自动|知识|危险)|(?:煤气|燃气|天然气)(?:泄漏|泄露)?(?:报警|险|保险|检测)"
    r"|(?:(?<![燃煤然化瓦])气|累|热|吵|烦|笑|困|急|饿|臭|熏|吓|冷|痛|疼|烫|闷|恶心|难受|忙|渴)(?:都)?(?:得|的)?(?:让|我|人|要|快|半|想|差点|都|们|全家|真|真是|简直|就|个|到|会|觉得){0,4}(?:死|晕|昏|窒息|爆炸|自杀|跳楼|不行了|断气|休克|吐血|喘不[过上]气)(?:倒|过去|了|迷)?"
    r"|想死(?:你|我|的心都)|要死要活|跳楼价|跳楼机|跳楼大|自杀式|跳槽|跳广场|跳起来|跳舞|笑死|该死|死角|死活"
    r"|打(?:电话|架子|扫|卡|麻将|牌|球|孔|桩|钻|听|人工)|打人电话|被打(?:扰|断|开|回|扫|着|造|包|压|击|印|折|卡|磨|通|孔|穿)|打人员|拿刀叉"
    r"|自燃气|自燃?(?:保)?险|[打点]不着火?|打着火|着火点|触电保护|漏电(?:保护|开关|断路)|防触电|防溺水|防漏电|贫困|困(?:扰|惑|境|难|局|倦)|围困|抢救(?:费|无效)|救命(?:稻草|钱|恩|药|消防|通道|路|门|之)|(?:烧烤|烟囱|油烟|工厂|餐饮|饭店|餐馆|香炉|尾气|加工厂|焚烧|烧垃圾|烧纸|鞭炮|烧秸秆|烧香|烧煤).{0,8}(?:浓烟|黑烟|冒烟|冒.{0,3}烟|烟很大|都是烟|全是烟)"
    r"|窒息感|爆炸(?:性|式|头)|信息爆炸|抽风机|排风|倒地铁|倒地下|头被砸钱|落水管|孩子不见了?踪影(?:去上学)?"
)
_DRILL = re.compile(
    r"演习|演练|演戏|培训|宣传|讲座|知识|电影|电视剧|小说|游戏|剧本|模拟|拍戏|话剧|新闻(?!记者)|应急预案|标语|海报|谣言|听故事"
)
_OVER = re.compile(
    r"已经?解决|解决了(?!吗)|(?:已经?|都|早就?|幸好|幸亏|好在|后来).{0,6}(?:扑灭|灭了|熄灭|救出|救下|出来了|救上|脱险|脱困|控制住|关(?:掉|了|好)阀?|修好|找到|找回|送医|送到?医院|解除|没事|停了|回来了|回家了|处理(?:好|完|了))"
    r"|扑灭了|火灭了|找到了|救出来了|救上来了|没事了|虚惊|误报|误会|闹着玩|开玩笑|发错"
)
_STILL = re.compile(
    r"没(?:有)?(?:找到|救出|扑灭|处理|出来|控制)|又(?:着|起|冒|烧|漏|晕|昏|打|困|掉|被|开始)|复燃|还在|还没|仍在?|仍然"
)
_NOW = re.compile(
    r"正在|现在|刚刚|刚才|刚(?=[着起掉晕被冒发闻看听打塌昏落触])|快来|快点来?|救命|快救|救人|赶紧|马上|此刻|这会|还在|紧急|求救|急!|急急|快打|快派|火速|立刻来|正(?=[着冒烧打])"
    r"|怎么办[!?。]*$|求助!"
)
_PAST = re.compile(
    r"去年|前年|昨[天晚日]|前[天几些]|前段|上[周次月]|上个|之前|以前|曾|当时|当天|那[天次年]|(?<![昏晕])过去|年前|月前|天前|小时候|往年|多年|\d年|\d月|\d[日号]|\d(?:次|起|回)"
    r"|多次|经常|常常|老是|总是|总会|频繁|频发|屡|时有|每次|每天|天天|几次|有时|偶尔|时常|隔三差五|动不动|[一二两三四五六七八九十几]次|不止一次|事件|事故|新闻|案件|发生过|出过|过(?:一次|火灾)|着过火"
)
_SUPPOSED = re.compile(
    r"如果|万一|一旦|要是|假如|倘若|若是?|担心|(?<!恐)怕(?!是)|害怕|容易|极易|易(?=[着起燃爆])|会不会|随时|隐患|风险|危险|避免|防止|预防|防范|以防|谨防|以免|小心|注意|存在|造成|将会|可能会|迟早|早晚|差点|险些|后果|等着"
    r"|难道|什么时候才|威胁|投诉|举报|赔偿|理赔|责任|是否|需要.{0,4}(?:准备|注意|满足)|后遗症|病史|手续|条件|逃生|遇到|时应?该?怎|怎么(?:预防|申请|办理|报|申报|赔|防)|如何|似的|的事(?!故)|的问题|吗\?$"
)
_LEADS_TO = re.compile(r"(?:引发|引起|导致|造成|发生|会|就会|能|要|诱发|有|个)$")
_NOT = re.compile(
    r"(?:(?<!是)不是|没(?!人)|没有|没人|无人|未|并非|并未|不会|不可能|别|不要|请勿|勿|禁止|严禁|不准|无)(?:有|人|再|真的|发生|出现|发现|看到|闻到|任何|什么|在|是|继续){0,2}$"
)
_ANIMAL = re.compile(r"[猫狗犬鸟鸽鸡鸭]|宠物")
_SENTENCE_END = re.compile(r"[。!?;\n]")
_CLAUSE_END = re.compile(r"[,、:。!?;\n]|\s")
# Real alarms are short. In a long story only what is said to be happening now is one.
_STORY = 70
_ALWAYS_PRESENT = frozenset({Danger.SUICIDE, Danger.MISSING})


def _context(text: str, start: int, end: int) -> tuple[str, str, str, str]:
    """The sentence around a match, its beginning up to the match, and what stands before and after in its clause."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text, max(0, start - 120), start)]
    first = ends[-1] if ends else max(0, start - 120)
    closing = _SENTENCE_END.search(text, end, min(len(text), end + 120))
    last = closing.end() if closing else min(len(text), end + 120)
    clauses = [found.end() for found in _CLAUSE_END.finditer(text, first, start)]
    before = text[clauses[-1] if clauses else first : start]
    comma = _CLAUSE_END.search(text, end, last)
    after = text[end : comma.start() if comma else last]
    return text[first:last], text[first:end], before, after


def _happening(kind: Danger, text: str, found: re.Match[str]) -> bool:
    """Whether what was matched is said to be so, here and now."""
    sentence, told, before, after = _context(text, found.start(), found.end())
    now = _NOW.search(sentence) is not None
    if _NOT.search(before) and not re.search(r"是不是.{0,4}$", before):
        return False
    if _ANIMAL.search(before + found[0]) and kind in (Danger.TRAPPED, Danger.MISSING, Danger.DROWNING):
        return False
    clause = before + found[0] + after
    if kind in _ALWAYS_PRESENT:
        if (
            _PAST.search(before)
            and not now
            and not _STILL.search(sentence)
            and re.search(r"去年|前年|曾|\d年|以前|事件|发生过", sentence)
        ):
            return False
        return len(text) <= _STORY or now or re.search(rf"我|{_SOMEBODY}", clause) is not None and not _supposed(clause)
    if now:
        # "快来人，怕出事" is now; "现在存在火灾隐患" is not.
        return not (_supposed(clause) and not re.search(r"救命|快来|正在|刚刚|刚才|求救", sentence))
    if _supposed(clause) or _PAST.search(told + after) and not _STILL.search(sentence):
        return False
    if len(text) > _STORY:
        return False
    return not (_LEADS_TO.search(before) and not re.match(r"了|起来|啦", after) and before[-1:] in "会能就")


def _supposed(clause: str) -> bool:
    return _SUPPOSED.search(clause) is not None


def danger(text: str) -> Danger | None:
    """The danger to life that is there now; None for past, feared, asked-about, rehearsed or figurative danger.

    When in doubt about a short message the answer is a danger: a needless alarm costs less than a missed one.
    """
    return danger_in(normal(text[:_MOST]))


def danger_in(said: str) -> Danger | None:
    """`danger` of text that has been through `normal`."""
    if not any(pattern.search(said) for pattern in (*_HAPPENING.values(), _CRY)):
        return None
    said = _FIGURES.sub(lambda found: "□" * len(found[0]), said)
    if _DRILL.search(said) or (_OVER.search(said) and not _STILL.search(said)):
        return None
    for kind, pattern in _HAPPENING.items():
        if any(_happening(kind, said, found) for found in pattern.finditer(said)):
            return kind
    return Danger.ASSAULT if len(said) <= _STORY and _CRY.search(said) else None
