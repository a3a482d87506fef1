"""MODEL.md: every figure is the run's own, both languages tell the same, and no small count is printed."""

from __future__ import annotations

import copy
import json
import math
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest
from candidates import candidate, release, with_table
from need_evidence import FIT_ID, record, record_of_open_statistics

from models_py.need.design import FACTORS as FACTORS_OF_THE_MODEL
from models_py.need.design import MISSING
from models_py.need.disclosure import SHOWN_FROM, shown
from models_py.need.fit import Estimator, IntervalRule
from models_py.need.ladder import Rung
from orchestration.publication import model_words
from orchestration.publication import seal as sealing
from orchestration.publication.candidate import Candidate
from orchestration.publication.checks import in_canonical_form
from orchestration.publication.model_card import model_notes, summary
from orchestration.publication.model_tables import coefficients, differences
from orchestration.publication.parquet import read_arrow, to_frame
from orchestration.publication.release import about
from orchestration.publication.verify import verify

LANGUAGES = ("sv", "en")


def _card(of: Candidate, root: Path) -> dict[str, str]:
    """MODEL.md by language, with plain spaces, made as a publication makes it: from its Parquet files read back."""
    own = {"municipality_code": of.municipality_code, "funding_year": of.funding_year}
    tables, broken = in_canonical_form(of.tables, **own)
    assert not broken.failing_count, broken.detail
    publication_id = f"{of.funding_year}.0.1"
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root))
    sealing.write_tables(folder, tables, publication_id=publication_id)
    frames = {name: to_frame(read_arrow(folder / sealing.TABLES / f"{name}.parquet")) for name in tables}
    words = about(publication_id, is_demo=of.is_demo, decision=None)
    notes = model_notes(of, publication_id=publication_id, about=words, tables=frames).decode("utf-8")
    text = re.sub("[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", " ", notes)
    swedish, english = text.split("\n## English\n")
    return {"sv": swedish, "en": english}


def _with_record(changes: dict[str, Any], **given: Any) -> Candidate:
    """The whole candidate, its record changed at dotted paths."""
    whole, changed = candidate(**given), record()
    for dotted, value in changes.items():
        *path, last = dotted.split("/")
        inner = changed
        for name in path:
            inner = inner[name]
        inner[last] = value
    return replace(whole, recorded={**whole.recorded, "fits": {FIT_ID: changed}})


def _open_statistics() -> Candidate:
    made = candidate(basis="open_statistics")
    need = made.tables["fct_need_index"].assign(basis="open_statistics", need_index_standard_error=None)
    need = need.assign(need_index_interval_lower=None, need_index_interval_upper=None)
    weights = made.tables["need_coefficient"].assign(
        term=["intercept", "foreign_background_share"], factor=["intercept", "foreign_background_share"], level=""
    )
    empty = {name: table.iloc[:0] for name, table in made.tables.items() if name.startswith(("need_",))}
    tables = {**made.tables, **empty, "fct_need_index": need, "need_coefficient": weights}
    return replace(made, tables=tables, recorded={**made.recorded, "fits": {FIT_ID: record_of_open_statistics()}})


def test_the_card_is_one_of_the_files_that_a_publication_promises(root: Path) -> None:
    path = release(candidate(), root).path
    assert path is not None
    files = json.loads((path / "manifest.json").read_text("utf-8"))["recorded"]["files"]
    assert files["MODEL.md"]["bytes"] == (path / "MODEL.md").stat().st_size
    assert verify(path) == []
    (path / "MODEL.md").chmod(0o644)
    (path / "MODEL.md").write_text("better figures", encoding="utf-8")
    assert verify(path) == ["2027.0.1: MODEL.md has changed"]


def test_odds_ratios_stand_beside_log_odds_in_both_languages(root: Path) -> None:
    weights = candidate().tables["need_coefficient"].set_index("term").loc["sex[boy]"]
    names = ("estimate", "interval_lower", "interval_upper")
    ratio, odds = ([f"{of(weights[name]):.2f}" for name in names] for of in (math.exp, float))
    card = _card(candidate(), root)
    assert f"| Sex: boy | {ratio[0]} ({ratio[1]} to {ratio[2]}) | {odds[0]} ({odds[1]} to {odds[2]}) |" in card["en"]
    with_commas = [value.replace(".", ",") for value in (*ratio, *odds)]
    row = "| Kön: pojke | {} ({} till {}) | {} ({} till {}) |".format(*with_commas)
    assert row in card["sv"]
    assert "Of pupils at every reference level 9.5% are expected not to become eligible" in card["en"]


def test_points_are_shown_in_percentage_points_and_never_as_odds(root: Path) -> None:
    card = _card(_with_record({"card/link": "identity", "card/estimator": "points"}), root)
    assert "| Sex: boy | 31.0 (27.0 to 35.0) |" in card["en"]
    assert "| Kön: pojke | 31,0 (27,0 till 35,0) |" in card["sv"]
    assert "Oddskvot" not in card["sv"]


