"""School forms and their stages: what the law says of each, dated, in one place for SQL and Python.

Belongs here: reading ``school_form_stage.csv`` (also a seed of dbt), ``school_forms.yml``, and ``form_parts.yml`` (what is
computed in which form, and why not). Does not: what follows from them
(``models_py.forms``), what a municipality has decided (``policies/<code>/forms``).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

STAGE_COLUMNS = ("school_form", "stage", "track", "usual_age", "valid_from", "valid_to")


@lru_cache(maxsize=1)
def stage_rows() -> tuple[dict[str, str], ...]:
    """Rows of the stages as text, ``STAGE_COLUMNS``, in the order of the file."""
    text = resources.files("expectations.school_forms").joinpath("school_form_stage.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@lru_cache(maxsize=1)
def form_rows() -> dict[str, dict[str, Any]]:
    """School form to what the law and the register say of it, in the order in which children meet them."""
    text = resources.files("expectations.school_forms").joinpath("school_forms.yml").read_text("utf-8")
    return yaml.safe_load(text)["school_forms"]


@dataclass(frozen=True, slots=True)
class PartInForms:
    """One part, and why it does not apply in some forms: sentence by language, and the forms that it holds for."""

    part: str
    name: Mapping[str, str]
    forms: tuple[str, ...]
    reason: Mapping[str, str] | None


@lru_cache(maxsize=1)
def form_parts() -> tuple[PartInForms, ...]:
    """What is computed in which school form: for each part first the forms that it applies in, then those that it does not,
    by reason. Preschool class is told with compulsory school.

    Raises ValueError for a form, part or reason that is not there.
    """
    text = resources.files("expectations.school_forms").joinpath("form_parts.yml").read_text("utf-8")
    told = yaml.safe_load(text)
    forms = [name for name in form_rows() if name != "preschool_class"]
    parts, reasons, against = told["parts"], told["reasons"], told["not_applied"]
    named = {(part, reason) for own in against.values() for part, reason in own.items()}
    unknown = (
        {*against} - {*forms} | {part for part, _ in named} - {*parts} | {reason for _, reason in named} ^ {*reasons}
    )
    if unknown:
        raise ValueError(
            f"form_parts.yml: {', '.join(sorted(unknown))} is no form, part or reason, or a reason of nothing"
        )
    rows = []
    for part, name in parts.items():
        why = {form: against.get(form, {}).get(part) for form in forms}
        for reason in dict.fromkeys([None, *why.values()]):
            own = tuple(form for form in forms if why[form] == reason)
            if own:
                rows.append(PartInForms(part, name, own, None if reason is None else reasons[reason]))
    return tuple(rows)
