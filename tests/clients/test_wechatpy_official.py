"""wechatpy.WeChatClient, untouched: a host map in the client's own session leads it to the sandbox."""

from __future__ import annotations

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from wechatpy import WeChatClient
from wechatpy.client.api import WeChatQRCode
from wechatpy.exceptions import APILimitedException, WeChatClientException

from tests.clients.files import JPEG, MP3, MP4, PNG
from tests.clients.hosts import HostMap
from tests.sandbox.conftest import APP_ID, SECRET, Street, words

RESIDENT, OTHER = "demo-resident-1", "demo-resident-2"
OK = {"errcode": 0, "errmsg": "ok"}


def client_for(street: Street) -> Any:
    client = WeChatClient(APP_ID, SECRET, timeout=10)
    client._http.mount("https://", HostMap(street.url))
    return client


@pytest.fixture
def client(street: Street) -> Any:
    return client_for(street)


def file(data: bytes, name: str) -> tuple[str, BytesIO]:
    return name, BytesIO(data)


def last(street: Street, person: str = RESIDENT) -> dict[str, Any]:
    return street.inbox(person)[-1]


# --- Tokens and what goes wrong -----------------------------------------------------------------------------------


def test_a_token_is_fetched_and_one_that_died_is_replaced(street: Street, client: Any) -> None:
    first = client.fetch_access_token()
    assert first["expires_in"] == 7200
    street.fault("token_dead", times=1)
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]
    assert client.access_token != first["access_token"]


def test_a_base_address_of_its_own_is_enough_for_the_calls_themselves(street: Street) -> None:
    client = WeChatClient(APP_ID, SECRET, access_token=street.new_token("official"))
    client.API_BASE_URL = f"{street.url}/official/cgi-bin/"
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]


@pytest.mark.parametrize(("fault", "code"), [("45015", 45015), ("45047", 45047), ("busy", -1)])
def test_a_fault_arrives_as_its_error(street: Street, client: Any, fault: str, code: int) -> None:
    street.say(RESIDENT, text="路灯坏了")
    street.fault(fault, times=1)
    with pytest.raises(WeChatClientException) as refused:
        # The token is fetched by the first call; busy bites there already.
        client.message.send_text(RESIDENT, "已受理")
    assert refused.value.errcode == code


def test_the_daily_limit_has_an_error_of_its_own(street: Street, client: Any) -> None:
    client.fetch_access_token()
    street.fault("45009", times=1)
    with pytest.raises(APILimitedException):
        client.misc.get_wechat_ips()


# --- Messages -----------------------------------------------------------------------------------------------------


def test_custom_messages_of_every_type_appear_on_the_phone(open_street: Callable[..., Street]) -> None:
    street = open_street(rules={"message_window_count": 20})
    client = client_for(street)
    street.say(RESIDENT, text="路灯坏了")
    image = client.media.upload("image", file(PNG, "a.png"))["media_id"]
    voice = client.media.upload("voice", file(MP3, "a.mp3"))["media_id"]
    video = client.media.upload("video", file(MP4, "a.mp4"))["media_id"]
    article = {"title": "停水通知", "description": "明天", "url": "https://example.org/1", "image": ""}
    page = {"title": "报名", "appid": APP_ID, "pagepath": "pages/a", "thumb_media_id": image}
    music = ("https://example.org/a.mp3", "https://example.org/b.mp3", image)
    menu = {"head_content": "解决了吗？", "list": [{"id": "1", "content": "解决了"}], "tail_content": "请点一下"}
    sends: list[tuple[str, Callable[[], Any]]] = [
        ("text", lambda: client.message.send_text(RESIDENT, "已受理")),
        ("image", lambda: client.message.send_image(RESIDENT, image)),
        ("voice", lambda: client.message.send_voice(RESIDENT, voice)),
        ("video", lambda: client.message.send_video(RESIDENT, video, "录像", "现场")),
        ("music", lambda: client.message.send_music(RESIDENT, *music, title="社区之歌")),
        ("news", lambda: client.message.send_articles(RESIDENT, [article])),
        ("wxcard", lambda: client.message.send_card(RESIDENT, "card-1")),
        ("miniprogrampage", lambda: client.message.send_mini_program_page(RESIDENT, page)),
        ("msgmenu", lambda: client.message.send_msg_menu(RESIDENT, menu)),
    ]
    for kind, send in sends:
        assert send() == OK, kind
        assert last(street)["type"] == kind
    shown = {entry["type"]: entry for entry in street.inbox(RESIDENT)}
    assert shown["text"]["text"] == "已受理"
    assert shown["video"]["text"] == "录像"
    assert shown["news"]["articles"][0]["title"] == "停水通知"
    street.press(RESIDENT, shown["msgmenu"]["id"], "解决了")
    pressed = street.program.received[-1].fields
    assert (pressed["Content"], pressed["bizmsgmenuid"]) == ("解决了", "1")


