"""The demo street on a busy morning, told through the real bot: for pictures, and for looking at every page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from bot.media import new_name
from console import login
from models import announcements, desk, health, honours, noting, people, posts, pushing, riders, transitions
from models.announcement import Outcome
from models.area import Area
from models.attachment import Attachment, AttachmentKind, AttachmentUse
from models.clock import local
from models.health import Ran
from models.honour import Group
from models.outbox import Notice, NoticeKind, NoticeState
from models.party import Party
from models.person import Person, RoleKind, RoleStatus
from models.post import Post
from models.rider import TitleKind
from models.ticket import Ticket
from scheduler.jobs import JOBS
from tests.bot.support import AYI, CHEN, LI, SUN, Street, build

MORNING = datetime(2026, 11, 23, 0, 45, tzinfo=UTC)
"""A Monday, a quarter to nine in Shanghai."""
PASSWORD = "correct horse battery"
"""Of whoever signs in here: the administrator, who also speaks for a department."""
BOSS = "shen"

LIN, ZHOU, HE = "demo-resident-3", "demo-resident-4", "demo-resident-5"

REPORTS = (
    (LIN, "香樟花园3栋门口的路灯坏了三天了，晚上老人出门看不见台阶"),
    (ZHOU, "滨江雅苑2栋的电梯又停了，有个孩子刚才差点关在里面"),
    (CHEN, "银杏里1栋楼下的垃圾两天没人收，味道很大"),
    (HE, "香樟花园4栋楼上漏水，厨房顶上滴个不停"),
    (LIN, "江湾路边上的井盖松了，车一过就响"),
    (ZHOU, "滨江雅苑4栋楼下有人遛大狗不牵绳"),
    (CHEN, "银杏里3栋后面的树枝伸到窗户里来了"),
    (HE, "香樟花园5栋门口停了一排车，轮椅出不去"),
    (LIN, "有个老人一个人住香樟花园2栋，想请人陪着去医院"),
    (ZHOU, "滨江雅苑门口早上摆摊的把路都占了"),
    (AYI, "香樟花园6栋2单元楼上半夜还在放音响，吵得孩子睡不着"),
)
"""What people say, in this order; the numbers are given in it."""


def number(session: Session, serial: int) -> Ticket:
    """One of these tickets by its number, held."""
    return transitions.lock(session, session.query(Ticket).filter_by(serial=serial).one().id)


@contextmanager
def street(url: str, folder: Path, picture: bytes) -> Iterator[Street]:
    """The street with its morning behind it. `picture` is what every photo shows."""
    with build(url, folder, times=[MORNING], site={"public_figures": True}) as here:
        stored = new_name("png")
        here.huying.fetcher.store.put(stored, picture)
        for who, words in REPORTS:
            here.later(minutes=7)
            here.say(who, words)
            here.dispatch()
        _chat(here)
        with here.huying.database.transaction() as session:
            _afterwards(session, here, stored)
        yield here


def _chat(here: Street) -> None:
    """The noise is accepted, gone to and finished; somebody wants to talk to a person."""
    for words in ("接单 0011", "到场 0011", "办结 0011 和楼上说好了，十点以后不放"):
        here.later(minutes=9)
        here.say(LI, words, channel="wecom")
    here.say(SUN, "接单 0003", channel="wecom")
    here.say(CHEN, "我想问问老年卡怎么办")
    here.say(CHEN, "人工")
    here.later(minutes=20)
    here.dispatch()


def by_name(session: Session, name: str) -> Person:
    """Somebody of the demo street."""
    return session.query(Person).filter_by(name=name).one()


def _afterwards(session: Session, here: Street, stored: str) -> None:
    """What the desk has done since, and what is kept beside the tickets."""
    now, place = here.now, {each.name: each for each in session.query(Area)}
    boss, clerk = by_name(session, "沈主任"), by_name(session, "徐静")
    people.grant(session, boss, RoleKind.ADMIN, place["江湾街道"].id, now=now)
    login.create_login(session, BOSS, PASSWORD, boss, now=now, must_change=False)
    login.create_login(session, "xujing", PASSWORD, clerk, now=now, must_change=False)
    lamp, dog, tree, stalls = (number(session, each) for each in (1, 6, 7, 10))
    desk.assign(session, lamp, "江湾供电所", "今天能修吗", by=clerk, now=now)
    desk.hold(session, tree, "等园林队周三来", until=now + timedelta(days=2), by=boss, now=now)
    desk.supervise(session, stalls, "下班前给个话", by=boss, now=now)
    noting.note(session, dog, "上个月也是这家，找过男主人，态度还好。", by=clerk, now=now)
    for use in (AttachmentUse.BEFORE, AttachmentUse.AFTER):
        session.add(
            Attachment(
                ticket_id=number(session, 11).id,
                person_id=by_name(session, "张阿姨").id,
                channel="official",
                kind=AttachmentKind.IMAGE,
                use=use,
                media_id=use.value,
                stored=stored,
                sent_at=now,
            )
        )
    newcomer = Person(name="马晓燕", unit="演示区第二小学", created_at=now, identities=[], roles=[])
    session.add(newcomer)
    session.flush()
    people.grant(session, newcomer, RoleKind.MEMBER, place["香樟社区"].id, now=now, status=RoleStatus.PENDING)
    people.set_skills(session, newcomer, ["助老", "陪诊"])
    water = announcements.Draft(
        "香樟花园停水", "江湾路水管抢修，今天下午四点前恢复。", place["香樟花园"].id, "utilities", "", Outcome.HOLD,
        now, now + timedelta(hours=5),
    )  # fmt: skip
    announcements.announce(session, water, by=clerk, now=now)
    session.add(
        Notice(kind=NoticeKind.REGISTERED, person_id=newcomer.id, state=NoticeState.UNREACHABLE, data={},
               created_at=now, not_before=now)
    )  # fmt: skip
    _riders(session, place, now=now)
    ran = {each.name: Ran(now, 0.1, len(each.name) % 3, 60) for each in JOBS}
    health.note_runs(session, ran | {"credit": Ran(now, 0.0, 0, 600, fault="OperationalError")})
    party = session.query(Party).filter_by(name="城管").one()
    wish = pushing.push_down(
        session,
        place["香樟社区"],
        party,
        "统计沿街商户的油烟净化器",
        by=by_name(session, "老丁"),
        channel="console",
        now=now,
    )
    pushing.ask_street(session, wish.id, by=by_name(session, "老丁"), now=now)


def _riders(session: Session, place: dict[str, Area], *, now: datetime) -> None:
    """A team, a title, and a round in which people are thanked."""
    rider, boss, today = by_name(session, "小马"), by_name(session, "沈主任"), local(now).date()
    team = riders.make_team(session, "江湾一队", place["香樟社区"], now=now)
    riders.join_team(session, team, rider, now=now)
    posts.claim(
        session, session.query(Post).order_by(Post.id).limit(1).one().id, by=by_name(session, "李建国"), now=now
    )
    riders.give_title(
        session, rider, TitleKind.FOOD, place["香樟社区"], today, today + timedelta(days=30), by=boss, now=now
    )
    thanks = honours.open_round(
        session,
        place["香樟社区"],
        "年末谢谢身边的人",
        nominees=Group.RIDERS,
        voters=Group.EVERYBODY,
        places=1,
        votes_from=now + timedelta(days=2),
        ends_at=now + timedelta(days=5),
        by=boss,
        now=now,
    )
    honours.nominate(session, thanks.id, "小马", by=by_name(session, "张阿姨"), now=now)


def stairs(browser: Browser) -> bytes:
    """A photo of a dark staircase with a lamp, as a browser paints it."""
    with browser.new_context(viewport={"width": 640, "height": 480}) as context:
        page = context.new_page()
        page.set_content(
            """<body style="margin:0;background:#4b4f55"><svg width="640" height="480">
            <rect y="380" width="640" height="100" fill="#2a2c30"/>
            <g fill="#666a70"><path d="M90 346h400v34H90zM210 278h400v34H210zM330 210h310v34H330z"/></g>
            <g fill="#5a5e64"><path d="M150 312h400v34H150zM270 244h370v34H270z"/></g>
            <rect x="60" y="140" width="110" height="210" fill="#8a6f4a"/><rect x="296" width="8" height="30"/>
            <circle cx="300" cy="58" r="34" fill="#1c1d20"/></svg>"""
        )
        return page.screenshot()
