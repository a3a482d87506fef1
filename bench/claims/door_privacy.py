"""Claims of the door about privacy: what a run leaves behind, whole or broken off anywhere; what the scan can see."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bench.canary.runs import BREAKS, ROOT, Run, run, spoil_inbox
from bench.canary.scan import RESTRICTED, Report, needles_of, scan
from bench.claim import Claim, Measured

LEAST_IDENTITIES = 10_000
"""Fewer than these in the deliveries, and the scan would have had nothing to look for."""


def forced_failures() -> Measured:
    """A run broken off at every step, then a whole one with spoiled files beside the good, in one home: scanned."""
    with tempfile.TemporaryDirectory() as folder:
        home, captures = Path(folder, "home"), Path(folder, "captures")
        broken = [run(name, home=home, captures=captures) for name in BREAKS]
        spoil_inbox(home)
        whole = run("", home=home, captures=captures)
        return judge_runs(broken, whole, home=home, captures=captures)


def judge_runs(broken: Sequence[Run], whole: Run, *, home: Path, captures: Path) -> Measured:
    """Whether every break took hold, the whole run went through after them, and nothing was found."""
    from orchestration.demo import key_of_the_demo

    needles = needles_of(home, key=key_of_the_demo())
    report = scan([home, captures, *dbt_folders()], needles=needles, skip=[home / RESTRICTED])
    not_broken = [item.name for item in broken if not item.has_failed_as_asked]
    steps = {BREAKS[item.name][0] for item in broken}
    unbroken = steps_of_the_job() - steps
    figure = (
        f"{len(broken)} runs broken off at {len(steps)} steps and 1 whole; {_opened(report)}; "
        f"{len(needles.identities):,} identities and the key looked for: {sum(hit.count for hit in report.hits)} hits"
    )
    holds = (
        report.is_clean
        and not not_broken
        and not unbroken
        and whole.exit_code == 0
        and len(needles.identities) >= LEAST_IDENTITIES
    )
    reasons = [*map(str, report.hits[:5]), *report.unread[:5], *(f"{name} did not break" for name in not_broken)]
    reasons += [f"step {step} was never broken" for step in sorted(unbroken)]
    if whole.exit_code:
        reasons.append(f"the whole run ended with {whole.exit_code}")
    return Measured(figure, holds, "; ".join(reasons))


@cache
def steps_of_the_job() -> frozenset[str]:
    """The steps of the yearly job as Dagster plans them; a break for each is asked for."""
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "from orchestration.definitions import defs\n"
        "job = defs().resolve_job_def('yearly_proposal')\n"
        "print('\\n'.join('STEP ' + node.name for node in job.graph.nodes))"
    )
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"LIKVARD_HOME": home}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
    return frozenset(re.findall(r"^STEP (\S+)$", done.stdout, re.M))


def every_form() -> Measured:
    """The tests that plant a canary in each form and container, and take it out again."""
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "tests/privacy/test_canary_scan.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    passed = re.search(r"(\d+) passed", done.stdout)
    failed = re.search(r"(\d+) failed", done.stdout)
    count = int(passed[1]) if passed else 0
    return Measured(f"{count} passed, {failed[1] if failed else 0} failed", done.returncode == 0 and count > 0)


def dbt_folders() -> list[Path]:
    """What dbt writes beside the models when it parses them."""
    return [folder for name in ("target", "logs") if (folder := ROOT / "dbt_project" / name).is_dir()]


def _opened(report: Report) -> str:
    containers = ", ".join(f"{kind} {count}" for kind, count in sorted(report.containers.items()))
    return f"{report.files} files, {report.content_bytes / 1e6:.0f} MB read, containers opened: {containers}"


def interfaces() -> Measured:
    """The tests of the open interfaces against a local server, with the real answers."""
    if not os.environ.get("LIKVARD_OPEN_DATA"):
        return Measured("not measured", None, "LIKVARD_OPEN_DATA is not set: the real answers are not on this machine")
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-rs", "tests/orchestration/interfaces"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told = {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|skipped|error)", done.stdout)}
    figure = ", ".join(f"{count} {word}" for word, count in told.items())
    return Measured(figure, done.returncode == 0 and told.get("passed", 0) > 0 and "skipped" not in told)


CLAIMS = (
    Claim(
        id="door-canary",
        sentence="After runs broken off at every step, and a whole one, no identity and no byte of the key lies outside the restricted zone.",
        goal="0 hits, every container read, every step broken once",
        measure=forced_failures,
    ),
    Claim(
        id="door-canary-proof",
        sentence="The scan finds a canary planted in each written form and in each kind of container.",
        goal="all found, none where there is none",
        measure=every_form,
    ),
    Claim(
        id="door-interfaces",
        sentence="Skolverket's real answers, asked from a local server that stumbles in eleven ways, give the same accepted rows as the published table.",
        goal="all tests pass, none is skipped",
        measure=interfaces,
    ),
)
