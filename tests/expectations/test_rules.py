"""The register of rules: one rule, one home; every rule can fail; a failure concerns its municipality only."""

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from expectations import suites
from expectations.rules import HOMES, all_rules, result_rows, rule, rules_of
from expectations.rules.tables import FAILING_ROWS, judge

NEED = pd.DataFrame(
    {
        "municipality_code": ["9998", "9998", "9999", "9999", "9999"],
        "funding_year": 2027,
        "school_unit_code": ["10000001", "10000002", "20000001", "20000002", "20000003"],
        "basis": "pupil_level",
        "need_share": [0.1, 0.2, 0.1, 0.2, 0.2],
        "need_index": [80.0, 120.0, 80.0, 120.0, 120.0],
        "index_rule": ["own", "own", "own", "merged_group", "merged_group"],
        "index_group_code": [None, None, None, "G", "G"],
        "is_under_index_minimum": [False, False, False, True, False],
    }
)
LINES = pd.DataFrame(
    {
        "municipality_code": NEED["municipality_code"],
        "school_unit_code": NEED["school_unit_code"],
        "component_code": "base_part",
        "line_code": "grade_1",
        "count_unit": "pupils",
        "rate_ore": [Decimal(5)] * 2 + [Decimal(7)] * 3,
        "amount_ore": [100, 200, 300, 400, 500],
    }
)
ORGANISERS = pd.DataFrame(
    {
        "municipality_code": ["9998", "9999", "9999"],
        "organiser_key": ["a", "a", "b"],
        "organiser_type": ["independent", "municipal", "independent"],
        "overhead_method": ["additive", None, "additive"],
    }
)
KEYS = NEED[["municipality_code", "school_unit_code"]]
TOTALS = [Decimal(ore) / 100 for ore in (100, 200, 300, 400, 500)]
CHANGES = KEYS.assign(previous_total_sek=[total - 1 for total in TOTALS], new_total_sek=TOTALS, change_sek=Decimal(1))
PARTS = pd.concat(
    [KEYS.assign(cause_code=cause, change_sek=sek) for cause, sek in (("pupils", Decimal(3)), ("prices", Decimal(-2)))],
    ignore_index=True,
)
INTERVALS = KEYS.assign(
    total_sek=TOTALS,
    **{
        f"total_{level}_{end}_sek": [total + by for total in TOTALS]
        for level, end, by in ((95, "lower", -2), (80, "lower", -1), (80, "upper", 1), (95, "upper", 2))
    },
)
COMPARED = pd.DataFrame(
    {"municipality_code": ["9998", "9999"], "cause_codes": "pupils, prices", "withheld_because": None}
)
SIGNAL = pd.DataFrame({"municipality_code": ["9998", "9999"], "signal_share": [0.9, 0.8], "withheld_because": None})
FORM_LINES = pd.DataFrame(
    {
        "municipality_code": ["9998", "9999", "9999", "9999"],
        "school_form": "preschool",
        "school_unit_code": ["f1", "f2", "f3", "f3"],
        "component_code": "preschool_base_part",
        "line_code": ["group_a", "group_a", "group_a", "group_b"],
        "count": [Decimal(2), Decimal(1), Decimal(3), Decimal(1)],
        "rate_ore": [Decimal(500), Decimal(700), Decimal(700), Decimal("399.5")],
        "rounding_ore": [Decimal(0), Decimal(0), Decimal(0), Decimal("0.5")],
        "amount_ore": [1000, 700, 2100, 400],
    }
)
FORM_OVERVIEW = pd.DataFrame(
    {
        "municipality_code": ["9998", "9999", "9999", "9999"],
        "school_form": ["preschool", "preschool", "compulsory_school", "adapted_compulsory"],
        "school_unit_count": [1, 2, 5, None],
        "total_sek": [Decimal(10), Decimal(32), Decimal(99), None],
        "withheld_because": [None, None, None, "small_count"],
    }
)
GOOD = {
    "form_allocation": FORM_LINES,
    "form_overview": FORM_OVERVIEW,
    "fct_need_index": NEED,
    "fct_allocation": LINES,
    "allocation_change": CHANGES,
    "allocation_change_part": PARTS,
    "allocation_change_basis": COMPARED,
    "allocation_interval": INTERVALS,
    "redistribution_signal": SIGNAL,
    "weights_drift": pd.DataFrame({"municipality_code": ["9998", "9999"], "drift_done": "nothing"}),
    "organiser_allocation": ORGANISERS,
    "organiser_calculation": ORGANISERS.assign(cost_type="teaching"),
}


