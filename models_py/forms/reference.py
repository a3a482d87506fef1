"""What holds of a school form whatever a municipality decides: register, count days, sources of need, overheads, protection.

Belongs here: one frozen value per form, its checks, its count dates. Does not: the table itself (it is passed in), prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

from models_py.errors import FormsError

NeedSource = Literal["need_model", "shares", "merit", "adult_background", "none"]
Register = Literal["form_register", "school_register"]
Group = Literal["hours", "track", "programme", "none"]


@dataclass(frozen=True, slots=True)
class FormOverhead:
    """Standard amounts of independent organisers by law, shares 0..1."""

    administration_share: Decimal
    vat_share: Decimal
    law: str


@dataclass(frozen=True, slots=True)
class SchoolForm:
    """One school form.

    Attributes
    ----------
    prefix : how its component codes begin; empty for preschool class and compulsory school, whose codes have none
    counted_by : 'form_register', or 'school_register' for the pupil register of preschool class and compulsory school
    count_days : (month, day) of its counts in a year, ascending
    needs : sources its index can have, the usual one first
    overhead : None where no ordinance gives standard amounts
    fees_deducted : whether fees lower the grant
    about_the_child : being in the form tells of the child itself; nothing is told by unit
    ages : usual ages, first and last
    group : what a price is set by beside the stage
    background_groups : beginnings of groups that tell of the person's background or results
    """

    school_form: str
    name: Mapping[str, str]
    prefix: str
    counted_by: Register
    count_days: tuple[tuple[int, int], ...]
    needs: tuple[NeedSource, ...]
    overhead: FormOverhead | None
    fees_deducted: bool
    about_the_child: bool
    ages: tuple[int, int]
    group: Group
    background_groups: tuple[str, ...]
    law: str

    def count_dates(self, funding_year: int) -> tuple[date, date]:
        """The later and the earlier count of a funding year: the last two of its count days before the year begins."""
        days = [date(year, *day) for year in (funding_year - 2, funding_year - 1) for day in self.count_days]
        return days[-1], days[-2]

    def is_about_the_person(self, group: str) -> bool:
        """Whether being counted in ``group`` tells of background, results or need of support."""
        return self.about_the_child or group.startswith(self.background_groups)

    def component(self, code: str) -> str:
        """A component code with the form's prefix, unique over forms."""
        return f"{self.prefix}_{code}" if self.prefix else code


def forms_of(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, SchoolForm]:
    """Forms by name, in order. Raises FormsError (``form``) for an unknown source of need, a prefix taken twice or no count day."""
    forms = {name: _form(name, row) for name, row in rows.items()}
    prefixes = [form.prefix for form in forms.values() if form.counted_by == "form_register"]
    if len(set(prefixes)) != len(prefixes) or "" in prefixes:
        raise FormsError(f"prefixes of component codes must be unique and not empty; given {prefixes}", reason="form")
    return forms


def _form(name: str, row: Mapping[str, Any]) -> SchoolForm:
    overhead = row["overhead"]
    form = SchoolForm(
        school_form=name,
        name=dict(row["name"]),
        prefix=row["prefix"],
        counted_by=row["counted_by"],
        count_days=tuple((int(day[:2]), int(day[3:])) for day in row["count_days"]),
        needs=tuple(row["needs"]),
        overhead=None
        if overhead == "none"
        else FormOverhead(
            administration_share=Decimal(str(overhead["administration_share"])),
            vat_share=Decimal(str(overhead["vat_share"])),
            law=overhead["law"],
        ),
        fees_deducted=row["fees_deducted"],
        about_the_child=row["about_the_child"],
        ages=(row["ages"][0], row["ages"][1]),
        group=row["group"],
        background_groups=tuple(row["background_groups"]),
        law=row["law"],
    )
    unknown = sorted({*form.needs} - {*get_args(NeedSource)})
    if unknown or not form.needs or not form.count_days or form.counted_by not in get_args(Register):
        raise FormsError(
            f"{name}: needs a known register, count days and sources of need; unknown sources: {', '.join(unknown) or 'none'}",
            reason="form",
        )
    return form
