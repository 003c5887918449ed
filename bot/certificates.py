"""A certificate of service hours, as a page and as a PDF: ready to be printed, and the proof that it is genuine."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from bot import public
from bot.limiter import Limiter
from models import certificates, pdf
from models.clock import local
from models.db import Database
from texts import ledger

PAGE = Markup(
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>'
    "body{{font:18px/1.8 serif;max-width:34em;margin:0 auto;padding:1em;color:#111;background:#fff}}"
    "body{{overflow-wrap:anywhere}}"
    "main{{border:3px double #0b6b5b;padding:2em 1.5em;margin:1em 0}}"
    "h1{{text-align:center;letter-spacing:.3em;font-size:clamp(1.125rem,5vw,2rem)}}"
    "p{{text-indent:2em;margin:.6em 0}}p.plain,dl{{text-indent:0}}dt{{font-size:.85em;color:#555}}dd{{margin:0 0 .6em}}"
    "p.plain a{{display:inline-block;padding:.375em 0}}"
    "p.signed{{text-align:right}}@media print{{.only-screen{{display:none}}}}@page{{size:A4;margin:25mm}}"
    "</style><main><h1>{title}</h1>{parts}</main>{hint}"
)


class CertificatePages:
    """Shows what was certified to whoever has the code. A wrong code and somebody who was erased look the same."""

    def __init__(self, database: Database, *, site_name: str, public_url: str = "", limiter: Limiter) -> None:
        self._database = database
        self._site_name = site_name
        self._public_url = public_url.rstrip("/")
        self._limiter = limiter

    def blueprint(self) -> Blueprint:
        """The page and the file, to be mounted at the root."""
        pages = Blueprint("certificates", __name__)
        public.guard(pages)
        public.limit(pages, self._limiter, show=_plain)

        @pages.get("/certificate/<code>")
        def page(code: str) -> ResponseReturnValue:
            words = self._words(code)
            if words is None:
                return _plain(ledger.NO_CERTIFICATE_TITLE, ledger.NO_CERTIFICATE), 404
            parts = Markup("<p>{said}</p><p class=signed>{site}<br>{day}</p>{check}").format(
                said=words.said,
                site=words.site,
                day=words.day,
                check=Markup("").join(Markup("<p class=plain>{}</p>").format(each) for each in words.check),
            )
            hint = Markup('<p class="plain only-screen"><a href="{href}">{file}</a></p>').format(
                href=url_for(".file", code=words.code), file=ledger.CERTIFICATE_FILE
            )
            hint += Markup('<p class="plain only-screen">{}</p>').format(ledger.CERTIFICATE_HINT)
            return PAGE.format(title=words.title, parts=parts, hint=hint)

        @pages.get("/certificate/<code>.pdf")
        def file(code: str) -> ResponseReturnValue:
            words = self._words(code)
            if words is None:
                return _plain(ledger.NO_CERTIFICATE_TITLE, ledger.NO_CERTIFICATE), 404
            response = Response(_printed(words), mimetype="application/pdf")
            response.headers["Content-Disposition"] = 'inline; filename="certificate.pdf"'
            return response

        return pages

    def _words(self, code: str) -> _Words | None:
        """What stands on the certificate behind a code, the same on the page and in the file; None for no such one."""
        with self._database.reading() as session:
            found = certificates.find(session, code)
        if found is None:
            return None
        made, name = found
        printed = certificates.as_printed(code)
        return _Words(
            code=printed,
            title=ledger.CERTIFICATE_TITLE,
            said=ledger.certified(name, made.tasks, made.minutes, made.first_day, made.last_day),
            site=self._site_name,
            day=ledger.on_day(local(made.issued_at).date()),
            check=ledger.check_lines(printed, f"{self._public_url}/certificate/{printed}" if self._public_url else ""),
        )


@dataclass(frozen=True, slots=True)
class _Words:
    code: str
    title: str
    said: str
    site: str
    day: str
    check: tuple[str, ...]


def _printed(words: _Words) -> bytes:
    return pdf.page(
        words.title,
        [
            pdf.Paragraph(words.title, size=26, align="centre", spread=8, above=24),
            pdf.Paragraph(words.said, size=15, indent=2, above=36),
            pdf.Paragraph(words.site, size=15, align="right", above=48),
            pdf.Paragraph(words.day, size=15, align="right", above=0),
            *(pdf.Paragraph(each, size=11, above=40 if at == 0 else 0) for at, each in enumerate(words.check)),
        ],
    )


def _plain(title: str, said: str) -> Markup:
    return PAGE.format(title=title, parts=Markup("<p class=plain>{}</p>").format(said), hint="")
