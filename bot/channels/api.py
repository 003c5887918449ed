"""The platforms' HTTP interfaces: wechatpy's two clients, mended once for both."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn
from urllib.parse import urlsplit

import redis
import requests
import urllib3
from requests.adapters import HTTPAdapter
from wechatpy.client import WeChatClient
from wechatpy.client.api import WeChatMedia, WeChatQRCode
from wechatpy.work.client import WeChatClient as WorkClient
from wechatpy.work.client.api import WeChatMedia as WorkMedia

from bot.channels import NotSent, TooMuch, Usage, Why
from bot.channels.tokens import TokenBackup, Tokens
from bot.settings import OfficialAccount, WeCom

JSON_CAP = 1024 * 1024
MEDIA_CAP = 20 * 1024 * 1024
"""Bytes of an answer that are read; more is refused."""
MEDIA_HOSTS = frozenset(
    {
        "mmbiz.qpic.cn",
        "mmbiz.qlogo.cn",
        "mmsns.qpic.cn",
        "p.qpic.cn",
        "wework.qpic.cn",
        "wx.qlogo.cn",
        "mpvideo.qpic.cn",
    }
)
"""The platforms' own picture and video hosts; an address in a callback is fetched from nowhere else."""

_PLATFORM_HOSTS = frozenset({"api.weixin.qq.com", "mp.weixin.qq.com", "qyapi.weixin.qq.com"})
"""The hosts wechatpy has written into its code; calls to them go to the configured address."""
_DEAD_TOKEN = frozenset({40001, 40014, 42001})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PIECE = 64 * 1024
_SLOWEST = 3
"""Time-outs one whole answer may take."""
_RENEWAL = 2 * _SLOWEST + 1
"""Time-outs a renewal may take: two answers, and some."""
_POOL = 16

_BY_THOUSAND = {
    **dict.fromkeys((40, 41, 42, 43, 44, 45, 46, 47), Why.CONTENT),
    **dict.fromkeys((48, 50, 60, 61, 89), Why.NOT_ALLOWED),
}
"""For a code no table names: the platforms number faults of the call from 40000 and of permission from 48000."""

OFFICIAL_WHY: dict[int, Why] = {
    -1: Why.TEMPORARY,
    **dict.fromkeys((45015, 45047), Why.WINDOW),
    **dict.fromkeys((40003, 43004, 43019, 46004, 50005), Why.GONE),
    **dict.fromkeys((43101, 48002, 70000), Why.REFUSED),
    **dict.fromkeys((45009, 45011, 45033), Why.QUOTA),
    **dict.fromkeys((40001, 40002, 40013, 40014, 40125, 40164, 41001, 42001, 42007), Why.NOT_ALLOWED),
    **dict.fromkeys((43107, 43108, 43116), Why.NOT_ALLOWED),
}
"""Error code → why, Official Account (wechat-facts §3, §4). A dead token stands here for one dead after renewal."""

WECOM_WHY: dict[int, Why] = {
    -1: Why.TEMPORARY,
    **dict.fromkeys((40003, 46004, 60111, 81013, 82001), Why.GONE),
    **dict.fromkeys((45009, 45011, 45033), Why.QUOTA),
    **dict.fromkeys((40001, 40013, 40014, 40056, 40091, 41001, 42001), Why.NOT_ALLOWED),
    **dict.fromkeys((48002, 50003, 60011, 60020, 301002, 701008), Why.NOT_ALLOWED),
    **dict.fromkeys((42003, 42022), Why.CONTENT),
}
"""Error code → why, WeCom (wechat-facts §6). 42003 and 42022: a card's code has run out or was used before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, read to its end."""

    content_type: str
    body: bytes

    @property
    def is_file(self) -> bool:
        """Whether this can be something a person sent: not empty, not a page, not JSON."""
        words = self.content_type.lower().startswith(("text/", "application/json"))
        return bool(self.body) and not words and self.json() is None

    def json(self) -> dict[str, Any] | None:
        """The JSON object in the body, whatever the content type says; None for anything else."""
        if self.body.lstrip()[:1] != b"{":
            return None
        try:
            value = json.loads(self.body.decode("utf-8", "replace"), strict=False)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


