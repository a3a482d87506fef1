"""One municipality's change since last year: last year's publication beside this year's tables.

Belongs here: gathering both years' inputs, the reason where there is no comparison. Does not: the split itself
(``models_py.allocation.year_change``), assets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from models_py.allocation.year_change import (
    COMPOSITION,
    NEED_INDEX,
    NEED_MODEL,
    WEIGHTS,
    NeedStates,
    YearChange,
    YearInputs,
    change_since_last_year,
)
from models_py.errors import AllocationError, LikvardError, NeedError
from models_py.need.other_weights import index_under_weights
from models_py.need.policy import NeedPolicy
from orchestration.allocation_inputs import AllocationInputs, PupilCounts, gather
from orchestration.partitions import count_dates
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.yearly.baseline import OpeningBalance, opening_balance
from orchestration.yearly.policy_mix import policy_states
from orchestration.yearly.previous import PreviousYear, PreviousYearError, previous_year

NO_REGISTER: Mapping[str, pd.DataFrame] = {}
"""Instead of register counts where only money is asked for."""
NO_EARLIER_YEAR = "no_earlier_year"
NOT_COVERED = "policy_does_not_cover_last_year"
COUNTS_GONE = "last_year_counts_are_gone"
NOT_COMPARABLE = "years_cannot_be_mixed"
DAMAGED = "last_year_does_not_verify"
INDEX_GONE = "last_year_index_is_withheld"
INDEX_COLUMNS = ["school_unit_code", "need_index", "need_share"]


@dataclass(frozen=True, slots=True, eq=False)
class ComparedYears:
    """What came of comparing: the change, or the code of why there is none, and what it says in words.

    ``previous`` is the publication compared with; ``detail`` may name school units and policy keys, never a pupil.
    ``withheld``: units whose index last year's publication withholds, ascending; their causes would tell it.
    """

    previous: PreviousYear | None = None
    change: YearChange | None = None
    reason_code: str | None = None
    detail: str = ""
    withheld: tuple[str, ...] = ()


class IndexGoneError(LikvardError):
    """What last year's publication withholds is not in the home as it was published; the message says what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Marts:
    """Tables of the warehouse by municipality, all years: enrollment, register counts, units and whom they follow."""

    enrollment: Mapping[str, pd.DataFrame]
    register: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    followed: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, enrollment: pd.DataFrame, register: Mapping[str, pd.DataFrame], units: pd.DataFrame) -> Marts:
        """Cut by municipality; ``register`` is by municipality already."""
        followed: dict[str, dict[str, tuple[str, ...]]] = {}
        named = units[units["predecessor_codes"].notna()]
        rows = named[["municipality_code", "school_unit_code", "predecessor_codes"]].itertuples(index=False, name=None)
        for code, unit, olds in rows:
            followed.setdefault(code, {})[unit] = tuple(sorted(part.strip() for part in olds.split(",")))
        return cls(
            dict(tuple(enrollment.groupby("municipality_code"))),
            register,
            followed,
        )

    def counted(self, code: str, day: date) -> pd.DataFrame:
        """Pupils by school unit and grade on one count date; no rows where none was kept."""
        own = self.enrollment.get(code)
        if own is None:
            return pd.DataFrame(columns=["school_unit_code", "grade", "pupil_count"])
        return own[own["count_date"] == day]


def balance_of(
    scope: Scope, *, code: str, year: int, marts: Marts, root: Path, units: Sequence[str] | None = None
) -> OpeningBalance:
    """The opening balance that the guarantees of a funding year compare with. Errors as ``opening_balance``."""
    policy = scope.decided(code, year)
    if units is None:
        counted = marts.counted(code, count_dates(year, lag_years=policy.count_lag_years)[0])
        units = sorted(counted.loc[counted["pupil_count"] > 0, "school_unit_code"].unique())
    return opening_balance(
        scope.policy(code),
        policy=policy,
        delivered=scope.facts(code, year).baseline,
        folder=scope.policy_name(code),
        root=root,
        municipality_code=code,
        funding_year=year,
        units=units,
        followed=marts.followed.get(code, {}),
    )


