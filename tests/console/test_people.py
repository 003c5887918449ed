"""Handed-over chats, registrations, and people who could not be reached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from console import blueprint
from console.means import Means, Reach
from models import chats, outboxes, people
from models.conversation import Conversation, State
from models.inbox import InboxMessage
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Identity, Person, Role, RoleKind, RoleStatus
from tests import factories
from tests.console.conftest import Place


def hand_over(place: Place, name: str = "resident", *, words: str = "能不能上门办？") -> int:
    """Somebody of the first community asks for a human."""
    place.ticket()
    with place.database.transaction() as session:
        chat = Conversation(
            person_id=place.people[name].id,
            channel="official",
            state=State.HANDED_OVER,
            expires_at=place.now + timedelta(minutes=30),
        )
        session.add(chat)
        session.add(
            InboxMessage(
                key=f"said-{name}",
                person_id=place.people[name].id,
                channel="official",
                kind="text",
                text=words,
                reply={"text": "已请社区的刘敏接手", "choices": [], "card_caption": ""},
                received_at=place.now,
            )
        )
        session.flush()
        return chat.id


def test_staff_answer_a_handed_over_chat_and_hand_it_back(both_places: Place) -> None:
    place = both_places
    chat_id, desk = hand_over(place), place.sign_in("staff")
    assert "能不能上门办" in desk.get("/chats").text
    page = desk.get(f"/chats/{chat_id}").text
    assert "能不能上门办" in page
    assert "不能直接推送" in page
    place.later(minutes=10)
    assert desk.post(f"/chats/{chat_id}/reply", {"text": "可以，周三来", "seen": "0"}).status_code == 303
    with place.database.reading() as session:
        notice = factories.notices(session, place.people["resident"], NoticeKind.STAFF_REPLY)[-1]
        assert notice.data == {"text": "可以，周三来", "by": place.people["staff"].id}
        assert notice.channel == "official"
        assert place.woken[0] == notice.id
        chat = session.get_one(Conversation, chat_id)
        assert chat.expires_at == place.now + timedelta(minutes=30)
    assert "可以，周三来" in desk.get(f"/chats/{chat_id}/lines").text
    assert desk.post(f"/chats/{chat_id}/hand-back").status_code == 303
    with place.database.reading() as session:
        assert session.get_one(Conversation, chat_id).state is State.IDLE
        assert factories.notices(session, place.people["resident"], NoticeKind.HANDED_BACK)


def goes_back(place: Place, chat_id: int) -> None:
    """Whoever asked for somebody says 取消."""
    with place.database.transaction() as session:
        chat = session.get_one(Conversation, chat_id)
        chats.tell_left(session, chat, now=place.now)
        chat.state, chat.data, chat.expires_at = State.IDLE, {}, None


def replies(place: Place) -> list[dict[str, object]]:
    with place.database.reading() as session:
        return [each.data for each in factories.notices(session, place.people["resident"], NoticeKind.STAFF_REPLY)]


def test_what_was_being_written_when_a_chat_ended_is_kept_and_may_be_brought(both_places: Place) -> None:
    place = both_places
    chat_id, desk = hand_over(place), place.sign_in("staff")
    goes_back(place, chat_id)
    late = desk.post(f"/chats/{chat_id}/reply", {"text": "低保要带户口本", "seen": "0"})
    assert late.status_code == 409
    assert "这个对话已经结束，对方回到小应了。您刚才写的没有发出去，留在下面。" in late.text
    assert "低保要带户口本</textarea>" in late.text
    assert "能不能上门办" not in late.text, "what is said to the bot is nobody's to read"
    assert replies(place) == []
    lines = desk.get(f"/chats/{chat_id}/lines")
    assert (lines.status_code, lines.headers["HX-Reswap"]) == (286, "beforeend")
    assert "对话结束了，对方回到小应了。您写的还在" in lines.text
    assert desk.post(f"/chats/{chat_id}/bring", {"text": " ", "seen": "0"}).status_code == 409
    assert desk.post(f"/chats/{chat_id}/bring", {"text": "低保要带户口本", "seen": "0"}).status_code == 303
    assert replies(place) == [{"text": "低保要带户口本", "by": place.people["staff"].id, "over": True}]
    with place.database.reading() as session:
        assert session.get_one(Conversation, chat_id).state is State.IDLE, "the bot goes on answering"
    # Pressed twice it is brought once.
    assert "这里刚刚有人动过" in desk.post(f"/chats/{chat_id}/bring", {"text": "低保要带户口本", "seen": "0"}).text
    assert "还想告诉对方，可以留言" in desk.get(f"/chats/{chat_id}").text
    assert desk.post(f"/chats/{chat_id}/hand-back").location == f"/console/chats/{chat_id}"
    elsewhere = place.sign_in("elsewhere")
    assert elsewhere.get(f"/chats/{chat_id}").status_code == 404
    for act in ("reply", "bring", "hand-back"):
        assert elsewhere.post(f"/chats/{chat_id}/{act}", {"text": "好", "seen": "0"}).status_code == 404
    place.later(days=2)
    assert place.sign_in("staff").get(f"/chats/{chat_id}").status_code == 404


def test_a_chat_that_was_handed_back_says_so_and_one_that_nobody_handed_over_is_none(place: Place) -> None:
    chat_id, desk = hand_over(place), place.sign_in("staff")
    desk.post(f"/chats/{chat_id}/hand-back")
    assert "这个对话已经结束" in desk.get(f"/chats/{chat_id}").text
    with place.database.transaction() as session:
        never = Conversation(person_id=place.people["resident"].id, channel="wecom")
        session.add(never)
        session.flush()
        never_id = never.id
    for path in (f"/chats/{never_id}", f"/chats/{never_id}/lines"):
        assert desk.get(path).status_code == 404
    assert desk.post(f"/chats/{never_id}/bring", {"text": "好", "seen": "0"}).status_code == 404


def test_whoever_cannot_be_reached_after_a_chat_is_said_to_be_so(place: Place) -> None:
    chat_id, desk = hand_over(place), place.sign_in("staff")
    goes_back(place, chat_id)
    with place.database.transaction() as session:
        session.scalars(
            select(Identity).where(Identity.person_id == place.people["resident"].id)
        ).one().reachable = False
    late = desk.post(f"/chats/{chat_id}/bring", {"text": "低保要带户口本", "seen": "0"})
    assert late.status_code == 409
    assert "对方现在联系不上，要紧的请打电话" in late.text
    assert "低保要带户口本</textarea>" in late.text


def test_words_for_somebody_who_asked_again_meanwhile_are_an_answer(place: Place) -> None:
    chat_id, desk = hand_over(place), place.sign_in("staff")
    assert desk.post(f"/chats/{chat_id}/bring", {"text": "您说", "seen": "0"}).status_code == 303
    assert replies(place) == [{"text": "您说", "by": place.people["staff"].id}]


def test_a_chat_says_how_long_an_answer_still_goes_through(place: Place) -> None:
    chat_id = hand_over(place)
    with place.database.transaction() as session:
        identity = session.scalars(select(Identity).where(Identity.person_id == place.people["resident"].id)).one()
        people.open_window(identity, count=5, seconds=48 * 3600, now=place.now)
    assert "还能发 5 条" in place.sign_in("staff").get(f"/chats/{chat_id}").text


def test_staff_read_what_becomes_of_an_answer_by_what_the_account_may_do(place: Place) -> None:
    chat_id, ways = hand_over(place), {"official": Reach(("customer",))}
    app = Flask("console-with-an-account")
    means = Means(reach=lambda _: ways)
    pages = blueprint(place.database, lambda: place.now, site_name="演示街道", secure=False, means=means)
    app.register_blueprint(pages, url_prefix="/console")
    place.app = app
    desk = place.sign_in("staff")

    def told() -> tuple[str, str]:
        return desk.get(f"/chats/{chat_id}").text, desk.get("/chats").text

    def with_identity(change: Callable[[Identity], None]) -> None:
        with place.database.transaction() as session:
            change(session.scalars(select(Identity).where(Identity.person_id == place.people["resident"].id)).one())

    with_identity(lambda each: people.open_window(each, count=5, seconds=600, now=place.now))
    for open_ways, page, listed in (
        (("customer", "template"), "还能发 5 条", "还能回 5 条"),
        ((), "不能直接推送", "不能直接聊"),  # an account that was never verified has no window
        (("template",), "按模板送到", "不能直接聊"),
        (("app",), "随时可以直接回", "随时能回"),
    ):
        ways["official"] = Reach(open_ways)
        found = told()
        assert page in found[0], open_ways
        assert listed in found[1], open_ways
    place.later(minutes=15)
    ways["official"] = Reach(("customer",))
    assert "不能直接推送" in told()[0]
    with_identity(lambda each: setattr(each, "reachable", False))
    assert "联系不上了" in told()[0]
    assert "联系不上了" in told()[1]


def test_two_colleagues_do_not_answer_across_each_other(place: Place) -> None:
    chat_id, desk, street = hand_over(place), place.sign_in("staff"), place.sign_in("street")
    assert desk.post(f"/chats/{chat_id}/reply", {"text": "周三来", "seen": "0"}).status_code == 303
    late = street.post(f"/chats/{chat_id}/reply", {"text": "周五来", "seen": "0"})
    assert late.status_code == 409
    assert "周三来" in late.text
    assert "周五来" in late.text
    with place.database.reading() as session:
        assert len(factories.notices(session, place.people["resident"], NoticeKind.STAFF_REPLY)) == 1


def test_an_answer_and_its_end_on_the_page_are_told_to_colleagues_as_from_the_chat(both_places: Place) -> None:
    place = both_places
    chat_id, desk, street = hand_over(place), place.sign_in("staff"), place.sign_in("street")

    def told(name: str, kind: NoticeKind) -> list[dict[str, object]]:
        with place.database.reading() as session:
            return [notice.data for notice in factories.notices(session, place.people[name], kind)]

    facts = {"code": str(chat_id), "name": place.people["resident"].name}
    desk.post(f"/chats/{chat_id}/reply", {"text": "周三来", "seen": "0"})
    assert told("elsewhere", NoticeKind.HANDOVER_TAKEN) == [{**facts, "by": place.people["staff"].id}]
    assert told("staff", NoticeKind.HANDOVER_TAKEN) == []
    street.post(f"/chats/{chat_id}/hand-back")
    assert told("staff", NoticeKind.HANDOVER_OVER) == [{**facts, "by": place.people["street"].id}]
    assert told("elsewhere", NoticeKind.HANDOVER_OVER) == []


def test_the_next_community_does_not_see_the_chat(place: Place) -> None:
    chat_id, elsewhere = hand_over(place), place.sign_in("elsewhere")
    assert "能不能上门办" not in elsewhere.get("/chats").text
    for path in (f"/chats/{chat_id}", f"/chats/{chat_id}/lines"):
        assert elsewhere.get(path).status_code == 404
    assert elsewhere.post(f"/chats/{chat_id}/reply", {"text": "好", "seen": "0"}).status_code == 404
    assert elsewhere.post(f"/chats/{chat_id}/hand-back").status_code == 404


def test_whoever_a_chat_complains_of_neither_sees_nor_answers_it(both_places: Place) -> None:
    place = both_places
    chat_id, desk, street = hand_over(place), place.sign_in("staff"), place.sign_in("street")
    with place.database.transaction() as session:
        chats.keep_from(session, session.get_one(Conversation, chat_id), {place.people["staff"].id}, now=place.now)
    assert "能不能上门办" not in desk.get("/chats").text
    assert desk.get(f"/chats/{chat_id}").status_code == 404
    assert desk.post(f"/chats/{chat_id}/reply", {"text": "别乱说", "seen": "0"}).status_code == 404
    assert "能不能上门办" in street.get(f"/chats/{chat_id}").text
    assert street.post(f"/chats/{chat_id}/reply", {"text": "我来了解一下", "seen": "0"}).status_code == 303


def test_a_stranger_of_whom_nothing_is_known_is_everybodys(place: Place) -> None:
    with place.database.transaction() as session:
        place.people["stranger"] = factories.person(session, "路人")
        session.add(Conversation(person_id=place.people["stranger"].id, channel="official", state=State.HANDED_OVER))
    assert "路*" in place.sign_in("elsewhere").get("/chats").text
    assert "路*" in place.sign_in("staff").get("/chats").text


def test_a_chat_whose_time_is_over_is_the_bots_again(place: Place) -> None:
    chat_id, desk = hand_over(place), place.sign_in("staff")
    place.later(minutes=30)
    assert desk.get(f"/chats/{chat_id}").status_code == 404


def test_hostile_words_in_a_chat_are_shown_as_words(place: Place) -> None:
    chat_id = hand_over(place, words="<script>alert(1)</script>")
    desk = place.sign_in("staff")
    for path in ("/chats", f"/chats/{chat_id}", f"/chats/{chat_id}/lines"):
        page = desk.get(path).text
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page


def _asked(place: Place) -> int:
    with place.database.reading() as session:
        return session.scalars(select(Role.id).where(Role.person_id == place.people["newcomer"].id)).one()


def test_a_registration_is_confirmed_by_the_desk_of_its_community(both_places: Place) -> None:
    place = both_places
    role_id, desk, elsewhere = _asked(place), place.sign_in("staff"), place.sign_in("elsewhere")
    assert "陈志远" not in elsewhere.get("/registrations").text
    assert elsewhere.post(f"/registrations/{role_id}/confirm").status_code == 404
    assert "陈志远" in desk.get("/registrations").text
    assert desk.post(f"/registrations/{role_id}/confirm").status_code == 303
    with place.database.reading() as session:
        assert session.get_one(Role, role_id).status is RoleStatus.ACTIVE
        assert factories.notices(session, place.people["newcomer"], NoticeKind.REGISTERED)[0].data["confirmed"] is True
    assert desk.post(f"/registrations/{role_id}/decline").status_code == 404


def test_a_registration_that_does_not_fit_is_declined_and_told(place: Place) -> None:
    role_id = _asked(place)
    assert place.sign_in("staff").post(f"/registrations/{role_id}/decline").status_code == 303
    with place.database.reading() as session:
        assert session.get_one(Role, role_id).status is RoleStatus.ENDED
        assert factories.notices(session, place.people["newcomer"], NoticeKind.REGISTERED)[0].data["confirmed"] is False


def test_somebody_under_eighteen_may_join_and_is_marked_so_that_nobody_sends_them_anywhere(place: Place) -> None:
    person, role_id = place.people["newcomer"], _asked(place)
    page = place.sign_in("staff").get("/registrations").text
    assert f'name="minor" value="1" form="confirm-{role_id}"> 未满十八岁' in page
    assert f'<form method="post" id="confirm-{role_id}" action="/console/registrations/{role_id}/confirm"' in page
    assert place.sign_in("staff").post(f"/registrations/{role_id}/confirm", {"minor": "1"}).status_code == 303
    with place.database.reading() as session:
        assert session.get_one(Person, person.id).minor


def test_a_role_with_rights_in_the_console_is_never_confirmed_there(place: Place) -> None:
    role_id = _asked(place)
    with place.database.transaction() as session:
        session.get_one(Role, role_id).kind = RoleKind.STREET
    assert place.sign_in("staff").post(f"/registrations/{role_id}/confirm").status_code == 404


def test_whoever_was_not_reached_is_called_and_ticked_off(both_places: Place) -> None:
    place = both_places
    ticket = place.ticket()
    with place.database.transaction() as session:
        kinds = (NoticeKind.FINISHED, NoticeKind.ACCEPTED, NoticeKind.ARRIVED, NoticeKind.HELD)
        told = [
            outboxes.tell(session, kind, place.people["resident"].id, now=place.now, ticket_id=ticket.id)
            for kind in kinds
        ]
        told[0].state, told[1].state, told[2].state = NoticeState.UNREACHABLE, NoticeState.WAITING, NoticeState.SENT
        ids = [each.id for each in told]
    desk, elsewhere = place.sign_in("staff"), place.sign_in("elsewhere")
    page = desk.get("/unreached").text
    assert f"/unreached/{ids[0]}/told" in page
    assert f"/unreached/{ids[1]}/told" not in page
    assert "13800001234" in page
    assert "13800001234" not in elsewhere.get("/unreached").text
    assert elsewhere.post(f"/unreached/{ids[0]}/told").status_code == 404
    place.later(hours=1)
    assert desk.post(f"/unreached/{ids[0]}/told").status_code == 303
    place.later(hours=23)
    desk = place.sign_in("staff")
    page = desk.get("/unreached").text
    assert f"/unreached/{ids[0]}/told" not in page
    assert f"/unreached/{ids[1]}/told" in page
    with place.database.reading() as session:
        notice = session.get_one(Notice, ids[0])
        assert (notice.state, notice.sent_by) == (NoticeState.DROPPED, f"phone:{place.people['staff'].id}")


def test_a_person_without_a_name_has_a_place_on_every_page(place: Place) -> None:
    hand_over(place)
    with place.database.transaction() as session:
        for name in ("resident", "newcomer"):
            session.get_one(Person, place.people[name].id).name = ""
    desk = place.sign_in("staff")
    assert "没留姓名" in desk.get("/chats").text
    assert "没留姓名" in desk.get("/registrations").text
