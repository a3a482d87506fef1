"""``make mutate [ONLY=path …]``: mutate the modules whose code has no result yet, one after the other.

mutmut runs in a copy of the project under ``var-mutation``. Each module's result is kept when it is done, so that the
run may be stopped and started again. Belongs here: the copy, the tool, reading it back. Does not: what is mutated (``plan``).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.mutation.plan import GROUPS, ROOT, Group, entry, load, stale, store

COPIES = ROOT / "var-mutation"
CONFTEST = "conftest.py"
PATIENCE = 4
"""A mutant may take so many times what its tests take on the whole code; then it hangs, and counts as noticed."""


def main() -> None:
    """Entry of ``python -m bench.mutation.run``."""
    asked = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    asked.add_argument("only", nargs="*", help="modules by path; all that are stale when none is named")
    asked.add_argument("--workers", type=int, default=1, help="mutants judged at a time")
    options = asked.parse_args()
    for group in GROUPS:
        wanted = [file for file in group.files if not options.only or file in options.only]
        for file in stale(load(), wanted):
            mutate(group, file, workers=options.workers)


def mutate(group: Group, file: str, *, workers: int) -> None:
    """Mutate one module, judge its mutants by the tests that name it, keep the result when each was judged."""
    copy = _copied(group, file)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIKVARD_")}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONPATH", None)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    tool = [sys.executable, "-m", "mutmut"]
    with (copy / "said.txt").open("w") as said:
        command = [*tool, "run", "--max-children", str(workers)]
        subprocess.run(command, cwd=copy, env=environment, stdout=said, stderr=said, check=False)
    states = _states(copy, file)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    minutes = (after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime) / 60
    if not states:
        print(f"{file}: not judged, see {copy.relative_to(ROOT)}/said.txt", flush=True)
        return
    found = entry(file, states, _shown(tool, copy, states))
    store(load() | {file: found})
    print(f"{file}: {found['killed']} of {found['mutants']} killed, {minutes:.1f} CPU minutes", flush=True)


def _copied(group: Group, file: str) -> Path:
    """A copy of the project as git knows it, with the tool's settings and nothing left of an earlier module."""
    copy = COPIES / group.name
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    present = [name for name in names.split("\0") if (ROOT / name).is_file()]
    shutil.rmtree(copy, ignore_errors=True)
    for name in present:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    shutil.copyfile(Path(__file__).with_name("quick.py"), copy / CONFTEST)
    source = group.code.split("/")[0]
    beside = sorted({name.split("/")[0] for name in present if "/" in name} - {source, "tests"})
    lists = {
        "source_paths": [source],
        "only_mutate": [file],
        "also_copy": [*beside, CONFTEST],
        "pytest_add_cli_args_test_selection": list(group.tests_of(file)),
    }
    settings = [
        "[mutmut]",
        f"timeout_multiplier={PATIENCE}",
        *(line for name, values in lists.items() for line in (f"{name}=", *(f"    {v}" for v in values))),
    ]
    (copy / "setup.cfg").write_text("\n".join(settings) + "\n", encoding="utf-8")
    return copy


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