def test_the_card_tells_cohorts_pupils_events_and_how_long_the_weights_hold(root: Path) -> None:
    card = _card(candidate(), root)
    for line in (
        "| Cohorts (result years) | 2022–2026 |", "| Leavers in the cohorts | 3,034 |", "| of whom not eligible | 421 |",
        "| The weights may be used up to and including funding year | 2029 |", f"| Fit | `{FIT_ID}` |",
        "municipality_code:school_unit_code` |", f"- `outcome_counts`: `{'34' * 32}`",
    ):  # fmt: skip
        assert line in card["en"], line
    assert "| varav inte behöriga | 421 |" in card["sv"]
    assert model_words.ESTIMATORS["within_school"]["sv"] in card["sv"]
    assert model_words.RUNGS["own_results"]["en"] in card["en"]


SMALL = {
    "few not eligible": ({"card/trained_on/events": 7}, ["| 7 |", "7 leavers", "7 not eligible"]),
    "few eligible": ({"card/trained_on/events": 3027}, ["3 027", "3,027", "3027"]),
    "few leavers": (
        {"card/trained_on/events": 1, "card/trained_on/pupils": 8},
        ["| 8 |", "eligible | 1 |", "behöriga | 1 |"],
    ),
    "few in the last cohort": ({"card/calibration_out_of_time/events": 6}, ["| 6 |", "6 leavers", "6 avgångs"]),
    "a reason with a count": ({"card/reason": "7 own events, drawn towards the weights"}, ["own events"]),
    "a left-out part with a count": ({"not_shown": {"calibration": "6 leavers are not eligible"}}, ["6 leavers are"]),
    "a refusal with a count": ({"card/tried/refused": {"points": "3 leavers only"}}, ["leavers only"]),
}


@pytest.mark.parametrize(("changes", "forbidden"), SMALL.values(), ids=list(SMALL))
def test_a_small_count_in_the_record_is_not_printed(changes: dict[str, Any], forbidden: list[str], root: Path) -> None:
    card = "".join(_card(_with_record(changes), root).values())
    assert [words for words in forbidden if words in card] == []


@pytest.mark.parametrize("events", [7, 3027])
def test_what_is_not_printed_is_said_to_be_withheld(events: int, root: Path) -> None:
    card = _card(_with_record({"card/trained_on/events": events}), root)
    assert "| of whom not eligible | not shown (fewer than ten pupils) |" in card["en"]
    assert "| varav inte behöriga | visas inte (färre än tio elever) |" in card["sv"]


@pytest.mark.parametrize("share", [9 / 140, 131 / 140], ids=["nine not eligible", "nine eligible"])
def test_a_tenth_with_few_behind_it_is_not_printed(share: float, root: Path) -> None:
    tenths = candidate().tables["need_calibration"].copy()
    tenths.loc[1, "observed_share"] = share
    card = _card(with_table(candidate(), "need_calibration", tenths), root)
    assert "| 1–5 | 150 | 9.0% | 8.0% |" in card["en"]
    assert "| 6–10 |" not in card["en"] + card["sv"]


@pytest.mark.parametrize(("count", "of", "expected"), [(9, None, None), (10, None, 10), (10, 19, None), (10, 20, 10)])
def test_counts_are_shown_from_ten_with_ten_outside(count: int, of: int | None, expected: int | None) -> None:
    assert (shown(count, of=of), SHOWN_FROM) == (expected, 10)


def test_differences_stand_largest_first_once_per_pair_of_mirrored_levels_with_what_is_withheld(root: Path) -> None:
    card = _card(candidate(), root)
    assert "| Guardians' education: compulsory school at most | 9.7% | 4.9 | 2.1 | 0.89 |" in card["en"]
    assert "| Kön: pojke | 50,9 % | 1,2 | 3,5 | 0,05 |" in card["sv"]
    assert "Sex: girl | 49.1%" not in card["en"]
    assert card["en"].index("compulsory school at most | 9.7%") < card["en"].index("Sex: boy | 50.9%")
    assert "Levels not shown because few pupils or units stand behind them: 1." in card["en"]
    assert "years_0_to_3" not in card["en"] + card["sv"]


def test_of_two_levels_that_merely_share_a_spread_both_stand() -> None:
    levels = candidate().tables["need_factor_level"]
    alike = levels[levels["factor"] == "guardian_education"].assign(share_sd=0.05)
    more = alike.iloc[:1].assign(level="upper_secondary", share_sd=0.07)
    found = differences(pd.concat([alike, more], ignore_index=True))
    assert {row["level"] for row in found["rows"]} == {"compulsory", "missing", "upper_secondary"}