class Http:
    """Pooled connections with time-outs and caps; safe to share between threads.

    `timeout` is seconds to connect and seconds of silence; a whole answer may take three times as long.
    """

    def __init__(self, base_url: str, *, timeout: float) -> None:
        self._timeout = timeout
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_POOL)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Unpacking could turn a small answer into a huge one, and the platforms' answers are small anyway.
        self._session.headers["Accept-Encoding"] = "identity"
        # A company's proxy is used for the platform, never for a sandbox on the same machine.
        self._session.trust_env = urlsplit(base_url).hostname not in _LOOPBACK

    def exchange(self, method: str, url: str, *, cap: int, **kwargs: Any) -> Answer:
        """Sends one request and reads the answer. Raises NotSent; its words never hold an address, which has tokens."""
        # Not a time of day: only how long a drip-fed answer may keep a worker.
        deadline = time.monotonic() + _SLOWEST * self._timeout
        kwargs.setdefault("timeout", self._timeout)
        try:
            with self._session.request(method, url, stream=True, allow_redirects=False, **kwargs) as response:
                body = self._body(response.raw, cap, deadline)
                status, content_type = response.status_code, response.headers.get("Content-Type", "")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise NotSent(Why.TEMPORARY, f"no answer: {type(error).__name__}") from None
        if status != 200:
            raise NotSent(Why.TEMPORARY, f"HTTP {status}")
        return Answer(content_type, body)

    def _body(self, raw: Any, cap: int, deadline: float) -> bytes:
        pieces = bytearray()
        while piece := raw.read1(_PIECE, decode_content=False):
            pieces += piece
            if len(pieces) > cap:
                raise TooMuch(Why.CONTENT, f"an answer of more than {cap} bytes")
            if time.monotonic() > deadline:
                raise NotSent(Why.TEMPORARY, "an answer without end")
        return bytes(pieces)


