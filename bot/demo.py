"""The demonstration's accounts on the pretend platform, with secrets made on the spot."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from typing import Any

from bot.settings import Settings
from models import demo

OF_THE_STREET = {
    "site": {"name": demo.NAME},
    "dispatch": {"quiet_from": "00:00", "quiet_until": "00:00"},
    "limits": {"office_open": "00:00", "office_close": "23:59"},
}
"""What an installation on the demo street has by itself, by section: its name, and hours in which nobody sleeps, so
that whoever tries it at night sees it work.
"""


def with_demo_channels(settings: Settings, *, port: int, sandbox_port: int) -> tuple[Settings, Path]:
    """The settings with two accounts of the pretend platform, and the file that tells the platform of them.

    The secrets are made at the first start and kept beside the data, so that a second start goes on.
    """
    folder = settings.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "demo-accounts.json"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(_new_secrets()), encoding="utf-8")
    known = json.loads(kept.read_text(encoding="utf-8"))
    platform = f"http://127.0.0.1:{sandbox_port}"
    ours = f"http://127.0.0.1:{port}"
    official = {**known["official"], "kind": "official_account", "abilities": "service", "mode": "safe"}
    wecom = {**known["wecom"], "kind": "wecom"}
    channels = {
        "official": {**official, "api_base_url": f"{platform}/official", "templates": known["templates"]},
        "wecom": {**wecom, "api_base_url": f"{platform}/wecom", "sign_in_url": f"{platform}/wecom"},
    }
    file = folder / "sandbox.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(_sandbox(known, ours), ensure_ascii=False), encoding="utf-8")
    values = settings.model_dump(exclude={"channels"})
    if "public_url" not in settings.site.model_fields_set:
        values["site"]["public_url"] = ours
    return Settings.model_validate({**_of_the_street(values, settings), "channels": channels}), file


def _of_the_street(values: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The street's own, unless the settings say something else."""
    for part, own in OF_THE_STREET.items():
        if not own.keys() & getattr(settings, part).model_fields_set:
            values[part] |= own
    return values


def _new_secrets() -> dict[str, Any]:
    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")

    while not (official_key := key()).isalnum():
        continue
    while not (wecom_key := key()).isalnum():
        continue
    return {
        "official": {
            "app_id": f"wx{secrets.token_hex(8)}",
            "app_secret": secrets.token_hex(16),
            "token": secrets.token_hex(8),
            "encoding_aes_key": official_key,
        },
        "wecom": {
            "corp_id": f"ww{secrets.token_hex(8)}",
            "agent_id": 1000002,
            "secret": secrets.token_hex(16),
            "token": secrets.token_hex(8),
            "encoding_aes_key": wecom_key,
        },
        "templates": {"finished": "demo-finished", "offer": "demo-offer", "accepted": "demo-accepted"},
    }


def _sandbox(known: dict[str, Any], ours: str) -> dict[str, Any]:
    official, wecom = known["official"], known["wecom"]
    return {
        "accounts": [
            {
                "key": "official",
                "kind": "official_account",
                "name": demo.NAME,
                "app_id": official["app_id"],
                "secret": official["app_secret"],
                "token": official["token"],
                "encoding_aes_key": official["encoding_aes_key"],
                "mode": "safe",
                "abilities": "service",
                "callback_url": f"{ours}/wechat/official",
            },
            {
                "key": "wecom",
                "kind": "wecom",
                "name": demo.NAME,
                **wecom,
                "callback_url": f"{ours}/wechat/wecom",
            },
        ]
    }
