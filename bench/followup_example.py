"""``python -m bench.followup_example``: write docs/followup-example.md and the pictures of the follow-up, from the demonstration.

Belongs here: the page, its tables and pictures, all from the follow-up's tables of a demonstration that is run for it (or of the
home named as argument). Does not: any figure that is not in them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from bench.homes import demo_home, forget
from models_py.followup import SHOWN
from orchestration.followup_charts import cohort_spec, noise_spec, value_added_spec
from orchestration.key_figure_charts import equity_spec, pass_through_spec
from orchestration.pictures import drawn
from orchestration.resources.tables import Tables

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURES = ROOT / "docs" / "followup-example.md", ROOT / "docs" / "pictures"
YEAR = 2027
SPECS = {
    "cohorts": (cohort_spec, "cohort_progression"),
    "value_added": (value_added_spec, "school_value_added"),
    "noise": (noise_spec, "naive_noise"),
    "pass_through": (pass_through_spec, "cost_pass_through"),
    "equity": (equity_spec, "equity_by_year"),
}
"""Picture → how it is drawn, and from which table."""


def value_added_table(values: pd.DataFrame) -> list[str]:
    """Lines of a table of the units that have a figure in grades 7-9, in the order of their codes: an order by figure would rank."""
    own = values[(values["stage"] == "grades_7_9") & (values["value_state"] == SHOWN)].sort_values("school_unit_code")
    lines = [
        "| school unit | pupils matched of enrolled | adds, test points (95 %) | reliability | beside the expected |",
        "|---|--:|--:|--:|---|",
    ]
    for row in own.itertuples():
        ends = f"{row.value_added_lower_points:+.1f} to {row.value_added_upper_points:+.1f}"
        lines.append(
            f"| {row.school_unit_code} | {row.matched_count} of {row.enrolled_count} | {row.value_added_points:+.1f} ({ends}) | "
            f"{row.reliability:.2f} | {row.band_position} |"
        )
    return lines


def pass_through_table(rows: pd.DataFrame) -> list[str]:
    """Lines of a table per cost type."""
    lines = ["| cost type | kronor per krona (95 %) | verdict |", "|---|--:|---|"]
    for row in rows.itertuples():
        ends = f"{row.pass_lower:.2f} to {row.pass_upper:.2f}"
        lines.append(f"| {row.cost_item} | {row.pass_estimate:.2f} ({ends}) | {row.pass_verdict} |")
    return lines


def equity_table(rows: pd.DataFrame) -> list[str]:
    """Lines of a table per year."""
    lines = [
        "| year | source | Gini of need | Gini of money | Kakwani | Theil | redistributed, % |",
        "|--:|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows.sort_values(["equity_basis", "money_year"]).itertuples():
        lines.append(
            f"| {row.money_year} | {row.equity_basis} | {row.need_gini:.3f} | {row.money_gini:.3f} | {row.kakwani:.3f} | "
            f"{row.theil:.5f} | {100 * row.redistributed_share:.1f} |"
        )
    return lines


def similar_table(rows: pd.DataFrame) -> list[str]:
    """Lines of a table of one figure of the newest year: each unit beside the middle of the similar ones."""
    own = rows[
        (rows["unit_figure"] == "teachers_per_100_pupils") & (rows["accounts_year"] == rows["accounts_year"].max())
    ]
    lines = [
        "| school unit | teachers per 100 pupils | the similar: median | quartiles | who |",
        "|---|--:|--:|--:|---|",
    ]
    for row in own.sort_values("school_unit_code").head(8).itertuples():
        who = ", ".join(row.similar_codes.split(","))
        lines.append(
            f"| {row.school_unit_code} | {row.compared_value:.1f} | {row.similar_median:.1f} | "
            f"{row.similar_lower:.1f}–{row.similar_upper:.1f} | {who} |"
        )
    return lines


def page(found: dict[str, pd.DataFrame]) -> str:
    """The page as Markdown."""
    return (
        "\n".join(
            [
                "# The follow-up of the example municipality",
                "",
                "What one run of the demonstration leaves in the group `followup`. School units, pupils and ledgers are invented; the",
                "truth behind them is known and named where it is. This page is written by `python -m bench.followup_example`. How to read",
                "it: [cohorts and schools](followup.md), [effect and accuracy](effect-and-accuracy.md).",
                "",
                "## What schools add, grades 7–9",
                "",
                "![What school units add](pictures/value_added.png)",
                "",
                *value_added_table(found["school_value_added"]),
                "",
                "## What a krona becomes",
                "",
                "In the invented ledger .80 of each krona allocated becomes teaching and .20 administration; nothing reaches meals,",
                "premises, learning tools or pupil health.",
                "",
                "![What a krona becomes](pictures/pass_through.png)",
                "",
                *pass_through_table(found["cost_pass_through"]),
                "",
                "## Money and need over the years",
                "",
                "The ledger's amounts are those of an invented formula that was made steeper for 2023; the last row is this run's own.",
                "",
                "![Need and money](pictures/equity.png)",
                "",
                *equity_table(found["equity_by_year"]),
                "",
                "## Beside similar school units",
                "",
                "The first eight units by code; like is compared with like: the same grades, nearest by pupils and need.",
                "",
                *similar_table(found["similar_unit"]),
            ]
        )
        + "\n"
    )


def main() -> None:
    """Write the page and its pictures."""
    given = sys.argv[1:]
    home = Path(given[0]) if given else demo_home().path
    tables = Tables(root=str(home / "aggregate" / "tables"))
    names = {*(table for _, table in SPECS.values()), "similar_unit"}
    found = {name: tables.read(name, YEAR) for name in sorted(names)}
    PAGE.write_text(page(found), encoding="utf-8")
    for name, (spec, table) in SPECS.items():
        (PICTURES / f"{name}.png").write_bytes(drawn(spec(found[table]).to_dict()))
    if not given:
        forget()


if __name__ == "__main__":
    main()
