"""``python -m bench.key_figures``: write docs/key-figures.md, key figures of two real municipalities beside similar ones.

Belongs here: the page and its picture, from Kolada's and Skolverket's open files. Does not: who is similar and what stands
beside (``models_py.followup.similar``). Needs LIKVARD_OPEN_DATA. The files hold no cost per pupil and no area of municipalities.
"""

from __future__ import annotations

import sys
from pathlib import Path

import altair as alt
import pandas as pd

from bench.homes import open_data
from models_py.followup import beside_similar
from orchestration.charts import ACCENT, MUTED, themed, titled
from orchestration.followup.similar import kolada_values, similar_municipalities
from orchestration.pictures import drawn

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURE = ROOT / "docs" / "key-figures.md", ROOT / "docs" / "pictures" / "key_figures.png"
SHOWN = {"0780": "Växjö", "2480": "Umeå"}
FIGURES = {
    "N15428": "eligible for vocational programmes",
    "N15813": "certified teachers",
    "N15030": "teachers with a degree",
}
"""Kolada's codes, in words."""
COUNTS, EDUCATED_YEAR = "Grundskolan - Antal elever per årskurs 2021 Skolenhet.csv", 2021


def similar_towns(folder: Path, values: pd.DataFrame) -> pd.DataFrame:
    """The seven nearest of every municipality by pupils F-9 and parents' education, both of the autumn of 2021."""
    path = folder / "skolverket_elever_arskurs" / COUNTS
    rows = pd.read_csv(path, sep=";", skiprows=5, dtype=str, encoding="utf-8-sig")
    rows = rows[rows["Skol-enhetskod"].fillna("").str.fullmatch(r"\d{8}")]
    counts = sum(
        pd.to_numeric(rows[name].str.replace(r"\s", "", regex=True), errors="coerce").fillna(0)
        for name in ("Elever, förskoleklass", "Elever, årskurs 1-9")
    )
    pupils = (
        counts.groupby(rows["Kommun-kod"].str.zfill(4)).sum().rename("pupil_count").rename_axis("code").reset_index()
    )
    return similar_municipalities(values[values["year"] <= EDUCATED_YEAR], pupils)


def beside(values: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Every figure and year of the municipalities shown, beside the middle half of the similar ones."""
    parts = [
        beside_similar(values.loc[values["kpi"] == code, ["code", "year", "value"]], pairs).assign(kpi=code)
        for code in FIGURES
    ]
    told = pd.concat(parts, ignore_index=True)
    return told[told["code"].isin(SHOWN)]


def page(told: pd.DataFrame, pairs: pd.DataFrame, names: pd.Series) -> str:
    """The page as Markdown."""
    lines = [
        "# Key figures beside similar municipalities",
        "",
        "Kolada's figures of two municipalities beside the middle of the seven most like them by pupils F–9 and parents'",
        "education. This page is written by `python -m bench.key_figures` from open files of Kolada and Skolverket, which hold",
        "no cost per pupil and no area. A level says as much about the pupils as about the schools.",
        "",
        "![Key figures over the years](pictures/key_figures.png)",
    ]
    for code, name in SHOWN.items():
        like = pairs[pairs["code"] == code].sort_values("place")["similar_code"]
        lines += ["", f"## {name}", "", f"Most like it: {', '.join(names[c] for c in like)}.", ""]
        lines += [
            "| figure, per cent | year | municipality | similar: median | similar: quartiles |",
            "|---|--:|--:|--:|--:|",
        ]
        for kpi, words in FIGURES.items():
            own = told[(told["code"] == code) & (told["kpi"] == kpi)].sort_values("year")
            for row in own.tail(5).itertuples():
                lines.append(
                    f"| {words} ({kpi}) | {row.year} | {row.value:.1f} | {row.similar_median:.1f} | "
                    f"{row.similar_lower:.1f}–{row.similar_upper:.1f} |"
                )
    return "\n".join(lines) + "\n"


def picture(told: pd.DataFrame) -> alt.TopLevelMixin:
    """A panel per municipality and figure: own line over the band of the similar."""
    rows = []
    for code, name in SHOWN.items():
        panels = []
        for kpi, words in FIGURES.items():
            own = told[(told["code"] == code) & (told["kpi"] == kpi)]
            base = alt.Chart(own, title=alt.TitleParams(f"{name}: {words}", fontSize=11, fontWeight="normal"))
            x = alt.X("year:Q", title=None, axis=alt.Axis(format="d", tickMinStep=2))
            y = alt.Y("similar_lower:Q", title="per cent" if kpi == "N15428" else None, scale=alt.Scale(zero=False))
            band = base.mark_area(color=MUTED, opacity=0.3).encode(x=x, y=y, y2="similar_upper:Q")
            middle = base.mark_line(color=MUTED, strokeDash=[4, 3]).encode(x=x, y="similar_median:Q")
            line = base.mark_line(color=ACCENT, point=alt.OverlayMarkDef(color=ACCENT)).encode(x=x, y="value:Q")
            panels.append(alt.layer(band, middle, line).properties(width=190, height=130))
        rows.append(alt.hconcat(*panels))
    return themed(
        alt.vconcat(*rows).properties(
            title=titled(
                "Key figures beside similar municipalities",
                subtitle="Line: the municipality. Dashed and band: median and middle half of the seven most like it.",
            )
        )
    )


def main() -> None:
    """Write the page and its picture."""
    folder = open_data()
    if folder is None:
        sys.stderr.write("LIKVARD_OPEN_DATA is unset or absent\n")
        raise SystemExit(2)
    values = kolada_values(folder)
    if values is None:
        sys.stderr.write("LIKVARD_OPEN_DATA holds no file of Kolada\n")
        raise SystemExit(2)
    pairs = similar_towns(folder, values)
    told = beside(values, pairs)
    names = values.drop_duplicates("code").set_index("code")["municipality"]
    PAGE.write_text(page(told, pairs, names), encoding="utf-8")
    PICTURE.write_bytes(drawn(picture(told).to_dict()))


if __name__ == "__main__":
    main()
