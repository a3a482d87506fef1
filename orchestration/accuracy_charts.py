"""Pictures of the accuracy of the need weights: what is misplaced beside chance and flat, and who is misjudged.

Belongs here: one picture per table, of one municipality (the first, where a run has several). Does not: figures.
"""

import altair as alt
import dagster as dg
import pandas as pd

from orchestration.charts import ACCENT, INK, MUTED, OTHER, as_metadata, first_municipality, in_words, styled, titled

MODEL, FLAT = "by the weights", "by a flat amount"


def misplaced_chart(cohorts: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``misplaced_spec`` as metadata of an asset."""
    return as_metadata(misplaced_spec(cohorts)) if len(cohorts) else dg.MetadataValue.md("no cohort can be judged")


def level_chart(levels: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``level_spec`` as metadata of an asset."""
    return as_metadata(level_spec(levels)) if len(levels) else dg.MetadataValue.md("no level can be judged")


def misplaced_spec(cohorts: pd.DataFrame) -> alt.TopLevelMixin:
    """Per judged cohort: misplaced by the weights and by a flat amount, over the band that chance makes of right weights."""
    first, where = first_municipality(cohorts)
    order = first.sort_values(["is_pooled", "judged_years"])["judged_years"].tolist()
    x = alt.X("judged_years:N", sort=order, title="cohort judged", axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(zero=True)
    band = (
        alt.Chart(first)
        .mark_bar(color=MUTED, opacity=0.35, width=26)
        .encode(x=x, y=alt.Y("floor_lower:Q", scale=scale, title="share of the pot"), y2="floor_upper:Q")
    )
    points = pd.concat(
        [
            pd.DataFrame({"judged_years": first["judged_years"], "share": first[name].astype(float), "whose": whose})
            for name, whose in (("misplaced_share", MODEL), ("flat_misplaced_share", FLAT))
        ],
        ignore_index=True,
    )
    dots = (
        alt.Chart(points)
        .mark_point(filled=True, size=80)
        .encode(
            x=x,
            y=alt.Y("share:Q", scale=scale, title="share of the pot", axis=alt.Axis(format=".0%")),
            color=alt.Color(
                "whose:N",
                title=None,
                sort=[MODEL, FLAT],
                scale=alt.Scale(domain=[MODEL, FLAT], range=[ACCENT, OTHER]),
                legend=alt.Legend(orient="bottom"),
            ),
        )
    )
    return styled(
        alt.layer(band, dots).properties(
            title=titled(
                f"Money misplaced against what came{where}",
                subtitle="Grey: what chance and school quality misplace in 95 of 100 when the weights are right.",
            )
        ),
        height=220,
    )


def level_spec(levels: pd.DataFrame) -> alt.TopLevelMixin:
    """Observed over expected per level, with what chance and unsure weights make."""
    first, where = first_municipality(levels)
    shown = first.assign(
        name=[f"{in_words(f)}: {in_words(n)}" for f, n in zip(first["factor"], first["level"], strict=True)],
        alarm=(first["adjusted_p_value"].astype(float) < 0.05).map({True: "alarm", False: "within chance"}),
    )
    y = alt.Y("name:N", sort=shown["name"].tolist(), title=None, axis=alt.Axis(labelLimit=300))
    chance = (
        alt.Chart(shown)
        .mark_rule(color=MUTED, strokeWidth=5, opacity=0.45)
        .encode(y=y, x=alt.X("chance_ratio_lower:Q", title="observed / expected"), x2="chance_ratio_upper:Q")
    )
    one = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(color=INK).encode(x="one:Q")
    dots = (
        alt.Chart(shown)
        .mark_point(filled=True, size=50)
        .encode(
            y=y,
            x=alt.X("observed_to_expected:Q", scale=alt.Scale(zero=False)),
            color=alt.Color(
                "alarm:N",
                title=None,
                scale=alt.Scale(domain=["within chance", "alarm"], range=[ACCENT, OTHER]),
                legend=alt.Legend(orient="bottom"),
            ),
        )
    )
    return styled(
        alt.layer(chance, one, dots).properties(
            title=titled(
                f"Failures observed against expected, by background{where}",
                subtitle="Each school's sum is held. Grey: what chance and unsure weights make in 95 of 100.",
            )
        ),
        height=alt.Step(15),
    )
