"""The file ``operations.yml``: limits of the doctor, when publications are due, who is told.

Belongs here: its shape, and reading it with file and line. Does not: secrets (they lie in files that it names).
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from orchestration.resources.checked_text import checked
from orchestration.resources.policy_text import PolicyError, read_policy_text
from orchestration.resources.shape_types import Share, Strict, Text


def _day(text: str) -> str:
    try:
        date.fromisoformat(f"2027-{text}")  # not a leap year: 29 February is no day to be due on
    except ValueError:
        raise ValueError(f"{text!r} is no day of every year; write month and day, such as '10-31'") from None
    return text


DayOfYear = Annotated[str, Field(pattern=r"^[0-9]{2}-[0-9]{2}$"), AfterValidator(_day)]
Port = Annotated[int, Field(ge=1, le=65535)]
Code = Annotated[str, Field(pattern=r"^[0-9]{4}$")]


class Due(Strict):
    """A publication that must stand each year: on ``due`` of the year before its funding year.

    ``counts_from``: one recorded before this day of that year is too old to count (made before the count date, say).
    """

    pointer: Literal["proposed", "current"]
    due: DayOfYear
    counts_from: DayOfYear | None = None
    municipalities: Annotated[list[Code], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Due:
        if self.counts_from is not None and self.counts_from > self.due:
            raise ValueError("counts_from is after due")
        return self


class Email(Strict):
    """A mail server. The password lies in a file that only the service account reads."""

    host: Text
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Text | None = None
    password_file: Text | None = None
    sender: Text
    recipients: Annotated[list[Text], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_together(self) -> Email:
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file go together")
        if self.security == "none" and self.user is not None:
            raise ValueError("a password is not sent over an open line; use starttls or tls")
        return self


class Teams(Strict):
    """A Power Automate flow that posts a card to a channel. Its address holds a signature and lies in a file."""

    url_file: Text


class Alerts(Strict):
    """Who is told, and the address that a reader of the alert opens."""

    link: Text | None = None
    email: Email | None = None
    teams: Teams | None = None


class Operations(Strict):
    """``operations.yml``; without the file these defaults hold, and nobody is told."""

    disk_free_share: Share = Decimal("0.2")
    run_hours: Annotated[int, Field(ge=1)] = 6
    key_change_days: Annotated[int, Field(ge=1)] = 14
    runs_on_this_machine: bool = True
    plan: list[Due] = []
    alerts: Alerts = Alerts()


def read_operations(path: Path | None) -> Operations:
    """The checked file, or the defaults where ``path`` is None.

    Raises PolicyError with file and line for a missing file, unknown keys and values out of range.
    """
    if path is None:
        return Operations()
    if not path.is_file():
        raise PolicyError([f"{path.name}:1: there is no such file; LIKVARD_OPERATIONS_FILE names it"])
    return checked(Operations, read_policy_text(path))


def json_schema() -> str:
    """JSON Schema for editors; ``deploy/operations.schema.json`` equals this text."""
    return json.dumps(Operations.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
