"""Claims of the school forms by the month: one run for all, to the öre, and bad registers that lose nothing.

Belongs here: running the command over a demonstration and reading what it sealed. Does not: any figure of the product.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pandas as pd

from bench.claim import Claim, Measured
from bench.homes import Home, demo_home, remove
from models_py.payment import PaymentLine, reconcile, refuse_broken
from orchestration.paying import form_registers, year_inputs
from orchestration.payments import book, record
from orchestration.payments.inputs import all_months_due
from orchestration.payments.kept_forms import FOLDER, UNITS
from orchestration.payments.places import Place
from orchestration.publication import ledger
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import Settings

YEAR, CODE, FORMS = 2027, "9999", 8
TAKEN_IN = (3, 10)
"""Months in which the forms' own registers come; the others are run by what has been delivered."""


def months_carry_every_form() -> Measured:
    """A decided year, twelve months and the closing run, all by the command."""
    home = demo_home()
    _decide(home)
    for month in range(1, 14):
        _pay(home, f"{YEAR}-{month:02d}", as_delivered=month not in TAKEN_IN)
    place = Place(home.path / "payments", CODE, YEAR)
    told = [record.load(place.run(f"{YEAR}-{month:02d}.1"))["beside"]["forms_ore"] for month in range(1, 13)]
    lacking = sum(sum(ore != 0 for ore in one.values()) != FORMS for one in told)
    lines = book.paid_lines(place, ledger.read(place.ledger))
    refuse_broken(lines)
    off, units = _against_entitlement(home, lines)
    same, differs = _against_decision(place, lines)
    figure = (
        f"{len(told)} months, {lacking} without a form; {len(lines)} lines, {units} units and forms, {off} off what their counts "
        f"give; {same} months of a unit by its decided count, {differs} off a twelfth of its grant"
    )
    return Measured(figure, not lacking and not off and not differs and same >= 300)


def bad_registers_lose_nothing() -> Measured:
    """Three spoiled registers, one after the other, on a copy of a published demonstration."""
    told: list[str] = []
    wrong: list[str] = []
    with _copy_of_demo() as home:
        before = home.snapshot()
        path = home.path / "restricted" / "inbox" / CODE / f"placeringar_{YEAR - 1}-10-15.csv"
        good = path.read_text(encoding="utf-8")
        for name, (text, asked, is_refused) in _spoiled(good).items():
            path.unlink()
            path.write_text(text, encoding="utf-8")
            done = home.likvard("run", str(YEAR))
            words = " ".join((done.stdout + done.stderr).split())
            published = home.snapshot()
            stood = {key: value for key, value in before.items() if is_refused or "/versions/" in key}
            kept = all(published.get(key) == value for key, value in stood.items())
            rows = Warehouse(path=str(home.path / "pseudonymised" / "warehouse.duckdb")).query(
                "select coalesce(sum(accepted_rows - used_rows - superseded_rows - duplicate_rows - excluded_rows), 0) as lost "
                "from marts.fct_row_accounting"
            )
            lost = int(rows["lost"].iloc[0])
            right = (done.returncode != 0) == is_refused and all(word in words + _rules(home) for word in asked)
            right &= kept and not lost
            told.append(f"{name}: {'refused' if done.returncode else 'published'}, {lost} rows lost")
            wrong += [] if right else [f"{name}: exit {done.returncode}, kept {kept}, {_rules(home)}, {words[-300:]}"]
    return Measured("; ".join(told), not wrong, "; ".join(wrong))


def _spoiled(good: str) -> dict[str, tuple[str, tuple[str, ...], bool]]:
    """Name to the register, what must be said of it, and whether it stops the municipality."""
    rows = good.splitlines(keepends=True)
    adapted = next(n for n, row in enumerate(rows) if ";GRS;" in row)
    upper = next(n for n, row in enumerate(rows) if ";GY;" in row and ";EK;" in row)
    grade, programme = list(rows), list(rows)
    cells = grade[adapted].split(";")
    grade[adapted] = ";".join([*cells[:3], "10", *cells[4:]])
    programme[upper] = programme[upper].replace(";EK;", ";QQ;")
    person, other = rows[adapted].split(";")[0], rows[upper].split(";")
    twice = [*rows, ";".join([person, *other[1:9], f"{YEAR - 1}-09-01", *other[10:]])]
    return {
        "a grade that the form has not on the day": ("".join(grade), ("T-FORM-001",), True),
        "a programme without a price": ("".join(programme), ("upper_secondary", "qq", "99991507"), True),
        "a child in two forms at once": ("".join(twice), ("T-FORM-002",), False),
    }


