"""A host map for clients that write the platforms' addresses into their own sources."""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter


class HostMap(HTTPAdapter):
    """Sends what is meant for one of the platforms' hosts to the sandbox, and nothing anywhere else."""

    def __init__(self, sandbox: str) -> None:
        super().__init__()
        self._where = {
            "https://api.weixin.qq.com": f"{sandbox}/official",
            "https://mp.weixin.qq.com": f"{sandbox}/official",
            "https://qyapi.weixin.qq.com": f"{sandbox}/wecom",
        }

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        for host, there in self._where.items():
            if request.url.startswith(f"{host}/"):
                request.url = there + request.url.removeprefix(host)
                return super().send(request, *args, **kwargs)
        raise requests.ConnectionError(f"{request.url} is not on this machine")
