"""The chain from goal to money to result in the terminal: the text of a yearly quality report, from tables.

Belongs here: layout and words. Does not: any number that is not in the tables.
"""

from __future__ import annotations

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from orchestration.followup.goals_file import GoalsFile
from orchestration.report.followup_tables import FollowUp
from orchestration.texts import kronor, number, say, share

YEARS = 5
"""Result years told per goal."""


def goals_view(found: FollowUp, file: GoalsFile, *, language: str) -> RenderableType:
    """Each goal: its words and decision, its figure by year against target and chance, its plans with money and outcome."""
    results, plans = found.rows("goal_result"), found.rows("goal_plan")
    title = say("goals_title", municipality=found.municipality_code, year=str(found.funding_year))
    parts: list[RenderableType] = [Text(title, style="bold")]
    for code in sorted(file.goals):
        goal = file.goals[code]
        parts.append(Text(f"\n{getattr(goal.words, language)}", style="bold"))
        parts.append(say("goals_followed_by", figure=say(f"part_figure_{goal.key_figure}"), decided=goal.decided_by))
        own = results[results["goal_code"] == code] if len(results) else results
        parts += [_year(row) for row in own.sort_values("result_year").tail(YEARS).to_dict("records")]
        of_goal = plans[plans["goal_code"] == code] if len(plans) else plans
        parts += [_plan(row, language) for row in of_goal.to_dict("records")]
    return Group(*parts, "", say("goals_reading"))


def _year(row: dict[str, object]) -> str:
    year = str(row["result_year"])
    if pd.isna(row["figure_value"]):
        return say("goals_too_few", year=year)
    told = say("goals_figure", year=year, value=_value(row, "figure_value"))
    if not pd.isna(row["target_value"]):
        key = "goals_met" if row["is_met"] else "goals_not_met"
        told += " " + say(key, target=_value(row, "target_value"))
    if not pd.isna(row["change_since_year_before"]):
        told += " " + say("goals_beyond_chance" if row["is_change_beyond_chance"] else "goals_within_chance")
    return told


def _plan(row: dict[str, object], language: str) -> str:
    told = say(
        "goals_plan", year=str(row["plan_year"]), school=row["school_unit_code"], plan=row[f"plan_{language}"],
        money="–" if pd.isna(row["structural_part_sek"]) else kronor(float(str(row["structural_part_sek"]))),
    )  # fmt: skip
    outcome = row[f"followed_up_{language}"]
    return f"{told} {say('goals_not_followed_up') if pd.isna(outcome) else say('goals_followed_up', outcome=outcome)}"


def _value(row: dict[str, object], name: str) -> str:
    value = float(str(row[name]))
    return number(value, decimals=1) if row["key_figure"] == "merit_value" else share(value)
