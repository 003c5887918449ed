"""Lists of what staff edit, each against the same demands: there and back, every wrong cell named, all or nothing, hostile
cells, two colleagues at once; and then what is peculiar to one.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.health import ChannelState
from console.masks import phone as mask_phone
from models import areas, departments, guides, people, posts, riders, stations, templates, uploads
from models.area import Area
from models.audit import AuditKind
from models.category import Category
from models.clock import local
from models.desktop import ReadyAnswer
from models.outbox import NoticeKind
from models.own_day import OwnDay
from models.party import Party, PartyKind
from models.person import Person, RoleKind, RoleStatus, Skill
from models.roster import Duty
from models.slips import Slip
from models.station import Use
from models.template import Template, TemplateWay
from models.upload import Upload, UploadKind
from models.uploads import Outcome
from nlp import lists
from nlp.area_list import AreaList
from nlp.category_list import CategoryList, LimitList, WordList
from nlp.day_list import DayList
from nlp.duty_list import DutyList
from nlp.guide_list import GuideList
from nlp.lists import Listed
from nlp.party_list import PartyList
from nlp.person_list import PersonList
from nlp.post_list import PostList
from nlp.ready_list import ReadyList
from nlp.skill_list import SkillList
from nlp.station_list import StationList
from nlp.team_list import TeamList
from nlp.template_list import Called, TemplateList
from tests import factories
from tests.console.conftest import Desk, Place
from tests.console.test_health import show
from texts import audit, channels, editing, parties
from texts import console as words
from texts import stations as station_words
from texts.common import LEVELS

ID = "demoTemplate_0000000000000000000000000000001"
ACCOUNT = ChannelState(
    "official", "official_account", "service", filed={TemplateWay.TEMPLATE: {"finished": "filed-template-01"}}
)

Row = dict[str, str]


@dataclass(frozen=True)
class Case:
    """One kind of list: how it is opened, a row that does something, and rows that are wrong with what is said of each."""

    kind: UploadKind
    listed: type[Listed[Any]]
    opened: Callable[[Session, Place], Listed[Any]]
    good: Row
    wrong: list[tuple[Row, str]]


def _mine(session: Session, place: Place) -> set[int]:
    """Everything but the community next door."""
    other = place.street.other_community.path
    return {each.id for each in areas.all_areas(session) if not areas.covers(other, each.path)}


def _categories(session: Session) -> dict[str, str]:
    return dict(session.execute(select(Category.code, Category.name)).all())


def _templates(session: Session, place: Place) -> TemplateList:
    called = Called(
        {"official": "公众号（official）"},
        {NoticeKind.FINISHED: words.NOTICES[NoticeKind.FINISHED]},
        channels.WAYS,
        channels.PARTS,
    )
    ways = {("official", TemplateWay.TEMPLATE): {"finished": "filed-template-01"}}
    return TemplateList(session, ways, called, by=_boss(session, place), now=place.now)


def _boss(session: Session, place: Place) -> Person:
    return session.get_one(Person, place.people["street"].id)


def _teams(session: Session, place: Place) -> TeamList:
    around = session.scalars(select(Person).where(Person.platform == "跑得快")).all()
    return TeamList(session, _mine(session, place), around=around, now=place.now)


def _stations(session: Session, place: Place) -> StationList:
    mine = _mine(session, place)
    return StationList(
        session, mine, otherwise=None, kinds=station_words.KINDS, in_words=station_words.hours, now=place.now
    )


COMMUNITY = "江湾街道/香樟社区"
TURN = {"area": "香樟社区", "when": "周一", "begins": "08:00", "ends": "18:00", "first": "刘敏", "second": ""}
SLOT = {"account": "公众号（official）", "notice": "办结，请评价", "way": "模板消息"}
FIELDS = "thing1 什么事\ntime3 发的时间"

GUIDE = {"title": "居住证怎么办", "words": "居住证、办证+租房", "text": "带身份证。\n当天能办。", "area": "香樟社区"}
POST = {"name": "楼道灯巡查岗", "area": COMMUNITY, "categories": "lamp"}
STATION = {"name": "东门驿站", "lat": "30.5", "lng": "114.3", "area": "香樟社区", "until": "2027-12-31"}
HOUSE = {"kind": "楼栋", "parent": f"{COMMUNITY}/香樟花园", "name": "7栋", "aliases": "七号楼", "code": "a7"}
HELPER = {"person": "何秀", "phone": "138 0000 5555", "role": "志愿者", "area": "香樟社区", "skills": "调解、理发"}

CASES = [
    Case(
        UploadKind.AREAS,
        AreaList,
        lambda session, place: AreaList(session, [session.get_one(Area, place.street.street.id)]),
        HOUSE,
        [
            (HOUSE | {"parent": "江湾街道/没有的社区"}, "上级：没找到这个上级"),
            (HOUSE | {"kind": "楼盘"}, "层级：层级写"),
            (HOUSE | {"kind": "街道"}, "层级：层级不对"),
            (HOUSE | {"name": ""}, "名称：这里不能空着"),
            (HOUSE | {"name": "东/西"}, "名称：名称里要有字或数字"),
            (HOUSE | {"aliases": "楼下"}, "别名：别名每个 2 到 20 个字"),
            (HOUSE | {"code": "门口"}, "门牌码：门牌码只给小区和楼栋"),
            (HOUSE | {"grid_worker": "不认识"}, "网格员：没找到这位"),
            (HOUSE | {"grid_worker": "双胞胎"}, "网格员：有同名的人"),
            (HOUSE | {"lat": "30.5", "lng": "很远"}, "经度：经纬度要是十进制的度数"),
            (HOUSE | {"id": "²"}, "编号：没有这个编号"),
        ],
    ),
    Case(
        UploadKind.PEOPLE,
        PersonList,
        lambda session, place: PersonList(
            session, [session.get_one(Area, place.street.street.id)], now=place.now, hide=mask_phone
        ),
        HELPER,
        [
            (HELPER | {"person": ""}, "姓名：这里不能空着"),
            (HELPER | {"person": "名" * 21}, "姓名：太长了，最多 20 个字"),
            (HELPER | {"phone": "123"}, "手机：手机号是 11 位"),
            (HELPER | {"role": "管理员"}, "岗位：岗位写"),
            (HELPER | {"area": "火星"}, "哪里：没找到这个地方"),
            (HELPER | {"area": "6栋"}, "哪里：楼栋只给"),
            (HELPER | {"skills": "飞檐走壁"}, "特长：没有“飞檐走壁”"),
            (HELPER | {"id": "²"}, "编号：没有这个编号"),
        ],
    ),
    Case(
        UploadKind.GUIDES,
        GuideList,
        lambda session, place: GuideList(session, _mine(session, place), now=place.now),
        GUIDE,
        [
            (GUIDE | {"title": ""}, "标题：这里不能空着"),
            (GUIDE | {"words": "证"}, "怎么问：说法每个 2 到 12 个字"),
            (GUIDE | {"text": "长" * 301}, "怎么答：正文最多 300 个字"),
            (GUIDE | {"links": "点我 javascript:alert(1)"}, "链接：链接写成"),
            (GUIDE | {"area": "银杏社区"}, "哪里：没找到这个地方"),
            (GUIDE | {"id": "999"}, "编号：没有这个编号"),
        ],
    ),
    Case(
        UploadKind.CATEGORIES,
        CategoryList,
        lambda session, _: CategoryList(session, firsts=editing.FIRST, levels=LEVELS),
        {"name": "lamp", "needs": "2", "skills": "修灯、调解"},
        [
            ({"name": "没有的"}, "名称：没有叫“没有的”的分类"),
            ({"id": "nothing", "name": "lamp"}, "编号：没有叫“nothing”的分类"),
            ({"id": "lamp", "name": ""}, "名称：这里不能空着"),
            ({"id": "lamp", "name": "noise"}, "名称：已经有叫“noise”的分类"),
            ({"name": "lamp", "first": "外星人"}, "先找谁：请选先找谁：志愿者（自动派单）"),
            ({"name": "lamp", "level": "月球"}, "从哪一级办起：请选从哪一级办起：小区"),
            ({"name": "lamp", "department": "消防局"}, "部门：没有叫这个名字的部门"),
            ({"name": "lamp", "skills": "特" * 11}, "特长：特长每个 1 到 10 个字"),
            ({"name": "lamp", "offerable": "也许"}, "可以请志愿者：这里写“是”或者“否”"),
            ({"name": "lamp", "needs": "²"}, "一次去几个人：一次去 1 到 5 个人"),
        ],
    ),
    Case(
        UploadKind.LIMITS,
        LimitList,
        lambda session, _: LimitList(session),
        {"name": "lamp", "finish": "48小时", "urgent_finish": "30h", "accept": "2 个小时"},
        [
            ({"name": "没有的", "finish": "2小时"}, "分类：没有叫“没有的”的分类"),
            ({"name": "lamp", "finish": "两天"}, "办结：时限写成 2小时、7工作日 这样"),
            ({"name": "lamp", "accept": ""}, "接单：这里不能空着"),
            ({"name": "lamp", "accept": "0小时"}, "接单：时限不能是 0"),
            ({"name": "lamp", "finish": "999小时"}, "办结：时限太长"),
            ({"name": "lamp", "urgent_finish": "1小时"}, "急的：办结：办结的时限不能比"),
            ({"name": "lamp", "street_answer": "很快"}, "到了街道：首次答复：时限写成"),
        ],
    ),
    Case(
        UploadKind.WORDS,
        WordList,
        lambda session, _: WordList(session),
        {"word": "路杆灯", "category": "lamp", "weight": "一说就是"},
        [
            ({"word": "路杆灯", "category": "没有的"}, "分类：没有叫“没有的”的分类"),
            ({"word": "路杆灯", "category": "lamp", "weight": "7"}, "有多准：有多准写"),
            ({"word": "吵", "category": "noise"}, "说法：说法每个 2 到 12 个字"),
            ({"word": "大喇叭、蹦迪房", "category": "noise"}, "说法：说法每个 2 到 12 个字"),
            ({"word": "小区", "category": "noise"}, "说法：“小区”太常见"),
            ({"word": "噪音", "category": "lamp"}, "说法：“噪音”已经在“noise”里了"),
            ({"word": "", "category": "noise"}, "说法：说法每个 2 到 12 个字"),
        ],
    ),
    Case(
        UploadKind.DEPARTMENTS,
        PartyList,
        lambda session, place: PartyList(
            session, _mine(session, place), kinds=parties.KINDS, categories=_categories(session), hide=mask_phone
        ),
        {
            "name": "供电所",
            "area": "香樟社区",
            "kind": "水电气单位",
            "categories": "lamp、leak",
            "phone": "027-88886666",
        },
        [
            ({"name": "", "area": "香樟社区"}, "名称：这里不能空着"),
            ({"name": "所" * 41, "area": "香樟社区"}, "名称：太长了，最多 40 个字"),
            ({"name": "供电所", "area": "银杏社区"}, "管哪里：没找到这个地方"),
            ({"name": "供电所", "area": "香樟社区", "kind": "帮派"}, "什么单位：什么单位写：职能部门"),
            ({"name": "供电所", "area": "香樟社区", "categories": "没有的"}, "只给这几类事：没有叫“没有的”的分类"),
            ({"name": "供电所", "area": "香樟社区", "contact": "人" * 41}, "没有账号时转给谁：太长了"),
            ({"name": "供电所", "area": "香樟社区", "phone": "12"}, "联系电话：手机号是 11 位"),
        ],
    ),
    Case(
        UploadKind.CALENDAR,
        DayList,
        lambda session, place: DayList(session, today=local(place.now).date()),
        {"day": "2026年12月8日", "working": "放假", "name": "泼水节"},
        [
            ({"day": "很快", "working": "放假"}, "日期：日子写成 2026-12-31 这样"),
            ({"day": "2026-02-30", "working": "放假"}, "日期：日子写成 2026-12-31 这样"),
            ({"day": "2026-11-19", "working": "放假"}, "日期：日子要从今天起"),
            ({"day": "9999-12-31", "working": "上班"}, "日期：日子要从今天起"),
            ({"day": "2026-12-08", "working": "随便"}, "上班还是放假：写：上班、放假"),
            ({"day": "2026-12-08", "working": "放假", "name": "节" * 21}, "为什么：太长了，最多 20 个字"),
        ],
    ),
    Case(
        UploadKind.POSTS,
        PostList,
        lambda session, place: PostList(session, _mine(session, place), categories=_categories(session), now=place.now),
        POST | {"wanted": "2", "words": "晚上看看灯"},
        [
            (POST | {"name": ""}, "岗位：岗位叫什么写 2 到 20 个字"),
            (POST | {"name": "岗" * 21}, "岗位：岗位叫什么写 2 到 20 个字"),
            (POST | {"area": "银杏社区"}, "管哪里：没找到这个地方"),
            (POST | {"categories": ""}, "先办哪几类事：这里不能空着"),
            (POST | {"categories": "没有的"}, "先办哪几类事：没有叫“没有的”的分类"),
            (POST | {"categories": "lamp、quarrel"}, "先办哪几类事：“quarrel”不派给志愿者"),
            (POST | {"wanted": "51"}, "要几个人：要几个人写一个数，1 到 50"),
            (POST | {"wanted": "²"}, "要几个人：要几个人写一个数"),
            (POST | {"words": "看" * 121}, "做什么：太长了，最多 120 个字"),
            (POST | {"id": "1", "name": "停了的岗"}, "岗位：这个地方已经有叫“停了的岗”的岗了"),
            (POST | {"id": "999"}, "编号：没有这个编号"),
        ],
    ),
    Case(
        UploadKind.READY,
        ReadyList,
        lambda session, place: ReadyList(session, _mine(session, place), by=_boss(session, place), now=place.now),
        {"said": "您好，\n在看您前面的话。", "area": COMMUNITY},
        [
            ({"said": "", "area": COMMUNITY}, "话：这里不能空着"),
            ({"said": "话" * 601, "area": COMMUNITY}, "话：太长了，最多 600 个字"),
            ({"said": "您好", "area": "银杏社区"}, "给哪里用：没找到这个地方"),
            ({"id": "999", "said": "您好", "area": COMMUNITY}, "编号：没有这个编号"),
            ({"id": "²", "said": "您好", "area": COMMUNITY}, "编号：没有这个编号"),
        ],
    ),
    Case(
        UploadKind.ROSTER,
        DutyList,
        lambda session, place: DutyList(session, _mine(session, place), today=local(place.now).date()),
        TURN | {"when": "2026/12/01", "ends": "24:00", "second": "王姐"},
        [
            (TURN | {"area": "银杏社区"}, "哪里：没找到这个地方"),
            (TURN | {"when": "周八"}, "哪天：哪天写成 周一，或者 2026-12-31 这样"),
            (TURN | {"when": "2026-11-20"}, "哪天：日子要从今天起"),
            (TURN | {"when": "9999-12-31"}, "哪天：日子要从今天起"),
            (TURN | {"begins": "八点"}, "从：时间写成 08:00 这样"),
            (TURN | {"ends": "25:00"}, "到：时间写成 08:00 这样"),
            (TURN | {"when": "周三", "first": ""}, "第一位：这里不能空着"),
            (TURN | {"when": "周三", "first": "张小芳"}, "第一位：没找到这位：值班的要是"),
            (TURN | {"when": "周三", "first": "走了的人"}, "第一位：没找到这位：值班的要是"),
            (TURN | {"when": "周三", "first": "双胞胎"}, "第一位：有几位都叫“双胞胎”"),
            (TURN | {"when": "周三", "second": "刘敏"}, "第二位：第一位和第二位不能是同一个人"),
        ],
    ),
    Case(
        UploadKind.SKILLS,
        SkillList,
        lambda session, _: SkillList(session),
        {"name": "养狗", "new": "遛狗的", "join": ""},
        [
            ({"name": "飞檐走壁", "new": "轻功"}, "特长：没有“飞檐走壁”这个特长"),
            ({"name": "劝和", "new": "调 解"}, "改成：特长每个 1 到 10 个字"),
            ({"name": "劝和", "new": "劝" * 11}, "改成：太长了，最多 10 个字"),
            ({"name": "劝和", "new": "调解"}, "改成：已经有“调解”了"),
            ({"name": "劝和", "new": "调解", "join": "好的"}, "并到一起：这里写“是”或者“否”"),
            ({"name": "修灯", "new": "换灯泡"}, "改成：“修灯”是居民点单时说的服务"),
        ],
    ),
    Case(
        UploadKind.STATIONS,
        StationList,
        _stations,
        STATION | {"hours": "8:00-20:00", "services": "饮水、充电"},
        [
            (STATION | {"name": ""}, "名称：这里不能空着"),
            (STATION | {"name": "站" * 61}, "名称：太长了，最多 60 个字"),
            (STATION | {"address": "路" * 121}, "地址：太长了，最多 120 个字"),
            (STATION | {"services": "水" * 121}, "服务：太长了，最多 120 个字"),
            (STATION | {"kind": "加油站"}, "类型：没看出是哪一种"),
            (STATION | {"lat": "很远"}, "纬度：经纬度要是十进制的度数"),
            (STATION | {"lat": "0", "lng": "0"}, "纬度：经纬度要是十进制的度数"),
            (STATION | {"lat": "114.3", "lng": "30.5"}, "纬度：经度和纬度写反了"),
            (STATION | {"hours": "看心情"}, "开放时间：开放时间没看懂"),
            (STATION | {"area": "银杏社区"}, "哪里：没找到这个地方"),
            (STATION | {"area": ""}, "哪里：没找到这个地方"),
            (STATION | {"until": "明年"}, "到期：日子写成 2026-12-31 这样"),
            (STATION | {"until": "2026-13-01"}, "到期：日子写成 2026-12-31 这样"),
            (STATION | {"id": "²"}, "编号：没有这个编号"),
        ],
    ),
    Case(
        UploadKind.TEAMS,
        TeamList,
        _teams,
        {"team": "骑士小巷管家团", "area": "香樟社区", "person": "小马"},
        [
            ({"team": "", "area": "香樟社区", "person": "小马"}, "队伍：这里不能空着"),
            ({"team": "队" * 41, "area": "香樟社区", "person": ""}, "队伍：太长了，最多 40 个字"),
            ({"team": "一队", "area": "银杏社区", "person": "小马"}, "哪里：没找到这个地方"),
            ({"team": "一队", "area": "香樟社区", "person": "张小芳"}, "队员：没找到这位骑手"),
        ],
    ),
    Case(
        UploadKind.TEMPLATES,
        TemplateList,
        _templates,
        SLOT | {"template": ID, "fields": FIELDS},
        [
            (SLOT | {"account": "别的号", "template": ID}, "账号：没有这个账号"),
            (SLOT | {"notice": "没有的消息", "template": ID}, "消息：没有这种消息"),
            (SLOT | {"way": "电报", "template": ID}, "怎么发：这个账号不能这样发"),
            (SLOT | {"way": "订阅通知", "template": ID}, "怎么发：这个账号不能这样发"),
            (SLOT | {"template": "短", "fields": FIELDS}, "模板 ID：模板 ID 是平台给的"),
            (SLOT | {"template": "", "fields": FIELDS}, "模板 ID：模板 ID 是平台给的"),
            (SLOT | {"template": ID, "fields": ""}, "字段：这里不能空着"),
            (SLOT | {"template": ID, "fields": "thingX 什么事"}, "字段：字段照平台"),
            (SLOT | {"template": ID, "fields": "thing1 天气"}, "字段：请选这一格里写什么"),
            (SLOT | {"template": ID, "fields": "time1 什么事"}, "字段：time、date 的格子里只能写时间"),
            (SLOT | {"template": ID, "fields": "\n".join(f"thing{n} 全文" for n in range(1, 8))}, "字段：字段照平台"),
        ],
    ),
]

every_list = pytest.mark.parametrize("case", CASES, ids=lambda each: each.kind.value)


def furnish(place: Place) -> None:
    """One of everything that is edited, as odd as it may be stored."""
    here, now = place.street, place.now
    with place.database.transaction() as session:
        member, staff, grid = (session.get_one(Person, place.people[each].id) for each in ("member", "staff", "grid"))
        community = session.get_one(Area, here.community.id)
        noise, lamp = session.get_one(Category, "noise"), session.get_one(Category, "lamp")
        noise.words = {"噪音": 6.0, "老虎灶": 3.5, "大喇叭叭": 7.0, "坝坝舞+十点": 4.0}
        noise.limits_by = {"urgent": {"finish": "30h"}, "community": {"accept": "1wd"}}
        lamp.words = {"楼塔灯": 7.0}
        factories.category(session, "pets", skills=["劝和", "养狗"])
        people.set_skills(session, member, ["调解", "劝和", "修灯"])
        city = session.scalars(select(Party).where(Party.name == "城管")).one()
        city.categories, city.contact, city.phone = ["noise"], "老孙  孙工", "13900001234"
        departments.enter(session, departments.Draft("旧物业", PartyKind.PROPERTY, community.id)).active = False
        day = local(now).date()
        session.add_all([OwnDay(day=day + timedelta(days=each), working=each > 5, name="节") for each in (-3, 3, 7)])
        for text in ("=1+1", "'=2+2", "两行\n  有空格  的", "-@"):
            session.add(ReadyAnswer(area_id=community.id, text=text, by_id=staff.id, changed_at=now))
        links = ["网上申请|https://example.gov.cn/a", "地图|https://example.gov.cn/b"]
        draft = guides.Draft("老年证", ["老年证", "老人+证"], "=1+1 也照写\n" + "长" * 280, links, community.id)
        guides.enter(session, draft, now=now)
        guides.close(session, guides.enter(session, replace(draft, title="不用了的"), now=now), now=now)
        left = factories.somebody(session, RoleKind.STAFF, community, name="走了的人")
        left.roles[0].status = RoleStatus.ENDED
        twin, _ = (factories.somebody(session, RoleKind.GRID, community, name="双胞胎") for _ in range(2))
        for weekday, on, first in ((0, None, staff), (0, None, twin), (None, day, left), (None, day, grid)):
            turn = Duty(area_id=community.id, weekday=weekday, day=on, begins=time(8), ends=time(0), first_id=first.id)
            session.add(turn)
        rider = factories.somebody(session, RoleKind.RIDER, here.community, name="小马")
        rider.platform = "跑得快"
        riders.join_team(session, riders.make_team(session, "一队", community, now=now), rider, now=now)
        riders.make_team(session, "空队", community, now=now)
        lamps = posts.Draft("=1+1", community.id, ["lamp", "noise"], 2, "'=看看灯")
        posts.claim(session, posts.make(session, lamps, now=now).id, by=member, now=now)
        posts.close(session, posts.make(session, replace(lamps, name="停了的岗"), now=now), now=now)
        spot = stations.Draft(
            Use.WATER, "=1+1", " 门口", 30.504512345, 114.0, "12345 08:00-18:00;67 20:00-02:00", "水", community.id
        )
        stations.enter(session, spot, now=now)
        stations.enter(session, replace(spot, address="", hours="", until=day), now=now)
        stations.close(session, stations.enter(session, replace(spot, name="不在了的"), now=now), now=now)
        layout, boss = templates.read(f"{ID}:thing1=text,date2=time"), _boss(session, place)
        kept = ((NoticeKind.OFFER, layout), (NoticeKind.REMINDER, None))
        for kind, each in kept:
            templates.keep(session, "official", TemplateWay.TEMPLATE, kind, each, by=boss, now=now)


def desks(place: Place, case: Case, count: int = 1) -> list[Desk]:
    """Browsers of people who may edit everything."""
    if case.kind is UploadKind.TEMPLATES:
        show(place, ACCOUNT)
    with place.database.transaction() as session:
        for name in ("street", "elsewhere")[:count]:
            person = session.get_one(Person, place.people[name].id)
            people.grant(session, person, RoleKind.ADMIN, place.street.street.id, now=place.now)
    return [place.sign_in(name) for name in ("street", "elsewhere")[:count]]


class _Over(Exception):
    """Ends a transaction of which nothing is kept."""


@contextmanager
def rehearsal(place: Place) -> Iterator[Session]:
    try:
        with place.database.transaction() as session:
            yield session
            raise _Over
    except _Over:
        pass


def table(case: Case, rows: list[Row]) -> list[list[str]]:
    """Rows below the heads of the columns that any of them has."""
    with_heads = lists.heads(case.listed)
    keys = [key for key in with_heads if any(key in row for row in rows)]
    return [[with_heads[key] for key in keys], *([row.get(key, "") for key in keys] for row in rows)]


def tried(place: Place, case: Case, given: list[list[str]]) -> Outcome:
    """What a list would do; nothing of it is kept."""
    with rehearsal(place) as session:
        return lists.bring(case.opened(session, place), given)


def uploaded(place: Place, case: Case, rows: list[Row], by: str = "street") -> int:
    """A list that somebody has looked at."""
    given = table(case, rows)
    outcome = tried(place, case, given)
    assert outcome.does_something, outcome
    with place.database.transaction() as session:
        upload = Upload(
            by_id=place.people[by].id,
            kind=case.kind,
            made_at=place.now,
            rows={"list": given},
            digest=outcome.digest,
        )
        session.add(upload)
        session.flush()
        return upload.id


def there(place: Place, case: Case) -> list[list[Any]]:
    with place.database.reading() as session:
        return case.opened(session, place).written(1000)


# ---------------------------------------------------------------- what every list has to stand


@every_list
def test_what_is_written_and_comes_back_changes_nothing(place: Place, case: Case) -> None:
    furnish(place)
    written = [["" if cell is None else str(cell) for cell in row] for row in there(place, case)]
    assert written
    outcome = tried(place, case, [list(lists.heads(case.listed).values()), *written])
    assert not outcome.wrong
    assert [each for each in outcome.lines if each.changes or each.is_new or each.is_gone] == []


FILES = [each for each in CASES if each.kind in (UploadKind.READY, UploadKind.ROSTER, UploadKind.TEMPLATES)]


@pytest.mark.parametrize("case", FILES, ids=lambda each: each.kind.value)
def test_a_file_that_is_taken_along_and_given_back_is_the_same(place: Place, case: Case) -> None:
    furnish(place)
    [desk] = desks(place, case)
    file = desk.get(f"/{case.kind.value}.xlsx")
    assert file.status_code == 200
    form = {"csrf": desk.csrf(), "file": (io.BytesIO(file.data), "list.xlsx")}
    shown = desk.client.post(f"/console/{case.kind.value}/sheet", data=form, content_type="multipart/form-data")
    assert shown.status_code == 200
    assert "和现在的一样" in shown.text, shown.text.partition("<main")[2]


@every_list
def test_every_wrong_row_is_named_with_its_cell(place: Place, case: Case) -> None:
    furnish(place)
    heads = lists.heads(case.listed)
    for row, sentence in case.wrong:
        outcome = tried(place, case, table(case, [row]))
        told = [editing.wrong(each, heads) for each in outcome.wrong]
        assert len(told) == 1, row
        assert told[0].startswith("第 2 行"), row
        assert sentence in told[0], told
    assert not tried(place, case, table(case, [case.good, case.wrong[0][0]])).does_something
    twice = tried(place, case, table(case, [case.good, case.good]))
    assert [(each.row, each.slip) for each in twice.wrong] in ([(3, Slip.TWICE)], [(3, Slip.SKILL_GONE)])


@every_list
def test_what_is_no_longer_what_was_shown_is_not_done(place: Place, case: Case) -> None:
    furnish(place)
    [desk] = desks(place, case)
    # More than other forms may hold, and no file among it.
    assert desk.post(f"/{case.kind.value}/sheet", {"x": "x" * 200_000}).status_code == 409
    before = there(place, case)
    first, second = (uploaded(place, case, [case.good]) for _ in range(2))
    assert desk.post(f"/{case.kind.value}/sheet/{first}/take").status_code == 303
    now = there(place, case)
    assert now != before
    refused = desk.post(f"/{case.kind.value}/sheet/{second}/take")
    assert refused.status_code == 409
    assert editing.NOT_THE_SAME in refused.text
    assert f'action="/console/{case.kind.value}/sheet"' in refused.text
    assert there(place, case) == now
    if case.kind is not UploadKind.SKILLS:  # the old name is gone
        assert not tried(place, case, table(case, [case.good])).does_something


HOSTILE = (
    "=1+1", "'=1+1", "＝cmd|' /C calc'!A0", "\x00\x07\x1b", "\u202e\u200b", "<script>alert(1)</script>", "%s{most}{0}",
    "²", "9" * 400, "-1", "1e999", "nan", "𠮷" * 900, "0001-01-01", "9999-12-31", "2026-13-01", "24:00", "99:99",
    "/", "////", "#", "#1", "刘敏#999999", "+", "、、", "是", "\n\n", "' OR 1=1 --",
)  # fmt: skip


@every_list
def test_nothing_that_somebody_types_breaks_a_list(place: Place, case: Case) -> None:
    furnish(place)
    heads = lists.heads(case.listed)
    for key in {*case.good, *heads} & {*case.good, "id"}:
        with rehearsal(place) as session:
            rows = [case.good | {key: cell} for cell in HOSTILE]
            outcome = lists.bring(case.opened(session, place), table(case, rows))
            session.flush()
            assert all(editing.wrong(each, heads) for each in outcome.wrong)
            assert "\\x00" not in str(case.opened(session, place).written(1000))
    assert [each.slip for each in tried(place, case, [["甲", "乙"], ["1", "2"]]).wrong] == [Slip.HEAD]
    assert [each.slip for each in tried(place, case, []).wrong] == [Slip.HEAD]
    many = table(case, [case.good] * (uploads.MOST_ROWS + 1))
    assert [each.slip for each in tried(place, case, many).wrong] == [Slip.MANY]


def test_each_goes_in_on_either_database(both_places: Place) -> None:
    furnish(both_places)
    for case in CASES:
        assert done(both_places, case.kind, [case.good]).does_something, case.kind


def test_two_who_say_yes_in_the_same_moment_do_not_both_write(both_places: Place) -> None:
    place = both_places
    furnish(place)
    case = next(each for each in CASES if each.kind is UploadKind.CALENDAR)
    browsers = desks(place, case, 2)
    days = [{**case.good, "name": name} for name in ("泼水节", "火把节")]
    assert browsers[1].post(f"/calendar/sheet/{uploaded(place, case, days[:1])}/take").status_code == 409  # not theirs
    waiting = [uploaded(place, case, [day], by) for day, by in zip(days, ("street", "elsewhere"), strict=True)]
    tokens = [desk.csrf() for desk in browsers]
    with ThreadPoolExecutor(2) as pool:
        taken = [
            pool.submit(desk.post, f"/calendar/sheet/{upload}/take", csrf=token)
            for desk, upload, token in zip(browsers, waiting, tokens, strict=True)
        ]
        assert sorted(each.result().status_code for each in taken) == [303, 409]


def previewed(place: Place, kind: UploadKind, rows: list[Row]) -> list[str]:
    """What is said before somebody says yes: what happens in all, and each row."""
    case = next(each for each in CASES if each.kind is kind)
    outcome = tried(place, case, table(case, rows))
    lines = [line for _, part in editing.parts(kind, outcome) for line in part]
    heads, empty = lists.heads(case.listed), lists.empty(case.listed)
    told = ["；".join([each.name, *editing.changes(each, heads, empty)]) for each in lines]
    return [editing.in_all(kind, outcome), *told]


def test_before_the_yes_each_list_says_what_happens_in_its_own_words(place: Place) -> None:
    furnish(place)
    days = [{"day": "2026-11-26", "working": "照国家的"}, {"day": "2026/12/8", "working": "放假", "name": "泼水节"}]
    assert previewed(place, UploadKind.CALENDAR, days) == [
        "会新添 1 天，改回照国家的 1 天",
        "2026-11-26；2026-11-26；放假；节",
        "2026-12-08；上班还是放假 放假；为什么 泼水节",
    ]
    limits = [{"name": "noise", "urgent_finish": "", "street_accept": "1个工作日", "accept": "3小时"}]
    assert previewed(place, UploadKind.LIMITS, limits) == [
        "会改 1 类",
        "noise；接单 2小时 → 3小时；急的：办结 30小时 → 照平常的；到了街道：接单 照平常的 → 1工作日",
    ]
    slots = [SLOT | {"template": ID, "fields": FIELDS}]
    assert previewed(place, UploadKind.TEMPLATES, slots) == [
        "会改 1 种",
        f"办结，请评价 模板消息；模板 ID 照配置文件的 → {ID}；字段 没有 → thing1 什么事、time3 发的时间",
    ]
    done(place, UploadKind.TEMPLATES, slots)
    assert previewed(place, UploadKind.TEMPLATES, [SLOT | {"template": "不用模板", "fields": ""}])[1] == (
        f"办结，请评价 模板消息；模板 ID {ID} → 不用模板；字段 thing1 什么事、time3 发的时间 → 清空"
    )


def test_every_slip_has_a_sentence_and_every_list_a_name_in_the_audit() -> None:
    assert set(editing.SLIPS) == set(Slip)
    assert [each for each in UploadKind if audit.what(AuditKind.DID, f"{each}/sheet", {}).startswith(each)] == []


# ---------------------------------------------------------------- what is peculiar to one


def done(place: Place, kind: UploadKind, rows: list[Row]) -> Outcome:
    """A list that goes in."""
    case = next(each for each in CASES if each.kind is kind)
    with place.database.transaction() as session:
        outcome = lists.bring(case.opened(session, place), table(case, rows))
        assert not outcome.wrong, outcome.wrong
        return outcome


def test_a_word_moves_to_another_category_and_goes(place: Place) -> None:
    furnish(place)
    rows = [
        {"word": "大喇叭叭", "category": "lamp", "weight": "多半是"},
        {"word": "老虎灶", "category": "noise", "weight": "不用了"},
    ]
    outcome = done(place, UploadKind.WORDS, rows)
    assert [len(each) for each in (outcome.new, outcome.changed, outcome.gone)] == [0, 1, 1]
    with place.database.reading() as session:
        assert session.get_one(Category, "noise").words == {"噪音": 6.0, "坝坝舞+十点": 4.0}
        assert session.get_one(Category, "lamp").words == {"楼塔灯": 7.0, "大喇叭叭": 4.0}


def test_limits_of_an_urgency_are_emptied_and_those_the_list_does_not_know_stay(place: Place) -> None:
    furnish(place)
    done(place, UploadKind.LIMITS, [{"name": "noise", "urgent_finish": "", "street_accept": "1个工作日"}])
    with place.database.reading() as session:
        noise = session.get_one(Category, "noise")
        assert noise.limits_by == {"community": {"accept": "1wd"}, "street": {"accept": "1wd"}}
        assert noise.finish_limit == "7wd"


def test_a_hidden_number_stays_and_one_that_was_ended_comes_back(place: Place) -> None:
    furnish(place)
    rows = [
        {"name": "城管", "area": "江湾街道", "phone": "139****34", "contact": "小孙", "categories": "noise"},
        {"name": "旧物业", "area": COMMUNITY, "phone": "", "contact": "", "categories": ""},
    ]
    done(place, UploadKind.DEPARTMENTS, rows)
    with place.database.reading() as session:
        found = {each.name: each for each in session.scalars(select(Party))}
        assert (found["城管"].phone, found["城管"].contact) == ("13900001234", "小孙")
        assert (found["旧物业"].active, found["旧物业"].kind) == (True, PartyKind.PROPERTY)


def test_a_day_is_given_back_and_what_is_past_stays(place: Place) -> None:
    furnish(place)
    outcome = done(place, UploadKind.CALENDAR, [{"day": "2026-11-26", "working": "照国家的"}])
    assert len(outcome.gone) == 1
    with place.database.reading() as session:
        assert session.scalars(select(OwnDay.day).order_by(OwnDay.day)).all() == [
            date(2026, 11, 20),
            date(2026, 11, 30),
        ]


def test_what_looks_like_a_formula_stays_as_it_was_said_when_its_row_changes(place: Place) -> None:
    furnish(place)
    case = next(each for each in CASES if each.kind is UploadKind.READY)
    rows = [{"id": str(number), "said": said, "area": "江湾街道"} for number, said, _ in there(place, case)]
    assert len(done(place, UploadKind.READY, rows).changed) == 4
    with place.database.reading() as session:
        said = session.scalars(select(ReadyAnswer.text).order_by(ReadyAnswer.id)).all()
        assert said == ["=1+1", "'=2+2", "两行\n有空格 的", "-@"]


def test_a_day_of_the_roster_is_as_the_list_says_and_the_others_stay(place: Place) -> None:
    furnish(place)
    outcome = done(place, UploadKind.ROSTER, [TURN | {"second": "王姐"}, TURN | {"begins": "18:00", "ends": "08:00"}])
    assert [len(each) for each in (outcome.new, outcome.changed, outcome.gone)] == [2, 0, 2]
    with place.database.reading() as session:
        found = session.scalars(select(Duty).order_by(Duty.day, Duty.begins)).all()
        assert [(each.weekday, each.begins.hour) for each in found if each.day is None] == [(0, 8), (0, 18)]
        assert len([each for each in found if each.day is not None]) == 2


def test_a_post_of_the_list_keeps_its_holders_and_a_closed_one_is_open_again(place: Place) -> None:
    furnish(place)
    case = next(each for each in CASES if each.kind is UploadKind.POSTS)
    [[number, *_, held]] = there(place, case)
    assert held == 1
    home = f"{COMMUNITY}/香樟花园"
    rows = [
        POST | {"id": str(number), "name": "灯岗", "area": home, "wanted": "", "words": "看灯"},
        POST | {"name": "停了的岗", "words": "重新开"},
    ]
    outcome = done(place, UploadKind.POSTS, rows)
    assert [len(each) for each in (outcome.new, outcome.changed, outcome.gone)] == [0, 2, 0]
    with place.database.reading() as session:
        member = session.get_one(Person, place.people["member"].id)
        [(title, post, area)] = posts.held_by(session, member, now=place.now)
        assert (post.name, post.wanted, area.name, title.area_id) == ("灯岗", 2, "香樟花园", area.id)
    assert [row[1:] for row in there(place, case)] == [
        ["停了的岗", COMMUNITY, "lamp", 2, "重新开", 0],
        ["灯岗", home, "lamp", 2, "看灯", 1],
    ]


def test_two_skills_become_one_for_whoever_says_so(place: Place) -> None:
    furnish(place)
    done(place, UploadKind.SKILLS, [{"name": "劝和", "new": "调解", "join": "是"}])
    with place.database.reading() as session:
        assert "劝和" not in session.scalars(select(Skill.skill)).all()
        assert session.get_one(Category, "pets").skills == ["调解", "养狗"]


def test_a_template_goes_back_to_the_configuration(place: Place) -> None:
    furnish(place)
    done(place, UploadKind.TEMPLATES, [SLOT | {"template": "不用模板", "fields": ""}])
    with place.database.reading() as session:
        assert session.get_one(Template, ("official", TemplateWay.TEMPLATE, "finished")).setting == ""
    done(place, UploadKind.TEMPLATES, [SLOT | {"template": "", "fields": ""}])
    with place.database.reading() as session:
        assert session.get(Template, ("official", TemplateWay.TEMPLATE, "finished")) is None
