"""What has been decided about money, resolved for one funding year.

Belongs here: frozen values and the conditions under which they make sense together.
Does not: dates, decisions and files (``orchestration.resources.policies`` resolves them into these).
Policy keys named in errors are those of the policy files: ``base.grade_weights`` and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from models_py.allocation.accounts import Accounts
from models_py.allocation.components.grades import PricesByGrade, WeightsByGrade
from models_py.allocation.components.need import StructuralLinear
from models_py.allocation.components.parameters import GRADES
from models_py.allocation.cost_types import check_cost_types, check_cost_types_sek
from models_py.allocation.formula import Budget, BudgetMode, Component, Formula, Sharing, Stage
from models_py.allocation.organiser_terms import OverheadPolicy
from models_py.errors import AllocationError

__all__ = ["GRADES", "AllocationPolicy", "BaseMode", "BasePolicy", "StructuralPolicy"]

BaseMode = BudgetMode
StructuralFunction = Literal["linear"]
Rebase = Literal["pupils", "none"]


@dataclass(frozen=True, slots=True)
class BasePolicy:
    """How the base part is set.

    Attributes
    ----------
    mode : 'share_of_budget' (the parts add up to a budget) or 'price_list' (the budget follows from pupils and prices)
    budget_sek : int, whole kronor a year, or None; 'share_of_budget' takes this or ``budget_per_pupil_sek``
    budget_per_pupil_sek : Decimal, kronor per pupil F-9 and year, or None
    grade_weights : grade to weight (1 = a pupil of weight one); used by 'share_of_budget'
    grade_prices_sek : grade to kronor per pupil and year; used by 'price_list'
    """

    mode: BaseMode
    budget_sek: int | None = None
    budget_per_pupil_sek: Decimal | None = None
    grade_weights: Mapping[str, Decimal] | None = None
    grade_prices_sek: Mapping[str, Decimal] | None = None

    def __post_init__(self) -> None:
        Budget(self.mode, self.budget_sek, self.budget_per_pupil_sek)
        if self.mode == "share_of_budget":
            _require(self.grade_weights is not None, "base.grade_weights: share_of_budget needs it")
            _require(self.grade_prices_sek is None, "base.grade_prices_sek: belongs to price_list only")
        else:
            _require(self.grade_prices_sek is not None, "base.grade_prices_sek: price_list needs it")
            _require(self.grade_weights is None, "base.grade_weights: belongs to share_of_budget only")
        for key, per_grade in (("grade_weights", self.grade_weights), ("grade_prices_sek", self.grade_prices_sek)):
            if per_grade is not None:
                wrong = [grade for grade, value in per_grade.items() if grade not in GRADES or not value > 0]
                _require(
                    not wrong,
                    f"base.{key}: grades must be among {', '.join(GRADES)} and values above zero; "
                    f"wrong for {', '.join(wrong)}",
                )
        object.__setattr__(self, "grade_weights", _frozen(self.grade_weights))
        object.__setattr__(self, "grade_prices_sek", _frozen(self.grade_prices_sek))

    def per_grade(self) -> tuple[str, Mapping[str, Decimal]]:
        """Policy key and values that weigh the grades: weights, or prices in kronor."""
        if self.grade_weights is not None:
            return "base.grade_weights", self.grade_weights
        assert self.grade_prices_sek is not None  # held by __post_init__
        return "base.grade_prices_sek", self.grade_prices_sek


@dataclass(frozen=True, slots=True)
class StructuralPolicy:
    """How the structural part is set.

    Attributes
    ----------
    share : Decimal in [0, 1), part of base part + structural part that follows need; or None
    pot_sek : int, whole kronor a year that follow need; or None. Exactly one of the two.
    function : 'linear': the claim is pupils × index, so index 200 gives twice the kronor per pupil of index 100
    """

    share: Decimal | None = None
    pot_sek: int | None = None
    function: StructuralFunction = "linear"

    def __post_init__(self) -> None:
        _require(
            (self.share is None) != (self.pot_sek is None),
            "structural: takes exactly one of structural.share and structural.pot_sek",
        )
        _require(self.share is None or 0 <= self.share < 1, f"structural.share: {self.share} is outside 0 <= share < 1")
        _require(self.pot_sek is None or isinstance(self.pot_sek, int), "structural.pot_sek: must be whole kronor")
        _require(self.pot_sek is None or self.pot_sek >= 0, f"structural.pot_sek: is negative ({self.pot_sek})")
        _require(self.function == "linear", f"structural.function: {self.function!r} is not known; known: linear")


@dataclass(frozen=True, slots=True)
class AllocationPolicy:
    """Everything decided that the allocation of one funding year depends on.

    ``base`` and ``structural`` are the short form: a base part by grade that takes the rest of the budget (or prices), and
    a linear structural part. A longer formula has its own ``components``, after or instead of them.

    Attributes
    ----------
    base, structural : see there; None where ``components`` say it all
    index_minimum_pupils : int; a smaller unit is paid by its merged group's index, since money reveals an index
    rebase : 'pupils': the index must have pupil-weighted mean 100; 'none': the index is used as delivered
    count_lag_years : int, extra years by which the count dates lie back (0: 15 October of the year before)
    budget : what is shared, where ``base`` does not say it
    components : further components, in order
    guarantees : promises and later steps, in the order in which they are carried out
    cost_types : component_code to statutory cost type to its part, 0..1, adding up to 1
    cost_types_sek : component_code to cost type to kronor per pupil, taken before the parts
    overheads : administration and VAT of independent organisers, or None
    accounts : lines of the annual accounts that the money is met with, or None
    """

    base: BasePolicy | None = None
    structural: StructuralPolicy | None = None
    index_minimum_pupils: int = 20
    rebase: Rebase = "pupils"
    count_lag_years: int = 0
    budget: Budget | None = None
    components: tuple[Component, ...] = ()
    guarantees: tuple[Stage, ...] = ()
    cost_types: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    cost_types_sek: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    overheads: OverheadPolicy | None = None
    accounts: Accounts | None = None
    base_key: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        _require(self.index_minimum_pupils >= 1, "index.minimum_pupils: must be at least 1")
        _require(self.rebase in ("pupils", "none"), f"index.rebase: {self.rebase!r} is neither pupils nor none")
        _require(self.count_lag_years >= 0, "index.count_lag_years: is negative")
        _require((self.base is None) != (self.budget is None), "base: takes exactly one of base part and budget")
        self.formula()  # components that do not fit together are refused here
        check_cost_types(self.cost_types)
        check_cost_types_sek(self.cost_types_sek)

    def formula(self) -> Formula:
        """Budget, components and stages with the short form spelt out."""
        budget = self.budget
        short: list[Component] = []
        if self.base is not None:
            budget = Budget(self.base.mode, self.base.budget_sek, self.base.budget_per_pupil_sek)
            key, values = self.base.per_grade()
            key = self.base_key or key
            if self.base.mode == "share_of_budget":
                weights = WeightsByGrade(weights=values)
                short.append(Component("base_part", "weights_by_grade", weights, Sharing(money="rest"), key))
            else:
                short.append(Component("base_part", "prices_by_grade", PricesByGrade(prices_sek=values), key=key))
        if self.structural is not None:
            structural = self.structural
            short.append(
                Component(
                    "structural_part",
                    "structural_linear",
                    StructuralLinear(),
                    Sharing(pot_sek=structural.pot_sek, share=structural.share),
                    "structural",
                    {"pot_sek": "structural.pot_sek", "share": "structural.share"},
                )
            )
        assert budget is not None  # held by __post_init__
        return Formula(budget, (*short, *self.components), self.guarantees)

    @property
    def reads_need(self) -> bool:
        """Whether a component reads the need index."""
        return any(
            each.kind.startswith("structural") or each.kind == "posts"
            for each in self.formula().components
            if getattr(each.parameters, "measure", None) in (None, "need_index")
            and each.kind not in ("structural_pupil_threshold", "structural_cost_based")
        )


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise AllocationError(message)


def _frozen(values: Mapping[str, Decimal] | None) -> Mapping[str, Decimal] | None:
    return None if values is None else MappingProxyType(dict(values))
