"""The board's picture in the terminal: every form in its place, withheld figures in words, one unit's lines."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console, RenderableType

from orchestration.report.forms_view import NoFormsError, board_view, unit_view
from orchestration.resources.tables import Tables
from orchestration.settings import Settings

KEY = {"municipality_code": "9999", "funding_year": 2027}
NOTHING = dict.fromkeys(
    ["school_unit_count", "pupil_count", "total_sek", "structural_part_sek", "total_per_pupil_sek", "structural_share",
     "redistributed_share", "need_index_lowest", "need_index_highest", "administration_share"]
)  # fmt: skip


@pytest.fixture
def found(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path)
    tables = Tables(root=str(settings.tables))
    told = {
        "school_unit_count": 2, "pupil_count": 1234, "total_sek": Decimal("98765432.00"), "structural_part_sek": Decimal(1),
        "total_per_pupil_sek": Decimal("80036.82"), "structural_share": 0.08, "redistributed_share": 0.0106,
        "need_index_lowest": 64.2, "need_index_highest": 191.1, "administration_share": None,
    }  # fmt: skip
    rows = [
        {
            **KEY,
            "school_form": "upper_secondary",
            "index_source": "merit",
            "withheld_because": "not_counted",
            **NOTHING,
        },
        {**KEY, "school_form": "preschool", "index_source": "need_model", "withheld_because": None, **told},
        {
            **KEY,
            "school_form": "adapted_compulsory",
            "index_source": "none",
            "withheld_because": "small_count",
            **NOTHING,
        },
    ]
    tables.write("form_overview", pd.DataFrame(rows), 2027)
    ages = [(3, "preschool", "age_3", 50, Decimal("147270.44")), (1, "preschool", "age_1", 50, Decimal("180000.00"))]
    names = ["age", "school_form", "form_stage", "pupil_count", "total_per_pupil_sek"]
    tables.write("form_age", pd.DataFrame(ages, columns=names).assign(**KEY), 2027)
    line = {
        **KEY, "school_form": "preschool", "school_unit_code": "99991001", "component_code": "preschool_base_part",
        "line_code": "group_age_1_full", "count": Decimal(12), "rate_ore": Decimal(17_600_000), "amount_ore": 211_200_000,
    }  # fmt: skip
    tables.write("form_allocation_whole", pd.DataFrame([line]), 2027)
    unit = {
        **KEY, "school_form": "preschool", "school_unit_code": "99991001", "school_unit_name": "Kotten", "pupil_count": 12,
        "total_sek": Decimal(2_112_000), "administration_sek": Decimal(63_360), "vat_sek": Decimal(130_521),
        "fee_sek": Decimal(172_800), "grant_sek": Decimal(2_133_081),
    }  # fmt: skip
    tables.write("form_unit_whole", pd.DataFrame([unit]), 2027)
    return settings


def _printed(view: RenderableType) -> str:
    console = Console(file=StringIO(), width=160)
    console.print(view)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_every_form_stands_in_the_order_in_which_children_meet_them(found: Settings) -> None:
    text = _printed(board_view(found, funding_year=2027, municipality_code=None))
    places = [
        text.index(word)
        for word in ("Preschool", "Adapted compulsory school", "Upper-secondary school", "from one to twenty")
    ]
    assert places == sorted(places)
    assert "1,234" in text
    assert "64–191" in text
    assert "withheld: few in a group" in text
    assert "not counted: no register of the day" in text
    first, last = (next(line for line in text.splitlines() if line.strip().startswith(age)) for age in ("1 ", "3 "))
    assert text.index(first) < text.index(last)
    assert "98.8" in text
    assert first.count("█") == 9


def test_one_units_lines_and_grant_are_shown_as_its_decision_has_them(found: Settings) -> None:
    text = _printed(unit_view(found, funding_year=2027, school_unit_code="99991001"))
    assert "99991001 Kotten · Preschool · 12 people" in text
    assert "preschool_base_part group_age_1_full" in text
    assert "176,000.00" in text
    assert "= grant 2\xa0133\xa0081" in text


def test_what_is_not_there_says_what_to_do(found: Settings) -> None:
    with pytest.raises(NoFormsError, match=r"No other school forms in this home for 2031. Decide them in policies"):
        board_view(found, funding_year=2031, municipality_code=None)
    with pytest.raises(NoFormsError, match="No other school forms in this home"):
        board_view(found, funding_year=2027, municipality_code="0780")
    with pytest.raises(NoFormsError, match="Unit 12345678 is in no other school form of 2027"):
        unit_view(found, funding_year=2027, school_unit_code="12345678")
