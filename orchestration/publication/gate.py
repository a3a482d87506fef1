"""The gate: may exactly this content of this municipality go out?

Belongs here: the verdict and judging rule results. Does not: computing rules (``expectations.rules``), the
publication's own checks on disk (``checks``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

from orchestration.publication.candidate import Reason
from orchestration.publication.checks import OWN_RULES

VERDICT_RULE = "G-VERDICT-001"
"""A verdict exists for exactly this content, from every required rule."""


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What the gate said, bound to the content it was said of.

    Attributes
    ----------
    content_sha256 : hash of the content that was judged; None where the tables broke their contract
    required_rules : rules without whose result nothing is published, sorted
    reasons : why not; empty where the gate is open
    texts : rules in words, by id and language (``sv``, ``en``), for ``RELEASE.md``
    """

    municipality_code: str
    funding_year: int
    content_sha256: str | None
    required_rules: tuple[str, ...]
    reasons: tuple[Reason, ...]
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether nothing stands against publishing."""
        return not self.reasons


def judge(
    rule_results: pd.DataFrame,
    *,
    municipality_code: str,
    funding_year: int,
    content_sha256: str | None,
    required_rules: Collection[str],
    texts: Mapping[str, Mapping[str, str]] | None = None,
) -> GateVerdict:
    """Judge one municipality and year by its own rows of ``rule_result``; the neighbours' rows do not count.

    Refuses for each critical or required rule that fails, whatever severity its row claims, and for each required
    rule without a result: a missing verdict proves nothing. The publication's own rules (``OWN_RULES``) may be among
    ``required_rules``; they are left out here, since ``publish`` checks them on what it has written.
    Raises ValueError where no rule is required: such a gate would be open to anything.
    """
    required = sorted(set(required_rules) - set(OWN_RULES))
    if not required:
        raise ValueError("required_rules is empty; name the critical rules of the register")
    own = rule_results[
        (rule_results["municipality_code"] == municipality_code) & (rule_results["funding_year"] == funding_year)
    ]
    reasons = []
    if silent := sorted(set(required) - set(own["rule_id"])):
        reasons.append(Reason(VERDICT_RULE, len(silent), f"no result of {', '.join(silent)}; run these rules"))
    binding = (own["severity"] == "critical") | own["rule_id"].isin(required)
    failing = own[binding & ~(own["failing_count"] == 0)].sort_values("rule_id")
    for rule_id, count in zip(failing["rule_id"], failing["failing_count"], strict=True):
        reasons.append(Reason(rule_id, 1, "no count") if pd.isna(count) else Reason(rule_id, int(count)))
    return GateVerdict(
        municipality_code, funding_year, content_sha256, tuple(required), tuple(reasons), dict(texts or {})
    )


def standing_against(verdict: GateVerdict, rule_results: pd.DataFrame, *, content_sha256: str) -> tuple[Reason, ...]:
    """Ask the gate again: what stands against publishing exactly this content now.

    The verdict must be of this content, and the rule results of this content must bear it out.
    """
    if verdict.content_sha256 != content_sha256:
        return (*verdict.reasons, Reason(VERDICT_RULE, 1, "the verdict is of another content; judge this candidate"))
    again = judge(
        rule_results,
        municipality_code=verdict.municipality_code,
        funding_year=verdict.funding_year,
        content_sha256=content_sha256,
        required_rules=verdict.required_rules,
    )
    return tuple(dict.fromkeys((*verdict.reasons, *again.reasons)))
