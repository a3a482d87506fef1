"""Pictures of the follow-up: cohorts through the grades, value-added with intervals, how much of a change is chance.

Belongs here: one picture per table, of one municipality (the first, where a run has several). Does not: figures. School units
stand in the order of their codes: the order of estimates would be a ranking.
"""

import altair as alt
import dagster as dg
import pandas as pd

from models_py.followup import GOALS, WHOLE
from orchestration.charts import (
    ACCENT,
    INK,
    MANY,
    MUTED,
    OTHER,
    as_metadata,
    first_municipality,
    styled,
    themed,
    titled,
)

STAGES = {"grades_4_6": "grades 4–6", "grades_7_9": "grades 7–9"}
SUBJECTS = {"swedish": "Swedish", "english": "English", "mathematics": "mathematics"}
POSITIONS = {"below": OTHER, "inside": INK, "above": ACCENT, "undecided": MUTED}
MOST_COHORTS = 6


def cohort_chart(told: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``cohort_spec`` as metadata of an asset."""
    return as_metadata(cohort_spec(told)) if len(told) else dg.MetadataValue.md("no cohort to follow yet")


def value_added_chart(values: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``value_added_spec`` as metadata of an asset."""
    if not (values["value_state"] == "shown").any():
        return dg.MetadataValue.md("no value-added that may be shown")
    return as_metadata(value_added_spec(values))


def noise_chart(noise: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """``noise_spec`` as metadata of an asset."""
    return as_metadata(noise_spec(noise)) if len(noise) else dg.MetadataValue.md("no two years to compare")


def whole_cohorts(told: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``cohort_progression`` that its picture is drawn from: whole municipalities at the goals of a subject."""
    return told[
        (told["school_unit_code"] == WHOLE) & (told["series"] == GOALS) & (told["pupil_group"] == "all")
        & told["subject"].isin(SUBJECTS) & told["reached_share"].notna()
    ]  # fmt: skip


def cohort_spec(told: pd.DataFrame) -> alt.TopLevelMixin:
    """Share that reaches the goals in each grade, a line per cohort of the municipality, a panel per subject."""
    first, where = first_municipality(told)
    whole = whole_cohorts(first)
    length = whole.groupby("cohort_year")["grade"].nunique()
    kept = sorted(length.sort_values(kind="stable").index[-MOST_COHORTS:])
    lines = pd.DataFrame({
        "grade": whole["grade"].astype(int), "share": whole["reached_share"].astype(float),
        "cohort": whole["cohort_year"].astype(int).astype(str), "subject": whole["subject"].astype(str),
    })[whole["cohort_year"].isin(kept).to_numpy()]  # fmt: skip
    lowest = float(lines["share"].min()) if len(lines) else 0.0
    panels = [
        alt.Chart(lines[lines["subject"] == subject], title=alt.TitleParams(words, fontSize=11, fontWeight="normal"))
        .mark_line(point=True, strokeWidth=1.6)
        .encode(
            x=alt.X("grade:O", title="grade", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title="share reaching the goals" if subject == "swedish" else None,
                    scale=alt.Scale(domain=[max(0.0, lowest - 0.05), 1]), axis=alt.Axis(format=".0%")),
            color=alt.Color("cohort:N", title="began grade 1 in", scale=alt.Scale(range=list(MANY)),
                            legend=alt.Legend(orient="bottom")),
        )
        .properties(width=165, height=190)
        for subject, words in SUBJECTS.items()
        if (lines["subject"] == subject).any()
    ]  # fmt: skip
    return themed(
        alt.hconcat(*panels).properties(
            title=titled(
                f"Cohorts through the grades{where}",
                subtitle="A line is one cohort. Another measure in another grade: reading check 1, tests 3, judgements 4–5, grades 6–9.",
            )
        )
    )


def value_added_spec(values: pd.DataFrame) -> alt.TopLevelMixin:
    """Value-added with 95 % intervals, units in order of their codes, coloured by place in the band."""
    first, where = first_municipality(values[values["value_state"] == "shown"])
    rows = pd.DataFrame({
        "unit": first["school_unit_code"].astype(str), "stage": first["stage"].map(STAGES),
        "value": first["value_added_points"].astype(float), "lower": first["value_added_lower_points"].astype(float),
        "upper": first["value_added_upper_points"].astype(float), "position": first["band_position"].astype(str),
    })  # fmt: skip
    color = alt.Color("position:N", title="beside the expected", sort=list(POSITIONS),
                      scale=alt.Scale(domain=list(POSITIONS), range=list(POSITIONS.values())),
                      legend=alt.Legend(orient="bottom"))  # fmt: skip
    ends = [min(float(rows["lower"].min()), 0.0), max(float(rows["upper"].max()), 0.0)]
    panels = []
    for words in STAGES.values():
        own = rows[rows["stage"] == words]
        if own.empty:
            continue
        base = alt.Chart(own, title=alt.TitleParams(words, fontSize=11, fontWeight="normal")).encode(
            y=alt.Y("unit:N", title=None, sort="ascending"), color=color
        )
        x = alt.Scale(domain=ends, nice=True)
        zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x="zero:Q")
        rule = base.mark_rule(strokeWidth=2).encode(
            x=alt.X("lower:Q", title="points of the national test", scale=x), x2="upper:Q"
        )
        panels.append(
            alt.layer(zero, rule, base.mark_point(filled=True, size=45).encode(x="value:Q")).properties(
                width=230, height=alt.Step(15)
            )
        )
    return themed(
        alt.hconcat(*panels).properties(
            title=titled(
                f"What school units add{where}",
                subtitle="Beside the average unit with such pupils; line: 95 %. Units in order of their codes: differences inside the lines say nothing.",
            )
        )
    )


def noise_spec(noise: pd.DataFrame) -> alt.TopLevelMixin:
    """Changes that people would take note of, and how many chance alone makes, per indicator."""
    first, where = first_municipality(noise)
    names = [_named(row) for row in first[["indicator", "subject", "grade"]].astype(str).itertuples(index=False)]
    pairs = first["pair_count"].astype(float)
    rows = pd.concat(
        [
            pd.DataFrame({"what": names, "share": first[column].astype(float) / pairs, "whose": whose})
            for column, whose in (
                ("beyond_threshold_count", "seen"),
                ("expected_by_chance", "by chance alone"),
                ("beyond_chance_count", "told apart from chance"),
            )
        ]
    )
    order = ["seen", "by chance alone", "told apart from chance"]
    chart = alt.Chart(rows).mark_bar().encode(
        y=alt.Y("what:N", title=None, sort=list(dict.fromkeys(names)), axis=alt.Axis(labelLimit=260)),
        yOffset=alt.YOffset("whose:N", sort=order),
        x=alt.X("share:Q", title="share of school units and years", axis=alt.Axis(format=".0%")),
        color=alt.Color("whose:N", title=None, sort=order, scale=alt.Scale(domain=order, range=[MUTED, INK, ACCENT]),
                        legend=alt.Legend(orient="bottom")),
    )  # fmt: skip
    title = titled(
        f"This year's grade against last year's{where}",
        subtitle="Changes of at least 10 percentage points (10 points of merit value): other pupils, not another school.",
    )
    return styled(chart.properties(title=title), height=alt.Step(9))


def _named(row: tuple[str, str, str]) -> str:
    indicator, subject, grade = row
    words = [indicator.replace("_", " "), *([SUBJECTS[subject]] if subject in SUBJECTS else []), f"grade {grade}"]
    return ", ".join(words)
