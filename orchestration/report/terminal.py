"""Tables in the terminal: the outcome of a run, one school's amount, the state of a home.

Belongs here: layout and words of what the command prints. Does not: any number that is not in a published table or record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import pandas as pd
import pyarrow.parquet as pq
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from expectations.rules import rule
from models_py.allocation.explain import Step, explain
from models_py.allocation.need_parts import NEED_PARTS
from orchestration.checks.door import concerned
from orchestration.intake.errors import DoorError
from orchestration.intake.notices import kept_notices
from orchestration.publication.star import MAIN
from orchestration.report.change_view import unit_change_view
from orchestration.report.published import publication_of, publications
from orchestration.runner import RunOutcome
from orchestration.settings import Settings
from orchestration.texts import kronor, number, ore_as_kronor, say, share, signed_kronor

MOST_ROWS = 12
"""More municipalities than this are summed up in one row."""

MOST_PROBLEMS = 3
"""Problems told per delivery; the quarantine lists all."""


class NotPublishedError(LookupError):
    """What was asked for is not in a publication; the message says what to do."""


def outcome_view(found: Settings, outcome: RunOutcome) -> RenderableType:
    """The result of a run: a row per municipality (or one for all), what was refused and why, where to look."""
    rows = list(outcome.municipalities)
    done = [row for row in rows if row["status"] != "refused"]
    refused = [row for row in rows if row["status"] == "refused"]
    counts = {state: sum(row["status"] == state for row in rows) for state in ("published", "verified", "refused")}
    parts: list[RenderableType] = ["", _styled(say("table_title", year=str(outcome.funding_year), **counts), "bold")]
    if done:
        parts.append(_outcome_table(done))
    for row in refused[:MOST_ROWS]:
        parts.append(_styled(say("refused_because", municipality=_named(row)), "red"))
        parts += [f"  {_reason(reason)}" for reason in row["reasons"]]
    if len(refused) > MOST_ROWS:
        parts.append(say("more_municipalities", count=len(refused) - MOST_ROWS))
    if refused:
        parts.append(say("left_as_it_was"))
    if done:
        parts += [_example_note(done), say("proposal_note"), say("where_published", path=str(found.published))]
        parts.append(say("where_next", school=done[0]["example_unit"], year=str(outcome.funding_year)))
    return _group(*[part for part in parts if part is not None])


def explain_view(found: Settings, *, school_unit_code: str, funding_year: int) -> RenderableType:
    """One unit's amount as lines that add up. Raises NotPublishedError when the unit or the year is not published."""
    if not publications(found.published, funding_year=funding_year):
        raise NotPublishedError(say("no_publication", year=str(funding_year), folder=str(found.published)))
    publication = publication_of(found.published, school_unit_code=school_unit_code, funding_year=funding_year)
    if publication is None:
        raise NotPublishedError(say("no_school", school=school_unit_code, year=str(funding_year)))
    wide = publication.table("school_allocation").set_index("school_unit_code").loc[school_unit_code]
    seal = publication.table("dim_publication").iloc[0]
    title = say(
        "explain_title", name=wide["school_unit_name"], code=school_unit_code, municipality=publication.municipality_code,
        year=str(funding_year),
    )  # fmt: skip
    source = say(
        "explain_source", publication=publication.publication_id, content=seal["content_sha256"][:12],
        status=say("decided" if publication.is_decided else "proposed"),
    )  # fmt: skip
    if wide["payment_status"] != "paid":
        return _group(_styled(title, "bold"), say("explain_not_paid", reason=wide["reason_code"]), source)
    parts: list[RenderableType] = [
        _styled(title, "bold"),
        _index_line(wide),
        _lines_table(publication.table("fct_allocation"), school_unit_code),
    ]
    parts.append(say("total_per_pupil", amount=kronor(round(wide["total_per_pupil_sek"]))))
    if pd.isna(wide["redistribution_sek"]):
        parts.append(say("need_parts_note"))
    else:
        parts.append(say("against_flat", amount=signed_kronor(wide["redistribution_sek"])))
    parts += unit_change_view(publication, school_unit_code)
    return _group(*parts, source)


def status_view(found: Settings) -> RenderableType:
    """Deliveries by source and publications by municipality."""
    parts = [view for view in (_deliveries_table(found), _publications_table(found)) if view is not None]
    return _group(_styled(say("status_title", home=str(found.home)), "bold"), *(parts or [say("status_empty")]))


NOTICES = {"received_again": "notice_received_again", "replaced": "notice_replaced", "corrected": "notice_corrected"}
"""What the door gives notice of -> the sentence for it."""


def notices_view(found: Settings) -> Iterator[Text]:
    """What the newest look at the inboxes gives notice of: known files, changed rows, mended rows."""
    for notice in kept_notices(found.home):
        yield Text(say(NOTICES[notice.kind], file=notice.file, period=notice.period, **dict(notice.counts)))


