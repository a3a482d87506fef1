"""One school unit's page: its money line by line, why it changed, its need, what was counted, how sure, how to question it.

Belongs here: the values of that page, from published rows. Does not: reasons in words (``why``), lines (``lines``), layout.
What the tables withhold (an index, parts of merged need money) has no place here, so it cannot be told.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from models_py.allocation.year_change import CAUSES
from orchestration.checks.door import ROWS_REJECTED
from orchestration.publication.change_words import BECAME_WORDS, CAUSE_WORDS, REASON_WORDS
from orchestration.site.charts.bars import Step, bridge
from orchestration.site.charts.strip import Point, strip, strip_scale
from orchestration.site.lines import exact_table, lines_table
from orchestration.site.organiser_decision import organiser_name
from orchestration.site.pages import Material, Page, Table
from orchestration.site.reading import Row
from orchestration.site.unit_pupils import has_page
from orchestration.site.why import why
from orchestration.site.written import whom_to_ask


def school_pages(material: Material) -> list[Page]:
    """A page per school unit, paid or listed with a reason."""
    return [_page(material, row) for row in material.book.tables["school_allocation"]]


def points_of(material: Material) -> list[Point]:
    """Every unit whose index is published."""
    return [
        Point(float(row["need_index"]), int(row["pupil_count"]), row["organiser_type"] == "municipal")
        for row in material.book.tables["school_allocation"]
        if row["payment_status"] == "paid" and row["need_index"] is not None
    ]


def _page(material: Material, wide: Row) -> Page:
    speaker, say, code = material.speaker, material.speaker.say, wide["school_unit_code"]
    name = str(wide["school_unit_name"] or code)
    values: dict[str, Any] = {
        "name": name,
        "code": code,
        "year": material.year,
        "organiser": _organiser(material, code),
        "is_municipal": wide["organiser_type"] == "municipal",
        "ask": whom_to_ask(material),
    }
    if wide["payment_status"] != "paid":
        values |= {"unpaid": say("unpaid", reason=speaker.word("reason", str(wide["reason_code"])))}
        return Page(f"schools/{code}.html", "unpaid.html.jinja", name, values, current="start")
    total = speaker.figure(wide, "total_sek", "kr")
    change = material.book.unit("allocation_change", code)
    values |= {
        "total": total,
        "per_pupil": speaker.figure(wide, "total_per_pupil_sek", "kr"),
        "pupils": speaker.figure(wide, "pupil_count"),
        "change": _change(material, change),
        "against_flat": _against_flat(material, wide),
        "lines": lines_table(material, code, speaker.figure(wide, "total_sek", "sek", 2)),
        "exact": exact_table(material, code),
        "need_parts": say("need_parts") if wide.get("need_parts_sek") is not None else None,
        "bridge": _bridge(material, change),
        "bridge_withheld": _no_causes(material, change),
        "strip": _strip(material, wide, name),
        "why": why(material, wide),
        "same": [say(f"same_{what}") for what in ("organiser", "results", "quality", "outside", "last_krona")],
        "counted": _counted(material),
        "sure": _sure(material, wide),
        "pupils_page": f"../pupils/{code}.html" if has_page(material, code) else None,
        "limits": [say(f"limit_{what}") for what in ("not_quality", "not_pupil", "lag", "background")],
    }
    return Page(f"schools/{code}.html", "school.html.jinja", name, values, current="start")


def _organiser(material: Material, code: str) -> Markup:
    unit = material.book.unit("dim_school_unit", code)
    if unit is None:
        return Markup("")
    name = organiser_name(material, unit["organiser_key"])
    if not material.book.of("organiser_allocation", "organiser_key", unit["organiser_key"]):
        return Markup("{}").format(name)
    return Markup('<a href="../organisers/{}.html">{}</a>').format(unit["organiser_key"], name)


def _against_flat(material: Material, wide: Row) -> Markup | None:
    if wide["redistribution_sek"] is None:
        return None
    speaker, told = material.speaker, wide["redistribution_sek"]
    key = "flat_more" if told > 0 else "flat_less" if told < 0 else "flat_equal"
    amount = speaker.derived("redistribution_size", abs(int(told * 100)), "kr", key=wide["school_unit_code"])
    return speaker.say(key, amount=amount)


def _change(material: Material, change: Row | None) -> Markup:
    """Change on last year, or why there is none to tell."""
    speaker = material.speaker
    if change is None:
        basis = material.book.only("allocation_change_basis")
        reason = basis.get("withheld_because") if basis else None
        words = REASON_WORDS[reason][speaker.language] if reason else speaker.say("change_not_told")
        return speaker.say("change_none", reason=words)
    told = speaker.say(
        "change_told",
        amount=speaker.figure(change, "change_sek", "+kr"),
        before=speaker.figure(change, "previous_total_sek", "kr"),
    )
    if change["previous_total_sek"]:
        share = float(change["change_sek"] / change["previous_total_sek"])
        shown = speaker.derived("change_share", share, "+percent", 1, key=change["school_unit_code"])
        told = Markup("{} ({}).").format(told, shown)
    return told


def _bridge(material: Material, change: Row | None) -> dict[str, Any] | None:
    """Last year to this year by cause, as a picture and as a table; None where causes are not told."""
    if change is None or _no_causes(material, change):
        return None
    speaker, say, lang = material.speaker, material.speaker.say, material.speaker.language
    parts = {
        row["cause_code"]: row
        for row in material.book.of("allocation_change_part", "school_unit_code", change["school_unit_code"])
    }
    became = BECAME_WORDS[change["unit_change_code"]][lang]
    first, last = say("bridge_before"), say("bridge_after", year=material.year)
    rows = [[first, speaker.figure(change, "previous_total_sek", "kr", 2)]]
    at = float(change["previous_total_sek"])
    steps = [Step(str(first), speaker.kronor(round(at) * 100), 0.0, at, is_total=True)]
    for cause in (cause for cause in CAUSES if cause in parts):
        sek = float(parts[cause]["change_sek"])
        words = CAUSE_WORDS[cause][lang].capitalize()
        told = speaker.kronor(round(sek) * 100)
        steps.append(Step(words, f"+{told}" if sek > 0 else told, at, at + sek))
        rows.append([words, speaker.figure(parts[cause], "change_sek", "+kr", 2)])
        at += sek
    steps.append(Step(str(last), speaker.kronor(round(at) * 100), 0.0, float(change["new_total_sek"]), is_total=True))
    return {
        "chart": bridge(steps, label=say("bridge_label")),
        "table": Table(
            say("bridge_caption", became=became), [say("head_cause"), say("head_amount")], rows, numbers=(1,),
            foot=[last, speaker.figure(change, "new_total_sek", "kr", 2)],
        ),
    }  # fmt: skip


def _no_causes(material: Material, change: Row | None) -> Markup | None:
    """That the causes are withheld, where they do not add up to the change."""
    if change is None:
        return None
    parts = material.book.of("allocation_change_part", "school_unit_code", change["school_unit_code"])
    told = sum(part["change_sek"] for part in parts)
    return None if told == change["change_sek"] else material.speaker.say("bridge_withheld")


def _strip(material: Material, wide: Row, name: str) -> dict[str, Any]:
    """Where the unit stands among all; a unit whose index is withheld is not set apart."""
    speaker, code = material.speaker, wide["school_unit_code"]
    scale = material.shared.setdefault("strip_scale", strip_scale(points_of(material)))
    need = material.book.unit("fct_need_index", code)
    if wide["need_index"] is None or need is None:
        reason = speaker.word("withheld", str(wide.get("index_withheld_because")))
        return {"chart": strip(speaker, scale=scale, label=speaker.say("strip_label_all")), "told": reason}
    index = speaker.figure(wide, "need_index", decimals=1)
    low, high = need.get("need_index_interval_lower"), need.get("need_index_interval_upper")
    interval = None if low is None or high is None else (float(low), float(high))
    told = speaker.say("index_told", index=index)
    if interval is not None:
        ends = {end: speaker.figure(need, f"need_index_interval_{end}", decimals=1) for end in ("lower", "upper")}
        told = Markup("{} {}").format(told, speaker.say("index_interval", low=ends["lower"], high=ends["upper"]))
    if _has_ends(wide):
        ends = {end: speaker.figure(wide, f"need_index_{end}", decimals=1) for end in ("lower", "upper")}
        told = Markup("{} {}").format(told, speaker.say("index_ends", low=ends["lower"], high=ends["upper"]))
    if wide["index_rule"] == "merged_group":
        told = Markup("{} {}").format(told, speaker.say("index_merged"))
    own = Point(float(wide["need_index"]), int(wide["pupil_count"]), wide["organiser_type"] == "municipal")
    label = speaker.say("strip_label_own", name=name, index=speaker.number(float(wide["need_index"]), 1))
    return {
        "chart": strip(speaker, scale=scale, label=label, own=own, name=name, interval=interval),
        "told": told,
    }


def _has_ends(wide: Row) -> bool:
    """Whether withheld cells of open statistics leave the index between two ends."""
    low, high = wide.get("need_index_lower"), wide.get("need_index_upper")
    return low is not None and high is not None and abs(high - low) > 1e-6


def _counted(material: Material) -> list[Markup]:
    """Count dates, years of results, and what the door turned away."""
    book, speaker = material.book, material.speaker
    year, rejects = book.only("dim_year"), book.of("rule_result", "rule_id", ROWS_REJECTED)
    told = []
    if year is not None:
        told.append(speaker.say("counted_on", day=speaker.day(year["count_date"])))
        if year["earlier_count_date"] is not None:
            told.append(speaker.say("counted_before", day=speaker.day(year["earlier_count_date"])))
        if year["result_year_first"] is not None:
            told.append(
                speaker.say("counted_results", first=str(year["result_year_first"]), last=str(year["result_year_last"]))
            )
    if rejects:
        told.append(speaker.say("counted_rejects", count=speaker.figure(rejects[0], "failing_count")))
    return told


def _sure(material: Material, wide: Row) -> list[Markup]:
    speaker, row = material.speaker, material.book.unit("allocation_interval", wide["school_unit_code"])
    if row is None:
        return [speaker.say("sure_withheld" if wide.get("index_withheld_because") else "sure_unknown")]
    ends = {
        name: speaker.figure(row, f"total_{name}_sek", "kr")
        for name in ("80_lower", "80_upper", "95_lower", "95_upper")
    }
    return [
        speaker.say("sure_80", low=ends["80_lower"], high=ends["80_upper"]),
        speaker.say("sure_95", low=ends["95_lower"], high=ends["95_upper"]),
    ]
