"""What every candidate of a test comes to is kept: each outcome and each reason, word for word, in ``outcomes.json`` beside the tests.

An official reads these words when the door stays shut, so they change knowingly, as those of ``tests.refusals`` do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orchestration.publication.candidate import Outcome, Reason
from tests.refusals import told_as_kept


@pytest.fixture(autouse=True)
def outcomes_as_kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every outcome of a test, and every reason that it was given, says what is kept of it."""
    told: list[str] = []
    new_outcome, new_reason = Outcome.__init__, Reason.__init__

    def outcome(made: Outcome, *values: Any, **named: Any) -> None:
        new_outcome(made, *values, **named)
        told.append(f"{made.status} {made.publication_id}: {', '.join(reason.rule_id for reason in made.reasons)}")

    def reason(made: Reason, *values: Any, **named: Any) -> None:
        new_reason(made, *values, **named)
        told.append(f"{made.rule_id} {made.failing_count}: {made.detail}")

    monkeypatch.setattr(Outcome, "__init__", outcome)
    monkeypatch.setattr(Reason, "__init__", reason)
    yield
    # Tests of faults strike at every call; how many there are is no concern here.
    if not request.path.stem.endswith("_faults"):
        told_as_kept(request, told, "outcomes.json")
