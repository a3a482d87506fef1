"""Claims of the forecast of pupils: Skolverket's exports, every origin, ours beside the naive forecasts.

Belongs here: what a run of the whole country left in its planning tables. Does not: any forecast.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from bench.claim import Claim, Measured
from bench.homes import Home, sweden_home
from models_py.forecast import summary

YEAR = 2022
NOT_HERE = Measured("not measured", None, "LIKVARD_OPEN_DATA is unset or absent")


def _table(home: Home, name: str) -> pd.DataFrame:
    paths = sorted((home.path / "aggregate" / "tables" / name).glob(f"municipality=*/funding_year={YEAR}.parquet"))
    return pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)


@cache
def _summary() -> pd.DataFrame | None:
    home = sweden_home()
    if home is None:
        return None
    backtest = _table(home, "forecast_backtest").rename(columns={"forecast_level": "level"})
    return summary(backtest).set_index("level")


def _percent(values: pd.Series) -> str:
    return "/".join(f"{100 * value:.2f}" for value in values)


def _told(rows: pd.DataFrame) -> str:
    return (
        f"weighted error {_percent(rows['wape'])} % against {_percent(rows['naive_wape'])} %, mean absolute percentage "
        f"error {_percent(rows['mape'])} % against {_percent(rows['naive_mape'])} %, 1/2/3 years ahead"
    )


def cells_are_ahead() -> Measured:
    found = _summary()
    if found is None:
        return NOT_HERE
    rows = found.loc["grade"]
    ahead = (rows["wape"] < rows["naive_wape"]).all() and (rows["mape"] < rows["naive_mape"]).all()
    return Measured(_told(rows), bool(len(rows) == 3 and ahead))


def municipalities_are_not_behind() -> Measured:
    found = _summary()
    if found is None:
        return NOT_HERE
    rows = found.loc["municipality"]
    level = (rows["wape"] <= rows["naive_wape"]).all() and (rows["mape"] <= rows["naive_mape"]).all()
    return Measured(_told(rows), bool(len(rows) == 3 and level))


def units_keep_close() -> Measured:
    """Totals of whole units hold their size, so that last year's total is hard to beat: at most 5 % behind it."""
    found = _summary()
    if found is None:
        return NOT_HERE
    rows = found.loc["unit"]
    worst = max((rows["wape"] / rows["naive_wape"]).max(), (rows["mape"] / rows["naive_mape"]).max())
    return Measured(f"{_told(rows)}; at most {100 * (worst - 1):.1f} % behind", bool(worst <= 1.05))


def intervals_cover() -> Measured:
    found = _summary()
    if found is None:
        return NOT_HERE
    told = {level: found.loc[level, "coverage"] for level in ("grade", "unit", "municipality")}
    figure = "; ".join(f"{level} {_percent(values)} %" for level, values in told.items())
    cells = pd.concat([told["grade"], told["unit"]])
    return Measured(figure, bool(cells.between(0.935, 0.965).all() and (told["municipality"] >= 0.935).all()))


def gaps_are_named() -> Measured:
    home = sweden_home()
    if home is None:
        return NOT_HERE
    breaks = _table(home, "forecast_break")
    of_towns = breaks[breaks["break_unit_code"] == "all"]
    kinds = breaks["break_kind"].value_counts().sort_index()
    leaps = of_towns[of_towns["break_kind"] == "level_shift"].sort_values(["break_count_year", "municipality_code"])
    named = ", ".join(f"{row.municipality_code} {row.break_count_year}" for row in leaps.itertuples())
    impossible = of_towns[of_towns["break_kind"].isin(["impossible_fall", "impossible_rise", "year_missing"])]
    found = [(row.municipality_code, int(row.break_count_year)) for row in impossible.itertuples()]
    figure = (
        f"impossible or missing: {', '.join(f'{code} {year}' for code, year in found)}; "
        f"{', '.join(f'{kind} {count}' for kind, count in kinds.items())}; leaps: {named}"
    )
    return Measured(figure, found == [("2425", 2013)])


CLAIMS = (
    Claim("month-forecast-cells", "The forecast of pupils is ahead of naive for grades of school units, from every origin of Skolverket's exports 2012–2021.", "smaller weighted and mean absolute percentage error at every horizon than the better of last year's same grade and the previous grade carried forward", cells_are_ahead),
    Claim("month-forecast-municipality", "The forecast of pupils is not behind naive for totals of municipalities.", "weighted and mean absolute percentage error at most those of the better naive at every horizon", municipalities_are_not_behind),
    Claim("month-forecast-unit", "Totals of whole school units, which last year's total tells well, are about as near.", "at most 5 % larger errors than the better naive at every horizon", units_keep_close),
    Claim("month-forecast-coverage", "Intervals measured on earlier errors cover later counts.", "93.5–96.5 % of grades and units, at least 93.5 % of municipalities, of nominal 95 %", intervals_cover),
    Claim("month-forecast-breaks", "Dorotea 2013, where the main school is missing from the export, is the one impossible year, named and not learned from; leaps are named.", "exactly 2425 2013 among impossible and missing years", gaps_are_named),
)  # fmt: skip
