"""From a municipality's goals to what became of them: key figures year by year, against targets and against chance.

Here: key figures from counts, judged. Not here: goals' words, plans, money, files.
"""

from __future__ import annotations

from models_py.goals.chain import KEY_FIGURES, Goal, goal_results

__all__ = ["KEY_FIGURES", "Goal", "goal_results"]
