"""The accuracy of a municipality's weights in the terminal.

Belongs here: layout and words. Does not: any number that is not in the tables.
"""

from __future__ import annotations

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestration.report.followup_tables import FollowUp
from orchestration.texts import number, say, share


def accuracy_view(found: FollowUp) -> RenderableType:
    """Each judged cohort, the floor and the flat amount, alarms, and what is said of the weights."""
    cohorts = found.rows("accuracy_cohort").sort_values(["is_pooled", "judged_years"])
    parts: list[RenderableType] = [
        Text(say("accuracy_title", municipality=found.municipality_code, year=str(found.funding_year)), style="bold"),
        _grid(cohorts),
        say("accuracy_reading"),
    ]
    alarms = found.rows("accuracy_alarm")
    parts += [_alarm(row) for row in alarms.to_dict("records")] or [say("accuracy_no_alarm")]
    levels = found.rows("accuracy_level")
    if len(levels):
        unusual = levels[(levels["p_value"] < 0.05) & (levels["adjusted_p_value"] >= 0.05)]
        parts.append(say("accuracy_levels", count=len(levels), unusual=len(unusual)))
    parts += [_weights(row) for row in found.rows("accuracy_weights").to_dict("records")]
    return Group(*parts, *found.left_out())


def _grid(cohorts: pd.DataFrame) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(say("accuracy_cohort"), no_wrap=True)
    for key in ("accuracy_weights_from", "accuracy_leavers", "accuracy_slope", "accuracy_auc", "accuracy_misplaced",
                "accuracy_floor", "accuracy_flat", "accuracy_skill"):  # fmt: skip
        table.add_column(say(key), justify="right")
    for row in cohorts.to_dict("records"):
        slope = "–"
        if not pd.isna(row["within_slope"]):
            ends = (number(row[f"within_slope_{end}"], decimals=2) for end in ("lower", "upper"))
            slope = f"{number(row['within_slope'], decimals=2)} ({'–'.join(ends)})"
        table.add_row(
            row["judged_years"],
            f"{row['fitted_year_first']}–{row['fitted_year_last']}",
            number(row["leaver_count"]),
            slope,
            number(row["auc"], decimals=2),
            share(row["misplaced_share"]),
            f"{share(row['floor_lower'])}–{share(row['floor_upper'])}",
            share(row["flat_misplaced_share"]),
            "–" if pd.isna(row["skill"]) else number(row["skill"], decimals=2),
            style="bold" if row["is_pooled"] else None,
        )
    return table


def _alarm(row: dict[str, object]) -> str:
    value = number(float(str(row["alarm_value"])), decimals=2)
    kind = say(f"part_alarm_{row['alarm_kind']}")
    if row["alarm_kind"] == "calibration_slope":
        return say("accuracy_alarm_slope", kind=kind, value=value)
    return say("accuracy_alarm", kind=kind, factor=row["factor"], level=row["level"], value=value)


def _weights(row: dict[str, object]) -> str:
    told = say(
        "accuracy_advice",
        advice=say(f"part_advice_{row['weights_advice']}"),
        reason=say(f"part_reason_{row['advice_reason']}"),
    )
    if pd.isna(row["misplaced_pot_share"]):
        return told
    moved, largest = float(str(row["misplaced_pot_share"])), float(str(row["largest_index_difference"]))
    return f"{told} {say('accuracy_moved', moved=share(moved), largest=number(largest, decimals=1))}"
