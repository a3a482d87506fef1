"""The door: every stored delivery becomes an accepted Parquet file or a refusal, and nothing is read twice.

Writes `pseudonymised/accepted` (rows, `_deliveries.parquet`, `_findings.parquet`), `pseudonymised/door` (what was read
under which mapping) and `restricted/quarantine` (rows that were rejected, by number and reason). Reading itself is
`parse`; taking files in is `inbox`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path

import pyarrow as pa

from orchestration.intake.errors import DoorError
from orchestration.intake.findings import Finding
from orchestration.intake.inbox import MappingSet
from orchestration.intake.interfaces.sources import KEPT_ONLY
from orchestration.intake.mapping import SourceMapping
from orchestration.intake.parse import UNKNOWN_PERIOD, Parsed, RowCounts, parse_delivery
from orchestration.intake.pseudonym import checked_key, fingerprint
from orchestration.intake.schemas import ACCEPTED, DELIVERIES, FINDINGS, SOURCES
from orchestration.intake.store import Delivery, DeliveryStore
from orchestration.intake.writing import parquet_bytes, write_bytes
from orchestration.intake.zones import FILE_MODES, ZONES, create_zones

_WORTH_ANOTHER_TRY = ("E-STORE", "E-UNEXPECTED")  # refusals that say nothing about the file itself


class KeyMismatchError(ValueError):
    """The key is missing, or another than the one earlier deliveries were read with. Never holds a key."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery. `findings` carry the severity as judged when the file was read."""

    delivery: Delivery
    status: str  # accepted | refused
    refusal_code: str | None
    encoding: str
    counts: RowCounts
    findings: tuple[Finding, ...]
    problems: tuple[DoorError, ...]
    is_latest: bool = False


@dataclass(frozen=True, slots=True)
class DoorReport:
    """All deliveries in order of arrival, the findings that stand now, and how many files were read this time."""

    outcomes: tuple[Outcome, ...]
    findings: pa.Table
    files_read: int

    @property
    def refused(self) -> tuple[Outcome, ...]:
        """Refused deliveries that nothing has replaced."""
        return tuple(item for item in self.outcomes if item.status == "refused" and item.is_latest)


def read_deliveries(
    home: Path, *, mappings: MappingSet, key: bytes | None = None, allow_new_key: bool = False
) -> DoorReport:
    """Read every stored delivery that was not yet read under its present mapping, key and code.

    `key` is needed once a source with identities is stored; another key than before raises `KeyMismatchError` unless
    `allow_new_key` (then everything with identities is read again). A delivery whose mapping is not in `mappings`
    keeps its earlier outcome. A refused file stops nothing else. The caller holds the lock of the home.
    """
    create_zones(home)
    store, accepted = DeliveryStore(home), home / "pseudonymised" / "accepted"
    deliveries = tuple(item for item in store.deliveries() if item.source not in KEPT_ONLY)
    prints = _key_prints(home, deliveries, mappings, key=key, allow_new_key=allow_new_key)
    outcomes: list[Outcome] = []
    files_read = 0
    for delivery in deliveries:
        mapping = mappings.get((delivery.municipality_code, delivery.source))
        stamp = None if mapping is None else _stamp(mapping, prints.get(delivery.delivery_id))
        outcome = _earlier_outcome(home, delivery, stamp)
        if outcome is None:
            parsed = parse_delivery(store.content(delivery), delivery=delivery, mapping=mapping, key=key)
            outcome = _keep(home, delivery, parsed, stamp=stamp, key_print=prints.get(delivery.delivery_id))
            files_read += 1
        outcomes.append(outcome)
    outcomes = [replace(item, is_latest=_is_latest(item.delivery, deliveries)) for item in outcomes]
    for source in SOURCES:
        _write_pseudonymised(accepted / source / "_schema.parquet", parquet_bytes(ACCEPTED[source].empty_table()))
        _drop_strays(accepted / source, outcomes)
    findings = _findings_table(outcomes)
    _write_pseudonymised(accepted / "_deliveries.parquet", parquet_bytes(_deliveries_table(outcomes)))
    _write_pseudonymised(accepted / "_findings.parquet", parquet_bytes(findings))
    return DoorReport(tuple(outcomes), findings, files_read)


def accepted_path(home: Path, delivery: Delivery) -> Path:
    """Where the accepted rows of a delivery lie."""
    return home / "pseudonymised" / "accepted" / delivery.source / f"{delivery.delivery_id}.parquet"


def quarantine_path(home: Path, delivery: Delivery) -> Path:
    """Where the rejected rows of a delivery are listed, one JSON object a line: row, codes, columns."""
    return home / "restricted" / "quarantine" / f"{delivery.delivery_id}.jsonl"


def _is_latest(delivery: Delivery, deliveries: tuple[Delivery, ...]) -> bool:
    """Whether nothing newer stands for the same; where no period is known, a later file of the same name replaces."""
    newer = [
        other
        for other in deliveries
        if other.received_number > delivery.received_number
        and (other.source, other.municipality_code) == (delivery.source, delivery.municipality_code)
    ]
    if delivery.period == UNKNOWN_PERIOD:
        return all(other.file_name != delivery.file_name for other in newer)
    return all(other.period != delivery.period for other in newer)


