"""``python -m bench.vaxjo``: write docs/vaxjo.md, one real municipality worked through.

Belongs here: the page and its picture, from published tables; an outside look at the index with results of two years
later. Does not: any computation of need or money. Needs LIKVARD_OPEN_DATA.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from bench.homes import new_home, open_data
from models_py.need.validation import spearman
from orchestration.charts import allocation_chart_spec
from orchestration.pictures import drawn

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURE = ROOT / "docs" / "vaxjo.md", ROOT / "docs" / "pictures" / "vaxjo.png"
VAXJO, YEAR = "0780", 2022
RESULTS = (("ResultGrade6AverageScore", "grade 6"), ("ResultGrade9AverageScore", "grade 9"))


def matched(wide: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """One row per school of the 2023/24 file with the pupil-weighted index of the units of 2021 that it matches.

    Names are equal ignoring case, or decided in ``vaxjo_names.csv``; a school without a match has no index.
    """
    decided = pd.read_csv(Path(__file__).with_name("vaxjo_names.csv"))
    units = wide.assign(name=wide["school_unit_name"].str.lower().str.strip())
    names = dict(zip(decided["name_2021"], decided["name_2023"], strict=True))
    units["name_2023"] = units["name"].map(names).fillna(units["name"])
    units["points"] = units["need_index"] * units["pupil_count"]
    grouped = units.groupby("name_2023")[["points", "pupil_count"]].sum()
    schools = later.assign(name_2023=later["SchoolName"].str.lower().str.strip()).set_index("name_2023")
    return schools.join((grouped["points"] / grouped["pupil_count"]).rename("need_index"), how="left")


def page(wide: pd.DataFrame, later: pd.DataFrame) -> str:
    """The page as Markdown."""
    schools = matched(wide, later)
    known = schools["need_index"].notna()
    pot = wide["structural_part_sek"].sum()
    moved = wide["redistribution_sek"].astype(float).clip(lower=0).sum()
    lines = [
        "# Växjö, worked through",
        "",
        "Växjö (0780) is a real municipality; its money here is not. Skolverket's open statistics of 2021/22 and 2020/21 give",
        "the pupils and the index, the default policy gives the kronor: 120 000 kr per pupil, a structural share of 10 %,",
        "linear in the index. These are **example values that nobody has decided**, and the result is a proposal by its basis.",
        "This page is written by `python -m bench.vaxjo` from the published tables.",
        "",
        f"{len(wide)} school units, {_n(wide['pupil_count'].sum())} pupils, {_n(wide['total_sek'].sum())} kr in all. The pot that follows "
        f"need is {_n(pot)} kr; {_n(moved)} kr of it ({moved / float(wide['total_sek'].sum()):.1%} of everything) sit elsewhere than an equal amount per "
        "pupil would put them.",
        "",
        "![Structural part per pupil against the need index in Växjö](pictures/vaxjo.png)",
        "",
        "## School by school",
        "",
        "Sorted by index. Where a share is suppressed the index is an interval, and so are the kronor.",
        "",
        "| school unit | pupils | need index | with suppressed shares | total, kr | kr per pupil | against equal shares, kr |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in wide.sort_values("need_index", ascending=False).itertuples():
        wide_ends = abs(row.need_index_upper - row.need_index_lower) > 0.05
        ends = f"{row.need_index_lower:.0f}–{row.need_index_upper:.0f}" if wide_ends else ""
        lines.append(
            f"| {row.school_unit_name} | {_n(row.pupil_count)} | {row.need_index:.1f} | {ends} | {_n(row.total_sek)} | "
            f"{_n(round(row.total_per_pupil_sek))} | {_n(row.redistribution_sek, signed=True)} |"
        )
    lines += ["", "## One school, line by line", "", "`likvard explain` prints the same for any unit:", ""]
    lines += _explained(wide)
    lines += [
        "",
        "## An outside look, two years later",
        "",
        f"A file of 2023/24 holds {len(schools)} schools of Växjö without unit codes; it is matched by name. {int(known.sum())} match: "
        "most names are equal ignoring case, five are decided in `bench/vaxjo_names.csv`. No index uses these results.",
        "",
        "| average grade points of 2023/24 | schools | rank correlation with the need index of 2022 |",
        "|---|--:|--:|",
    ]
    for column, name in RESULTS:
        points = pd.to_numeric(schools[column])
        both = known & points.notna()
        rank = spearman(schools.loc[both, "need_index"].to_numpy(), points[both].to_numpy())
        lines.append(f"| {name} | {int(both.sum())} | {rank:.2f} |")
    unmatched = ", ".join(schools.index[~known].str.title()) or "none"
    lines += [
        "",
        "Higher need goes with lower grades, as it should if the index means anything; it says nothing about how good a school",
        f"is. Without a match: {unmatched}.",
    ]
    return "\n".join(lines) + "\n"


def _explained(wide: pd.DataFrame) -> list[str]:
    row = wide.sort_values("need_index", ascending=False).iloc[0]
    return [
        f"**{row.school_unit_name}**: base part {_n(row.base_part_sek)} kr + structural part {_n(row.structural_part_sek)} kr = "
        f"{_n(row.total_sek)} kr. The structural part is {_n(row.pupil_count)} pupils × index {row.need_index:.2f} / 100 × the rate "
        "that all units have.",
    ]


def _n(value: float, *, signed: bool = False) -> str:
    return f"{value:{'+' if signed else ''},.0f}".replace(",", " ")


def main() -> None:
    """Run Växjö's funding year in a home of its own and write the page."""
    source = open_data()
    if source is None:
        sys.exit("LIKVARD_OPEN_DATA is unset or absent; the page needs Skolverket's files")
    with new_home(LIKVARD_OPEN_DATA=str(source)) as home:
        done = home.likvard("run", str(YEAR), "--policy", "default", "--municipality", VAXJO)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        wide = home.query(YEAR, "select * from school_allocation")
    later = pd.read_csv(source / "vaxjo_skolor_2023_24" / "database_school_data.csv", sep=";", dtype=str)
    PAGE.write_text(page(wide, later), encoding="utf-8")
    PICTURE.write_bytes(drawn(allocation_chart_spec(wide).to_dict()))
    print(PAGE)


if __name__ == "__main__":
    main()
