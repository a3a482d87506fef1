"""Walking a tree: every file, every container in it to the bottom, every name. A report without a single needle in it.

`python -m bench.canary.scan FOLDER` scans a home by the identities of its own deliveries and prints the report.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.canary.containers import ContainerError, kind_of, pieces
from bench.canary.needles import Needles, harvest

DEEPEST = 8
RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True)
class Hit:
    """A needle that was found: which form, how often, in which file and where in it. Never the needle."""

    path: str
    inside: str
    form: str
    count: int

    def __str__(self) -> str:
        return f"{self.path}{' > ' + self.inside if self.inside else ''}: {self.form} × {self.count}"


@dataclass(frozen=True, slots=True)
class Report:
    """What was scanned. `unread` lists containers that could not be opened: they are not clean, only unknown."""

    files: int
    content_bytes: int
    containers: Counter[str]
    hits: tuple[Hit, ...]
    unread: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Something was scanned, all of it was read, and nothing was found."""
        return self.files > 0 and not self.hits and not self.unread

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.containers.items()))
        hits = sum(hit.count for hit in self.hits)
        head = (
            f"{self.files} files, {self.content_bytes:,} bytes read, containers opened: {kinds or 'none'}; {hits} hits"
        )
        return "\n".join([head, *map(str, self.hits), *(f"not read: {text}" for text in self.unread)])


def scan(folders: Iterable[Path], *, needles: Needles, skip: Iterable[Path] = ()) -> Report:
    """Scan every file under `folders` (files themselves too), except what lies under `skip`. Links are not followed."""
    skipped = [path.resolve() for path in skip]
    files, total = 0, 0
    containers: Counter[str] = Counter()
    hits: list[Hit] = []
    unread: list[str] = []
    for root, path in _files(folders):
        if any(path.resolve().is_relative_to(place) for place in skipped):
            continue
        name = str(path.relative_to(root.parent))
        hits += _hits(
            needles, name.encode() if not path.is_symlink() else f"{name} {path.readlink()}".encode(), name, "its name"
        )
        if path.is_symlink() or not path.is_file():
            continue
        files += 1
        try:
            content = path.read_bytes()
        except OSError as error:
            unread.append(f"{name}: {type(error).__name__}")
            continue
        for inside, piece in _unpacked(content, path, name, containers, unread):
            total += len(piece)
            hits += _hits(needles, piece, name, inside)
    return Report(files, total, containers, tuple(hits), tuple(unread))


def needles_of(home: Path, *, key: bytes | None) -> Needles:
    """The needles of a home: the identities in its deliveries and the key it was run with."""
    return Needles(harvest(home / RESTRICTED, reference=date.today()), key=key)


def _hits(needles: Needles, content: bytes, name: str, inside: str) -> list[Hit]:
    return [Hit(name, inside, form, count) for form, count in needles.found_in(content).items()]


def _files(folders: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    for folder in folders:
        if not folder.exists():
            raise FileNotFoundError(f"{folder.name}: nothing to scan")
        yield from ((folder, path) for path in ([folder] if folder.is_file() else sorted(folder.rglob("*"))))


def _unpacked(
    content: bytes, path: Path, name: str, containers: Counter[str], unread: list[str]
) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file and of everything inside it, breadth first."""
    waiting: list[tuple[str, bytes, Path | None]] = [("", content, path)]
    depth = {"": 0}
    while waiting:
        inside, piece, place = waiting.pop()
        yield inside, piece
        kind = kind_of(piece, inside or path.name)
        if kind is None:
            continue
        if depth[inside] >= DEEPEST:
            unread.append(f"{name} > {inside}: deeper than {DEEPEST} containers")
            continue
        containers[kind] += 1
        try:
            for part, text in pieces(piece, kind=kind, path=place):
                trail = f"{inside} > {part or kind}" if inside else part or kind
                depth[trail] = depth[inside] + 1
                waiting.append((trail, text, None))
        except ContainerError as error:
            unread.append(f"{name}{' > ' + inside if inside else ''}: {error}")


def main() -> None:
    """Entry of ``python -m bench.canary.scan FOLDER``: exit code 1 when something was found or not read."""
    home = Path(sys.argv[1])
    report = scan([home], needles=needles_of(home, key=None), skip=[home / RESTRICTED])
    print(report)
    raise SystemExit(0 if report.is_clean else 1)


if __name__ == "__main__":
    main()
