"""The claim of the tests themselves: what share of the mutants of money, need and publication they kill.

It reads the result of ``make mutate``, which judges a random sample; a module whose code has changed since has no result.
"""

from __future__ import annotations

from statsmodels.stats.proportion import proportion_confint

from bench.claim import Claim, Measured
from bench.mutation.plan import GROUPS, load, reasons, stale

LEAST_SHARE = 0.90


def mutants_killed() -> Measured:
    results, told, holds, explained, survived = load(), [], True, 0, 0
    files = [file for group in GROUPS for file in group.files]
    if old := stale(results, files):
        shown = f"{', '.join(old[:3])}{' …' if len(old) > 3 else ''}"
        return Measured(
            "not measured", None, f"{len(old)} of {len(files)} modules have no result of their code: {shown}"
        )
    known = reasons()
    for group in GROUPS:
        mutants, judged, killed = (
            sum(results[file][what] for file in group.files) for what in ("mutants", "judged", "killed")
        )
        survivors = [name for file in group.files for name in results[file]["survivors"]]
        survived += len(survivors)
        explained += sum(name in known for name in survivors)
        holds = holds and judged > 0 and killed >= LEAST_SHARE * judged
        lower, upper = proportion_confint(killed, max(judged, 1), method="wilson")
        sure = f", 95 % interval {lower:.0%} to {upper:.0%} of all {mutants}" if judged < mutants else ""
        told.append(f"{group.name} {killed} of {judged} ({killed / max(judged, 1):.1%}{sure})")
    return Measured(f"{', '.join(told)}; {survived} survivors listed, {explained} with a reason", holds)


CLAIMS = (
    Claim(
        id="publication-mutants",
        sentence="The tests notice when the code of money, need or publication is changed: mutants are killed.",
        goal=f"at least {LEAST_SHARE:.0%} of a random sample of each",
        measure=mutants_killed,
    ),
)
