"""Versions of the published contract: a released one as plain values, and the step that a change asks for.

Belongs here: snapshots of the contract and their comparison. Does not: the publications' own ids, writing files.

Semantic versioning (semver.org) of what readers build on: *major* when something they use goes away or changes its
meaning to a program (a table, a column, a label, a key, a type or unit; a column that may now be empty), *minor* when
something is added, *patch* when words change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

from expectations.columns import COLUMNS
from expectations.contracts import CONTRACT_VERSION, CONTRACTS
from expectations.labels import swedish_label

Snapshot = Mapping[str, Any]
"""``{"version", "tables": {name: {"key", "columns", "nullable", "words"}}, "columns": {name: {"type", "unit", …}}}``."""

Step = Literal["none", "patch", "minor", "major"]
_ORDER: tuple[Step, ...] = ("none", "patch", "minor", "major")
_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


class VersionError(ValueError):
    """The contract's version does not say what has changed; the message lists the changes and what to do."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two contracts, in words, and the step it asks for."""

    step: Step
    words: str


def present_snapshot() -> dict[str, Any]:
    """The contract as it stands in the code, as JSON values."""
    used = sorted({name for contract in CONTRACTS.values() for name in contract.names} | {"publication_id"})
    return {
        "version": CONTRACT_VERSION,
        "tables": {
            name: {
                "key": list(contract.keys),
                "columns": list(contract.names),
                "nullable": sorted(contract.nullable),
                "words": {"en": contract.grain_en, "sv": contract.grain_sv},
            }
            for name, contract in sorted(CONTRACTS.items())
        },
        "columns": {
            name: {
                "type": COLUMNS[name].type,
                "unit": COLUMNS[name].unit,
                "label": swedish_label(name),
                "words": {"en": COLUMNS[name].en, "sv": COLUMNS[name].sv},
            }
            for name in used
        },
    }


def to_text(snapshot: Snapshot) -> str:
    """A snapshot as the JSON that is kept: sorted keys, indented, ended by a newline."""
    return json.dumps(snapshot, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def released() -> tuple[dict[str, Any], ...]:
    """Every released contract, oldest first."""
    folder = resources.files("expectations.contracts").joinpath("released")
    found = [json.loads(item.read_text("utf-8")) for item in folder.iterdir() if item.name.endswith(".json")]
    return tuple(sorted(found, key=lambda snapshot: parts(snapshot["version"])))


def parts(version: str) -> tuple[int, int, int]:
    """Major, minor and patch. Raises VersionError for anything but three numbers."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise VersionError(f"version {version!r}: three numbers are needed, such as 1.2.0")
    major, minor, patch = (int(part) for part in match.groups())
    return major, minor, patch


def changes(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """What differs, tables first, in name order."""
    found: list[Change] = []
    old, new = before["tables"], after["tables"]
    found += [Change("major", f"table {name} is gone") for name in sorted(set(old) - set(new))]
    found += [Change("minor", f"table {name} is new") for name in sorted(set(new) - set(old))]
    for name in sorted(set(old) & set(new)):
        found += _table_changes(name, old[name], new[name])
    for name in sorted(set(before["columns"]) & set(after["columns"])):
        found += _column_changes(name, before["columns"][name], after["columns"][name])
    return tuple(found)


def step_needed(found: tuple[Change, ...]) -> Step:
    """The largest step that any change asks for."""
    return max((change.step for change in found), key=_ORDER.index, default="none")


def check_version(before: Snapshot, after: Snapshot) -> None:
    """Raise VersionError unless ``after``'s version is at least the step beyond ``before`` that its changes ask for.

    An unchanged contract keeps its version. A larger step than needed is allowed, a smaller one or none is not.
    """
    found = changes(before, after)
    needed, taken = step_needed(found), _step_taken(before["version"], after["version"])
    if _ORDER.index(taken) < _ORDER.index(needed) or (needed == "none" and taken != "none"):
        listed = "; ".join(f"{change.words} ({change.step})" for change in found[:10]) or "nothing has changed"
        raise VersionError(
            f"contract {before['version']} → {after['version']} is a step {taken!r}, its changes ask for {needed!r}: "
            f"{listed}; set CONTRACT_VERSION in expectations/contracts"
        )


def _step_taken(before: str, after: str) -> Step:
    old, new = parts(before), parts(after)
    if new < old:
        raise VersionError(f"contract version {after} is older than the released {before}")
    if new == old:
        return "none"
    step, first = ("major", 0) if new[0] > old[0] else ("minor", 1) if new[1] > old[1] else ("patch", 2)
    if new != (*old[:first], old[first] + 1, *(0,) * (2 - first)):
        raise VersionError(f"contract version {after} leaves out a step after {before}; add one and set the rest to 0")
    return step  # type: ignore[return-value]


def _table_changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    found = []
    if old["key"] != new["key"]:
        found.append(Change("major", f"{name} has another key"))
    found += [Change("major", f"{name}.{c} is gone") for c in old["columns"] if c not in new["columns"]]
    for column in new["columns"]:
        if column not in old["columns"]:
            may_be_empty = column in new["nullable"]
            found.append(
                Change("minor", f"{name}.{column} is new")
                if may_be_empty
                else Change("major", f"{name}.{column} is new and never empty, which older publications cannot promise")
            )
        elif column in new["nullable"] and column not in old["nullable"]:
            found.append(Change("major", f"{name}.{column} may be empty now"))
        elif column in old["nullable"] and column not in new["nullable"]:
            found.append(Change("minor", f"{name}.{column} is never empty now"))
    kept = [column for column in old["columns"] if column in new["columns"]]
    if kept != [column for column in new["columns"] if column in old["columns"]]:
        found.append(Change("major", f"{name} has its columns in another order"))
    if old["words"] != new["words"]:
        found.append(Change("patch", f"{name} has other words"))
    return found


def _column_changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    found = [
        Change("major", f"column {name} has another {what}") for what in ("type", "unit") if old[what] != new[what]
    ]
    if old.get("label") != new.get("label"):
        found.append(
            Change("minor", f"column {name} has a label now")
            if old.get("label") is None
            else Change("major", f"column {name} has another label")
        )
    if old["words"] != new["words"]:
        found.append(Change("patch", f"column {name} has other words"))
    return found
