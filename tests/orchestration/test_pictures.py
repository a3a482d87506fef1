"""A picture is drawn once for what it shows, and drawn anew when that is something else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import vl_convert as vlc

from orchestration import pictures
from orchestration.pictures import picture_of

PNG = b"\x89PNG"


def bars(*heights: int) -> dict[str, object]:
    values = [{"unit": str(place), "height": height} for place, height in enumerate(heights)]
    encoding = {"x": {"field": "unit", "type": "nominal"}, "y": {"field": "height", "type": "quantitative"}}
    return {"data": {"values": values}, "mark": "bar", "encoding": encoding}


def test_the_same_specification_is_drawn_once_and_is_the_drawers_picture(tmp_path: Path):
    drawn = picture_of(bars(1, 2), folder=tmp_path / "pictures")
    assert drawn.startswith(PNG)
    assert drawn == vlc.vegalite_to_png(bars(1, 2), scale=1.0)
    (kept,) = (tmp_path / "pictures").iterdir()
    kept.write_bytes(b"as it was kept")
    assert picture_of(bars(1, 2), folder=tmp_path / "pictures") == b"as it was kept"


def test_another_number_and_another_drawer_are_drawn_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for spec in (bars(1, 2), bars(1, 3)):
        picture_of(spec, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(vlc, "__version__", "0")
    picture_of(bars(1, 2), folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_the_picture_not_asked_for_the_longest_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "MOST_KEPT", 2)
    for place, height in enumerate((1, 2)):
        picture_of(bars(height), folder=tmp_path)
        (newest,) = (path for path in tmp_path.iterdir() if path.stat().st_mtime > 1e9)
        os.utime(newest, (place, place))
    picture_of(bars(1), folder=tmp_path)  # asked for again
    picture_of(bars(3), folder=tmp_path)
    kept = {path.read_bytes() for path in tmp_path.iterdir()}
    assert kept == {vlc.vegalite_to_png(bars(height), scale=1.0) for height in (1, 3)}
