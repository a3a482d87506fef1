"""School units over years: outcome, dose and pupils, ordered by key, and freed of unit and year.

Belongs here: the panel and its two-way demeaning. Does not: any estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.errors import EffectError

KEYS = ("school_unit_code", "result_year")
MINIMUM_SCHOOLS = 3
"""With two units one slope and its uncertainty cannot both be told."""

NO_VARIATION = (
    "the dose does not vary within school units beyond what all units share in a year (or follows from the other columns);"
    " wait for a year in which the formula gave units different changes"
)


@dataclass(frozen=True, slots=True, eq=False)
class EffectPanel:
    """Rows ascend by (school, year), no pair repeats, every school has two years or more.

    Attributes
    ----------
    school, year : int64 per row, positions in ``schools`` and ``years``
    outcome : per row, standard deviations between pupils, higher is better
    dose : per row, kkr per pupil that the formula gives the composition of the base year
    received : per row, kkr per pupil in fact; None where it is not known
    pupils : int64 per row, those behind the outcome
    left_out : schools with one year only
    """

    schools: tuple[str, ...]
    years: tuple[int, ...]
    school: np.ndarray
    year: np.ndarray
    outcome: np.ndarray
    dose: np.ndarray
    received: np.ndarray | None
    pupils: np.ndarray
    left_out: tuple[str, ...]

    @property
    def starts(self) -> np.ndarray:
        """First row of every school."""
        return np.flatnonzero(np.diff(self.school, prepend=-1))


def effect_panel(table: pd.DataFrame) -> EffectPanel:
    """From a table of any order: school_unit_code, result_year, outcome, dose_kkr, pupil_count and perhaps received_kkr.

    Raises ``EffectError``: ``missing_column``, ``empty_value``, ``duplicate_key``, ``no_pupils``, ``too_few_schools``.
    """
    _check(table)
    rows = table.sort_values(list(KEYS), kind="stable", ignore_index=True)
    years_of = rows.groupby("school_unit_code")["result_year"].transform("size")
    left_out = tuple(sorted({str(code) for code in rows.loc[years_of < 2, "school_unit_code"]}))
    rows = rows[years_of >= 2]
    schools, school = np.unique(rows["school_unit_code"].to_numpy(dtype=str), return_inverse=True)
    years, year = np.unique(rows["result_year"].to_numpy(dtype=np.int64), return_inverse=True)
    if len(schools) < MINIMUM_SCHOOLS:
        raise EffectError(
            f"{len(schools)} school units have two years or more; an effect needs {MINIMUM_SCHOOLS}: wait for more years",
            reason="too_few_schools",
        )
    received = rows["received_kkr"].to_numpy(dtype=float) if "received_kkr" in rows else None
    arrays = [school.astype(np.int64), year.astype(np.int64)]
    arrays += [rows[name].to_numpy(dtype=float) for name in ("outcome", "dose_kkr")]
    arrays.append(rows["pupil_count"].to_numpy(dtype=np.int64))
    for array in (*arrays, *([] if received is None else [received])):
        array.setflags(write=False)
    return EffectPanel(
        schools=tuple(map(str, schools)),
        years=tuple(map(int, years)),
        school=arrays[0],
        year=arrays[1],
        outcome=arrays[2],
        dose=arrays[3],
        received=received,
        pupils=arrays[4],
        left_out=left_out,
    )


def of_years(panel: EffectPanel, years: tuple[int, ...]) -> EffectPanel:
    """Only these result years. Raises as ``effect_panel``."""
    return effect_panel(panel_table(panel).query("result_year in @years"))


def panel_table(panel: EffectPanel) -> pd.DataFrame:
    """The panel as the table it was made from, in canonical order."""
    table = pd.DataFrame(
        {
            "school_unit_code": np.array(panel.schools, dtype=object)[panel.school],
            "result_year": np.array(panel.years)[panel.year],
            "outcome": panel.outcome,
            "dose_kkr": panel.dose,
            "pupil_count": panel.pupils,
        }
    )
    return table if panel.received is None else table.assign(received_kkr=panel.received)


def two_way(values: np.ndarray, panel: EffectPanel) -> np.ndarray:
    """``values`` (rows, or rows × columns) freed of school and year: residuals on both sets of dummies.

    Exact also where years are missing for some schools: years are freed of schools first, then projected out.
    """
    flat = values.reshape(len(values), -1)
    dummies = (panel.year[:, None] == np.arange(1, len(panel.years))[None, :]).astype(float)
    both = _within(np.hstack([dummies, flat]), panel)
    years, rest = both[:, : dummies.shape[1]], both[:, dummies.shape[1] :]
    slopes, *_ = np.linalg.lstsq(years, rest, rcond=None)
    return (rest - years @ slopes).reshape(values.shape)


def freed(columns: np.ndarray, panel: EffectPanel) -> np.ndarray:
    """``two_way`` of explanatory columns (rows × columns). Raises ``EffectError`` (``no_variation``) where school and year
    alone explain one of them: a rest of rounding must not be taken for a change."""
    rest = two_way(columns, panel)
    left, whole = (rest**2).sum(axis=0), (columns**2).sum(axis=0)
    if not (left > 1e-12 * np.maximum(whole, 1e-300)).all():
        raise EffectError(NO_VARIATION, reason="no_variation")
    return rest


def _within(values: np.ndarray, panel: EffectPanel) -> np.ndarray:
    starts = panel.starts
    sizes = np.diff(np.append(starts, len(values)))
    means = np.add.reduceat(values, starts, axis=0) / sizes[:, None]
    return values - np.repeat(means, sizes, axis=0)


def _check(table: pd.DataFrame) -> None:
    needed = [*KEYS, "outcome", "dose_kkr", "pupil_count"]
    if missing := [name for name in needed if name not in table]:
        raise EffectError(f"the panel lacks columns {missing}; it needs {needed}", reason="missing_column")
    numbers = [name for name in (*needed[1:], "received_kkr") if name in table]
    for name in numbers:
        wrong = ~np.isfinite(pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float))
        if wrong.any():
            units = sorted(set(table["school_unit_code"].to_numpy()[wrong]))[:3]
            raise EffectError(
                f"the panel: {int(wrong.sum())} rows have no number in {name}, first units {units}; leave the rows out",
                reason="empty_value",
            )
    twice = table.duplicated(list(KEYS))
    if twice.any():
        first = [tuple(row) for row in table.loc[twice, list(KEYS)].head(3).itertuples(index=False)]
        raise EffectError(
            f"the panel: {int(twice.sum())} rows repeat a school unit and year, first {first}; one row each",
            reason="duplicate_key",
        )
    if (table["pupil_count"] < 1).any():
        raise EffectError(
            f"the panel: {int((table['pupil_count'] < 1).sum())} rows have no pupils; leave them out",
            reason="no_pupils",
        )
