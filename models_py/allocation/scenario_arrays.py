"""From scenario settings to the arrays a solver takes: claims, rules as α and β, bounds, and what cannot be met.

Belongs here: scenarios × units arrays, and refusing before anything is solved. Does not: solving, measuring.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models_py.allocation.claim_functions import claims_array
from models_py.allocation.rounding import listed
from models_py.allocation.scenario_settings import GivenClaims, Scenario, ScenarioInputs
from models_py.allocation.scored_units import ScoredUnits, finite
from models_py.errors import AllocationError

SLACK_ORE = 0.5
"""Half an öre of a pot against sums of bounds, for what floats lose in adding up."""


def claims_matrix(scenarios: Sequence[Scenario], units: ScoredUnits) -> np.ndarray:
    """Claims, S × J, 0 or more."""
    rows = []
    for scenario in scenarios:
        claim = scenario.claim
        if isinstance(claim, GivenClaims):
            given = {unit: float(value) for unit, value in claim.claims.items()}
            rows.append(units.align(given, what=f"claims of scenario {scenario.name}"))
        else:
            rows.append(claims_array(claim, units=units))
        negative = [unit for unit, value in zip(units.school_unit_code, rows[-1], strict=True) if value < 0]
        if negative:
            raise AllocationError(f"scenario {scenario.name}: claims are negative for school units {listed(negative)}")
    return np.stack(rows)


def rule_arrays(
    scenarios: Sequence[Scenario], claims: np.ndarray, units: ScoredUnits
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """α, β and the rule's own upper bound, each S × J.

    proportional: 0, claims; min_sq_unmet: claims, pupils (least Σ (claim − amount)² / pupils); equal_award: 0, pupils,
    at most the claim.
    """
    rule = np.array([s.rule for s in scenarios])[:, None]
    pupils = np.broadcast_to(units.pupil_count.astype(float), claims.shape)
    alpha = np.where(rule == "min_sq_unmet", claims, 0.0)
    beta = np.where(rule == "proportional", claims, pupils)
    upper = np.where(rule == "equal_award", claims, np.inf)
    return alpha, beta, upper


def bounds(scenarios: Sequence[Scenario], inputs: ScenarioInputs, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound of the structural part, S × J.

    lower = max(floor · n, (1 − largest loss) · q · n − base), upper = min(cap · n, (1 + largest gain) · q · n − base)
    with q last year's total per pupil; no bound against last year for a unit without q.
    """
    pupils = inputs.units.pupil_count.astype(float)
    lower = np.zeros_like(base)
    upper = np.full_like(base, np.inf)
    for s, scenario in enumerate(scenarios):
        if scenario.floor_per_pupil_ore is not None:
            lower[s] = float(scenario.floor_per_pupil_ore) * pupils
        if scenario.cap_per_pupil_ore is not None:
            upper[s] = float(scenario.cap_per_pupil_ore) * pupils
        down, up = scenario.largest_loss_share, scenario.largest_gain_share
        if down is None and up is None:
            continue
        previous = _previous_total(scenario, inputs)
        if down is not None:
            lower[s] = np.fmax(lower[s], (1 - float(down)) * previous - base[s])
        if up is not None:
            upper[s] = np.fmin(upper[s], (1 + float(up)) * previous - base[s])
    return lower, upper


def refuse_unattainable(
    scenarios: Sequence[Scenario],
    lower: np.ndarray,
    upper: np.ndarray,
    beta: np.ndarray,
    pot: np.ndarray,
    units: ScoredUnits,
) -> None:
    """Refuse, by name, the first scenario whose bounds cross or cannot add up to its pot."""
    for s, scenario in enumerate(scenarios):
        crossed = [units.school_unit_code[j] for j in np.flatnonzero(lower[s] > upper[s])]
        if crossed:
            raise AllocationError(
                f"scenario {scenario.name}: the lower bound is above the upper one for school units {listed(crossed)}"
            )
        least = float(lower[s].sum())
        # A unit without claim cannot take more than its lower bound under the proportional rule.
        most = float(np.where(beta[s] > 0, upper[s], lower[s]).sum())
        if least > pot[s] + SLACK_ORE:
            raise AllocationError(
                f"scenario {scenario.name}: lower bounds add up to {least / 100:.2f} kr, {(least - pot[s]) / 100:.2f} kr "
                "more than the pot; lower the floor, allow larger losses or enlarge the pot"
            )
        if most < pot[s] - SLACK_ORE:
            raise AllocationError(
                f"scenario {scenario.name}: upper bounds add up to {most / 100:.2f} kr, {(pot[s] - most) / 100:.2f} kr "
                "less than the pot; raise the cap, allow larger gains or make the pot smaller"
            )


def _previous_total(scenario: Scenario, inputs: ScenarioInputs) -> np.ndarray:
    """Last year's amount per pupil × this year's pupils; NaN for a new unit."""
    if inputs.previous_per_pupil_ore is None:
        raise AllocationError(
            f"scenario {scenario.name}: a bound against last year needs last year's amounts per pupil; deliver them"
        )
    previous = np.asarray(inputs.previous_per_pupil_ore, dtype=float)
    finite(np.nan_to_num(previous, nan=0.0), units=inputs.units, what="previous_per_pupil_ore")
    return previous * inputs.units.pupil_count
