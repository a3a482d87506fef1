"""Payment lines as the table ``fct_payment`` and back.

Belongs here: columns and types, the kind of payee. Does not: what lines say, files.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa

from expectations.contracts import PAYMENTS
from models_py.payment import COMPULSORY_SCHOOL, Payee, PaymentLine, is_claim
from orchestration.payments.inputs import FormMonths, MonthsDue
from orchestration.payments.places import COUNTS, FORM_COUNTS
from orchestration.publication.canonical import canonical
from orchestration.publication.content import arrow_sha256

CONTRACT = PAYMENTS["fct_payment"]
PayeeKind = Literal["own", "independent", "other_municipality", "home_municipality"]
DEBTOR: PayeeKind = "home_municipality"
"""Who a claim is sent to."""


def payee_kind(payee: Payee, *, municipality_code: str) -> PayeeKind:
    """Whether a payee is independent, another municipality's unit, or the municipality's own."""
    if payee.is_independent:
        return "independent"
    return "own" if payee.location_municipality_code == municipality_code else "other_municipality"


def to_table(lines: Iterable[PaymentLine], *, kinds: Mapping[tuple[str, str], PayeeKind]) -> pa.Table:
    """Canonical table of ``lines``; ``kinds`` gives the kind of payee of each school form and unit. Raises ContractError."""
    rows = [
        (
            one.municipality_code, one.funding_year, one.school_unit_code, one.component_code, one.month, one.sequence,
            one.amount_ore, one.annual_ore, one.pupil_count, one.count_date, one.basis, one.reason, one.reference or None,
            one.organiser_key, _kind(one, kinds), one.publication_id, one.run_id, one.school_form,
        )
        for one in lines
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(CONTRACT.names))
    frame = frame.astype({"reason_reference": object, "month_count_date": object})
    return canonical(frame, CONTRACT)


def _kind(line: PaymentLine, kinds: Mapping[tuple[str, str], PayeeKind]) -> PayeeKind:
    return DEBTOR if is_claim(line.component_code) else kinds.get((line.school_form, line.school_unit_code), "own")


def to_lines(table: pa.Table) -> tuple[PaymentLine, ...]:
    """The lines of a table as it was read from disk; runs from before other school forms were paid do not name one."""
    return tuple(
        PaymentLine(
            municipality_code=row["municipality_code"], funding_year=row["funding_year"],
            school_unit_code=row["school_unit_code"], component_code=row["component_code"], month=row["payment_month"],
            sequence=row["line_sequence"], amount_ore=row["amount_ore"], annual_ore=row["annual_ore"],
            pupil_count=row["month_pupil_count"], count_date=row["month_count_date"], basis=row["count_basis"],
            reason=row["reason_type"], reference=row["reason_reference"] or "", organiser_key=row["organiser_key"],
            publication_id=row["paid_publication_id"], run_id=row["run_id"],
            school_form=row.get("school_form", COMPULSORY_SCHOOL),
        )
        for row in table.to_pylist()
    )  # fmt: skip


def counts_bytes(whole: MonthsDue) -> bytes:
    """The pupils that a run was computed by, month by month, as CSV: what explains its lines."""
    rows = ["month,school_unit_code,grade,pupil_count"]
    for month, one in sorted(whole.counts.items()):
        for unit, heads in sorted(one.residents.items()):
            rows += [f"{month},{unit},{grade},{count}" for grade, count in sorted(heads.items())]
    return ("\n".join(rows) + "\n").encode("ascii")


def visitors_bytes(whole: MonthsDue) -> bytes:
    """The pupils of other municipalities that a run was computed by, month by month, as CSV: what explains its claims."""
    rows = ["month,home_municipality_code,school_unit_code,grade,pupil_count"]
    for month, one in sorted(whole.counts.items()):
        for home, units in sorted(one.visitors.items()):
            for unit, heads in sorted(units.items()):
                rows += [f"{month},{home},{unit},{grade},{count}" for grade, count in sorted(heads.items())]
    return ("\n".join(rows) + "\n").encode("ascii")


def form_counts_bytes(whole: FormMonths) -> bytes:
    """The same of the other school forms, by the group that each is priced by."""
    rows = ["school_form,month,school_unit_code,group,pupil_count"]
    for form, months in whole.items():
        for month, one in sorted(months.counts.items()) if form != COMPULSORY_SCHOOL else ():
            for unit, heads in sorted(one.residents.items()):
                rows += [f"{form},{month},{unit},{group},{count}" for group, count in sorted(heads.items())]
    return ("\n".join(rows) + "\n").encode("ascii")


def heads_of(run: Path, *, month: int, school_unit_code: str, school_form: str = COMPULSORY_SCHOOL) -> dict[str, int]:
    """Grade (or the form's group) to pupils of one unit and month, as a sealed run has them."""
    is_school = school_form == COMPULSORY_SCHOOL
    wanted = {"month": str(month), "school_unit_code": school_unit_code}
    wanted |= {} if is_school else {"school_form": school_form}
    with (run / (COUNTS if is_school else FORM_COUNTS)).open(encoding="ascii", newline="") as stream:
        return {
            row["grade" if is_school else "group"]: int(row["pupil_count"])
            for row in csv.DictReader(stream)
            if wanted.items() <= row.items()
        }


def logical_sha256(table: pa.Table) -> str:
    """Hash of what the lines say, whatever the run is called."""
    return arrow_sha256(
        table, names=[name for name in CONTRACT.names if name != "run_id" and name in table.column_names]
    )
