"""The yearly flow: who is enrolled where on each count date, what money follows, how pupils grow.

Belongs here: advancing, moving, leaving, starting grade F, arriving, the dose of money, latent knowledge.
Does not belong here: grades and tests (outcomes) or identities (deliveries).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models_py.world.background import Background, concatenate, draw_background, factor_levels, linear_predictor
from models_py.world.schools import STAGE_OF_GRADE, STAGE_YEARS, Sites
from models_py.world.settings import WorldSettings
from models_py.world.streams import Bools, Floats, Ints, Streams


@dataclass(frozen=True, slots=True)
class YearState:
    """One count date. Arrays over enrolled pupils; `pupil` is the pupil's own number. Money and need per site."""

    year: int
    pupil: Ints
    site: Ints
    grade: Ints
    start_year: Ints  # calendar year in which the pupil began at the present unit code
    risk: Floats  # true log-odds, without school, peers and money
    theta: Floats  # latent knowledge at the end of the school year, SD
    pupil_count: Ints  # J
    need_share: Floats  # J, nan without pupils
    need_index: Floats  # J
    dose_kkr: Floats  # J, kkr per pupil


def need_of_sites(risk: Floats, site: Ints, municipality: Ints) -> tuple[Ints, Floats, Floats]:
    """Pupils, mean true probability, and index (pupil-weighted municipal mean 100) per site."""
    sites = len(municipality)
    count = np.bincount(site, minlength=sites)
    total = np.bincount(site, weights=expit(risk), minlength=sites)
    share = np.divide(total, count, out=np.full(sites, np.nan), where=count > 0)
    mean = np.bincount(municipality, weights=total) / np.maximum(np.bincount(municipality, weights=count), 1)
    return count, share, 100 * share / mean[municipality]


@dataclass(frozen=True, slots=True)
class _Roll:
    """Who is enrolled, between two count dates. `pupil` is both the own number and the position in the background."""

    pupil: Ints
    site: Ints
    grade: Ints
    start_year: Ints
    theta: Floats

    def where(self, keep: Bools) -> _Roll:
        return _Roll(self.pupil[keep], self.site[keep], self.grade[keep], self.start_year[keep], self.theta[keep])


