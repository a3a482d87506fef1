"""For each rule of the register one data set that breaks this rule and no other: how the gate is proven.

Belongs here: a small function per rule that spoils a clean home in one place, and the judging of such a home by the
program's own steps. Does not: rules, figures (``bench.claims.publication_gate``).
"""
