"""Claims of the door about privacy: what a run leaves behind, whole or broken off anywhere; what the scan can see."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.canary.runs import BREAKS, ROOT, Run, run
from bench.canary.scan import RESTRICTED, Report, needles_of, scan
from bench.claim import Claim, Measured

LEAST_IDENTITIES = 10_000
"""Fewer than these in the deliveries, and the scan would have had nothing to look for."""


def forced_failures() -> Measured:
    """The whole demonstration after a run broken off at every step, in one home, and the scan over all of it."""
    with tempfile.TemporaryDirectory() as folder:
        home, captures = Path(folder, "home"), Path(folder, "captures")
        broken = [run(name, home=home, captures=captures) for name in BREAKS]
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
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-q", "tests/privacy/test_canary_scan.py"]
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
)
