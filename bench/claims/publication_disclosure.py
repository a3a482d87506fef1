"""Claims of disclosure control: nothing withheld can be worked out, of the demonstration and of a whole country.

Belongs here: attacks on published tables, and on a country whose every municipality counts its own pupils (real school units
and pupils, drawn background). Does not: the engine's own tests.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from bench.claim import Claim, Measured
from bench.homes import Home, demo_home, sweden_home
from bench.national_background import DAY, drawn_background
from expectations.contracts import CONTRACTS
from models_py.disclosure import Audit, DisclosureRule, audit
from orchestration.publication.background import ALL_UNITS, Told, engine_tables, told_by
from orchestration.publication.disclosure import protected_tables
from orchestration.publication.disclosure_check import attack, check_disclosure
from orchestration.publication.parquet import read_table

DEMO_YEAR, SWEDEN_YEAR = 2027, 2022
RULE = DisclosureRule()
NO_OPEN_DATA = Measured("not measured", None, "LIKVARD_OPEN_DATA is unset or absent")
BESIDE = ("need_factor_level", "need_factor", "need_contribution")


@dataclass(frozen=True, slots=True)
class Nation:
    """What was found over all municipalities of a drawn country."""

    municipalities: int
    units: int
    withheld: int
    recoverable: int
    too_narrow: int
    narrowest: float
    told_by_totals: int
    naive_withheld: int
    naive_recoverable: int
    naive_narrow: int
    seconds: float
    longest: float


def _tables(home: Home, year: int) -> list[dict[str, pd.DataFrame]]:
    return [
        {path.stem: read_table(path) for path in sorted((folder / "tables").glob("*.parquet"))}
        for folder in home.proposals(year)
    ]


def naive(tables: dict[str, pd.DataFrame], counts: pd.DataFrame, *, rule: DisclosureRule) -> Audit:
    """The attack on the same tables had only the counts been withheld that the rule itself asks for."""
    told = told_by(tables)
    assert told is not None
    units = counts.rename(columns={"school_unit_code": "unit"})[["factor", "level", "unit", "pupil_count"]]
    total = units.groupby(["factor", "level"], as_index=False)["pupil_count"].sum().assign(unit=ALL_UNITS)
    rows = told.rows.merge(pd.concat([units, total]), on=["factor", "level", "unit"], how="left")
    small = (rows["pupil_count"] < rule.threshold) | (rows["pupils"] - rows["pupil_count"] < rule.threshold)
    left = rows.assign(count=rows["pupil_count"].where(~small).astype(float)).drop(columns="pupil_count")
    return audit(engine_tables([Told("", told.count_date, left)], same={}), rule=rule)


def _demo_counts() -> pd.DataFrame:
    folder = demo_home().path / "aggregate" / "tables" / "need_background_count" / "municipality=9999"
    counts = pd.read_parquet(folder / f"funding_year={DEMO_YEAR}.parquet")
    return counts[counts["count_date"] == counts["count_date"].max()]


def demo_holds() -> Measured:
    (tables,) = _tables(demo_home(), DEMO_YEAR)
    found = attack(tables, rule=RULE, exact=True)
    reason, _ = check_disclosure(tables, rule=RULE)
    (folder,) = demo_home().proposals(DEMO_YEAR)
    stated = json.loads((folder / "manifest.json").read_text("utf-8"))["recorded"]["disclosure"]
    figure = (
        f"{found.recoverable} of {len(found.keys)} withheld counts recoverable, narrowest interval {found.narrowest:.0f} "
        f"pupils wide; {found.told_by_totals} at units whose pupils alone leave less than {RULE.threshold}"
    )
    holds = found.recoverable == found.too_narrow == reason.failing_count == 0 and len(found.keys) > 0
    return Measured(figure, holds and stated["hidden_cells"] == len(found.keys))


def demo_naive_leaks() -> Measured:
    (tables,) = _tables(demo_home(), DEMO_YEAR)
    found = naive(tables, _demo_counts(), rule=RULE)
    share = found.recoverable / len(found.keys)
    figure = f"{found.recoverable} of {len(found.keys)} ({share:.1%}) recoverable, {found.too_narrow} too narrow"
    return Measured(figure, found.recoverable > 0)


def open_statistics_tell_nothing() -> Measured:
    home = sweden_home()
    if home is None:
        return NO_OPEN_DATA
    tables = _tables(home, SWEDEN_YEAR)
    found = [check_disclosure(each, rule=RULE) for each in tables]
    withheld = sum(stated.hidden_cells for _, stated in found)
    rows = sum(len(each["school_background"]) for each in tables)
    return Measured(
        f"{len(tables)} municipalities, {rows} counts told, {withheld} withheld",
        rows == withheld == sum(reason.failing_count for reason, _ in found) == 0 and len(tables) > 0,
    )


@cache
def _nation() -> Nation | None:
    home = sweden_home()
    if home is None:
        return None
    pupils = home.query(SWEDEN_YEAR, "select municipality_code, school_unit_code, pupil_count from fct_need_index")
    empty = {name: pd.DataFrame(columns=list(CONTRACTS[name].names)) for name in BESIDE}
    found, plain, times = [], [], []
    for code, counts in drawn_background(pupils, seed=1).items():
        began = time.process_time()
        tables = protected_tables(empty, counts, municipality_code=code, funding_year=SWEDEN_YEAR, rule=RULE)
        times.append(time.process_time() - began)
        found.append(attack(tables, rule=RULE))
        plain.append(naive(tables, counts[counts["count_date"] == DAY], rule=RULE))
    return Nation(
        municipalities=len(found),
        units=len(pupils),
        withheld=sum(len(each.keys) for each in found),
        recoverable=sum(each.recoverable for each in found),
        too_narrow=sum(each.too_narrow for each in found),
        narrowest=min(each.narrowest for each in found if each.narrowest is not None),
        told_by_totals=sum(each.told_by_totals for each in found),
        naive_withheld=sum(len(each.keys) for each in plain),
        naive_recoverable=sum(each.recoverable for each in plain),
        naive_narrow=sum(each.too_narrow for each in plain),
        seconds=float(np.sum(times)),
        longest=max(times),
    )


def nation_holds() -> Measured:
    nation = _nation()
    if nation is None:
        return NO_OPEN_DATA
    figure = (
        f"{nation.municipalities} municipalities, {nation.units} units: {nation.recoverable} of {nation.withheld} withheld "
        f"counts recoverable, narrowest interval {nation.narrowest:.0f}; {nation.told_by_totals} told by totals; chosen in "
        f"{nation.seconds:.0f} CPU-s, the largest municipality {nation.longest:.0f}"
    )
    return Measured(figure, nation.recoverable == nation.too_narrow == 0 and nation.narrowest >= RULE.threshold)


def nation_naive_leaks() -> Measured:
    nation = _nation()
    if nation is None:
        return NO_OPEN_DATA
    share = nation.naive_recoverable / nation.naive_withheld
    figure = f"{nation.naive_recoverable} of {nation.naive_withheld} ({share:.1%}) recoverable, {nation.naive_narrow} too narrow"
    return Measured(figure, nation.naive_recoverable > 0)


CLAIMS = (
    Claim("publication-disclosure-demo", "No withheld count of the demonstration can be worked out from all its tables together.", "0 recoverable, every interval 10 pupils or what the pupils of a tiny unit leave", demo_holds),
    Claim("publication-disclosure-demo-naive", "Withholding small counts only would leak in the same tables.", "more than 0 recoverable", demo_naive_leaks),
    Claim("publication-disclosure-open", "A national publication of open statistics tells and withholds no counts of background.", "0 told, 0 withheld", open_statistics_tell_nothing),
    Claim("publication-disclosure-nation", "Nor can any of a country whose municipalities all count their own pupils (real units, drawn background).", "0 recoverable, narrowest interval 10", nation_holds),
    Claim("publication-disclosure-nation-naive", "There too, withholding small counts only would leak.", "more than 0 recoverable", nation_naive_leaks),
)  # fmt: skip
