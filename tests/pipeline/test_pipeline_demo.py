"""The demonstration, started as a user starts it: a proposal that conserves the budget and finds the planted truth."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from expectations.contracts import CONTRACTS
from expectations.contracts.change import CHANGE
from models_py.world import DEMO, simulate
from models_py.world.recovery import recovery_z, true_coefficients, true_need
from orchestration import built
from orchestration.publication.content import logical_sha256
from orchestration.publication.organiser_tables import NAMES, organiser_tables
from orchestration.resources.policies import load_policy
from tests import warm
from tests.pipeline.conftest import ROOT, Home, materialise, rules_against, surroundings

CODE, YEAR = "9999", 2027


@pytest.fixture(scope="module")
def demo(new_home) -> tuple[Home, subprocess.CompletedProcess[str]]:
    home = new_home("demo", OPENBLAS_NUM_THREADS=1)
    return home, home.installed("demo", pictures="true")


@pytest.fixture(scope="module")
def home(demo) -> Home:
    assert demo[1].returncode == 0, demo[1].stdout + demo[1].stderr
    return demo[0]


def test_the_demo_proposes_its_first_version_and_says_where_to_look(home, demo):
    told = demo[1].stdout
    assert (home.published / CODE / str(YEAR) / "proposed").readlink().name == "2027.0.1"
    assert "2027.0.1" in told
    assert str(home.published) in told
    assert re.search(r"likvard explain \d{8} 2027", told)
    assert "Traceback" not in told + demo[1].stderr


def test_every_delivered_row_is_accounted_for(home):
    deliveries = pd.read_parquet(home.path / "pseudonymised" / "accepted" / "_deliveries.parquet")
    parts = deliveries[["header_rows", "blank_rows", "accepted_rows", "rejected_rows"]].sum(axis=1)
    assert len(deliveries) == 80
    assert (deliveries["status"] == "accepted").all()
    assert (parts == deliveries["physical_rows"]).all()


def test_the_budget_is_conserved_to_the_krona(home):
    lines = home.table("fct_allocation", YEAR, code=CODE)
    pupils = int(home.table("fct_need_index", YEAR, code=CODE)["pupil_count"].sum())
    budget_sek = 118_000 * pupils  # the policy's kronor per pupil in 2027, where the series stands at 1
    assert lines["amount_ore"].sum() == budget_sek * 100
    structural = lines.loc[lines["component_code"] == "structural_part", "amount_ore"].sum()
    assert structural == round(budget_sek * Decimal("0.12")) * 100
    exact = [c * r + x == a for c, r, x, a in lines[["count", "rate_ore", "rounding_ore", "amount_ore"]].to_numpy()]
    assert all(exact)


def test_every_unit_with_pupils_is_paid_by_one_rate_and_the_kronor_follow_need(home):
    wide = home.table("school_allocation", YEAR, code=CODE)
    enrolled = simulate(DEMO).enrollment.query("count_year == 2026")["school_unit_code"].astype(str).value_counts()
    assert wide.set_index("school_unit_code")["pupil_count"].to_dict() == enrolled.to_dict()
    assert (wide["payment_status"] == "paid").all()
    lines = home.table("fct_allocation", YEAR, code=CODE)
    beside = lines[~lines["component_code"].isin({"base_part", "structural_part"})]
    assert set(beside["component_code"]) == {"meals", "head_teacher", "mother_tongue", "small_log"}
    parts = (
        wide["base_part_sek"].sum() + wide["structural_part_sek"].sum() + Decimal(int(beside["amount_ore"].sum())) / 100
    )
    assert wide["total_sek"].sum() == parts
    assert wide["redistribution_sek"].sum() == pytest.approx(0, abs=len(wide))  # öre per unit, rounded
    rates = lines[lines["count_unit"] != "units"].groupby(["component_code", "line_code"])["rate_ore"]
    assert (rates.nunique() == 1).all()
    per_pupil = wide["structural_part_sek"].astype(float) / wide["pupil_count"]
    assert np.corrcoef(per_pupil, wide["need_index"])[0, 1] > 0.9999


def test_small_units_share_their_groups_index(home):
    need = home.table("fct_need_index", YEAR, code=CODE)
    small = need[need["pupil_count"] < 20]
    assert len(small) == 2, "the demo has two rural units under twenty pupils"
    assert (small["index_rule"] == "merged_group").all()
    assert (need[need["index_group_code"].notna()].groupby("index_group_code")["need_index"].nunique() == 1).all()


def test_the_planted_weights_are_recovered(home):
    """z needs variances only, so the published standard errors are enough; levels 'missing' have no truth."""
    published = home.table("need_coefficient", YEAR, code=CODE).dropna(subset=["standard_error"])
    terms = pd.MultiIndex.from_frame(published[["factor", "level"]])
    covariance = pd.DataFrame(np.diag(published["standard_error"] ** 2), index=terms, columns=terms)
    truth = true_coefficients(DEMO)
    assert set(truth) <= set(terms), "every planted level is estimated"
    rms, largest = recovery_z(pd.Series(published["estimate"].to_numpy(), index=terms), covariance, truth)
    assert rms < 1.6
    assert largest < 3.8


def test_the_index_follows_true_need(home):
    truth = true_need(simulate(DEMO))
    both = truth[truth["count_year"].isin([2025, 2026])].groupby("school_unit_code")["need_index"].mean()
    need = home.table("fct_need_index", YEAR, code=CODE).set_index("school_unit_code")
    own = need[need["index_rule"] == "own"]
    compared = own.join(both.rename("truth"))
    assert compared["truth"].notna().all()
    assert compared["need_index"].corr(compared["truth"], method="spearman") > 0.95
    off = compared["need_index"] - compared["truth"]
    assert np.sqrt(np.average(off**2, weights=compared["pupil_count"])) < 8  # index points


def test_the_model_card_tells_the_published_figures_in_both_languages(home):
    swedish, english = home.model(YEAR, code=CODE).split("\n## English\n")
    index, path = (home.table(name, YEAR, code=CODE) for name in ("fct_need_index", "need_selection"))
    width = (index["need_index_interval_upper"] - index["need_index_interval_lower"]).median()
    assert f"at most {width:.1f} index points wide" in english
    assert f"The rule for how many would keep {int(path['is_recommended'].sum())}:" in english
    weights = home.table("need_coefficient", YEAR, code=CODE).set_index("term")
    ratio = f"{np.exp(weights.loc['sex=boy', 'estimate']):.2f}"
    assert f"| Sex: boy | {ratio} (" in english
    assert f"| Kön: pojke | {ratio.replace('.', ',')} (" in swedish
    pairs = home.table("need_alternative_pair", YEAR, code=CODE)
    assert f"{pairs['misplaced_pot_share'].max():.1%}" in english
    assert not re.search(r"None|\bnan\b|Undefined|\{", swedish + english)


BESIDE = (
    "need_contribution", "need_factor_level", "need_factor", "need_factor_pair", "need_selection", "need_alternative",
    "need_alternative_pair", "need_calibration",
)  # fmt: skip


@pytest.mark.parametrize("table", BESIDE)
def test_what_is_known_of_the_index_stands_beside_it(home, table):
    assert len(home.table(table, YEAR, code=CODE)) > 0


def test_every_true_index_but_few_lies_in_its_interval(home):
    """About the weights, so the truth is the true need of the same observed pupils; missing levels widen the distance."""
    truth = true_need(simulate(DEMO))
    both = truth[truth["count_year"].isin([2025, 2026])].groupby("school_unit_code")["need_index"].mean()
    need = home.table("fct_need_index", YEAR, code=CODE).set_index("school_unit_code")
    own = need[need["index_rule"] == "own"].join(both.rename("truth"))
    inside = own["truth"].between(own["need_index_interval_lower"], own["need_index_interval_upper"])
    assert inside.mean() > 0.6
    assert own["need_index_interval_lower"].gt(0).all()


def test_a_schools_parts_add_up_to_what_need_moves(home):
    parts = home.table("need_contribution", YEAR, code=CODE)
    wide = home.table("school_allocation", YEAR, code=CODE).set_index("school_unit_code")
    per_unit = parts.groupby("school_unit_code")[["index_contribution", "contribution_sek"]].sum()
    told = wide.loc[per_unit.index]
    assert (wide.drop(index=per_unit.index)["pupil_count"] < 40).all(), "only small units have no parts"
    assert per_unit["index_contribution"].to_numpy() == pytest.approx(told["need_index"].to_numpy() - 100, abs=1e-9)
    off = per_unit["contribution_sek"].astype(float) - told["redistribution_sek"].astype(float)
    assert off.abs().max() < 2  # eight rounded parts, and whole kronor


def test_no_unit_under_twenty_pupils_has_parts_or_an_index_of_its_own_under_any_model(home):
    need = home.table("fct_need_index", YEAR, code=CODE)
    small = set(need.loc[need["pupil_count"] < 20, "school_unit_code"])
    assert small
    assert not small & set(home.table("need_contribution", YEAR, code=CODE)["school_unit_code"])
    groups = need[need["index_group_code"].notna()].set_index("school_unit_code")["index_group_code"]
    alternatives = home.table("need_alternative", YEAR, code=CODE)
    grouped = alternatives[alternatives["school_unit_code"].isin(groups.index)]
    spread = grouped.groupby(["model", grouped["school_unit_code"].map(groups)])["need_index"].nunique()
    assert (spread == 1).all()


def test_frozen_weights_are_kept_named_and_used_unchanged(home, tmp_path):
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    settings = {"LIKVARD_POLICIES": str(policies)}
    kept = home.likvard("weights", "freeze", str(YEAR), "--municipality", CODE, **settings)
    assert kept.returncode == 0, kept.stderr
    (file,) = (policies / CODE / "weights").glob("*.json")
    assert file.name in kept.stdout
    assert home.likvard("weights", "freeze", str(YEAR), "--municipality", CODE, **settings).returncode == 0, (
        "twice is once"
    )
    shown = home.likvard("weights", "show", str(file))
    assert "guardian_education" in shown.stdout
    file.write_text(file.read_text("utf-8").replace("9999 2027", "9999 2026"), "utf-8")
    refused = home.likvard("weights", "freeze", str(YEAR), "--municipality", CODE, **settings)
    assert refused.returncode == 2
    assert "never changed" in refused.stderr
    alone = home.likvard("weights", "pool", str(YEAR), "--name", "p", "--label", "l", "--source", "s", **settings)
    assert alone.returncode == 2
    assert "3 are needed" in alone.stderr


def test_explain_prints_lines_that_add_up(home):
    wide = home.table("school_allocation", YEAR, code=CODE)
    unit = wide.iloc[0]
    done = home.likvard("explain", unit["school_unit_code"], str(YEAR))
    assert done.returncode == 0, done.stderr
    assert unit["school_unit_name"] in done.stdout
    number = r"(-?[\d,]+\.\d+|-?[\d,]+)"
    lines = re.findall(rf"{number}\s+{number}\s+{number}\s+(-?[\d,]+\.\d\d)\s*$", done.stdout, flags=re.M)
    shown = [[float(cell.replace(",", "")) for cell in line] for line in lines]
    assert len(shown) >= 2
    for count, rate, rounding, amount in shown:
        assert count * rate + rounding == pytest.approx(amount, abs=0.006)
    total = re.findall(r"(-?[\d,]+\.\d\d)\s*$", done.stdout, flags=re.M)[-1]
    assert Decimal(total.replace(",", "")) == unit["total_sek"]
    assert sum(round(line[3] * 100) for line in shown) == unit["total_sek"] * 100


INDEPENDENT = "9990000060"


def test_an_organisers_calculation_is_printed_as_the_page_explains_it(home):
    done = home.likvard("explain", str(YEAR), "--organiser", INDEPENDENT, COLUMNS="80")
    assert done.returncode == 0, done.stderr
    page = (ROOT / "docs" / "organisers.md").read_text("utf-8")
    told = [line.strip() for line in done.stdout.splitlines() if not line.startswith("Publication")]
    assert [line for line in told if line not in page] == []
    paid = home.table("organiser_allocation", YEAR, code=CODE).set_index("organiser_key").loc[INDEPENDENT]
    assert f"{paid['payable_sek']:,.2f}" in done.stdout
    steps = home.table("budget_reconciliation", YEAR, code=CODE).groupby("reconciliation_step")["amount_ore"].sum()
    shown = [f"{ore // 100:,}.{ore % 100:02}".replace(",", " ") for ore in steps]
    assert [figure for figure in shown if f"| {figure} |" not in page] == []


def test_an_organisers_calculation_is_printed_in_swedish(home):
    done = home.likvard("explain", str(YEAR), "--organiser", "2129999997", language="sv")
    assert done.returncode == 0, done.stderr
    assert "Undervisning" in done.stdout
    assert "Moms" not in done.stdout.split("Skolenhet")[0], "the municipality's own units have no VAT"


def test_an_organiser_that_is_not_paid_is_wrong_use_with_words(home):
    done = home.likvard("explain", str(YEAR), "--organiser", "[/x]")
    assert done.returncode == 2
    assert "[/x]" in done.stderr


def test_what_organisers_are_paid_follows_from_published_tables_and_the_policy_alone(home):
    """So it can tell nothing of pupils that the lines do not tell."""
    tables = {name: home.table(name, YEAR, code=CODE) for name in ("dim_school_unit", "dim_organiser", *NAMES)}
    units = tables["dim_school_unit"].merge(
        tables["dim_organiser"], on=["municipality_code", "organiser_key"], suffixes=("", "_of")
    )
    policy = load_policy(ROOT / "policies" / CODE, municipality_code=CODE, defaults=ROOT / "policies" / "default")
    made = organiser_tables(
        home.table("fct_allocation", YEAR, code=CODE),
        units=units,
        need=home.table("fct_need_index", YEAR, code=CODE),
        policy=policy.at(YEAR),
        deducted_ore={},
    )
    for name in NAMES:
        assert logical_sha256(made[name], CONTRACTS[name]) == logical_sha256(tables[name], CONTRACTS[name]), name


@pytest.mark.parametrize("school", ["12345678", "[/x]"])
def test_explain_of_an_unknown_school_is_wrong_use_with_words(home, school):
    done = home.likvard("explain", school, str(YEAR))
    assert done.returncode == 2
    assert school in done.stderr
    assert "Traceback" not in done.stderr


def test_explain_of_an_unpublished_year_says_what_to_run(home):
    done = home.likvard("explain", "99990001", "2026")
    assert done.returncode == 2
    assert "likvard run 2026" in done.stderr


def test_status_lists_deliveries_and_the_publication(home):
    done = home.likvard("status")
    assert done.returncode == 0
    for told in ("enrollment", "background", "results", "school_register", "2027.0.1", CODE):
        assert told in done.stdout, told


def test_the_same_counts_again_on_other_hardware_verify_and_write_nothing(home):
    """On more cores and an older processor (its kernels run everywhere): the same content all the same."""
    before = home.standing()
    materialise(home, YEAR, *NEED, *MONEY, OPENBLAS_NUM_THREADS=2, OPENBLAS_CORETYPE="Nehalem")
    assert home.outcomes(YEAR)[CODE]["status"] == "verified"
    assert home.standing() == before, "not even a ledger line"


DBT_ALONE = """
import json, sys
import dagster as dg
from orchestration.definitions import defs
from orchestration.names import FACTORS

