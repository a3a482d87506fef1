"""Pupils by predicted share: what a threshold on single pupils counts, as school units' means cannot.

Belongs here: one table from a fit and the register. Does not: the threshold (``models_py.allocation.pupil_threshold``); nothing
here is published, the counts are small.
"""

from __future__ import annotations

import pandas as pd

from models_py.need.design import level_codes
from models_py.need.fit import NeedFit
from models_py.need.scoring import UNIT_KEYS, predicted_share
from models_py.need.settle import settle_shares
from models_py.need.tables import canonical_counts


def risk_cells(fit: NeedFit, register_counts: pd.DataFrame) -> pd.DataFrame:
    """Pupils of each unit by predicted share, on the latest count date of ``register_counts``.

    ``register_counts``: as ``predict_from_counts``. Returns school_unit_code, need_share (0..1), pupil_count, ordered by the
    first two. An effect of schoolmates is not in it: the threshold is about a pupil's own background.
    Raises ``NeedError``: ``no_need_share`` and those of the counts.
    """
    latest = register_counts[register_counts["count_date"] == register_counts["count_date"].max()]
    names = [factor.name for factor in fit.design.factors]
    counts = canonical_counts(latest, keys=[*UNIT_KEYS, *names], counts=["pupil_count"], what="register counts")
    share = settle_shares(predicted_share(fit, level_codes(counts, fit.design.factors)))
    table = counts[["school_unit_code", "pupil_count"]].assign(need_share=share)
    return table.groupby(["school_unit_code", "need_share"], sort=True)[["pupil_count"]].sum().reset_index()
