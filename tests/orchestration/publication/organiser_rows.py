"""What the organisers of the small municipalities are paid, made the way the pipeline makes it."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from models_py.allocation import AllocationPolicy, BasePolicy, StructuralPolicy
from models_py.allocation.accounts import Accounts
from models_py.allocation.organiser_terms import OverheadPolicy
from orchestration.publication.organiser_tables import organiser_tables

PARTS = {"teaching": "0.7", "meals": "0.1", "premises": "0.2"}
POLICY = AllocationPolicy(
    base=BasePolicy(mode="price_list", grade_prices_sek={"1": Decimal(80_000)}),
    structural=StructuralPolicy(share=Decimal("0.1")),
    cost_types={
        code: {name: Decimal(part) for name, part in PARTS.items()} for code in ("base_part", "structural_part")
    },
    overheads=OverheadPolicy("compound_add_on", administration_share=Decimal("0.03"), vat_share=Decimal("0.06")),
    accounts=Accounts(
        dict.fromkeys(PARTS, "440") | {"administration": "440 bidrag", "vat": "440 bidrag"}, {"440": 17_000_000}
    ),
)


def organiser_rows(
    schools: pd.DataFrame, *, lines: pd.DataFrame, need: pd.DataFrame, types: pd.Series
) -> dict[str, pd.DataFrame]:
    """The four tables by name; the organisers' keys are those of ``schools``."""
    units = schools.assign(organiser_type=types, organiser_code=schools["organiser_key"], organiser_name=None)
    return organiser_tables(lines, units=units, need=need, policy=POLICY, deducted_ore={})
