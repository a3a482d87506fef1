"""The page on which a reader tries other choices: pot, formula, floor, cap, largest loss; every school's krona follows.

Belongs here: what the page starts from, and the exact arithmetic that its script repeats. Does not: the script
(``templates/explorer.js``), scenarios with measures (``orchestration.comparison``).
Exact fractions throughout, by the same kernel that shares decided money, so the browser can say the same krona.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from typing import Any, Literal

from markupsafe import Markup

from models_py.allocation.claim_functions import ClaimFunction, Linear, Power, Threshold
from models_py.allocation.kernel import Term, solve_whole
from models_py.allocation.rounding import half_even, round_to_total
from orchestration.site import measures
from orchestration.site.pages import Material, Page

Formula = Literal["linear", "threshold", "power_15", "power_2"]
THRESHOLD_INDEX = 80
FORMULAS: dict[Formula, ClaimFunction] = {
    "linear": Linear(),
    "threshold": Threshold(THRESHOLD_INDEX),
    "power_15": Power(Fraction(3, 2)),
    "power_2": Power(2),
}
ORE = 100


@dataclass(frozen=True, slots=True)
class ExploredUnit:
    """One unit: pupils, index as published, whole kronor that follow need and all of them."""

    code: str
    pupils: int
    index: float
    structural_sek: int
    total_sek: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader has chosen. ``pot_permille`` of the budget; ``loss_permille`` of a unit's published total; None is no bound."""

    pot_permille: int
    formula: Formula = "linear"
    floor_sek: int | None = None
    cap_sek: int | None = None
    loss_permille: int | None = None


def explored_units(material: Material) -> list[ExploredUnit]:
    """Units whose index and need money are published in whole kronor, ascending by code."""
    rows = measures.told_units(material.book)
    units = [
        ExploredUnit(
            str(row["school_unit_code"]), int(row["pupil_count"]), float(row["need_index"]),
            measures.ore(row["structural_part_sek"]) // ORE, measures.ore(row["total_sek"]) // ORE,
        )
        for row in rows
        if measures.ore(row["total_sek"]) % ORE == 0 and measures.ore(row["structural_part_sek"]) % ORE == 0
    ]  # fmt: skip
    return sorted(units, key=lambda unit: unit.code)


def explore(units: Sequence[ExploredUnit], choice: Choice) -> dict[str, int]:
    """Whole kronor per unit: the same budget, shared by the choice.

    What does not follow need keeps its proportions. Raises AllocationError (InfeasibleError where bounds cannot be met)
    for a choice that no amounts satisfy; nothing is relaxed.
    """
    budget = sum(unit.total_sek for unit in units)
    pot = half_even(Fraction(budget * choice.pot_permille, 1000), decimals=0)
    base = round_to_total({unit.code: unit.total_sek - unit.structural_sek for unit in units}, budget - pot)
    claim = FORMULAS[choice.formula]
    terms = {}
    for unit in units:
        lower: Fraction | int = (choice.floor_sek or 0) * unit.pupils
        if choice.loss_permille is not None:
            kept = Fraction(unit.total_sek * (1000 - choice.loss_permille), 1000) - base[unit.code]
            lower = max(lower, kept)
        upper = None if choice.cap_sek is None else choice.cap_sek * unit.pupils
        terms[unit.code] = Term(0, unit.pupils * claim.per_pupil(Fraction(unit.index)), lower, upper)
    _, shared = solve_whole(terms, total=pot)
    return {unit.code: base[unit.code] + shared[unit.code] for unit in units}


def published_permille(units: Sequence[ExploredUnit]) -> int:
    """The published pot in thousandths of the budget, rounded: where the page starts."""
    budget = sum(unit.total_sek for unit in units)
    return half_even(Fraction(1000 * sum(unit.structural_sek for unit in units), budget), decimals=0)


def explorer_page(material: Material) -> Page | None:
    """``explore.html``; None where too little is published to try anything."""
    speaker, say, units = material.speaker, material.speaker.say, explored_units(material)
    if len(units) < 2 or not any(unit.structural_sek for unit in units):
        return None
    rows = {str(row["school_unit_code"]): row for row in material.book.tables["school_allocation"]}
    names = {code: str(row["school_unit_name"] or code) for code, row in rows.items()}
    data = {
        "language": material.speaker.language,
        "threshold": THRESHOLD_INDEX,
        "start": published_permille(units),
        "words": {
            key: str(say(f"explore_{key}"))
            for key in ("floors", "caps", "crossed", "equal", "gain", "lose", "spread", "none")
        },
        "units": [
            {
                "code": unit.code, "name": names[unit.code], "pupils": unit.pupils, "index": unit.index,
                "structural": unit.structural_sek, "total": unit.total_sek,
            }
            for unit in units
        ],
    }  # fmt: skip
    script = explorer_script()
    values: dict[str, Any] = {
        "heading": say("explore_heading"),
        "lead": say("explore_lead"),
        "formulas": [(name, say(f"explore_formula_{name}", threshold=str(THRESHOLD_INDEX))) for name in FORMULAS],
        "start": published_permille(units),
        "data": Markup(json.dumps(data, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")),
        "script": Markup(script),
        "policy": (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
            f"script-src 'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        ),
        "rows": [
            {
                "code": unit.code,
                "name": names[unit.code],
                "index": speaker.figure(rows[unit.code], "need_index", decimals=1),
                "total": speaker.figure(rows[unit.code], "total_sek", "kr"),
            }
            for unit in units
        ],
        "total": speaker.derived("explored_total", ORE * sum(unit.total_sek for unit in units), "kr"),
        "left_out": len(material.book.tables["school_allocation"]) - len(units),
    }
    return Page("explore.html", "explore.html.jinja", str(values["heading"]), values, current="explore")


def explorer_script() -> str:
    """The script of the page, arithmetic and hands."""
    folder = resources.files("orchestration.site").joinpath("templates")
    parts = [folder.joinpath(name).read_text(encoding="utf-8") for name in ("arithmetic.js", "explorer.js")]
    return "\n" + "\n".join(parts)
