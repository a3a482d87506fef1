"""What a published year would look like if the same kronor were shared in another way, and where last year's money lay.

Belongs here: reading what is compared, calling ``models_py.allocation``, one table per question. Does not: arithmetic of
money, layout (``orchestration.report``), decisions.
"""
