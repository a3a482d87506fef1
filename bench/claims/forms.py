"""Claims of the school forms: all of them in one yearly run, exact money, the planted need found, July 2028 passed.

Belongs here: reading what the demonstration published and the invented world's truth. Does not: any figure of the product.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from bench.claim import Claim, Measured
from bench.claims import forms_months
from bench.homes import demo_home
from models_py.forms.overview import FormResult
from models_py.world import DEMO, WorldSettings, deliver, simulate
from models_py.world.deliveries.context import build_context
from models_py.world.forms import simulate_forms
from orchestration.form_results import BACKGROUND, COUNTS, UNITS, FormMarts, form_result, weights_of
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import REPOSITORY
from tests.orchestration.forms import test_over_july_2028 as over_july

YEAR, THRESHOLD = 2027, 10
SWAP = {"municipal": "independent", "independent": "municipal"}
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


def invariants_hold_per_form() -> Measured:
    """Every form of the demonstration computed anew: rows shuffled, organisers swapped, a larger pot; identities of the grant."""
    home = demo_home()
    warehouse = Warehouse(path=str(home.path / "pseudonymised" / "warehouse.duckdb"))
    marts = FormMarts(*(warehouse.mart(name) for name in (COUNTS, BACKGROUND, UNITS)))
    shuffled = FormMarts(
        *(getattr(marts, name).sample(frac=1, random_state=7) for name in ("counts", "background", "units"))
    )
    swapped = replace(marts, units=marts.units.assign(organiser_type=marts.units["organiser_type"].map(SWAP)))
    scope = Scope(policies=str(REPOSITORY / "policies"))
    tables = Tables(root=str(home.path / "aggregate" / "tables"))
    fit = weights_of(tables.read_record("need_fit", YEAR)["9999"])
    told: list[str] = []
    forms = {name: policy for name, file in scope.forms("9999").items() if (policy := file.at(YEAR)) is not None}
    for name, policy in forms.items():
        first, again, others = (
            form_result(policy, each, funding_year=YEAR, fit=fit, threshold=THRESHOLD)
            for each in (marts, shuffled, swapped)
        )
        if first is None or again is None or others is None:
            told.append(f"{name}: nobody is counted")
            continue
        lines, grants = first.money.lines, first.money.grants
        if not lines.equals(again.money.lines) or not grants.equals(again.money.grants):
            told.append(f"{name}: the order of rows moves money")
        if not lines.equals(others.money.lines):
            told.append(f"{name}: who runs a unit moves its amount")
        identity = grants["amount_ore"] + grants["administration_ore"] + grants["vat_ore"] - grants["fee_ore"]
        if not (identity == grants["grant_ore"]).all():
            told.append(f"{name}: amount + administration + VAT - fees is not the grant")
        if int(lines["amount_ore"].sum()) != first.money.allocation.budget_ore:
            told.append(f"{name}: lines are not the budget")
        told += _not_monotone(name, first)
    return Measured(
        f"{len(forms)} forms, {len(told)} breaches", not told and len(forms) == FORMS - 1, "; ".join(told[:3])
    )


def _not_monotone(name: str, result: FormResult) -> list[str]:
    """More need, never less per person of what follows need, but for the rounding of a unit's sum."""
    if result.index is None:
        return []
    index = result.index.set_index("school_unit_code")
    lines = result.money.lines
    need = lines[lines["line_code"] == "need"].groupby("school_unit_code")["amount_ore"].sum()
    people = result.groups.groupby("school_unit_code")["pupil_count"].sum()
    table = pd.DataFrame({"index": index["need_index"], "each": need / people, "room": 100 / people}).dropna()
    ordered = table.sort_values("index")
    falls = ordered["each"].diff() < -(ordered["room"] + ordered["room"].shift())
    return [f"{name}: more need gives less at {int(falls.sum())} units"] if falls.any() else []


def everything_follows_past_july_2028() -> Measured:
    """Forecast, cohort, weights, stages, monthly rates and the door, each with a year-F pupil of 2027/28."""
    checks = [check for name, check in sorted(vars(over_july).items()) if name.startswith("test_")]
    failed = []
    for check in checks:
        try:
            check()
        except AssertionError as error:
            failed.append(f"{check.__name__}: {str(error)[:80]}")
    return Measured(f"{len(checks)} checks, {len(failed)} fail", not failed and len(checks) >= 8, "; ".join(failed[:3]))


CLAIMS = (
    Claim("forms-carried", "The demonstration's yearly run carries every school form, from one year of age to adults.", "eight rows (preschool class and compulsory school are one), nothing uncounted, every usual age from 1 to 18 and adults", all_forms_in_one_run),
    Claim("forms-add-up", "In every form count × rate + rounding is the amount, rates are the same for all units, and the units are the form's sum to the öre.", "no line off, no form off", every_form_adds_up),
    Claim("forms-need", "Each form's index finds the need that was planted in the same households.", "rank correlation with the truth above 0.9 and nearer than no index, in all four forms with an index", need_is_found_again),
    Claim("forms-2028", "Past July 2028 a pupil of the preschool class is in year 2, grade 8 in year 10, and grade 9 has left.", "everybody who stays, two numbers on", july_2028_is_passed),
    Claim("forms-2028-follow", "Past July 2028 forecasts, cohorts, weights, stages, monthly rates and the door follow a year-F pupil of 2027/28 to year 2.", "no check fails", everything_follows_past_july_2028),
    Claim("forms-invariants", "In every form the order of rows and who runs a unit move no öre, more need never gives less, lines are the budget and the grant is its parts.", "no breach in seven forms", invariants_hold_per_form),
    *forms_months.CLAIMS,
)  # fmt: skip
