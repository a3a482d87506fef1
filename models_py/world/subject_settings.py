"""What tests, grades and judgements per subject are made of: every assumption, by name and with its default.

Belongs here: spreads, rates, cut-offs and their validation. Does not belong here: drawing anything, schools and pupils.
Spreads are in SD of pupils; effect sizes are assumptions, not findings.
"""

from __future__ import annotations

from dataclasses import dataclass

from models_py.world.settings import WorldError

SUBJECTS = ("swedish", "english", "mathematics")
ALL_SUBJECTS = "all_subjects"

GRADE_POINTS = (0.0, 10.0, 12.5, 15.0, 17.5, 20.0)
"""F, E, D, C, B, A."""


@dataclass(frozen=True, slots=True)
class SubjectSettings:
    """Assumptions of the results per subject. Setting a spread to 0 switches that mechanism off and moves nothing else."""

    subject_sd: float = 0.40  # a pupil's own profile, around what the pupil knows in general
    test_noise_sd: float = 0.35
    grade_noise_sd: float = 0.30
    judgement_noise_sd: float = 0.60
    reading_noise_sd: float = 0.70
    part_noise_sd: float = 0.70  # of each part of the tests of grade 3
    grade_leniency_sd: float = 0.06  # per unit and subject, beside the unit's own leniency
    judgement_leniency_sd: float = 0.15
    missing_test: float = 0.04
    missing_new: float = 0.40  # of the newly arrived, instead
    grade_cuts: tuple[float, ...] = (-1.30, -0.50, 0.10, 0.75, 1.40)  # F | E | D | C | B | A, in SD
    judgement_cut: float = -1.05
    reading_cut: float = -1.25
    other_subjects_cut: float = -1.10  # the weakest of the other subjects
    part_cuts: tuple[float, float] = (-2.2, -1.3)  # of the easiest and the hardest part
    parts: tuple[int, int] = (8, 7)  # in Swedish and in mathematics

    def __post_init__(self) -> None:
        negative = [n for n in self.__slots__ if n.endswith("_sd") and getattr(self, n) < 0]
        if negative:
            raise WorldError(f"settings must not be negative: {', '.join(negative)}")
        if not (0 <= self.missing_test <= 1 and 0 <= self.missing_new <= 1):
            raise WorldError("missing_test and missing_new must lie in 0..1")
        if len(self.grade_cuts) != len(GRADE_POINTS) - 1 or list(self.grade_cuts) != sorted(self.grade_cuts):
            raise WorldError(f"grade_cuts: {len(GRADE_POINTS) - 1} thresholds in ascending order")
