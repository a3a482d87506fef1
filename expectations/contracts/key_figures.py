"""Contracts of the key figures: costs, staffing, state grants, what of a krona arrives, equity over the years, the similar.

They are kept in the home. No row is a person: staffing of a few teachers is withheld.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")
_UNIT = (*_YEAR, "school_unit_code")
_BESIDE = ("compared_value", "similar_count", "similar_median", "similar_lower", "similar_upper", "similar_codes")
_SPREAD = frozenset({"similar_median", "similar_lower", "similar_upper"})

KEY_FIGURES: tuple[Contract, ...] = (
    Contract(
        table="unit_cost",
        grain_en="One row per municipality, funding year, school unit, calendar year of the accounts and cost type (all = their sum).",
        grain_sv="En rad per kommun, bidragsår, skolenhet, räkenskapsår och kostnadsslag (all = deras summa).",
        keys=(*_UNIT, "accounts_year", "cost_item"),
        names=(
            *_UNIT, "accounts_year", "cost_item", "money_pupil_count", "cost_sek", "cost_per_pupil_sek", "cost_share",
            "unit_allocated_sek", "unit_allocated_per_pupil_sek", "spent_of_allocated",
        ),
        nullable=frozenset(
            {
                "cost_per_pupil_sek", "cost_share", "unit_allocated_sek", "unit_allocated_per_pupil_sek",
                "spent_of_allocated",
            }
        ),
    ),
    Contract(
        table="unit_staffing",
        grain_en="One row per municipality, funding year, school unit and calendar year.",
        grain_sv="En rad per kommun, bidragsår, skolenhet och kalenderår.",
        keys=(*_UNIT, "accounts_year"),
        names=(
            *_UNIT, "accounts_year", "money_pupil_count", "teacher_posts", "teachers_per_100_pupils", "pupils_per_teacher",
            "certified_share", "staffing_state",
        ),
        nullable=frozenset({"teacher_posts", "teachers_per_100_pupils", "pupils_per_teacher", "certified_share"}),
    ),
    Contract(
        table="state_grant",
        grain_en="One row per municipality, funding year, organiser, school unit (all = the organiser as a whole), calendar year, "
        "grant and what it bought.",
        grain_sv="En rad per kommun, bidragsår, huvudman, skolenhet (all = hela huvudmannen), kalenderår, statsbidrag och vad det "
        "användes till.",
        keys=(*_YEAR, "organiser_code", "school_unit_code", "accounts_year", "grant_code", "bought"),
        names=(
            *_YEAR, "organiser_code", "school_unit_code", "accounts_year", "grant_code", "bought", "grant_purpose",
            "granted_sek", "used_sek", "not_used_sek", "unit_allocated_sek", "grant_of_allocated",
        ),
        nullable=frozenset({"unit_allocated_sek", "grant_of_allocated"}),
    ),
    Contract(
        table="cost_pass_through",
        grain_en="One row per municipality, funding year and cost type (all = every cost, teacher_posts = teachers): what follows "
        "one more krona allocated per pupil, within school units and years.",
        grain_sv="En rad per kommun, bidragsår och kostnadsslag (all = alla kostnader, teacher_posts = lärare): vad som följer av "
        "ytterligare en tilldelad krona per elev, inom skolenheter och år.",
        keys=(*_YEAR, "cost_item"),
        names=(
            *_YEAR, "cost_item", "pass_estimate", "pass_standard_error", "pass_degrees_of_freedom", "pass_lower",
            "pass_upper", "pass_verdict", "pass_unit_count", "accounts_year_first", "accounts_year_last",
        ),
    ),
    Contract(
        table="equity_by_year",
        grain_en="One row per municipality, funding year, year of the money and source of the amounts.",
        grain_sv="En rad per kommun, bidragsår, pengarnas år och beloppens källa.",
        keys=(*_YEAR, "equity_basis", "money_year"),
        names=(
            *_YEAR, "equity_basis", "money_year", "unit_count", "money_pupil_count", "money_gini", "money_concentration",
            "need_gini", "kakwani", "theil", "redistributed_share", "slope_per_100_points_sek", "elasticity", "p90_to_p10",
            "highest_to_lowest", "coverage_fifth_1", "coverage_fifth_2", "coverage_fifth_3", "coverage_fifth_4",
            "coverage_fifth_5",
        ),
        nullable=frozenset(
            {
                "slope_per_100_points_sek", "elasticity", "p90_to_p10", "highest_to_lowest", "coverage_fifth_1",
                "coverage_fifth_2", "coverage_fifth_3", "coverage_fifth_4", "coverage_fifth_5",
            }
        ),
    ),
    Contract(
        table="similar_unit",
        grain_en="One row per municipality, funding year, school unit, figure and calendar year, beside the most similar units of "
        "the same grades.",
        grain_sv="En rad per kommun, bidragsår, skolenhet, nyckeltal och kalenderår, bredvid de mest lika enheterna med samma "
        "årskurser.",
        keys=(*_UNIT, "unit_figure", "accounts_year"),
        names=(*_UNIT, "unit_figure", "accounts_year", *_BESIDE),
        nullable=_SPREAD,
    ),
    Contract(
        table="similar_municipality",
        grain_en="One row per municipality, funding year, figure of Kolada and year, beside the most similar municipalities.",
        grain_sv="En rad per kommun, bidragsår, nyckeltal i Kolada och år, bredvid de mest lika kommunerna.",
        keys=(*_YEAR, "kolada_figure", "figure_year"),
        names=(*_YEAR, "kolada_figure", "figure_year", *_BESIDE),
        nullable=_SPREAD,
    ),
)  # fmt: skip