def test_a_template_and_a_subscription_notice_arrive(street: Street, client: Any) -> None:
    data = {"thing01": {"value": "路灯坏了"}}
    assert client.message.send_template(RESIDENT, "finished", data, url="https://example.org/7")["errcode"] == 0
    assert last(street)["rows"] == [{"key": "thing01", "value": "路灯坏了"}]
    with pytest.raises(WeChatClientException, match="refuse"):
        client.message.send_subscribe_message(RESIDENT, "notice", {"thing1": {"value": "修好了"}})
    agreed = {"List": {"TemplateId": "notice", "SubscribeStatusString": "accept", "PopupScene": "0"}}
    street.say(RESIDENT, event={"Event": "subscribe_msg_popup_event", "SubscribeMsgPopupEvent": agreed})
    assert client.message.send_subscribe_message(RESIDENT, "notice", {"thing1": {"value": "修好了"}}) == OK
    assert (last(street)["type"], last(street)["text"]) == ("subscribe", "修好了")


# --- Media --------------------------------------------------------------------------------------------------------


def test_a_photo_that_somebody_sent_is_downloaded(street: Street, client: Any) -> None:
    street.say(RESIDENT, image=base64.b64encode(JPEG).decode())
    media_id = street.program.received[-1].fields["MediaId"]
    assert client.media.download(media_id).content == JPEG
    assert client._http.get(client.media.get_url(media_id), timeout=10).content == JPEG


def test_a_file_is_gone_after_three_days(street: Street, client: Any) -> None:
    uploaded = client.media.upload("image", file(JPEG, "照片.jpg"))
    assert client.media.download(uploaded["media_id"]).content == JPEG
    street.clock.move(days=3)
    with pytest.raises(WeChatClientException) as refused:
        client.media.download(uploaded["media_id"])
    # The token has run out as well by then; wechatpy asks for another one first.
    assert refused.value.errcode == 40007


def test_a_picture_for_an_article_gets_an_address(client: Any) -> None:
    address = client.media.upload_image(file(JPEG, "a.jpg"))
    assert client._http.get(address, timeout=10).content == JPEG


def test_material_and_drafts_are_kept_and_published(street: Street, client: Any) -> None:
    picture = client.material.add("image", file(JPEG, "a.jpg"))["media_id"]
    street.clock.move(days=30)
    assert client.material.get(picture).content == JPEG
    assert client.material.get_count()["image_count"] == 1
    assert client.material.batchget("image")["item"][0]["media_id"] == picture
    paper = {"title": "停水通知", "content": "明天停水", "thumb_media_id": picture}
    draft = client.draft.add([paper])["media_id"]
    assert client.draft.get(draft)["news_item"][0]["title"] == "停水通知"
    assert client.draft.count()["total_count"] == 1
    published = client.freepublish.submit(draft)["publish_id"]
    assert client.freepublish.get(published)["publish_status"] == 0
    assert client.material.delete(picture) == OK


# --- The menu and QR codes ----------------------------------------------------------------------------------------


def test_a_menu_is_made_changed_read_and_removed(street: Street, client: Any) -> None:
    assert client.menu.get() is None
    assert client.menu.create({"button": [{"name": "报事", "type": "click", "key": "report"}]}) == OK
    assert client.menu.update({"button": [{"name": "进度", "type": "click", "key": "progress"}]}) == OK
    assert [button["name"] for button in client.menu.get()["menu"]["button"]] == ["进度"]
    assert client.menu.get_menu_info()["selfmenu_info"]["button"][0]["key"] == "progress"
    street.program.answer = words("都办完了")
    street.say(RESIDENT, event={"Event": "CLICK", "EventKey": "progress"})
    assert last(street)["text"] == "都办完了"
    assert client.menu.delete() == OK
    assert client.menu.get() is None


def test_a_code_is_shown_and_scanned_by_somebody_who_does_not_follow_yet(street: Street, client: Any) -> None:
    scene = {"scene_str": "building-6"}
    code = client.qrcode.create({"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": scene}})
    picture = client._http.get(WeChatQRCode.get_url(code), timeout=10)
    assert picture.headers["Content-Type"].startswith("image/")
    street.say(RESIDENT, event="unsubscribe")
    street.say(RESIDENT, scan=code["ticket"])
    scanned = street.program.received[-1].fields
    assert (scanned["Event"], scanned["EventKey"]) == ("subscribe", "qrscene_building-6")
    assert client.user.get(RESIDENT)["qr_scene_str"] == "building-6"


