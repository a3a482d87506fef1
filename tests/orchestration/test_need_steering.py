"""The need step reads last year's verdict, does what the policy says of it, and never silently."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

from bench.small_worlds import small_world
from expectations.contracts import FOLLOWING
from expectations.rules import rules_of
from expectations.rules.tables import judge
from models_py.need import fit_within_school
from models_py.need.own_pupils import own_model
from models_py.need.prior_making import frozen_from_fit
from models_py.need.prior_text import prior_to_json
from orchestration.need_steering import drift_record, drift_rows, steered_policy
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from tests.orchestration.followup.effect_home import TOWN, outcomes, policies

YEAR = 2027
DATES = (date(2026, 10, 15), date(2025, 10, 15))


@pytest.fixture(scope="module")
def world():
    return small_world(5, schools=12, leavers=12 * 60 * 6, years=6)


@pytest.fixture
def frozen(tmp_path: Path, world):
    """Policies whose weights are frozen for several years, and what they say of drift."""
    folder = policies(tmp_path)
    (folder / TOWN / "weights").mkdir()
    own = frozen_from_fit(fit_within_school(world.leavers), label="Own", source="own results")
    (folder / TOWN / "weights" / "own.json").write_text(prior_to_json(own), "utf-8")

    def decided(on_drift: str, *, first_year: int = 2019) -> Scope:
        path = folder / TOWN / "model.yml"
        content = yaml.safe_load(path.read_text("utf-8"))
        content["need"]["on_drift"]["values"][0]["value"] = on_drift
        (value,) = content["need"]["weights"]["values"]
        earlier = [] if first_year == 2019 else [value | {"valid_to": date(first_year - 1, 12, 31)}]
        named = value | {"value": "own.json", "valid_from": date(first_year, 1, 1)}
        content["need"]["weights"]["values"] = [*earlier, named]
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")
        return Scope(policies=str(folder))

    return decided


@pytest.fixture
def judged(tmp_path: Path) -> Tables:
    """A home whose follow-up of the year before found that immigration had moved."""
    tables = Tables(root=str(tmp_path / "tables"))
    row = {
        "municipality_code": TOWN, "funding_year": YEAR - 1, "weights_advice": "re_estimate",
        "advice_reason": "factors_drifted", "drifted_factors": "immigration", "hold_until_year": 2028,
        "misplaced_pot_share": 0.02, "index_difference_rms": 1.0, "largest_index_difference": 3.0,
    }  # fmt: skip
    tables.write("accuracy_weights", FOLLOWING["accuracy_weights"].arranged(pd.DataFrame([row])), YEAR - 1)
    return tables


def failing(rows: pd.DataFrame) -> dict[str, int]:
    told = [
        judge(r, {"weights_drift": rows}, funding_year=YEAR, municipalities=[TOWN])
        for r in rules_of("rule", table="weights_drift")
    ]
    return {row["rule_id"]: row["failing_count"] for table in told for row in table.to_dict("records")}


@pytest.mark.parametrize(
    ("on_drift", "done", "estimator", "told"),
    [
        ("advise", "advised", "prior", {"R-DRIFT-001": 1, "R-DRIFT-002": 0}),
        ("keep_frozen", "kept", "prior", {"R-DRIFT-001": 0, "R-DRIFT-002": 1}),
        ("re_estimate", "re_estimated", "within_school", {"R-DRIFT-001": 0, "R-DRIFT-002": 1}),
    ],
)
def test_the_verdict_leads_to_what_the_policy_says_and_is_told(world, frozen, judged, on_drift, done, estimator, told):
    steered = steered_policy(frozen(on_drift), judged, code=TOWN, funding_year=YEAR)
    rows = drift_rows({TOWN: steered}, funding_year=YEAR)
    assert rows["drift_done"].tolist() == [done]
    assert failing(rows) == told
    assert drift_record(steered)["drifted_factors"] == ["immigration"]
    register = pd.concat([world.register_counts().assign(schooling_year=0, count_date=day) for day in DATES])
    model = own_model(
        outcomes(world), register_counts=register, dates=DATES, funding_year=YEAR, index_minimum_pupils=20,
        policy=steered.policy, minimum_events=350,
    )  # fmt: skip
    assert model.fit.estimator == estimator


def test_a_verdict_on_other_weights_or_of_no_year_leads_to_nothing(frozen, judged, tmp_path):
    fresh = frozen("re_estimate", first_year=YEAR)  # frozen since: last year's verdict was on what was estimated then
    assert steered_policy(fresh, judged, code=TOWN, funding_year=YEAR).done == "nothing"
    old = Scope(policies=fresh.policies)
    assert steered_policy(old, Tables(root=str(tmp_path / "none")), code=TOWN, funding_year=YEAR + 1).done == "nothing"
    assert drift_rows({TOWN: steered_policy(old, judged, code=TOWN, funding_year=YEAR)}, funding_year=YEAR).empty
