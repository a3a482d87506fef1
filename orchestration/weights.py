"""Weights as files: those of a publication kept frozen, those of several municipalities pooled for the small ones.

Belongs here: finding them, writing the file a policy can name, describing it. Does not: estimation (``models_py.need``),
what a policy decides about them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from models_py.errors import LikvardError, NeedError
from models_py.need.cells import count_outcomes
from models_py.need.composition import fit_composition
from models_py.need.prior import Prior
from models_py.need.prior_making import prior_from_fit
from models_py.need.prior_text import prior_from_json, prior_to_json
from models_py.need.window import result_years
from models_py.need.within import fit_within_school
from orchestration.report.published import publications
from orchestration.resources.policies import WEIGHTS_FOLDER

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class WeightsError(LikvardError):
    """Weights that cannot be kept or pooled, in words."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A written file: its path, the name a policy gives, and whether it was there already with the same content."""

    path: Path
    name: str
    prior: Prior
    was_there: bool


def freeze(published: Path, *, policies: Path, municipality_code: str, funding_year: int) -> WeightsFile:
    """Keep the weights of the newest publication of a municipality and year as ``policies/<code>/weights/<fit_id>.json``.

    Raises WeightsError where nothing is published, the weights came from a file already or are not own pupils', or
    another file stands under the name.
    """
    own = [p for p in publications(published, funding_year=funding_year) if p.municipality_code == municipality_code]
    if not own:
        raise WeightsError(f"{municipality_code} has no publication for {funding_year}; run the year first")
    manifest = json.loads((own[0].path / "manifest.json").read_text("utf-8"))
    fits = manifest["recorded"]["fits"]
    kept = {fit_id: record["weights"] for fit_id, record in fits.items() if "weights" in record}
    if not kept:
        raise WeightsError(
            f"the weights of {own[0].publication_id} were not estimated on own pupils in that year; "
            "there is nothing to freeze"
        )
    ((fit_id, weights),) = kept.items()
    folder = policies / municipality_code / WEIGHTS_FOLDER
    if not folder.parent.is_dir():
        raise WeightsError(f"{municipality_code} has no policy folder; weights are frozen by a policy of its own")
    return _write(folder, name=fit_id, prior=prior_from_json(json.dumps(weights)))


def pool(
    outcomes: pd.DataFrame,
    *,
    policies: Path,
    funding_year: int,
    kind: str,
    name: str,
    label: str,
    source: str,
    only: Sequence[str] = (),
    minimum_schools: int = 300,
) -> WeightsFile:
    """Fit within schools over all municipalities with own pupils and write ``policies/weights/<name>.json``.

    ``outcomes``: ``fct_need_outcome_counts``; ``kind``: national or partners; ``only``: municipalities, all if empty. The
    effect of composition is estimated beside it where there are ``minimum_schools``. Raises WeightsError, also where the
    weights could be one municipality's own.
    """
    if not _NAME.fullmatch(name):
        raise WeightsError(f"the name {name!r} must be of lower-case letters, digits, - and _")
    chosen = outcomes[outcomes["municipality_code"].isin(list(only))] if only else outcomes
    try:
        years = result_years(
            chosen["result_year"].unique().tolist(),
            funding_year=funding_year,
            unit_count=chosen[["municipality_code", "school_unit_code"]].drop_duplicates().shape[0],
        )
        counts = count_outcomes(chosen[chosen["result_year"].isin(years)])
        fit = fit_within_school(counts)
        enough = len(counts.schools) >= minimum_schools and len(counts.years) >= 3
        composition = fit_composition(counts, fit=fit, minimum_schools=minimum_schools) if enough else None
        prior = prior_from_fit(fit, counts=counts, kind=kind, label=label, source=source, composition=composition)
    except NeedError as error:
        raise WeightsError(str(error)) from error
    return _write(policies / WEIGHTS_FOLDER, name=name, prior=prior)


def read(path: Path) -> Prior:
    """A weights file. Raises WeightsError where it is none, or not readable."""
    try:
        return prior_from_json(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, NeedError) as error:
        raise WeightsError(f"{path.name}: {error}") from error


def _write(folder: Path, *, name: str, prior: Prior) -> WeightsFile:
    text, path = prior_to_json(prior), folder / f"{name}.json"
    if path.is_file():
        if path.read_text("utf-8") != text:
            raise WeightsError(
                f"{path.name} is there with other weights; a decided file is never changed: choose a name"
            )
        return WeightsFile(path, path.name, prior, was_there=True)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return WeightsFile(path, path.name, prior, was_there=False)
