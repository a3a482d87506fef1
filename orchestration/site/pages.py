"""What every kind of page is made of: the page, its tables, and what the makers of pages are handed.

Belongs here: shapes of values between the makers and the templates. Does not: any one page, rendering.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestration.resources.pages_file import Comments, Pages
from orchestration.site.reading import Book
from orchestration.site.speaking import Speaker

Cell = Any
"""Text or markup."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first cell of a row is its heading, a row of one cell heads those below. ``numbers``: columns (from 0) of numbers; ``foot``: the last row."""

    caption: Cell
    heads: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int] = ()
    foot: Sequence[Cell] = ()
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an article: heading and blocks in order; a block is (kind, value): p, h3, list, table, folded (summary and table),
    quote, picture, or chart (picture and the words below it)."""

    anchor: str
    heading: Cell
    blocks: Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of one language: its file, template, title, and every value that the template shows.

    ``values`` hold no reference to the publication's id, so that a page whose figures stand is not made anew.
    """

    path: str
    template: str
    title: str
    values: Mapping[str, Any]
    has_pdf: bool = False
    current: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a maker of pages reads: the publication, one language, the municipality's own words and round of comments."""

    book: Book
    speaker: Speaker
    pages: Pages
    comments: Comments | None
    municipality: str
    with_pdf: bool = True
    shared: dict[str, Any] = field(default_factory=dict)

    @property
    def year(self) -> str:
        """The funding year as text."""
        return str(self.book.publication.funding_year)
