"""Mapping files: how one source's files look and what their columns mean. YAML in, checked frozen models out.

A mapping says everything that differs between senders, so that a new sender, a renamed header or one decimal more needs
no change of code. What an accepted table holds is fixed elsewhere (`schemas`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Literal, Self

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestration.intake.schemas import ACCEPTED, LEAD

CellType = Literal[
    "text",
    "identity",
    "identity_kind",
    "protected_mark",
    "organisation_number",
    "school_unit_code",
    "school_unit_codes",
    "municipality_code",
    "grade",
    "grades",
    "choice",
    "bool",
    "date",
    "int",
    "decimal",
    "school_year",
    "published_count",
    "published_share_percent",
    "published_value",
]
Encoding = Literal["utf-8", "utf-16", "cp1252"]

_ARROW_KINDS: Mapping[str, tuple[pa.DataType, ...]] = {
    "bool": (pa.bool_(),),
    "date": (pa.date32(),),
    "int": (pa.int32(),),
    "decimal": (pa.float64(),),
    "published_count": (pa.int32(),),
    "published_share_percent": (pa.float64(),),
    "published_value": (pa.float64(),),
    "choice": (pa.string(), pa.int32()),
}
PUBLISHED_TYPES = frozenset({"published_count", "published_share_percent", "published_value"})
SCHOOL_YEAR_ENDS = (6, 30)  # month and day


class MappingError(ValueError):
    """A mapping file that cannot be used; names the file and what to mend."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BoundsBy(_Model):
    """Bounds of a value that depend on another column, as `{pattern: [minimum, maximum]}`; the first match counts."""

    column: str
    patterns: Mapping[str, tuple[float, float]]


class Column(_Model):
    """One column of the delivered file and the canonical column it becomes."""

    headers: tuple[str, ...] = Field(min_length=1)  # the first is the one named in messages
    type: CellType
    required: bool = False  # the header must be there
    nullable: bool = True  # the cell may be empty
    personal: Literal["identity", "none"] = "none"
    values: Mapping[str, str | int | bool] = {}  # words of the sender -> canonical, for choice and bool
    missing: tuple[str, ...] = ()  # words that mean an empty cell
    minimum: float | None = None
    maximum: float | None = None
    digits: tuple[int, ...] = (8,)  # lengths of a school unit code
    must_equal_period: bool = False  # not kept; a row of another period is rejected
    forget_with: str | None = None  # a sole trader's number takes this column (the name) with it
    bounds_by: BoundsBy | None = None

    @model_validator(mode="after")
    def _identity_is_declared(self) -> Self:
        if (self.type == "identity") != (self.personal == "identity"):
            raise ValueError("`type: identity` and `personal: identity` go together")
        if self.type == "choice" and not self.values:
            raise ValueError("`type: choice` needs `values`")
        return self


class Period(_Model):
    """Where the period of a file stands: in a preamble line, in its name, or fixed.

    Patterns have the named group `date` (ISO), or `start` (first year) with or without `end` of a school year. The
    preamble outranks the name; where both speak they must agree.
    """

    kind: Literal["date", "school_year", "all"]
    preamble: str | None = None
    file_name: str | None = None

    @field_validator("preamble", "file_name")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None and not {"date", "start"} & set(re.compile(pattern).groupindex):
            raise ValueError("a period pattern needs the named group `date` or `start`")
        return pattern


class Footnotes(_Model):
    """Lines after the data. The first that matches `starts_with` begins them; required: without them it is cut off."""

    starts_with: str
    required: bool = True


