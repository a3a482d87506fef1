"""Years that cannot be learned from: a municipality that falls out of a file, comes twice, or leaps.

Belongs here: comparing each cohort with itself a year later, and naming what cannot be. Does not: mending counts; nothing
is changed, a year is left out and said so. Small moves are life, and stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.forecast.panel import EnrollmentPanel

LOWEST, HIGHEST = 0.75, 1.33
"""A cohort that is a quarter smaller or a third larger a year later was not counted alike."""

SHIFT = 0.08
"""Log points beyond what is usual that year, from which a municipality's transition is not learned from."""

CHANCE = 0.3
"""Dispersion of a year's transition around a municipality's own ratio, per expected pupil: small municipalities vary more."""

FEWEST = 20
"""Pupils by which a cohort must differ to be impossible; municipalities that a common median needs."""

GAP_PUPILS = 10
"""A unit with fewer pupils than this may well be empty for a year."""

Row = tuple[str, int, str, str | None, int, float]
COLUMNS = ("municipality_code", "count_year", "kind", "school_unit_code", "pupil_count", "expected_count")


@dataclass(frozen=True, slots=True, eq=False)
class Breaks:
    """What may be used.

    Attributes
    ----------
    usable : (M, Y) whether the counts of the year can be built upon
    learned : (M, Y) whether the transition from the year before may be learned from; never into the first year
    missing_now : (J,) units that fell out of the last year together with a fall of their municipality
    found : ``COLUMNS``; kinds ``year_missing``, ``impossible_fall``, ``impossible_rise``, ``new_level``, ``level_shift``,
        ``basis_changed``, ``unit_gap``, ``unit_missing``; ``school_unit_code`` empty for a whole municipality
    """

    usable: np.ndarray
    learned: np.ndarray
    missing_now: np.ndarray
    found: pd.DataFrame


def find_breaks(panel: EnrollmentPanel) -> Breaks:
    """Judge every municipality and year of the panel, with what was known in its last year."""
    count = panel.by_municipality(panel.count).astype(float)
    usual = _usual(count)
    usable = panel.has_counts.copy()
    learned = np.zeros_like(usable)
    rows: list[Row] = []
    for m in range(len(count)):
        _judge(panel, count[m], usual, usable, learned, rows, m=m)
    missing = _missing_now(panel, count, usual, usable, learned, rows)
    rows += _gaps(panel)
    found = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(
        ["municipality_code", "count_year", "kind", "school_unit_code"], ignore_index=True, na_position="first"
    )
    return Breaks(usable=usable, learned=learned, missing_now=missing, found=found)


def _survival(later: np.ndarray, earlier: np.ndarray, *, steps: int = 1) -> tuple[float, float]:
    """Pupils of the same cohorts: those counted now, and those that were there ``steps`` years before."""
    return float(later[..., steps:].sum()), float(earlier[..., : 10 - steps].sum())


def _usual(count: np.ndarray) -> np.ndarray:
    """(Y,) median log survival into each year over municipalities; over all years where municipalities are few."""
    years = count.shape[1]
    usual = np.zeros(years)
    now, before = count[:, 1:, 1:].sum(axis=2), count[:, :-1, :9].sum(axis=2)
    known = (now > 0) & (before > 0)
    logs = np.log(np.where(known, now, 1) / np.where(known, before, 1))
    overall = float(np.median(logs[known])) if known.sum() >= 3 else 0.0
    for y in range(1, years):
        own = logs[known[:, y - 1], y - 1]
        usual[y] = float(np.median(own)) if len(own) >= FEWEST else overall
    return usual


def _impossible(later: np.ndarray, earlier: np.ndarray, *, steps: int, usual: float) -> int:
    """-1 where the cohorts fell impossibly, 1 where they rose, 0 where they could be the same pupils."""
    now, before = _survival(later, earlier, steps=steps)
    if abs(now - before) < FEWEST:
        return 0
    relative = now / max(before, 1.0) / np.exp(usual)
    return -1 if relative < LOWEST else int(relative > HIGHEST)


