"""``likvard`` as a person calls it in one language, over a home, without a new process.

Belongs here: that one call. Does not: what it must answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.settings import settings

Likvard = Callable[..., Result]


@contextmanager
def speaking(language: str, home: Path, monkeypatch: pytest.MonkeyPatch, *, columns: int = 120) -> Iterator[Likvard]:
    """The command with words as arguments; ``columns``: width of the terminal."""
    for name, value in (("LIKVARD_HOME", home), ("LIKVARD_LANGUAGE", language), ("COLUMNS", columns)):
        monkeypatch.setenv(name, str(value))
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, [str(word) for word in words])
    settings.cache_clear()
