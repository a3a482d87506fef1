"""School-level shares as columns of a model: complements, both ends, missing levels, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_py.errors import NeedError
from models_py.need.shares import FOREIGN_BACKGROUND, GIRLS, WITHOUT_POST_SECONDARY, ShareTerm, share_matrix

NAN = np.nan
TERMS = (GIRLS, WITHOUT_POST_SECONDARY)


def factors(**columns: object) -> pd.DataFrame:
    """Two municipalities: in the second nobody's post-secondary share is known."""
    plain = {
        "municipality_code": ["b", "b", "b", "a"],
        "count_date": "2026-10-15",
        "school_unit_code": ["1", "2", "3", "4"],
        "pupil_count": [10, 30, 20, 40],
        "girl_share": [0.0, 0.5, 1.0, 0.25],
        "post_secondary_share": [0.75, 0.25, NAN, NAN],
        "post_secondary_share_lower": [0.5, NAN, NAN, NAN],
        "post_secondary_share_upper": [1.0, NAN, NAN, NAN],
    }
    return pd.DataFrame(plain | columns)


def test_values_ends_and_missing_levels_are_those_worked_out_by_hand():
    """Known: (10 × .25 + 30 × .75) / 40 = .625 without post-secondary, in its municipality and, pooled, in the other."""
    found = share_matrix(factors(), TERMS)
    np.testing.assert_array_equal(found.value, [[0.0, 0.25], [0.5, 0.75], [1.0, 0.625], [0.25, 0.625]])
    np.testing.assert_array_equal(found.lower, [[0.0, 0.0], [0.5, 0.75], [1.0, NAN], [0.25, NAN]])
    np.testing.assert_array_equal(found.upper, [[0.0, 0.5], [0.5, 0.75], [1.0, NAN], [0.25, NAN]])
    assert found.missing.dtype == bool
    assert found.missing.tolist() == [[False, False], [False, False], [False, True], [False, True]]
    assert found.pooled_means == {"girl_share": 45 / 100, "without_post_secondary_share": 0.625}
    assert found.has_composition.tolist() == [True] * 4


def test_the_mean_of_the_fit_stands_only_where_the_municipality_has_no_unit_with_a_value():
    found = share_matrix(factors(), TERMS, pooled_means={"without_post_secondary_share": 0.125})
    assert found.value[:, 1].tolist() == [0.25, 0.75, 0.625, 0.125]
    assert found.pooled_means == {"girl_share": 0.45, "without_post_secondary_share": 0.125}


def test_count_dates_are_apart_and_a_unit_without_any_share_has_no_composition():
    table = factors(girl_share=NAN, count_date=["2025-10-15", "2026-10-15", "2026-10-15", "2026-10-15"])
    found = share_matrix(table, TERMS, pooled_means={"girl_share": 0.5, "without_post_secondary_share": 0.1})
    assert found.value.tolist() == [[0.5, 0.25], [0.5, 0.75], [0.5, 0.75], [0.5, 0.1]]
    assert found.has_composition.tolist() == [True, True, False, False]


def test_a_unit_without_pupils_weighs_nothing_in_the_mean():
    found = share_matrix(factors(pupil_count=[0, 30, 20, 40]), TERMS)
    assert found.value[2:, 1].tolist() == [0.75, 0.75]


def test_nullable_columns_are_read_as_floats():
    table = factors(post_secondary_share=pd.array([0.75, 0.25, None, None], dtype="Float64"))
    np.testing.assert_array_equal(share_matrix(table, TERMS).value, share_matrix(factors(), TERMS).value)


def test_ends_may_lie_on_the_value_and_shares_on_both_borders():
    table = factors(girl_share=[0, 1, 1, 0], girl_share_lower=[0, 1, 0.5, 0], girl_share_upper=[0, 1, 1, 0.5])
    found = share_matrix(table, (GIRLS,))
    assert found.lower[:, 0].tolist() == [0, 1, 0.5, 0]
    assert found.upper[:, 0].tolist() == [0, 1, 1, 0.5]


@pytest.mark.parametrize(
    ("table", "reason", "words"),
    [
        (factors().drop(columns="girl_share"), "missing_columns",
         "school factors: column girl_share is missing; deliver it"),
        (factors().drop(columns="pupil_count"), "missing_columns",
         "school factors: columns ['pupil_count'] are missing; deliver them"),
        (factors().drop(columns="count_date"), "missing_columns",
         "school factors: columns ['count_date'] are missing; deliver them"),
        (factors(school_unit_code=["1", "1", "3", "4"]), "duplicate_key",
         "school factors: 1 rows repeat a key of ['municipality_code', 'count_date', 'school_unit_code'],"
         " first ['b/2026-10-15/1']; deliver each once"),
        (factors(pupil_count=[1.5, 1, 1, 1]), "not_whole", "school factors: 1 rows of pupil_count are not whole numbers"),
        (factors(girl_share=[-0.01, 0.5, 1.01, 0.2]), "share_out_of_range",
         "school factors: 2 rows of girl_share are not a share 0..1; divide percent by 100"),
        (factors(girl_share_lower=[0.1, 0.5, 1.0, 0.2], girl_share_upper=[NAN, 0.4, 1.0, 0.25]), "share_out_of_range",
         "school factors: 2 rows of girl_share lie outside their own lower and upper end"),
        (factors(girl_share=NAN), "no_share", "school factors: no unit has a value of girl_share; leave the term out"),
    ],
)  # fmt: skip
def test_a_faulty_table_is_refused(table, reason, words):
    with pytest.raises(NeedError) as told:
        share_matrix(table, TERMS)
    assert (told.value.reason, str(told.value)) == (reason, words)


def test_the_terms_read_their_own_columns():
    assert ShareTerm("foreign_background_share", "foreign_background_share", complement=False) == FOREIGN_BACKGROUND
    assert ShareTerm("without_post_secondary_share", "post_secondary_share", complement=True) == WITHOUT_POST_SECONDARY
    assert ShareTerm("girl_share", "girl_share") == GIRLS
