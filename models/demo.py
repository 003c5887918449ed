"""The demo street: a fictional place with its people, for trying things out and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import areas, earning, guides, joints, outlines, people, posts, pushing, redeeming, riders, stations
from models.area import Area, AreaKind
from models.category import Category, First
from models.guide import Guide
from models.joint import JointArea, Turn
from models.ledger import Goods, Unit
from models.party import Party, PartyKind
from models.person import Identity, Person, RoleKind
from models.post import Post
from models.pushed import Admitted
from models.rider import AccessNote
from models.station import Station, Use

OFFICIAL = "official"
BUILDINGS = 6

NAME = "江湾街道"
"""What the street is called everywhere: its accounts on people's phones, and whoever runs the demonstration."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """A fictional person; `key` is the account on the channels, empty for one nobody can write as."""

    name: str
    key: str = ""
    role: RoleKind | None = None
    area: str = ""
    skills: tuple[str, ...] = ()
    unit: str = ""
    platform: str = ""
    department: str = ""
    home: str = ""
    free: tuple[int, int] | None = None
    """The hours of the day at which they like to be asked; any when it is empty."""

    @property
    def everywhere(self) -> bool:
        """Members and those who work here are on every channel, residents and riders on the Official Account."""
        return self.role not in (None, RoleKind.RIDER)