definitions = defs()
keys = list(dg.AssetSelection.groups(FACTORS).resolve(definitions.resolve_asset_graph()))
with dg.DagsterInstance.ephemeral() as instance:
    job = definitions.resolve_job_def("yearly_proposal")
    done = job.execute_in_process(instance=instance, partition_key=sys.argv[1], asset_selection=keys)
nodes = [event.asset_key for event in done.get_asset_materialization_events()]
tests = [(each.check_name, each.passed) for each in done.get_asset_check_evaluations()]
print(json.dumps([[key.path for key in nodes], tests]))
"""


def test_unchanged_rows_are_not_built_again_and_every_node_and_test_is_told_as_dbt_told_it(home):
    log, note = home.path / "pseudonymised" / "dbt" / "last_build.log", home.path / built.NOTE
    before = log.stat().st_mtime_ns
    done = warm.python(DBT_ALONE, ["dbt", str(YEAR)], env=surroundings(home.path, **home.settings), cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    assert log.stat().st_mtime_ns == before, "dbt was not started"
    told = json.loads(note.read_text("utf-8"))["told"]
    nodes, tests = json.loads(done.stdout.splitlines()[-1])
    assert nodes == [*(each["asset"] for each in told if each["check"] is None), ["restricted", "conflict_lists"]]
    assert tests == [[each["check"], each["passed"]] for each in told if each["check"] is not None]
    assert len(nodes) > 60
    assert len(tests) > 100


def test_the_command_speaks_swedish_by_setting(home):
    told = home.likvard("explain", "99990002", str(YEAR), language="sv")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Leveranser" in home.likvard("status", language="sv").stdout
    assert "förslag" in told.stdout.lower()
    assert "proposal" not in told.stdout.lower()


@pytest.mark.parametrize(
    ("table", "column", "change", "rule"),
    [
        ("rule_result", "failing_count", lambda rows: rows["failing_count"].where(rows["rule_id"] != "T-UNIT-001", 1), "T-UNIT-001"),
        ("fct_allocation", "amount_ore", lambda rows: rows["amount_ore"] + 100 * (rows.index == 0), "G-TOTAL-001"),
    ],
    ids=["a rule that failed earlier", "money changed after it was judged"],
)  # fmt: skip
def test_a_later_run_of_the_publication_alone_does_not_pass_a_fault(home, tmp_path, table, column, change, rule):
    copied = Home(tmp_path / "home")
    shutil.copytree(home.path, copied.path, symlinks=True)
    path = copied.path / "aggregate" / "tables" / table / f"municipality={CODE}" / f"funding_year={YEAR}.parquet"
    rows = pd.read_parquet(path)
    rows.assign(**{column: change(rows)}).to_parquet(path, index=False)
    before = copied.standing()
    materialise(copied, YEAR, "publication/proposal")
    outcome = copied.outcomes(YEAR)[CODE]
    assert outcome["status"] == "refused"
    assert rule in rules_against(outcome)
    assert copied.standing() == before


NEED = (
    "need/fct_need_index",
    "need/need_background_count",
    "need/need_contribution",
    "forecast/fct_enrollment_forecast",
)
MONEY = (
    "allocation/fct_allocation", "allocation/school_allocation", *(f"allocation/{contract.table}" for contract in CHANGE),
    "allocation/organiser_allocation", "publication/rule_result", "publication/proposal",
)  # fmt: skip


@pytest.fixture(scope="module")
def two_years(home, tmp_path_factory) -> Home:
    """Last year is published beside this year's proposal, and this year's money is shared again.

    By the policy without the many components of 2026: with them last year's index is withheld here and there, and causes
    that rest on it are told nowhere.
    """
    folder = tmp_path_factory.mktemp("two_years")
    shutil.copytree(ROOT / "policies", folder / "policies")
    (folder / "policies" / CODE / "formula.yml").unlink()
    copied = Home(folder / "home", {**home.settings, "policies": folder / "policies"})
    shutil.copytree(home.path, copied.path, symlinks=True)
    done = copied.likvard("run", str(YEAR - 1))
    assert done.returncode == 0, done.stdout + done.stderr
    materialise(copied, YEAR, *MONEY)
    return copied


def test_a_first_year_has_no_change_but_the_reason_and_its_kronor_have_intervals(home):
    assert home.table("allocation_change", YEAR, code=CODE).empty
    (basis,) = home.table("allocation_change_basis", YEAR, code=CODE).to_dict("records")
    assert basis["withheld_because"] == "no_earlier_year"
    intervals = home.table("allocation_interval", YEAR, code=CODE).set_index("school_unit_code")
    wide = home.table("school_allocation", YEAR, code=CODE).set_index("school_unit_code")
    assert (intervals["total_sek"] == wide["total_sek"]).all()
    assert (intervals["total_95_upper_sek"] > intervals["total_sek"]).all()
    (signal,) = home.table("redistribution_signal", YEAR, code=CODE).to_dict("records")
    assert 0.5 < signal["signal_share"] < 1, "eight planted effects and thirty schools: mostly signal, never all"


def test_the_second_year_tells_every_krona_of_the_change_by_its_cause(two_years):
    before, now = (
        two_years.table("school_allocation", year, code=CODE).set_index("school_unit_code")["total_sek"]
        for year in (YEAR - 1, YEAR)
    )
    change = two_years.table("allocation_change", YEAR, code=CODE).set_index("school_unit_code")
    assert (change["change_sek"] == now.sub(before).reindex(change.index)).all()
    parts = two_years.table("allocation_change_part", YEAR, code=CODE)
    assert (parts.groupby("school_unit_code")["change_sek"].sum() == change["change_sek"]).all()
    causes = parts.groupby("cause_code")["change_sek"].sum()
    assert set(causes.index) == {"pupils", "composition", "weights", "prices"}, (
        "the demo's policy raises an amount, no rule"
    )
    assert causes["composition"] == causes["weights"] == 0, "they move money between school units only"
    told = two_years.likvard("explain", "99990002", str(YEAR)).stdout
    assert "composition of pupils" in told
    assert "with 95 % between" in told


def test_a_guarantee_takes_last_years_money_from_the_publication_and_names_it(two_years, tmp_path):
    policies = tmp_path / "policies"
    shutil.copytree(two_years.settings["policies"], policies)
    decided = "mode: hold, decided: 2026-11-23, decided_by: board, status: decided, legal_basis: skollagen"
    values = [("smallest_change", -0.005, "change"), ("cap", 0.03, "change")]
    rows = "".join(
        f"      {name}: {{description: d, values: [{{valid_from: {YEAR}-01-01, valid_to: {YEAR}-12-31, value: {value}, "
        f"unit: {unit}, {decided}}}]}}\n"
        for name, value, unit in values
    )
    source = (
        f"baseline:\n  source: {{description: d, values: [{{valid_from: {YEAR}-01-01, valid_to: {YEAR}-12-31, "
        f"value: proposed, unit: choice, {decided}}}]}}\n"
    )
    shape = "guarantees:\n  protection:\n    kind: protection\n    description: d\n    parameters:\n"
    (policies / CODE / "guarantees.yml").write_text(shape + rows + source, encoding="utf-8")
    promised = Home(two_years.path, {**two_years.settings, "policies": policies})
    materialise(promised, YEAR, *MONEY)
    outcome = promised.outcomes(YEAR)[CODE]
    assert outcome["status"] == "published", outcome["reasons"]
    manifest = json.loads((promised.published / CODE / str(YEAR) / "proposed" / "manifest.json").read_text("utf-8"))
    (earlier,) = [source for source in manifest["recorded"]["inputs"] if source["source"] == "publication"]
    last_year = promised.published / CODE / str(YEAR - 1) / "proposed" / "manifest.json"
    assert earlier["sha256"] == json.loads(last_year.read_text("utf-8"))["content_sha256"]
    assert earlier["sha256"] in promised.release(YEAR, code=CODE)
    (basis,) = promised.table("allocation_change_basis", YEAR, code=CODE).to_dict("records")
    assert basis["cause_codes"].endswith("prices, guarantees")
