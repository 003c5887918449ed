"""A small platform on loopback for the tests that call one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.support import Platform, running


@pytest.fixture
def platform() -> Iterator[Platform]:
    with running() as server:
        yield server
