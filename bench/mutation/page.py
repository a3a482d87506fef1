"""``docs/mutants.md``: what the tests of money, need and publication notice, and what they did not and why.

Belongs here: the words and tables of that page. Does not: judging (``run``), the claim (``bench.claims.publication_mutation``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.mutation.plan import GROUPS, Group, latest_round, load, reasons

INTRODUCTION = """# What the tests notice

A mutant is the code with one small change: another sign, another limit, a word left out. Tests that stay green on a mutant do not
guard what was changed. `make mutate` changes the code of money, need and publication, draws a random sample of the mutants of
each and runs the tests that reach them; `make prove CLAIM=publication-mutants` says what the result holds for. A module that has
changed since has no result. This page is generated from `docs/proofs/mutation.json` and `bench/mutation/reasons.json`.

| code | mutants | judged | noticed | noticed later | stand with a reason | draw |
|---|---|---|---|---|---|---|
"""
SURVIVORS = """
What survived when it was drawn and is noticed by a test written since does not raise the figure of its draw.

## Mutants that stand

"""


def mutants_page() -> str:
    """The page, from the results as they stand."""
    results, known = load(), reasons()
    rows = [_row(group, results) for group in GROUPS]
    told = [
        _survivor(file, name, change, known)
        for group in GROUPS
        for file in group.files
        for name, change in results.get(file, {}).get("survivors", {}).items()
    ]
    return INTRODUCTION + "\n".join(rows) + "\n" + SURVIVORS + "\n".join(told)


def _row(group: Group, results: Mapping[str, Any]) -> str:
    found = [results[file] for file in group.files if file in results]
    mutants, judged, killed = (sum(each[what] for each in found) for what in ("mutants", "judged", "killed"))
    later, stand = (sum(len(each[what]) for each in found) for what in ("mended", "survivors"))
    draw = latest_round(results, group.files)
    return f"| `{group.code}` | {mutants:,} | {judged} | {killed} | {later} | {stand} | {draw} |"


def _survivor(file: str, name: str, change: list[str], known: Mapping[str, Any]) -> str:
    reason = known.get(name, {}).get("reason", "No reason is given yet.")
    lines = "\n".join(change)
    return f"`{file}`, {name.rpartition('.')[2]}: {reason}\n\n```diff\n{lines}\n```\n"
