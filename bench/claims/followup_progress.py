"""Claims of cohorts and value-added: found where it is, nothing found where there is nothing, fast enough for the country.

Belongs here: worlds with a known truth, Skolverket's published SALSA values, one clock. Does not: any estimator.
"""

from __future__ import annotations

import csv
import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from bench.claim import Claim, Measured
from models_py.followup import (
    SHOWN,
    STAGES,
    cohort_counts,
    expectation_band,
    grade_gap,
    naive_change,
    pooled_sd,
    progression,
    reproduce_expected,
    stage_pupils,
    value_added,
)
from models_py.world import World, WorldSettings, simulate
from models_py.world.subject_results import SubjectResults, draw_subject_results

SEEDS = range(1, 9)
YEARS = 8
CODES = ("9991", "9992", "9993")
NATION = tuple(f"{code}" for code in range(9800, 9866))
"""Municipalities of the world that is clocked: some 1 500 schools."""

STILL = {
    "growth_sd": 0.0, "growth_year_sd": 0.0, "leniency_sd": 0.0, "quality_sd": 0.0, "quality_year_sd": 0.0,
    "peer_effect": 0.0, "effect_per_kkr": 0.0,
}  # fmt: skip
NOT_HERE = Measured("not measured", None, "LIKVARD_OPEN_DATA is unset or absent")


@dataclass(frozen=True, slots=True)
class Followed:
    """A world as the follow-up takes it in."""

    world: World
    drawn: SubjectResults
    results: pd.DataFrame
    enrollment: pd.DataFrame
    background: pd.DataFrame

    @property
    def last(self) -> int:
        return int(self.results["result_year"].max())


def followed(settings: WorldSettings) -> Followed:
    """Simulate, with keys as text as the door gives them."""
    world = simulate(settings)
    drawn = draw_subject_results(world)
    key = pd.Series([f"p{number:09d}" for number in world.pupils["number"]], dtype="str")
    units = world.school_units.set_index("school_unit_code")["municipality_code"]
    enrollment = world.enrollment.assign(
        pupil_key=key.take(world.enrollment["pupil"]).to_numpy(),
        municipality_code=world.enrollment["school_unit_code"].map(units).astype("category"),
    )
    results = drawn.rows.assign(pupil_key=key.take(drawn.rows["pupil"]).to_numpy())
    p = world.pupils
    known = ~p["is_education_missing"]
    columns = {"pupil_key": key, "boy": p["boy"], "welfare": p["welfare"], "split": p["split"]}
    columns |= {f"education_{k}": ((p["education"] == k) & known).astype(int) for k in (1, 2, 3)}
    columns |= {f"income_{k}": (p["income"] == k).astype(int) for k in (1, 2, 3, 4)}
    columns |= {"education_missing": (~known).astype(int), "arrived": p["is_arrival"].astype(int)}
    columns |= {"immigrated": (p["immigration_year"] > 0).astype(int)}
    return Followed(world, drawn, results, enrollment, pd.DataFrame(columns))


def _settings(seed: int, **changes: float) -> WorldSettings:
    return WorldSettings(seed=seed, years=YEARS, municipality_codes=CODES, **changes)  # type: ignore[arg-type]


def _truth(one: Followed, stage: str, table: pd.DataFrame) -> np.ndarray:
    given = one.drawn.truth.value_added
    own = given[(given["stage"] == stage) & given["result_year"].between(one.last - 2, one.last)]
    site = one.world.school_units.set_index("school_unit_code")["site"].reindex(table["school_unit_code"])
    truth = own.groupby("site")["given_value"].mean().reindex(site.to_numpy()).to_numpy()
    return np.asarray(truth - np.average(truth, weights=table["matched_count"]))