def compare_years(
    scope: Scope,
    *,
    code: str,
    year: int,
    marts: Marts,
    need: pd.DataFrame,
    amounts_ore: Mapping[str, int],
    fit: Mapping[str, Any],
    root: Path,
    pupils: Mapping[int, PupilCounts] | None = None,
    kept: pd.DataFrame | None = None,
) -> ComparedYears:
    """Compare one municipality's year with its publication of the year before, decided or proposed.

    Parameters
    ----------
    need, amounts_ore : this year's ``fct_need_index`` and öre per unit
    fit : this year's record of the need model
    root : the published zone
    pupils : year to what its need step counted of own pupils
    kept : last year's ``fct_need_index`` as the home keeps it, for units whose index the publication withholds
    """
    previous, withheld = None, ()
    pupils = pupils or {}
    try:
        previous = previous_year(root, code, year - 1, proposals=True)
        if previous is None:
            return ComparedYears(reason_code=NO_EARLIER_YEAR)
        policies = policy_states(scope.policy(code), funding_year=year)
        inputs = {
            when: _inputs(scope, code=code, year=when, marts=marts, root=root, pupils=pupils.get(when, PupilCounts()))
            for when in (year - 1, year)
        }
        if not len(inputs[year - 1].enrollment):
            return ComparedYears(previous, reason_code=COUNTS_GONE)
        old, withheld = last_index(previous, kept)
        change = change_since_last_year(
            with_facts_of(inputs[year - 1], inputs[year]),
            new=with_facts_of(inputs[year], inputs[year - 1]),
            need=need_states(scope, previous, old=old, code=code, year=year, marts=marts, need=need, fit=fit),
            policies=policies,
            published_ore=previous.amounts_ore(),
            new_ore=amounts_ore,
            predecessors=marts.followed.get(code, {}),
        )
    except PreviousYearError as error:
        return ComparedYears(previous, reason_code=DAMAGED, detail=str(error))
    except PolicyError as error:
        return ComparedYears(previous, reason_code=NOT_COVERED, detail=str(error))
    except IndexGoneError as error:
        return ComparedYears(previous, reason_code=INDEX_GONE, detail=str(error))
    except AllocationError as error:
        return ComparedYears(previous, reason_code=NOT_COMPARABLE, detail=str(error))
    return ComparedYears(previous, change, withheld=withheld)


