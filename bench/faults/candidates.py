"""Small whole candidates for publication, as the tests build them, with the gate's verdict: pickled for a child to publish.

Belongs here: borrowing the tests' builder. Does not: building tables.
"""

from __future__ import annotations

import importlib
import pickle
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from orchestration.publication.candidate import Candidate

BUILDER = Path(__file__).resolve().parents[2] / "tests" / "orchestration" / "publication"


@cache
def builder() -> ModuleType:
    """The module ``candidates`` of the publication's tests; it lies beside the tests and is no package."""
    return _beside_the_tests("candidates")


@cache
def acts() -> ModuleType:
    """The module ``deciding`` of the publication's tests: who may do what in a small municipality."""
    return _beside_the_tests("deciding")


def _beside_the_tests(name: str) -> ModuleType:
    if str(BUILDER) not in sys.path:
        sys.path.insert(0, str(BUILDER))
    return importlib.import_module(name)


def candidate(seed: int, *, code: str = "9999", units: int = 1) -> Candidate:
    """A whole candidate; another ``seed`` is another content."""
    return builder().candidate(code, units=units, seed=seed)


def write(path: Path, seed: int, *, units: int = 1) -> str:
    """Pickle (candidate, verdict) to ``path``. Returns the hash of its content."""
    made = candidate(seed, units=units)
    verdict = builder().verdict(made)
    path.write_bytes(pickle.dumps((made, verdict)))
    return str(verdict.content_sha256)
