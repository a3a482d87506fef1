"""The acts of persons, killed and starved: the second approval of a revision, its decision, and the way back from it.

Belongs here: a year in which each act is the next step, what a reader of ``current`` may find, what a re-run must leave.
Does not: the faults (``tracing``), the other acts (``scenarios``, ``paying``).
"""

from __future__ import annotations

import pickle
import shutil
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.faults import candidates
from bench.faults.scenarios import CODE, YEAR
from bench.faults.tracing import Ended, Workers
from orchestration.publication import ledger
from orchestration.publication.decide import Decision
from orchestration.publication.pointer import CURRENT, PROPOSED
from orchestration.publication.verify import read_current, verify

FIRST = Decision(None, "The year's first.", "KS 2027/114 § 12")
REVISED = Decision("R1", "Late grades came in.", "KS 2027/114 § 40")
DONE = ("done", "standing", "published", "verified")
"""What an act says when it was done, now or before."""

YEARS_ACTS = (
    ("published", "2027.0.1"), ("approved", "2027.0.1"), ("approved", "2027.0.1"), ("published", "2027.1.0"),
    ("published", "2027.0.2"), ("approved", "2027.0.2"), ("approved", "2027.0.2"), ("published", "2027.2.0"),
    ("rollback", "2027.1.0"),
)  # fmt: skip
"""The year's ledger, line by line: a first decision, a revision, and back. A scenario stands before one of its last three."""


@dataclass(frozen=True, eq=False)
class Deciding:
    """The act that writes line ``line`` of the year's ledger, over a home in which all before it is done.

    Attributes
    ----------
    name : the act as ``work`` calls it
    line : how many lines the ledger has when it is done
    """

    folder: Path
    workers: Workers
    name: str
    line: int

    @cached_property
    def start(self) -> Path:
        """The year up to this act, made by the acts themselves."""
        self.folder.mkdir(parents=True)
        for seed in (0, 1):
            candidates.write(self.folder / f"{seed}.pickle", seed)
        ground = candidates.acts().ground()
        for decision, proposal in ((FIRST, "2027.0.1"), (REVISED, "2027.0.2")):
            (self.folder / f"{proposal}.pickle").write_bytes(pickle.dumps((proposal, decision, ground)))
        root = self.folder / "start"
        for line in range(1, self.line):
            act, given = self._act(line)
            at = self.folder / f"act-{line}"
            at.mkdir()
            self.workers.run(at, act, root=str(root), **given)
        assert _lines(root) == YEARS_ACTS[: self.line - 1]
        return root

    def fresh(self, at: Path) -> dict[str, str]:
        """A home in which the act is the next step, and what it is given."""
        shutil.copytree(self.start, at / "home", symlinks=True)
        return {"root": str(at / "home")} | self._act(self.line)[1]

    def against(self, at: Path, ended: Ended) -> list[str]:
        """What is wrong with what a reader finds after a fault."""
        root = at / "home"
        problems = list(ledger.read(root / CODE / ledger.NAME).problems)
        if _lines(root) not in (YEARS_ACTS[: self.line - 1], YEARS_ACTS[: self.line]):
            problems.append(f"the ledger tells other acts: {_lines(root)[-3:]}")
        for pointer, names in ((PROPOSED, {"2027.0.2"}), (CURRENT, {_current(self.line - 1), _current(self.line)})):
            found = read_current(root, CODE, YEAR, pointer=pointer)
            if found is None or found.publication_id not in names:
                problems.append(f"{pointer} names {found and found.publication_id}")
            else:
                problems += verify(found.path)
        if (ended.said or {}).get("status") in DONE and not self.is_new(at):
            problems.append("said that it was done, and it is not")
        return problems

    def after_re_run(self, at: Path, ended: Ended) -> list[str]:
        """What is wrong after the same act was started again without a fault."""
        root, year = at / "home", at / "home" / CODE / str(YEAR)
        problems = [] if (ended.said or {}).get("status") in DONE else [f"the re-run ended with {ended.said}"]
        problems += ledger.read(root / CODE / ledger.NAME).problems
        if _lines(root) != YEARS_ACTS[: self.line]:
            problems.append(f"the ledger does not tell each act once: {_lines(root)[-3:]}")
        if not self.is_new(at):
            problems.append("the re-run did not converge")
        versions = sorted((year / "versions").iterdir())
        if {path.name for path in versions} != {name for _, name in YEARS_ACTS[: self.line]}:
            problems.append(f"other versions stand: {[path.name for path in versions]}")
        for version in versions:
            problems += verify(version)
            if stat.S_IMODE(version.stat().st_mode) != 0o555:
                problems.append(f"{version.name} is not closed")
        left = {path.name for path in (*root.iterdir(), *(root / CODE).iterdir(), *year.iterdir())}
        if left != {"LAYOUT", CODE, ledger.NAME, str(YEAR), PROPOSED, CURRENT, "versions"}:
            problems.append(f"left behind: {sorted(left)}")
        return problems

    def is_new(self, at: Path) -> bool:
        """Whether the act is done: its line stands, and ``current`` names what it should."""
        found = read_current(at / "home", CODE, YEAR, pointer=CURRENT)
        names = found is not None and found.publication_id == _current(self.line)
        return names and _lines(at / "home") == YEARS_ACTS[: self.line]

    def _act(self, line: int) -> tuple[str, dict[str, str]]:
        """The act that writes a line, and what it is given beside the root."""
        event, publication_id = YEARS_ACTS[line - 1]
        major = publication_id.split(".")[1]
        if event == "rollback":
            return "roll_back", {"publication_id": publication_id}
        if event == "approved":
            again = YEARS_ACTS[line - 2][0] == "approved"
            return "approve", {"publication_id": publication_id, "name": "berit" if again else "cecilia"}
        if major == "0":
            return "publish", {"material": str(self.folder / f"{int(publication_id[-1]) - 1}.pickle")}
        return "decide", {"material": str(self.folder / f"2027.0.{major}.pickle")}


def acts(folder: Path, workers: Workers) -> tuple[Deciding, ...]:
    """The three acts of persons."""
    return tuple(
        Deciding(folder / name, workers, name, line) for name, line in (("approve", 7), ("decide", 8), ("roll_back", 9))
    )


def _current(line: int) -> str | None:
    """What ``current`` names when so many lines stand."""
    moves = [name for event, name in YEARS_ACTS[:line] if event == "rollback" or name.split(".")[1] != "0"]
    return moves[-1] if moves else None


def _lines(root: Path) -> tuple[tuple[str, str], ...]:
    found = ledger.read(root / CODE / ledger.NAME).entries
    return tuple((str(entry["event"]), str(entry["publication_id"])) for entry in found)
