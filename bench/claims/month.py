"""Claims of the months: forecasts of pupils, payments."""

from __future__ import annotations

from bench.claims import month_forecast, month_payments

CLAIMS = (*month_forecast.CLAIMS, *month_payments.CLAIMS)
