"""A municipality that orders its index: a file in its inbox becomes a proposal, and one without a file concerns nobody else."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.orchestration.fixtures import skolverket_files as files
from tests.pipeline.conftest import ROOT, Home, rules_against

YEAR = 2022
UNITS = files.invented_units(municipalities=8, units_each=24)
ORDERED, NOT_SENT = "9904", "9905"
CODES = [unit.code for unit in UNITS if unit.municipality_code == ORDERED]
WITHOUT_VALUE = CODES[-1]


@pytest.fixture(scope="module")
def ran(new_home, tmp_path_factory) -> Home:
    folder, policies = tmp_path_factory.mktemp("open_data"), tmp_path_factory.mktemp("policies")
    for school_year in ("2021/22", "2020/21"):
        (folder / files.export_name(school_year)).write_bytes(files.make_export(UNITS, school_year))
    (folder / files.RESULTS_NAME).write_bytes(files.make_results(UNITS, ["2020/21"]))
    shutil.copytree(ROOT / "policies" / "default", policies / "default")
    for code in (ORDERED, NOT_SENT):
        (policies / code / "sources").mkdir(parents=True)
        shutil.copy(ROOT / "policies" / "9999" / "sources" / "delivered_index.yml", policies / code / "sources")
        (policies / code / "municipality.yml").write_text(
            f'extends: default\nmunicipality_code: "{code}"\nname: X\nintake_mode: delivered_index\n', "utf-8"
        )
    home = new_home("delivered", policies=policies, open_data=folder)
    inbox = home.path / "restricted" / "inbox" / ORDERED
    inbox.mkdir(parents=True)
    for place in (home.path / "restricted", inbox.parent, inbox):
        place.chmod(0o700)
    for day, scale in (("2021-10-15", 1), ("2020-10-15", 0.01)):  # a mean of 100 one year, of 1.00 the other
        lines = [f"{code};{(60 + 7 * place) * scale:.2f}".replace(".", ",") for place, code in enumerate(CODES[:-1])]
        (inbox / f"index_{day}.csv").write_text("\n".join(["Skolenhetskod;Index", *lines, ""]), "utf-8")
        (inbox / f"index_{day}.csv").chmod(0o600)
    done = home.likvard("run", str(YEAR), "--policy", "default")
    assert done.returncode == 3, done.stdout + done.stderr
    return home


def test_need_follows_the_delivered_values_and_the_mean_is_100(ran):
    need = ran.table("fct_need_index", YEAR, code=ORDERED).set_index("school_unit_code")
    assert set(need["basis"]) == {"delivered_index"}
    assert need["need_share"].isna().all()
    assert need["need_index"].drop(WITHOUT_VALUE).is_monotonic_increasing
    assert need.loc[WITHOUT_VALUE, "index_rule"] == "municipal_mean"
    assert np.average(need["need_index"], weights=need["pupil_count"]) == pytest.approx(100, abs=1e-9)
    assert ran.table("need_coefficient", YEAR, code=ORDERED).empty


def test_money_adds_up_and_the_notes_say_what_the_index_is(ran):
    wide = ran.table("school_allocation", YEAR, code=ORDERED)
    assert sorted(wide["school_unit_code"]) == CODES
    assert wide["total_sek"].sum() == int(wide["pupil_count"].sum()) * 120_000
    assert "it describes school units, not pupils" in ran.release(YEAR, code=ORDERED)


def test_an_index_that_was_never_sent_refuses_its_municipality_alone(ran):
    outcomes = ran.outcomes(YEAR)
    assert outcomes[NOT_SENT]["status"] == "refused"
    assert rules_against(outcomes[NOT_SENT]) == {"G-CANDIDATE-001"}
    assert "no index was delivered" in str(outcomes[NOT_SENT]["reasons"])
    assert {row["status"] for code, row in outcomes.items() if code != NOT_SENT} == {"published"}
