"""Last year's money that a guarantee compares with: delivered in ``facts.yml``, or the municipality's own publication.

Belongs here: which of the two a policy reads, and which of last year's units each of this year's continues. Does not: the
comparison (``models_py.allocation``), what a publication is (``previous``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from models_py.allocation.policy import AllocationPolicy
from models_py.allocation.rounding import listed
from models_py.errors import AllocationError
from orchestration.resources.policies import PolicyFile
from orchestration.resources.policy_facts import FACTS_FILE
from orchestration.yearly.previous import PreviousYear, previous_year

AGAINST_LAST_YEAR = ("damping", "hold_harmless", "protection")
"""Kinds of guarantees that cannot be kept without last year's amounts."""
SOURCE_KEY, UNCLEAR_KEY = "baseline.source", "baseline.unclear_predecessors"


@dataclass(frozen=True, slots=True, eq=False)
class OpeningBalance:
    """Last year's money as ``allocate`` takes it.

    Attributes
    ----------
    table : school_unit_code, pupil_count, total_sek, ``<component_code>_sek``, or None where no guarantee reads it
    predecessors : this year's unit to last year's units; only where it is not the unit itself
    publication : where it was read from; None for a delivered one
    unclear : this year's units whose predecessors are not exact, and which therefore have no baseline of theirs
    """

    table: pd.DataFrame | None = None
    predecessors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    publication: PreviousYear | None = None
    unclear: tuple[str, ...] = ()


def opening_balance(
    file: PolicyFile,
    *,
    policy: AllocationPolicy,
    delivered: pd.DataFrame | None,
    folder: str,
    root: Path,
    municipality_code: str,
    funding_year: int,
    units: Sequence[str],
    followed: Mapping[str, Sequence[str]],
) -> OpeningBalance:
    """The baseline of a funding year by policy.

    Parameters
    ----------
    delivered : baseline of ``facts.yml``, or None
    folder : name of the policy folder, for errors
    root : the published zone
    units : this year's units with pupils
    followed : unit to the units it follows, as the register of school units says

    Without baseline.source a delivered baseline is used, else last year's decided publication. Raises AllocationError that
    names policy key and file where a guarantee needs a baseline and there is none, and where predecessors are not exact and
    the policy does not say baseline.unclear_predecessors: no_baseline; PreviousYearError where a publication is damaged.
    """
    promises = [stage for stage in policy.guarantees if stage.kind in AGAINST_LAST_YEAR]
    if not promises:
        return OpeningBalance(table=delivered)
    said = {value.key: value for value in file.resolve(funding_year) if value.key in (SOURCE_KEY, UNCLEAR_KEY)}
    source = said[SOURCE_KEY].value if SOURCE_KEY in said else None
    table, publication = delivered, None
    if source == "delivered" or (source is None and delivered is not None):
        if table is None:
            raise AllocationError(_missing(promises[0].key, folder, funding_year, "baseline.source is delivered"))
    else:
        publication = previous_year(root, municipality_code, funding_year - 1, proposals=source == "proposed")
        if publication is None:
            kind = "decided or proposed" if source == "proposed" else "decided"
            raise AllocationError(
                _missing(
                    promises[0].key, folder, funding_year,
                    f"no {kind} publication of {municipality_code} for {funding_year - 1} stands in this home",
                )
            )  # fmt: skip
        table = _with_every_component(publication.as_baseline(), policy)
    assert table is not None  # refused above
    olds, unclear = _predecessors(units, known=set(table["school_unit_code"].astype(str)), followed=followed)
    if unclear and (UNCLEAR_KEY not in said or said[UNCLEAR_KEY].value == "refuse"):
        raise AllocationError(
            f"{promises[0].key}: the past of school units {listed(unclear)} is not exact: a unit they follow still goes on; "
            f"deliver a baseline in policies/{folder}/{FACTS_FILE}, or decide {UNCLEAR_KEY}: no_baseline"
        )
    return OpeningBalance(table, olds, publication, unclear)


def _missing(key: str, folder: str, year: int, why: str) -> str:
    return (
        f'{key} promises against last year, and there is no baseline: policies/{folder}/{FACTS_FILE} has no baseline."{year}"'
        f" and {why}; the first year needs delivered facts: write last year's amounts there, or decide {SOURCE_KEY}"
    )


def _with_every_component(table: pd.DataFrame, policy: AllocationPolicy) -> pd.DataFrame:
    """A component that did not exist last year gave nobody anything then; a guarantee may take it off."""
    new = [f"{each.code}_sek" for each in policy.formula().components if each.place == "inside"]
    return table.assign(**{name: 0 for name in new if name not in table})


def _predecessors(
    units: Sequence[str], *, known: set[str], followed: Mapping[str, Sequence[str]]
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Units that do not simply continue themselves, and those whose predecessor goes on: what moved is then unknown."""
    here = set(units)
    olds: dict[str, tuple[str, ...]] = {}
    unclear = []
    for unit in sorted(here):
        named = sorted({old for old in followed.get(unit, ()) if old in known and old != unit})
        if not named:
            continue
        if here.intersection(named):
            unclear.append(unit)
            olds[unit] = (unit,) if unit in known else ()
        else:
            olds[unit] = (unit, *named) if unit in known else tuple(named)
    return olds, tuple(unclear)
