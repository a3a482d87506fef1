"""Payment runs in the terminal: what a run pays, what is released, one school's month line by line.

Belongs here: layout and words. Does not: any number that is not in a sealed run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from models_py.payment import COMPULSORY_SCHOOL, PaymentLine, is_claim, terms_of_month
from models_py.payment.terms import GRADES
from models_py.payment.twelfths import half_even_ore
from orchestration.paying import terms_by
from orchestration.payments import book, record
from orchestration.payments.inputs import YearInputs
from orchestration.payments.places import EXPORT, Place, month_of
from orchestration.payments.prepare import RunOutcome
from orchestration.payments.release import ActOutcome
from orchestration.payments.table import heads_of
from orchestration.publication import ledger as ledgers
from orchestration.report.terminal import NotPublishedError, told_reason
from orchestration.school_forms import school_forms
from orchestration.settings import Settings, settings
from orchestration.texts import day, locale, number, say

MOST_ROWS = 12


def sek(ore: int) -> str:
    """Öre as kronor with two decimals."""
    return format_decimal(Decimal(ore).scaleb(-2), format="#,##0.00", locale=locale())


def run_view(code: str, asked: str, done: RunOutcome) -> RenderableType:
    """What came of preparing one municipality's run."""
    if done.status == "refused":
        parts: list[RenderableType] = [Text(say("month_refused", municipality=code, month=asked), style="red")]
        parts += [f"  {told_reason(one.rule_id, one.failing_count, one.detail)}" for one in done.reasons]
        return Group(*parts)
    key = {"prepared": "month_prepared", "verified": "month_verified", "released": "month_released_before"}[done.status]
    parts = [Text(say(key, municipality=code, run=done.run_id), style="bold"), _control(done.manifest)]
    parts += [Text(f"  {line}") for line in _beside(done.manifest)]
    if done.status != "released":
        parts.append(say("month_next", run=done.run_id))
    return Group(*parts)


def released_view(place: Place, done: ActOutcome) -> RenderableType:
    """A released run: its control sum and count, and where the finance system reads it."""
    manifest = record.load(place.run(done.run_id))
    key = "month_released" if done.status == "done" else "month_released_before"
    title = Text(say(key, municipality=place.municipality_code, run=done.run_id), style="bold")
    return Group(title, _control(manifest), say("month_where", path=str(place.released(done.run_id) / EXPORT)))


def status_view(places: Sequence[Place]) -> RenderableType:
    """Every run of every municipality and year."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("municipality", "month_run", "state", "month_lines", "month_total", "month_pay_date"):
        table.add_column(say(name), justify="right" if name in ("month_lines", "month_total") else "left")
    for place in places:
        ledger = ledgers.read(place.ledger)
        for run_id in place.run_ids():
            content = record.load(place.run(run_id))["content"]
            is_paid = book.act_of(ledger, event="released", run_id=run_id) is not None
            state = say("month_state_released" if is_paid else "month_state_prepared")
            control = content["control"]
            table.add_row(
                place.municipality_code, run_id, state, number(control["line_count"]), sek(control["total_ore"]),
                content["pay_date"],
            )  # fmt: skip
    return table if table.row_count else say("month_none")


def explain_month_view(found: Settings, *, school_unit_code: str, asked: str) -> RenderableType:
    """Every line of one school unit and month, with its cause. Raises NotPublishedError where nothing is prepared for it."""
    year, month = month_of(asked)
    parts: list[RenderableType] = []
    for path in sorted(found.payments.glob(f"[0-9]*/{year}/runs")):
        place = Place(found.payments, path.parts[-3], year)
        ledger = ledgers.read(place.ledger)
        released = book.released_ids(ledger, funding_year=year)
        newest = [run_id for run_id in place.run_ids() if run_id not in released][-1:]
        lines = [
            line
            for run_id in (*released, *newest)
            for line in record.lines_of(place.run(run_id))
            if line.school_unit_code == school_unit_code and line.month == month
        ]
        for form in sorted({line.school_form for line in lines}, key=list(school_forms()).index):
            own = [line for line in lines if line.school_form == form]
            latest = place.run((*released, *newest)[-1])
            code = place.municipality_code
            parts += _lines_view(found, own, run=latest, code=code, asked=asked, released=released)
    if not parts:
        raise NotPublishedError(say("month_no_lines", school=school_unit_code, month=asked))
    return Group(*parts)


def _rates(own: YearInputs, line: PaymentLine, heads: dict[str, int], *, shown: Set[str]) -> list[RenderableType]:
    """People × rate = year, per component that follows the counts, of the newest line's publication."""
    if own.policy.mode != "follow_pupil":
        return []
    prices = terms_of_month(own.terms, events=own.policy.events, month=line.month).prices
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("month_component", "month_grade", "pupils", "month_rate", "month_annual"):
        table.add_column(say(name), justify="left" if name == "month_component" else "right")
    for (unit, component), price in sorted(prices.items()):
        if unit == line.school_unit_code and component in shown:
            for grades, rate in _alike(price.per_pupil):
                count = sum(heads.get(grade, 0) for grade in grades)
                if count:
                    yearly = sek(half_even_ore(count * rate))
                    table.add_row(component, _named(grades), number(count), sek(half_even_ore(rate)), yearly)
    return [table] if table.row_count else []


