"""The other school forms as payments use them: the same inputs as preschool class and compulsory school, form by form.

Belongs here: what a proposal kept of a form as terms, its counts as a month's counts, who is paid. Does not: what a month is due
(``models_py.payment``), keeping (``kept_forms``). A rate is the decided amount per decided person, so that twelve months with
unchanged counts are the decided year to the öre.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from models_py.allocation.organiser_terms import OverheadPolicy
from models_py.errors import PaymentError
from models_py.forms.money import groups_of
from models_py.forms.policy import FormPolicy
from models_py.forms.reference import SchoolForm
from models_py.payment import DecidedLine, Grouping, Overheads, Payee, Price, YearTerms, year_terms
from models_py.payment.counts import COLUMNS
from models_py.payment.twelfths import MICRO
from orchestration.form_results import WHOLE
from orchestration.payments.inputs import YearInputs
from orchestration.payments.kept_forms import ORE_PER_SEK, KeptForms, keep
from orchestration.payments.places import Place
from orchestration.payments.prepare import SEAL_RULE
from orchestration.publication.candidate import Outcome, Reason
from orchestration.resources.payment_policy import PaymentPolicy
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.school_forms import school_forms

INDEPENDENT = "independent"
PRICED = "prices_by_group"
GROUP, NATIONAL = "group_", "national_"


@dataclass(frozen=True, slots=True, eq=False)
class FormRegisters:
    """A municipality's rows of the marts ``fct_form_counts`` and ``dim_form_unit``, every count day."""

    counts: pd.DataFrame
    units: pd.DataFrame

    def of(self, municipality_code: str) -> FormRegisters:
        """The rows of one municipality."""
        own = (one[one["municipality_code"] == municipality_code] for one in (self.counts, self.units))
        return FormRegisters(*own)


def told_terms(policy: FormPolicy) -> dict[str, Any]:
    """What a form is priced by, as JSON keeps it: prices and fees by group, administration and VAT, all as text."""
    prices, lines = {}, {}
    component = ""
    for one in policy.allocation.formula().components:
        if one.kind == PRICED:
            component = policy.form.component(one.code)
            own, national = one.parameters.prices_sek, one.parameters.national_prices_sek or {}
            prices |= {group: str(sek) for group, sek in (*own.items(), *national.items())}
            lines |= {f"{GROUP}{group}": group for group in own} | {f"{NATIONAL}{group}": group for group in national}
    overheads = policy.overheads
    return {
        "component": component,
        "lines": lines,
        "prices_sek": prices,
        "fees_sek": {group: str(sek) for group, sek in policy.fees_sek.items()},
        "overheads": None
        if overheads is None
        else [overheads.method, str(overheads.administration_share), str(overheads.vat_share)],
    }


def keep_decided_forms(
    tables: Tables, *, scope: Scope, payments: Path, outcomes: Iterable[Outcome], funding_year: int
) -> list[Outcome]:
    """Keep what each sealed proposal stands on of the other school forms, for the months that are paid by it.

    Returns the outcomes; refused is one whose proposal stands on something else already (``keep``).
    """
    whole = {name: tables.by_municipality(name, funding_year) for name in WHOLE}
    told = []
    for one in outcomes:
        told.append(one)
        code = one.municipality_code
        if one.status == "refused" or one.publication_id is None or code not in whole[WHOLE[0]]:
            continue
        lines, units = (whole[name][code] for name in WHOLE)
        counted = set(units["school_form"])
        terms = {
            name: told_terms(policy)
            for name, file in scope.forms(code).items()
            if name in counted and (policy := file.at(funding_year)) is not None
        }
        try:
            keep(Place(payments, code, funding_year), one.publication_id, KeptForms(lines, units, terms))
        except PaymentError as error:  # its neighbours' proposals stand
            told[-1] = replace(one, status="refused", reasons=(Reason(SEAL_RULE, 1, str(error)),))
    return told


def form_inputs(
    school: YearInputs, *, policy: PaymentPolicy, kept: KeptForms, registers: FormRegisters
) -> tuple[YearInputs, ...]:
    """Inputs of every other school form that is decided and paid, in the order in which children meet them.

    ``school``: those of preschool class and compulsory school, whose organisers run the forms' units too where the code is the
    same. Raises PaymentError as ``year_terms``.
    """
    own = registers.of(school.municipality_code)
    return tuple(
        replace(
            school,
            policy=policy.forms[name],
            terms=form_terms(form, kept=kept, school=school, mode_of=policy.forms[name], register=own.units),
            counts=month_counts(own.counts, form=form, municipality_code=school.municipality_code),
            supplements=(),
            school_form=name,
        )
        for name, form in school_forms().items()
        if name in policy.forms and name in kept.terms
    )


