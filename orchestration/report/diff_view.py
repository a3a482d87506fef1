"""The difference of two publications as a terminal shows it.

Belongs here: layout and words. Does not: any arithmetic but sums of shown columns.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from models_py.allocation.line_change import CAUSES
from orchestration.comparison.publications import Difference
from orchestration.texts import ore_as_kronor, say

_HEADS = {
    "unit_ore": "diff_unit_cause",
    "component_ore": "diff_component_cause",
    "count_ore": "diff_count_cause",
    "index_ore": "diff_index_cause",
    "rate_ore": "diff_rate_cause",
    "rounding_ore": "diff_rounding_cause",
}
"""Cause -> the heading of its column."""


def diff_view(difference: Difference) -> RenderableType:
    """Facts that differ, then a row per school unit and component that changed, with its causes in kronor."""
    title = say("diff_title", before=difference.before, after=difference.after)
    parts: list[RenderableType] = [Text(title, style="bold")]
    if difference.is_same:
        return Group(*parts, Text(say("diff_same")))
    parts += [Text(line) for line in _facts(difference)]
    if difference.units.empty:
        return Group(*parts, Text(say("diff_no_amounts")))
    return Group(*parts, _table(difference), Text(say("diff_causes")))


def _facts(difference: Difference) -> Iterable[str]:
    for key, codes in (("diff_added", difference.added), ("diff_removed", difference.removed)):
        if codes:
            yield say(key, units=", ".join(f"{code} {difference.names[code]}" for code in codes))
    if not difference.policy:
        yield say("diff_policy_same")
    for key, (before, after) in difference.policy.items():
        yield say("diff_policy", key=key, before=before or "–", after=after or "–")
    old, new = (", ".join(fits) for fits in difference.weights)
    yield say("diff_weights_same", fit=new) if old == new else say("diff_weights", before=old, after=new)
    for key, inputs in (
        ("diff_inputs_added", difference.inputs_added),
        ("diff_inputs_removed", difference.inputs_removed),
    ):
        if inputs:
            yield say(key, inputs=", ".join(inputs))


def _table(difference: Difference) -> Table:
    units = difference.units
    shown = [cause for cause in CAUSES if any(units[cause])]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column(say("diff_unit"), min_width=8, no_wrap=True, footer=say("total"))
    table.add_column(say("diff_component"))
    for head, column in (
        ("diff_before", "before_ore"),
        ("diff_after", "after_ore"),
        ("diff_change", "change_ore"),
        *((_HEADS[cause], cause) for cause in shown),
    ):
        table.add_column(say(head), justify="right", no_wrap=True, footer=ore_as_kronor(sum(units[column].tolist())))
    for row in units.to_dict("records"):
        code = row["school_unit_code"]
        cells = [f"{code} {difference.names.get(code, '')}".strip(), row["component_code"]]
        cells += [ore_as_kronor(row[column]) for column in ("before_ore", "after_ore", "change_ore", *shown)]
        table.add_row(*(Text(cell) for cell in cells))
    return table
