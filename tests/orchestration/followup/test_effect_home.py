"""The follow-up of a home: tables keep their contracts, verbs tell them in both languages, a design is bound by its hash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from expectations.contracts import FOLLOWING
from expectations.contracts.accuracy import ACCURACY
from expectations.contracts.effect import EFFECT
from expectations.contracts.goals import GOALS
from orchestration.accuracy_charts import level_chart, misplaced_chart
from orchestration.effect_charts import event_chart
from orchestration.followup.design_file import design_of, registration_of
from orchestration.followup.effect import design_hash, effect_of_year, same_school
from orchestration.followup.goals_file import goals_of
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from tests.orchestration.followup.effect_home import (
    NO_UNITS,
    PLAIN,
    TOWN,
    YEAR,
    by_town,
    drawn,
    followed,
    outcomes,
    policies,
    register,
)
from tests.orchestration.speaking import Likvard, speaking


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, pd.DataFrame]]:
    root = tmp_path_factory.mktemp("followup_home")
    folder = policies(root)
    return root, folder, followed(root, folder)


@pytest.fixture(params=["en", "sv"])
def likvard(request, home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Likvard]:
    with speaking(request.param, home[0], monkeypatch) as command:
        yield command


def test_every_follow_up_table_is_written_under_its_contract_and_read_back(home):
    root, _, rows = home
    assert set(rows) == {contract.table for contract in (*ACCURACY, *EFFECT, *GOALS)}
    tables = Tables(root=str(root / "aggregate" / "tables"))
    for name, table in rows.items():
        FOLLOWING[name].check(tables.read_or_empty(name, YEAR))
        assert len(table) or name == "accuracy_alarm", name
    cohorts = rows["accuracy_cohort"]
    assert (cohorts["fitted_year_last"] < cohorts["judged_years"].str[-4:].astype(int)).all()
    assert cohorts["is_pooled"].sum() == 1
    assert (rows["accuracy_level"]["observed_failure_count"] >= 10).all()


def test_the_follow_up_of_unchanged_weights_advises_to_freeze_and_draws_pictures(home):
    rows = home[2]
    (advice,) = rows["accuracy_weights"].to_dict("records")
    drifted = rows["accuracy_drift"].loc[rows["accuracy_drift"]["adjusted_p_value"] < 0.05, "factor"].tolist()
    assert advice["weights_advice"] == ("re_estimate" if drifted else "freeze")
    assert 0 < advice["misplaced_pot_share"] < 0.1
    pictures = (misplaced_chart, "accuracy_cohort"), (level_chart, "accuracy_level"), (event_chart, "effect_event")
    for chart, name in pictures:
        assert "data:image/png" in chart(rows[name]).value
        assert "data:image/png" not in chart(rows[name].iloc[:0]).value


def test_one_municipality_cannot_determine_the_effect_and_its_design_is_not_registered(home):
    (row,) = home[2]["effect_result"].to_dict("records")
    assert row["effect_verdict"] == "cannot_be_determined"
    assert row["detectable_effect"] > 0.003
    assert row["registered_publication_id"] is None
    assert not row["is_registered_before"]
    assert row["design_sha256"] == design_hash(home[1], TOWN)


def test_accuracy_is_told_with_floor_and_advice(likvard: Likvard):
    done = likvard("accuracy")
    assert done.exit_code == 2  # two municipalities: one must be named
    done = likvard("accuracy", TOWN)
    assert done.exit_code == 0, done.output
    assert "2023-2025" in done.output
    assert done.output.count("%") > 10


def test_goals_tell_figure_target_money_and_what_came_of_it(likvard: Likvard):
    done = likvard("goals")
    assert done.exit_code == 0, done.output
    flat = " ".join(done.output.split())
    assert "1 234 000 kr" in flat.replace("\xa0", " ")
    assert any(words in flat for words in ("Target 87", "Mål 87"))
    assert any(words in flat for words in ("In place since August", "Infört i augusti"))
    assert flat.count("–)") >= 1  # money that is not shown is not guessed


def test_goals_that_plans_do_not_serve_are_refused_with_their_place(tmp_path):
    folder = policies(tmp_path)
    path = folder / TOWN / "followup" / "goals.yml"
    path.write_text(path.read_text("utf-8").replace("- goal: eligibility", "- goal: fame"), "utf-8")
    with pytest.raises(PolicyError, match=r"goals\.yml:.*fame"):
        goals_of(folder / TOWN)
    assert goals_of(folder / "default") is None


def test_effect_tells_the_verdict_before_anything_else(likvard: Likvard):
    done = likvard("effect")
    assert done.exit_code == 0, done.output
    assert "16" in done.output.splitlines()[1]
    assert "-0.000" not in done.output.replace(",", ".")


@pytest.mark.parametrize(
    "words", [("accuracy", PLAIN), ("accuracy", "0001"), ("effect", PLAIN), ("accuracy", TOWN, "--year", 2019)]
)
def test_what_cannot_be_shown_is_wrong_use_with_words(likvard: Likvard, words):
    done = likvard(*words)
    assert done.exit_code == 2
    assert len(done.output.strip()) > 30


def test_a_design_is_registered_by_the_first_publication_that_records_it(tmp_path, home):
    sha = design_hash(home[1], TOWN)
    lines = []
    for year, recorded, day in ((2024, "0" * 64, "2023-11-02"), (2025, sha, "2024-11-03"), (2026, sha, "2025-11-04")):
        version = tmp_path / TOWN / str(year) / "versions" / f"{year}.0.1"
        version.mkdir(parents=True)
        (version / "manifest.json").write_text(json.dumps({"recorded": {"effect_design_sha256": recorded}}))
        lines.append(
            {"event": "published", "funding_year": year, "publication_id": version.name, "time": f"{day}T08:00:00"}
        )
    (tmp_path / TOWN / "ledger.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = registration_of(tmp_path, municipality_code=TOWN, design_sha256=sha)
    assert (found.publication_id, found.day) == ("2025.0.1", date(2024, 11, 3))
    assert registration_of(tmp_path, municipality_code=TOWN, design_sha256="1" * 64) is None
    assert registration_of(tmp_path, municipality_code=PLAIN, design_sha256=sha) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("outcome: not_eligible", "outcome: happiness"), "effect.yml:4: outcome"),
        (("base_year: 2017 ", "base_year: 2024 "), "base_year must lie before"),
        (("relevant_effect: 0.01", "relevant_effect: 0"), "relevant_effect"),
        (("seed", "seed"), ""),
    ],
)
def test_a_faulty_design_is_named_with_its_place_and_stops_only_itself(tmp_path, change, told):
    folder = policies(tmp_path, change=change)
    if not told:
        assert design_of(folder / TOWN, municipality_code=TOWN).seed == 1
        return
    with pytest.raises(PolicyError, match=told):
        design_of(folder / TOWN, municipality_code=TOWN)
    assert design_hash(folder, TOWN) is None
    found = effect_of_year(
        {TOWN: pd.DataFrame(), PLAIN: pd.DataFrame()},
        register={TOWN: pd.DataFrame(), PLAIN: pd.DataFrame()},
        units=NO_UNITS,
        codes=[TOWN, PLAIN],
        scope=Scope(policies=str(folder), default_policy=True),
        published=tmp_path,
        funding_year=YEAR,
    )
    assert told in found[TOWN].refusal
    assert PLAIN not in found


def test_results_after_the_decision_are_not_used(tmp_path):
    world = drawn()
    found = effect_of_year(
        by_town(outcomes(world)),
        register=by_town(register(world)),
        units=NO_UNITS,
        codes=[TOWN],
        scope=Scope(policies=str(policies(tmp_path))),
        published=tmp_path,
        funding_year=2025,
    )
    assert "[2025]" in found[TOWN].refusal


def test_a_new_code_does_not_end_a_school_unless_schools_were_split():
    units = pd.DataFrame(
        {
            "school_unit_code": ["a", "b", "c", "d", "e", "f"],
            "predecessor_codes": [None, "a", "b", "x", "x", "y,z"],
        }
    )
    assert same_school(units) == {"b": "a", "c": "a", "d": "d", "e": "e"}
