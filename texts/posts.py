"""What members and staff read about standing posts (岗位): which are free, taking one on, and giving it up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from texts.common import day_name


def free() -> str:
    """Which one."""
    return "这些岗还缺人。认了就由您照看一年，随时可以退，不打分、不考核。想认哪个？"


def free_choice(name: str, place: str, missing: int, words: str, lately: int) -> str:
    """One of them: where, how many are missing, what one does, and how often it came up."""
    often = f"近三个月 {lately} 件" if lately else ""
    more = "；".join(filter(None, [words.rstrip("。"), often]))
    return f"{name}（{place}，还缺 {missing} 位）{more}"


def which_of_name(said: str) -> str:
    """Several around here are called that."""
    return f"附近叫“{said}”的岗不止一个，现在能认的是这些。认了就由您照看一年，随时可以退。想认哪个？"


def held_choice(name: str, place: str) -> str:
    """One of them that is theirs already."""
    return f"{name}（{place}）您在照看，接着照看一年"


def nothing_free() -> str:
    """No post looks for anybody here."""
    return "附近现在没有等人认的岗，谢谢您有心。\n想先帮点别的，回复“待接单”；自己有主意，回复“创单 加上您的话”。"


def no_such_name(said: str) -> str:
    """None of the free ones is called that."""
    return f"附近没有叫“{said}”又缺人的岗。看看有哪些，回复“认岗”。"


def claimed(name: str, place: str, words: str, until: date, *, asked: bool) -> str:
    """It is theirs, however often it is said; `asked` where such matters come to them first."""
    does = f"{words.rstrip('。')}。\n" if words else ""
    first = "有这样的事先来问您，不方便也没关系。\n" if asked else ""
    return (
        f"认好了，{place}的{name}由您照看，到 {until.year} 年 {day_name(until)}。\n{does}{first}"
        "看自己的岗回复“我的岗位”，不想做了回复“退岗”，都不要紧。"
    )


def mine(lines: Sequence[str]) -> str:
    """What somebody holds."""
    listed = "\n".join(lines)
    return f"您认的岗：\n{listed}\n不想做了回复“退岗”，再认别的回复“认岗”。"


def line(name: str, place: str, since: date, until: date) -> str:
    """One post that somebody holds."""
    return f"{name}（{place}），{day_name(since)}起，到 {until.year} 年 {day_name(until)}"


def none_held() -> str:
    """Nothing to give up or to show."""
    return "您现在没有认岗。看看附近哪些岗缺人，回复“认岗”。"


def give_up_which() -> str:
    """Several are held."""
    return "想退哪一个？"


LONG_ENOUGH, VERY_LONG = 7, 180
"""Days of holding a post from which looking after it is thanked for, and from which its length is."""


def _thanks(days: int) -> str:
    """Thanks that fit how long somebody held a post."""
    if days < LONG_ENOUGH:
        return "谢谢您有心"
    return "谢谢您这一阵子的照看" if days < VERY_LONG else "谢谢您这么久的照看"


def given_up(name: str, days: int, tasks: Sequence[str]) -> str:
    """Thanked for as many days as it was; what is in hand stays, and is said."""
    kept = f"\n手上的 {'、'.join(tasks)} 还是您的：办好回复“办结 编号 加一句话”，去不了回复“退单 编号”，不要紧。"
    return f"好的，{name}不用再惦记，{_thanks(days)}。{kept if tasks else ''}\n想再认，随时回复“认岗”。"


def over(name: str, days: int) -> str:
    """The desk has ended it."""
    return f"{name}社区另有安排，先到这里，{_thanks(days)}。\n手上没办完的还由您办完；想看看别的岗，回复“认岗”。"


def ends(name: str, place: str, until: date) -> str:
    """To whoever holds it: its last day comes."""
    return (
        f"您照看的{name}（{place}）到 {until.year} 年 {day_name(until)}满期，谢谢您一直惦记着。\n"
        "愿意的话接着照看一年；想歇歇不用回，到那天自己结束，手上的还由您办完。"
    )


def ends_choices(post_id: int) -> tuple[tuple[str, str], ...]:
    """For another year."""
    return (("接着照看一年", f"!claim_post {post_id}"),)


def ending(lines: Sequence[str], count: int) -> str:
    """To the desk: the last days that come, as many as there are lines named."""
    more = f"\n另有 {count - len(lines)} 个。" if count > len(lines) else "\n"
    listed = "\n".join(lines)
    return (
        f"两周内有 {count} 个认岗满期，已经问过照看的人愿不愿意接着：\n{listed}"
        f"{more}不接着的到那天空出来，网页“认岗”里看得到。"
    )


def ending_line(name: str, place: str, until: date) -> str:
    """One of them."""
    return f"{name}（{place}），{day_name(until)}"


def for_members(community: str) -> str:
    """Somebody who is no member yet; `community` is the one that looks at their registration."""
    if community:
        return f"谢谢您有心。您的报到{community}正在核对，核对好了再回复“认岗”，挑一个您方便的。"
    return "谢谢您愿意照看大家。认岗要先报到，回复“报到”几步就好；报到好了再回复“认岗”，挑一个您方便的。"


# ---------------------------------------------------------------- the console

FAULTS = {
    "area": "请选一处您这里管的地方。",
    "name": "请写岗位叫什么，20 个字以内，比如 楼道灯巡查岗。",
    "categories": "请至少选一类事；从不派给志愿者的不能选。",
    "wanted": "要几个人写一个数，1 到 50。",
    "words": "做什么最多写 120 个字。",
    "days": "请写做到哪天，今天以后、两年以内。",
}
