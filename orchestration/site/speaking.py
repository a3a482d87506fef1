"""One language of the pages: sentences, numbers, dates, and figures that say which published cell they show.

Belongs here: the catalogue's sentences and the formats. Does not: layout, sums, any figure without a source.
A figure becomes ``<data value="…" data-ref="table.column@key">``: a test reads the pages back and holds every one of them
against its table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from markupsafe import Markup

from orchestration.publication import figures
from orchestration.site.reading import Row
from orchestration.texts import LOCALES, catalogue

PACKAGE = "orchestration.site.texts"
LANGUAGES = ("sv", "en")
PLUS = "+"
_BESIDE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Words and formats of one language; ``names``: component or component.line to the municipality's own name for it."""

    language: str
    names: Mapping[str, str]

    def say(self, key: str, /, **values: Any) -> Markup:
        """One sentence; values are escaped unless they are markup. Raises KeyError for an unknown key or value."""
        return Markup(_sentence(self.language, key)).format(**values)

    def knows(self, key: str) -> bool:
        """Whether the catalogue has the sentence."""
        return key in catalogue(self.language, PACKAGE)

    def word(self, prefix: str, code: str) -> str:
        """A published code in words; one without words by its own name."""
        key = f"{prefix}_{code}"
        return str(self.say(key)) if self.knows(key) else code.replace("_", " ")

    def day(self, value: date) -> Markup:
        """A date in words, readable by machines too."""
        told = format_date(value, format="long", locale=LOCALES[self.language])
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), told)

    def number(self, value: float, decimals: int = 0) -> str:
        """A bare number."""
        return figures.number(value, self.language, decimals=decimals)

    def percent(self, value: float, decimals: int = 1) -> str:
        """A bare share as per cent."""
        return figures.percent(value, self.language, decimals=decimals)

    def kronor(self, ore: int) -> str:
        """Bare öre as kronor."""
        return figures.kronor(ore, self.language).replace("-", "−")

    def figure(self, row: Row | None, column: str, form: str = "number", decimals: int = 0) -> Markup:
        """One published cell, shown.

        ``form``: number, percent, kr (whole kronor unless decimals says otherwise), sek (the same without its unit); with a
        sign as ``+kr``. A column in öre is shown in kronor. An empty cell is a dash.
        """
        value = None if row is None else row.get(column)
        if row is None or value is None:
            return Markup('<span class="nothing">{}</span>').format(figures.NOTHING)
        return self.marked(value, f"{row.table}.{column}@{row.key}", form, decimals, is_ore=column.endswith("_ore"))

    def derived(self, name: str, value: Any, form: str = "number", decimals: int = 0, *, key: str = "") -> Markup:
        """A figure that follows from published cells; ``name`` says how, and a test computes it anew. Öre with form kr."""
        return self.marked(value, f"={name}@{key}", form, decimals, is_ore=form.endswith("kr"))

    def marked(self, value: Any, ref: str, form: str, decimals: int, *, is_ore: bool) -> Markup:
        """The figure in its element."""
        told = self._told(value, form.removeprefix("+"), decimals, is_ore=is_ore)
        if form.startswith("+") and value > 0:
            told = PLUS + told
        return Markup('<data value="{}" data-ref="{}" data-form="{}">{}</data>').format(
            _plain(value), ref, f"{form}.{decimals}", told
        )

    def _told(self, value: Any, form: str, decimals: int, *, is_ore: bool) -> str:
        if form == "percent":
            return self.percent(float(value), decimals)
        if form in ("kr", "sek"):
            sek = self._decimal(Decimal(value) / 100 if is_ore else Decimal(value), decimals)
            return sek if form == "sek" else f"{sek}\N{NO-BREAK SPACE}kr"
        if isinstance(value, Decimal | int):
            return self._decimal(Decimal(value), decimals)
        return self.number(value, decimals)

    def _decimal(self, value: Decimal, decimals: int) -> str:
        """Exact decimals, rounded half up as people do."""
        rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP) + 0
        form = "#,##0." + "0" * decimals if decimals else "#,##0"
        return format_decimal(rounded, format=form, locale=LOCALES[self.language]).replace("-", "−")


@lru_cache(maxsize=2000)
def _sentence(language: str, key: str) -> str:
    """A sentence whose references to law do not break over lines."""
    text = catalogue(language, PACKAGE)[key]
    return text.replace(" §", f"{_BESIDE}§").replace(" kap. ", f"{_BESIDE}kap.{_BESIDE}")


def _plain(value: Any) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)
