"""The need step: fit within schools where there are pupils, pooled over units where there are only open statistics."""

import dagster as dg
import pandas as pd

from expectations.contracts import CONTRACTS
from models_py.need.municipality import MunicipalNeed, need_from_counts, need_from_shares
from orchestration.charts import coefficient_chart, index_strip
from orchestration.names import NEED, OPEN_STATISTICS, PUPIL_LEVEL, STATISTICS_TEAM
from orchestration.partitions import count_dates, funding_years
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

COEFFICIENT, INDEX = dg.AssetKey(["need", "need_coefficient"]), dg.AssetKey(["need", "fct_need_index"])


def _mart(name: str) -> dg.AssetKey:
    return dg.AssetKey(["marts", name])


@dg.multi_asset(
    name="need_model",
    partitions_def=funding_years,
    group_name=NEED,
    specs=[
        dg.AssetSpec(
            COEFFICIENT,
            deps=[_mart("fct_need_outcome_counts"), _mart("fct_school_results"), _mart("fct_school_factors")],
            owners=[STATISTICS_TEAM],
            kinds={"python", "numpy"},
            description="Weights of background in the need model with 95 % intervals (log-odds), one row per municipality, "
            "funding year and term. The fit record (formula, cohorts, inputs by hash) lies beside it.",
        ),
        dg.AssetSpec(
            INDEX,
            deps=[_mart("fct_need_register_counts"), _mart("fct_school_factors"), COEFFICIENT],
            owners=[STATISTICS_TEAM],
            kinds={"python", "numpy"},
            description="Predicted share of pupils not eligible for vocational programmes, and the need index (pupil-weighted "
            "mean 100), one row per municipality, funding year and school unit.",
        ),
    ],
)
def need_model(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Fit the need model of each municipality in scope, and score every unit with pupils."""
    year = int(context.partition_key)
    needs = _needs(year, warehouse=warehouse, scope=scope)
    computed = [need for need in needs if need.refusal is None]
    tables.write_record(
        "need_fit", year, {n.municipality_code: dict(n.record) or {"refusal": n.refusal} for n in needs}
    )
    index = _together("fct_need_index", [need.index for need in computed])
    coefficients = _together("need_coefficient", [need.coefficients for need in computed])
    tables.write("need_coefficient", coefficients, year)
    tables.write("fct_need_index", index, year)
    told = {"municipalities": len(computed), "refused": len(needs) - len(computed)}
    yield dg.MaterializeResult(
        asset_key=COEFFICIENT,
        metadata=told | {"dagster/row_count": len(coefficients), "weights": coefficient_chart(coefficients)},
    )
    yield dg.MaterializeResult(
        asset_key=INDEX,
        metadata=told | {"dagster/row_count": len(index), "school_units": len(index), "index": index_strip(index)},
    )


def _needs(year: int, *, warehouse: Warehouse, scope: Scope) -> list[MunicipalNeed]:
    factors = warehouse.mart("fct_school_factors")
    present = {
        basis: sorted(factors.loc[factors["basis"] == basis, "municipality_code"].unique())
        for basis in (PUPIL_LEVEL, OPEN_STATISTICS)
    }
    policies, needs = {}, []
    for code in scope.chosen([code for codes in present.values() for code in codes]):
        try:
            policies[code] = scope.decided(code, year)
        except PolicyError as error:  # one municipality's policy must not stop its neighbours
            needs.append(MunicipalNeed(code, refusal=str(error)))
    minimum = {code: p.index_minimum_pupils for code, p in policies.items()}
    dates = {code: count_dates(year, lag_years=p.count_lag_years) for code, p in policies.items()}
    has_count = set(zip(factors["municipality_code"], factors["count_date"], factors["basis"], strict=True))

    def counted(basis: str) -> list[str]:
        return [code for code in present[basis] if code in policies and (code, dates[code][0], basis) in has_count]

    if pupil_level := counted(PUPIL_LEVEL):
        outcomes, register = warehouse.mart("fct_need_outcome_counts"), warehouse.mart("fct_need_register_counts")
        needs += [
            need_from_counts(
                outcomes[outcomes["municipality_code"] == code],
                register_counts=register[
                    (register["municipality_code"] == code) & register["count_date"].isin(dates[code])
                ],
                municipality_code=code,
                funding_year=year,
                index_minimum_pupils=minimum[code],
            )
            for code in pupil_level
        ]
    if open_statistics := counted(OPEN_STATISTICS):
        results = warehouse.mart("fct_school_results")
        needs += need_from_shares(
            factors[factors["basis"] == OPEN_STATISTICS],
            results=results[results["basis"] == OPEN_STATISTICS],
            dates={code: dates[code] for code in open_statistics},
            funding_year=year,
            index_minimum_pupils=minimum,
        )
    return needs


def _together(table: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    names = list(CONTRACTS[table].names)
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)
