"""What last year's drift test leads to: keep frozen weights, or estimate anew, as the policy has decided beforehand.

Belongs here: from a verdict and a policy to the policy that is used, and what was done. Does not: the drift test
(``models_py.accuracy``), reading last year's verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from models_py.need.policy import NeedPolicy

DRIFTED = "factors_drifted"
Done = Literal["nothing", "advised", "re_estimated", "kept"]


@dataclass(frozen=True, slots=True)
class DriftVerdict:
    """What the follow-up of ``funding_year`` said of the weights: its reason, and the factors that had moved."""

    funding_year: int
    reason: str
    factors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Steered:
    """``policy``: what the year's need is computed by. ``done``: nothing (no drift, or weights that are estimated anyway),
    advised (drifted weights stay, nobody has decided what to do), re_estimated, kept (decided to stay)."""

    policy: NeedPolicy
    done: Done
    verdict: DriftVerdict | None


def steer(policy: NeedPolicy, verdict: DriftVerdict | None) -> Steered:
    """The policy after last year's verdict on the very weights that it freezes; None where there is none."""
    if policy.weights is None or verdict is None or verdict.reason != DRIFTED:
        return Steered(policy, "nothing", verdict)
    if policy.on_drift == "re_estimate":
        return Steered(replace(policy, weights=None), "re_estimated", verdict)
    return Steered(policy, "kept" if policy.on_drift == "keep_frozen" else "advised", verdict)
