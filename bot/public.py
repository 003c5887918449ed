"""What the pages for everybody have in common: nothing else is let in, nothing is kept, and nobody tries codes."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from bot.limiter import Limiter
from texts import answers

MOST_A_MINUTE = 30
"""Visits of one address; a page is opened and answered with two."""

PAGE = Markup(
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><title>{title}</title><style>'
    "body{{background:Canvas;color:CanvasText;font:20px/1.7 sans-serif;max-width:32em;margin:0 auto;padding:1em}}"
    "p{{white-space:pre-line}}a{{display:inline-block;padding:.25em 0}}"
    "</style><main><h1>{title}</h1><p>{said}</p>{more}</main>"
)


def plain(title: str, said: str, more: Markup = Markup("")) -> str:
    """A page of a title and a few sentences."""
    return PAGE.format(title=title, said=said, more=more)


def guard(pages: Blueprint, *, loads: str = "") -> None:
    """Every answer of `pages` has the headers; `loads` is what they may load beside their own style."""
    policy = f"{loads}style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    headers = {
        "Content-Security-Policy": f"default-src 'none'; {policy}",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
        "Cache-Control": "private, no-store",
    }

    @pages.after_request
    def guarded(response: Response) -> Response:
        response.headers.update(headers)
        return response


def limit(pages: Blueprint, limiter: Limiter, *, show: Callable[[str, str], str]) -> None:
    """Whoever comes too often is told so by `show`, a page of a title and a sentence."""

    @pages.before_request
    def often() -> ResponseReturnValue | None:
        if limiter.passes(pages.name, request.remote_addr or "", most=MOST_A_MINUTE):
            return None
        return show(answers.TOO_OFTEN_TITLE, answers.TOO_OFTEN), 429
