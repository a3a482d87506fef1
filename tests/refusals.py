"""Words of refusals are kept: what every refusal that a test provokes says, word for word, in ``refusals.json`` beside the tests.

An error text is what a person has to go by, so it changes knowingly: ``LIKVARD_KEEP_REFUSALS=1 make test WORKERS=0`` writes the
files anew, and the difference is read like code. Tests that draw their examples are left out: their texts vary.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

KEEP = "LIKVARD_KEEP_REFUSALS"
_PLACES = re.compile(r"(?:[^\s'\":,;]*/)?(?:pytest-\d+|popen-gw\d+)/[^\s'\":,;/]+|(?<=\bbi_)\d+")
"""Folders and databases of one run of the tests."""
_raises = pytest.raises


@pytest.fixture(autouse=True)
def refusals_as_kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every refusal of a test says what is kept of it; a test without any has nothing kept."""
    told: list[str] = []

    def raises(*kinds: Any, **how: Any) -> Any:
        asked = _raises(*kinds, **how)
        return _Listening(asked, told) if hasattr(asked, "__enter__") else asked

    monkeypatch.setattr(pytest, "raises", raises)
    yield
    told_as_kept(request, told, "refusals.json")


def told_as_kept(request: pytest.FixtureRequest, told: Iterable[str], file: str) -> None:
    """Assert that a test told what ``file`` beside it keeps of it, or keep it; places of one run are left out."""
    if hasattr(request.function, "hypothesis"):
        return
    kept, name = request.path.with_name(file), f"{request.path.name}::{request.node.name}"
    known = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    said = [_PLACES.sub("…", text) for text in told]
    if os.environ.get(KEEP):
        _keep(kept, known, name, said)
    else:
        assert said == known.get(name, []), f"it tells something else than {kept.name} keeps ({KEEP}=1 keeps it)"


class _Listening:
    """``pytest.raises`` that notes what the error said."""

    def __init__(self, asked: Any, told: list[str]) -> None:
        self._asked, self._told = asked, told

    def __enter__(self) -> Any:
        self._caught = self._asked.__enter__()
        return self._caught

    def __exit__(self, *error: Any) -> bool:
        was_refused = bool(self._asked.__exit__(*error))
        if was_refused:
            self._told.append(str(self._caught.value))
        return was_refused


def _keep(path: Path, known: dict[str, list[str]], name: str, said: list[str]) -> None:
    kept = {key: texts for key, texts in known.items() if key != name} | ({name: said} if said else {})
    path.write_text(json.dumps(dict(sorted(kept.items())), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
