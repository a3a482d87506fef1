"""From a municipality's files and the warehouse's counts to an act on a payment run.

Belongs here: reading policy, roles, mapping, publication and counts for ``prepare``, ``approve_run`` and ``release_run``, and
calling them. Does not: judging (``orchestration.payments``), words for the terminal (``cli_month``), building the warehouse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache, partial

import pandas as pd

from models_py.payment import PaymentLine
from models_py.payment.counts import COLUMNS
from orchestration.decisions import DEFAULT, Actor
from orchestration.payments.forms import FormRegisters, form_inputs
from orchestration.payments.inputs import (
    YearInputs,
    current_publication,
    publication_by_id,
    supplements_of,
    terms_of,
)
from orchestration.payments.kept_forms import kept
from orchestration.payments.places import Place, run_of
from orchestration.payments.prepare import RunOutcome, prepare
from orchestration.payments.release import ActOutcome, approve_run, release_run
from orchestration.payments.soundness import unsound
from orchestration.publication.act import person_for
from orchestration.resources.governance import read_roles
from orchestration.resources.payment_export import read_export
from orchestration.resources.payment_policy import payment_policy
from orchestration.resources.policies import load_policy
from orchestration.resources.warehouse import Warehouse
from orchestration.school_forms import renamed
from orchestration.settings import Settings

COUNTS_MART = "fct_monthly_enrollment"
FORM_MARTS = ("fct_form_counts", "dim_form_unit")


def paying_municipalities(found: Settings) -> list[str]:
    """Municipalities with a payments file, in order."""
    folders = sorted(path for path in found.policies.iterdir() if path.is_dir() and path.name.isdigit())
    return [path.name for path in folders if (path / "payments.yml").is_file()]


def with_publication(found: Settings, codes: list[str], *, funding_year: int) -> tuple[list[str], list[str]]:
    """Municipalities whose months can be computed, and why the others' cannot: nothing is decided for them.

    Asked before anything is taken in or built. Raises PaymentError for a damaged publication.
    """
    ready, reasons = [], []
    for code in codes:
        try:
            current_publication(found.published, municipality_code=code, funding_year=funding_year)
        except LookupError as error:
            reasons.append(str(error.args[0]))
        else:
            ready.append(code)
    return ready, reasons


def year_inputs(
    found: Settings,
    counts: pd.DataFrame,
    *,
    municipality_code: str,
    funding_year: int,
    registers: Callable[[], FormRegisters] | None = None,
    publication_id: str | None = None,
) -> YearInputs:
    """What the months of a municipality's year are computed from, by its decided publication or the one named.

    ``registers`` reads counts and units of the other school forms, where some are paid; without it none is.
    Raises LookupError, PolicyError and PaymentError.
    """
    folder = found.policies / municipality_code
    policy = payment_policy(folder, funding_year=funding_year)
    if policy is None:
        raise LookupError(f"{municipality_code} has no payments.yml in its policy folder; nothing is paid for it")
    if publication_id is None:
        publication = current_publication(
            found.published, municipality_code=municipality_code, funding_year=funding_year
        )
    else:
        publication = publication_by_id(
            found.published, municipality_code=municipality_code, publication_id=publication_id
        )
    school = YearInputs(
        municipality_code=municipality_code,
        funding_year=funding_year,
        policy=policy,
        terms=terms_of(publication, policy=policy),
        counts=by_age(counts),
        supplements=supplements_of(folder, funding_year=funding_year),
    )
    place = Place(found.payments, municipality_code, funding_year)
    decided = kept(place, publication) if policy.forms and registers is not None else None
    if decided is None or registers is None:
        return school
    return replace(school, forms=form_inputs(school, policy=policy, kept=decided, registers=registers()))


def terms_by(found: Settings, line: PaymentLine) -> YearInputs | None:
    """The terms that a payment line was made by, of its school form; None where nothing is paid in that form now."""
    none = pd.DataFrame(columns=[*COLUMNS, "school_form", "organiser_type"])
    try:
        school = year_inputs(
            found, none, municipality_code=line.municipality_code, funding_year=line.funding_year,
            registers=lambda: FormRegisters(none, none), publication_id=line.publication_id,
        )  # fmt: skip
    except LookupError:
        return None
    return next((one for one in (school, *school.forms) if one.school_form == line.school_form), None)


def form_registers(warehouse: Warehouse) -> Callable[[], FormRegisters]:
    """Counts and units of the other school forms as the warehouse has them, read once and when they are asked for."""
    return cache(lambda: FormRegisters(*(warehouse.mart(name) for name in FORM_MARTS)))


def by_age(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts with grades named by age, as the terms of a year are: from July 2028 the names are others, the rates not."""
    return counts.assign(grade=renamed(counts["grade"], told_on=counts["count_date"]))


