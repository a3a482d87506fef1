"""From a year's tables to one proposal per municipality, each judged by itself.

Belongs here: cutting the year's tables by municipality, the candidate, what came of it as plain rows.
Does not: sealing (``orchestration.publication``), computing need or money.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from expectations.contracts import CONTRACTS, ContractError
from expectations.contracts.change import CHANGE
from expectations.contracts.evidence import EVIDENCE
from expectations.contracts.forms import FORMS
from expectations.contracts.organisers import ORGANISERS
from orchestration.checks.door import concerned
from orchestration.checks.results import corrections, ledgers, start_years
from orchestration.decisions import catalogue_of, may_propose, required_rules, rule_texts, waivers_of
from orchestration.followup.effect import design_hash
from orchestration.names import OPEN_STATISTICS
from orchestration.need_parts import hidden, without_causes
from orchestration.partitions import count_dates
from orchestration.publication.act import ROLE_RULE
from orchestration.publication.background import earlier_publications
from orchestration.publication.candidate import INPUT_FIELDS, Candidate, Outcome, Reason
from orchestration.publication.cohorts import COMPARED, COUNTED, VALUED, earlier_shares, told_progress
from orchestration.publication.content import content_sha256
from orchestration.publication.disclosure import protected_tables
from orchestration.publication.gate import judge
from orchestration.publication.pointer import PointerError
from orchestration.publication.publish import SEAL_RULE, publish
from orchestration.publication.star import COMPONENTS, dimensions, units_on
from orchestration.publication.waiving import WAIVER_RULE
from orchestration.publishable import further_components
from orchestration.resources.form_policies import INHERITED, sha256_of_forms
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.policy_years import ResolvedValue
from orchestration.resources.scope import DEFAULT_POLICY, Scope
from orchestration.resources.tables import Tables
from orchestration.resources.warehouse import Warehouse
from orchestration.settings import REPOSITORY

BACKGROUND_COUNTS = "need_background_count"
BACKGROUND_COLUMNS = ("count_date", "school_unit_code", "factor", "level", "pupil_count")
FOLLOWED = (COUNTED, VALUED, COMPARED)
FORM_SOURCES = ("form_unit", "form_enrollment")
"""Deliveries that a year stands on only where it decides other school forms."""
CANDIDATE_RULE = "G-CANDIDATE-001"
CUT = (
    "fct_need_index",
    "need_coefficient",
    "fct_allocation",
    "school_allocation",
    "school_area_factor",
    "allocation_beside",
    "pupil_forecast",
    "rule_result",
    *(contract.table for contract in (*EVIDENCE, *ORGANISERS, *CHANGE, *FORMS)),
)
"""Tables that are cut by municipality as they are; those of evidence, cost types, change, forecast and other forms may have no
rows for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Everything the proposals of one funding year are made of.

    Attributes
    ----------
    cut : table → municipality → rows
    fits, allocations, organisers, changes, forms : records of the steps of that name by municipality
    background : municipality → counts per count date, school unit, factor and level; own pupils only
    followed : table of the follow-up → municipality → rows; municipalities without results per subject have none
    bases : municipality → basis its pupils are counted from, of all that the run concerns
    """

    funding_year: int
    scope: Scope
    bases: Mapping[str, str]
    cut: Mapping[str, Mapping[str, pd.DataFrame]]
    fits: Mapping[str, Mapping[str, Any]]
    allocations: Mapping[str, Mapping[str, Any]]
    background: Mapping[str, pd.DataFrame]
    followed: Mapping[str, Mapping[str, pd.DataFrame]]
    organisers: Mapping[str, Mapping[str, Any]]
    changes: Mapping[str, Mapping[str, Any]]
    forms: Mapping[str, Mapping[str, Any]]
    units: pd.DataFrame
    deliveries: pd.DataFrame
    corrections: pd.DataFrame

    @classmethod
    def of(cls, tables: Tables, *, warehouse: Warehouse, scope: Scope, accepted: Path, funding_year: int) -> Material:
        """Read the year's tables and records. Raises FileNotFoundError when a step before was never run."""
        return cls(
            funding_year=funding_year,
            scope=scope,
            bases=tables.read_record("municipality_basis", funding_year),
            cut={name: tables.by_municipality(name, funding_year) for name in CUT},
            fits=tables.read_record("need_fit", funding_year),
            allocations=tables.read_record("allocation", funding_year),
            background=tables.by_municipality(BACKGROUND_COUNTS, funding_year),
            followed={name: tables.by_municipality(name, funding_year) for name in FOLLOWED},
            organisers=tables.read_record("organisers", funding_year),
            changes=tables.read_record("allocation_change", funding_year),
            forms=tables.read_record("school_forms", funding_year),
            units=warehouse.mart("dim_school_unit"),
            deliveries=ledgers(accepted)[0],
            corrections=corrections(accepted),
        )


