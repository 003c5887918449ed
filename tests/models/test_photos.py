"""Photos that look nearly the same are found, and no others."""

from __future__ import annotations

import random
from datetime import timedelta

from models import photos
from models.attachment import Attachment, AttachmentKind, Fingerprint
from models.db import Database
from models.person import Person
from tests.factories import NOW


def changed(bits: int, count: int, chance: random.Random) -> int:
    """The same with so many bits the other way, as databases keep it."""
    for at in chance.sample(range(64), count):
        bits ^= -(1 << 63) if at == 63 else 1 << at
    return bits


def test_whatever_differs_in_six_bits_at_most_is_found_and_nothing_else(both: Database) -> None:
    chance = random.Random(6)
    sent = [chance.getrandbits(64) - (1 << 63) for _ in range(60)]
    with both.transaction() as session:
        person = Person(created_at=NOW, roles=[], identities=[])
        session.add(person)
        session.flush()
        for number, bits in enumerate(sent, 1):
            first, second, third = photos.split(bits)
            session.add(
                Attachment(id=number, person_id=person.id, channel="official", kind=AttachmentKind.IMAGE, sent_at=NOW)
            )
            session.flush()
            parts = {"first": first, "second": second, "third": third}
            session.add(Fingerprint(attachment_id=number, bits=bits, at=NOW - timedelta(days=number), **parts))
    with both.reading() as session:
        for number, bits in enumerate(sent, 1):
            for count in (0, 1, 4, 5, 6, 6, 6, 7, 8):
                found = photos.near(session, changed(bits, count, chance), since=NOW - timedelta(days=90))
                assert list(found) == ([number] if count <= photos.DISTANCE else [])
        assert not photos.near(session, sent[40], since=NOW - timedelta(days=30))
