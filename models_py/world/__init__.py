"""A simulated municipality whose truth is known: for the demo, and for tests that ask whether a method recovers it.

Belongs here: schools, pupils, their flow and outcomes, the deliveries a municipality would send, and helpers that
compare an estimate with the truth. Does not belong here: any estimator. Effect sizes are assumptions, not findings.
"""

from models_py.world.deliveries import (
    Delivery,
    deliver,
    deliver_accounts,
    deliver_forms,
    deliver_month,
    deliver_subject_results,
)
from models_py.world.demo import DEMO
from models_py.world.settings import UnitPlan, WorldError, WorldSettings
from models_py.world.simulate import Truth, World, simulate

__all__ = ["DEMO", "Delivery", "Truth", "UnitPlan", "World", "WorldError", "WorldSettings", "deliver", "deliver_accounts",
           "deliver_forms", "deliver_month", "deliver_subject_results", "simulate"]  # fmt: skip
