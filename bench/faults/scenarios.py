"""The two acts that are killed and starved, and what must hold after: a publication, and a delivery taken in.

Belongs here: preparing a fresh home, what a reader may find after a fault, what a plain re-run must leave.
Does not: the faults themselves (``tracing``).
"""

from __future__ import annotations

import hashlib
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bench.faults import candidates
from bench.faults.tracing import Ended, Workers
from bench.homes import remove
from orchestration.intake.access import entries, first_broken_line
from orchestration.intake.inbox import inbox
from orchestration.intake.zones import check_zones
from orchestration.publication import ledger
from orchestration.publication.verify import read_current, verify

CODE, YEAR = "9999", 2027
HEADER = "Personnummer;Skolenhetskod;Skolform;Årskurs;Startdatum;Slutdatum;Hemkommun;Id-typ"
NUMBERS = ("20200105-2394", "20200108-2383", "20200117-2390", "20200119-2398")
"""The Tax Agency's test numbers: never issued to anybody."""
FILE = "elever_2026-10-15.csv"


@dataclass(frozen=True, eq=False)
class Publishing:
    """A second publication over a first one: a reader meets 2027.0.1 or 2027.0.2, whole."""

    folder: Path
    workers: Workers
    name = "publish"

    @cached_property
    def hashes(self) -> tuple[str, str]:
        """Content of the old and of the new publication; the old one stands in ``folder/start`` from here on."""
        self.folder.mkdir(parents=True)
        hashes = tuple(candidates.write(self.folder / f"{seed}.pickle", seed) for seed in (0, 1))
        first = self.folder / "first"
        first.mkdir()
        self.workers.run(first, "publish", root=str(self.folder / "start"), material=str(self.folder / "0.pickle"))
        return hashes

    def fresh(self, at: Path) -> dict[str, str]:
        """A home with the old publication, and what the act is given."""
        assert len(self.hashes) == 2
        shutil.copytree(self.folder / "start", at / "home", symlinks=True)
        return {"root": str(at / "home"), "material": str(self.folder / "1.pickle")}

    def against(self, at: Path, ended: Ended) -> list[str]:
        """What is wrong with what a reader finds after a fault."""
        root = at / "home"
        found = read_current(root, CODE, YEAR)
        if found is None:
            return ["the reader finds nothing"]
        known = dict(zip(self.hashes, ("2027.0.1", "2027.0.2"), strict=True))
        problems = (
            [] if known.get(found.manifest["content_sha256"]) == found.publication_id else ["neither old nor new"]
        )
        problems += verify(found.path)
        if _status(ended) in ("published", "verified") and found.publication_id != "2027.0.2":
            problems.append("said that it was published, and it is not")
        return problems

    def after_re_run(self, at: Path, ended: Ended) -> list[str]:
        """What is wrong after the same act was started again without a fault."""
        root, year = at / "home", at / "home" / CODE / str(YEAR)
        problems = [] if _status(ended) in ("published", "verified") else [f"the re-run ended with {ended.said}"]
        found = read_current(root, CODE, YEAR)
        if found is None or found.manifest["content_sha256"] != self.hashes[1] or found.publication_id != "2027.0.2":
            problems.append("the re-run did not converge to the new content")
        for version in sorted((year / "versions").iterdir()):
            problems += verify(version)
            if stat.S_IMODE(version.stat().st_mode) != 0o555:
                problems.append(f"{version.name} is not closed")
        lines = ledger.read(root / CODE / ledger.NAME)
        if [entry["publication_id"] for entry in lines.entries] != ["2027.0.1", "2027.0.2"] or lines.problems:
            problems.append("the ledger does not tell each publication once")
        left = {path.name for path in (*root.iterdir(), *(root / CODE).iterdir(), *year.iterdir())}
        if left != {"LAYOUT", CODE, ledger.NAME, str(YEAR), "proposed", "versions"}:
            problems.append(f"left behind: {sorted(left)}")
        return problems

    def is_new(self, at: Path) -> bool:
        """Whether the reader already meets the new publication."""
        found = read_current(at / "home", CODE, YEAR)
        return found is not None and found.publication_id == "2027.0.2"


