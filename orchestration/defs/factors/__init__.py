"""Factors: dbt turns accepted rows into school-level tables."""
