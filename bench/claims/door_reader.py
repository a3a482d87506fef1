"""Claims about reading: rows conserved under a million damaged files, outcomes foreseen, speed and memory."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from bench.claim import Claim, Measured
from orchestration.intake.inbox import load_mapping_set
from orchestration.intake.parse import UNKNOWN_PERIOD, parse_delivery
from orchestration.intake.reader import MAXIMUM_BYTES
from orchestration.intake.store import Delivery
from tests.orchestration.fixtures.hostile import PUPIL_HEADER, THROUGH_THE_DOOR, hostile_files, measured_child
from tests.orchestration.fixtures.mutations import KEY, MAXIMUM_SEED, mutated, unaccounted
from tests.orchestration.fixtures.readings import quick_agrees
from tests.orchestration.fixtures.spoiled import PERIODS, cases

_ROOT = Path(__file__).resolve().parents[2]
MILLION = 1_000_000
MAXIMUM_RATIO = 8.0
MAXIMUM_GIGABYTES = 1.0
HOSTILE_GIGABYTES = 1.5


def fuzz(count: int, *, seed: int = 1) -> tuple[list[str], float]:
    """Send that many mutated files through the door: what went wrong (the first hundred), and CPU seconds.

    Every tenth is also read both ways.
    """
    mappings = load_mapping_set(_ROOT / "policies", municipality_codes=["9999"])
    seeds = {
        source: [case.content for case in cases() if case.source == source and len(case.content) <= MAXIMUM_SEED]
        for source in PERIODS
    }
    sources = ("results", "results", "background", "enrollment", "school_register")
    wrong: list[str] = []
    start = time.process_time()
    for number in range(count):
        source = sources[number % len(sources)]
        content = mutated(seeds[source], random.Random(seed * count + number))
        found = unaccounted(content, mapping=mappings["9999", source], period=PERIODS[source])
        if number % 10 == 0 and quick_agrees(content, mapping=mappings["9999", source]) is False:
            found = "read otherwise in bulk"
        if found is not None and len(wrong) < 100:
            wrong.append(f"{source} {number}: {found}")
    return wrong, time.process_time() - start


def _rows() -> Measured:
    wrong, seconds = fuzz(MILLION)
    return Measured(
        figure=f"{MILLION:,} generated files, {len(wrong)} with a row unaccounted or an error uncaught, "
        f"{seconds:.0f} CPU s",
        holds=not wrong,
        reason="; ".join(wrong[:3]),
    )


def _spoiled() -> Measured:
    mappings = load_mapping_set(_ROOT / "policies", municipality_codes=["9999"])
    by_source = {mapping.source: mapping for mapping in mappings.values()}
    found, missed = cases(), []
    for case in found:
        mapping = by_source[case.source]
        period = mapping.period_of(case.file_name) or UNKNOWN_PERIOD
        place = "0000" if mapping.scope == "national" else "9999"
        delivery = Delivery(case.source, place, period, "a" * 64, case.file_name, "bench", "2026-10-20", 1)
        parsed = parse_delivery(case.content, delivery=delivery, mapping=mapping, key=KEY)
        reasons = Counter(row.reasons[0][0] for row in parsed.rejected)
        if (parsed.refusal_code, parsed.counts.accepted_rows, reasons) != (case.refusal, case.accepted, case.rejected):
            missed.append(case.id)
    kinds = {case.kind for case in found}
    return Measured(
        figure=f"{len(found)} files in {len(kinds)} classes, {len(found) - len(missed)} with the foreseen outcome",
        holds=not missed and len(found) >= 250 and len(kinds) >= 40,
        reason=", ".join(missed[:5]),
    )


_DUCKDB = """
import duckdb, sys
connection = duckdb.connect()
read = "create table pupils as select * from read_csv(?, all_varchar=true, delim=';', header=true)"
connection.execute(read, [sys.argv[1]])
assert connection.execute("select count(*) from pupils").fetchone() == (1_000_000,)
"""

_DOOR = """
import sys
from datetime import datetime
from pathlib import Path
from orchestration.intake.door import read_deliveries
from orchestration.intake.inbox import load_mapping_set, sweep
mappings = load_mapping_set(Path("policies"), municipality_codes=["9999"])
sweep(Path(sys.argv[1]), mappings=mappings, received=datetime(2026, 10, 20))
(outcome,) = read_deliveries(Path(sys.argv[1]), mappings=mappings, key=bytes(range(32))).outcomes
assert (outcome.status, outcome.counts.accepted_rows, outcome.counts.rejected_rows) == ("accepted", 1_000_000, 0)
"""


def million_rows(path: Path) -> None:
    """A clean pupil file of a million rows and thirteen columns, every identity different, in no order.

    The births lie in the years 1800 to 1802: valid in form, date and check digit, and too early for anybody who ever
    had such a number (they began in 1947).
    """
    numbers = list(range(MILLION))
    random.Random(1).shuffle(numbers)
    days = [f"{date(1800, 1, 1) + timedelta(days=at):%Y%m%d}" for at in range(MILLION // 1000)]
    doubled = {digit: sum(divmod(int(digit) * 2, 10)) for digit in "0123456789"}
    with path.open("w", encoding="utf-8") as file:
        file.write(PUPIL_HEADER + "\n")
        for at in numbers:
            text = f"{days[at // 1000]}{at % 1000:03d}"
            total = sum(map(doubled.__getitem__, text[2::2])) + sum(map(int, text[3::2]))
            language = ("", "Arabiska", "Somaliska", "Svenska", "Finska")[at % 5]
            file.write(
                f"{text[:8]}-{text[8:]}{-total % 10};{99990000 + at % 900 + 1};{'FKLASS' if at % 10 == 0 else 'GR'};"
                f"{'F123456789'[at % 10]};{2015 + at % 12}-08-{1 + at % 28:02d};;{1000 + at % 290};{'JN'[at % 3 > 0]};"
                f"{language};{2010 + at % 16}-{1 + at % 12:02d}-{1 + at % 28:02d};{'JN'[at % 31 > 0]};{'JN'[at % 2]};pnr\n"
            )


def _speed() -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "elever_2026-10-15.csv"
        million_rows(source)
        text, door, memory = [], [], []
        for run in range(3):
            text.append(measured_child(_DUCKDB, str(source))[0])
            home = Path(folder) / f"home{run}"
            inbox = home / "restricted" / "inbox" / "9999"
            inbox.mkdir(parents=True)
            (inbox / source.name).hardlink_to(source)
            seconds, gigabytes, _ = measured_child(_DOOR, str(home))
            door.append(seconds)
            memory.append(gigabytes)
    ratio = min(door) / min(text)
    return Measured(
        figure=f"{min(door):.1f} CPU s, {ratio:.1f} times DuckDB's {min(text):.1f} s; {max(memory):.2f} GB",
        holds=ratio <= MAXIMUM_RATIO and max(memory) < MAXIMUM_GIGABYTES,
    )


def _hostile() -> Measured:
    peaks: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for path, code in hostile_files(Path(folder), MAXIMUM_BYTES):
            _, peaks[path.name], found = measured_child(THROUGH_THE_DOOR, str(path))
            path.unlink()
            if found != code:
                return Measured(figure=f"{path.name}: {found!r} instead of {code!r}", holds=False)
    worst = max(peaks, key=lambda name: peaks[name])
    return Measured(
        figure=f"{len(peaks)} files of {MAXIMUM_BYTES // 2**20} MB, at most {peaks[worst]:.2f} GB ({worst})",
        holds=peaks[worst] < HOSTILE_GIGABYTES,
    )


CLAIMS = (
    Claim(
        "door-rows",
        "However a delivered file is damaged, every line of it is accounted for and nothing stops the door.",
        "1,000,000 generated files, 0 rows unaccounted, 0 errors uncaught",
        _rows,
    ),
    Claim(
        "door-spoiled",
        "Spoiled files have the outcome foreseen for them, row by row.",
        "at least 250 files in at least 40 classes, all as foreseen",
        _spoiled,
    ),
    Claim(
        "door-speed",
        "A million clean rows are read, typed, pseudonymised, reconciled and written.",
        "at most 8 times the CPU in which DuckDB reads the same file as text, under 1 GB",
        _speed,
    ),
    Claim(
        "door-hostile",
        "A file of the greatest size allowed cannot fill the memory, whatever is in it.",
        "under 1.5 GB",
        _hostile,
    ),
)
