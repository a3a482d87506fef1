"""One rule has one home: what each home computes is exactly what the register gives it, and no id stands in two."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pandas as pd
import yaml

from expectations.rules import all_rules, rule, rules_of
from expectations.rules.tables import FAILING_ROWS
from orchestration.checks.door import failing_by_rule
from orchestration.defs.publication.checks import RULES as SHOWN_AT_THE_GATE

ROOT = Path(__file__).resolve().parents[2]
RULE_ID = re.compile(r"[A-Z]-[A-Z]+-[0-9]{3}")
HOMES = {
    "door": {"orchestration/checks/door.py"},
    "rule": {"expectations/rules/tables.py"},
    "gate": {f"orchestration/publication/{name}.py" for name in (
        "act", "approve", "checks", "decide", "gate", "organiser_checks", "publish", "waiving",
    )}
    | {"orchestration/proposals.py"},
    "payment": {f"orchestration/payments/{name}.py" for name in ("prepare", "release")},
}  # fmt: skip
"""Where a rule's id may stand in code; ``dbt`` and ``gx`` rules stand in the register alone."""


def _ids_in_code() -> dict[str, list[str]]:
    """Rule id -> the modules that hold it as a text of its own, once per place."""
    found = defaultdict(list)
    for top in ("expectations", "orchestration", "models_py"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and RULE_ID.fullmatch(node.value):
                    found[node.value].append(path.relative_to(ROOT).as_posix())
    return found


def test_every_id_in_code_is_in_the_register_and_stands_in_its_home_once():
    found = _ids_in_code()
    assert set(found) == {r.id for home in HOMES for r in rules_of(home)}  # type: ignore[arg-type]
    for rule_id, places in found.items():
        assert len(places) == 1, (rule_id, places)
        assert places[0] in HOMES[rule(rule_id).home], rule_id


def test_the_door_counts_exactly_its_rules():
    deliveries = pd.DataFrame(
        columns=[
            "delivery_id", "source", "municipality_code", "is_latest", "status", "header_rows", "blank_rows", "accepted_rows",
            "rejected_rows", "physical_rows",
        ]
    )  # fmt: skip
    columns = ["delivery_id", "source", "municipality_code", "reason_code", "severity", "row_count"]
    findings = pd.DataFrame(columns=columns).astype({"reason_code": str})
    assert set(failing_by_rule(deliveries.astype({"is_latest": bool}), findings)) == {r.id for r in rules_of("door")}


def test_dbt_has_a_model_and_a_generated_test_per_rule_and_no_other():
    folder = ROOT / "dbt_project" / "models" / "rules"
    told = yaml.safe_load((folder / "_rules.yml").read_text("utf-8"))["models"]
    models = {r.model: r for r in rules_of("dbt")}
    assert {path.stem for path in folder.glob("*.sql")} == set(models) == {model["name"] for model in told}
    for model in told:
        (test,) = model["data_tests"]
        assert test["holds"]["name"] == models[model["name"]].name


def test_great_expectations_is_asked_what_the_register_says_and_nothing_else():
    calls = [
        node
        for path in (ROOT / "expectations" / "suites").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("expect_")
    ]
    assert calls == [], "an expectation stands in the register, not in code"
    assert all(r.expect["type"].startswith("expect_") and r.table for r in rules_of("gx"))


def test_functions_and_the_gate_compute_their_own_rules_alone():
    assert set(FAILING_ROWS) == {r.id for r in rules_of("rule")}
    assert {r.id for r in SHOWN_AT_THE_GATE} == {r.id for r in rules_of("gate")}
    assert sum(len(rules_of(home)) for home in ("door", "dbt", "gx", "rule", "gate", "payment")) == len(all_rules())
