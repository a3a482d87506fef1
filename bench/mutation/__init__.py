"""Mutation testing of the code that must not be wrong: money, need, publication. ``make mutate`` runs it, a claim reads it.

Belongs here: what is mutated and by which tests it is judged, the run (mutmut), the result file. Does not: the tests.
"""