def door_view(found: Settings, funding_year: int) -> Iterator[RenderableType]:
    """What the door found in the newest deliveries of the funding year's periods: file, row, column, what to mend."""
    path = found.accepted / "_findings.parquet"
    if not path.is_file():
        return
    findings = pq.read_table(path).to_pandas()
    near = findings["delivery_id"].isin(
        concerned(findings, start_years=range(funding_year - 6, funding_year))["delivery_id"]
    )
    shown = findings[near & findings["severity"].isin(["critical", "warning"])].sort_values(
        ["severity", "source", "period"]
    )
    if shown.empty:
        return
    yield _styled(say("door_findings", count=len(shown)), "yellow")
    for row in shown.head(MOST_ROWS).itertuples():
        place = f"{row.source} {row.period}, {row.municipality_code}"
        yield _styled(f"  {row.severity}: {place}: {row.reason_code} ({number(row.row_count)})")
    told = [text for delivery in shown["delivery_id"].unique() for text in _problem_texts(found, delivery)]
    yield from (_styled(f"  {text}") for text in told[:MOST_ROWS])


def _problem_texts(found: Settings, delivery_id: str) -> list[str]:
    state = found.home / "pseudonymised" / "door" / f"{delivery_id}.json"
    problems = json.loads(state.read_text(encoding="utf-8"))["problems"] if state.is_file() else []
    return [DoorError(**problem).text(found.language) for problem in problems[:MOST_PROBLEMS]]


def _outcome_table(done: list[dict]) -> RenderableType:
    """One municipality (or the sum of many) as lines that are read downwards; a few as a table."""
    if len(done) == 1 or len(done) > MOST_ROWS:
        row = done[0] if len(done) == 1 else _sum_of(done)
        card = Table.grid(padding=(0, 3, 0, 0))
        card.add_column()
        card.add_column(justify="right")
        for name, shown in _figures(row).items():
            if shown:
                _add_row(card, f"  {say(name)}", shown)
        return card
    table = _table(
        ("municipality", "left"),
        *((name, "right") for name in ("units", "pupils", "total", "redistributed_share", "index_range")),
    )
    for row in done:
        figures = _figures(row)
        _add_row(
            table,
            *(
                figures[name]
                for name in ("municipality", "units", "pupils", "total", "redistributed_share", "index_range")
            ),
        )
    return table


def _table(*columns: tuple[str, Literal["left", "right"]], footer: bool = False) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=footer)
    for name, justify in columns:
        table.add_column(say(name), justify=justify, no_wrap=True)
    return table


def _figures(row: dict) -> dict[str, str]:
    """The figures of a municipality in words, by the name of their text."""
    units = row["paid_units"] + row["not_paid_units"]
    unpaid = f" ({say('of_which_unpaid', count=row['not_paid_units'])})" if row["not_paid_units"] else ""
    return {
        "municipality": _named(row),
        "publication": row["publication_id"],
        "units": f"{number(units)}{unpaid}",
        "pupils": number(row["pupils"]),
        "total": kronor(row["total_ore"] / 100),
        "structural_share": share(row["structural_share"]),
        "redistributed_share": f"{share(row['redistributed_share'])}{_withheld('withheld_counted', row)}",
        "index_range": f"{_range(row)}{_withheld('withheld_left_out', row)}",
    }


def _range(row: dict) -> str:
    if row["index_lowest"] is None:
        return "–"
    return f"{number(row['index_lowest'])}–{number(row['index_highest'])}"


def _withheld(text: str, row: dict) -> str:
    """What a figure does with the units whose index is not shown; nothing where every index is."""
    return f" ({say(text, count=row['withheld_units'])})" if row["withheld_units"] else ""


def _sum_of(done: list[dict]) -> dict:
    counted = ("paid_units", "not_paid_units", "withheld_units", "pupils", "total_ore")
    shown = [row for row in done if row["index_lowest"] is not None]
    return {
        "municipality_code": say("all_municipalities", count=len(done)),
        "publication_id": "",
        **{name: sum(row[name] for row in done) for name in counted},
        "structural_share": _weighted(done, "structural_share"),
        "redistributed_share": _weighted(done, "redistributed_share"),
        "index_lowest": min((row["index_lowest"] for row in shown), default=None),
        "index_highest": max((row["index_highest"] for row in shown), default=None),
    }


def _weighted(done: list[dict], name: str) -> float:
    return sum(row[name] * row["total_ore"] for row in done) / sum(row["total_ore"] for row in done)


def _styled(text: str, style: str = "") -> Text:
    """A line that is printed as it is: names and reasons may hold brackets, which are no markup."""
    return Text(text, style=style)


def _group(*parts: RenderableType) -> Group:
    return Group(*(_styled(part) if isinstance(part, str) else part for part in parts))


