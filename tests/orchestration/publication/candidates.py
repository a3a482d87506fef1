"""Two small municipalities in the shape of the published contracts, whole and ready to be spoiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from background_counts import counts
from form_tables import form_tables
from need_evidence import FIT_ID, beside_the_money, evidence, record
from organiser_rows import organiser_rows
from progress_rows import progress_rows

from expectations.contracts import CONTRACTS
from models_py.disclosure import DisclosureRule
from orchestration.publication.background import Told
from orchestration.publication.candidate import Candidate, Outcome
from orchestration.publication.content import content_sha256
from orchestration.publication.disclosure import protected_tables
from orchestration.publication.gate import GateVerdict, judge
from orchestration.publication.publish import publish

REQUIRED = ("T-KEYS-001", "Q-SHARE-001")
TEXTS = {
    "T-KEYS-001": {"sv": "Varje nyckel är unik.", "en": "Every key is unique."},
    "G-TOTAL-001": {"sv": "Raderna summerar till budgeten.", "en": "The lines add up to the budget."},
}
NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
YEAR = 2027
GRADES = ("f", "1", "2", "3", "4", "5", "6", "7", "8", "9")
_RATE_BASE, _RATE_STRUCTURAL = Decimal("8123456.789012"), Decimal("912345.678901")


def candidate(
    code: str = "9999", *, units: int = 4, seed: int = 0, background: bool = False, **changes: Any
) -> Candidate:
    """A whole candidate: ``units`` paid units, the last with an independent organiser, which also has one without pupils.

    ``seed`` shifts the pupils. ``background``: with counts of background, some withheld; nothing was told before.
    """
    tables = _tables(code, units=units, seed=seed)
    if background:
        tables = with_background(tables, code)
    made = Candidate(
        municipality_code=code,
        funding_year=YEAR,
        basis="pupil_level",
        tables=tables,
        policy_sha256="ab" * 32,
        budget_ore=int(tables["fct_allocation"]["amount_ore"].sum()),
        recorded={
            "code": "git:0123456",
            "lock_sha256": "cd" * 32,
            "inputs": [{"source": "enrollment", "period": "2026-10-15", "sha256": "ef" * 32}],
            "fits": {FIT_ID: record()},
            "policy": {"name": "9999", "is_example": True, "values": {"structural_share": "0.10"}},
        },
        is_demo=True,
    )
    return replace(made, **changes)


def spoiled(whole: Candidate, table: str, column: str, row: int, value: Any) -> Candidate:
    """``whole`` with one cell changed."""
    frame = whole.tables[table].astype({column: object})
    frame.loc[frame.index[row], column] = value
    return with_table(whole, table, frame)


def with_table(whole: Candidate, table: str, frame: pd.DataFrame) -> Candidate:
    """``whole`` with one table replaced."""
    return replace(whole, tables={**whole.tables, table: frame})


def verdict(of: Candidate, **changes: Any) -> GateVerdict:
    """The gate's verdict of exactly this candidate."""
    given: dict[str, Any] = {
        "municipality_code": of.municipality_code,
        "funding_year": of.funding_year,
        "content_sha256": content_sha256(of.tables, of.policy_sha256),
        "required_rules": REQUIRED,
        "texts": TEXTS,
    }
    return judge(of.tables["rule_result"], **(given | changes))


def release(of: Candidate, root: Path) -> Outcome:
    """Judge and publish."""
    return publish(of, root=root, gate=verdict(of), actor="annika", now=NOW)


def snapshot(root: Path) -> Mapping[str, bytes]:
    """Every file and link under ``root`` with its bytes, and every folder."""
    found: dict[str, bytes] = {}
    for path in sorted(root.rglob("*")) if root.exists() else []:
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = b"-> " + str(path.readlink()).encode()
        else:
            found[name] = path.read_bytes() if path.is_file() else b"/"
    return found