def _key_prints(
    home: Path, deliveries: tuple[Delivery, ...], mappings: MappingSet, *, key: bytes | None, allow_new_key: bool
) -> dict[str, str]:
    """The key's fingerprint for every delivery that holds identities, after checking that it is the one used before."""
    concerned = []
    for delivery in deliveries:
        mapping = mappings.get((delivery.municipality_code, delivery.source))
        if mapping is not None and any(column.type == "identity" for column in mapping.columns.values()):
            concerned.append(delivery)
    if not concerned:
        return {}
    if key is None:
        raise KeyMismatchError(f"{len(concerned)} deliveries hold identities and there is no key; set LIKVARD_KEY_FILE")
    mine = fingerprint(checked_key(key))
    earlier = {_state(home, delivery).get("key", mine) for delivery in concerned} - {None}
    if earlier - {mine} and not allow_new_key:
        raise KeyMismatchError(
            f"the key has fingerprint {mine}, earlier deliveries were read with {', '.join(sorted(earlier - {mine}))}; "
            "with another key every pupil would become two; use the earlier key, or renew all keys on purpose"
        )
    return {delivery.delivery_id: mine for delivery in concerned}


def _keep(home: Path, delivery: Delivery, parsed: Parsed, *, stamp: str | None, key_print: str | None) -> Outcome:
    """Write the rows, the quarantine and last the state: a crash in between leads to another reading, not to a gap."""
    quarantine = quarantine_path(home, delivery)
    if parsed.refusal_code is None:  # rows of an earlier reading go with the strays
        _write_pseudonymised(accepted_path(home, delivery), parquet_bytes(parsed.table))
    quarantine.unlink(missing_ok=True)
    if parsed.rejected:
        lines = [
            json.dumps({"row": row.row, "codes": [c for c, _ in row.reasons], "columns": [h for _, h in row.reasons]})
            for row in parsed.rejected
        ]
        content = "".join(f"{line}\n" for line in lines).encode()
        write_bytes(quarantine, content, mode=FILE_MODES["restricted"], folder_mode=ZONES["restricted"])
    outcome = Outcome(
        delivery=delivery,
        status="accepted" if parsed.refusal_code is None else "refused",
        refusal_code=parsed.refusal_code,
        encoding=parsed.encoding,
        counts=parsed.counts,
        findings=parsed.findings,
        problems=parsed.problems,
    )
    state = {
        "stamp": stamp,
        "key": key_print,
        "status": outcome.status,
        "refusal_code": outcome.refusal_code,
        "encoding": outcome.encoding,
        "counts": asdict(outcome.counts),
        "findings": [asdict(item) for item in outcome.findings],
        "problems": [asdict(item) for item in outcome.problems],
    }
    _write_pseudonymised(_state_path(home, delivery), json.dumps(state, indent=1, sort_keys=True).encode())
    return outcome


def _earlier_outcome(home: Path, delivery: Delivery, stamp: str | None) -> Outcome | None:
    state = _state(home, delivery)
    if state.get("refusal_code") in _WORTH_ANOTHER_TRY:
        return None
    if not state or (stamp is not None and state["stamp"] != stamp):
        return None
    if state["status"] == "accepted" and not accepted_path(home, delivery).is_file():
        return None
    return Outcome(
        delivery=delivery,
        status=state["status"],
        refusal_code=state["refusal_code"],
        encoding=state["encoding"],
        counts=RowCounts(**state["counts"]),
        findings=tuple(Finding(**item) for item in state["findings"]),
        problems=tuple(DoorError(**item) for item in state["problems"]),
    )


def _state_path(home: Path, delivery: Delivery) -> Path:
    return home / "pseudonymised" / "door" / f"{delivery.delivery_id}.json"


def _state(home: Path, delivery: Delivery) -> dict:
    path = _state_path(home, delivery)
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def _stamp(mapping: SourceMapping, key_print: str | None) -> str:
    """What an outcome depends on besides the file: the mapping, the key and the door's own code."""
    return hashlib.sha256("\x1f".join((mapping.sha256, key_print or "", _code_sha256())).encode()).hexdigest()


@cache
def _code_sha256() -> str:
    modules = sorted(resources.files("orchestration.intake").iterdir(), key=lambda item: item.name)
    content = [item.read_bytes() for item in modules if item.name.endswith(".py")]
    return hashlib.sha256(b"\x1f".join(content)).hexdigest()


def _write_pseudonymised(path: Path, content: bytes) -> None:
    write_bytes(path, content, mode=FILE_MODES["pseudonymised"], folder_mode=ZONES["pseudonymised"])


def _drop_strays(folder: Path, outcomes: list[Outcome]) -> None:
    """Remove row files of no accepted delivery: the warehouse reads the whole folder."""
    known = {f"{item.delivery.delivery_id}.parquet" for item in outcomes if item.status == "accepted"}
    for path in folder.glob("*.parquet"):
        if path.name not in known | {"_schema.parquet"}:
            path.unlink()


def _deliveries_table(outcomes: list[Outcome]) -> pa.Table:
    rows = [
        {
            "delivery_id": item.delivery.delivery_id,
            "source": item.delivery.source,
            "municipality_code": item.delivery.municipality_code,
            "period": item.delivery.period,
            "received_number": item.delivery.received_number,
            "sha256": item.delivery.sha256,
            "encoding": item.encoding,
            "status": item.status,
            "refusal_code": item.refusal_code,
            **asdict(item.counts),
            "is_latest": item.is_latest,
        }
        for item in outcomes
    ]
    return pa.Table.from_pylist(rows, schema=DELIVERIES)


def _findings_table(outcomes: list[Outcome]) -> pa.Table:
    """Findings of all deliveries. What concerns a replaced delivery stands as `info`: it blocks nobody any more."""
    rows = [
        {
            "delivery_id": item.delivery.delivery_id,
            "source": item.delivery.source,
            "municipality_code": finding.municipality_code,
            "period": item.delivery.period,
            "reason_code": finding.reason_code,
            "severity": finding.severity if item.is_latest else "info",
            "row_count": finding.row_count,
        }
        for item in outcomes
        for finding in item.findings
    ]
    return pa.Table.from_pylist(rows, schema=FINDINGS)
