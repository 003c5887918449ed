"""WeCom's addresses: every call by its path with what it needs, the sign-in pages, and what a group robot got."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.wrappers import Response as BaseResponse

from sandbox.api import Refused
from sandbox.callbacks import Callbacks
from sandbox.config import Account
from sandbox.state import World
from sandbox.wecom import agents, chats, directory, kf, media, messages, robots, sso
from sandbox.wecom.corp import App, Corp


class Need(StrEnum):
    """What a call needs before it is looked at."""

    NOTHING = "nothing"
    SECRET = "secret"
    """The secret itself: it is where tokens come from."""
    TOKEN = "token"
    APP = "app"
    """The token of an app, not of 微信客服 alone."""
    CUSTOMER_SERVICE = "customer service"
    """A token that may speak for an account of 微信客服."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `posted`: its parameters come in a body. Anything but POST has none."""

    path: str
    act: Callable[[App], dict[str, Any] | Response]
    need: Need = Need.APP
    posted: bool = False
    plain_errors: bool = False


def _get(path: str, act: Callable[[App], dict[str, Any]], need: Need = Need.APP) -> Call:
    return Call(path, act, need)


def _post(path: str, act: Callable[[App], dict[str, Any]], need: Need = Need.APP) -> Call:
    return Call(path, act, need, posted=True)


CALLS = (
    _get("gettoken", agents.gettoken, Need.SECRET),
    _get("getcallbackip", agents.addresses, Need.TOKEN),
    _get("get_api_domain_ip", agents.addresses, Need.TOKEN),
    _get("get_jsapi_ticket", agents.jsapi_ticket),
    _get("ticket/get", agents.agent_ticket),
    _get("agent/get", agents.agent_get),
    _get("agent/list", agents.agent_list),
    _post("agent/set", agents.agent_set),
    _post("agent/set_workbench_template", agents.set_workbench_template),
    _post("agent/get_workbench_template", agents.get_workbench_template),
    _post("menu/create", agents.menu_create),
    _get("menu/get", agents.menu_get),
    _get("menu/delete", agents.menu_delete),
    _post("message/send", messages.send),
    _post("message/recall", messages.recall),
    _post("message/update_template_card", messages.update_template_card),
    _post("appchat/create", chats.create),
    _post("appchat/update", chats.update),
    _get("appchat/get", chats.get),
    _post("appchat/send", chats.send),
    _post("media/upload", media.upload, Need.TOKEN),
    _post("media/uploadimg", media.upload_picture, Need.TOKEN),
    _post("media/upload_by_url", media.upload_by_url, Need.TOKEN),
    _post("media/get_upload_by_url_result", media.upload_result, Need.TOKEN),
    Call("media/get", media.download, Need.TOKEN, plain_errors=True),
    Call("media/get/jssdk", media.download_voice, Need.TOKEN, plain_errors=True),
    _get("user/get", directory.user_get),
    _get("user/list", directory.user_list),
    _get("user/simplelist", directory.user_simplelist),
    _post("user/list_id", directory.user_list_id),
    _post("user/create", directory.user_create),
    _post("user/update", directory.user_update),
    _get("user/delete", directory.user_delete),
    _post("user/batchdelete", directory.user_batchdelete),
    _post("user/getuserid", directory.userid_by_mobile),
    _post("user/get_userid_by_email", directory.userid_by_email),
    _post("user/convert_to_openid", directory.to_openid),
    _post("user/convert_to_userid", directory.to_userid),
    _get("department/list", directory.department_list),
    _get("department/simplelist", directory.department_simplelist),
    _get("department/get", directory.department_get),
    _post("department/create", directory.department_create),
    _post("department/update", directory.department_update),
    _get("department/delete", directory.department_delete),
    _get("tag/list", directory.tag_list),
    _get("tag/get", directory.tag_get),
    _post("tag/create", directory.tag_create),
    _post("tag/update", directory.tag_update),
    _get("tag/delete", directory.tag_delete),
    _post("tag/addtagusers", directory.tag_add_users),
    _post("tag/deltagusers", directory.tag_delete_users),
    _get("auth/getuserinfo", sso.getuserinfo),
    _get("user/getuserinfo", sso.old_getuserinfo),
    _post("auth/getuserdetail", sso.getuserdetail),
    _post("user/getuserdetail", sso.getuserdetail),
    _post("webhook/send", robots.send, Need.NOTHING),
    _post("webhook/upload_media", robots.upload, Need.NOTHING),
    _post("kf/sync_msg", kf.sync_msg, Need.CUSTOMER_SERVICE),
    _post("kf/send_msg", kf.send_msg, Need.CUSTOMER_SERVICE),
    _post("kf/send_msg_on_event", kf.send_msg_on_event, Need.CUSTOMER_SERVICE),
    _post("kf/service_state/get", kf.state_get, Need.CUSTOMER_SERVICE),
    _post("kf/service_state/trans", kf.state_trans, Need.CUSTOMER_SERVICE),
    _post("kf/customer/batchget", kf.customer_batchget, Need.CUSTOMER_SERVICE),
    _get("kf/account/list", kf.account_list, Need.CUSTOMER_SERVICE),
    _post("kf/account/add", kf.account_add, Need.CUSTOMER_SERVICE),
    _post("kf/account/update", kf.account_update, Need.CUSTOMER_SERVICE),
    _post("kf/account/del", kf.account_delete, Need.CUSTOMER_SERVICE),
    _post("kf/add_contact_way", kf.add_contact_way, Need.CUSTOMER_SERVICE),
    _get("kf/servicer/list", kf.servicer_list, Need.CUSTOMER_SERVICE),
    _post("kf/servicer/add", kf.servicer_add, Need.CUSTOMER_SERVICE),
    _post("kf/servicer/del", kf.servicer_delete, Need.CUSTOMER_SERVICE),
)
"""Every call there is. A GET may be posted too, as on the platform."""

