"""What a year's decided publication says in the form that months are paid by: prices per unit, who is paid, overheads.

Belongs here: the values, and making them of decided lines. Does not: reading publications, events (``events``).
A line that counts pupils follows the month's pupils at its rate. One that counts something that follows from pupils
(need-weighted pupils) follows them at the amount per decided pupil. Any other (a sum per unit, heads counted once a year)
stands as decided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from models_py.errors import PaymentError
from models_py.payment.twelfths import MICRO

GRADES = ("F", "1", "2", "3", "4", "5", "6", "7", "8", "9")
STAGE_LINES = {"stage_low": GRADES[:4], "stage_middle": GRADES[4:7], "stage_high": GRADES[7:]}
FOLLOWING = ("pupils", "need_weighted_pupils")
"""Count units whose lines follow the month's pupils unless the policy says otherwise."""
Mode = Literal["follow_pupil", "fixed_frame"]
Key = tuple[str, str]
"""school_unit_code, component_code."""


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """One line of a decided allocation; ``rate_micro`` in millionths of an öre per count and year."""

    school_unit_code: str
    component_code: str
    line_code: str
    count_unit: str
    rate_micro: int
    amount_ore: int


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit is due of one component in a year.

    Attributes
    ----------
    per_pupil : grade to millionths of an öre per pupil and year
    fixed : (sign, öre a year) of sums that stand whatever the count; apart, so that twelfths of sums that are handed
        over from unit to unit within the year still add up to the sum
    """

    per_pupil: Mapping[str, int] = field(default_factory=dict)
    fixed: tuple[tuple[int, int], ...] = ()

    @property
    def fixed_ore(self) -> int:
        """Öre a year whatever the count."""
        return sum(sign * ore for sign, ore in self.fixed)


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid for a unit, and where the unit lies."""

    organiser_key: str
    is_independent: bool
    location_municipality_code: str


@dataclass(frozen=True, slots=True)
class Overheads:
    """Administration and VAT per öre of what an independent organiser is due, and VAT per öre of a supplement."""

    administration: Fraction = Fraction(0)
    vat: Fraction = Fraction(0)
    supplement_vat: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, eq=False)
class YearTerms:
    """One decided publication as payments use it.

    Attributes
    ----------
    prices : (unit, component) to its price
    common : component to the price of a unit that the publication does not know: the pupil-weighted mean per grade
    decided_pupils : unit to its pupils in the publication
    frames_ore : (unit, component) to the decided öre of the year
    taken_back : organiser to öre per pupil and year that its units give back for services bought together; 0 or more
    by_grade : components with a line per grade, of which every grade must have a rate; others may leave grades out
    prefix : how component codes of the school form begin, so that a unit's codes are unique over forms; empty for preschool
        class and compulsory school
    fees : what an independent organiser takes in fees, which lower what it is due; per group
    frame_fees_ore : unit to the same of the year, under fixed frames
    is_overhead_in_kronor : administration and VAT are whole kronor a year, as the form's grants are decided
    """

    publication_id: str
    mode: Mode
    prices: Mapping[Key, Price]
    common: Mapping[str, Price]
    payees: Mapping[str, Payee]
    decided_pupils: Mapping[str, int]
    frames_ore: Mapping[Key, int]
    overheads: Overheads = field(default_factory=Overheads)
    by_grade: frozenset[str] = frozenset()
    taken_back: Mapping[str, Fraction] = field(default_factory=dict)
    prefix: str = ""
    fees: Price = field(default_factory=Price)
    frame_fees_ore: Mapping[str, int] = field(default_factory=dict)
    is_overhead_in_kronor: bool = False

    def component(self, code: str) -> str:
        """A component code under the prefix of the form."""
        return f"{self.prefix}_{code}" if self.prefix else code


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """What a school form is priced by instead of grades, and what else is its own.

    Attributes
    ----------
    groups : line code to the group that it prices; any other line is for every group
    listed : component to group to millionths of an öre per person and year, as decided: the rate of a group that nobody was in
    prefix, fees, frame_fees_ore : as ``YearTerms``
    """

    groups: Mapping[str, str]
    listed: Mapping[str, Mapping[str, int]]
    prefix: str
    fees: Price = field(default_factory=Price)
    frame_fees_ore: Mapping[str, int] = field(default_factory=dict)

    def of(self, line_code: str) -> tuple[str, ...]:
        """Groups that a line is for."""
        return (self.groups[line_code],) if line_code in self.groups else tuple(sorted(set(self.groups.values())))

    def of_form(self) -> dict[str, Any]:
        """Fields of ``YearTerms`` that are the form's own."""
        return {
            "prefix": self.prefix, "fees": self.fees, "frame_fees_ore": dict(self.frame_fees_ore),
            "is_overhead_in_kronor": True,
        }  # fmt: skip


