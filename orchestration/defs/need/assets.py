"""The need step: fit within schools where there are pupils, pooled over units where there are only open statistics."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date

import dagster as dg
import pandas as pd

from expectations.contracts import CONTRACTS
from models_py.need.delivered import need_from_delivered
from models_py.need.municipality import MunicipalNeed, need_from_counts, need_from_shares
from models_py.need.policy import NeedPolicy
from models_py.need.steering import Steered
from orchestration.charts import coefficient_chart, index_strip
from orchestration.names import NEED, OPEN_STATISTICS, PUPIL_LEVEL, STATISTICS_TEAM
from orchestration.need_charts import atlas_chart, calibration_chart, selection_chart
from orchestration.need_steering import TABLE as WEIGHTS_DRIFT
from orchestration.need_steering import drift_record, drift_rows, steered_policy
from orchestration.on_pages import ON_PAGES
from orchestration.partitions import count_dates, funding_years
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse

COEFFICIENT, INDEX = dg.AssetKey(["need", "need_coefficient"]), dg.AssetKey(["need", "fct_need_index"])
OUTCOMES, REGISTER = "fct_need_outcome_counts", "fct_need_register_counts"

BESIDE = {
    "need_factor_level": "factor_level",
    "need_factor": "factor",
    "need_factor_pair": "factor_pair",
    "need_selection": "selection",
    "need_calibration": "calibration",
    "need_alternative": "alternative",
}
"""Published table → what the model calls it."""
INTERNAL = {
    "need_index_replicate": "replicate",
    "need_index_contribution": "contribution",
    "need_unit_level": "unit_level",
    "need_newly_arrived": "newly_arrived",
    "need_risk_cell": "risk_cell",
}
"""Tables for the steps after, and for the municipality's own people; never published as they are."""


def _mart(name: str) -> dg.AssetKey:
    return dg.AssetKey(["marts", name])


def _spec(name: str, description: str, *, deps: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        dg.AssetKey(["need", name]),
        deps=deps,
        owners=[STATISTICS_TEAM],
        kinds={"python", "numpy"},
        description=description,
        metadata=ON_PAGES,
    )