class _Mended:
    """What both of wechatpy's clients need.

    Every call goes to the configured address with a time-out; the token is shared and renewed at most once a call; an
    answer that is not the platform's JSON, and every error code, is a NotSent. Attributes are set in `mend`, not in
    `__init__`: wechatpy looks at every property before `__init__` and lets only AttributeError pass.
    """

    API_BASE_URL: str
    _why: Mapping[int, Why]
    _base: str
    _calls: Http
    _tokens: Tokens

    def mend(self, base_url: str, tokens: Tokens, http: Http) -> None:
        self._base = base_url.rstrip("/")
        self._calls = http
        self._tokens = tokens

    @property
    def access_token(self) -> str:
        return self._tokens.current()

    def usage(self) -> Usage:
        """What is known of the account here, without a call."""
        return Usage(self._tokens.left(), self._tokens.calls_today())

    def fetch_access_token(self) -> NoReturn:
        raise NotImplementedError("tokens are renewed by Tokens alone")

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        base = kwargs.pop("api_base_url", self.API_BASE_URL)
        process = kwargs.pop("result_processor", None)
        result = self._ask(method, url_or_endpoint, base, cap=JSON_CAP, **kwargs).json()
        if result is None:
            raise NotSent(Why.TEMPORARY, "not JSON")
        return process(result) if process else result

    def download(self, endpoint: str, params: Mapping[str, str]) -> Answer:
        """A file. Raises NotSent, also when the answer is an error in the clothes of a file."""
        answer = self._ask("get", endpoint, self.API_BASE_URL, params=params, cap=MEDIA_CAP)
        # A video's answer is the address of the video.
        if not answer.is_file and "video_url" not in (answer.json() or {}):
            raise NotSent(Why.TEMPORARY, "not a file")
        return answer

    def fetch(self, url: str) -> Answer:
        """A picture by its address; only from the platforms' own hosts, without the token. Raises NotSent."""
        try:
            parts = urlsplit(url)
            host, port, own = parts.hostname, parts.port, urlsplit(self._base)
        except ValueError:
            raise NotSent(Why.CONTENT, "not an address") from None
        theirs = host in MEDIA_HOSTS and port in (None, 80, 443)
        if parts.scheme not in ("http", "https") or parts.username or not (theirs or parts.netloc == own.netloc):
            raise NotSent(Why.CONTENT, "an address that is not the platform's")
        answer = self._calls.exchange("get", url, cap=MEDIA_CAP)
        if not answer.is_file:
            raise NotSent(Why.TEMPORARY, "not a file")
        return answer

    def _ask(self, method: str, endpoint: str, base: str, *, cap: int, **kwargs: Any) -> Answer:
        """One call, and once more when the token was dead and there is another."""
        url = self._address(endpoint, base)
        params = dict(kwargs.pop("params", None) or {})
        own_token = "access_token" not in params
        token = self._tokens.current() if own_token else params["access_token"]
        if isinstance(kwargs.get("data"), dict):
            kwargs["data"] = json.dumps(kwargs["data"], ensure_ascii=False).encode("utf-8", "replace")
            kwargs.setdefault("headers", {})["Content-Type"] = "application/json"
        kwargs.pop("timeout", None)
        starts = [(file, file.tell()) for file in _open_files(kwargs.get("files"))]
        params["access_token"] = token
        self._tokens.count_call()
        answer = self._calls.exchange(method, url, cap=cap, params=params, **kwargs)
        if own_token and _errcode(answer) in _DEAD_TOKEN:
            fresh = self._tokens.renew(token)
            if fresh != token:
                for file, start in starts:
                    file.seek(start)
                params["access_token"] = fresh
                answer = self._calls.exchange(method, url, cap=cap, params=params, **kwargs)
        raise_for(answer, self._why)
        return answer

    def _address(self, endpoint: str, base: str) -> str:
        url = endpoint if endpoint.startswith(("http://", "https://")) else f"{base}{endpoint}"
        if url.startswith(f"{self._base}/"):
            return url
        parts = urlsplit(url)
        if parts.netloc not in _PLATFORM_HOSTS:
            raise NotSent(Why.NOT_ALLOWED, "a call to a host that is not the platform's")
        return f"{self._base}{parts.path}" + (f"?{parts.query}" if parts.query else "")


class _Media(WeChatMedia):
    def download(self, media_id: str) -> Answer:
        return self._client.download("media/get", {"media_id": media_id})


class _WorkMedia(WorkMedia):
    def download(self, media_id: str) -> Answer:
        return self._client.download("media/get", {"media_id": media_id})


class _QRCode(WeChatQRCode):
    def show(self, ticket: str | Mapping[str, str]) -> Answer:
        number = ticket if isinstance(ticket, str) else ticket["ticket"]
        return self._client.download("showqrcode", {"ticket": number})


class OfficialClient(_Mended, WeChatClient):
    """wechatpy's client of an Official Account."""

    _why = OFFICIAL_WHY
    media = _Media()
    qrcode = _QRCode()


class WeComClient(_Mended, WorkClient):
    """wechatpy's client of a WeCom app."""

    _why = WECOM_WHY
    media = _WorkMedia()


def official_client(
    settings: OfficialAccount, *, redis: redis.Redis, clock: Callable[[], datetime], backup: TokenBackup | None
) -> OfficialClient:
    """A client of an Official Account, whose token comes from `stable_token`: it does not kill the one before."""
    app_id, secret = settings.app_id, settings.app_secret.get_secret_value()
    http = Http(settings.api_base_url, timeout=settings.timeout_seconds)

    def fetch(*, force: bool) -> tuple[str, int]:
        body = {"grant_type": "client_credential", "appid": app_id, "secret": secret, "force_refresh": force}
        url = f"{settings.api_base_url.rstrip('/')}/cgi-bin/stable_token"
        return _token(http.exchange("post", url, cap=JSON_CAP, json=body), OFFICIAL_WHY)

    wait = _RENEWAL * settings.timeout_seconds
    client = OfficialClient(app_id, secret)
    client.mend(
        settings.api_base_url,
        Tokens(f"official:{app_id}:", fetch, redis=redis, clock=clock, backup=backup, wait=wait),
        http,
    )
    return client


