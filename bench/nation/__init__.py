"""A nation of invented municipalities as accepted rows, written municipality by municipality.

Belongs here: how large each municipality is, the worlds it is made of, writing a home as the door leaves it.
Does not: measuring anything (``bench.scale``), any mechanism of the world (``models_py.world``).
"""
