"""What is mutated, by which tests it is judged, and the hash by which a result stays valid.

Belongs here: groups, files, hashes, the result file. Does not: running anything.
"""

from __future__ import annotations

import hashlib
import json
import re
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
    """Code that is mutated together: a folder of modules and the tests that mirror it."""

    name: str
    code: str
    tests: str

    @property
    def files(self) -> tuple[str, ...]:
        """Its modules by path, in order; those that hold nothing but words are left out."""
        found = sorted((ROOT / self.code).rglob("*.py"))
        return tuple(str(path.relative_to(ROOT)) for path in found if "def " in path.read_text("utf-8"))

    def tests_of(self, file: str) -> tuple[str, ...]:
        """The tests that name a module, or all of the group's where none does.

        A mutant that only other tests would kill counts as a survivor: a run over all of them takes a minute for each.
        """
        dotted = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        named = re.compile(
            rf"{re.escape(dotted)}\b|from {re.escape(dotted.rpartition('.')[0])} import .*\b{Path(file).stem}\b"
        )
        found = sorted((ROOT / self.tests).glob("test_*.py"))
        return tuple(str(t.relative_to(ROOT)) for t in found if named.search(t.read_text("utf-8"))) or (self.tests,)


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
    return [file for file in files if results.get(file, {}).get("code_sha256") != code_sha256(file, root=root)]


def store(results: Mapping[str, Any], *, path: Path = RESULT) -> None:
    """Write the result file, modules in order; modules that are gone are left out."""
    known = {file for group in GROUPS for file in group.files}
    kept = {file: result for file, result in sorted(results.items()) if file in known}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def entry(file: str, states: Mapping[str, str], shown: Mapping[str, list[str]]) -> dict[str, Any]:
    """The result of one module.

    Parameters
    ----------
    states : mutant → its state, as the tool words it
    shown : surviving mutant → the lines it takes away and puts in
    """
    counted = {state: sum(found == state for found in states.values()) for state in sorted(set(states.values()))}
    return {
        "code_sha256": code_sha256(file),
        "mutants": len(states),
        "killed": sum(state in KILLED for state in states.values()),
        "states": counted,
        "survivors": {name: shown.get(name, []) for name, state in sorted(states.items()) if state not in KILLED},
    }


def reasons() -> dict[str, str]:
    """Why a survivor is no gap: mutant → reason, written by a person who looked."""
    return json.loads(REASONS.read_text("utf-8")) if REASONS.is_file() else {}
