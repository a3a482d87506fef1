"""The municipality's page of its pupils over time: cohorts, what schools add, comparisons and chance, pupils to come.

Belongs here: the values of that page. Does not: a school unit's own page (``unit_pupils``), shared views (``progress``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from orchestration.school_forms import renamed
from orchestration.site.charts.cohorts import Path
from orchestration.site.charts.intervals import beside_band
from orchestration.site.pages import Material, Page, Section, Table
from orchestration.site.progress import (
    SHOWN,
    SUBJECTS,
    WHOLE,
    Block,
    ahead_of,
    between,
    by_cohort,
    cohort_blocks,
    cohort_name,
    forecast_blocks,
    interval_of,
    noise_blocks,
    path_of,
    shares_of,
)
from orchestration.site.reading import Row
from orchestration.site.speaking import Speaker
from orchestration.site.unit_pupils import has_page

STAGES = ("grades_4_6", "grades_7_9")
FIRST_GRADE, LAST_GRADE = "F", "9"
"""By the names that ages have in the nine-year school."""
COUNT_DAY = (10, 15)


def pupils_page(material: Material) -> Page:
    """``pupils.html`` of one language; where nothing is known it says why."""
    say = material.speaker.say
    sections = [
        Section("cohorts", say("pupils_cohorts"), _cohorts(material)),
        Section("added", say("pupils_added"), _added(material)),
        Section("noise", say("pupils_noise"), [("p", say("pupils_noise_text")), *noise_blocks(material)]),
        Section("ahead", say("pupils_ahead"), _ahead(material)),
        Section(
            "told",
            say("pupils_told"),
            [("list", [say(f"pupils_told_{what}") for what in ("not_paid", "withheld", "not_rank")])],
        ),
    ]
    heading = say("pupils_heading", municipality=material.municipality)
    values = {"heading": heading, "lead": say("pupils_lead"), "sections": sections}
    return Page("pupils.html", "article.html.jinja", str(heading), values, current="pupils")


def _cohorts(material: Material) -> list[Block]:
    say = material.speaker.say
    blocks: list[Block] = [("p", say("pupils_cohorts_text"))]
    for subject in SUBJECTS:
        rows = shares_of(material, WHOLE, subject)
        if rows:
            blocks += cohort_blocks(material, subject, town_lines(rows), rows, name=material.municipality)
    return [*blocks, ("p", say("pupils_cohorts_how"))] if len(blocks) > 1 else [("p", say("pupils_no_results"))]


def town_lines(rows: Sequence[Row]) -> list[Path]:
    """A line per cohort: those who have left grade 9 behind are thin, the others bear their year."""
    newest = max(row["cohort_first_year"] + int(row["grade"]) for row in rows)
    found = by_cohort(rows)
    left = {cohort for cohort in found if cohort + int(LAST_GRADE) < newest}
    return [
        path_of(
            found[cohort], words=None if cohort in left else cohort_name(found[cohort][0]),
            kind="past" if cohort in left else "now", with_ends=False,
        )
        for cohort in sorted(found)
    ]  # fmt: skip


def _added(material: Material) -> list[Block]:
    speaker, say = material.speaker, material.speaker.say
    blocks: list[Block] = [("p", say("pupils_added_text"))]
    for stage in STAGES:
        rows = [row for row in material.book.tables["value_added"] if row["stage"] == stage]
        told = [(name, row) for name, row in _named(material, rows) if row["value_state"] == SHOWN]
        if not told:
            continue
        words = speaker.word("stage", stage)
        drawn = [interval_of(speaker, row, name) for name, row in told]
        chart = beside_band(speaker, drawn, label=say("added_label", stage=words.lower()))
        caption = say("added_caption", stage=words.lower())
        heads = [say(f"head_{name}") for name in ("school", "about", "added", "interval", "position")]
        lines = [
            [
                _link(material, row["school_unit_code"], name),
                speaker.figure(row, "about_pupil_count"),
                speaker.figure(row, "value_added_points", "+number", 1),
                between(speaker, row, "value_added_lower_points", "value_added_upper_points", "+number", 1),
                speaker.word("position", row["band_position"]),
            ]
            for name, row in told
        ]
        blocks += [
            (
                "h3",
                say(
                    "added_window",
                    stage=words,
                    first=str(told[0][1]["window_first_year"]),
                    last=str(told[0][1]["window_last_year"]),
                ),
            ),
            ("picture", chart),
            ("folded", (caption, Table(caption, heads, lines, numbers=(1, 2, 3)))),
        ]
    return [*blocks, ("p", say("added_how"))] if len(blocks) > 1 else [("p", say("pupils_no_added"))]


def _ahead(material: Material) -> list[Block]:
    """The municipality, its grades, and every school unit's next count."""
    blocks = forecast_blocks(material, WHOLE, name=material.municipality)
    years = sorted({r["count_year"] for r in material.book.tables["pupil_forecast"] if r["expected_count"] is not None})
    return [*blocks, *_grades_ahead(material, years), *_units_ahead(material, years)] if years else blocks


