"""What a child of the fault server does: each function is one act of the program, with plain arguments.

Belongs here: taking deliveries in, publishing, reading what is published. Does not: Dagster, judging what came of it.
"""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path

from orchestration.intake.door import read_deliveries
from orchestration.intake.inbox import load_mapping_set, sweep
from orchestration.intake.pseudonym import demo_key
from orchestration.publication.publish import publish as publish_candidate

ROOT = Path(__file__).resolve().parents[2]
MUNICIPALITY = "9999"
NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)


def load(home: str) -> str:
    """Take in what lies in the inbox and read it, as the first step of a run does."""
    mappings = load_mapping_set(ROOT / "policies", municipality_codes=[MUNICIPALITY])
    sweep(Path(home), mappings=mappings, received=NOW)
    report = read_deliveries(Path(home), mappings=mappings, key=demo_key(1))
    return "refused" if report.refused else "loaded"


def publish(root: str, material: str) -> str:
    """Publish a pickled (candidate, verdict) of our own making."""
    candidate, verdict = pickle.loads(Path(material).read_bytes())
    return publish_candidate(candidate, root=Path(root), gate=verdict, actor="annika", now=NOW).status
