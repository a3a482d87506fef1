"""A small municipality's payments on disk: runs prepared, approved and released in one line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from models_py.payment import YearTerms
from orchestration.payments.inputs import YearInputs
from orchestration.payments.places import Place
from orchestration.payments.prepare import RunOutcome, prepare
from orchestration.payments.release import ActOutcome, approve_run, release_run
from orchestration.publication.act import Person
from orchestration.resources.payment_export import PaymentExport, read_export
from orchestration.resources.payment_policy import payment_policy
from tests.models_py.payment.payment_worlds import CODE, YEAR, register, terms

POLICY = Path(__file__).parents[3] / "policies" / CODE
NOW = datetime(2027, 1, 20, 8, 30, tzinfo=UTC)
CECILIA, BERIT, OVE = (Person(name, "board", False) for name in ("cecilia", "berit", "ove"))


@cache
def everything() -> Mapping[date, pd.DataFrame]:
    return register(seed=2, pupils=500)


@cache
def decided(publication_id: str = "2027.1.0") -> YearTerms:
    return terms(publication_id=publication_id)


def inputs(month: int, *, more: int = 0, **changes: Any) -> YearInputs:
    """Counts up to ``month``; ``more`` pupils in every cell of January."""
    tables = [table for day, table in everything().items() if day.month <= month]
    tables[0] = tables[0].assign(pupil_count=lambda table: table["pupil_count"] + more)
    policy = payment_policy(POLICY, funding_year=YEAR)
    assert policy is not None
    made = YearInputs(CODE, YEAR, policy, decided(), pd.concat(tables, ignore_index=True))
    return replace(made, **changes)


def run(place: Place, month: int, *, mapping: PaymentExport | None = None, **changes: Any) -> RunOutcome:
    return prepare(
        place, month=month, inputs=inputs(month, **changes), mapping=mapping or read_export(POLICY),
        municipality_name="Exempelkommun", earlier=lambda _: inputs(month, **changes | {"terms": decided()}), actor="annika", user="annika", is_demo=False, now=NOW,
    )  # fmt: skip


def approve(place: Place, run_id: str, *persons: Person) -> list[ActOutcome]:
    return [
        approve_run(place, run_id=run_id, person=one, actor=one.name, now=NOW) for one in persons or (CECILIA, BERIT)
    ]


def release(place: Place, run_id: str, *, preparer_may_approve: bool = False) -> ActOutcome:
    return release_run(
        place, run_id=run_id, person=OVE, actor="ove", preparer_may_approve=preparer_may_approve, now=NOW
    )


def pay(place: Place, month: int, **changes: Any) -> str:
    """Prepare, approve twice, release."""
    done = run(place, month, **changes)
    assert done.run_id is not None, done.reasons
    approve(place, done.run_id)
    assert release(place, done.run_id).status == "done"
    return done.run_id
