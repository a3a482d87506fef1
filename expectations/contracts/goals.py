"""Contracts of the chain from goal to money to result.

Not sealed with a publication: the municipality's own quality report is written from them.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")

GOALS: tuple[Contract, ...] = (
    Contract(
        table="goal_result",
        grain_en="One row per municipality, funding year, goal and result year.",
        grain_sv="En rad per kommun, bidragsår, mål och resultatår.",
        keys=(*_YEAR, "goal_code", "result_year"),
        names=(
            *_YEAR, "goal_code", "key_figure", "result_year", "figure_value", "figure_standard_error", "target_value",
            "is_met", "change_since_year_before", "is_change_beyond_chance",
        ),
        nullable=frozenset(
            {
                "figure_value", "figure_standard_error", "target_value", "is_met", "change_since_year_before",
                "is_change_beyond_chance",
            }
        ),
    ),
    Contract(
        table="goal_plan",
        grain_en="One row per municipality, funding year, goal, school unit and year of the plan.",
        grain_sv="En rad per kommun, bidragsår, mål, skolenhet och planens år.",
        keys=(*_YEAR, "goal_code", "school_unit_code", "plan_year"),
        names=(
            *_YEAR, "goal_code", "school_unit_code", "plan_year", "structural_part_sek", "plan_en", "plan_sv",
            "followed_up_en", "followed_up_sv",
        ),
        nullable=frozenset({"structural_part_sek", "followed_up_en", "followed_up_sv"}),
    ),
)  # fmt: skip
