"""Key figures beside those of similar school units in the municipality, and of similar municipalities in Kolada.

Belongs here: what makes units and municipalities similar, which figures stand beside, reading Kolada's open files. Does not:
distance and quartiles (``models_py.followup.similar``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from models_py.errors import FollowupError
from models_py.followup import beside_similar, nearest

SIMILAR_UNITS, FEWEST_UNITS = 5, 4
"""How many stand beside, and units of the same grades from which any do."""

KOLADA_FOLDER, VALUES, TITLES = "kolada_did", "*_KOLADA_data_raw.parquet", "*_KOLADA_KPI_list.parquet"
EDUCATION = "N15816"
KOLADA_FIGURES = {
    "N15428": "behöriga till yrkesprogra",
    "N15813": "lärarlegitimation",
    "N15030": "pedagogisk högskoleexamen",
}
"""Kolada's codes and words of their titles: public code gives the same codes other meanings, so titles are looked up."""
_WORDS = KOLADA_FIGURES | {EDUCATION: "eftergymnasial utbil"}
_QUARTILES = ["similar_count", "similar_median", "similar_lower", "similar_upper"]


def similar_unit_rows(figures: Mapping[str, pd.DataFrame], units: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``similar_unit`` without municipality and funding year.

    Parameters
    ----------
    figures : figure to code, year, value
    units : code, stages (the grades a unit has), pupil_count, need_index of one October; only units that have figures

    Like is compared with like: only units of the same grades, nearest by pupils and need. Groups under ``FEWEST_UNITS``, and
    those that do not differ in what they are compared by, have no rows.
    """
    pairs = []
    for _, group in units.groupby("stages", sort=True):
        if len(group) < FEWEST_UNITS:
            continue
        try:
            pairs.append(
                nearest(group, features=["pupil_count", "need_index"], logged=["pupil_count"], count=SIMILAR_UNITS)
            )
        except FollowupError:  # all of one size or one need: nobody is nearer than another
            continue
    if not pairs:
        return pd.DataFrame()
    return _beside(figures, pd.concat(pairs, ignore_index=True)).rename(
        columns={"code": "school_unit_code", "year": "accounts_year", "figure": "unit_figure"}
    )


def similar_municipality_rows(
    values: pd.DataFrame, pairs: pd.DataFrame, *, codes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Municipality → its rows of ``similar_municipality`` without municipality and funding year; those that Kolada knows.

    ``values``: as ``kolada_values``; ``pairs``: as ``similar_municipalities``.
    """
    figures = {name: values.loc[values["kpi"] == name, ["code", "year", "value"]] for name in KOLADA_FIGURES}
    found = _beside(figures, pairs[pairs["code"].isin(list(codes))])
    named = found.rename(columns={"year": "figure_year", "figure": "kolada_figure"})
    return {str(code): rows.drop(columns="code") for code, rows in named.groupby("code", sort=True)}


def similar_municipalities(values: pd.DataFrame, pupils: pd.DataFrame) -> pd.DataFrame:
    """The seven municipalities nearest to each by pupils F–9 and parents' education, each once: columns of ``nearest``.

    ``pupils``: code, pupil_count. Parents' education is the newest that Kolada has.
    """
    known = values[(values["kpi"] == EDUCATION) & values["value"].notna()]
    educated = known[known["year"] == known["year"].max()].rename(columns={"value": "educated"})
    towns = pupils[pupils["pupil_count"] > 0].merge(educated[["code", "educated"]], on="code", how="left")
    return nearest(towns, features=["pupil_count", "educated"], logged=["pupil_count"])


def kolada_values(folder: Path) -> pd.DataFrame | None:
    """code, municipality, kpi, year, value of both sexes together, from the newest file of Kolada; None where there is none.

    Raises FollowupError where a code's title in Kolada's catalogue is another than expected.
    """
    values, titles = (sorted(Path(folder, KOLADA_FOLDER).glob(pattern)) for pattern in (VALUES, TITLES))
    return _read(str(values[-1]), str(titles[-1])) if values and titles else None


@lru_cache(maxsize=1)
def _read(values: str, titles: str) -> pd.DataFrame:
    catalogue = pd.read_parquet(titles).set_index("id")["title"]
    wrong = [code for code, words in _WORDS.items() if words not in str(catalogue.get(code, ""))]
    if wrong:
        raise FollowupError(f"Kolada's catalogue gives {', '.join(wrong)} another title; look them up before comparing")
    rows = pd.read_parquet(values)
    rows = rows[(rows["gender"] == "T") & (rows["municipality_type"] == "K") & rows["kpi"].isin(_WORDS)]
    return rows.rename(columns={"municipality_id": "code"})[["code", "municipality", "kpi", "year", "value"]]


def _beside(figures: Mapping[str, pd.DataFrame], pairs: pd.DataFrame) -> pd.DataFrame:
    """code, year, figure, compared_value, the quartiles of the similar and who they are, comma separated."""
    who = pairs.sort_values(["code", "place"]).groupby("code")["similar_code"].agg(",".join).rename("similar_codes")
    parts = [beside_similar(values, pairs).assign(figure=name) for name, values in sorted(figures.items())]
    told = pd.concat(parts, ignore_index=True).merge(who, left_on="code", right_index=True)
    numbers = ["value", "similar_median", "similar_lower", "similar_upper"]
    told[numbers] = told[numbers].round(6)
    return told.rename(columns={"value": "compared_value"})[
        ["code", "year", "figure", "compared_value", *_QUARTILES, "similar_codes"]
    ]
