"""A draft of a mapping: it reads, it works, and it shows headers only."""

from __future__ import annotations

import pytest

from orchestration.intake.draft import NoHeaderError, draft_mapping
from orchestration.intake.mapping import parse_mapping
from orchestration.intake.schemas import SOURCES
from tests.orchestration.governance.homes import ANNA, HEADER, MAPPINGS, PERIOD, Home, pupil, pupil_file

NAME = "Skolan Elever 2026-10-15 v12.csv"
OTHER_HEADER = "PERSONNUMMER ;Skolenhets-kod;Skolform;Arskurs;Start datum;Slutdatum;Hemkommun;Id-typ;Mentor;Tel 070-123"


def test_a_draft_is_a_mapping_that_lets_the_file_in(home: Home) -> None:
    content = pupil_file(pupil(ANNA, more=";;"), header=OTHER_HEADER)
    draft = draft_mapping(content, file_name=NAME, known=MAPPINGS)
    assert draft.source == "enrollment"
    assert dict(draft.guessed) == {
        "school_unit_code": "Skolenhets-kod",
        "grade": "Arskurs",
        "valid_from": "Start datum",
    }
    assert (draft.missing, draft.unknown_columns) == ((), 2)
    mapping = parse_mapping(draft.text, name="draft.yml")
    assert mapping.takes(NAME)
    assert mapping.takes("Skolan Elever 2027-10-15 v13.csv")
    assert mapping.period_of(NAME) == PERIOD
    home.mappings = {("9999", "enrollment"): mapping}
    home.drop(content, NAME)
    assert home.look().outcomes[0].counts.accepted_rows == 1


def test_a_draft_shows_no_cell_and_no_header_with_a_number() -> None:
    content = pupil_file(pupil(ANNA, more=";Mentor Karin;0701"), header=OTHER_HEADER)
    draft = draft_mapping(content, file_name="elever 202001052394.csv", known=MAPPINGS)
    assert "# not used: Mentor" in draft.text
    assert "# not used and not shown, since they hold numbers: 1" in draft.text
    for secret in (ANNA, "Karin", "99990001", "0701", "070-123", "202001052394"):
        assert secret not in draft.text


def test_a_file_without_a_header_gives_no_draft_and_tells_nothing() -> None:
    with pytest.raises(NoHeaderError, match="looks like the header") as caught:
        draft_mapping(pupil_file(pupil(ANNA), header=pupil(ANNA)), file_name=NAME, known=MAPPINGS)
    assert ANNA not in str(caught.value)


def test_missing_required_columns_are_named_and_stay_in_the_draft() -> None:
    header = HEADER.replace("Slutdatum;", "")
    draft = draft_mapping(pupil_file(header=header), file_name=NAME, known=MAPPINGS, source="enrollment")
    assert draft.missing == ("valid_to",)
    assert "# required and not found: valid_to (Slutdatum)" in draft.text
    assert parse_mapping(draft.text, name="draft.yml").columns["valid_to"].required


def test_an_unknown_source_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NoHeaderError, match="enrollment, form_enrollment, form_unit, protected_counts"):
        draft_mapping(pupil_file(), file_name=NAME, known=MAPPINGS, source="pupils")


@pytest.mark.parametrize("source", [name for name in SOURCES if name not in ("skolverket_results",)])
def test_every_text_sources_own_headers_are_recognised(source: str) -> None:
    mapping = next(mapping for (_, name), mapping in MAPPINGS.items() if name == source)
    cells = [column.headers[0] for column in mapping.columns.values()]
    content = (mapping.separators[0].join(cells) + "\n").encode()
    draft = draft_mapping(content, file_name="x 2026-10-15.csv", known=MAPPINGS)
    assert (draft.source, draft.guessed, draft.missing, draft.unknown_columns) == (source, (), (), 0)
