"""Runs that break off leave no identity and no key behind. A quick look at two; all steps are a claim (`door-canary`)."""

from pathlib import Path

import pytest

from bench.canary.runs import BREAKS, CAUGHT, Run, run, spoil_inbox
from bench.canary.scan import RESTRICTED, needles_of, scan
from bench.claims.door_privacy import dbt_folders, judge_runs, steps_of_the_job
from orchestration.demo import key_of_the_demo


@pytest.fixture(scope="module")
def left(tmp_path_factory) -> tuple[Path, Path, list[Run]]:
    """A home after two broken runs: a pupil file in the error's words; spoiled files and counted rows in the words."""
    folder = tmp_path_factory.mktemp("broken")
    home, captures = folder / "home", folder / "captures"
    first = run("door", home=home, captures=captures, is_small=True)
    assert spoil_inbox(home) > 0
    return home, captures, [first, run("need_model", home=home, captures=captures, is_small=True)]


def test_broken_runs_leave_nothing_outside_the_restricted_zone(left):
    home, captures, runs = left
    assert [item.has_failed_as_asked for item in runs] == [True, True], [item.said[-400:] for item in runs]
    needles = needles_of(home, key=key_of_the_demo())
    report = scan([home, captures, *dbt_folders()], needles=needles, skip=[home / RESTRICTED])
    assert len(needles.identities) > 1_000
    assert report.is_clean, str(report)
    assert {"duckdb", "parquet", "sqlite"} <= report.containers.keys()


def test_the_failure_had_a_row_and_the_run_says_where_it_broke(left):
    """What the error held is withheld; that there was one, and where, is told."""
    _, _, (door, need_model) = left
    assert "ForcedError in" in door.said
    assert "words are withheld" in door.said
    assert "not_eligible" in need_model.said  # counts of the municipality, which hold no pupil


def test_one_identity_let_out_is_found(left):
    home, captures, runs = left
    identity = min(needles_of(home, key=None).identities)
    (captures / "extra.txt").write_text(f"row {identity[2:8]}-{identity[8:]}")
    try:
        found = judge_runs(runs, runs[0], home=home, captures=captures)
        assert found.holds is False
        assert "extra.txt" in found.reason
        assert identity not in found.reason
    finally:
        (captures / "extra.txt").unlink()


def test_every_step_of_the_yearly_job_has_its_break():
    assert {step for step, _, _ in BREAKS.values()} == steps_of_the_job()
    assert set(BREAKS) > CAUGHT