@dg.multi_asset(
    name="need_model",
    partitions_def=funding_years,
    group_name=NEED,
    specs=[
        _spec(
            "need_coefficient",
            "Weights of background in the need model with 95 % intervals (log-odds), one row per municipality, funding year "
            "and term. The fit record (formula, cohorts, inputs by hash) lies beside it.",
            deps=[_mart(OUTCOMES), _mart("fct_school_results"), _mart("fct_school_factors")],
        ),
        _spec(
            "fct_need_index",
            "Predicted share of pupils not eligible for vocational programmes, and the need index (pupil-weighted mean 100) "
            "with its interval, one row per municipality, funding year and school unit.",
            deps=[_mart(REGISTER), _mart("fct_school_factors"), _mart("fct_delivered_index"), COEFFICIENT],
        ),
        _spec(
            "need_factor_level",
            "Systematic differences first: each level's share, its spread between school units beyond chance, how it goes "
            "with results and how stable it is. One row per municipality, funding year, factor and level.",
            deps=[_mart(REGISTER), _mart(OUTCOMES)],
        ),
        _spec(
            "need_factor",
            "What is missing of each factor, and how much of it the other factors already tell.",
            deps=[_mart(REGISTER)],
        ),
        _spec("need_factor_pair", "How far two factors tell the same (Cramér's V).", deps=[_mart(REGISTER)]),
        _spec(
            "need_selection",
            "How many factors: the path of forward selection, what each step tells of pupils at schools left out, and what it "
            "moves of the pot.",
            deps=[_mart(OUTCOMES), _mart(REGISTER)],
        ),
        _spec(
            "need_calibration",
            "The same model on earlier cohorts, judged on the last one: expected and observed shares by tenths of risk.",
            deps=[_mart(OUTCOMES)],
        ),
        _spec(
            "need_alternative",
            "The index under every model that could reasonably have been chosen, one row per school unit and model.",
            deps=[_mart(OUTCOMES), _mart(REGISTER), INDEX],
        ),
        _spec(
            WEIGHTS_DRIFT,
            "What last year's drift test said of weights that are kept frozen, and what the policy let it lead to.",
            deps=[_mart(OUTCOMES)],
        ),
    ],
)
def need_model(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Fit the need model of each municipality in scope, score every unit with pupils, and keep what is known of it."""
    year = int(context.partition_key)
    needs, steered = _needs(year, warehouse=warehouse, scope=scope, tables=tables)
    computed = [need for need in needs if need.refusal is None]
    records = {need.municipality_code: _record(need, steered.get(need.municipality_code)) for need in needs}
    tables.write_record("need_fit", year, records)
    index = _together("fct_need_index", [need.index.assign(index_withheld_because=None) for need in computed])
    coefficients = _together("need_coefficient", [need.coefficients for need in computed if len(need.coefficients)])
    tables.write("need_coefficient", coefficients, year)
    tables.write("fct_need_index", index, year)
    for name, kept in INTERNAL.items():
        parts = [need.tables[kept] for need in computed if kept in need.tables]
        tables.write(name, pd.concat(parts, ignore_index=True) if parts else _NO_ROWS, year)
    beside = {}
    for name, kept in BESIDE.items():
        beside[name] = _together(name, [_named(name, need.tables[kept]) for need in computed if kept in need.tables])
        tables.write(name, beside[name], year)
    beside[WEIGHTS_DRIFT] = drift_rows(steered, funding_year=year)
    tables.write(WEIGHTS_DRIFT, beside[WEIGHTS_DRIFT], year)
    told = {"municipalities": len(computed), "refused": len(needs) - len(computed)}
    pictures = {
        "need_coefficient": {"weights": coefficient_chart(coefficients)},
        "fct_need_index": {"school_units": len(index), "index": index_strip(index)},
        "need_factor_level": {"differences": atlas_chart(beside["need_factor_level"])},
        "need_selection": {"path": selection_chart(beside["need_selection"])},
        "need_calibration": {"calibration": calibration_chart(beside["need_calibration"])},
    }
    for name, table in {"need_coefficient": coefficients, "fct_need_index": index, **beside}.items():
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["need", name]),
            metadata=told | {"dagster/row_count": len(table), **pictures.get(name, {})},
        )


_NO_ROWS = pd.DataFrame({"municipality_code": pd.Series(dtype="str")})


def _record(need: MunicipalNeed, steered: Steered | None) -> dict[str, object]:
    if need.refusal is not None:
        return {"refusal": need.refusal}
    drift = {} if steered is None or steered.verdict is None else {"drift": drift_record(steered)}
    return dict(need.record) | ({"weights": json.loads(need.weights)} if need.weights else {}) | drift


def _named(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the model under the contract's names."""
    if table == "need_calibration":
        rows = rows.rename(columns={"pupil_count": "leaver_count"})
    if table == "need_alternative":
        rows = rows.assign(school_form="compulsory_school")
    return rows


def _needs(
    year: int, *, warehouse: Warehouse, scope: Scope, tables: Tables
) -> tuple[list[MunicipalNeed], dict[str, Steered]]:
    factors = warehouse.mart("fct_school_factors")
    present = {
        basis: sorted(factors.loc[factors["basis"] == basis, "municipality_code"].unique())
        for basis in (PUPIL_LEVEL, OPEN_STATISTICS)
    }
    needs, minimum, dates, steered = [], {}, {}, {}
    for code in scope.chosen([code for codes in present.values() for code in codes]):
        try:
            policy = scope.decided(code, year)
            steered[code] = steered_policy(scope, tables, code=code, funding_year=year)
        except PolicyError as error:  # one municipality's policy must not stop its neighbours
            needs.append(MunicipalNeed(code, refusal=str(error)))
            continue
        minimum[code] = policy.index_minimum_pupils
        dates[code] = count_dates(year, lag_years=policy.count_lag_years)
    models = {code: each.policy for code, each in steered.items()}
    has_count = set(zip(factors["municipality_code"], factors["count_date"], factors["basis"], strict=True))

    ordered = [code for code in dates if scope.policy(code).intake_mode == "delivered_index"]

    def counted(basis: str) -> list[str]:
        own = [code for code in present[basis] if code in dates and code not in ordered]
        return [code for code in own if (code, dates[code][0], basis) in has_count]

    if ordered:
        needs += _from_delivered(
            ordered, year=year, factors=factors, warehouse=warehouse, dates=dates, minimum=minimum, models=models
        )
    if pupil_level := counted(PUPIL_LEVEL):
        needs += _from_own_pupils(
            pupil_level, year=year, warehouse=warehouse, scope=scope, dates=dates, minimum=minimum, steered=steered
        )
    if open_statistics := counted(OPEN_STATISTICS):
        results = warehouse.mart("fct_school_results")
        needs += need_from_shares(
            factors[factors["basis"] == OPEN_STATISTICS],
            results=results[results["basis"] == OPEN_STATISTICS],
            dates={code: dates[code] for code in open_statistics},
            funding_year=year,
            index_minimum_pupils=minimum,
        )
    return needs, steered


def _from_delivered(
    codes: list[str],
    *,
    year: int,
    factors: pd.DataFrame,
    warehouse: Warehouse,
    dates: Mapping[str, tuple[date, date]],
    minimum: Mapping[str, int],
    models: Mapping[str, NeedPolicy],
) -> list[MunicipalNeed]:
    delivered = warehouse.mart("fct_delivered_index")
    return [
        need_from_delivered(
            delivered,
            pupils=factors,
            municipality_code=code,
            funding_year=year,
            dates=dates[code],
            direction=models[code].delivered_index_direction,
            index_minimum_pupils=minimum[code],
            count_dates=models[code].count_dates,
        )
        for code in codes
    ]


def _from_own_pupils(
    codes: list[str],
    *,
    year: int,
    warehouse: Warehouse,
    scope: Scope,
    dates: Mapping[str, tuple[date, date]],
    minimum: Mapping[str, int],
    steered: Mapping[str, Steered],
) -> list[MunicipalNeed]:
    needs = []
    for code in codes:
        needs.append(
            need_from_counts(
                warehouse.mart(OUTCOMES, municipality=code),
                register_counts=warehouse.mart(REGISTER, dates=_told_dates(dates[code]), municipality=code),
                dates=dates[code],
                municipality_code=code,
                funding_year=year,
                index_minimum_pupils=minimum[code],
                policy=steered[code].policy,
                frozen_until=year if steered[code].done == "re_estimated" else scope.weights_hold_until(code, year),
                seed=_seed(code, year),
            )
        )
    return needs


def _told_dates(dates: tuple[date, date]) -> list[date]:
    """The count dates of the index and one before: whether three dates would be steadier is told beside it. Registers of
    the months between them are paid by, and have no part in the index."""
    return [*dates, dates[1].replace(year=dates[1].year - 1)]


def _seed(municipality_code: str, funding_year: int) -> int:
    """The same draws whenever the municipality's year is run, and others for every municipality and year."""
    return int(hashlib.sha256(f"{municipality_code}/{funding_year}".encode()).hexdigest()[:8], 16)


def _together(table: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    names = list(CONTRACTS[table].names)
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)
