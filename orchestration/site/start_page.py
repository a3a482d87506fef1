"""The start page: what is decided or proposed, for whom, and what need changes; every school unit and organiser with its link.

Belongs here: the values of that page. Does not: measures (``measures``), layout.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from orchestration.site import measures
from orchestration.site.charts.bars import Pair, pairs
from orchestration.site.charts.strip import strip, strip_scale
from orchestration.site.forms_page import has_forms
from orchestration.site.last_year import change_of_all, last_year_view
from orchestration.site.organiser_decision import organiser_name
from orchestration.site.pages import Material, Page, Table
from orchestration.site.school_page import points_of


def start_page(material: Material) -> Page:
    """``index.html`` of one language."""
    say, book, speaker = material.speaker.say, material.book, material.speaker
    scale = material.shared.setdefault("strip_scale", strip_scale(points_of(material)))
    values: dict[str, Any] = {
        "heading": say("start_heading", municipality=material.municipality, year=material.year),
        "lead": say("start_lead_decided" if book.is_decided else "start_lead_proposal", year=material.year),
        "facts": _facts(material),
        "strip": strip(speaker, scale=scale, label=say("strip_label_all")),
        "fifths": fifths_view(material),
        "last_year": last_year_view(material),
        "pupils_heading": say("pupils_heading", municipality=material.municipality),
        "forms_heading": material.speaker.say("forms_heading", municipality=material.municipality, year=material.year)
        if has_forms(material)
        else None,
        "schools": _schools(material),
        "organisers": _organisers(material),
    }
    return Page("index.html", "start.html.jinja", str(values["heading"]), values, current="start")


def fifths_view(material: Material) -> dict[str, Any] | None:
    """Kronor per pupil by fifth of need, without and with what need moves: picture and table."""
    speaker, say = material.speaker, material.speaker.say
    groups = measures.fifths(measures.told_units(material.book))
    if len(groups) < 2:
        return None
    names = [
        say(f"fifth_{place}") if len(groups) == measures.FIFTHS else f"{place}" for place in range(1, len(groups) + 1)
    ]
    drawn, rows = [], []
    for place, (name, group) in enumerate(zip(names, groups, strict=True), start=1):
        gap = group.after - group.before
        told = f"{'+' if gap > 0 else ''}{speaker.kronor(round(gap / 100) * 100)}"
        drawn.append(Pair(str(name), told, group.before / 100, group.after / 100))
        rows.append(
            [
                name,
                speaker.derived("fifth_units", group.units, key=str(place)),
                speaker.derived("fifth_pupils", group.pupils, key=str(place)),
                speaker.derived("fifth_before", group.before, "kr", key=str(place)),
                speaker.derived("fifth_after", group.after, "kr", key=str(place)),
            ]
        )
    heads = [say("head_fifth"), say("head_units"), say("head_pupils"), say("head_before"), say("head_after")]
    return {
        "chart": pairs(drawn, label=say("fifths_label")),
        "table": Table(say("fifths_caption"), heads, rows, numbers=(1, 2, 3, 4)),
    }


def _facts(material: Material) -> list[tuple[Markup, Markup]]:
    """The publication in a few figures."""
    speaker, say, book = material.speaker, material.speaker.say, material.book
    facts = [
        (say("fact_total"), speaker.figure(book.seal, "amount_ore", "kr")),
        (say("fact_units"), speaker.figure(book.seal, "paid_unit_count")),
        (say("fact_pupils"), speaker.figure(book.seal, "pupil_count")),
    ]
    change = change_of_all(material)
    if change is not None:
        facts.append((say("fact_change"), change))
    shared, moved = measures.shared_by_need(book), measures.moved_by_need(book)
    if shared is not None:
        facts.append((say("fact_shared"), speaker.derived("shared_by_need", shared, "percent", 1)))
    if moved is not None:
        facts.append((say("fact_moved"), speaker.derived("moved_by_need", moved, "percent", 1)))
    signal = book.only("redistribution_signal")
    if signal is not None and signal.get("signal_share") is not None:
        facts.append((say("fact_signal"), speaker.figure(signal, "signal_share", "percent", 0)))
    return facts


def _schools(material: Material) -> Table:
    speaker, say = material.speaker, material.speaker.say
    rows = []
    for wide in material.book.tables["school_allocation"]:
        link = Markup('<a href="schools/{}.html">{}</a>').format(
            wide["school_unit_code"], wide["school_unit_name"] or wide["school_unit_code"]
        )
        if wide["payment_status"] != "paid":
            told = speaker.word("reason", str(wide["reason_code"]))
            rows.append(
                [link, speaker.word("kind", wide["organiser_type"]), speaker.figure(wide, "pupil_count"), "", told, ""]
            )
            continue
        rows.append(
            [
                link,
                speaker.word("kind", wide["organiser_type"]),
                speaker.figure(wide, "pupil_count"),
                speaker.figure(wide, "need_index", decimals=1),
                speaker.figure(wide, "total_sek", "kr"),
                speaker.figure(wide, "total_per_pupil_sek", "kr"),
            ]
        )
    heads = [
        say(key) for key in ("head_school", "head_kind", "head_pupils", "head_index", "head_amount", "head_per_pupil")
    ]
    foot = [
        say("total"), "", speaker.figure(material.book.seal, "pupil_count"), "",
        speaker.figure(material.book.seal, "amount_ore", "kr"), "",
    ]  # fmt: skip
    return Table(say("schools_caption"), heads, rows, numbers=(2, 3, 4, 5), foot=foot)


def _organisers(material: Material) -> Table:
    speaker, say = material.speaker, material.speaker.say
    rows = []
    for paid in material.book.tables["organiser_allocation"]:
        key = paid["organiser_key"]
        name = organiser_name(material, key)
        link = Markup('<a href="organisers/{}.html">{}</a>').format(key, name)
        pdf = Markup('<a href="organisers/{}.pdf">PDF<span class="for-ears"> {}</span></a>').format(key, name)
        rows.append(
            [
                link,
                speaker.word("kind", paid["organiser_type"]),
                speaker.figure(paid, "school_unit_count"),
                speaker.figure(paid, "pupil_count"),
                speaker.figure(paid, "payable_sek", "kr", 2),
                *([pdf] if material.with_pdf else []),
            ]
        )
    heads = [say(key) for key in ("head_organiser", "head_kind", "head_units", "head_pupils", "head_payable")]
    heads += [say("head_document")] if material.with_pdf else []
    return Table(say("organisers_caption"), heads, rows, numbers=(2, 3, 4))
