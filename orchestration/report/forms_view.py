"""All school forms side by side in the terminal, what a child meets from one to twenty, and one unit's lines.

Belongs here: layout and words. Does not: any number that is not in the tables of the forms step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from expectations.school_forms import form_parts
from models_py.errors import LikvardError
from orchestration.form_results import WHOLE
from orchestration.resources.tables import Tables
from orchestration.school_forms import school_forms
from orchestration.settings import Settings, settings
from orchestration.texts import kronor, number, ore_as_kronor, say, share

OVERVIEW, AGES = "form_overview", "form_age"
BAR, BAR_SEK = "█", 20_000
"""One mark of a bar, and the kronor that it stands for."""


class NoFormsError(LikvardError):
    """There are no such tables; the message says what to do."""


def board_view(found: Settings, *, funding_year: int, municipality_code: str | None) -> RenderableType:
    """Every municipality's forms side by side, or one's. Raises NoFormsError."""
    tables = Tables(root=str(found.tables))
    codes = [code for code in tables.municipalities(OVERVIEW, funding_year) if municipality_code in (None, code)]
    if not codes:
        raise NoFormsError(say("forms_none", year=str(funding_year)))
    parts: list[RenderableType] = []
    for code in codes:
        whole, ages = (tables.read(name, funding_year, municipalities=[code]) for name in (OVERVIEW, AGES))
        parts.append(Text(say("forms_title", municipality=code, year=str(funding_year)), style="bold"))
        parts += [_board(whole), Text(say("forms_ages_title"), style="bold"), _ages(ages)]
    return Group(*parts, say("forms_reading"), Text(say("forms_parts_title"), style="bold"), _parts())


def unit_view(found: Settings, *, funding_year: int, school_unit_code: str) -> RenderableType:
    """One unit's lines in every form it has, as its own decision shows them. Raises NoFormsError."""
    tables = Tables(root=str(found.tables))
    lines, units = (_of_unit(tables, name, funding_year, school_unit_code) for name in WHOLE)
    if lines.empty:
        raise NoFormsError(say("forms_no_unit", unit=school_unit_code, year=str(funding_year)))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("forms_line", "forms_count", "forms_rate", "forms_amount"):
        table.add_column(say(name), justify="left" if name == "forms_line" else "right", no_wrap=True)
    for row in lines.sort_values(["component_code", "line_code"]).to_dict("records"):
        told = number(float(row["count"]), decimals=0 if row["count"] == int(row["count"]) else 2)
        table.add_row(
            f"{row['component_code']} {row['line_code']}",
            told,
            ore_as_kronor(row["rate_ore"]),
            ore_as_kronor(row["amount_ore"]),
        )
    parts: list[RenderableType] = []
    for row in units.to_dict("records"):
        words = {"form": _form(row["school_form"]), "people": number(row["pupil_count"])}
        parts.append(
            Text(say("forms_unit_title", unit=school_unit_code, name=row["school_unit_name"], **words), style="bold")
        )
        if row["grant_sek"] is not None and not pd.isna(row["grant_sek"]):
            amounts = {name: kronor(row[f"{name}_sek"]) for name in ("total", "administration", "vat", "fee", "grant")}
            parts.append(say("forms_grant", **amounts))
    return Group(*parts, table)


def _of_unit(tables: Tables, name: str, year: int, unit: str) -> pd.DataFrame:
    if not tables.municipalities(name, year):
        return pd.DataFrame()
    rows = tables.read(name, year)
    return rows[rows["school_unit_code"] == unit]


def _board(rows: pd.DataFrame) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(say("forms_form"), min_width=12)
    for name in ("forms_people", "forms_millions", "forms_each", "forms_shared", "forms_moved", "forms_index"):
        table.add_column(say(name), justify="right", no_wrap=True)
    table.add_column(say("forms_source"), min_width=14)
    order = list(school_forms())
    for row in sorted(rows.to_dict("records"), key=lambda one: order.index(one["school_form"])):
        table.add_row(_form(row["school_form"]), *_figures(row))
    return table


def _figures(row: Mapping[str, Any]) -> tuple[str, ...]:
    if row["withheld_because"] is not None and not pd.isna(row["withheld_because"]):
        return (*[""] * 6, say(f"part_forms_{row['withheld_because']}"))
    reach = "–"
    if not pd.isna(row["need_index_lowest"]):
        reach = f"{number(row['need_index_lowest'])}–{number(row['need_index_highest'])}"
    return (
        number(int(row["pupil_count"])), number(float(row["total_sek"]) / 1e6, decimals=1),
        number(float(row["total_per_pupil_sek"])), share(row["structural_share"]), share(row["redistributed_share"]), reach,
        say(f"part_forms_{row['index_source']}"),
    )  # fmt: skip


def _ages(rows: pd.DataFrame) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=True)
    for name in ("forms_age", "forms_form", "forms_per_person", "forms_bar"):
        table.add_column(
            say(name), justify="right" if name in ("forms_age", "forms_per_person") else "left", no_wrap=True
        )
    order = list(school_forms())
    rows = rows.assign(place=[order.index(form) for form in rows["school_form"]])
    for row in rows.sort_values(["age", "place", "form_stage"]).to_dict("records"):
        sek = row["total_per_pupil_sek"]
        table.add_row(str(row["age"]), _form(row["school_form"]), kronor(sek), BAR * round(int(sek) / BAR_SEK))
    return table


def _parts() -> Table:
    """What is not computed in which school form, and why; everything else is."""
    language = settings().language
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("forms_part", "forms_not_in", "forms_why"):
        table.add_column(say(name))
    told = ""
    for one in form_parts():
        if one.reason is not None:
            forms = ", ".join(_form(form) for form in one.forms)
            table.add_row("" if one.part == told else one.name[language], forms, one.reason[language])
            told = one.part
    return table


def _form(name: str) -> str:
    return school_forms()[name].name[settings().language]