_SIGN_IN = ("/wwlogin/sso/login", "/wwopen/sso/qrConnect", "/connect/oauth2/authorize")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _done(corp: Corp, call: Call, app: App) -> dict[str, Any] | Response:
    if call.posted and request.method != "POST":
        raise Refused(40058)
    if call.need is Need.APP and not app.is_app:
        raise Refused(48002)
    if call.need is Need.CUSTOMER_SERVICE and not app.serves_customers:
        raise Refused(48007 if any(one.serves_customers for one in corp.apps) else 95012)
    return call.act(app)


def _unknown(_app: App) -> dict[str, Any]:
    raise Refused(40066)


def blueprint(world: World, accounts: Sequence[Account], callbacks: Callbacks) -> Blueprint:
    """The addresses of one corp: the API of its apps and 微信客服 accounts, and the pages."""
    corp = Corp(world, accounts, callbacks)
    routes, base = Blueprint("wecom", __name__), accounts[0].base_path

    def add(path: str, call: Call) -> None:
        def view(**_: str) -> Response:
            app = agents.secret_of(corp) if call.need is Need.SECRET else corp.calling()
            token = call.need not in (Need.NOTHING, Need.SECRET)
            return app.platform.answer(lambda: _done(corp, call, app), token=token, plain_errors=call.plain_errors)

        routes.add_url_rule(path, path.replace("/", "_").replace(".", "_"), view, methods=_METHODS)

    for call in CALLS:
        add(f"{base}/cgi-bin/{call.path}", call)
    add(f"{base}/<path:path>", Call("", _unknown, Need.NOTHING))

    def sign_in() -> BaseResponse:
        return sso.page(corp)

    for path in _SIGN_IN:
        routes.add_url_rule(base + path, path.replace("/", "_"), sign_in, methods=["GET"])

    def robot(key: str) -> tuple[Response, int]:
        found = corp.robots.get(key)
        if found is None:
            return jsonify(error="no robot has this key"), 404
        return jsonify(key=key, messages=list(found.got)), 200

    routes.add_url_rule("/api/robots/<key>", "robot", robot, methods=["GET"])
    return routes
