"""Claims of the measures beside the money: identities, scenarios, change, and how far the signal share can be trusted.

Belongs here: measurements. Does not: the simulation behind the signal share (``bench.signal_bias``).
"""

from __future__ import annotations

import time
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd

from bench.claim import Claim, Measured
from bench.signal_bias import DRAWS, WORLDS, Outcome, outcomes
from models_py.allocation.change import shapley_change
from models_py.allocation.claim_functions import Linear, Power, Threshold
from models_py.allocation.equity import equity_measures
from models_py.allocation.scenario_settings import Scenario, ScenarioInputs
from models_py.allocation.scenarios import scenario_amounts, scenario_table
from models_py.allocation.scored_units import ScoredUnits, scored_units

CASES = 10_000
BLOCKS = ("pupils", "composition", "weights", "prices", "policy", "guarantees")
LARGE, MANY = 10_000, 1_000
"""Units and scenarios of the measurements of time."""


def _units(rng: np.random.Generator, count: int) -> ScoredUnits:
    """Units with pupils 1 to 900 and an index in whole points, so that ties happen."""
    return scored_units(
        pd.DataFrame(
            {
                "school_unit_code": [f"{j:08d}" for j in range(count)],
                "pupil_count": rng.integers(1, 900, count),
                "need_index": np.maximum(1, np.rint(rng.gamma(9, 11, count))),
            }
        )
    )


def _slow_gini(amount: np.ndarray, pupils: np.ndarray) -> float:
    """Mean absolute difference between any two pupils over twice the mean."""
    per_pupil = amount / pupils
    apart = np.abs(per_pupil[:, None] - per_pupil) * np.outer(pupils, pupils)
    return float(apart.sum() / (2 * pupils.sum() * amount.sum()))


