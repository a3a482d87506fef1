"""All school forms side by side: what a board sees at once, and what one child meets from one to twenty.

Belongs here: figures that follow from decided lines and counts, per form and per age. Does not: any sum that is not a published
amount, layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from models_py.allocation.measures import Measures
from models_py.allocation.rounding import as_decimal, half_even
from models_py.forms.calendar import StageCalendar
from models_py.forms.money import FormMoney
from models_py.forms.policy import FormPolicy
from models_py.forms.protection import FormProtection

OVERVIEW_COLUMNS = (
    "school_form", "unit_count", "pupil_count", "amount_ore", "pot_ore", "per_pupil_sek", "structural_share",
    "redistributed_share", "index_source", "need_index_lowest", "need_index_highest", "administration_share",
    "withheld_because",
)  # fmt: skip
AGE_COLUMNS = ("age", "school_form", "form_stage", "pupil_count", "total_per_pupil_sek")
ALL_STAGES = "all"
SMALL_COUNT = "small_count"
ADULT = "adult_education"
LAST_AGE = 20


@dataclass(frozen=True, slots=True, eq=False)
class FormResult:
    """One form as it was computed: what it was priced by, its money and index, and what of it may be told."""

    policy: FormPolicy
    groups: pd.DataFrame
    money: FormMoney
    index: pd.DataFrame | None
    protection: FormProtection


def overview_row(result: FormResult) -> dict[str, object]:
    """One row of ``OVERVIEW_COLUMNS``; figures are empty where the form's sums are withheld."""
    form, made = result.policy.form, result.money.allocation
    row: dict[str, object] = dict.fromkeys(OVERVIEW_COLUMNS) | {
        "school_form": form.school_form,
        "index_source": result.policy.need.source,
        "administration_share": None if form.overhead is None else float(form.overhead.administration_share),
    }
    if result.protection.is_sum_withheld:
        return row | {"withheld_because": SMALL_COUNT}
    people = int(result.groups["pupil_count"].sum())
    shown = _shown(result.index, result.protection)
    return row | {
        "unit_count": len(made.totals),
        "pupil_count": people,
        "amount_ore": made.budget_ore,
        "pot_ore": made.pot_ore,
        "per_pupil_sek": _per_person(made.budget_ore, people),
        **shares(result.money.measures),
        "need_index_lowest": shown[0],
        "need_index_highest": shown[1],
    }


def shares(measures: Measures) -> dict[str, float]:
    """What follows need, and what is moved by it, of a form's money."""
    return {
        "structural_share": round(measures.structural_share, 9),
        "redistributed_share": round(measures.redistributed_share, 9),
    }


def _shown(index: pd.DataFrame | None, protection: FormProtection) -> tuple[float | None, float | None]:
    if index is None:
        return None, None
    told = index.loc[~index["school_unit_code"].isin(protection.units), "need_index"]
    return (None, None) if told.empty else (float(told.min()), float(told.max()))


def age_rows(result: FormResult, *, calendar: StageCalendar) -> list[dict[str, object]]:
    """Kronor per person and year at each usual age of the form's stages, over its units together.

    What is priced by group follows the groups that people of the stage are in; everything else is shared per person of the
    form. Of a form about the child only the mean over all its ages is told, and nothing where its sums are withheld.
    """
    form, groups = result.policy.form, result.groups
    if result.protection.is_sum_withheld:
        return []
    people = int(groups["pupil_count"].sum())
    first, last = form.ages[0], min(form.ages[1], LAST_AGE)
    if form.about_the_child:
        mean = _per_person(result.money.allocation.budget_ore, people)
        return [_row(age, form.school_form, ALL_STAGES, people, mean) for age in range(first, last + 1)]
    lines = result.money.allocation.lines
    by_group = lines.groupby(lines["line_code"].str.partition("_")[2])["amount_ore"].sum()
    counts = groups.groupby("group")["pupil_count"].sum()
    rate = {group: Fraction(int(by_group.get(group, 0)), int(count)) for group, count in counts.items()}
    rest = Fraction(int(lines["amount_ore"].sum()) - sum(int(by_group.get(g, 0)) for g in counts.index), people)
    rows = []
    for stage, own in groups.groupby("stage", sort=False):
        n = own.groupby("group")["pupil_count"].sum()
        amount = sum((rate[group] * int(count) for group, count in n.items()), Fraction(0)) + rest * int(n.sum())
        per_person = as_decimal(half_even(amount / int(n.sum()) / 100, decimals=2), decimals=2)
        for age in _ages(form.school_form, str(stage), calendar=calendar):
            rows.append(_row(age, form.school_form, str(stage), int(n.sum()), per_person))
    return sorted(rows, key=lambda row: (row["age"], row["form_stage"]))


def _ages(school_form: str, stage: str, *, calendar: StageCalendar) -> range:
    """Usual ages of a stage: its own, those in its name (age_6_9), or for adults the last age told."""
    ages = [one.usual_age for one in calendar.stages if (one.school_form, one.stage) == (school_form, stage)]
    known = [age for age in ages if age is not None]
    if known:
        return range(known[0], known[0] + 1)
    numbers = [int(part) for part in stage.split("_") if part.isdigit()]
    if numbers:
        return range(numbers[0], numbers[-1] + 1)
    return range(LAST_AGE, LAST_AGE + 1)


def compulsory_age_rows(
    lines: pd.DataFrame, pupils: Mapping[str, int], ages: Mapping[str, int]
) -> list[dict[str, object]]:
    """The same of preschool class and compulsory school: a grade's own lines, and the rest per pupil.

    ``lines``: rows of the year's allocation; ``pupils``: grade to pupils; ``ages``: grade to its usual age.
    """
    people = sum(pupils.values())
    named = {f"grade_{grade}".lower(): grade for grade in pupils}
    of_line = lines["line_code"].str.lower().map(named)
    own = lines.groupby(of_line)["amount_ore"].sum()
    rest = Fraction(int(lines.loc[of_line.isna(), "amount_ore"].sum()), people)
    return [
        _row(
            ages[grade], "compulsory_school", grade, count,
            as_decimal(half_even((Fraction(int(own.get(grade, 0)), count) + rest) / 100, decimals=2), decimals=2),
        )
        for grade, count in pupils.items()
        if count
    ]  # fmt: skip


def _row(age: int, school_form: str, stage: str, people: int, per_person: object) -> dict[str, object]:
    return dict(zip(AGE_COLUMNS, (age, school_form, stage, people, per_person), strict=True))


def _per_person(ore: int, people: int) -> object:
    return as_decimal(half_even(Fraction(ore, 100 * people), decimals=2), decimals=2) if people else None
