"""How the cost grows from one municipality to a nation: ``make bench``.

Belongs here: running each step at each size beside its peers, the table of ``docs/scale.md``. Does not: goals
(``bench.claims.scale``), the rows themselves (``bench.nation``).
"""
