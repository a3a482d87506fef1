"""``docs/scale.md``: the lines of ``make bench`` as one table, the limits, and what to do beyond them.

Belongs here: words and layout. Does not: any figure of its own; all come from the kept lines.
"""

from __future__ import annotations

from bench.scale.lines import DEMO, SIZES, Line, growth, read_lines

BUILDS = ("dbt, models", "dbt")
"""Builds by dbt, the models alone and with their tests; of each, what it takes over no rows is the framework's."""
EMPTY = "empty"
COLUMNS = (DEMO, *SIZES)
ORDER = (
    "door", "DuckDB, one pass", *BUILDS, "pandas", "fits and intervals", "fits, ten nations", "statsmodels", "glum", "glm of R", "fits",
    "allocation", "forecast", "follow-up", "publication", "site", "month",
)  # fmt: skip
"""Steps as the table lists them, peers beside what they are compared with."""
_HEAD = """# Cost from one municipality to a nation

Invented municipalities with fifteen years of pupils, written as the door leaves them (`python -m bench.nation.write HOME`)
and measured in one run: `make bench`. CPU seconds of all threads on two cores that others share, so ratios say more than
seconds. Each size is a process of its own; dbt may hold 4 GB in memory and spills the rest beside the warehouse. Of up to ten
municipalities dbt is the least of three runs; one pass of DuckDB is the mean of one before dbt and one after. The yearly
graph's parts and the pages are of municipalities that are all published under the default policy with weights drawn towards
those of all of them; peak memory there is of the process while it goes through the part.
This page is generated from `docs/proofs/scale_lines.json`; what holds stands in [proofs](proofs.md) under `scale`."""
GOALS = {"dbt, models": 3.0, "fits and intervals": 10.0}
"""Steps over a nation, and how many times one pass of DuckDB over the same rows they may take."""
BY_MUNICIPALITY = ("allocation", "forecast", "follow-up", "publication", "site")
"""Steps that do one municipality after another."""
_LIMITS = """
## Limits

**What breaks first at ten times a nation.** Ten million pupils a year are 150 million rows a source. The need model does
not break: "fits, ten nations" above are its fits and replicates on simulated counts of ten times the schools. dbt comes first: models
that hold a key per pupil in a hash table (the pupil's other rows in a file, the pupil's background) and tests of grain that hold
one per row spill when memory ends, and slow down with the disk. That was not run at this size. Then the disk: the warehouse holds
every pupil and date once.

**What dbt spends its time on.** Beyond the one pass that is its limit: each file of a delivery is opened once by every model and
test that reads it, about ten times; pupils are joined with their background; months are counted; grain is tested. Of
a small home most is the framework's: its start and its two hundred steps, told above as the build without rows.

| When | Do |
|---|---|
| dbt spills for longer than it counts | more memory: `LIKVARD_WAREHOUSE_MEMORY`; the setting is a size such as `16GB`, or a share of the machine |
| a build of all years takes too long | one home per region or per group of municipalities: nothing but the national model reads across municipalities |
| one machine is too small for the counting | the same models on a cluster: only the counting must be spread, since every later step starts from counts |
| publication or pages take too long | they are per municipality and independent: several homes side by side |

**Memory of the yearly graph.** Each municipality's follow-up is written as it comes, so the largest municipality decides its
peak, not their number. The other steps grow slowly with the number of municipalities (the table).

Deliveries are read one at a time by the door, in memory that the largest file decides; the number of files adds only time.
"""


def scale_page() -> str:
    """The page. Without measurements it says so."""
    lines = read_lines()
    steps = sorted({line.step for line in lines}, key=lambda step: (*ORDER, step).index(step))
    told = {(line.step, line.size): line for line in lines}
    sizes = {size: next((line for line in lines if line.size == size and line.units), None) for size in COLUMNS}
    named = [f"{size}: {line.pupils:,} pupils a year in {line.units:,} units" for size, line in sizes.items() if line]
    parts = [_HEAD, "", f"Sizes: {'; '.join(named) or 'not measured'}.", ""]
    parts += [f"| step | {' | '.join(COLUMNS)} | exponent (95 %) | command |", "|---" * (len(COLUMNS) + 3) + "|"]
    for step in steps:
        start = told.get((step, EMPTY))
        cells = [_cell(told.get((step, size)), start) for size in COLUMNS]
        command = next((line.command for line in lines if line.step == step and line.command), "")
        parts.append(f"| {step} | {' | '.join(cells)} | {exponent_of(step)} | {f'`{command}`' if command else ''} |")
    starts = [f"{each.cpu_seconds:.1f}" for step in BUILDS if (each := told.get((step, EMPTY))) is not None]
    if starts:
        parts += [
            "",
            f"A cell is CPU s, wall s, peak GB. The CPU s of dbt, of its models and with their tests, are beyond the {' and '.join(starts)} "
            "of the same build without rows. The demonstration is published under a policy of its own.",
        ]
    reasons = {(line.step, line.reason): [] for line in lines if line.reason}
    for line in lines:
        if line.reason:
            reasons[line.step, line.reason].append(line.size)
    if reasons:
        parts += ["", "Not measured:", ""]
        parts += [f"- {step} ({', '.join(sizes)}): {reason}" for (step, reason), sizes in reasons.items()]
    return "\n".join([*parts, *_against_goals(), *_per_unit()]) + "\n" + _LIMITS


