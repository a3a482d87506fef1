"""Which units and sums of a form are not told, so that no small number of people with a trait follows from money.

Belongs here: the choice of units. Does not: taking rows away. Money is count × a published price, so a small count cannot be
hidden beside its amount (docs/decisions/0019-need-parts.md): the whole unit is left out of the published tables, together with as
many others as it takes. What each organiser is paid stands in its own decision.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from models_py.forms.reference import SchoolForm

FEWEST_UNITS = 2


@dataclass(frozen=True, slots=True)
class FormProtection:
    """``units``: not told by unit, ascending. ``is_sum_withheld``: not even the sums of the form are."""

    units: tuple[str, ...] = ()
    is_sum_withheld: bool = False


def protect_form(groups: pd.DataFrame, *, form: SchoolForm, threshold: int) -> FormProtection:
    """Units of which nothing is published.

    ``groups`` as ``models_py.forms.money.groups_of``; ``threshold``: fewer people than this are a small count.

    A form that tells of the child itself is never told by unit. Elsewhere a unit with 1 to threshold - 1 people in a group that
    tells of the person is left out, joined by the smallest others until the left-out units are at least two and hold none or
    at least ``threshold`` of every such group: only their sum follows from the form's. Where that cannot be reached, or a group
    of a form about the child has few people in all, the sums of the form are withheld too. Not covered: a reader who knows the
    counts of all left-out units but one.
    """
    told = groups[[form.is_about_the_person(group) for group in groups["group"]]]
    by_unit = told.pivot_table(
        index="school_unit_code", columns="group", values="pupil_count", aggfunc="sum", fill_value=0
    )
    people = groups.groupby("school_unit_code")["pupil_count"].sum()
    if form.about_the_child:
        return FormProtection(tuple(sorted(people.index)), _has_few(by_unit.sum(), threshold))
    few = [str(unit) for unit, row in by_unit.iterrows() if _has_few(row, threshold)]
    if not few:
        return FormProtection()
    others = [unit for _, unit in sorted((count, str(unit)) for unit, count in people.items() if unit not in few)]
    left_out = sorted(few)
    while len(left_out) < FEWEST_UNITS or _has_few(by_unit.reindex(left_out, fill_value=0).sum(), threshold):
        if not others:
            return FormProtection(tuple(sorted(people.index)), True)
        left_out.append(others.pop(0))
    return FormProtection(tuple(sorted(left_out)))


def _has_few(counts: pd.Series, threshold: int) -> bool:
    return bool(((counts > 0) & (counts < threshold)).any())
