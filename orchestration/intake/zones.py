"""The zones of a data root and their modes: who may look where. Creating and checking only; no data passes here."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ZONES: Mapping[str, int] = {"restricted": 0o700, "pseudonymised": 0o750, "aggregate": 0o750, "published": 0o755}
FILE_MODES: Mapping[str, int] = {"restricted": 0o400, "pseudonymised": 0o640, "aggregate": 0o640, "published": 0o644}


@dataclass(frozen=True, slots=True)
class ZoneProblem:
    """A path of a zone whose mode is wider than settled, or a zone that is missing (`found` is None)."""

    path: Path
    allowed: int
    found: int | None

    def __str__(self) -> str:
        found = "missing" if self.found is None else f"mode {self.found:04o}"
        return f"{self.path}: {found}, may be at most {self.allowed:04o}; run `chmod {self.allowed:04o}` on it"


def create_zones(home: Path) -> None:
    """Create the four zones under `home` with their settled modes, whatever the umask; existing ones are set right."""
    home.mkdir(parents=True, exist_ok=True)
    for name, mode in ZONES.items():
        make_folder(home / name, mode=mode)
        (home / name).chmod(mode)


def make_folder(path: Path, *, mode: int) -> None:
    """Create `path` and its missing parents, all with `mode`, whatever the umask. Existing folders are left as is."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(mode=mode, exist_ok=True)
        folder.chmod(mode)


def check_zones(home: Path) -> tuple[ZoneProblem, ...]:
    """Everything under the zones that is missing or open to more people than settled; empty when all is well.

    A folder may be at most as open as its zone; in `restricted` nothing may be open to group or others.
    """
    problems = []
    for name, allowed in ZONES.items():
        zone = home / name
        if not zone.is_dir():
            problems.append(ZoneProblem(zone, allowed, None))
            continue
        for path in (zone, *sorted(zone.rglob("*"))):
            if path.is_symlink():
                continue  # a link has no mode of its own
            found = stat.S_IMODE(path.stat().st_mode)
            if found & ~allowed & 0o777:
                problems.append(ZoneProblem(path, allowed, found))
    return tuple(problems)