def identities() -> Measured:
    """Random municipalities of 2 to 60 units, two amounts each: any, and one that rises with need."""
    rng = np.random.default_rng(51)
    worst = 0.0
    for _ in range(CASES // 2):
        units = _units(rng, int(rng.integers(2, 61)))
        pupils = units.pupil_count
        labels = {unit: str(rng.integers(0, 3)) for unit in units.school_unit_code}
        amount = rng.integers(0, 10**8, len(pupils)).astype(float)
        amount[0] += 1
        any_amount = equity_measures(units, amount_ore=amount, groups=labels)
        assert any_amount.theil_within is not None
        assert any_amount.theil_between is not None
        rising = pupils * (rng.uniform(0, 1e6) + units.need_index ** rng.uniform(0.1, 3))
        follows = equity_measures(units, amount_ore=rising)
        worst = max(
            worst,
            abs(any_amount.gini - _slow_gini(amount, pupils)),
            abs(any_amount.theil - any_amount.theil_within - any_amount.theil_between),
            -min(any_amount.theil_within, any_amount.theil_between),
            abs(any_amount.concentration) - any_amount.gini,
            abs(follows.gini - _slow_gini(rising, pupils)),
            abs(follows.concentration - follows.gini),
        )
    return Measured(f"{CASES} sets of amounts: largest deviation {worst:.1e}", worst < 1e-12)


def change_is_exact() -> Measured:
    """Ten thousand units, six causes, random öre in each of the 64 states; five causes move money only."""
    rng = np.random.default_rng(52)
    codes = [f"{j:08d}" for j in range(LARGE)]
    weights = {block: rng.uniform(0.5, 1.5, (2, LARGE)) for block in BLOCKS}

    def compute(state: dict[str, str]) -> dict[str, int]:
        pot = 10**12 + (state["prices"] == "new") * 31_415_926_535
        claim = np.prod([weights[block][int(state[block] == "new")] for block in BLOCKS], axis=0)
        whole = np.floor(pot * (claim / claim.sum())).astype(np.int64)
        whole[0] += pot - int(whole.sum())
        return dict(zip(codes, whole.tolist(), strict=True))

    start = time.process_time()
    change = shapley_change(compute, blocks=BLOCKS)
    spent = time.process_time() - start
    by_unit = change.parts.groupby("school_unit_code")["change_ore"].sum()
    off = int((by_unit != change.units.set_index("school_unit_code")["change_ore"]).sum())
    totals = change.parts.groupby("block_code")["change_ore"].sum()
    kept = all(totals[block] == (31_415_926_535 if block == "prices" else 0) for block in BLOCKS)
    return Measured(
        f"{LARGE} units, {len(BLOCKS)} causes: {off} units off, totals of causes {'kept' if kept else 'broken'}, "
        f"{spent:.1f} CPU-s",
        off == 0 and kept and spent < 15,
    )


def scenario_speed() -> Measured:
    """CPU seconds, best of three for the amounts; measures on the first hundred."""
    units = _units(np.random.default_rng(53), LARGE)
    inputs = ScenarioInputs(units, base_ore=units.pupil_count * 1e7)
    functions = (Linear(), Threshold(80), Power(Fraction(3, 2)))
    scenarios = [
        Scenario(f"s{k:04d}", functions[k % 3], structural_share=Fraction(k + 1, 5 * MANY)) for k in range(MANY)
    ]
    times = []
    for _ in range(3):
        start = time.process_time()
        amounts = scenario_amounts(inputs, scenarios=scenarios)
        times.append(time.process_time() - start)
    start = time.process_time()
    scenario_table(inputs, scenarios=scenarios[:100], amounts=amounts)
    each = (time.process_time() - start) / 100
    closed = bool(np.allclose(amounts.total_ore.sum(axis=1), amounts.budget_ore, rtol=1e-12))
    return Measured(
        f"{min(times):.1f} CPU-s, all budgets kept: {'yes' if closed else 'no'}; {1000 * each:.0f} ms of measures each",
        min(times) < 5 and each < 0.1 and closed,
    )


@cache
def _bias(schools: int) -> tuple[float, float, float]:
    """Mean of signal share − truth over worlds, its standard error, and its spread."""
    off = np.array([_raw(o) - o.true_share for o in outcomes(schools)])
    return float(off.mean()), float(off.std(ddof=1) / np.sqrt(len(off))), float(off.std(ddof=1))


def _raw(outcome: Outcome) -> float:
    assert outcome.found.raw is not None  # a fitted world always redistributes something
    return outcome.found.raw


def signal_bias() -> Measured:
    parts = []
    for schools in WORLDS:
        mean, error, spread = _bias(schools)
        truth = np.mean([o.true_share for o in outcomes(schools)])
        parts.append(
            f"{schools} schools ({WORLDS[schools]} worlds): true {truth:.3f}, bias {mean:+.3f} ± {error:.3f}, "
            f"spread {spread:.3f}"
        )
    limits = {8: 0.06, 30: 0.03, 300: 0.03}
    return Measured("; ".join(parts), all(abs(_bias(schools)[0]) < limit for schools, limit in limits.items()))


def signal_draws() -> Measured:
    """Draws so that 95 % of runs lie within .005 of the mean: (1.96 × spread of one draw / .005)²."""
    needed = {}
    for schools in WORLDS:
        spreads = [(o.found.monte_carlo_error or 0.0) * np.sqrt(DRAWS) for o in outcomes(schools)]
        needed[schools] = ((1.96 * np.median(spreads) / 0.005) ** 2, (1.96 * max(spreads) / 0.005) ** 2)
    told = "; ".join(f"{schools} schools: {mid:.0f}, at most {most:.0f}" for schools, (mid, most) in needed.items())
    return Measured(told, bool(max(needed[30][1], needed[300][1]) <= 1000))


def krona_coverage() -> Measured:
    covered = {schools: float(np.mean([o.covered for o in outcomes(schools)])) for schools in WORLDS}
    return Measured(
        "; ".join(f"{schools} schools: {share:.2f}" for schools, share in covered.items()),
        covered[8] >= 0.93 and covered[30] >= 0.93,
    )


CLAIMS = (
    Claim("money-measures-identities", "Gini, concentration and Theil keep their identities and agree with a slow oracle.", "no deviation above 1e-12", identities),
    Claim("money-change-exact", "A year's change is split into six causes that add up per unit, and causes that only move money add up to zero.", "0 units off, under 15 CPU-s", change_is_exact),
    Claim("money-scenarios-speed", "10 000 schools × 1 000 proportional scenarios are computed together.", "under 5 CPU-s, and under 100 ms of measures each", scenario_speed),
    Claim("money-signal-bias", "The signal share of a linear pot is close to what is true of the redistribution, on average over worlds.", "bias below .06 with 8 schools, .03 with 30 and 300", signal_bias),
    Claim("money-signal-draws", "A thousand draws give the signal share a stable second digit from 30 schools on; with 8 it takes more.", "at most 1000 draws with 30 and 300 schools", signal_draws),
    Claim("money-krona-intervals", "Intervals in kronor hold the true amounts with 8 and 30 schools; with 300 the missing backgrounds, which they do not count, show.", "at least .93 with 8 and 30 schools", krona_coverage),
)  # fmt: skip
