"""``make mutate [SHARE=0.02] [ROUND=2] [ONLY=path …]``: judge a random sample of the mutants, group after group.

mutmut runs in a copy of the project under ``var-mutation``: it makes all mutants of a group, learns which tests reach which
function, and runs those on the sample. A larger share later adds to it, and what survived is judged anew by the tests of
the day; a module that has changed is sampled anew. Tests that were written for the survivors of one round are judged by the
next, which draws other mutants.
Belongs here: the copy, the tool, reading it back. Does not: what is mutated, which mutants are chosen (``plan``).
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mutmut.stats import status_by_exit_code

from bench.mutation.alone import PATIENCE, SPARE_SECONDS, UNSURE, environment, judged_alone
from bench.mutation.plan import (
    GROUPS,
    KILLED,
    ROOT,
    Group,
    chosen,
    code_sha256,
    entry,
    judges_of,
    latest_round,
    load,
    open_survivors,
    reasons,
    share_of,
    store,
)

COPIES = ROOT / "var-mutation"
CONFTEST = "conftest.py"
SHARE = 0.005
"""Of all mutants: enough for a figure with an interval; every mutant would take days."""
NOBODY = "no mutant has this name"
"""Asked for a mutant that is not there, mutmut makes all, learns which tests reach them, and stops."""
UNDONE = {"not checked", "check was interrupted by user"}
NO_RUN = 255
"""Exit code of a mutant whose tests could not be started. The tool calls it a timeout, but it says nothing of the tests. A name
given to a test's parameters (``ids``) that is not ASCII does it: pytest escapes it once more at each collection."""


def main() -> None:
    """Entry of ``python -m bench.mutation.run``."""
    asked = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    asked.add_argument("only", nargs="*", help="modules or folders by path; all when none is named")
    asked.add_argument("--workers", type=int, default=1, help="mutants judged at a time")
    asked.add_argument("--share", type=float, default=SHARE, help="share of the mutants to judge, from 0 to 1")
    asked.add_argument("--round", type=int, help="which draw of mutants; a group's latest when none is named")
    options = asked.parse_args()
    for group in GROUPS:
        round_ = options.round or latest_round(load(), group.files)
        wanted = [file for file in group.files if not options.only or file.startswith(tuple(options.only))]
        known = load()
        short = [
            file
            for file in wanted
            if share_of(known, file, round_=round_) < options.share
            or known[file]["survivors"].keys() - reasons().keys()
        ]
        if short:
            mutate(group, short, round_=round_, share=options.share, workers=options.workers)


def mutate(group: Group, files: Sequence[str], *, round_: int, share: float, workers: int) -> None:
    """Judge a sample of the modules' mutants by the group's tests that reach them; keep the results when each was judged."""
    copy = _copied(group, files)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    _tool(copy, "run", "--max-children", str(workers), NOBODY)
    _judges(copy)
    known, sample = load(), {}
    for file in files:
        names = list(_codes(copy, file))
        before = share_of(known, file, round_=round_, root=copy)
        picked = chosen(names, code=code_sha256(file, root=copy), round_=round_, above=before, share=share)
        sample[file] = (len(names), picked + (open_survivors(known[file], reasons()) if before else []))
    picked = [name for _, names in sample.values() for name in names]
    if picked:
        _tool(copy, "run", "--max-children", str(workers), *picked)
    results = {}
    for file, (mutants, names) in sample.items():
        codes = _codes(copy, file)
        states = {name: status_by_exit_code[codes[name]] for name in names}
        states |= {name: judged_alone(copy, name) for name in names if states[name] in UNSURE and codes[name] != NO_RUN}
        undone = [name for name in names if codes[name] == NO_RUN or states[name] in UNDONE]
        if undone:
            raise SystemExit(
                f"{file}: {len(undone)} mutants were not judged, first {undone[0]}; see {copy.relative_to(ROOT)}/said.txt"
            )
        before = share_of(known, file, round_=round_, root=copy)
        results[file] = entry(
            states,
            _shown(copy, states),
            code=code_sha256(file, root=copy),
            mutants=mutants,
            round_=round_,
            share=max(share, before),
            smaller=known[file] if before else None,
        )
    store(known | results)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    minutes = (after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime) / 60
    killed, judged = (sum(found[what] for found in results.values()) for what in ("killed", "judged"))
    print(f"{group.name}: {killed} of {judged} killed, {minutes:.1f} CPU minutes", flush=True)


def _tool(copy: Path, *words: str) -> str:
    """Call mutmut in the copy; what it says is kept beside, and returned."""
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *words],
        cwd=copy,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    with (copy / "said.txt").open("a", encoding="utf-8") as said:
        said.write(f"{words[:3]}: {done.returncode}\n{done.stdout[-20_000:]}\n{done.stderr[-20_000:]}\n")
    if done.returncode < 0:
        raise SystemExit(f"mutmut was ended by signal {-done.returncode}; start again, what is done is kept")
    return done.stdout


def _judges(copy: Path) -> None:
    """Let a mutant be judged by whole files of tests, the quickest first.

    Whole files: what a fixture or a cached helper of a file calls is called once. The tool sees only the first test reach
    it, and the others that look at what came of it would not be asked.
    """
    path = copy / "mutants" / "mutmut-stats.json"
    if not path.is_file():
        raise SystemExit(f"the tests were not learned, see {copy.relative_to(ROOT)}/said.txt")
    learned = json.loads(path.read_text("utf-8"))
    learned["tests_by_mangled_function_name"] = judges_of(
        learned["tests_by_mangled_function_name"], seconds=learned["duration_by_test"]
    )
    path.write_text(json.dumps(learned), encoding="utf-8")


def _copied(group: Group, files: Sequence[str]) -> Path:
    """A copy of the project as git knows it, with the tool's settings and nothing left of an earlier run."""
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
        "only_mutate": list(files),
        "also_copy": [*beside, CONFTEST],
        "pytest_add_cli_args_test_selection": list(group.tests),
    }
    settings = [
        "[mutmut]",
        f"timeout_multiplier={PATIENCE}",
        f"timeout_constant={SPARE_SECONDS}",
        "process_isolation=forkserver",  # a worker must not inherit what tests cached before it was mutated
        "track_dependencies=false",
        "use_git_change_detection=false",
        *(line for name, values in lists.items() for line in (f"{name}=", *(f"    {v}" for v in values))),
    ]
    (copy / "setup.cfg").write_text("\n".join(settings) + "\n", encoding="utf-8")
    return copy


def _codes(copy: Path, file: str) -> dict[str, Any]:
    """Mutant → exit code of its tests, None where it was not judged."""
    meta = copy / "mutants" / f"{file}.meta"
    if not meta.is_file():
        raise SystemExit(f"{file}: no mutants were made, see {copy.relative_to(ROOT)}/said.txt")
    return dict(json.loads(meta.read_text("utf-8"))["exit_code_by_key"])


def _shown(copy: Path, states: Mapping[str, str]) -> dict[str, list[str]]:
    """What each mutant that was not killed takes away and puts in."""
    shown = {}
    for name in (name for name, state in states.items() if state not in KILLED):
        told = _tool(copy, "show", name)
        lines = [line for line in told.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        shown[name] = [line[:1] + " " + line[1:].strip() for line in lines]
    return shown


if __name__ == "__main__":
    main()
