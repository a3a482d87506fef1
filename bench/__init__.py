"""Proofs and measurements: claims of the docs, generated pages, pictures. May import everything; nothing imports it."""
