"""A package by name, so that no installed package of the same name stands before it; the folders below need no file."""
