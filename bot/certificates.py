"""The page of a certificate of service hours: ready to be printed, and the proof that it is genuine."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from bot import public
from bot.limiter import Limiter
from models import certificates
from models.clock import local
from models.db import Database
from texts import ledger

PAGE = Markup(
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>'
    "body{{font:18px/1.8 serif;max-width:34em;margin:0 auto;padding:1em;color:#111;background:#fff}}"
    "main{{border:3px double #0b6b5b;padding:2em 1.5em;margin:1em 0}}h1{{text-align:center;letter-spacing:.3em}}"
    "p{{text-indent:2em;margin:.6em 0}}p.plain,dl{{text-indent:0}}dt{{font-size:.85em;color:#555}}dd{{margin:0 0 .6em}}"
    "p.signed{{text-align:right}}@media print{{.only-screen{{display:none}}}}@page{{size:A4;margin:25mm}}"
    "</style><main><h1>{title}</h1>{parts}</main>{hint}"
)


class CertificatePages:
    """Shows what was certified to whoever has the code. A wrong code and somebody who was erased look the same."""

    def __init__(self, database: Database, *, site_name: str, limiter: Limiter) -> None:
        self._database = database
        self._site_name = site_name
        self._limiter = limiter

    def blueprint(self) -> Blueprint:
        """The page, to be mounted at the root."""
        pages = Blueprint("certificates", __name__)
        public.guard(pages)
        public.limit(pages, self._limiter, show=_plain)

        @pages.get("/certificate/<code>")
        def page(code: str) -> ResponseReturnValue:
            with self._database.reading() as session:
                found = certificates.find(session, code)
            if found is None:
                return _plain(ledger.NO_CERTIFICATE_TITLE, ledger.NO_CERTIFICATE), 404
            certificate, name = found
            said = ledger.certified(
                name, certificate.tasks, certificate.minutes, certificate.first_day, certificate.last_day
            )
            parts = Markup("<p>{said}</p><p class=signed>{site}<br>{day}</p><p class=plain>{check}</p>").format(
                said=said,
                site=self._site_name,
                day=ledger.on_day(local(certificate.issued_at).date()),
                check=ledger.check_line(certificates.as_printed(code)),
            )
            hint = Markup('<p class="plain only-screen">{}</p>').format(ledger.CERTIFICATE_HINT)
            return PAGE.format(title=ledger.CERTIFICATE_TITLE, parts=parts, hint=hint)

        return pages


def _plain(title: str, said: str) -> Markup:
    return PAGE.format(title=title, parts=Markup("<p class=plain>{}</p>").format(said), hint="")
