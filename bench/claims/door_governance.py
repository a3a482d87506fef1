"""Claims of the door's governance: corrections reconcile, changed rows are told, a change of key takes everybody along,
pupils with protected identity are nowhere named, and what was purged is gone.

Each claim works through the door as a user's run does, in homes that are thrown away. Figures count what was tried.
"""

from __future__ import annotations

import csv
import io
import os
import random
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from bench.claim import Claim, Measured
from models_py.world import DEMO, deliver, simulate
from orchestration.intake.door import DoorReport, read_deliveries
from orchestration.intake.identity import has_valid_check_digit
from orchestration.intake.inbox import inbox, load_mapping_set, sweep
from orchestration.intake.pseudonym import pupil_key
from orchestration.intake.rejects import NothingToMendError, export_rejects
from orchestration.intake.retention import plan_purge, purge
from orchestration.intake.rotation import rotate_key
from orchestration.intake.store import DeliveryStore

ROOT = Path(__file__).resolve().parents[2]
MAPPINGS = load_mapping_set(ROOT / "policies", municipality_codes=["9999"])
HEADER = "Personnummer;Skolenhetskod;Skolform;Årskurs;Startdatum;Slutdatum;Hemkommun;Id-typ;Sekretessmarkering"
PERIOD, NAME = "2026-10-15", "elever_2026-10-15.csv"
NOW = datetime(2026, 10, 20)
FILES, ROWS = 150, 40
SPOILS = ("99", "=1+1", '"', "", "@x")
"""What stands in place of a unit code in a spoiled row."""


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _identity(place: int) -> str:
    """One of the Tax Agency's test numbers, never issued to anybody: birth number 239, a day of 2020 each."""
    head = f"{date(2020, 1, 1) + timedelta(days=place):%Y%m%d}239"
    return head + next(digit for digit in "0123456789" if has_valid_check_digit(head[2:] + digit))


def _row(place: int, *, unit: str = "99990001", grade: int = 1, mark: str = "") -> str:
    return f"{_identity(place)};{unit};GR;{grade};2026-08-17;;9999;pnr;{mark}"


def _look(home: Path, key: bytes, content: str | bytes, name: str = NAME) -> DoorReport:
    path = inbox(home, municipality_code="9999") / name
    path.write_bytes(content if isinstance(content, bytes) else f"{HEADER}\n{content}\n".encode())
    sweep(home, mappings=MAPPINGS, received=NOW)
    return read_deliveries(home, mappings=MAPPINGS, key=key)


def corrections_reconcile() -> Measured:
    """Files with random rows spoiled, exported, mended in part, loaded, mended in full, loaded."""
    seed = random.Random(1)
    rejected = unaccounted = unmended = 0
    for _ in range(FILES):
        bad = {row for row in range(ROWS) if seed.random() < 0.3} or {0}
        lines = [_row(row, unit=seed.choice(SPOILS) if row in bad else "99990001") for row in range(ROWS)]
        key = os.urandom(32)
        with _home() as home:
            _look(home, key, "\n".join(lines))
            told = {"source": "enrollment", "period": PERIOD, "municipality_code": "9999", "mappings": MAPPINGS}
            export = export_rejects(home, **told)
            head, *rows = csv.reader(io.StringIO(export.path.read_text("utf-8-sig")), delimiter=";")
            for row in rows:
                row[2:] = _row(int(row[0]) - 2).split(";")
            some = [row for row in rows if seed.random() < 0.5]
            for number, part in enumerate((some, rows)):
                sink = io.StringIO()
                csv.writer(sink, delimiter=";").writerows([head, *part])
                report = _look(home, key, sink.getvalue().encode(), f"mended {number}.csv")
            (outcome,) = report.outcomes
        rejected += len(bad)
        unmended += outcome.counts.rejected_rows
        before = len(bad)
        for mending in outcome.mendings:
            unaccounted += abs(before - mending.mended_rows - mending.still_rejected_rows)
            before = mending.still_rejected_rows
        unaccounted += abs(outcome.counts.accepted_rows - ROWS)
    figure = f"{FILES} files, {rejected} rejected rows, {unaccounted} unaccounted, {unmended} not mended"
    return Measured(figure, unaccounted == 0 and unmended == 0)


def changes_are_told() -> Measured:
    """Two deliveries of which every change was made by us: what is told against what was done."""
    seed = random.Random(2)
    wrong = done = 0
    for _ in range(FILES):
        old = {place: _row(place, grade=seed.randint(1, 9)) for place in range(ROWS)}
        gone = {place for place in old if seed.random() < 0.1}
        new = {place: line for place, line in old.items() if place not in gone}
        moved = {place for place in new if seed.random() < 0.1}
        new |= {place: _row(place, unit="99990002") for place in moved}
        come = {ROWS + place for place in range(seed.randint(0, 4))}
        new |= {place: _row(place) for place in come}
        lines = list(new.values())
        seed.shuffle(lines)
        with _home() as home:
            key = os.urandom(32)
            _look(home, key, "\n".join(old.values()))
            (told,) = _look(home, key, "\n".join(lines), "elever_2026-10-15_ny.csv").changes or (None,)
        made = (len(come), len(gone), len(moved))
        done += sum(made)
        wrong += told is None or (told.added_rows, told.removed_rows, told.changed_rows) != made
    return Measured(f"{FILES} pairs, {done} changes, {wrong} pairs told wrongly", wrong == 0)


