"""Pupils over time, as every page tells it: cohorts as picture and table, comparisons beside chance, counts ahead.

Belongs here: views that the municipality's page and a school unit's share. Does not: either page, the pictures' layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

from models_py.followup.indicators import GOALS, INDICATORS
from models_py.followup.told_share import FEW_NOT_REACHED, FEW_REACHED, TOLD
from orchestration.site.charts.cohorts import Dot, Path, cohorts
from orchestration.site.charts.fan import Ahead, fan
from orchestration.site.charts.intervals import Interval, Seen, beside_chance
from orchestration.site.pages import Cell, Material, Table
from orchestration.site.reading import Row
from orchestration.site.speaking import Speaker

SUBJECTS = ("swedish", "english", "mathematics")
WHOLE = "all"
SHOWN = "shown"
MERIT = "merit_value"
Block = tuple[str, Any]


def shares_of(material: Material, code: str, subject: str) -> list[Row]:
    """Rows of ``cohort_share`` of a unit (``all``: the municipality) and subject, by first cohort and grade."""
    rows = [row for row in material.book.of("cohort_share", "school_unit_code", code) if row["subject"] == subject]
    return sorted(rows, key=lambda row: (row["cohort_first_year"], int(row["grade"])))


def cohort_name(row: Row) -> str:
    """The autumns in which a row's cohorts began grade 1."""
    first, last = row["cohort_first_year"], row["cohort_last_year"]
    return str(first) if first == last else f"{first}–{last % 100:02d}"


def cohort_blocks(
    material: Material, subject: str, lines: Sequence[Path], own: Sequence[Row], *, name: str
) -> list[Block]:
    """Picture and table of one subject; ``own`` are the rows of the table, ``lines`` those of the picture."""
    say, words = material.speaker.say, material.speaker.word("subject", subject)
    chart = cohorts(
        material.speaker, lines, label=say("cohorts_label", subject=words.lower(), name=name),
        measures=_measures(material, own),
    )  # fmt: skip
    return [
        ("h3", words),
        ("picture", chart),
        ("folded", (say("cohorts_caption", subject=words.lower(), name=name), _cohort_table(material, own))),
    ]


def path_of(rows: Iterable[Row], *, words: str | None, kind: str, with_ends: bool) -> Path:
    """One line of rows that are in the order of their grades."""
    names = {"low": "goal_share_lower", "high": "goal_share_upper"} if with_ends else {}
    return Path(
        [
            Dot(
                int(row["grade"]), row["indicator"], share=row["goal_share"], at_least=row["goal_share_at_least"],
                at_most=row["goal_share_at_most"], **{end: row[column] for end, column in names.items()},
            )
            for row in rows
        ],
        words,
        kind,
    )  # fmt: skip


