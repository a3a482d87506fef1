"""The chain from goal to money to result of each municipality with a goals file.

Belongs here: rows of its tables from marts, money and file. Does not: any figure (``models_py.goals``), words for people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from models_py.errors import LikvardError
from models_py.followed import Followed
from models_py.goals import goal_results
from orchestration.followup.goals_file import GoalsFile, goals_of
from orchestration.resources.policy_text import PolicyError

TABLES = ("goal_result", "goal_plan")


def goals_of_year(
    outcomes: Mapping[str, pd.DataFrame],
    *,
    index: pd.DataFrame,
    money_of: Callable[[int], pd.DataFrame],
    codes: Sequence[str],
    policies: Path,
    funding_year: int,
) -> dict[str, Followed]:
    """Municipality → its chain; those without a goals file are not in it.

    ``money_of``: funding year → rows of ``school_allocation`` as they may be shown, or none.
    """
    found = {}
    for code in sorted(codes):
        try:
            file = goals_of(policies / code)
            if file is None:
                continue
            results = goal_results(
                outcomes[code],
                index=index.loc[index["municipality_code"] == code, ["school_unit_code", "need_index"]],
                goals=file.as_goals(),
                funding_year=funding_year,
            )
        except (PolicyError, LikvardError) as error:  # one municipality must not stop its neighbours
            found[code] = Followed(refusal=str(error))
            continue
        plans = plan_rows(file, municipality_code=code, money_of=money_of, funding_year=funding_year)
        found[code] = Followed(tables={"goal_result": results, "goal_plan": plans})
    return found


def plan_rows(
    file: GoalsFile, *, municipality_code: str, money_of: Callable[[int], pd.DataFrame], funding_year: int
) -> pd.DataFrame:
    """Plans up to the funding year with the structural part that the unit got that year; null where it is not shown."""
    rows = []
    for plan in file.plans:
        if plan.funding_year > funding_year:
            continue
        money = money_of(plan.funding_year)
        amount = None
        if len(money):
            own = money[
                (money["municipality_code"] == municipality_code) & (money["school_unit_code"] == plan.school_unit_code)
            ]
            known = own["structural_part_sek"].dropna()
            amount = known.iloc[0] if len(known) else None
        rows.append(
            {
                "goal_code": plan.goal,
                "school_unit_code": plan.school_unit_code,
                "plan_year": plan.funding_year,
                "structural_part_sek": amount,
                "plan_sv": plan.plan.sv,
                "plan_en": plan.plan.en,
                "followed_up_sv": None if plan.followed_up is None else plan.followed_up.sv,
                "followed_up_en": None if plan.followed_up is None else plan.followed_up.en,
            }
        )
    return pd.DataFrame(rows)
