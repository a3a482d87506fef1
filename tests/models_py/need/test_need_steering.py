"""Last year's drift verdict and the policy decide together which weights are used; neither does alone."""

from __future__ import annotations

import pytest

from models_py.errors import NeedError
from models_py.need.policy import NeedPolicy
from models_py.need.steering import DriftVerdict, steer

DRIFTED = DriftVerdict(2026, "factors_drifted", ("immigration",))
CALM = DriftVerdict(2026, "no_drift_seen")


@pytest.mark.parametrize(
    ("on_drift", "done", "kept"),
    [("advise", "advised", True), ("keep_frozen", "kept", True), ("re_estimate", "re_estimated", False)],
)
def test_drifted_weights_meet_what_the_policy_has_decided(on_drift, done, kept):
    found = steer(NeedPolicy(weights="frozen", on_drift=on_drift), DRIFTED)
    assert (found.done, found.policy.weights) == (done, "frozen" if kept else None)
    assert found.policy.on_drift == on_drift
    assert found.verdict is DRIFTED


@pytest.mark.parametrize(
    "verdict", [None, CALM, DriftVerdict(2026, "weights_ran_out"), DriftVerdict(2026, "drift_untested")]
)
def test_without_drift_nothing_is_done(verdict):
    policy = NeedPolicy(weights="frozen", on_drift="re_estimate")
    assert steer(policy, verdict).policy is policy
    assert steer(policy, verdict).done == "nothing"


def test_weights_that_are_estimated_every_year_have_nothing_to_keep():
    policy = NeedPolicy(on_drift="re_estimate")
    assert steer(policy, DRIFTED).done == "nothing"


def test_an_estimate_that_could_not_be_made_is_refused_when_decided():
    with pytest.raises(NeedError, match="on_drift is re_estimate"):
        NeedPolicy(weights="frozen", estimator="prior", on_drift="re_estimate")
