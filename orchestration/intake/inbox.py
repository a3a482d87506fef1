"""Taking files in: which mapping a file belongs to, which period it is for, and into the store with it. No parsing."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from expectations.deliveries import mapping_texts
from orchestration.intake.correction_file import corrected_delivery
from orchestration.intake.corrections import receive_correction
from orchestration.intake.errors import DoorError
from orchestration.intake.mapping import SourceMapping, load_mappings, parse_mapping
from orchestration.intake.parse import UNKNOWN_PERIOD
from orchestration.intake.reader import MAXIMUM_BYTES, preamble_lines
from orchestration.intake.schemas import NATIONAL
from orchestration.intake.store import DeliveryStore, Receipt
from orchestration.intake.zones import ZONES, make_folder

MappingSet = Mapping[tuple[str, str], SourceMapping]  # (municipality_code, source); national ones under 0000


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a look into the inboxes gave: receipts in order, and files that were left where they lie."""

    receipts: tuple[Receipt, ...]
    not_taken: tuple[DoorError, ...]


def load_mapping_set(policies: Path, *, municipality_codes: Iterable[str]) -> MappingSet:
    """The national mappings and those of the municipalities (`<policies>/<code>/sources/*.yml`).

    Raises `MappingError` for a file that cannot be used.
    """
    national = [parse_mapping(text, name=name) for name, text in mapping_texts().items()]
    found = {(NATIONAL, mapping.source): mapping for mapping in national}
    for code in municipality_codes:
        found |= {(code, mapping.source): mapping for mapping in load_mappings(policies / code / "sources")}
    return found


def inbox(home: Path, *, municipality_code: str) -> Path:
    """The folder into which a municipality's files are dropped; created with mode 0700."""
    folder = home / "restricted" / "inbox" / municipality_code
    make_folder(folder, mode=ZONES["restricted"])
    return folder


def receive(
    content: bytes,
    *,
    home: Path,
    mapping: SourceMapping,
    municipality_code: str,
    file_name: str,
    sender: str,
    received: datetime,
) -> Receipt:
    """Keep one file under its period; a file that does not state one is kept under `unknown` and refused later."""
    name = unicodedata.normalize("NFC", Path(file_name).name)
    period = mapping.period_of(name, preamble=preamble_lines(content, mapping=mapping)) or UNKNOWN_PERIOD
    return DeliveryStore(home).put(
        content,
        source=mapping.source,
        municipality_code=NATIONAL if mapping.scope == "national" else municipality_code,
        period=period,
        file_name=name,
        sender=sender,
        received=received,
    )


def sweep(home: Path, *, mappings: MappingSet, open_data: Path | None = None, received: datetime) -> Sweep:
    """Take in everything new from the inboxes of the mapped municipalities and from the open-data folder.

    Files stay where they lie; those of an inbox are taken in the order of their change (then of their names), since a
    later file for a period replaces the earlier. Files of the open-data folder that no mapping takes are no concern;
    in an inbox they are reported. A mended file of rejected rows is known by its first line, whatever its name. Links
    are never followed. `received` is told by the caller.
    """
    receipts: list[Receipt] = []
    not_taken: list[DoorError] = []
    codes = sorted({code for code, _ in mappings} - {NATIONAL})
    places = [(inbox(home, municipality_code=code), code) for code in codes]
    if open_data is not None:
        places.append((open_data, NATIONAL))
    for folder, code in places:
        own = [mapping for (owner, _), mapping in mappings.items() if owner == code]
        for path in _files(folder, is_deep=code == NATIONAL):
            name = unicodedata.normalize("NFC", path.name)
            if code != NATIONAL and _is_correction(path):
                taken = receive_correction(
                    path.read_bytes(),
                    home=home,
                    municipality_code=code,
                    file_name=name,
                    sender=f"inbox {code}",
                    received=received,
                )
                if isinstance(taken, Receipt):
                    receipts.append(taken)
                else:
                    not_taken.append(taken)
                continue
            mapping = next((item for item in own if item.takes(name)), None)
            if (problem := _problem(path, mapping)) is not None:
                if code != NATIONAL or mapping is not None:
                    not_taken.append(DoorError(file=name, code=problem))
                continue
            assert mapping is not None
            sender = "open data" if code == NATIONAL else f"inbox {code}"
            receipts.append(
                receive(
                    path.read_bytes(),
                    home=home,
                    mapping=mapping,
                    municipality_code=code,
                    file_name=name,
                    sender=sender,
                    received=received,
                )
            )
    return Sweep(tuple(receipts), tuple(not_taken))


def _files(folder: Path, *, is_deep: bool) -> list[Path]:
    found = [path for path in (folder.rglob("*") if is_deep else folder.iterdir()) if not path.name.startswith(".")]
    files = [path for path in found if path.is_symlink() or path.is_file()]
    if is_deep:  # published files have no order of arrival
        return sorted(files)
    return sorted(files, key=lambda path: (path.lstat().st_mtime_ns, path.name))


def _is_correction(path: Path) -> bool:
    if path.is_symlink() or path.stat().st_size > MAXIMUM_BYTES:
        return False
    with path.open("rb") as file:
        return corrected_delivery(file.read(4096)) is not None


def _problem(path: Path, mapping: SourceMapping | None) -> str | None:
    if path.is_symlink():
        return "D-FILE-LINK"
    if mapping is None:
        return "D-FILE-UNKNOWN"
    return "E-SIZE" if path.stat().st_size > MAXIMUM_BYTES else None
