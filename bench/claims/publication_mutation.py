"""The claim of the tests themselves: what share of the mutants of money, need and publication they kill.

It reads the result of ``make mutate``, which judges a random sample; a module whose code has changed since has no result.
What counts is what was killed when the mutants were drawn: tests written for its survivors do not raise a round's figure.
"""

from __future__ import annotations

from statsmodels.stats.proportion import proportion_confint

from bench.claim import Claim, Measured
from bench.mutation.plan import GROUPS, latest_round, load, open_survivors, reasons, stale

LEAST_SHARE = 0.90


def mutants_killed() -> Measured:
    results, told, holds, unexplained, survived, mended = load(), [], True, [], 0, 0
    if old := [file for group in GROUPS for file in stale(results, group.files)]:
        shown = f"{', '.join(old[:3])}{' …' if len(old) > 3 else ''}"
        return Measured("not measured", None, f"{len(old)} modules have no result of their code: {shown}")
    known = reasons()
    for group in GROUPS:
        mutants, judged, killed = (
            sum(results[file][what] for file in group.files) for what in ("mutants", "judged", "killed")
        )
        survived += sum(len(results[file]["survivors"]) for file in group.files)
        mended += sum(len(results[file]["mended"]) for file in group.files)
        unexplained += [name for file in group.files for name in open_survivors(results[file], known)]
        holds = holds and judged > 0 and killed >= LEAST_SHARE * judged
        lower, upper = proportion_confint(killed, max(judged, 1), method="wilson")
        sure = f", 95 % interval {lower:.0%} to {upper:.0%} of all {mutants}" if judged < mutants else ""
        draw = latest_round(results, group.files)
        told.append(f"{group.name} {killed} of {judged} ({killed / max(judged, 1):.1%}{sure}, round {draw})")
    figure = (
        f"{', '.join(told)}; {mended} of those that survived are killed by tests written since; "
        f"{survived} survivors listed, {survived - len(unexplained)} with a reason"
    )
    without = f"no reason is given for {', '.join(unexplained[:3])}{' …' if len(unexplained) > 3 else ''}"
    return Measured(figure, holds and not unexplained, without if unexplained else "")


CLAIMS = (
    Claim(
        id="publication-mutants",
        sentence="The tests notice when the code of money, need or publication is changed: mutants are killed.",
        goal=f"at least {LEAST_SHARE:.0%} of a random sample of each, every survivor with a reason",
        measure=mutants_killed,
    ),
)
