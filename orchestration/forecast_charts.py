"""Pictures of the forecast: counts and what is expected with its band, and how earlier forecasts did.

Belongs here: one picture per table, of one municipality (the first, where a run has several). Does not: figures.
"""

import altair as alt
import dagster as dg
import pandas as pd

from models_py.forecast import ALL, summary
from orchestration.charts import ACCENT, INK, MUTED, as_metadata, first_municipality, styled, themed, titled

LEVELS = {"grade": "grade of a school unit", "unit": "school unit", "municipality": "municipality"}


def forecast_chart(towns: pd.DataFrame, enrollment: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``forecast_spec`` as metadata of an asset."""
    return as_metadata(forecast_spec(towns, enrollment)) if len(towns) else dg.MetadataValue.md("no forecast")


def backtest_chart(backtest: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``backtest_spec`` as metadata of an asset."""
    return (
        as_metadata(backtest_spec(backtest)) if len(backtest) else dg.MetadataValue.md("no forecast can be judged yet")
    )


def forecast_spec(towns: pd.DataFrame, enrollment: pd.DataFrame) -> alt.TopLevelMixin:
    """Pupils of the municipality as counted, and as expected with the band of 95 %."""
    first, where = first_municipality(towns[towns["grade"] == ALL])
    own = enrollment[enrollment["municipality_code"] == first["municipality_code"].iloc[0]]
    years = pd.Series([day.year for day in own["count_date"]], index=own.index)
    origin = int(first["target_count_year"].min()) - 1
    counted = own["pupil_count"].groupby(years).sum()
    counted = counted[counted.index <= origin].rename_axis("year").reset_index(name="pupils")
    last = counted[counted["year"] == origin].assign(lower=lambda t: t["pupils"], upper=lambda t: t["pupils"])
    ahead = pd.DataFrame(
        {
            "year": first["target_count_year"].astype(int),
            "pupils": first["expected_count"].astype(float),
            "lower": first["interval_lower_count"].astype("Float64").astype(float),
            "upper": first["interval_upper_count"].astype("Float64").astype(float),
        }
    )
    fan = pd.concat([last, ahead], ignore_index=True).astype(float)
    x = alt.X("year:Q", title="count in October", axis=alt.Axis(format="d", tickMinStep=1))
    y = alt.Y("pupils:Q", title="pupils F–9", scale=alt.Scale(zero=False), axis=alt.Axis(format=",.0f"))
    band = alt.Chart(fan).mark_area(color=ACCENT, opacity=0.18).encode(
        x=x, y=alt.Y("lower:Q", scale=alt.Scale(zero=False), title="pupils F–9"), y2="upper:Q"
    )  # fmt: skip
    ours = alt.Chart(fan).mark_line(color=ACCENT, strokeDash=[5, 3], point=alt.OverlayMarkDef(color=ACCENT))
    past = alt.Chart(counted).mark_line(color=INK, point=alt.OverlayMarkDef(color=INK))
    return styled(
        alt.layer(band, past.encode(x=x, y=y), ours.encode(x=x, y=y)).properties(
            title=titled(
                f"Pupils counted and expected{where}",
                subtitle="Solid: counted; dashed: expected; band: 95 %, measured on how earlier forecasts missed.",
            )
        ),
        height=220,
    )


def backtest_spec(backtest: pd.DataFrame) -> alt.TopLevelMixin:
    """Weighted error per level and horizon beside the better naive forecast."""
    told = summary(backtest.rename(columns={"forecast_level": "level"}))
    rows = pd.concat(
        [
            pd.DataFrame({"level": told["level"], "years": told["horizon_years"], "error": told[name], "whose": whose})
            for name, whose in (("wape", "forecast"), ("naive_wape", "naive"))
        ],
        ignore_index=True,
    )
    panels = [
        alt.Chart(rows[rows["level"] == level], title=alt.TitleParams(words, fontSize=11, fontWeight="normal"))
        .mark_bar()
        .encode(
            x=alt.X("years:O", title="years ahead", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("whose:N", sort=["forecast", "naive"]),
            y=alt.Y(
                "error:Q",
                title="weighted error" if level == "grade" else None,
                axis=alt.Axis(format=".1%", tickCount=5),
            ),
            color=alt.Color(
                "whose:N",
                title=None,
                sort=["forecast", "naive"],
                scale=alt.Scale(domain=["forecast", "naive"], range=[ACCENT, MUTED]),
                legend=alt.Legend(orient="bottom"),
            ),
        )
        .properties(width=150, height=170)
        for level, words in LEVELS.items()
        if (rows["level"] == level).any()
    ]
    return themed(
        alt.hconcat(*panels).properties(
            title=titled(
                "How earlier forecasts did",
                subtitle="Absolute error over pupils, from every earlier count date; naive: the better of same and previous grade.",
            )
        )
    )
