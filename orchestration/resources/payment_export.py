"""``payment_export.yml`` of a policy folder: what a released run looks like to the municipality's finance system.

Belongs here: the shape of the mapping file, reading it with file and line. Does not: writing the files
(``orchestration.payments.export``). Three kinds: ``csv`` and ``fixed`` (columns of one width, as Agresso/Unit4's GL07 takes
them) list columns; ``sie`` makes a voucher file SIE 4 (SIE-Gruppen, file format version 4B, type 4I).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from models_py.errors import PaymentError
from orchestration.resources.checked_text import checked
from orchestration.resources.policy_text import PolicyError, read_policy_text
from orchestration.resources.shape_types import Strict, Text

EXPORT_FILE = "payment_export.yml"
Source = Literal[
    "account", "counter_account", "amount_ore", "amount_sek", "line_id", "corrected_line_id", "school_unit_code",
    "component_code", "month", "pay_date", "organiser_key", "payee_kind", "reason_type", "reference", "run_id",
    "publication_id", "pupil_count", "municipality_code", "funding_year", "school_form",
]  # fmt: skip
Paid = Literal["own", "independent", "other_municipality"]
PayeeKind = Literal["own", "independent", "other_municipality", "home_municipality"]
Account = Annotated[str, Field(pattern=r"^[0-9]{3,10}$")]
FileName = Annotated[str, Field(pattern=r"^[a-z0-9_]+\.[a-z0-9]{2,4}$")]
OTHERS = "default"
DEBTOR = "home_municipality"
"""Payee kind of claims on other municipalities, which have accounts of their own."""


class ExportColumn(Strict):
    """One column: a value of the line, or the same text in every row. ``width`` is for fixed files."""

    name: Text
    source: Source | None = None
    text: str | None = None
    width: Annotated[int, Field(ge=1, le=255)] | None = None
    align: Literal["left", "right"] = "left"
    fill: Annotated[str, Field(min_length=1, max_length=1)] = " "

    @model_validator(mode="after")
    def _one_of_two(self) -> ExportColumn:
        if (self.source is None) == (self.text is None):
            raise ValueError("give source (a value of the line) or text (the same in every row), one of them")
        return self


class Dimension(Strict):
    """One SIE dimension: its number, its name, and the value of the line that it holds."""

    number: Annotated[int, Field(ge=1)]
    name: Text
    source: Source


class ExportFile(Strict):
    """One file of a run."""

    name: FileName
    kind: Literal["csv", "fixed", "sie"]
    encoding: Literal["utf-8", "cp1252", "cp437"] = "utf-8"
    columns: list[ExportColumn] = []
    dimensions: list[Dimension] = []
    voucher_series: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")] = "L"
    organisation_number: Annotated[str, Field(pattern=r"^[0-9]{6}-[0-9]{4}$")] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> ExportFile:
        if (self.kind == "sie") == bool(self.columns):
            raise ValueError("columns are listed for csv and fixed, and for these alone")
        if self.kind == "fixed" and any(column.width is None for column in self.columns):
            raise ValueError("every column of a fixed file has a width")
        if self.kind == "sie" and self.encoding != "cp437":
            raise ValueError("SIE files are written in PC8: encoding cp437")
        return self


class Claims(Strict):
    """Accounts of claims on other municipalities: the income, and the receivable that it stands against."""

    account: Account
    counter_account: Account


class PaymentExport(Strict):
    """``payment_export.yml``. ``accounts``: component (or ``default``) to payee kind to account."""

    accounts: dict[str, dict[Paid, Account]]
    counter_account: Account
    claims: Claims | None = None
    files: Annotated[list[ExportFile], Field(min_length=1)]

    @model_validator(mode="after")
    def _complete(self) -> PaymentExport:
        kinds = {"own", "independent", "other_municipality"}
        if set(self.accounts.get(OTHERS, {})) != kinds:
            raise ValueError(f"accounts.{OTHERS} gives an account for {', '.join(sorted(kinds))}")
        names = [one.name for one in self.files]
        if len(set(names)) != len(names):
            raise ValueError("two files have the same name")
        return self

    def account(self, component: str, kind: PayeeKind) -> str:
        """The account of a component's lines to one kind of payee. Raises PaymentError for claims without one."""
        if kind == DEBTOR:
            return self._claims().account
        found = self.accounts.get(component, {}).get(kind)
        return found if found is not None else self.accounts[OTHERS][kind]

    def counter(self, kind: PayeeKind) -> str:
        """The account that lines to one kind of payee stand against; raises as ``account``."""
        return self._claims().counter_account if kind == DEBTOR else self.counter_account

    def _claims(self) -> Claims:
        if self.claims is None:
            raise PaymentError(
                f"{EXPORT_FILE} has no accounts for claims on other municipalities; add claims with account and counter_account"
            )
        return self.claims

    def sha256(self) -> str:
        """Hash of the mapping's values."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_export(folder: Path) -> PaymentExport:
    """The mapping of ``folder``'s municipality. Raises PolicyError with file and line, and where there is none."""
    path = folder / EXPORT_FILE
    if not path.is_file():
        raise PolicyError([f"{folder.name}/{EXPORT_FILE}:1: is missing; it says what the finance system takes in"])
    return checked(PaymentExport, read_policy_text(path))
