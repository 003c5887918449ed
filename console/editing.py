"""What the pages of editing have in common: a form that was not taken, with what is wrong beside its field."""

from __future__ import annotations

from typing import Any

from flask import request

from console.house import field
from models.slips import Slipped
from texts import editing as said

LONGEST = 2000
"""Of one field, as it is shown once more."""


def beside(button: str, slipped: Slipped | None) -> dict[str, Any]:
    """For templates/_editing.html: where the fault is, what it is, and what was written in the form of `button`."""
    if slipped is None:
        return {"slip_at": "", "slip": "", "button": "", "draft": {}}
    return {
        "slip_at": f"{button}.{slipped.column}",
        "slip": said.slip(slipped),
        "button": button,
        "draft": {name: field(name, most=LONGEST) for name in request.form},
    }
