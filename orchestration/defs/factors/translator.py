"""How dbt's nodes appear in Dagster: keys, groups, owners."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from orchestration.names import DATA_TEAM, FACTORS, STATISTICS_TEAM


class LikvardTranslator(DagsterDbtTranslator):
    """Layer first, then the name: ``marts/fct_school_factors``; a dbt source is the raw asset that the door wrote."""

    def __init__(self) -> None:
        super().__init__(
            DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True, enable_source_tests_as_checks=True)
        )

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """``raw/<source>`` for a source, ``<layer>/<model>`` for a model, ``seeds/<seed>`` for a seed."""
        name = dbt_resource_props["name"]
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey(["raw", name.lstrip("_")])
        return dg.AssetKey([_layer(dbt_resource_props), name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """All models are the factors step."""
        return FACTORS

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What the model's properties say; the SQL is a click away in the repository."""
        return dbt_resource_props.get("description") or ""

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Marts belong to those who answer for the statistics, the rest to those who answer for the data."""
        return [STATISTICS_TEAM if _layer(dbt_resource_props) == "marts" else DATA_TEAM]


def _layer(properties: Mapping[str, Any]) -> str:
    return "seeds" if properties["resource_type"] == "seed" else properties["fqn"][1]