def broken(table: str, column: str, row: int, value: object) -> dict[str, pd.DataFrame]:
    spoiled = GOOD[table].copy()
    spoiled[column] = spoiled[column].astype(object)
    spoiled.loc[row, column] = value
    return GOOD | {table: spoiled}


NOT_COMPARED = {
    name: GOOD[name].iloc[:0] for name in ("allocation_change", "allocation_change_part", "allocation_interval")
} | {
    "allocation_change_basis": COMPARED.assign(cause_codes=None, withheld_because="no_earlier_year"),
    "redistribution_signal": SIGNAL.assign(signal_share=None, withheld_because="no_draws_of_the_index"),
}


SPOILED = {
    "R-SHARE-001": broken("fct_need_index", "need_share", 4, None),
    "R-INDEX-001": GOOD | {"fct_need_index": NEED.drop(index=2)},
    "R-INDEX-002": broken("fct_need_index", "need_index", 3, 119.0),
    "R-AMOUNT-001": broken("fct_allocation", "amount_ore", 4, -500) | NOT_COMPARED,
    "R-AMOUNT-002": broken("fct_allocation", "amount_ore", 4, 501) | NOT_COMPARED,
    "R-EQUAL-001": broken("fct_allocation", "rate_ore", 4, Decimal(8)),
    "R-ORGANISER-001": broken("organiser_calculation", "organiser_key", 2, "c"),
    "R-FORM-001": broken("form_allocation", "rounding_ore", 3, Decimal(0)),
    "R-FORM-002": broken("form_overview", "withheld_because", 3, "not_counted"),
    "R-BASIS-001": broken("fct_need_index", "basis", 4, "open_statistics"),
    "R-DRIFT-001": broken("weights_drift", "drift_done", 1, "advised"),
    "R-DRIFT-002": broken("weights_drift", "drift_done", 1, "re_estimated"),
    "R-CHANGE-001": broken("allocation_change_part", "change_sek", 4, Decimal(4)),
    "R-INTERVAL-001": broken("allocation_interval", "total_80_lower_sek", 4, Decimal(6)),
    "R-SIGNAL-001": broken("redistribution_signal", "withheld_because", 1, "no_draws_of_the_index"),
}
OTHER_FAULTS = (
    ("R-DRIFT-002", broken("weights_drift", "drift_done", 1, "kept")),
    ("R-FORM-001", broken("form_overview", "total_sek", 1, Decimal(33))),
    ("R-FORM-001", broken("form_overview", "total_sek", 1, Decimal(31))),
    ("R-FORM-001", GOOD | {"form_allocation": FORM_LINES.drop(index=[2, 3]), "form_overview": FORM_OVERVIEW.assign(
        total_sek=[Decimal(10), Decimal(6), Decimal(99), None])}),
    ("R-FORM-001", GOOD | {"form_allocation": FORM_LINES.assign(
        rate_ore=[Decimal(500), Decimal(700), Decimal(701), Decimal("399.5")],
        rounding_ore=[Decimal(0), Decimal(0), Decimal(-3), Decimal("0.5")])}),
    ("R-CHANGE-001", broken("allocation_change", "previous_total_sek", 4, Decimal(9))),
    ("R-CHANGE-001", GOOD | {"allocation_change": CHANGES.drop(index=4), "allocation_change_part": PARTS.drop(index=[4, 9])}),
    ("R-CHANGE-001", GOOD | {"allocation_change_part": PARTS.drop(index=[4, 9])}),
    ("R-INTERVAL-001", broken("allocation_interval", "total_95_upper_sek", 4, Decimal(5))),
    ("R-INTERVAL-001", GOOD | {"allocation_interval": INTERVALS.assign(total_sek=[*TOTALS[:4], TOTALS[4] + Decimal("0.01")])}),
    ("R-SIGNAL-001", broken("redistribution_signal", "signal_share", 1, None)),
    ("R-SIGNAL-001", broken("allocation_change_basis", "withheld_because", 1, "no_earlier_year")),
    ("R-SIGNAL-001", GOOD | {"allocation_change": CHANGES.iloc[:2], "allocation_change_part": PARTS.iloc[[0, 1, 5, 6]]}),
)  # fmt: skip
"""Further ways in which the tables beside the money can be wrong, by the rule that says so."""