@dataclass(frozen=True, slots=True)
class Draft:
    """A fictional department or partner, and the area it serves."""

    name: str
    kind: PartyKind
    area: str
    contact: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ware:
    """Fictional goods that points buy in a community; without a merchant its staff give them away."""

    name: str
    price: int
    stock: int
    place: str
    merchant: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A node above the buildings; `door` is the letter printed before the numbers of its buildings."""

    kind: AreaKind
    name: str
    parent: str
    aliases: tuple[str, ...]
    lat: float
    lng: float
    door: str = ""
    grid_worker: str = ""
    secretary: str = ""


PEOPLE = (
    Somebody("张阿姨", "demo-resident-1", home="香樟花园6栋"),
    Somebody("陈伯", "demo-resident-2"),
    Somebody("小林", "demo-resident-3"),
    Somebody("周老师", "demo-resident-4"),
    Somebody("何奶奶", "demo-resident-5"),
    Somebody(
        "李建国",
        "demo-member-1",
        RoleKind.MEMBER,
        "香樟社区",
        ("调解", "文明劝导", "助老", "小修小补"),
        "演示区第一中学",
        home="香樟花园2栋",
    ),
    Somebody(
        "王秀兰",
        "demo-member-2",
        RoleKind.MEMBER,
        "香樟社区",
        ("文明劝导", "环境清洁", "陪诊"),
        "演示区图书馆",
        home="滨江雅苑1栋",
        free=(7, 22),
    ),
    Somebody("赵明", "demo-member-3", RoleKind.MEMBER, "香樟社区", ("小修小补", "水电维修", "园艺"), "演示区供电所"),
    Somebody(
        "孙丽", "demo-member-4", RoleKind.MEMBER, "香樟社区", ("调解", "环境清洁", "小修小补", "园艺"), "演示区税务所"
    ),
    Somebody(
        "吴志强",
        "demo-member-5",
        RoleKind.MEMBER,
        "银杏社区",
        ("调解", "文明劝导", "环境清洁", "小修小补"),
        "演示区消防站",
    ),
    Somebody(
        "郑晓梅",
        "demo-member-6",
        RoleKind.MEMBER,
        "银杏社区",
        ("助老", "陪诊", "园艺", "水电维修"),
        "演示区人民医院",
        free=(8, 21),
    ),
    Somebody("小马", "demo-rider-1", RoleKind.RIDER, "江湾街道", platform="演示外卖"),
    Somebody("阿强", "demo-rider-2", RoleKind.RIDER, "江湾街道", platform="演示快送"),
    Somebody("刘敏", "demo-grid-1", RoleKind.GRID, "香樟花园"),
    Somebody("何伟", "demo-grid-2", RoleKind.GRID, "滨江雅苑"),
    Somebody("罗芳", "demo-grid-3", RoleKind.GRID, "银杏里"),
    Somebody("徐静", "demo-staff-1", RoleKind.STAFF, "香樟社区"),
    Somebody("高峰", "demo-staff-2", RoleKind.STAFF, "银杏社区"),
    Somebody("沈主任", "demo-street-1", RoleKind.STREET, "江湾街道"),
    Somebody("老丁", "demo-dept-1", RoleKind.DEPARTMENT, "江湾街道", department="城管"),
    # Named where a building's residents ask who looks after it; nobody writes as them.
    Somebody("方书记"),
    Somebody("秦书记"),
    Somebody("许大姐"),
    Somebody("邓师傅"),
    Somebody("蒋老师"),
)

PARTIES = (
    Draft("城管", PartyKind.DEPARTMENT, "江湾街道"),
    Draft("市政维护队", PartyKind.DEPARTMENT, "江湾街道", contact="石队长", categories=("public_facility", "drainage")),
    Draft("香樟物业", PartyKind.PROPERTY, "香樟花园", contact="尹经理", categories=("property_service", "greening")),
    Draft("银杏里业委会", PartyKind.OWNERS, "银杏里", contact="钟老师"),
    Draft("江湾供电所", PartyKind.UTILITY, "江湾街道", contact="抢修班"),
)
"""Fictional departments and partners; only 城管 has somebody with an account."""

ADMITTED = (("独居老人入户看望", "eldercare"), ("文明养犬宣传", "pets"), ("消防通道巡查", "fire_safety"))

GOODS = (
    Ware("一提纸巾", 10, 20, "香樟社区服务站"),
    Ware("理发一次", 20, 5, "香樟花园门口的理发店", merchant="孙丽"),
    Ware("一桶食用油", 40, 10, "香樟社区服务站"),
)
"""All of 香樟社区."""

STATIONS = (
    stations.Draft(
        Use.REST,
        "江湾路驿站",
        "江湾路 8 号",
        30.5045,
        114.0025,
        "1234567 08:00-20:00",
        "饮水、充电、微波炉、空调",
        0,
        uses=frozenset({Use.WATER, Use.CHARGING}),
    ),
    stations.Draft(
        Use.MEAL,
        "香樟小哥食堂",
        "香樟花园南门旁",
        30.5062,
        114.0012,
        "1234567 10:30-13:30;1234567 16:30-20:00",
        "十二元一荤两素",
        0,
    ),
    stations.Draft(Use.CHARGING, "滨江换电柜", "滨江雅苑东门", 30.5031, 114.0068, "1234567 00:00-24:00", "换电", 0),
    stations.Draft(
        Use.WATER, "江湾口袋公园饮水点", "江湾路和滨江路口", 30.5012, 114.0041, "1234567 06:00-22:00", "直饮水", 0
    ),
    stations.Draft(
        Use.OFFER, "老周面馆", "江湾路 21 号", 30.5038, 114.0031, "1234567 06:00-14:00", "骑手素面六元，免费续汤", 0
    ),
)
"""All of 香樟社区."""

ACCESS = ("香樟花园", "送餐走北门的非机动车道，登记一次管一天，六栋在左手第二排", "北门门岗")
"""How riders get into an estate, and whom they ask for."""

GUIDES = (
    guides.Draft(
        "居住证怎么办",
        ("居住证", "暂住证"),
        "先到社区登记，住满半年、有稳定的工作、住处或者在上学，就可以领证。\n"
        "请带：身份证，租房合同或房产证，一张近照。\n"
        "社区一楼 1 号窗口，周一到周五 8:30 到 17:30，一般 15 天内拿到，不收钱。",
        (),
        0,
    ),
    guides.Draft(
        "大件垃圾怎么扔",
        ("大件垃圾", "旧家具+扔", "旧沙发+扔", "旧床垫+扔"),
        "请别放在楼道和门口。每个小区东门旁有大件垃圾点，周三、周六上午有车来收，不收钱。\n"
        "自己搬不动，在这里说一声“请人帮忙搬沙发”，我去问问志愿者。\n"
        "装修的砖和灰不能放那里，请找物业约车。",
        (),
        0,
    ),
    guides.Draft(
        "养狗怎么登记",
        ("狗证", "犬证", "养犬登记", "狗+登记"),
        "先到宠物医院打狂犬疫苗，拿到免疫证明。\n"
        "再带身份证、住处的证明、狗的照片到社区一楼 2 号窗口登记，当天办好，每年换一次。\n"
        "出门请牵绳，进电梯请抱起来或者戴嘴套。",
        (),
        0,
    ),
)
"""What people of the street ask first; everywhere holds something else."""

BEGINNERS = {"李建国": (60, 180), "王秀兰": (30, 120)}
"""Who takes part in the ledger, with the points and minutes they begin with."""

JOINT = ("江湾路两侧", ("滨江雅苑6栋", "银杏里6栋"), date(2026, 11, 23))
"""A border of two communities, which lead it by the week."""

PLACES = (
    Place(AreaKind.DISTRICT, "演示区", "", (), 30.5, 114.0),
    Place(AreaKind.STREET, "江湾街道", "演示区", ("江湾街", "江湾"), 30.502, 114.003, secretary="沈主任"),
    Place(
        AreaKind.COMMUNITY,
        "香樟社区",
        "江湾街道",
        ("香樟居委会",),
        30.504,
        114.002,
        grid_worker="刘敏",
        secretary="方书记",
    ),
    Place(
        AreaKind.ESTATE,
        "香樟花园",
        "香樟社区",
        ("香樟", "香樟小区", "香樟园"),
        30.505,
        114.001,
        door="A",
        grid_worker="刘敏",
        secretary="许大姐",
    ),
    Place(
        AreaKind.ESTATE,
        "滨江雅苑",
        "香樟社区",
        ("滨江", "滨江小区", "雅苑"),
        30.503,
        114.005,
        door="B",
        grid_worker="何伟",
        secretary="邓师傅",
    ),
    Place(
        AreaKind.COMMUNITY,
        "银杏社区",
        "江湾街道",
        ("银杏居委会",),
        30.499,
        114.008,
        grid_worker="罗芳",
        secretary="秦书记",
    ),
    Place(
        AreaKind.ESTATE,
        "银杏里",
        "银杏社区",
        ("银杏", "银杏小区", "银杏里小区"),
        30.498,
        114.009,
        door="C",
        grid_worker="罗芳",
        secretary="蒋老师",
    ),
)
"""Parents before children. A building has nobody of its own: its estate's people look after it."""