class _Flow:
    """Holds what every step needs; the roll itself is passed from step to step."""

    def __init__(self, settings: WorldSettings, sites: Sites, streams: Streams) -> None:
        self.settings, self.sites, self.streams = settings, sites, streams
        self.background: list[Background] = []
        self.next_number = 0
        self.first_grade = np.array([u.first_grade for u in sites.plan])
        self.intake = np.array([u.cohort_size for u in sites.plan], dtype=np.float64)

    def _create(self, count: Ints, grade: Ints, t: int, *, is_arrival: bool) -> _Roll:
        """New pupils: `count[k]` of them at home site k % J in `grade[k]`; a pupil of grade 7 sits where it leads."""
        home = np.repeat(np.tile(np.arange(self.sites.count), len(count) // self.sites.count), count)
        grades = np.repeat(grade, count)
        number = np.arange(self.next_number, self.next_number + len(home))
        self.next_number += len(home)
        calendar = self.settings.first_count_year + t
        new = draw_background(
            number, grade=grades, is_arrival=np.full(len(home), is_arrival), calendar_year=calendar,
            composition=self.sites.composition[home, t], settings=self.settings, streams=self.streams,
        )  # fmt: skip
        self.background.append(new)
        site = self.sites.route[home, grades]
        first_possible = calendar - (grades - self.first_grade[site])
        start = np.full(len(home), calendar) if is_arrival else np.maximum(first_possible, new.immigration_year)
        return _Roll(number, site, grades, start, new.start_theta)

    def initial(self) -> _Roll:
        """Everybody enrolled on the first count date, grade by grade."""
        j, grades = np.arange(self.sites.count), np.arange(10)
        mean = np.tile(np.where(self.sites.opens <= 0, self.intake, 0.0), 10)
        grade, home = np.repeat(grades, self.sites.count), np.tile(j, 10)
        noise = np.exp(self.settings.intake_sd * self.streams.normal("initial.size", home, grade))
        count = self.streams.poisson("initial", mean * noise, home, grade)
        return self._create(count, grade, 0, is_arrival=False)

    def newcomers(self, t: int) -> list[_Roll]:
        """The intake to grade F, and the newly arrived in any grade."""
        sites, settings, j = self.sites, self.settings, np.arange(self.sites.count)
        open_mean = np.where(sites.opens <= t, self.intake, 0.0)
        noise = np.exp(settings.intake_sd * self.streams.normal("intake.size", j, t))
        intake = self.streams.poisson("intake", open_mean * noise, j, t)
        peak = settings.arrival_peak_factor if t in settings.arrival_peak_years else 1.0
        c = sites.composition[:, t]
        rate = settings.arrival_rate * peak * np.exp(1.2 * (c - sites.composition.mean()))
        grade, home = np.repeat(np.arange(10), sites.count), np.tile(j, 10)
        arrivals = self.streams.poisson("arrival", np.tile(open_mean * rate / 10, 10), home, grade, t)
        return [self._create(intake, np.zeros(sites.count, dtype=np.int64), t, is_arrival=False),
                self._create(arrivals, grade, t, is_arrival=True)]  # fmt: skip

    def advance(self, roll: _Roll, t: int) -> _Roll:
        """Grade 9 leaves, the others go up; some move to another school or out of the municipality."""
        settings, sites = self.settings, self.sites
        roll = roll.where(roll.grade < 9)
        grade = roll.grade + 1
        site = sites.route[roll.site, grade]
        moves = self.streams.uniform("move", roll.pupil, t) < settings.move_rate * np.exp(
            -0.3 * np.clip(roll.theta, -2, 2)
        )
        leaves = moves & (self.streams.uniform("move.leave", roll.pupil, t) < settings.leave_share)
        chosen = self.streams.uniform("move.target", roll.pupil, t)
        municipality = sites.municipality[site]
        for m in range(len(settings.municipality_codes)):
            for g in range(1, 10):
                who = np.flatnonzero(moves & ~leaves & (grade == g) & (municipality == m))
                # A site takes movers into its own grades only: route leads there from itself.
                takes = (sites.municipality == m) & (sites.route[:, g] == np.arange(sites.count)) & (sites.opens <= t)
                if len(who):
                    cumulated = np.cumsum(np.where(takes, sites.size, 0.0))
                    site[who] = np.searchsorted(cumulated, chosen[who] * cumulated[-1], side="right")
        new_code = sites.code[site, t] != sites.code[roll.site, t - 1]
        start = np.where(new_code, settings.first_count_year + t, roll.start_year)
        return _Roll(roll.pupil, site, grade, start, roll.theta).where(~leaves)

    def school_year(self, roll: _Roll, background: Background, t: int) -> YearState:
        """Need and money at the count date, then a school year of growth."""
        settings, sites = self.settings, self.sites
        levels = factor_levels(background, roll.pupil, settings.first_count_year + t)
        risk = linear_predictor(levels, effect_scale=settings.effect_scale)
        count, share, index = need_of_sites(risk, roll.site, sites.municipality)
        dose = settings.slope(t) * index
        advantage = background.advantage[roll.pupil]
        mean = np.bincount(roll.site, weights=advantage, minlength=sites.count) / np.maximum(count, 1)
        stage = STAGE_OF_GRADE[roll.grade]
        theta = (
            0.965 * roll.theta + 0.03 * advantage + sites.growth[roll.site, stage, t] / STAGE_YEARS[stage]
            + 0.25 * settings.effect_per_kkr * dose[roll.site] + 0.02 * mean[roll.site]
            + 0.22 * self.streams.normal("growth.pupil", roll.pupil, t)
        )  # fmt: skip
        return YearState(t, roll.pupil, roll.site, roll.grade, roll.start_year, risk, theta, count, share, index, dose)


def run_flow(settings: WorldSettings, sites: Sites, streams: Streams) -> tuple[Background, tuple[YearState, ...]]:
    """Run all years. Returns the background of every pupil who ever was enrolled, and one state per count date."""
    flow = _Flow(settings, sites, streams)
    roll = flow.initial()
    states: list[YearState] = []
    for t in range(settings.years):
        if t > 0:
            parts = [flow.advance(roll, t), *flow.newcomers(t)]
            roll = _Roll(*(np.concatenate([getattr(p, name) for p in parts]) for name in _Roll.__slots__))
        flow.background = [concatenate(flow.background)]
        state = flow.school_year(roll, flow.background[0], t)
        states.append(state)
        roll = _Roll(roll.pupil, roll.site, roll.grade, roll.start_year, state.theta)
    return flow.background[0], tuple(states)