@cache
def _recovered() -> pd.DataFrame:
    rows = []
    for seed in SEEDS:
        one = followed(_settings(seed))
        for stage in STAGES:
            pupils = stage_pupils(one.results, one.enrollment, stage=stage, background=one.background)
            table = value_added(pupils, result_year=one.last).table
            truth = _truth(one, stage.name, table)
            shown = (table["state"] == SHOWN).to_numpy()
            ended = one.results[(one.results["measure"] == stage.outcome) & (one.results["grade"] == stage.last_grade)]
            recent = ended[ended["result_year"] > one.last - 3]
            level = recent.groupby("school_unit_code", observed=True)["value"].mean()
            of_level = level.reindex(table["school_unit_code"]).to_numpy(float)
            inside = (truth >= table["interval_lower"]) & (truth <= table["interval_upper"])
            rows.append(
                {
                    "stage": stage.name, "shown": int(shown.sum()),
                    "correlation": np.corrcoef(table["value_added"][shown], truth[shown])[0, 1],
                    "level": np.corrcoef(of_level[shown], truth[shown])[0, 1],
                    "covered": int(inside[shown].sum()),
                    "wrong_side": int((table["value_added"][shown] * truth[shown] < 0).sum()),
                    "surely_wrong": int(
                        ((table["interval_lower"] > 0) & (truth < 0) | (table["interval_upper"] < 0) & (truth > 0))[shown].sum()
                    ),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def value_added_is_found() -> Measured:
    found = _recovered().groupby("stage")[["correlation", "level"]].mean()
    told = "; ".join(f"{s} {r.correlation:.2f} (mean points {r.level:.2f})" for s, r in found.iterrows())
    ahead = (found["correlation"] > found["level"] + 0.2).all()
    return Measured(told, bool(found.loc["grades_7_9", "correlation"] > 0.78 and ahead))


def intervals_cover() -> Measured:
    sums = _recovered().groupby("stage")[["shown", "covered", "wrong_side", "surely_wrong"]].sum()
    share = sums.div(sums["shown"], axis=0)
    told = "; ".join(
        f"{s} cover {r.covered:.3f}, wrong side {r.wrong_side:.3f}, wrong with interval beyond 0 {r.surely_wrong:.3f}"
        for s, r in share.iterrows()
    )
    return Measured(told, bool((share["covered"] >= 0.88).all() and (share["surely_wrong"] <= 0.025).all()))


@cache
def _still() -> pd.DataFrame:
    rows = []
    for seed in SEEDS:
        one = followed(_settings(seed, **STILL))
        outcomes = one.world.outcomes
        merit = outcomes[outcomes["outcome"] == "merit_value"].assign(square=lambda t: t["value"] ** 2)
        sums = merit.groupby(["site", "result_year"], as_index=False).agg(
            pupil_count=("value", "size"), value_sum=("value", "sum"), square_sum=("square", "sum")
        )
        sd = pooled_sd(*(sums[name].to_numpy(float) for name in ("pupil_count", "value_sum", "square_sum")))
        values = sums.assign(school_unit_code=sums["site"].astype(str), value=sums["value_sum"] / sums["pupil_count"])
        naive = naive_change(values, kind="mean", threshold=10.0, within_sd=sd)
        row = {
            "pairs": naive.compared_count, "beyond": naive.beyond_threshold_count,
            "expected": naive.expected_by_chance, "told": naive.beyond_chance_count, "noise": naive.noise_share,
        }  # fmt: skip
        for stage in STAGES:
            pupils = stage_pupils(one.results, one.enrollment, stage=stage, background=one.background)
            table = value_added(pupils, result_year=one.last).table
            out = (table["interval_lower"] > 0) | (table["interval_upper"] < 0)
            row |= {
                f"units_{stage.name}": len(table),
                f"out_{stage.name}": int((out & (table["state"] == SHOWN)).sum()),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def nothing_is_found_in_nothing() -> Measured:
    sums = _still().sum()
    beyond, told = sums["beyond"] / sums["pairs"], sums["told"] / sums["pairs"]
    units = sums["units_grades_4_6"] + sums["units_grades_7_9"]
    out = (sums["out_grades_4_6"] + sums["out_grades_7_9"]) / units
    figure = (
        f"mean merit value moves more than 10 points in {beyond:.1%} of {int(sums['pairs'])} school years "
        f"({sums['expected'] / sums['pairs']:.1%} foreseen as chance), told as change: {told:.2%}; "
        f"value-added told apart from 0: {out:.2%} of {int(units)}"
    )
    return Measured(figure, bool(beyond > 0.4 and told <= 0.05 and out <= 0.05))


def noise_is_foreseen() -> Measured:
    sums = _still().sum()
    ratio = sums["expected"] / sums["beyond"]
    return Measured(
        f"{ratio:.2f} of the changes beyond 10 points foreseen; noise share {_still()['noise'].mean():.2f}",
        bool(0.85 < ratio < 1.1),
    )


def salsa_is_reproduced() -> Measured:
    path = Path(os.environ.get("LIKVARD_OPEN_DATA") or ".", "salsa_skane", "salsa.csv")
    if not path.is_file():
        return NOT_HERE
    with path.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.reader(handle, delimiter=";") if row[0] in ("2015", "2020")]
    names = {4: "parental_education", 5: "newly_immigrated_share", 8: "boy_share", 10: "share", 13: "merit"}
    table = pd.DataFrame({name: [float(row[k].replace(",", ".")) for row in rows] for k, name in names.items()})
    table[["newly_immigrated_share", "boy_share"]] /= 100
    told, kept = [], True
    for year in ("2015", "2020"):
        own = table[[row[0] == year for row in rows]]
        for name, tolerance, unit in (("merit", 5.0, "points"), ("share", 3.0, "pp")):
            found = reproduce_expected(own, published=name, tolerance=tolerance)
            told.append(
                f"{year} {name}: R² {found.r_squared:.3f}, SD {found.residual_sd:.1f} {unit}, largest miss {found.largest_miss:.1f}"
            )
            kept &= found.r_squared > 0.99 and found.within_share == 1.0
    return Measured("; ".join(told), bool(kept))


def whole_country_is_fast() -> Measured:
    one = followed(WorldSettings(seed=1, municipality_codes=NATION))
    schools = one.world.school_units["site"].nunique()
    start = time.process_time()
    counts = cohort_counts(one.results, one.enrollment)
    told = progression(counts)
    for stage in STAGES:
        pupils = stage_pupils(one.results, one.enrollment, stage=stage, background=one.background)
        for year in np.unique(pupils.year):
            table = value_added(pupils, result_year=int(year)).table
        band = table.assign(stratum="all", observed=table["raw_value"], expected=0.0)
        expectation_band(band, step=0.01)
    grade_gap(one.results, result_years=(one.last - 2, one.last))
    used = time.process_time() - start
    figure = (
        f"{used:.1f} CPU-s for {schools} schools × {one.world.settings.years} years, {len(one.results):,} results, "
        f"{len(told):,} rows of cohorts"
    )
    return Measured(figure, bool(used <= 60 and schools >= 1500))


CLAIMS = (
    Claim("followup-value-added", "Value-added from national tests follows what schools truly give, where mean points do not.", "correlation with the truth above .78 in grades 7–9, and .2 above that of mean points in both stages", value_added_is_found),
    Claim("followup-intervals", "Intervals of value-added say how sure it is.", "at least .88 of truths covered in each stage at nominal .95; at most .025 surely on the wrong side", intervals_cover),
    Claim("followup-nothing", "Where no school differs, comparing this year's grade 9 with last year's shows large changes; ours tells none beyond the nominal rate.", "over 40 % of school years move more than 10 points; at most 5 % told as change; at most 5 % told apart by value-added", nothing_is_found_in_nothing),
    Claim("followup-noise", "How many schools chance alone moves is foreseen.", ".85–1.10 of the changes beyond 10 points", noise_is_foreseen),
    Claim("followup-salsa", "SALSA's published expected values of 2015 and 2020 follow from its published factors.", "R² above .99; every unit within 5 points or 3 percentage points", salsa_is_reproduced),
    Claim("followup-speed", "Cohorts, value-added of every window and stage, bands and gaps of 1 500 schools and ten years.", "at most 60 CPU-seconds", whole_country_is_fast),
)  # fmt: skip
