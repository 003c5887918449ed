"""The events of both platforms: the fields each one carries, and what is wrong with one that somebody made up.

From wechat-facts §2 and §5 (the platforms' pages of 2026); upper and lower case are as the platforms send them.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.config import Account, Kind
from sandbox.envelope import clean

SYSTEM = "sys"
"""FromUserName of what WeCom reports by itself."""

_MOST_ITEMS = 20


class EventInvalid(ValueError):
    """The platform would never send this event; the text says what is missing or wrong."""


Reader = Callable[[object, str], Any]


@dataclass(frozen=True, slots=True)
class Maybe:
    """A field that may be left out; without `fill` it is then left out of the event too."""

    shape: Any
    fill: Callable[[Account, str], Any] | None = None


@dataclass(frozen=True, slots=True)
class EventKind:
    """One event: its own fields, and what it means for the person and for the answer.

    `opens`: opens the short customer-service window. `answered`: a passive answer is shown. `follower`: only somebody
    who follows can cause it. `shown`: the person sees on the phone that they did it. `system`: comes from `sys`.
    `agent`: carries the app's number on WeCom.
    """

    fields: Mapping[str, Any]
    opens: bool = False
    answered: bool = False
    follower: bool = False
    shown: bool = False
    system: bool = False
    agent: bool = True


def event_kind(platform: Kind, name: object) -> EventKind | None:
    """What is known of the event of this name on this platform."""
    return _EVENTS[platform].get(name) if isinstance(name, str) else None


def read_event(account: Account, person: str, given: Mapping[str, Any]) -> tuple[EventKind, dict[str, Any]]:
    """The event's kind and its own fields, complete and as the platform writes them, `Event` first.

    Raises EventInvalid for an unknown event, a missing, unknown or impossible field.
    """
    name = given.get("Event")
    if not isinstance(name, str) or not name:
        raise EventInvalid("event must be a name or an object with Event")
    kind = event_kind(account.kind, name)
    if kind is None:
        raise EventInvalid(_unknown_event(account.kind, name))
    own = {key: value for key, value in given.items() if key != "Event"}
    fields = _object(kind.fields, own, name, account, person)
    if name == "subscribe" and account.kind is Kind.OFFICIAL and fields["EventKey"] and "Ticket" not in fields:
        fields["Ticket"] = _made_up(account, person)
    pictures = fields.get("SendPicsInfo")
    if isinstance(pictures, dict):
        there = len(pictures["PicList"]["item"])
        if pictures.setdefault("Count", there) != there:
            raise EventInvalid(f"{name}.SendPicsInfo.Count must be {there}")
    return kind, {"Event": name, **fields}


def _unknown_event(platform: Kind, name: str) -> str:
    names = _EVENTS[platform]
    alike = next((known for known in names if known.casefold() == name.casefold()), None)
    if alike is not None:
        return f"this platform writes {alike}, not {clean(name)[:64]}"
    return f"unknown event {clean(name)[:64]}; known are {', '.join(names)}; unchecked sends any other"


def _read(shape: Any, value: object, path: str, account: Account, person: str) -> Any:
    if isinstance(shape, Maybe):
        return _read(shape.shape, value, path, account, person)
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping):
            raise EventInvalid(f"{path} must be an object with {', '.join(shape)}")
        return _object(shape, value, path, account, person)
    if isinstance(shape, list):
        # One item may be given bare, as it stands in the XML.
        items = value if isinstance(value, list) else [value]
        if not 1 <= len(items) <= _MOST_ITEMS:
            raise EventInvalid(f"{path} must have 1 to {_MOST_ITEMS} items")
        return [_read(shape[0], item, path, account, person) for item in items]
    return shape(value, path)


def _object(
    shape: Mapping[str, Any], value: Mapping[str, Any], path: str, account: Account, person: str
) -> dict[str, Any]:
    unknown = [name for name in value if name not in shape]
    if unknown:
        known = f"its own are {', '.join(shape)}" if shape else "it has none of its own"
        raise EventInvalid(f"{path} has no field {clean(str(unknown[0]))[:64]}; {known}")
    found: dict[str, Any] = {}
    for name, inner in shape.items():
        if name in value:
            found[name] = _read(inner, value[name], f"{path}.{name}", account, person)
        elif not isinstance(inner, Maybe):
            raise EventInvalid(f"{path}.{name} is missing")
        elif inner.fill is not None:
            found[name] = inner.fill(account, person)
    return found


# What a field may hold


def _text(most: int = 1024, *, empty: bool = False) -> Reader:
    def read(value: object, path: str) -> str:
        if not isinstance(value, str) or len(value) > most or not value and not empty:
            raise EventInvalid(f"{path} must be {'at most' if empty else '1 to'} {most} characters")
        return clean(value)

    return read


def _whole(least: int = 0, most: int = 2**63 - 1) -> Reader:
    def read(value: object, path: str) -> int:
        if isinstance(value, str) and value.isdecimal() and len(value) < 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise EventInvalid(f"{path} must be a whole number from {least}")
        return value

    return read


def _digits(value: object, path: str) -> str:
    """A whole number that stands in the XML as text."""
    return str(_whole()(value, path))


def _real(most: float) -> Reader:
    def read(value: object, path: str) -> str:
        try:
            number = math.nan if isinstance(value, bool) or not isinstance(value, int | float | str) else float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if not abs(number) <= most:
            raise EventInvalid(f"{path} must be a number up to {most:g}")
        return f"{number:.6f}"

    return read


def _bare(most: float) -> Reader:
    """A number that stands in the XML as a number."""
    text = _real(most)
    return lambda value, path: float(text(value, path))


def _one_of(*words: str) -> Reader:
    def read(value: object, path: str) -> str:
        if value not in words:
            raise EventInvalid(f"{path} must be one of {', '.join(words) or 'nothing'}")
        return str(value)

    return read


def _scene(value: object, path: str) -> str:
    if value != "" and not (isinstance(value, str) and re.fullmatch(r"qrscene_.{1,64}", value, re.DOTALL)):
        raise EventInvalid(f"{path} must be empty or qrscene_ and the scene")
    return clean(str(value))


def _empty(_account: Account, _person: str) -> str:
    return ""


def _openid(_account: Account, person: str) -> str:
    return person


def _app_id(account: Account, _person: str) -> str:
    return account.app_id


def _made_up(_account: Account, _person: str) -> str:
    return secrets.token_urlsafe(32)


def _fixed(value: Any) -> Callable[[Account, str], Any]:
    return lambda _account, _person: value


_WORD, _NOTE = _text(), _text(4096, empty=True)
_KEY = {"EventKey": _WORD}
_NO_KEY = {"EventKey": Maybe(_text(empty=True), _empty)}
_MENU_ID = {"MenuId": Maybe(_digits, _fixed("400000000"))}
_SCANNED = {
    **_KEY,
    "ScanCodeInfo": {
        "ScanType": Maybe(_one_of("qrcode", "barcode"), _fixed("qrcode")),
        "ScanResult": _text(4096),
    },
}
_PICTURES = {**_KEY, "SendPicsInfo": {"Count": Maybe(_whole(1)), "PicList": {"item": [{"PicMd5Sum": _text(64)}]}}}
_PLACE = {
    "Location_X": _real(90),
    "Location_Y": _real(180),
    "Scale": Maybe(_digits, _fixed("16")),
    "Label": Maybe(_NOTE, _empty),
    "Poiname": Maybe(_NOTE, _empty),
}
_POSITION = {"Latitude": _bare(90), "Longitude": _bare(180), "Precision": Maybe(_bare(1e6), _fixed(40.0))}
_APP_TYPE = {"AppType": Maybe(_one_of("wxwork"), _fixed("wxwork"))}
_PERSONAL = {"OpenID": Maybe(_text(64), _openid), "AppID": Maybe(_text(64), _app_id)}


def _answers(*statuses: str, **more: Any) -> dict[str, Any]:
    return {"List": [{"TemplateId": _text(128), "SubscribeStatusString": _one_of(*statuses), **more}]}


_OFFICIAL = {
    "subscribe": EventKind(
        {"EventKey": Maybe(_scene, _empty), "Ticket": Maybe(_WORD)}, opens=True, answered=True, shown=True
    ),
    "unsubscribe": EventKind(_NO_KEY, follower=True, shown=True),
    "SCAN": EventKind({**_KEY, "Ticket": Maybe(_WORD, _made_up)}, opens=True, answered=True, follower=True, shown=True),
    "LOCATION": EventKind(_POSITION, answered=True, follower=True),
    "CLICK": EventKind(_KEY, opens=True, answered=True, follower=True, shown=True),
    "VIEW": EventKind({**_KEY, **_MENU_ID}, follower=True, shown=True),
    "view_miniprogram": EventKind({**_KEY, **_MENU_ID}, follower=True, shown=True),
    "scancode_push": EventKind(_SCANNED, opens=True, answered=True, follower=True, shown=True),
    "scancode_waitmsg": EventKind(_SCANNED, opens=True, answered=True, follower=True, shown=True),
    "pic_sysphoto": EventKind(_PICTURES, answered=True, follower=True, shown=True),
    "pic_photo_or_album": EventKind(_PICTURES, answered=True, follower=True, shown=True),
    "pic_weixin": EventKind(_PICTURES, answered=True, follower=True, shown=True),
    "location_select": EventKind({**_KEY, "SendLocationInfo": _PLACE}, answered=True, follower=True, shown=True),
    "TEMPLATESENDJOBFINISH": EventKind(
        {"MsgID": _whole(1), "Status": _one_of("success", "failed:user block", "failed: system failed")}
    ),
    "MASSSENDJOBFINISH": EventKind(
        {
            "MsgID": _whole(1),
            "Status": _text(64),
            **{name: Maybe(_whole(), _fixed(0)) for name in ("TotalCount", "FilterCount", "SentCount", "ErrorCount")},
        }
    ),
    "PUBLISHJOBFINISH": EventKind(
        {
            "PublishEventInfo": {
                "publish_id": _digits,
                "publish_status": _digits,
                "article_id": Maybe(_WORD),
                "fail_idx": Maybe([_digits]),
            }
        }
    ),
    "subscribe_msg_popup_event": EventKind(
        {"SubscribeMsgPopupEvent": _answers("accept", "reject", PopupScene=Maybe(_one_of("0", "1", "2"), _fixed("0")))}
    ),
    "subscribe_msg_change_event": EventKind({"SubscribeMsgChangeEvent": _answers("reject")}),
    "subscribe_msg_sent_event": EventKind(
        {
            "SubscribeMsgSentEvent": {
                "List": [
                    {
                        "TemplateId": _text(128),
                        "MsgID": _digits,
                        "ErrorCode": Maybe(_digits, _fixed("0")),
                        "ErrorStatus": Maybe(_WORD, _fixed("success")),
                    }
                ]
            }
        }
    ),
    "kf_create_session": EventKind({"KfAccount": _WORD}),
    "kf_close_session": EventKind({"KfAccount": _WORD, "CloseType": Maybe(_WORD)}),
    "kf_switch_session": EventKind({"FromKfAccount": _WORD, "ToKfAccount": _WORD}),
    "user_info_modified": EventKind(_PERSONAL),
    "user_authorization_revoke": EventKind({**_PERSONAL, "RevokeInfo": Maybe(_digits, _fixed("1"))}),
    "user_authorization_cancellation": EventKind(_PERSONAL),
}

_CARD = {
    **_KEY,
    "TaskId": _text(128),
    "CardType": Maybe(
        _one_of("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction"),
        _fixed("button_interaction"),
    ),
    "ResponseCode": Maybe(_WORD, _made_up),
}
_CHOSEN = {"SelectedItem": [{"QuestionKey": _WORD, "OptionIds": {"OptionId": [_text(128)]}}]}
_MEMBER_CHANGES = (
    "create_user", "update_user", "delete_user", "create_party", "update_party", "delete_party", "update_tag",
)  # fmt: skip
_MEMBER_FIELDS = (
    "UserID", "NewUserID", "Name", "Department", "MainDepartment", "IsLeaderInDept", "DirectLeader", "Position",
    "Mobile", "Gender", "Email", "BizMail", "Status", "Avatar", "Alias", "Telephone", "Address", "Id", "ParentId",
    "Order", "TagId", "AddUserItems", "DelUserItems", "AddPartyItems", "DelPartyItems",
)  # fmt: skip


def _plain(value: object, path: str) -> str | int:
    """A word or a number, as it is given."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    return str(_NOTE(value, path))


