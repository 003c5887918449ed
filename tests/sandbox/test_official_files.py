"""Files that live three days, files that stay, and articles."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Street
from tests.sandbox.official_calls import AMR, FILES, JPEG, MP4, PNG, ZHANG, article, call, code, send, upload


def test_a_video_is_answered_by_its_address(street: Street) -> None:
    media_id = upload(street, "video")
    answer = call(street, "media/get", media_id=media_id)
    assert list(answer) == ["video_url"]
    assert requests.get(answer["video_url"], timeout=5).content == MP4


def test_a_file_comes_with_its_name(street: Street) -> None:
    response = send(street, "media/get", media_id=upload(street, "image", name='楼"道.png'))
    assert response.content == PNG
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")


def test_a_missing_file_is_an_error_that_calls_itself_plain_text(street: Street) -> None:
    for response in (send(street, "media/get", media_id="no"), send(street, "media/get", access_token="x")):
        assert response.headers["Content-Type"].startswith("text/plain")
        assert json.loads(response.text)["errcode"] in (40007, 40014)
    assert send(street, "user/info", openid="no").headers["Content-Type"].startswith("application/json")


def test_a_voice_of_a_web_page_comes_as_speex(street: Street) -> None:
    response = send(street, "media/get/jssdk", media_id=upload(street, "voice"))
    assert (response.headers["Content-Type"], response.content) == ("voice/speex", AMR)
    assert code(street, "media/get/jssdk", media_id=upload(street, "image")) == 40007


@pytest.mark.parametrize(
    ("kind", "size", "refused"),
    [
        ("image", 10 * 2**20 + 1, 45001),
        ("voice", 2 * 2**20 + 1, 45001),
        ("thumb", 64 * 2**10 + 1, 45001),
        ("image", 0, 44001),
    ],
)
def test_a_file_has_its_size(street: Street, kind: str, size: int, refused: int) -> None:
    data = (FILES[kind] + b"0" * size)[:size]
    assert send(street, "media/upload", files={"media": ("a", data)}, type=kind).json()["errcode"] == refused


def test_a_thumb_must_be_a_jpeg(street: Street) -> None:
    assert send(street, "media/upload", files={"media": PNG}, type="thumb").json()["errcode"] == 40005


def test_a_picture_for_an_article_gets_an_address_that_does_not_end(street: Street) -> None:
    url = send(street, "media/uploadimg", files={"media": PNG}).json()["url"]
    street.clock.move(days=30)
    assert requests.get(url, timeout=5).content == PNG
    street.tokens.clear()
    assert send(street, "media/uploadimg", files={"media": AMR}).json()["errcode"] == 40005
    assert send(street, "media/uploadimg", files={"media": PNG + b"0" * 2**20}).json()["errcode"] == 40009


def test_permanent_material_stays_until_it_is_deleted(street: Street) -> None:
    kept = upload(street, "image", "material/add_material")
    street.clock.move(days=30)
    street.tokens.clear()
    assert send(street, "material/get_material", {"media_id": kept}).content == PNG
    assert call(street, "material/get_materialcount")["image_count"] == 1
    listed = call(street, "material/batchget_material", {"type": "image", "offset": 0, "count": 20})
    assert [item["media_id"] for item in listed["item"]] == [kept]
    street.say(ZHANG, text="在吗")
    body = {"touser": ZHANG, "msgtype": "image", "image": {"media_id": kept}}
    assert code(street, "message/custom/send", body) == 0
    assert [code(street, "material/del_material", {"media_id": kept}) for _ in range(2)] == [0, 40007]
    assert code(street, "message/custom/send", body) == 40007
    assert code(street, "material/get_material", {"media_id": kept}) == 40007


@pytest.mark.parametrize("where", ["form", "query"])
def test_a_permanent_video_wants_a_title(street: Street, where: str) -> None:
    files: dict[str, Any] = {"media": ("a.mp4", MP4)}
    assert send(street, "material/add_material", files=files, type="video").json()["errcode"] == 47001
    description = json.dumps({"title": "演示", "introduction": "怎么报事"})
    if where == "form":
        answer = send(
            street, "material/add_material", files={**files, "description": (None, description)}, type="video"
        )
    else:
        answer = send(street, "material/add_material", files=files, type="video", description=description)
    shown = call(street, "material/get_material", {"media_id": answer.json()["media_id"]})
    assert (shown["title"], shown["description"]) == ("演示", "怎么报事")
    assert requests.get(shown["down_url"], timeout=5).content == MP4


@pytest.mark.parametrize(
    ("body", "refused"),
    [({"type": "poem"}, 40004), ({"type": "image", "count": 21}, 40097), ({"type": "image", "offset": "x"}, 40097)],
)
def test_a_list_of_material_has_its_limits(street: Street, body: dict[str, Any], refused: int) -> None:
    assert code(street, "material/batchget_material", body) == refused


def test_a_draft_is_changed_published_and_taken_back(street: Street) -> None:
    thumb = upload(street, "thumb")
    media_id = call(street, "draft/add", article(thumb))["media_id"]
    changed = article(thumb, "楼道大扫除")["articles"][0]
    assert code(street, "draft/update", {"media_id": media_id, "index": 0, "articles": changed}) == 0
    assert call(street, "draft/get", {"media_id": media_id})["news_item"][0]["title"] == "楼道大扫除"
    (listed,) = call(street, "draft/batchget", {"offset": 0, "count": 20, "no_content": 1})["item"]
    assert listed["media_id"] == media_id and "content" not in listed["content"]["news_item"][0]
    publish_id = call(street, "freepublish/submit", {"media_id": media_id})["publish_id"]
    article_id = call(street, "freepublish/get", {"publish_id": publish_id})["article_id"]
    assert call(street, "draft/count") == {"total_count": 0}
    assert call(street, "freepublish/batchget", {"offset": 0, "count": 1})["total_count"] == 1
    assert call(street, "freepublish/getarticle", {"article_id": article_id})["news_item"][0]["digest"] == "周六"
    assert code(street, "freepublish/delete", {"article_id": article_id}) == 0
    assert code(street, "freepublish/getarticle", {"article_id": article_id}) == 53600
    assert code(street, "freepublish/get", {"publish_id": publish_id}) == 53502
    street.settle()
    assert street.program.received[-1].fields["PublishEventInfo"]["article_id"] == article_id


WRONG_ARTICLES: list[Any] = [
    ({"title": ""}, 45003),
    ({"title": "字" * 65}, 45003),
    ({"content": ""}, 44004),
    ({"content": "字" * 20_001}, 45002),
    ({"digest": "字" * 129}, 45004),
    ({"thumb_media_id": "no"}, 40007),
]


def test_an_article_the_platform_would_not_take(street: Street) -> None:
    thumb = upload(street, "thumb")
    for change, refused in WRONG_ARTICLES:
        body = article(thumb)
        body["articles"][0].update(change)
        for path in ("draft/add", "material/add_news", "media/uploadnews"):
            assert (change, code(street, path, body)) == (change, refused)


def test_a_draft_is_a_permanent_material_too(street: Street) -> None:
    media_id = call(street, "material/add_news", article(upload(street, "thumb")))["media_id"]
    assert call(street, "material/get_material", {"media_id": media_id})["news_item"][0]["title"] == "楼道清洁"
    assert call(street, "material/get_materialcount")["news_count"] == 1
    listed = call(street, "material/batchget_material", {"type": "news", "offset": 0, "count": 1})
    assert listed["item"][0]["content"]["news_item"][0]["content"] == "<p>周六上午</p>"
    assert code(street, "material/del_material", {"media_id": media_id}) == 0
    assert code(street, "draft/get", {"media_id": media_id}) == 40007


def test_an_account_that_is_not_verified_keeps_no_files(open_street: Any) -> None:
    street = open_street(official={"abilities": "unverified"})
    assert send(street, "media/upload", files={"media": JPEG}, type="image").json()["errcode"] == 48001
