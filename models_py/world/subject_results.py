"""Results per subject through the grades: reading check, national tests, teachers' judgements, grades; and the truth.

Belongs here: how knowledge, subject, chance and leniency become what a register would say, in streams of its own, so
that no other table of a world changes. Does not belong here: the outcomes of grade 9 that the need model learns from
(``outcomes``), estimation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.world.background import Background
from models_py.world.flow import YearState, run_flow
from models_py.world.schools import STAGES, Sites, build_sites
from models_py.world.settings import WorldSettings
from models_py.world.simulate import World
from models_py.world.streams import Bools, Floats, Ints, Streams
from models_py.world.subject_settings import ALL_SUBJECTS, GRADE_POINTS, SUBJECTS, SubjectSettings

STAGE_GRADES = {"grades_4_6": (4, 5, 6), "grades_7_9": (7, 8, 9)}
"""Stages whose start and end are tested."""

COLUMNS = ("pupil", "result_year", "site", "school_unit_code", "grade", "measure", "subject", "value")


@dataclass(frozen=True, slots=True, eq=False)
class SubjectTruth:
    """What no register knows.

    leniency: site, subject, grade_leniency, judgement_leniency (SD; the unit's general leniency is in the former).
    value_added: site, stage, result_year, own_value, given_value: what a unit adds over the grades of a stage that ended
    in June of result_year, in SD of that grade's pupils; stages of ``STAGE_GRADES`` whose every grade lies in the world. ``own_value``
    is the unit's own work; ``given_value`` has what other pupils and money give beside it (types B and A of Raudenbush
    and Willms 1995).
    """

    leniency: pd.DataFrame
    value_added: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class SubjectResults:
    """``rows`` has ``COLUMNS``: one row per pupil, school year, measure and subject; value nan = nobody assessed it.

    measure and value: ``reading_check`` (grade 1) and ``teacher_judgement`` (4, 5) 0/1; ``national_test`` share of parts
    passed in grade 3, points 0..20 in grades 6 and 9; ``grade`` (6-9) points 0..20; ``all_subjects_passed`` (6-9) 0/1.
    ``result_year`` is the calendar year of the June in which the school year ends.
    """

    rows: pd.DataFrame
    truth: SubjectTruth


def draw_subject_results(world: World, *, settings: SubjectSettings | None = None) -> SubjectResults:
    """Results of every school year of the world. The same world and settings give the same rows, to the last bit."""
    rules = settings or SubjectSettings()
    streams = Streams(world.settings.seed)
    sites = build_sites(world.settings, streams)
    background, states = run_flow(world.settings, sites, streams)
    leniency = _leniency(sites, rules, streams)
    first = world.settings.first_count_year
    rows = pd.concat(
        [_Year(state, background, first, leniency, rules, streams).rows() for state in states], ignore_index=True
    )
    code = np.char.zfill(sites.code.astype(str), 8).astype(object)
    rows["school_unit_code"] = pd.Categorical(code[rows["site"], rows["result_year"] - 1 - first])
    for name in ("measure", "subject"):
        rows[name] = pd.Categorical(rows[name])
    return SubjectResults(
        rows[list(COLUMNS)],
        SubjectTruth(_leniency_table(leniency), _stage_truth(states, background, sites, world.settings)),
    )


@dataclass(frozen=True, slots=True)
class _Leniency:
    grade: Floats  # J x subjects
    judgement: Floats


def _leniency(sites: Sites, rules: SubjectSettings, streams: Streams) -> _Leniency:
    site, subject = np.arange(sites.count)[:, None], np.arange(len(SUBJECTS))
    own = rules.grade_leniency_sd * streams.normal("subject.leniency", site, subject)
    judged = rules.judgement_leniency_sd * streams.normal("subject.leniency.judgement", site, subject)
    return _Leniency(sites.leniency[:, None] + own, judged)


class _Year:
    """One school year's results; knowledge is standardised within grade and year."""

    def __init__(
        self, state: YearState, background: Background, first: int, leniency: _Leniency, rules: SubjectSettings,
        streams: Streams,
    ) -> None:  # fmt: skip
        self.state, self.leniency, self.rules, self.streams = state, leniency, rules, streams
        self.result_year = first + state.year + 1
        self.first_year_here = background.is_arrival & (background.entry_year >= self.result_year - 2)

    def rows(self) -> pd.DataFrame:
        """All grades that are assessed."""
        parts = []
        for grade in range(1, 10):
            at = np.flatnonzero(self.state.grade == grade)
            if len(at):
                parts += self._of_grade(grade, at)
        return pd.concat(parts, ignore_index=True)

    def _of_grade(self, grade: int, at: Ints) -> list[pd.DataFrame]:
        rules, pupil = self.rules, self.state.pupil[at]
        known = self._known(at)
        every = range(len(SUBJECTS))
        if grade == 1:
            reads = known[:, 0] + self._noise("reading", rules.reading_noise_sd, pupil, grade, 0) > rules.reading_cut
            return [self._frame(at, "reading_check", SUBJECTS[0], reads.astype(float), tested=True)]
        if grade == 3:
            return [
                self._frame(at, "national_test", SUBJECTS[s], self._parts(known[:, s], pupil, s, n), tested=True)
                for s, n in zip((0, 2), rules.parts, strict=True)
            ]
        if grade in (4, 5):
            lenient = self.leniency.judgement[self.state.site[at]]
            noise = [self._noise("judgement", rules.judgement_noise_sd, pupil, grade, s) for s in every]
            return [
                self._frame(
                    at, "teacher_judgement", SUBJECTS[s],
                    (known[:, s] + lenient[:, s] + noise[s] > rules.judgement_cut).astype(float),
                )
                for s in every
            ]  # fmt: skip
        return self._graded(grade, at, known) if grade >= 6 else []

    def _graded(self, grade: int, at: Ints, known: Floats) -> list[pd.DataFrame]:
        rules, pupil = self.rules, self.state.pupil[at]
        lenient = self.leniency.grade[self.state.site[at]]
        parts, passed = [], np.ones(len(at), dtype=bool)
        for s, subject in enumerate(SUBJECTS):
            points = self._points(
                known[:, s] + lenient[:, s] + self._noise("grade", rules.grade_noise_sd, pupil, grade, s)
            )
            passed &= points > 0
            parts.append(self._frame(at, "grade", subject, points))
            if grade in (6, 9):
                test = self._points(known[:, s] + self._noise("test", rules.test_noise_sd, pupil, grade, s))
                parts.append(self._frame(at, "national_test", subject, test, tested=True))
        weakest = known.mean(axis=1) + lenient.mean(axis=1) + self._noise("others", rules.subject_sd, pupil, grade, 0)
        passed &= weakest > rules.other_subjects_cut
        parts.append(self._frame(at, "all_subjects_passed", ALL_SUBJECTS, passed.astype(float)))
        return parts

    def _known(self, at: Ints) -> Floats:
        """Pupils x subjects: knowledge in each subject, SD 1 when profiles have their default spread."""
        theta, rules = self.state.theta[at], self.rules
        spread = theta.std()
        z = (theta - theta.mean()) / spread if spread > 0 else np.zeros_like(theta)
        own = rules.subject_sd * self.streams.normal(
            "subject.profile", self.state.pupil[at][:, None], np.arange(len(SUBJECTS))
        )
        return (z[:, None] + own) / np.sqrt(1.0 + rules.subject_sd**2)

    def _noise(self, name: str, sd: float, pupil: Ints, grade: int, subject: int) -> Floats:
        return sd * self.streams.normal(f"subject.{name}", pupil, grade, subject, self.result_year)

    def _points(self, x: Floats) -> Floats:
        return np.array(GRADE_POINTS)[np.searchsorted(np.array(self.rules.grade_cuts), x, side="right")]

    def _parts(self, known: Floats, pupil: Ints, subject: int, count: int) -> Floats:
        """Share of the parts of a test that were passed; most pupils pass all."""
        rules = self.rules
        part = np.arange(count)
        noise = self.streams.normal("subject.part", pupil[:, None], part, subject, self.result_year)
        easy, hard = rules.part_cuts
        needed = easy + (hard - easy) * part / max(count - 1, 1)
        return (known[:, None] + rules.part_noise_sd * noise > needed).mean(axis=1)

    def _frame(self, at: Ints, measure: str, subject: str, value: Floats, *, tested: bool = False) -> pd.DataFrame:
        pupil, grade = self.state.pupil[at], self.state.grade[at]
        if tested:
            value = np.where(self._absent(pupil, measure, subject), np.nan, value)
        return pd.DataFrame({
            "pupil": pupil, "result_year": self.result_year, "site": self.state.site[at], "grade": grade,
            "measure": measure, "subject": subject, "value": value,
        })  # fmt: skip

    def _absent(self, pupil: Ints, measure: str, subject: str) -> Bools:
        rate = np.where(self.first_year_here[pupil], self.rules.missing_new, self.rules.missing_test)
        number = SUBJECTS.index(subject)
        return self.streams.uniform(f"subject.absent.{measure}", pupil, number, self.result_year) < rate


