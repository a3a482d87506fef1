"""Sealed versions in PostgreSQL: one schema per publication, and views that a BI tool reads.

Belongs here: loading, switching, checking. Does not: deciding what is published (the pointers do), making figures.

The way of one call is told in ``sink``; each other module is one idea it uses. The database is a copy that can be made
anew from ``published/`` at any time.
"""
