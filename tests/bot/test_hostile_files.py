"""Two hundred files that somebody hostile sends: each is refused kindly or made harmless, and nobody else notices."""

from __future__ import annotations

import io
import sys
import threading
from pathlib import Path

from PIL import Image

from bot.redraw import MEMORY
from models.attachment import Attachment, Failure
from models.outbox import NoticeKind
from models.photos import BACKOFF
from scheduler.jobs import sweep
from tests.bot.pictures import SCRIPT, hostile, open_desk, photo
from tests.bot.support import AYI, CHEN, NOISE

MEGA = 1024  # kB
LIMIT = 300 * MEGA


def memory(process: str, field: str) -> int:
    """A figure of a process, in kB; 0 when it is gone, or where there is no /proc."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)


class Watch:
    """The most memory that any picture's process, started by this thread, is seen with; 0 where there is no /proc."""

    def __init__(self) -> None:
        self.most = 0
        self._children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._over.wait(0.002):
            for child in self._redrawing():
                self.most = max(self.most, memory(child, "VmHWM"))

    def _redrawing(self) -> list[str]:
        try:
            found = self._children.read_text(encoding="ascii").split()
            return [each for each in found if b"redraw.py" in Path(f"/proc/{each}/cmdline").read_bytes()]
        except OSError:
            return []

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def test_two_hundred_hostile_files_are_refused_kindly_or_made_harmless(sqlite_url: str, tmp_path: Path) -> None:
    files = hostile()
    assert len(files) == 200
    with open_desk(sqlite_url, tmp_path) as desk:
        street = desk.street
        assert "已受理" in street.say(AYI, NOISE)
        for number, (data, kind) in enumerate(files):
            assert "照片收到了" in desk.send(f"m-{number}", data, kind)
        before = memory("self", "VmRSS")
        with Watch() as watch:
            for number in range(200):
                street.huying.tasks.fetch.fn(desk.attachment(f"m-{number}").id)
                if number % 50 == 25:
                    # Life goes on meanwhile.
                    assert "已受理" in street.say(CHEN, f"香樟花园{number % 6 + 1}栋楼道垃圾没人清，第{number}天了")
                    desk.send(f"good-{number}", photo(100 + number), who=CHEN)
        grown = memory("self", "VmRSS") - before
        # What was no file at all is tried again, until it is given up.
        for seconds in BACKOFF:
            street.later(seconds=seconds + 1)
            sweep(street.huying, street.now)
            for attachment_id in street.huying.fetcher.due(most=500):
                street.huying.tasks.fetch.fn(attachment_id)
        with street.huying.database.reading() as session:
            rows = {row.media_id: row for row in session.query(Attachment)}
        refused = [row for row in rows.values() if row.failure is not None]
        kept = [row for row in rows.values() if row.stored]
        assert len(refused) + len(kept) == len(rows) == 204
        assert {Failure.NOT_A_PHOTO, Failure.TOO_BIG, Failure.BROKEN} <= {row.failure for row in refused}
        # Each refusal is said once, to whoever sent it.
        told = street.notices(AYI, kind=NoticeKind.PHOTO_REFUSED)
        assert len(told) == len(refused)
        assert not street.notices(CHEN, kind=NoticeKind.PHOTO_REFUSED)
        assert all(rows[f"good-{number}"].stored for number in (25, 75, 125, 175))
        # What is kept is a plain JPEG of a decent size with nothing else in it.
        for row in kept:
            for name in (row.stored or "", row.small):
                data = street.huying.fetcher.store.get(name)
                with Image.open(io.BytesIO(data)) as image:
                    image.load()
                    assert (image.format, image.mode, max(image.size) <= 2048) == ("JPEG", "RGB", True)
                    assert not set(image.info) & {"exif", "icc_profile", "comment", "xmp"}
                assert SCRIPT not in data
                assert data.endswith(b"\xff\xd9")
        assert watch.most <= LIMIT
        if sys.platform == "linux":
            assert watch.most > 0
        assert MEMORY // 1024 <= LIMIT
        assert grown <= 64 * MEGA
