"""What all tests share: one marker, known also where pytest-xdist is switched off."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "xdist_group(name): tests that share a home run in one worker")