POSTS = (
    ("楼道灯巡查岗", "香樟花园", ("public_facility",), 2, "晚上回家顺路看看楼道灯亮不亮，小的自己换，大的报一声"),
    ("文明养犬劝导岗", "江湾街道", ("pets",), 3, "遛弯时劝一句牵绳、捡便，劝不动不用争"),
)
"""What members may take on for good; such matters come to whoever does."""

OUTLINES = {
    "江湾街道": (
        (30.509, 113.9975), (30.5095, 114.0045), (30.5068, 114.0085), (30.504, 114.012), (30.5003, 114.014),
        (30.4945, 114.0135), (30.4935, 114.0075), (30.495, 114.0025), (30.4995, 114.001), (30.5015, 113.9972),
    ),
    "香樟社区": (
        (30.508, 113.9985), (30.5085, 114.004), (30.506, 114.0078), (30.5025, 114.0085), (30.5008, 114.006),
        (30.5003, 114.002), (30.502, 113.9982),
    ),
    "香樟花园": ((30.5047, 114.0005), (30.5048, 114.0023), (30.5059, 114.0024), (30.506, 114.0006)),
    "滨江雅苑": ((30.5027, 114.0045), (30.5028, 114.0064), (30.5039, 114.0063), (30.5038, 114.0044)),
    "银杏社区": (
        (30.5025, 114.0085), (30.5008, 114.006), (30.5003, 114.002), (30.496, 114.0035), (30.4945, 114.0075),
        (30.4955, 114.0125), (30.5, 114.013), (30.503, 114.011),
    ),
    "银杏里": ((30.4976, 114.0084), (30.4977, 114.0104), (30.4989, 114.0103), (30.4988, 114.0083)),
}  # fmt: skip
"""Where they end, as fictional as they are themselves; the corners go round, and the last joins the first."""


