"""Articles: drafts (which are also the permanent `news` material), and publishing them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.api import Refused
from sandbox.official.desk import Answer, Desk, done, items, whole, word, written
from sandbox.state import Person
from sandbox.stores import Recent

_MOST_ARTICLES, _MOST_DRAFTS = 8, 100
_FLAGS = ("show_cover_pic", "need_open_comment", "only_fans_can_comment")


@dataclass(frozen=True, slots=True)
class Draft:
    """One to eight articles that belong together."""

    media_id: str
    created: int
    updated: int
    articles: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """Articles that everybody can read."""

    publish_id: str
    article_id: str
    draft: Draft


class Articles:
    """The drafts and publications of the account; the sandbox approves of everything at once."""

    def __init__(self, desk: Desk, mass_helper: Person) -> None:
        self.desk = desk
        self._helper = mass_helper
        self._drafts: Recent[str, Draft] = Recent(_MOST_DRAFTS)
        self._published: Recent[str, Publication] = Recent(2 * _MOST_DRAFTS)
        """By publish_id and by article_id."""

    # What other calls ask

    def draft(self, media_id: object) -> Draft | None:
        """The draft of this media_id."""
        return self._drafts.get(media_id) if isinstance(media_id, str) else None

    def publication(self, number: object) -> Publication | None:
        """What was published, by its publish_id or its article_id."""
        return self._published.get(number) if isinstance(number, str) else None

    def forget(self, media_id: str) -> None:
        """Deletes a draft."""
        self._drafts.take(media_id)

    def number(self) -> int:
        """How many drafts there are."""
        return len(self._drafts.items())

    def shown(self, draft: Draft, *, content: bool = True) -> list[dict[str, Any]]:
        """The articles as the platform gives them back."""
        left_out = () if content else ("content",)
        return [
            {
                **{name: value for name, value in article.items() if name not in left_out},
                "url": f"http://mp.weixin.qq.com/s/{draft.media_id[:22]}{number}",
                "thumb_url": f"{self.desk.address()}/media/{article['thumb_media_id']}",
            }
            for number, article in enumerate(draft.articles)
        ]

    def on_phone(self, draft: Draft) -> dict[str, Any]:
        """The articles as they look in a chat."""
        articles = [
            {
                "title": article["title"],
                "description": article["digest"],
                "url": article["url"],
                "picurl": article["thumb_url"],
            }
            for article in self.shown(draft)
        ]
        return {"text": "\n".join(article["title"] for article in articles), "extra": {"articles": articles}}

    def listed(self, offset: int, count: int, *, content: bool) -> dict[str, Any]:
        """A page of drafts, newest first."""
        drafts = [draft for _, draft in reversed(self._drafts.items())]
        shown = [
            {
                "media_id": draft.media_id,
                "content": {
                    "news_item": self.shown(draft, content=content),
                    "create_time": draft.created,
                    "update_time": draft.updated,
                },
                "update_time": draft.updated,
            }
            for draft in drafts[offset : offset + count]
        ]
        return {"total_count": len(drafts), "item_count": len(shown), "item": shown}

    # Calls

    def add(self) -> Answer:
        """POST draft/add and material/add_news."""
        return {"media_id": self._added().media_id}

    def upload_news(self) -> Answer:
        """POST media/uploadnews: articles for a message to everybody."""
        draft = self._added()
        return {"type": "news", "media_id": draft.media_id, "created_at": draft.created}

    def get(self) -> Answer:
        """POST draft/get."""
        draft = self._wanted()
        return {"news_item": self.shown(draft), "create_time": draft.created, "update_time": draft.updated}

    def update(self) -> Answer:
        """POST draft/update and material/update_news: one article in place of another."""
        data = self.desk.body()
        draft = self.draft(data.get("media_id"))
        if draft is None:
            raise Refused(40007)
        index = written(data.get("index", 0), 40097, least=0, most=len(draft.articles) - 1)
        changed = list(draft.articles)
        given = data.get("articles")
        changed[index] = self._article(given[0] if isinstance(given, list) and given else given)
        articles = tuple(changed)
        self._drafts.put(draft.media_id, Draft(draft.media_id, draft.created, self.desk.seconds(), articles))
        return done()

    def delete(self) -> Answer:
        """POST draft/delete."""
        self.forget(self._wanted().media_id)
        return done()

    def count(self) -> Answer:
        """GET draft/count."""
        return {"total_count": self.number()}

    def batch(self) -> Answer:
        """POST draft/batchget."""
        data, offset, count = self._asked_page()
        return self.listed(offset, count, content=data.get("no_content") != 1)

    # Publishing

    def publish(self) -> Answer:
        """POST freepublish/submit: done at once, and reported by an event."""
        draft = self._wanted()
        number = self.desk.world.next_message_id()
        publication = Publication(str(number), secrets.token_urlsafe(32), draft)
        self._published.put(publication.publish_id, publication)
        self._published.put(publication.article_id, publication)
        self.forget(draft.media_id)
        info = {"publish_id": publication.publish_id, "publish_status": "0", "article_id": publication.article_id}
        self.desk.report(self._helper, Event="PUBLISHJOBFINISH", PublishEventInfo=info)
        return done(publish_id=publication.publish_id, msg_data_id=number)

    def published(self) -> Answer:
        """POST freepublish/get."""
        publication = self.publication(self.desk.body().get("publish_id"))
        if publication is None:
            raise Refused(53502)
        urls = self.shown(publication.draft)
        detail = [{"idx": number, "article_url": one["url"]} for number, one in enumerate(urls, 1)]
        return {
            "publish_id": publication.publish_id,
            "publish_status": 0,
            "article_id": publication.article_id,
            "article_detail": {"count": len(detail), "item": detail},
            "fail_idx": [],
        }

    def article(self) -> Answer:
        """POST freepublish/getarticle."""
        return {"news_item": self.shown(self._article_wanted().draft)}

    def unpublish(self) -> Answer:
        """POST freepublish/delete: all of it, whichever article is named."""
        publication = self._article_wanted()
        self._published.take(publication.article_id)
        self._published.take(publication.publish_id)
        return done()

    def publications(self) -> Answer:
        """POST freepublish/batchget."""
        data, offset, count = self._asked_page()
        content = data.get("no_content") != 1
        every = [one for key, one in reversed(self._published.items()) if key == one.article_id]
        shown = [
            {
                "article_id": one.article_id,
                "content": {"news_item": self.shown(one.draft, content=content)},
                "update_time": one.draft.updated,
            }
            for one in every[offset : offset + count]
        ]
        return {"total_count": len(every), "item_count": len(shown), "item": shown}

    def _asked_page(self) -> tuple[dict[str, Any], int, int]:
        data = self.desk.body()
        offset = whole(data.get("offset", 0), 40097, least=0, most=10**9)
        return data, offset, whole(data.get("count", 20), 40097, least=1, most=20)

    def _wanted(self) -> Draft:
        draft = self.draft(self.desk.body().get("media_id"))
        if draft is None:
            raise Refused(40007)
        return draft

    def _article_wanted(self) -> Publication:
        publication = self.publication(self.desk.body().get("article_id"))
        if publication is None:
            raise Refused(53600)
        return publication

    def _added(self) -> Draft:
        articles = items(self.desk.body(), "articles", 45008, most=_MOST_ARTICLES)
        now = self.desk.seconds()
        draft = Draft(secrets.token_urlsafe(32), now, now, tuple(self._article(article) for article in articles))
        self._drafts.put(draft.media_id, draft)
        return draft

    def _article(self, article: object) -> dict[str, Any]:
        if not isinstance(article, dict):
            raise Refused(47001)
        medium = self.desk.world.medium(self.desk.account, article.get("thumb_media_id"))
        if medium is None or medium.type not in ("image", "thumb"):
            raise Refused(40007)
        content = word(article, "content", 45002, most=20_000, least=0)
        if not content:
            raise Refused(44004)
        texts: tuple[tuple[str, int, int, int], ...] = (
            ("title", 45003, 1, 64),
            ("author", 45004, 0, 16),
            ("digest", 45004, 0, 128),
            ("content_source_url", 45005, 0, 1024),
        )
        return {
            **{name: word(article, name, code, least=least, most=most) for name, code, least, most in texts},
            "content": content,
            "thumb_media_id": medium.id,
            **{name: int(article.get(name) in (1, "1", True)) for name in _FLAGS},
        }
