"""``MODEL.md``: what the need model of a publication is, how sure it is and what else was tried, in Swedish and English.

Belongs here: gathering what the run recorded and published about the model, and what of it may be shown. Does not:
computing any of it (``models_py.need``), words (``model_words``), tables of figures (``model_tables``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from models_py.need.alternatives import CHANGE_SHOWN_FROM
from models_py.need.disclosure import SHOWN_FROM, shown
from models_py.need.missing import FLAGGED_ABOVE
from orchestration.publication import figures, model_words
from orchestration.publication.candidate import Candidate
from orchestration.publication.dictionary import templates
from orchestration.publication.model_tables import (
    alternatives,
    calibration,
    changed_units,
    coefficients,
    differences,
    doubtful_factors,
    path,
)

NAME = "MODEL.md"

Tables = Mapping[str, pd.DataFrame]


def model_notes(candidate: Candidate, *, publication_id: str, about: Mapping[str, str], tables: Tables) -> bytes:
    """``MODEL.md`` as UTF-8, from ``recorded["fits"]`` and the published tables.

    Parameters
    ----------
    about : what the publication is, per language; stands first
    tables : every published table but ``dim_publication``, as read back from disk
    """
    record = fit_record(candidate, tables=tables)
    card = record.get("card")
    facts: dict[str, Any] = {
        "candidate": candidate,
        "publication_id": publication_id,
        "about": about,
        "record": record,
        "kind": _kind(candidate, record),
        "fit_id": _fit_id(tables),
        "width": median_width(tables["fct_need_index"]),
        "coefficients": coefficients(tables["need_coefficient"]),
        "words": model_words,
        "number": figures.number,
        "percent": figures.percent,
        "kronor": figures.kronor,
        "pupils": shown(record.get("pupils", 0), of=None),
    }
    if card is not None:
        trained = card["trained_on"]
        facts |= {
            "card": card,
            "pupils": shown(trained["pupils"], of=None),
            "events": None if trained["events"] is None else shown(trained["events"], of=trained["pupils"]),
            "differences": differences(tables["need_factor_level"]),
            "doubtful": doubtful_factors(tables["need_factor"]),
            "path": path(tables["need_selection"]),
            "calibration": calibration(tables["need_calibration"], shown_from=SHOWN_FROM),
            "alternatives": alternatives(tables["need_alternative"], pairs=tables["need_alternative_pair"]),
            "changed_units": changed_units(tables["need_alternative_unit"], wide=tables["school_allocation"]),
            "used_factors": list(card["settings"]["factors"]),
            "change_from": CHANGE_SHOWN_FROM,
            "refused": sorted(card["tried"].get("refused", {})),
            "missing": card["tried"].get("missing"),
            "flagged_above": FLAGGED_ABOVE,
            "left_out": sorted(record.get("not_shown", {})),
        }
    return templates().get_template("model.md.jinja").render(facts).encode()


def summary(candidate: Candidate, *, tables: Tables) -> dict[str, Any]:
    """What ``RELEASE.md`` tells of the model: its name in words, the median width of the intervals, the path's advice."""
    record = fit_record(candidate, tables=tables)
    kind = _kind(candidate, record)
    told: dict[str, Any] = {"kind": kind, "width": median_width(tables["fct_need_index"]), "recommended": None}
    if kind == "own_pupils":
        steps = path(tables["need_selection"])
        told["estimator"] = record["card"]["estimator"]
        told["used"] = len(record["card"]["settings"]["factors"])
        told["recommended"] = sum(step["is_recommended"] for step in steps) if steps else None
    return told


def fit_record(candidate: Candidate, *, tables: Tables) -> Mapping[str, Any]:
    """The record of the fit that the index carries; empty where the run recorded none."""
    fits = candidate.recorded.get("fits", {})
    found = fits.get(_fit_id(tables), {}) if isinstance(fits, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def median_width(index: pd.DataFrame) -> float | None:
    """Median over units of the width of the 95 % interval, index points; None without intervals."""
    width = index["need_index_interval_upper"].astype(float) - index["need_index_interval_lower"].astype(float)
    return float(width.median()) if width.notna().any() else None


def _fit_id(tables: Tables) -> str:
    return str(tables["fct_need_index"]["fit_id"].iloc[0]) if len(tables["fct_need_index"]) else ""


def _kind(candidate: Candidate, record: Mapping[str, Any]) -> str:
    """Which of the texts tells of this model."""
    if candidate.basis == "pupil_level":
        return "own_pupils" if record.get("card") else "unrecorded"
    return candidate.basis
