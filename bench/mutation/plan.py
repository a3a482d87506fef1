"""What is mutated, by which tests it is judged, and the hash by which a result stays valid.

Belongs here: groups, files, hashes, the result file. Does not: running anything.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    """Code that is mutated together: a folder of modules and the folders of tests that mirror it.

    Mutants are judged by these tests alone; one that only others would notice counts as a survivor.
    """

    name: str
    code: str
    tests: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Its modules by path, in order; those that hold nothing but words are left out."""
        found = sorted((ROOT / self.code).rglob("*.py"))
        return tuple(str(path.relative_to(ROOT)) for path in found if "def " in path.read_text("utf-8"))


GROUPS = (
    Group("money", "models_py/allocation", ("tests/models_py/allocation",)),
    Group("need", "models_py/need", ("tests/models_py/need",)),
    Group(
        "publication", "orchestration/publication", ("tests/orchestration/publication", "tests/orchestration/postgres")
    ),
)


def code_sha256(file: str, *, root: Path = ROOT) -> str:
    """Hash of one module: a result counts while the module is what was mutated."""
    return hashlib.sha256((root / file).read_bytes()).hexdigest()


def load(path: Path = RESULT) -> dict[str, Any]:
    """The result file: module → its result; empty where nothing was measured."""
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def stale(results: Mapping[str, Any], files: Sequence[str]) -> list[str]:
    """Modules without a result of their present code in the latest round that any of them is of."""
    latest = latest_round(results, files)
    return [file for file in files if share_of(results, file, round_=latest) == 0]


def latest_round(results: Mapping[str, Any], files: Iterable[str]) -> int:
    """The highest round that a result of these modules is of; 1 where nothing was measured. Each group draws by itself."""
    return max((int(results[file]["round"]) for file in files if file in results), default=1)


def share_of(results: Mapping[str, Any], file: str, *, round_: int, root: Path = ROOT) -> float:
    """What share of a module's mutants was judged in a round, on its present code; 0 where none was asked for."""
    known = results.get(file, {})
    present = known.get("code_sha256") == code_sha256(file, root=root) and known["round"] == round_
    return float(known["share"]) if present else 0.0


def chosen(names: Iterable[str], *, code: str, round_: int, above: float, share: float) -> list[str]:
    """The mutants of a module that belong to a round's sample of ``share`` and not to one of ``above``.

    Each mutant has a number from 0 to 1 of its own, a hash of the round, its name and its module's code: a larger sample
    holds the smaller one, the choice is the same on every machine, and a new round draws anew.
    """
    return [name for name in names if above <= _number(f"{round_}:{code}:{name}") < share]


def _number(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:13], 16) / 16**13


def judges_of(reached_by: Mapping[str, Iterable[str]], *, seconds: Mapping[str, float]) -> dict[str, list[str]]:
    """Function → the tests that judge its mutants: all of every file in which a test reaches it, that of its module first,
    then quick ones.

    ``reached_by``: function → tests; ``seconds``: what each of all tests took, by ``file::name``.
    """
    of_file: dict[str, list[str]] = {}
    for test in sorted(seconds):
        of_file.setdefault(test.split("::")[0], []).append(test)
    takes = {file: sum(seconds[test] for test in tests) for file, tests in of_file.items()}
    judges = {}
    for function, own in reached_by.items():
        named = f"_{function.split('.x')[0].rpartition('.')[2]}.py"
        reach = {test.split("::")[0] for test in own}
        files = sorted(reach, key=lambda file: (not file.endswith(named), takes[file], file))
        judges[function] = [test for file in files for test in of_file[file]]
    return judges


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
    round_: int,
    share: float,
    smaller: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The result of one module: how many mutants were killed when they were drawn, and what survives today.

    A mutant that survived and is killed since by a test written for it is ``mended``: it does not count as killed, for
    what was written for a sample says nothing of the mutants outside it. Only a new round does.

    Parameters
    ----------
    states : judged mutant → its state, as the tool words it
    shown : surviving mutant → the lines it takes away and puts in
    code : hash of the module that was mutated
    mutants : how many the module has
    round_ : which draw of mutants this is
    share : the share of them that was asked for; those judged are a random sample of it
    smaller : the result of an earlier sample of the same round and code, which this one adds to; its survivors may be
        judged anew
    """
    earlier = smaller or {"states": {}, "survivors": {}, "mended": []}
    again = {name for name in states if name in earlier["survivors"]}
    counted = Counter(earlier["states"]) + Counter(state for name, state in states.items() if name not in again)
    survivors = {name: lines for name, lines in earlier["survivors"].items() if name not in again}
    survivors |= {name: shown.get(name, []) for name, state in states.items() if state not in KILLED}
    return {
        "code_sha256": code,
        "mutants": mutants,
        "round": round_,
        "share": share,
        "judged": counted.total(),
        "killed": sum(counted[state] for state in KILLED),
        "states": dict(sorted(counted.items())),
        "mended": sorted({*earlier["mended"], *again} - set(survivors)),
        "survivors": dict(sorted(survivors.items())),
    }


def open_survivors(result: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    """Survivors of a module that no reason of ``known`` explains.

    A reason is of one change: the tool numbers the mutants of a function, and an edited function numbers them anew.
    """
    return [
        name for name, lines in result["survivors"].items() if not lines or lines != known.get(name, {}).get("change")
    ]


def reasons() -> dict[str, Any]:
    """Why a survivor is no gap: mutant → its ``change`` and the ``reason``, written by a person who looked."""
    return json.loads(REASONS.read_text("utf-8")) if REASONS.is_file() else {}
