"""Allocation: every krona, by policy."""