def test_the_path_tells_what_each_factor_adds_moves_and_whether_it_is_kept(root: Path) -> None:
    card = _card(candidate(), root)
    assert "| 0 | no factors | 0.1225 ± 0.0227 | no | – | – |" in card["en"]
    assert "| 1 | Guardians' education (core) | 0.0461 ± 0.0114 | no | 6.3% | yes |" in card["en"]
    assert "| 2 | Kön | 0,0000 ± 0,0000 | ja, bäst | 0,4 % | nej |" in card["sv"]
    assert "Regeln för antal faktorer skulle behålla 1: vårdnadshavares utbildning." in card["sv"]


@pytest.mark.parametrize(("slope", "words"), [(0.8, "no larger"), (0.6, "larger")])
def test_the_slope_is_judged_against_chance(slope: float, words: str, root: Path) -> None:
    card = _card(_with_record({"card/calibration_out_of_time/slope": slope}), root)
    assert f"The slope is {slope:.2f} ± 0.12" in card["en"]
    assert f"The distance from 1 is {words} than chance gives." in card["en"]
    assert "in 72 cases of 100 (AUC 0.72" in card["en"]
    assert "| 6–10 | 140 | 28,0 % | 30,0 % |" in card["sv"]


def test_models_are_compared_with_the_one_in_use_first_whatever_the_order_of_rows(root: Path) -> None:
    whole = candidate()
    shuffled = whole.tables["need_alternative_pair"].iloc[::-1].reset_index(drop=True)
    card = _card(with_table(whole, "need_alternative_pair", shuffled), root)
    assert "| **A** within schools (in use) | – | 1.9% | 0.3% |" in card["en"]
    assert "| **C** bara den senaste avläsningsdagen | 0,3 % | 2,6 % | – |" in card["sv"]
    assert "between 0.3% and 1.9% of the pot" in card["en"]


def test_units_that_hang_on_the_model_stand_by_name_the_largest_change_first(root: Path) -> None:
    card = _card(candidate(), root)
    first = "| Ängsskolan 99990002 | A | B | 1 000 000 kr | 1 018 200 kr | −1,8 % |"
    second = "| Ängsskolan 99990001 | A | B | 1 000 000 kr | 1 018 200 kr | 1,1 % |"
    assert f"{first}\n{second}" in card["sv"]
    none = candidate()
    none = with_table(none, "need_alternative_unit", none.tables["need_alternative_unit"].iloc[:0])
    assert "No school unit's whole allocation changes by more than 1%." in _card(none, root)["en"]


def test_what_could_be_wrong_names_missing_background_doubtful_factors_and_parts_left_out(root: Path) -> None:
    card = _card(candidate(), root)
    assert "drawn instead, 5 times, the index typically changed by 1.1 index points, at most by 5.0." in card["en"]
    assert "School units where it is not known for more than 25%: 2." in card["en"]
    assert "Saknas för mer än en fjärdedel av eleverna i kommunen: vårdnadshavares utbildning." in card["sv"]
    assert "hard to tell apart: sex." in card["en"]
    assert "Underlaget räckte inte till: de slumpade indexen." in card["sv"]
    assert "Models that could not be computed here: points." in card["en"]


def test_a_model_of_which_little_could_be_told_says_so_in_words(root: Path) -> None:
    bare = _with_record({"card/calibration_out_of_time": None, "card/tried": {"selection": None}, "not_shown": {}})
    empty = {name: table.iloc[:0] for name, table in bare.tables.items() if name.startswith("need_")}
    card = _card(replace(bare, tables={**bare.tables, **empty}), root)
    for words in (
        "No differences can be shown", "too few to test the number of factors", "could not be tested on a cohort",
        "No other model could be computed",
    ):  # fmt: skip
        assert words in card["en"], words
    assert "None" not in card["en"] + card["sv"]


def test_open_statistics_get_a_short_card_with_the_ecological_warning(root: Path) -> None:
    card = _card(_open_statistics(), root)
    assert "ekologiskt felslut" in card["sv"]
    assert "It makes proposals only and must not steer a decision." in card["en"]
    assert "| School units | 1,612 |" in card["en"]
    per_ten = math.exp(0.31) ** 0.1
    assert f"| pupils of foreign background | {per_ten:.2f} (" in card["en"]
    assert "How many factors" not in card["en"]
    assert f"`{'12' * 32}`" in card["sv"]


def test_a_delivered_index_says_that_only_its_sender_knows_the_model(root: Path) -> None:
    made = candidate(basis="delivered_index")
    delivered = {
        "kind": "delivered_index", "formula": "value / mean", "settings": {"direction": "lower_is_needier"},
        "without_value": ["99990001"], "inputs_sha256": "56" * 32,
    }  # fmt: skip
    card = _card(replace(made, recorded={**made.recorded, "fits": {FIT_ID: delivered}}), root)
    assert "vet bara avsändaren" in card["sv"]
    assert "lower numbers mean more need; the numbers are mirrored" in card["en"]
    assert "| School units without a number (they take the municipality's mean) | 1 |" in card["en"]
    assert "odds" not in card["en"].lower()


