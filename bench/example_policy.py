"""``docs/example-policy.md``: the example municipality's policy, line by line, from its own files.

Belongs here: the page's words and tables. Does not: any figure that is not a value of the policy (amounts stand in the
demonstration: ``likvard explain``).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from models_py.allocation.components import COMPONENT_KINDS
from models_py.allocation.stages import STAGE_KINDS
from orchestration.resources.formula_years import Shape
from orchestration.resources.policies import PolicyFile, load_policy

ROOT = Path(__file__).resolve().parent.parent
CODE = "9999"
HEAD = """# The example municipality's policy, line by line

[`policies/9999/`](../policies/9999) is the policy of the demonstration. It is invented. Over its years it uses every kind
of component and every kind of guarantee: `model.yml` has budget, base part, structural part and need model, `formula.yml`
the other components, the guarantees and the overheads, `cost_types.yml` where each part is booked, `facts.yml` what no
register delivers, `supplements.yml` the ledger of individual decisions. The demonstration runs 2027; 2026 is the year in
which the board tried every form of support there is, each with a small pot (`likvard run 2026` in the same home); newly arrived are paid
per head from 2028, since without them 2026 has too few results for weights of its own. No
municipality would have all of it. This page is generated; `make docs` renews it, and `likvard explain SCHOOL YEAR` shows what
each line gives one school unit.

## How to read a policy file

```yaml
components:
  head_teacher:                       # component_code of its lines
    kind: lump_sum                    # one of the kinds below
    description: One head teacher per school unit.
    parameters:
      amount_sek:
        description: Kronor per unit.
        values:
          - valid_from: 2026-01-01    # in force from the first to the last day, both included
            valid_to: 2028-12-31
            value: 900000
            unit: sek_per_unit        # each parameter has one unit; another is an error
            mode: hold                # or index: times a dated series
            decided: 2025-11-24
            decided_by: "education board of Exempelkommun, § 118 (invented)"
            status: decided           # proposal, decided, superseded, corrected
            legal_basis: "skollagen 10 kap. 38 §"
```

- Components are worked in the order of the file, guarantees after them in theirs. A folder that extends the default
  overrides it parameter by parameter; another kind replaces the whole; `kind: none` leaves a part out.
- `base.*` and `structural.*` are the short form of two components, `base_part` (takes the rest of the budget, or prices)
  and `structural_part` (linear). A component of the same name takes their place.
- A component is part of a year when a parameter of it has a value in that year; then every parameter that it cannot do
  without must hold from 1 January to 31 December.
- How money meets the claims: `pot_sek` or `share` (a pot; its price is solved and published), `money: rest` (what the
  others leave), or nothing (the kind's own prices). `rule` shares a scarce pot, `area_factor` multiplies a unit's rates by a
  stated fact of its location (published in `school_area_factor`), `rounding: rate` rounds a price to whole öre before it
  meets the count.
- A kind reads measures by name. Those that no register delivers stand in `facts.yml`, dated, with their source; newly
  arrived are counted from the register where the policy pays them per head.
- Unknown keys, gaps, overlaps, a day outside, a negative pot, a unit without a measure: each is an error with file, line,
  key and, where it is about one, school unit. Nothing is paid then. `likvard run YEAR --decided` also refuses a value that
  nobody has decided.
"""
HEADS = """## What is not shown

Components of kind per_head whose measure counts pupils tell how many pupils of a background a school unit has. Fewer than
`disclosure.threshold` are never shown: the unit's structural parts and heads stand as one line `need_parts`, its index is
withheld, and so are those of as many other units as it takes
([why](decisions/0019-need-parts.md)). The amounts are the same; the organiser's own decision shows every line. Of
individual supplements only the sum over ten or more decisions is published.

## What comes last

Cost types (skolförordningen 14 kap. 10 §) split each component as `cost_types.yml` says. `overheads` adds administration
and VAT for units with an independent organiser; together with `de_delegation` this is the only place where it matters who
runs a unit. The four readings on 100 000 kr: compound_add_on 109 180, additive 109 000, gross_up 109 673,
gross_up_joint 109 890 kr.
"""


def example_policy_page() -> str:
    """The page as text; the same policy files always give the same text."""
    policy = load_policy(ROOT / "policies" / CODE, municipality_code=CODE, defaults=ROOT / "policies" / "default")
    components = [each for each in policy.shapes.values() if each.section == "components"]
    guarantees = [each for each in policy.shapes.values() if each.section == "guarantees"]
    parts = [
        HEAD,
        "## Budget, base part, structural part, index, need model\n",
        *_plain(policy),
        "\n## Components\n",
        "What a kind does stands under it; the values are those of the file.\n",
        *_table(policy, components, kinds={name: kind.parameters for name, kind in COMPONENT_KINDS.items()}),
        "\n## Guarantees, in their order\n",
        "Those that name a component are paid by its pot; what each moves, from whom to whom, is reported. Together they must",
        "be possible: if they are not, nothing is shared, and the refusal names shortage, school units and the smallest damping",
        "that would do.\n",
        *_table(policy, guarantees, kinds=STAGE_KINDS),
        "\n" + HEADS,
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _plain(policy: PolicyFile) -> list[str]:
    rows = ["| key | years | value | what it is | law |", "|---|---|---|---|---|"]
    for key in sorted(policy.parameters):
        if key.startswith(("components.", "guarantees.", "cost_types.")):
            continue
        item = policy.parameters[key].item
        for value in item.values:
            years = _years([value])
            rows.append(f"| `{key}` | {years} | {_told(value)} | {item.description} | {value.legal_basis} |")
    return rows


def _table(policy: PolicyFile, shapes: Iterable[Shape], *, kinds: dict[str, type]) -> list[str]:
    rows = ["| code | kind | years | what it is for | values | law |", "|---|---|---|---|---|---|"]
    for shape in shapes:
        own = {key: e.item for key, e in policy.parameters.items() if key.startswith(f"{shape.key}.")}
        values = [value for item in own.values() for value in item.values]
        told = "; ".join(f"`{key.rpartition('.')[2]}` {_told(item.values[-1])}" for key, item in own.items())
        does = " ".join((kinds[shape.kind].__doc__ or "").split("\n\n")[0].split())
        laws = ", ".join(sorted({value.legal_basis for value in values}))
        purpose = f"{shape.description} *{does}*"
        rows.append(f"| `{shape.code}` | {shape.kind} | {_years(values)} | {purpose} | {told} | {laws} |")
    return rows


def _years(values: Iterable[Any]) -> str:
    first, last = min(v.valid_from.year for v in values), max(v.valid_to.year for v in values)
    return str(first) if first == last else f"{first}–{last}"


def _told(interval: Any) -> str:
    value = interval.value
    if isinstance(value, dict):
        value = ", ".join(f"{key} {_list(item)}" for key, item in value.items())
    unit = "" if interval.unit in ("choice", "component", "components", "measure", "file") else f" {interval.unit}"
    return f"{_list(value)}{unit}" + (f" × series {interval.index}" if interval.index else "")


def _list(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
