"""What months are paid by is what the publication says."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest

from orchestration.payments.inputs import _taken_back


@pytest.mark.parametrize(
    ("sek", "pupils", "expected"), [(-33_100, 200, {"k": Fraction(16_550)}), (0, 200, {}), (-5, 0, {})]
)
def test_the_rate_is_what_the_publication_took_back_per_pupil(sek, pupils, expected):
    organisers = pd.DataFrame(
        {"organiser_key": ["k"], "de_delegated_sek": [sek], "pupil_count": [pupils]}, dtype=object
    )
    assert _taken_back(organisers) == expected
