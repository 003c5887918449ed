"""How the people of the demo street live through a year: what they report, and what they do when something arrives."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta

from sqlalchemy import select

from bot.channels import Outgoing
from handlers.turn import EventKind, Reply
from models import callbacks, splitting
from models.area import Area
from models.clock import CHINA
from models.errors import Refused
from models.lifecycle import OPEN_STATES
from models.outbox import Notice, NoticeKind
from models.person import Identity, Person, Role
from models.result import CallBack
from models.ticket import Ticket, TicketState
from tests.handlers.conftest import OFFICIAL, WECOM
from tests.year.town import Town

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)

RESIDENTS = [*(f"demo-resident-{number}" for number in range(1, 6)), *(f"resident-{number}" for number in range(6, 15))]
MEMBERS = [f"demo-member-{number}" for number in range(1, 7)]
RIDERS = ["demo-rider-1", "demo-rider-2"]
DESKS = ["demo-staff-1", "demo-staff-2", "demo-street-1"]
NAMES = {
    "香樟社区": ["李建国", "王秀兰", "赵明", "孙丽", "刘敏", "何伟"],
    "银杏社区": ["吴志强", "郑晓梅", "罗芳"],
}

PLACES = ["香樟花园6栋", "香樟花园2栋", "香樟花园3栋门口", "滨江雅苑1栋", "滨江雅苑4栋", "银杏里2栋", "银杏里5栋"]

MATTERS = [
    "半夜装修太吵，睡不着",
    "晚上有人唱歌太吵",
    "楼道里垃圾堆了好几天没人清",
    "垃圾桶满了很臭",
    "路灯不亮，晚上看不见路",
    "井盖坏了，走路要绕开",
    "楼上漏水，天花板都湿了",
    "电梯坏了，老人下不了楼",
    "外来车占了车位",
    "门口占道摆摊，过不去",
    "有人遛狗不牵绳",
    "树枝长到窗户边上，想请人修一下",
    "独居老人想找人陪着去看病",
    "和楼上邻居吵架，想请人劝一劝",
    "电动车飞线充电",
    "下水道堵了，污水冒出来",
    "有人违章搭建",
    "夜里电动车被偷了",
    "一整天停水",
    "有事情想和你们讲讲",
    "物业收费不明白",
]
DANGERS = ["着火了", "闻到煤气味，可能漏气了", "电梯里有人被困"]
SEEN_ON_THE_ROAD = ["井盖坏了没人管", "路边垃圾成堆", "路灯不亮"]


class Neighbours:
    """Everybody who lives and works here, moved by chance."""

    def __init__(self, town: Town, *, reports: int, until: datetime) -> None:
        self.town = town
        self.rng: random.Random = town.rng
        self.until = until
        self._answers: dict[str, Callable[[str, str, str, Outgoing], None]] = {
            NoticeKind.OFFER: self._offered,
            NoticeKind.POOL: self._pool,
            NoticeKind.CHECK_IN: self._asked_how_it_goes,
            NoticeKind.FINISHED: self._asked_to_judge,
            NoticeKind.REMINDER: self._asked_to_judge,
            NoticeKind.WARNED: self._late,
            NoticeKind.LATE: self._late,
            NoticeKind.URGED: self._late,
            NoticeKind.ASSIGNED: self._assigned,
            NoticeKind.SAME_EVENT: self._same,
            NoticeKind.ALARM: self._alarmed,
            NoticeKind.RIDER_REMINDER: self._rider_reminded,
            **dict.fromkeys(
                (NoticeKind.DESK, NoticeKind.ESCALATED, NoticeKind.DAY, NoticeKind.RETURNED, NoticeKind.HELP_WANTED),
                self._look_at_the_desk,
            ),
        }
        town.moves.append(self._move)
        town.replies.append(self._replied)
        self._life(reports)

    # ------------------------------------------------------------ the year

    def _life(self, reports: int) -> None:
        begins, length = self.town.now, self.until - self.town.now
        for _ in range(reports):
            self._at(begins + length * self.rng.random(), self._report, day=0.85)
        for _ in range(max(2, reports // 40)):
            self._at(begins + length * self.rng.random(), self._danger, day=0.5)
        for _ in range(max(8, reports // 8)):
            self._at(begins + length * self.rng.random(), self._rider_reports, day=1)
        for _ in range(max(4, reports // 10)):
            self._at(begins + length * self.rng.random(), self._member_changes, day=1)
        for _ in range(max(4, reports // 25)):
            self._at(begins + length * self.rng.random(), self._lookout, day=1)
        for _ in range(max(2, reports // 40)):
            self._at(begins + length * self.rng.random(), self._comes_and_goes, day=1)
        for _ in range(max(2, reports // 20)):
            self._at(begins + length * self.rng.random(), self._water_is_off, day=1)
        for _ in range(max(4, reports // 10)):
            self._at(begins + length * self.rng.random(), self._split, day=1)
        day = begins
        while day < self.until:
            if day.astimezone(CHINA).weekday() == 1:
                self._at(day, self._call_back, day=1)
            day += DAY

    def _at(self, moment: datetime, act: Callable[[], object], *, day: float) -> None:
        """At that moment, or, for a share of `day`, at a waking hour of the same day."""
        if self.rng.random() < day:
            here = moment.astimezone(CHINA)
            moment = datetime.combine(here.date(), time(self.rng.randrange(8, 22), self.rng.randrange(60)), CHINA)
        if moment > self.town.now:
            self.town.plan(moment.astimezone(self.town.now.tzinfo), act)

    def _later(self, least: timedelta, most: timedelta, act: Callable[[], object], *, odds: float = 1) -> bool:
        if self.rng.random() >= odds:
            return False
        self.town.plan(self.town.now + least + (most - least) * self.rng.random(), act)
        return True

    def _says(self, who: str, text: str, *, on: str = OFFICIAL) -> Callable[[], object]:
        return lambda: self.town.say(who, text, on=on)

    # ------------------------------------------------------------ residents

    def _report(self) -> None:
        who = self.rng.choice(RESIDENTS)
        place = self.rng.choice(PLACES) if self.rng.random() < 0.92 else ""
        self.town.say(who, place + self.rng.choice(MATTERS))
        number = self._last_of(who)
        if number is None:
            return
        self._later(HOUR, 4 * DAY, self._says(who, f"催办 {number}"), odds=0.12)
        self._later(10 * MINUTE, 5 * DAY, self._says(who, f"撤单 {number}"), odds=0.05)
        self._later(5 * MINUTE, 3 * DAY, self._says(who, f"补充 {number} 今天还是这样"), odds=0.1)
        # Words open the window through which news can be pushed.
        for days in (1, 3, 6, 9):
            self._later(days * DAY, (days + 2) * DAY, self._says(who, "进度"), odds=0.5)

    def _danger(self) -> None:
        self.town.say(self.rng.choice(RESIDENTS), self.rng.choice(PLACES) + self.rng.choice(DANGERS))

    def _last_of(self, who: str) -> str | None:
        with self.town.huying.database.reading() as session:
            ticket = session.scalars(
                select(Ticket)
                .join(Identity, Identity.person_id == Ticket.reporter_id)
                .where(Identity.account == who)
                .order_by(Ticket.id.desc())
            ).first()
            return ticket.number if ticket is not None and ticket.opened_at == self.town.now else None

    def _asked_to_judge(self, who: str, number: str, on: str, outgoing: Outgoing) -> None:
        if not outgoing.choices:
            return
        answer = self.rng.choices(range(3), [6, 2, 2])[0]
        choice = outgoing.choices[answer].command
        odds = 0.35 if outgoing.kind == NoticeKind.FINISHED else 0.3
        self._later(MINUTE, 30 * HOUR, self._says(who, choice, on=on), odds=odds)

    def _replied(self, who: str, reply: Reply, on: str) -> None:
        """A question may come with an answer, where it could not be pushed."""
        if len(reply.choices) == 3 and reply.choices[0].command.startswith("评价"):
            choice = reply.choices[self.rng.choices(range(3), [6, 2, 2])[0]].command
            self._later(MINUTE, 30 * HOUR, self._says(who, choice, on=on), odds=0.4)

    def _same(self, who: str, number: str, on: str, outgoing: Outgoing) -> None:
        choice = self.rng.choice(outgoing.choices).command
        self._later(MINUTE, 5 * HOUR, lambda: self._tap(who, choice, on), odds=0.6)

    def _tap(self, who: str, command: str, on: str) -> None:
        self.town.tap(who, command, on=on)

    def _comes_and_goes(self) -> None:
        who = self.rng.choice(RESIDENTS)
        self.town.event(who, EventKind.UNFOLLOW)
        self._later(HOUR, 20 * DAY, lambda: self.town.event(who, EventKind.FOLLOW), odds=0.7)

    # ------------------------------------------------------------ members

    def _offered(self, who: str, number: str, on: str, outgoing: Outgoing) -> None:
        if outgoing.as_card:
            return
        share = self.rng.random()
        if share < 0.4:
            self._later(MINUTE, 50 * MINUTE, lambda: self._accept(who, number, on))
        elif share < 0.6:
            self._later(MINUTE, 40 * MINUTE, self._says(who, f"婉拒 {number} 这几天不方便", on=on))

    def _pool(self, who: str, number: str, on: str, outgoing: Outgoing) -> None:
        def take() -> None:
            reply = self.town.say(who, "待接单", on=on)
            if reply.choices:
                self._accept(who, reply.choices[0].command.split()[1], on)

        self._later(MINUTE, 50 * MINUTE, take, odds=0.1)

    def _accept(self, who: str, number: str, on: str) -> None:
        reply = self.town.say(who, f"接单 {number}", on=on)
        if "接单成功" not in reply.text:
            return
        does = [
            (0.25, None),
            (0.09, f"退单 {number} 临时有事"),
            (0.07, f"求助 {number} 一个人抬不动"),
            (0.07, f"转派 {number} {self.rng.choice(sum(NAMES.values(), []))}"),
        ]
        share = self.rng.random()
        for odds, words in does:
            if share < odds:
                if words is not None:
                    self._later(5 * MINUTE, 2 * DAY, self._says(who, words, on=on))
                if words is None or "退单" in words:
                    return
                break
            share -= odds
        self._later(20 * MINUTE, 30 * HOUR, self._says(who, f"到场 {number}", on=on), odds=0.6)
        most = self.rng.choice([1, 2, 5, 14]) * DAY
        self._later(30 * MINUTE, most, self._says(who, f"办结 {number} 已经处理好了", on=on), odds=0.85)

    def _asked_how_it_goes(self, who: str, number: str, on: str, outgoing: Outgoing) -> None:
        words = self.rng.choice(
            [f"到场 {number}", f"办结 {number} 办好了", f"退单 {number} 抱歉没空", f"留言 {number} 明天去"]
        )
        self._later(MINUTE, DAY, self._says(who, words, on=on), odds=0.6)

    def _late(self, who: str, number: str, on: str, outgoing: Outgoing) -> None:
        if who in MEMBERS:
            self._later(MINUTE, 2 * DAY, self._says(who, f"办结 {number} 办好了", on=on), odds=0.4)
        elif who in DESKS:
            self._look_at_the_desk(who, number, on, outgoing)

    def _member_changes(self) -> None:
        who = self.rng.choice([*MEMBERS, "demo-rider-1"])
        day = (self.town.now.astimezone(CHINA) + timedelta(days=self.rng.randrange(2, 15))).date()
        begins = self.rng.choice([9, 14, 18])
        words = [
            f"请假 到 {day:%m-%d}",
            "上线",
            f"接单时间 {begins}-{begins + 3}",
            "接单时间 不限",
            "接单上限 1",
            "接单上限 3",
        ]
        self.town.say(who, self.rng.choice(words))

    # ------------------------------------------------------------ riders

    def _rider_reports(self) -> None:
        who = self.rng.choice(RIDERS)
        words = self.rng.choice(SEEN_ON_THE_ROAD)
        steps = [
            lambda: self.town.photo(who),
            lambda: self.town.locate(who, "香樟花园3栋门口"),
            lambda: self.town.say(who, words),
        ]
        self.rng.shuffle(steps)
        for number, step in enumerate(steps[: self.rng.choice([1, 1, 2, 3])]):
            self.town.plan(self.town.now + (1 + 3 * number) * MINUTE, step)
        self._later(DAY, 2 * DAY, self._says(who, "谢谢"), odds=0.5)

    def _rider_reminded(self, who: str, number: str, on: str, outgoing: Outgoing) -> None:
        if self.rng.random() < 0.12:
            self._later(MINUTE, 2 * HOUR, self._says(who, "不提醒", on=on))
            self._later(10 * DAY, 30 * DAY, self._says(who, "提醒", on=on))
        elif outgoing.choices:
            choice = self.rng.choice(outgoing.choices).command
            self._later(MINUTE, 20 * HOUR, lambda: self._tap(who, choice, on), odds=0.6)

    def _lookout(self) -> None:
        self.town.say(self.rng.choice(DESKS), f"巡查重点 {self.rng.choice(['今天', '明天'])} 沿江路的井盖", on=WECOM)

    # ------------------------------------------------------------ desks and departments

    def _alarmed(self, who: str, number: str, on: str, outgoing: Outgoing) -> None:
        words = self.rng.choice([f"留言 {number} 马上到", f"督办 {number}"])
        if self._later(MINUTE, 25 * MINUTE, self._says(who, words, on=on), odds=0.5):
            self._later(HOUR, 5 * HOUR, self._says(who, f"办结 {number} 险情排除了", on=on), odds=0.7)

    def _look_at_the_desk(self, who: str, number: str, on: str, outgoing: Outgoing) -> None:
        if who in DESKS:
            self._later(2 * MINUTE, 6 * HOUR, lambda: self._tidy(who), odds=0.25)

    def _tidy(self, who: str) -> None:
        with self.town.huying.database.reading() as session:
            person = session.scalars(select(Person).join(Identity).where(Identity.account == who)).first()
            assert person is not None
            found = session.scalars(
                select(Ticket).where(Ticket.state.in_(OPEN_STATES)).order_by(Ticket.id.desc()).limit(12)
            ).all()
            names: dict[int | None, str] = {area.id: area.name for area in session.scalars(select(Area))}
            mine = {
                session.get_one(Area, role.area_id).name
                for role in session.scalars(select(Role).where(Role.person_id == person.id))
            }
            seen = [
                (ticket.number, ticket.state, names.get(ticket.community_id, ""), self.town.now - ticket.opened_at)
                for ticket in found
                if "江湾街道" in mine or names.get(ticket.community_id, "") in ("", *mine)
            ]
        self.rng.shuffle(seen)
        for number, state, community, age in seen[:2]:
            self.town.say(who, self._order(number, state, community, age), on=WECOM)
            self.town.work()
            self.town.clock.now += timedelta(seconds=20)

    def _order(self, number: str, state: TicketState, community: str, age: timedelta) -> str:
        if age > 15 * DAY and state is not TicketState.HELD:
            return f"办结 {number} 上门看过，处理好了"
        if state in (TicketState.ACCEPTED, TicketState.ASSIGNED, TicketState.HELD):
            return self.rng.choices([f"督办 {number}", f"进度 {number}"], [1, 5])[0]
        day = (self.town.now.astimezone(CHINA) + timedelta(days=self.rng.randrange(2, 20))).date()
        name = self.rng.choice(NAMES.get(community, ["刘敏"]))
        words = [
            f"派单 {number} {name}",
            f"上报 {number} 需要上面协调",
            f"转部门 {number} 城管 请看看",
            f"挂起 {number} 到 {day:%m-%d} 等配件",
            f"办结 {number} 已经上门处理好了",
            f"不予受理 {number} 请和物业公司联系",
            "待派",
        ]
        return self.rng.choices(words, [8, 3, 3, 4, 5, 1, 2])[0]

    def _assigned(self, who: str, number: str, on: str, outgoing: Outgoing) -> None:
        share = self.rng.random()
        if share < 0.15:
            self._later(10 * MINUTE, DAY, self._says(who, f"退回 {number} 不归我们管", on=on))
        elif share < 0.8:
            self._later(10 * MINUTE, 2 * DAY, self._says(who, f"认领 {number}", on=on))
            self._later(2 * DAY, 12 * DAY, self._says(who, f"答复 {number} 已经整改", on=on), odds=0.8)

    def _water_is_off(self) -> None:
        """Somebody says so, the desk announces it, and others say so before and after it is over."""
        self.town.say(self.rng.choice(RESIDENTS), f"香樟花园{self.rng.randrange(1, 7)}栋停水了")
        self._later(20 * MINUTE, 2 * HOUR, self._announce)
        for _ in range(3):
            words = f"香樟花园{self.rng.randrange(1, 7)}栋停水了"
            self._later(10 * MINUTE, 40 * HOUR, self._says(self.rng.choice(RESIDENTS), words))

    def _announce(self) -> None:
        reply = self.town.say(DESKS[0], "公告 香樟花园停水抢修，明天下午4点恢复", on=WECOM)
        if reply.choices:
            self._tap(DESKS[0], reply.choices[0].command, WECOM)

    def _split(self) -> None:
        """The street makes two tasks of what is open, as on the console."""
        database = self.town.huying.database
        with database.reading() as session:
            street = session.scalars(select(Identity.person_id).where(Identity.account == DESKS[2])).first()
            states = [TicketState.NEW, TicketState.OFFERED, TicketState.ACCEPTED]
            found = session.scalars(
                select(Ticket.id).where(Ticket.state.in_(states), Ticket.parent_id.is_(None)).order_by(Ticket.id)
            ).all()
        if not found:
            # Nothing is open: a little later.
            if self.town.now < self.until:
                self.town.plan(self.town.now + 5 * HOUR, self._split)
            return
        tasks = [splitting.Task("把楼道清理干净", "sanitation"), splitting.Task("上门劝一劝", "noise")]
        try:
            with database.transaction() as session:
                whole, by = session.get_one(Ticket, self.rng.choice(found)), session.get_one(Person, street)
                splitting.split(session, whole, tasks, by=by, channel=WECOM, now=self.town.now)
        except Refused:
            return  # returned, and the street has not decided
        self.town.huying.tasks.wake(session)
        self.town.work()

    def _call_back(self) -> None:
        database = self.town.huying.database
        with database.reading() as session:
            staff = session.scalars(select(Person).join(Identity).where(Identity.account == DESKS[2])).first()
            waiting = [each.id for each, _ in callbacks.waiting(session, Ticket.id > 0, skip=0, most=20)]
            assert staff is not None
            staff_id = staff.id
        for call_id in waiting:
            if self.rng.random() < 0.4:
                continue
            try:
                with database.transaction() as session:
                    call, by = session.get_one(CallBack, call_id), session.get_one(Person, staff_id)
                    if self.rng.random() < 0.3:
                        callbacks.not_reached(session, call, by=by, now=self.town.now)
                    else:
                        answer = self.rng.choices([1, 2, 3], [5, 2, 4])[0]
                        callbacks.record(session, call, answer, "电话里说的", by=by, now=self.town.now)
            except Refused:
                continue  # their own work: a colleague calls
            self.town.huying.tasks.wake(session)
            self.town.work()
            self.town.clock.now += timedelta(seconds=30)

    # ------------------------------------------------------------ what arrives

    def _move(self, notice_id: int, outgoing: Outgoing, on: str) -> None:
        answer = self._answers.get(outgoing.kind)
        if answer is None or outgoing.as_card:
            return
        with self.town.huying.database.reading() as session:
            notice = session.get_one(Notice, notice_id)
            ticket = session.get(Ticket, notice.ticket_id) if notice.ticket_id else None
            number = ticket.number if ticket is not None else ""
        answer(outgoing.account, number, on, outgoing)