def _tables(code: str, *, units: int, seed: int) -> dict[str, pd.DataFrame]:
    codes = [f"{code}{number:04d}" for number in range(1, units + 1)]
    empty = f"{code}9001"
    pupils = [[12 + (unit * 7 + grade * 3 + seed) % 11 for grade in range(10)] for unit in range(units)]
    totals = [sum(grades) for grades in pupils]
    shares = [0.05 + 0.04 * (unit % 20) for unit in range(units)]
    mean = sum(n * share for n, share in zip(totals, shares, strict=True)) / sum(totals)
    index = [share / mean * 100 for share in shares]
    lines: list[dict[str, Any]] = []
    for unit, grades, total, one in zip(codes, pupils, totals, index, strict=True):
        weighted = (Decimal(total) * Decimal(str(one)) / 100).quantize(Decimal("0.000001"))
        parts = [
            ("base_part", f"grade_{g}", Decimal(n), "pupils", _RATE_BASE) for g, n in zip(GRADES, grades, strict=True)
        ]
        parts.append(("structural_part", "need_index", weighted, "need_weighted_pupils", _RATE_STRUCTURAL))
        for component, line, count, count_unit, rate in parts:
            amount = int((count * rate / 100).to_integral_value(ROUND_HALF_EVEN)) * 100
            lines.append(
                {
                    "school_unit_code": unit, "component_code": component, "line_code": line, "count": count,
                    "count_unit": count_unit, "rate_ore": rate, "rounding_ore": Decimal(amount) - count * rate,
                    "amount_ore": amount,
                }
            )  # fmt: skip
    allocation = pd.DataFrame(lines).assign(municipality_code=code, funding_year=YEAR)
    sums = allocation.pivot_table(
        index="school_unit_code", columns="component_code", values="amount_ore", aggfunc="sum"
    )
    base = [int(sums.loc[unit, "base_part"]) for unit in codes]
    structural = [int(sums.loc[unit, "structural_part"]) for unit in codes]
    everywhere = {"municipality_code": code, "funding_year": YEAR}
    wide = pd.DataFrame(
        {
            "school_unit_code": [*codes, empty],
            "school_unit_name": [*(f"Ängsskolan {unit}" for unit in codes), "Tomskolan"],
            "organiser_name": ["Kommunen"] * (units - 1) + [None] * 2,
            "organiser_type": ["municipal"] * (units - 1) + ["independent"] * 2,
            "basis": "pupil_level",
            "payment_status": ["paid"] * units + ["not_paid"],
            "reason_code": [None] * units + ["no_pupils"],
            "pupil_count": [*totals, 0],
            "need_index": [*index, None],
            "need_index_lower": None,
            "need_index_upper": None,
            "index_rule": ["own"] * units + [None],
            "base_part_sek": [_sek(ore) for ore in (*base, 0)],
            "structural_part_sek": [_sek(ore) for ore in (*structural, 0)],
            "structural_part_lower_sek": None,
            "structural_part_upper_sek": None,
            "total_sek": [_sek(b + s) for b, s in zip((*base, 0), (*structural, 0), strict=True)],
            "total_per_pupil_sek": [
                *(_sek(round((b + s) / n)) for b, s, n in zip(base, structural, totals, strict=True)),
                None,
            ],
            "redistribution_sek": [_sek(0)] * (units + 1),
            "need_parts_sek": None,
            "index_withheld_because": None,
            "ends_withheld_because": None,
        }
    ).assign(**everywhere)
    schools = pd.DataFrame(
        {
            "municipality_code": code, "school_unit_code": wide["school_unit_code"],
            "school_unit_name": wide["school_unit_name"], "organiser_key": ["2120001234"] * (units - 1) + ["x1"] * 2,
            "location_municipality_code": code, "location_municipality_name": "Exempelkommun",
            "valid_from": date(2020, 10, 15), "valid_to": None, "predecessor_codes": None, "successor_codes": None,
        }
    )  # fmt: skip
    need = pd.DataFrame(
        {
            **everywhere, "school_unit_code": codes, "school_form": "compulsory_school", "basis": "pupil_level",
            "pupil_count": totals, "need_share": shares, "need_index": index, "need_index_lower": None,
            "need_index_upper": None, "need_index_standard_error": 2.5,
            "need_index_interval_lower": [max(0.0, one - 5) for one in index],
            "need_index_interval_upper": [one + 5 for one in index], "index_rule": "own", "index_group_code": None, "is_under_index_minimum": False,
            "count_date_count": 2, "fit_id": FIT_ID, "index_withheld_because": None,
        }
    )  # fmt: skip
    money = organiser_rows(schools, lines=allocation, need=need, types=wide["organiser_type"])
    totals = {unit: _sek(b + s) for unit, b, s in zip(codes, base, structural, strict=True)}
    beside = money | beside_the_money(everywhere, totals) | progress_rows(everywhere, codes)
    tables = evidence(everywhere, codes) | beside | {
        "dim_school_unit": schools,
        "dim_organiser": pd.DataFrame(
            {
                "municipality_code": code, "organiser_key": ["2120001234", "x1"],
                "organiser_code": ["2120001234", None],
                "organiser_name": ["Kommunen", None], "organiser_type": ["municipal", "independent"],
            }
        ),
        "dim_year": pd.DataFrame(
            [{**everywhere, "count_date": date(2026, 10, 15), "earlier_count_date": date(2025, 10, 15),
              "result_year_first": 2018, "result_year_last": 2026}]
        ),
        "dim_component": pd.DataFrame(
            {
                "municipality_code": code, "component_code": ["base_part", "structural_part"],
                "name_en": ["Base part", "Structural part"], "name_sv": ["Grundresurs", "Strukturtillägg"],
                "description_en": "d", "description_sv": "b", "is_background_count": False,
            }
        ),
        "fct_need_index": need,
        "need_coefficient": pd.DataFrame(
            {
                **everywhere, "term": ["intercept", "sex[boy]"], "fit_id": FIT_ID,
                "factor": ["intercept", "sex"], "level": [None, "boy"], "estimate": [-2.25, 0.31],
                "standard_error": [0.05, 0.02], "interval_lower": [-2.35, 0.27], "interval_upper": [-2.15, 0.35],
            }
        ),
        "fct_allocation": allocation,
        "school_area_factor": pd.DataFrame(
            [{**everywhere, "school_unit_code": codes[0], "component_code": "materials", "measure": "area_factor",
              "area_factor": Decimal("1.0125")}]
        ),
        "allocation_beside": pd.DataFrame(
            [{**everywhere, "component_code": "state_grant", "beside_sek": Decimal("125000.00"), "withheld_because": None}]
        ),
        "rule_result": pd.DataFrame(
            {
                **everywhere, "rule_id": [*REQUIRED, "Q-COUNT-004"], "severity": ["critical", "critical", "warning"],
                "failing_count": [0, 0, 2],
            }
        ),
        "school_allocation": wide,
    }  # fmt: skip
    return (
        tables
        | form_tables(code, YEAR)
        | {
            name: pd.DataFrame(columns=list(CONTRACTS[name].names))
            for name in ("school_background", "municipality_background")
        }
    )


