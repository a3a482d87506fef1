"""``quality_report.html``: every rule that judged the publication, what it asks, and what it found, in Swedish and English.

Belongs here: the register beside its results, as a page of its own. Does not: judging (``expectations``, ``checks``).
The page holds counts of failing rows, never a row or a value, asks nothing of the network and holds no time, so that
equal content gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from expectations.rules import HOMES, Rule, all_rules
from orchestration.publication import act_words
from orchestration.publication.candidate import Reason
from orchestration.publication.dictionary import templates
from orchestration.publication.figures import number
from orchestration.publication.waiving import WaiverLine

NAME = "quality_report.html"


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule of the register and the rows that break it; None where the rule concerns acts of decision alone."""

    rule: Rule
    failing_count: int | None

    @property
    def asks(self) -> str:
        """What Great Expectations is asked, as its name and arguments; empty for other homes."""
        given = ", ".join(f"{name} {value}" for name, value in self.rule.expect.items() if name != "type")
        return f"{self.rule.expect['type']}: {given}" if self.rule.expect else ""


def quality_report(
    rule_results: pd.DataFrame,
    *,
    own: tuple[Reason, ...],
    publication_id: str,
    municipality_code: str,
    about: Mapping[str, str],
    waivers: tuple[WaiverLine, ...],
) -> bytes:
    """The page as UTF-8.

    Parameters
    ----------
    rule_results : ``rule_result`` of this municipality and year, as read back from disk
    own : the publication's own checks of what it has written
    about : what the publication is, per language; stands first
    """
    judged = by_home(rule_results, own=own)
    counted = [one for rows in judged.values() for one in rows if one.failing_count is not None]
    facts: dict[str, Any] = {
        "publication_id": publication_id,
        "municipality_code": municipality_code,
        "about": about,
        "judged": judged,
        "asked": len(counted),
        "failing": {
            severity: sum(one.rule.severity == severity and bool(one.failing_count) for one in counted)
            for severity in ("critical", "warning", "info")
        },
        "waivers": waivers,
        "acts": act_words,
        "number": number,
    }
    return templates().get_template("quality_report.html.jinja").render(facts).encode()


def by_home(rule_results: pd.DataFrame, *, own: tuple[Reason, ...]) -> dict[str, list[Judged]]:
    """The rules of the register by home, each with its count; homes and rules in the register's order."""
    found = {
        str(rule): int(count)
        for rule, count in zip(rule_results["rule_id"], rule_results["failing_count"], strict=True)
    }
    found |= {reason.rule_id: reason.failing_count for reason in own}
    return {home: [Judged(rule, found.get(rule.id)) for rule in all_rules() if rule.home == home] for home in HOMES}
