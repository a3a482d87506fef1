"""Pictures of the factors: how much school units differ in them, and how many of them the model needs.

Belongs here: one picture per published table, of one municipality (the first, where a run has several). Does not: figures,
pages for readers; the look of all pictures is in ``charts``.
"""

import altair as alt
import numpy as np
import pandas as pd

from orchestration.charts import (
    ACCENT,
    BELOW,
    INK,
    MUTED,
    OTHER,
    first_municipality,
    in_words,
    small_title,
    themed,
    titled,
)

ROW = 15
"""Pixels of a row with a label of its own."""


def atlas_spec(levels: pd.DataFrame) -> alt.TopLevelMixin:
    """Per factor and level: spread between school units beyond chance and by chance, and how it goes with results."""
    first, where = first_municipality(levels)
    known = first[first["systematic_sd"].notna()]
    withheld = len(first) - len(known)
    rows, order = _under_headings(known)
    y = _rows_of_headings(order, labels=True)
    kinds = ["beyond chance", "by chance alone"]
    spread = rows.melt(["row"], ["systematic", "chance"], var_name="kind", value_name="points").dropna()
    spread["kind"] = spread["kind"].map({"systematic": kinds[0], "chance": kinds[1]})
    span = alt.Chart(rows).mark_rule(color="#cfd6de", strokeWidth=3).encode(x="chance:Q", x2="systematic:Q", y=y)
    dots = (
        alt.Chart(spread)
        .mark_point(filled=True, size=62, opacity=1)
        .encode(
            x=alt.X("points:Q", title="spread between units, percentage points", axis=alt.Axis(tickCount=6)),
            y=y,
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=kinds, range=[ACCENT, OTHER]), legend=BELOW),
            shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=kinds, range=["circle", "diamond"])),
        )
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK).encode(x="zero:Q")
    correlation = (
        alt.Chart(rows)
        .transform_filter("isValid(datum.correlation)")
        .mark_point(filled=True, color=INK, size=42, opacity=1)
        .encode(
            x=alt.X(
                "correlation:Q",
                title="with share not eligible",
                axis=alt.Axis(values=[-1, 0, 1]),
                scale=alt.Scale(domain=[-1, 1]),
            ),
            y=_rows_of_headings(order, labels=False),
        )
    )
    left = (span + dots).properties(width=270, height=ROW * len(order), title=small_title("how much units differ"))
    right = (zero + correlation).properties(
        width=150, height=ROW * len(order), title=small_title("correlation over units")
    )
    words = "Factors with the largest differences first; of two mirrored levels, one."
    return themed(
        alt.hconcat(left, right, spacing=14).properties(
            title=titled(
                f"Systematic differences between school units{where}",
                subtitle=words + (f" {withheld} levels withheld." if withheld else ""),
            )
        )
    )


