"""Makes the builder ``candidates`` importable and hands out a fresh published root."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.refusals import refusals_as_kept  # noqa: F401

sys.path.insert(0, str(Path(__file__).parent))

from outcomes import outcomes_as_kept  # noqa: F401


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where versions are published; it does not exist yet."""
    return tmp_path / "published"
