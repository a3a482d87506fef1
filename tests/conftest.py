"""The order of test files: those that take minutes come first, so that two workers end together."""

from __future__ import annotations

import pytest

LONG = (
    "pipeline/test_pipeline_demo", "pipeline/test_pipeline_spoiled", "bench/test_bench_single_faults", "publication/test_publication_faults",
    "publication/test_publication_decide", "pipeline/", "privacy/", "dbt/", "orchestration/publication/", "orchestration/intake/", "cli/",
)  # fmt: skip
"""Parts of paths, the longest first; what none of them names comes after."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole files in the order of ``LONG``; inside a file and after those, as they were collected."""

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((number for number, part in enumerate(LONG) if part in path), len(LONG))

    items.sort(key=place)