def _named(grades: Sequence[str]) -> str:
    """One grade, the first and the last of several, or groups of another school form one after the other."""
    if len(grades) == 1:
        return grades[0]
    return f"{grades[0]}–{grades[-1]}" if grades[0] in GRADES else ", ".join(grades)


def _alike(per_pupil: Mapping[str, int]) -> list[tuple[list[str], int]]:
    """Neighbouring grades with the same rate together."""
    runs: list[tuple[list[str], int]] = []
    for grade in _ordered(per_pupil):
        if runs and runs[-1][1] == per_pupil[grade]:
            runs[-1][0].append(grade)
        else:
            runs.append(([grade], per_pupil[grade]))
    return runs


def _ordered(names: Iterable[str]) -> list[str]:
    """Grades as pupils pass them; groups of other school forms by name."""
    return sorted(names, key=lambda name: (GRADES.index(name), "") if name in GRADES else (len(GRADES), name))


def _lines_view(
    found: Settings, lines: list[PaymentLine], *, run: Path, code: str, asked: str, released: list[str]
) -> list[RenderableType]:
    first, terms = lines[0], terms_by(found, lines[-1])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    columns = (
        "month_component",
        "month_annual",
        "pupils",
        "month_count_used",
        "month_reason",
        "month_run",
        "month_amount",
    )
    figures = ("month_annual", "pupils", "month_amount")
    for name in columns:  # in a narrow terminal the words fold, and no figure is cut
        table.add_column(
            say(name),
            justify="right" if name in figures else "left",
            no_wrap=name in figures,
            min_width=13 if name in ("month_annual", "month_amount") else None,
            overflow="fold",
        )
    for line in sorted(lines, key=lambda one: (one.component_code, one.sequence)):
        basis = say(f"month_basis_{line.basis}")
        table.add_row(
            line.component_code if line.is_original else f"  {say('month_correction', sequence=line.sequence)}",
            sek(line.annual_ore),
            number(line.pupil_count),
            f"{line.count_date} {basis}",
            say(f"month_reason_{line.reason}") + (f" {line.reference}" if line.reference else ""),
            line.run_id + ("" if line.run_id in released else f" ({say('month_state_prepared')})"),
            sek(line.amount_ore),
        )
    table.add_section()
    sums = {"month_sum": False, "month_claim_sum": True}
    for name, claimed in sums.items():
        own = [line.amount_ore for line in lines if is_claim(line.component_code) == claimed]
        if own or not claimed:
            table.add_row(say(name), "", "", "", "", "", sek(sum(own)))
    form = first.school_form
    heads = heads_of(run, month=first.month, school_unit_code=first.school_unit_code, school_form=form)
    title = say("month_explain_title", school=first.school_unit_code, month=asked, municipality=code)
    if form != COMPULSORY_SCHOOL:
        title = f"{title}: {school_forms()[form].name[settings().language]}"
    note = say("month_explain_note", month=first.month, publication=lines[-1].publication_id)
    counted = ", ".join(f"{grade}: {number(heads[grade])}" for grade in _ordered(heads))
    return [
        Text(title, style="bold"),
        table,
        *([] if terms is None else _rates(terms, lines[-1], heads, shown={line.component_code for line in lines})),
        note,
        say("month_grades", grades=counted),
    ]


def _control(manifest: dict[str, Any]) -> Text:
    control = manifest["content"]["control"]
    pay = day(date.fromisoformat(manifest["content"]["pay_date"]))
    return Text(
        say(
            "month_control", lines=control["line_count"], originals=sek(control["original_ore"]),
            corrections=sek(control["correction_ore"]), total=sek(control["total_ore"]), day=pay,
            publication=manifest["publication_id"],
        )
    )  # fmt: skip


def _beside(manifest: dict[str, Any]) -> list[str]:
    beside, told = manifest["beside"], []
    late = [month for month, basis in manifest["known"]["basis"].items() if basis == "carried_forward"]
    if late:
        told.append(say("month_late", months=", ".join(late)))
    for form, was in manifest["known"].get("forms", {}).items():
        own = [month for month, basis in was["basis"].items() if basis == "carried_forward"]
        if own:
            name = school_forms()[form].name[settings().language]
            told.append(say("month_late_form", form=name, months=", ".join(own)))
    for one in [each for each in beside["unpaid_pupils"] if each["month"] == manifest["month"]][:MOST_ROWS]:
        told.append(say(f"month_unpaid_{one['reason']}", school=one["school_unit_code"], pupils=one["pupil_count"]))
    if len(beside.get("forms_ore", ())) > 1:
        told += [
            say("month_form", form=school_forms()[form].name[settings().language], amount=sek(ore))
            for form, ore in beside["forms_ore"].items()
        ]
    if beside["visitors"]:
        told.append(say("month_visitors", pupils=sum(one["pupil_count"] for one in beside["visitors"])))
    if beside.get("claims_ore"):
        told.append(say("month_claims", amount=sek(beside["claims_ore"])))
    undecided = [one for one in beside.get("undecided_visitors", ()) if one["month"] == manifest["month"]]
    for one in undecided[:MOST_ROWS]:
        why, home = say(f"month_undecided_{one['reason']}"), one["home_municipality_code"]
        told.append(
            say("month_undecided", school=one["school_unit_code"], pupils=one["pupil_count"], home=home, why=why)
        )
    return told
