"""A formula for one funding year: a budget, ordered components, and what is promised afterwards in order.

Belongs here: frozen values and the conditions under which they make sense together. Does not: dates and files
(``orchestration.resources``), arithmetic (``engine``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from models_py.allocation.components import kind_of
from models_py.allocation.components.parameters import Measure, Share, WholeSek, check_parameters
from models_py.allocation.lines import RateRounding
from models_py.allocation.stages import stage_kind_of
from models_py.errors import AllocationError

BudgetMode = Literal["share_of_budget", "price_list"]
SharingRule = Literal["proportional", "least_squared_unmet", "equal_awards"]
Money = Literal["rates", "rest"]
RESERVED = frozenset({"overheads", "need_parts"})
"""Component codes that no policy gives away: what is added on top, and lines merged for publication."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What there is to share.

    Attributes
    ----------
    mode : 'share_of_budget' (components and promises add up to a budget) or 'price_list' (the budget follows from them)
    budget_sek : int, whole kronor a year; 'share_of_budget' takes this or ``budget_per_pupil_sek``
    budget_per_pupil_sek : Decimal, kronor per pupil F-9 and year
    """

    mode: BudgetMode
    budget_sek: int | None = None
    budget_per_pupil_sek: Decimal | None = None

    def __post_init__(self) -> None:
        given = [self.budget_sek, self.budget_per_pupil_sek]
        if self.mode == "share_of_budget":
            if sum(amount is not None for amount in given) != 1:
                raise AllocationError(
                    "base: share_of_budget takes exactly one of base.budget_sek and base.budget_per_pupil_sek"
                )
        elif self.mode != "price_list":
            raise AllocationError(f"base.mode: {self.mode!r} is neither share_of_budget nor price_list")
        elif any(amount is not None for amount in given):
            raise AllocationError("base: price_list takes no budget; it follows from the prices")
        if self.budget_sek is not None and not isinstance(self.budget_sek, int):
            raise AllocationError("base.budget_sek: must be whole kronor")
        for name, amount in (("budget_sek", self.budget_sek), ("budget_per_pupil_sek", self.budget_per_pupil_sek)):
            if amount is not None and amount < 0:
                raise AllocationError(f"base.{name}: is negative ({amount})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How money meets a component's claims.

    Attributes
    ----------
    pot_sek : whole kronor shared by the claims; share : the same as a part of what is distributed; money : 'rest' takes
        what the others leave, 'rates' pays claims at their own prices. Exactly one of the three; 'rates' when none is said
    rule : how a pot meets claims: 'proportional', 'least_squared_unmet' or 'equal_awards'
    area_factor : measure that multiplies every rate of a unit
    rounding : 'rate' rounds prices to whole öre before they meet the counts, 'line' (default) rounds the product
    """

    pot_sek: WholeSek | None = None
    share: Share | None = None
    money: Money | None = None
    rule: SharingRule | None = None
    area_factor: Measure | None = None
    rounding: RateRounding | None = None

    @property
    def is_priced(self) -> bool:
        return self.pot_sek is None and self.share is None and self.money != "rest"

    @property
    def takes_rest(self) -> bool:
        return self.money == "rest"


@dataclass(frozen=True, slots=True)
class Component:
    """One component.

    Attributes
    ----------
    code : component_code of its lines, unique in the formula
    kind, parameters : a name of ``COMPONENT_KINDS`` and its dataclass
    key : what errors call it, policy file and line included where known; keys : the same of single parameters
    """

    code: str
    kind: str
    parameters: Any
    sharing: Sharing = field(default_factory=Sharing)
    key: str = field(default="", compare=False)
    keys: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not self.key:
            object.__setattr__(self, "key", f"components.{self.code}")
        kind = kind_of(self.kind, key=self.key)
        if not isinstance(self.parameters, kind.parameters):
            raise AllocationError(f"{self.key}: {self.kind} takes {kind.parameters.__name__}")
        check_parameters(self.parameters, key=self.key)
        check_parameters(self.sharing, key=self.key)
        sharing = self.sharing
        if sum((sharing.pot_sek is not None, sharing.share is not None, sharing.money is not None)) > 1:
            raise AllocationError(f"{self.key}: takes one of pot_sek, share and money")
        if sharing.share is not None and not sharing.share < 1:
            raise AllocationError(f"{self.where('share')}: {sharing.share} is outside 0 <= share < 1")
        if sharing != Sharing() and not kind.shareable:
            raise AllocationError(f"{self.key}: {self.kind} has no pot, rule, area factor or rounding")
        if sharing.is_priced:
            if not kind.priced:
                raise AllocationError(
                    f"{self.key}: claims of {self.kind} are no kronor; give pot_sek, share or money: rest"
                )
            if sharing.rule is not None:
                raise AllocationError(f"{self.key}: rule says how a pot is shared, and there is none")
        elif sharing.rounding is not None:
            raise AllocationError(f"{self.key}: rounding is of given rates; the rate of a pot is solved")

    def where(self, parameter: str) -> str:
        """What errors call one parameter."""
        return self.keys.get(parameter, f"{self.key}.{parameter}")

    @property
    def place(self) -> str:
        return kind_of(self.kind, key=self.key).place