def _judge(
    panel: EnrollmentPanel,
    count: np.ndarray,
    usual: np.ndarray,
    usable: np.ndarray,
    learned: np.ndarray,
    rows: list[Row],
    *,
    m: int,
) -> None:
    """Walk through one municipality's years from the last one that could be used."""
    code, years = str(panel.municipality_codes[m]), panel.years
    has = np.flatnonzero(usable[m])
    if not len(has):
        return
    base, own = int(has[0]), _own(count, usable[m], usual)
    for y in range(base + 1, len(years)):
        if not usable[m, y]:
            rows.append((code, years[y], "year_missing", None, 0, float(count[base].sum())))
            continue
        steps, total = y - base, int(count[y].sum())
        if steps > 8:  # no cohort is left to compare
            base = y
            continue
        expected = float(np.exp(usual[base + 1 : y + 1].sum()))
        verdict = _impossible(count[y], count[base], steps=steps, usual=np.log(expected))
        if verdict and _stays(count, usable[m], usual, y=y, base=base):
            rows.append((code, years[y], "new_level", None, total, float(count[base].sum())))
            base = y
            continue
        if verdict:
            kind = "impossible_fall" if verdict < 0 else "impossible_rise"
            rows.append((code, years[y], kind, None, total, float(count[base].sum())))
            usable[m, y] = False
            continue
        if steps == 1:
            now, before = _survival(count[y], count[base])
            deviation = np.log(max(now, 1) / max(before, 1)) - usual[y] - own
            if panel.basis[m, y] != panel.basis[m, base]:
                rows.append((code, years[y], "basis_changed", None, total, float(count[base].sum())))
            elif abs(deviation) > max(SHIFT, 3 * np.sqrt(CHANCE / max(before, 1))):
                rows.append(
                    (code, years[y], "level_shift", None, total, float(total - now + before * np.exp(usual[y] + own)))
                )
            else:
                learned[m, y] = True
        base = y


def _own(count: np.ndarray, usable: np.ndarray, usual: np.ndarray) -> float:
    """What a municipality keeps beyond what is usual, in log points: the median of its transitions; 0 of fewer than three."""
    both = usable[1:] & usable[:-1]
    now, before = count[1:, 1:].sum(axis=1), count[:-1, :9].sum(axis=1)
    known = both & (now > 0) & (before > 0)
    if known.sum() < 3:
        return 0.0
    return float(np.median(np.log(now[known] / before[known]) - usual[1:][known]))


def _stays(count: np.ndarray, usable: np.ndarray, usual: np.ndarray, *, y: int, base: int) -> bool:
    """Whether the year after agrees with the leap and not with what was before: then the level is new, not wrong."""
    after = y + 1
    if after >= len(usable) or not usable[after] or after - base > 8:
        return False
    agrees = _impossible(count[after], count[y], steps=1, usual=usual[after]) == 0
    back = _impossible(count[after], count[base], steps=after - base, usual=usual[base + 1 : after + 1].sum()) == 0
    return agrees and not back


def _missing_now(
    panel: EnrollmentPanel,
    count: np.ndarray,
    usual: np.ndarray,
    usable: np.ndarray,
    learned: np.ndarray,
    rows: list[Row],
) -> np.ndarray:
    """Units that are gone in the last year while their municipality fell by what they would have had."""
    missing = np.zeros(len(panel.school_unit_code), dtype=bool)
    last = len(panel.years) - 1
    if last < 1:
        return missing
    total = panel.unit_total
    gone = (total[:, last] == 0) & (total[:, last - 1] >= GAP_PUPILS)
    for m in np.flatnonzero(usable[:, last] & usable[:, last - 1] & ~learned[:, last]):
        now, before = _survival(count[m, last], count[m, last - 1])
        short = before * np.exp(usual[last]) - now
        units = np.flatnonzero(gone & (panel.municipality == m))
        carried = panel.count[units, last - 1, :9].sum()
        if len(units) and short > max(FEWEST, SHIFT * before) and carried >= short / 2:
            missing[units] = True
            rows += [
                (str(panel.municipality_codes[m]), panel.years[last], "unit_missing", str(panel.school_unit_code[j]), 0, float(total[j, last - 1]))
                for j in units
            ]  # fmt: skip
    return missing


def _gaps(panel: EnrollmentPanel) -> list[Row]:
    """Units without pupils in a year between two years with them."""
    total = panel.unit_total
    rows: list[Row] = []
    seen = total > 0
    before = np.maximum.accumulate(seen, axis=1)
    after = np.maximum.accumulate(seen[:, ::-1], axis=1)[:, ::-1]
    for j, y in zip(*np.nonzero(~seen & before & after), strict=True):
        last = int(total[j, :y][total[j, :y] > 0][-1])
        if last >= GAP_PUPILS:
            rows.append(
                (
                    str(panel.municipality_code[j]),
                    panel.years[y],
                    "unit_gap",
                    str(panel.school_unit_code[j]),
                    0,
                    float(last),
                )
            )
    return rows
