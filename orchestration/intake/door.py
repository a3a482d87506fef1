"""The door: every stored delivery becomes an accepted Parquet file or a refusal, and nothing is read twice.

Writes `pseudonymised/accepted` (rows, and the ledgers of `ledgers`), `pseudonymised/door` (what was read under which
mapping), `restricted/quarantine` (rows that were rejected, by number and reason) and `restricted/changes` (rows that a
newer delivery changed). Reading itself is `parse`; taking files in is `inbox`.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path

import pyarrow as pa

from orchestration.intake.changes import Changes, keep_changes
from orchestration.intake.corrections import Mending, judged_again, mend
from orchestration.intake.errors import DoorError
from orchestration.intake.findings import Finding
from orchestration.intake.inbox import MappingSet
from orchestration.intake.interfaces.sources import KEPT_ONLY
from orchestration.intake.key_ledger import KeyMismatchError, check_and_note
from orchestration.intake.ledgers import ledger_tables
from orchestration.intake.mapping import SourceMapping
from orchestration.intake.parse import UNKNOWN_PERIOD, Parsed, RowCounts, parse_delivery
from orchestration.intake.pseudonym import checked_key, fingerprint
from orchestration.intake.schemas import ACCEPTED, SOURCES
from orchestration.intake.store import Delivery, DeliveryStore
from orchestration.intake.succession import apply_translations, load_succession, succession_print, translations
from orchestration.intake.writing import parquet_bytes, remove_torn, write_bytes
from orchestration.intake.zones import FILE_MODES, ZONES, create_zones

_WORTH_ANOTHER_TRY = ("E-STORE", "E-UNEXPECTED")  # refusals that say nothing about the file itself


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
    mendings: tuple[Mending, ...] = ()
    is_latest: bool = False


@dataclass(frozen=True, slots=True)
class DoorReport:
    """All deliveries in order of arrival, the findings that stand now, and how many files were read this time.

    `changes` tells for every accepted delivery that took another's place which rows it changed; `read_now` holds the
    ids of the deliveries read this time.
    """

    outcomes: tuple[Outcome, ...]
    findings: pa.Table
    read_now: frozenset[str]
    changes: tuple[Changes, ...] = ()

    @property
    def files_read(self) -> int:
        """How many deliveries were read this time; the others were known."""
        return len(self.read_now)

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
    keeps its earlier outcome, and so does one whose content was purged. A refused file stops nothing else. The caller
    holds the lock of the home. Raises `SuccessionError` for a list of identities that cannot be used.
    """
    create_zones(home)
    remove_torn(home)
    store, accepted = DeliveryStore(home), home / "pseudonymised" / "accepted"
    deliveries = tuple(item for item in store.deliveries() if item.source not in KEPT_ONLY)
    prints = _key_prints(home, deliveries, mappings, key=key, allow_new_key=allow_new_key)
    corrections: defaultdict[str, list[Delivery]] = defaultdict(list)
    for correction in store.corrections():
        corrections[correction.corrects or ""].append(correction)
    outcomes: list[Outcome] = []
    read_now: set[str] = set()
    for delivery in deliveries:
        mapping, key_print = (
            mappings.get((delivery.municipality_code, delivery.source)),
            prints.get(delivery.delivery_id),
        )
        own = corrections[delivery.delivery_id]
        succession = {} if key_print is None else load_succession(home, municipality_code=delivery.municipality_code)
        stamp = None
        if mapping is not None and not store.is_purged(delivery.sha256):
            more = [succession_print(succession, key=key), *(item.delivery_id for item in own)]
            stamp = _stamp(mapping, key_print, more)
        outcome = _earlier_outcome(home, delivery, stamp)
        if outcome is None:
            parsed, mendings = parse_whole(store, delivery, own, mapping=mapping, key=key, succession=succession)
            outcome = _keep(home, delivery, parsed, stamp=stamp, key_print=key_print, mendings=mendings)
            read_now.add(delivery.delivery_id)
        outcomes.append(outcome)
    outcomes = [replace(item, is_latest=_is_latest(item.delivery, deliveries)) for item in outcomes]
    for source in SOURCES:
        _write_pseudonymised(accepted / source / "_schema.parquet", parquet_bytes(ACCEPTED[source].empty_table()))
        _drop_strays(accepted / source, outcomes)
    changes = _changes(home, outcomes, read_now=read_now)
    tables = ledger_tables(outcomes, changes)
    for name, table in tables.items():
        _write_pseudonymised(accepted / f"{name}.parquet", parquet_bytes(table))
    return DoorReport(tuple(outcomes), tables["_findings"], frozenset(read_now), changes)


def parse_whole(
    store: DeliveryStore,
    delivery: Delivery,
    corrections: Sequence[Delivery],
    *,
    mapping: SourceMapping | None,
    key: bytes | None,
    succession: Mapping[str, str],
) -> tuple[Parsed, tuple[Mending, ...]]:
    """A delivery with its corrections joined in and its pupils under the newest of their identities."""
    parsed = parse_delivery(store.content(delivery), delivery=delivery, mapping=mapping, key=key)
    if mapping is None or parsed.refusal_code is not None:
        return parsed, ()
    mendings: tuple[Mending, ...] = ()
    if corrections:  # a large file is not held in memory for what most deliveries do not have
        files = [(item, store.content(item)) for item in corrections]
        content = store.content(delivery)
        parsed, mendings = mend(parsed, content=content, corrections=files, delivery=delivery, mapping=mapping, key=key)
    if succession and key is not None:
        known = translations(succession, key=key, context=delivery.municipality_code)
        table = apply_translations(parsed.table, known)
        if table is not parsed.table:  # two identities of one pupil in a file are one key twice
            parsed = judged_again(parsed, table=table, rejected=parsed.rejected, delivery=delivery, mapping=mapping)
    return parsed, mendings


