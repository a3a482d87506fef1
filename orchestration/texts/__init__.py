"""What the command says, in Swedish or English: one catalogue per language, one key per sentence.

Belongs here: looking a sentence up and putting numbers into it the language's own way.
Does not: texts of rules (``expectations/rules.yml``) and of the door (its own catalogue of reason codes).
"""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

from orchestration.settings import settings

LOCALES = {"sv": "sv_SE", "en": "en_GB"}


@lru_cache(maxsize=2)
def catalogue(language: str) -> dict[str, str]:
    """All sentences of one language."""
    text = resources.files("orchestration.texts").joinpath(f"{language}.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def say(key: str, **values: Any) -> str:
    """One sentence in the language of the settings. Raises KeyError when the catalogue has no such sentence."""
    return catalogue(settings().language)[key].format(**{name: _shown(value) for name, value in values.items()})


def locale() -> str:
    """The locale of the settings' language."""
    return LOCALES[settings().language]


def number(value: float, *, decimals: int = 0) -> str:
    """A number the language's way: 12 345,6 or 12,345.6."""
    return format_decimal(value, format=f"#,##0.{'0' * decimals}" if decimals else "#,##0", locale=locale())


def kronor(value: float) -> str:
    """Whole kronor: 42 028 608 kr."""
    return format_currency(value, "SEK", format="#,##0 ¤", locale="sv_SE", currency_digits=False)


def signed_kronor(value: Decimal) -> str:
    """Whole kronor of a change: a gain has its plus."""
    return f"{'+' if value > 0 else ''}{kronor(round(value))}"


def ore_as_kronor(ore: Decimal | int, *, decimals: int = 2) -> str:
    """Öre as a number of kronor, as exact as ``decimals`` shows it: 42 028 608,00."""
    return number(float(Decimal(ore) / 100) + 0.0, decimals=decimals)  # no minus before zero


def share(value: float) -> str:
    """A share as per cent with one decimal."""
    return format_percent(value, format="0.0 %", locale=locale())


def day(value: date) -> str:
    """A date in words."""
    return format_date(value, format="long", locale=locale())


def _shown(value: Any) -> Any:
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else value
