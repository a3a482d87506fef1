"""What to do where a program that the tests need is not on the machine."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Skip with a reason; where the CI has promised to install it, the lack is a failure."""
    reason = f"{what} is not on this machine; .ci/run installs it"
    (pytest.fail if os.environ.get("LIKVARD_CI") else pytest.skip)(reason)
