"""One organiser's decision: what is granted, the statutory calculation, who decided, how to appeal.

Belongs here: the values of that page. Does not: any sum that is not published; the layout; the PDF.
Law: skollagen (2010:800) 10 kap. 37-39 §§ and 28 kap. 5 §; skolförordningen (2011:185) 14 kap. 1, 4, 10 and 11 §§;
förvaltningslagen (2017:900) 32, 43 and 44 §§. Decisions on grants are individual: HFD 2020 ref. 69.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from markupsafe import Markup

from models_py.allocation.cost_types import OVERHEAD_TYPES
from models_py.allocation.organisers import ALL_TYPES
from orchestration.site.names import component_name
from orchestration.site.organiser_forms import decided_alone, decision_path, form_units_of, form_word, forms_section
from orchestration.site.pages import Material, Page, Table
from orchestration.site.reading import Row
from orchestration.site.written import whom_to_ask


def decision_pages(material: Material) -> list[Page]:
    """A page per organiser that is paid, and per independent unit of another form without one; with a PDF."""
    organisers = [_page(material, row) for row in material.book.tables["organiser_allocation"]]
    return [*organisers, *(_unit_page(material, unit, rows) for unit, rows in decided_alone(material))]


def organiser_name(material: Material, key: str) -> str:
    """The organiser's name, or its key where the name is withheld."""
    rows = material.book.of("dim_organiser", "organiser_key", key)
    return str((rows[0].get("organiser_name") if rows else None) or key)


def _page(material: Material, paid: Row) -> Page:
    say, key = material.speaker.say, paid["organiser_key"]
    name = organiser_name(material, key)
    is_independent = paid["organiser_type"] == "independent"
    kind = "independent" if is_independent else "municipal"
    state = "decided" if material.book.is_decided else "proposal"
    values: dict[str, Any] = {
        "name": name,
        "heading": say(f"decision_title_{kind}_{state}", year=material.year),
        "key": paid["organiser_key"],
        "is_independent": is_independent,
        "is_decided": material.book.is_decided,
        "granted": _granted(material, paid, name, kind=kind, state=state),
        "calculation": _calculation(material, paid),
        "how": _how(material, paid),
        "units": _units(material, paid),
        "parts": _parts(material, paid),
        "forms": forms_section(material, form_units_of(material, key), is_independent=is_independent),
        "grounds": [say(f"grounds_{name}") for name in _grounds(is_independent)],
        "decided": _decided(material),
        "appeal": _appeal(material, is_independent=is_independent),
        "ask": whom_to_ask(material),
    }
    path = f"organisers/{paid['organiser_key']}.html"
    title = f"{values['heading']}: {name}"
    return Page(path, "organiser.html.jinja", title, values, has_pdf=True, current="start")


def _unit_page(material: Material, unit: str, rows: list[Row]) -> Page:
    """The decision for one independent unit of another school form: its register names the unit and no organiser."""
    say, name = material.speaker.say, rows[0]["school_unit_name"]
    state = "decided" if material.book.is_decided else "proposal"
    values: dict[str, Any] = {
        "name": name,
        "heading": say(f"decision_title_independent_{state}", year=material.year),
        "under": say("decision_unit_under", code=unit),
        "is_decided": material.book.is_decided,
        "granted": [
            say(
                f"granted_form_{state}", name=name, municipality=material.municipality, form=form_word(material, row).lower(),
                amount=material.speaker.figure(row, "grant_sek", "kr", 2),
                people=material.speaker.figure(row, "pupil_count"), year=material.year,
            )
            for row in rows
        ],
        "forms": forms_section(material, rows, is_independent=True, heading="decision_calculation"),
        "grounds": [say(f"grounds_{each}") for each in ("need", "year")],
        "decided": _decided(material),
        "appeal": _appeal(material, is_independent=True),
        "ask": whom_to_ask(material),
    }  # fmt: skip
    title = f"{values['heading']}: {name}"
    return Page(decision_path(unit), "unit_decision.html.jinja", title, values, has_pdf=True, current="forms")


def _grounds(is_independent: bool) -> tuple[str, ...]:
    return ("need", "equal", "year", "cost_types", "beside") if is_independent else ("need", "equal", "year", "beside")


def _granted(material: Material, paid: Row, name: str, *, kind: str, state: str) -> Markup:
    speaker = material.speaker
    return speaker.say(
        f"granted_{kind}_{state}",
        name=name,
        municipality=material.municipality,
        amount=speaker.figure(paid, "payable_sek", "kr", 2),
        per_pupil=speaker.figure(paid, "payable_per_pupil_sek", "kr", 2),
        pupils=speaker.figure(paid, "pupil_count"),
        year=material.year,
    )


