"""The follow-up step: cohorts through the grades, value-added, grades beside tests, and what the naive comparison is worth.

Tables of the municipality's own people: they stay in the home, and no refusal of them stops a publication. What the public is
told of them (``publication.cohorts``) is made when the publication is, beside what was told before.
"""

import dagster as dg
import pandas as pd

from expectations.contracts import FOLLOWING
from models_py.errors import LikvardError
from orchestration.following import TABLES, follow_municipality, following_rows, read_followed
from orchestration.followup_charts import cohort_chart, noise_chart, value_added_chart
from orchestration.names import FOLLOWUP, STATISTICS_TEAM
from orchestration.partitions import funding_years
from orchestration.publication.cohorts import COUNTED
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

READ = [
    dg.AssetKey(["intermediate", name])
    for name in ("int_subject_results__assessed", "int_pupils__factors", "int_leavers__factors")
] + [dg.AssetKey(["marts", "dim_school_unit"])]

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


@dg.multi_asset(
    name="school_progress",
    partitions_def=funding_years,
    group_name=FOLLOWUP,
    specs=[
        dg.AssetSpec(
            dg.AssetKey(["followup", name]), deps=READ, owners=[STATISTICS_TEAM], kinds={"python", "numpy"},
            description=TOLD[name],
        )
        for name in TOLD
    ],
)  # fmt: skip
def school_progress(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Follow the cohorts of every municipality of the run that has results per subject."""
    year = int(context.partition_key)
    found = read_followed(warehouse)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in (*TABLES, COUNTED)}
    refused, silent = {}, {}
    for code in scope.chosen(sorted(found["results"]["municipality_code"].unique())):
        try:
            made, silent[code] = follow_municipality(found, code, funding_year=year)
        except LikvardError as error:  # one municipality's results must not stop its neighbours
            refused[code] = str(error)
            continue
        for name, table in made.items():
            parts[name].append(table)
    tables.write_record("followup", year, {"refused": refused, "silent": silent})
    whole = {name: pd.concat(own, ignore_index=True) if own else _no_rows(name) for name, own in parts.items()}
    pictures = {
        "cohort_progression": {"cohorts": cohort_chart(whole["cohort_progression"])},
        "school_value_added": {"value_added": value_added_chart(whole["school_value_added"])},
        "naive_noise": {"noise": noise_chart(whole["naive_noise"])},
    }
    for name, table in whole.items():
        rows = tables.write(name, following_rows(name, table, funding_year=year), year)
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["followup", name]),
            metadata={"dagster/row_count": rows, "refused": len(refused)} | pictures.get(name, {}),
        )


def _no_rows(name: str) -> pd.DataFrame:
    return pd.DataFrame(columns=["municipality_code"] if name == COUNTED else list(FOLLOWING[name].names))
