"""The year with every component, published: what is merged, what stands beside; and policies that cannot be used.

One home: a run of 2026, then the money of that year again under policies and tables spoiled one at a time.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from orchestration.defs.allocation.assets import fct_allocation
from orchestration.proposals import Material, propose_all
from orchestration.publication.candidate import Outcome
from orchestration.resources.scope import Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from tests import warm
from tests.pipeline.conftest import ROOT, Home, surroundings

CODE, YEAR = "9999", 2026
DELIVER = (
    "from orchestration.demo import prepare_demo\nfrom orchestration.settings import settings\nprepare_demo(settings())"
)


@pytest.fixture(scope="module")
def home(new_home) -> Home:
    made = new_home("money", OPENBLAS_NUM_THREADS=1)
    assert warm.python(DELIVER, ["deliver"], env=surroundings(made.path), cwd=ROOT).returncode == 0
    done = made.likvard("run", str(YEAR))
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_lines_of_every_kind_add_up_to_the_budget_less_what_is_kept(home):
    lines = home.table("fct_allocation", YEAR, code=CODE)
    pupils = int(home.table("fct_need_index", YEAR, code=CODE)["pupil_count"].sum())
    kept = round(Decimal(114_500 * pupils) * Decimal("0.02"))
    assert lines["amount_ore"].sum() == (114_500 * pupils - kept) * 100
    assert (lines["amount_ore"] < 0).any(), "a cap takes off, on a line of its own"
    assert (lines.groupby("school_unit_code")["amount_ore"].sum() > 0).all()


def test_no_line_tells_a_small_count_and_merged_units_have_no_index_anywhere(home):
    lines = home.table("fct_allocation", YEAR, code=CODE)
    heads = lines[lines["component_code"] == "mother_tongue"]
    assert len(heads)
    assert heads["count"].min() >= 10
    merged = set(lines.loc[lines["component_code"] == "need_parts", "school_unit_code"])
    assert {"99990018", "99990023"} < merged, "two units have a small count, and others join them"
    wide = home.table("school_allocation", YEAR, code=CODE).set_index("school_unit_code")
    assert set(wide.index[wide["need_index"].isna()]) == merged
    assert set(wide.loc[sorted(merged), "index_withheld_because"]) == {"small_count"}
    for name in ("need_contribution", "need_alternative", "need_alternative_unit"):
        assert not merged & set(home.table(name, YEAR, code=CODE)["school_unit_code"])


def test_explain_tells_the_merged_line_honestly(home):
    done = home.likvard("explain", "99990023", str(YEAR))
    assert done.returncode == 0, done.stderr
    assert "need_parts" in done.stdout
    assert "the organiser's own decision shows every line" in " ".join(done.stdout.split())
    assert "nan" not in done.stdout.lower().replace("finansi", "")
    assert re.search(r"index is withheld", done.stdout)


def test_a_rate_that_follows_location_stands_beside_its_stated_fact(home):
    factors = home.table("school_area_factor", YEAR, code=CODE)
    assert set(factors["component_code"]) == {"materials"}
    assert factors.loc[factors["area_factor"] != 1, "school_unit_code"].nunique() == 5
    rates = home.table("fct_allocation", YEAR, code=CODE).query("component_code == 'materials'")
    assert (rates.groupby("line_code")["rate_ore"].nunique() > 1).any()


def test_supplements_and_grants_stand_beside_the_total_as_sums_only(home):
    beside = home.table("allocation_beside", YEAR, code=CODE).set_index("component_code")
    assert set(beside.index) == {"individual_supplements", "state_grant"}
    assert beside["beside_sek"].notna().all(), "fourteen decisions are enough for their sum"
    assert not set(beside.index) & set(home.table("fct_allocation", YEAR, code=CODE)["component_code"])


def test_the_publication_records_that_no_value_is_undecided(home):
    import json

    manifest = json.loads((home.published / CODE / str(YEAR) / "proposed" / "manifest.json").read_text("utf-8"))
    assert manifest["recorded"]["policy"]["undecided_values"] == []


def again(
    home: Home,
    place: Path,
    *,
    policies: Callable[[Path], None],
    index: Callable[[pd.DataFrame], pd.DataFrame],
    decided: bool,
) -> Outcome:
    """The allocation and the proposal once more, on copies of the hand-over tables and the policies."""
    shutil.copytree(home.path / "aggregate" / "tables", place / "tables")
    shutil.copytree(ROOT / "policies", place / "policies")
    policies(place / "policies" / CODE)
    path = place / "tables" / "fct_need_index" / f"municipality={CODE}" / f"funding_year={YEAR}.parquet"
    index(pd.read_parquet(path)).to_parquet(path, index=False)
    tables = Tables(root=str(place / "tables"))
    warehouse = Warehouse(path=str(home.path / "pseudonymised" / "warehouse.duckdb"))
    scope = Scope(policies=str(place / "policies"), decided_only=decided)
    context = dg.build_asset_context(partition_key=str(YEAR))
    list(fct_allocation(context, warehouse=warehouse, tables=tables, scope=scope))
    accepted = home.path / "pseudonymised" / "accepted"
    material = Material.of(tables, warehouse=warehouse, scope=scope, accepted=accepted, funding_year=YEAR)
    (outcome,) = propose_all(
        material, root=home.published, actor="a", now=datetime(2026, 1, 1, tzinfo=UTC), is_demo=True
    )
    return outcome


def test_causes_of_units_withheld_last_year_are_kept_out_of_the_publication(home, tmp_path):
    """What the step before recorded is what the proposal leaves out: a change, cause by cause, tells last year's index."""
    tables = Tables(root=str(home.path / "aggregate" / "tables"))
    warehouse = Warehouse(path=str(home.path / "pseudonymised" / "warehouse.duckdb"))
    accepted = home.path / "pseudonymised" / "accepted"
    scope = Scope(policies=str(ROOT / "policies"))
    found = Material.of(tables, warehouse=warehouse, scope=scope, accepted=accepted, funding_year=YEAR)
    units = ["99990001", "99990007"]
    changes = {
        "municipality_code": CODE, "funding_year": YEAR, "school_unit_code": units, "change_sek": [Decimal("1.00")] * 2
    }  # fmt: skip
    told = {
        "allocation_change": {CODE: pd.DataFrame(changes | {
            "unit_change_code": "both", "previous_total_sek": [Decimal("1.00")] * 2, "new_total_sek": [Decimal("2.00")] * 2,
        })},
        "allocation_change_part": {CODE: pd.DataFrame(changes | {"cause_code": "pupils"})},
    }  # fmt: skip
    record = {CODE: found.changes[CODE] | {"withheld_last_year": units[:1]}}
    material = replace(found, cut={**found.cut, **told}, changes=record)
    (outcome,) = propose_all(material, root=tmp_path, actor="a", now=datetime(2026, 1, 1, tzinfo=UTC), is_demo=True)
    assert outcome.status == "published", outcome
    parts, whole = (
        pd.read_parquet(tmp_path / CODE / str(YEAR) / "proposed" / "tables" / f"{name}.parquet")
        for name in ("allocation_change_part", "allocation_change")
    )
    assert parts["school_unit_code"].tolist() == units[1:]
    assert whole["school_unit_code"].tolist() == units


