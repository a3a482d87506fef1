"""Claims of the school forms: all of them in one yearly run, exact money, the planted need found, July 2028 passed.

Belongs here: reading what the demonstration published and the invented world's truth. Does not: any figure of the product.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from bench.claim import Claim, Measured
from bench.homes import demo_home
from models_py.world import DEMO, WorldSettings, deliver, simulate
from models_py.world.deliveries.context import build_context
from models_py.world.forms import simulate_forms

YEAR = 2027
FORMS = 8
"""Preschool class and compulsory school are one row."""


@cache
def _overview() -> pd.DataFrame:
    return demo_home().query(YEAR, "select * from form_overview")


def all_forms_in_one_run() -> Measured:
    whole = _overview()
    told, withheld = whole[whole["withheld_because"].isna()], whole[whole["withheld_because"].notna()]
    ages = demo_home().query(YEAR, "select distinct age from form_age")["age"]
    figure = (
        f"{len(whole)} forms, {int(told['pupil_count'].sum())} people, {float(told['total_sek'].sum()) / 1e6:.1f} Mkr; "
        f"withheld: {', '.join(withheld['school_form']) or 'none'}; ages {ages.min()}–{ages.max()}"
    )
    whole_life = {*range(1, 19), 20} <= set(ages)
    return Measured(figure, len(whole) == FORMS and set(withheld["withheld_because"]) <= {"small_count"} and whole_life)


def every_form_adds_up() -> Measured:
    (folder,) = demo_home().proposals(YEAR)
    rows = pd.read_parquet(folder / "tables" / "form_allocation.parquet")
    exact = rows[["count", "rate_ore", "rounding_ore", "amount_ore"]].to_numpy()
    off = sum(count * rate + rounding != ore for count, rate, rounding, ore in exact)
    rates = rows.groupby(["school_form", "component_code", "line_code"])["rate_ore"].nunique()
    lines = rows.groupby("school_form").agg(units=("school_unit_code", "nunique"), ore=("amount_ore", "sum"))
    whole = _overview().set_index("school_form")
    told = [form for form in lines.index if lines.at[form, "units"] == whole.at[form, "school_unit_count"]]
    differs = [form for form in told if int(lines.at[form, "ore"]) != round(whole.at[form, "total_sek"] * 100)]
    twice = int((rates > 1).sum())
    figure = (
        f"{len(rows)} lines of {len(lines)} forms, {off} off; {len(told)} forms told whole, {len(differs)} differ from their "
        f"sum; {twice} lines with two rates"
    )
    return Measured(figure, off == 0 and not differs and not twice and len(told) >= 4)


def need_is_found_again() -> Measured:
    world = simulate(DEMO)
    truth = simulate_forms(world, build_context(world).identity).truth
    days = truth.groupby("school_form")["count_date"].transform("max")
    latest = truth[truth["count_date"] == days]
    index = demo_home().query(YEAR, "select * from form_need_index where index_rule = 'own'")
    both = index.merge(latest, on=["school_form", "school_unit_code"], suffixes=("", "_true"))
    told, holds = [], True
    for form, rows in both.groupby("school_form"):
        error, flat = (
            float(np.sqrt(np.average((value - rows["need_index_true"]) ** 2, weights=rows["pupil_count"])))
            for value in (rows["need_index"], 100.0)
        )
        rank = rows["need_index"].corr(rows["need_index_true"], method="spearman")
        told.append(f"{form} {error:.1f} against {flat:.1f} flat, rank {rank:.2f} ({len(rows)} units)")
        holds &= bool(rank > 0.9 and error < flat)
    return Measured("; ".join(told), bool(holds and len(told) == 4))


def july_2028_is_passed() -> Measured:
    settings = WorldSettings(
        seed=2028, municipality_codes=("9999",), units_per_municipality=(6, 6), first_count_year=2025, years=4
    )
    grades = {}
    for file in deliver(simulate(settings)):
        if file.source == "enrollment" and file.period >= "2027":
            rows = [line.split(";") for line in file.content.decode("cp1252").splitlines()[1:]]
            grades[file.period] = {row[0].replace("-", ""): row[3] for row in rows}
    before, after = grades["2027-10-15"], grades["2028-10-15"]
    moved = {
        grade: sorted({after[key] for key in before if before[key] == grade and key in after})
        for grade in {*before.values()}
    }
    begun = sorted({after[key] for key in after.keys() - before.keys() if after[key] == "1"})
    right = moved["F"] == ["2"] and moved["8"] == ["10"] and moved["9"] == [] and begun == ["1"]
    shift = all(moved[str(g)] == [str(g + 2)] for g in range(1, 9))
    return Measured(
        f"F → {', '.join(moved['F'])}; 8 → {', '.join(moved['8'])}; 9 → {', '.join(moved['9']) or 'leaves'}",
        right and shift,
    )


CLAIMS = (
    Claim("forms-carried", "The demonstration's yearly run carries every school form, from one year of age to adults.", "eight rows (preschool class and compulsory school are one), nothing uncounted, every usual age from 1 to 18 and adults", all_forms_in_one_run),
    Claim("forms-add-up", "In every form count × rate + rounding is the amount, rates are the same for all units, and the units are the form's sum to the öre.", "no line off, no form off", every_form_adds_up),
    Claim("forms-need", "Each form's index finds the need that was planted in the same households.", "rank correlation with the truth above 0.9 and nearer than no index, in all four forms with an index", need_is_found_again),
    Claim("forms-2028", "Past July 2028 a pupil of the preschool class is in year 2, grade 8 in year 10, and grade 9 has left.", "everybody who stays, two numbers on", july_2028_is_passed),
)  # fmt: skip
