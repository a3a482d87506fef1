"""The published tables without what would tell a small count: merged lines, withheld indices.

Belongs here: what each published table leaves out of the units whose need money is one line. Does not: which units these
are (``models_py.allocation.need_parts``). A table of another step that tells a unit's index or parts is added here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from models_py.allocation.need_parts import INDEX_HIDDEN, NEED_PARTS, merged_lines
from models_py.forms.calendar import COMPULSORY

HIDDEN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "fct_need_index": (
        "need_share", "need_index", "need_index_lower", "need_index_upper", "need_index_standard_error",
        "need_index_interval_lower", "need_index_interval_upper",
    ),
    "school_allocation": (
        "need_index", "need_index_lower", "need_index_upper", "structural_part_sek", "structural_part_lower_sek",
        "structural_part_upper_sek", "redistribution_sek",
    ),
}  # fmt: skip
"""Table → columns that are empty for those units."""
HIDDEN_WHOLE: Mapping[str, tuple[str, ...]] = {
    "redistribution_signal": ("moved_pot_share", "moved_by_chance_share"),
    "need_selection": ("pot_moved_by_factor_share", "pot_from_full_share", "index_rmse_from_full"),
}
"""Table → sums over all units that are empty where any unit is hidden: with the others' indices known, what two hidden units
move together and how far they move in all tells each of them. The path of factors begins with none, an equal amount per
pupil, so its first step tells the same."""
HIDDEN_ROWS = (
    "need_contribution", "need_alternative", "need_alternative_unit", "allocation_change_part", "allocation_interval",
)  # fmt: skip
"""Tables that have no rows of those units."""
OF_OTHER_FORMS = ("form_need_index", "form_allocation", "form_unit")
"""Tables per unit of the other school forms, of other people and other money: nothing of the compulsory school follows from
them, and their own small counts are withheld where they are made (``models_py.forms.protection``)."""
NAMES = (
    "need_parts", "Need, in one sum", "Behov i en summa",
    "The parts that follow need and the amounts per head of a background as one sum, at school units where a small count "
    "would follow from the parts. The organiser's own decision shows every line.",
    "De delar som följer behovet och beloppen per elev med viss bakgrund som en summa, för skolenheter där ett litet antal "
    "skulle följa av delarna. Huvudmannens eget beslut visar varje rad.",
)  # fmt: skip
"""Row of ``dim_component``: code, names and descriptions in English and Swedish."""


def hidden(
    tables: Mapping[str, pd.DataFrame], *, units: Collection[str], components: Collection[str]
) -> dict[str, pd.DataFrame]:
    """``tables`` as they are published when the need money of ``units`` is one line; the same when there is no such unit.

    ``components``: codes that the line takes the place of. No amount changes: the line is their sum, and so is
    ``need_parts_sek``. The published index of every other unit stays as it is. Raises ValueError where a table of the other
    school forms holds the compulsory school: it would tell what is hidden here.
    """
    for name in OF_OTHER_FORMS:
        if tables[name]["school_form"].isin(COMPULSORY).any():
            raise ValueError(f"{name} has rows of the compulsory school, whose index may be withheld; leave them out")
    if not units:
        return dict(tables)
    chosen = tuple(sorted(units))
    made = dict(tables)
    made["fct_allocation"] = merged_lines(tables["fct_allocation"], units=chosen, components=frozenset(components))
    for name, columns in HIDDEN_COLUMNS.items():
        made[name] = _emptied(tables[name], chosen, columns)
    for name, columns in HIDDEN_WHOLE.items():
        made[name] = tables[name].assign(**dict.fromkeys(columns))
    for name in HIDDEN_ROWS:
        made[name] = tables[name][~tables[name]["school_unit_code"].isin(chosen)]
    made["school_allocation"] = _with_sums(made["school_allocation"], made["fct_allocation"])
    made["budget_reconciliation"] = _with_components(tables["budget_reconciliation"], made["fct_allocation"])
    row = dict(zip(("component_code", "name_en", "name_sv", "description_en", "description_sv"), NAMES, strict=True))
    known = tables["dim_component"]
    keys = {"municipality_code": known["municipality_code"].iloc[0], "is_background_count": False}
    made["dim_component"] = pd.concat([known, pd.DataFrame([keys | row])])[list(known.columns)].reset_index(drop=True)
    return made


def without_causes(tables: Mapping[str, pd.DataFrame], *, units: Collection[str]) -> dict[str, pd.DataFrame]:
    """``tables`` without the causes of change of ``units``: beside this year's index they would tell last year's."""
    parts = tables["allocation_change_part"]
    return dict(tables) | {"allocation_change_part": parts[~parts["school_unit_code"].isin(tuple(units))]}


def _emptied(table: pd.DataFrame, units: Collection[str], columns: tuple[str, ...]) -> pd.DataFrame:
    own = table["school_unit_code"].isin(units)
    if not own.any():
        return table
    empty = {name: table[name].astype(object).where(~own, None) for name in columns}
    told = table["index_withheld_because"].astype(object).where(~own, INDEX_HIDDEN)
    changed = table.assign(**empty, index_withheld_because=told)
    if "ends_withheld_because" in table:
        changed["ends_withheld_because"] = table["ends_withheld_because"].astype(object).where(~own, INDEX_HIDDEN)
    return changed


def _with_components(reconciliation: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """The step of components as the published lines have them; its sum is the same."""
    step = reconciliation[reconciliation["item_kind"] == "component"]
    if step.empty:
        return reconciliation
    sums = lines.groupby("component_code")["amount_ore"].sum()
    first = step.iloc[0].to_dict() | {"stated_ore": None, "difference_ore": None}
    rows = [first | {"item_code": code, "amount_ore": int(ore)} for code, ore in sums.items()]
    others = reconciliation[reconciliation["item_kind"] != "component"].to_dict("records")
    return pd.DataFrame([*others, *rows], columns=list(reconciliation.columns))


def _with_sums(wide: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    merged = lines[lines["component_code"] == NEED_PARTS].set_index("school_unit_code")["rate_ore"]
    sums = [merged[unit] / 100 if unit in merged.index else None for unit in wide["school_unit_code"]]
    return wide.assign(need_parts_sek=[None if each is None else round(each, 2) for each in sums])
