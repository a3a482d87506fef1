"""The follow-up step: cohorts through the grades, value-added, grades beside tests, and what the naive comparison is worth.

Tables of the municipality's own people: they stay in the home, and no refusal of them stops a publication. What the public is
told of them (``publication.cohorts``) is made when the publication is, beside what was told before.
"""

from functools import partial

import dagster as dg

from orchestration.defs.followup.steps import UNITS, Picture, mart, specs, write_followup
from orchestration.followup.progress import TABLES, progress_of_year, read_followed, with_results
from orchestration.followup_charts import cohort_chart, noise_chart, value_added_chart, whole_cohorts
from orchestration.names import FOLLOWUP
from orchestration.partitions import funding_years
from orchestration.publication.cohorts import COUNTED
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

READ = [
    dg.AssetKey(["intermediate", name])
    for name in ("int_subject_results__assessed", "int_pupils__factors", "int_leavers__factors")
] + [mart(UNITS)]

TOLD = {
    "cohort_progression": "Each cohort from grade 1 to 9, the same pupils: shares that reach each indicator, changes of those who stayed, "
    "joined and left, with intervals and coverage.",
    "school_value_added": "What each school unit adds over grades 4-6 and 7-9, three cohorts pooled, with intervals and reliability; a band "
    "of the expected instead of a rank.",
    "grade_test_gap": "Grades minus national tests of the same pupils, per unit, grade and subject.",
    "naive_comparison": "This year's grade against last year's, with what chance alone would show.",
    "naive_noise": "How much of the naive comparison is chance.",
    COUNTED: "Pupils assessed and reaching per unit, indicator and cohort, however few; the publication rounds and withholds.",
}


@dg.multi_asset(name="school_progress", partitions_def=funding_years, group_name=FOLLOWUP, specs=specs(TOLD, deps=READ))
def school_progress(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Follow the cohorts of every municipality of the run that has results per subject."""
    year = int(context.partition_key)
    found = progress_of_year(
        partial(read_followed, warehouse), codes=scope.chosen(with_results(warehouse)), funding_year=year
    )
    charts = {
        "cohort_progression": Picture(cohort_chart, shown=whole_cohorts),
        "school_value_added": Picture(value_added_chart),
        "naive_noise": Picture(noise_chart),
    }
    yield from write_followup(found, part="progress", names=TABLES, tables=tables, funding_year=year, pictures=charts)
