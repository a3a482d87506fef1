"""What has been decided about one school form, resolved for one funding year: its money, its index, its fees.

Belongs here: frozen values and the conditions under which they make sense together. Does not: dates and files
(``orchestration.resources.form_policies``), the kernel's own conditions (``models_py.allocation.policy``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from models_py.allocation.organiser_terms import OverheadMethod, OverheadPolicy
from models_py.allocation.policy import AllocationPolicy
from models_py.errors import FormsError
from models_py.forms.reference import NeedSource, SchoolForm
from models_py.need.design import FACTORS, MISSING

MeritRule = Literal["steps", "curve"]
CHILD_LEVELS: Mapping[str, tuple[str, ...]] = {factor.name: factor.levels for factor in FACTORS}
ADULT_LEVELS: Mapping[str, tuple[str, ...]] = {
    "prior_education": ("post_secondary", "upper_secondary", "compulsory", MISSING),
    "study_path": ("none", "path_3", "path_2", "path_1"),
    "other_mother_tongue": ("no", "yes", MISSING),
}
"""What adult education can be weighed by: education before it, study path of Swedish for immigrants, language."""
LEVELS: Mapping[NeedSource, Mapping[str, tuple[str, ...]]] = {"shares": CHILD_LEVELS, "adult_background": ADULT_LEVELS}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormNeedPolicy:
    """Where the index of a form comes from.

    Attributes
    ----------
    source : need_model (the compulsory model's weights on the children's own background), shares or adult_background (decided
        points per level), merit (merit value at admission), or none
    at_zero, points : value of a person without any point, and factor to level to points; shares and adult_background
    merit_rule, merit_values : value by the unit's mean merit value at admission: of the step that it stands on, or on the
        line between the points; merit
    introductory_programmes, introductory_value : programmes without admission by merit, and the value of their students; merit
    """

    source: NeedSource = "none"
    at_zero: Decimal = Decimal(1)
    points: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    merit_rule: MeritRule | None = None
    merit_values: Mapping[str, Decimal] = field(default_factory=dict)
    introductory_programmes: tuple[str, ...] = ()
    introductory_value: Decimal | None = None

    def __post_init__(self) -> None:
        has_points, has_merit = bool(self.points), bool(self.merit_values)
        if has_points != (self.source in LEVELS) or has_merit != (self.source == "merit"):
            raise FormsError(
                f"form_need: source {self.source} takes "
                + {"merit": "merit_values", "none": "nothing else", "need_model": "nothing else"}.get(
                    self.source, "points"
                ),
                reason="need",
            )
        for factor, levels in self.points.items():
            known = LEVELS[self.source].get(factor, ())
            strange = sorted(set(levels) - set(known))
            if strange or not known:
                raise FormsError(
                    f"form_need.points: {factor} has no level {', '.join(strange) or 'at all'}; known: "
                    + (", ".join(known) or ", ".join(LEVELS[self.source])),
                    reason="need",
                )
        if self.source == "merit" and (
            self.merit_rule is None or bool(self.introductory_programmes) != (self.introductory_value is not None)
        ):
            raise FormsError(
                "form_need: merit takes merit_rule, and introductory_programmes together with introductory_value",
                reason="need",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPolicy:
    """One form's policy of one funding year.

    Attributes
    ----------
    allocation : budget, components (base part by group, structural part) as the kernel takes them
    need : where its index comes from
    overheads : administration and VAT of independent organisers by the form's law; None where no ordinance gives any
    fees_sek : group to kronor a year that the organiser takes in fees; they lower its grant
    """

    form: SchoolForm
    allocation: AllocationPolicy
    need: FormNeedPolicy
    overheads: OverheadPolicy | None
    fees_sek: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = self.form.school_form
        if self.need.source not in self.form.needs:
            raise FormsError(
                f"{name}: form_need.source {self.need.source} is none of {', '.join(self.form.needs)}", reason="need"
            )
        if self.allocation.reads_need != (self.need.source != "none"):
            raise FormsError(
                f"{name}: a structural part and form_need.source go together; one is given without the other",
                reason="need",
            )
        if self.fees_sek and not self.form.fees_deducted:
            raise FormsError(f"{name}: no fees are deducted in this form; leave fees out", reason="fees")


def overheads_by_law(form: SchoolForm, method: OverheadMethod) -> OverheadPolicy | None:
    """The form's standard amounts under the municipality's reading of them."""
    if form.overhead is None:
        return None
    return OverheadPolicy(method, form.overhead.administration_share, form.overhead.vat_share)
