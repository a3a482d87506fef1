"""The example municipality 9999, Exempelkommun: thirty-one invented school units over ten count dates.

Belongs here: the plan of the demo. Names, sizes and events are invented; no real school or organiser is meant.
The plan has what a real town has: F-9, F-6, F-3 and 7-9 units, four small rural ones of which two fall under
twenty pupils, an independent unit that opens in 2020, and two units that are reorganised and get a new unit code.
It stays near 6 300 pupils because the reserved identity numbers allow 365 per sex and birth year.
"""

from __future__ import annotations

from models_py.world.settings import UnitPlan, WorldSettings

_UNITS = (
    UnitPlan("Klockhagens skola", 52),
    UnitPlan("Sjöängens skola F-9", 44),
    UnitPlan("Norrlyckans skola", 38),
    UnitPlan("Tegelvallens skola", 34),
    UnitPlan("Hasselbackens skola", 26, new_code=2021),
    UnitPlan("Friskolan Kompassrosen", 42, is_independent=True),
    UnitPlan("Friskolan Lärkträdet", 30, is_independent=True),
    UnitPlan("Friskolan Ekbladet", 24, is_independent=True),
    UnitPlan("Montessoriskolan Månstenen", 18, is_independent=True),
    UnitPlan("Centralhöjdens skola 7-9", 0, first_grade=7),
    UnitPlan("Åvallens skola 7-9", 0, first_grade=7),
    UnitPlan("Östermarkens skola 7-9", 0, first_grade=7),
    UnitPlan("Björkgläntans skola", 32, last_grade=6, feeds="Centralhöjdens skola 7-9"),
    UnitPlan("Kvarnåkerns skola", 28, last_grade=6, feeds="Centralhöjdens skola 7-9", new_code=2022),
    UnitPlan("Lindhultets skola", 26, last_grade=6, feeds="Åvallens skola 7-9"),
    UnitPlan("Solgårdens skola", 24, last_grade=6, feeds="Åvallens skola 7-9"),
    UnitPlan("Rönnebackens skola", 22, last_grade=6, feeds="Åvallens skola 7-9"),
    UnitPlan("Stenkullens skola", 20, last_grade=6, feeds="Östermarkens skola 7-9"),
    UnitPlan("Vitsippans skola", 18, last_grade=6, feeds="Östermarkens skola 7-9"),
    UnitPlan("Ängslyckans skola", 16, last_grade=6, feeds="Östermarkens skola 7-9"),
    UnitPlan("Fågelsångens skola", 14, last_grade=6, feeds="Centralhöjdens skola 7-9"),
    UnitPlan("Hammarslättens skola", 12, last_grade=6, feeds="Östermarkens skola 7-9"),
    UnitPlan("Smultronbackens skola F-3", 18, last_grade=3, feeds="Fågelsångens skola"),
    UnitPlan("Linneaskolan F-3", 14, last_grade=3, feeds="Hammarslättens skola"),
    UnitPlan("Granby byskola", 6, last_grade=6, is_rural=True, feeds="Åvallens skola 7-9"),
    UnitPlan("Myrsjö byskola", 5, last_grade=6, is_rural=True, feeds="Centralhöjdens skola 7-9"),
    UnitPlan("Finnåsens byskola", 2, last_grade=6, is_rural=True, feeds="Åvallens skola 7-9"),
    UnitPlan("Ytterholms byskola", 2, last_grade=6, is_rural=True, feeds="Östermarkens skola 7-9"),
    UnitPlan("Friskolan Regnbågsbron", 20, last_grade=6, is_independent=True, feeds="Centralhöjdens skola 7-9"),
    UnitPlan("Friskolan Nyponrosen", 18, last_grade=6, is_independent=True, feeds="Åvallens skola 7-9", opens=2020),
    UnitPlan("Tallmons byskola", 6, is_rural=True),
)

DEMO = WorldSettings(seed=9999, municipality_codes=("9999",), units=_UNITS, arrival_rate=0.08)
"""Ten count dates, 15 October 2017 to 2026; results of school years 2017/18 to 2025/26.

More newly arrived than the default, so that five cohorts hold enough events for coefficients of their own.
"""
