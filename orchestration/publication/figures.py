"""Figures in words people read: numbers, shares and kronor the Swedish and the English way.

Belongs here: formatting. Does not: computing, sentences.
"""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency, format_decimal, format_percent

LOCALES = {"sv": "sv_SE", "en": "en_GB"}
NOTHING = "–"
"""Stands where there is no figure to show."""


def kronor(ore: int, lang: str) -> str:
    """Öre as kronor; the öre only where there are any."""
    form = "#,##0 ¤" if ore % 100 == 0 else "#,##0.00 ¤"
    return format_currency(Decimal(ore) / 100, "SEK", format=form, locale=LOCALES[lang], currency_digits=False)


def number(value: float | None, lang: str, *, decimals: int = 0) -> str:
    """A number with a fixed count of decimals: 12 345,6 or 12,345.6."""
    if value is None or value != value:  # NaN is the only number that differs from itself
        return NOTHING
    rounded = round(float(value), decimals) + 0.0  # no minus before zero
    form = "#,##0." + "0" * decimals if decimals else "#,##0"
    return _minus(format_decimal(rounded, format=form, locale=LOCALES[lang]))


def percent(share: float | None, lang: str, *, decimals: int = 1) -> str:
    """A share 0..1 as per cent."""
    if share is None or share != share:
        return NOTHING
    rounded = round(float(share), decimals + 2) + 0.0
    form = "0." + "0" * decimals + " %" if decimals else "0 %"
    text = format_percent(rounded, format=form if lang == "sv" else form.replace(" ", ""), locale=LOCALES[lang])
    return _minus(text)


def _minus(text: str) -> str:
    """With a minus sign, which a hyphen is not."""
    return text.replace("-", "−")