def _under_headings(levels: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Rows of the picture and their order: a heading per factor, its levels under it; mirrored levels once."""
    rows, order = [], []
    largest = levels.groupby("factor", sort=False)["systematic_sd"].max().sort_values(ascending=False, kind="stable")
    for factor in largest.index:
        own = levels[levels["factor"] == factor]
        if len(own) == 2 and own["share_sd"].nunique() == 1:
            own = own.iloc[1:]
        order.append(in_words(factor))
        for level in own.itertuples():
            order.append(f"{in_words(factor)}: {in_words(str(level.level))}")
            rows.append(
                {
                    "row": order[-1],
                    "systematic": 100 * level.systematic_sd,
                    "chance": 100 * level.chance_sd,
                    "correlation": level.outcome_correlation,
                }
            )
    return pd.DataFrame(rows), order


def _rows_of_headings(order: list[str], *, labels: bool) -> alt.Y:
    heading = "indexof(datum.value, ': ') < 0"
    axis = alt.Axis(
        labels=labels,
        ticks=False,
        domain=False,
        grid=False,
        labelLimit=220,
        labelPadding=8,
        labelExpr=f"{heading} ? datum.value : slice(datum.value, indexof(datum.value, ': ') + 2)",
        labelFontWeight=alt.condition(heading, alt.value("bold"), alt.value("normal")),
    )
    return alt.Y("row:N", sort=order, scale=alt.Scale(domain=order), title=None, axis=axis)


def selection_spec(path: pd.DataFrame) -> alt.TopLevelMixin:
    """What each further factor tells of schools left out (± one standard error to the best step), and what it moves."""
    first, where = first_municipality(path)
    names = ["no factors", *(f"+ {in_words(name)}" for name in first["factor_added"].iloc[1:])]
    steps = pd.DataFrame(
        {
            "row": names,
            "kept": np.where(first["is_recommended"].astype(bool), "recommended", "not recommended"),
            "difference": first["paired_difference"],
            "low": first["paired_difference"] - first["paired_standard_error"],
            "high": first["paired_difference"] + first["paired_standard_error"],
            "cohorts": first["cohort_paired_difference"].astype(float),
            "moved": first["pot_moved_by_factor_share"].astype(float),
        }
    )
    without, steps, order = float(steps["difference"].iloc[0]), steps.iloc[1:], names[1:]
    kept = list(steps.loc[steps["kept"] == "recommended", "row"])
    bold = f"indexof({kept!r}, datum.value) >= 0"
    colour = alt.Color(
        "kept:N",
        title=None,
        scale=alt.Scale(domain=["recommended", "not recommended"], range=[ACCENT, MUTED]),
        legend=BELOW,
    )
    axis = alt.Axis(
        labelLimit=200,
        ticks=False,
        domain=False,
        labelFontWeight=alt.condition(bold, alt.value("bold"), alt.value("normal")),
    )
    y, bare = alt.Y("row:N", sort=order, title=None, axis=axis), alt.Y("row:N", sort=order, title=None, axis=None)
    held = ["schools left out", "cohorts left out"]
    shape = alt.Scale(domain=held, range=["circle", "diamond"])
    base = alt.Chart(steps)
    best = alt.Chart(pd.DataFrame({"best": [0]})).mark_rule(color=INK).encode(x="best:Q")
    band = base.mark_rule(strokeWidth=7, opacity=0.3, yOffset=-4).encode(
        x=alt.X("low:Q", title="deviance per leaver above the best step", axis=alt.Axis(tickCount=5)),
        x2="high:Q",
        y=y,
        color=colour,
    )
    schools = (
        base.transform_calculate(held=f"'{held[0]}'")
        .mark_point(filled=True, size=55, opacity=1, yOffset=-4)
        .encode(x="difference:Q", y=y, color=colour, shape=alt.Shape("held:N", title=None, scale=shape, legend=BELOW))
    )
    cohorts = (
        base.transform_filter("isValid(datum.cohorts)")
        .transform_calculate(held=f"'{held[1]}'")
        .mark_point(filled=True, color=INK, size=38, opacity=0.85, yOffset=6)
        .encode(x="cohorts:Q", y=y, shape=alt.Shape("held:N", title=None, scale=shape, legend=BELOW))
    )
    bars = base.mark_bar(height=11).encode(
        x=alt.X("moved:Q", title="share of the pot", axis=alt.Axis(format="%", tickCount=3)), y=bare, color=colour
    )
    text = base.mark_text(align="left", dx=4, color=INK, fontSize=11).encode(
        x="moved:Q", y=bare, text=alt.Text("moved:Q", format=".1%")
    )
    height = 27 * len(order)
    left = (best + band + schools + cohorts).properties(
        width=270, height=height, title=small_title("what the step tells")
    )
    right = (bars + text).properties(width=130, height=height, title=small_title("what its factor moves"))
    return themed(
        alt.hconcat(left, right, spacing=18).properties(
            title=titled(
                f"How many factors{where}",
                subtitle=f"± one standard error: a band that reaches 0 is as good as the best. Without any factor: {without:.3f}.",
            )
        )
    )
