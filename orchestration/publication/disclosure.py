"""What a candidate withholds of its pupils' background, over all its tables together and beside what was told before.

Belongs here: the step between counts and published tables. Does not: the engine (``models_py.disclosure``), the check of what
stands on disk (``disclosure_check``), merged money lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from expectations.contracts import CONTRACTS
from models_py.disclosure import DisclosureRule, audit, protect
from orchestration.publication.background import (
    ALL_UNITS,
    MISSING,
    MUNICIPALITY,
    PUBLIC_ELSEWHERE,
    SCHOOLS,
    SUPPRESSED,
    Told,
    engine_tables,
    seen_unchanged,
    with_counts,
)

OTHER_FACTORS = "other_factors"
WOULD_REVEAL = "would_reveal_fewer_than_ten_pupils"

_BY_SHARE = {
    "share_withheld_because": ("level_share",),
    "spread_withheld_because": ("share_sd", "chance_sd", "systematic_sd", "dissimilarity", "chance_dissimilarity"),
    "correlation_withheld_because": ("outcome_correlation",),
    "stability_withheld_because": ("stability_correlation", "mean_absolute_change"),
}
_ENDS = ("lowest", "highest")


def protected_tables(
    tables: Mapping[str, pd.DataFrame],
    counts: pd.DataFrame,
    *,
    municipality_code: str,
    funding_year: int,
    rule: DisclosureRule,
    earlier: Sequence[Told] = (),
) -> dict[str, pd.DataFrame]:
    """``tables`` with the two tables of background, and everything a withheld count would follow from withheld as well.

    Parameters
    ----------
    tables : the candidate's other tables
    counts : count_date, school_unit_code, factor, level, pupil_count (whole counts, also noughts); the candidate tells of
        the latest date, an earlier one stands behind the index too; no rows where pupils are not counted here
    earlier : publications that told of the same day (``earlier_publications``)
    """
    made = {name: pd.DataFrame(columns=list(CONTRACTS[name].names)) for name in (SCHOOLS, MUNICIPALITY)}
    shown = _with_somebody(counts[~counts["factor"].isin(PUBLIC_ELSEWHERE)], earlier)
    if not len(shown):
        return {**tables, **made}
    latest = max(shown["count_date"])
    truth = _with_totals(shown[shown["count_date"] == latest])
    candidate = Told("", latest, truth)
    hidden = _hidden(candidate, tables, rule=rule, earlier=earlier)
    told = with_counts(candidate, hidden)
    keys = {"municipality_code": municipality_code, "funding_year": funding_year, "count_date": latest}
    for name, is_unit in ((SCHOOLS, True), (MUNICIPALITY, False)):
        rows = told.rows[(told.rows["unit"] != ALL_UNITS) == is_unit]
        made[name] = rows.assign(
            **keys,
            school_unit_code=rows["unit"],
            pupil_count=rows["pupils"],
            background_count=rows["count"].astype("Int64"),
            suppression_code=pd.array(np.where(rows["count"].isna(), SUPPRESSED, None), dtype="str"),
        )[list(CONTRACTS[name].names)].reset_index(drop=True)
    beside = dict(tables)
    beside["need_factor_level"] = _levels(tables["need_factor_level"], told, truth, rule=rule)
    beside["need_factor"] = _missing(tables["need_factor"], told)
    small = _small_at_any_date(shown, told, rule=rule)
    beside["need_contribution"] = contributions_together(tables["need_contribution"], small=small)
    return beside | made


def contributions_together(parts: pd.DataFrame, *, small: set[tuple[str, str]]) -> pd.DataFrame:
    """``need_contribution`` with the parts of factors in ``small`` (unit, factor) told as one, ``OTHER_FACTORS``.

    With published weights the part of one factor tells how many pupils have it; a sum over several does not. A factor that
    would stand alone takes the unit's smallest other part with it. A unit's parts have the sum they had.
    """
    if not len(parts) or not small:
        return parts
    together = [key in small for key in zip(parts["school_unit_code"], parts["factor"], strict=True)]
    ordered = parts.assign(
        together=together, size=parts["index_contribution"].astype(float).abs()
    ).sort_values(["school_unit_code", "size", "factor"])  # fmt: skip
    alone = ordered.groupby("school_unit_code")["together"].transform("sum") == 1
    first_other = ordered[alone & ~ordered["together"]].drop_duplicates("school_unit_code").index
    ordered.loc[first_other, "together"] = True
    merged = ordered[ordered["together"]].assign(factor=OTHER_FACTORS)
    keys = list(CONTRACTS["need_contribution"].keys)
    amounts = ["index_contribution", "contribution_sek_per_pupil", "contribution_sek"]
    summed = merged.sort_values(keys).groupby(keys, as_index=False)[amounts].agg(_sum_of)
    kept = ordered.loc[~ordered["together"], list(parts.columns)]
    return pd.concat([kept, summed[list(parts.columns)]], ignore_index=True).sort_values(keys).reset_index(drop=True)


def _sum_of(values: pd.Series) -> object:
    """Exact for decimals, and the nearest float whatever the order."""
    numbers = list(values)
    return np.float64(np.sum(np.sort(numbers))) if isinstance(numbers[0], float) else sum(numbers[1:], numbers[0])


def _with_somebody(counts: pd.DataFrame, earlier: Sequence[Told]) -> pd.DataFrame:
    """Without the level ``missing`` where nobody in the municipality lacks the factor that day: it tells of no pupil.

    Withheld noughts of a whole column would take other counts with them for nothing. A publication that told of the
    level keeps it for those after.
    """
    everybody = counts.groupby(["count_date", "factor", "level"])["pupil_count"].transform("sum")
    told = {key for before in earlier for key in zip(before.rows["factor"], before.rows["level"], strict=True)}
    kept = pd.Series([key in told for key in zip(counts["factor"], counts["level"], strict=True)], index=counts.index)
    return counts[(counts["level"] != MISSING) | (everybody > 0) | kept]


def _with_totals(counts: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``Told``: every unit × level, and the municipality."""
    units = counts.rename(columns={"school_unit_code": "unit", "pupil_count": "count"})
    names = ["factor", "level", "unit"]
    grid = units.groupby(names, as_index=False)["count"].sum()
    total = grid.groupby(["factor", "level"], as_index=False)["count"].sum().assign(unit=ALL_UNITS)
    rows = pd.concat([grid, total], ignore_index=True)
    rows["pupils"] = rows.groupby(["factor", "unit"])["count"].transform("sum")
    rows["count"] = rows["count"].astype(float)
    return rows[[*names, "pupils", "count"]].sort_values(["factor", "unit", "level"]).reset_index(drop=True)