def propose_all(material: Material, *, root: Path, actor: str, now: datetime, is_demo: bool) -> list[Outcome]:
    """Propose each municipality of the run by itself; one that is refused leaves the others alone."""
    return [
        _propose(material, code, root=root, actor=actor, now=now, is_demo=is_demo) for code in sorted(material.bases)
    ]


def _propose(material: Material, code: str, *, root: Path, actor: str, now: datetime, is_demo: bool) -> Outcome:
    year, rules = material.funding_year, material.cut["rule_result"].get(code)
    if (
        rules is None
        or code not in material.cut["fct_allocation"]
        or code in material.organisers
        or _refused_forms(material, code)
    ):
        return Outcome("refused", code, year, None, None, _why_not_computed(material, code, rules), None)
    policy = material.scope.policy(code)
    candidate = Candidate(
        municipality_code=code,
        funding_year=year,
        basis=_basis(material, code),
        tables=_protected(material, code, root=root),
        policy_sha256=sha256_of_forms(material.scope.forms(code), year, own=policy.sha256_for(year)),
        budget_ore=material.allocations[code]["budget_ore"],
        recorded=_recorded(material, code),
        is_demo=is_demo,
        catalogue=catalogue_of(policy),
        disclosure=policy.disclosure_at(year),
    )
    verdict = judge(
        rules,
        municipality_code=code,
        funding_year=year,
        content_sha256=_content_sha256(candidate),
        required_rules=required_rules(),
        texts=rule_texts(),
    )
    policies, rule_id = Path(material.scope.policies), ROLE_RULE
    try:
        if against := may_propose(policies, municipality_code=code, user=actor, is_demo=is_demo):
            return Outcome("refused", code, year, None, None, against, None)
        rule_id = WAIVER_RULE
        waivers = waivers_of(
            policies, municipality_code=code, funding_year=year, rule_results=rules, now=now, is_demo=is_demo
        )
    except PolicyError as error:  # a broken roles or waivers file is the municipality's own
        return Outcome("refused", code, year, None, None, (Reason(rule_id, 1, str(error)),), None)
    try:
        return publish(candidate, root=root, gate=verdict, actor=actor, now=now, waivers=waivers)
    except PointerError as error:  # this municipality's tree needs a person; its neighbours do not
        return Outcome("refused", code, year, None, None, (Reason(SEAL_RULE, 1, str(error)),), None)


def _refused_forms(material: Material, code: str) -> bool:
    """Whether a school form of the municipality could not be computed; nothing of it is published then."""
    return "refusal" in material.forms.get(code, {})


def _content_sha256(candidate: Candidate) -> str | None:
    """Hash that the verdict is bound to; None for tables that break their contract, which the publication refuses."""
    try:
        return content_sha256(candidate.tables, candidate.policy_sha256)
    except ContractError:
        return None


def _tables(material: Material, code: str) -> dict[str, pd.DataFrame]:
    policy = material.scope.decided(code, material.funding_year)
    later, earlier = count_dates(material.funding_year, lag_years=policy.count_lag_years)
    need = material.cut["fct_need_index"][code]
    dates: tuple[date, date | None] = (later, earlier if (need["count_date_count"] > 1).any() else None)
    units = units_on(material.units, municipality_code=code, basis=_basis(material, code), day=later)
    star = dimensions(
        units,
        municipality_code=code,
        funding_year=material.funding_year,
        dates=dates,
        trained_on=material.fits[code]["trained_on"]["result_years"],
        further=further_components(
            policy, material.scope.policy(code).descriptions(), known=[known for known, *_ in COMPONENTS]
        ),
        background=frozenset(material.allocations[code]["need_parts"]["background"]),
    )
    whole = star | {name: material.cut[name].get(code, _no_rows(name)) for name in CUT}
    told = material.allocations[code]["need_parts"]
    made = hidden(whole, units=told["units"], components=told["components"])
    return without_causes(made, units=material.changes[code]["withheld_last_year"])