def year_terms(
    lines: Iterable[DecidedLine],
    *,
    publication_id: str,
    mode: Mode,
    payees: Mapping[str, Payee],
    decided_pupils: Mapping[str, int],
    overheads: Overheads,
    fixed_components: Collection[str] = (),
    taken_back: Mapping[str, Fraction] | None = None,
    grouping: Grouping | None = None,
) -> YearTerms:
    """The terms of a year of its decided lines. ``fixed_components`` stand as decided though they count pupils.

    ``grouping`` says what another school form than preschool class and compulsory school is priced by.
    Raises PaymentError for units without payee, and for a following line of a unit without decided pupils.
    """
    own = sorted(lines, key=lambda one: (one.school_unit_code, one.component_code, one.line_code))
    unknown = sorted({one.school_unit_code for one in own} - payees.keys())
    if unknown:
        raise PaymentError(f"no organiser is known for {len(unknown)} school units ({', '.join(unknown[:5])})")
    frames: dict[Key, int] = {}
    rates: dict[Key, dict[str, int]] = {}
    fixed: dict[Key, int] = {}
    for one in own:
        key = (one.school_unit_code, one.component_code)
        frames[key] = frames.get(key, 0) + one.amount_ore
        per_pupil = rates.setdefault(key, {})
        if one.count_unit not in FOLLOWING or one.component_code in fixed_components:
            fixed[key] = fixed.get(key, 0) + one.amount_ore
            continue
        rate = one.rate_micro
        if one.count_unit != "pupils":
            pupils = decided_pupils.get(one.school_unit_code, 0)
            if pupils <= 0:
                raise PaymentError(
                    f"{one.component_code}/{one.line_code} of {one.school_unit_code} follows pupils, but the unit has none decided"
                )
            rate = round(Fraction(one.amount_ore * MICRO, pupils))
        for grade in _grades_of(one.line_code) if grouping is None else grouping.of(one.line_code):
            per_pupil[grade] = per_pupil.get(grade, 0) + rate
    common = _common(rates, decided_pupils)
    if grouping is not None:
        for component, listed in grouping.listed.items():
            common[component] = Price({**listed, **(common[component].per_pupil if component in common else {})})
    prices = {
        key: Price(_filled(per_pupil, common[key[1]]), ((1, fixed[key]),) if fixed.get(key) else ())
        for key, per_pupil in rates.items()
    }
    return YearTerms(
        publication_id=publication_id,
        mode=mode,
        prices=prices,
        common=common,
        payees=dict(payees),
        decided_pupils=dict(decided_pupils),
        frames_ore=frames,
        overheads=overheads,
        taken_back=dict(taken_back or {}),
        by_grade=frozenset(one.component_code for one in own if one.line_code.startswith("grade_"))
        if grouping is None
        else frozenset(grouping.listed),
        **({} if grouping is None else grouping.of_form()),
    )


def _grades_of(line_code: str) -> tuple[str, ...]:
    name, _, grade = line_code.rpartition("_")
    if name == "grade":
        grade = grade.upper()
        if grade not in GRADES:
            raise PaymentError(f"line {line_code} names no grade F to 9")
        return (grade,)
    return STAGE_LINES.get(line_code, GRADES)


def _common(rates: Mapping[Key, Mapping[str, int]], pupils: Mapping[str, int]) -> dict[str, Price]:
    """Per component and grade the mean rate over units that have one, by their decided pupils."""
    sums: dict[str, dict[str, tuple[int, int]]] = {}
    for (unit, component), per_pupil in rates.items():
        own = sums.setdefault(component, {})
        weight = max(pupils.get(unit, 0), 1)
        for grade, rate in per_pupil.items():
            total, count = own.get(grade, (0, 0))
            own[grade] = (total + rate * weight, count + weight)
    return {
        component: Price({grade: round(Fraction(total, count)) for grade, (total, count) in sorted(own.items())})
        for component, own in sorted(sums.items())
    }


def _filled(per_pupil: Mapping[str, int], common: Price) -> dict[str, int]:
    """A unit's own rates; a grade that it had no pupils in when it was decided takes the common one."""
    if not per_pupil:
        return {}
    return {grade: per_pupil.get(grade, rate) for grade, rate in common.per_pupil.items()}
