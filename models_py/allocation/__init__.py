"""Turn need indices into öre per school unit.

Belongs here: sharing a budget, exact rounding, measures of the result, explaining one unit's amount.
Does not: estimating need (``models_py.need``), reading policy files, anything that knows who organises a school.
"""

from models_py.allocation.explain import Explanation, Step, explain
from models_py.allocation.formula import Budget, Component, Formula, Sharing, Stage
from models_py.allocation.measures import Measures, measure
from models_py.allocation.policy import GRADES, AllocationPolicy, BasePolicy, StructuralPolicy
from models_py.allocation.shares import Allocation, allocate

__all__ = [
    "GRADES",
    "Allocation",
    "AllocationPolicy",
    "BasePolicy",
    "Budget",
    "Component",
    "Explanation",
    "Formula",
    "Measures",
    "Sharing",
    "Stage",
    "Step",
    "StructuralPolicy",
    "allocate",
    "explain",
    "measure",
]
