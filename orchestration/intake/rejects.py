"""Handing out rejected rows: which delivery they come from, where the file lies, who took it. The file's shape is not
decided here (`correction_file`), nor what happens when it returns (`corrections`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.intake.access import note_access
from orchestration.intake.correction_file import reject_file
from orchestration.intake.door import accepted_path, known_counts, quarantine_path, quarantined
from orchestration.intake.errors import Language
from orchestration.intake.inbox import MappingSet
from orchestration.intake.store import DeliveryStore
from orchestration.intake.writing import write_bytes
from orchestration.intake.zones import ZONES

_MODE = 0o600  # a person mends it


class NothingToMendError(LookupError):
    """There are no rejected rows to hand out; says why."""


@dataclass(frozen=True, slots=True)
class Export:
    """Where the file to be mended lies; `withheld_rows` stand in no file (protected identities, endless lines)."""

    path: Path
    rows: int
    withheld_rows: int


def export_rejects(
    home: Path,
    *,
    source: str,
    period: str,
    municipality_code: str,
    mappings: MappingSet,
    language: Language = "sv",
) -> Export:
    """Write the rejected rows of the newest delivery of a source and period into `restricted/rejects`, mode 0600.

    The look is logged. Raises `NothingToMendError`. The caller holds the lock of the home.
    """
    store, subject = DeliveryStore(home), (source, municipality_code, period)
    delivered = [item for item in store.deliveries() if item.subject == subject]
    if not delivered:
        raise NothingToMendError(f"no delivery of {source} for {municipality_code} and {period}")
    newest = delivered[-1]
    mapping, reasons = mappings.get((municipality_code, source)), quarantined(home, newest)
    if not accepted_path(home, newest).is_file():
        raise NothingToMendError(
            f"the newest delivery of {source} for {period} was refused as a whole or not read yet; send the file again"
        )
    if not quarantine_path(home, newest).is_file() or mapping is None:
        raise NothingToMendError(f"the newest delivery of {source} for {period} has no rejected rows to mend")
    content = store.content(newest)
    if content is None:
        raise NothingToMendError(f"the newest delivery of {source} for {period} was purged; send the file again")
    file = reject_file(content, delivery_id=newest.delivery_id, mapping=mapping, reasons=reasons, language=language)
    note_access(home, "export_rejects", files=[newest.sha256], rows=file.rows)
    path = home / "restricted" / "rejects" / f"rejected_{newest.delivery_id}.csv"
    write_bytes(path, file.content, mode=_MODE, folder_mode=ZONES["restricted"])
    counts = known_counts(home, newest)
    assert counts is not None
    return Export(path, file.rows, counts.rejected_rows - file.rows)
