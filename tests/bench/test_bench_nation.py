"""A nation as accepted rows: whole, placed in its municipalities, the same bytes every time."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bench.nation.plan import MUNICIPALITIES, UNITS, Municipality, nation, of_size
from bench.nation.write import part_of, write_municipality, write_nation
from orchestration.intake.schemas import ACCEPTED, DELIVERIES


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A municipality of two small worlds over two years."""
    home = tmp_path_factory.mktemp("nation")
    write_municipality(Municipality("9007", 40, (1, 1)), home=home, years=2)
    return home


def test_the_nation_has_its_units_in_every_municipality_and_counts_them_on() -> None:
    municipalities = nation()
    sizes = [sum(each.districts) for each in municipalities]
    assert (len(sizes), sum(sizes), min(sizes) >= 1) == (MUNICIPALITIES, UNITS, True)
    assert [each.first_unit for each in municipalities] == [sum(sizes[:at]) for at in range(MUNICIPALITIES)]
    assert nation(10) == municipalities[:10]
    (typical,) = of_size(1)
    assert abs(sum(typical.districts) - UNITS / MUNICIPALITIES) < 1


def _rows(home: Path, source: str):
    return pq.read_table([*(home / "pseudonymised" / "accepted" / source).glob("[!_]*.parquet")])


def test_rows_have_the_doors_types_and_stand_in_their_municipality(written: Path) -> None:
    for source in ("enrollment", "background", "results", "subject_results", "school_register"):
        table = _rows(written, source)
        assert table.schema.equals(ACCEPTED[source])
        assert set(table["municipality_code"].to_pylist()) == {"9007"}
    rows = _rows(written, "enrollment")
    assert set(rows["home_municipality_code"].to_pylist()) == {"9007"}
    assert set(rows["school_unit_code"].to_pylist()) == {"99990041", "99990042"}


def test_pupils_of_two_worlds_are_never_the_same_and_a_file_numbers_its_rows(written: Path) -> None:
    rows = _rows(written, "enrollment").to_pandas()
    assert not rows.duplicated(["period", "pupil_key"]).any()
    assert rows.groupby("pupil_key")["school_unit_code"].nunique().max() == 1
    assert not rows.duplicated(["delivery_id", "row_number"]).any()


def test_a_home_is_the_same_bytes_again_and_a_part_of_it_is_cut_by_municipality(tmp_path: Path) -> None:
    homes = [tmp_path / "one", tmp_path / "two"]
    told = [write_nation(home, municipalities=3, years=1, workers=1) for home in homes]
    one, two = ({p.relative_to(home): p.read_bytes() for p in home.rglob("*.parquet")} for home in homes)
    assert told[0] == told[1] > 0
    assert one == two
    part = part_of(tmp_path / "part", homes[0], municipalities=2) / "pseudonymised" / "accepted"
    ledger = pq.read_table(part / "_deliveries.parquet")
    assert ledger.schema.equals(DELIVERIES)
    assert set(ledger["municipality_code"].to_pylist()) == {"9000", "9001"}
    files = {path.stem for path in part.rglob("[!_]*.parquet")}
    assert files == set(ledger["delivery_id"].to_pylist())
