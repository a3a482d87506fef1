"""What the door says when something is wrong: file, row, column and code, in Swedish or English. Never a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import yaml

Language = Literal["sv", "en"]

_ROW_WORD = {"sv": "rad", "en": "row"}
_COLUMN_WORD = {"sv": "kolumn", "en": "column"}


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every reason code with its words in `sv` and `en`."""
    text = resources.files("orchestration.intake").joinpath("messages.yml").read_text("utf-8")
    return yaml.safe_load(text)


def safe_name(file_name: str) -> str:
    """A file name fit to be shown: long numbers, which may be somebody's identity, are blotted out."""
    return re.sub(r"\d{6}[-+]?\d{4,}|\d{9,}", "…", file_name)


@dataclass(frozen=True, slots=True)
class DoorError:
    """One problem at one place. `row` is the physical line from 1; `hint` may hold header names, never a cell."""

    file: str
    code: str
    row: int | None = None
    column: str | None = None
    hint: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "file", safe_name(self.file))

    def text(self, language: Language = "sv") -> str:
        """`elever_2026-10-15.csv, rad 1 204, kolumn "Personnummer": felaktig kontrollsiffra (E-PNR-CHECKSUM)`."""
        place = [self.file]
        if self.row is not None:
            thousands = " " if language == "sv" else ","
            place.append(f"{_ROW_WORD[language]} {self.row:,}".replace(",", thousands))
        if self.column is not None:
            place.append(f'{_COLUMN_WORD[language]} "{self.column}"')
        words = catalogue()[self.code][language]
        return f"{', '.join(place)}: {words} ({self.code})" + (f"; {self.hint}" if self.hint else "")


class RefusalError(Exception):
    """A whole file is refused. Raised inside the door only; callers get it as a delivery with status `refused`."""

    def __init__(self, code: str, *, hint: str = "", encoding: str = "", physical_rows: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.hint = hint
        self.encoding = encoding
        self.physical_rows = physical_rows


class ConservationError(AssertionError):
    """Rows were lost or made between reading and writing: a defect of the door itself."""
