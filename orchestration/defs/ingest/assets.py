"""The ingest step: new files are kept as delivered, and every row passes the door or is listed with its reason."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from orchestration.demo import MUNICIPALITY
from orchestration.intake.door import DoorReport, read_deliveries
from orchestration.intake.inbox import MappingSet, Sweep, load_mapping_set, sweep
from orchestration.intake.notices import keep_notices, notices
from orchestration.intake.sealed import sealed_errors
from orchestration.names import DATA_TEAM, INGEST
from orchestration.resources.keys import pseudonym_key
from orchestration.resources.scope import Scope
from orchestration.settings import Settings, settings

SOURCES = {
    "enrollment": "Pupils enrolled on each count date, one row per pupil and unit, as the municipality's pupil system exports "
    "them; identities are replaced by keyed pseudonyms.",
    "background": "Background of each pupil on each count date: guardians' education, immigration, income, welfare, household.",
    "results": "Grade-9 results per pupil and school year: eligible for vocational programmes or not, merit value.",
    "subject_results": "Results per subject, pupil and school year on the way to grade 9: reading check, national tests, teachers' "
    "judgements, grades.",
    "protected_counts": "Pupils with protected identity on each count date: how many per unit and grade, nothing else.",
    "delivered_index": "An index per school unit that the municipality has ordered, from SCB for example, with the count date "
    "its composition is of; used where the intake mode is delivered_index.",
    "unit_costs": "Costs of each school unit by cost type in a calendar year's accounts, and what it was allocated that year.",
    "unit_staff": "Teachers of each school unit in full-time posts, and how many of the posts are held by certified teachers.",
    "state_grants": "State grants per organiser and school unit: what for, how much was granted and used, what it bought.",
    "school_register": "The municipality's register of school units with organiser, grades, status and predecessors.",
    "form_unit": "Units of the other school forms on each of their count days, with organiser type.",
    "form_enrollment": "Who is in the other school forms on each of their count days: stage, hours, programme or track, and what the "
    "form's index is made of; identities are replaced by keyed pseudonyms.",
    "skolverket_enrollment": "Skolverket's export 'Antal elever per årskurs': pupils per grade and composition of every school "
    "unit, with suppression codes typed.",
    "skolverket_results": "Skolverket's statistics per unit: eligibility, merit value and more, with suppression codes typed.",
}
LEDGERS = {
    "deliveries": "Every delivery with its counts: physical = header + blank + accepted + rejected.",
    "findings": "What the door found: refused files, rejected rows by reason, duplicates; counts and codes, never a value.",
}


@dg.multi_asset(
    name="door",
    group_name=INGEST,
    specs=[
        dg.AssetSpec(["raw", name], owners=[DATA_TEAM], kinds={"python", "parquet"}, description=description)
        for name, description in (SOURCES | LEDGERS).items()
    ],
)
def door(context: dg.AssetExecutionContext, scope: Scope):
    """Take in new files from the inboxes and the open-data folder, and read what has not been read."""
    found = settings()
    # A demonstration's key can be derived by anyone, so no other municipality's pupils may pass under it.
    codes = [MUNICIPALITY] if found.is_demo else scope.own_folders()
    mappings = load_mapping_set(Path(scope.policies), municipality_codes=codes)
    taken, report = _through_the_door(found, mappings, pseudonym_key(found))
    told = notices(taken, report)
    keep_notices(found.home, told)
    for notice in told:
        rows = ", ".join(f"{name} {count}" for name, count in notice.counts)
        context.log.info(f"{notice.kind}: {notice.file} ({notice.source} {notice.period}) {rows}".rstrip())
    context.log.info(f"{report.files_read} of {len(report.outcomes)} deliveries were read now, the others were known")
    for problem in taken.not_taken:
        context.log.warning(f"not taken: {problem.text(found.language)}")
    for outcome in report.refused:
        for problem in outcome.problems[:3]:
            context.log.warning(problem.text(found.language))
    for source in SOURCES:
        yield dg.MaterializeResult(asset_key=["raw", source], metadata=_source_metadata(report, source))
    yield dg.MaterializeResult(
        asset_key=["raw", "deliveries"],
        metadata={
            "dagster/row_count": len(report.outcomes),
            "read_now": report.files_read,
            "refused": len(report.refused),
            "mended_rows": sum(item.mended_rows for outcome in report.outcomes for item in outcome.mendings),
            "changed_rows": sum(item.added_rows + item.removed_rows + item.changed_rows for item in report.changes),
        },
    )
    yield dg.MaterializeResult(
        asset_key=["raw", "findings"],
        metadata={"dagster/row_count": report.findings.num_rows, "findings": _findings_table(report)},
    )


@sealed_errors
def _through_the_door(found: Settings, mappings: MappingSet, key: bytes | None) -> tuple[Sweep, DoorReport]:
    taken = sweep(found.home, mappings=mappings, open_data=found.open_data, received=datetime.now(UTC))
    return taken, read_deliveries(found.home, mappings=mappings, key=key)


def _source_metadata(report: DoorReport, source: str) -> dict[str, object]:
    own = [outcome for outcome in report.outcomes if outcome.delivery.source == source]
    accepted = sum(outcome.counts.accepted_rows for outcome in own)
    rows = [
        "| period | municipality | physical | header | blank | accepted | rejected |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for outcome in sorted(own, key=lambda o: (o.delivery.period, o.delivery.received_number))[-12:]:
        counts = outcome.counts
        rows.append(
            f"| {outcome.delivery.period} | {outcome.delivery.municipality_code} | {counts.physical_rows} | {counts.header_rows} "
            f"| {counts.blank_rows} | {counts.accepted_rows} | {counts.rejected_rows} |"
        )
    return {
        "dagster/row_count": accepted,
        "deliveries": len(own),
        "reconciliation": dg.MetadataValue.md("\n".join(rows)),
    }


def _findings_table(report: DoorReport) -> dg.MarkdownMetadataValue:
    counted = Counter(
        (row["severity"], row["reason_code"], row["source"])
        for row in report.findings.to_pylist()
        for _ in range(row["row_count"])
    )
    rows = ["| severity | reason | source | rows |", "|---|---|---|--:|"]
    rows += [
        f"| {severity} | {code} | {source} | {count} |" for (severity, code, source), count in sorted(counted.items())
    ]
    return dg.MetadataValue.md("\n".join(rows) if counted else "The door found nothing.")
