"""How the tests call the Official Account's API, and the smallest files it takes."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.conftest import Street

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 32
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 32
AMR = b"#!AMR\n" + b"0" * 32
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"0" * 32
FILES = {"image": PNG, "voice": AMR, "video": MP4, "thumb": JPEG}

ZHANG, CHEN, LI = "demo-resident-1", "demo-resident-2", "demo-member-1"


def call(street: Street, path: str, body: Any = None, **query: Any) -> Any:
    """A call with a valid token, its body in raw UTF-8; paths without a folder are under cgi-bin."""
    response = send(street, path, body, **query)
    assert response.status_code == 200, response.text
    return response.json()


def send(street: Street, path: str, body: Any = None, *, files: Any = None, **query: Any) -> Any:
    """The same, the response itself."""
    if "official" not in street.tokens:
        street.tokens["official"] = street.new_token("official")
    known = ("cgi-bin/", "customservice/", "wxaapi/", "datacube/", "sns/", "connect/", "mp/")
    url = f"{street.url}/official/{path if path.startswith(known) else 'cgi-bin/' + path}"
    query = {"access_token": street.tokens["official"], **query}
    if files is not None:
        return street.session.post(url, params=query, files=files, timeout=10)
    if body is None:
        return street.session.get(url, params=query, timeout=10, allow_redirects=False)
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return street.session.post(url, params=query, data=data, timeout=10)


def code(street: Street, path: str, body: Any = None, **query: Any) -> int:
    """The errcode of a call, 0 for a success."""
    found: int = call(street, path, body, **query).get("errcode", 0)
    return found


def upload(street: Street, kind: str, path: str = "media/upload", name: str = "") -> str:
    """The media_id of a small file of this kind."""
    files = {"media": (name or f"a.{kind}", FILES[kind])}
    media_id: str = send(street, path, files=files, type=kind).json()["media_id"]
    return media_id


def article(thumb: str, title: str = "楼道清洁") -> dict[str, Any]:
    """The body of draft/add with one article."""
    return {"articles": [{"title": title, "content": "<p>周六上午</p>", "digest": "周六", "thumb_media_id": thumb}]}