def by_cohort(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Rows by first cohort, in order."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row["cohort_first_year"], []).append(row)
    return found


def _measures(material: Material, rows: Iterable[Row]) -> list[tuple[int, int, str]]:
    """Grades of each measure, as the definitions have them where rows are told of them."""
    here = {(row["indicator"], row["subject"]) for row in rows}
    spans: dict[str, list[int]] = {}
    for one in INDICATORS:
        if one.series == GOALS and any((one.code, subject) in here for subject in one.subjects):
            spans.setdefault(one.code, []).append(one.grade)
    return [(min(grades), max(grades), material.speaker.word("measure_short", code)) for code, grades in spans.items()]


def _cohort_table(material: Material, rows: Sequence[Row]) -> Table:
    """A row per cohort, a column per grade."""
    say = material.speaker.say
    grades = sorted({int(row["grade"]) for row in rows})
    heads = [say("head_cohort"), *(say("head_grade", grade=str(grade)) for grade in grades)]
    lines = []
    for found in by_cohort(rows).values():
        cells = {int(row["grade"]): share_cell(material.speaker, row) for row in found}
        lines.append([cohort_name(found[0]), *(cells.get(grade, "") for grade in grades)])
    return Table(say("cohorts_table"), heads, lines, numbers=tuple(range(1, len(heads))))


def share_cell(speaker: Speaker, row: Row) -> Markup:
    """A told share; an end where few pupils are on one side; a word where nothing is told."""
    if row["share_state"] == TOLD:
        return speaker.figure(row, "goal_share", "percent")
    if row["share_state"] == FEW_NOT_REACHED:
        return speaker.say("at_least", share=speaker.figure(row, "goal_share_at_least", "percent"))
    if row["share_state"] == FEW_REACHED:
        return speaker.say("at_most", share=speaker.figure(row, "goal_share_at_most", "percent"))
    return Markup('<span class="of">{}</span>').format(speaker.word("share_state", row["share_state"]))


def noise_blocks(material: Material) -> list[Block]:
    """What was seen beside what chance gives: sentence, picture and table; that nothing is known, where nothing is."""
    speaker, say = material.speaker, material.speaker.say
    rows = material.book.tables["comparison_noise"]
    if not rows:
        return [("p", say("noise_none"))]
    drawn = [
        Seen(
            compared_name(speaker, row),
            str(say("noise_told", seen=speaker.number(row["beyond_threshold_count"]), chance=speaker.number(row["expected_by_chance"]))),
            row["beyond_threshold_count"], row["expected_by_chance"], row["pair_count"],
        )
        for row in rows
    ]  # fmt: skip
    heads = [say(f"head_{name}") for name in ("compared", "pairs", "noted", "by_chance", "beyond_chance", "noise")]
    table = Table(
        say("noise_caption"),
        heads,
        [
            [
                compared_name(speaker, row),
                speaker.figure(row, "pair_count"),
                speaker.figure(row, "beyond_threshold_count"),
                speaker.figure(row, "expected_by_chance"),
                speaker.figure(row, "beyond_chance_count"),
                speaker.figure(row, "noise_share", "percent"),
            ]
            for row in rows
        ],
        numbers=tuple(range(1, 6)),
    )
    return [
        ("p", noise_sentence(material)),
        ("chart", (beside_chance(drawn, label=say("noise_label")), say("noise_how"))),
        ("folded", (say("noise_caption"), table)),
    ]


def noise_sentence(material: Material) -> Markup:
    """The comparison that people make most, in words: merit value in grade 9, else the last of the list."""
    speaker, rows = material.speaker, material.book.tables["comparison_noise"]
    row = next((row for row in rows if row["indicator"] == MERIT), rows[-1])
    is_points = row["indicator"] == MERIT
    return speaker.say(
        "noise_points" if is_points else "noise_share",
        what=compared_name(speaker, row).lower(),
        pairs=speaker.figure(row, "pair_count"),
        seen=speaker.figure(row, "beyond_threshold_count"),
        threshold=speaker.figure(row, "threshold", "number" if is_points else "percent"),
        chance=speaker.figure(row, "expected_by_chance"),
        apart=speaker.figure(row, "beyond_chance_count"),
    )


def compared_name(speaker: Speaker, row: Row) -> str:
    """What is compared: measure, subject and grade."""
    grade = str(speaker.say("head_grade", grade=row["grade"])).lower()
    words = speaker.word("measure", row["indicator"])
    return (
        f"{words}, {grade}"
        if row["subject"] == "all_subjects"
        else f"{words}, {speaker.word('subject', row['subject']).lower()}, {grade}"
    )


def interval_of(speaker: Speaker, row: Row, name: str) -> Interval:
    """What a unit adds in one stage, as a row of a picture."""
    value = row["value_added_points"]
    told = f"{'+' if value > 0 else ''}{speaker.number(value, 1)}".replace("-", "−")
    return Interval(
        name, told, value, row["value_added_lower_points"], row["value_added_upper_points"], row["band_position"],
        (row["band_lower_points"], row["band_upper_points"]),
    )  # fmt: skip


def ahead_of(material: Material, code: str) -> list[Row]:
    """Counts and forecasts of a unit or the municipality in all grades, by year."""
    rows = [row for row in material.book.of("pupil_forecast", "school_unit_code", code) if row["grade"] == WHOLE]
    return sorted(rows, key=lambda row: row["count_year"])


def forecast_blocks(material: Material, code: str, *, name: str) -> list[Block]:
    """Sentence, picture and table; that there is none, where there is none."""
    speaker, say, rows = material.speaker, material.speaker.say, ahead_of(material, code)
    ahead = [row for row in rows if row["expected_count"] is not None]
    counted = [row for row in rows if row["counted_count"] is not None]
    if not ahead:
        return [("p", say("forecast_none"))]
    first, last = ahead[0], ahead[-1]
    sentence = say("forecast_first", year=str(first["count_year"]), count=speaker.figure(first, "expected_count"))
    if first["interval_lower_count"] is not None:
        ends = {end: speaker.figure(first, f"interval_{end}_count") for end in ("lower", "upper")}
        sentence = Markup("{} {}").format(sentence, say("forecast_ends", low=ends["lower"], high=ends["upper"]))
    told = say("forecast_last", year=str(last["count_year"]), count=speaker.figure(last, "expected_count"))
    chart = fan(
        speaker, [(row["count_year"], row["counted_count"]) for row in counted],
        [Ahead(row["count_year"], row["expected_count"], row["interval_lower_count"], row["interval_upper_count"]) for row in ahead],
        label=say("forecast_label", name=name),
    )  # fmt: skip
    lines: list[Sequence[Cell]] = [
        [str(row["count_year"]), speaker.figure(row, "counted_count"), "", ""] for row in counted
    ]
    lines += [
        [
            str(row["count_year"]), "", speaker.figure(row, "expected_count"),
            between(speaker, row, "interval_lower_count", "interval_upper_count"),
        ]
        for row in ahead
    ]  # fmt: skip
    heads = [say("head_count_year"), say("head_counted"), say("head_expected_pupils"), say("head_interval")]
    caption = say("forecast_caption", name=name)
    return [
        ("p", Markup("{} {}").format(sentence, told)),
        ("chart", (chart, say("forecast_how"))),
        ("folded", (caption, Table(caption, heads, lines, numbers=(1, 2, 3)))),
    ]


def between(speaker: Speaker, row: Row, low: str, high: str, form: str = "number", decimals: int = 0) -> Markup:
    """Two ends with a dash; a dash alone where there are none."""
    if row[low] is None:
        return speaker.figure(row, low)
    return Markup("{} – {}").format(speaker.figure(row, low, form, decimals), speaker.figure(row, high, form, decimals))