def _rules(home: Home) -> str:
    """Rules that failed in the newest run."""
    path = home.path / "aggregate" / "tables" / "rule_result" / f"municipality={CODE}" / f"funding_year={YEAR}.parquet"
    rows = pd.read_parquet(path)
    return " ".join(rows.loc[rows["failing_count"] > 0, "rule_id"])


def _decide(home: Home) -> None:
    (folder,) = home.proposals(YEAR)
    for role in ("board", "controller"):
        _done(home, "approve", folder.name, "--as", role)
    _done(
        home, "publish", folder.name, "--reason", "The year's first", "--decision", "KS 2027/1 § 1", "--as", "official"
    )


def _pay(home: Home, month: str, *, as_delivered: bool) -> None:
    _done(home, "month", "run", month, "--as", "official", *(["--as-delivered"] if as_delivered else []))
    for role in ("board", "controller"):
        _done(home, "month", "approve", f"{month}.1", "--as", role)
    _done(home, "month", "release", f"{month}.1", "--as", "official")


def _done(home: Home, *words: str) -> None:
    done = home.likvard(*words)
    if done.returncode:
        raise RuntimeError(f"likvard {' '.join(words)}: {(done.stdout + done.stderr)[-1000:]}")


def _against_entitlement(home: Home, lines: tuple[PaymentLine, ...]) -> tuple[int, int]:
    """Units and forms whose paid sum is not what the year's counts give, and all of them."""
    found = Settings(home=home.path)
    warehouse = Warehouse(path=str(found.warehouse))
    inputs = year_inputs(
        found, warehouse.mart("fct_monthly_enrollment"), municipality_code=CODE, funding_year=YEAR,
        registers=form_registers(warehouse),
    )  # fmt: skip
    sums = [
        one
        for form, whole in all_months_due(inputs, month=13).items()
        for one in reconcile((line for line in lines if line.school_form == form), due=whole.due)
    ]
    return sum(one.difference_ore != 0 for one in sums), len(sums)


def _against_decision(place: Place, lines: tuple[PaymentLine, ...]) -> tuple[int, int]:
    """Months that a unit of another form was paid by its decided count, and those that are not the twelfth of its decided grant."""
    (kept,) = (place.folder / FOLDER).iterdir()
    units = pd.read_parquet(kept / UNITS)
    grants = {
        (row["school_form"], row["school_unit_code"]): row["total_sek"]
        if pd.isna(row["grant_sek"])
        else row["grant_sek"]
        for row in units.to_dict("records")
    }
    months: dict[tuple[str, str, int], list[PaymentLine]] = {}
    for line in lines:
        months.setdefault((line.school_form, line.school_unit_code, line.month), []).append(line)
    same = differs = 0
    for (form, unit, month), own in months.items():
        if (form, unit) not in grants or any(not line.is_original or line.count_date.year == YEAR for line in own):
            continue
        same += 1
        whole = sum(line.annual_ore for line in own) == int(Decimal(str(grants[form, unit])) * 100)
        differs += not whole or any(line.amount_ore != _part(line.annual_ore, month) for line in own)
    return same, differs


def _part(annual: int, month: int) -> int:
    """Öre of a month: what is left of the year's whole öre up to it, for what is taken back below 0."""
    size = abs(annual)
    return (size * month // 12 - size * (month - 1) // 12) * (1 if annual > 0 else -1)


@contextmanager
def _copy_of_demo() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="likvard-forms-"))
    try:
        shutil.copytree(demo_home().path, folder / "home", symlinks=True)
        yield Home(folder / "home")
    finally:
        remove(folder)


CLAIMS = (
    Claim("forms-bad-input", "A grade that a form has not on the day, a programme without a price and a child in two forms at once are each told, and lose nothing.", "the first two stop the municipality, the third warns; no row lost, what was published stands", bad_registers_lose_nothing),
    Claim("forms-months", "Every month of the demonstration's decided year is one run that pays every school form by its own count days, approved by two.", "no month without a form, nothing off what the counts give, a twelfth of the decided grant to the öre where the decided count stood", months_carry_every_form),
)  # fmt: skip
"""In this order: the second decides the year of the home that the first copies."""