@pytest.mark.parametrize(
    "of", [candidate(), _open_statistics(), _with_record({"card/link": "identity"})], ids=["own", "open", "points"]
)
def test_tables_and_headings_stand_apart_from_what_is_above_them(of: Candidate, root: Path) -> None:
    lines = "\n## English\n".join(_card(of, root).values()).splitlines()
    begins = [
        number
        for number, line in enumerate(lines)
        if line.startswith("#") or (line.startswith("|---") and number) or line.startswith("- ")
    ]
    joined = []
    for number in begins:
        above = lines[number - 2] if lines[number].startswith("|---") else lines[number - 1]
        listed = lines[number].startswith("- ") and above.startswith("- ")
        if number and above.strip() and not listed:
            joined.append(lines[number - 1 : number + 1])
    assert joined == []
    rows = [line for line in lines if line.startswith("|")]
    assert all(line.endswith("|") for line in rows), "a row runs on into the next line"
    assert not [line for line in lines if "| |" in line.replace("| | |", "")]


def test_a_run_without_a_record_is_published_and_says_that_it_left_none(root: Path) -> None:
    card = _card(candidate(recorded={}), root)
    assert "The run left no account of the model." in card["en"]


def test_release_notes_have_three_lines_of_the_model_and_point_to_the_card(root: Path) -> None:
    path = release(candidate(), root).path
    assert path is not None
    notes = (path / "RELEASE.md").read_text("utf-8")
    told = summary(candidate(), tables=candidate().tables)
    assert f"- 95 % interval of the need index, median width: {told['width']:.1f} index points" in notes
    assert "- Modell: inom skolor\n" in notes
    assert "- Factors: 2; the rule for how many would keep 1\n" in notes
    assert notes.count("[MODEL.md](MODEL.md)") == 2
    other = (release(replace(_open_statistics(), municipality_code="9999"), root).path / "RELEASE.md").read_text(
        "utf-8"
    )  # type: ignore[operator]
    assert "median width" not in other


def test_everything_a_fit_can_be_has_words_in_both_languages() -> None:
    tables: dict[str, tuple[dict[str, dict[str, str]], set[str]]] = {
        "estimators": (model_words.ESTIMATORS, set(get_args(Estimator))),
        "models": (model_words.MODELS, set(get_args(Estimator))),
        "rungs": (model_words.RUNGS, set(get_args(Rung)) - {"open_statistics"}),
        "intervals": (model_words.INTERVALS, set(get_args(IntervalRule))),
        "factors": (model_words.FACTORS, {factor.name for factor in FACTORS_OF_THE_MODEL}),
    }
    for name, (words, needed) in tables.items():
        assert needed <= set(words), name
        assert all(set(said) == set(LANGUAGES) and all(said.values()) for said in words.values()), name
    for factor in FACTORS_OF_THE_MODEL:
        assert {*model_words.LEVELS[factor.name], MISSING} == set(factor.levels)


def test_an_unknown_name_stands_as_it_is_and_stops_nothing(root: Path) -> None:
    weights = candidate().tables["need_coefficient"].assign(factor=["intercept", "shoe_size"], level=["", "large"])
    changes = {"card/estimator": "forest", "card/rung": "other", "card/intervals/rule": "guessed"}
    card = _card(with_table(_with_record(changes), "need_coefficient", weights), root)
    assert "| `shoe_size`: `large` | 1.36" in card["en"]
    assert "| Model | `forest` |" in card["en"]


def test_weights_stand_factor_by_factor_the_reference_first_and_missing_last() -> None:
    rows = [("sex", "boy", 0.3, 0.1), ("guardian_education", "missing", 0.9, 0.1), ("intercept", "", -3.0, None),
            ("guardian_education", "compulsory", 0.0, None), ("guardian_education", "upper_secondary", 0.4, 0.1)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["factor", "level", "estimate", "standard_error"])
    table = table.assign(interval_lower=None, interval_upper=None)
    found = [(row["factor"], row["level"]) for row in coefficients(table)]
    assert found == [
        ("guardian_education", "compulsory"), ("guardian_education", "upper_secondary"), ("guardian_education", "missing"),
        ("sex", "boy"), ("intercept", ""),
    ]  # fmt: skip


def test_the_card_is_the_same_for_the_same_content_and_changes_nothing_of_the_candidate(root: Path) -> None:
    whole = candidate()
    before = copy.deepcopy(dict(whole.recorded))
    one, other = _card(whole, root / "a"), _card(candidate(), root / "b")
    assert one == other
    assert whole.recorded == before
