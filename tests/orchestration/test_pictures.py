"""Pictures on assets: drawn with their title as text, or the title alone where the installation draws none."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pandas as pd
import pytest

from orchestration.charts import coefficient_chart
from orchestration.settings import settings

FIT = pd.DataFrame(
    {
        "municipality_code": "9999", "factor": "sex", "level": ["boy", "girl"], "estimate": [0.2, 0.0],
        "standard_error": [0.1, 0.0], "rung": "own_weights",
    }
)  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_a_picture_is_drawn_with_its_title_as_text(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIKVARD_PICTURES", "true")
    text = coefficient_chart(FIT).value
    words, picture = text.removeprefix("![").split("](data:image/png;base64,")
    assert "weights" in words.lower()
    assert base64.b64decode(picture.removesuffix(")")).startswith(b"\x89PNG")


def test_without_pictures_the_title_stands_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIKVARD_PICTURES", "false")
    text = coefficient_chart(FIT).value
    assert "data:image" not in text
    assert "weights" in text.lower()
    assert "turned off" in text