def form_terms(
    form: SchoolForm, *, kept: KeptForms, school: YearInputs, mode_of: PaymentPolicy, register: pd.DataFrame
) -> YearTerms:
    """One form's year as payments use it. ``register``: rows of ``dim_form_unit``, for units that came after the decision."""
    name = form.school_form
    lines = kept.lines[kept.lines["school_form"] == name]
    units = kept.units[kept.units["school_form"] == name]
    terms = kept.terms[name]
    overheads = terms["overheads"]
    rates = () if overheads is None else OverheadPolicy(overheads[0], *map(Decimal, overheads[1:])).rates()
    groups = terms["lines"] or {line: line.removeprefix(GROUP) for line in lines["line_code"] if line.startswith(GROUP)}
    by_group = terms["component"] or next(
        iter(lines.loc[lines["line_code"].str.startswith(GROUP), "component_code"]), ""
    )
    return year_terms(
        (
            DecidedLine(unit, component, line, counted, _rate(ore, count), int(ore))
            for unit, component, line, counted, count, ore in zip(
                *(
                    lines[column]
                    for column in (
                        "school_unit_code", "component_code", "line_code", "count_unit", "count", "amount_ore",
                    )
                ),
                strict=True,
            )
        ),
        publication_id=school.terms.publication_id,
        mode=mode_of.mode,
        payees=_payees(units, register[register["school_form"] == name], school=school),
        decided_pupils=dict(zip(units["school_unit_code"], units["pupil_count"].astype(int), strict=True)),
        overheads=Overheads(*rates),
        fixed_components=mode_of.fixed_components,
        grouping=Grouping(
            groups=groups,
            listed={by_group: _micro(terms["prices_sek"])} if by_group else {},
            prefix=form.prefix,
            fees=Price(_micro(terms["fees_sek"])),
            frame_fees_ore={
                unit: round(sek * ORE_PER_SEK)
                for unit, sek in zip(units["school_unit_code"], units["fee_sek"], strict=True)
                if not pd.isna(sek)
            },
        ),
    )  # fmt: skip


def month_counts(counts: pd.DataFrame, *, form: SchoolForm, municipality_code: str) -> pd.DataFrame:
    """Counts of a form as a month's counts: its groups in the place of grades, everybody at home in the municipality."""
    own = counts[counts["school_form"] == form.school_form]
    parts = [
        groups_of(rows, form=form)
        .groupby(["school_unit_code", "group"], sort=True)["pupil_count"]
        .sum()
        .reset_index()
        .assign(count_date=day)
        for day, rows in own.groupby("count_date", sort=True)
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = pd.concat(parts, ignore_index=True).rename(columns={"group": "grade"})
    return rows.assign(
        municipality_code=municipality_code,
        home_municipality_code=municipality_code,
        august_pupil_count=rows["pupil_count"],
    )[list(COLUMNS)]


def _rate(amount_ore: int, count: Decimal) -> int:
    """Millionths of an öre per person that give the decided amount back."""
    return round(Fraction(int(amount_ore) * MICRO) / Fraction(count)) if count else 0


def _micro(by_group: Mapping[str, str]) -> dict[str, int]:
    return {group: round(Fraction(sek) * ORE_PER_SEK * MICRO) for group, sek in by_group.items()}


def _payees(decided: pd.DataFrame, register: pd.DataFrame, *, school: YearInputs) -> dict[str, Payee]:
    """Who is paid: the organiser of a school unit with the same code, the municipality, or the unit itself, whose register
    names no organiser."""
    code, known = school.municipality_code, school.terms.payees
    municipal = sorted(
        one.organiser_key for one in known.values() if not one.is_independent and one.location_municipality_code == code
    )
    latest = register.sort_values("count_date").drop_duplicates("school_unit_code", keep="last")
    kinds = dict(zip(latest["school_unit_code"], latest["organiser_type"], strict=True))
    kinds |= dict(zip(decided["school_unit_code"], decided["organiser_type"], strict=True))
    payees = {}
    for unit, kind in sorted(kinds.items()):
        independent = kind == INDEPENDENT
        same = known.get(unit)
        if same is not None and same.is_independent == independent:
            payees[unit] = Payee(same.organiser_key, independent, code)
        else:
            payees[unit] = Payee(unit if independent or not municipal else municipal[0], independent, code)
    return payees
