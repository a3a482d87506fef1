"""Last year's publication: found by its pointer, verified before a number of it is used.

Belongs here: finding, verifying, amounts per unit and component. Does not: what they are used for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from models_py.errors import LikvardError
from orchestration.publication.parquet import read_table
from orchestration.publication.pointer import CURRENT, PROPOSED
from orchestration.publication.verify import read_current, verify

SOURCE = "publication"
"""What the manifest calls an input that is an earlier publication."""


class PreviousYearError(LikvardError):
    """Last year's publication is not what was published; the message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class PreviousYear:
    """One verified publication of an earlier funding year."""

    municipality_code: str
    funding_year: int
    publication_id: str
    is_decided: bool
    content_sha256: str
    path: Path
    manifest: Mapping[str, Any]

    def table(self, name: str) -> pd.DataFrame:
        """A published table by name."""
        return read_table(self.path / "tables" / f"{name}.parquet")

    def amounts_ore(self) -> dict[str, int]:
        """School unit to öre, units with lines."""
        lines = self.table("fct_allocation")
        sums = lines.groupby("school_unit_code")["amount_ore"].sum()
        return {str(unit): int(ore) for unit, ore in sums.items()}

    def as_input(self) -> dict[str, str]:
        """The publication as the manifest names an input."""
        return {
            "source": SOURCE,
            "municipality_code": self.municipality_code,
            "period": str(self.funding_year),
            "delivery_id": self.publication_id,
            "sha256": self.content_sha256,
        }

    def as_baseline(self) -> pd.DataFrame:
        """school_unit_code, pupil_count, total_sek and ``<component_code>_sek`` of the units that were paid.

        Kronor are exact decimals; a component that a unit has no line of is 0.
        """
        wide, lines = self.table("school_allocation"), self.table("fct_allocation")
        sums = lines.groupby(["school_unit_code", "component_code"])["amount_ore"].sum()
        codes = sorted(lines["component_code"].unique())
        paid = wide[(wide["payment_status"] == "paid") & (wide["pupil_count"] > 0)].sort_values("school_unit_code")
        rows = []
        for unit, pupils in zip(paid["school_unit_code"].astype(str), paid["pupil_count"], strict=True):
            ore = {code: int(sums.get((unit, code), 0)) for code in codes}
            rows.append(
                {"school_unit_code": unit, "pupil_count": int(pupils), "total_sek": Decimal(sum(ore.values())) / 100}
                | {f"{code}_sek": Decimal(amount) / 100 for code, amount in ore.items()}
            )
        columns = ["school_unit_code", "pupil_count", "total_sek", *(f"{code}_sek" for code in codes)]
        return pd.DataFrame(rows, columns=columns)


def previous_year(root: Path, code: str, funding_year: int, *, proposals: bool) -> PreviousYear | None:
    """The decided publication of ``funding_year``, or without one its newest proposal where ``proposals`` count.

    None where there is none. Raises PreviousYearError where it stands and does not verify: a number of a publication that
    was altered must not make money.
    """
    for pointer in (CURRENT, PROPOSED) if proposals else (CURRENT,):
        found = read_current(root, code, funding_year, pointer=pointer)
        if found is None:
            continue
        if problems := verify(found.path):
            raise PreviousYearError(
                f"publication {found.publication_id} of {code} does not verify ({'; '.join(problems[:3])}); "
                "restore it before money is compared with it"
            )
        return PreviousYear(
            municipality_code=code,
            funding_year=funding_year,
            publication_id=found.publication_id,
            is_decided=pointer == CURRENT,
            content_sha256=found.manifest["content_sha256"],
            path=found.path,
            manifest=found.manifest,
        )
    return None
