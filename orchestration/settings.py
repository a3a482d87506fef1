"""Settings: read once from the environment, handed to everything that needs a place, a year or a language.

Belongs here: ``LIKVARD_*`` variables, the folders of the data root, the funding years.
Does not: what a municipality has decided (``policies/``), anything that touches a file.
"""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parent.parent
"""Where the project lies: policies, the dbt project and ``dagster.yaml`` are read from here."""

TIME_ZONE = "Europe/Stockholm"

FIRST_FUNDING_YEAR, LAST_FUNDING_YEAR = 2018, 2028
"""Funding years are static keys: next year's must exist in the autumn before, when it is decided."""


class Settings(BaseSettings):
    """The settings of one run; every name is an environment variable with the prefix ``LIKVARD_``."""

    model_config = SettingsConfigDict(env_prefix="LIKVARD_", frozen=True, extra="ignore")

    home: Path = Field(default=REPOSITORY / "var", description="Data root with the four zones and Dagster's history.")
    environment: Literal["development", "production"] = Field(
        default="development", description="Schedules exist only in production."
    )
    open_data: Path | None = Field(default=None, description="Folder with Skolverket's and Kolada's files.")
    key_file: Path | None = Field(default=None, description="File with the key of the pseudonyms, mode 0400.")
    skolverket_url: str = Field(default="https://api.skolverket.se", description="Where Skolverket's interfaces lie.")
    kolada_url: str = Field(default="https://api.kolada.se/v3", description="Where Kolada's interface lies.")
    policies: Path = Field(
        default=REPOSITORY / "policies", description="Folder with one policy folder per municipality."
    )
    language: Literal["sv", "en"] = Field(default="en", description="Language of what the command prints.")
    postgres_url_file: Path | None = Field(
        default=None, description="File with the address of the PostgreSQL that BI reads, mode 0400."
    )
    postgres_language: Literal["sv", "en"] = Field(
        default="sv", description="Language of the comments on tables and columns in PostgreSQL."
    )
    retention_months: int = Field(
        default=24, ge=1, description="Delivered files and lists of rows in the restricted zone are kept this long."
    )
    operations_file: Path | None = Field(
        default=None, description="operations.yml: limits of the doctor, when publications are due, who is told."
    )
    dagster_yaml: Path = Field(
        default=REPOSITORY / "dagster.yaml", description="Settings of Dagster's instance, copied into the home."
    )
    pictures: bool = Field(
        default=True, description="Draw pictures on the assets; a run without them is some seconds shorter."
    )
    separated: bool = Field(
        default=False,
        description="Other municipalities share the machine: the doctor looks that no account reaches another's.",
    )
    spark_python: Path | None = Field(
        default=None, description="Python of the environment with dbt-spark: Spark makes the tables instead of DuckDB."
    )
    spark_folder: Path | None = Field(
        default=None, description="Folder that Spark's workers see too, for the time of a build; unset: in the home."
    )
    spark_seen_as: str | None = Field(
        default=None, description="The same folder as the workers name it, such as s3a://bucket/likvard."
    )
    funding_years: tuple[int, ...] = Field(
        default=tuple(range(FIRST_FUNDING_YEAR, LAST_FUNDING_YEAR + 1)), description="Years that can be run."
    )

    @property
    def restricted(self) -> Path:
        """Deliveries, quarantine, keys: mode 0700."""
        return self.home / "restricted"

    @property
    def accepted(self) -> Path:
        """Accepted, pseudonymised rows, one folder per source."""
        return self.home / "pseudonymised" / "accepted"

    @property
    def warehouse(self) -> Path:
        """The working DuckDB file; dbt alone writes it, BI never opens it."""
        return self.home / "pseudonymised" / "warehouse.duckdb"

    @property
    def tables(self) -> Path:
        """Hand-over tables between Python assets."""
        return self.home / "aggregate" / "tables"

    @property
    def pictures_folder(self) -> Path:
        """Pictures of aggregates that were drawn before."""
        return self.home / "aggregate" / "pictures"

    @property
    def published(self) -> Path:
        """Sealed publications, one folder per municipality."""
        return self.home / "published"

    @property
    def payments(self) -> Path:
        """Sealed payment runs, one folder per municipality."""
        return self.home / "payments"

    @property
    def dagster_home(self) -> Path:
        """Run history, kept between starts."""
        return self.home / "dagster"

    @property
    def demo_marker(self) -> Path:
        """A file that marks the home as a demonstration; the demo's key is accepted only there."""
        return self.home / "DEMO"

    @property
    def is_demo(self) -> bool:
        """Whether this home is a demonstration."""
        return self.demo_marker.is_file()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process; the data root is made absolute once."""
    found = Settings()
    return found.model_copy(
        update={
            "home": found.home.expanduser().resolve(),
            "policies": found.policies.expanduser().resolve(),
            "open_data": found.open_data.expanduser().resolve() if found.open_data else None,
        }
    )
