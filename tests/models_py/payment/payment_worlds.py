"""A municipality's year of pupils, month by month, and the runs that pay it: what came when, and what was known then.

Belongs here: pupils who move, files that come late, schools that close and merge. Does not: any amount.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd

from models_py.payment import (
    Before,
    BudgetChange,
    CountUsed,
    DayRule,
    DecidedLine,
    FormCalendar,
    MonthDue,
    Overheads,
    Payee,
    PaymentLine,
    SchoolEvent,
    Supplement,
    YearTerms,
    month_count,
    month_days,
    month_due,
    settle,
    year_terms,
)
from models_py.payment.counts import COLUMNS
from models_py.payment.terms import GRADES, MICRO, Mode

CODE, YEAR = "9999", 2027
CALENDAR = FormCalendar(
    "compulsory_school", DayRule("day", 15), DayRule("day", 18, shift="after"), DayRule("day", 27, shift="before")
)
UNITS = tuple(f"9999{number:04d}" for number in range(1, 21))
INDEPENDENT, ELSEWHERE = UNITS[:4], UNITS[4:6]
CLOSING, SUCCEEDED, SUCCESSOR, MERGING, MERGED = UNITS[6], UNITS[7], "99990099", UNITS[8], UNITS[9]
OVERHEADS = Overheads(Fraction(3, 100), Fraction(6, 100) * Fraction(103, 100), Fraction(6, 100))
EVENTS = (
    SchoolEvent("closure-1", "closure", 4, (CLOSING,)),
    SchoolEvent("closure-2", "succession", 8, (SUCCEEDED,), (SUCCESSOR,)),
    SchoolEvent("merge-1", "merge", 8, (MERGING, MERGED), (MERGED,)),
)
INCREASE = BudgetChange("spring", date(YEAR, 5, 20), 6, 3_456_789_00, 3_000)


def payees() -> dict[str, Payee]:
    """Organisers: independent ones, units in another municipality, the municipality's own."""
    return {
        unit: Payee(
            f"org-{unit}" if unit in INDEPENDENT else "own", unit in INDEPENDENT, "1234" if unit in ELSEWHERE else CODE
        )
        for unit in UNITS
    }


def terms(*, publication_id: str = "2027.1.0", mode: Mode = "follow_pupil", dearer: int = 0) -> YearTerms:
    """Decided lines: a rate per grade, need per unit, a sum per unit; ``dearer`` raises the need part, öre per pupil."""
    lines, pupils = [], {}
    for place, unit in enumerate(UNITS):
        total = 0
        for number, grade in enumerate(GRADES):
            count = 14 + (place * 7 + number * 3) % 9
            rate = 7_287_384_861082 + number * 311_415_926535
            lines.append(
                DecidedLine(unit, "base_part", f"grade_{grade}", "pupils", rate, round(Fraction(rate * count, MICRO)))
            )
            total += count
        pupils[unit] = total
        need = (900_000 + 37_311 * place + dearer) * total
        lines.append(DecidedLine(unit, "structural_part", "need", "need_weighted_pupils", 1, need // 100 * 100))
        lines.append(DecidedLine(unit, "head_teacher", "lump_sum", "units", 90_000_000 * MICRO, 90_000_000))
    return year_terms(
        lines, publication_id=publication_id, mode=mode, payees=payees(), decided_pupils=pupils, overheads=OVERHEADS
    )


def register(*, seed: int, pupils: int = 3_600, movers: float = 0.05) -> dict[date, pd.DataFrame]:
    """Counts by count date over a year: movers, summer's change of grade, visitors; schools end as ``EVENTS`` say."""
    rng = np.random.default_rng(seed)
    unit, grade = rng.integers(0, len(UNITS), pupils), rng.integers(0, 10, pupils)
    home = np.where(rng.random(pupils) < 0.02, "1234", CODE)
    moves, to = rng.integers(1, 13, pupils), rng.integers(0, len(UNITS), pupils)
    is_mover = rng.random(pupils) < movers
    begun_late = rng.random(pupils) < 0.01
    counts = {}
    for month in range(1, 13):
        at = np.where(is_mover & (moves <= month), to, unit)
        code = np.array(UNITS, dtype=object)[at]
        if month >= 4:
            code = np.where(code == CLOSING, UNITS[11], code)
        if month >= 8:
            code = np.where(code == SUCCEEDED, SUCCESSOR, np.where(code == MERGING, MERGED, code))
        shown = (grade + (month >= 7)) % 10
        day = month_days(CALENDAR, year=YEAR, month=month, holidays=()).provisional_date or date(YEAR, month, 15)
        rows = pd.DataFrame({"school_unit_code": code, "grade": [GRADES[g] for g in shown], "home_municipality_code": home,
                             "late": begun_late & (month == 9)})  # fmt: skip
        keys = ["school_unit_code", "grade", "home_municipality_code"]
        table = rows.groupby(keys).agg(pupil_count=("late", "size"), late=("late", "sum")).reset_index()
        table["august_pupil_count"] = table["pupil_count"] - table["late"]
        counts[day] = table.assign(municipality_code=CODE, count_date=day)[list(COLUMNS)]
    return counts


@dataclass
class Payer:
    """Pays month after month; what is released is never touched again."""

    counts: dict[date, pd.DataFrame]
    terms: YearTerms = field(default_factory=terms)
    events: Sequence[SchoolEvent] = ()
    changes: Sequence[BudgetChange] = ()
    supplements: Sequence[Supplement] = ()
    paid: tuple[PaymentLine, ...] = ()
    before: Before = field(default_factory=Before)
    before_terms: YearTerms | None = None
    runs: int = 0

    def due(self, month: int, terms: YearTerms | None = None) -> tuple[dict[int, MonthDue], dict[int, CountUsed]]:
        table, due, used = pd.concat(self.counts.values(), ignore_index=True), {}, {}
        for number in range(1, min(month, 12) + 1):
            days = month_days(CALENDAR, year=YEAR, month=number, holidays=())
            count = month_count(table, municipality_code=CODE, days=days)
            due[number] = month_due(
                count.residents, year=terms or self.terms, month=number, events=self.events, changes=self.changes,
                supplements=self.supplements,
            )  # fmt: skip
            used[number] = CountUsed(count.count_date, count.basis)
        return due, used

    def run(self, month: int) -> tuple[PaymentLine, ...]:
        """The lines of a run; nothing is paid by it."""
        due, used = self.due(month)
        old = None
        if self.before_terms is not None and self.before_terms.publication_id != self.terms.publication_id:
            old = self.due(month, self.before_terms)[0]
        return settle(
            self.paid, due=due, counts=used, events=self.events, municipality_code=CODE, funding_year=YEAR, month=month,
            before=Before(self.before.basis, self.before.event_ids, due=old), publication_id=self.terms.publication_id,
            run_id=f"{YEAR}-{month:02d}.1",
        )  # fmt: skip

    def release(self, month: int) -> tuple[PaymentLine, ...]:
        """Run and pay."""
        lines = self.run(month)
        basis: Mapping = {number: used.basis for number, used in self.due(month)[1].items()}
        self.paid = (*self.paid, *lines)
        self.before = Before(basis, frozenset(event.event_id for event in self.events))
        self.before_terms, self.runs = self.terms, self.runs + 1
        return lines
