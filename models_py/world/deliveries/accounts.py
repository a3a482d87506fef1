"""Accounts of a calendar year: costs, staff and state grants (`kostnader_2025-12-31.csv`, CP1252, decimal comma, and two more).

A municipality knows what it allocated to every unit, costs and staff of its own alone; an independent organiser's state grants
are known for the organiser as a whole. Does not belong here: what was spent on what (``models_py.world.costs``, ``models_py.world.grants``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_py.world.costs import SPLIT, CostSettings, unit_costs
from models_py.world.deliveries.context import Texts, to_csv
from models_py.world.deliveries.files import Delivery
from models_py.world.deliveries.register import organiser_number
from models_py.world.grants import GrantSettings, unit_grants
from models_py.world.simulate import World

_ITEMS = {
    "teaching": ("Undervisning", "5010"), "learning_tools": ("Lärverktyg", "6410"), "pupil_health": ("Elevhälsa", "5030"),
    "meals": ("Måltider", "6220"), "premises": ("Lokaler", "6010"), "administration": ("Administration", "6510"),
}  # fmt: skip
"""Words and accounts of the ledger. Own units bear no value-added tax, so that cost type is not among them."""
_GRANTS = {"knowledge_grant": "Kunskapsbidraget"}
_PURPOSES = {"equity": "Likvärdighet"}
_BOUGHT = {"teacher_posts": "Lärartjänster", "other_posts": "Annan personal"}


def deliver_accounts(
    world: World, *, costs: CostSettings | None = None, grants: GrantSettings | None = None
) -> tuple[Delivery, ...]:
    """Three files per municipality and calendar year whose books were closed before the last count date, oldest first.

    The same world gives the same bytes.
    """
    spent, granted = unit_costs(world, costs).table, unit_grants(world, grants)
    independent = world.school_units.loc[world.school_units["is_independent"], "school_unit_code"]
    files = []
    for code in world.settings.municipality_codes:
        for year in sorted(set(spent["funding_year"])):
            if year >= world.settings.count_years[-1]:
                continue
            closed = f"{year}-12-31"
            paid = spent[(spent["municipality_code"] == code) & (spent["funding_year"] == year)]
            own = paid[~paid["school_unit_code"].isin(independent)]
            of_state = granted[(granted["municipality_code"] == code) & (granted["funding_year"] == year)]
            for source, name, content in (
                ("unit_costs", "kostnader", _costs(own, paid=paid)),
                ("unit_staff", "personal", _staff(own)),
                ("state_grants", "statsbidrag", _grants(of_state, municipality_code=code)),
            ):
                files.append(Delivery(source, f"{name}_{closed}.csv", closed, content, code))
    return tuple(files)


def _costs(own: pd.DataFrame, *, paid: pd.DataFrame) -> bytes:
    """A line per unit for what it was allocated, and one per cost type of the municipality's own."""
    items = [("Tilldelat", "3910", paid, "allocated_sek"), *((*_ITEMS[name], own, f"{name}_sek") for name in SPLIT)]
    parts = [
        pd.DataFrame({"unit": rows["school_unit_code"], "account": account, "word": word, "sek": rows[name]})
        for word, account, rows, name in items
    ]
    lines = pd.concat(parts, ignore_index=True).sort_values(["unit", "account"], ignore_index=True)
    columns = {"Skolenhetskod": "unit", "Konto": "account", "Kostnadsslag": "word", "Belopp": "sek"}
    return to_csv({header: _text(lines[name]) for header, name in columns.items()}, encoding="cp1252")


def _staff(rows: pd.DataFrame) -> bytes:
    return to_csv(
        {
            "Skolenhetskod": _text(rows["school_unit_code"]),
            "Lärare heltidstjänster": _decimal(rows["teacher_count"]),
            "Varav legitimerade": _decimal(rows["certified_teacher_count"]),
        },
        encoding="cp1252",
    )


def _grants(rows: pd.DataFrame, *, municipality_code: str) -> bytes:
    """A line per own unit and purchase; independent organisers' units as one organiser each."""
    number = [
        organiser_number(municipality_code=municipality_code, site=site if independent else None)
        for site, independent in zip(rows["site"], rows["is_independent"], strict=True)
    ]
    told = rows.assign(number=number, unit=rows["school_unit_code"].mask(rows["is_independent"].to_numpy(bool), ""))
    keys = ["number", "unit", "grant_code", "purpose", "bought"]
    sums = told.groupby(keys, as_index=False)[["granted_sek", "used_sek"]].sum()
    return to_csv(
        {
            "Organisationsnummer": _text(sums["number"]),
            "Skolenhetskod": _text(sums["unit"]),
            "Statsbidrag": _text(sums["grant_code"].map(_GRANTS)),
            "Ändamål": _text(sums["purpose"].map(_PURPOSES)),
            "Använt till": _text(sums["bought"].map(_BOUGHT)),
            "Beviljat": _text(sums["granted_sek"]),
            "Använt": _text(sums["used_sek"]),
        },
        encoding="cp1252",
    )


def _text(values: pd.Series) -> Texts:
    return values.astype(str).to_numpy(dtype=np.str_)


def _decimal(values: pd.Series) -> Texts:
    return np.char.replace(_text(values), ".", ",")
