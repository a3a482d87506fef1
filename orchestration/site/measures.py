"""Sums over school units that pages show beside the published rows; each follows from published columns alone.

Belongs here: shares of the total, fifths by need, cumulated shares. Does not: words, pictures, anything per pupil group that
the tables withhold: a unit without a published index is in no fifth and on no curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.site.reading import Book, Row

FIFTHS = 5


@dataclass(frozen=True, slots=True)
class Fifth:
    """A fifth of the pupils by need: units, pupils, öre without what need moves and with it."""

    units: int
    pupils: int
    before_ore: int
    after_ore: int

    @property
    def before(self) -> int:
        """Öre per pupil if every pupil's share of the need money were equal."""
        return round(self.before_ore / self.pupils)

    @property
    def after(self) -> int:
        """Öre per pupil as allocated."""
        return round(self.after_ore / self.pupils)


def told_units(book: Book) -> list[Row]:
    """Paid units with pupils whose index and need money are published, ascending by need."""
    rows = [
        row
        for row in book.tables["school_allocation"]
        if row["payment_status"] == "paid"
        and row["pupil_count"]
        and row["need_index"] is not None
        and row["redistribution_sek"] is not None
    ]
    return sorted(rows, key=lambda row: (row["need_index"], row["school_unit_code"]))


def total_ore(book: Book) -> int:
    """Öre of all units."""
    return sum(ore(row["total_sek"]) for row in book.tables["school_allocation"])


def shared_by_need(book: Book) -> float | None:
    """Structural part of the total, 0..1; None where some units' parts are withheld."""
    rows = [row for row in book.tables["school_allocation"] if row["payment_status"] == "paid"]
    if not rows or any(row["structural_part_sek"] is None or row.get("need_parts_sek") is not None for row in rows):
        return None
    return sum(ore(row["structural_part_sek"]) for row in rows) / total_ore(book)


def moved_by_need(book: Book) -> float | None:
    """Half the sum of differences from an equal amount per pupil, of the total; None where some are withheld."""
    rows = [row for row in book.tables["school_allocation"] if row["payment_status"] == "paid"]
    if not rows or any(row["redistribution_sek"] is None for row in rows):
        return None
    return sum(abs(ore(row["redistribution_sek"])) for row in rows) / 2 / total_ore(book)


def fifths(rows: Sequence[Row]) -> list[Fifth]:
    """Fifths of the pupils from the least to the most need; a unit stands where the middle of its pupils falls."""
    pupils = sum(int(row["pupil_count"]) for row in rows)
    held: list[list[Row]] = [[] for _ in range(FIFTHS)]
    passed = 0
    for row in rows:
        middle = passed + int(row["pupil_count"]) / 2
        held[min(FIFTHS - 1, int(FIFTHS * middle / pupils))].append(row)
        passed += int(row["pupil_count"])
    return [
        Fifth(
            units=len(group),
            pupils=sum(int(row["pupil_count"]) for row in group),
            before_ore=sum(ore(row["total_sek"]) - ore(row["redistribution_sek"]) for row in group),
            after_ore=sum(ore(row["total_sek"]) for row in group),
        )
        for group in held
        if group
    ]


def concentration(rows: Sequence[Row], column: str) -> list[tuple[float, float]]:
    """Cumulated share of pupils, by rising need, and of the kronor in ``column``; at most 60 places, ends included."""
    pupils = sum(int(row["pupil_count"]) for row in rows)
    money = sum(ore(row[column]) for row in rows)
    if not pupils or not money:
        return []
    places, at_pupils, at_money = [(0.0, 0.0)], 0, 0
    step = max(1, len(rows) // 60)
    for number, row in enumerate(rows, start=1):
        at_pupils += int(row["pupil_count"])
        at_money += ore(row[column])
        if number % step == 0 or number == len(rows):
            places.append((at_pupils / pupils, at_money / money))
    return places


def ore(sek: object) -> int:
    """Published kronor as öre; an empty cell is zero."""
    return 0 if sek is None else int(sek * 100)  # type: ignore[operator]