def _grades_ahead(material: Material, years: Sequence[int]) -> list[Block]:
    """The last count and those expected, a row per age: from July 2028 the grades of the same ages bear other names."""
    speaker, say, shown = material.speaker, material.speaker.say, [years[0] - 1, *years]
    rows = [
        row
        for row in material.book.of("pupil_forecast", "school_unit_code", WHOLE)
        if row["grade"] != WHOLE and row["count_year"] in shown
    ]
    days = [date(row["count_year"], *COUNT_DAY) for row in rows]
    ages = renamed([row["grade"] for row in rows], told_on=days)
    cells = {(age, row["count_year"]): row for age, row in zip(ages, rows, strict=True)}
    lines = []
    for age in sorted(set(ages), key=lambda age: 0 if age == FIRST_GRADE else int(age)):
        of_age = [cells.get((age, year)) for year in shown]
        lines.append([_grade_names(speaker, [row for row in of_age if row]), *(_count(speaker, row) for row in of_age)])
    caption, heads = say("forecast_grades_caption"), [say("head_grade_of"), *map(str, shown)]
    return [("folded", (caption, Table(caption, heads, lines, numbers=tuple(range(1, len(heads))))))] if rows else []


def _grade_names(speaker: Speaker, rows: Sequence[Row]) -> Markup:
    """What an age's grade is called, and from which year it is called something else."""
    named = [_grade(speaker, row["grade"]) for row in rows]
    changed = next((place for place, name in enumerate(named) if name != named[0]), None)
    if changed is None:
        return named[0]
    return speaker.say("grade_renamed", before=named[0], after=named[changed], year=str(rows[changed]["count_year"]))


def _units_ahead(material: Material, years: Sequence[int]) -> list[Block]:
    """The last count, the next one with its ends, and the last one that is expected, by school unit."""
    speaker, say = material.speaker, material.speaker.say
    first, last, lines = years[0], years[-1], []
    listed = [(_name(wide), wide["school_unit_code"]) for wide in material.book.tables["school_allocation"]]
    for name, code in sorted(listed, key=lambda each: (_swedish(each[0]), each[1])):
        of = {row["count_year"]: row for row in ahead_of(material, code)}
        if first in of:
            lines.append(
                [
                    _link(material, code, name),
                    speaker.figure(of.get(first - 1), "counted_count"),
                    speaker.figure(of[first], "expected_count"),
                    between(speaker, of[first], "interval_lower_count", "interval_upper_count"),
                    speaker.figure(of.get(last), "expected_count"),
                ]
            )
    caption = say("forecast_units_caption")
    heads = [say("head_school"), str(first - 1), str(first), say("head_interval"), str(last)]
    table = Table(caption, heads, lines, numbers=(1, 2, 3, 4))
    return [("h3", say("forecast_units")), ("table", table)] if lines else []


def _count(speaker: Speaker, row: Row | None) -> Markup:
    counted = row is not None and row["counted_count"] is not None
    return speaker.figure(row, "counted_count" if counted else "expected_count")


def _grade(speaker: Speaker, grade: str) -> Markup:
    return speaker.say("line_grade_f") if grade == FIRST_GRADE else speaker.say("line_grade", grade=grade)


def _named(material: Material, rows: Sequence[Row]) -> list[tuple[str, Row]]:
    """Rows of units that the publication lists, by their names; units that are gone are in the table alone."""
    found = [(material.book.unit("school_allocation", row["school_unit_code"]), row) for row in rows]
    named = [(_name(wide), row) for wide, row in found if wide is not None]
    return sorted(named, key=lambda each: (_swedish(each[0]), each[1]["school_unit_code"]))


def _swedish(name: str) -> str:
    """Sorts å, ä and ö after z, in that order."""
    return name.casefold().translate({ord("å"): "{", ord("ä"): "|", ord("ö"): "}"})


def _name(wide: Row) -> str:
    return str(wide["school_unit_name"] or wide["school_unit_code"])


def _link(material: Material, code: str, name: str) -> Markup:
    if not has_page(material, code):
        return Markup("{}").format(name)
    return Markup('<a href="pupils/{}.html">{}</a>').format(code, name)
