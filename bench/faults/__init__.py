"""Killing and starving the program at its own system calls: how a crash or a full disk is put in place, and what is asked after.

Belongs here: the child that works, the injection, the acts (a delivery taken in, a publication, its approval and
decision, a month paid), crowds, the judgement.
Does not: figures (``bench.claims.publication_crash``), faults of data (``bench.single_faults``).
"""
