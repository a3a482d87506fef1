"""One organiser's statutory calculation in the terminal (Skolförordningen 14 kap. 10 §).

Belongs here: layout and words. Does not: any number that is not in a published table.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from models_py.allocation.cost_types import OVERHEAD_TYPES
from models_py.allocation.organisers import ALL_TYPES
from orchestration.report.published import Published, publications
from orchestration.report.terminal import NotPublishedError
from orchestration.settings import Settings
from orchestration.texts import number, say

COST_TYPE = {
    "teaching": "cost_type_teaching",
    "learning_tools": "cost_type_learning_tools",
    "pupil_health": "cost_type_pupil_health",
    "meals": "cost_type_meals",
    "premises": "cost_type_premises",
    "administration": "cost_type_administration",
    "vat": "cost_type_vat",
}
READING = {
    "compound_add_on": "organiser_reading_compound_add_on",
    "additive": "organiser_reading_additive",
    "gross_up": "organiser_reading_gross_up",
    "gross_up_joint": "organiser_reading_gross_up_joint",
}
KIND = {"independent": "organiser_independent", "municipal": "organiser_municipal"}
"""Published codes → names of texts."""
LONG = ("organiser_mean",)
"""Headings that may take two lines; a number never does."""


def organiser_view(found: Settings, *, organiser_key: str, funding_year: int) -> RenderableType:
    """The calculation in every publication of the year that pays the organiser: per cost type, then per school unit.

    Raises NotPublishedError when nothing of the year is published, or no publication pays the organiser.
    """
    known = publications(found.published, funding_year=funding_year)
    if not known:
        raise NotPublishedError(say("no_publication", year=str(funding_year), folder=str(found.published)))
    views = [view for publication in known for view in _view(publication, organiser_key)]
    if not views:
        raise NotPublishedError(say("no_organiser", organiser=organiser_key, year=str(funding_year)))
    return Group(*views)


def _view(publication: Published, organiser_key: str) -> Iterator[RenderableType]:
    paid = _of(publication.table("organiser_allocation"), organiser_key)
    if paid.empty:
        return
    row = paid.iloc[0]
    seal = publication.table("dim_publication").iloc[0]
    name = _of(publication.table("dim_organiser"), organiser_key)["organiser_name"].iloc[0]
    yield Text(
        say(
            "organiser_title", name=organiser_key if pd.isna(name) else name, organiser=organiser_key,
            municipality=publication.municipality_code, year=str(publication.funding_year),
        ),
        style="bold",
    )  # fmt: skip
    yield Text(say(KIND[row["organiser_type"]], units=int(row["school_unit_count"]), pupils=int(row["pupil_count"])))
    yield _calculation(_of(publication.table("organiser_calculation"), organiser_key), row)
    if isinstance(row["overhead_method"], str):
        yield Text(say("organiser_rounding"))
        yield Text(say(READING[row["overhead_method"]]))
    yield _units(publication, organiser_key)
    yield Text(
        say(
            "explain_source", publication=publication.publication_id, content=seal["content_sha256"][:12],
            status=say("decided" if publication.is_decided else "proposed"),
        )
    )  # fmt: skip


def _calculation(own: pd.DataFrame, row: pd.Series) -> Table:
    """Cost types in the order of the law, what is taken back, and what is paid."""
    table = _table("organiser_cost_type", "amount", "organiser_per_pupil", "organiser_mean", footer=True)
    feet = (say("organiser_payable"), _sek(row["payable_sek"]), _sek(row["payable_per_pupil_sek"]), "")
    for column, foot in zip(table.columns, feet, strict=True):
        column.footer = Text(foot)
    by_type = own.set_index("cost_type") if len(own) else own
    shares = {name: row[f"{name}_share"] for name in OVERHEAD_TYPES}
    for cost_type in ALL_TYPES if len(own) else ():
        line = by_type.loc[cost_type]
        if cost_type in OVERHEAD_TYPES and not line["amount_ore"]:
            continue
        told = say(COST_TYPE[cost_type])
        if cost_type in shares and not pd.isna(shares[cost_type]):
            told = f"{told} {_percent(shares[cost_type])}"
        equal = line["municipal_per_pupil_sek"]
        _add(
            table, told, _sek(Decimal(int(line["amount_ore"])) / 100), _sek(line["amount_per_pupil_sek"]),
            "" if pd.isna(equal) or cost_type in OVERHEAD_TYPES else _sek(equal),
        )  # fmt: skip
    if not len(own):
        _add(table, say("organiser_allocated"), _sek(row["allocated_sek"]), "", "")
        for name in OVERHEAD_TYPES:
            if row[f"{name}_sek"]:
                _add(table, say(COST_TYPE[name]), _sek(row[f"{name}_sek"]), "", "")
    if row["de_delegated_sek"]:
        _add(table, say("organiser_de_delegated"), _sek(row["de_delegated_sek"]), "", "")
    return table


def _units(publication: Published, organiser_key: str) -> RenderableType:
    """What each school unit brings: the lines behind it are explained by unit."""
    schools = _of(publication.table("dim_school_unit"), organiser_key)
    wide = publication.table("school_allocation")
    own = wide[wide["school_unit_code"].isin(schools["school_unit_code"]) & (wide["payment_status"] == "paid")]
    added = publication.table("school_cost_type")
    overheads = {
        name: {
            unit: Decimal(int(ore)) / 100
            for unit, ore in zip(rows["school_unit_code"], rows["amount_ore"], strict=True)
        }
        for name, rows in added[added["cost_type"].isin(OVERHEAD_TYPES)].groupby("cost_type")
    }
    names = ("pupils", "organiser_allocated", *(COST_TYPE[name] for name in OVERHEAD_TYPES))
    table = _table("organiser_unit", *names)
    for row in own.sort_values("school_unit_code").to_dict("records"):
        unit = row["school_unit_code"]
        amounts = (overheads.get(name, {}).get(unit) for name in OVERHEAD_TYPES)
        _add(
            table, f"{unit} {row['school_unit_name']}", number(int(row["pupil_count"])), _sek(row["total_sek"]),
            *("" if amount is None else _sek(amount) for amount in amounts),
        )  # fmt: skip
    return table


def _of(table: pd.DataFrame, organiser_key: str) -> pd.DataFrame:
    return table[table["organiser_key"] == organiser_key]


def _table(first: str, *others: str, footer: bool = False) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=footer)
    table.add_column(say(first))
    for name in others:
        table.add_column(say(name), justify="right", no_wrap=name not in LONG)
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*(Text(cell) for cell in cells))


def _percent(share: Decimal) -> str:
    """3 %, 2.5 %: as many decimals as the policy has."""
    value = (share * 100).normalize()
    return f"{number(value, decimals=max(0, -int(value.as_tuple().exponent)))} %"


def _sek(amount: Decimal | Any) -> str:
    return number(amount, decimals=2)
