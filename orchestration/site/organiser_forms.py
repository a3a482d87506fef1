"""Other school forms in the decisions: an organiser's units and lines, and a decision for each independent unit whose register
names no organiser.

Belongs here: these values. Does not: preschool class and compulsory school (``organiser_decision``), any sum that is not
published. Law: skolförordningen (2011:185) 14 kap. 3–5 §§, gymnasieförordningen (2010:2039) 13 kap.; skollagen (2010:800) 28 kap. 5 §.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from expectations.school_forms import form_parts
from orchestration.school_forms import school_forms
from orchestration.site.lines import amount, rate
from orchestration.site.names import component_name, line_name
from orchestration.site.pages import Material, Table
from orchestration.site.reading import Row

AMOUNTS = ("total_sek", "administration_sek", "vat_sek", "fee_sek", "grant_sek")
INDEPENDENT = "independent"
NEED = "need"


def form_units_of(material: Material, key: str) -> list[Row]:
    """The organiser's units of other forms."""
    return [row for row in in_order(material.book.tables["form_unit"]) if _organiser_of(material, row) == key]


def decided_alone(material: Material) -> list[tuple[str, list[Row]]]:
    """Independent units that no organiser is known of, with their rows by form: each has a decision of its own."""
    told = next(one.forms for one in form_parts() if one.part == "decision" and one.reason is None)
    found: dict[str, list[Row]] = {}
    for row in in_order(material.book.tables["form_unit"]):
        if row["school_form"] in told and _organiser_of(material, row) is None:
            found.setdefault(row["school_unit_code"], []).append(row)
    return sorted(found.items())


def _organiser_of(material: Material, row: Row) -> str | None:
    """Who runs the school unit with the same code, where it is of the same kind; else the municipality for its own units, and
    nobody that the register names for an independent one."""
    book = material.book
    kinds = {one["organiser_key"]: one["organiser_type"] for one in book.tables["dim_organiser"]}
    for school in book.of("dim_school_unit", "school_unit_code", row["school_unit_code"]):
        if kinds.get(school["organiser_key"]) == row["organiser_type"]:
            return str(school["organiser_key"])
    if row["organiser_type"] == INDEPENDENT:
        return None
    return next((key for key, kind in sorted(kinds.items()) if kind != INDEPENDENT), None)


def decision_path(unit: str) -> str:
    """The page of a decision for one unit."""
    return f"organisers/unit-{unit}.html"


def forms_section(
    material: Material, units: list[Row], *, is_independent: bool, heading: str = "decision_forms"
) -> dict[str, Any] | None:
    """Units with amount, administration, VAT, fees and grant, then the lines of each; None where there are none."""
    if not units:
        return None
    say = material.speaker.say
    return {
        "heading": say(heading),
        "text": say("decision_forms_text" if is_independent else "decision_forms_own"),
        "law": _law(material, units) if is_independent else None,
        "units": _units(material, units, is_independent=is_independent),
        "lines": [_lines(material, row) for row in units] if is_independent else [],
    }


def form_word(material: Material, row: Row) -> str:
    """The form's name."""
    return school_forms()[row["school_form"]].name[material.speaker.language]


def grant_of(material: Material, row: Row) -> Any:
    """What an independent organiser is granted for the unit; nothing for the municipality's own."""
    return material.speaker.figure(row, "grant_sek", "kr") if row["organiser_type"] == INDEPENDENT else ""


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows in the order in which children meet the forms."""
    order = list(school_forms())
    return sorted(rows, key=lambda row: (order.index(row["school_form"]), row.key))


def _units(material: Material, units: list[Row], *, is_independent: bool) -> Table:
    speaker, say = material.speaker, material.speaker.say
    columns = AMOUNTS if is_independent else AMOUNTS[:1]
    rows = [
        [
            f"{row['school_unit_name']}, {form_word(material, row).lower()}",
            speaker.figure(row, "pupil_count"),
            *(speaker.figure(row, name, "sek", 2) for name in columns),
        ]
        for row in units
    ]
    heads = [say("forms_head_unit"), say("forms_head_people")]
    heads += [say(f"decision_head_{name.removesuffix('_sek')}") for name in columns]
    return Table(say("decision_forms_caption"), heads, rows, numbers=tuple(range(1, len(heads))))


def _lines(material: Material, unit: Row) -> Table:
    """count × rate = amount of one unit in one form."""
    speaker, say = material.speaker, material.speaker.say
    rows = [
        [
            _line_name(material, line),
            speaker.figure(line, "count", decimals=0 if line["count"] == int(line["count"]) else 2),
            rate(material, line),
            amount(material, line),
        ]
        for line in material.book.of("form_allocation", "school_unit_code", unit["school_unit_code"])
        if line["school_form"] == unit["school_form"]
    ]
    heads = [say("head_line"), say("head_count"), say("head_rate_sek"), say("head_amount_sek")]
    caption = say("decision_lines_caption", name=unit["school_unit_name"], form=form_word(material, unit).lower())
    foot = [say("total"), "", "", speaker.figure(unit, "total_sek", "sek", 2)]
    return Table(caption, heads, rows, numbers=(1, 2, 3), foot=foot)


def _line_name(material: Material, line: Row) -> str:
    speaker, component = material.speaker, line["component_code"]
    name = component_name(speaker, material.book, component)
    if line["line_code"] == NEED:
        return f"{name}: {speaker.say('line_form_need')}"
    return f"{name}: {line_name(speaker, component, line['line_code'])}"


def _law(material: Material, units: list[Row]) -> Any:
    """The ordinance and paragraphs of each form that the organiser runs."""
    say = material.speaker.say
    forms = {row["school_form"]: school_forms()[row["school_form"]] for row in units}
    told = [
        f"{form.name[material.speaker.language]}: {form.law}" + (f", {form.overhead.law}" if form.overhead else "")
        for form in forms.values()
    ]
    return say("decision_forms_law", laws="; ".join(told).replace(" and ", f" {say('and_word')} "))
