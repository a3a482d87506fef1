"""Contracts of what is published of pupils over time: how cohorts come along, what schools add, how many pupils to expect.

Nothing is paid on them. They are narrow on purpose: shares of at least the threshold on both sides, rounded, school units
three cohorts at a time; everything else stays in the home (``followup``, ``forecast``). Empty where a municipality has
delivered no results per subject, or has too few counts for a forecast.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")
_UNIT = (*_YEAR, "school_unit_code")
_SHARE = (
    "about_pupil_count", "goal_share", "goal_share_lower", "goal_share_upper", "goal_share_at_least", "goal_share_at_most",
)  # fmt: skip
_VALUE = (
    "about_pupil_count", "value_added_points", "value_added_lower_points", "value_added_upper_points",
    "band_lower_points", "band_upper_points", "band_position",
)  # fmt: skip
_AHEAD = ("expected_count", "interval_lower_count", "interval_upper_count", "forecast_method")

PROGRESS: tuple[Contract, ...] = (
    Contract(
        table="cohort_share",
        grain_en="One row per municipality, funding year, school unit (three cohorts together; all = the municipality, one cohort), "
        "subject, indicator, grade and first cohort: everybody assessed there, who stayed and who came.",
        grain_sv="En rad per kommun, bidragsår, skolenhet (tre årskullar tillsammans; all = kommunen, en årskull), ämne, indikator, "
        "årskurs och första årskull: alla som bedömts där, de som varit kvar och de som kommit.",
        keys=(*_UNIT, "subject", "indicator", "grade", "cohort_first_year"),
        names=(*_UNIT, "subject", "indicator", "grade", "cohort_first_year", "cohort_last_year", "share_state", *_SHARE),
        nullable=frozenset(_SHARE),
    ),
    Contract(
        table="value_added",
        grain_en="One row per municipality, funding year, school unit and stage: what the unit adds, three cohorts together.",
        grain_sv="En rad per kommun, bidragsår, skolenhet och stadium: vad enheten tillför, tre årskullar tillsammans.",
        keys=(*_UNIT, "stage"),
        names=(*_UNIT, "stage", "window_first_year", "window_last_year", "value_state", *_VALUE),
        nullable=frozenset(_VALUE),
    ),
    Contract(
        table="comparison_noise",
        grain_en="One row per municipality, funding year, indicator, subject and grade: how much of comparing one year's pupils with "
        "the year before is chance. From ten pairs of years.",
        grain_sv="En rad per kommun, bidragsår, indikator, ämne och årskurs: hur mycket av att jämföra ett års elever med årets före som "
        "är slump. Från tio par av år.",
        keys=(*_YEAR, "indicator", "subject", "grade"),
        names=(
            *_YEAR, "indicator", "subject", "grade", "threshold", "pair_count", "beyond_threshold_count",
            "expected_by_chance", "beyond_chance_count", "noise_share",
        ),
    ),
    Contract(
        table="pupil_forecast",
        grain_en="One row per municipality, funding year, school unit (all = the municipality), grade (units: all) and count year: "
        "pupils counted, or expected with a 95 % interval.",
        grain_sv="En rad per kommun, bidragsår, skolenhet (all = kommunen), årskurs (enheter: all) och avläsningsår: räknade elever, "
        "eller väntade med ett 95-procentsintervall.",
        keys=(*_UNIT, "grade", "count_year"),
        names=(*_UNIT, "grade", "count_year", "counted_count", *_AHEAD),
        nullable=frozenset({"counted_count", *_AHEAD}),
    ),
)  # fmt: skip
