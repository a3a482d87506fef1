"""Small pictures on the assets: drawn with Altair, rendered without a browser, carried as Markdown.

Belongs here: pictures of aggregates that an analyst looks at in the UI and that stand in the docs.
Does not: pages for readers, anything about a single pupil.
"""

import base64
from typing import TypeVar

import altair as alt
import dagster as dg
import pandas as pd

from orchestration.pictures import picture_of
from orchestration.settings import settings

Picture = TypeVar("Picture", bound=alt.TopLevelMixin)

INK, MUTED, ACCENT, OTHER = "#1b2a41", "#8a97a8", "#0b6e4f", "#c8553d"
"""Ink, muted ink, municipal, independent: told apart by colour-blind readers and in print."""

MANY = (ACCENT, "#e3a72f", "#2c6fbb", "#7fc4d8", OTHER, "#b7bec8", "#7d4a8d", INK)
"""Up to eight kinds side by side: neighbours differ in lightness as well as in hue."""

SUBTITLE = "#55606e"
"""Ink of what stands under a title: lighter, and still readable on white."""

WIDTH = 560
"""Pixels of a picture without its labels."""

BELOW = alt.Legend(orient="bottom", labelLimit=300)

WORDS = {"econ_assistance": "economic assistance", "born_in_sweden": "born in Sweden"}
"""Where a name without its underscores would not do."""

LANES = 7
"""Rows of circles on a strip."""

MOST_MUNICIPALITIES = 3
"""A strip of schools is readable for a few municipalities; beyond that the picture is a distribution."""


def index_strip_chart(index: pd.DataFrame) -> alt.Chart:
    """The need index of every unit on a strip, sized by pupils; a histogram when there are many municipalities."""
    if index["municipality_code"].nunique() > MOST_MUNICIPALITIES:
        chart = alt.Chart(index[["need_index"]], title="Need index, all school units").mark_bar(color=ACCENT)
        return styled(
            chart.encode(
                x=alt.X("need_index:Q", bin=alt.Bin(step=10), title="need index (municipal mean = 100)"),
                y=alt.Y("count():Q", title="school units"),
            ),
            height=160,
        )
    points = index[["municipality_code", "school_unit_code", "need_index", "pupil_count"]].sort_values("need_index")
    points = points.assign(
        row=[place * 3 % LANES for place in range(len(points))]
    )  # neighbours side by side, not on top
    strip = alt.Chart(points, title="Need index, one circle per school unit").mark_circle(color=ACCENT, opacity=0.55)
    mean = alt.Chart(pd.DataFrame({"mean": [100]})).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="mean:Q")
    encoded = strip.encode(
        x=alt.X("need_index:Q", title="need index (pupil-weighted mean = 100)", scale=alt.Scale(zero=False)),
        y=alt.Y("municipality_code:N", title=None),
        yOffset=alt.YOffset("row:O"),
        size=alt.Size("pupil_count:Q", title="pupils", scale=alt.Scale(range=[30, 420])),
    )
    return styled(encoded + mean, height=110 * points["municipality_code"].nunique())


def coefficient_chart_spec(coefficients: pd.DataFrame) -> alt.Chart:
    """Estimates with 95 % intervals of one municipality's model (the first, when many share one fit)."""
    first = coefficients[coefficients["municipality_code"] == coefficients["municipality_code"].min()]
    shown = first[first["standard_error"].notna()].assign(order=range(int(first["standard_error"].notna().sum())))
    base = alt.Chart(shown, title="Weights of background, log-odds with 95 % interval").encode(
        y=alt.Y("term:N", sort=alt.EncodingSortField("order"), title=None, axis=alt.Axis(labelLimit=260))
    )
    bars = base.mark_rule(color=MUTED, strokeWidth=2).encode(
        x=alt.X("interval_lower:Q", title="log-odds of not eligible"), x2="interval_upper:Q"
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK).encode(x="zero:Q")
    return styled(
        zero + bars + base.mark_point(filled=True, color=ACCENT, size=45).encode(x="estimate:Q"), height=alt.Step(15)
    )


