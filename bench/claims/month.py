"""Claims of the months: forecasts of pupils."""

from __future__ import annotations

from bench.claims import month_forecast

CLAIMS = (*month_forecast.CLAIMS,)