def with_background(
    tables: Mapping[str, pd.DataFrame],
    code: str = "9999",
    *,
    told: pd.DataFrame | None = None,
    earlier: Sequence[Told] = (),
) -> dict[str, pd.DataFrame]:
    """``tables`` with counts of background (``told``, else those of ``background_counts``), protected."""
    paid = tables["fct_need_index"].set_index("school_unit_code")["pupil_count"]
    return protected_tables(
        tables,
        counts(paid.to_dict()) if told is None else told,
        municipality_code=code,
        funding_year=YEAR,
        rule=DisclosureRule(),
        earlier=earlier,
    )


def _sek(ore: int) -> Decimal:
    return (Decimal(ore) / 100).quantize(Decimal("0.01"))


def with_heads(of: Candidate, count: int) -> Candidate:
    """A line of ``count`` heads at the first unit, paid for by its base part's last line, so that all else adds up."""
    lines = of.tables["fct_allocation"].copy()
    place = lines.index[lines["component_code"] == "base_part"][0]
    ore = count * 100
    lines.loc[place, ["count", "rate_ore"]] = [Decimal(count), Decimal(100)]
    lines.loc[place, "rounding_ore"] = Decimal(int(lines.loc[place, "amount_ore"]) - ore)
    component = of.tables["dim_component"].assign(is_background_count=[True, False])
    return with_table(with_table(of, "fct_allocation", lines), "dim_component", component)
