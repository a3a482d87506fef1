"""What has been decided about money, resolved for one funding year.

Belongs here: frozen values and the conditions under which they make sense together.
Does not: dates, decisions and files (``orchestration.resources.policies`` resolves them into these).
Policy keys named in errors are those of the policy files: ``base.grade_weights`` and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from models_py.errors import AllocationError

GRADES = ("F", "1", "2", "3", "4", "5", "6", "7", "8", "9")
"""Grades of the compulsory school, preschool class first."""

BaseMode = Literal["share_of_budget", "price_list"]
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
        budgets = [self.budget_sek, self.budget_per_pupil_sek]
        if self.mode == "share_of_budget":
            _require(
                sum(b is not None for b in budgets) == 1,
                "base: share_of_budget takes exactly one of base.budget_sek and base.budget_per_pupil_sek",
            )
            _require(self.grade_weights is not None, "base.grade_weights: share_of_budget needs it")
            _require(self.grade_prices_sek is None, "base.grade_prices_sek: belongs to price_list only")
        elif self.mode == "price_list":
            _require(self.grade_prices_sek is not None, "base.grade_prices_sek: price_list needs it")
            _require(self.grade_weights is None, "base.grade_weights: belongs to share_of_budget only")
            _require(all(b is None for b in budgets), "base: price_list takes no budget; it follows from the prices")
        else:
            raise AllocationError(f"base.mode: {self.mode!r} is neither share_of_budget nor price_list")
        _require(self.budget_sek is None or isinstance(self.budget_sek, int), "base.budget_sek: must be whole kronor")
        for key, amount in (("budget_sek", self.budget_sek), ("budget_per_pupil_sek", self.budget_per_pupil_sek)):
            _require(amount is None or amount >= 0, f"base.{key}: is negative ({amount})")
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

    Attributes
    ----------
    base, structural : see there
    index_minimum_pupils : int; a smaller unit is paid by its merged group's index, since money reveals an index
    rebase : 'pupils': the index must have pupil-weighted mean 100; 'none': the index is used as delivered
    count_lag_years : int, extra years by which the count dates lie back (0: 15 October of the year before)
    """

    base: BasePolicy
    structural: StructuralPolicy
    index_minimum_pupils: int = 20
    rebase: Rebase = "pupils"
    count_lag_years: int = 0

    def __post_init__(self) -> None:
        _require(self.index_minimum_pupils >= 1, "index.minimum_pupils: must be at least 1")
        _require(self.rebase in ("pupils", "none"), f"index.rebase: {self.rebase!r} is neither pupils nor none")
        _require(self.count_lag_years >= 0, "index.count_lag_years: is negative")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise AllocationError(message)


def _frozen(values: Mapping[str, Decimal] | None) -> Mapping[str, Decimal] | None:
    return None if values is None else MappingProxyType(dict(values))
