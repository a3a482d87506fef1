"""The attacker at the gate: what could be worked out of the tables as they stand on disk, with all that was told before.

Belongs here: G-DISCLOSURE-001 and the figures that a publication states of itself. Does not: choosing what is withheld
(``disclosure``); nothing is read here that a reader does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models_py.disclosure import Audit, DisclosureRule, audit
from models_py.errors import DisclosureError
from orchestration.publication.background import (
    ALL_UNITS,
    MISSING,
    PUBLIC_ELSEWHERE,
    Told,
    engine_tables,
    seen_unchanged,
    told_by,
)
from orchestration.publication.candidate import Reason
from orchestration.publication.checks import DISCLOSURE_RULE
from orchestration.publication.cohorts_check import progress_faults, withheld_shares


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a publication states of its own disclosure control.

    Attributes
    ----------
    threshold : pupils from which a count of background is told
    hidden_cells : counts withheld in the tables of background
    narrowest_interval : width of the narrowest interval an attacker finds among them, at most the threshold is looked
        for; None where none is withheld. Counts that the pupils of a tiny unit bound more narrowly by themselves are in
        ``told_by_totals``
    recoverable : withheld counts that can be worked out
    against : earlier publications of the same count date that were attacked with it
    withheld_shares : shares of cohorts that are not told for too few pupils on one side
    """

    threshold: int
    hidden_cells: int
    narrowest_interval: int | None
    recoverable: int
    told_by_totals: int
    against: tuple[str, ...]
    withheld_shares: int

    def recorded(self) -> dict[str, Any]:
        """As it stands in the manifest."""
        return {
            "threshold": self.threshold,
            "hidden_cells": self.hidden_cells,
            "narrowest_interval": self.narrowest_interval,
            "recoverable": self.recoverable,
            "told_by_totals": self.told_by_totals,
            "against": list(self.against),
            "withheld_shares": self.withheld_shares,
        }


def check_disclosure(
    tables: Mapping[str, pd.DataFrame],
    *,
    rule: DisclosureRule,
    earlier: Sequence[Told] = (),
    earlier_shares: Sequence[pd.DataFrame] = (),
) -> tuple[Reason, Disclosure]:
    """G-DISCLOSURE-001 of the tables as read back, and what the publication states.

    ``earlier``, ``earlier_shares``: what earlier publications told of background and of cohorts. It counts what
    ``progress_faults`` finds of cohorts, and of background: told counts that the rule withholds, unless they were told before; withheld counts whose interval is
    narrower than required; counts withheld before and told now; small differences from what was told before; other
    tables that tell what these withhold; pupils that are not those of the money.
    """
    faults = progress_faults(tables, rule=rule, earlier=earlier_shares)
    told = told_by(tables)
    if told is None:
        return _reason(faults), Disclosure(rule.threshold, 0, None, 0, 0, (), withheld_shares(tables))
    same = {before.publication_id: seen_unchanged(told, before) for before in earlier}
    faults += [
        ("counts under the threshold are told", _told_too_small(told, rule=rule, earlier=earlier, same=same)),
        ("counts withheld before are told", _told_again(told, earlier)),
        ("differences from an earlier publication are small", _differences(told, earlier, rule=rule, same=same)),
        ("shares of withheld counts are told", _shares(tables, told)),
        ("parts of the index tell withheld counts", _parts(tables, told)),
        ("school units have other pupils than in the money", _other_pupils(tables, told)),
    ]
    try:
        found: Audit | None = attack(tables, rule=rule, earlier=earlier)
    except DisclosureError as error:
        if error.reason not in ("contradiction", "not_a_sum"):
            raise
        found = None
        faults.append(("counts do not add up", 1))
    if found is not None:
        faults.append(("withheld counts follow from what is told", found.too_narrow))
    withheld = int(told.rows["count"].isna().sum())
    stated = Disclosure(
        threshold=rule.threshold,
        hidden_cells=withheld,
        narrowest_interval=None if found is None or found.narrowest is None else int(found.narrowest),
        recoverable=0 if found is None else found.recoverable,
        told_by_totals=0 if found is None else found.told_by_totals,
        against=tuple(before.publication_id for before in earlier),
        withheld_shares=withheld_shares(tables),
    )
    return _reason(faults), stated


def _reason(faults: Sequence[tuple[str, int]]) -> Reason:
    failing = sum(count for _, count in faults)
    return Reason(DISCLOSURE_RULE, failing, "; ".join(f"{count} {words}" for words, count in faults if count))


