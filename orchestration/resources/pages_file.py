"""What a municipality's pages say beside its tables: who decides, whom to ask, how to appeal, names of its components.

Belongs here: the shape and the reading of ``pages.yml`` and ``comments/<year>.yml`` of a policy folder, with file and line.
Does not: policy values (``policies``), the pages (``orchestration.site``). Neither file belongs to the content hash.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from orchestration.resources.checked_text import checked
from orchestration.resources.policy_text import read_policy_text
from orchestration.resources.shape_types import Strict, Text

PAGES_FILE, COMMENTS_FOLDER = "pages.yml", "comments"
Email = Annotated[str, Field(pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+$")]
Year = Annotated[str, Field(pattern=r"^20[0-9]{2}$")]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]


class Both(Strict):
    """One text in the two languages of the pages."""

    sv: Text
    en: Text

    def told(self, language: str) -> str:
        """The text in one of them."""
        return self.sv if language == "sv" else self.en


class Deciding(Strict):
    """Who decides what an organiser is paid, by what delegation, and where the decision is appealed."""

    board: Both
    decided_by: Both
    delegation: Both
    court: Both
    address: Text


class Contact(Strict):
    """Whom a head teacher or an organiser asks."""

    name: Both
    email: Email
    phone: Text | None = None


class Pages(Strict):
    """``pages.yml``. ``questions_until``: funding year to the last day on which the proposal may be questioned; ``names``:
    component_code, or component_code.line_code, to the name that readers meet."""

    deciding: Deciding | None = None
    contact: Contact | None = None
    questions_until: dict[Year, date] = {}
    names: dict[Key, Both] = {}


class Comment(Strict):
    """One comment on a proposal, and the municipality's answer."""

    comment_from: Text
    organiser_type: Literal["municipal", "independent", "other"]
    received: date
    text: Both
    answer: Both | None = None
    answered: date | None = None
    led_to_change: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Comment:
        if (self.answer is None) != (self.answered is None):
            raise ValueError("an answer has its day: give 'answer' and 'answered', or neither")
        if self.answered is not None and self.answered < self.received:
            raise ValueError(f"answered {self.answered} is before received {self.received}")
        if self.led_to_change and self.answer is None:
            raise ValueError("led_to_change needs an answer that says what was changed")
        return self


class Comments(Strict):
    """``comments/<year>.yml``: the reference group's round on one funding year's proposal."""

    round_closes: date
    comments: list[Comment]


def read_pages(folder: Path) -> Pages:
    """``pages.yml`` of a policy folder; an empty one where there is none. Raises PolicyError with file and line."""
    path = folder / PAGES_FILE
    return checked(Pages, read_policy_text(path)) if path.is_file() else Pages()


def read_comments(folder: Path, *, funding_year: int) -> Comments | None:
    """The round of one funding year; None where there is no file. Raises PolicyError with file and line."""
    path = folder / COMMENTS_FOLDER / f"{funding_year}.yml"
    if not path.is_file():
        return None
    return checked(Comments, read_policy_text(path, name=f"{folder.name}/{COMMENTS_FOLDER}/{path.name}"))
