"""Finding the header of a delivered table and what its columns are called here. No data rows, no files."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestration.intake.errors import RefusalError
from orchestration.intake.lines import MAXIMUM_LINE, split_cells
from orchestration.intake.mapping import SourceMapping, normalised_header

MAXIMUM_COLUMNS = 1_000
HEADER_WITHIN_LINES = 50


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands and what it says. `index` counts lines from 0."""

    index: int
    separator: str
    cells: tuple[str, ...]  # as delivered
    width: int  # cells up to the last named one
    places: Mapping[str, int]  # canonical name -> place of its cell
    names: Mapping[str, str]  # canonical name -> header as delivered
    unknown_columns: int


def header_of(head: Sequence[str], *, mapping: SourceMapping) -> Header:
    """The header among the first lines of a text file. Raises `RefusalError`."""

    def cells(line: str, separator: str) -> list[str] | None:
        return split_cells(line, separator) if len(line) <= MAXIMUM_LINE else None

    if all(len(line) > MAXIMUM_LINE for line in head):
        raise RefusalError("E-LONG", hint=f"{MAXIMUM_LINE}")
    rows = {separator: [cells(line, separator) for line in head] for separator in mapping.separators}
    return find_header(rows, mapping=mapping)


def find_header(rows: Mapping[str, Sequence[Sequence[str] | None]], *, mapping: SourceMapping) -> Header:
    """The first row that names all required columns, among the first rows as each separator splits them.

    None stands for a line that cannot be split. Raises `RefusalError`: E-HEADER with the nearest delivered names,
    E-HEADER-TWICE, or E-COLUMNS where a line was too wide to be looked at.
    """
    known = {normalised_header(text): name for name, column in mapping.columns.items() for text in column.headers}
    required = {name for name, column in mapping.columns.items() if column.required}
    best: tuple[int, set[str], list[str]] = (0, required, [])
    is_too_wide = False
    for separator, lines in rows.items():
        for index, cells in enumerate(lines):
            if cells is None or len(cells) > MAXIMUM_COLUMNS:
                is_too_wide = is_too_wide or cells is not None
                continue
            names = [known.get(normalised_header(cell)) for cell in cells]
            found = {name for name in names if name is not None}
            if found and required <= found:
                if len(found) < sum(name is not None for name in names):
                    raise RefusalError("E-HEADER-TWICE")
                places = {name: place for place, name in enumerate(names) if name is not None}
                return Header(
                    index=index,
                    separator=separator,
                    cells=tuple(cells),
                    width=max(place for place, cell in enumerate(cells) if cell.strip()) + 1,
                    places=places,
                    names={name: cells[place].strip() for name, place in places.items()},
                    unknown_columns=sum(
                        name is None and cell.strip() != "" for name, cell in zip(names, cells, strict=True)
                    ),
                )
            if len(found) > best[0]:
                unknown = [cell for cell, name in zip(cells, names, strict=True) if name is None]
                best = (len(found), required - found, unknown)
    if is_too_wide:
        raise RefusalError("E-COLUMNS", hint=str(MAXIMUM_COLUMNS))
    raise RefusalError("E-HEADER", hint=missing_header_hint(sorted(best[1]), best[2], mapping=mapping))


def missing_header_hint(missing: Iterable[str], unknown: Sequence[str], *, mapping: SourceMapping) -> str:
    """`"Årskurs" (nearest in the file: "Arskurs")` for each missing column.

    A file without headers has pupils in its first line: a delivered text is named only when it is much like the header
    looked for and holds no long number.
    """
    candidates = {normalised_header(text): text.strip() for text in unknown if not re.search(r"\d{3}", text)}
    hints = []
    for name in missing:
        header = mapping.columns[name].headers[0]
        near = difflib.get_close_matches(normalised_header(header), candidates, n=1, cutoff=0.7)
        hints.append(f'"{header}"' + (f' (nearest in the file: "{candidates[near[0]]}")' if near else ""))
    return ", ".join(hints)
