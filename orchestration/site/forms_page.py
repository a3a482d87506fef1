"""All school forms side by side, what one child meets from one to twenty, units of the other forms, and what does not apply.

Belongs here: the values of that page. Does not: any number that is not published, layout.
"""

from __future__ import annotations

from itertools import groupby

from markupsafe import Markup

from expectations.school_forms import form_parts
from orchestration.school_forms import school_forms
from orchestration.site.charts.forms import Board, Meets, ages_picture, board_picture
from orchestration.site.organiser_forms import grant_of, in_order
from orchestration.site.pages import Material, Page, Section, Table
from orchestration.site.reading import Row
from orchestration.site.speaking import Speaker

PATH = "forms.html"
Block = tuple[str, object]


def has_forms(material: Material) -> bool:
    """Whether the publication decides other school forms than preschool class and compulsory school."""
    return any(row["school_form"] != "compulsory_school" for row in material.book.tables["form_overview"])


def forms_page(material: Material) -> Page | None:
    """``forms.html`` of one language; None where there is nothing to set side by side."""
    if not has_forms(material):
        return None
    say = material.speaker.say
    sections = [
        Section("board", say("forms_board"), _board(material)),
        Section("ages", say("forms_ages"), _ages(material)),
        Section("units", say("forms_units"), _units(material)),
        Section("parts", say("forms_parts"), _parts(material.speaker)),
    ]
    heading = say("forms_heading", municipality=material.municipality, year=material.year)
    values = {"heading": heading, "lead": say("forms_lead", year=material.year), "sections": sections}
    return Page(PATH, "article.html.jinja", str(heading), values, current="forms")


def form_name(speaker: Speaker, form: str) -> str:
    """The form's name; preschool class is in compulsory school."""
    if form == "compulsory_school":
        return str(speaker.say("forms_compulsory"))
    return school_forms()[form].name[speaker.language]


def _board(material: Material) -> list[Block]:
    speaker, say = material.speaker, material.speaker.say
    drawn, rows, withheld = [], [], []
    for row in in_order(material.book.tables["form_overview"]):
        name = form_name(speaker, row["school_form"])
        if row["total_sek"] is None:
            withheld.append(say(f"forms_{row['withheld_because']}", form=name))
            continue
        drawn.append(
            Board(
                name, str(speaker.say("forms_millions", amount=speaker.number(float(row["total_sek"]) / 1e6))),
                float(row["total_sek"]), float(row["structural_share"]), float(row["redistributed_share"]),
                row["need_index_lowest"], row["need_index_highest"],
            )
        )  # fmt: skip
        index: object = say("forms_no_index")
        if row["need_index_lowest"] is not None:
            index = Markup("{}–{}").format(
                speaker.figure(row, "need_index_lowest"), speaker.figure(row, "need_index_highest")
            )
        rows.append(
            [
                name,
                speaker.figure(row, "pupil_count"),
                speaker.figure(row, "total_sek", "kr"),
                speaker.figure(row, "total_per_pupil_sek", "kr"),
                speaker.figure(row, "structural_share", "percent", 1),
                speaker.figure(row, "redistributed_share", "percent", 1),
                index,
                speaker.word("forms_source", row["index_source"]),
            ]
        )
    names = ("form", "people", "amount", "each", "shared", "moved", "index", "source")
    table = Table(
        say("forms_board_caption"), [say(f"forms_head_{name}") for name in names], rows, numbers=(1, 2, 3, 4, 5, 6)
    )
    picture = board_picture(
        drawn, heads=[str(say(f"forms_head_{name}")) for name in ("amount", "needs", "index")],
        label=say("forms_board_label"),
    )  # fmt: skip
    return [
        ("p", say("forms_board_text")),
        ("chart", (picture, say("forms_board_how"))),
        ("table", table),
        *(("p", told) for told in withheld),
    ]


def _ages(material: Material) -> list[Block]:
    speaker, say = material.speaker, material.speaker.say
    order = list(school_forms())
    found = sorted(
        material.book.tables["form_age"],
        key=lambda row: (int(row["age"]), order.index(row["school_form"]), row["form_stage"]),
    )
    drawn = [
        Meets(
            int(row["age"]), row["school_form"], form_name(speaker, row["school_form"]),
            float(row["total_per_pupil_sek"])
        )
        for row in found
    ]  # fmt: skip
    rows = [
        [
            speaker.figure(row, "age"),
            form_name(speaker, row["school_form"]),
            _stage(speaker, row),
            speaker.figure(row, "pupil_count"),
            speaker.figure(row, "total_per_pupil_sek", "kr"),
        ]
        for row in found
    ]
    heads = [say(f"forms_head_{name}") for name in ("age", "form", "stage", "people", "each")]
    caption = say("forms_ages_caption")
    return [
        ("p", say("forms_ages_text")),
        ("chart", (ages_picture(drawn, label=say("forms_ages_label")), say("forms_ages_how"))),
        ("folded", (caption, Table(caption, heads, rows, numbers=(0, 3, 4)))),
    ]


def _stage(speaker: Speaker, row: Row) -> str:
    """The level of adult education; elsewhere the age says it."""
    key = f"forms_stage_{row['form_stage']}"
    return str(speaker.say(key)) if speaker.knows(key) else ""


def _units(material: Material) -> list[Block]:
    """Units of the other forms, form by form; preschool class and compulsory school have pages of their own."""
    speaker, say, book = material.speaker, material.speaker.say, material.book
    blocks: list[Block] = [("p", say("forms_units_text"))]
    indices = {(row["school_form"], row["school_unit_code"]): row for row in book.tables["form_need_index"]}
    units = in_order(book.tables["form_unit"])
    for form in dict.fromkeys(row["school_form"] for row in units):
        own = [row for row in units if row["school_form"] == form]
        caption = say("forms_units_caption", form=form_name(speaker, form), count=len(own))
        rows = [
            [
                row["school_unit_name"],
                speaker.word("kind", row["organiser_type"]),
                speaker.figure(row, "pupil_count"),
                speaker.figure(indices.get((form, row["school_unit_code"])), "need_index", decimals=1),
                speaker.figure(row, "total_sek", "kr"),
                grant_of(material, row),
            ]
            for row in own
        ]
        heads = [say(f"forms_head_{name}") for name in ("unit", "kind", "people", "index", "amount", "grant")]
        blocks.append(("folded", (caption, Table(caption, heads, rows, numbers=(2, 3, 4, 5)))))
    return blocks


def _parts(speaker: Speaker) -> list[Block]:
    """The register of what is computed in which form, and why not where it is not."""
    say = speaker.say
    parts = form_parts()
    everywhere = [one for one in parts if one.reason is None]
    applies = Table(
        say("forms_applies_caption"), [say("forms_head_part"), say("forms_head_applies")],
        [[one.name[speaker.language], _names(speaker, one.forms)] for one in everywhere],
    )  # fmt: skip
    rows: list[list[str]] = []
    for part, group in groupby((one for one in parts if one.reason), key=lambda one: one.name[speaker.language]):
        rows.append([part])
        rows += [[_names(speaker, one.forms), one.reason[speaker.language]] for one in group if one.reason]
    heads = [say("forms_head_forms"), say("forms_head_why")]
    against = Table(say("forms_parts_caption"), heads, rows)
    return [("p", say("forms_parts_text")), ("table", applies), ("table", against)]


def _names(speaker: Speaker, forms: tuple[str, ...]) -> str:
    if len(forms) == len(school_forms()) - 1:
        return str(speaker.say("forms_all"))
    return ", ".join(form_name(speaker, form) for form in forms)
