"""This year's money beside last year's, and how sure it is: the change by causes, intervals, the share that is signal."""

from collections.abc import Mapping
from decimal import Decimal

import dagster as dg
import pandas as pd

from expectations.contracts import CONTRACTS
from orchestration.allocation_inputs import PupilCounts
from orchestration.change_charts import change_chart, interval_chart
from orchestration.names import ALLOCATION, FINANCE_TEAM
from orchestration.on_pages import ON_PAGES
from orchestration.partitions import funding_years
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import settings
from orchestration.yearly.change import NO_REGISTER, ComparedYears, Marts, compare_years, inputs_of
from orchestration.yearly.interval import KronorSure, Money, how_sure

LINES = dg.AssetKey(["allocation", "fct_allocation"])
INDEX = dg.AssetKey(["need", "fct_need_index"])
MARTS = [dg.AssetKey(["marts", name]) for name in ("fct_enrollment", "dim_school_unit")]
REGISTER = dg.AssetKey(["marts", "fct_need_register_counts"])


def _spec(name: str, description: str, *, deps: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        dg.AssetKey(["allocation", name]),
        deps=deps,
        owners=[FINANCE_TEAM],
        kinds={"python"},
        description=description,
        metadata=ON_PAGES,
    )


@dg.multi_asset(
    name="change_since_last_year",
    partitions_def=funding_years,
    group_name=ALLOCATION,
    specs=[
        _spec(
            "allocation_change",
            "Each school unit's total beside last year's publication, and what became of the unit.",
            deps=[LINES, INDEX, *MARTS],
        ),
        _spec(
            "allocation_change_part",
            "The change by causes (Shapley's value): pupils, composition, weights, prices, policy, guarantees; a unit's parts "
            "sum to its change. One row per school unit and cause.",
            deps=[LINES, INDEX, REGISTER, *MARTS],
        ),
        _spec(
            "allocation_change_basis",
            "Which earlier publication is compared with, or why there is no comparison.",
            deps=[LINES, INDEX],
        ),
    ],
)
def change_since_last_year(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Compare each municipality with its own publication of the year before."""
    year = int(context.partition_key)
    need, lines = (tables.by_municipality(name, year) for name in ("fct_need_index", "fct_allocation"))
    kept = tables.by_municipality("fct_need_index", year - 1)
    fits = tables.read_record("need_fit", year)
    marts = Marts.of(
        warehouse.mart("fct_enrollment"), warehouse.each("fct_need_register_counts"), warehouse.mart("dim_school_unit")
    )
    pupils = {when: PupilCounts.of(tables, when) for when in (year - 1, year)}
    rows: dict[str, list[pd.DataFrame]] = {name: [] for name in _CHANGE}
    records = {}
    for code, own in lines.items():
        sums = own.groupby("school_unit_code")["amount_ore"].sum()
        found = compare_years(
            scope,
            code=code,
            year=year,
            marts=marts,
            need=need[code],
            amounts_ore={str(unit): int(ore) for unit, ore in sums.items()},
            fit=fits.get(code, {}),
            root=settings().published,
            pupils=pupils,
            kept=kept.get(code),
        )
        records[code] = {
            "reason_code": found.reason_code, "detail": found.detail, "withheld_last_year": list(found.withheld),
        }  # fmt: skip
        for name, table in _change_tables(found, year=year).items():
            rows[name].append(table.assign(municipality_code=code, funding_year=year))
    made = {name: _written(tables, name, parts, year) for name, parts in rows.items()}
    tables.write_record("allocation_change", year, records)
    pictures = {"allocation_change_part": {"from_last_year": change_chart(made)}}
    for name, table in made.items():
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["allocation", name]),
            metadata={"dagster/row_count": len(table), "not_compared": _without(made["allocation_change_basis"])}
            | pictures.get(name, {}),
        )


@dg.multi_asset(
    name="how_sure",
    partitions_def=funding_years,
    group_name=ALLOCATION,
    specs=[
        _spec(
            "allocation_interval",
            "How sure each school unit's total is: 80 and 95 % intervals from draws of the weights of the need model.",
            deps=[LINES, INDEX, *MARTS],
        ),
        _spec(
            "redistribution_signal",
            "How much of what need moves is signal and not chance in the weights, one row per municipality, or why that is "
            "not known.",
            deps=[LINES, INDEX, *MARTS],
        ),
    ],
)
def kronor_how_sure(context: dg.AssetExecutionContext, warehouse: Warehouse, tables: Tables, scope: Scope):
    """Carry the draws of each municipality's index through its policy."""
    year = int(context.partition_key)
    need, lines = (tables.by_municipality(name, year) for name in ("fct_need_index", "fct_allocation"))
    draws = tables.by_municipality("need_index_replicate", year)
    fits = tables.read_record("need_fit", year)
    marts = Marts.of(warehouse.mart("fct_enrollment"), NO_REGISTER, warehouse.mart("dim_school_unit"))
    pupils = PupilCounts.of(tables, year)
    rows: dict[str, list[pd.DataFrame]] = {"allocation_interval": [], "redistribution_signal": []}
    records = {}
    for code, own in lines.items():
        found = _sure(
            code, year, need[code], own, draws.get(code), fits.get(code, {}), marts=marts, pupils=pupils, scope=scope
        )
        records[code] = {"reason_code": found.reason_code, "detail": found.detail}
        keys = {"municipality_code": code, "funding_year": year}
        if found.units is not None:
            rows["allocation_interval"].append(found.units.assign(**keys))
        rows["redistribution_signal"].append(_signal_row(found).assign(**keys))
    made = {name: _written(tables, name, parts, year) for name, parts in rows.items()}
    tables.write_record("allocation_interval", year, records)
    pictures = {"allocation_interval": {"how_sure": interval_chart(made["allocation_interval"])}}
    for name, table in made.items():
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["allocation", name]),
            metadata={"dagster/row_count": len(table), "not_known": _without(made["redistribution_signal"])}
            | pictures.get(name, {}),
        )


