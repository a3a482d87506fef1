"""The files that a finance system takes in: CSV, columns of fixed width, SIE 4; the same lines give the same bytes.

Belongs here: a run's table and a mapping to bytes. Does not: the mapping's shape (``resources.payment_export``), disk.
No file holds a clock's time: SIE's day of making is the day of payment.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from models_py.errors import PaymentError
from models_py.payment.lines import COMPULSORY_SCHOOL, line_id
from orchestration.resources.payment_export import ExportFile, PaymentExport

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_files(
    table: pa.Table, *, mapping: PaymentExport, pay_dates: Mapping[str, date], municipality_name: str
) -> dict[str, bytes]:
    """File name to bytes of one run's lines; ``pay_dates`` by school form, the voucher's day is that of the compulsory school.

    Raises PaymentError where a value does not fit its column or encoding."""
    rows = [_values(row, mapping, pay_dates[row["school_form"]]) for row in table.to_pylist()]
    make = {"csv": _csv, "fixed": _fixed}
    made = {}
    for file in mapping.files:
        if file.kind == "sie":
            text = _sie(rows, file, pay_date=pay_dates[COMPULSORY_SCHOOL], municipality_name=municipality_name)
        else:
            text = make[file.kind](rows, file)
        try:
            made[file.name] = text.encode(file.encoding)
        except UnicodeEncodeError as error:
            raise PaymentError(
                f"{file.name}: a character does not exist in {file.encoding}; change a name or the file's encoding"
            ) from error
    return made


def _values(row: Mapping[str, Any], mapping: PaymentExport, pay_date: date) -> dict[str, str]:
    key = (row["school_unit_code"], row["component_code"], row["payment_month"])
    code, year, sequence = row["municipality_code"], row["funding_year"], row["line_sequence"]
    return {
        "account": mapping.account(row["component_code"], row["payee_kind"]),
        "counter_account": mapping.counter(row["payee_kind"]),
        "amount_ore": str(row["amount_ore"]),
        "amount_sek": _sek(row["amount_ore"]),
        "line_id": line_id(code, year, key, sequence),
        "corrected_line_id": line_id(code, year, key, 0) if sequence else "",
        "month": f"{year}-{row['payment_month']:02d}",
        "pay_date": pay_date.isoformat(),
        "reference": row["reason_reference"] or "",
        "publication_id": row["paid_publication_id"],
        "pupil_count": str(row["month_pupil_count"]),
        "municipality_code": code,
        "funding_year": str(year),
        **{
            name: row[name]
            for name in (
                "school_form",
                "school_unit_code",
                "component_code",
                "organiser_key",
                "payee_kind",
                "run_id",
                "reason_type",
            )
        },
    }


def _csv(rows: Iterable[Mapping[str, str]], file: ExportFile) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.name for column in file.columns])
    for row in rows:
        writer.writerow([_harmless(cell) for cell in _cells(row, file)])
    return stream.getvalue()


def _fixed(rows: Iterable[Mapping[str, str]], file: ExportFile) -> str:
    lines = []
    for row in rows:
        cells = []
        for cell, column in zip(_cells(row, file), file.columns, strict=True):
            width = column.width or 0
            if len(cell) > width:
                raise PaymentError(
                    f"{file.name}: column {column.name} has {width} places, a value needs {len(cell)}; widen it"
                )
            cells.append(cell.rjust(width, column.fill) if column.align == "right" else cell.ljust(width, column.fill))
        lines.append("".join(cells) + "\r\n")
    return "".join(lines)


def _cells(row: Mapping[str, str], file: ExportFile) -> list[str]:
    return [row[column.source] if column.source else str(column.text) for column in file.columns]


def _sie(rows: list[dict[str, str]], file: ExportFile, *, pay_date: date, municipality_name: str) -> str:
    """One voucher per run: a transaction per line, and the sum against each counter account; it adds up to 0."""
    day = pay_date.strftime("%Y%m%d")
    lines = ["#FLAGGA 0", '#PROGRAM "likvard" 1', "#FORMAT PC8", f"#GEN {day}", "#SIETYP 4"]
    if file.organisation_number:
        lines.append(f"#ORGNR {file.organisation_number}")
    lines.append(f"#FNAMN {_quoted(municipality_name)}")
    lines += [f"#DIM {one.number} {_quoted(one.name)}" for one in file.dimensions]
    for one in file.dimensions:
        lines += [
            f"#OBJEKT {one.number} {_quoted(name)} {_quoted(name)}"
            for name in sorted({row[one.source] for row in rows})
        ]
    if rows:
        lines += [f"#VER {file.voucher_series} {_quoted(rows[0]['run_id'])} {day} {_quoted(rows[0]['run_id'])}", "{"]
        for row in rows:
            objects = " ".join(f"{one.number} {_quoted(row[one.source])}" for one in file.dimensions)
            lines.append(f"#TRANS {row['account']} {{{objects}}} {row['amount_sek']} {day} {_quoted(row['line_id'])}")
        totals: dict[str, int] = {}
        for row in rows:
            totals[row["counter_account"]] = totals.get(row["counter_account"], 0) + int(row["amount_ore"])
        lines += [f"#TRANS {account} {{}} {_sek(-total)} {day}" for account, total in sorted(totals.items())]
        lines.append("}")
    return "\r\n".join(lines) + "\r\n"


def _sek(ore: int) -> str:
    return f"{Decimal(ore).scaleb(-2):.2f}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _harmless(cell: str) -> str:
    """A spreadsheet runs text that begins so as a formula; a number does not harm."""
    is_number = cell.removeprefix("-").replace(".", "", 1).isdigit()
    return f"'{cell}" if cell.startswith(_FORMULA) and not is_number else cell