def _hidden(
    candidate: Told, tables: Mapping[str, pd.DataFrame], *, rule: DisclosureRule, earlier: Sequence[Told]
) -> pd.Series:
    """Which of the candidate's rows are withheld, by their index."""
    rows = candidate.rows
    must, fixed = _withheld_elsewhere(rows, tables), pd.Series(False, index=rows.index)
    same: dict[str, set[tuple[str, str]]] = {}
    for before in earlier:
        same[before.publication_id] = unchanged = seen_unchanged(candidate, before)
        old = rows.merge(before.rows, on=["factor", "level", "unit"], how="left", suffixes=("", "_old"))["count_old"]
        there = rows[["factor", "level", "unit"]].merge(before.rows.assign(there=True), how="left")["there"].notna()
        stands = pd.Series(
            [key in unchanged for key in zip(rows["factor"], rows["unit"], strict=True)], index=rows.index
        )
        moved = (rows["count"] - old).abs()
        must |= there & old.isna()  # withheld once, withheld for good
        must |= ~stands & (moved > 0) & (moved < rule.threshold)  # the difference counts few pupils
        fixed |= stands & old.notna()  # told once, known for good
    must &= ~fixed
    system = engine_tables([candidate], same=same, must_hide=must, fixed=fixed)
    found = pd.Series(protect(system, rule=rule).hidden, index=system.keys)
    key = rows["factor"] + "|" + rows["unit"] + "|" + rows["level"]
    return pd.Series(found[key].to_numpy(), index=rows.index)