def load(session: Session, *, now: datetime, channels: Sequence[str] = ("official", "wecom")) -> None:
    """Makes what is missing of the demo street; what is there already stays as people have changed it since."""
    nodes: dict[str, Area] = {}
    for place in PLACES:
        _place(session, place, nodes)
    found = {each.name: _somebody(session, each, nodes, channels, now=now) for each in PEOPLE if each.key}
    nameless = {each.name: each for each in PEOPLE if not each.key}
    for place in PLACES:
        node = nodes[place.name]
        if place.grid_worker and node.grid_worker_id is None:
            node.grid_worker_id = found[place.grid_worker].id
        if place.secretary and node.secretary_id is None:
            if place.secretary in nameless:
                found[place.secretary] = _new(session, nameless[place.secretary], now=now)
            node.secretary_id = found[place.secretary].id
    session.flush()
    drawn = outlines.of(session, [nodes[name].id for name in OUTLINES])
    for name, corners in OUTLINES.items():
        if nodes[name].id not in drawn:
            outlines.draw(session, nodes[name], [[[*corners, corners[0]]]], by=None, now=now)
    _partners(session, nodes)
    _points(session, nodes, found, now=now)
    _for_riders(session, nodes, found, now=now)
    _posts(session, nodes, now=now)
    _guides(session, nodes["江湾街道"], now=now)


def _posts(session: Session, nodes: dict[str, Area], *, now: datetime) -> None:
    """Standing posts, as far as they are not there, and that their holders are tried first."""
    known = set(session.scalars(select(Post.name)))
    for name, place, codes, wanted, words in POSTS:
        if name in known:
            continue
        posts.make(session, posts.Draft(name, nodes[place].id, codes, wanted, words), now=now)
        for category in session.scalars(select(Category).where(Category.code.in_(codes))):
            category.first = First.POST


def _guides(session: Session, street: Area, *, now: datetime) -> None:
    """What the desk has written for questions, as far as it is not there."""
    known = set(session.scalars(select(Guide.title).where(Guide.area_id == street.id)))
    for each in GUIDES:
        if each.title not in known:
            guides.enter(session, replace(each, area_id=street.id), now=now)


def _for_riders(session: Session, nodes: dict[str, Area], found: dict[str, Person], *, now: datetime) -> None:
    """Stations and how one gets into an estate, as far as they are not there."""
    community, (estate, words, contact) = nodes["香樟社区"], ACCESS
    known = set(session.scalars(select(Station.name).where(Station.area_id == community.id)))
    for each in STATIONS:
        if each.name not in known:
            stations.enter(session, replace(each, area_id=community.id), now=now)
    if session.get(AccessNote, nodes[estate].id) is None:
        riders.write_note(session, nodes[estate], words, contact, "", by=found["徐静"], now=now)


def _points(session: Session, nodes: dict[str, Area], found: dict[str, Person], *, now: datetime) -> None:
    """The ledgers of two members and the goods, as far as they are not there."""
    for name, (points, minutes) in BEGINNERS.items():
        if found[name].erased_at is None:
            earning.open_account(session, found[name], {Unit.POINTS: points, Unit.MINUTES: minutes}, now=now)
    community = nodes["香樟社区"]
    known = set(session.scalars(select(Goods.name).where(Goods.area_id == community.id)))
    for ware in GOODS:
        if ware.name not in known:
            redeeming.offer(
                session,
                community,
                ware.name,
                price=ware.price,
                stock=ware.stock,
                place=ware.place,
                merchant=found.get(ware.merchant),
                now=now,
            )