def _leniency_table(leniency: _Leniency) -> pd.DataFrame:
    site, subject = np.divmod(np.arange(leniency.grade.size), len(SUBJECTS))
    return pd.DataFrame({
        "site": site, "subject": np.array(SUBJECTS, dtype=object)[subject],
        "grade_leniency": leniency.grade.reshape(-1), "judgement_leniency": leniency.judgement.reshape(-1),
    })  # fmt: skip


def _stage_truth(
    states: tuple[YearState, ...], background: Background, sites: Sites, settings: WorldSettings
) -> pd.DataFrame:
    """What a unit gives a cohort over a whole stage: a third of the yearly value in each of its three grades."""
    beside = np.column_stack([_beside(state, background, sites, settings) for state in states])
    parts = []
    for stage, grades in STAGE_GRADES.items():
        length = len(grades)
        growth = sites.growth[:, STAGES.index(stage), :]
        for t in range(length - 1, len(states)):
            spread = states[t].theta[states[t].grade == grades[-1]].std()
            if not spread > 0:
                continue
            own = growth[:, t - length + 1 : t + 1].mean(axis=1)
            parts.append(
                pd.DataFrame({
                    "site": np.arange(sites.count), "stage": stage,
                    "result_year": settings.first_count_year + t + 1, "own_value": own / spread,
                    "given_value": (own + beside[:, t - length + 1 : t + 1].sum(axis=1)) / spread,
                })
            )  # fmt: skip
    names = ["site", "stage", "result_year", "own_value", "given_value"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)


def _beside(state: YearState, background: Background, sites: Sites, settings: WorldSettings) -> Floats:
    """What a year among these pupils and with this money gives, as ``flow`` lets knowledge grow; 0 without pupils."""
    count = np.bincount(state.site, minlength=sites.count)
    total = np.bincount(state.site, weights=background.advantage[state.pupil], minlength=sites.count)
    given = 0.02 * total / np.maximum(count, 1) + 0.25 * settings.effect_per_kkr * state.dose_kkr
    return np.where(count > 0, given, 0.0)
