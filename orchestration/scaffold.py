"""A policy folder to begin with: whose it is, the values a municipality must decide, drafts of mappings.

Belongs here: writing that folder whole or not at all. Does not: what the values mean (``resources.policies``), words for
the terminal (``cli_init``).
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from models_py.errors import LikvardError
from orchestration.resources.governance import ROLES_FILE, read_roles
from orchestration.resources.policies import load_policy
from orchestration.resources.policy_years import Entry
from orchestration.settings import REPOSITORY
from orchestration.texts import say

EXAMPLE_SOURCES = REPOSITORY / "policies" / "9999" / "sources"
DEFAULT = "default"

TO_DECIDE = {
    "base.budget_per_pupil_sek": "What is shared among all school units, in kronor per pupil F-9 and year. Instead, "
    "base.budget_sek gives one sum.",
    "base.grade_weights": "What a pupil of each grade counts for; the timetable's hours are the usual ground. It moves money "
    "between schools with younger and older pupils.",
    "structural.share": "Part of the budget that follows need. Less is moved than this; compare degrees with "
    "`likvard scenarios`.",
    "structural.function": "How the part follows the index; linear: index 200 gives twice the kronor per pupil of index 100.",
    "index.minimum_pupils": "Below this a school unit shares its index with the nearest small ones: money reveals an index.",
    "cost_types.base_part": "What the base part pays for, by statutory cost type: an independent organiser's decision shows it. "
    "cost_types_sek gives meals or premises in kronor per pupil before the parts.",
    "cost_types.structural_part": "The structural part has no cost type of its own in law; say where it is used.",
    "overheads.method": "How 3 % administration and 6 % VAT are read: compound_add_on, additive, gross_up, gross_up_joint.",
    "need.factors": "The background that counts. Every factor must be in the delivered files.",
    "need.newly_arrived": "Whether the newly arrived stand in the index (in_index) or get a pot of their own (per_head).",
    "need.count_dates": "One count or the mean of the two latest; two are steadier from year to year.",
}
"""Keys that a municipality has to decide itself, and what to think of. All others are inherited."""


ROLES = """\
# yaml-language-server: $schema=../roles.schema.json
# Who may do what with a publication. Users are the names by which people log in to the machine where likvard runs.
# Two different persons who may approve must approve before anything is decided; as long as none is named, nothing is.
# Where nobody is named who may propose, whoever can write to the home does.
proposer_may_approve: false
official:
  users: []
  may: [propose, publish]
controller:
  users: []
  may: [approve, waive]
board:
  users: []
  may: [approve]
"""
"""``roles.yml`` to begin with: the usual sharing of rights, and nobody named."""


class ScaffoldError(LikvardError):
    """A folder that cannot be written; the message says why."""


@dataclass(frozen=True, slots=True)
class Scaffold:
    """A written policy folder and its files, by name."""

    folder: Path
    files: tuple[str, ...]


def write_scaffold(policies: Path, *, municipality_code: str, name: str | None = None) -> Scaffold:
    """Write ``policies/<code>/`` with proposals only, taken from the default policy, and check that it loads.

    Raises ScaffoldError for a code that is not four ASCII digits, an empty name, a folder that is there already, and a
    missing default policy; PolicyError for a default policy that cannot be read.
    """
    code = municipality_code
    if not re.fullmatch(r"[0-9]{4}", code):
        raise ScaffoldError(say("unknown_municipality", code=code))
    if name is not None and not name.strip():
        raise ScaffoldError(say("init_name"))
    folder = policies / code
    if folder.exists() or folder.is_symlink():
        raise ScaffoldError(say("init_exists", path=str(folder)))
    if not (policies / DEFAULT).is_dir():
        raise ScaffoldError(say("init_no_default", folder=str(policies)))
    default = load_policy(policies / DEFAULT, municipality_code=code, defaults=policies / DEFAULT)
    texts = {
        "municipality.yml": _municipality(code, (name or code).strip()),
        "model.yml": _values({key: default.parameters[key] for key in TO_DECIDE if key in default.parameters}),
    }
    texts[ROLES_FILE] = ROLES
    texts |= {f"sources/{path.name}": _source(path) for path in sorted(EXAMPLE_SOURCES.glob("*.yml"))}
    draft = Path(tempfile.mkdtemp(prefix=".init-", dir=policies))
    try:
        for file, text in texts.items():
            path = draft / code / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        load_policy(draft / code, municipality_code=code, defaults=policies / DEFAULT)
        read_roles(draft / code)
        (draft / code).rename(folder)
    finally:
        shutil.rmtree(draft)
    return Scaffold(folder, tuple(sorted(texts)))


def _municipality(code: str, name: str) -> str:
    return (
        "# yaml-language-server: $schema=../municipality.schema.json\n"
        "# Values that do not stand in this folder are those of the default policy: examples that nobody has decided.\n"
        f"extends: {DEFAULT}\n"
        f"municipality_code: {json.dumps(code)}\n"
        f"name: {json.dumps(name, ensure_ascii=False)}\n"
        "# pupil_level: own pupils and results; delivered_index: an index that was ordered; school_aggregate: open statistics.\n"
        "intake_mode: pupil_level\n"
        "# Where published/<code>/ is served and who answers for it; with these a version holds dcat.rdf for the data portal.\n"
        "# publication: {base_iri: https://data.kommunen.se/resursfordelning, contact_email: utbildning@kommunen.se}\n"
    )


def _values(entries: dict[str, Entry]) -> str:
    """The entries as a value file: what each is about, then its values as proposals."""
    lines = [
        "# yaml-language-server: $schema=../policy.schema.json",
        "# Proposals to decide on; the values are the default policy's examples. Where the board has decided, write",
        "#   status: decided, decided: <day>, decided_by: <board and paragraph>",
        "# A value holds whole calendar years. When it changes, end the old one on 31 December and add a new one below it.",
    ]
    section = ""
    for key, entry in entries.items():
        top, name = key.split(".", 1)
        if top != section:
            lines += ["", f"{top}:"]
            section = top
        lines += [
            f"  # {TO_DECIDE[key]}",
            f"  {name}:",
            f"    description: {_text(_description(entry.item.description))}",
        ]
        lines.append("    values:")
        for interval in entry.item.values:
            lines += [
                f"      - valid_from: {interval.valid_from}",
                f"        valid_to: {interval.valid_to}",
                f"        value: {_text(interval.value)}",
                f"        unit: {interval.unit}",
                f"        mode: {interval.mode}",
                *([] if interval.index is None else [f"        index: {_text(interval.index)}"]),
                "        status: proposal",
                f"        legal_basis: {_text(interval.legal_basis)}",
            ]
    return "\n".join(lines) + "\n"


def _description(text: str) -> str:
    """Without the default policy's own reservation; the status says that it is a proposal."""
    return re.sub(r"^Example values?, not decided by anyone\. ", "", text)


def _text(value: Any) -> str:
    """A value on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return str(value)
    is_plain = re.fullmatch(r"[a-z][a-z_]*", str(value)) and isinstance(yaml.safe_load(str(value)), str)
    return str(value) if is_plain else json.dumps(str(value), ensure_ascii=False)


def _source(path: Path) -> str:
    """A mapping of the example as a draft: its comments speak of no municipality."""
    text = path.read_text(encoding="utf-8")
    return "# Draft: compare names of files, headers and values with your own export.\n" + text.replace(
        "The example municipality's", "The municipality's"
    )
