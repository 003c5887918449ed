"""`python -m sandbox --config FILE --port N`: the pretend platform as a program of its own."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from types import FrameType

import yaml

from sandbox.app import serve
from sandbox.config import ConfigInvalid, SandboxConfig


def main() -> None:
    """Serves until it is told to stop. Exit code 2 for a configuration that cannot be used, 1 for a port."""
    parser = argparse.ArgumentParser(prog="sandbox", description="A pretend WeChat and WeCom platform.")
    parser.add_argument("--config", type=Path, required=True, help="YAML or JSON: accounts, people, rules, bounds")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args()
    try:
        config = SandboxConfig.from_dict(yaml.safe_load(given.config.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ConfigInvalid) as fault:
        parser.exit(2, f"{given.config}: {fault}\n")

    def stop(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    try:
        serve(config, given.host, given.port)
    except OSError as fault:
        parser.exit(1, f"{given.host}:{given.port}: {fault.strerror}\n")


if __name__ == "__main__":
    main()
