"""The manifest: what a version holds, by hash. It is written last, and the ledger anchors its own hash.

Belongs here: its shape, writing and reading it. Does not: hashing content (``content``), checking (``verify``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from expectations.contracts import CONTRACT_VERSION
from orchestration.publication.act import Act
from orchestration.publication.candidate import Candidate, Reason
from orchestration.publication.content import Content, sha256_of_content
from orchestration.publication.disclosure_check import Disclosure
from orchestration.publication.gate import GateVerdict
from orchestration.publication.waiving import WaiverLine

NAME = "manifest.json"
WRITERS = ("duckdb", "pyarrow", "xlsxwriter")


def build(
    candidate: Candidate,
    *,
    publication_id: str,
    parent: str | None,
    content: Content,
    files: Mapping[str, Mapping[str, Any]],
    gate: GateVerdict,
    own: tuple[Reason, ...],
    act: Act,
    waivers: tuple[WaiverLine, ...],
    disclosure: Disclosure,
) -> dict[str, Any]:
    """The manifest of a version. ``content`` is compared between runs; ``recorded`` is not, and holds no time."""
    return {
        "publication_id": publication_id,
        "municipality_code": candidate.municipality_code,
        "funding_year": candidate.funding_year,
        "parent": parent,
        "revision_type": act.revision_type,
        "reason": act.reason,
        "decision": act.decision,
        "content_sha256": sha256_of_content(content),
        "content": content,
        "recorded": {
            **candidate.recorded,
            "basis": candidate.basis,
            "is_demo": candidate.is_demo,
            "budget_ore": candidate.budget_ore,
            "contract_version": CONTRACT_VERSION,
            "disclosure": disclosure.recorded(),
            "gate": {
                "required_rules": list(gate.required_rules),
                "own_rules": {reason.rule_id: reason.failing_count for reason in own},
            },
            "proposal": act.proposal,
            "approvals": [approval.plain() for approval in act.approvals],
            "waivers": [line.plain() for line in waivers],
            "files": dict(files),
            "writers": {name: version(name) for name in WRITERS},
        },
    }


def to_bytes(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as JSON that a person can read: sorted keys, indented, ended by a newline."""
    return (json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def load(version_dir: Path) -> dict[str, Any]:
    """Read the manifest of a version. Raises OSError or ValueError where there is none or it is no JSON object."""
    manifest = json.loads((version_dir / NAME).read_bytes())
    if not isinstance(manifest, dict):
        raise ValueError(f"{NAME} of {version_dir.name} is no JSON object")
    return manifest
