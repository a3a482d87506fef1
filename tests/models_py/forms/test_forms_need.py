"""The index of each form from its own source: mean 100, the truth of the invented households, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from bench.recovery import outcome_counts
from models_py.errors import FormsError
from models_py.forms.need import form_index, value_of_merit
from models_py.forms.policy import ADULT_LEVELS, CHILD_LEVELS, FormNeedPolicy
from models_py.need import FACTORS, NeedFit, count_outcomes, fit_within_school
from models_py.world import DEMO, World, simulate
from models_py.world.background import FACTORS as TRUE_FACTORS
from models_py.world.background import immigration_level
from models_py.world.deliveries.context import build_context
from models_py.world.forms import FormWorld, simulate_forms

MERIT = FormNeedPolicy(
    source="merit", merit_rule="steps", introductory_programmes=("im_language", "im_other"), introductory_value=Decimal("1.6"),
    merit_values={"0": Decimal("1.8"), "190": Decimal("1.4"), "210": Decimal("1.15"), "225": Decimal(1), "245": Decimal("0.8")},
)  # fmt: skip
ADULT = FormNeedPolicy(
    source="adult_background",
    points={
        "prior_education": {"compulsory": Decimal("0.9"), "upper_secondary": Decimal("0.3")},
        "study_path": {"path_1": Decimal("0.6"), "path_2": Decimal("0.25")},
        "other_mother_tongue": {"yes": Decimal("0.3")},
    },
)


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(DEMO)


@pytest.fixture(scope="module")
def forms(world: World) -> FormWorld:
    return simulate_forms(world, build_context(world).identity)


@pytest.fixture(scope="module")
def fit(world: World) -> NeedFit:
    return fit_within_school(count_outcomes(outcome_counts(world, observed_education=True)))


def _background(forms: FormWorld, school_form: str, *, day: date | None = None) -> pd.DataFrame:
    """The form's people as the warehouse counts them, one row each, education missing where nobody delivered it."""
    rows = forms.placements[forms.placements["school_form"] == school_form]
    rows = rows[rows["count_date"] == (day or rows["count_date"].max())]
    p = forms.people.rows(rows["person"].to_numpy())
    year = np.array([on.year for on in rows["count_date"]])
    at = {
        "guardian_education": p["education"].to_numpy(), "immigration": immigration_level(p["immigration_year"].to_numpy(), year),
        "household_income": p["income"].to_numpy(), "area_type": p["area"].to_numpy(), "sex": p["boy"].to_numpy(),
        "econ_assistance": p["welfare"].to_numpy(), "household": p["split"].to_numpy(), "siblings": p["siblings_3"].to_numpy(),
    }  # fmt: skip
    named = {name: np.array([level for level, _ in TRUE_FACTORS[name]])[places] for name, places in at.items()}
    named["guardian_education"] = np.where(p["is_education_missing"], "missing", named["guardian_education"])
    prior = np.array(["post_secondary", "post_secondary", "upper_secondary", "compulsory"])[p["education"].to_numpy()]
    return pd.DataFrame({
        "municipality_code": "9999", "count_date": rows["count_date"].to_numpy(), "pupil_count": 1,
        "school_unit_code": rows["school_unit_code"].to_numpy(), "programme": rows["programme"].to_numpy(),
        "admission_merit_value": rows["admission_merit_value"].to_numpy(), "prior_education": prior,
        "study_path": np.where(rows["study_path"] == "", "none", rows["study_path"]),
        "other_mother_tongue": np.where(p["immigration_year"] > 0, "yes", "no"), **named,
    })  # fmt: skip


def _against_truth(forms: FormWorld, table: pd.DataFrame, school_form: str) -> pd.DataFrame:
    truth = forms.truth[forms.truth["school_form"] == school_form]
    truth = truth[truth["count_date"] == truth["count_date"].max()]
    own = table[table["index_rule"] == "own"]
    return own.merge(truth, on="school_unit_code", suffixes=("", "_true"))


@pytest.mark.parametrize("school_form", ["preschool", "after_school"])
def test_the_compulsory_models_weights_find_true_need_in_preschool_and_leisure_time(
    forms: FormWorld, fit: NeedFit, school_form: str
) -> None:
    index = form_index(
        _background(forms, school_form), policy=FormNeedPolicy(source="need_model"), fit=fit, index_minimum_pupils=20
    )
    assert index is not None
    both = _against_truth(forms, index.table, school_form)
    assert np.average(index.table["need_index"], weights=index.table["pupil_count"]) == pytest.approx(100, abs=1e-9)
    rmse = np.sqrt(np.average((both["need_index"] - both["need_index_true"]) ** 2, weights=both["pupil_count"]))
    flat = np.sqrt(np.average((100 - both["need_index_true"]) ** 2, weights=both["pupil_count"]))
    assert rmse < 0.5 * flat
    assert both["need_index"].corr(both["need_index_true"], method="spearman") > 0.9


def test_levels_by_merit_at_admission_order_the_schools_as_true_need_does(forms: FormWorld) -> None:
    index = form_index(_background(forms, "upper_secondary"), policy=MERIT, fit=None, index_minimum_pupils=20)
    assert index is not None
    both = _against_truth(forms, index.table, "upper_secondary").sort_values("need_index_true")
    assert both["need_index"].is_monotonic_increasing
    assert index.without_merit == 0
    assert set(index.table["index_rule"]) == {"own", "merged_group"}  # the small school shares an index