def _words(*names: str) -> dict[str, Any]:
    return {name: Maybe(_plain) for name in names}


_APPROVER = {"ItemName": Maybe(_NOTE), "ItemUserId": Maybe(_NOTE), "ItemImage": Maybe(_NOTE)}
_APPROVAL_NODE = {
    "NodeStatus": _whole(),
    "NodeAttr": Maybe(_whole()),
    "NodeType": Maybe(_whole()),
    "Items": {
        "Item": [
            {
                **_APPROVER,
                "ItemStatus": _whole(),
                "ItemSpeech": Maybe(_NOTE, _empty),
                "ItemOpTime": Maybe(_whole(), _fixed(0)),
            }
        ]
    },
}


def _by_app(fields: Mapping[str, Any] | None = None) -> EventKind:
    return EventKind(fields or {}, system=True)


def _by_corp(fields: Mapping[str, Any]) -> EventKind:
    """Reported for the whole corporation: there is no app's number in it."""
    return EventKind(fields, system=True, agent=False)


_WECOM = {
    "subscribe": EventKind({}, answered=True, shown=True),
    "unsubscribe": EventKind({}, follower=True, shown=True),
    "enter_agent": EventKind(_NO_KEY, answered=True, follower=True, shown=True),
    "LOCATION": EventKind({**_POSITION, **_APP_TYPE}, answered=True, follower=True),
    "click": EventKind(_KEY, answered=True, follower=True, shown=True),
    "view": EventKind(_KEY, answered=True, follower=True, shown=True),
    "view_miniprogram": EventKind({**_KEY, "AppId": Maybe(_text(64))}, answered=True, follower=True, shown=True),
    "scancode_push": EventKind(_SCANNED, follower=True, shown=True),
    "scancode_waitmsg": EventKind(_SCANNED, answered=True, follower=True, shown=True),
    "pic_sysphoto": EventKind(_PICTURES, follower=True, shown=True),
    "pic_photo_or_album": EventKind(_PICTURES, follower=True, shown=True),
    "pic_weixin": EventKind(_PICTURES, follower=True, shown=True),
    "location_select": EventKind({**_KEY, "SendLocationInfo": _PLACE, **_APP_TYPE}, follower=True, shown=True),
    "template_card_event": EventKind({**_CARD, "SelectedItems": Maybe(_CHOSEN)}, answered=True, follower=True),
    "template_card_menu_event": EventKind(_CARD, answered=True, follower=True),
    "taskcard_click": EventKind({**_KEY, "TaskId": _text(128)}, answered=True, follower=True),
    "batch_job_result": _by_corp(
        {
            "BatchJob": {
                "JobId": _WORD,
                "JobType": _one_of("sync_user", "replace_user", "invite_user", "replace_party"),
                "ErrCode": Maybe(_whole(), _fixed(0)),
                "ErrMsg": Maybe(_NOTE, _fixed("ok")),
            }
        }
    ),
    "change_contact": _by_corp({"ChangeType": _one_of(*_MEMBER_CHANGES), **_words(*_MEMBER_FIELDS)}),
    "change_external_contact": _by_corp(
        {
            "ChangeType": _one_of(
                "add_external_contact",
                "edit_external_contact",
                "add_half_external_contact",
                "del_external_contact",
                "del_follow_user",
                "transfer_fail",
            ),
            "UserID": _WORD,
            "ExternalUserID": _WORD,
            **_words("State", "WelcomeCode", "Source", "FailReason"),
        }
    ),  # fmt: skip
    "change_external_chat": _by_corp(
        {
            "ChatId": _WORD,
            "ChangeType": _one_of("create", "update", "dismiss"),
            **_words("UpdateDetail", "JoinScene", "QuitScene", "MemChangeCnt", "LastMemVer", "CurMemVer"),
            "MemChangeList": Maybe({"Item": [_WORD]}),
        }
    ),
    "change_external_tag": _by_corp(
        {
            "Id": _WORD,
            "TagType": Maybe(_one_of("tag", "tag_group")),
            "ChangeType": _one_of("create", "update", "delete", "shuffle"),
            "StrategyId": Maybe(_plain),
        }
    ),
    "open_approval_change": _by_app(
        {
            "ApprovalInfo": {
                "ThirdNo": _WORD,
                "OpenSpName": Maybe(_NOTE),
                "OpenTemplateId": Maybe(_NOTE),
                "OpenSpStatus": _whole(1, 4),
                "ApplyTime": Maybe(_whole()),
                **_words("ApplyUserName", "ApplyUserId", "ApplyUserParty", "ApplyUserImage"),
                "ApprovalNodes": Maybe({"ApprovalNode": [_APPROVAL_NODE]}),
                "NotifyNodes": Maybe({"NotifyNode": [_APPROVER]}),
                "approverstep": Maybe(_whole(), _fixed(0)),
            }
        }
    ),
    "sys_approval_change": _by_app(
        {
            "ApprovalInfo": {
                "SpNo": _WORD,
                "SpName": Maybe(_NOTE),
                "SpStatus": _whole(1, 10),
                "TemplateId": Maybe(_NOTE),
                "ApplyTime": Maybe(_whole()),
                "Applyer": Maybe({"UserId": _WORD, "Party": Maybe(_plain)}),
                "StatuChangeEvent": Maybe(_whole(1, 20)),
            }
        }
    ),
    "kf_msg_or_event": _by_corp({"Token": Maybe(_WORD, _made_up), "OpenKfId": _WORD}),
    "kf_account_auth_change": _by_corp({"AuthAddOpenKfId": Maybe([_WORD]), "AuthDelOpenKfId": Maybe([_WORD])}),
    "share_agent_change": _by_app(),
    "share_chain_change": _by_app(),
    "inactive_alert": _by_app({"EffectTime": _whole(1)}),
    "low_active_alert": _by_app({"EffectTime": _whole(1)}),
    "close_inactive_agent": _by_app(),
    "reopen_inactive_agent": _by_app(),
    "low_active": _by_app(),
    "active_restored": _by_app(),
    "upload_media_job_finish": _by_corp({"JobId": _WORD}),
    "msgaudit_notify": _by_app(),
    "living_status_change": EventKind({"LivingId": _WORD, "Status": _whole(0, 4)}),
}

_EVENTS: dict[Kind, dict[str, EventKind]] = {
    Kind.OFFICIAL: _OFFICIAL,
    Kind.WECOM: _WECOM,
    Kind.CUSTOMER_SERVICE: {name: _WECOM[name] for name in ("kf_msg_or_event", "kf_account_auth_change")},
}
