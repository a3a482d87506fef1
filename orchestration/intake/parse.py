"""One delivery from bytes to an outcome: accepted rows, rejected rows, counts, findings. No file is touched here."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from orchestration.intake.errors import ConservationError, DoorError, RefusalError
from orchestration.intake.findings import Finding, judge, refusal
from orchestration.intake.mapping import SourceMapping
from orchestration.intake.reader import read_table
from orchestration.intake.schemas import ACCEPTED
from orchestration.intake.store import Delivery
from orchestration.intake.tables import RawTable, Rejected
from orchestration.intake.typed import TypedTable, type_rows

UNKNOWN_PERIOD = "unknown"
SHOWN_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Physical lines of a file: physical = header + blank + accepted + rejected, checked on making."""

    physical_rows: int = 0
    header_rows: int = 0
    blank_rows: int = 0
    accepted_rows: int = 0
    rejected_rows: int = 0

    def __post_init__(self) -> None:
        if self.physical_rows != self.header_rows + self.blank_rows + self.accepted_rows + self.rejected_rows:
            raise ConservationError("physical rows are not header + blank + accepted + rejected")


@dataclass(frozen=True, slots=True)
class Parsed:
    """An outcome. A refused delivery has an empty table and no quarantined rows; `refusal_code` says why."""

    table: pa.Table
    rejected: tuple[Rejected, ...]
    counts: RowCounts
    findings: tuple[Finding, ...]
    problems: tuple[DoorError, ...]  # the first few, for people
    encoding: str
    refusal_code: str | None = None


def parse_delivery(
    content: bytes | None, *, delivery: Delivery, mapping: SourceMapping | None, key: bytes | None
) -> Parsed:
    """Read, type and judge one delivery. Never raises for what is in a file: a file that cannot be used is refused.

    `content` is None where the store lost it. A defect of this code also refuses the file (E-UNEXPECTED), so that one
    file cannot stop the others; `ConservationError` alone is raised, since then no count can be trusted.
    """
    try:
        return _parse(content, delivery=delivery, mapping=mapping, key=key)
    except RefusalError as error:
        return _refused(delivery, error.code, hint=error.hint, encoding=error.encoding, rows=error.physical_rows)
    except ConservationError:
        raise
    except Exception as error:  # its text may hold values: only the kind of error is kept
        return _refused(delivery, "E-UNEXPECTED", hint=type(error).__name__)


def _parse(content: bytes | None, *, delivery: Delivery, mapping: SourceMapping | None, key: bytes | None) -> Parsed:
    if mapping is None:
        raise RefusalError("E-MAPPING")
    if content is None:
        raise RefusalError("E-STORE")
    if delivery.period == UNKNOWN_PERIOD:
        raise RefusalError("E-PERIOD")
    raw = read_table(content, mapping=mapping)
    typed = type_rows(
        raw,
        mapping=mapping,
        delivery_id=delivery.delivery_id,
        municipality_code=delivery.municipality_code,
        period=delivery.period,
        key=key,
    )
    rejected = tuple(sorted((*raw.rejected, *typed.rejected), key=lambda row: row.row))
    counts = RowCounts(raw.physical_rows, raw.header_rows, raw.blank_rows, typed.table.num_rows, len(rejected))
    for code in (_cut_off(raw, rejected), "E-EMPTY" if typed.table.num_rows == 0 else None):
        if code is not None:
            return _refused(delivery, code, encoding=raw.encoding, rows=raw.physical_rows, read=raw, reasons=rejected)
    return Parsed(
        table=typed.table,
        rejected=rejected,
        counts=counts,
        findings=_judged(raw, typed, rejected, mapping, delivery),
        problems=_problems(delivery, rejected),
        encoding=raw.encoding,
    )


def _cut_off(raw: RawTable, rejected: tuple[Rejected, ...]) -> str | None:
    is_cut = raw.open_end_row is not None and any(row.row == raw.open_end_row for row in rejected)
    return "E-TRUNCATED" if is_cut else None


def _judged(
    raw: RawTable, typed: TypedTable, rejected: tuple[Rejected, ...], mapping: SourceMapping, delivery: Delivery
) -> tuple[Finding, ...]:
    return judge(
        typed.table,
        rejected=rejected,
        notes=typed.notes,
        # a mark of protected identity may be absent: then nobody in the file has it
        absent_columns=sum(mapping.columns[name].type != "protected_mark" for name in raw.absent_columns),
        unknown_columns=raw.unknown_columns,
        unused_sheets=raw.unused_sheets,
        mapping=mapping,
        municipality_code=delivery.municipality_code,
    )


def _problems(delivery: Delivery, rejected: tuple[Rejected, ...]) -> tuple[DoorError, ...]:
    return tuple(
        DoorError(file=delivery.file_name, code=code, row=row.row, column=column)
        for row in rejected[:SHOWN_PROBLEMS]
        for code, column in row.reasons[:1]
    )


def _refused(
    delivery: Delivery,
    code: str,
    *,
    hint: str = "",
    encoding: str = "",
    rows: int = 0,
    read: RawTable | None = None,
    reasons: tuple[Rejected, ...] = (),
) -> Parsed:
    header_rows, blank_rows = (0, 0) if read is None else (read.header_rows, read.blank_rows)
    schema = ACCEPTED.get(delivery.source, pa.schema([]))
    return Parsed(
        table=schema.empty_table(),
        rejected=(),
        counts=RowCounts(rows, header_rows, blank_rows, 0, rows - header_rows - blank_rows),
        findings=(refusal(code, municipality_code=delivery.municipality_code, rows=rows),),
        problems=(DoorError(file=delivery.file_name, code=code, hint=hint), *_problems(delivery, reasons)),
        encoding=encoding,
        refusal_code=code,
    )
