"""One unit's change since last year and its interval in the terminal.

Belongs here: layout and words. Does not: any number that is not in a published table.
"""

from __future__ import annotations

from decimal import Decimal

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from orchestration.publication.change_words import BECAME_WORDS, CAUSE_WORDS, REASON_WORDS, unit_parts
from orchestration.report.published import Published
from orchestration.settings import settings
from orchestration.texts import kronor, say, share, signed_kronor


def unit_change_view(publication: Published, school_unit_code: str) -> list[RenderableType]:
    """Why the unit gets another amount than last year, and between what amounts its total may lie; nothing where an older
    publication has no such tables."""
    if not (publication.path / "tables" / "allocation_change.parquet").is_file():
        return []
    return [*_change(publication, school_unit_code), *_interval(publication, school_unit_code)]


def _change(publication: Published, unit: str) -> list[RenderableType]:
    language = settings().language
    basis = publication.table("allocation_change_basis").iloc[0]
    rows = publication.table("allocation_change").set_index("school_unit_code")
    if isinstance(basis["withheld_because"], str):
        return [Text(say("change_none", reason=REASON_WORDS[basis["withheld_because"]][language]))]
    if unit not in rows.index:
        return []
    own = rows.loc[unit]
    title = say("change_title", year=str(basis["previous_funding_year"]), publication=basis["previous_publication_id"])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column(title, footer=say("change_this_year"))
    table.add_column(say("amount"), justify="right", no_wrap=True, footer=kronor(own["new_total_sek"]))
    became = BECAME_WORDS[own["unit_change_code"]][language]
    table.add_row(say("change_last_year", became=became), kronor(own["previous_total_sek"]))
    for cause, ore in unit_parts(publication.table("allocation_change_part"), unit):
        table.add_row(f"  {CAUSE_WORDS[cause][language]}", signed_kronor(Decimal(ore) / 100))
    table.add_row(say("change_in_all"), signed_kronor(own["change_sek"]))
    return [table]


def _interval(publication: Published, unit: str) -> list[RenderableType]:
    language = settings().language
    rows = publication.table("allocation_interval").set_index("school_unit_code")
    if unit not in rows.index:
        reason = publication.table("redistribution_signal")["withheld_because"].iloc[0]
        return [Text(say("interval_none", reason=REASON_WORDS[reason][language]))] if isinstance(reason, str) else []
    own = rows.loc[unit]
    told = say(
        "interval_line", low80=kronor(own["total_80_lower_sek"]), high80=kronor(own["total_80_upper_sek"]),
        low95=kronor(own["total_95_lower_sek"]), high95=kronor(own["total_95_upper_sek"]),
    )  # fmt: skip
    return [Text(told), Text(say("interval_flat", share=share(own["more_than_flat_share"])))]
