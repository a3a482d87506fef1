"""Each school unit's kronor per pupil last year and this year: picture, table, and the change of all together.

Belongs here: what stands in both publications. Does not: why it changed (a unit's own page), the picture's layout.
Last year's kronor are those of the publication that this one says it is compared with, and of no other.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from orchestration.site import measures
from orchestration.site.charts.slope import Slope, slopes
from orchestration.site.pages import Material, Table
from orchestration.site.reading import Row

NAMED = 3
"""Units that are named at each end."""
FEWEST = 50
"""Pupils in either year below which a unit stands in the table alone: its kronor per pupil would flatten all other lines."""


def both_years(material: Material) -> list[tuple[Row, Row]]:
    """(last year's row, this year's) of units that were paid for pupils in both; the largest rise per pupil first."""
    found = [
        (material.book.previous[row["school_unit_code"]], row)
        for row in material.book.tables["school_allocation"]
        if row["school_unit_code"] in material.book.previous
    ]
    kept = [each for each in found if all(row["payment_status"] == "paid" and row["pupil_count"] for row in each)]
    return sorted(kept, key=lambda each: (-_change(*each), each[1]["school_unit_code"]))


def last_year_view(material: Material) -> dict[str, Any] | None:
    """``chart``, ``table`` and ``text``; None where no unit has both years."""
    speaker, say, units = material.speaker, material.speaker.say, both_years(material)
    if not units:
        return None
    drawn = _drawn(material, [each for each in units if min(row["pupil_count"] for row in each) >= FEWEST] or units)
    rows = []
    for before, after in units:
        code, change = after["school_unit_code"], _change(before, after)
        name = after["school_unit_name"] or code
        link = Markup('<a href="schools/{}.html">{}</a>').format(code, name)
        rows.append(
            [
                link,
                speaker.derived("previous_per_pupil", _per_pupil(before), "kr", key=code),
                speaker.figure(after, "total_per_pupil_sek", "kr"),
                speaker.derived("per_pupil_change", change, "+kr", key=code),
            ]
        )
    means = [_mean([pair[side] for pair in units]) for side in (0, 1)]
    left_out = len(units) - len(drawn)
    drawn.append(_slope(material, means[0], means[1], str(say("slope_all")), kind="mean"))
    foot = [
        say("slope_all"),
        speaker.derived("previous_per_pupil_mean", means[0], "kr"),
        speaker.derived("per_pupil_mean", means[1], "kr"),
        speaker.derived("per_pupil_mean_change", means[1] - means[0], "+kr"),
    ]
    years = {"before": str(int(material.year) - 1), "after": material.year}
    heads = [say("head_school"), years["before"], years["after"], say("head_gap")]
    return {
        "chart": slopes(speaker, drawn, label=say("slope_label"), **years),
        "table": Table(say("slope_caption"), heads, rows, numbers=(1, 2, 3), foot=foot),
        "how": say("slope_how"),
        "small": say("slope_small", fewest=str(FEWEST)) if left_out else None,
        "text": say("start_last_year_text", units=speaker.derived("units_in_both_years", len(units)), **years),
    }


def _drawn(material: Material, units: list[tuple[Row, Row]]) -> list[Slope]:
    """A line per unit, those at both ends with their names."""
    made = []
    for place, (before, after) in enumerate(units):
        is_named = place < NAMED or place >= len(units) - NAMED
        name = str(after["school_unit_name"] or after["school_unit_code"]) if is_named else None
        made.append(_slope(material, _per_pupil(before), _per_pupil(after), name))
    return made


def _slope(material: Material, before: int, after: int, name: str | None, *, kind: str = "unit") -> Slope:
    gap = after - before
    told = f"{'+' if gap > 0 else ''}{material.speaker.kronor(round(gap / 100) * 100)} {material.speaker.say('per_pupil_short')}"
    return Slope(before / 100, after / 100, name, told, kind)


def change_of_all(material: Material) -> Markup | None:
    """All money this year minus all of last year's; None where nothing is compared."""
    changes = material.book.tables["allocation_change"]
    if not changes:
        return None
    return material.speaker.derived("total_change", sum(measures.ore(row["change_sek"]) for row in changes), "+kr")


def _per_pupil(row: Row) -> int:
    """Öre per pupil as published."""
    return measures.ore(row["total_per_pupil_sek"])


def _change(before: Row, after: Row) -> int:
    return _per_pupil(after) - _per_pupil(before)


def _mean(rows: list[Row]) -> int:
    return round(sum(measures.ore(row["total_sek"]) for row in rows) / sum(int(row["pupil_count"]) for row in rows))
