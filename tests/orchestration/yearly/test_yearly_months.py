"""The index of a year takes October's counts, whatever registers of months stand in the same warehouse."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from models_py.need.policy import NeedPolicy
from models_py.need.steering import Steered
from orchestration.defs.need import assets
from tests.orchestration.fixtures.warehouses import warehouse_of

LATER, EARLIER, BEFORE = date(2026, 10, 15), date(2025, 10, 15), date(2024, 10, 15)
OTHERS = (date(2023, 10, 15), date(2025, 3, 15), date(2026, 7, 15), date(2026, 9, 15), date(2027, 1, 15))


def given(dates, monkeypatch, folder: Path) -> pd.DataFrame:
    """The register counts that the need of a municipality is computed from."""
    taken = []
    monkeypatch.setattr(assets, "need_from_counts", lambda *_, register_counts, **__: taken.append(register_counts))
    register = pd.DataFrame({"municipality_code": "9999", "count_date": list(dates), "pupil_count": 1})
    outcomes = pd.DataFrame({"municipality_code": ["9999"]})
    assets._from_own_pupils(
        ["9999"], year=2027, warehouse=warehouse_of(folder, {assets.OUTCOMES: outcomes, assets.REGISTER: register}),
        scope=SimpleNamespace(weights_hold_until=lambda *_: None), dates={"9999": (LATER, EARLIER)}, minimum={"9999": 30},
        steered={"9999": Steered(NeedPolicy(), "nothing", None)},
    )  # fmt: skip
    return taken[0].reset_index(drop=True)


def test_the_index_is_given_the_same_pupils_whether_or_not_months_are_delivered_too(monkeypatch, tmp_path):
    alone = given([LATER, EARLIER, BEFORE], monkeypatch, tmp_path / "alone")
    assert list(alone["count_date"]) == [BEFORE, EARLIER, LATER]
    beside = given([LATER, EARLIER, BEFORE, *OTHERS], monkeypatch, tmp_path / "beside")
    pd.testing.assert_frame_equal(beside, alone)
