"""Open statistics on invented files like Skolverket's: every municipality a proposal, a fault only for those it concerns."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from expectations.contracts.change import CHANGE
from expectations.contracts.evidence import EVIDENCE
from tests.orchestration.fixtures import skolverket_files as files
from tests.pipeline.conftest import ROOT, Home, materialise, rules_against

YEAR = 2022
NOW, BEFORE = "2021/22", "2020/21"
UNITS = files.invented_units(municipalities=8, units_each=24)  # 144 of them have a grade 9: enough for the fit
CODES = tuple(sorted({unit.municipality_code for unit in UNITS}))
SHARE_OF_140, UNIT_TWICE = "9902", "9905"

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """A folder with two exports and the results of the school year between them."""
    folder = tmp_path_factory.mktemp("open_data")
    for school_year in (NOW, BEFORE):
        (folder / files.export_name(school_year)).write_bytes(files.make_export(UNITS, school_year))
    (folder / files.RESULTS_NAME).write_bytes(files.make_results(UNITS, [BEFORE]))
    return folder


@pytest.fixture(scope="module")
def clean(new_home, tmp_path_factory, exported) -> Home:
    policies = tmp_path_factory.mktemp("policies")
    shutil.copytree(ROOT / "policies" / "default", policies / "default")
    home = new_home("open", policies=policies, open_data=exported)
    done = home.likvard("run", str(YEAR), "--policy", "default")
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="module")
def first(clean) -> dict:
    """What the clean run published, read before anything is spoiled."""
    wide = {code: clean.table("school_allocation", YEAR, code=code) for code in CODES}
    lines = {code: clean.table("fct_allocation", YEAR, code=code) for code in CODES}
    return {
        "wide": wide,
        "lines": lines,
        "outcomes": clean.outcomes(YEAR),
        "release": clean.release(YEAR, code="9901"),
        "model": clean.model(YEAR, code="9901"),
    }


def test_every_municipality_gets_a_proposal_that_adds_up(first):
    assert {code: row["status"] for code, row in first["outcomes"].items()} == dict.fromkeys(CODES, "published")
    for code in CODES:
        pupils = sum(sum(unit.pupils.values()) for unit in UNITS if unit.municipality_code == code)
        assert first["wide"][code]["pupil_count"].sum() == pupils
        assert first["lines"][code]["amount_ore"].sum() == pupils * 120_000 * 100
        assert set(first["wide"][code]["school_unit_code"]) == {u.code for u in UNITS if u.municipality_code == code}


def test_suppressed_shares_show_both_ends_in_kronor(first):
    wide = first["wide"]["9901"]
    assert (wide["structural_part_lower_sek"].notna() == wide["need_index_lower"].notna()).all()
    open_ended = wide[wide["need_index_upper"] - wide["need_index_lower"] > 1]
    assert len(open_ended) > 0
    assert (open_ended["structural_part_lower_sek"] < open_ended["structural_part_upper_sek"]).all()


def test_open_statistics_are_flagged_as_a_basis_for_proposals_only(first):
    assert (first["wide"]["9901"]["basis"] == "open_statistics").all()
    assert "R-BASIS-001" in first["release"]
    assert "(ekologiskt felslut)" in first["model"]
    assert "(the ecological fallacy)" in first["model"]
    assert "| pupils of foreign background | " in first["model"]


def test_a_damaged_published_tree_refuses_its_municipality_and_does_not_stop_the_neighbours(clean, first, tmp_path):
    home = Home(tmp_path / "home", clean.settings)
    shutil.copytree(clean.path, home.path, symlinks=True)
    pointer_gone, chain_broken, *whole = CODES
    pointer = home.published / pointer_gone / str(YEAR) / "proposed"
    pointer.unlink()
    pointer.mkdir()
    ledger = home.published / chain_broken / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b'"line":1', b'"line":7'))
    materialise(home, YEAR, "publication/proposal")
    outcomes = home.outcomes(YEAR)
    assert {code: outcomes[code]["status"] for code in whole} == dict.fromkeys(whole, "verified")
    for code in (pointer_gone, chain_broken):
        assert outcomes[code]["status"] == "refused"
        assert rules_against(outcomes[code]) == {"G-SEAL-001"}


def test_a_policy_may_build_on_older_counts_and_is_judged_on_those(clean, first, tmp_path):
    """`index.count_lag_years: 1`: funding year 2023 from the counts of 2021 and 2020, the newest that exist."""
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies" / "default", policies / "default")
    (policies / "9904").mkdir()
    (policies / "9904" / "municipality.yml").write_text(
        'extends: default\nmunicipality_code: "9904"\nname: Påhittinge 4\nintake_mode: school_aggregate\n', "utf-8"
    )
    default = (policies / "default" / "model.yml").read_text("utf-8")
    lag = default[default.index("  count_lag_years:") : default.index("\nneed:")]
    assert lag.count("value: 0") == 1
    (policies / "9904" / "index.yml").write_text("index:\n" + lag.replace("value: 0", "value: 1"), "utf-8")
    home = Home(tmp_path / "home", {"policies": policies})
    shutil.copytree(clean.path, home.path, symlinks=True)
    materialise(home, 2023, *AFTER_DBT)
    outcomes = home.outcomes(2023)
    assert {code: row["status"] for code, row in outcomes.items()} == {"9904": "published"}
    assert str(home.table("dim_year", 2023, code="9904")["count_date"].iloc[0]) == "2021-10-15"


def spoil(folder: Path, school_year: str, *changes) -> None:
    path = folder / files.export_name(school_year)
    content = path.read_bytes()
    for change in changes:
        content = change(content)
    path.write_bytes(content)


@pytest.fixture(scope="module")
def spoiled(clean, first, exported) -> tuple[Done, dict, dict]:
    """A share of 140 % in one municipality and a doubled unit in another."""
    before = {code: clean.standing(code) for code in CODES}
    spoil(
        exported,
        NOW,
        lambda content: files.set_cell(content, f"{SHARE_OF_140}0001", files.FOREIGN_BACKGROUND, "140"),
        lambda content: files.duplicate_unit(content, f"{UNIT_TWICE}0002"),
    )
    done = clean.likvard("run", str(YEAR), "--policy", "default")
    return done, clean.outcomes(YEAR), before


@pytest.mark.parametrize(("code", "rule"), [(SHARE_OF_140, "D-REJECT-001"), (UNIT_TWICE, "D-DUP-001")])
def test_a_fault_in_a_national_file_concerns_the_municipality_it_stands_in(clean, spoiled, code, rule):
    done, outcomes, before = spoiled
    assert done.returncode == 3, done.stdout + done.stderr
    assert outcomes[code]["status"] == "refused"
    assert rule in rules_against(outcomes[code])
    assert rule in done.stdout
    assert clean.standing(code) == before[code]


def test_the_other_municipalities_of_the_file_go_through(clean, spoiled):
    _, outcomes, before = spoiled
    others = [code for code in CODES if code not in (SHARE_OF_140, UNIT_TWICE)]
    assert {code: outcomes[code]["status"] for code in others} == dict.fromkeys(others, "verified")
    assert {code: clean.standing(code) for code in others} == {code: before[code] for code in others}


def test_the_command_names_file_row_and_column_of_a_rejected_cell(spoiled, exported):
    told = " ".join((spoiled[0].stdout + spoiled[0].stderr).split())
    lines = (exported / files.export_name(NOW)).read_text("utf-8-sig").split("\n")
    (row,) = [number for number, line in enumerate(lines, start=1) if f";{SHARE_OF_140}0001;" in line]
    assert files.export_name(NOW) in told
    assert files.FOREIGN_BACKGROUND in told
    assert re.search(rf"\b{row}\b", told)


@pytest.fixture(scope="module")
def cut_off(clean, spoiled, exported) -> tuple[Done, dict, dict]:
    """The national file without its end."""
    before = clean.standing()
    spoil(exported, NOW, files.truncate)
    done = clean.likvard("run", str(YEAR), "--policy", "default")
    return done, clean.outcomes(YEAR), before


def test_a_cut_off_national_file_publishes_nothing_for_anybody(clean, cut_off):
    done, outcomes, before = cut_off
    assert done.returncode == 4, done.stdout + done.stderr
    assert {code: row["status"] for code, row in outcomes.items()} == dict.fromkeys(CODES, "refused")
    assert all("D-FILE-001" in rules_against(row) for row in outcomes.values())
    assert clean.standing() == before


def test_the_command_says_that_nothing_was_lost_and_what_the_file_has(cut_off):
    told = cut_off[0].stdout
    assert "E-TRUNCATED" in told
    assert "What was published before stands as it was." in told


AFTER_DBT = ("need/need_coefficient", "need/fct_need_index", *(f"need/{contract.table}" for contract in EVIDENCE), "allocation/fct_allocation", "allocation/school_allocation", "allocation/organiser_allocation", *(f"allocation/{contract.table}" for contract in CHANGE),
             "forms/form_overview", "followup/cohort_count", "forecast/pupil_forecast", "publication/rule_result", "publication/proposal")  # fmt: skip