def _protected(material: Material, code: str, *, root: Path) -> dict[str, pd.DataFrame]:
    """The tables with small counts of background and of cohorts withheld, beside everything told before of the same pupils."""
    rule = material.scope.policy(code).disclosure_at(material.funding_year)
    tables = _tables(material, code) | told_progress(
        {name: rows[code] for name, rows in material.followed.items() if code in rows},
        municipality_code=code,
        funding_year=material.funding_year,
        rule=rule,
        earlier=earlier_shares(root / code),
    )
    return protected_tables(
        tables,
        material.background.get(code, pd.DataFrame(columns=list(BACKGROUND_COLUMNS))),
        municipality_code=code,
        funding_year=material.funding_year,
        rule=rule,
        earlier=earlier_publications(root / code, count_date=tables["dim_year"]["count_date"].iloc[0]),
    )


def _basis(material: Material, code: str) -> str:
    """What need was computed from; where it was refused, what the pupils were counted from."""
    need = material.cut["fct_need_index"].get(code)
    return material.bases[code] if need is None else str(need["basis"].iloc[0])


def _no_rows(table: str) -> pd.DataFrame:
    """A delivered index has no coefficients, open statistics no own pupils to tell of."""
    return pd.DataFrame(columns=list(CONTRACTS[table].names))


def _recorded(material: Material, code: str) -> dict[str, Any]:
    name = material.scope.policy_name(code)
    return {
        "code": code_version(),
        "lock_sha256": hashlib.sha256((REPOSITORY / "requirements" / "run.txt").read_bytes()).hexdigest(),
        "inputs": inputs(material, code) + _earlier(material, code),
        "fits": {material.fits[code]["fit_id"]: dict(material.fits[code])},
        "policy": {
            "name": name,
            "is_example": name == DEFAULT_POLICY,
            "values": policy_values(material, code),
            "baseline": material.allocations[code].get("baseline"),
            "undecided_values": list(material.scope.policy(code).undecided_values(material.funding_year)),
        },
        "deducted_ore": material.allocations[code]["deducted_ore"],
        "effect_design_sha256": design_hash(Path(material.scope.policies), code),
    }


def _earlier(material: Material, code: str) -> list[dict[str, str]]:
    """The municipality's own earlier publication, where a guarantee compares with it: it makes money as a delivery does."""
    told = material.allocations[code].get("baseline")
    return [{field: told[field] for field in sorted(INPUT_FIELDS)}] if told else []


def inputs(material: Material, code: str) -> list[dict[str, str]]:
    """The deliveries a municipality's year stands on, and the corrections whose rows joined them."""
    own = [code, "0000"] if material.bases[code] == OPEN_STATISTICS else [code]
    lag_years = material.scope.decided(code, material.funding_year).count_lag_years
    dates = count_dates(material.funding_year, lag_years=lag_years)
    near = concerned(material.deliveries, start_years=start_years(dates, fit=material.fits[code]))
    unread = () if material.forms.get(code, {}).get("decided") else FORM_SOURCES
    used = near[near["is_latest"] & near["municipality_code"].isin(own) & ~near["source"].isin(unread)]
    fields = ["source", "municipality_code", "period", "delivery_id", "sha256"]
    mended = material.corrections[material.corrections["delivery_id"].isin(used["delivery_id"])]
    mended = mended[mended["mended_rows"] > 0].assign(delivery_id=lambda rows: rows["correction_id"])
    return pd.concat([used[fields], mended[fields]]).sort_values(fields).to_dict("records")


def policy_values(material: Material, code: str) -> dict[str, str]:
    """Every policy value of the year in words, with the decision behind it, for ``RELEASE.md``."""
    told = {}
    for resolved in material.scope.policy(code).resolve(material.funding_year):
        told[resolved.key] = _value_told(resolved)
    for name in material.forms.get(code, {}).get("decided", ()):
        file = material.scope.forms(code)[name]
        for resolved in file.policy.resolve(material.funding_year):
            if not resolved.key.startswith(INHERITED):
                told[f"{name}: {resolved.key}"] = _value_told(resolved)
    return told


