"""What is mutated, by which tests it is judged, and the hash by which a result stays valid.

Belongs here: groups, files, hashes, the result file. Does not: running anything.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "docs" / "proofs" / "mutation.json"
REASONS = Path(__file__).with_name("reasons.json")
KILLED = ("killed", "timeout", "segfault")
"""States of a mutant that a test run told from the code; a run that hangs or dies is noticed."""


@dataclass(frozen=True, slots=True)
class Group:
    """Code that is mutated together: a folder of modules and the tests that mirror it.

    Mutants are judged by these tests alone; one that only others would notice counts as a survivor.
    """

    name: str
    code: str
    tests: str

    @property
    def files(self) -> tuple[str, ...]:
        """Its modules by path, in order; those that hold nothing but words are left out."""
        found = sorted((ROOT / self.code).rglob("*.py"))
        return tuple(str(path.relative_to(ROOT)) for path in found if "def " in path.read_text("utf-8"))


GROUPS = (
    Group("money", "models_py/allocation", "tests/models_py/allocation"),
    Group("need", "models_py/need", "tests/models_py/need"),
    Group("publication", "orchestration/publication", "tests/orchestration/publication"),
)


def code_sha256(file: str, *, root: Path = ROOT) -> str:
    """Hash of one module: a result counts while the module is what was mutated."""
    return hashlib.sha256((root / file).read_bytes()).hexdigest()


def load(path: Path = RESULT) -> dict[str, Any]:
    """The result file: module → its result; empty where nothing was measured."""
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def stale(results: Mapping[str, Any], files: Iterable[str], *, root: Path = ROOT) -> list[str]:
    """Modules without a result of their present code."""
    return [file for file in files if share_of(results, file, root=root) == 0]


def share_of(results: Mapping[str, Any], file: str, *, root: Path = ROOT) -> float:
    """What share of a module's mutants was judged on its present code; 0 where none was asked for."""
    known = results.get(file, {})
    return float(known["share"]) if known.get("code_sha256") == code_sha256(file, root=root) else 0.0


def chosen(names: Iterable[str], *, code: str, above: float, share: float) -> list[str]:
    """The mutants of a module that belong to a sample of ``share`` and not to one of ``above``.

    Each mutant has a number from 0 to 1 of its own, a hash of its name and its module's code: a larger sample holds the
    smaller one, and the choice is the same on every machine.
    """
    return [name for name in names if above <= _number(f"{code}:{name}") < share]


def _number(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:13], 16) / 16**13


def store(results: Mapping[str, Any], *, path: Path = RESULT) -> None:
    """Write the result file, modules in order; modules that are gone are left out."""
    known = {file for group in GROUPS for file in group.files}
    kept = {file: result for file, result in sorted(results.items()) if file in known}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def entry(
    states: Mapping[str, str],
    shown: Mapping[str, list[str]],
    *,
    code: str,
    mutants: int,
    share: float,
    smaller: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The result of one module.

    Parameters
    ----------
    states : judged mutant → its state, as the tool words it
    shown : surviving mutant → the lines it takes away and puts in
    code : hash of the module that was mutated
    mutants : how many the module has
    share : the share of them that was asked for; those judged are a random sample of it
    smaller : the result of an earlier sample of the same code, which this one adds to; its survivors were judged anew
    """
    earlier = (smaller or {"states": {}})["states"]
    counted = Counter({state: earlier[state] for state in KILLED if state in earlier}) + Counter(states.values())
    survivors = {name: shown.get(name, []) for name, state in states.items() if state not in KILLED}
    return {
        "code_sha256": code,
        "mutants": mutants,
        "share": share,
        "judged": counted.total(),
        "killed": sum(counted[state] for state in KILLED),
        "states": dict(sorted(counted.items())),
        "survivors": dict(sorted(survivors.items())),
    }


def reasons() -> dict[str, str]:
    """Why a survivor is no gap: mutant → reason, written by a person who looked."""
    return json.loads(REASONS.read_text("utf-8")) if REASONS.is_file() else {}
