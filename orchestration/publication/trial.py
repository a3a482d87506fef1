"""The whole gate on a candidate that nobody publishes: every rule that can be judged from its tables, judged anew.

Belongs here: recomputing rule results for changed tables and asking the gate of them. Does not: writing anything, rules
of the door and of dbt, whose rows the candidate carries.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import pandas as pd

from expectations import suites
from expectations.contracts import ContractError
from expectations.rules import RESULT_COLUMNS, rules_of
from expectations.rules.tables import judge_all
from orchestration.publication.candidate import Candidate, Reason
from orchestration.publication.checks import in_canonical_form, run_checks
from orchestration.publication.content import content_sha256
from orchestration.publication.gate import judge


@dataclass(frozen=True, slots=True)
class Trial:
    """What the gate says of a candidate.

    Attributes
    ----------
    against : why it would be refused; none where it would be published
    told : warnings and notes that fail, by rule id
    """

    against: tuple[Reason, ...]
    told: dict[str, int]

    @property
    def fired(self) -> frozenset[str]:
        """Every rule that fails, of whatever severity."""
        return frozenset({reason.rule_id for reason in self.against} | set(self.told))


def rejudged(candidate: Candidate, *, municipality_year: pd.DataFrame | None = None) -> Candidate:
    """``candidate`` with the rules of home ``rule`` and ``gx`` judged on its own tables; other results stay.

    Parameters
    ----------
    municipality_year : as ``suites.municipality_year`` makes it; without it the rules of that table keep their results
    """
    code, year = candidate.municipality_code, candidate.funding_year
    frames = {"fct_need_index": candidate.tables["fct_need_index"]}
    if municipality_year is not None:
        frames["municipality_year"] = municipality_year
    verdicts = [verdict for table, frame in frames.items() for verdict in suites.run_suite(table, frame)]
    new = pd.concat(
        [
            judge_all(candidate.tables, funding_year=year, municipalities=[code]),
            suites.results(verdicts, funding_year=year, municipalities=[code]),
        ],
        ignore_index=True,
    )
    old = candidate.tables["rule_result"]
    kept = old.loc[~old["rule_id"].isin(new["rule_id"]), list(RESULT_COLUMNS)]
    results = pd.concat([kept, new], ignore_index=True).sort_values("rule_id", ignore_index=True)
    return replace(candidate, tables={**candidate.tables, "rule_result": results})


def try_gate(candidate: Candidate, *, required_rules: Collection[str] | None = None) -> Trial:
    """Ask the gate of ``candidate`` as ``publish`` would, without writing.

    ``required_rules`` are those of the register where none are named. The tables are judged as they are: call
    ``rejudged`` first where they were changed.
    """
    code, year = candidate.municipality_code, candidate.funding_year
    _, contract = in_canonical_form(candidate.tables, municipality_code=code, funding_year=year)
    if contract.failing_count:
        return Trial((contract,), {})
    if required_rules is None:
        homes = ("door", "dbt", "gx", "rule")
        required_rules = [rule.id for home in homes for rule in rules_of(home) if rule.severity == "critical"]
    results = candidate.tables["rule_result"]
    verdict = judge(
        results,
        municipality_code=code,
        funding_year=year,
        content_sha256=_content(candidate),
        required_rules=required_rules,
    )
    own = tuple(
        reason for reason in run_checks(candidate.tables, budget_ore=candidate.budget_ore) if reason.failing_count
    )
    soft = results[(results["severity"] != "critical") & (results["failing_count"] > 0)]
    told = {str(rule): int(count) for rule, count in zip(soft["rule_id"], soft["failing_count"], strict=True)}
    return Trial((*verdict.reasons, *own), told)


def _content(candidate: Candidate) -> str | None:
    try:
        return content_sha256(candidate.tables, candidate.policy_sha256)
    except ContractError:
        return None
