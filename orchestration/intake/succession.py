"""Succession of identities: a coordination or temporary number that became a personal number is one pupil, one key.

`restricted/id_succession/<municipality>.csv` holds `old_identity;new_identity`, one change a line, mode 0600. It is
read here and nowhere else; messages name the file and the line, never a number.
"""

from __future__ import annotations

import csv
import hmac
import stat
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa

from orchestration.intake.identity import parse_identity
from orchestration.intake.pseudonym import pupil_key

HEADER = ["old_identity", "new_identity"]


class SuccessionError(ValueError):
    """A succession list that cannot be used; names the file, the line and what to do."""


def succession_path(home: Path, *, municipality_code: str) -> Path:
    """Where a municipality's list lies."""
    return home / "restricted" / "id_succession" / f"{municipality_code}.csv"


def load_succession(home: Path, *, municipality_code: str) -> Mapping[str, str]:
    """Normalised old identity -> the newest identity it became, chains followed. Empty where there is no list.

    Raises `SuccessionError` for a line that is no pair of identities, an old identity with two successors, a circle,
    or a file others may read.
    """
    path = succession_path(home, municipality_code=municipality_code)
    if not path.is_file():
        return {}
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SuccessionError(f"{path.name}: others may read it; run `chmod 0600` on it")
    rows = list(csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";"))
    if not rows or [cell.strip() for cell in rows[0]] != HEADER:
        raise SuccessionError(f"{path.name}, line 1: the header must be {';'.join(HEADER)}")
    step: dict[str, str] = {}
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        found = [parse_identity(cell, reference=date.max, allow_other=True) for cell in row]
        if len(found) != 2 or any(identity.kind == "invalid" for identity in found):
            raise SuccessionError(f"{path.name}, line {number}: not two valid identities; mend or remove the line")
        old, new = (identity.normalised for identity in found)
        if step.get(old, new) != new:
            raise SuccessionError(f"{path.name}, line {number}: the old identity already became another; keep one line")
        step[old] = new
    return {old: _end(old, step, name=path.name) for old in step}


def translations(succession: Mapping[str, str], *, key: bytes, context: str) -> dict[str, str]:
    """Pseudonym of an old identity -> that of its newest: what hashing the newest in its place would have given."""
    return {
        pupil_key(old, key=key, context=context): pupil_key(new, key=key, context=context)
        for old, new in succession.items()
    }


def apply_translations(table: pa.Table, known: Mapping[str, str]) -> pa.Table:
    """The table with translated `pupil_key`; the same table where it has none or nothing changes."""
    if not known or "pupil_key" not in table.schema.names:
        return table
    before = table.column("pupil_key").to_pylist()
    after = [known.get(value, value) for value in before]
    if after == before:
        return table
    place = table.schema.get_field_index("pupil_key")
    return table.set_column(place, table.schema.field("pupil_key"), pa.array(after, pa.string()))


def succession_print(succession: Mapping[str, str], *, key: bytes | None) -> str:
    """Changes with the list and tells nothing of it: keyed, since a short list could be guessed from a plain hash."""
    if not succession or key is None:
        return ""
    text = "\x1f".join(f"{old}>{new}" for old, new in sorted(succession.items()))
    return hmac.digest(key, b"likvard succession\x1f" + text.encode(), "sha256").hex()[:16]


def _end(old: str, step: Mapping[str, str], *, name: str) -> str:
    seen, at = {old}, step[old]
    while at in step:
        if at in seen:
            raise SuccessionError(f"{name}: identities that become each other in a circle; remove one of the lines")
        seen.add(at)
        at = step[at]
    return at