def edited(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return change


def twice(folder: Path) -> None:
    """Head teachers get another amount from June: two decisions for one day."""
    path = folder / "formula.yml"
    text = path.read_text("utf-8")
    start = text.index("          - valid_from", text.index("  head_teacher:"))
    own = text[start : text.index("\n  newly_arrived:")]
    path.write_text(
        text[:start] + own + "\n" + own.replace("2026-01-01", "2026-06-01") + text[start + len(own) :], "utf-8"
    )


def unchanged(_: Path) -> None:
    return None


def same(table: pd.DataFrame) -> pd.DataFrame:
    return table


def stranger(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table.tail(1).assign(school_unit_code="12345678")])


BAD = {
    "a negative pot": (edited("formula.yml", "value: 2000000", "value: -2000000"), same, False,
                       ("9999/formula.yml:", "components.stage_supplement", "pot_sek")),
    "a grade without weight": (edited("weights.yml", ", 9: 1.430", ""), same, False,
                               ("9999/weights.yml:", "base.grade_weights", "grade 9", "99990001")),
    "a value that nobody has decided": (
        edited("model.yml", "status: decided", "status: proposal"), same, True, ("9999/model.yml:", "base.mode", "decided run")),
    "two values for one day": (twice, same, False, ("9999/formula.yml:", "components.head_teacher", "overlaps")),
    "an index without a school": (unchanged, stranger, False, ("9999/model.yml:", "structural.", "12345678")),
    "a school without an index": (
        unchanged, lambda table: table[table["school_unit_code"] != "99990007"], False,
        ("9999/model.yml:", "structural.", "99990007")),
}  # fmt: skip


@pytest.mark.parametrize("fault", sorted(BAD))
def test_a_bad_input_is_told_with_policy_file_key_and_school_and_nothing_is_written(home, tmp_path, fault):
    policies, index, decided, words = BAD[fault]
    before = home.standing()
    outcome = again(home, tmp_path, policies=policies, index=index, decided=decided)
    assert outcome.status == "refused"
    told = " ".join(reason.detail for reason in outcome.reasons)
    for word in words:
        assert word in told, told
    assert home.standing() == before


def test_the_same_policies_and_tables_again_are_what_is_published(home, tmp_path):
    """Without a fault the same steps verify what stands: the refusals above are the faults' own."""
    outcome = again(home, tmp_path, policies=unchanged, index=same, decided=True)
    assert outcome.status == "verified", outcome.reasons
