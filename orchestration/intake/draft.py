"""A draft of a mapping file for a file nobody has described yet: its headers against the headers that are known.

A draft names headers and what they probably mean; a person checks it. It never shows a cell. A file without a header
line has pupils in its first line, so a line counts as a header only where half of a source's required columns are found
in it, and a text in it is shown only where it cannot be somebody's number.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

from orchestration.intake.inbox import MappingSet
from orchestration.intake.mapping import Column, SourceMapping, normalised_header
from orchestration.intake.reader import HEADER_WITHIN_LINES, MAXIMUM_LINE, decode, physical_lines, split_cells

_SEPARATORS = (";", "\t", ",")
_ENCODINGS = ("utf-8", "cp1252", "utf-16")
_MUCH_ALIKE = 0.72
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = re.compile(r"[0-9]{4}-[0-9]{2}(?![0-9-])")


class NoHeaderError(LookupError):
    """No line of the file looks like the header of a known source; says what to do."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as YAML with comments, and what is left to do.

    `guessed` pairs a canonical column with a header that is only alike; `missing` are required columns not found;
    `unknown_columns` counts headers nobody knows.
    """

    source: str
    text: str
    guessed: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    unknown_columns: int


def draft_mapping(content: bytes, *, file_name: str, known: MappingSet, source: str | None = None) -> Draft:
    """Draft a mapping for a delivered text file from the mappings that exist.

    `source` narrows the search to one source. Raises `NoHeaderError`, or `RefusalError` for a file that is no text.
    """
    text, encoding = decode(content, allowed=_ENCODINGS)
    lines = physical_lines(text)[:HEADER_WITHIN_LINES]
    templates = _templates(known, source)
    if not templates:
        raise NoHeaderError(f"unknown source {source!r}; known: {', '.join(sorted({name for _, name in known}))}")
    best: tuple[float, int, str, list[str], SourceMapping, dict[str, tuple[str, bool]]] | None = None
    for template in templates:
        required = sum(column.required for column in template.columns.values())
        for separator in _SEPARATORS:
            for line in lines:
                cells = split_cells(line, separator) if len(line) <= MAXIMUM_LINE else None
                if cells is None or len(cells) < 2:
                    continue
                found = _matched(cells, template.columns)
                hits = sum(template.columns[name].required for name in found)
                sure = sum(not is_guess for _, is_guess in found.values())
                if hits * 2 >= required and (best is None or (hits / required, sure) > best[:2]):
                    best = (hits / required, sure, separator, cells, template, found)
    if best is None:
        raise NoHeaderError(
            "no line among the first "
            f"{HEADER_WITHIN_LINES} looks like the header of a known source; name it with --source, or put the header "
            "line back if the file has none"
        )
    _, _, separator, cells, template, found = best
    unknown = [cell for cell in cells if cell.strip() and cell not in {header for header, _ in found.values()}]
    missing = tuple(name for name, column in template.columns.items() if column.required and name not in found)
    guessed = tuple((name, header.strip()) for name, (header, is_guess) in found.items() if is_guess)
    text = _yaml(template, found, file_name=file_name, separator=separator, encoding=encoding)
    comments = [f"# Draft for {template.source}: check every line before it is used."]
    comments += [f"# only alike, check: {name} <- {header}" for name, header in guessed]
    comments += [f"# required and not found: {name} ({template.columns[name].headers[0]})" for name in missing]
    shown = [cell.strip() for cell in unknown if _may_be_shown(cell)]
    comments += [f"# not used: {header}" for header in shown]
    if len(unknown) > len(shown):
        comments.append(f"# not used and not shown, since they hold numbers: {len(unknown) - len(shown)}")
    comments += ["# words of choice columns are those of other senders: compare `values` with what this one writes"]
    return Draft(template.source, "\n".join([*comments, text]), guessed, missing, len(unknown))


def _templates(known: MappingSet, source: str | None) -> list[SourceMapping]:
    """One mapping per source with the headers of all municipalities' mappings of it; text files only."""
    merged: dict[str, SourceMapping] = {}
    for (_, name), mapping in sorted(known.items()):
        if (source is not None and name != source) or mapping.format == "parquet":
            continue
        base = merged.setdefault(name, mapping)
        columns = {key: _joined(column, base.columns.get(key)) for key, column in mapping.columns.items()}
        merged[name] = base.model_copy(update={"columns": {**base.columns, **columns}})
    return list(merged.values())


def _joined(column: Column, other: Column | None) -> Column:
    headers = dict.fromkeys([*(other.headers if other else ()), *column.headers])
    values = {**column.values, **(other.values if other else {})}
    return column.model_copy(update={"headers": tuple(headers), "values": values})


def _matched(cells: Iterable[str], columns: Mapping[str, Column]) -> dict[str, tuple[str, bool]]:
    """Canonical column -> (header as delivered, whether it is only alike). Each header is used once."""
    left = {normalised_header(cell): cell for cell in cells if cell.strip()}
    found: dict[str, tuple[str, bool]] = {}
    for name, column in columns.items():
        for header in map(normalised_header, column.headers):
            if name not in found and header in left:
                found[name] = (left.pop(header), False)
    for name, column in columns.items():
        if name in found:
            continue
        candidates = [text for text in left if _may_be_shown(text)]
        near = [
            (difflib.SequenceMatcher(None, header, text).ratio(), text)
            for header in map(normalised_header, column.headers)
            for text in candidates
        ]
        ratio, text = max(near, default=(0.0, ""))
        if ratio >= _MUCH_ALIKE:
            found[name] = (left.pop(text), True)
    return {name: found[name] for name in columns if name in found}


def _may_be_shown(text: str) -> bool:
    return re.search(r"\d{3}", text) is None and len(text) <= 80


def _yaml(
    template: SourceMapping,
    found: Mapping[str, tuple[str, bool]],
    *,
    file_name: str,
    separator: str,
    encoding: str,
) -> str:
    columns = {}
    for name, (header, _) in found.items():
        known = template.columns[name].model_dump(mode="json", exclude_defaults=True)
        columns[name] = {**known, "headers": [header.strip()]}
    for name, column in template.columns.items():
        if name not in found and column.required:
            columns[name] = {**column.model_dump(mode="json", exclude_defaults=True), "headers": list(column.headers)}
    head: dict[str, object] = {"source": template.source, "scope": template.scope}
    head["file_pattern"] = _file_pattern(file_name)
    head["period"] = template.period.model_dump(mode="json", exclude_defaults=True)
    head["separators"] = [separator]
    head["encodings"] = list(dict.fromkeys([encoding.removesuffix("-sig"), "utf-8", "cp1252"]))
    more = template.model_dump(mode="json", exclude_defaults=True)
    kept = {key: value for key, value in more.items() if key not in {*head, "columns", "format"}}
    return yaml.safe_dump({**head, **kept, "columns": columns}, allow_unicode=True, sort_keys=False, width=120)


def _file_pattern(file_name: str) -> str:
    """The name as a pattern: dates and school years become their form, other digits any digits."""
    pattern = re.escape(file_name).replace(r"\-", "-")
    pattern = _DATE.sub(lambda _: "\\d{4}-\\d{2}-\\d{2}", pattern)
    pattern = _YEARS.sub(lambda _: "\\d{4}-\\d{2}", pattern)
    return re.sub(r"(?<![{\d,])\d+(?![},\d])", lambda match: f"\\d{{{len(match[0])}}}", pattern)