def allocation_chart_spec(wide: pd.DataFrame) -> alt.Chart:
    """Kronor per pupil against the need index, a circle per paid unit, municipal and independent alike."""
    paid = wide[(wide["payment_status"] == "paid") & (wide["pupil_count"] > 0)]
    shown = pd.DataFrame(
        {
            "need_index": paid["need_index"].astype(float),
            "structural": paid["structural_part_sek"].astype(float) / paid["pupil_count"].astype(float),
            "pupils": paid["pupil_count"].astype(int),
            "organiser": paid["organiser_type"],
        }
    )
    chart = alt.Chart(shown, title="Structural part per pupil follows need, for every organiser alike").mark_circle(
        opacity=0.6
    )
    return styled(
        chart.encode(
            x=alt.X("need_index:Q", title="need index", scale=alt.Scale(zero=False)),
            y=alt.Y("structural:Q", title="structural part, kr per pupil", axis=alt.Axis(format=",.0f")),
            size=alt.Size("pupils:Q", title="pupils", scale=alt.Scale(range=[20, 360])),
            color=alt.Color(
                "organiser:N",
                title="organiser",
                scale=alt.Scale(domain=["municipal", "independent"], range=[ACCENT, OTHER]),
            ),
        ),
        height=240,
    )


def index_strip(index: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``index_strip_chart`` as metadata of an asset."""
    return as_metadata(index_strip_chart(index)) if len(index) else dg.MetadataValue.md("no school units")


def coefficient_chart(coefficients: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``coefficient_chart_spec`` as metadata of an asset."""
    return as_metadata(coefficient_chart_spec(coefficients)) if len(coefficients) else dg.MetadataValue.md("no fit")


def allocation_chart(wide: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``allocation_chart_spec`` as metadata of an asset; a sample of units where there are thousands."""
    if not len(wide):
        return dg.MetadataValue.md("no school units")
    shown = wide if len(wide) <= 1500 else wide.sort_values("school_unit_code").iloc[:: len(wide) // 1000]
    return as_metadata(allocation_chart_spec(shown))


def first_municipality(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The first municipality's rows, and how the title names it where there are several."""
    codes = sorted(table["municipality_code"].unique())
    first = table[table["municipality_code"] == codes[0]].reset_index(drop=True)
    return first, f", {codes[0]}" + (f" (first of {len(codes)} municipalities)" if len(codes) > 1 else "")


def in_words(name: str) -> str:
    """A name of a factor, level or model as words."""
    return WORDS.get(name, name.replace("_", " "))


def titled(text: str, *, subtitle: str) -> alt.TitleParams:
    """The title of a picture with a sentence on how to read it."""
    return alt.TitleParams(text, subtitle=subtitle)


def small_title(text: str) -> alt.TitleParams:
    """The title of one of several panels."""
    return alt.TitleParams(text, fontSize=11, fontWeight="normal", color=SUBTITLE)


def as_metadata(chart: alt.TopLevelMixin) -> dg.MarkdownMetadataValue:
    """The chart as a picture in Markdown, its title as the text for those who cannot see it.

    The title alone where the installation draws no pictures (``LIKVARD_PICTURES``).
    """
    words = _title(chart)
    if not settings().pictures:
        return dg.MetadataValue.md(f"{words} (pictures are turned off)")
    spec = chart.to_dict(validate=False)  # every part was judged against its schema when it was made
    picture = base64.b64encode(picture_of(spec, folder=settings().pictures_folder)).decode()
    return dg.MetadataValue.md(f"![{words}](data:image/png;base64,{picture})")


def _title(chart: alt.TopLevelMixin) -> str:
    """The words above a picture; of one in layers or panels, those above the first that has any."""
    title = getattr(chart, "title", alt.Undefined)
    words = title.text if isinstance(title, alt.TitleParams) else title
    if isinstance(words, str):
        return words
    parts = (part for kind in ("layer", "vconcat", "hconcat") for part in getattr(chart, kind, None) or [])
    return next((found for part in parts if (found := _title(part))), "")


def styled(chart: Picture, *, height: int | alt.Step) -> Picture:
    """One picture in the width and the colours of all."""
    return themed(chart.properties(width=WIDTH, height=height))


def themed(chart: Picture) -> Picture:
    """The colours and sizes of all pictures, for one that has its own width."""
    return chart.configure(  # each call copies the chart with its rows, so there is one
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=INK, titleColor=INK, gridColor="#e6e9ee", domainColor=MUTED, labelFontSize=11, titleFontSize=11
        ),
        title=alt.TitleConfig(
            color=INK, fontSize=13, anchor="start", subtitleColor=SUBTITLE, subtitleFontSize=11, subtitlePadding=4
        ),
        legend=alt.LegendConfig(labelColor=INK, titleColor=INK),
    )
