"""Two publications beside each other: what changed per school unit and component, and what stood behind it.

Belongs here: reading both sealed versions and gathering the facts that differ. Does not: splitting amounts
(``models_py.allocation.line_change``), layout (``report.diff_view``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models_py.allocation.line_change import split_change
from models_py.errors import LikvardError
from orchestration.publication import manifest as manifests
from orchestration.publication.parquet import read_table
from orchestration.publication.standing import version_of
from orchestration.publication.verify import verify


class DamagedError(LikvardError):
    """A publication that is not what was published; the message says which and where."""


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """What differs between publication ``before`` and ``after``.

    Attributes
    ----------
    is_same : equal content
    units : as ``split_change`` returns
    names : school_unit_code to name, of both
    added, removed : school units in one of them only
    policy : policy key to its value in words before and after (None where it was not given)
    weights : fit ids before and after
    inputs_added, inputs_removed : deliveries as ``source period`` whose bytes are in one of them only
    """

    before: str
    after: str
    is_same: bool
    units: pd.DataFrame
    names: Mapping[str, str]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    policy: Mapping[str, tuple[str | None, str | None]]
    weights: tuple[tuple[str, ...], tuple[str, ...]]
    inputs_added: tuple[str, ...]
    inputs_removed: tuple[str, ...]


def compare_publications(root: Path, *, municipality_code: str, before: str, after: str) -> Difference:
    """Compare two versions of one municipality, verified first.

    Raises LookupError for an unknown publication, DamagedError for one that does not verify.
    """
    folders = [version_of(root, municipality_code=municipality_code, publication_id=each) for each in (before, after)]
    for folder in folders:
        if problems := verify(folder):
            raise DamagedError("; ".join(problems[:3]))
    told = [manifests.load(folder) for folder in folders]
    lines, need, wide = (
        [read_table(folder / "tables" / f"{name}.parquet") for folder in folders]
        for name in ("fct_allocation", "fct_need_index", "school_allocation")
    )
    names: dict[str, str] = {}
    for table in wide:
        names |= dict(zip(table["school_unit_code"], table["school_unit_name"], strict=True))
    known = [set(table["school_unit_code"]) for table in wide]
    values = [_policy_values(manifest) for manifest in told]
    inputs = [_inputs(manifest) for manifest in told]
    return Difference(
        before=before,
        after=after,
        is_same=told[0]["content_sha256"] == told[1]["content_sha256"],
        units=split_change(lines[0], lines[1], need_before=need[0], need_after=need[1]),
        names=names,
        added=tuple(sorted(known[1] - known[0])),
        removed=tuple(sorted(known[0] - known[1])),
        policy={
            key: (values[0].get(key), values[1].get(key))
            for key in sorted({*values[0], *values[1]})
            if values[0].get(key) != values[1].get(key)
        },
        weights=(_fits(need[0]), _fits(need[1])),
        inputs_added=_told(inputs[1].keys() - inputs[0].keys(), inputs[1]),
        inputs_removed=_told(inputs[0].keys() - inputs[1].keys(), inputs[0]),
    )


def _policy_values(manifest: Mapping[str, Any]) -> dict[str, str]:
    return dict((manifest["recorded"].get("policy") or {}).get("values") or {})


def _inputs(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Hash of the bytes -> what was delivered."""
    given = manifest["recorded"].get("inputs", [])
    return {each["sha256"]: f"{each.get('source', '')} {each.get('period', '')}".strip() for each in given}


def _told(hashes: Any, names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(names[each] for each in hashes))


def _fits(need: pd.DataFrame) -> tuple[str, ...]:
    return tuple(sorted(need["fit_id"].unique()))
