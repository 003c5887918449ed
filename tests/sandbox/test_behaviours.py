"""Every behaviour of the platforms holds, and its check fails where the behaviour is switched off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.sandbox import behaviours_delivery, behaviours_official, behaviours_wecom
from tests.sandbox.behaviour import Behaviour, name_of
from tests.sandbox.conftest import Street

ROWS = [row for module in (behaviours_delivery, behaviours_official, behaviours_wecom) for row in module.behaviour.rows]


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_the_sandbox_behaves_like_the_platform(open_street: Callable[..., Street], row: Behaviour) -> None:
    row.holds(open_street)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_the_check_fails_where_the_behaviour_is_switched_off(
    open_street: Callable[..., Street], monkeypatch: pytest.MonkeyPatch, row: Behaviour
) -> None:
    row.is_missed(open_street, monkeypatch)
