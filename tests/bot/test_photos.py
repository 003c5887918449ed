"""Whoever is asked to judge sees the photos before and after, by an address that is theirs for a while."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

from bot.media import new_name
from models.attachment import Attachment
from scheduler.jobs import remind, sweep
from tests.bot.support import AYI, CHEN, LI, NOISE, SUN, XU, Town
from tests.bot.test_jobs import PNG

PICTURE = base64.b64encode(PNG).decode()


def judged_with_photos(town: Town) -> str:
    """张阿姨's report with a photo, finished with another; gives the path of the page she is told of."""
    street = town.street
    town.phones.say(AYI, text=NOISE)
    town.phones.say(AYI, image=PICTURE)
    street.dispatch()
    town.phones.say(LI, text="接单 0001")
    town.phones.say(LI, image=PICTURE)
    town.phones.say(LI, text="办结 0001 说好了")
    sweep(street.huying, street.now)
    street.work()
    [asked] = [each["text"] for each in town.phones.inbox(AYI) if "请评价" in each["text"]]
    found = re.search(r"办好前后的照片：http://127\.0\.0\.1:8080(/photos/\S+)", asked)
    assert found is not None, asked
    return found[1]


def test_the_question_leads_to_the_photos_before_and_after(town: Town) -> None:
    path = judged_with_photos(town)
    client = town.street.huying.web.test_client()
    page = client.get(path)
    assert page.status_code == 200
    assert page.text.index("办好以后") < page.text.index("反映的时候")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    images = re.findall(r'<img src="([^"]+)"', page.text)
    assert len(images) == 2
    for each in images:
        shown = client.get(f"/photos/{each}")
        assert (shown.data[:3], shown.mimetype) == (b"\xff\xd8\xff", "image/jpeg")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in shown.headers["Cache-Control"]


def test_the_reminder_a_day_later_leads_there_too(town: Town) -> None:
    judged_with_photos(town)
    street = town.street
    street.later(hours=25)
    remind(street.huying, street.now)
    street.work()
    assert any("办完一天了" in each["text"] and "/photos/" in each["text"] for each in town.phones.inbox(AYI))


def test_without_a_photo_of_the_result_there_is_nothing_to_lead_to(town: Town) -> None:
    street = town.street
    town.phones.say(AYI, text=NOISE)
    town.phones.say(AYI, image=PICTURE)
    street.dispatch()
    town.phones.say(LI, text="接单 0001")
    town.phones.say(LI, text="办结 0001 说好了")
    street.work()
    assert not any("/photos/" in each["text"] for each in town.phones.inbox(AYI))


def test_a_neighbour_whose_report_was_joined_sees_the_result_and_only_their_own_photos(town: Town) -> None:
    street, client = town.street, town.street.huying.web.test_client()
    for who in (AYI, CHEN):
        town.phones.say(who, text=NOISE)
        town.phones.say(who, image=PICTURE)
    assert "已并入 0001" in town.phones.say(XU, text="合并 0002 0001")
    street.dispatch()
    town.phones.say(LI, text="接单 0001")
    town.phones.say(LI, image=PICTURE)
    town.phones.say(LI, text="办结 0001 说好了")
    sweep(street.huying, street.now)
    street.work()
    for who, before in ((AYI, "1"), (CHEN, "2")):
        [asked] = [each["text"] for each in town.phones.inbox(who) if "请评价" in each["text"]]
        found = re.search(r"8080(/photos/\S+)", asked)
        assert found is not None, asked
        images = re.findall(r'src="[^"]+/(\d+)" alt="(.+?)"', client.get(found[1]).text)
        assert [(number, said) for number, said in images] == [("3", "办好以后"), (before, "反映的时候")]


def test_a_volunteer_sees_the_photos_only_while_the_task_is_theirs(town: Town) -> None:
    street, client = town.street, town.street.huying.web.test_client()
    town.phones.say(AYI, text=NOISE)
    town.phones.say(AYI, image=PICTURE)
    street.dispatch()
    sweep(street.huying, street.now)
    street.work()
    assert not any("/photos/" in each["text"] for who in (LI, SUN) for each in town.phones.inbox(who, passive=None))
    accepted = town.phones.say(LI, text="接单 0001")
    found = re.search(r"反映时的照片：http://127\.0\.0\.1:8080(/photos/\S+)", accepted)
    assert found is not None, accepted
    page = client.get(found[1])
    assert page.status_code == 200
    [image] = re.findall(r'<img src="([^"]+)"', page.text)
    assert client.get(f"/photos/{image}").mimetype == "image/jpeg"
    ticket_id, person_id, until, signature = found[1].removeprefix("/photos/").split("-")
    for forged in (f"{ticket_id}-{int(person_id) + 1}-{until}-{signature}", f"{ticket_id}-{until}-{signature}"):
        assert client.get(f"/photos/{forged}").status_code == 404
    town.phones.say(LI, text="退单 0001")
    assert client.get(found[1]).status_code == 404
    assert client.get(f"/photos/{image}").status_code == 404


def test_nobody_guesses_or_keeps_an_address(town: Town) -> None:
    path = judged_with_photos(town)
    street, client = town.street, town.street.huying.web.test_client()
    ticket_id, until, signature = path.removeprefix("/photos/").split("-")
    town.phones.say(CHEN, text="香樟花园2栋楼道垃圾没人清")
    town.phones.say(CHEN, image=PICTURE)
    sweep(street.huying, street.now)
    street.work()
    with street.huying.database.reading() as session:
        theirs = session.query(Attachment.id).order_by(Attachment.id.desc()).limit(1).scalar()
    forged = [
        f"{int(ticket_id) + 1}-{until}-{signature}",
        f"{ticket_id}-{int(until) + 1}-{signature}",
        f"{ticket_id}-{until}-{signature[:-1]}",
        f"{ticket_id}-{until}-",
        f"{ticket_id}-{until}-é",
        "x",
        "9" * 40 + "-1-1",
    ]
    assert {client.get(f"/photos/{each}").status_code for each in forged} == {404}
    assert client.get(f"{path}/{theirs}").status_code == 404
    assert client.get(path).status_code == 200
    street.times[0] += timedelta(days=9)
    assert client.get(path).status_code == 404


def test_what_only_calls_itself_a_photo_is_not_shown(town: Town) -> None:
    path = judged_with_photos(town)
    street = town.street
    name = new_name("png")
    street.huying.fetcher.store.put(name, b"<script>alert(1)</script>")
    with street.huying.database.transaction() as session:
        session.query(Attachment).update({"stored": name})
        photo_id = session.query(Attachment.id).limit(1).scalar()
    assert street.huying.web.test_client().get(f"{path}/{photo_id}").status_code == 404
