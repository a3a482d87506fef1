"""The register of rules, and how a rule judges each municipality.

Belongs here: reading ``rules.yml``, the Rule value, rows of ``rule_result``.
Does not: when a rule runs (``orchestration.checks``), who may waive it, what is published.
One rule has one home; ``rule`` and ``gx`` homes are computed from here, the others report to the same register.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import pandas as pd
import yaml

Home = Literal["door", "dbt", "gx", "rule", "gate", "payment"]
Severity = Literal["critical", "warning", "info"]

HOMES: tuple[Home, ...] = ("door", "dbt", "gx", "rule", "gate", "payment")
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")

RESULT_COLUMNS = ("municipality_code", "funding_year", "rule_id", "severity", "failing_count")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the register.

    Attributes
    ----------
    home : where it is computed; exactly one place
    severity : critical refuses a municipality's publication, warning and info are printed in ``RELEASE.md``
    table : what a ``rule`` or ``gx`` rule reads
    model : the dbt model that lists the failing rows of a ``dbt`` rule
    expect : the Great Expectations expectation of a ``gx`` rule, with its arguments
    """

    id: str
    name: str
    home: Home
    severity: Severity
    owner: str
    text: Mapping[str, str]
    reason: str
    table: str | None = None
    model: str | None = None
    expect: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        needed = {"rule": self.table, "gx": self.table and self.expect, "dbt": self.model}.get(self.home, True)
        if self.home not in HOMES or self.severity not in SEVERITIES or not needed or set(self.text) != {"sv", "en"}:
            raise ValueError(
                f"rules.yml, {self.id}: home, severity, table, model, expect or text is missing or unknown"
            )


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the register. Raises ValueError when an id or a name stands twice."""
    entries = yaml.safe_load(resources.files("expectations").joinpath("rules.yml").read_text(encoding="utf-8"))
    rules = tuple(Rule(**entry) for entry in entries)
    for attribute in ("id", "name"):
        values = [getattr(rule, attribute) for rule in rules]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ValueError(f"rules.yml: {attribute} {', '.join(twice)} stands more than once; one rule has one home")
    return rules


def rules_of(home: Home, *, table: str | None = None) -> tuple[Rule, ...]:
    """The rules with this home, and of this table when one is named."""
    return tuple(rule for rule in all_rules() if rule.home == home and (table is None or rule.table == table))


def rule(rule_id: str) -> Rule:
    """One rule by id. Raises LookupError when the register has none."""
    for found in all_rules():
        if found.id == rule_id:
            return found
    raise LookupError(f"no rule {rule_id} in expectations/rules.yml")


def result_rows(
    failing: Mapping[str, int], *, rule: Rule, funding_year: int, municipalities: Sequence[str]
) -> pd.DataFrame:
    """Rows of ``rule_result``: one per municipality, with 0 where the rule holds.

    ``failing`` maps municipality to failing rows; ``0000`` means that the failure concerns every municipality.
    """
    everywhere = failing.get("0000", 0)
    return pd.DataFrame(
        {
            "municipality_code": list(municipalities),
            "funding_year": funding_year,
            "rule_id": rule.id,
            "severity": rule.severity,
            "failing_count": [int(failing.get(code, 0)) + int(everywhere) for code in municipalities],
        },
        columns=list(RESULT_COLUMNS),
    )
