"""What the index means in kronor: the part of each factor, and the money that another model would have placed elsewhere."""

from decimal import Decimal

import dagster as dg
import pandas as pd

from expectations.contracts import CONTRACTS
from models_py.need.alternatives import sensitivity_card
from models_py.need.contributions import contributions_in_kronor
from orchestration.names import NEED, STATISTICS_TEAM
from orchestration.need_charts import alternative_chart, contribution_chart
from orchestration.on_pages import ON_PAGES
from orchestration.partitions import funding_years
from orchestration.resources.tables import Tables

LINES, ALTERNATIVE = dg.AssetKey(["allocation", "fct_allocation"]), dg.AssetKey(["need", "need_alternative"])
INDEX = dg.AssetKey(["need", "fct_need_index"])


def _spec(name: str, description: str, *, deps: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        dg.AssetKey(["need", name]),
        deps=deps,
        owners=[STATISTICS_TEAM],
        kinds={"python"},
        description=description,
        metadata=ON_PAGES,
    )


@dg.multi_asset(
    name="need_explanation",
    partitions_def=funding_years,
    group_name=NEED,
    specs=[
        _spec(
            "need_contribution",
            "Why a unit's index is what it is: index points and kronor of each factor, exactly additive, units of at least "
            "20 pupils. One row per school unit and factor.",
            deps=[INDEX, LINES],
        ),
        _spec(
            "need_alternative_pair",
            "How much the choice of model matters: the share of the pot that lies elsewhere between any two of them.",
            deps=[ALTERNATIVE, LINES],
        ),
        _spec(
            "need_alternative_unit",
            "School units whose total hangs on the choice of model by more than one per cent, by name.",
            deps=[ALTERNATIVE, LINES],
        ),
    ],
)
def need_explanation(context: dg.AssetExecutionContext, tables: Tables):
    """Carry contributions and alternatives of each municipality into its kronor."""
    year = int(context.partition_key)
    records = tables.read_record("allocation", year)
    lines = tables.read_or_empty("fct_allocation", year)
    base = _base_by_unit(lines)
    parts, indices, need = (
        tables.by_municipality(name, year) for name in ("need_index_contribution", "need_alternative", "fct_need_index")
    )
    rows: dict[str, list[pd.DataFrame]] = {
        "need_contribution": [],
        "need_alternative_pair": [],
        "need_alternative_unit": [],
    }
    for code in sorted(records):
        if "pot_ore" not in records[code]:
            continue
        keys = {"municipality_code": code, "funding_year": year}
        pot = int(records[code]["pot_ore"])
        if code in parts:
            own = contributions_in_kronor(parts[code], pot_ore=pot)
            rows["need_contribution"].append(own.assign(**keys, school_form="compulsory_school"))
        if code in indices:
            card = sensitivity_card(
                {
                    str(label): index.set_index("school_unit_code")["need_index"]
                    for label, index in indices[code].groupby("model", sort=False)
                },
                units=_units(need[code], base),
                pot_ore=pot,
            )
            rows["need_alternative_pair"].append(card.pairs.assign(**keys))
            rows["need_alternative_unit"].append(card.changes.assign(**keys))
    made = {}
    for name, found in rows.items():
        names = list(CONTRACTS[name].names)
        made[name] = _in_kronor(pd.concat(found, ignore_index=True)[names]) if found else pd.DataFrame(columns=names)
        tables.write(name, made[name], year)
    pictures = {
        "need_contribution": {"why": contribution_chart(made["need_contribution"])},
        "need_alternative_pair": {"models": alternative_chart(made["need_alternative_pair"])},
    }
    for name, table in made.items():
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["need", name]),
            metadata={"dagster/row_count": len(table), **pictures.get(name, {})},
        )


def _in_kronor(table: pd.DataFrame) -> pd.DataFrame:
    """Kronor as decimals with öre, as every published table has them."""
    sek = [name for name in table.columns if name.endswith(("_sek", "_sek_per_pupil"))]
    return table.assign(**{name: [Decimal(f"{value:.2f}") for value in table[name]] for name in sek})


def _base_by_unit(lines: pd.DataFrame) -> pd.Series:
    """Öre per municipality and unit beside the structural part."""
    beside = lines[lines["component_code"] != "structural_part"]
    return beside.groupby(["municipality_code", "school_unit_code"])["amount_ore"].sum()


def _units(need: pd.DataFrame, base: pd.Series) -> pd.DataFrame:
    keys = pd.MultiIndex.from_frame(need[["municipality_code", "school_unit_code"]])
    return need[["school_unit_code", "pupil_count"]].assign(
        base_part_ore=base.reindex(keys, fill_value=0).to_numpy().astype("int64")
    )
