"""Pages read back: strictly as HTML, every figure with the cell it claims to show, every figure computed anew.

Belongs here: parsing pages, resolving references, sums computed from the tables in another way than the pages do.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import numpy as np
import pandas as pd

from expectations.contracts import CONTRACTS
from orchestration.report.published import Published

HTML = "{http://www.w3.org/1999/xhtml}"
SAME = {"municipality_code", "funding_year", "publication_id"}


@dataclass(frozen=True)
class Shown:
    """One figure of a page: the cell or sum it stands for, how it is formed, and what a reader sees."""

    ref: str
    form: str
    value: str
    text: str


def parsed(path: Path) -> Element:
    """The page; any breach of HTML's syntax raises. Read-only: the same text is parsed once."""
    return _parsed(path.read_text(encoding="utf-8"))


@functools.cache
def _parsed(text: str) -> Element:
    return html5lib.HTMLParser(strict=True).parse(text)


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def shown(page: Element) -> Iterator[Shown]:
    for each in page.iter(f"{HTML}data"):
        yield Shown(each.attrib["data-ref"], each.attrib["data-form"], each.attrib["value"], "".join(each.itertext()))


def number(text: str, language: str) -> Decimal:
    """What a reader takes a figure for."""
    bare = re.sub(r"[\s\u00a0\u202f]|kr|%|\+", "", text).replace("−", "-")
    return Decimal(bare.replace(",", ".") if language == "sv" else bare.replace(",", ""))


class Tables:
    """The published tables, and what follows from them."""

    def __init__(self, publication: Published) -> None:
        self.folder = publication.path
        self.of = {name: publication.table(name) for name in CONTRACTS}
        self.manifest = pd.read_json(publication.path / "manifest.json", typ="series")
        self._keyed: dict[str, Mapping[str, dict[str, Any]]] = {}

    def cell(self, ref: str) -> Any:
        """The cell, or the sum computed anew, that a figure refers to."""
        name, _, key = ref.partition("@")
        if name.startswith("="):
            return DERIVED[name[1:]](self, key)
        table, column = name.split(".")
        if table not in self._keyed:
            keys = [each for each in CONTRACTS[table].keys if each not in SAME]
            rows = self.of[table].to_dict("records")
            self._keyed[table] = {"/".join(str(row[each]) for each in keys): row for row in rows}
        value = self._keyed[table][key][column]
        return Decimal(value) / 100 if column.endswith("_ore") and value is not None else value

    def wide(self, unit: str) -> dict[str, Any]:
        rows = self.of["school_allocation"].set_index("school_unit_code")
        return rows.loc[unit].to_dict()

    def told(self) -> pd.DataFrame:
        rows = self.of["school_allocation"]
        rows = rows[
            (rows["payment_status"] == "paid") & rows["need_index"].notna() & rows["redistribution_sek"].notna()
        ]
        rows = rows[rows["pupil_count"] > 0].sort_values(["need_index", "school_unit_code"]).reset_index(drop=True)
        return rows.astype(
            dict.fromkeys(("total_sek", "redistribution_sek", "structural_part_sek", "pupil_count"), float)
        )

    def fifth(self, place: str) -> pd.DataFrame:
        rows = self.told()
        middle = rows["pupil_count"].cumsum() - rows["pupil_count"] / 2
        group = np.minimum(4, np.floor(5 * middle / rows["pupil_count"].sum()).astype(int))
        ranks = {value: n for n, value in enumerate(sorted(set(group)), start=1)}
        return rows[group.map(ranks) == int(place)]

    def half(self, column: str) -> float:
        rows = self.told()
        pupils = np.concatenate([[0], rows["pupil_count"].cumsum() / rows["pupil_count"].sum()])
        money = np.concatenate([[0], rows[column].cumsum() / rows[column].sum()])
        return float(np.interp(0.5, pupils, money))

    def organiser_part(self, key: str) -> Decimal:
        organiser, component = key.split("/")
        schools = self.of["dim_school_unit"]
        codes = set(schools.loc[schools["organiser_key"] == organiser, "school_unit_code"])
        lines = self.of["fct_allocation"]
        own = lines[lines["school_unit_code"].isin(codes) & (lines["component_code"] == component)]
        return Decimal(int(own["amount_ore"].sum())) / 100

    def contribution(self, key: str, column: str) -> float:
        unit, _, factor = key.split("/")
        rows = self.of["need_contribution"]
        (row,) = rows[(rows["school_unit_code"] == unit) & (rows["factor"] == factor)].to_dict("records")
        return abs(row[column])

    def change(self, unit: str) -> float:
        rows = self.of["allocation_change"].set_index("school_unit_code")
        return float(rows.loc[unit, "change_sek"] / rows.loc[unit, "previous_total_sek"])

    def last_year(self) -> pd.DataFrame:
        """Units paid for pupils in both years: total and pupils of each year, by unit."""
        basis = self.of["allocation_change_basis"].iloc[0]
        version = (
            self.folder.parents[2] / str(basis["previous_funding_year"]) / "versions" / basis["previous_publication_id"]
        )
        names = ["school_unit_code", "total_sek", "total_per_pupil_sek", "pupil_count"]
        old = pd.read_parquet(version / "tables" / "school_allocation.parquet")[names]
        both = old.merge(self.of["school_allocation"][names], on="school_unit_code", suffixes=("_old", ""))
        return both[(both["pupil_count"] > 0) & (both["pupil_count_old"] > 0)].set_index("school_unit_code")

    def mean(self, suffix: str) -> float:
        both = self.last_year()
        return float(both[f"total_sek{suffix}"].astype(float).sum() / both[f"pupil_count{suffix}"].sum())

    def total(self) -> float:
        return float(self.of["school_allocation"]["total_sek"].astype(float).sum())


