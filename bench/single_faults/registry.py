"""Rule → the fault that breaks it alone. A rule of the register without a fault here fails a test.

Belongs here: the registry, trying one fault, saying what is wrong with how it was caught. Does not: the faults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.homes import remove
from bench.single_faults import at_the_door, in_money, in_need, in_publication, in_warehouse
from bench.single_faults.home import NEIGHBOUR, SPOILED, Bench, Judged, copy_of, judge
from expectations.rules import rule

FAULTS: dict[str, Callable[[Bench], None]] = (
    at_the_door.FAULTS | in_warehouse.FAULTS | in_need.FAULTS | in_money.FAULTS | in_publication.FAULTS
)
"""Rule id → what spoils a clean home before it is judged."""

VERDICT_FAULTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = in_publication.VERDICT_FAULTS
"""Rule id → what spoils the verdicts between judging and publishing."""


_PUBLICATION = "tests/orchestration/publication/test_publication_"
IN_TESTS: dict[str, str] = {
    **dict.fromkeys(
        ("G-APPROVE-001", "G-PARENT-001", "G-WAIVER-001", "G-DECIDED-001", "G-ID-001"),
        f"{_PUBLICATION}decide.py",
    ),
    **dict.fromkeys(
        ("G-ORGANISER-001", "G-ORGANISER-002", "G-ORGANISER-003", "G-ORGANISER-004"),
        f"{_PUBLICATION}organiser_checks.py",
    ),
    **dict.fromkeys(
        ("G-PAYMENT-001", "G-PAYMENT-002", "G-PAYMENT-003"), "tests/orchestration/payments/test_payment_runs.py"
    ),
    "G-ROLE-001": f"{_PUBLICATION}cli.py",
    **dict.fromkeys(("G-DISCLOSURE-001", "G-HEADS-001"), f"{_PUBLICATION}checks.py"),
    **dict.fromkeys(
        ("R-ORGANISER-001", "R-CHANGE-001", "R-INTERVAL-001", "R-SIGNAL-001"), "tests/expectations/test_rules.py"
    ),
}
"""Rule id → the tests that break it alone on a small candidate: acts of persons, and tables made of other tables, where a
single fault in a whole home cannot be told from its consequences."""

ALSO_CAUGHT_BY = {
    "Q-SHARE-001": frozenset({"G-CONTRACT-001"}),
    "R-AMOUNT-001": frozenset({"G-CONTRACT-001"}),
    "G-TOTAL-001": frozenset({"G-ORGANISER-001", "G-ORGANISER-003", "G-ORGANISER-004"}),
}
"""Rules whose fault others see too, and why: a share beyond 0..1 and a total below 0 break the contracts of their columns, and
each organiser's calculation is worked out again from the lines."""


@dataclass(frozen=True, slots=True)
class Caught:
    """One single-fault data set and what came of it; ``problems`` is empty where its rule alone caught it."""

    rule_id: str
    problems: tuple[str, ...]
    published: bool


def known() -> set[str]:
    """Rules that have a fault."""
    return {*FAULTS, *VERDICT_FAULTS, *IN_TESTS}


def clean(bench: Bench, at: Path) -> Judged:
    """The unspoiled home, judged the same way."""
    copy = copy_of(bench, at)
    try:
        return judge(copy)
    finally:
        remove(at)


def try_fault(rule_id: str, bench: Bench, *, at: Path, before: Judged) -> Caught:
    """Spoil a copy of a clean home, judge it, and compare with what the clean one gave (``before``)."""
    copy = copy_of(bench, at)
    try:
        FAULTS.get(rule_id, lambda _: None)(copy)
        found = judge(copy, after_judging=VERDICT_FAULTS.get(rule_id, lambda rows: rows))
    finally:
        remove(at)
    return Caught(rule_id, tuple(against(rule_id, found, before)), found.outcomes[SPOILED]["status"] != "refused")


def against(rule_id: str, found: Judged, before: Judged) -> list[str]:
    """What is wrong with how one fault was caught, in words."""
    problems = []
    more = found.failing[SPOILED] ^ before.failing[SPOILED]
    if more != {rule_id} | ALSO_CAUGHT_BY.get(rule_id, frozenset()):
        problems.append(f"caught by {', '.join(sorted(more)) or 'nothing'}")
    status = found.outcomes[SPOILED]["status"]
    if rule(rule_id).severity == "critical":
        if status != "refused":
            problems.append(f"was {status}")
        if found.standing[SPOILED][0] != before.standing[SPOILED][0]:
            problems.append("the pointer moved")
    elif status == "refused":
        problems.append("refused by a rule that only tells")
    if found.failing[NEIGHBOUR] != before.failing[NEIGHBOUR] or found.outcomes[NEIGHBOUR]["status"] != "verified":
        problems.append(f"the neighbour was {found.outcomes[NEIGHBOUR]['status']}")
    return problems