def _calculation(material: Material, paid: Row) -> Table | None:
    """Cost types in the order of the law, what is taken back, what is paid."""
    speaker, say = material.speaker, material.speaker.say
    own = {
        row["cost_type"]: row
        for row in material.book.of("organiser_calculation", "organiser_key", paid["organiser_key"])
    }
    rows: list[list[Any]] = []
    for cost_type in ALL_TYPES:
        line = own.get(cost_type)
        if line is None or (cost_type in OVERHEAD_TYPES and not line["amount_ore"]):
            continue
        first: Any = speaker.word("cost_type", cost_type)
        share = paid.get(f"{cost_type}_share") if cost_type in OVERHEAD_TYPES else None
        if share is not None:
            first = Markup("{} {}").format(
                first, speaker.figure(paid, f"{cost_type}_share", "percent", _decimals(share))
            )
        compared = "" if cost_type in OVERHEAD_TYPES else speaker.figure(line, "municipal_per_pupil_sek", "kr", 2)
        rows.append(
            [
                first,
                speaker.figure(line, "amount_ore", "kr", 2),
                speaker.figure(line, "amount_per_pupil_sek", "kr", 2),
                compared,
            ]
        )
    if not rows:  # the policy books nothing on cost types
        rows.append([say("allocated"), speaker.figure(paid, "allocated_sek", "kr", 2), "", ""])
        rows += [
            [speaker.word("cost_type", name), speaker.figure(paid, f"{name}_sek", "kr", 2), "", ""]
            for name in OVERHEAD_TYPES
            if paid[f"{name}_sek"]
        ]
    if paid["de_delegated_sek"]:
        rows.append([say("taken_back"), speaker.figure(paid, "de_delegated_sek", "kr", 2), "", ""])
    heads = [say("head_cost_type"), say("head_amount"), say("head_per_pupil"), say("head_municipal_per_pupil")]
    total = speaker.figure(paid, "payable_sek", "kr", 2)
    foot = [say("to_be_paid"), total, speaker.figure(paid, "payable_per_pupil_sek", "kr", 2), ""]
    return Table(say("calculation_caption", year=material.year), heads, rows, numbers=(1, 2, 3), foot=foot)


def _how(material: Material, paid: Row) -> list[Markup]:
    """How administration and VAT were added, in the reading that was decided."""
    method = paid.get("overhead_method")
    if method is None:
        return []
    speaker = material.speaker
    return [
        speaker.say(
            "overheads",
            cost=speaker.figure(paid, "allocated_sek", "kr", 2),
            administration=speaker.figure(paid, "administration_sek", "kr", 2),
            vat=speaker.figure(paid, "vat_sek", "kr", 2),
        ),
        speaker.say(f"reading_{method}"),
        speaker.say("overheads_rounding"),
    ]


def _units(material: Material, paid: Row) -> Table:
    """The organiser's school units: pupils, what was allocated, and their pages."""
    speaker, say, book = material.speaker, material.speaker.say, material.book
    rows = []
    for school in book.of("dim_school_unit", "organiser_key", paid["organiser_key"]):
        wide = book.unit("school_allocation", school["school_unit_code"])
        if wide is None or wide["payment_status"] != "paid":
            continue
        link = Markup('<a href="../schools/{}.html">{}</a>').format(wide["school_unit_code"], wide["school_unit_name"])
        rows.append(
            [
                link,
                wide["school_unit_code"],
                speaker.figure(wide, "pupil_count"),
                speaker.figure(wide, "total_sek", "kr", 2),
                speaker.figure(wide, "total_per_pupil_sek", "kr", 2),
            ]
        )
    heads = [say("head_school"), say("head_code"), say("head_pupils"), say("head_allocated"), say("head_per_pupil")]
    foot = [say("total"), "", speaker.figure(paid, "pupil_count"), speaker.figure(paid, "allocated_sek", "kr", 2), ""]
    return Table(say("organiser_units_caption"), heads, rows, numbers=(2, 3, 4), foot=foot)


def _parts(material: Material, paid: Row) -> Table:
    """What the organiser's money is made of: the lines of its units, summed by component."""
    speaker, say, book = material.speaker, material.speaker.say, material.book
    sums: dict[str, int] = {}
    for school in book.of("dim_school_unit", "organiser_key", paid["organiser_key"]):
        for line in book.of("fct_allocation", "school_unit_code", school["school_unit_code"]):
            sums[line["component_code"]] = sums.get(line["component_code"], 0) + int(line["amount_ore"])
    rows = []
    for code, ore in sorted(sums.items(), key=lambda item: (-item[1], item[0])):
        told = speaker.derived("organiser_component", ore, "kr", 2, key=f"{paid['organiser_key']}/{code}")
        description = book.of("dim_component", "component_code", code)
        words = speaker.names.get(f"{code}.description") or (
            speaker.say(f"what_{code}")
            if speaker.knows(f"what_{code}")
            else description[0].get(f"description_{speaker.language}")
            if description
            else ""
        )
        rows.append([component_name(speaker, book, code), words, told])
    return Table(
        say("parts_caption"), [say("head_part"), say("head_what"), say("head_amount")], rows, numbers=(2,),
        foot=[say("total"), "", speaker.figure(paid, "allocated_sek", "kr", 2)],
    )  # fmt: skip


def _decided(material: Material) -> dict[str, Any]:
    """Who decided, by what delegation, under what reference; what is missing is said."""
    speaker, book, who = material.speaker, material.book, material.pages.deciding
    told = who and {
        "board": who.board.told(speaker.language),
        "decided_by": who.decided_by.told(speaker.language),
        "delegation": who.delegation.told(speaker.language),
    }
    return {
        "who": told or None,
        "missing": None if told else speaker.say("delegation_missing"),
        "reference": book.seal.get("decision") if book.is_decided else None,
        "day": speaker.day(book.told_on) if book.is_decided and book.told_on else None,
    }


def _appeal(material: Material, *, is_independent: bool) -> dict[str, Any]:
    """How the decision is appealed; a proposal, and the municipality's own units, cannot be appealed this way."""
    speaker, who = material.speaker, material.pages.deciding
    if not is_independent:
        return {"lead": speaker.say("appeal_municipal"), "steps": []}
    values = {
        "board": who.board.told(speaker.language) if who else speaker.say("the_board"),
        "court": who.court.told(speaker.language) if who else speaker.say("the_court"),
        "address": who.address if who else speaker.say("the_address"),
    }
    lead = speaker.say("appeal_lead" if material.book.is_decided else "appeal_proposal", **values)
    return {"lead": lead, "steps": [speaker.say(f"appeal_{n}", **values) for n in (1, 2, 3, 4)]}


def _decimals(share: Decimal) -> int:
    return max(0, -int((share * 100).normalize().as_tuple().exponent))