DERIVED: dict[str, Callable[[Tables, str], Any]] = {
    "redistribution_size": lambda t, key: abs(t.wide(key)["redistribution_sek"]),
    "index_distance": lambda t, key: abs(t.wide(key)["need_index"] - 100) / 100,
    "contribution_size": lambda t, key: t.contribution(key, "index_contribution"),
    "contribution_sek_size": lambda t, key: t.contribution(key, "contribution_sek_per_pupil"),
    "change_share": lambda t, key: t.change(key),
    "organiser_component": lambda t, key: t.organiser_part(key),
    "shared_by_need": lambda t, key: float(t.of["school_allocation"]["structural_part_sek"].sum()) / t.total(),
    "moved_by_need": lambda t, key: (
        t.of["school_allocation"]["redistribution_sek"].astype(float).abs().sum() / 2 / t.total()
    ),
    "fifth_units": lambda t, key: len(t.fifth(key)),
    "fifth_pupils": lambda t, key: t.fifth(key)["pupil_count"].sum(),
    "fifth_before": lambda t, key: (
        (t.fifth(key)["total_sek"] - t.fifth(key)["redistribution_sek"]).sum() / t.fifth(key)["pupil_count"].sum()
    ),
    "fifth_after": lambda t, key: t.fifth(key)["total_sek"].sum() / t.fifth(key)["pupil_count"].sum(),
    "half_of_pupils_total": lambda t, key: t.half("total_sek"),
    "half_of_pupils_structural": lambda t, key: t.half("structural_part_sek"),
    "units_that_gain": lambda t, key: int((t.of["allocation_change"]["change_sek"].astype(float) > 0).sum()),
    "units_that_lose": lambda t, key: int((t.of["allocation_change"]["change_sek"].astype(float) < 0).sum()),
    "previous_total": lambda t, key: t.of["allocation_change"]["previous_total_sek"].sum(),
    "new_total": lambda t, key: t.of["allocation_change"]["new_total_sek"].sum(),
    "change_by_cause": lambda t, key: (
        t.of["allocation_change_part"].set_index("cause_code").loc[[key], "change_sek"].sum()
    ),
    "change_without_cause": lambda t, key: (
        t.of["allocation_change"]["change_sek"].sum() - t.of["allocation_change_part"]["change_sek"].sum()
    ),
    "total_change": lambda t, key: t.of["allocation_change"]["change_sek"].sum(),
    "units_in_both_years": lambda t, key: len(t.last_year()),
    "previous_per_pupil": lambda t, key: t.last_year().loc[key, "total_per_pupil_sek_old"],
    "per_pupil_change": lambda t, key: (
        t.last_year().loc[key, "total_per_pupil_sek"] - t.last_year().loc[key, "total_per_pupil_sek_old"]
    ),
    "previous_per_pupil_mean": lambda t, key: t.mean("_old"),
    "per_pupil_mean": lambda t, key: t.mean(""),
    "per_pupil_mean_change": lambda t, key: t.mean("") - t.mean("_old"),
    "explored_total": lambda t, key: t.told()["total_sek"].sum(),
    "own_rule": lambda t, key: t.manifest["recorded"]["gate"]["own_rules"][key],
}
"""How each sum of the pages is computed anew; kronor where the page shows kronor."""


def differs(one: Shown, tables: Tables, language: str) -> str | None:
    """What is wrong with a figure, None where it says what the table says."""
    truth = tables.cell(one.ref)
    form, _, decimals = one.form.rpartition(".")
    if one.ref.split("@")[0].endswith("_ore") and form == "number":
        truth = truth * 100  # öre told as öre
    if form.removeprefix("+") == "percent":
        truth = float(truth) * 100
    told, step = number(one.text, language), Decimal(1).scaleb(-int(decimals))
    exact = truth if isinstance(truth, Decimal) else Decimal(str(truth))
    slack = step / 2 if isinstance(truth, float) else Decimal(0)
    near = abs(told - exact) <= slack + step * Decimal("0.000001") or told == exact.quantize(
        step, rounding=ROUND_HALF_UP
    )
    return None if near else f"{one.ref} is {truth}, the page says {one.text}"
