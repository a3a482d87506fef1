"""What a proposal decides of the other school forms, whole, kept beside the payments: every unit's lines, grants and prices.

A publication leaves out units of which a small count would follow (docs/decisions/0024-school-forms.md), and somebody must be
paid for them all the same. ``payments/<code>/<year>/forms/<publication_id>/`` holds what each proposal stood on, written once
and never changed. Belongs here: keeping it, reading it back, holding it against what was published. Does not: what months are
due (``orchestration.payments.forms``).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from models_py.errors import PaymentError
from orchestration.payments.places import ROOT_MODE, Place
from orchestration.publication.files import SEALED_MODE, file_sha256, lock, make_directory, remove_tree, sync, write_new
from orchestration.report.published import Published

FOLDER, TERMS, LINES, UNITS = "forms", "terms.json", "lines.parquet", "units.parquet"
ORE_PER_SEK = 100
_KEY = ["school_form", "school_unit_code", "component_code", "line_code"]


@dataclass(frozen=True, slots=True, eq=False)
class KeptForms:
    """``lines`` and ``units``: every row of ``form_allocation`` and ``form_unit``; ``terms``: form to what it was priced by."""

    lines: pd.DataFrame
    units: pd.DataFrame
    terms: Mapping[str, Mapping[str, Any]]


def keep(place: Place, publication_id: str, kept: KeptForms) -> bool:
    """Keep what a proposal stood on, whole or not at all; whether it was written now. What stands is never changed.

    Raises PaymentError where something else stands: what is withheld from publication can change while nothing published does,
    and months must not be paid by amounts that the newest run no longer gives.
    """
    target = place.folder / FOLDER / publication_id
    if target.is_dir():
        _refuse_another(target, kept)
        return False
    make_directory(place.root, mode=ROOT_MODE)
    with lock(place.root):
        staged = target.with_name(f".{publication_id}")
        remove_tree(staged)
        make_directory(target.parent)
        make_directory(staged)
        data = {LINES: _parquet(kept.lines), UNITS: _parquet(kept.units)}
        told = {"terms": kept.terms, "sha256": {name: hashlib.sha256(each).hexdigest() for name, each in data.items()}}
        data[TERMS] = (json.dumps(told, indent=1, sort_keys=True) + "\n").encode("ascii")
        for name, each in data.items():
            write_new(staged / name, each)
        os.chmod(staged, SEALED_MODE)
        sync(staged)
        os.rename(staged, target)
        sync(target.parent)
    return True


def _refuse_another(folder: Path, kept: KeptForms) -> None:
    """Hold what stands against what would be kept, by values: another version of a library writes other bytes."""
    if problem := damage(folder):
        raise PaymentError(f"{FOLDER}/{problem}; restore it from a backup")
    same = {
        LINES: pq.read_table(folder / LINES).equals(_as_read(kept.lines)),
        UNITS: pq.read_table(folder / UNITS).equals(_as_read(kept.units)),
        TERMS: json.loads((folder / TERMS).read_text(encoding="ascii"))["terms"] == json.loads(json.dumps(kept.terms)),
    }
    if other := [name for name, is_same in same.items() if not is_same]:
        raise PaymentError(
            f"what {folder.name} decides of units that are withheld from it was kept, and this run computes something else "
            f"({', '.join(other)}), though nothing published differs; if {folder.name} is not decided, remove {FOLDER}/{folder.name} "
            "and run again; if it is, months follow their counts, and the difference is a decision of its own"
        )


def kept(place: Place, publication: Published) -> KeptForms | None:
    """What the proposal behind a publication stood on; None where the publication decides no other school form.

    Raises PaymentError where it is not there, has changed, or says something else than was published.
    """
    overview = _overview(publication)
    if overview.empty:
        return None
    proposal = _proposal_of(publication)
    folder = place.folder / FOLDER / proposal
    if not folder.is_dir():
        raise PaymentError(
            f"what {proposal} decides of the other school forms is not kept in {place.municipality_code}/{place.funding_year}/"
            f"{FOLDER}; restore it from a backup, or run the year, approve and publish anew"
        )
    if problem := damage(folder):
        raise PaymentError(f"{FOLDER}/{problem}; restore it from a backup")
    told = json.loads((folder / TERMS).read_text(encoding="ascii"))
    lines, units = (pq.read_table(folder / name).to_pandas(integer_object_nulls=True) for name in (LINES, UNITS))
    _refuse_other(lines, overview, publication, proposal)
    return KeptForms(lines, units, told["terms"])


def damage(folder: Path) -> str | None:
    """What is wrong with a kept folder, in words; None where every byte of its tables is as it was kept."""
    try:
        told = json.loads((folder / TERMS).read_text(encoding="ascii"))
        for name, sha256 in sorted(told["sha256"].items()):
            if file_sha256(folder / name) != sha256:
                return f"{folder.name}/{name} is not as it was kept"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"{folder.name} cannot be read ({type(error).__name__})"
    return None


def _overview(publication: Published) -> pd.DataFrame:
    """Rows of other forms that were counted; none in a publication of an older contract."""
    if not (publication.path / "tables" / "form_overview.parquet").is_file():
        return pd.DataFrame()
    rows = publication.table("form_overview")
    return rows[(rows["school_form"] != "compulsory_school") & (rows["withheld_because"] != "not_counted")]


def _proposal_of(publication: Published) -> str:
    manifest = json.loads((publication.path / "manifest.json").read_text(encoding="utf-8"))
    return str(manifest["recorded"].get("proposal") or publication.publication_id)


def _refuse_other(lines: pd.DataFrame, overview: pd.DataFrame, publication: Published, proposal: str) -> None:
    """Every published line stands among the kept ones, and every published sum is theirs."""
    ours = lines.set_index(_KEY)["amount_ore"].to_dict()
    shown = publication.table("form_allocation").set_index(_KEY)["amount_ore"].to_dict()
    off = sorted(key for key, ore in shown.items() if ours.get(key) != ore)
    sums = lines.groupby("school_form")["amount_ore"].sum()
    told = overview[overview["withheld_because"].isna()]
    forms = sorted(
        form
        for form, sek in zip(told["school_form"], told["total_sek"], strict=True)
        if int(sums.get(form, 0)) != round(sek * ORE_PER_SEK)
    )
    if off or forms:
        first = ", ".join(["/".join(off[0])] if off else forms[:3])
        raise PaymentError(
            f"what is kept of {proposal} is not what was published: {len(off)} lines and {len(forms)} sums differ, first {first}; "
            "restore it from a backup"
        )


def _as_read(table: pd.DataFrame) -> pa.Table:
    return pq.read_table(pa.BufferReader(_parquet(table)))


def _parquet(table: pd.DataFrame) -> bytes:
    sink = pa.BufferOutputStream()
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(arrow, sink, version="2.6", store_schema=False)
    return sink.getvalue().to_pybytes()
