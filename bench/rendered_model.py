"""A model of dbt as plain SQL over tables that have the names of what it reads, for a question to one model alone."""

from __future__ import annotations

from pathlib import Path

import jinja2

from orchestration.manifest import PROJECT

MACROS = ("used_rows", "several_rows", "repeated_hashes")
"""The files of macros that such a model may call."""


def rendered(model: str) -> str:
    """The SQL of ``intermediate/name`` or ``marts/name``."""
    parts = [PROJECT / "macros" / f"{name}.sql" for name in MACROS]
    text = "\n".join(path.read_text("utf-8") for path in [*parts, Path(PROJECT, "models", f"{model}.sql")])
    given = {"ref": lambda name: name, "config": lambda **_: "", "row_hash": lambda names: f"hash({', '.join(names)})"}
    return jinja2.Template(text).render(given)
