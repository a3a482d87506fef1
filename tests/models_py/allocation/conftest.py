"""Refusals of money say what is kept of them."""

from tests.refusals import refusals_as_kept  # noqa: F401