class SourceMapping(_Model):
    """One source: the files it takes and the columns in them."""

    source: str
    scope: Literal["municipal", "national"]
    file_pattern: str  # regular expression on the whole file name
    period: Period
    format: Literal["csv", "parquet"] = "csv"
    separators: tuple[str, ...] = (";", "\t", ",")  # the first that shows the header counts
    encodings: tuple[Encoding, ...] = ("utf-8", "cp1252", "utf-16")
    footnotes: Footnotes | None = None
    one_row_per_unit: bool = False  # a rejected or doubled row is critical for the unit's municipality
    protected_identity: Literal["count_only", "random_key"] = (
        "count_only"  # how pupils with protected identity may come
    )
    rejected_share_critical: float = Field(default=0.005, ge=0, le=1)
    duplicate_share_critical: float = Field(default=0.01, ge=0, le=1)
    columns: Mapping[str, Column]

    @model_validator(mode="after")
    def _fits_the_accepted_table(self) -> Self:
        if self.source not in ACCEPTED:
            raise ValueError(f"unknown source {self.source!r}; known: {', '.join(ACCEPTED)}")
        schema = ACCEPTED[self.source]
        lead = {name for name, _ in LEAD}
        for name, column in self.columns.items():
            if column.must_equal_period or column.type == "protected_mark":
                continue  # looked at, not kept
            is_national_place = name == "municipality_code" and self.scope == "national"
            if name not in schema.names or (name in lead and not is_national_place):
                raise ValueError(
                    f"{name!r} is no column of {self.source}; known: {', '.join(schema.names[len(lead) :])}"
                )
            if schema.field(name).type not in _ARROW_KINDS.get(column.type, (pa.string(),)):
                raise ValueError(f"{name!r} is {schema.field(name).type}, which `type: {column.type}` does not give")
            if column.type in PUBLISHED_TYPES and f"{name}_code" not in schema.names:
                raise ValueError(f"{name!r} has no column {name}_code to say how it was published")
            if column.forget_with is not None and column.forget_with not in self.columns:
                raise ValueError(f"{name!r} forgets {column.forget_with!r}, which is not mapped")
            if column.bounds_by is not None and column.bounds_by.column not in self.columns:
                raise ValueError(f"{name!r} takes bounds by {column.bounds_by.column!r}, which is not mapped")
        words = [word for column in self.columns.values() for word in column.values.values()]
        if "local_key" in words and self.protected_identity == "count_only":
            raise ValueError(
                "a word stands for `local_key`, but pupils with protected identity come as counts only; set "
                "`protected_identity: random_key` if the data protection officer has agreed to local keys"
            )
        taken = [normalised_header(header) for column in self.columns.values() for header in column.headers]
        doubled = sorted({header for header in taken if taken.count(header) > 1})
        if doubled:
            raise ValueError(f"headers that stand for two columns: {', '.join(doubled)}")
        return self

    @property
    def sha256(self) -> str:
        """Hash of what the mapping says; a delivery read under another mapping is read again."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def takes(self, file_name: str) -> bool:
        """Whether a file of this name belongs to the source."""
        return re.fullmatch(self.file_pattern, file_name) is not None

    def period_of(self, file_name: str, *, preamble: Iterable[str] = ()) -> str | None:
        """The period of a file: ISO date, school year `2025/26`, or `all`; None when absent or contradictory."""
        if self.period.kind == "all":
            return "all"
        found = []
        if self.period.preamble is not None:
            found += [re.search(self.period.preamble, line) for line in preamble]
        if self.period.file_name is not None:
            found.append(re.search(self.period.file_name, file_name))
        periods = {_period(match, kind=self.period.kind) for match in found if match is not None}
        return periods.pop() if len(periods) == 1 else None


def parse_mapping(text: str, *, name: str) -> SourceMapping:
    """Check one mapping file. Raises `MappingError` naming the file and every problem."""
    try:
        return SourceMapping.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f" line {mark.line + 1}"
        raise MappingError(f"{name}{place}: not valid YAML") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'file'}: {item['msg']}" for item in error.errors())
        raise MappingError(f"{name}: {problems}") from None


def load_mappings(folder: Path) -> tuple[SourceMapping, ...]:
    """All mapping files (`*.yml`) of a folder, in name order. An absent folder has none."""
    return tuple(parse_mapping(path.read_text("utf-8"), name=path.name) for path in sorted(folder.glob("*.yml")))


def normalised_header(text: str) -> str:
    """A header as compared: composed letters, single spaces, no case."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def reference_day(period: str) -> date:
    """A day on which the people of the period lived: the count date, or the end of the school year.

    `all` has none and gives the last day a date can have, so that no birth is refused for it.
    """
    if period == "all":
        return date.max
    if "/" in period:
        return date(int(period[:4]) + 1, *SCHOOL_YEAR_ENDS)
    return date.fromisoformat(period)


def period_slug(period: str) -> str:
    """The period as part of a file name: `2025/26` becomes `2025-26`."""
    return period.replace("/", "-")


def _period(match: re.Match[str], *, kind: str) -> str | None:
    groups = match.groupdict()
    if kind == "date":
        try:
            return date.fromisoformat(groups["date"]).isoformat()
        except (KeyError, TypeError, ValueError):
            return None
    start = groups.get("start")
    if start is None or not start.isascii() or len(start) != 4:
        return None
    following = f"{(int(start) + 1) % 100:02d}"
    if groups.get("end") not in (None, following):
        return None
    return f"{start}/{following}"
