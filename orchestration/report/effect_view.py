"""The effect of the money in the terminal: the verdict first, then what it rests on.

Belongs here: layout and words. Does not: any number that is not in the tables.
"""

from __future__ import annotations

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestration.report.followup_tables import FollowUp
from orchestration.texts import number, say, share


def effect_view(found: FollowUp) -> RenderableType:
    """The verdict, the estimate with what could have been seen, prior and own data, checks, year by year."""
    (row,) = found.rows("effect_result").to_dict("records")
    verdict = say(
        f"part_verdict_{row['effect_verdict']}", schools=row["effect_school_count"], excluded=_sd(row["excluded_above"])
    )
    because = say(f"part_because_{row['verdict_reason']}")
    parts: list[RenderableType] = [
        Text(say("effect_title", municipality=found.municipality_code, year=str(found.funding_year)), style="bold"),
        Text(f"{verdict} {because}", style="bold"),
        say(
            "effect_estimate", estimate=_sd(row["effect_estimate"]), lower=_sd(row["effect_lower"]),
            upper=_sd(row["effect_upper"]), detectable=_sd(row["detectable_effect"]),
        ),
        say(
            "effect_posterior", prior=_sd(row["prior_mean"]), mean=_sd(row["posterior_mean"]),
            lower=_sd(row["posterior_lower"]), upper=_sd(row["posterior_upper"]), own=share(row["own_information_share"]),
        ),
        say("effect_wild", p=_p(row["wild_p_value"])),
    ]  # fmt: skip
    if not pd.isna(row["pre_trend"]):
        parts.append(say("effect_pre_trend", drift=_sd(row["pre_trend"]), p=_p(row["pre_trend_p_value"])))
    if not pd.isna(row["trend_robust_estimate"]):
        ends = {end: _sd(row[f"trend_robust_{end}"]) for end in ("lower", "upper")}
        parts.append(say("effect_trend_robust", estimate=_sd(row["trend_robust_estimate"]), **ends))
    if not pd.isna(row["instrumented_estimate"]):
        parts.append(say("effect_instrumented", estimate=_sd(row["instrumented_estimate"])))
    parts.append(_registered(row))
    parts += found.left_out()
    return Group(*parts, _grid(found.rows("effect_event")), say("effect_reading"))


def _registered(row: dict[str, object]) -> str:
    design = str(row["design_sha256"])[:12]
    if pd.isna(row["registered_publication_id"]):
        return say("effect_unregistered", design=design)
    key = "effect_registered" if row["is_registered_before"] else "effect_registered_late"
    return say(key, design=design, publication=row["registered_publication_id"])


def _grid(events: pd.DataFrame) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(say("effect_year"), no_wrap=True)
    table.add_column(say("effect_per_kkr"), justify="right", no_wrap=True)
    for row in events.to_dict("records"):
        told = f"{_sd(row['effect_estimate'])} ({_sd(row['effect_lower'])} – {_sd(row['effect_upper'])})"
        table.add_row(str(row["result_year"]), say("effect_reference") if row["is_reference"] else told)
    return table


def _sd(value: object) -> str:
    return "–" if pd.isna(value) else number(round(float(str(value)), 3) + 0.0, decimals=3)  # no negative zero


def _p(value: object) -> str:
    return number(float(str(value)), decimals=2)
