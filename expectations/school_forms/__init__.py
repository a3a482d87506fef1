"""School forms and their stages: what the law says of each, dated, in one place for SQL and Python.

Belongs here: reading ``school_form_stage.csv`` (also a seed of dbt) and ``school_forms.yml``. Does not: what follows from them
(``models_py.forms``), what a municipality has decided (``policies/<code>/forms``).
"""

from __future__ import annotations

import csv
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