def _against_goals() -> list[str]:
    """What a nation costs in passes over its rows, beside the goal; a goal that is not reached is said to be."""
    cpu = {line.step: line.cpu_seconds for line in read_lines() if line.size == "nation"}
    limit, own = cpu.get("DuckDB, one pass"), cpu | {step: beyond_start("nation", step) for step in BUILDS}
    if limit is None:
        return []
    told = [f"- {step}: {_beside(own.get(step), limit, goal)}" for step, goal in GOALS.items()]
    if (tested := own.get("dbt")) is not None:
        told.append(
            f"- dbt with its tests, which judge the counts and have no goal of their own: {tested / limit:.1f} ×."
        )
    return ["", "## A nation against the goals", "", *told]


def _beside(cost: float | None, limit: float, goal: float) -> str:
    if cost is None:
        return f"not measured; the goal is {goal:.0f} ×."
    reached = "reached" if cost <= goal * limit else "not reached"
    return f"{cost / limit:.1f} × one pass of DuckDB; the goal of {goal:.0f} × is {reached}."


def _per_unit() -> list[str]:
    """What goes from municipality to municipality: its cost per school unit at the largest size, and how that grows."""
    told = [f"- {words}" for step in BY_MUNICIPALITY if (words := per_unit(step))]
    return ["", "## Per school unit", "", *told] if told else []


def per_unit(step: str) -> str:
    """CPU of a step per school unit at the largest size it was measured at, and its growth in units; empty without one."""
    own = [
        line for line in read_lines() if line.step == step and line.size in SIZES and line.cpu_seconds and line.units
    ]
    if not own:
        return ""
    largest = max(own, key=lambda line: line.units)
    cost = f"{1000 * (largest.cpu_seconds or 0) / largest.units:.0f} CPU-ms at {largest.units:,} units"
    return f"{step}: {cost}; exponent in units {exponent_of(step, units=True) or 'of fewer than three sizes not told'}"


def beyond_start(size: str, step: str = "dbt") -> float | None:
    """CPU seconds of a build by dbt over the rows of a size, without what the same build takes over none."""
    whole, start = _cpu(step, size), _cpu(step, EMPTY)
    return None if whole is None or start is None else whole - start


def _cpu(step: str, size: str) -> float | None:
    return next((line.cpu_seconds for line in read_lines() if (line.step, line.size) == (step, size)), None)


def exponent_of(step: str, *, units: bool = False) -> str:
    """Growth of a step's CPU in pupils, or in school units, as text; empty with fewer than three sizes."""
    found = growth_of(step, units=units)
    return "" if found is None else f"{found[0]:.2f} ({found[1]:.2f}–{found[2]:.2f})"


def growth_of(step: str, *, units: bool = False) -> tuple[float, float, float] | None:
    """As ``growth``; None with fewer than three sizes that were measured."""
    kept = _grown(step, units=units)
    return growth(*zip(*kept, strict=True)) if len(kept) >= 3 else None


def span_of(step: str, *, units: bool = False) -> float:
    """How many times its smallest size the largest is, of those that its growth is told by; 1 with none."""
    sizes = [size for size, _ in _grown(step, units=units)]
    return max(sizes, default=1) / min(sizes, default=1)


def _grown(step: str, *, units: bool) -> list[tuple[int, float]]:
    """Sizes and costs that growth is told by. Of dbt those whose cost beyond the start is more than a twentieth of the start:
    below that it is noise."""
    own = [line for line in read_lines() if line.step == step and line.cpu_seconds is not None and line.size in SIZES]
    costs = [(line, beyond_start(line.size, step) if step in BUILDS else line.cpu_seconds) for line in own]
    least = 0.05 * (_cpu(step, EMPTY) or 0.0) if step in BUILDS else 0.0
    return [(line.units if units else line.pupils, cost) for line, cost in costs if cost is not None and cost > least]


def _cell(line: Line | None, start: Line | None) -> str:
    if line is None:
        return ""
    if line.cpu_seconds is None:
        return "–"
    cpu = line.cpu_seconds - (start.cpu_seconds or 0 if start is not None else 0)
    return f"{cpu:.1f}, {line.wall_seconds or 0:.0f}, {(line.peak_mb or 0) / 1024:.1f}"
