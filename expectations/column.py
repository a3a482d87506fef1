"""What is said of one column.

Belongs here: the shape of a description. Does not: any description (``expectations.columns``).
"""

from __future__ import annotations

from dataclasses import dataclass

TYPES = (
    "text",
    "int32",
    "int64",
    "bool",
    "date",
    "float64",
    "decimal(18,2)",
    "decimal(18,6)",
    "decimal(38,12)",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column, wherever it stands.

    Attributes
    ----------
    type : one of ``TYPES``
    unit : what one step of the value is ("pupils", "öre", "share 0..1", …); empty for codes and names
    bounds : smallest and largest allowed value, or None
    """

    name: str
    type: str
    en: str
    sv: str
    unit: str = ""
    bounds: tuple[float | None, float | None] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"column {self.name}: unknown type {self.type!r}; one of {', '.join(TYPES)}")
