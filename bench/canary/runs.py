"""Runs over which the scan is proven: the demonstration, whole, and broken off at every step with a row in the error.

Each run is a process of its own, started as a user starts it, with its output kept beside the home. What breaks it is
put in place in that process only (`python -m bench.canary.runs NAME`): the product knows nothing of it.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[2]

BREAKS: dict[str, tuple[str, str, str]] = {  # name -> step, module, function that fails there
    "inbox": ("door", "orchestration.intake.inbox", "receive"),
    "reader": ("door", "orchestration.intake.parse", "read_table"),
    "identity": ("door", "orchestration.intake.typed", "parse_identities"),
    "door": ("door", "orchestration.defs.ingest.assets", "read_deliveries"),
    "writing": ("door", "orchestration.intake.door", "parquet_bytes"),
    "door_rules": ("door_rules", "orchestration.defs.ingest.checks", "failing_by_rule"),
    "dbt_build": ("dbt_build", "orchestration.defs.ingest.assets", "read_deliveries"),
    "conflicts": ("restricted__conflict_lists", "orchestration.defs.factors.conflicts", "write_conflict_lists"),
    "need_model": ("need_model", "orchestration.defs.need.assets", "need_from_counts"),
    "background": ("need__need_background_count", "orchestration.defs.need.background", "counted"),
    "forecast": ("enrollment_forecast", "orchestration.defs.forecast.assets", "forecast_of_year"),
    "plans": ("forecast_plans", "orchestration.defs.forecast.assets", "plans_of_municipality"),
    "progress": ("school_progress", "orchestration.defs.followup.progress", "progress_of_year"),
    "accuracy": ("accuracy_followup", "orchestration.defs.followup.accuracy", "accuracy_of_year"),
    "effect": ("effect_followup", "orchestration.defs.followup.effect", "effect_of_year"),
    "key_figures": ("key_figures", "orchestration.defs.followup.key_figures", "key_figures_of_year"),
    "quality": ("followup__quality_work", "orchestration.defs.followup.quality_work", "write_reports"),
    "goals": ("goals_followup", "orchestration.defs.followup.goals", "goals_of_year"),
    "need_explanation": ("need_explanation", "orchestration.defs.need.explanation", "sensitivity_card"),
    "need_rules": ("need_rules", "orchestration.defs.need.checks", "judge"),
    "need_suite": ("need_suite", "orchestration.defs.need.checks", "check_result"),
    "allocation": ("fct_allocation", "orchestration.defs.allocation.assets", "shown"),
    "money_rules": ("money_rules", "orchestration.defs.allocation.checks", "judge"),
    "organiser_rules": ("organiser_rules", "orchestration.defs.allocation.checks", "judge"),
    "change_rules": ("allocation_change_rules", "orchestration.defs.allocation.checks", "judge"),
    "interval_rules": ("allocation_interval_rules", "orchestration.defs.allocation.checks", "judge"),
    "signal_rules": ("redistribution_signal_rules", "orchestration.defs.allocation.checks", "judge"),
    "wide": ("allocation__school_allocation", "orchestration.defs.allocation.assets", "school_allocation"),
    "change": ("change_since_last_year", "orchestration.defs.allocation.change", "compare_years"),
    "how_sure": ("how_sure", "orchestration.defs.allocation.change", "_sure"),
    "organisers": ("organiser_terms", "orchestration.defs.allocation.organisers", "organiser_tables"),
    "forms": ("school_forms", "orchestration.defs.forms.assets", "form_result"),
    "form_rules": ("form_rules", "orchestration.defs.forms.checks", "judge"),
    "rule_result": ("publication__rule_result", "orchestration.defs.publication.assets", "collect"),
    "proposal": ("publication__proposal", "orchestration.defs.publication.assets", "propose_all"),
    "gate_rules": ("gate_rules", "orchestration.defs.publication.checks", "result_rows"),
}
"""Every step of the yearly job stands here at least once; the door with each of its parts."""

RULES_OF = {
    "organiser_rules": "organiser_allocation",
    "change_rules": "allocation_change",
    "interval_rules": "allocation_interval",
    "signal_rules": "redistribution_signal",
}
"""Breaks that concern the rules of one table alone: steps share the function that judges."""

SMALL = "small"
"""As second argument: the demonstration with four of its units, for a quick look."""


class ForcedError(RuntimeError):
    """The failure that was asked for; its text holds everything the step had at hand."""


CAUGHT = frozenset({"reader", "identity"})
"""Parts of the door whose failure refuses the file in hand and stops nothing else."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that ended. `said` is what it printed, words apart by single spaces; both streams lie as files as well."""

    name: str
    exit_code: int
    said: str

    @property
    def has_failed_as_asked(self) -> bool:
        """Whether the run broke off where it was asked to, or the door refused what it was kept from reading."""
        if self.name in CAUGHT:
            return self.exit_code == 4 and "D-FILE-001" in self.said
        return self.exit_code != 0 and f"Step {BREAKS[self.name][0]} failed" in self.said


