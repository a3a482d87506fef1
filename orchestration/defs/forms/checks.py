"""Checks of the forms step: every form's money obeys the identities, and every decided form is counted."""

import pandas as pd

from expectations.rules import rules_of
from expectations.rules.tables import judge
from orchestration.checks.from_rule import checks_for
from orchestration.names import FORMS
from orchestration.resources.tables import Tables

RULES = rules_of("rule", table="form_overview")


def _judge(tables: Tables, year: int) -> pd.DataFrame:
    read = {name: tables.read_or_empty(name, year) for name in ("form_allocation", "form_overview")}
    codes = sorted(read["form_overview"]["municipality_code"].unique())
    return pd.concat([judge(rule, read, funding_year=year, municipalities=codes) for rule in RULES])


form_rules = checks_for("form_rules", group=FORMS, rules=RULES, judge=_judge)