@pytest.mark.parametrize(("rule_id", "tables"), OTHER_FAULTS, ids=[f"{n} {r}" for n, (r, _) in enumerate(OTHER_FAULTS)])
def test_what_stands_beside_the_money_is_held_to_the_money(rule_id: str, tables: dict[str, pd.DataFrame]):
    rows = judge(rule(rule_id), tables, funding_year=2027, municipalities=["9998", "9999"]).set_index(
        "municipality_code"
    )
    assert (rows.loc["9998", "failing_count"], rows.loc["9999", "failing_count"] > 0) == (0, True)


def test_a_year_without_comparison_and_without_draws_breaks_no_rule():
    for found in rules_of("rule"):
        rows = judge(found, GOOD | NOT_COMPARED, funding_year=2027, municipalities=["9998", "9999"])
        assert rows["failing_count"].sum() == 0, found.id


def test_an_amount_that_a_unit_gets_as_a_unit_may_differ_and_a_rate_per_pupil_may_not():
    """Support of a small school counts the unit itself; its amount stands where other lines have a rate."""
    (equal,) = [found for found in rules_of("rule") if found.id == "R-EQUAL-001"]
    for count_unit, failing in (("units", 0), ("pupils", 3)):
        tables = {name: table.copy() for name, table in SPOILED["R-EQUAL-001"].items()}
        tables["fct_allocation"]["count_unit"] = count_unit
        assert judge(equal, tables, funding_year=2027, municipalities=["9999"])["failing_count"].sum() == failing


def test_an_independent_organiser_without_overheads_is_told_and_a_municipal_one_is_not():
    tables = broken("organiser_allocation", "overhead_method", 2, None)
    (told,) = rules_of("rule", table="organiser_allocation")
    rows = judge(told, tables, funding_year=2027, municipalities=["9998", "9999"])
    assert rows["failing_count"].tolist() == [0, 1]


def test_a_line_of_a_cap_may_be_negative_and_a_total_may_not():
    (negative,) = [found for found in rules_of("rule") if found.id == "R-AMOUNT-001"]
    cap = LINES.assign(component_code="protection", line_code="capping", count_unit="units", amount_ore=-100)
    for amount, failing in ((-500, 0), (-501, 1)):
        lines = pd.concat([LINES, cap.tail(1).assign(amount_ore=amount)])
        found = judge(negative, GOOD | {"fct_allocation": lines}, funding_year=2027, municipalities=["9999"])
        assert found["failing_count"].sum() == failing


def test_a_rate_may_follow_a_stated_fact_of_location_and_nothing_else():
    (equal,) = [found for found in rules_of("rule") if found.id == "R-EQUAL-001"]
    stated = LINES[["municipality_code", "school_unit_code", "component_code"]].assign(
        measure="area", area_factor=Decimal(1)
    )
    own = stated["area_factor"].astype(object)
    own.iloc[4] = Decimal("1.0125")
    for factors, failing in ((stated, 3), (stated.assign(area_factor=own), 0), (stated.drop(index=4), 0), (None, 3)):
        tables = SPOILED["R-EQUAL-001"] | ({} if factors is None else {"school_area_factor": factors})
        assert judge(equal, tables, funding_year=2027, municipalities=["9999"])["failing_count"].sum() == failing


def test_each_rule_has_one_home_and_text_in_two_languages():
    assert {r.home for r in all_rules()} == set(HOMES)
    assert all(r.text["sv"] and r.text["en"] and r.reason and r.owner for r in all_rules())


def test_every_rule_with_home_rule_is_computed_and_no_other():
    assert set(FAILING_ROWS) == {r.id for r in rules_of("rule")}


def test_units_of_a_form_that_are_not_told_may_be_missing_from_its_sum():
    told = GOOD | {"form_allocation": FORM_LINES.drop(index=[2, 3])}
    for tables in (told, GOOD | {"form_allocation": FORM_LINES.iloc[:0], "form_overview": FORM_OVERVIEW.iloc[:0]}):
        rows = judge(rule("R-FORM-001"), tables, funding_year=2027, municipalities=["9998", "9999"])
        assert rows["failing_count"].tolist() == [0, 0]


