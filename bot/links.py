"""The page behind a one-time link: the matter without personal data, and the one answer of whoever has no account."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from bot import public
from bot.limiter import Limiter
from bot.logs import logger
from bot.media import LARGEST_PHOTO
from bot.pictures import Unfit
from models import links
from models.attachment import Failure
from models.category import Category
from models.clock import Clock
from models.db import Database
from models.errors import Refused
from models.party import Link
from models.photos import Keep
from models.ticket import Ticket, TicketWords, WordsKind
from nlp.extract import mask
from texts import answers

log = logger(__name__)

MOST_WORDS = 1000
MOST_SAID = 12
MOST_PHOTOS = 3
LARGEST_FORM = 16 * 1024

PAGE = Markup(
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
    "<title>{title}</title><style>"
    "body{{font:18px/1.6 sans-serif;max-width:34em;margin:0 auto;padding:1em}}"
    "h1{{font-size:1.3em}}h2{{font-size:1.05em}}fieldset{{border:1px solid #8886;border-radius:8px}}"
    "dt{{opacity:.7;font-size:.85em}}dd{{margin:0 0 .6em}}blockquote{{margin:.4em 0;padding:.4em .8em;"
    "border-left:4px solid #4a7;overflow-wrap:anywhere;white-space:pre-wrap}}"
    "label{{display:block;padding:.4em 0}}textarea{{width:100%;box-sizing:border-box;font:inherit;min-height:6em}}"
    "input[type=file]{{display:block;font:inherit;max-width:100%;min-height:44px}}"
    "button{{font:inherit;min-height:44px;padding:.4em 1em;width:100%;border:0;border-radius:8px;"
    "background:#0b6b5b;color:#fff}}.bad{{color:#b00020}}"
    "@media (prefers-color-scheme:dark){{.bad{{color:#ff8a95}}}}"
    "</style><main><h1>{title}</h1>{parts}</main>"
)

FORM = Markup(
    '<form method="post" enctype="multipart/form-data"><input type="hidden" name="proof" value="{proof}">{fault}'
    "<fieldset><legend>{legend}</legend>"
    '<label><input type="radio" name="answer" value="finish" required{finish}> {done}</label>{back}</fieldset>'
    '<label>{how}<textarea name="words" maxlength="{most}" required>{words}</textarea></label>'
    '<label>{photos}<input type="file" name="photo" accept="image/*" multiple></label>'
    "<button>{send}</button></form><p>{hint}</p>"
)

BACK = Markup('<label><input type="radio" name="answer" value="return" required{chosen}> {label}</label>')


class LinkPages:
    """Shows what a link opens and takes its one answer. A wrong, used, expired and revoked link look the same."""

    def __init__(
        self,
        database: Database,
        photo: Callable[[bytes, str], Keep],
        *,
        secret: str,
        clock: Clock,
        wake: Callable[[Session], None],
        limiter: Limiter,
    ) -> None:
        """`photo` stores one of a type, checked and redrawn; it raises Unfit."""
        self._database = database
        self._photo = photo
        self._key = hashlib.sha256(f"links {secret}".encode()).digest()
        self._clock = clock
        self._wake = wake
        self._limiter = limiter

    def _proof(self, token: str) -> str:
        """What only the page knows: whoever posts has opened it before."""
        return hmac.new(self._key, token.encode(errors="replace"), hashlib.sha256).hexdigest()

    def blueprint(self) -> Blueprint:
        """The pages, to be mounted at the root."""
        pages = Blueprint("links", __name__)
        public.guard(pages)
        public.limit(pages, self._limiter, show=_plain)

        @pages.before_request
        def bound() -> ResponseReturnValue | None:
            request.max_content_length = LARGEST_FORM
            if request.method == "POST":
                # Nothing large is read for whoever has no link that holds.
                with self._database.reading() as session:
                    if links.opened(session, (request.view_args or {}).get("token", ""), now=self._clock()) is None:
                        return _nothing()
                request.max_content_length += MOST_PHOTOS * LARGEST_PHOTO
            return None

        @pages.errorhandler(RequestEntityTooLarge)
        def too_large(_: RequestEntityTooLarge) -> ResponseReturnValue:
            return _plain(answers.TOO_LARGE_TITLE, answers.TOO_LARGE), 413

        @pages.get("/answer/thanks")
        def thanks() -> str:
            return _plain(answers.THANKS_TITLE, answers.THANKS)

        @pages.get("/answer/<token>")
        def page(token: str) -> ResponseReturnValue:
            return self._page(token)

        @pages.post("/answer/<token>")
        def answered(token: str) -> ResponseReturnValue:
            proof, answer = request.form.get("proof", ""), request.form.get("answer", "")
            if not hmac.compare_digest(self._proof(token).encode(), proof.encode(errors="replace")):
                return _nothing()
            words = _clean(request.form.get("words", ""))
            if answer not in ("finish", "return") or not words:
                return self._page(token, fault=answers.SAY_SOMETHING, words=words, answer=answer)
            try:
                sent = self._photos()
            except Unfit as unfit:
                return self._page(token, fault=answers.PHOTO_FAULTS[unfit.why], words=words, answer=answer)
            now = self._clock()
            try:
                with self._database.transaction() as session:
                    is_taken = links.answer(session, token, words, finished=answer == "finish", now=now, photos=sent)
            except Refused as refused:
                if refused.reason not in answers.FAULTS:
                    raise
                return self._page(token, fault=answers.FAULTS[refused.reason], words=words)
            if not is_taken:
                return _nothing()
            self._wake(session)
            log.info("answered by link", answer=answer, photos=len(sent))
            return redirect(url_for(".thanks"), 303)

        return pages

    def _photos(self) -> list[Keep]:
        """What was sent with the form, stored. Raises Unfit, before anything is stored where there are too many."""
        given = [each for each in request.files.getlist("photo") if each.filename]
        if len(given) > MOST_PHOTOS:
            raise Unfit(Failure.TOO_BIG)
        return [self._photo(each.stream.read(LARGEST_PHOTO + 1), each.mimetype) for each in given]

    def _page(self, token: str, *, fault: str = "", words: str = "", answer: str = "") -> ResponseReturnValue:
        """The matter and the form, or what everybody sees who has no link that holds."""
        with self._database.reading() as session:
            found = links.opened(session, token, now=self._clock())
            if found is None:
                return _nothing()
            link, ticket = found
            parts = _matter(session, link, ticket)
            may_return = links.may_return(session, ticket)
        chosen = Markup(" checked")
        back = BACK.format(chosen=chosen if answer == "return" else "", label=answers.RETURN) if may_return else ""
        form = FORM.format(
            proof=self._proof(token),
            fault=Markup('<p class="bad" role="alert">{0}</p>').format(fault) if fault else "",
            legend=answers.LEGEND,
            done=answers.FINISH,
            finish=chosen if answer == "finish" else "",
            back=back,
            how=answers.HOW,
            most=MOST_WORDS,
            words=words,
            photos=answers.PHOTOS,
            send=answers.SEND,
            hint=answers.HINT,
        )
        return PAGE.format(title=answers.TITLE, parts=parts + form), 422 if fault else 200


def _matter(session: Session, link: Link, ticket: Ticket) -> Markup:
    """Number, kind, place and what was said, numbers and doors hidden; nothing of who said it."""
    said = session.scalars(
        select(TicketWords.text)
        .where(
            TicketWords.ticket_id == ticket.id,
            TicketWords.kind.in_([WordsKind.REPORT, WordsKind.ADDITION, WordsKind.VISIT, WordsKind.CORRECTION]),
            TicketWords.text.is_not(None),
        )
        .order_by(TicketWords.id)
        .limit(MOST_SAID)
    ).all()
    category = session.get_one(Category, ticket.category).name
    facts = (
        (answers.TO, link.assignment.party.name),
        (answers.NUMBER, ticket.number),
        (answers.MATTER, category),
        (answers.PLACE, mask(ticket.place) or answers.NO_PLACE),
        (answers.UNTIL, answers.until(link.expires_at)),
    )
    rows = Markup("").join(Markup("<dt>{0}</dt><dd>{1}</dd>").format(name, value) for name, value in facts)
    quoted = Markup("").join(Markup("<blockquote>{0}</blockquote>").format(mask(text)) for text in said if text)
    return Markup("<dl>{0}</dl><h2>{1}</h2>{2}").format(rows, answers.SAID, quoted)


def _plain(title: str, text: str) -> str:
    return PAGE.format(title=title, parts=Markup("<p>{0}</p>").format(text))


def _nothing() -> ResponseReturnValue:
    return _plain(answers.NOTHING_TITLE, answers.NOTHING), 404


def _clean(words: str) -> str:
    """Words as they may be stored: bounded, without control characters but line breaks."""
    words = words[: MOST_WORDS * 2].replace("\r\n", "\n")
    return "".join(each for each in words if each == "\n" or each.isprintable()).strip()[:MOST_WORDS]
