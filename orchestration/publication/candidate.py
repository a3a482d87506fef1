"""What goes into a publication and what comes out: plain values.

Belongs here: Candidate, Outcome, Reason and what a candidate may record. Does not: judging or writing them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from models_py.disclosure import DisclosureRule
from orchestration.publication.catalogue import Catalogue

BASES = ("pupil_level", "delivered_index", "open_statistics")
INPUT_FIELDS = frozenset({"source", "municipality_code", "period", "delivery_id", "sha256"})
"""What is published of an input: never a file name or a sender, which may name a person."""
RESERVED = frozenset(
    {
        "basis", "is_demo", "budget_ore", "contract_version", "files", "gate", "writers", "proposal", "approvals", "waivers",
        "disclosure",
    }
)  # fmt: skip
"""What the publication itself records, beside what the run tells it."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a candidate was refused: the rule, how many rows break it, and in words where (never a pupil's value)."""

    rule_id: str
    failing_count: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The tables of one municipality and funding year, not yet published.

    Attributes
    ----------
    tables : every published table but ``dim_publication``, by name, without ``publication_id``
    policy_sha256 : hash of the policy's values as resolved for the year
    budget_ore : what the lines must add up to, in öre; None only for a price list, which has no fixed total
    recorded : ``code``, ``lock_sha256``, ``inputs`` (fields: ``INPUT_FIELDS``), ``fits``, and what else the run wants
        to record; JSON values, not compared between runs
    catalogue : who publishes and where, for ``dcat.rdf``; None where the policy names no address
    disclosure : the thresholds by which its tables withhold counts of background, and are attacked
    """

    municipality_code: str
    funding_year: int
    basis: str
    tables: Mapping[str, pd.DataFrame]
    policy_sha256: str
    budget_ore: int | None
    recorded: Mapping[str, Any] = field(default_factory=dict)
    is_demo: bool = False
    catalogue: Catalogue | None = None
    disclosure: DisclosureRule = field(default_factory=DisclosureRule)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{4}", self.municipality_code):
            raise ValueError(f"municipality_code {self.municipality_code!r}: four digits are needed")
        if not 1990 <= self.funding_year <= 9999:
            raise ValueError(f"funding_year {self.funding_year}: a year with four digits is needed")
        if self.basis not in BASES:
            raise ValueError(f"basis {self.basis!r}: one of {', '.join(BASES)}")
        if not _SHA256.fullmatch(self.policy_sha256):
            raise ValueError("policy_sha256: 64 hexadecimal digits are needed")
        if taken := sorted(RESERVED & set(self.recorded)):
            raise ValueError(f"recorded holds {taken}, which the publication records itself; leave them out")
        for number, source in enumerate(self.recorded.get("inputs", []), start=1):
            if foreign := sorted(set(source) - INPUT_FIELDS):
                raise ValueError(f"input {number} has {foreign}; only {sorted(INPUT_FIELDS)} are published")
        json.dumps(dict(self.recorded))  # a value that is no JSON raises here, before anything is written


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a candidate.

    ``published``: a new version, or one that a crash had left without its pointer. ``verified``: the newest
    version already holds this content and its files are whole. ``refused``: nothing was written; ``reasons`` say why.
    """

    status: Literal["published", "verified", "refused"]
    municipality_code: str
    funding_year: int
    publication_id: str | None
    path: Path | None
    reasons: tuple[Reason, ...]
    content_sha256: str | None
