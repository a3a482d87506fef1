"""Compare a set of scenarios on a published year: measures, the Pareto front, and the share a wanted ratio takes.

Belongs here: putting published amounts and scenarios into ``models_py.allocation``. Does not: its arithmetic, layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from models_py.allocation.claim_functions import Number, claims
from models_py.allocation.kernel_batch import solve_batch
from models_py.allocation.lines import ORE_PER_SEK
from models_py.allocation.pareto import pareto_front, structural_share_for_ratio
from models_py.allocation.rounding_batch import round_batch
from models_py.allocation.scenario_settings import ScenarioInputs
from models_py.allocation.scenarios import ScenarioAmounts, scenario_amounts, scenario_table
from models_py.allocation.scored_units import ScoredUnits
from models_py.errors import AllocationError
from orchestration.comparison.published_year import PublishedYear
from orchestration.comparison.scenario_file import ScenarioSet, planned_scenarios


@dataclass(frozen=True, slots=True)
class ShareForRatio:
    """Structural shares of one block at which highest / lowest is the wanted ratio; None where there is none.

    ``of_totals`` counts real amounts, with each unit's mix of grades; ``of_need_alone`` puts the base part at its mean per
    pupil, so that only need sets units apart. ``reasons`` says why, for each that is None.
    """

    block: str
    of_totals: Fraction | None
    of_need_alone: Fraction | None
    reasons: tuple[str, ...] = ()


def compare_scenarios(year: PublishedYear, *, chosen: ScenarioSet) -> pd.DataFrame:
    """One row per scenario in the order of the set.

    The budget is what is published: every scenario shares the same kronor, and what does not follow need keeps its
    proportions. Amounts are whole kronor per unit and part, as they would be decided; that may miss a bound by less than a
    krona. Bounds against another amount (largest loss, largest gain) count against the published one.

    Returns
    -------
    block, rule, the columns of ``models_py.allocation.scenarios.scenario_table`` (öre, shares 0..1), and on_front: whether
    no other scenario covers the neediest fifth at least as well for at most the largest loss per pupil

    Raises AllocationError naming the scenario that cannot be computed.
    """
    units = year.units
    planned = planned_scenarios(chosen, units=units, budget_ore=year.budget_ore)
    scenarios = [each.scenario for each in planned]
    need = units.pupil_count * units.need_index
    total = year.total_ore.astype(float)
    inputs = ScenarioInputs(
        units,
        base_ore=_base_of_the_budget(year),
        previous_per_pupil_ore=total / units.pupil_count,
        present_ore=total if chosen.compare_with == "published" else None,
        claims_ore=need * (float(chosen.enough_share) * year.budget_ore / need.sum()),
    )
    amounts = _in_whole_kronor(scenario_amounts(inputs, scenarios=scenarios, solve=_solve), units)
    table = scenario_table(inputs, scenarios=scenarios, amounts=amounts)
    table.insert(0, "block", [each.block for each in planned])
    table.insert(1, "rule", [each.rule for each in planned])
    # Rounded, so that what is the same but for the last bits of floats stands or falls together.
    benefit = table["coverage_fifth_1"].astype(float).round(9)
    loss = table["largest_loss_per_pupil_ore"].astype(float).round(2)
    return table.assign(on_front=pareto_front(benefit=benefit.tolist(), loss=loss.tolist()))


def shares_for_ratio(year: PublishedYear, *, chosen: ScenarioSet, ratio: Number) -> list[ShareForRatio]:
    """The largest structural share of each block, shared proportionally, at which highest / lowest is at most ``ratio``."""
    units = year.units
    codes = units.school_unit_code
    pupils = dict(zip(codes, map(int, units.pupil_count), strict=True))
    base = dict(zip(codes, map(int, year.base_ore), strict=True))
    found = []
    for name, block in chosen.scenarios.items():
        claimed = claims(block.claim(), units=units)
        shares: list[Fraction | None] = []
        reasons: list[str] = []
        for part in (base, pupils):
            try:
                shares.append(
                    structural_share_for_ratio(base=part, claims=claimed, pupils=pupils, ratio=Fraction(ratio))
                )
            except AllocationError as error:
                shares.append(None)
                reasons.append(str(error))
        found.append(ShareForRatio(name, shares[0], shares[1], tuple(dict.fromkeys(reasons))))
    return found


def _base_of_the_budget(year: PublishedYear) -> np.ndarray:
    """What does not follow need, in its own proportions, adding up to the whole budget."""
    base = year.base_ore.astype(float)
    if not base.sum() > 0:
        raise AllocationError(
            "base_ore: nothing of what is published is independent of need; there is nothing to scale"
        )
    return base * (year.budget_ore / base.sum())


def _in_whole_kronor(amounts: ScenarioAmounts, units: ScoredUnits) -> ScenarioAmounts:
    """Pot and base part in whole kronor that add up to the budget; without it, rounding would pass for gains and losses."""
    pot = np.rint(amounts.pot_ore / ORE_PER_SEK)
    budget = np.rint(amounts.budget_ore / ORE_PER_SEK)
    base_ore = amounts.total_ore - amounts.structural_ore

    def whole(ore: np.ndarray, total: np.ndarray) -> np.ndarray:
        sek = round_batch(
            ore / ORE_PER_SEK, school_unit_codes=list(units.school_unit_code), lower=0, upper=np.inf, total=total
        )
        return sek.astype(float) * ORE_PER_SEK

    structural, unbounded = whole(amounts.structural_ore, pot), whole(amounts.unbounded_ore, pot)
    return ScenarioAmounts(
        structural_ore=structural,
        total_ore=structural + whole(base_ore, budget - pot),
        unbounded_ore=unbounded,
        pot_ore=pot * ORE_PER_SEK,
        budget_ore=budget * ORE_PER_SEK,
    )


def _solve(alpha: np.ndarray, beta: np.ndarray, lower: np.ndarray, upper: np.ndarray, pots: np.ndarray) -> np.ndarray:
    return solve_batch(alpha, beta=beta, lower=lower, upper=upper, total=pots).amounts
