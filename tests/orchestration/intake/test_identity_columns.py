"""A column of identities at once says what one at a time says, and the keys are those of the definition."""

from __future__ import annotations

import random
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.intake.identities import KINDS, PROBLEMS, parse_identities
from orchestration.intake.identity import has_valid_check_digit, parse_identity
from orchestration.intake.keyed import pupil_keys
from orchestration.intake.pseudonym import pupil_key

DAY = date(2026, 10, 15)


def at_once(texts: list[str], day: date, admits: bool) -> list[tuple[str | None, str | None, str]]:
    found = parse_identities(pa.array(texts, pa.string()), reference=day, allow_other=np.full(len(texts), admits))
    return [
        (
            None if kind < 0 else KINDS[kind],
            None if problem < 0 else PROBLEMS[problem],
            normalised.decode(),
        )
        for kind, problem, normalised in zip(found.kinds, found.problems, found.normalised, strict=True)
    ]


def one_by_one(texts: list[str], day: date, admits: bool) -> list[tuple[str | None, str | None, str]]:
    found = [parse_identity(text, reference=day, allow_other=admits) for text in texts]
    return [
        (
            None if item.problem else item.kind,
            (item.problem if text.strip() else "E-REQUIRED") if item.problem else None,
            item.normalised,
        )
        for text, item in zip(texts, found, strict=True)
    ]


NEAR = st.from_regex(r"\A(18|19|20|21|)[0-9]{2}[01][0-9][0-9][0-9][-+ ]?([0-9]{4}|T[0-9]{3}|TF[0-9]{2})\Z")
TEXTS = st.lists(NEAR | st.text(alphabet="0123456789-+ ABx１\u00e5", max_size=14), max_size=20)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(TEXTS, st.sampled_from([DAY, date(2000, 2, 29), date(1999, 6, 30), date.max]), st.booleans())
@example(["20000229-0000", "19000229-0000", "000229-0000", "000229+0000", "18000101-0009"], DAY, False)
def test_a_column_is_judged_as_its_cells_are(texts: list[str], day: date, admits: bool) -> None:
    assert at_once(texts, day, admits) == one_by_one(texts, day, admits)


def test_thirty_thousand_numbers_are_judged_as_one_by_one() -> None:
    numbers = random.Random(1)
    texts = []
    for _ in range(30_000):
        day = f"{numbers.choice((18, 19, 20))}{numbers.randrange(100):02d}{numbers.randrange(14):02d}"
        tail = f"{numbers.randrange(33) + 60 * numbers.randrange(2):02d}{numbers.randrange(1000):03d}"
        check = next(digit for digit in range(10) if has_valid_check_digit((day + tail)[2:] + str(digit)))
        whole = f"{day}{tail}{(check + (numbers.random() < 0.1)) % 10}"
        short = numbers.random() < 0.3
        sign = numbers.choice(("", "-", "+") if short else ("", "-"))
        texts.append((whole[2:8] if short else whole[:8]) + sign + whole[8:])
    together = at_once(texts, DAY, False)
    assert together == one_by_one(texts, DAY, False)
    assert {kind for kind, _, _ in together} == {"pnr", "samordning", None}


@pytest.mark.parametrize("length", [32, 64, 65, 200])
def test_keys_of_a_column_are_the_keys_of_its_identities(length: int) -> None:
    key = random.Random(length).randbytes(length)
    identities = [f"{number:012d}" for number in range(3000)] + ["xxxxx1234567", "20120105TF12"]
    keys = pupil_keys(np.array(identities, dtype="S12"), key=key, context="9999").to_pylist()
    assert keys == [pupil_key(identity, key=key, context="9999") for identity in identities]
    assert pupil_keys(np.array([], dtype="S12"), key=key, context="9999").to_pylist() == []
