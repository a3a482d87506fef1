"""What is withheld of pupils' background cannot be worked out: of one publication, and of what was told before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from background_counts import DAY, DAY_BEFORE, LEVELS, counts
from candidates import candidate, release, with_background, with_table
from progress_rows import progress_rows

from models_py.disclosure import DisclosureRule
from orchestration.publication import manifest
from orchestration.publication.background import ALL_UNITS, Told, earlier_publications, told_by
from orchestration.publication.candidate import Candidate
from orchestration.publication.disclosure import OTHER_FACTORS, contributions_together, protected_tables
from orchestration.publication.disclosure_check import attack, check_disclosure
from orchestration.publication.verify import read_current

RULE = DisclosureRule()


@pytest.fixture(scope="module")
def whole() -> Candidate:
    """Counts of four units; one level of each is small."""
    return candidate(background=True)


def failing(of: Candidate, earlier: tuple[Told, ...] = ()) -> int:
    return check_disclosure(of.tables, rule=RULE, earlier=earlier)[0].failing_count


def set_count(of: Candidate, table: str, row: pd.Series, count: float | None) -> Candidate:
    """``of`` with the counts of the flagged rows told, or withheld (None)."""
    frame = of.tables[table].copy()
    frame.loc[row, "background_count"] = count
    frame.loc[row, "suppression_code"] = "suppressed" if count is None else None
    return with_table(of, table, frame)


def test_a_publication_with_withheld_counts_is_published_and_states_its_protection(whole, root: Path):
    assert release(whole, root).status == "published"
    found = read_current(root, "9999", 2027)
    stated = manifest.load(found.path)["recorded"]["disclosure"]
    hidden = found.table("school_background")["background_count"].isna().sum()
    hidden += found.table("municipality_background")["background_count"].isna().sum()
    assert stated == {
        "threshold": 10, "hidden_cells": hidden, "narrowest_interval": 10, "recoverable": 0, "told_by_totals": 0,
        "against": [], "withheld_shares": int((found.table("cohort_share")["share_state"] != "told").sum()),
    }  # fmt: skip
    notes = (found.path / "RELEASE.md").read_text("utf-8")
    assert f"{hidden} counts are withheld; 0 of them can be worked out" in notes
    assert f"{hidden} antal visas inte; 0 av dem kan räknas ut" in notes


def test_why_a_count_is_withheld_is_not_told(whole):
    """A reader who knew that a count protects another would know that the other is small."""
    schools = whole.tables["school_background"]
    assert set(schools["suppression_code"].dropna()) == {"suppressed"}
    assert (schools["suppression_code"].notna() == schools["background_count"].isna()).all()


def _primary_only(of: Candidate) -> Candidate:
    """Every withheld count that the rule itself does not ask for, told."""
    truth = counts(of.tables["fct_need_index"].set_index("school_unit_code")["pupil_count"].to_dict())
    known = truth[truth["count_date"] == DAY].set_index(["school_unit_code", "level"])["pupil_count"]
    spoiled = of
    for name in ("school_background", "municipality_background"):
        rows = of.tables[name]
        for place in rows.index[rows["background_count"].isna()]:
            unit, level = rows.loc[place].get("school_unit_code"), rows.loc[place, "level"]
            count = known[unit, level] if unit else known.xs(level, level=1).sum()
            if count >= 10:
                spoiled = set_count(spoiled, name, rows.index == place, count)
    return spoiled


def _tell_share(of: Candidate) -> Candidate:
    row = of.tables["need_factor_level"]["factor"] == "immigration"
    levels = of.tables["need_factor_level"].copy()
    levels.loc[row, ["level_share", "share_withheld_because"]] = [0.08, None]
    return with_table(of, "need_factor_level", levels)


def _tell_part(of: Candidate) -> Candidate:
    parts = of.tables["need_contribution"]
    return with_table(of, "need_contribution", pd.concat([parts, parts.iloc[:1].assign(factor="immigration")]))


def _other_pupils(of: Candidate) -> Candidate:
    wide = of.tables["school_allocation"].copy()
    wide.loc[0, "pupil_count"] += 1
    return with_table(of, "school_allocation", wide)


@pytest.mark.parametrize("spoil", [_primary_only, _tell_share, _tell_part, _other_pupils])
def test_what_gives_a_withheld_count_away_is_caught(whole, spoil: Callable[[Candidate], Candidate]):
    assert failing(whole) == 0
    assert failing(spoil(whole)) > 0


def test_telling_any_withheld_count_is_caught(whole):
    """Each of them alone: the choice holds nothing that is not needed."""
    for name in ("school_background", "municipality_background"):
        rows = whole.tables[name]
        for place in rows.index[rows["background_count"].isna()]:
            assert failing(set_count(whole, name, rows.index == place, 12)), f"{name}, row {place}"


def test_a_candidate_that_leaks_is_refused_and_nothing_is_written(whole, root: Path):
    outcome = release(_primary_only(whole), root)
    assert outcome.status == "refused"
    assert [reason.rule_id for reason in outcome.reasons] == ["G-DISCLOSURE-001"]
    assert "withheld counts follow from what is told" in outcome.reasons[0].detail
    assert not list(root.glob("9999/2027/versions/*"))


def _again(of: Candidate, told: pd.DataFrame, root: Path | None) -> Candidate:
    """The same candidate with other counts, protected beside what was published under ``root``, or as if nothing was."""
    plain = candidate()
    pupils = told[told["count_date"] == DAY].groupby("school_unit_code")["pupil_count"].sum()
    tables = dict(plain.tables)
    for name in ("fct_need_index", "school_allocation"):
        frame = tables[name]
        count = frame["school_unit_code"].map(pupils).fillna(frame["pupil_count"]).astype(int)
        tables[name] = frame.assign(pupil_count=count)
    earlier = earlier_publications(root / "9999", count_date=DAY) if root else ()
    return replace(of, tables=with_background(tables, told=told, earlier=earlier))


def _corrected(units: int = 1) -> pd.DataFrame:
    """One pupil of a few units was born in Sweden after all."""
    told = counts(candidate().tables["fct_need_index"].set_index("school_unit_code")["pupil_count"].to_dict())
    chosen = sorted(told["school_unit_code"].unique())[:units]
    for level, step in (("born_in_sweden", 1), ("years_9_or_more", -1)):
        row = (told["level"] == level) & told["school_unit_code"].isin(chosen) & (told["count_date"] == DAY)
        told.loc[row, "pupil_count"] += step
    return told


def test_a_correction_of_one_pupil_is_not_told_by_the_difference(whole, root: Path):
    release(whole, root)
    earlier = tuple(earlier_publications(root / "9999", count_date=DAY))
    assert [before.publication_id for before in earlier] == ["2027.0.1"]
    careless = _again(whole, _corrected(), None)
    assert failing(careless) == 0, "by itself it gives nothing away"
    assert failing(careless, earlier) > 0, "beside the one before it does"
    careful = _again(whole, _corrected(), root)
    assert failing(careful, earlier) == 0
    before, now = (told_by(of.tables).rows for of in (whole, careful))
    both = now.merge(before, on=["factor", "level", "unit"], suffixes=("", "_before"))
    assert (both["count"].dropna() == both["count_before"][both["count"].notna()]).all(), "no small difference is told"
    assert now.loc[both["count_before"].isna(), "count"].isna().all(), "what was withheld stays so"


def test_the_same_counts_again_are_withheld_alike(whole, root: Path):
    release(whole, root)
    again = replace(
        whole, tables=with_background(candidate().tables, earlier=earlier_publications(root / "9999", count_date=DAY))
    )
    for name in ("school_background", "municipality_background"):
        pd.testing.assert_frame_equal(again.tables[name], whole.tables[name])
    assert release(again, root).status == "verified"


def test_the_order_of_counts_changes_nothing(whole):
    tables = candidate().tables
    told = counts(tables["fct_need_index"].set_index("school_unit_code")["pupil_count"].to_dict())
    shuffled = with_background(tables, told=told.sample(frac=1, random_state=3))
    for name in ("school_background", "municipality_background"):
        pd.testing.assert_frame_equal(shuffled[name], whole.tables[name])


def test_a_higher_threshold_withholds_more_and_is_kept(whole):
    tables = candidate().tables
    told = counts(tables["fct_need_index"].set_index("school_unit_code")["pupil_count"].to_dict())
    given = {"municipality_code": "9999", "funding_year": 2027}
    higher = protected_tables(tables, told, rule=DisclosureRule(threshold=15), **given)
    higher |= progress_rows(given, tables["fct_need_index"]["school_unit_code"], threshold=15)
    rows = told_by(higher).rows
    assert rows["count"].isna().sum() > told_by(whole.tables).rows["count"].isna().sum()
    assert not ((rows["count"] < 15) | (rows["pupils"] - rows["count"] < 15)).any()
    assert check_disclosure(higher, rule=DisclosureRule(threshold=15))[0].failing_count == 0


def test_the_attack_knows_every_told_count_and_all_sums(whole):
    found = attack(whole.tables, rule=RULE, exact=True)
    told = counts(whole.tables["fct_need_index"].set_index("school_unit_code")["pupil_count"].to_dict())
    told = told[told["count_date"] == DAY]
    truth = {
        f"{f}|{u}|{level}": n
        for f, u, level, n in told[["factor", "school_unit_code", "level", "pupil_count"]].to_numpy()
    }
    truth |= {f"immigration|{ALL_UNITS}|{level}": n for level, n in told.groupby("level")["pupil_count"].sum().items()}
    assert all(
        low - 1e-6 <= truth[key] <= high + 1e-6
        for key, low, high in zip(found.keys, found.low, found.high, strict=True)
    )


def test_the_attack_knows_the_ends_of_shares_that_are_told_beside_the_counts(whole):
    """A highest share of 0.05 over units leaves at most 8 of 167 pupils: less than ten beside a withheld count."""
    levels = whole.tables["need_factor_level"].copy()
    recent = levels["level"] == "years_0_to_3"
    levels.loc[recent, ["lowest_share", "highest_share"]] = [0.0, 0.05]
    told = with_table(whole, "need_factor_level", levels)
    highest = []
    for tables in (whole.tables, told.tables):
        found = attack(tables, rule=RULE)
        highest.append(dict(zip(found.keys, found.high, strict=True))["immigration|99990001|years_0_to_3"])
    assert highest == [123.0, 8.0]
    assert failing(whole) == 0
    assert failing(told) > 0


def test_a_highest_share_that_bounds_a_withheld_count_too_narrowly_is_withheld_too():
    """12 of 171 are the highest share: it leaves at most 11 of 168 pupils where six are withheld, and another end is told."""
    of = candidate()
    paid = of.tables["fct_need_index"].set_index("school_unit_code")["pupil_count"]
    some = dict(zip(sorted(paid.index), (11, 12, 12, 6), strict=True))
    rows = [
        (day, unit, "immigration", level, count)
        for day in (DAY, DAY_BEFORE)
        for place, (unit, few) in enumerate(some.items())
        for level, count in zip(
            LEVELS, (paid[unit] - 32 - 2 * place - few, 18 + place, 14 + place, few, 0), strict=True
        )
    ]
    counted = pd.DataFrame(rows, columns=["count_date", "school_unit_code", "factor", "level", "pupil_count"])
    share = [round(few / paid[unit], 3) for unit, few in some.items()]
    levels = of.tables["need_factor_level"].copy()
    recent = (levels["factor"] == "immigration") & (levels["level"] == "years_0_to_3")
    levels.loc[recent, ["lowest_share", "highest_share"]] = [min(share), max(share)]
    levels.loc[recent, "share_withheld_because"] = None
    told = protected_tables(
        {**of.tables, "need_factor_level": levels}, counted, municipality_code="9999", funding_year=2027, rule=RULE
    )
    (row,) = told["need_factor_level"][recent].to_dict("records")
    assert pd.isna(row["highest_share"])
    assert row["highest_withheld_because"] == row["lowest_withheld_because"] == "would_reveal_fewer_than_ten_pupils"
    assert list(attack(told, rule=RULE).narrow_keys) == []


def test_parts_of_the_index_that_tell_a_small_count_are_told_together():
    parts = candidate().tables["need_contribution"]
    unit = parts["school_unit_code"].iloc[0]
    together = contributions_together(parts, small={(unit, "sex")})
    assert together.loc[together["school_unit_code"] == unit, "factor"].tolist() == [OTHER_FACTORS]
    for column in ("index_contribution", "contribution_sek"):
        sums = [frame.groupby("school_unit_code")[column].sum().astype(float) for frame in (parts, together)]
        pd.testing.assert_series_equal(*sums)
    untouched = together[together["school_unit_code"] != unit]
    assert len(untouched) == (parts["school_unit_code"] != unit).sum()


def test_a_publication_without_own_pupils_tells_nothing_of_background(root: Path):
    plain = candidate()
    assert told_by(plain.tables) is None
    assert release(plain, root).status == "published"
    stated = manifest.load(read_current(root, "9999", 2027).path)["recorded"]["disclosure"]
    assert (stated["hidden_cells"], stated["recoverable"]) == (0, 0)
