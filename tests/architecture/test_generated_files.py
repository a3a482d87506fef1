"""Generated files are what their registers say, and a claim that falls short is told."""

import json
import sys
from pathlib import Path

import pytest

from bench import prove
from bench.claim import Claim, Measured
from bench.pages import GENERATED, ROOT

RESULTS = [path for group in prove.GROUPS if (path := ROOT / "docs" / "proofs" / f"{group}.json").is_file()]


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_a_generated_file_is_what_its_register_says(name: str):
    committed = (ROOT / name).read_text(encoding="utf-8")
    assert committed == GENERATED[name](), f"{name} is stale: run `make docs` and commit it"


def test_claims_have_ids_of_their_own_and_begin_with_their_group():
    for group in prove.GROUPS:
        ids = [claim.id for claim in prove.claims(group)]
        assert len(set(ids)) == len(ids)
        assert all(claim_id.startswith(f"{group}-") for claim_id in ids)


def test_a_measurement_that_raises_does_not_hold():
    def broken() -> Measured:
        raise RuntimeError("no such home")

    line = Claim("main-x", "A claim.", "a goal", broken).run()
    assert (line["holds"], line["reason"]) == (False, "RuntimeError: no such home")


@pytest.mark.parametrize(("holds", "code"), [(True, 0), (None, 0), (False, 1)])
def test_the_exit_code_tells_whether_a_claim_fell_short(holds, code, monkeypatch, tmp_path: Path, capsys):
    claim = Claim("main-x", "A claim.", "a goal", lambda: Measured("7", holds, "" if holds else "because"))
    monkeypatch.setattr(prove, "claims", lambda group: (claim,))
    monkeypatch.setattr(prove, "DOCS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["prove", "main"])
    with pytest.raises(SystemExit) as stopped:
        prove.main()
    assert stopped.value.code == code
    assert json.loads(capsys.readouterr().out.splitlines()[0])["holds"] is holds
    assert "A claim." in (tmp_path / "proofs.md").read_text()


def test_an_unknown_group_is_wrong_use():
    with pytest.raises(SystemExit) as stopped:
        prove.claims("nothing")
    assert stopped.value.code == 2


@pytest.mark.parametrize("path", RESULTS, ids=lambda p: p.stem)
def test_no_claim_of_the_docs_fell_short(path: Path):
    fallen = [line["claim"] for line in json.loads(path.read_text(encoding="utf-8")) if line["holds"] is False]
    assert fallen == []


def test_the_page_of_proofs_is_made_of_the_results():
    assert (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8") == prove.page()
