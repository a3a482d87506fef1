"""Pictures of what stands beside the need index, as metadata of the assets: an empty table gives a sentence.

Belongs here: one picture per published table of the evidence, of one municipality (the first, where a run has several).
Does not: computing figures, pages for readers. Pictures of factors are drawn in ``factor_charts``.
"""

import altair as alt
import dagster as dg
import numpy as np
import pandas as pd

from orchestration.charts import (
    ACCENT,
    INK,
    MANY,
    MUTED,
    as_metadata,
    first_municipality,
    in_words,
    themed,
    titled,
)
from orchestration.factor_charts import atlas_spec, selection_spec

MOST_UNITS = 40
"""Rows of school units that can be read; beyond that the lowest and the highest stand for all."""

MODELS = {
    "within_school": "within schools",
    "between_within": "between and within",
    "points": "points",
    "pooled": "pooled (compare only)",
    "prior": "weights as given",
    "prior_weighted": "drawn to given weights",
    "latest_count_date": "latest count date",
    "mean_of_three_count_dates": "three count dates",
    "with_composition_effect": "with composition effect",
}
"""Models in words; one without words stands under its name."""


def atlas_chart(levels: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``atlas_spec`` of ``need_factor_level`` as metadata of an asset."""
    told = levels.loc[levels["systematic_sd"].notna(), "municipality_code"].unique()
    if not len(told):
        return dg.MetadataValue.md("no differences that may be shown")
    return as_metadata(atlas_spec(levels[levels["municipality_code"].isin(told)]))


def selection_chart(path: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``selection_spec`` of ``need_selection`` as metadata of an asset."""
    return as_metadata(selection_spec(path)) if len(path) else dg.MetadataValue.md("too few results to compare factors")


def calibration_chart(tenths: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``calibration_spec`` of ``need_calibration`` as metadata of an asset."""
    return as_metadata(calibration_spec(tenths)) if len(tenths) else dg.MetadataValue.md("no cohort left to judge on")


def contribution_chart(parts: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``contribution_spec`` of ``need_contribution`` as metadata of an asset."""
    return as_metadata(contribution_spec(parts)) if len(parts) else dg.MetadataValue.md("no parts that may be shown")


def alternative_chart(pairs: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``alternative_spec`` of ``need_alternative_pair`` as metadata of an asset."""
    return as_metadata(alternative_spec(pairs)) if len(pairs) else dg.MetadataValue.md("no other model to compare with")


def calibration_spec(tenths: pd.DataFrame) -> alt.TopLevelMixin:
    """Expected against observed share of the last cohort, by tenths of risk, with what chance alone allows."""
    first, where = first_municipality(tenths)
    lower, upper = _wilson(first["observed_share"].to_numpy(float), first["leaver_count"].to_numpy(float))
    groups = pd.DataFrame(
        {
            "expected": first["expected_share"].astype(float),
            "observed": first["observed_share"].astype(float),
            "lower": lower,
            "upper": upper,
            "leavers": [f"{int(count)}" for count in first["leaver_count"]],
        }
    )
    end = 1.06 * max(float(groups["upper"].max()), float(groups["expected"].max()))
    scale, axis = alt.Scale(domain=[0, end], nice=False), alt.Axis(format="%", tickCount=6)
    x = alt.X("expected:Q", title="expected share not eligible", axis=axis, scale=scale)
    y = alt.Y("observed:Q", title="observed share not eligible", axis=axis, scale=scale)
    diagonal = alt.Chart(pd.DataFrame({"expected": [0, end], "observed": [0, end]}))
    base = alt.Chart(groups)
    layers = (
        diagonal.mark_line(color=MUTED, strokeDash=[5, 4]).encode(x=x, y=y),
        base.mark_rule(color=ACCENT, strokeWidth=2, opacity=0.45).encode(
            x=x, y=alt.Y("lower:Q", scale=scale), y2="upper:Q"
        ),
        base.mark_point(filled=True, color=ACCENT, size=80, opacity=1).encode(x=x, y=y),
        base.mark_text(dy=-8, fontSize=11, stroke="white", strokeWidth=3).encode(
            x=x, y=alt.Y("upper:Q"), text="leavers:N"
        ),
        base.mark_text(dy=-8, fontSize=11, color=INK).encode(x=x, y=alt.Y("upper:Q"), text="leavers:N"),
    )
    return themed(
        alt.layer(*layers).properties(
            width=400,
            height=400,
            title=titled(
                f"Expected and observed, last cohort{where}",
                subtitle="Weights of earlier cohorts. Bars: 95 % by chance; numbers: leavers; dashed: agreement.",
            ),
        )
    )


def contribution_spec(parts: pd.DataFrame) -> alt.TopLevelMixin:
    """Index points of every factor per school unit, highest index first; the dot is their sum."""
    first, where = first_municipality(parts)
    totals = first.groupby("school_unit_code", sort=True)["index_contribution"].sum()
    totals = totals.astype(float).sort_values(ascending=False, kind="stable")
    words = "The dot is the index; the parts of all factors add up to it. Units of at least 20 pupils."
    if len(totals) > MOST_UNITS:
        half = MOST_UNITS // 2
        words += f" The {half} highest and {half} lowest of {len(totals)} units."
        totals = pd.concat([totals.iloc[:half], totals.iloc[-half:]])
    order = list(totals.index)
    shown = first[first["school_unit_code"].isin(order)]
    factors = [in_words(name) for name in dict.fromkeys(shown["factor"])]
    rows = pd.DataFrame(
        {
            "unit": shown["school_unit_code"],
            "factor": [in_words(name) for name in shown["factor"]],
            "place": [factors.index(in_words(name)) for name in shown["factor"]],
            "points": shown["index_contribution"].astype(float),
        }
    )
    y = alt.Y("unit:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, labelFontSize=10))
    bars = (
        alt.Chart(rows)
        .mark_bar(height=9)
        .encode(
            x=alt.X("points:Q", title="index points above or below 100", stack="zero"),
            y=y,
            order="place:Q",
            color=alt.Color(
                "factor:N",
                sort=factors,
                title=None,
                scale=alt.Scale(domain=factors, range=list(MANY[: len(factors)])),
                legend=alt.Legend(orient="bottom", columns=4, labelLimit=140),
            ),
        )
    )
    sums = pd.DataFrame({"unit": order, "total": totals.to_numpy()})
    dots = (
        alt.Chart(sums)
        .mark_point(filled=True, size=46, color="white", stroke=INK, strokeWidth=1.6, opacity=1)
        .encode(x="total:Q", y=y)
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK).encode(x="zero:Q")
    return themed(
        alt.layer(bars, zero, dots).properties(
            width=480, height=14 * len(order), title=titled(f"Why the index is what it is{where}", subtitle=words)
        )
    )


def alternative_spec(pairs: pd.DataFrame) -> alt.TopLevelMixin:
    """Share of the pot that lies elsewhere between any two models, a cell per pair.

    The rows stand in the order of the comparison: the model in use first.
    """
    first, where = first_municipality(pairs)
    models = list(dict.fromkeys([*first["model_a"], *first["model_b"]]))
    words = [MODELS.get(model, in_words(model)) for model in models]
    words[0] += " (in use)"
    named = dict(zip(models, words, strict=True))
    cells = pd.DataFrame(
        {
            "a": [named[model] for model in first["model_a"]],
            "b": [named[model] for model in first["model_b"]],
            "moved": first["misplaced_pot_share"].astype(float),
            "units": first["units_changed_count"].astype(int),
        }
    )
    dark = float(cells["moved"].max()) * 0.6
    x = alt.X("a:N", sort=words, title=None, axis=alt.Axis(labelAngle=-30, ticks=False, domain=False, orient="bottom"))
    y = alt.Y("b:N", sort=words, title=None, axis=alt.Axis(labelLimit=180, ticks=False, domain=False))
    base = alt.Chart(cells).encode(x=x, y=y)
    squares = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("moved:Q", legend=None, scale=alt.Scale(domainMin=0, range=["#eef4f1", ACCENT]))
    )
    text = base.mark_text(fontSize=12).encode(
        text=alt.Text("moved:Q", format=".1%"),
        color=alt.condition(f"datum.moved > {dark}", alt.value("white"), alt.value(INK)),
    )
    return themed(
        alt.layer(squares, text).properties(
            width=74 * (len(words) - 1),
            height=36 * (len(words) - 1),
            title=titled(
                f"How much the choice of model moves{where}",
                subtitle="Share of the pot that would lie with other school units, between any two models.",
            ),
        )
    )


def _wilson(share: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % score interval of a share (Wilson 1927)."""
    z = 1.959964
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return middle - reach, middle + reach
