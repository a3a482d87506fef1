"""Keeping an installation well: looking at it, telling about it, copying it, trying a new version on it.

Belongs here: the doctor and its probes, alerts, backup and restore, the re-run before an upgrade. Does not: making or
publishing tables; nothing here changes a publication.
"""
