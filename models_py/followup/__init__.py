"""Follow-up: how cohorts came along, what school units added, and the key figures beside the money.

Here: the same pupils through the grades, value-added with its uncertainty, the naive comparison and its noise, expected
values as description, costs, staffing and equity over the years. Not here: files, SQL, the effect of the money and the
accuracy of the need model, what is paid.
"""

from __future__ import annotations

from models_py.followup.cohort import WHOLE, cohort_counts
from models_py.followup.expectation_band import ExpectationBand, expectation_band
from models_py.followup.grade_gap import grade_gap
from models_py.followup.indicators import GOALS, INDICATORS, TESTS, Indicator
from models_py.followup.key_figures import UNIT_YEAR, cost_per_pupil, equity_by_year, staffing, state_grants
from models_py.followup.naive_change import NaiveChange, naive_change, pooled_sd
from models_py.followup.progression import progression, yearly_values
from models_py.followup.salsa_like import Reproduced, SchoolLevelFit, reproduce_expected, salsa_like
from models_py.followup.similar import beside_similar, nearest
from models_py.followup.stages import STAGES, Stage, StagePupils, stage_pupils
from models_py.followup.tables import current_codes
from models_py.followup.value_added import SHOWN, ValueAdded, value_added

__all__ = [
    "GOALS",
    "INDICATORS",
    "SHOWN",
    "STAGES",
    "TESTS",
    "UNIT_YEAR",
    "WHOLE",
    "ExpectationBand",
    "Indicator",
    "NaiveChange",
    "Reproduced",
    "SchoolLevelFit",
    "Stage",
    "StagePupils",
    "ValueAdded",
    "beside_similar",
    "cohort_counts",
    "cost_per_pupil",
    "current_codes",
    "equity_by_year",
    "expectation_band",
    "grade_gap",
    "naive_change",
    "nearest",
    "pooled_sd",
    "progression",
    "reproduce_expected",
    "salsa_like",
    "staffing",
    "stage_pupils",
    "state_grants",
    "value_added",
    "yearly_values",
]
