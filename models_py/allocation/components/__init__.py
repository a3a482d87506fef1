"""Kinds of components: what a formula may pay for, each a small pure function of facts and parameters.

Belongs here: parameters of each kind and the claims they give. Does not: totals and order (``engine``), lines
(``lines``), promises against last year (``stages``). A kind never sees who runs a school unit.
"""

from models_py.allocation.components.registry import COMPONENT_KINDS, Kind, claims_of, kind_of

__all__ = ["COMPONENT_KINDS", "Kind", "claims_of", "kind_of"]
