"""The act of paying a month, killed and starved: what a reader of released runs may find, and what a re-run must leave.

Belongs here: a small municipality's inputs for two months, judging the payments folder. Does not: the faults (``tracing``),
the other acts (``scenarios``).
"""

from __future__ import annotations

import pickle
import shutil
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from bench.faults.tracing import Ended, Workers
from models_py.payment import refuse_broken
from orchestration.payments import book, record
from orchestration.payments.inputs import YearInputs
from orchestration.payments.places import Place
from orchestration.publication import ledger
from orchestration.resources.payment_export import read_export
from orchestration.resources.payment_policy import payment_policy
from tests.models_py.payment.payment_worlds import CODE, YEAR, register, terms

POLICY = Path(__file__).resolve().parents[2] / "policies" / CODE
RUNS = ("2027-01.1", "2027-02.1")


def write_material(path: Path, month: int) -> None:
    """Pickle what ``work.pay`` takes: February has a file for January that came late."""
    policy = payment_policy(POLICY, funding_year=YEAR)
    assert policy is not None
    counts = [table for day, table in register(seed=1, pupils=900).items() if day.month <= month]
    if month == 1:
        counts[0] = counts[0].assign(pupil_count=lambda table: table["pupil_count"] + 1)
    inputs = YearInputs(CODE, YEAR, policy, terms(), pd.concat(counts, ignore_index=True))
    path.write_bytes(pickle.dumps({"inputs": inputs, "month": month, "mapping": read_export(POLICY)}))


@dataclass(frozen=True, eq=False)
class Paying:
    """February over a released January: a reader meets January alone, or both, whole."""

    folder: Path
    workers: Workers
    name = "pay"

    @cached_property
    def ready(self) -> bool:
        """Whether January stands released in ``folder/start``."""
        self.folder.mkdir(parents=True)
        for month in (1, 2):
            write_material(self.folder / f"{month}.pickle", month)
        first = self.folder / "first"
        first.mkdir()
        done = self.workers.run(first, "pay", root=str(self.folder / "start"), material=str(self.folder / "1.pickle"))
        return done.said == {"status": "released"}

    def fresh(self, at: Path) -> dict[str, str]:
        """A home in which January is paid, and what the act is given."""
        assert self.ready
        shutil.copytree(self.folder / "start", at / "home", symlinks=True)
        return {"root": str(at / "home"), "material": str(self.folder / "2.pickle")}

    def against(self, at: Path, ended: Ended) -> list[str]:
        """What is wrong with what the finance system finds after a fault."""
        place = _place(at)
        problems = [words for path in _released(place) for words in record.verify_run(path.resolve())]
        if {path.name for path in _released(place)} not in ({RUNS[0]}, set(RUNS)):
            problems.append("the finance system meets other runs than January, or January and February")
        paid = set(book.released_ids(ledger.read(place.ledger), funding_year=YEAR))
        if not {path.name for path in _released(place)} <= paid:
            problems.append("a run can be read that the ledger has not released")
        refuse_broken(book.paid_lines(place, ledger.read(place.ledger)))
        if (ended.said or {}).get("status") == "released" and not self.is_new(at):
            problems.append("said that it was released, and it is not")
        return problems

    def after_re_run(self, at: Path, ended: Ended) -> list[str]:
        """What is wrong after the same act was started again without a fault."""
        place = _place(at)
        problems = [] if (ended.said or {}).get("status") == "released" else [f"the re-run ended with {ended.said}"]
        found = ledger.read(place.ledger)
        if book.released_ids(found, funding_year=YEAR) != list(RUNS) or found.problems:
            problems.append("the ledger does not tell each release once")
        if [path.name for path in _released(place)] != list(RUNS) or place.run_ids() != list(RUNS):
            problems.append("other runs stand than January and February")
        for run_id in RUNS:
            problems += record.verify_run(place.run(run_id))
            if stat.S_IMODE(place.run(run_id).stat().st_mode) != 0o555:
                problems.append(f"{run_id} is not closed")
        reasons = {line.reason for line in book.paid_lines(place, found) if not line.is_original}
        if reasons != {"recount"}:
            problems.append(f"corrections of January are {sorted(reasons)}")
        left = {path.name for path in place.folder.iterdir()} | {path.name for path in _links(place)}
        if left != {"runs", "released", *RUNS}:
            problems.append(f"left behind: {sorted(left)}")
        return problems

    def is_new(self, at: Path) -> bool:
        """Whether February is paid."""
        return RUNS[1] in {path.name for path in _released(_place(at))}


def _place(at: Path) -> Place:
    return Place(at / "home", CODE, YEAR)


def _links(place: Place) -> list[Path]:
    return sorted((place.folder / "released").iterdir())


def _released(place: Place) -> list[Path]:
    """What the finance system lists: names that are no hidden work files."""
    return [path for path in _links(place) if not path.name.startswith(".")]
