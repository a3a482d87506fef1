"""``python -m bench.nation.write HOME [MUNICIPALITIES] [YEARS]``: the nation's accepted rows, as the door leaves them.

Every file is made by the world and read by the door's own parser, one municipality in memory at a time; what is left out
is the store of delivered files. A large municipality is made of several worlds, whose pupils have keys and unit codes
of their own, since the identity numbers that belong to nobody do not suffice for one.
"""

from __future__ import annotations

import hashlib
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.nation.plan import COHORT, FIRST_YEAR, MUNICIPALITIES, YEARS, Municipality, nation, of_size
from models_py.world import Delivery as DeliveredFile
from models_py.world import WorldSettings, deliver, deliver_subject_results, simulate
from orchestration.intake.door import Outcome, accepted_path
from orchestration.intake.inbox import MappingSet, load_mapping_set
from orchestration.intake.ledgers import ledger_tables
from orchestration.intake.parse import Parsed, RowCounts, parse_delivery
from orchestration.intake.pseudonym import demo_key
from orchestration.intake.schemas import ACCEPTED
from orchestration.intake.store import Delivery
from orchestration.intake.writing import parquet_bytes
from orchestration.intake.zones import create_zones
from orchestration.settings import REPOSITORY

_EXAMPLE = "9999"
_WORLDS_OF_A_SIZE = 3


def write_nation(home: Path, *, municipalities: int = MUNICIPALITIES, years: int = YEARS, workers: int = 2) -> int:
    """Write a home of accepted rows. Returns the rows. The same arguments give the same bytes."""
    create_zones(home)
    accepted = home / "pseudonymised" / "accepted"
    for source, schema in ACCEPTED.items():
        _write(accepted / source / "_schema.parquet", schema.empty_table())
    with ProcessPoolExecutor(workers) as pool:
        parts = pool.map(partial(write_municipality, home=home, years=years), nation(municipalities))
        outcomes = [outcome for part in parts for outcome in part]
    outcomes = [
        replace(item, delivery=replace(item.delivery, received_number=number))
        for number, item in enumerate(outcomes, start=1)
    ]
    for name, table in ledger_tables(outcomes, ()).items():
        _write(accepted / f"{name}.parquet", table)
    return sum(item.counts.accepted_rows for item in outcomes)


def write_municipality(municipality: Municipality, *, home: Path, years: int) -> list[Outcome]:
    """Write the accepted rows of one municipality, a file per source and period; what the door's ledgers say of them."""
    districts: defaultdict[tuple[str, str], list[tuple[DeliveredFile, Parsed]]] = defaultdict(list)
    first_unit = municipality.first_unit
    for number, units in enumerate(municipality.districts):
        for file, parsed in _district(municipality.code, number, units, years=years):
            table = _placed(parsed.table, code=municipality.code, first_unit=first_unit)
            districts[file.source, file.period].append((file, replace(parsed, table=table)))
        first_unit += units
    return [_keep(home, municipality.code, parts) for _, parts in sorted(districts.items())]


def _district(code: str, number: int, units: int, *, years: int) -> list[tuple[DeliveredFile, Parsed]]:
    """Every file of one world, and what the door makes of it. Raises ValueError for one that it refuses."""
    key = demo_key(int(code) * 100 + number)
    mappings, read = _mappings(), []
    for file in _delivered(code, number, units, years):
        mapping = mappings[_EXAMPLE, file.source]
        parsed = parse_delivery(file.content, delivery=_delivery(code, [file]), mapping=mapping, key=key)
        if parsed.refusal_code is not None or parsed.rejected:
            raise ValueError(f"{file.file_name} of {code}: {parsed.refusal_code}, {len(parsed.rejected)} rows rejected")
        read.append((file, parsed))
    return read


def delivered_bytes(municipality: Municipality, *, years: int) -> int:
    """What a municipality's files hold. The worlds that deliver them stand in memory afterwards."""
    worlds = (_delivered(municipality.code, *district, years) for district in enumerate(municipality.districts))
    return sum(len(file.content) for world in worlds for file in world)


def _delivered(code: str, number: int, units: int, years: int) -> tuple[DeliveredFile, ...]:
    return _files((int(code) + number) % _WORLDS_OF_A_SIZE, units, years)


@cache
def _files(seed: int, units: int, years: int) -> tuple[DeliveredFile, ...]:
    """What a world delivers. Three worlds of each size serve all districts, whose keys, codes and homes differ."""
    world = simulate(
        WorldSettings(
            seed=seed, first_count_year=FIRST_YEAR, years=years, municipality_codes=(_EXAMPLE,),
            units_per_municipality=(units, units), cohort_size=COHORT,
        )
    )  # fmt: skip
    return (*deliver(world), *deliver_subject_results(world))


@cache
def _mappings() -> MappingSet:
    return load_mapping_set(REPOSITORY / "policies", municipality_codes=[_EXAMPLE])


def _placed(table: pa.Table, *, code: str, first_unit: int) -> pa.Table:
    """The rows of a world in their municipality: unit codes counted on over the nation, pupils and units at home there."""
    for name in {"home_municipality_code", "location_municipality_code"} & set(table.column_names):
        table = _with(table, name, pa.repeat(code, table.num_rows))
    if "school_unit_code" not in table.column_names:
        return table
    codes = pc.add(table.column("school_unit_code").cast(pa.int64()), first_unit)
    return _with(table, "school_unit_code", codes.cast(pa.string()))


def _with(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)


def _keep(home: Path, code: str, parts: list[tuple[DeliveredFile, Parsed]]) -> Outcome:
    delivery = _delivery(code, [file for file, _ in parts])
    table = pa.concat_tables([parsed.table for _, parsed in parts])
    rows = table.num_rows
    table = _with(table, "delivery_id", pa.repeat(delivery.delivery_id, rows))
    table = _with(table, "row_number", pa.array(range(2, rows + 2), pa.int32()))
    _write(accepted_path(home, delivery), table)
    counts = RowCounts(physical_rows=rows + 1, header_rows=1, accepted_rows=rows)
    return Outcome(delivery, "accepted", None, parts[0][1].encoding, counts, (), (), is_latest=True)


def _delivery(code: str, files: list[DeliveredFile]) -> Delivery:
    sha256 = hashlib.sha256(b"".join(file.content for file in files)).hexdigest()
    return Delivery(files[0].source, code, files[0].period, sha256, files[0].file_name, "bench", "2026-10-20", 1)


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(parquet_bytes(table))


def part_of(home: Path, whole: Path, *, municipalities: int) -> Path:
    """A home of some municipalities of a nation that is written already (``of_size``); files are linked, not copied."""
    codes = {municipality.code for municipality in of_size(municipalities)}
    create_zones(home)
    accepted, from_folder = home / "pseudonymised" / "accepted", whole / "pseudonymised" / "accepted"
    for ledger in from_folder.glob("*.parquet"):
        table = pq.read_table(ledger)
        own = table.filter(pc.is_in(table["municipality_code"], pa.array(sorted(codes))))
        _write(accepted / ledger.name, own)
    for path in sorted(from_folder.glob("*/*.parquet")):
        if path.name == "_schema.parquet" or path.name.split("-")[1] in codes:
            target = accepted / path.parent.name / path.name
            target.parent.mkdir(exist_ok=True)
            target.hardlink_to(path)
    return home


if __name__ == "__main__":
    home, *sizes = sys.argv[1:]
    print(write_nation(Path(home), **dict(zip(("municipalities", "years"), map(int, sizes), strict=False))), "rows")