def prepare_month(
    found: Settings,
    counts: pd.DataFrame,
    *,
    municipality_code: str,
    year: int,
    month: int,
    actor: Actor,
    now: datetime,
    registers: Callable[[], FormRegisters] | None = None,
) -> RunOutcome:
    """Prepare one municipality's run. ``counts``: the mart ``fct_monthly_enrollment``; ``registers`` as ``year_inputs``.

    Raises as ``prepare`` and ``year_inputs``.
    """
    folder = found.policies / municipality_code
    roles = read_roles(folder)
    name = actor.user
    if roles is not None and ((found.is_demo and actor.as_role is not None) or roles.holders("propose")):
        person, against = person_for(
            "propose", roles=roles, user=actor.user, as_role=actor.as_role, is_demo=found.is_demo
        )
        if person is None:
            return RunOutcome("refused", None, against)
        name = person.name
    policy = load_policy(folder, municipality_code=municipality_code, defaults=found.policies / DEFAULT)
    of_year = partial(
        year_inputs, found, counts, municipality_code=municipality_code, funding_year=year, registers=registers
    )
    return prepare(
        Place(found.payments, municipality_code, year),
        month=month,
        inputs=of_year(),
        mapping=read_export(folder),
        municipality_name=policy.name,
        earlier=lambda publication_id: of_year(publication_id=publication_id),
        actor=name,
        user=actor.user,
        is_demo=found.is_demo,
        now=now,
    )


def approve_month(found: Settings, *, municipality_code: str, run_id: str, actor: Actor, now: datetime) -> ActOutcome:
    """Approve a run by the municipality's roles file. Raises PolicyError with file and line, and as ``approve_run``."""
    roles = read_roles(found.policies / municipality_code)
    person, against = person_for("approve", roles=roles, user=actor.user, as_role=actor.as_role, is_demo=found.is_demo)
    if person is None:
        return ActOutcome("refused", run_id, against)
    place = Place(found.payments, municipality_code, run_of(run_id)[0])
    return approve_run(place, run_id=run_id, person=person, actor=actor.user, now=now)


def release_month(found: Settings, *, municipality_code: str, run_id: str, actor: Actor, now: datetime) -> ActOutcome:
    """Release a run by the municipality's roles file (right ``publish``). Raises PolicyError, and as ``release_run``."""
    roles = read_roles(found.policies / municipality_code)
    person, against = person_for("publish", roles=roles, user=actor.user, as_role=actor.as_role, is_demo=found.is_demo)
    if roles is None or person is None:
        return ActOutcome("refused", run_id, against)
    return release_run(
        Place(found.payments, municipality_code, run_of(run_id)[0]),
        run_id=run_id,
        person=person,
        actor=actor.user,
        preparer_may_approve=roles.proposer_may_approve,
        now=now,
    )


def places(found: Settings) -> Iterator[Place]:
    """Every municipality and year with runs, in order."""
    for path in sorted(found.payments.glob("[0-9]*/[0-9]*/runs")):
        yield Place(found.payments, path.parts[-3], int(path.parts[-2]))


def municipality_of_run(found: Settings, *, run_id: str) -> str:
    """The municipality that has ``run_id``. Raises LookupError when none or more than one has."""
    year, _ = run_of(run_id)
    codes = [
        place.municipality_code for place in places(found) if place.funding_year == year and place.run(run_id).is_dir()
    ]
    if not codes:
        raise LookupError(f"there is no payment run {run_id}; `likvard month status` names those there are")
    if len(codes) > 1:
        raise LookupError(f"{run_id} is a run of {', '.join(codes[:10])}; name one with --municipality")
    return codes[0]


def damaged(found: Settings) -> list[str]:
    """What is wrong with any sealed run, with the ledger, or with what the finance system reads, in words."""
    return [one.problem for one in unsound(found.payments) if one.kind in ("run", "ledger", "link")]
