"""A home without deliveries: the run goes through the whole graph, publishes nothing and says what to do."""

from __future__ import annotations


def test_a_run_without_deliveries_publishes_nothing_and_says_where_files_go(new_home):
    home = new_home("empty")
    done = home.likvard("run", "2027", language="sv")
    assert done.returncode == 4, done.stdout + done.stderr
    assert str(home.path / "restricted" / "inbox") in done.stderr
    assert "15 oktober 2026" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert home.outcomes(2027) == {}
    assert home.standing() == {}
