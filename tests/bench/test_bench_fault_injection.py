"""The harness of crashes tells: it finds the program's own calls, its faults strike, and what is torn is noticed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults import decisions, work
from bench.faults.decisions import Deciding
from bench.faults.scenarios import CODE, YEAR, Loading, Publishing
from bench.faults.tracing import Ended, Point, Workers, missing, points, workers
from bench.faults.trials import errors_of, fail, kill

pytestmark = pytest.mark.skipif(
    missing() is not None and "CI" not in os.environ, reason=f"system calls cannot be injected: {missing()}"
)


@pytest.fixture(scope="module")
def serving() -> Iterator[Workers]:
    with workers() as found:
        yield found


@pytest.fixture(scope="module")
def loading(serving: Workers, tmp_path_factory: pytest.TempPathFactory) -> Loading:
    return Loading(tmp_path_factory.mktemp("load") / "load", serving)


@pytest.fixture(scope="module")
def publishing(serving: Workers, tmp_path_factory: pytest.TempPathFactory) -> Publishing:
    return Publishing(tmp_path_factory.mktemp("publish") / "publish", serving)


@pytest.fixture(scope="module")
def rolling(serving: Workers, tmp_path_factory: pytest.TempPathFactory) -> Deciding:
    return decisions.acts(tmp_path_factory.mktemp("decide"), serving)[2]


def test_a_killed_load_is_told_from_a_whole_one_and_the_re_run_leaves_no_part_behind(loading: Loading) -> None:
    trial = kill(loading, Point("chmod", 13, True))
    assert (trial.hit, trial.said, trial.problems) == (True, None, ())


def test_a_publication_killed_before_its_pointer_moves_is_the_old_one(publishing: Publishing) -> None:
    trial = kill(publishing, Point("symlink", 1, True))
    assert (trial.hit, trial.is_new, trial.problems) == (True, False, ())


def test_a_full_disk_is_told_with_the_file(publishing: Publishing) -> None:
    trial = fail(publishing, Point("write", 1, True), "ENOSPC")
    assert trial.hit
    assert trial.said is not None
    assert trial.said["status"] == "error"
    assert trial.problems == ()


def test_a_rollback_killed_before_its_pointer_moves_is_told_by_the_ledger_and_finished_by_a_re_run(
    rolling: Deciding,
) -> None:
    trial = kill(rolling, Point("symlink", 1, True))
    assert (trial.hit, trial.is_new, trial.problems) == (True, False, ())


def test_an_act_said_and_not_done_a_line_too_many_and_a_wrong_pointer_are_noticed(
    rolling: Deciding, tmp_path: Path
) -> None:
    rolling.fresh(tmp_path)
    assert rolling.against(tmp_path, Ended(None, 1)) == []
    assert rolling.against(tmp_path, Ended({"status": "done"}, 1)) == ["said that it was done, and it is not"]
    assert "the re-run did not converge" in rolling.after_re_run(tmp_path, Ended({"status": "done"}, 1))
    current = tmp_path / "home" / CODE / str(YEAR) / "current"
    current.unlink()
    current.symlink_to("versions/2027.0.2")
    assert "current names 2027.0.2" in rolling.against(tmp_path, Ended(None, 1))
    for name in ("ove", "cesar"):
        work.approve(str(tmp_path / "home"), "2027.0.2", name)
    (told,) = (words for words in rolling.against(tmp_path, Ended(None, 1)) if "other acts" in words)
    assert told.count("approved") == 2


def test_what_is_torn_or_said_wrongly_is_noticed(publishing: Publishing, tmp_path: Path) -> None:
    publishing.fresh(tmp_path)
    liar = Ended({"status": "published"}, 1)
    assert "said that it was published, and it is not" in publishing.against(tmp_path, liar)
    table = tmp_path / "home" / CODE / str(YEAR) / "versions" / "2027.0.1" / "tables" / "fct_allocation.parquet"
    table.parent.chmod(0o755)
    table.unlink()
    assert any("fct_allocation.parquet is missing" in words for words in publishing.against(tmp_path, Ended(None, 1)))
    assert any("did not converge" in words for words in publishing.after_re_run(tmp_path, Ended(None, 1)))


def test_a_delivery_that_is_lost_from_the_doors_account_is_noticed(loading: Loading, tmp_path: Path) -> None:
    loading.fresh(tmp_path)
    assert loading.against(tmp_path, Ended(None, 1)) == []
    (rows,) = (tmp_path / "home" / "pseudonymised" / "accepted" / "enrollment").glob("enrollment-*.parquet")
    rows.unlink()
    assert any("accepted rows are lost" in words for words in loading.against(tmp_path, Ended(None, 1)))
    assert any(rows.name in words for words in loading.after_re_run(tmp_path, Ended({"status": "loaded"}, 1)))


def test_a_reader_that_meets_a_mixed_version_says_so(publishing: Publishing, tmp_path: Path) -> None:
    publishing.fresh(tmp_path)
    told = {"root": str(tmp_path / "home"), "code": CODE, "year": YEAR, "reads": 1}
    assert work.read_on(**told, contents=[publishing.hashes[0]])["bad_reads"] == 0
    assert work.read_on(**told, contents=[publishing.hashes[1]])["bad"] == ["read 0: a content that nobody published"]


def test_calls_are_counted_by_name_and_only_those_below_the_home_are_points(tmp_path: Path) -> None:
    trace = (
        '7 openat(AT_FDCWD, "/etc/x", O_RDONLY) = 3',
        f'7 openat(AT_FDCWD, "{tmp_path}/a", O_RDONLY) = 3',
        f'8 openat(AT_FDCWD, "{tmp_path}/other thread", O_WRONLY) = 3',
        f'7 openat(AT_FDCWD, "{tmp_path}/b", O_WRONLY) = 3',
        f"7 write(3<{tmp_path}/b>, ..., 1) = 1",
        f"7 fsync(3<{tmp_path}/.staging/b>) = 0",
        f'7 openat(AT_FDCWD, "{tmp_path}/.staging/b", O_RDONLY) = 3',
        f'7 rename("{tmp_path}/.staging/b", "{tmp_path}/versions/b") = 0',
    )
    found = points(Ended(None, 7, trace), below=tmp_path)
    assert found == (
        Point("openat", 2, False), Point("openat", 3, True), Point("write", 1, True), Point("fsync", 1, True, True),
        Point("openat", 4, False), Point("rename", 1, True),
    )  # fmt: skip
    assert errors_of(found[:3]) == [(found[1], "EACCES"), (found[2], "ENOSPC"), (found[2], "EIO")]