def _sure(
    code: str,
    year: int,
    need: pd.DataFrame,
    lines: pd.DataFrame,
    draws: pd.DataFrame | None,
    fit: Mapping,
    *,
    marts: Marts,
    pupils: PupilCounts,
    scope: Scope,
) -> KronorSure:
    inputs = inputs_of(scope, code=code, year=year, marts=marts, root=settings().published, pupils=pupils)
    return how_sure(
        Money(inputs, need, scope.decided(code, year), lines),
        draws=draws,
        degrees_of_freedom=fit.get("replicates", {}).get("degrees_of_freedom"),
    )


_CHANGE = ("allocation_change", "allocation_change_part", "allocation_change_basis")


def _change_tables(found: ComparedYears, *, year: int) -> dict[str, pd.DataFrame]:
    """The three tables' rows of one municipality, in kronor; the basis alone where there is no comparison."""
    previous = found.previous
    basis = {
        "previous_funding_year": year - 1,
        "previous_publication_id": previous.publication_id if previous else None,
        "previous_content_sha256": previous.content_sha256 if previous else None,
        "is_previous_decided": previous.is_decided if previous else None,
        "cause_codes": ", ".join(found.change.causes) if found.change else None,
        "withheld_because": found.reason_code,
    }
    made = {"allocation_change_basis": pd.DataFrame([basis], dtype=object)}
    if found.change is not None:
        units = found.change.units.rename(columns={"previous_ore": "previous_total_ore", "new_ore": "new_total_ore"})
        made |= {"allocation_change": _in_sek(units), "allocation_change_part": _in_sek(found.change.parts)}
    return made


def _in_sek(table: pd.DataFrame) -> pd.DataFrame:
    """Öre as kronor with two decimals, exactly."""
    ore = [name for name in table.columns if name.endswith("_ore")]
    sek = {name: [(Decimal(int(value)) / 100).quantize(Decimal("0.01")) for value in table[name]] for name in ore}
    return table.assign(**sek).rename(columns={name: f"{name.removesuffix('_ore')}_sek" for name in ore})


def _signal_row(found: KronorSure) -> pd.DataFrame:
    signal = found.signal

    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 6)

    row = {
        "signal_share": rounded(signal.signal_share) if signal else None,
        "signal_standard_error": rounded(signal.monte_carlo_error) if signal else None,
        "moved_pot_share": rounded(signal.redistributed_share) if signal else None,
        "moved_by_chance_share": rounded(signal.misplaced_share) if signal else None,
        "draw_count": signal.replicates if signal else None,
        "withheld_because": found.reason_code,
    }
    return pd.DataFrame([row], dtype=object)


def _written(tables: Tables, name: str, parts: list[pd.DataFrame], year: int) -> pd.DataFrame:
    contract = CONTRACTS[name]
    names = list(contract.names)
    made = pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)
    made = made.sort_values(list(contract.keys), ignore_index=True)
    tables.write(name, made, year)
    return made


def _without(rows: pd.DataFrame) -> str:
    """Reasons and how many municipalities each keeps out, in words."""
    counts = rows["withheld_because"].dropna().value_counts().sort_index()
    return ", ".join(f"{reason}: {count}" for reason, count in counts.items()) or "none"
