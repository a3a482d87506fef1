"""The picture of the effect of the money: year by year against the last year before the change.

Belongs here: one picture, of one municipality (the first, where a run has several). Does not: figures.
"""

import altair as alt
import dagster as dg
import pandas as pd

from orchestration.charts import ACCENT, INK, MUTED, as_metadata, first_municipality, styled, titled


def event_chart(events: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``event_spec`` as metadata of an asset."""
    return as_metadata(event_spec(events)) if len(events) else dg.MetadataValue.md("no design file")


def event_spec(events: pd.DataFrame) -> alt.TopLevelMixin:
    """Effect per kkr of exposure in every result year, with 95 % intervals."""
    first, where = first_municipality(events)
    x = alt.X("result_year:O", title="result year", axis=alt.Axis(labelAngle=0))
    bars = (
        alt.Chart(first)
        .mark_rule(color=MUTED, strokeWidth=2)
        .encode(x=x, y=alt.Y("effect_lower:Q", title="standard deviations per kkr"), y2="effect_upper:Q")
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=INK).encode(y="zero:Q")
    dots = alt.Chart(first).mark_point(filled=True, color=ACCENT, size=60).encode(x=x, y="effect_estimate:Q")
    return styled(
        alt.layer(zero, bars, dots).properties(
            title=titled(
                f"Effect of the money, year by year{where}",
                subtitle="Against the last year before the change (0). Years before should lie around 0; bars: 95 %.",
            )
        ),
        height=220,
    )
