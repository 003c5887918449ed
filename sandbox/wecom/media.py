"""WeCom's files: uploaded, fetched from an address, downloaded."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

import urllib3
from flask import Response, request
from werkzeug.datastructures import FileStorage

from sandbox.api import Refused
from sandbox.media import sniff
from sandbox.stores import Medium
from sandbox.wecom.corp import App, Upload
from sandbox.wecom.reading import text_of, whole_of

_MEGABYTE = 1024 * 1024
_UPLOADS = {
    "image": (10 * _MEGABYTE, ("image/jpeg", "image/png")),
    "voice": (2 * _MEGABYTE, ("audio/amr",)),
    "video": (10 * _MEGABYTE, ("video/mp4",)),
    "file": (20 * _MEGABYTE, ()),
}
_SMALLEST = 6
_PICTURE = (2 * _MEGABYTE, ("image/jpeg", "image/png"))
_OWN_HOSTS = ("127.0.0.1", "::1", "localhost")
"""From where upload_by_url fetches: the sandbox reaches no other machine."""


def upload(app: App) -> dict[str, Any]:
    """POST media/upload."""
    medium_type = request.args.get("type") or ""
    if medium_type not in _UPLOADS:
        raise Refused(40004)
    return _kept(keep_upload(app, medium_type, *_UPLOADS[medium_type]))


def keep_upload(app: App, medium_type: str, limit: int, types: tuple[str, ...]) -> Medium:
    """Keeps the file of a multipart request. Raises Refused with 44001, 40006, 45001 or 40005."""
    file: FileStorage | None = request.files.get("media") or next(iter(request.files.values()), None)
    if file is None:
        raise Refused(44001)
    return _keep(app, medium_type, file.read(limit + 1), file.filename or "", limit, types)


def _keep(app: App, medium_type: str, data: bytes, name: str, limit: int, types: tuple[str, ...]) -> Medium:
    if len(data) < _SMALLEST:
        raise Refused(40006)
    if len(data) > limit:
        raise Refused(45001)
    content_type = sniff(data)
    if types and content_type not in types:
        raise Refused(40005)
    return app.world.keep(app.account, type=medium_type, content_type=content_type, data=data, name=name)


def _kept(medium: Medium) -> dict[str, Any]:
    created = str(int(medium.created_at.timestamp()))
    return {"errcode": 0, "errmsg": "", "type": medium.type, "media_id": medium.id, "created_at": created}


def upload_picture(app: App) -> dict[str, Any]:
    """POST media/uploadimg: a picture for the pages of mpnews, by its address."""
    medium = keep_upload(app, "image", *_PICTURE)
    base = app.world.config.public_url.rstrip("/") or request.host_url.rstrip("/")
    return {"errcode": 0, "errmsg": "ok", "url": f"{base}/media/{medium.id}"}


def download(app: App) -> Response:
    """GET media/get: the bytes."""
    media_id = request.args.get("media_id")
    if not media_id:
        raise Refused(41006)
    medium = app.world.medium(app.account, media_id)
    if medium is None:
        raise Refused(40007)
    response = Response(medium.data, content_type=medium.content_type)
    response.headers.set(
        "Content-Disposition", "attachment", filename=re.sub(r"[^\w.-]", "_", medium.name, flags=re.ASCII)
    )
    return response


def download_voice(app: App) -> Response:
    """GET media/get/jssdk: a voice in full quality."""
    medium = app.world.medium(app.account, request.args.get("media_id"))
    if medium is None or medium.type != "voice":
        raise Refused(40007)
    return download(app)


def upload_by_url(app: App) -> dict[str, Any]:
    """POST media/upload_by_url: fetches the file in the background and reports it by upload_media_job_finish."""
    data = app.body()
    if whole_of(data, "scene") != 1:
        raise Refused(40058)
    medium_type = text_of(data, "type")
    if medium_type not in ("video", "file"):
        raise Refused(40004)
    url, md5, name = text_of(data, "url", most=1024), text_of(data, "md5", most=64), text_of(data, "filename", most=64)
    job, work = secrets.token_urlsafe(24), Upload(app.account.key)
    app.corp.uploads.put(job, work)

    def fetch() -> None:
        try:
            content = _fetched(url)
            if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5.lower():
                raise Refused(301019)
            medium = _keep(app, medium_type, content, name, *_UPLOADS[medium_type])
            work.media_id, work.created_at = medium.id, str(int(medium.created_at.timestamp()))
            work.code = 0
        except Refused as refused:
            work.code = refused.code
        person = next(iter(app.members()), None)
        if person is not None:
            fields = {"Event": "upload_media_job_finish", "JobId": job}
            app.corp.callbacks.event(app.account, person, fields)

    if not app.world.background.add(fetch):
        raise Refused(45009)
    return {"errcode": 0, "errmsg": "ok", "jobid": job}


def _fetched(url: str) -> bytes:
    """What is at this address of this machine. Raises Refused with 830001, 830003 or 45001."""
    try:
        host = urlsplit(url).hostname
    except ValueError as error:
        raise Refused(830001) from error
    if not url.startswith(("http://", "https://")) or host not in _OWN_HOSTS:
        raise Refused(830001)
    limit = _UPLOADS["file"][0]
    try:
        with urllib3.PoolManager(retries=False) as http:
            answer = http.request("GET", url, timeout=urllib3.Timeout(total=10), redirect=False, preload_content=False)
            data = answer.read(limit + 1)
            answer.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Refused(830003) from error
    if answer.status != 200:
        raise Refused(830003)
    if len(data) > limit:
        raise Refused(45001)
    return data


def upload_result(app: App) -> dict[str, Any]:
    """POST media/get_upload_by_url_result: status 1 under way, 2 done, 3 failed."""
    job = app.corp.uploads.get(text_of(app.body(), "jobid"))
    if job is None or job.channel != app.account.key:
        raise Refused(40058, "invalid jobid")
    answer: dict[str, Any] = {"errcode": 0, "errmsg": "ok", "status": 1}
    if job.code is None:
        return answer
    if job.code:
        return {**answer, "status": 3, "detail": app.platform.refusal(Refused(job.code))}
    done = {"errcode": 0, "errmsg": "ok", "media_id": job.media_id, "created_at": job.created_at}
    return {**answer, "status": 2, "detail": done}