def test_good_tables_fail_nothing():
    for found in rules_of("rule"):
        rows = judge(found, GOOD, funding_year=2027, municipalities=["9998", "9999"])
        assert rows["failing_count"].sum() == 0, found.id


@pytest.mark.parametrize("rule_id", sorted(FAILING_ROWS))
def test_a_single_fault_is_caught_by_its_rule_for_its_municipality_alone(rule_id: str):
    for found in rules_of("rule"):
        rows = judge(found, SPOILED[rule_id], funding_year=2027, municipalities=["9998", "9999"]).set_index(
            "municipality_code"
        )
        assert rows.loc["9998", "failing_count"] == 0
        assert (rows.loc["9999", "failing_count"] > 0) == (found.id == rule_id), found.id


def test_a_delivered_index_has_no_share_and_one_that_claims_to_have_it_is_caught():
    delivered = NEED.assign(basis="delivered_index", need_share=float("nan"))
    claimed = delivered.assign(need_share=[float("nan")] * 4 + [0.2])
    for table, failing in ((delivered, 0), (claimed, 1)):
        for found in rules_of("rule", table="fct_need_index"):
            rows = judge(found, GOOD | {"fct_need_index": table}, funding_year=2027, municipalities=["9998", "9999"])
            assert rows["failing_count"].sum() == (failing if found.id == "R-SHARE-001" else 0), found.id
        assert all(verdict.holds for verdict in suites.run_suite("fct_need_index", table))


def test_a_failure_of_the_whole_input_concerns_every_municipality():
    rows = result_rows(
        {"0000": 1, "9999": 2}, rule=rule("D-FILE-001"), funding_year=2027, municipalities=["0180", "9999"]
    )
    assert rows["failing_count"].tolist() == [1, 3]


def test_an_unknown_rule_is_refused():
    with pytest.raises(LookupError, match="X-1"):
        rule("X-1")


def test_a_rule_without_what_its_home_needs_is_refused():
    with pytest.raises(ValueError, match="Q-COUNT-001"):
        replace(rule("Q-COUNT-001"), expect={})


YEARS = pd.DataFrame(
    {
        "municipality_code": ["9998", "9999"],
        "pupil_change_share": [0.01, -0.02],
        "missing_background_share": [0.0, 0.1],
        "pupil_count": [9, 9],
    }
)


def test_a_suite_holds_on_plausible_content():
    assert all(v.holds and not v.failing for v in suites.run_suite("municipality_year", YEARS))


@pytest.mark.parametrize(
    ("rule_id", "table", "column", "value"),
    [
        ("Q-COUNT-001", "municipality_year", "pupil_change_share", -0.4),
        ("Q-MISSING-001", "municipality_year", "missing_background_share", 0.3),
        ("Q-INDEX-001", "fct_need_index", "need_index", 900.0),
        ("Q-SHARE-001", "fct_need_index", "need_share", 1.4),
    ],
)
def test_each_expectation_catches_its_fault_alone(rule_id: str, table: str, column: str, value: float):
    frame = (YEARS if table == "municipality_year" else NEED).copy()
    frame.loc[frame.index[-1], column] = value
    failing = {v.rule.id: dict(v.failing) for v in suites.run_suite(table, frame) if not v.holds}
    assert failing == {rule_id: {"9999": 1}}


def test_an_expectation_that_cannot_look_has_not_passed():
    with pytest.raises(suites.SuiteError, match="Q-COUNT-001"):
        suites.run_suite("municipality_year", YEARS.drop(columns="pupil_change_share"))


def test_municipality_year_compares_two_count_dates():
    factors = pd.DataFrame(
        {
            "municipality_code": ["9999", "9999", "9999"],
            "count_date": pd.to_datetime(["2026-10-15", "2026-10-15", "2025-10-15"]).date,
            "pupil_count": [60, 20, 100],
            "missing_background_share": [0.5, 0.0, 0.0],
        }
    )
    row = suites.municipality_year(factors).iloc[0]
    assert (row.pupil_count, round(row.pupil_change_share, 9), row.missing_background_share) == (80, -0.2, 0.375)
