"""Pictures of this year against last year and of how sure the kronor are, as metadata of the assets.

Belongs here: the bridge from last year's total to this year's, the strip of intervals; of the first municipality where a
run has several. Does not: figures, pages for readers.
"""

from collections.abc import Mapping

import altair as alt
import dagster as dg
import pandas as pd

from models_py.allocation.year_change import CAUSES
from orchestration.charts import (
    ACCENT,
    INK,
    MUTED,
    OTHER,
    as_metadata,
    first_municipality,
    in_words,
    small_title,
    styled,
    themed,
    titled,
)

MOST_UNITS = 40
"""Rows of school units that can be read; beyond that those with the widest intervals stand for all."""
MOST_CHANGED = 15
"""School units in the picture of largest changes."""


def change_chart(tables: Mapping[str, pd.DataFrame]) -> dg.MarkdownMetadataValue:
    """``change_spec`` of ``allocation_change`` and ``allocation_change_part`` as metadata of an asset."""
    if not len(tables["allocation_change"]):
        return dg.MetadataValue.md("no earlier year to compare with")
    if not len(tables["allocation_change_part"]):
        return dg.MetadataValue.md("the causes of the change are not told")
    return as_metadata(change_spec(tables["allocation_change"], tables["allocation_change_part"]))


def interval_chart(rows: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``interval_spec`` of ``allocation_interval`` as metadata of an asset."""
    return as_metadata(interval_spec(rows)) if len(rows) else dg.MetadataValue.md("no draws of the index")


def bridge_rows(units: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Bars from last year's total to this year's: label, start and end in million kronor, kind of bar; one municipality."""
    sums = parts.groupby("cause_code")["change_sek"].sum()
    at = float(units["previous_total_sek"].sum())
    rows = [("last year", 0.0, at, "total")]
    for cause in [cause for cause in CAUSES if cause in sums.index]:
        change = float(sums[cause])
        rows.append((in_words(cause), at, at + change, "up" if change >= 0 else "down"))
        at += change
    rows.append(("this year", 0.0, float(units["new_total_sek"].sum()), "total"))
    table = pd.DataFrame(rows, columns=["label", "start", "end", "kind"])
    return table.assign(start=table["start"] / 1e6, end=table["end"] / 1e6)


def change_spec(units: pd.DataFrame, parts: pd.DataFrame) -> alt.VConcatChart:
    """The municipality's bridge, and the units whose total per cause changed most."""
    units, named = first_municipality(units)
    parts, _ = first_municipality(parts)
    bars = bridge_rows(units, parts)
    inner = bars.loc[bars["kind"] != "total", ["start", "end"]].to_numpy().ravel()
    ends = [*inner, *bars.loc[bars["kind"] == "total", "end"]]
    room = max(max(ends) - min(ends), 0.002 * max(ends)) * 0.25
    low = max(0.0, min(ends) - room)
    shown = bars.assign(start=bars["start"].clip(lower=low), step=(bars["end"] - bars["start"]))
    shown = shown.assign(
        text=[
            f"{end:,.1f}".replace(",", " ")
            if kind == "total"
            else f"{step + 0.0:+,.1f}".replace("-", "−").replace("+0.0", "0.0").replace("−0.0", "0.0")
            for end, step, kind in zip(shown["end"], shown["step"], shown["kind"], strict=True)
        ],
        top=shown[["start", "end"]].max(axis=1),
    )
    order = list(shown["label"])
    base = alt.Chart(shown).encode(x=alt.X("label:N", sort=order, title=None, axis=alt.Axis(labelAngle=0)))
    scale = alt.Scale(domain=[low, max(ends) + room], zero=False)
    kinds = alt.Scale(domain=["total", "up", "down"], range=[MUTED, ACCENT, OTHER])
    bridge = base.mark_bar(size=46).encode(
        y=alt.Y("start:Q", scale=scale, title="million kr (axis cut)", axis=alt.Axis(format=",.0f")),
        y2="end:Q",
        color=alt.Color("kind:N", scale=kinds, legend=None),
    )
    words = base.mark_text(dy=-7, color=INK, fontSize=11).encode(y=alt.Y("top:Q", scale=scale), text="text:N")
    top = (bridge + words).properties(width=560, height=220, title=small_title("All school units"))
    return themed(alt.vconcat(top, _largest(units, parts)).resolve_scale(color="independent")).properties(
        title=titled(
            f"From last year's money to this year's{named}",
            subtitle="Each bar is what one cause brings, as the mean over all orders in which causes can change; they add up.",
        )
    )


def _largest(units: pd.DataFrame, parts: pd.DataFrame) -> alt.Chart:
    size = units.assign(size=units["change_sek"].astype(float).abs())
    chosen = size.sort_values(["size", "school_unit_code"], ascending=[False, True]).head(MOST_CHANGED)
    changes = chosen.sort_values("change_sek", ascending=False)["school_unit_code"].tolist()
    shown = parts[parts["school_unit_code"].isin(changes)]
    shown = shown.assign(sek=shown["change_sek"].astype(float) / 1000, cause=shown["cause_code"].map(in_words))[
        ["school_unit_code", "sek", "cause"]
    ]
    present = [in_words(cause) for cause in CAUSES if in_words(cause) in set(shown["cause"])]
    return (
        alt.Chart(shown, title=small_title(f"The {len(changes)} largest changes, by cause"))
        .mark_bar()
        .encode(
            x=alt.X("sum(sek):Q", title="thousand kr", axis=alt.Axis(format=",.0f")),
            y=alt.Y("school_unit_code:N", sort=changes, title=None),
            color=alt.Color(
                "cause:N",
                title=None,
                sort=present,
                scale=alt.Scale(domain=present, range=[*_COLOURS[: len(present)]]),
                legend=alt.Legend(orient="bottom", columns=6),
            ),
        )
        .properties(width=560, height=alt.Step(16))
    )


_COLOURS = (
    ACCENT, "#e3a72f", "#2c6fbb", "#7fc4d8", OTHER, "#b7bec8", "#7d4a8d", INK, "#a6761d", "#666666", "#1b9e77",
)  # fmt: skip


def interval_spec(rows: pd.DataFrame) -> alt.LayerChart:
    """Each unit's total in per cent around what is paid: 80 and 95 % from the uncertainty of the weights."""
    own, named = first_municipality(rows)
    paid = own["total_sek"].astype(float)
    own = own[paid > 0]
    paid = paid[paid > 0]
    ends = {
        name: (own[name].astype(float) / paid - 1) * 100
        for name in ("total_80_lower_sek", "total_80_upper_sek", "total_95_lower_sek", "total_95_upper_sek")
    }
    shown = pd.DataFrame({"unit": own["school_unit_code"], **ends})
    shown = shown.assign(width=shown["total_95_upper_sek"] - shown["total_95_lower_sek"])
    shown = shown.sort_values(["width", "unit"], ascending=[False, True]).head(MOST_UNITS)
    order = shown["unit"].tolist()
    base = alt.Chart(
        shown,
        title=titled(
            f"How sure the kronor are{named}",
            subtitle="Around each school unit's total: 95 % (thin) and 80 % (thick), from the uncertainty of the weights.",
        ),
    ).encode(y=alt.Y("unit:N", sort=order, title=None))
    thin = base.mark_rule(color=MUTED, strokeWidth=2).encode(
        x=alt.X("total_95_lower_sek:Q", title="per cent around what is paid"), x2="total_95_upper_sek:Q"
    )
    thick = base.mark_rule(color=ACCENT, strokeWidth=6).encode(x="total_80_lower_sek:Q", x2="total_80_upper_sek:Q")
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK).encode(x="zero:Q")
    return styled(thin + thick + zero, height=alt.Step(14))