def wecom_client(
    settings: WeCom, *, redis: redis.Redis, clock: Callable[[], datetime], backup: TokenBackup | None
) -> WeComClient:
    """A client of one app of a corp. Every app has a token of its own."""
    corp_id, secret = settings.corp_id, settings.secret.get_secret_value()
    http = Http(settings.api_base_url, timeout=settings.timeout_seconds)

    def fetch(*, force: bool) -> tuple[str, int]:
        # The platform cannot be forced: inside its life it answers the same token.
        url = f"{settings.api_base_url.rstrip('/')}/cgi-bin/gettoken"
        params = {"corpid": corp_id, "corpsecret": secret}
        return _token(http.exchange("get", url, cap=JSON_CAP, params=params), WECOM_WHY)

    wait = _RENEWAL * settings.timeout_seconds
    client = WeComClient(corp_id, secret)
    client.mend(
        settings.api_base_url,
        Tokens(f"wecom:{corp_id}:{settings.agent_id}", fetch, redis=redis, clock=clock, backup=backup, wait=wait),
        http,
    )
    return client


def download(client: OfficialClient | WeComClient, media_id: str, url: str) -> tuple[bytes, str]:
    """A file somebody sent and its content type: by its address where that is the platform's own, else by its id.

    Raises NotSent.
    """
    if url:
        try:
            answer = client.fetch(url)
        except NotSent as failure:
            if not media_id or isinstance(failure, TooMuch):
                raise
        else:
            return answer.body, answer.content_type
    answer = client.media.download(media_id)
    video = (answer.json() or {}).get("video_url")
    if video is not None:
        answer = client.fetch(str(video))
    return answer.body, answer.content_type


def probe(client: OfficialClient | WeComClient) -> dict[str, Any]:
    """Token and platform: "ok" or what the platform said."""
    state: dict[str, Any] = {"token": "ok", "platform": "ok"}
    try:
        token = client.access_token
    except NotSent as failure:
        return {"token": failure.detail, "platform": failure.detail if failure.errcode is None else "ok"}
    try:
        client.get("get_api_domain_ip", params={"access_token": token})
    except NotSent as failure:
        state["platform"] = failure.detail
    return state


def raise_for(answer: Answer, why: Mapping[int, Why]) -> None:
    """Raises NotSent when the answer is the platform's error envelope, whatever it was meant to be."""
    code = _errcode(answer)
    if code:
        message = str((answer.json() or {}).get("errmsg", ""))[:200]
        reason = why.get(code) or _BY_THOUSAND.get(code // 1000, Why.TEMPORARY)
        raise NotSent(reason, f"{code} {message}", errcode=code)


def _token(answer: Answer, why: Mapping[int, Why]) -> tuple[str, int]:
    raise_for(answer, why)
    result = answer.json() or {}
    token, seconds = result.get("access_token"), result.get("expires_in", 7200)
    if not isinstance(token, str) or not 0 < len(token) <= 2048:
        raise NotSent(Why.TEMPORARY, "no token in the answer")
    return token, min(seconds, 7200) if isinstance(seconds, int) and seconds > 0 else 7200


def _errcode(answer: Answer) -> int:
    """The error code of an answer; 0 for none."""
    code = (answer.json() or {}).get("errcode", 0)
    if isinstance(code, str) and code.removeprefix("-").isdecimal() and len(code) < 10:
        return int(code)
    return code if isinstance(code, int) else -1


def _open_files(files: Any) -> list[Any]:
    """The file objects of a `files` argument of requests, which reads them to the end."""
    values = list(files.values()) if isinstance(files, dict) else [value for _, value in files or ()]
    parts = [value[1] if isinstance(value, tuple) else value for value in values]
    return [part for part in parts if hasattr(part, "seek") and hasattr(part, "tell")]
