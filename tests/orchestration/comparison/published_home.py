"""The worked example of six school units as a publication on disk; an invented municipality."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd

YEAR = 2027
PUPILS = {"A": 530, "B": 350, "C": 490, "D": 70, "E": 250, "F": 230}
INDEX = {"A": 60.0, "B": 95.0, "C": 170.0, "D": 90.0, "E": 55.0, "F": 140.0}
BASE_SEK = {"A": 61_283_028, "B": 38_013_057, "C": 57_558_745, "D": 7_602_611, "E": 28_702_350, "F": 26_840_209}
STRUCTURAL_SEK = {"A": 4_755_733, "B": 4_972_582, "C": 12_457_627, "D": 942_174, "E": 2_056_331, "F": 4_815_553}
TOTAL_SEK = {unit: BASE_SEK[unit] + STRUCTURAL_SEK[unit] for unit in PUPILS}


def tables(order: list[str] | None = None, *, line: str = "need", count: str = "need_weighted_pupils"):
    """``school_allocation`` and ``fct_allocation`` with their rows in the order given, and a unit that is not paid."""
    units = order or sorted(PUPILS)
    wide = pd.DataFrame(
        {
            "school_unit_code": [*units, "Z"],
            "school_unit_name": [*(f"Skola {unit}" for unit in units), "Tomskolan"],
            "payment_status": ["paid"] * len(units) + ["not_paid"],
            "pupil_count": [*(PUPILS[unit] for unit in units), 0],
            "need_index": [*(INDEX[unit] for unit in units), None],
            "total_sek": [*(Decimal(TOTAL_SEK[unit]) for unit in units), Decimal(0)],
        }
    )
    lines = [(u, "base_part", "grade_1", "pupils", BASE_SEK[u] * 100) for u in units]
    lines += [(u, "structural_part", line, count, STRUCTURAL_SEK[u] * 100) for u in units]
    names = ["school_unit_code", "component_code", "line_code", "count_unit", "amount_ore"]
    return {"school_allocation": wide, "fct_allocation": pd.DataFrame(lines, columns=names)}


def published(root: Path, *, code: str = "9999", year: int = YEAR, content=None) -> Path:
    """Write a proposal under ``root`` and return ``root``."""
    version = root / code / str(year) / "versions" / f"{year}.0.1"
    (version / "tables").mkdir(parents=True)
    for name, table in (content or tables()).items():
        table.to_parquet(version / "tables" / f"{name}.parquet")
    (root / code / str(year) / "proposed").symlink_to(version)
    return root
