"""What is known at one count date, and the plain forecasts that can be made from it.

Belongs here: cohorts carried up through the grades, the unit as it was, the municipality's own path, and the two naive
forecasts. Does not: choosing between them (``combine``), judging them (``backtest``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models_py.forecast.breaks import Breaks, find_breaks
from models_py.forecast.intake import Cohorts, expected_first_grade, handed_on, recent_level
from models_py.forecast.panel import EnrollmentPanel, follow_succession
from models_py.forecast.ratios import Ratios, progression_ratios

HORIZON = 3
"""Years ahead."""

UNIT_WINDOW = 5
MUNICIPALITY_WINDOW = 3
"""Transitions behind the ratios of units, and of municipalities, whose migration changes faster than schools do."""

DAMPING = 0.7
"""Part of a municipality's yearly growth by migration that is expected to go on (damped trend: Gardner and McKenzie 1985)."""

CONTINUING, NEW, SUCCEEDED, MISSING, CLOSED = "continuing", "newly_opened", "succeeded", "missing", "closed"


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Forecasts of J units and M municipalities from one count date, for 1 to H years ahead; pupils, not rounded.

    Attributes
    ----------
    state : (J,) one of ``continuing``, ``newly_opened``, ``succeeded``, ``missing`` (fell out of the count, expected
        back), ``closed`` (had pupils once); empty for a unit not yet seen
    progressed : (H, J, 10) cohorts carried up by the drawn ratios, intake from own history or births
    level : (J, 10) each grade as it has recently been
    path : (H, M, 10) the municipality's own cohorts and intake
    born : (H, M) preschool class from delivered cohorts; NaN without
    same_grade : (J, 10) the last count
    carried : (H, J, 10) the previous grade carried forward; the preschool class as last counted
    breaks : years that were not learned from
    """

    state: np.ndarray
    progressed: np.ndarray
    level: np.ndarray
    path: np.ndarray
    born: np.ndarray
    same_grade: np.ndarray
    carried: np.ndarray
    breaks: Breaks

    @property
    def is_open(self) -> np.ndarray:
        """(J,) units that have a forecast."""
        return np.isin(self.state, (CONTINUING, NEW, SUCCEEDED, MISSING))


def forecasts_from(
    panel: EnrollmentPanel, *, links: Sequence[tuple[str, str]] = (), cohorts: Cohorts | None = None
) -> Origin:
    """Every plain forecast from the panel's last year.

    ``links`` are (predecessor_code, successor_code); ``cohorts`` children of the age of the preschool class.
    """
    whole = follow_succession(panel, links)
    breaks = find_breaks(whole)
    total = whole.unit_total
    ratios = progression_ratios(whole.count, learned=_learned_by_units(whole, breaks), window=UNIT_WINDOW)
    start, base = _start(whole, breaks)
    municipal = whole.by_municipality(whole.count)
    first_grade = expected_first_grade(whole, usable=breaks.usable, base=base, cohorts=cohorts, horizon=HORIZON)
    handed = handed_on(whole, usable=breaks.usable)
    late = len(whole.years) - 1 - base
    progressed = _progress(whole, start, late=late, ratios=ratios, handed=handed, first_grade=first_grade.units)
    path = _municipal_path(whole, breaks, municipal, start=start, late=late, intake=first_grade.municipalities)
    is_open = start.sum(axis=1) > 0
    return Origin(
        state=_states(panel, total, is_open),
        progressed=progressed * is_open[None, :, None],
        level=recent_level(whole, usable=breaks.usable, base=base) * is_open[:, None],
        path=path,
        born=first_grade.born,
        same_grade=start,
        carried=np.stack([_carried(start, steps) for steps in range(1, HORIZON + 1)]),
        breaks=breaks,
    )


def _learned_by_units(panel: EnrollmentPanel, breaks: Breaks) -> np.ndarray:
    """(J, Y): the municipality's transition counts, and the unit had pupils on both sides of it."""
    seen = panel.unit_total > 0
    learned = breaks.learned[panel.municipality] & seen
    learned[:, 1:] &= seen[:, :-1]
    return learned


def _start(panel: EnrollmentPanel, breaks: Breaks) -> tuple[np.ndarray, np.ndarray]:
    """(J, 10) last counts that can be built upon, and (J,) the place of their year."""
    years = len(panel.years)
    place = np.where(breaks.usable, np.arange(years), 0).max(axis=1)  # per municipality
    base = place[panel.municipality]
    base = np.where(breaks.missing_now, base - 1, base)
    return panel.count[np.arange(len(base)), base].astype(float), base


def _progress(
    panel: EnrollmentPanel,
    start: np.ndarray,
    *,
    late: np.ndarray,
    ratios: Ratios,
    handed: np.ndarray,
    first_grade: np.ndarray,
) -> np.ndarray:
    """Carry every unit up; one whose last usable count is older takes the years it is behind first."""
    now, steps = start.copy(), []
    behind = int(late.max()) if len(late) else 0
    for step in range(behind + HORIZON):
        cohort = panel.by_municipality(now)[panel.municipality]
        following = np.empty_like(now)
        following[:, 1:] = np.where(ratios.begins, handed * cohort[:, :9], now[:, :9] * ratios.ratio)
        following[:, 0] = first_grade[max(0, step - behind)]
        waits = behind - step > late  # not yet behind: stands still until the others have caught up
        now = np.where(waits[:, None], now, following)
        if step >= behind:
            steps.append(now)
    return np.stack(steps)


def _municipal_path(
    panel: EnrollmentPanel,
    breaks: Breaks,
    municipal: np.ndarray,
    *,
    start: np.ndarray,
    late: np.ndarray,
    intake: np.ndarray,
) -> np.ndarray:
    """(H, M, 10): pooled ratios of the municipality, drawn together over municipalities, growth damped."""
    ratios = progression_ratios(municipal, learned=breaks.learned, window=MUNICIPALITY_WINDOW).ratio
    damped = 1 + DAMPING * (ratios - 1)
    behind = np.zeros(len(municipal), dtype=int)
    np.maximum.at(behind, panel.municipality, late * ~breaks.missing_now)
    now, steps, most = panel.by_municipality(start), [], int(behind.max()) if len(behind) else 0
    for step in range(most + HORIZON):
        following = np.empty_like(now)
        following[:, 1:] = now[:, :9] * damped
        following[:, 0] = intake[max(0, step - most)]
        now = np.where((most - step > behind)[:, None], now, following)
        if step >= most:
            steps.append(now)
    return np.stack(steps)


def _carried(start: np.ndarray, steps: int) -> np.ndarray:
    carried = np.repeat(start[:, :1], 10, axis=1)
    carried[:, steps:] = start[:, : 10 - steps]
    return carried


def _states(panel: EnrollmentPanel, total: np.ndarray, is_open: np.ndarray) -> np.ndarray:
    """How each unit stands at the last year."""
    own, years = panel.unit_total > 0, (total > 0).sum(axis=1)
    linked = (total > 0).sum(axis=1) > own.sum(axis=1)
    absent = ~own[:, -1] & is_open
    chosen = np.where(linked, SUCCEEDED, np.where(years == 1, NEW, CONTINUING))
    chosen = np.where(absent, MISSING, chosen)
    chosen = np.where(~is_open & own.any(axis=1), CLOSED, chosen)
    return np.where(is_open | own.any(axis=1), chosen, "").astype("U12")
