"""The follow-up: assets."""