@dataclass(frozen=True, eq=False)
class Loading:
    """A newer pupil file, one row of it spoiled, over an older one that was read: the door's account holds old or new."""

    folder: Path
    workers: Workers
    name = "load"

    @cached_property
    def whole(self) -> dict[str, str]:
        """Every file of a home in which nothing failed, by its hash; the older file stands read in ``folder/start``."""
        self.folder.mkdir(parents=True)
        start = self.folder / "start"
        _drop(start, [_row(0), _row(1)], at=1)
        self._act(start, "first")
        shutil.copytree(start, self.folder / "whole", symlinks=True)
        self._newer(self.folder / "whole")
        self._act(self.folder / "whole", "second")
        return _files(self.folder / "whole")

    def fresh(self, at: Path) -> dict[str, str]:
        """A home in which the older file was read and the newer one lies in the inbox."""
        assert self.whole
        shutil.copytree(self.folder / "start", at / "home", symlinks=True)
        self._newer(at / "home")
        return {"home": str(at / "home")}

    def against(self, at: Path, ended: Ended) -> list[str]:
        """What is wrong with what a reader of the door's account finds after a fault."""
        home = at / "home"
        problems = list(_unaccounted(home))
        if not (home / "restricted" / "inbox" / CODE / FILE).is_file():
            problems.append("the delivered file is gone from the inbox")
        if _status(ended) in ("loaded", "refused") and not self.is_new(at):
            problems.append("said that it was loaded, and it is not")
        return problems

    def after_re_run(self, at: Path, ended: Ended) -> list[str]:
        """What is wrong after the same act was started again without a fault."""
        home = at / "home"
        problems = [] if _status(ended) == "loaded" else [f"the re-run ended with {ended.said}"]
        found = _files(home)
        differing = sorted(name for name in found.keys() | self.whole.keys() if found.get(name) != self.whole.get(name))
        problems += [f"not as without a fault: {name}" for name in differing]
        problems += [str(problem) for problem in check_zones(home)]
        read = {entry["file"] for entry in entries(home)}
        if first_broken_line(home) is not None or len(read) != 2:
            problems.append("the log of restricted reads is broken or lacks a read")
        return problems

    def is_new(self, at: Path) -> bool:
        """Whether the account already holds the newer file."""
        return len(_ledger(at / "home")) == 2

    def _act(self, home: Path, name: str) -> None:
        (self.folder / name).mkdir()
        self.workers.run(self.folder / name, "load", home=str(home))

    @staticmethod
    def _newer(home: Path) -> None:
        _drop(home, [_row(0), _row(1, grade="3"), _row(2), _row(3).replace("99990001", "99")], at=2)


def thrown_away(at: Path) -> None:
    """Remove one trial's folder."""
    remove(at)


def _status(ended: Ended) -> str | None:
    return None if ended.said is None else str(ended.said["status"])


def _row(place: int, *, grade: str = "2") -> str:
    return f"{NUMBERS[place]};99990001;GR;{grade};2026-08-17;;9999;pnr"


def _drop(home: Path, rows: list[str], *, at: int) -> None:
    import os

    path = inbox(home, municipality_code=CODE) / FILE
    path.write_bytes("\n".join([HEADER, *rows, *(_other(n) for n in range(396)), ""]).encode("cp1252"))
    path.chmod(0o600)
    os.utime(path, (at, at))


def _other(number: int) -> str:
    """A pupil without a personal number, so that one spoiled row stays within the tolerance of a pupil file."""
    return f"{1000000 + number};99990001;GR;1;2026-08-17;;9999;Annat"


def _ledger(home: Path) -> list[dict[str, Any]]:
    return pq.read_table(home / "pseudonymised" / "accepted" / "_deliveries.parquet").to_pylist()


def _unaccounted(home: Path) -> Iterator[str]:
    """Deliveries of the ledger whose content or rows are not there, or whose rows do not add up."""
    for line in _ledger(home):
        kept = home / "restricted" / "inputs" / "sha256" / line["sha256"][:2] / line["sha256"][2:4] / line["sha256"]
        if not kept.is_file() or hashlib.sha256(kept.read_bytes()).hexdigest() != line["sha256"]:
            yield f"{line['delivery_id']}: the content is lost"
        rows = home / "pseudonymised" / "accepted" / line["source"] / f"{line['delivery_id']}.parquet"
        if line["status"] == "accepted" and (
            not rows.is_file() or pq.read_metadata(rows).num_rows != line["accepted_rows"]
        ):
            yield f"{line['delivery_id']}: accepted rows are lost"
        told = sum(line[f"{kind}_rows"] for kind in ("header", "blank", "accepted", "rejected"))
        if told != line["physical_rows"]:
            yield f"{line['delivery_id']}: {line['physical_rows'] - told} rows unaccounted"


def _files(home: Path) -> dict[str, str]:
    """Every file by its hash, but for the log of reads, which tells the time of each look."""
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file() and path.name != "access.jsonl"
    }
