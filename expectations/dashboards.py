"""Known readers of the published tables: where lineage ends at a person.

Belongs here: who reads which published tables, by which tool. Does not: what the tables hold (``expectations.contracts``).
From this register and the contract come dbt's exposures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from expectations.contracts import CONTRACTS

MARTS = (
    "dim_school_unit",
    "fct_delivered_index",
    "fct_enrollment",
    "fct_need_outcome_counts",
    "fct_need_register_counts",
    "fct_school_factors",
    "fct_school_results",
)
"""dbt's marts that the steps behind the publication read; a test holds them against the asset graph."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One reader.

    Attributes
    ----------
    kind : dbt's word for what it is
    tables : published tables that it reads
    maturity : dbt's word for how settled it is
    """

    name: str
    label: str
    kind: Literal["dashboard", "application", "analysis"]
    maturity: Literal["high", "medium", "low"]
    description: str
    tables: tuple[str, ...]


DASHBOARDS = (
    Dashboard(
        "published_contract",
        "Published tables",
        "application",
        "high",
        "Power BI, Qlik, Excel and SQL read the published contract: Parquet, CSV, Excel, DuckDB and schema published of PostgreSQL.",
        tuple(sorted(CONTRACTS)),
    ),
    Dashboard(
        "school_open_data",
        "Open data on Sweden's data portal",
        "application",
        "medium",
        "The data portal harvests dcat.rdf, which leads to the wide table and to all tables together.",
        ("school_allocation",),
    ),
)
"""The readers we know of; a municipality's own dashboards are added here."""
