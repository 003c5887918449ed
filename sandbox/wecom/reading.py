"""Reads the parameters of a WeCom call; what is missing, of another type or too long gets the platform's refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.api import Refused


def invalid(why: str) -> Refused:
    """40058 in the platform's words for a parameter that is not as it should be."""
    return Refused(40058, f"{why}. invalid Request Parameter")


def text_of(
    data: Mapping[str, Any], name: str, *, most: int = 4096, missing: int | None = 40058, numbers: bool = False
) -> str:
    """The text of at most so many bytes. An empty or missing one is refused with `missing`, and is "" where that is
    None; `numbers` allows the value to be a whole number.
    """
    value = data.get(name)
    if numbers and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        if missing is None:
            return ""
        raise invalid(f"{name} missing") if missing == 40058 else Refused(missing)
    if not isinstance(value, str):
        raise invalid(f"field `{name}` expected type `string`")
    if len(value.encode()) > most:
        raise invalid(f"{name} exceed max length {most}")
    return value


def whole_of(data: Mapping[str, Any], name: str, default: int | None = None, *, most: int = 2**31 - 1) -> int:
    """The whole number between 0 and `most`, which may be written as text; refused without a default."""
    value = data.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 11:
        value = int(value)
    if value in (None, "") and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise invalid(f"field `{name}` unexpected value")
    return value


def texts_of(data: Mapping[str, Any], name: str, *, most: int, code: int = 40058) -> list[str]:
    """The list of texts, each once, at most so many; a missing one is empty. Too many are refused with `code`."""
    value = data.get(name)
    if value in (None, ""):
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid(f"field `{name}` expected type `array`")
    if len(value) > most:
        raise Refused(code, "" if code != 40058 else f"{name} exceed max size {most}. invalid Request Parameter")
    return list(dict.fromkeys(value))


def numbers_of(data: Mapping[str, Any], name: str, *, most: int) -> list[int]:
    """The list of whole numbers, each once, at most so many; a missing one is empty."""
    value = data.get(name)
    if value in (None, ""):
        return []
    if not isinstance(value, list) or not all(isinstance(item, int | str) for item in value):
        raise invalid(f"field `{name}` expected type `array`")
    if len(value) > most:
        raise invalid(f"{name} exceed max size {most}")
    return list(dict.fromkeys(whole_of({name: item}, name) for item in value))


def part_of(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object of this name; refused when there is none."""
    value = data.get(name)
    if not isinstance(value, dict):
        raise invalid(f"{name} missing")
    return value


def parts_of(data: Mapping[str, Any], name: str, *, most: int, code: int = 40058) -> list[dict[str, Any]]:
    """The objects of this list, one at least; none or too many are refused with `code`."""
    value = data.get(name)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise invalid(f"field `{name}` expected type `array`")
    if not 1 <= len(value) <= most:
        raise Refused(code)
    return value