def accepted_path(home: Path, delivery: Delivery) -> Path:
    """Where the accepted rows of a delivery lie."""
    return home / "pseudonymised" / "accepted" / delivery.source / f"{delivery.delivery_id}.parquet"


def quarantine_path(home: Path, delivery: Delivery) -> Path:
    """Where the rejected rows of a delivery are listed, one JSON object a line: row, codes, columns."""
    return home / "restricted" / "quarantine" / f"{delivery.delivery_id}.jsonl"


def quarantined(home: Path, delivery: Delivery) -> dict[int, tuple[tuple[str, str | None], ...]]:
    """The rejected rows of a delivery that may be named: row number -> (code, header)."""
    path = quarantine_path(home, delivery)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
    return {line["row"]: tuple(zip(line["codes"], line["columns"], strict=True)) for line in lines}


def known_counts(home: Path, delivery: Delivery) -> RowCounts | None:
    """The rows of a delivery as they were counted last; None when it was not read yet."""
    state = _state(home, delivery)
    return RowCounts(**state["counts"]) if state else None


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
    check_and_note(home, mine, earlier=earlier, since=concerned[-1].received, allow_new_key=allow_new_key)
    return {delivery.delivery_id: mine for delivery in concerned}


def _changes(home: Path, outcomes: list[Outcome], *, read_now: set[str]) -> tuple[Changes, ...]:
    """What every accepted delivery changed against the accepted one before it; compared anew where one was read."""
    standing: dict[tuple[str, ...], Delivery] = {}
    found = []
    for outcome in outcomes:
        delivery = outcome.delivery
        if outcome.status != "accepted":
            continue
        replaced = standing.get(delivery.subject)
        standing[delivery.subject] = delivery
        if replaced is None:
            continue
        path = _state_path(home, delivery).with_suffix(".changes.json")
        is_new = bool({delivery.delivery_id, replaced.delivery_id} & read_now) or not path.is_file()
        if is_new:
            files = {"older": accepted_path(home, replaced), "newer": accepted_path(home, delivery)}
            changes = keep_changes(home, **files, replaced=replaced, delivery=delivery)
            _write_pseudonymised(path, json.dumps(asdict(changes), indent=1, sort_keys=True).encode())
        found.append(Changes(**json.loads(path.read_text("utf-8"))))
    return tuple(found)


def _keep(
    home: Path,
    delivery: Delivery,
    parsed: Parsed,
    *,
    stamp: str | None,
    key_print: str | None,
    mendings: tuple[Mending, ...],
) -> Outcome:
    """Write the rows, the quarantine and last the state: a crash in between leads to another reading, not to a gap.

    A row of a pupil with protected identity is counted and nowhere named, not even by its number.
    """
    quarantine = quarantine_path(home, delivery)
    if parsed.refusal_code is None:  # rows of an earlier reading go with the strays
        _write_pseudonymised(accepted_path(home, delivery), parquet_bytes(parsed.table))
    quarantine.unlink(missing_ok=True)
    named = [row for row in parsed.rejected if "E-PROTECTED" not in {code for code, _ in row.reasons}]
    if named:
        lines = [
            json.dumps({"row": row.row, "codes": [c for c, _ in row.reasons], "columns": [h for _, h in row.reasons]})
            for row in named
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
        problems=tuple(item for item in parsed.problems if item.row in {None, *(row.row for row in named)}),
        mendings=mendings,
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
        "mendings": [asdict(item) for item in outcome.mendings],
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
        mendings=tuple(Mending(**item) for item in state.get("mendings", ())),
    )


def _state_path(home: Path, delivery: Delivery) -> Path:
    return home / "pseudonymised" / "door" / f"{delivery.delivery_id}.json"


def key_of_reading(home: Path, delivery: Delivery) -> str | None:
    """Fingerprint of the key a delivery was read with; None where it was not read or holds no identities."""
    return _state(home, delivery).get("key")


def note_key_of_reading(home: Path, delivery: Delivery, fingerprint: str) -> None:
    """Put on record that a delivery's accepted rows stand under another key now, without reading it again."""
    state = _state(home, delivery) | {"key": fingerprint}
    _write_pseudonymised(_state_path(home, delivery), json.dumps(state, indent=1, sort_keys=True).encode())


def _state(home: Path, delivery: Delivery) -> dict:
    path = _state_path(home, delivery)
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def _stamp(mapping: SourceMapping, key_print: str | None, more: list[str]) -> str:
    """What an outcome depends on besides the file: the mapping, the key, successions, corrections and the door's code."""
    return hashlib.sha256("\x1f".join((mapping.sha256, key_print or "", _code_sha256(), *more)).encode()).hexdigest()


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
