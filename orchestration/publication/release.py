"""``RELEASE.md``: what a publication is, covers, rests on and changes, in Swedish and English.

Belongs here: gathering the figures and wording them. Does not: computing allocation, times (the ledger has them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from orchestration.publication import act_words, model_words
from orchestration.publication.act import Act
from orchestration.publication.candidate import Candidate, Reason
from orchestration.publication.change_words import since_last_year
from orchestration.publication.dictionary import templates
from orchestration.publication.disclosure_check import Disclosure
from orchestration.publication.figures import kronor, number, percent
from orchestration.publication.gate import GateVerdict
from orchestration.publication.model_card import summary
from orchestration.publication.waiving import WaiverLine

NAME = "RELEASE.md"

_PROPOSAL = {
    "sv": "Förslag {id}, inte beslutat. Belopp och index kan ändras till dess att kommunen har beslutat.",
    "en": "Proposal {id}, not decided. Amounts and indices may change until the municipality has decided.",
}
_DECIDED = {
    "sv": "Beslutad publicering {id}: {decision}.",
    "en": "Decided publication {id}: {decision}.",
}
_DEMO = {
    "sv": "Demonstration: siffrorna är inte kommunens och får inte användas som beslut.",
    "en": "Demonstration: the figures are not the municipality's and must not be used as a decision.",
}


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the previous publication of the same year; amounts in öre.

    ``largest_unit`` is the unit whose total changed most (ties: lowest code), ``largest_ore`` by how much; a unit that
    is in only one of the two counts with zero in the other.
    """

    previous_id: str
    changed: int
    added: tuple[str, ...]
    gone: tuple[str, ...]
    largest_unit: str | None
    largest_ore: int


def changes_between(previous_id: str, before: pd.DataFrame, after: pd.DataFrame) -> Changes:
    """Compare ``total_sek`` of two ``school_allocation`` tables, unit by unit."""
    old, new = (
        dict(zip(table["school_unit_code"], (int(value * 100) for value in table["total_sek"]), strict=True))
        for table in (before, after)
    )
    differences = {unit: new.get(unit, 0) - old.get(unit, 0) for unit in sorted({*old, *new})}
    changed = {unit: ore for unit, ore in differences.items() if ore}
    largest = max(changed, key=lambda unit: abs(changed[unit]), default=None)
    return Changes(
        previous_id=previous_id,
        changed=len(changed),
        added=tuple(sorted(set(new) - set(old))),
        gone=tuple(sorted(set(old) - set(new))),
        largest_unit=largest,
        largest_ore=changed[largest] if largest else 0,
    )


def about(publication_id: str, *, is_demo: bool, decision: str | None = None) -> dict[str, str]:
    """What the publication is, in a sentence or two per language; stands first wherever it is read.

    ``decision`` is what decided it; None for a proposal.
    """
    said = _PROPOSAL if decision is None else _DECIDED
    return {
        lang: words.format(id=publication_id, decision=decision) + (f" {_DEMO[lang]}" if is_demo else "")
        for lang, words in said.items()
    }


def release_notes(
    candidate: Candidate,
    *,
    publication_id: str,
    content_sha256: str,
    tables: Mapping[str, pd.DataFrame],
    gate: GateVerdict,
    own: tuple[Reason, ...],
    disclosure: Disclosure,
    changes: Changes | None,
    act: Act,
    waivers: tuple[WaiverLine, ...],
) -> bytes:
    """``RELEASE.md`` as UTF-8. ``recorded`` may hold ``policy`` = {"name", "is_example", "values": {…}} to be shown."""
    wide, lines = tables["school_allocation"], tables["fct_allocation"]
    unpaid = wide[wide["payment_status"] == "not_paid"]
    sums: dict[str, int] = {}
    for component, amount in zip(lines["component_code"], lines["amount_ore"], strict=True):
        sums[component] = sums.get(component, 0) + int(amount)
    facts: dict[str, Any] = {
        "candidate": candidate,
        "publication_id": publication_id,
        "content_sha256": content_sha256,
        "about": about(publication_id, is_demo=candidate.is_demo, decision=act.decision),
        "act": act,
        "waivers": waivers,
        "acts": act_words,
        "unit_count": len(wide),
        "paid_count": int((wide["payment_status"] == "paid").sum()),
        "unpaid_reasons": sorted(unpaid["reason_code"].value_counts().items()),
        "pupil_count": int(wide["pupil_count"].sum()),
        "components": sorted(sums.items()),
        "total_ore": sum(sums.values()),
        "fit_ids": sorted({*tables["fct_need_index"]["fit_id"], *tables["need_coefficient"]["fit_id"]}),
        "rules": _rules(tables["rule_result"], gate=gate, own=own),
        "policy": candidate.recorded.get("policy"),
        "inputs": sorted(candidate.recorded.get("inputs", []), key=lambda source: sorted(source.items())),
        "changes": changes,
        "disclosure": disclosure,
        "since": since_last_year(tables, baseline=(candidate.recorded.get("policy") or {}).get("baseline")),
        "percent": percent,
        "model": summary(candidate, tables=tables),
        "words": model_words,
        "kronor": kronor,
        "number": number,
    }
    return templates().get_template("release.md.jinja").render(facts).encode()


def _rules(results: pd.DataFrame, *, gate: GateVerdict, own: tuple[Reason, ...]) -> list[dict[str, Any]]:
    counts = (int(count) for count in results["failing_count"])
    found = dict(zip(results["rule_id"], zip(results["severity"], counts, strict=True), strict=True))
    found |= {reason.rule_id: ("critical", reason.failing_count) for reason in own}
    return [
        {"id": rule_id, "severity": severity, "count": count, "text": gate.texts.get(rule_id)}
        for rule_id, (severity, count) in sorted(found.items())
    ]
