"""A model of dbt as plain SQL over tables that have the names of what it reads, for a question to one model alone."""

from __future__ import annotations

from pathlib import Path

import jinja2

from orchestration.manifest import PROJECT


def rendered(model: str) -> str:
    """The SQL of ``intermediate/name`` or ``marts/name``; of the project's macros it knows ``used_rows``."""
    macros = jinja2.Template((PROJECT / "macros" / "used_rows.sql").read_text("utf-8")).module
    path = Path(PROJECT, "models", f"{model}.sql")
    return jinja2.Template(path.read_text("utf-8")).render(
        ref=lambda name: name, used_rows=macros.used_rows, config=lambda **_: ""
    )  # type: ignore[attr-defined]
