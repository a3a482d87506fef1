"""The other school forms of a world: children, students and adults of the same households, and what they truly need.

Belongs here: who is where in which form on its count days, units, true need. Does not: preschool class and compulsory school
(``models_py.world``), files (``deliveries.forms``), any estimate. Shares and effects are assumptions, not findings.
"""

from models_py.world.forms.people import count_dates_of_forms
from models_py.world.forms.simulate import FormWorld, simulate_forms

__all__ = ["FormWorld", "count_dates_of_forms", "simulate_forms"]
