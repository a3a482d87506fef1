"""Contracts of what stands beside the need index: why it is what it is, what was compared, what was tried.

Empty where the index comes from open statistics or was delivered: these tables need the municipality's own pupils.
"""

from __future__ import annotations

from expectations.contracts.contract import Contract

_YEAR = ("municipality_code", "funding_year")
_UNIT = (*_YEAR, "school_unit_code", "school_form")

_LEVEL = (
    "level_share", "share_withheld_because", "unit_count", "share_sd", "chance_sd", "systematic_sd", "dissimilarity",
    "chance_dissimilarity", "spread_withheld_because", "outcome_unit_count", "outcome_correlation",
    "correlation_withheld_because", "stable_unit_count", "stability_correlation", "mean_absolute_change",
    "stability_withheld_because", "lowest_share", "lowest_withheld_because", "highest_share", "highest_withheld_because",
    "not_eligible_share", "outcome_withheld_because",
)  # fmt: skip
_FACTOR = (
    "missing_share", "is_missing_flagged", "flagged_unit_count", "missing_withheld_because", "degrees_of_freedom", "gvif",
    "gvif_root", "is_collinear", "collinearity_withheld_because",
)  # fmt: skip
_STEP = (
    "factor_added", "factor_count", "is_core", "deviance_school_folds", "paired_difference", "paired_standard_error",
    "is_minimum", "is_within_one_se", "deviance_cohort_folds", "cohort_paired_difference", "cohort_paired_standard_error",
    "is_cohort_minimum", "is_cohort_within_one_se", "pot_moved_by_factor_share", "pot_from_full_share",
    "index_rmse_from_full", "is_recommended",
)  # fmt: skip

EVIDENCE: tuple[Contract, ...] = (
    Contract(
        table="need_contribution",
        grain_en="One row per municipality, funding year, school unit, school form and factor; units of at least 20 pupils.",
        grain_sv="En rad per kommun, bidragsår, skolenhet, skolform och faktor; enheter med minst 20 elever.",
        keys=(*_UNIT, "factor"),
        names=(*_UNIT, "factor", "index_contribution", "contribution_sek_per_pupil", "contribution_sek"),
    ),
    Contract(
        table="need_factor_level",
        grain_en="One row per municipality, funding year, factor and level: systematic differences between school units.",
        grain_sv="En rad per kommun, bidragsår, faktor och nivå: systematiska skillnader mellan skolenheter.",
        keys=(*_YEAR, "factor", "level"),
        names=(*_YEAR, "factor", "level", *_LEVEL),
        nullable=frozenset(_LEVEL),
    ),
    Contract(
        table="need_factor",
        grain_en="One row per municipality, funding year and factor: what is missing, and what other factors already tell.",
        grain_sv="En rad per kommun, bidragsår och faktor: bortfall, och vad andra faktorer redan säger.",
        keys=(*_YEAR, "factor"),
        names=(*_YEAR, "factor", *_FACTOR),
        nullable=frozenset(_FACTOR),
    ),
    Contract(
        table="need_factor_pair",
        grain_en="One row per municipality, funding year and pair of factors.",
        grain_sv="En rad per kommun, bidragsår och par av faktorer.",
        keys=(*_YEAR, "factor", "other_factor"),
        names=(*_YEAR, "factor", "other_factor", "cramers_v", "withheld_because"),
        nullable=frozenset({"cramers_v", "withheld_because"}),
    ),
    Contract(
        table="need_selection",
        grain_en="One row per municipality, funding year and step: what each further factor tells, and what it moves.",
        grain_sv="En rad per kommun, bidragsår och steg: vad varje ytterligare faktor säger, och vad den flyttar.",
        keys=(*_YEAR, "step"),
        names=(*_YEAR, "step", *_STEP),
        nullable=frozenset(_STEP) - {"factor_count", "is_core", "is_recommended"},
    ),
    Contract(
        table="need_alternative",
        grain_en="One row per municipality, funding year, school unit, school form and model that could have been chosen.",
        grain_sv="En rad per kommun, bidragsår, skolenhet, skolform och modell som kunde ha valts.",
        keys=(*_UNIT, "model"),
        names=(*_UNIT, "model", "is_in_use", "need_index"),
    ),
    Contract(
        table="need_alternative_pair",
        grain_en="One row per municipality, funding year and pair of models: the money that would lie elsewhere.",
        grain_sv="En rad per kommun, bidragsår och par av modeller: pengar som skulle ligga annorlunda.",
        keys=(*_YEAR, "model_a", "model_b"),
        names=(*_YEAR, "model_a", "model_b", "misplaced_pot_share", "index_difference_rms", "units_changed_count"),
    ),
    Contract(
        table="need_alternative_unit",
        grain_en="One row per municipality, funding year and school unit whose total hangs on the model by more than 1 %.",
        grain_sv="En rad per kommun, bidragsår och skolenhet vars summa beror på modellvalet med mer än 1 %.",
        keys=(*_YEAR, "school_unit_code"),
        names=(*_YEAR, "school_unit_code", "change_share", "model_a", "model_b", "total_a_sek", "total_b_sek"),
    ),
    Contract(
        table="need_calibration",
        grain_en="One row per municipality, funding year and group of leavers of the last cohort, by expected share.",
        grain_sv="En rad per kommun, bidragsår och grupp av avgångselever i den senaste årskullen, efter beräknad andel.",
        keys=(*_YEAR, "tenths"),
        names=(*_YEAR, "tenths", "leaver_count", "observed_share", "expected_share"),
    ),
)
