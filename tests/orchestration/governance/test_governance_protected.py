"""Pupils with protected identity: counted, and nowhere a row, a number or a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.intake.door import quarantine_path
from orchestration.intake.mapping import MappingError, parse_mapping
from orchestration.intake.rejects import NothingToMendError, export_rejects
from tests.orchestration.governance.homes import ANNA, BO, CIA, HEADER, MAPPINGS, PERIOD, Home, pupil, pupil_file

MARKED = f"{HEADER};Sekretessmarkering"
POLICY = Path(__file__).parents[3] / "policies" / "9999" / "sources" / "enrollment.yml"


def marked_file() -> bytes:
    return pupil_file(
        pupil(ANNA, more=";Nej"),
        pupil(BO, more=";Ja"),
        pupil(CIA, unit="9999", more=";"),  # rejected for its unit, nothing protected
        header=MARKED,
    )


def exported(home: Home) -> tuple[str, int]:
    told = {"source": "enrollment", "period": PERIOD, "municipality_code": "9999", "mappings": home.mappings}
    export = export_rejects(home.path, **told)
    return export.path.read_text("utf-8-sig"), export.withheld_rows


def test_a_marked_row_is_not_let_in_and_still_accounted_for(home: Home) -> None:
    home.drop(marked_file())
    (outcome,) = home.look().outcomes
    assert (outcome.counts.accepted_rows, outcome.counts.rejected_rows) == (1, 2)
    codes = {item.reason_code: item.row_count for item in outcome.findings if item.reason_code.startswith("E-")}
    assert codes == {"E-PROTECTED": 1, "E-UNIT-CODE": 1}


def test_a_marked_row_is_named_in_no_quarantine_no_reject_file_and_no_message(home: Home) -> None:
    home.drop(marked_file())
    (outcome,) = home.look().outcomes
    assert '"row": 3' not in quarantine_path(home.path, home.only()).read_text()
    assert 3 not in {problem.row for problem in outcome.problems}
    text, withheld = exported(home)
    assert BO not in text
    assert CIA in text
    assert withheld == 1
    outside = home.everything_in("pseudonymised", "aggregate", "published")
    assert BO[-4:] not in outside
    assert '"row": 3' not in outside


def test_a_file_with_nothing_but_marked_rows_gives_nothing_to_mend(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA, more=";Nej"), pupil(BO, more=";Ja"), header=MARKED))
    home.look()
    with pytest.raises(NothingToMendError, match="no rejected rows"):
        exported(home)


def test_a_correction_cannot_bring_a_marked_row_in(home: Home) -> None:
    home.drop(marked_file())
    home.look()
    text, _ = exported(home)
    line = next(line for line in text.splitlines() if CIA in line)
    smuggled = line.replace("4;", "3;", 1).replace(CIA, BO).replace(";9999;", ";99990001;", 1)
    home.drop("\r\n".join([text.splitlines()[0], smuggled, ""]).encode("utf-8-sig"), "x.csv")
    (outcome,) = home.look().outcomes
    assert (outcome.counts.accepted_rows, outcome.mendings[0].unplaced_rows) == (1, 1)


@pytest.mark.parametrize("word", ["Ja", "J", "1", "X", "skyddad folkbokföring"])
def test_any_word_but_no_counts_as_a_mark(home: Home, word: str) -> None:
    home.drop(pupil_file(pupil(ANNA, more=";nej"), pupil(BO, more=f";{word}"), header=MARKED))
    assert home.look().outcomes[0].counts.rejected_rows == 1


def test_a_file_without_the_column_raises_no_question(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    columns = len(MAPPINGS[("9999", "enrollment")].columns) - len(HEADER.split(";")) - 1
    found = {item.reason_code: item.row_count for item in home.look().outcomes[0].findings}
    assert found == {"D-COLUMN-ABSENT": columns}


def test_counts_come_by_their_own_form_without_any_identity(home: Home) -> None:
    home.drop("Skolenhetskod;Årskurs;Antal\n99990001;4;2\n99990002;F;1\n".encode(), "skyddade_antal_2026-10-15.csv")
    (outcome,) = home.look(key=None).outcomes
    assert outcome.counts.accepted_rows == 2
    rows = home.rows("protected_counts")
    assert [(row["school_unit_code"], row["grade"], row["pupil_count"]) for row in rows] == [
        ("99990001", "4", 2),
        ("99990002", "F", 1),
    ]
    assert "pupil_key" not in rows[0]


@pytest.mark.parametrize("line", ["99990001;4;0", "99990001;4;51", "99990001;4;", "99990001;10;1"])
def test_a_form_with_one_bad_line_is_critical(home: Home, line: str) -> None:
    home.drop(f"Skolenhetskod;Årskurs;Antal\n99990001;5;1\n{line}\n".encode(), "skyddade_antal_2026-10-15.csv")
    (outcome,) = home.look(key=None).outcomes
    assert [item.severity for item in outcome.findings] == ["critical"]


def test_local_keys_need_a_decision_in_the_mapping(home: Home) -> None:
    text = POLICY.read_text("utf-8").replace("Dossiernummer: other", "Lokal nyckel: local_key, Dossiernummer: other")
    with pytest.raises(MappingError, match="protected_identity: random_key"):
        parse_mapping(text, name="enrollment.yml")
    allowed = parse_mapping(f"protected_identity: random_key\n{text}", name="enrollment.yml")
    home.mappings = {**home.mappings, ("9999", "enrollment"): allowed}
    home.drop(pupil_file(pupil(ANNA), pupil("48213377").replace(";pnr", ";Lokal nyckel")))
    (outcome,) = home.look().outcomes
    assert outcome.counts.rejected_rows == 0
    local = home.rows()[1]
    assert (local["id_type"], local["pupil_key"][:3]) == ("other", "v2:")


def test_a_marked_row_with_a_personal_number_is_refused_also_where_local_keys_are_allowed(home: Home) -> None:
    mapping = MAPPINGS[("9999", "enrollment")].model_copy(update={"protected_identity": "random_key"})
    home.mappings = {**home.mappings, ("9999", "enrollment"): mapping}
    home.drop(marked_file())
    assert "E-PROTECTED" in {item.reason_code for item in home.look().outcomes[0].findings}


def test_no_decision_means_counts_only() -> None:
    decisions = {mapping.protected_identity for mapping in MAPPINGS.values()}
    assert decisions == {"count_only"}
