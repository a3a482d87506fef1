"""Pictures of the key figures: what of a krona arrives where, and how the money lay over need year by year.

Belongs here: one picture per table, of one municipality (the first, where a run has several). Does not: figures.
"""

import altair as alt
import dagster as dg
import pandas as pd

from orchestration.charts import ACCENT, INK, MUTED, as_metadata, first_municipality, in_words, styled, titled

KRONOR_ITEMS = ("teaching", "learning_tools", "pupil_health", "meals", "premises", "administration", "vat", "all")


def pass_through_chart(rows: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``pass_through_spec`` as metadata of an asset."""
    told = rows["cost_item"].isin(KRONOR_ITEMS).any()
    return as_metadata(pass_through_spec(rows)) if told else dg.MetadataValue.md("no costs beside an allocation")


def equity_chart(rows: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``equity_spec`` as metadata of an asset."""
    return as_metadata(equity_spec(rows)) if len(rows) else dg.MetadataValue.md("no year with money and need")


def pass_through_spec(rows: pd.DataFrame) -> alt.TopLevelMixin:
    """Per cost type what follows a krona allocated, with its interval; lines at nothing and at the whole krona."""
    first, where = first_municipality(rows)
    first = first[first["cost_item"].isin(KRONOR_ITEMS)]
    names = [name for name in KRONOR_ITEMS if name in set(first["cost_item"])]
    shown = pd.DataFrame(
        {
            "item": [in_words(name) for name in first["cost_item"]],
            **{name: first[f"pass_{name}"].to_numpy(float) for name in ("estimate", "lower", "upper")},
        }
    )
    y = alt.Y("item:N", sort=[in_words(name) for name in names], title=None)
    x = alt.X("lower:Q", title="kronor per krona allocated, within school units and years")
    band = alt.Chart(shown).mark_rule(color=MUTED, strokeWidth=3).encode(y=y, x=x, x2="upper:Q")
    point = alt.Chart(shown).mark_circle(color=ACCENT, size=70, opacity=1).encode(y=y, x="estimate:Q")
    marks = pd.DataFrame({"at": [0.0, 1.0]})
    lines = alt.Chart(marks).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="at:Q")
    return styled(lines + band + point, height=190).properties(
        title=titled(f"What a krona becomes{where}", subtitle="95 % intervals; 0 nothing, 1 the whole krona")
    )


def equity_spec(rows: pd.DataFrame) -> alt.TopLevelMixin:
    """Gini of need and of money over the years, by source of the amounts."""
    first, where = first_municipality(rows)
    parts = [
        first[["money_year", "equity_basis"]].assign(what=what, value=first[name].to_numpy(float))
        for what, name in (("need", "need_gini"), ("kronor per pupil", "money_gini"))
    ]
    shown = pd.concat(parts, ignore_index=True)
    chart = alt.Chart(shown).encode(
        x=alt.X("money_year:Q", title=None, axis=alt.Axis(format="d", tickMinStep=1)),
        y=alt.Y("value:Q", title="Gini coefficient"),
        color=alt.Color(
            "what:N", title=None, scale=alt.Scale(domain=["need", "kronor per pupil"], range=[MUTED, ACCENT])
        ),
        shape=alt.Shape("equity_basis:N", title=None),
        detail="equity_basis:N",
    )
    return styled(chart.mark_line() + chart.mark_point(filled=True, size=60), height=190).properties(
        title=titled(f"Need and money{where}", subtitle="the Gini of money alone rises when the system works")
    )
