"""Types of policy parameters: each carries the unit that a policy file must state for it.

Belongs here: the vocabulary that kinds are declared in, and checks that any parameter of a type must pass. Does not: what
a kind does with them. ``Annotated[type, unit]`` is read by the policy files' shape, so a kind is declared once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, get_args, get_type_hints

from models_py.errors import AllocationError

GRADES = ("F", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
"""Every name of a grade: the preschool class and 1 to 9, from July 2028 1 to 10 (``models_py.forms.calendar``)."""

WholeSek = Annotated[int, "sek"]
Sek = Annotated[Decimal, "sek_per_unit"]
SekPerPupil = Annotated[Decimal, "sek_per_pupil"]
SekPerPoint = Annotated[Decimal, "sek_per_point"]
Share = Annotated[Decimal, "share"]
Part = Annotated[Decimal, "part"]
Change = Annotated[Decimal, "change"]
Number = Annotated[Decimal, "number"]
Pupils = Annotated[int, "pupils"]
Index = Annotated[Decimal, "index"]
Km = Annotated[Decimal, "km"]
Decimals = Annotated[int, "decimals"]
Measure = Annotated[str, "measure"]
Codes = Annotated[tuple[str, ...], "components"]
WeightByGrade = Annotated[Mapping[str, Decimal], "weight", "by_grade"]
SekByGrade = Annotated[Mapping[str, Decimal], "sek_per_pupil", "by_grade"]
WeightByName = Annotated[Mapping[str, Decimal], "weight"]
SekByName = Annotated[Mapping[str, Decimal], "sek_per_unit"]
GradesByName = Annotated[Mapping[str, tuple[str, ...]], "grades"]
Curve = Annotated[Mapping[str, Decimal], "curve"]
SIGNED_UNITS = frozenset({"change"})
"""Units whose values may be below zero."""


def parameter_types(kind: type) -> dict[str, Any]:
    """Parameter name to annotated type of one kind's dataclass, in order."""
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: hints[each.name] for each in fields(kind)}


def unit_of(annotation: Any) -> str:
    """The unit that a parameter's type carries; 'choice' for a choice among words."""
    for part in (annotation, *get_args(annotation)):
        metadata = getattr(part, "__metadata__", ())
        if metadata:
            return str(metadata[0])
    return "choice"


def is_by_grade(annotation: Any) -> bool:
    """Whether a mapping's keys are grades."""
    return any("by_grade" in getattr(part, "__metadata__", ()) for part in (annotation, *get_args(annotation)))


def check_parameters(parameters: Any, *, key: str) -> None:
    """Refuse numbers that are not exact or are below zero, and grades that do not exist; then the kind's own rules."""
    for name, annotation in parameter_types(type(parameters)).items():
        value, unit = getattr(parameters, name), unit_of(annotation)
        values = value.values() if isinstance(value, Mapping) else [value]
        for each in values:
            if isinstance(each, float):
                raise AllocationError(f"{key}.{name}: {each!r} is not exact; give a whole number or Decimal")
            if isinstance(each, int | Decimal | Fraction) and not isinstance(each, bool):
                if not Decimal(each).is_finite() if isinstance(each, Decimal) else False:
                    raise AllocationError(f"{key}.{name}: {each} is not a finite number")
                if each < 0 and unit not in SIGNED_UNITS:
                    raise AllocationError(f"{key}.{name}: is negative ({each})")
                if unit in ("share", "part") and each > 1:
                    raise AllocationError(f"{key}.{name}: {each} is above 1; a share, not per cent")
        if isinstance(value, Mapping) and is_by_grade(annotation):
            wrong = [grade for grade, each in value.items() if grade not in GRADES or not each > 0]
            if wrong or not value:
                raise AllocationError(
                    f"{key}.{name}: grades must be among {', '.join(GRADES)} and values above zero; "
                    f"wrong for {', '.join(wrong) or 'all, since it is empty'}"
                )
        if unit == "grades" and value is not None:
            wrong = sorted({grade for grades in value.values() for grade in grades} - set(GRADES))
            if wrong:
                raise AllocationError(f"{key}.{name}: unknown grades {', '.join(wrong)}")
    for problem in getattr(parameters, "problems", tuple)():
        raise AllocationError(f"{key}.{problem}")


def knots(curve: Mapping[str, Decimal]) -> tuple[tuple[Fraction, Fraction], ...]:
    """A curve's points (start, value), ascending by start."""
    try:
        return tuple(sorted((Fraction(start), Fraction(value)) for start, value in curve.items()))
    except ValueError:
        raise AllocationError(f"a curve begins each row at a number; it has {', '.join(curve)}") from None


def of_grades(stages: Mapping[str, tuple[str, ...]], *, key: str) -> dict[str, str]:
    """Grade to the stage it belongs to. Raises AllocationError for a grade in two stages."""
    stage_of: dict[str, str] = {}
    for stage, grades in stages.items():
        for grade in grades:
            if grade in stage_of:
                raise AllocationError(f"{key}: grade {grade} is in both {stage_of[grade]} and {stage}")
            stage_of[grade] = stage
    return stage_of
