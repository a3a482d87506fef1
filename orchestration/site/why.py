"""Three plain sentences on why a unit's need is what it is.

Belongs here: choosing what to say from published contributions, and saying it. Does not: computing contributions.
"""

from __future__ import annotations

from markupsafe import Markup

from orchestration.site.charts.bars import Bar, around_zero
from orchestration.site.names import factor_name
from orchestration.site.pages import Material, Table
from orchestration.site.reading import Row

SMALL = 0.05
"""Index points that are not worth a sentence."""


def why(material: Material, wide: Row) -> dict[str, object]:
    """``sentences``: at most three; ``chart`` and ``table``: every factor's part, where they are published."""
    speaker, say, code = material.speaker, material.speaker.say, wide["school_unit_code"]
    if wide["need_index"] is None:
        return {"sentences": [say("why_withheld")], "chart": None, "table": None}
    parts = sorted(
        material.book.of("need_contribution", "school_unit_code", code),
        key=lambda row: (-abs(row["index_contribution"]), row["factor"]),
    )
    sentences = [_first(material, wide)]
    if not parts:
        sentences.append(say("why_merged" if wide["index_rule"] == "merged_group" else "why_no_parts"))
        return {"sentences": sentences, "chart": None, "table": None}
    up = [row for row in parts if row["index_contribution"] > SMALL]
    down = [row for row in parts if row["index_contribution"] < -SMALL]
    leading, other = (up, down) if float(wide["need_index"]) >= 100 else (down, up)
    chosen = [*leading[: 1 if other else 2], *other[:1]]
    places = ("most", "other" if other else "next") if leading else ("other",)
    sentences += [_sentence(material, row, place) for row, place in zip(chosen, places, strict=False)]
    bars = [
        Bar(factor_name(speaker, row["factor"]), _signed(material, row), float(row["index_contribution"]))
        for row in parts
    ]
    rows = [
        [
            factor_name(speaker, row["factor"]),
            speaker.figure(row, "index_contribution", "+number", 1),
            speaker.figure(row, "contribution_sek_per_pupil", "+kr"),
            speaker.figure(row, "contribution_sek", "+kr"),
        ]
        for row in parts
    ]
    heads = [say("head_factor"), say("head_index_points"), say("head_per_pupil"), say("head_amount")]
    return {
        "sentences": sentences,
        "chart": around_zero(bars, label=say("why_label")),
        "table": Table(say("why_caption"), heads, rows, numbers=(1, 2, 3)),
    }


def _first(material: Material, wide: Row) -> Markup:
    """How far the unit is from the municipality's mean."""
    speaker = material.speaker
    distance = float(wide["need_index"]) - 100
    if abs(distance) < 0.5:
        return speaker.say("why_mean")
    shown = speaker.derived("index_distance", abs(distance) / 100, "percent", 0, key=wide["school_unit_code"])
    return speaker.say("why_above" if distance > 0 else "why_below", share=shown)


def _sentence(material: Material, row: Row, place: str) -> Markup:
    """``place``: most, next (the same way as most) or other (the other way)."""
    speaker = material.speaker
    raises = row["index_contribution"] > 0
    key = f"why_{place}_{'up' if raises else 'down'}"
    phrase = speaker.word(f"factor_{'more' if raises else 'less'}", row["factor"])
    points = speaker.derived("contribution_size", abs(row["index_contribution"]), "number", 1, key=row.key)
    sek = speaker.derived("contribution_sek_size", abs(int(row["contribution_sek_per_pupil"] * 100)), "kr", key=row.key)
    return speaker.say(key, phrase=phrase, points=points, amount=sek)


def _signed(material: Material, row: Row) -> str:
    value = round(float(row["index_contribution"]), 1)
    return f"{'+' if value > 0 else ''}{material.speaker.number(value, 1)}"
