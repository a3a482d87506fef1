"""Many ways to share the same budget, computed together: amounts per unit and one row of measures per scenario.

Belongs here: amounts of scenarios in floats, and their measures. Does not: the decided allocation, which is exact
(``shares``); the solver of guarantees, which is passed in; files of scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from models_py.allocation.equity import equity_measures, highest_to_lowest
from models_py.allocation.rounding import listed
from models_py.allocation.scenario_arrays import bounds, claims_matrix, refuse_unattainable, rule_arrays
from models_py.allocation.scenario_settings import Scenario, ScenarioInputs
from models_py.allocation.winners import winners_and_losers
from models_py.errors import AllocationError

Solver = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(alpha, beta, lower, upper: S × J; pots: S) to amounts (S × J) with Σ clip(alpha + λ beta, lower, upper) = pot."""


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioAmounts:
    """Öre as floats, scenarios in the order given × units ascending by code; ``pot_ore`` and ``budget_ore`` (S,)."""

    structural_ore: np.ndarray
    total_ore: np.ndarray
    unbounded_ore: np.ndarray
    pot_ore: np.ndarray
    budget_ore: np.ndarray


def scenario_amounts(
    inputs: ScenarioInputs, *, scenarios: Sequence[Scenario], solve: Solver | None = None
) -> ScenarioAmounts:
    """Structural part and total of every unit in every scenario.

    Proportional scenarios without bounds are plain shares of the pot; all others go to ``solve`` together, once with
    their bounds and once without, so that the price of the bounds can be told.

    Raises AllocationError, naming scenario and what falls short, for: no scenario, a name twice, a pot larger than the
    budget, a pot that nobody claims, bounds that cross or that the pot cannot meet (nothing is relaxed), a bound against
    last year without last year's amounts, and a rule or bound without a solver.
    """
    names = [scenario.name for scenario in scenarios]
    if not names or len(set(names)) != len(names):
        raise AllocationError(
            f"scenarios: {len(names)} given, {len(set(names))} names; give at least one, each its own"
        )
    units = inputs.units
    base_sum = float(inputs.base_ore.sum())
    budget, pot = np.array([_budget_and_pot(s, base_sum, inputs.base_mode) for s in scenarios]).T
    base = np.outer((budget - pot) / base_sum, inputs.base_ore)
    claims = claims_matrix(scenarios, units)
    claim_sum = claims.sum(axis=1)
    unclaimed = [s.name for s, c, p in zip(scenarios, claim_sum, pot, strict=True) if p > 0 and not c > 0]
    if unclaimed:
        raise AllocationError(f"scenarios {listed(unclaimed)}: there is a pot, but every claim is zero")
    scale = np.divide(pot, claim_sum, out=np.zeros_like(pot), where=claim_sum > 0)
    structural = claims * scale[:, None]
    unbounded = structural.copy()
    solved = np.array([s.is_bounded or s.rule != "proportional" for s in scenarios])
    if solved.any():
        if solve is None:
            raise AllocationError("scenarios: guarantees and rules other than proportional need a solver; pass solve")
        chosen = [s for s, is_solved in zip(scenarios, solved, strict=True) if is_solved]
        alpha, beta, upper = rule_arrays(chosen, claims[solved], units)
        zero = np.zeros_like(alpha)
        lower, capped = bounds(chosen, inputs, base[solved])
        capped = np.minimum(capped, upper)
        for low, high in ((zero, upper), (lower, capped)):
            refuse_unattainable(chosen, low, high, beta, pot[solved], units)
        unbounded[solved] = solve(alpha, beta, zero, upper, pot[solved])
        structural[solved] = solve(alpha, beta, lower, capped, pot[solved])
    return ScenarioAmounts(structural, base + structural, unbounded, pot, budget)


def scenario_table(inputs: ScenarioInputs, *, scenarios: Sequence[Scenario], amounts: ScenarioAmounts) -> pd.DataFrame:
    """One row of measures per scenario, in the order given.

    Columns: scenario, structural_share (pot / budget), pot_ore, budget_ore, moved_by_bounds_ore; the fields of
    ``EquityMeasures`` (coverage as coverage_fifth_1, the neediest, to _5) of the structural part plus the base part at
    its mean per pupil, so that grades do not pass for need, except ``highest_to_lowest``, which is of real totals; and
    the fields of ``Winners``.
    """
    units, rows = inputs.units, []
    for s, scenario in enumerate(scenarios):
        structural, total, pot = amounts.structural_ore[s], amounts.total_ore[s], amounts.pot_ore[s]
        base = total - structural
        mean_base = units.pupil_count * (base.sum() / units.pupil_count.sum())
        measures = asdict(
            equity_measures(
                units, amount_ore=mean_base + structural, structural_ore=structural, claims_ore=inputs.claims_ore
            )
        )
        coverage = measures.pop("coverage")
        for name in ("theil_within", "theil_between"):
            measures.pop(name)
        measures["highest_to_lowest"] = highest_to_lowest(units, amount_ore=total)
        old = inputs.present_ore
        if old is None:
            old = base + units.pupil_count * (pot / units.pupil_count.sum())
        rows.append(
            {
                "scenario": scenario.name,
                "structural_share": pot / amounts.budget_ore[s],
                "pot_ore": pot,
                "budget_ore": amounts.budget_ore[s],
                "moved_by_bounds_ore": float(np.abs(structural - amounts.unbounded_ore[s]).sum()) / 2,
            }
            | measures
            | {f"coverage_fifth_{fifth}": value for fifth, value in enumerate(coverage, start=1)}
            | asdict(winners_and_losers(units, new_ore=total, old_ore=old))
        )
    return pd.DataFrame(rows)


def _budget_and_pot(scenario: Scenario, base_sum: float, mode: str) -> tuple[float, float]:
    share = None if scenario.structural_share is None else float(scenario.structural_share)
    if mode == "price_list":
        pot = float(scenario.pot_ore or 0) if share is None else base_sum * share / (1 - share)
        return base_sum + pot, pot
    pot = float(scenario.pot_ore or 0) if share is None else base_sum * share
    if pot > base_sum:
        raise AllocationError(f"scenario {scenario.name}: pot_ore {pot:.0f} is larger than the budget {base_sum:.0f}")
    return base_sum, pot
