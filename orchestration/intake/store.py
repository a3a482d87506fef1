"""Deliveries kept as delivered: files by their hash, with a side-car saying what was sent, by whom and when.

`restricted/inputs/sha256/ab/cd/<hash>` and beside it `<hash>.<source>.<municipality>.<period>.<n>.json`;
`restricted/inputs/arrivals.jsonl` logs which name brought which content. Nothing here reads what is inside a file, and
no delivery is ever overwritten. A purged content leaves `<hash>.purged` behind; side-cars stay. Every look into a
content is logged (`access`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from orchestration.intake.access import note_access
from orchestration.intake.mapping import period_slug
from orchestration.intake.writing import write_bytes
from orchestration.intake.zones import FILE_MODES, ZONES

Note = Literal["new", "already_received", "already_replaced"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivered file for one source, municipality and period. `received_number` is the order of arrival, from 1."""

    source: str
    municipality_code: str
    period: str
    sha256: str
    file_name: str
    sender: str
    received: str  # ISO date and time, as told by the caller
    received_number: int
    time_of_content: int = 1  # 2 when this very content stood before, was replaced, and came again
    corrects: str | None = None  # delivery whose rejected rows this file mends; such a file replaces nothing

    @property
    def delivery_id(self) -> str:
        """Derived from place, period and content: the same delivery has the same id in every home."""
        again = f"-{self.time_of_content}" if self.time_of_content > 1 else ""
        correction = "" if self.corrects is None else "correction-"
        return (
            f"{correction}{self.source}-{self.municipality_code}-{period_slug(self.period)}-{self.sha256[:12]}{again}"
        )

    @property
    def slug(self) -> str:
        """The part of the side-car's name that tells deliveries of one content apart."""
        return f"{self.source}.{self.municipality_code}.{period_slug(self.period)}.{self.time_of_content}"

    @property
    def subject(self) -> tuple[str, ...]:
        """What a later delivery replaces: source, municipality and period; corrections of a delivery stand apart."""
        return _subject(self.source, self.municipality_code, self.period, self.corrects)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a handed-in file.

    `already_received`: the newest delivery of its period has this very content. `already_replaced`: the same file came
    before and something else has replaced it since; it stays replaced. `file_name` is the name it had this time;
    `is_news` tells a file handed in again under another name from one that merely still lies where it lay.
    """

    delivery: Delivery
    note: Note
    file_name: str
    is_news: bool = True


class DeliveryStore:
    """The store under one home. One writer at a time: the caller holds the lock of the home."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._root = home / "restricted" / "inputs" / "sha256"
        self._arrivals = home / "restricted" / "inputs" / "arrivals.jsonl"

    def everything(self) -> tuple[Delivery, ...]:
        """All that was handed in, deliveries and corrections, in order of arrival."""
        found = [Delivery(**json.loads(path.read_text("utf-8"))) for path in self._root.glob("*/*/*.json")]
        return tuple(sorted(found, key=lambda delivery: delivery.received_number))

    def deliveries(self) -> tuple[Delivery, ...]:
        """All deliveries in order of arrival, without corrections."""
        return tuple(item for item in self.everything() if item.corrects is None)

    def corrections(self) -> tuple[Delivery, ...]:
        """All corrections in order of arrival."""
        return tuple(item for item in self.everything() if item.corrects is not None)

    def put(
        self,
        content: bytes,
        *,
        source: str,
        municipality_code: str,
        period: str,
        file_name: str,
        sender: str,
        received: datetime,
        corrects: str | None = None,
    ) -> Receipt:
        """Keep a file, unless it is the one that already stands for its source, municipality and period.

        A file that lies unchanged in an inbox is nothing new, even where another has replaced it since. Content that
        returns under a name whose last content was another is a new delivery: after a bad file, last week's may come
        again and must stand.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        known = self.everything()
        subject = _subject(source, municipality_code, period, corrects)
        earlier = [item for item in known if item.subject == subject]
        same = [item for item in earlier if item.sha256 == sha256]
        if same and same[-1] is earlier[-1]:
            is_news = self._note_arrival(subject, file_name, sha256, received)
            return Receipt(same[-1], "already_received", file_name, is_news=is_news)
        if same and not self._note_arrival(subject, file_name, sha256, received):
            return Receipt(same[-1], "already_replaced", file_name, is_news=False)
        delivery = Delivery(
            source=source,
            municipality_code=municipality_code,
            period=period,
            sha256=sha256,
            file_name=file_name,
            sender=sender,
            received=received.isoformat(),
            received_number=known[-1].received_number + 1 if known else 1,
            time_of_content=len(same) + 1,
            corrects=corrects,
        )
        path = self.path(sha256)
        if not path.exists():
            self._write(path, content)
        sidecar = json.dumps(asdict(delivery), ensure_ascii=False, indent=1, sort_keys=True)
        self._write(path.with_name(f"{sha256}.{delivery.slug}.json"), sidecar.encode())  # last: a side-car has its file
        self._note_arrival(subject, file_name, sha256, received)
        return Receipt(delivery, "new", file_name)

    def path(self, sha256: str) -> Path:
        """Where the content of this hash is kept."""
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def content(self, delivery: Delivery) -> bytes | None:
        """The delivered bytes; None when they are gone or no longer have their hash. The look is logged first."""
        path = self.path(delivery.sha256)
        if not path.is_file():
            return None
        note_access(self._home, "read", files=[delivery.sha256])
        content = path.read_bytes()
        return content if hashlib.sha256(content).hexdigest() == delivery.sha256 else None

    def purge(self, sha256: str, *, when: datetime) -> None:
        """Forget a content; its side-cars and a mark with the time stay. A crash in between leaves it to the next."""
        self._write(self._mark(sha256), f"{when.isoformat()}\n".encode())
        self.path(sha256).unlink(missing_ok=True)

    def is_purged(self, sha256: str) -> bool:
        """Whether the content was forgotten by rule; a content that came again after that is not."""
        return self._mark(sha256).is_file() and not self.path(sha256).is_file()

    def _mark(self, sha256: str) -> Path:
        return self.path(sha256).with_name(f"{sha256}.purged")

    def _note_arrival(self, subject: tuple[str, ...], file_name: str, sha256: str, received: datetime) -> bool:
        """Log that a name brought a content; False when that is what the name brought last."""
        log = self._arrivals.read_text("utf-8").splitlines() if self._arrivals.is_file() else []
        mine = {"subject": list(subject), "file_name": file_name}
        arrivals = [item for item in map(json.loads, log) if mine.items() <= item.items()]
        if arrivals and arrivals[-1]["sha256"] == sha256:
            return False
        line = json.dumps({**mine, "sha256": sha256, "received": received.isoformat()}, ensure_ascii=False)
        self._write(self._arrivals, "".join(f"{item}\n" for item in (*log, line)).encode())
        return True

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        write_bytes(path, content, mode=FILE_MODES["restricted"], folder_mode=ZONES["restricted"])


def _subject(source: str, municipality_code: str, period: str, corrects: str | None) -> tuple[str, ...]:
    return (source, municipality_code, period, *(() if corrects is None else (corrects,)))
