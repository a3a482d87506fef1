"""The sentences of the pages, a catalogue per language with the same keys.

Belongs here: ``sv.yml`` and ``en.yml``. Does not: names of columns, rules and factors, which have registers of their own.
"""