def _partners(session: Session, nodes: dict[str, Area]) -> None:
    """Departments and partners, the admitted list and the border, as far as they are not there."""
    known = set(session.scalars(select(Party.name)))
    session.add_all(
        Party(
            name=each.name,
            kind=each.kind,
            area_id=nodes[each.area].id,
            categories=list(each.categories),
            contact=each.contact,
        )
        for each in PARTIES
        if each.name not in known
    )
    session.flush()
    street = nodes["江湾街道"]
    listed = set(session.scalars(select(Admitted.name).where(Admitted.area_id == street.id)))
    for name, code in ADMITTED:
        category = session.get(Category, code)
        if name not in listed and category is not None:
            pushing.add_entry(session, street, name, category)
    name, places, begins = JOINT
    if session.scalar(select(JointArea.id).limit(1)) is None:
        joints.add(session, name, [nodes[each] for each in places], turn=Turn.WEEK, begins=begins)


def _place(session: Session, place: Place, nodes: dict[str, Area]) -> None:
    parent = nodes.get(place.parent)
    node = nodes[place.name] = _child(session, parent, place.name) or areas.add_area(
        session, place.kind, place.name, parent=parent, aliases=place.aliases, lat=place.lat, lng=place.lng
    )
    for number in range(1, BUILDINGS + 1) if place.door else ():
        name = f"{number}栋"
        nodes[place.name + name] = _child(session, node, name) or areas.add_area(
            session,
            AreaKind.BUILDING,
            name,
            parent=node,
            code=f"{place.door}{number}",
            # Two rows of three.
            lat=round(place.lat + 0.0004 * ((number - 1) // 3), 6),
            lng=round(place.lng + 0.0004 * ((number - 1) % 3), 6),
        )


def _child(session: Session, parent: Area | None, name: str) -> Area | None:
    return session.scalar(select(Area).where(Area.parent_id == (parent.id if parent else None), Area.name == name))


def _new(session: Session, somebody: Somebody, *, now: datetime) -> Person:
    person = Person(
        name=somebody.name, unit=somebody.unit, platform=somebody.platform, created_at=now, identities=[], roles=[]
    )
    session.add(person)
    session.flush()
    return person


def _somebody(
    session: Session, somebody: Somebody, nodes: dict[str, Area], channels: Sequence[str], *, now: datetime
) -> Person:
    known = {
        identity.channel: identity
        for identity in session.scalars(
            select(Identity)
            .where(Identity.account == somebody.key, Identity.channel.in_(channels))
            .order_by(Identity.id)
        )
    }
    person = next((identity.person for identity in known.values()), None)
    is_new = person is None or not (person.name or person.erased_at)
    if person is None:
        person = _new(session, somebody, now=now)
    for channel in channels:
        if channel not in known and (channel == OFFICIAL or somebody.everywhere):
            session.add(Identity(person_id=person.id, channel=channel, account=somebody.key))
    session.flush()
    session.expire(person, ["identities"])
    if is_new:
        # Somebody who wrote before the street was loaded is nameless until now.
        person.name, person.unit, person.platform = somebody.name, somebody.unit, somebody.platform
        if somebody.home:
            person.home_area_id = nodes[somebody.home].id
        if somebody.free is not None:
            person.free_from, person.free_until = somebody.free
        if somebody.skills:
            people.set_skills(session, person, somebody.skills)
        if somebody.role is not None:
            area_id = nodes[somebody.area].id
            people.grant(session, person, somebody.role, area_id, now=now, department=somebody.department)
    session.flush()
    return person
