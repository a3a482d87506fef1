"""``make contract``: keep the present published contract as released, beside the earlier ones.

Belongs here: writing ``expectations/contracts/released/<version>.json``. Does not: comparing (``expectations``).
A released contract is never rewritten; the version has to say what has changed since the last one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from expectations.contracts import CONTRACT_VERSION
from expectations.contracts.versioning import VersionError, check_version, present_snapshot, released, to_text

RELEASED = Path(__file__).resolve().parent.parent / "expectations" / "contracts" / "released"


def release(folder: Path) -> Path:
    """Write the snapshot. Raises VersionError where it exists with other content, or the version does not fit."""
    present, path = present_snapshot(), folder / f"{CONTRACT_VERSION}.json"
    earlier = [snapshot for snapshot in released() if snapshot["version"] != CONTRACT_VERSION]
    if earlier:
        check_version(earlier[-1], present)
    if path.exists() and path.read_text("utf-8") != to_text(present):
        raise VersionError(f"contract {CONTRACT_VERSION} is released and has another content; take the next version")
    path.write_text(to_text(present), encoding="utf-8")
    return path


def main() -> None:
    """Entry of ``python -m bench.contract``."""
    try:
        print(release(RELEASED))
    except VersionError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
