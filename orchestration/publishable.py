"""What a municipality's lines may tell when they are published.

Belongs here: from a policy and its allocation to what is merged and withheld, or why nothing is passed on; the policy's
words for its components. Does not: the decision itself (``models_py.allocation.need_parts``), the tables
(``orchestration.need_parts``), the publication's own gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from models_py.allocation.formula import Component
from models_py.allocation.moved_index import Shared
from models_py.allocation.need_parts import NeedParts, NeedPartsPolicy, decide_need_parts
from models_py.allocation.need_units import head_components, merged_components, need_units
from models_py.allocation.policy import AllocationPolicy


@dataclass(frozen=True, slots=True)
class Shown:
    """How lines may be shown.

    Attributes
    ----------
    parts : which units' need money is one line
    components : codes that the line takes the place of
    background : codes whose lines count pupils of a background
    refusal : why nothing may be passed on, naming policy keys and school units; None when all is well
    """

    parts: NeedParts
    components: frozenset[str]
    background: frozenset[str]
    refusal: str | None


def shown(
    policy: AllocationPolicy,
    lines: pd.DataFrame,
    *,
    need: pd.DataFrame,
    share: Shared,
    asked: NeedPartsPolicy,
    other_measures: Sequence[str] = (),
) -> Shown:
    """What of ``lines`` is published as it is. ``other_measures``: measures of facts that count no pupils."""
    formula = policy.formula()
    units = need_units(lines, need=need, policy=policy, share=share, asked=asked, other_measures=other_measures)
    parts = decide_need_parts(units, policy=asked)
    return Shown(
        parts=parts,
        components=merged_components(formula, other_measures=other_measures),
        background=head_components(formula, other_measures=other_measures),
        refusal=parts.refusal(asked),
    )


def further_components(
    policy: AllocationPolicy, told: dict[str, str], *, known: Sequence[str]
) -> list[tuple[str, str]]:
    """(component_code, description) of components and guarantees beside ``known``, in the policy's order."""
    formula = policy.formula()
    codes = [each.code for each in formula.components if each.place in ("inside", "outside")]
    codes += [stage.code for stage in formula.stages if stage.bounds is None]
    return [(code, told.get(code, code)) for code in codes if code not in known]


def is_plainly_linear(component: Component) -> bool:
    """Whether a component is pupils × index / 100 shared in proportion, with nothing bounded, rounded or area-priced."""
    asked = component.parameters
    plain = component.kind == "structural_linear" and component.sharing.rule in (None, "proportional")
    return plain and {asked.measure, asked.lowest, asked.highest, asked.decimals, component.sharing.area_factor} == {
        None
    }
