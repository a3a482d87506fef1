"""A municipality's goals, ``policies/<code>/followup/goals.yml``: what is to be reached, by which figure, with which plans.

Belongs here: its shape, reading it with file and line. Does not: what came of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from models_py.goals import Goal
from models_py.goals.chain import KeyFigure
from orchestration.resources.checked_text import checked
from orchestration.resources.policy_text import read_policy_text
from orchestration.resources.shape_types import Amount, Name, Strict, Text

FOLDER, FILE = "followup", "goals.yml"
YearText = Annotated[str, Field(pattern=r"^[0-9]{4}$")]


class Words(Strict):
    """The same in both languages."""

    sv: Text
    en: Text


class GoalShape(Strict):
    """One goal: words, the figure it is followed by, its targets by result year, and its decision."""

    words: Words
    key_figure: KeyFigure
    direction: Literal["up", "down"]
    targets: dict[YearText, Amount]
    decided_by: Text


class PlanShape(Strict):
    """What one school unit does for a goal with the structural money of a funding year, and what came of it."""

    goal: Name
    school_unit_code: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]+$")]
    funding_year: Annotated[int, Field(ge=1990, le=9999)]
    plan: Words
    followed_up: Words | None = None


class GoalsFile(Strict):
    """``goals.yml``."""

    goals: dict[Name, GoalShape]
    plans: list[PlanShape] = []

    @model_validator(mode="after")
    def _plans_serve_goals(self) -> GoalsFile:
        if unknown := sorted({plan.goal for plan in self.plans} - set(self.goals)):
            raise ValueError(f"plans name goals {', '.join(unknown)}, which are not among goals")
        keys = [(plan.goal, plan.school_unit_code, plan.funding_year) for plan in self.plans]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"plans are given twice for {twice[:3]}; one per goal, school unit and year")
        return self

    def as_goals(self) -> list[Goal]:
        """The goals as they are judged."""
        return [
            Goal(code, goal.key_figure, goal.direction, {int(year): float(at) for year, at in goal.targets.items()})
            for code, goal in self.goals.items()
        ]


def goals_of(policy_folder: Path) -> GoalsFile | None:
    """A municipality's goals, or None where it has no file. Raises PolicyError with file and line."""
    path = policy_folder / FOLDER / FILE
    if not path.is_file():
        return None
    return checked(GoalsFile, read_policy_text(path, name=f"{policy_folder.name}/{FOLDER}/{FILE}"))
