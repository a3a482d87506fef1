"""Partitions: funding years as static keys from the settings, since next year's must exist before New Year."""

from datetime import date

import dagster as dg

from orchestration.settings import settings

months = dg.StaticPartitionsDefinition(
    [f"{year}-{month:02d}" for year in settings().funding_years for month in range(1, 14)]
)
"""Months of funding years; 13 closes the year."""
funding_years = dg.StaticPartitionsDefinition([str(year) for year in settings().funding_years])


def count_dates(funding_year: int, *, lag_years: int = 0) -> tuple[date, date]:
    """The later and the earlier count date (15 October) of a funding year.

    ``lag_years`` is what a policy's ``count_lag_years`` adds when only older counts exist.
    """
    return date(funding_year - 1 - lag_years, 10, 15), date(funding_year - 2 - lag_years, 10, 15)