# --- People -------------------------------------------------------------------------------------------------------


def test_followers_are_listed_and_described(street: Street, client: Any) -> None:
    listed = client.user.get_followers()["data"]["openid"]
    assert list(client.user.iter_followers()) == listed
    assert RESIDENT in listed
    assert client.user.get(RESIDENT)["subscribe"] == 1
    street.say(OTHER, event="unsubscribe")
    described = client.user.get_batch([RESIDENT, OTHER])
    assert [(user["openid"], user["subscribe"]) for user in described] == [(RESIDENT, 1), (OTHER, 0)]
    with pytest.raises(WeChatClientException) as refused:
        client.user.get("nobody")
    assert refused.value.errcode == 40003


def test_a_remark_about_somebody_is_kept(client: Any) -> None:
    assert client.user.update_remark(RESIDENT, "6栋张阿姨") == OK
    assert client.user.get(RESIDENT)["remark"] == "6栋张阿姨"


def test_people_are_tagged_and_found_by_their_tag(client: Any) -> None:
    tag = client.tag.create("志愿者")["id"]
    assert client.tag.tag_user(tag, [RESIDENT, OTHER]) == OK
    assert client.tag.get_user_tag(RESIDENT) == [tag]
    assert list(client.tag.iter_tag_users(tag)) == [RESIDENT, OTHER]
    assert client.tag.untag_user(tag, OTHER) == OK
    assert client.tag.get_tag_users(tag)["data"]["openid"] == [RESIDENT]
    assert client.tag.update(tag, "骑手") == OK
    assert {"id": tag, "name": "骑手", "count": 1} in client.tag.get()
    assert client.tag.delete(tag) == OK
    assert tag not in [each["id"] for each in client.tag.get()]


def test_somebody_on_the_blacklist_is_not_written_to(street: Street, client: Any) -> None:
    street.say(OTHER, text="在吗")
    assert client.tag.batch_black_list([OTHER]) == OK
    assert client.tag.get_black_list()["data"]["openid"] == [OTHER]
    with pytest.raises(WeChatClientException) as refused:
        client.message.send_text(OTHER, "您好")
    assert refused.value.errcode == 43019
    assert client.tag.batch_unblack_list([OTHER]) == OK
    assert client.message.send_text(OTHER, "您好") == OK


def test_people_are_moved_between_groups(client: Any) -> None:
    group = client.group.create("6栋")["group"]["id"]
    client.group.move_user(RESIDENT, group)
    assert client.group.get(RESIDENT) == group
    assert {"id": group, "name": "6栋", "count": 1} in client.group.get()


# --- What is sent to many, and the rest ---------------------------------------------------------------------------


def test_a_notice_reaches_everybody_whom_it_names(street: Street, client: Any) -> None:
    sent = client.message.send_mass_text("明天停水", [RESIDENT, OTHER])
    assert [last(street, person)["text"] for person in (RESIDENT, OTHER)] == ["明天停水", "明天停水"]
    assert client.message.get_mass(sent["msg_id"])["msg_status"] == "SEND_SUCCESS"


def test_templates_are_chosen_and_given_up(client: Any) -> None:
    client.template.set_industry("1", "4")
    template = client.template.get("TM00015")
    assert template in [each["template_id"] for each in client.template.get_all_private_template()["template_list"]]
    assert client.template.del_private_template(template) == OK
    _, titles = client.template.get_subscribe_message_template_titles()
    _, keywords = client.template.get_subscribe_message_template_keywords(titles[0]["tid"])
    chosen = [keyword["kid"] for keyword in keywords[:2]]
    notice = client.template.add_subscribe_message_template(titles[0]["tid"], chosen, "报修进度")
    assert notice in [each["priTmplId"] for each in client.template.get_subscribe_message_templates()]


def test_somebody_of_the_desk_takes_over_a_conversation(client: Any) -> None:
    assert client.customservice.add_account("desk@example", "小徐", "secret") == OK
    assert [each["kf_account"] for each in client.customservice.get_accounts()] == ["desk@example"]
    assert client.customservice.create_session(RESIDENT, "desk@example") == OK
    assert client.customservice.get_session(RESIDENT)["kf_account"] == "desk@example"
    assert client.customservice.close_session(RESIDENT, "desk@example") == OK


def test_what_web_pages_need_is_there(client: Any) -> None:
    assert client.jsapi.get_jsapi_ticket() == client.jsapi.get_ticket()["ticket"]
    assert client.misc.short_url("https://example.org/long")["short_url"].startswith("https://")


def test_the_way_to_the_program_is_checked(client: Any) -> None:
    checked = client.misc.check_network()
    assert checked["ping"]