@dataclass(frozen=True, slots=True)
class Stage:
    """One promise, or one step after the components; in a formula their order is the order of work."""

    code: str
    kind: str
    parameters: Any
    key: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.key:
            object.__setattr__(self, "key", f"guarantees.{self.code}")
        kind = stage_kind_of(self.kind, key=self.key)
        if not isinstance(self.parameters, kind):
            raise AllocationError(f"{self.key}: {self.kind} takes {kind.__name__}")
        check_parameters(self.parameters, key=self.key)

    @property
    def bounds(self) -> str | None:
        """Code of the component whose pot pays the promise; None for a step of its own."""
        return getattr(self.parameters, "component", None)


@dataclass(frozen=True, slots=True)
class Formula:
    """Budget, components and stages that fit together; order is kept."""

    budget: Budget
    components: tuple[Component, ...]
    stages: tuple[Stage, ...] = ()

    def __post_init__(self) -> None:
        codes = [each.code for each in self.components] + [stage.code for stage in self.stages]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise AllocationError(f"component codes must be unique; given twice: {', '.join(twice)}")
        taken = sorted(RESERVED.intersection(codes))
        if taken:
            raise AllocationError(f"component codes {', '.join(taken)} belong to the engine; choose others")
        resting = [each for each in self.components if each.sharing.takes_rest]
        if len(resting) > 1:
            raise AllocationError(f"only one component takes the rest: {', '.join(each.key for each in resting)}")
        if resting and self.budget.mode == "price_list":
            raise AllocationError(f"{resting[0].key}: a price list leaves no rest; give prices, pot_sek or share")
        inside = {each.code: each for each in self.components if each.place == "inside"}
        for stage in self.stages:
            named = [stage.bounds] if stage.bounds is not None else []
            for code in (*named, *(getattr(stage.parameters, "excluded", None) or ())):
                if code not in inside:
                    raise AllocationError(f"{stage.key}: there is no component {code}; known: {', '.join(inside)}")
            if stage.bounds is not None and stage.bounds in (getattr(stage.parameters, "excluded", None) or ()):
                raise AllocationError(f"{stage.key}: excludes {stage.bounds}, whose pot is to pay the promise")
            if stage.bounds is not None and inside[stage.bounds].sharing.is_priced:
                raise AllocationError(
                    f"{stage.key}: component {stage.bounds} has no pot that could pay; leave component out to pay on top"
                )
        self._whole_amounts_are_known(inside)
        after = [each.kind == "de_delegation" for each in self.stages]
        if after != sorted(after):
            raise AllocationError("de_delegation comes after every other guarantee: it takes back, it promises nothing")

    def _whole_amounts_are_known(self, inside: Mapping[str, Component]) -> None:
        """A promise on a whole amount must see all of it before its pot is shared: no other promised pot comes later."""
        bounded = [code for code in inside if any(stage.bounds == code for stage in self.stages)]
        for stage in self.stages:
            if stage.bounds is None or stage.kind in ("floor_per_pupil", "cap_per_pupil"):
                continue
            later = bounded[bounded.index(stage.bounds) + 1 :]
            unseen = [code for code in later if code not in (stage.parameters.excluded or ())]
            if unseen:
                raise AllocationError(
                    f"{stage.key}: compares whole amounts, and {', '.join(unseen)} is shared later under promises of its "
                    "own; let one pot keep them, or name it in excluded"
                )
