"""Contracts of the follow-up: cohorts, value-added, grades beside tests, the naive comparison with its noise.

They are kept in the home and not sealed with a publication: rows of a few pupils stand beside rows of the whole, for the
municipality's own people. What the public is told of them stands in ``progress``.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")
_UNIT = (*_YEAR, "school_unit_code")
_COHORT = ("series", "subject", "cohort_year", "result_year", "grade", "indicator", "pupil_group")
_NAIVE = ("indicator", "subject", "grade")
_VALUE = ("value_added_sd", "value_added_points", "value_added_lower_points", "value_added_upper_points")
_BAND = ("band_lower_points", "band_upper_points", "band_position")

FOLLOWUP: tuple[Contract, ...] = (
    Contract(
        table="cohort_progression",
        grain_en="One row per municipality, funding year, school unit (all = the municipality), series, subject, cohort, school "
        "year, indicator and group of pupils.",
        grain_sv="En rad per kommun, bidragsår, skolenhet (all = kommunen), serie, ämne, årskull, läsår, indikator och elevgrupp.",
        keys=(*_UNIT, *_COHORT),
        names=(
            *_UNIT, *_COHORT, "indicator_version", "prior_indicator", "prior_version", "prior_grade", "enrolled_count",
            "assessed_count", "coverage_share", "reached_share", "prior_reached_share", "both_count", "cohort_change",
            "cohort_change_lower", "cohort_change_upper", "is_same_indicator", "municipality_change",
            "change_beside_municipality", "change_state",
        ),
        nullable=frozenset(
            {
                "prior_indicator", "reached_share", "prior_reached_share", "cohort_change", "cohort_change_lower",
                "cohort_change_upper", "municipality_change", "change_beside_municipality",
            }
        ),
    ),
    Contract(
        table="cohort_count",
        grain_en="One row per municipality, funding year, school unit, subject, indicator and its version, grade and cohort: "
        "everybody assessed, however few.",
        grain_sv="En rad per kommun, bidragsår, skolenhet, ämne, indikator och version, årskurs och årskull: alla bedömda, "
        "hur få de än är.",
        keys=(*_UNIT, "subject", "indicator", "indicator_version", "grade", "cohort_year"),
        names=(
            *_UNIT, "subject", "indicator", "indicator_version", "grade", "cohort_year", "assessed_count", "reached_count",
        ),
    ),
    Contract(
        table="school_value_added",
        grain_en="One row per municipality, funding year, school unit and stage.",
        grain_sv="En rad per kommun, bidragsår, skolenhet och stadium.",
        keys=(*_UNIT, "stage"),
        names=(
            *_UNIT, "stage", "window_first_year", "window_last_year", "matched_count", "enrolled_count", "coverage_share",
            *_VALUE, "reliability", "value_state", "joiner_count", "joiners_differ", *_BAND,
        ),
        nullable=frozenset({*_VALUE, "joiners_differ", *_BAND}),
    ),
    Contract(
        table="grade_test_gap",
        grain_en="One row per municipality, funding year, school unit, grade and subject, of at least ten pupils.",
        grain_sv="En rad per kommun, bidragsår, skolenhet, årskurs och ämne, med minst tio elever.",
        keys=(*_UNIT, "grade", "subject"),
        names=(
            *_UNIT, "grade", "subject", "window_first_year", "window_last_year", "gap_pupil_count", "gap_points",
            "gap_lower_points", "gap_upper_points", "gap_beside_all_points",
        ),
    ),
    Contract(
        table="naive_comparison",
        grain_en="One row per municipality, funding year, school unit, indicator, subject, grade and school year: this year's "
        "grade against last year's, which are other pupils.",
        grain_sv="En rad per kommun, bidragsår, skolenhet, indikator, ämne, årskurs och läsår: årets årskurs mot fjolårets, som är "
        "andra elever.",
        keys=(*_UNIT, *_NAIVE, "result_year"),
        names=(
            *_UNIT, *_NAIVE, "result_year", "pair_pupil_count", "pair_previous_pupil_count", "naive_change",
            "naive_change_se", "is_beyond_threshold", "chance_beyond_threshold", "is_beyond_chance",
        ),
    ),
    Contract(
        table="naive_noise",
        grain_en="One row per municipality, funding year, indicator, subject and grade: how much of the naive comparison is chance.",
        grain_sv="En rad per kommun, bidragsår, indikator, ämne och årskurs: hur mycket av den naiva jämförelsen som är slump.",
        keys=(*_YEAR, *_NAIVE),
        names=(
            *_YEAR, *_NAIVE, "threshold", "pair_count", "beyond_threshold_count", "expected_by_chance",
            "beyond_chance_count", "noise_share",
        ),
    ),
)  # fmt: skip
