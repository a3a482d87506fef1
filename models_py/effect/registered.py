"""The design file: what will be estimated and how it will be judged, written down before the results arrive.

Its canonical text has a SHA-256, which stands in a publication of the time before; results are estimated by that text or
not at all. Here: the design, its text and identity. Not here: files.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from models_py.effect.posterior import EffectPrior
from models_py.effect.power import Noise
from models_py.errors import EffectError

VERSION = "likvard.effect-design/1"


@dataclass(frozen=True, slots=True)
class EffectDesign:
    """Everything that could be chosen with the results at hand, chosen without them.

    Attributes
    ----------
    outcome : ``not_eligible`` (adjusted by the need model) or another named outcome
    base_year : count year whose composition the simulated dose is computed from
    first_year : first result year under the changed formula
    result_years : those to be used, ascending
    kkr_per_index_point : (result year, rate) of the formula, one per result year; kkr per pupil and year
    relevant_effect : effects above it are news to exclude, standard deviations per kkr
    noise : assumed before results; ``shock_sd`` is measured when they are there
    """

    municipality_code: str
    outcome: str
    base_year: int
    first_year: int
    result_years: tuple[int, ...]
    kkr_per_index_point: tuple[tuple[int, float], ...]
    relevant_effect: float = 0.01
    prior: EffectPrior = field(default_factory=EffectPrior)
    noise: Noise = field(default_factory=Noise)
    draws: int = 500
    bootstrap_draws: int = 999
    seed: int = 1

    def __post_init__(self) -> None:
        years = self.result_years
        wrong = []
        if list(years) != sorted(set(years)) or len(years) < 2:
            wrong.append("result_years must ascend, two or more")
        elif not (years[0] < self.first_year <= years[-1]):
            wrong.append("first_year must have result years before it and from it")
        if tuple(year for year, _ in self.kkr_per_index_point) != years:
            wrong.append("kkr_per_index_point must name exactly the result years, in order")
        elif any(rate < 0 for _, rate in self.kkr_per_index_point):
            wrong.append("kkr_per_index_point must not be negative")
        if years and self.base_year >= self.first_year:
            wrong.append("base_year must lie before first_year, or the change has chosen its own schools")
        if not self.relevant_effect > 0:
            wrong.append("relevant_effect must be above zero")
        if wrong:
            raise EffectError(f"the design file of {self.municipality_code}: {'; '.join(wrong)}", reason="bad_design")


def design_text(design: EffectDesign) -> str:
    """Canonical JSON: keys sorted, no spaces, numbers as Python writes them; equal designs give equal bytes."""
    return json.dumps({"version": VERSION} | asdict(design), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def design_sha256(design: EffectDesign) -> str:
    """Identity of a design: SHA-256 of its canonical text, hexadecimal."""
    return hashlib.sha256(design_text(design).encode()).hexdigest()


def design_from_text(text: str) -> EffectDesign:
    """The design that ``design_text`` wrote. Raises ``EffectError`` (``bad_design``) for anything else."""
    try:
        found: dict[str, Any] = json.loads(text)
        version = found.pop("version")
        if version != VERSION:
            raise EffectError(f"a design file of version {version}; this reads {VERSION}", reason="bad_design")
        if unknown := sorted(set(found) - {each.name for each in fields(EffectDesign)}):
            raise EffectError(f"the design file has unknown values {unknown}", reason="bad_design")
        found["result_years"] = tuple(found["result_years"])
        found["kkr_per_index_point"] = tuple((int(year), float(rate)) for year, rate in found["kkr_per_index_point"])
        found["prior"], found["noise"] = EffectPrior(**found["prior"]), Noise(**found["noise"])
        return EffectDesign(**found)
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise EffectError(f"this is no design file: {error}", reason="bad_design") from error


def require_registered(design: EffectDesign, *, registered_sha256: str) -> None:
    """Raise ``EffectError`` (``not_registered``) unless the design is the one that was published beforehand."""
    if design_sha256(design) != registered_sha256:
        raise EffectError(
            f"the design file of {design.municipality_code} has hash {design_sha256(design)[:12]}, registered was "
            f"{registered_sha256[:12]}; a changed design is a new one: register it and wait for its results",
            reason="not_registered",
        )
