"""Spoiled deliveries in one run: each municipality is judged by itself, and what it had published stands as it was.

Six invented municipalities deliver the same world under codes of their own; the first run is clean. One of them has other
organisers than the rest, which neither its need nor its money may follow; its rows are doubled in the second run.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from models_py.world import DEMO, deliver, simulate
from tests.pipeline.conftest import Home, rules_against

YEAR = 2027
CLEAN, CUT_OFF, UNIT_GONE, DOUBLED, EXPIRED, UNIT_ENDED = CODES = [f"999{number}" for number in range(1, 7)]
OTHER_LABELS = DOUBLED
UNIT = "99990031"  # Tallmons byskola, F-9, some fifty pupils
FIRST_PERIOD = "2021"  # five cohorts of results and two count dates; older files would only take time
PUPILS, REGISTER = "elever_2026-10-15.csv", "skolenheter_2026-10-15.csv"

Change = Callable[[str], str]


def cut_off(text: str) -> str:
    return text[: text.index(";", int(len(text) * 0.6)) + 3]  # within a line, as when a transfer breaks


def without_unit(text: str) -> str:
    kept = [line for line in text.split("\r\n") if f";{UNIT};" not in line]
    assert len(kept) < text.count("\r\n") + 1
    return "\r\n".join(kept)


def doubled(text: str) -> str:
    header, *rows = text.rstrip().split("\r\n")
    return "\r\n".join([header, *(row for row in rows for _ in range(2)), ""])


def unit_ceased(text: str) -> str:
    lines = text.split("\r\n")
    (place,) = [number for number, line in enumerate(lines) if line.startswith(f"{UNIT};")]
    cells = lines[place].split(";")
    assert cells[7] == "Aktiv"
    lines[place] = ";".join([*cells[:7], "Upphörd", cells[8], "2026-06-30", *cells[10:]])
    return "\r\n".join(lines)


def labels_swapped(text: str) -> str:
    """The first unit takes organiser, number and type of the last one, the second those of the last but one, …"""
    header, *rows = [line.split(";") for line in text.rstrip().split("\r\n")]
    moved = [row[:2] + other[2:5] + row[5:] for row, other in zip(rows, reversed(rows), strict=True)]
    return "\r\n".join([";".join(header), *(";".join(row) for row in moved), ""])


def put(home: Home, code: str, *, changes: dict[str, Change], only: bool = False) -> None:
    """Deliver the world under ``code``; ``changes`` by file name. With ``only`` nothing but the changed files."""
    folder = home.path / "restricted" / "inbox" / code
    folder.mkdir(parents=True, exist_ok=True)
    for file in deliver(simulate(dataclasses.replace(DEMO, municipality_codes=(code,)))):
        change = next((made for name, made in changes.items() if file.file_name.startswith(name)), None)
        content = file.content
        if change is not None:
            encoding = "cp1252" if file.source in ("enrollment", "results") else "utf-8"
            content = change(content.decode(encoding)).encode(encoding)
        if file.period >= FIRST_PERIOD and (change is not None or not only):
            (folder / file.file_name).write_bytes(content)


@pytest.fixture(scope="module")
def policies(pupil_level_policies) -> Path:
    return pupil_level_policies(*CODES)


@pytest.fixture(scope="module")
def clean(new_home, tmp_path_factory, policies) -> Home:
    """All six, published."""
    key = tmp_path_factory.mktemp("key") / "key"
    key.write_bytes(hashlib.sha256(b"the key of an invented municipality").digest())
    key.chmod(0o400)
    home = new_home("spoiled", policies=policies, key_file=key)
    for code in CODES:
        put(home, code, changes={"skolenheter_": labels_swapped} if code == OTHER_LABELS else {})
    done = home.likvard("run", str(YEAR))
    assert done.returncode == 0, done.stdout + done.stderr
    assert {code: row["status"] for code, row in home.outcomes(YEAR).items()} == dict.fromkeys(CODES, "published")
    return home


@pytest.fixture(scope="module")
def need_and_money(clean) -> dict[str, list[tuple]]:
    """What the clean run published, before anything is spoiled: unit, index, amount of each municipality."""
    columns = ["school_unit_code", "need_index", "base_part_sek", "structural_part_sek"]
    tables = {code: clean.table("school_allocation", YEAR, code=code) for code in (CLEAN, OTHER_LABELS)}
    kinds = [tables[code].set_index("school_unit_code")["organiser_type"].to_dict() for code in (CLEAN, OTHER_LABELS)]
    assert sum(kinds[0][unit] != kinds[1][unit] for unit in kinds[0]) >= 8, "labels differ"
    return {code: [tuple(row) for row in table[columns].to_numpy()] for code, table in tables.items()}


def test_no_index_and_no_krona_depends_on_who_runs_the_school(need_and_money):
    assert need_and_money[CLEAN] == need_and_money[OTHER_LABELS]


def test_overheads_alone_follow_who_runs_the_school(clean, need_and_money):
    amounts, added = {}, {}
    for code in (CLEAN, OTHER_LABELS):
        split = clean.table("school_cost_type", YEAR, code=code).set_index(["school_unit_code", "cost_type"])[
            "amount_ore"
        ]
        wide = clean.table("school_allocation", YEAR, code=code).set_index("school_unit_code")["organiser_type"]
        overheads = split.index.get_level_values("cost_type").isin(["administration", "vat"])
        amounts[code], added[code] = split[~overheads].to_dict(), split[overheads].groupby("school_unit_code").sum()
        assert ((added[code] > 0) == (wide.loc[added[code].index] == "independent")).all()
    assert amounts[CLEAN] == amounts[OTHER_LABELS]
    assert (added[CLEAN] != added[OTHER_LABELS]).sum() >= 8


@pytest.fixture(scope="module")
def spoiled(clean, need_and_money, policies):
    """The second run, and what stood before it."""
    before = {code: clean.standing(code) for code in CODES}
    put(clean, CUT_OFF, changes={PUPILS: cut_off}, only=True)
    put(clean, UNIT_GONE, changes={PUPILS: without_unit}, only=True)
    put(clean, DOUBLED, changes={PUPILS: doubled}, only=True)
    put(clean, UNIT_ENDED, changes={PUPILS: without_unit, REGISTER: unit_ceased}, only=True)
    model = policies / EXPIRED / "model.yml"
    text = model.read_text("utf-8")
    share = text.index("  share:")
    model.write_text(text[:share] + text[share:].replace("valid_to: 2028-12-31", "valid_to: 2026-12-31", 1), "utf-8")
    done = clean.likvard("run", str(YEAR))
    return done, clean.outcomes(YEAR), before


def test_some_refused_is_exit_code_three(spoiled):
    assert spoiled[0].returncode == 3, spoiled[0].stdout + spoiled[0].stderr
    assert set(spoiled[1]) == set(CODES)


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        (CUT_OFF, {"D-FILE-001"}),
        (UNIT_GONE, {"T-UNIT-001"}),
        (DOUBLED, {"D-DUP-001"}),
        (EXPIRED, {"G-CANDIDATE-001"}),
    ],
    ids=["cut off", "an active unit is missing", "every row twice", "the policy ends before the year"],
)
def test_a_spoiled_municipality_is_refused_with_its_rule_and_keeps_what_it_had(clean, spoiled, code, rules):
    done, outcomes, before = spoiled
    assert outcomes[code]["status"] == "refused"
    assert rules_against(outcomes[code]) == rules
    assert (clean.published / code / str(YEAR) / "proposed").readlink().name == "2027.0.1"
    assert clean.standing(code) == before[code]
    for rule in rules:
        assert rule in done.stdout


def test_the_command_names_the_file_that_could_not_be_read_and_what_to_do(spoiled):
    told = " ".join((spoiled[0].stdout + spoiled[0].stderr).split())
    assert PUPILS in told
    assert "deliver it again" in told


def test_the_policy_s_refusal_names_file_and_line(spoiled):
    (reason,) = spoiled[1][EXPIRED]["reasons"]
    assert f"{EXPIRED}/model.yml:" in reason["detail"]
    assert "structural.share" in reason["detail"]


def test_the_neighbour_is_verified_and_untouched(clean, spoiled):
    assert spoiled[1][CLEAN]["status"] == "verified"
    assert clean.standing(CLEAN) == spoiled[2][CLEAN]


def test_a_unit_code_that_merely_ended_is_a_warning(clean, spoiled):
    row = spoiled[1][UNIT_ENDED]
    assert (row["status"], row["publication_id"]) == ("published", "2027.0.2")
    rules = clean.table("rule_result", YEAR, code=UNIT_ENDED).set_index("rule_id")
    assert rules.loc["T-UNIT-002", ["severity", "failing_count"]].tolist() == ["warning", 1]
    assert "T-UNIT-002" in clean.release(YEAR, code=UNIT_ENDED)
    assert UNIT not in set(clean.table("school_allocation", YEAR, code=UNIT_ENDED)["school_unit_code"])


def test_no_identity_of_a_pupil_leaves_the_restricted_zone(clean, spoiled):
    """Whatever was spoiled: neither words nor tables hold a number that stands in the deliveries."""
    (file,) = (clean.path / "restricted" / "inbox" / CUT_OFF).glob("elever_2025-10-15.csv")
    identities = {line.split(";")[0] for line in file.read_text("cp1252").splitlines()[1:200]}
    assert len(identities) > 100
    told = spoiled[0].stdout + spoiled[0].stderr
    places = [p for zone in ("pseudonymised/accepted", "pseudonymised/door", "aggregate", "published")
              for p in (clean.path / zone).rglob("*") if p.is_file() and p.suffix in {".json", ".jsonl", ".md", ".html"}]  # fmt: skip
    assert len(places) > 20
    for text in [told, *(path.read_text("utf-8") for path in places)]:
        assert not any(identity in text for identity in identities)
