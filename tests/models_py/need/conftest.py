"""A small world with planted weights: leavers with all eight factors, in schools of known quality."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models_py.need import FACTORS, Factor
from models_py.world.background import FACTORS as PLANTED
from tests.refusals import refusals_as_kept  # noqa: F401

TRUTH = {factor: tuple(effect for _, effect in levels) for factor, levels in PLANTED.items()}


@dataclass(frozen=True)
class SmallWorld:
    """``pupils``: one row per leaver with leaver_count 1. ``need``: true need share per school, without quality."""

    pupils: pd.DataFrame
    need: pd.Series

    @property
    def cells(self) -> pd.DataFrame:
        keys = ["municipality_code", "school_unit_code", "result_year", *(factor.name for factor in FACTORS)]
        return self.pupils.groupby(keys)[["leaver_count", "not_eligible_count"]].sum().reset_index()

    def register(self, count_date: str = "2026-10-15") -> pd.DataFrame:
        return self.pupils.rename(columns={"leaver_count": "pupil_count"}).assign(count_date=count_date)


def build_world(
    seed: int, *, schools: int = 30, leavers: int = 60, years: int = 3, rho: float = 0.0, missing: float = 0.0
) -> SmallWorld:
    rng = np.random.default_rng(seed)
    composition = rng.normal(0, 0.6, schools)
    quality = 0.3 * (rho * composition / 0.6 + np.sqrt(1 - rho**2) * rng.normal(size=schools))
    school = np.repeat(np.arange(schools), leavers * years)
    size = len(school)
    s = rng.normal(composition[school], 1)

    def cut(score: np.ndarray, *bounds: float) -> np.ndarray:
        return np.searchsorted(bounds, score)

    immigrant = rng.random(size) < expit(-2.6 + 0.85 * s)
    codes = {
        "guardian_education": cut(s + rng.normal(0, 0.8, size), -0.35, 0.25, 1.75),
        "immigration": np.where(immigrant, rng.choice([1, 2, 3], size, p=[0.4, 0.35, 0.25]), 0),
        "household_income": cut(0.8 * s + rng.normal(0, 0.8, size), -0.98, -0.29, 0.29, 0.98),
        "area_type": cut(1.3 * composition[school] + 0.4 * s + rng.normal(0, 0.6, size), -0.9, -0.3, 0.3, 0.9),
        "sex": (rng.random(size) < 0.515).astype(int),
        "econ_assistance": (rng.random(size) < expit(-3.4 + 1.1 * s)).astype(int),
        "household": (rng.random(size) < expit(-1.05 + 0.35 * s)).astype(int),
        "siblings": (rng.random(size) < expit(-1.7 + 0.4 * s)).astype(int),
    }
    risk = -3.35 + sum(np.array(TRUTH[name])[code] for name, code in codes.items())
    table = pd.DataFrame({factor.name: np.array(factor.levels)[codes[factor.name]] for factor in FACTORS})
    if missing:
        gone = rng.random(size) < missing
        table["guardian_education"] = table["guardian_education"].where(~gone, "missing")
    table["municipality_code"] = "9999"
    table["school_unit_code"] = [f"9999{number:04d}" for number in school]
    table["result_year"] = 2026 - np.tile(np.repeat(np.arange(years), leavers), schools)
    table["leaver_count"] = 1
    table["not_eligible_count"] = (rng.random(size) < expit(risk + quality[school])).astype(int)
    need = pd.Series(expit(risk)).groupby(table["school_unit_code"].to_numpy()).mean()
    return SmallWorld(table, need)


@pytest.fixture(scope="session")
def world() -> Callable[..., SmallWorld]:
    return build_world


@pytest.fixture(scope="session")
def truth() -> dict[str, tuple[float, ...]]:
    return TRUTH


@pytest.fixture(scope="session")
def few_factors() -> tuple[Factor, ...]:
    return tuple(factor for factor in FACTORS if factor.name in ("guardian_education", "immigration", "sex"))


@pytest.fixture(scope="session")
def unit_need() -> Callable[..., pd.DataFrame]:
    def build(rows: dict[str, tuple[int, float]], *, count_date: str = "2026-10-15", **columns: object) -> pd.DataFrame:
        """Rows of ``UnitNeed.table`` from unit -> (pupils, need share), without ends."""
        table = pd.DataFrame(
            [(unit, pupils, share) for unit, (pupils, share) in rows.items()],
            columns=["school_unit_code", "pupil_count", "need_share"],
        )
        plain = {"basis": "pupil_level", "need_share_lower": np.nan, "need_share_upper": np.nan}
        return table.assign(municipality_code="9999", count_date=count_date, **plain | columns)

    return build
