"""Claims of scale: what a nation costs beside reading its rows once, how cost grows, and the framework's share of a run.

The lines of ``make bench`` are the measurement where a nation must be built; a claim reads the newest and says when there
is none. The floor is measured here.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.claim import Claim, Measured
from bench.claims import scale_spread
from bench.homes import demo_home
from bench.scale.child import run
from bench.scale.lines import read_lines
from bench.scale.page import GOALS, beyond_start, exponent_of, growth_of, per_unit, span_of
from orchestration.built import NOTE

NO_LINES = Measured(
    "not measured", None, "run `make bench` first: it builds a nation, which takes a quarter of an hour or more"
)
TIMES_FLOOR, GIGABYTES = 3.0, 6.0
AGAIN = 0.75
EXPONENT_PUPILS, EXPONENT_UNITS = 1.05, 1.1
TWO_DECADES = 100
YEAR = "2027"


def _cpu(step: str, size: str = "nation") -> float | None:
    return next((line.cpu_seconds for line in read_lines() if (line.step, line.size) == (step, size)), None)


def _against_one_pass(cost: float | None, goal: float) -> Measured:
    limit = _cpu("DuckDB, one pass")
    if cost is None or limit is None:
        return NO_LINES
    return Measured(f"{cost / limit:.1f} × ({cost:.0f} against {limit:.0f} CPU-s)", cost <= goal * limit)


def dbt() -> Measured:
    found = _against_one_pass(beyond_start("nation", "dbt, models"), GOALS["dbt, models"])
    tested, limit = beyond_start("nation"), _cpu("DuckDB, one pass")
    if found.holds is None or tested is None or limit is None:
        return NO_LINES
    return replace(found, figure=f"{found.figure}; with the tests of dbt {tested / limit:.1f} ×")


def fits() -> Measured:
    return _against_one_pass(_cpu("fits and intervals"), GOALS["fits and intervals"])


def memory() -> Measured:
    peaks = {line.step: line.peak_mb / 1024 for line in read_lines() if line.size == "nation" and line.peak_mb}
    if "dbt" not in peaks:
        return NO_LINES
    told = ", ".join(f"{step} {peak:.1f}" for step, peak in peaks.items())
    return Measured(f"GB: {told}", max(peaks.values()) <= GIGABYTES)


def growth() -> Measured:
    pupils, units, span = growth_of("dbt"), growth_of("dbt", units=True), span_of("dbt")
    if pupils is None or units is None or beyond_start("nation") is None:
        return NO_LINES
    return Measured(
        f"dbt over {span:.0f} ×: {exponent_of('dbt')} in pupils, {exponent_of('dbt', units=True)} in school units; fits and "
        f"intervals: {exponent_of('fits and intervals')}",
        pupils[0] <= EXPONENT_PUPILS and units[0] <= EXPONENT_UNITS and span >= TWO_DECADES,
    )


def by_unit() -> Measured:
    told = {step: growth_of(step, units=True) for step in ("publication", "site")}
    if None in told.values():
        return NO_LINES
    return Measured(
        "; ".join(map(per_unit, told)), all(found is not None and found[0] <= EXPONENT_UNITS for found in told.values())
    )


def _run(home: Path, modules: Path) -> tuple[float, dict[str, Any]]:
    """CPU seconds of ``likvard run`` without disclosure control, and what it told of that control."""
    command = [sys.executable, "-m", "bench.scale.real", YEAR, str(modules)]
    real, told = run(command, environment={"LIKVARD_HOME": str(home)})
    control = json.loads(told.splitlines()[-1])
    return real.cpu_seconds - control["disclosure"], control


def _empty(home: Path, modules: Path) -> float:
    command = [sys.executable, "-m", "bench.scale.floor", YEAR, str(modules)]
    return run(command, environment={"LIKVARD_HOME": str(home)})[0].cpu_seconds


def floor() -> Measured:
    """A run of the demonstration whose warehouse is built, and the empty graph, one after the other in the same home."""
    home = demo_home().path
    modules = home / "aggregate" / "modules.txt"
    (home / NOTE).unlink(missing_ok=True)
    ours, control = _run(home, modules)
    empty = _empty(home, modules)
    return Measured(
        f"{ours / empty:.2f} × ({ours:.1f} against {empty:.1f} CPU-s); beside it disclosure control "
        f"{control['disclosure']:.1f}",
        bool(control["calls"] and ours <= TIMES_FLOOR * empty),
    )


def again() -> Measured:
    """The same run twice more: once with the note of the build gone, and once over what then stands."""
    demo = demo_home()
    home, log = demo.path, demo.path / "pseudonymised" / "dbt" / "last_build.log"
    modules = home / "aggregate" / "modules.txt"
    (home / NOTE).unlink(missing_ok=True)
    whole, _ = _run(home, modules)
    before, hashes = log.stat().st_mtime_ns, demo.content_hashes(int(YEAR))
    unchanged, _ = _run(home, modules)
    empty = _empty(home, modules)
    same = log.stat().st_mtime_ns == before and demo.content_hashes(int(YEAR)) == hashes
    return Measured(
        f"{unchanged:.1f} CPU-s, {unchanged / whole:.0%} of a run that builds and {unchanged / empty:.1f} × the empty graph",
        same and unchanged <= AGAIN * whole,
        "" if same else "dbt was started, or the content changed",
    )


CLAIMS = (
    Claim("scale-dbt", "A nation's accepted rows to counts by dbt's models, beyond dbt's own start, against DuckDB reading and grouping the same Parquet once; the tests that judge the counts beside it.", "at most 3 ×", dbt),
    Claim("scale-fits", "Fits and 1 000 replicates on a nation's counts, reading them included, against the same pass.", "at most 10 ×", fits),
    Claim("scale-memory", "Peak memory of each step over a nation.", "at most 6 GB", memory),
    Claim("scale-growth", "Growth of cost over two decades, from five municipalities to a nation; of dbt what it takes beyond its start.", "exponent at most 1.05 in pupils and 1.1 in school units", growth),
    Claim("scale-publication", "Publication and pages per school unit, and how they grow in units.", "exponent at most 1.1 in school units", by_unit),
    Claim("scale-floor", "A warm yearly run of the demonstration against the same graph with empty bodies and the same imports; disclosure control and pages apart.", "at most 3 ×", floor),
    Claim("scale-again", "A second run with nothing changed does not start dbt, and publishes the same content.", f"at most {AGAIN:.0%} of the run before", again),
    *scale_spread.CLAIMS,
)  # fmt: skip