def _value_told(resolved: ResolvedValue) -> str:
    value, decision = resolved.value, resolved.interval
    shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, Mapping) else str(value)
    decided = f"{decision.decided_by}, {decision.decided}" if decision.decided else decision.status
    return f"{shown} ({resolved.unit}; {decided}; {decision.legal_basis})"


def _why_not_computed(material: Material, code: str, rules: pd.DataFrame | None) -> tuple[Reason, ...]:
    """The critical rules that fail, and what the steps said; the reason nearest to the data first."""
    reasons = []
    if rules is not None:
        failing = rules[(rules["severity"] == "critical") & (rules["failing_count"] > 0)]
        reasons = [Reason(row.rule_id, int(row.failing_count)) for row in failing.itertuples()]
    steps = (material.fits, material.allocations, material.organisers, material.forms)
    said = [record.get(code, {}).get("refusal") for record in steps]
    words = next((text for text in said if text), "no school unit has pupils on the later count date")
    return (*reasons, Reason(CANDIDATE_RULE, 1, words))


@lru_cache(maxsize=1)
def code_version() -> str:
    """The commit this code is at, or ``unknown`` outside a checkout. Recorded, never compared."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # git is not installed
        return "unknown"
    return f"git:{done.stdout.strip()[:12]}" if done.returncode == 0 else "unknown"


def outcome_rows(material: Material, outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """One plain row per municipality: what was published or why not, with the figures that a person looks for first."""
    return [_row(material, outcome) for outcome in outcomes]


def _row(material: Material, outcome: Outcome) -> dict[str, Any]:
    code = outcome.municipality_code
    row: dict[str, Any] = {
        "municipality_code": code,
        "municipality_name": _name(material, code),
        "basis": _basis(material, code),
        "policy": material.scope.policy_name(code),
        "status": outcome.status,
        "publication_id": outcome.publication_id,
        "content_sha256": outcome.content_sha256,
        "reasons": [
            {"rule_id": r.rule_id, "failing_count": r.failing_count, "detail": r.detail} for r in outcome.reasons
        ],
    }
    if outcome.status == "refused":
        return row
    wide, record = material.cut["school_allocation"][code], material.allocations[code]
    paid = wide[wide["payment_status"] == "paid"]
    return row | {
        "paid_units": len(paid),
        "not_paid_units": len(wide) - len(paid),
        "pupils": int(wide["pupil_count"].sum()),
        "total_ore": record["budget_ore"],
        "structural_share": record["structural_share"],
        "redistributed_share": record["redistributed_share"],
        **shown_index(paid, withheld=record["need_parts"]["units"]),
    }


def shown_index(paid: pd.DataFrame, *, withheld: Collection[str]) -> dict[str, Any]:
    """The index from lowest to highest as published, how many units stand without, and a unit to look at.

    ``paid``: rows of school_allocation before anything is withheld. Where every index is withheld there is no lowest.
    """
    by_need = paid.sort_values("need_index", ascending=False)
    told = by_need[~by_need["school_unit_code"].isin(withheld)]
    return {
        "withheld_units": len(paid) - len(told),
        "index_lowest": float(told["need_index"].min()) if len(told) else None,
        "index_highest": float(told["need_index"].max()) if len(told) else None,
        "example_unit": (told if len(told) else paid)["school_unit_code"].iloc[0],
    }


def _name(material: Material, code: str) -> str | None:
    names = material.units.loc[material.units["municipality_code"] == code, "location_municipality_name"].dropna()
    if len(names):
        return str(names.iloc[-1])
    try:
        return material.scope.policy(code).name
    except PolicyError:
        return None


def outcome_table(rows: list[dict[str, Any]]) -> str:
    """The outcome as a Markdown table: refused ones first, at most thirty rows."""
    shown = sorted(rows, key=lambda row: (row["status"] != "refused", row["municipality_code"]))[:30]
    head = ["| municipality | state | publication | kr | reasons |", "|---|---|---|--:|---|"]
    for row in shown:
        reasons = ", ".join(f"{r['rule_id']} ({r['failing_count']})" for r in row["reasons"])
        amount = f"{row['total_ore'] // 100:,}".replace(",", " ") if "total_ore" in row else ""
        head.append(
            f"| {row['municipality_code']} | {row['status']} | {row['publication_id'] or ''} | {amount} | {reasons} |"
        )
    return "\n".join(head)