def _add_row(table: Table, *cells: str | Text) -> None:
    table.add_row(*(_styled(cell) if isinstance(cell, str) else cell for cell in cells))


def _named(row: dict) -> str:
    return f"{row['municipality_code']} {row.get('municipality_name') or ''}".strip()


def _reason(reason: dict) -> str:
    return told_reason(reason["rule_id"], reason["failing_count"], reason.get("detail", ""))


def told_reason(rule_id: str, failing_count: int, detail: str) -> str:
    """Why something was refused: the rule in words, how many, where."""
    try:
        words = rule(rule_id).text[_language()]
    except LookupError:
        words = ""
    told = say("refused_rule", rule_id=rule_id, count=failing_count, text=words)
    return f"{told} {detail}".rstrip() if detail else told


def _language() -> str:
    from orchestration.settings import settings

    return settings().language


def _example_note(done: list[dict]) -> str:
    return say("example_policy_note") if any(row["policy"] == "default" for row in done) else ""


def _index_line(wide: pd.Series) -> str:
    if pd.isna(wide["need_index"]):
        return say("explain_index_withheld", pupils=int(wide["pupil_count"]))
    told = say(
        "explain_index",
        index=number(wide["need_index"], decimals=2),
        pupils=int(wide["pupil_count"]),
        rule=wide["index_rule"],
    )
    low, high = wide["need_index_lower"], wide["need_index_upper"]
    if pd.isna(low) or abs(high - low) < 1e-6:
        return told
    return f"{told} {say('explain_suppressed', low=number(low, decimals=1), high=number(high, decimals=1))}"


def _lines_table(lines: pd.DataFrame, school_unit_code: str) -> Table:
    told = explain(lines, school_unit_code=school_unit_code)
    table = _table(
        ("line", "left"), ("count", "right"), ("rate", "right"), ("rounding", "right"), ("amount", "right"), footer=True
    )
    table.columns[0].footer, table.columns[-1].footer = say("total"), ore_as_kronor(told.amount_ore)
    component = ""
    for step in told.steps:
        if step.component_code != component:
            component = step.component_code
            table.add_section()
            _add_row(table, _styled(_part_name(component), "bold"))
        _add_row(
            table,
            _line_name(step),
            _plain(step.count),
            ore_as_kronor(step.rate_ore, decimals=6),
            ore_as_kronor(step.rounding_ore, decimals=4),
            ore_as_kronor(step.amount_ore),
        )
    return table


def _line_name(step: Step) -> str:
    if step.line_code.startswith("grade_"):
        return say("line_grade", grade=step.line_code.removeprefix("grade_"))
    if step.component_code == NEED_PARTS:
        return say("line_need_parts")
    if step.component_code == "structural_part" and step.line_code == "need":
        return say("line_structural_part")
    return step.line_code.replace("_", " ")


def _part_name(component: str) -> str:
    """The reader's word for the two parts that every policy has; the policy's own code for others."""
    return say(f"part_{component}") if component in (*MAIN, NEED_PARTS) else component.replace("_", " ")


def _plain(count: Decimal) -> str:
    return number(int(count)) if count == count.to_integral_value() else number(float(count), decimals=6)


def _deliveries_table(found: Settings) -> RenderableType | None:
    path = found.accepted / "_deliveries.parquet"
    if not path.is_file():
        return None
    deliveries = pq.read_table(path).to_pandas()
    if deliveries.empty:
        return None
    table = _table(
        ("status_source", "left"),
        ("municipality", "left"),
        ("status_files", "right"),
        ("status_accepted", "right"),
        ("status_rejected", "right"),
        ("status_refused", "right"),
    )
    for (source, code), rows in deliveries.groupby(["source", "municipality_code"]):
        refused = int((rows["status"] == "refused").sum())
        counts = (len(rows), int(rows["accepted_rows"].sum()), int(rows["rejected_rows"].sum()), refused)
        _add_row(table, source, code, *(number(count) for count in counts))
    return _group(_styled(say("status_deliveries"), "bold"), table)


def _publications_table(found: Settings) -> RenderableType | None:
    known = publications(found.published)
    if not known:
        return None
    table = _table(
        ("municipality", "left"),
        ("status_year", "left"),
        ("publication", "left"),
        ("state", "left"),
        ("units", "right"),
        ("pupils", "right"),
        ("total", "right"),
    )
    for publication in known:
        seal = publication.table("dim_publication").iloc[0]
        _add_row(
            table,
            publication.municipality_code,
            str(publication.funding_year),
            publication.publication_id,
            say("decided" if publication.is_decided else "proposed"),
            number(int(seal["school_unit_count"])),
            number(int(seal["pupil_count"])),
            kronor(int(seal["amount_ore"]) / 100),
        )
    return _group(_styled(say("status_publications"), "bold"), table)
