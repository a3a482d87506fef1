"""A diagnosis of last year's amounts in the terminal.

Belongs here: layout and words. Does not: any number that is not in the diagnosis.
"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestration.comparison.last_year import LastYearDiagnosis
from orchestration.comparison.published_year import PublishedYear
from orchestration.report.scenarios_view import left_out_note
from orchestration.texts import kronor, number, say, share

MOST_UNITS = 8
"""Units shown on each side: those with most money beyond and below what need says."""


def diagnosis_view(year: PublishedYear, found: LastYearDiagnosis) -> RenderableType:
    """Scores, where money lies beside need, and who gains and loses under the published amounts."""
    known, scores, winners = year.publication, found.diagnosis.scores, found.diagnosis.winners
    rows = [
        ("diagnose_slope", _sek(scores.slope_ore_per_100_points)),
        ("diagnose_slope_of_claims", _sek(scores.slope_of_claims_ore_per_100_points)),
        ("scenarios_elasticity", "–" if scores.elasticity is None else number(scores.elasticity, decimals=3)),
        ("redistributed_share", share(scores.redistributed_share)),
        ("diagnose_misplaced", share(scores.misplaced_share)),
        ("diagnose_horizontal", _sek(scores.horizontal_ore_per_pupil)),
        ("diagnose_horizontal_share", "–" if scores.horizontal_share is None else share(scores.horizontal_share)),
        ("diagnose_gaining", _counted(winners.gaining_units, winners.gaining_pupils)),
        ("diagnose_losing", _counted(winners.losing_units, winners.losing_pupils)),
        ("diagnose_moved", kronor(winners.moved_ore / 100)),
        ("diagnose_largest_gain", _most(winners.largest_gain_per_pupil_ore, winners.largest_gain_unit)),
        ("diagnose_largest_loss", _most(winners.largest_loss_per_pupil_ore, winners.largest_loss_unit)),
    ]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows:
        table.add_row(say(name), value)
    title = say("diagnose_title", municipality=known.municipality_code, year=str(known.funding_year))
    assumed = "diagnose_share_assumed" if found.share_is_assumed else "diagnose_share_given"
    return Group(
        Text(title, style="bold"),
        Text(say("diagnose_carried", factor=number(found.carried, decimals=4))),
        Text(say(assumed, share=share(found.structural_share))),
        *left_out_note(year),
        "",
        table,
        "",
        Text(say("diagnose_units"), style="bold"),
        _units(year, found),
    )


def _units(year: PublishedYear, found: LastYearDiagnosis) -> Table:
    units = found.diagnosis.units.sort_values(["misplaced_ore", "school_unit_code"], ascending=[False, True])
    if len(units) > 2 * MOST_UNITS:
        units = units.iloc[[*range(MOST_UNITS), *range(len(units) - MOST_UNITS, len(units))]]
    table = Table(say("diagnose_unit"), box=None, header_style="bold", pad_edge=False)
    for heading in ("index_range", "pupils", "diagnose_present", "diagnose_claimed", "diagnose_beside"):
        table.add_column(say(heading), justify="right")
    for row in units.itertuples():
        table.add_row(
            f"{row.school_unit_code} {year.names[row.school_unit_code]}",
            number(row.need_index),
            number(int(row.pupil_count)),
            number(round(row.present_ore_per_pupil / 100)),
            number(round(row.claimed_ore_per_pupil / 100)),
            number(round(row.misplaced_ore / 100)),
        )
    return table


def _sek(ore: float | None) -> str:
    return "–" if ore is None else kronor(ore / 100)


def _counted(units: int, pupils: int) -> str:
    return say("diagnose_units_and_pupils", units=units, pupils=pupils)


def _most(ore: float, unit: str | None) -> str:
    return "–" if unit is None else f"{kronor(ore / 100)} ({unit})"