def rotation_takes_all_along() -> Measured:
    """The demo's ten years: rotate the key, look for old pseudonyms, compare every row with the new key's."""
    old, new = os.urandom(32), os.urandom(32)
    with _home() as home:
        for file in deliver(simulate(DEMO)):
            (inbox(home, municipality_code="9999") / file.file_name).write_bytes(file.content)
        sweep(home, mappings=MAPPINGS, received=NOW)
        read_deliveries(home, mappings=MAPPINGS, key=old)
        before = _keys(home)
        start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        done = rotate_key(home, mappings=MAPPINGS, old=old, new=new, now=NOW)
        seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime - start
        after, again = _keys(home), read_deliveries(home, mappings=MAPPINGS, key=new).files_read
        kept = dict(line.split(",")[1:] for line in done.path.read_text().splitlines()[1:])
    left = sum(value in kept for value in after)
    wrong = sum(kept.get(one) != other for one, other in zip(before, after, strict=True))
    figure = (
        f"{done.read_deliveries} deliveries, {len(after)} rows, {len(set(after))} pupils: {left} old pseudonyms left, "
        f"{wrong} rows of another pupil, {seconds:.0f} CPU s"
    )
    return Measured(figure, left == wrong == again == 0 and len(set(before)) == len(set(after)))


def _keys(home: Path) -> list[str]:
    """All pseudonyms of the accepted tables, in order of file and row."""
    found = []
    for path in sorted((home / "pseudonymised" / "accepted").rglob("*.parquet")):
        if "pupil_key" in pq.read_schema(path).names:
            found += pq.read_table(path, columns=["pupil_key"]).column("pupil_key").to_pylist()
    return found


def protected_pupils_are_nowhere() -> Measured:
    """Files with marked rows, good and spoiled: look for their numbers and keys in all that was written but the store."""
    seed = random.Random(3)
    marked = found = bytes_read = 0
    for _ in range(FILES):
        marks = {row for row in range(ROWS) if seed.random() < 0.1} or {1}
        units = [seed.choice(["99990001", "99"]) for _ in range(ROWS)]
        lines = [_row(row, unit=units[row], mark="Ja" if row in marks else "Nej") for row in range(ROWS)]
        key = os.urandom(32)
        with _home() as home:
            _look(home, key, "\n".join(lines))
            told = {"source": "enrollment", "period": PERIOD, "municipality_code": "9999", "mappings": MAPPINGS}
            try:
                export_rejects(home, **told)
            except NothingToMendError:
                continue
            text = _written(home)
        marked += len(marks)
        bytes_read += len(text)
        found += sum(
            _identity(row) in text or pupil_key(_identity(row), key=key, context="9999") in text for row in marks
        )
    figure = f"{marked} marked pupils, {bytes_read // 1000} kB looked through, {found} found"
    return Measured(figure, marked > 0 and found == 0)


def _written(home: Path) -> str:
    """All a run wrote, but for what was delivered: the inbox and the store."""
    texts = []
    for path in home.rglob("*"):
        if not path.is_file() or {"inbox", "inputs"} & set(path.relative_to(home).parts):
            continue
        texts.append(path.read_bytes().decode("utf-8", "replace"))
        if path.suffix == ".parquet":
            texts.append(str(pq.read_table(path).to_pylist()))
    return "\n".join(texts)


def purged_is_gone() -> Measured:
    """The demo's deliveries three years later: no delivered byte is left, no row and no count is lost."""
    key = os.urandom(32)
    with _home() as home:
        files = deliver(simulate(DEMO))
        for file in files:
            (inbox(home, municipality_code="9999") / file.file_name).write_bytes(file.content)
        sweep(home, mappings=MAPPINGS, received=NOW)
        read_deliveries(home, mappings=MAPPINGS, key=key)
        ledger = home / "pseudonymised" / "accepted" / "_deliveries.parquet"
        before, rows = pq.read_table(ledger), len(_keys(home))
        later = NOW + timedelta(days=3 * 366)
        plan = plan_purge(home, now=later, months=24)
        purge(home, plan, now=later)
        report = read_deliveries(home, mappings=MAPPINGS, key=key)
        left = sum(DeliveryStore(home).path(item.sha256).exists() for item in DeliveryStore(home).everything())
        left += sum(path.is_file() for path in (home / "restricted" / "inbox").rglob("*"))
        is_same = pq.read_table(ledger).equals(before) and len(_keys(home)) == rows and report.files_read == 0
    figure = f"{len(plan.contents)} deliveries purged, {left} left, {rows} rows and their counts unchanged: {is_same}"
    return Measured(figure, left == 0 and is_same and len(plan.contents) == len({file.content for file in files}))


CLAIMS = (
    Claim(
        id="door-corrections",
        sentence="Rejected rows that go out and come back are all mended or still rejected; none is lost or made.",
        goal="0 unaccounted",
        measure=corrections_reconcile,
    ),
    Claim(
        id="door-changes",
        sentence="A newer delivery says exactly which rows it added, removed and changed.",
        goal="0 pairs told wrongly",
        measure=changes_are_told,
    ),
    Claim(
        id="door-rotation",
        sentence="A change of key takes every pupil of ten years along and leaves no old pseudonym behind.",
        goal="0 old pseudonyms, 0 rows of another pupil",
        measure=rotation_takes_all_along,
    ),
    Claim(
        id="door-protected",
        sentence="A pupil marked as protected stands in nothing the door writes, not even under a pseudonym.",
        goal="0 found",
        measure=protected_pupils_are_nowhere,
    ),
    Claim(
        id="door-purge",
        sentence="What was purged is gone from store and inbox; hashes, counts and accepted rows stay.",
        goal="0 left",
        measure=purged_is_gone,
    ),
)
