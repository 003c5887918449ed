"""Questions that have a guide are answered with it at once; everything else is a matter as before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import guides
from models.area import Area
from models.guide import Guide
from models.guides import Draft
from tests.handlers.conftest import Street

RESIDENT, NEIGHBOUR = "demo-resident-1", "demo-resident-5"


def write(street: Street, title: str, words: list[str], area: str = "江湾街道", text: str = "带身份证到社区") -> int:
    """A guide as the desk writes one, known to the bot a minute later."""

    def act(session: Session, now: datetime) -> int:
        place = session.scalars(select(Area.id).where(Area.name == area)).one()
        draft = Draft(title, words, text, ["网上申请|https://example.gov.cn/lnz"], place)
        return guides.enter(session, draft, now=now).id

    made: int = street.change(act)
    street.advance(minutes=1)
    return made


def test_a_question_with_a_guide_is_answered_and_a_human_is_one_word_away(street: Street) -> None:
    before = street.say(NEIGHBOUR, "老年证怎么办").text
    assert before.startswith("已受理")
    write(street, "老年证怎么办", ["老年证", "老人+证"])
    reply = street.say(NEIGHBOUR, "请问老年证在哪里办，要带什么？").text
    assert reply == (
        "老年证怎么办：\n带身份证到社区\n网上申请：https://example.gov.cn/lnz\n没解决？回复“人工”，请人来答您。"
    )
    assert street.say(NEIGHBOUR, "我家老人办证要去哪里").text == reply
    assert street.say(NEIGHBOUR, "老年证").text == reply
    assert len(street.tickets(NEIGHBOUR)) == 1


def test_the_demo_street_answers_what_people_ask_first(street: Street) -> None:
    for asked, answered in (
        ("居住证怎么办，要带什么？", "居住证怎么办："),
        ("请问大件垃圾怎么扔", "大件垃圾怎么扔："),
        ("旧沙发扔哪里？", "大件垃圾怎么扔："),
        ("养狗要办狗证吗？在哪里办", "养狗怎么登记："),
    ):
        assert street.say(NEIGHBOUR, asked).text.startswith(answered), asked
    assert street.tickets(NEIGHBOUR) == []
    assert street.say(NEIGHBOUR, "3栋楼道里堆着大件垃圾，没人管").text.startswith("已受理")


def test_a_complaint_that_names_the_same_thing_is_a_matter(street: Street) -> None:
    write(street, "老年证怎么办", ["老年证"])
    reply = street.say(NEIGHBOUR, "社区窗口不给我妈办老年证，态度还很差，我要投诉").text
    assert reply.startswith("已受理")
    assert "着火" not in reply
    # Danger comes before every guide.
    write(street, "灭火器怎么领", ["着火"])
    assert street.say(NEIGHBOUR, "着火了怎么办").text.startswith("请马上拨打 119")


def test_everybody_is_told_what_holds_where_they_live(street: Street) -> None:
    write(street, "老年证怎么办", ["老年证"], "江湾街道", "街道的办法")
    write(street, "老年证怎么办", ["老年证"], "香樟社区", "香樟社区的办法")
    asked = "老年证怎么办"
    assert "香樟社区的办法" in street.say(RESIDENT, asked).text
    assert "街道的办法" in street.say(NEIGHBOUR, asked).text
    street.say(NEIGHBOUR, "我家 银杏里2栋")
    assert "街道的办法" in street.say(NEIGHBOUR, asked).text


def test_the_guide_whose_words_say_more_is_the_answer_and_one_taken_off_is_none(street: Street) -> None:
    write(street, "办证须知", ["办证", "老年证"], text="一般的办法")
    nearer = write(street, "老年证换证", ["老年证+换"], text="换证的办法")
    assert "换证的办法" in street.say(NEIGHBOUR, "老年证旧了怎么换？").text
    street.change(lambda session, now: guides.close(session, session.get_one(Guide, nearer), now=now))
    street.advance(minutes=1)
    assert "一般的办法" in street.say(NEIGHBOUR, "老年证旧了怎么换？").text