def test_prior_education_path_and_language_order_the_adults_units(forms: FormWorld) -> None:
    index = form_index(_background(forms, "adult_education"), policy=ADULT, fit=None, index_minimum_pupils=20)
    assert index is not None
    both = _against_truth(forms, index.table, "adult_education").sort_values("need_index_true")
    assert both["need_index"].is_monotonic_increasing


def test_the_index_does_not_depend_on_the_order_of_rows_and_counts_two_days_half_each(
    forms: FormWorld, fit: NeedFit
) -> None:
    days = sorted(forms.placements.loc[forms.placements["school_form"] == "preschool", "count_date"].unique())
    both = pd.concat([_background(forms, "preschool", day=day) for day in days], ignore_index=True)
    policy = FormNeedPolicy(source="need_model")
    one = form_index(both, policy=policy, fit=fit, index_minimum_pupils=20)
    other = form_index(both.sample(frac=1, random_state=3), policy=policy, fit=fit, index_minimum_pupils=20)
    assert one is not None
    assert other is not None
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.table["count_date_count"].max() == 2


def test_decided_points_on_shares_are_a_mean_over_children() -> None:
    rows = pd.DataFrame({
        "municipality_code": "9999", "count_date": date(2026, 9, 15), "school_unit_code": ["a", "a", "b"],
        "guardian_education": ["compulsory", "post_secondary_long", "post_secondary_long"], "pupil_count": [5, 15, 20],
    })  # fmt: skip
    policy = FormNeedPolicy(source="shares", points={"guardian_education": {"compulsory": Decimal(4)}})
    index = form_index(rows, policy=policy, fit=None, index_minimum_pupils=5)
    assert index is not None
    assert index.table.set_index("school_unit_code")["need_index"].to_dict() == pytest.approx(
        {"a": 400 / 3, "b": 200 / 3}
    )


def test_a_merit_value_stands_on_its_step_or_on_the_line_between_points() -> None:
    mean = np.array([0.0, 189.9, 190.0, 217.5, 340.0])
    assert value_of_merit(mean, MERIT).tolist() == [1.8, 1.8, 1.4, 1.15, 0.8]
    curve = FormNeedPolicy(source="merit", merit_rule="curve", merit_values={"200": Decimal(2), "240": Decimal(1)})
    assert value_of_merit(np.array([100.0, 210.0, 300.0]), curve).tolist() == [2.0, 1.75, 1.0]


def test_students_without_a_merit_value_count_at_their_units_mean_and_are_numbered() -> None:
    rows = pd.DataFrame({
        "municipality_code": "9999", "count_date": date(2026, 10, 15), "school_unit_code": ["a", "a", "b", "c"],
        "programme": ["na", "na", "im_other", "na"], "admission_merit_value": [230.0, np.nan, np.nan, 180.0],
        "pupil_count": [30, 10, 20, 20],
    })  # fmt: skip
    index = form_index(rows, policy=MERIT, fit=None, index_minimum_pupils=5)
    assert index is not None
    assert index.without_merit == 10
    values = index.table.set_index("school_unit_code")["need_index"]
    assert (values["b"] / values["a"], values["c"] / values["a"]) == pytest.approx((1.6, 1.8))
    with pytest.raises(FormsError, match="no student of a national programme has a merit value"):
        form_index(rows.assign(admission_merit_value=np.nan), policy=MERIT, fit=None, index_minimum_pupils=5)


def test_no_index_where_none_is_decided_and_no_weights_is_an_error() -> None:
    assert form_index(pd.DataFrame(), policy=FormNeedPolicy(), fit=None, index_minimum_pupils=5) is None
    with pytest.raises(
        FormsError, match=r"needs weights of the compulsory model.*let form_need.source be shares, or none"
    ):
        form_index(pd.DataFrame(), policy=FormNeedPolicy(source="need_model"), fit=None, index_minimum_pupils=5)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"source": "merit"}, "source merit takes merit_values"),
        ({"source": "shares"}, "source shares takes points"),
        ({"source": "none", "points": {"sex": {"boy": Decimal(1)}}}, "source none takes nothing else"),
        (
            {"source": "shares", "points": {"sex": {"tall": Decimal(1)}}},
            "sex has no level tall; known: girl, boy, missing",
        ),
        ({"source": "adult_background", "points": {"sex": {"boy": Decimal(1)}}}, "known: prior_education, study_path"),
        ({"source": "merit", "merit_values": {"0": Decimal(1)}}, "merit takes merit_rule"),
        (
            {
                "source": "merit",
                "merit_rule": "steps",
                "merit_values": {"0": Decimal(1)},
                "introductory_programmes": ("im",),
            },
            "introductory_programmes together with introductory_value",
        ),
    ],
)
def test_a_source_of_need_that_contradicts_itself_is_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(FormsError, match=words):
        FormNeedPolicy(**values)  # type: ignore[arg-type]


def test_the_levels_that_can_have_points_are_those_that_are_counted() -> None:
    assert list(CHILD_LEVELS) == [factor.name for factor in FACTORS]
    assert ADULT_LEVELS["prior_education"][-1] == "missing"