def last_index(previous: PreviousYear, kept: pd.DataFrame | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Last year's whole index (``INDEX_COLUMNS``), and the units whose index its publication withholds.

    Their index is the home's own, which must be the published one for every other unit; else raises IndexGoneError.
    """
    told = previous.table("fct_need_index").astype({"school_unit_code": str})
    is_withheld = told["need_index"].isna()
    if "index_withheld_because" in told:
        is_withheld &= told["index_withheld_because"].notna()
    told = told[INDEX_COLUMNS].set_index("school_unit_code")
    units = tuple(sorted(told.index[is_withheld.to_numpy()]))
    if not units:
        return told.reset_index(), ()
    own = None if kept is None else kept[INDEX_COLUMNS].astype({"school_unit_code": str}).set_index("school_unit_code")
    others = told.index.difference(units)
    if own is None or set(own.index) != set(told.index) or not own.loc[others].equals(told.loc[others]):
        raise IndexGoneError(
            f"{previous.publication_id} withholds the index of {len(units)} school units ({', '.join(units[:3])}), and the "
            f"home does not keep that publication's index; run {previous.funding_year} again, then this year"
        )
    return own.loc[told.index].reset_index(), units


def with_facts_of(own: YearInputs, other: YearInputs) -> YearInputs:
    """``own`` with the measures that ``other`` alone has, so that a component which came or went can be asked of both years.

    A unit that only ``own`` has is without them; a policy that reads them refuses then, as it does for any gap.
    """
    if other.measures is None:
        return own
    if own.measures is None:
        units = pd.DataFrame({"school_unit_code": sorted(set(own.enrollment["school_unit_code"]))})
    else:
        units = own.measures
    further = [name for name in other.measures.columns if name == "school_unit_code" or name not in units.columns]
    if len(further) == 1:
        return own
    return replace(own, measures=units.merge(other.measures[further], on="school_unit_code", how="left"))


def _inputs(
    scope: Scope, *, code: str, year: int, marts: Marts, root: Path, pupils: PupilCounts
) -> YearInputs:  # fmt: skip
    found = inputs_of(scope, code=code, year=year, marts=marts, root=root, pupils=pupils)
    return YearInputs(
        found.enrollment,
        found.measures,
        found.balance.table,
        found.balance.predecessors,
        found.facts.offered,
        found.risk_cells,
        found.facts.supplements,
    )


def inputs_of(
    scope: Scope, *, code: str, year: int, marts: Marts, root: Path, pupils: PupilCounts
) -> AllocationInputs:  # fmt: skip
    """What one municipality's money of a year is computed from. Errors as ``balance_of``."""
    day = count_dates(year, lag_years=scope.decided(code, year).count_lag_years)[0]
    return gather(
        code,
        enrollment=marts.counted(code, day),
        facts=scope.facts(code, year),
        balance=balance_of(scope, code=code, year=year, marts=marts, root=root),
        pupils=pupils,
        day=day,
    )


def need_states(
    scope: Scope,
    previous: PreviousYear,
    *,
    old: pd.DataFrame,
    code: str,
    year: int,
    marts: Marts,
    need: pd.DataFrame,
    fit: Mapping[str, Any],
) -> NeedStates:
    """Last year's index (``old``) and this year's; where both years' weights are kept, each year's pupils under the other's.

    Weights are told apart from composition for own pupils only: of a delivered index nobody but its sender knows what it
    rests on, and open statistics describe school units. Where the model's form differs too, its cause is 'need_model'.
    """
    new = need[INDEX_COLUMNS].astype({"school_unit_code": str})
    together = NeedStates((NEED_INDEX,), {("old",): old, ("new",): new})
    before = next(iter(previous.manifest["recorded"]["fits"].values()), {})
    if "weights" not in before or "weights" not in fit or code not in marts.register:
        return together
    try:
        models = {when: scope.need_policy(code, when) for when in (year - 1, year)}
        if any(model.composition_effect for model in models.values()):
            return together
        now_by_old = _under(before, scope, code=code, of=year - 1, pupils_of=year, marts=marts, models=models)
        then_by_new = _under(fit, scope, code=code, of=year, pupils_of=year - 1, marts=marts, models=models)
    except (NeedError, PolicyError):  # the years are compared all the same, with need as one cause
        return together
    same = (before.get("formula"), before.get("kind")) == (fit.get("formula"), fit.get("kind"))
    same = same and models[year - 1].count_dates == models[year].count_dates
    return NeedStates(
        (COMPOSITION, WEIGHTS if same else NEED_MODEL),
        {
            ("old", "old"): old,
            ("new", "new"): new,
            ("new", "old"): now_by_old,
            ("old", "new"): then_by_new,
        },
    )


def _under(
    record: Mapping[str, Any],
    scope: Scope,
    *,
    code: str,
    of: int,
    pupils_of: int,
    marts: Marts,
    models: Mapping[int, NeedPolicy],
) -> pd.DataFrame:
    """Pupils of one year under the weights of another."""
    policy = scope.decided(code, pupils_of)
    days = count_dates(pupils_of, lag_years=policy.count_lag_years)
    own = marts.register[code]
    return index_under_weights(
        json.dumps(record["weights"]),
        register_counts=own[own["count_date"].isin(list(days))],
        policy=models[of],
        factors=list(record["settings"]["factors"]),
        index_minimum_pupils=policy.index_minimum_pupils,
    )