def run(name: str, *, home: Path, captures: Path, is_small: bool = False) -> Run:
    """One run of the demonstration in `home`, broken off at `name` (empty: not at all)."""
    arguments = [sys.executable, "-m", "bench.canary.runs", name or "whole", *([SMALL] if is_small else [])]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LIKVARD_", "DAGSTER_"))}
    environment |= {"LIKVARD_HOME": str(home), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "2000"}
    for name_of, folder in (("TMPDIR", "temporary"), ("HOME", "user")):  # what a run leaves there is scanned as well
        (captures / folder).mkdir(parents=True, exist_ok=True)
        environment[name_of] = str(captures / folder)
    places = [captures / f"{name or 'whole'}.{stream}.txt" for stream in ("stdout", "stderr")]
    with places[0].open("wb") as out, places[1].open("wb") as err:
        done = subprocess.run(arguments, cwd=ROOT, env=environment, stdout=out, stderr=err, check=False)
    said = " ".join(word for place in places for word in place.read_text("utf-8", errors="replace").split())
    return Run(name, done.returncode, said)


def spoil_inbox(home: Path) -> int:
    """Put files beside the demonstration's that go wrong in their own way, all of years the run does not build on.

    Without its header line; cut off inside a quoted cell; identities in the column of languages; an identity as a
    header, as a name of a file, and twice in its row. Returns how many.
    """
    inbox = home / "restricted" / "inbox" / "9999"
    header, *rows = (inbox / "elever_2019-10-15.csv").read_bytes().decode("cp1252").splitlines()
    identity = rows[0].split(";")[0]
    language = header.split(";").index("Modersmål")
    moved = [";".join([*row.split(";")[:language], row.split(";")[0], *row.split(";")[language + 1 :]]) for row in rows]
    spoiled = {
        "elever_2018-10-15_utan.csv": rows,
        "elever_2019-10-15_avh.csv": [header, *rows[:40], rows[40].replace(";", ';"', 3)[:-9]],
        "elever_2020-10-15_modersm.csv": [header, *moved],
        "elever_2021-10-15_rubrik.csv": [f"{header};{identity}", *(f"{row};" for row in rows)],
        "elever_2022-10-15_dubbel.csv": [header, *(f"{row};{row}" for row in rows[:9]), *rows],
        f"lista {identity}.csv": rows[:5],
    }
    for name, lines in spoiled.items():
        path = inbox / name
        path.write_bytes("\r\n".join(lines).encode("cp1252"))
        path.chmod(0o600)
    return len(spoiled)


def put_in_place(name: str) -> None:
    """Make one function of one step fail in this process, with its rows in the words of the error."""
    step, module_name, function = BREAKS[name]
    module = importlib.import_module(module_name)
    first = getattr(module, function)
    failing = _failing(step, first, of_table=RULES_OF.get(name))
    setattr(module, function, _spoiling(first) if name == "dbt_build" else failing)


def _failing(step: str, first: Callable[..., Any], *, of_table: str | None) -> Callable[..., Any]:
    def fail(*arguments: Any, **named: Any) -> Any:
        if of_table is not None and arguments[0].table != of_table:
            return first(*arguments, **named)
        raise ForcedError(f"{step}: {'; '.join(_rows([*arguments, *named.values()]))}")

    return fail


def _spoiling(read: Callable[..., Any]) -> Callable[..., Any]:
    """Let the door work, and lay a table beside the accepted ones that dbt cannot read: its error quotes values."""

    def spoil(home: Path, **named: Any) -> Any:
        report = read(home, **named)
        folder = home / "pseudonymised" / "accepted" / "results"
        table = pq.read_table(next(path for path in sorted(folder.glob("*.parquet")) if path.name[0] != "_"))
        place = table.schema.get_field_index("merit_value")
        spoiled = table.set_column(place, "merit_value", table.column("pupil_key").cast(pa.string()))
        pq.write_table(spoiled, folder / "zz-spoiled.parquet")  # the next reading removes what no delivery brought
        return report

    return spoil


def _rows(values: Sequence[Any]) -> list[str]:
    """The first rows of everything a function was called with: frames, files, deliveries on disk, keys, plain values."""
    shown: list[str] = []
    for value in values:
        if isinstance(value, pd.DataFrame):
            shown.append(value.head(3).to_csv(index=False))
        elif isinstance(value, bytes):
            shown += [value[:400].decode("cp1252", errors="replace"), value[:64].hex()]
        elif isinstance(value, dict):
            shown += _rows(list(value.values())[:5])
        elif isinstance(value, Path) and (value / "restricted").is_dir():
            shown += [path.read_bytes()[:400].decode("cp1252") for path in sorted(value.rglob("elever_*.csv"))[:2]]
        else:
            shown.append(repr(value)[:400])
    return shown


def _make_small() -> None:
    from dataclasses import replace

    import orchestration.demo as demo

    demo.DEMO = replace(demo.DEMO, units=demo.DEMO.units[:4])


def main() -> None:
    """Entry of ``python -m bench.canary.runs NAME [small]``: ``likvard demo`` in this process, broken as asked."""
    name, *rest = sys.argv[1:]
    if SMALL in rest:
        _make_small()
    if name in BREAKS:
        put_in_place(name)
    from orchestration.cli import main as likvard

    sys.argv = ["likvard", "demo"]
    likvard()


if __name__ == "__main__":
    main()
