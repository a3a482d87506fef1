"""``make mutate [ONLY=path …]``: mutate the modules whose code has no result yet, and keep what came of each.

mutmut runs in a copy of the project under ``var-mutation``, so that it may be stopped and started again; modules whose
mutants were all judged are kept then. Belongs here: the copy, the tool, reading it back. Does not: what is mutated (``plan``).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.mutation.plan import GROUPS, ROOT, Group, entry, load, stale, store

COPIES = ROOT / "var-mutation"
CONFTEST = "conftest.py"


def main() -> None:
    """Entry of ``python -m bench.mutation.run``."""
    asked = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    asked.add_argument("only", nargs="*", help="modules by path; all that are stale when none is named")
    asked.add_argument("--workers", type=int, default=1, help="mutants judged at a time")
    options = asked.parse_args()
    for group in GROUPS:
        wanted = [file for file in group.files if not options.only or file in options.only]
        files = stale(load(), wanted)
        if files:
            mutate(group, files, workers=options.workers)


def mutate(group: Group, files: Sequence[str], *, workers: int) -> None:
    """Mutate some modules of a group, judge them by the group's tests, keep each module that is done."""
    copy = _copied(group, files)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIKVARD_")}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONPATH", None)
    started = time.monotonic()
    tool = [sys.executable, "-m", "mutmut"]
    try:
        subprocess.run([*tool, "run", "--max-children", str(workers)], cwd=copy, env=environment, check=False)
    finally:
        done = {file: states for file in files if (states := _states(copy, file))}
        shown = {file: _shown(tool, copy, states) for file, states in done.items()}
        store(load() | {file: entry(file, states, shown[file]) for file, states in done.items()})
        judged = sum(map(len, done.values()))
        minutes = (time.monotonic() - started) / 60
        print(f"{group.name}: {len(done)} of {len(files)} modules, {judged} mutants in {minutes:.1f} min", flush=True)


def _copied(group: Group, files: Sequence[str]) -> Path:
    """A copy of the project as git knows it, with the tool's settings; an earlier copy of other code is thrown away."""
    copy = COPIES / group.name
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    present = [name for name in names.split("\0") if (ROOT / name).is_file()]
    if copy.is_dir() and any(_differs(ROOT / name, copy / name) for name in present if name.endswith(".py")):
        shutil.rmtree(copy)
    for name in present:
        if _differs(ROOT / name, copy / name):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    shutil.copyfile(Path(__file__).with_name("quick.py"), copy / CONFTEST)
    source = group.code.split("/")[0]
    beside = sorted({name.split("/")[0] for name in present if "/" in name} - {source, "tests"})
    lists = {
        "source_paths": [source],
        "only_mutate": list(files),
        "also_copy": [*beside, CONFTEST],
        "pytest_add_cli_args_test_selection": [group.tests],
    }
    settings = [
        "[mutmut]",
        *(line for name, values in lists.items() for line in (f"{name}=", *(f"    {v}" for v in values))),
    ]
    (copy / "setup.cfg").write_text("\n".join(settings) + "\n", encoding="utf-8")
    return copy


def _differs(one: Path, other: Path) -> bool:
    return not other.is_file() or one.read_bytes() != other.read_bytes()


def _states(copy: Path, file: str) -> dict[str, str]:
    """Mutant → state of one module; nothing while one of them is not judged."""
    from mutmut.stats import status_by_exit_code

    meta = copy / "mutants" / f"{file}.meta"
    codes: dict[str, Any] = json.loads(meta.read_text("utf-8"))["exit_code_by_key"] if meta.is_file() else {}
    states = {name: status_by_exit_code[code] for name, code in codes.items()}
    undone = {"not checked", "check was interrupted by user"}
    return {} if undone & set(states.values()) else states


def _shown(tool: Sequence[str], copy: Path, states: dict[str, str]) -> dict[str, list[str]]:
    """What each mutant that was not killed takes away and puts in."""
    shown = {}
    for name, state in states.items():
        if state != "killed":
            told = subprocess.run([*tool, "show", name], cwd=copy, capture_output=True, text=True, check=False).stdout
            lines = [line for line in told.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
            shown[name] = [line[:1] + " " + line[1:].strip() for line in lines]
    return shown


if __name__ == "__main__":
    main()
