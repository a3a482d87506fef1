"""Claims of the money: the kernel and what it keeps, the measures beside an allocation."""

from __future__ import annotations

from bench.claims import money_kernel, money_measures

CLAIMS = (
    *money_kernel.CLAIMS,
    *money_measures.CLAIMS,
)
