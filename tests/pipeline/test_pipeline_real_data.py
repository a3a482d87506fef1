"""Skolverket's real files: a dozen municipalities under the default policy, in one run over the files of all.

The run of all 290 is a claim (`main-sweden-pots`): sealing them takes minutes.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from orchestration.report.published import publications
from tests.pipeline.conftest import Home

OPEN_DATA = Path(os.environ.get("LIKVARD_OPEN_DATA", "does-not-exist"))
pytestmark = [
    pytest.mark.skipif(not OPEN_DATA.is_dir(), reason="LIKVARD_OPEN_DATA is unset or absent"),
]
YEAR = 2022
CODES = (  # the largest, the smallest, two where a year fell out of a file, and some between
    "0180", "1280", "1480", "0380", "0780", "2480", "2403", "2418", "2425", "2521", "1440", "0115",
)  # fmt: skip
EXPORT = "Grundskolan - Antal elever per årskurs 2021 Skolenhet.csv"


@pytest.fixture(scope="module")
def delivered() -> pd.DataFrame:
    """Units and pupils (grades 1-9, and F) per municipality, read from the file by pandas alone."""
    (path,) = OPEN_DATA.rglob(EXPORT)
    table = pd.read_csv(path, sep=";", skiprows=4, dtype=str)
    counts = table[["Elever, förskoleklass", "Elever, årskurs 1-9"]].replace(r"\D", "", regex=True)
    pupils = counts.apply(pd.to_numeric).fillna(0).sum(axis=1).astype("int64")
    by_code = pupils.groupby(table["Kommun-kod"]).agg(["size", "sum"])
    return by_code.loc[list(CODES)].sort_index()


@pytest.fixture(scope="module")
def home(new_home) -> Home:
    home = new_home("sweden", open_data=OPEN_DATA)
    only = [word for code in CODES for word in ("--municipality", code)]
    done = home.likvard("run", str(YEAR), "--policy", "default", *only)
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="module")
def tables(home) -> dict[str, pd.DataFrame]:
    """Every municipality's published tables, put together."""
    found = publications(home.published, funding_year=YEAR)
    names = ("school_allocation", "fct_allocation", "dim_publication", "fct_need_index")
    return {name: pd.concat([p.table(name) for p in found], ignore_index=True) for name in names}


def test_every_municipality_has_a_proposal(home):
    outcomes = home.outcomes(YEAR)
    assert sorted(outcomes) == sorted(CODES)
    assert {row["status"] for row in outcomes.values()} == {"published"}
    assert {row["basis"] for row in outcomes.values()} == {"open_statistics"}


def test_every_unit_is_paid_or_listed_with_a_reason(tables, delivered):
    wide = tables["school_allocation"]
    assert wide["school_unit_code"].is_unique
    assert wide.groupby("municipality_code").size().to_dict() == delivered["size"].to_dict()
    paid = wide["payment_status"] == "paid"
    assert (wide.loc[paid, "total_sek"] > 0).all()
    assert wide.loc[paid, "reason_code"].isna().all()
    assert (wide.loc[~paid, "reason_code"].str.len() > 0).all()
    assert (wide.loc[~paid, "total_sek"] == 0).all()
    assert (wide["pupil_count"] > 0).eq(paid).all()


def test_each_municipality_s_kronor_add_up_to_its_pot(tables, delivered):
    lines = tables["fct_allocation"].groupby("municipality_code")["amount_ore"].sum()
    pupils = tables["school_allocation"].groupby("municipality_code")["pupil_count"].sum().astype("int64")
    assert pupils.to_dict() == delivered["sum"].to_dict()
    assert (lines == pupils * 120_000 * 100).all()
    sealed = tables["dim_publication"].set_index("municipality_code")["amount_ore"]
    assert (sealed == lines).all()


def test_the_mean_index_of_each_municipality_is_100(tables):
    need = tables["fct_need_index"]
    weighted = (need["pupil_count"] * need["need_index"]).groupby(need["municipality_code"]).sum()
    mean = weighted / need.groupby("municipality_code")["pupil_count"].sum()
    assert (mean - 100).abs().max() < 1e-9
