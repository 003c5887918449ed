"""Photos: what one costs to redraw, and what finding its like costs among 10,000 and among 1,000,000.

`python -m bench.photos redraw` measures seconds and memory of redrawing; `python -m bench.photos near [URL]` fills a
new database (a temporary SQLite file, or an empty PostgreSQL one) and measures recall and the cost of a look at both
sizes.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO

from PIL import Image
from sqlalchemy import insert, text

from bot.pictures import Redrawer
from models import photos
from models.attachment import Attachment, AttachmentKind, Fingerprint
from models.db import Database, upgrade
from models.person import Person

FEW, MANY = 10_000, 1_000_000
LOOKS = 600
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SIGNED = 1 << 63


def redraw() -> dict[str, object]:
    """Median seconds, and the most memory of the process, for pictures of several kinds and sizes."""
    redrawer = Redrawer()
    found: dict[str, object] = {}
    for name, size, kind, how in (
        ("JPEG 1.2 MP", (1280, 960), "JPEG", {}),
        ("JPEG 12 MP", (4032, 3024), "JPEG", {}),
        ("JPEG 64 MP", (8000, 7990), "JPEG", {}),
        ("JPEG 13 MP, progressive", (3600, 3600), "JPEG", {"progressive": True, "subsampling": 0}),
        ("PNG 13 MP", (3600, 3600), "PNG", {}),
        ("WebP 9 MP", (3000, 2990), "WEBP", {}),
    ):
        file = BytesIO()
        Image.effect_mandelbrot(size, (-2, -1.5, 1, 1.5), 30).convert("RGB").save(file, kind, **how)
        took, peaks = [], []
        for _ in range(5):
            begin = time.perf_counter()
            picture = redrawer.redraw(file.getvalue(), f"image/{kind.lower()}")
            took.append(time.perf_counter() - begin)
            peaks.append(picture.peak_kb)
        found[name] = {"seconds": round(statistics.median(took), 2), "peak_mb": max(peaks) // 1024}
    return found


def near(url: str | None) -> dict[str, object]:
    """Recall, and milliseconds of a look (median; work of this process apart), at both sizes in one database.

    The fingerprints are drawn at random, like those of a city's photos and harder: all are different. Half of the looks
    are for one that is there with up to six bits changed, half for one that is not.
    """
    with tempfile.TemporaryDirectory() as folder:
        address = url or f"sqlite:///{folder}/huying.db"
        upgrade(address)
        database = Database(address)
        try:
            chance = random.Random(26)
            there: list[int] = []
            found: dict[str, dict[str, float]] = {}
            for size in (FEW, MANY):
                _fill(database, there, size, chance)
                found[str(size)] = _looks(database, there)
            few, many = (found[str(size)] for size in (FEW, MANY))
            ratios = {f"ratio_{unit}": round(many[unit] / few[unit], 2) for unit in ("median_ms", "mean_ms", "cpu_ms")}
            return {"database": database.engine.dialect.name, **found, **ratios}
        finally:
            database.dispose()


def _fill(database: Database, there: list[int], size: int, chance: random.Random) -> None:
    with database.transaction() as session:
        if not there:
            session.add(Person(created_at=NOW, roles=[], identities=[]))
            session.flush()
    while len(there) < size:
        sent, prints = [], []
        for _ in range(min(20_000, size - len(there))):
            bits = chance.getrandbits(64) - SIGNED
            there.append(bits)
            number, at = len(there), NOW - timedelta(minutes=chance.randrange(100 * 24 * 60))
            parts = [*photos.split(bits)]
            sent.append(
                {"id": number, "person_id": 1, "channel": "official", "kind": AttachmentKind.IMAGE, "sent_at": at}
            )
            prints.append(
                {
                    "attachment_id": number,
                    "bits": bits,
                    "first": parts[0],
                    "second": parts[1],
                    "third": parts[2],
                    "at": at,
                }
            )
        with database.transaction() as session:
            session.execute(insert(Attachment), sent)
            session.execute(insert(Fingerprint), prints)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))
    # A million photos do not come in one moment: closing brings what was written to its place.
    database.engine.dispose()


def _looks(database: Database, there: list[int]) -> dict[str, float]:
    chance = random.Random(7)
    took, worked, planted, recalled, wrong = [], [], 0, 0, 0
    since = NOW - photos.WINDOW
    for look in range(LOOKS):
        bits, number = chance.getrandbits(64) - SIGNED, 0
        if look % 2:
            number = chance.randrange(len(there)) + 1
            bits = there[number - 1]
            for at in chance.sample(range(64), chance.randrange(photos.DISTANCE + 1)):
                bits ^= (-1 << 63) if at == 63 else 1 << at
        with database.reading() as session:
            session.connection()
            begin, began = time.perf_counter(), time.thread_time()
            ids = photos.near(session, bits, since=since)
            took.append((time.perf_counter() - begin) * 1000)
            worked.append((time.thread_time() - began) * 1000)
        planted += number > 0
        recalled += number in ids
        wrong += sum(((there[each - 1] ^ bits) % (1 << 64)).bit_count() > photos.DISTANCE for each in ids)
    took, worked = took[LOOKS // 10 :], worked[LOOKS // 10 :]
    return {
        "recall": recalled / planted,
        "wrong": wrong,
        "median_ms": round(statistics.median(took), 2),
        "mean_ms": round(statistics.mean(took), 2),
        "cpu_ms": round(statistics.median(worked), 2),
        "p95_ms": round(sorted(took)[int(len(took) * 0.95)], 2),
    }


def main(arguments: list[str]) -> int:
    """Prints one JSON object."""
    if arguments == ["redraw"]:
        found = redraw()
    elif arguments[:1] == ["near"] and len(arguments) <= 2:
        found = near(arguments[1] if len(arguments) == 2 else None)
    else:
        print(__doc__, file=sys.stderr)
        return 2
    print(json.dumps(found, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
