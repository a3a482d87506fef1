"""This year against last year: the opening balance of a guarantee, the change of every school unit, how sure its kronor are.

Belongs here: reading last year's publication, putting two years' inputs side by side. Does not: arithmetic of money
(``models_py.allocation``), assets, layout.
"""
