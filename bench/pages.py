"""``make docs``: write the pages and files that are generated from the registers.

Belongs here: ``docs/columns.md``, ``docs/rules.md``, ``docs/example-policy.md``, ``docs/scale.md``, dbt's rule tests and exposures, the schemas of policies and operations.
Does not: anything measured (``bench.prove``).
A test holds each committed file against what is generated here.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import yaml

from bench.example_policy import example_policy_page
from bench.mutation.page import mutants_page
from bench.scale.page import scale_page
from expectations.columns import COLUMNS
from expectations.contracts import CONTRACT_VERSION, CONTRACTS, FOLLOWING, PAYMENTS, PLANNING
from expectations.dashboards import DASHBOARDS, MARTS
from expectations.rules import all_rules, rules_of
from orchestration.operations.settings_file import json_schema as operations_schema
from orchestration.resources.policies import json_schemas

ROOT = Path(__file__).resolve().parent.parent


def columns_page() -> str:
    """The published tables and the dictionary of their columns."""
    parts = [
        "# Published tables and columns",
        "",
        f"Contract version {CONTRACT_VERSION}. Published names are promises. This page is generated from",
        "`expectations/columns.py` and `expectations/contracts/`; `make docs` renews it.",
    ]
    for contract in (*CONTRACTS.values(), *PLANNING.values(), *FOLLOWING.values(), *PAYMENTS.values()):
        use = next(
            (use for tables, use in ((PLANNING, "planning"), (FOLLOWING, "follow-up")) if contract.table in tables), ""
        )
        kept = ["", f"Kept in the home for {use}; not sealed with a publication."] if use else []
        if contract.table in PAYMENTS:
            kept = ["", "Sealed payment run by payment run, beside the publications."]
        parts += [
            "",
            f"## {contract.table}",
            "",
            contract.grain_en,
            *kept,
            "",
            f"Key: {', '.join(f'`{k}`' for k in contract.keys)}.",
        ]
        parts += ["", "| column | type | unit | may be empty | meaning |", "|---|---|---|---|---|"]
        for column in contract.columns:
            empty = "yes" if column.name in contract.nullable else ""
            parts.append(f"| `{column.name}` | {column.type} | {column.unit} | {empty} | {column.en} |")
    unused = sorted(
        set(COLUMNS)
        - {
            name
            for contract in (*CONTRACTS.values(), *PLANNING.values(), *FOLLOWING.values(), *PAYMENTS.values())
            for name in contract.names
        }
        - {"publication_id"}
    )
    if unused:
        raise ValueError(f"described but in no published table: {', '.join(unused)}")
    return "\n".join(parts) + "\n"


def rules_page() -> str:
    """The register of rules as a table."""
    parts = [
        "# Rules",
        "",
        "Every rule stands once in `expectations/rules.yml` and has one home. A critical rule that fails refuses the",
        "publication of that municipality alone; warnings and notes are printed in its `RELEASE.md`.",
        "This page is generated; `make docs` renews it.",
        "",
        "| rule | severity | home | what must be true | why |",
        "|---|---|---|---|---|",
    ]
    parts += [f"| {r.id} | {r.severity} | {r.home} | {r.text['en']} | {r.reason} |" for r in all_rules()]
    return "\n".join(parts) + "\n"


def rule_tests() -> str:
    """dbt's properties of the rule models: their description and a test each, from the register."""
    columns = [
        {"name": "municipality_code", "description": "Municipality concerned."},
        {"name": "count_date", "description": "Count date concerned; empty when every year is."},
    ]
    models = [
        {
            "name": rule.model,
            "description": f"{rule.id}: {rule.text['en']} Grain: one row per failing row.",
            "config": {"meta": {"owner": rule.owner, "rule": rule.id, "rule_severity": rule.severity}},
            "data_tests": [{"holds": {"name": rule.name, "config": {"severity": "warn"}}}],
            "columns": [dict(column) for column in columns],
        }
        for rule in rules_of("dbt")
    ]
    head = "# Generated from expectations/rules.yml by `make docs`; edit the register.\n"
    return head + yaml.safe_dump({"models": models}, sort_keys=False, allow_unicode=True, width=120)


def exposures() -> str:
    """dbt's exposures: the known readers of what is published, and the marts behind it."""
    listed = [
        {
            "name": each.name,
            "label": each.label,
            "type": each.kind,
            "maturity": each.maturity,
            "description": f"{each.description} Reads: {', '.join(each.tables)}.",
            "owner": {"name": "team:data"},
            "config": {"meta": {"contract_version": CONTRACT_VERSION, "published_tables": list(each.tables)}},
            "depends_on": [f"ref('{mart}')" for mart in MARTS],
        }
        for each in DASHBOARDS
    ]
    head = "# Generated from expectations/dashboards.py by `make docs`; edit the register.\n"
    return head + yaml.safe_dump({"exposures": listed}, sort_keys=False, allow_unicode=True, width=120)


def _schema(name: str) -> str:
    return json_schemas()[name]


GENERATED = {
    "docs/columns.md": columns_page,
    "docs/rules.md": rules_page,
    "docs/example-policy.md": example_policy_page,
    "docs/scale.md": scale_page,
    "docs/mutants.md": mutants_page,
    "dbt_project/models/rules/_rules.yml": rule_tests,
    "deploy/operations.schema.json": operations_schema,
    "dbt_project/models/_exposures.yml": exposures,
    **{f"policies/{name}": partial(_schema, name) for name in json_schemas()},
}
"""Generated file → what makes it."""


def main() -> None:
    """Write every generated file."""
    for name, make in GENERATED.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")
        print(name)


if __name__ == "__main__":
    main()
