"""Ingest: what was delivered, through the door."""
