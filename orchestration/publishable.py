"""What the published tables cannot yet tell rightly or may not tell at all; such an allocation is refused, not bent.

Belongs here: reasons why one municipality's lines are not passed on. Does not: the allocation, the publication's own gate.
"""

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd

from models_py.allocation.formula import Component
from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.rounding import listed

SMALLEST_HEADS = 10
"""Background counts are published from here; a per-head line shows its count, and its amount gives it away."""


def reason_not_to_publish(policy: AllocationPolicy, lines: pd.DataFrame) -> str | None:
    """Why these lines cannot be published, naming policy key and school units; None when they can."""
    formula = policy.formula()
    for component in formula.components:
        if component.code != "structural_part":
            continue
        bounded = [stage.key for stage in formula.stages if stage.bounds == component.code]
        if bounded or not is_plainly_linear(component):
            return (
                f"{bounded[0] if bounded else component.key}: the published ends of the structural part are worked out for "
                "a linear part without guarantees; give such a part another code than structural_part"
            )
    heads = {each.code for each in formula.components if each.kind == "per_head"}
    shown = lines[lines["component_code"].isin(heads)]
    few = shown[[Decimal(0) < count < SMALLEST_HEADS for count in shown["count"]]]
    if len(few):
        codes = sorted(set(few["component_code"]))
        return (
            f"components.{codes[0]}: a line would show fewer than {SMALLEST_HEADS} heads at school units "
            f"{listed(sorted(set(few['school_unit_code'])))}; counts of background are published from {SMALLEST_HEADS}"
        )
    return None


def further_components(
    policy: AllocationPolicy, told: dict[str, str], *, known: Sequence[str]
) -> list[tuple[str, str]]:
    """(component_code, description) of components and guarantees beside ``known``, in the policy's order."""
    formula = policy.formula()
    codes = [each.code for each in formula.components if each.place == "inside"]
    codes += [stage.code for stage in formula.stages if stage.bounds is None]
    return [(code, told.get(code, code)) for code in codes if code not in known]


def is_plainly_linear(component: Component) -> bool:
    """Whether a component is pupils × index / 100 shared in proportion, with nothing bounded, rounded or area-priced."""
    asked = component.parameters
    plain = component.kind == "structural_linear" and component.sharing.rule in (None, "proportional")
    return plain and {asked.measure, asked.lowest, asked.highest, asked.decimals, component.sharing.area_factor} == {
        None
    }
