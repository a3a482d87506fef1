"""One school unit's page of its pupils over time: what the unit adds, its cohorts, chance, how many pupils to expect.

Belongs here: the values of that page. Does not: the unit's money (``school_page``), shared views (``progress``).
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from orchestration.site.charts.intervals import beside_band
from orchestration.site.pages import Material, Page, Section
from orchestration.site.progress import (
    SHOWN,
    SUBJECTS,
    WHOLE,
    Block,
    by_cohort,
    cohort_blocks,
    cohort_name,
    forecast_blocks,
    interval_of,
    noise_sentence,
    path_of,
    shares_of,
)
from orchestration.site.reading import Row

SHAPES = 4
"""Groups of cohorts that a picture tells apart by shape."""


def unit_pupils_pages(material: Material) -> list[Page]:
    """A page per listed school unit of which anything over time is told."""
    rows = material.book.tables["school_allocation"]
    return [_page(material, row) for row in rows if has_page(material, row["school_unit_code"])]


def has_page(material: Material, code: str) -> bool:
    """Whether anything over time is told of the unit."""
    return any(
        material.book.of(table, "school_unit_code", code) for table in ("cohort_share", "value_added", "pupil_forecast")
    )


def _page(material: Material, wide: Row) -> Page:
    say, code = material.speaker.say, wide["school_unit_code"]
    name = str(wide["school_unit_name"] or code)
    noise: list[Block] = [("p", say("unit_noise_text"))]
    if material.book.tables["comparison_noise"]:
        noise.append(("p", noise_sentence(material)))
    sections = [
        Section("ahead", say("unit_ahead"), forecast_blocks(material, code, name=name)),
        Section("added", say("unit_added"), _added(material, code)),
        Section("cohorts", say("unit_cohorts"), _cohorts(material, code, name)),
        Section("noise", say("unit_noise"), noise),
        Section("more", say("unit_more"), [("list", _links(material, code, name))]),
    ]
    heading = say("unit_pupils_heading", name=name)
    values: dict[str, Any] = {"heading": heading, "lead": say("unit_pupils_lead"), "sections": sections}
    return Page(f"pupils/{code}.html", "article.html.jinja", str(heading), values, current="pupils")


def _added(material: Material, code: str) -> list[Block]:
    """Both stages in words and beside the band; why there is no figure, where there is none."""
    speaker, say = material.speaker, material.speaker.say
    rows = sorted(material.book.of("value_added", "school_unit_code", code), key=lambda row: row["stage"])
    if not rows:
        return [("p", say("unit_added_none"))]
    told = [row for row in rows if row["value_state"] == SHOWN]
    blocks: list[Block] = [("p", say("unit_added_text")), ("list", [_added_sentence(material, row) for row in rows])]
    if told:
        drawn = [interval_of(speaker, row, speaker.word("stage", row["stage"])) for row in told]
        blocks.append(("chart", (beside_band(speaker, drawn, label=say("unit_added_label")), say("added_how"))))
    return blocks


def _added_sentence(material: Material, row: Row) -> Markup:
    speaker, stage = material.speaker, material.speaker.word("stage", row["stage"])
    if row["value_state"] != SHOWN:
        return speaker.say("unit_added_silent", stage=stage, reason=speaker.word("value_state", row["value_state"]))
    figures = {
        name: speaker.figure(row, column, "+number", 1)
        for name, column in (
            ("points", "value_added_points"), ("low", "value_added_lower_points"), ("high", "value_added_upper_points"),
            ("band_low", "band_lower_points"), ("band_high", "band_upper_points"),
        )
    }  # fmt: skip
    return speaker.say(
        "unit_added_told", stage=stage, position=speaker.word("position_told", row["band_position"]),
        count=speaker.figure(row, "about_pupil_count"), **figures,
    )  # fmt: skip


def _cohorts(material: Material, code: str, name: str) -> list[Block]:
    """Three cohorts together, before the municipality's cohorts in grey."""
    say = material.speaker.say
    blocks: list[Block] = [("p", say("unit_cohorts_text"))]
    for subject in SUBJECTS:
        rows = shares_of(material, code, subject)
        if any(row["goal_share"] is not None or row["goal_share_at_least"] is not None for row in rows):
            town = by_cohort(shares_of(material, WHOLE, subject)).values()
            lines = [path_of(found, words=None, kind="past", with_ends=False) for found in town]
            own = list(by_cohort(rows).values())[-SHAPES:]
            lines += [
                path_of(found, words=cohort_name(found[0]), kind=f"own-{place}", with_ends=True)
                for place, found in enumerate(own)
            ]
            blocks += cohort_blocks(material, subject, lines, rows, name=name)
    if len(blocks) == 1:
        return [("p", say("unit_cohorts_few" if _has_shares(material, code) else "unit_cohorts_none"))]
    return [*blocks, ("p", say("unit_cohorts_how"))]


def _has_shares(material: Material, code: str) -> bool:
    return bool(material.book.of("cohort_share", "school_unit_code", code))


def _links(material: Material, code: str, name: str) -> list[Markup]:
    say = material.speaker.say
    return [
        Markup('<a href="../schools/{}.html">{}</a>').format(code, say("unit_link_money", name=name)),
        Markup('<a href="../pupils.html">{}</a>').format(say("unit_link_all")),
    ]
