"""What is followed in each grade, in dated versions: a test that ends or a scale that changes is another version.

Belongs here: definitions, and which version holds for a grade and year. Does not: counting.
Sources: School Act 2010:800 and the Compulsory School Ordinance 2011:185 (grades from year 6, national tests in years 3, 6
and 9); Skolverket (required assessment in year 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from models_py.errors import FollowupError

GOALS, TESTS = "goals", "national_tests"
"""Series: what a cohort is followed along. Goals: whatever says in each grade whether the goals are reached; national
tests: the tests alone."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One version of one indicator.

    Attributes
    ----------
    code, version : name it
    series : ``GOALS`` or ``TESTS``
    measure, grade, subjects : the results it reads
    reached_from : lowest value that counts as reached
    first_year, last_year : result years in which it holds; None = still
    comparable_to : earlier versions of the same code that one may compare with
    """

    code: str
    version: int
    series: str
    measure: str
    grade: int
    subjects: tuple[str, ...]
    reached_from: float
    first_year: int
    last_year: int | None = None
    comparable_to: tuple[int, ...] = ()

    def holds(self, result_year: int) -> bool:
        """Whether this version is the one of ``result_year``."""
        return self.first_year <= result_year <= (9999 if self.last_year is None else self.last_year)


_THREE, _TESTED_3 = ("swedish", "english", "mathematics"), ("swedish", "mathematics")

INDICATORS: tuple[Indicator, ...] = (
    Indicator("reading_check", 1, GOALS, "reading_check", 1, ("swedish",), 1.0, 2012),
    Indicator("test_all_parts", 1, GOALS, "national_test", 3, _TESTED_3, 1.0, 2012),
    *(Indicator("teacher_judgement", 1, GOALS, "teacher_judgement", g, _THREE, 1.0, 2012) for g in (4, 5)),
    *(Indicator("passing_grade", 1, GOALS, "grade", g, _THREE, 10.0, 2012) for g in (6, 7, 8, 9)),
    *(
        Indicator("all_subjects", 1, GOALS, "all_subjects_passed", g, ("all_subjects",), 1.0, 2012)
        for g in (6, 7, 8, 9)
    ),
    Indicator("eligible", 1, GOALS, "eligible_vocational", 9, ("all_subjects",), 1.0, 2012),
    Indicator("test_all_parts", 1, TESTS, "national_test", 3, _TESTED_3, 1.0, 2012),
    *(Indicator("test_passed", 1, TESTS, "national_test", g, _THREE, 10.0, 2012) for g in (6, 9)),
)
"""Version 1 of all that is followed; a municipality adds versions by date."""


def check_indicators(indicators: Sequence[Indicator]) -> None:
    """Raise FollowupError where two versions hold for the same series, code, grade, subject and year, or years are turned."""
    seen: dict[tuple[str, str, int, str], list[Indicator]] = {}
    for one in indicators:
        if one.last_year is not None and one.last_year < one.first_year:
            raise FollowupError(
                f"indicator {one.code} {one.version}: last_year {one.last_year} before {one.first_year}"
            )
        for subject in one.subjects:
            seen.setdefault((one.series, one.code, one.grade, subject), []).append(one)
    for (series, code, grade, subject), versions in seen.items():
        ordered = sorted(versions, key=lambda v: v.first_year)
        for before, after in pairwise(ordered):
            if before.holds(after.first_year):
                raise FollowupError(
                    f"indicator {code} ({series}, grade {grade}, {subject}): versions {before.version} and "
                    f"{after.version} both hold in {after.first_year}; end the earlier one"
                )
