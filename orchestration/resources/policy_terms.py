"""The part of a year's policy that is read when need and base are decided: cost types, overheads, account lines.

Belongs here: resolved values as the frozen values of ``models_py``. Does not: dates and files (``policies``), any sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from models_py.allocation.accounts import Accounts
from models_py.allocation.organiser_terms import OverheadPolicy
from models_py.errors import AllocationError

TERMS = ("cost_types.", "cost_types_sek.", "overheads.", "accounts.", "fees.", "form_need.")
"""Sections that are read beside need and base. A policy may be without them; fees and form_need are of other school forms."""


def under(section: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a section by the names that stand in it."""
    return {key.removeprefix(section): item for key, item in value.items() if key.startswith(section)}


def overheads_of(given: Mapping[str, Any]) -> OverheadPolicy | None:
    """The reading of the overheads; None where the policy says nothing of them."""
    if not given:
        return None
    absent = sorted({each.name for each in fields(OverheadPolicy)} - given.keys())
    if absent:
        raise AllocationError(f"overheads.{min(given)}: stands alone; overheads need {', '.join(absent)} too")
    return OverheadPolicy(**given)


def accounts_of(given: Mapping[str, Any]) -> Accounts | None:
    """Lines of the annual accounts; None where the policy maps none."""
    if given and "lines" not in given:
        raise AllocationError("accounts.stated_sek: stands alone; accounts.lines says what is booked on its lines")
    return Accounts(**given) if given else None