def _withheld_elsewhere(rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """The municipality's counts whose share another table withholds."""
    levels, factors = tables["need_factor_level"], tables["need_factor"]
    shares = zip(levels["factor"], levels["level"], levels["share_withheld_because"].notna(), strict=True)
    withheld = {(factor, level) for factor, level, hidden in shares if hidden}
    withheld |= {(factor, MISSING) for factor in factors.loc[factors["missing_withheld_because"].notna(), "factor"]}
    named = [key in withheld for key in zip(rows["factor"], rows["level"], strict=True)]
    return pd.Series(named, index=rows.index) & (rows["unit"] == ALL_UNITS)


def _levels(levels: pd.DataFrame, told: Told, truth: pd.DataFrame, *, rule: DisclosureRule) -> pd.DataFrame:
    """``need_factor_level`` without the shares whose counts are withheld, and without ends that would narrow one."""
    if not len(levels):
        return levels
    withheld = _municipal_withheld(told)
    hidden = pd.Series(
        [key in withheld for key in zip(levels["factor"], levels["level"], strict=True)], index=levels.index
    )
    table = levels.copy()
    for because, names in _BY_SHARE.items():
        _blank(table, hidden, names, because)
    for end in _ENDS:
        _blank(table, hidden | ~_end_is_told(table, told, truth, end=end), (f"{end}_share",), f"{end}_withheld_because")
    while narrow := _levels_told_by_ends(table, told, rule=rule):
        at = pd.Series([key in narrow for key in zip(table["factor"], table["level"], strict=True)], index=table.index)
        at &= table["highest_share"].notna()
        if not at.any():  # another table does it, and the check of the files says so
            break
        _blank(table, at, ("highest_share",), "highest_withheld_because")
    return table


def _end_is_told(table: pd.DataFrame, told: Told, truth: pd.DataFrame, *, end: str) -> pd.Series:
    """Whether the unit with the lowest or highest share is one whose count stands: else the end tells a withheld count."""
    rows = truth.assign(stands=told.rows["count"].notna())
    rows = rows[rows["unit"] != ALL_UNITS]
    missing = rows[rows["level"] == MISSING].set_index(["factor", "unit"])["count"]
    place = pd.MultiIndex.from_frame(rows[["factor", "unit"]])
    known = rows["pupils"] - missing.reindex(place, fill_value=0.0).to_numpy()
    share = (rows["count"] / known.where(known >= 20)).round(3)  # as published
    standing = {
        (factor, level, value)
        for factor, level, value, stands in zip(rows["factor"], rows["level"], share, rows["stands"], strict=True)
        if stands
    }
    public = table["factor"].isin(PUBLIC_ELSEWHERE)
    keys = zip(table["factor"], table["level"], table[f"{end}_share"], strict=True)
    return public | pd.Series([key in standing for key in keys], index=table.index)


def _levels_told_by_ends(table: pd.DataFrame, told: Told, *, rule: DisclosureRule) -> set[tuple[str, str]]:
    """(factor, level) of withheld counts that the published ends bound too narrowly."""
    ends = table.loc[table["highest_share"].notna(), ["factor", "level", "lowest_share", "highest_share"]]
    found = audit(engine_tables([told], same={}, ends=ends), rule=rule)
    parts = (key.split("|") for key in found.narrow_keys)
    return {(factor, level) for factor, _, level in parts}


def _missing(factors: pd.DataFrame, told: Told) -> pd.DataFrame:
    table = factors.copy()
    hidden = table["factor"].isin({factor for factor, level in _municipal_withheld(told) if level == MISSING})
    _blank(
        table, hidden, ("missing_share", "is_missing_flagged", "flagged_unit_count"), "missing_withheld_because"
    )  # fmt: skip
    return table


def _municipal_withheld(told: Told) -> set[tuple[str, str]]:
    rows = told.rows[(told.rows["unit"] == ALL_UNITS) & told.rows["count"].isna()]
    return set(zip(rows["factor"], rows["level"], strict=True))


def _blank(table: pd.DataFrame, where: pd.Series, names: tuple[str, ...], because: str) -> None:
    """Null in a table of our own making; a reason that stands already is kept."""
    filled = where & table[list(names)].notna().any(axis=1)
    for name in names:
        table[name] = table[name].mask(where)
    table[because] = table[because].mask(filled & table[because].isna(), WOULD_REVEAL)


def _small_at_any_date(counts: pd.DataFrame, told: Told, *, rule: DisclosureRule) -> set[tuple[str, str]]:
    """(unit, factor) with a withheld count, at the date that is told or, by the rule, at one behind the index."""
    sizes = counts.groupby(["count_date", "school_unit_code", "factor"])["pupil_count"].transform("sum")
    few = (counts["pupil_count"] < rule.threshold) | (sizes - counts["pupil_count"] < rule.threshold)
    before = counts[few]
    now = told.rows[told.rows["count"].isna()]
    return set(zip(before["school_unit_code"], before["factor"], strict=True)) | set(
        zip(now["unit"], now["factor"], strict=True)
    )
