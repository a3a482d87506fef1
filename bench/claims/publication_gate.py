"""The claim of the gate: for every rule of the register one data set that breaks it alone, judged and proposed beside a
neighbour by the program's own steps.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.claim import Claim, Measured
from bench.homes import remove
from bench.single_faults.home import CODES, clean_home
from bench.single_faults.registry import ALSO_CAUGHT_BY, IN_TESTS, clean, known, try_fault
from expectations.rules import all_rules, rule

ROOT = Path(__file__).resolve().parents[2]


def every_rule_alone() -> Measured:
    folder = Path(tempfile.mkdtemp(prefix="likvard-gate-"))
    try:
        bench = clean_home(folder)
        before = clean(bench, folder / "unspoiled")
        caught = [
            try_fault(one.id, bench, at=folder / one.id, before=before)
            for one in all_rules()
            if one.id in known() and one.id not in IN_TESTS
        ]
        tests = ["-m", "pytest", "-q", "-p", "no:xdist", *sorted(set(IN_TESTS.values()))]
        on_candidates = subprocess.run([sys.executable, *tests], cwd=ROOT, capture_output=True, check=False)
    finally:
        remove(folder)
    critical = [one for one in caught if rule(one.rule_id).severity == "critical"]
    alarms = sorted(set().union(*(before.failing[code] for code in CODES)))
    bad = [one for one in caught if one.problems]
    whole = on_candidates.returncode == 0
    out = sum(one.published for one in critical)
    held_up = sum(words.startswith("the neighbour") for one in caught for words in one.problems)
    figure = (
        f"{len(all_rules())} rules; {len(caught)} single faults in a whole home, {len(caught) - len(bad)} caught by their rule "
        f"({len(ALSO_CAUGHT_BY)} of them by rules of what follows from it as well); of {len(critical)} "
        f"critical ones {out} published; {len(IN_TESTS)} on small candidates, {'all' if whole else 'not all'} caught alone by the "
        f"tests; {len(alarms)} false alarms on clean data; {held_up} neighbours held up"
    )
    told = "; ".join(f"{one.rule_id}: {', '.join(one.problems)}" for one in bad[:5]) or ", ".join(alarms)
    return Measured(
        figure, not bad and not alarms and not out and whole and known() == {one.id for one in all_rules()}, told
    )


CLAIMS = (
    Claim(
        id="publication-gate",
        sentence="Each rule of the register catches its single fault alone; a critical one publishes nothing, and the neighbour in "
        "the same run goes out.",
        goal="every rule caught, 0 published, 0 false alarms, 0 neighbours held up",
        measure=every_rule_alone,
    ),
)
