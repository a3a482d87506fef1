"""The follow-up of a school unit in the terminal.

Belongs here: reading the tables of a funding year, layout and words. Does not: any number that is not in them, any order of
units.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from models_py.followup import GOALS, SHOWN
from orchestration.report.followup_tables import NoFollowUpError, followed_year
from orchestration.resources.tables import Tables
from orchestration.settings import Settings
from orchestration.texts import number, say, share

MERIT, ALL_SUBJECTS = "merit_value", "all_subjects"


def unit_view(found: Settings, *, school_unit_code: str, funding_year: int | None) -> RenderableType:
    """What a unit adds, its cohorts of the newest school year, and the naive comparison. Raises NoFollowUpError."""
    tables, year = followed_year(found, "progress", funding_year=funding_year)
    cohorts = _own(tables, "cohort_progression", year, school_unit_code)
    if cohorts.empty:
        raise NoFollowUpError(say("followup_no_unit", school=school_unit_code, year=str(year)))
    code = str(cohorts["municipality_code"].iloc[0])
    parts: list[RenderableType] = [
        Text(say("followup_title", school=school_unit_code, municipality=code), style="bold"),
        *(_value(row) for row in _own(tables, "school_value_added", year, school_unit_code).itertuples()),
        *(_gap(row) for row in _own(tables, "grade_test_gap", year, school_unit_code).itertuples()),
        _cohort_table(cohorts),
    ]
    naive = _own(tables, "naive_comparison", year, school_unit_code)
    newest = naive[(naive["result_year"] == naive["result_year"].max()) & (naive["subject"] == ALL_SUBJECTS)]
    parts += [_naive(row) for row in newest.itertuples()]
    noise = tables.read("naive_noise", year, municipalities=[code])
    parts += [_noise(row) for row in noise[noise["indicator"] == MERIT].itertuples()]
    return Group(*parts, say("followup_reading"))


def _own(tables: Tables, name: str, year: int, unit: str) -> pd.DataFrame:
    if not tables.municipalities(name, year):
        return pd.DataFrame(columns=["municipality_code", "school_unit_code", "result_year"])
    rows = tables.read(name, year)
    return rows[rows["school_unit_code"] == unit]


def _value(row: Any) -> str:
    stage = say(f"part_stage_{row.stage}")
    if row.value_state != SHOWN:
        return say("followup_value_silent", stage=stage, reason=say(f"part_value_{row.value_state}"))
    told = say(
        "followup_value", stage=stage, value=_signed(row.value_added_points), lower=_signed(row.value_added_lower_points),
        upper=_signed(row.value_added_upper_points), matched=int(row.matched_count), enrolled=int(row.enrolled_count),
        first=str(row.window_first_year), last=str(row.window_last_year), band=say(f"part_band_{row.band_position}"),
    )  # fmt: skip
    return f"{told} {say('followup_joiners_differ')}" if row.joiners_differ else told


def _gap(row: Any) -> str:
    return say(
        "followup_gap", subject=say(f"part_subject_{row.subject}"), grade=str(row.grade), gap=_signed(row.gap_points),
        beside=_signed(row.gap_beside_all_points), pupils=int(row.gap_pupil_count),
    )  # fmt: skip


def _cohort_table(cohorts: pd.DataFrame) -> Table:
    """Those who stayed, from the indicator before to that of the newest school year."""
    own = cohorts[(cohorts["series"] == GOALS) & (cohorts["pupil_group"] == "stayers")]
    own = own[own["result_year"] == own["result_year"].max()].sort_values(["grade", "subject", "indicator"])
    table = Table(title=say("followup_cohorts"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for key in ("cohort", "grades", "subject"):  # in a narrow terminal the words fold, and no figure is cut
        table.add_column(
            say(f"followup_column_{key}"), no_wrap=key != "subject", min_width=11 if key == "subject" else None
        )
    for key in ("pupils", "then", "now", "change", "town"):
        table.add_column(say(f"followup_column_{key}"), justify="right", no_wrap=True)
    for row in own.itertuples():
        told = not pd.isna(row.cohort_change)
        change = say(f"part_change_{row.change_state}")
        if told:
            ends = f"({_points(row.cohort_change_lower)} – {_points(row.cohort_change_upper)})"
            change = f"{_points(row.cohort_change)} {ends}"
        table.add_row(
            str(row.cohort_year), f"{row.prior_grade}–{row.grade}", _what(row),
            number(row.both_count), _share(row.prior_reached_share), _share(row.reached_share), change,
            _points(row.municipality_change) if told else "–",
        )  # fmt: skip
    return table


def _naive(row: Any) -> str:
    told = _signed if row.indicator == MERIT else _points
    return say(
        "followup_naive", what=say(f"part_indicator_{row.indicator}"), grade=str(row.grade), year=str(row.result_year), change=told(row.naive_change),
        chance=told(1.96 * row.naive_change_se).lstrip("+"),
        verdict=say(f"part_chance_{'beyond' if row.is_beyond_chance else 'within'}"),
    )  # fmt: skip


def _noise(row: Any) -> str:
    return say(
        "followup_noise", pairs=int(row.pair_count), seen=int(row.beyond_threshold_count), threshold=number(row.threshold),
        chance=number(row.expected_by_chance), told=int(row.beyond_chance_count), noise=share(float(row.noise_share)),
    )  # fmt: skip


def _what(row: Any) -> str:
    """The subject, or the indicator where it is of all subjects."""
    if row.subject == ALL_SUBJECTS:
        return say(f"part_indicator_{row.indicator}")
    return say(f"part_subject_{row.subject}")


def _share(value: float) -> str:
    return "–" if pd.isna(value) else share(float(value))


def _signed(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + number(abs(float(value)), decimals=1)


def _points(value: float) -> str:
    """A change of a share in percentage points."""
    return "–" if pd.isna(value) else _signed(100 * float(value))
