"""What only an office grants, certifies or pays (低保, 居住证, 公租房, 养老金 …): it is arranged at a desk, and at no place."""

from __future__ import annotations

import re

_MOST = 40
"""More than this is a story, and a story may hold anything."""

_WHOSE = r"(?:我们?家?|家里|老人家?|孩子|小孩|娃|(?:我们?)?(?:妈妈|爸爸|老妈|老爸|妈|爸|父母|父亲|母亲|婆婆|公公|奶奶|爷爷|外婆|外公|老伴|老公|老婆|爱人|儿子|女儿|孙子|孙女|邻居|家人))的?"
_WISH = r"(?:请问|你好|您好|麻烦|社区|小应|请|现在|今年|最近|打算|准备|需要|可以|能不能|能|想|要|来|去|帮忙|帮|给|怎么|如何|才能)"
_DO = r"(?:补办|代办|办理|办|申请|申领|领取|领|补开|开具|开|补换|换领|换|续办|续|迁移|迁入|迁|转移|转入|转|登记|缴纳|缴费|补缴|缴|报销|报名|打印|查询|查|咨询|激活|认证)"
_SOME = r"(?:一下|一个|一张|一份|个|张|份|下)"
_THING = (
    r"(?:(?:城市|农村|城镇)?(?:最低生活保障|低保户?|低保金|低保证)|五保户?|特困(?:供养)?|临时救助|医疗救助|大病救助|困难补助"
    r"|居住证(?!明)|暂住证|(?:临时)?身份证|户口(?:本|簿|页)?|户籍|落户|组织关系"
    r"|社会保险|社保卡?|医保卡?|医疗保险|养老保险|退休(?:手续|证|金)?|养老金|公积金|失业(?:保险)?金|失业登记|失业证|就业创业证|工伤认定"
    r"|残疾人?证|老年人?(?:优待)?证|老年人?卡|敬老卡|优待证|高龄(?:补贴|津贴)|(?:护理|养老|残疾人?|租房|住房|生育|人才|创业|就业|取暖|独生子女)(?:补贴|津贴|补助)"
    r"|公租房|廉租房|保障房|经适房|准生证|生育(?:登记|证)|出生证|独生子女证|结婚证|离婚证|护照|(?:港澳)?通行证|营业执照"
    r"|(?:居住|收入|无犯罪(?:记录)?|亲属关系|死亡|单身|贫困|困难|在读|居民|社区)?证明|介绍信|盖公?章|(?:入学|上学|幼儿园|入园)(?:手续|报名|登记)|学籍)"
)
_TROUBLE = (
    r"(?:断缴|停缴|停保|丢失|丢|掉|遗失|过期|到期|快到期|失效|停|停发|少发|被停|被取消|用不了|刷不了|查不到|办不了|办不下来|批不下来|下不来"
    r"|(?:还|一直|到现在|都)?没(?:有)?(?:发下来|发|到账|批下来|批|下来|办下来|拿到|收到|到|动静|消息))"
)
_SINCE = r"(?:上个?月|这个?月|去年|今年|(?:[\d一二两三四五六七八九十半几]{1,3}个?(?:天|周|星期|月|年)))"
_MANNERS = r"(?:谢谢|麻烦(?:了|你们|您)?|了|啦|的|呢|吗|么|呀|啊|吧|手续|事情|事|业务|材料|条件)"
_GRANTED = re.compile(_THING)
_JOINT = r"[\s,.!?。、;:~…]*"
# Possessive: whatever is said over and over, each part of it is read in one way only.
_WHOLE = re.compile(
    rf"{_JOINT}(?:(?:{_WHOSE}|{_WISH}|{_DO}{_SOME}?|{_THING}|{_TROUBLE}|{_SINCE}|{_MANNERS}){_JOINT}){{1,20}}+"
)


def wants_an_office(said: str) -> bool:
    """Whether the whole of a short message, which `normal` has been through, is about something an office does for
    somebody: "我要办低保", "养老金没发".

    What an office fails to do in the street, or any other matter beside it, is none.
    """
    return len(said) <= _MOST and _GRANTED.search(said) is not None and _WHOLE.fullmatch(said) is not None
