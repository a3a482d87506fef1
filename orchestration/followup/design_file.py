"""The design file of the effect follow-up, ``policies/<code>/followup/effect.yml``, and where its hash was published.

Belongs here: its shape, reading it with file and line, finding its registration. Does not: what is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from models_py.effect import EffectDesign, EffectPrior, Noise
from models_py.errors import EffectError
from orchestration.publication import ledger as ledgers
from orchestration.publication import manifest as manifests
from orchestration.resources.checked_text import checked
from orchestration.resources.policy_text import PolicyError, read_policy_text
from orchestration.resources.shape_types import Strict

FOLDER, FILE = "followup", "effect.yml"
Year = Annotated[int, Field(ge=1990, le=9999)]
Share = Annotated[Decimal, Field(ge=0)]


class PriorShape(Strict):
    """What studies elsewhere say, SD per kkr."""

    mean: Decimal
    standard_deviation: Annotated[Decimal, Field(gt=0)]


class NoiseShape(Strict):
    """Assumed before results: SD between pupils."""

    pupil_sd: Share
    shock_sd: Share
    shock_ar: Decimal


class EffectFile(Strict):
    """``effect.yml``: chosen before the results are there; any change is a new design."""

    outcome: Literal["not_eligible"]
    base_year: Year
    first_year: Year
    kkr_per_index_point: dict[Annotated[str, Field(pattern=r"^[0-9]{4}$")], Share]
    relevant_effect: Annotated[Decimal, Field(gt=0)]
    prior: PriorShape
    noise: NoiseShape
    draws: Annotated[int, Field(ge=100)] = 500
    bootstrap_draws: Annotated[int, Field(ge=99)] = 999
    seed: int = 1


def design_of(policy_folder: Path, *, municipality_code: str) -> EffectDesign | None:
    """The design of a municipality, or None where it has no file. Raises PolicyError with file and line."""
    path = policy_folder / FOLDER / FILE
    if not path.is_file():
        return None
    text = read_policy_text(path, name=f"{policy_folder.name}/{FOLDER}/{FILE}")
    file = checked(EffectFile, text)
    try:
        rates = tuple((int(year), float(rate)) for year, rate in sorted(file.kkr_per_index_point.items()))
        return EffectDesign(
            municipality_code=municipality_code,
            outcome=file.outcome,
            base_year=file.base_year,
            first_year=file.first_year,
            result_years=tuple(year for year, _ in rates),
            kkr_per_index_point=rates,
            relevant_effect=float(file.relevant_effect),
            prior=EffectPrior(float(file.prior.mean), float(file.prior.standard_deviation)),
            noise=Noise(float(file.noise.pupil_sd), float(file.noise.shock_sd), float(file.noise.shock_ar)),
            draws=file.draws,
            bootstrap_draws=file.bootstrap_draws,
            seed=file.seed,
        )
    except EffectError as error:
        raise PolicyError([f"{text.at(())}: {error}" if text.lines else str(error)]) from error


@dataclass(frozen=True, slots=True)
class Registration:
    """The first publication that records a design's hash, and the day on which the ledger says that it was sealed."""

    publication_id: str
    day: date


def registration_of(published: Path, *, municipality_code: str, design_sha256: str) -> Registration | None:
    """The earliest of the municipality's sealed versions that records the hash, by the ledger; None where none does."""
    for entry in ledgers.read(published / municipality_code / ledgers.NAME).entries:
        if entry.get("event") != "published":
            continue
        version = published / municipality_code / str(entry["funding_year"]) / "versions" / str(entry["publication_id"])
        if (version / manifests.NAME).is_file():
            recorded = manifests.load(version)["recorded"]
            if recorded.get("effect_design_sha256") == design_sha256:
                return Registration(str(entry["publication_id"]), datetime.fromisoformat(entry["time"]).date())
    return None