def attack(
    tables: Mapping[str, pd.DataFrame], *, rule: DisclosureRule, earlier: Sequence[Told] = (), exact: bool = False
) -> Audit:
    """Every withheld count of the tables, and of earlier publications as far as these tell more of it, attacked at once.

    Raises ``DisclosureError`` (``not_a_sum``, ``contradiction``) where the tables themselves do not add up. An earlier
    publication that contradicts them, since its withheld counts have changed, gives no equation.
    """
    told = told_by(tables)
    if told is None:
        raise DisclosureError("the tables tell nothing of background", reason="no_background")
    levels = tables["need_factor_level"]
    shown = levels[levels["highest_share"].notna() & ~levels["factor"].isin(PUBLIC_ELSEWHERE)]
    ends = shown[["factor", "level", "lowest_share", "highest_share"]] if len(shown) else None
    used: list[Told] = []
    same: dict[str, set[tuple[str, str]]] = {}
    found = audit(engine_tables([told], same={}, ends=ends), rule=rule, exact=exact)
    for before in earlier:
        unchanged = seen_unchanged(told, before)
        trying = same | {before.publication_id: unchanged}
        try:
            found = audit(
                engine_tables(
                    [told, *used, before], same=trying, ends=ends, fixed=_known(told, [*used, before], trying)
                ),
                rule=rule,
                exact=exact,
            )
        except DisclosureError as error:
            if error.reason not in ("contradiction", "not_a_sum"):
                raise
            continue
        used, same = [*used, before], trying
    return found


def _known(told: Told, earlier: Sequence[Told], same: Mapping[str, set[tuple[str, str]]]) -> pd.Series:
    """The candidate's rows that an earlier publication told and that have not changed: nothing can take them back."""
    rows = told.rows
    known = pd.Series(False, index=rows.index)
    for before in earlier:
        old = rows.merge(before.rows, on=["factor", "level", "unit"], how="left", suffixes=("", "_old"))["count_old"]
        keys = zip(rows["factor"], rows["unit"], strict=True)
        known |= old.notna() & np.array([key in same[before.publication_id] for key in keys])
    return known


def _told_too_small(
    told: Told, *, rule: DisclosureRule, earlier: Sequence[Told], same: Mapping[str, set[tuple[str, str]]]
) -> int:
    rows = told.rows
    small = (rows["count"] < rule.threshold) | (rows["pupils"] - rows["count"] < rule.threshold)
    return int((small & ~_known(told, earlier, same)).sum())


def _told_again(told: Told, earlier: Sequence[Told]) -> int:
    both = [told.rows.merge(before.rows, on=["factor", "level", "unit"], suffixes=("", "_old")) for before in earlier]
    return sum(int((rows["count"].notna() & rows["count_old"].isna()).sum()) for rows in both)


def _differences(
    told: Told, earlier: Sequence[Told], *, rule: DisclosureRule, same: Mapping[str, set[tuple[str, str]]]
) -> int:
    failing = 0
    for before in earlier:
        both = told.rows.merge(before.rows, on=["factor", "level", "unit"], suffixes=("", "_old"))
        moved = (both["count"] - both["count_old"]).abs()
        failing += int(((moved > 0) & (moved < rule.threshold)).sum())
    return failing


def _shares(tables: Mapping[str, pd.DataFrame], told: Told) -> int:
    rows = told.rows[(told.rows["unit"] == ALL_UNITS) & told.rows["count"].isna()]
    withheld = set(zip(rows["factor"], rows["level"], strict=True))
    levels, factors = tables["need_factor_level"], tables["need_factor"]
    shown = levels[levels["level_share"].notna()]
    missing = factors.loc[factors["missing_share"].notna(), "factor"]
    return sum(key in withheld for key in zip(shown["factor"], shown["level"], strict=True)) + sum(
        (factor, MISSING) in withheld for factor in missing
    )


def _parts(tables: Mapping[str, pd.DataFrame], told: Told) -> int:
    rows = told.rows[(told.rows["unit"] != ALL_UNITS) & told.rows["count"].isna()]
    withheld = set(zip(rows["unit"], rows["factor"], strict=True))
    parts = tables["need_contribution"]
    return sum(key in withheld for key in zip(parts["school_unit_code"], parts["factor"], strict=True))


def _other_pupils(tables: Mapping[str, pd.DataFrame], told: Told) -> int:
    """Units whose pupils differ between factors, or from the money's; a reader would subtract one from the other."""
    units = told.rows[told.rows["unit"] != ALL_UNITS].groupby("unit")["pupils"].agg(["min", "max"])
    wide = tables["school_allocation"].set_index("school_unit_code")["pupil_count"].astype(float)
    paid = wide.reindex(units.index)
    return int(((units["min"] != units["max"]) | (paid.notna() & (paid != units["max"]))).sum())
