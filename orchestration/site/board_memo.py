"""The memo to the board: eight questions in the order in which a municipality meets them, answered with published figures.

Belongs here: the values of that page. The eight steps follow the course *Socioekonomisk resursfördelning i praktiken*.
Does not: measures (``measures``), pictures, layout.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from markupsafe import Markup

from models_py.allocation.year_change import CAUSES
from orchestration.publication.change_words import CAUSE_WORDS
from orchestration.site import measures
from orchestration.site.charts.bars import Step, bridge
from orchestration.site.charts.curves import shares
from orchestration.site.names import component_name, factor_name, level_name
from orchestration.site.pages import Material, Page, Section, Table
from orchestration.site.start_page import fifths_view

MOST_ROWS = 8
STEPS = ("differences", "model", "beside", "degree", "enough", "legitimacy", "effect", "accuracy")


def memo_page(material: Material) -> Page:
    """``memo.html``, with a PDF."""
    say = material.speaker.say
    made = {
        "differences": _differences,
        "model": _model,
        "beside": _beside,
        "degree": _degree,
        "enough": _enough,
        "legitimacy": _legitimacy,
        "effect": _effect,
        "accuracy": _accuracy,
    }
    sections = [
        Section(step, say(f"memo_{step}", number=str(number)), made[step](material))
        for number, step in enumerate(STEPS, start=1)
    ]
    sections.append(
        Section("sums", say("memo_sums"), [("p", say("memo_sums_lead")), ("table", _reconciliation(material))])
    )
    heading = say("memo_heading", municipality=material.municipality, year=material.year)
    values = {"heading": heading, "lead": say("memo_lead"), "sections": sections}
    return Page("memo.html", "article.html.jinja", str(heading), values, has_pdf=True, current="memo")


Blocks = list[tuple[str, Any]]


def _differences(material: Material) -> Blocks:
    speaker, say = material.speaker, material.speaker.say
    rows = sorted(
        (row for row in material.book.tables["need_factor_level"] if row.get("systematic_sd") is not None),
        key=lambda row: (-row["systematic_sd"], row.key),
    )[:MOST_ROWS]
    if not rows:
        return [("p", say("memo_differences_none"))]
    table = Table(
        say("memo_differences_caption"),
        [say("head_level"), say("head_level_share"), say("head_systematic"), say("head_chance")],
        [
            [
                f"{factor_name(speaker, row['factor'])}: {level_name(speaker, row['factor'], row['level'])}",
                speaker.figure(row, "level_share", "percent", 1),
                speaker.figure(row, "systematic_sd", "percent", 1),
                speaker.figure(row, "chance_sd", "percent", 1),
            ]
            for row in rows
        ],
        numbers=(1, 2, 3),
    )
    return [("p", say("memo_differences_text")), ("table", table)]


def _model(material: Material) -> Blocks:
    link = Markup('<a href="model.html">{}</a>').format(material.speaker.say("menu_model"))
    return [("p", material.speaker.say("memo_model_text", link=link))]


def _beside(material: Material) -> Blocks:
    speaker, say, book = material.speaker, material.speaker.say, material.book
    rows = [
        [component_name(speaker, book, row["item_code"]), speaker.figure(row, "amount_ore", "kr")]
        for row in book.of("budget_reconciliation", "item_kind", "component")
        if row["item_code"] not in ("base_part", "structural_part")
    ]
    blocks: Blocks = [("p", say("memo_beside_text"))]
    if rows:
        blocks.append(
            ("table", Table(say("memo_beside_caption"), [say("head_part"), say("head_amount")], rows, numbers=(1,)))
        )
    outside = [
        [
            component_name(speaker, book, row["component_code"]),
            say("withheld_few") if row["beside_sek"] is None else speaker.figure(row, "beside_sek", "kr"),
        ]
        for row in book.tables["allocation_beside"]
    ]
    if outside:
        blocks.append(
            ("table", Table(say("memo_outside_caption"), [say("head_what"), say("head_amount")], outside, numbers=(1,)))
        )
    return blocks


def _degree(material: Material) -> Blocks:
    speaker, say, book = material.speaker, material.speaker.say, material.book
    blocks: Blocks = []
    shared, moved = measures.shared_by_need(book), measures.moved_by_need(book)
    if shared is not None and moved is not None:
        blocks.append(
            (
                "p",
                say(
                    "memo_degree_text",
                    shared=speaker.derived("shared_by_need", shared, "percent", 1),
                    moved=speaker.derived("moved_by_need", moved, "percent", 1),
                ),
            )
        )
    found = fifths_view(material)
    if found is not None:
        blocks += [("chart", (found["chart"], say("fifths_how"))), ("table", found["table"])]
    if not material.shared.get("explore"):
        blocks.append(("p", say("explore_withheld")))
    return blocks or [("p", say("memo_withheld"))]


def _enough(material: Material) -> Blocks:
    speaker, say = material.speaker, material.speaker.say
    rows = measures.told_units(material.book)
    money, need = measures.concentration(rows, "total_sek"), measures.concentration(rows, "structural_part_sek")
    if not money or not need:
        return [("p", say("memo_withheld"))]
    half = [_at_half(curve) for curve in (money, need)]
    chart = shares(
        speaker, label=say("curve_label"), across=say("curve_across"), up=say("curve_up"),
        curves=[("money", money), ("need", need)],
    )  # fmt: skip
    text = say(
        "memo_enough_text",
        money=speaker.derived("half_of_pupils_total", half[0], "percent", 1),
        need=speaker.derived("half_of_pupils_structural", half[1], "percent", 1),
    )
    return [("p", text), ("chart", (chart, say("curve_how")))]


def _at_half(curve: list[tuple[float, float]]) -> float:
    """Share of money of the half of the pupils with the least need, read off the curve."""
    for (a, b), (c, d) in pairwise(curve):
        if a <= 0.5 <= c:
            return b + (d - b) * (0.5 - a) / (c - a)
    return curve[-1][1]


def _legitimacy(material: Material) -> Blocks:
    speaker, say, book = material.speaker, material.speaker.say, material.book
    changes = book.tables["allocation_change"]
    blocks: Blocks = [("p", say("memo_legitimacy_text"))]
    if not changes:
        return [*blocks, ("p", say("memo_no_change"))]
    gain = [row for row in changes if row["change_sek"] > 0]
    lose = [row for row in changes if row["change_sek"] < 0]
    blocks.append(
        (
            "p",
            say(
                "memo_winners",
                gain=speaker.derived("units_that_gain", len(gain)),
                lose=speaker.derived("units_that_lose", len(lose)),
            ),
        )
    )
    sums: dict[str, int] = {}
    for part in book.tables["allocation_change_part"]:
        sums[part["cause_code"]] = sums.get(part["cause_code"], 0) + measures.ore(part["change_sek"])
    at = sum(measures.ore(row["previous_total_sek"]) for row in changes)
    steps = [Step(str(say("bridge_before")), speaker.kronor(at), 0.0, float(at), is_total=True)]
    rows = [[say("bridge_before"), speaker.derived("previous_total", at, "kr")]]
    for cause in (cause for cause in CAUSES if cause in sums):
        words, told = CAUSE_WORDS[cause][speaker.language].capitalize(), speaker.kronor(sums[cause])
        steps.append(Step(words, f"+{told}" if sums[cause] > 0 else told, float(at), float(at + sums[cause])))
        rows.append([words, speaker.derived("change_by_cause", sums[cause], "+kr", key=cause)])
        at += sums[cause]
    whole = sum(measures.ore(row["new_total_sek"]) for row in changes)
    if whole != at:  # units whose causes are withheld
        words, told = str(say("cause_withheld")), speaker.kronor(whole - at)
        steps.append(Step(words, f"+{told}" if whole > at else told, float(at), float(whole)))
        rows.append([words, speaker.derived("change_without_cause", whole - at, "+kr")])
        at = whole
    after = say("bridge_after", year=material.year)
    steps.append(Step(str(after), speaker.kronor(at), 0.0, float(at), is_total=True))
    table = Table(
        say("bridge_caption_all"), [say("head_cause"), say("head_amount")], rows, numbers=(1,),
        foot=[after, speaker.derived("new_total", at, "kr")],
    )  # fmt: skip
    return [*blocks, ("chart", (bridge(steps, label=say("bridge_label")), say("bridge_how"))), ("table", table)]


def _effect(material: Material) -> Blocks:
    return [("p", material.speaker.say("memo_effect_text"))]


def _accuracy(material: Material) -> Blocks:
    speaker, say, book = material.speaker, material.speaker.say, material.book
    signal = book.only("redistribution_signal")
    blocks: Blocks = []
    if signal is not None and signal.get("signal_share") is not None:
        blocks.append(("p", say("memo_signal", share=speaker.figure(signal, "signal_share", "percent", 0))))
    pairs = [row for row in book.tables["need_alternative_pair"] if row["misplaced_pot_share"] is not None]
    if pairs:
        worst = max(pairs, key=lambda row: (row["misplaced_pot_share"], row.key))
        blocks.append(("p", say("memo_other_models", share=speaker.figure(worst, "misplaced_pot_share", "percent", 1))))
    link = Markup('<a href="wrong.html">{}</a>').format(say("menu_wrong"))
    return [*blocks, ("p", say("memo_accuracy_text", link=link))]


def _reconciliation(material: Material) -> Table:
    """From the budget to what is paid, step by step."""
    speaker, say, book = material.speaker, material.speaker.say, material.book
    rows = []
    for row in book.tables["budget_reconciliation"]:
        code, kind = row["item_code"], row["item_kind"]
        if kind == "organiser":
            continue  # every organiser has a page of its own
        name = component_name(speaker, book, code) if kind == "component" else speaker.word("item", code)
        rows.append([name, speaker.word("item_kind", kind), speaker.figure(row, "amount_ore", "kr", 2)])
    return Table(
        say("reconciliation_caption"), [say("head_item"), say("head_item_kind"), say("head_amount")], rows, numbers=(2,)
    )
