"""Tables of a comparison in the terminal, and the same as a file.

Belongs here: layout and words. Does not: any number that is not in the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestration.comparison.published_year import PublishedYear
from orchestration.comparison.scenario_file import ScenarioSet
from orchestration.comparison.scenarios import ShareForRatio
from orchestration.texts import kronor, number, say, share

Shown = tuple[str, int, Callable[[pd.Series], str]]
"""Heading, width and cell of one column; the widths fit eighty columns."""

RULES = {
    "proportional": "rule_proportional",
    "min_sq_unmet": "rule_min_sq_unmet",
    "equal_award": "rule_equal_award",
}
AGAINST = {"published": "scenarios_against_published", "flat": "scenarios_against_flat"}
FRONT = "*"


def scenarios_view(year: PublishedYear, table: pd.DataFrame, *, chosen: ScenarioSet, source: str) -> RenderableType:
    """Two tables with a row per scenario: how money lies along need, and who gets it."""
    known = year.publication
    title = say(
        "scenarios_title", municipality=known.municipality_code, year=str(known.funding_year),
        publication=known.publication_id, budget=kronor(year.budget_ore / 100), units=len(year.units.school_unit_code),
    )  # fmt: skip
    against = say(AGAINST[chosen.compare_with])
    return Group(
        Text(title, style="bold"),
        Text(say("scenarios_source", source=source)),
        Text(say("scenarios_now", share=share(year.structural_share))),
        *left_out_note(year),
        "",
        Text(say("scenarios_money"), style="bold"),
        *_tables(table, _MONEY),
        "",
        Text(say("scenarios_who", enough=share(float(chosen.enough_share)), against=against), style="bold"),
        *_tables(table, _WHO),
        Text(say("scenarios_front", mark=FRONT)),
    )


def left_out_note(year: PublishedYear) -> list[RenderableType]:
    """A line on units that are not compared; none where all are."""
    return [Text(say("scenarios_left_out", count=len(year.left_out)))] if year.left_out else []


def ratio_view(found: Sequence[ShareForRatio], *, ratio: str) -> RenderableType:
    """The structural share that a wanted ratio takes, a row per function."""
    table = Table(say("scenarios_block"), box=None, header_style="bold")
    for heading in ("ratio_of_totals", "ratio_of_need"):
        table.add_column(say(heading), justify="right")
    for each in found:
        shares = ["–" if value is None else share(float(value)) for value in (each.of_totals, each.of_need_alone)]
        table.add_row(each.block, *shares)
    reasons = dict.fromkeys(reason for each in found for reason in each.reasons)
    return Group("", Text(say("ratio_title", ratio=ratio), style="bold"), table, *(Text(f"– {r}") for r in reasons))


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Every measure of every scenario; öre and shares as they were computed."""
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _tables(table: pd.DataFrame, columns: Sequence[Shown]) -> list[RenderableType]:
    """A table per block and rule, under its name; the first has the headings."""
    parts: list[RenderableType] = []
    for (block, rule), rows in table.groupby(["block", "rule"], sort=False):
        shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0), show_header=not parts)
        for n, (heading, width, _) in enumerate(columns):
            shown.add_column(say(heading), justify="left" if n == 0 else "right", width=width)
        for _, row in rows.iterrows():
            shown.add_row(*(cell(row) for _, _, cell in columns))
        name = Text(f"{block}, {say(RULES[rule])}", style="italic")
        parts += [shown, name] if not parts else [name, shown]
    return [parts[1], parts[0], *parts[2:]]


def _decimals(column: str, decimals: int) -> Callable[[pd.Series], str]:
    return lambda row: "–" if pd.isna(row[column]) else number(float(row[column]), decimals=decimals)


def _share(column: str) -> Callable[[pd.Series], str]:
    return lambda row: "–" if pd.isna(row[column]) else share(float(row[column]))


def _sek(column: str) -> Callable[[pd.Series], str]:
    return lambda row: "–" if pd.isna(row[column]) else number(round(float(row[column]) / 100))


def _unit(code: object) -> str:
    """A school unit; a table of several scenarios holds not-a-number where one has none."""
    return code if isinstance(code, str) else "–"


_SHARE: Shown = ("scenarios_share", 8, lambda row: f"  {share(row['structural_share'])}")
_MONEY: tuple[Shown, ...] = (
    _SHARE,
    ("scenarios_moved", 7, _share("redistributed_share")),
    ("scenarios_slope", 8, _sek("slope_ore_per_100_points")),
    ("scenarios_elasticity", 11, _decimals("elasticity", 2)),
    ("scenarios_highest", 7, _decimals("highest_to_lowest", 2)),
    ("scenarios_p90", 7, _decimals("p90_to_p10", 2)),
    ("scenarios_gini", 6, _decimals("gini", 3)),
    ("scenarios_concentration", 6, _decimals("concentration", 3)),
    ("scenarios_kakwani", 7, _decimals("kakwani", 3)),
)
_WHO: tuple[Shown, ...] = (
    _SHARE,
    ("scenarios_covered_first", 9, _share("coverage_fifth_1")),
    ("scenarios_covered_last", 9, _share("coverage_fifth_5")),
    ("scenarios_gain", 6, lambda row: number(int(row["gaining_units"]))),
    ("scenarios_lose", 6, lambda row: number(int(row["losing_units"]))),
    ("scenarios_loss", 13, _sek("largest_loss_per_pupil_ore")),
    ("scenarios_loss_unit", 10, lambda row: _unit(row["largest_loss_unit"])),
    ("scenarios_mark", 5, lambda row: FRONT if row["on_front"] else ""),
)
