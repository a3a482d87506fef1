"""Figures as people write them in either language."""

from __future__ import annotations

import pytest

from orchestration.publication.figures import NOTHING, kronor, number, percent


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("figure", "swedish", "english"),
    [
        (lambda lang: kronor(123_456_700, lang), "1 234 567 kr", "1,234,567 SEK"),
        (lambda lang: kronor(123_456_789, lang), "1 234 567,89 kr", "1,234,567.89 SEK"),
        (lambda lang: kronor(150, lang), "1,50 kr", "1.50 SEK"),
        (lambda lang: kronor(0, lang), "0 kr", "0 SEK"),
        (lambda lang: number(12_345.678, lang), "12 346", "12,346"),
        (lambda lang: number(-12_345.65, lang, decimals=1), "−12 345,6", "−12,345.6"),
        (lambda lang: number(-0.001, lang, decimals=2), "0,00", "0.00"),
        (lambda lang: number(7, lang, decimals=3), "7,000", "7.000"),
        (lambda lang: percent(0.12345, lang), "12,3 %", "12.3%"),
        (lambda lang: percent(-0.5, lang, decimals=0), "−50 %", "−50%"),
        (lambda lang: percent(-0.00001, lang), "0,0 %", "0.0%"),
        (lambda lang: percent(1.5, lang, decimals=2), "150,00 %", "150.00%"),
    ],
)
def test_a_figure_is_written_as_each_language_has_it(figure, swedish: str, english: str) -> None:
    assert (plain(figure("sv")), plain(figure("en"))) == (swedish, english)


@pytest.mark.parametrize("nothing", [None, float("nan")])
@pytest.mark.parametrize("write", [number, percent])
def test_no_figure_is_a_dash(write, nothing: float | None) -> None:
    assert write(nothing, "sv") == write(nothing, "en", decimals=2) == NOTHING == "–"
