"""Pages on the publication as a whole: the need model, how it could be wrong, quality, words of the columns, accessibility,
comments of the reference group.

Belongs here: the values of those pages. Does not: measures, layout.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from expectations.contracts import CONTRACT_VERSION, CONTRACTS
from expectations.labels import swedish_label
from expectations.rules import HOMES, all_rules
from orchestration.publication import act_words
from orchestration.publication.model_words import place
from orchestration.site.charts.curves import against
from orchestration.site.names import factor_name, level_name, model_name
from orchestration.site.pages import Material, Page, Section, Table

DOUBTS = ("outcome", "cause", "unmeasured", "missing", "lag", "small", "money_at_work", "weights", "linear", "gaming")


def about_pages(material: Material) -> list[Page]:
    """Method, doubts, quality, dictionary, accessibility, comments."""
    return [
        _article(material, "model", [_how(material), _weights(material), _calibration(material), _privacy(material)]),
        _article(material, "wrong", _doubts(material)),
        _article(material, "quality", _quality(material)),
        _article(material, "dictionary", _dictionary(material)),
        _article(material, "accessibility", _accessibility(material)),
        _article(material, "comments", _comments(material)),
    ]


def _article(material: Material, name: str, sections: list[Section]) -> Page:
    say = material.speaker.say
    heading = say(f"{name}_heading")
    values = {"heading": heading, "lead": say(f"{name}_lead"), "sections": sections}
    return Page(f"{name}.html", "article.html.jinja", str(heading), values, current=name)


def _how(material: Material) -> Section:
    say = material.speaker.say
    steps = [say(f"model_step_{n}") for n in (1, 2, 3, 4, 5)]
    return Section("how", say("model_how"), [("list", steps)])


def _weights(material: Material) -> Section:
    speaker, say = material.speaker, material.speaker.say
    rows = [row for row in material.book.tables["need_coefficient"] if row.get("level")]
    rows.sort(key=lambda row: place(row["factor"], row["level"]))
    if not rows:
        return Section("weights", say("model_weights"), [("p", say("model_no_weights"))])
    table = Table(
        say("model_weights_caption"),
        [say("head_level"), say("head_weight"), say("head_low"), say("head_high")],
        [
            [
                f"{factor_name(speaker, row['factor'])}: {level_name(speaker, row['factor'], row['level'])}",
                speaker.figure(row, "estimate", "+number", 2),
                speaker.figure(row, "interval_lower", "+number", 2),
                speaker.figure(row, "interval_upper", "+number", 2),
            ]
            for row in rows
        ],
        numbers=(1, 2, 3),
    )
    return Section("weights", say("model_weights"), [("p", say("model_weights_text")), ("table", table)])


def _calibration(material: Material) -> Section:
    speaker, say = material.speaker, material.speaker.say
    rows = [row for row in material.book.tables["need_calibration"] if row["observed_share"] is not None]
    rows.sort(key=lambda row: row["expected_share"])
    if not rows:
        return Section("calibration", say("model_calibration"), [("p", say("model_no_calibration"))])
    chart = against(
        speaker, label=say("calibration_label"), across=say("calibration_across"), up=say("calibration_up"),
        points=[(float(row["expected_share"]), float(row["observed_share"]), int(row["leaver_count"])) for row in rows],
    )  # fmt: skip
    table = Table(
        say("calibration_caption"),
        [say("head_tenths"), say("head_leavers"), say("head_expected"), say("head_observed")],
        [
            [
                row["tenths"].replace("-", "–"),
                speaker.figure(row, "leaver_count"),
                speaker.figure(row, "expected_share", "percent", 1),
                speaker.figure(row, "observed_share", "percent", 1),
            ]
            for row in rows
        ],
        numbers=(1, 2, 3),
    )
    blocks: list[tuple[str, Any]] = [
        ("p", say("model_calibration_text")), ("chart", (chart, say("calibration_how"))), ("table", table),
    ]  # fmt: skip
    return Section("calibration", say("model_calibration"), blocks)


def _privacy(material: Material) -> Section:
    say = material.speaker.say
    told = material.book.manifest["recorded"].get("disclosure")  # publications of older contracts have none
    words = say("model_privacy_text", threshold=str(told["threshold"])) if told else say("model_privacy_untold")
    return Section("privacy", say("model_privacy"), [("p", words)])


def _doubts(material: Material) -> list[Section]:
    say, speaker, book = material.speaker.say, material.speaker, material.book
    sections = [
        Section(name, say(f"doubt_{name}"), [("p", say(f"doubt_{name}_text")), ("p", say(f"doubt_{name}_test"))])
        for name in DOUBTS
    ]
    rows = [
        [
            f"{model_name(speaker, row['model_a'])} – {model_name(speaker, row['model_b'])}",
            speaker.figure(row, "misplaced_pot_share", "percent", 1),
            speaker.figure(row, "units_changed_count"),
        ]
        for row in book.tables["need_alternative_pair"]
        if row["misplaced_pot_share"] is not None
    ]
    if rows:
        table = Table(
            say("alternatives_caption"), [say("head_models"), say("head_misplaced"), say("head_units_changed")], rows,
            numbers=(1, 2),
        )  # fmt: skip
        sections.append(Section("others", say("wrong_others"), [("p", say("wrong_others_text")), ("table", table)]))
    return sections


def _quality(material: Material) -> list[Section]:
    """Every rule that judged the publication, by home."""
    say, speaker, lang = material.speaker.say, material.speaker, material.speaker.language
    counted = {row["rule_id"]: row for row in material.book.tables["rule_result"]}
    own = material.book.manifest["recorded"]["gate"]["own_rules"]
    sections = []
    for home in HOMES:
        rows = []
        for rule in (rule for rule in all_rules() if rule.home == home):
            if rule.id in counted:
                found: Any = speaker.figure(counted[rule.id], "failing_count")
            elif rule.id in own:
                found = speaker.derived("own_rule", own[rule.id], key=rule.id)
            else:
                continue
            rows.append([rule.id, rule.text[lang], act_words.severity(rule.severity, lang), found])
        if rows:
            heads = [say("head_rule"), say("head_asks"), say("head_severity"), say("head_failing")]
            title = act_words.home(home, lang)
            sections.append(Section(home, title, [("table", Table(title, heads, rows, numbers=(3,)))]))
    return sections


def _dictionary(material: Material) -> list[Section]:
    say, lang = material.speaker.say, material.speaker.language
    sections = [
        Section("version", say("dictionary_version"), [("p", say("dictionary_text", version=CONTRACT_VERSION))])
    ]
    for name in sorted(CONTRACTS):
        contract = CONTRACTS[name]
        rows = []
        for column in contract.columns:
            words = column.sv if lang == "sv" else column.en
            label = [swedish_label(column.name)] if lang == "sv" else []
            rows.append([Markup("<code>{}</code>").format(column.name), *label, words, column.unit or "–"])
        heads = [
            say("head_column"),
            *([say("head_label")] if lang == "sv" else []),
            say("head_meaning"),
            say("head_unit"),
        ]
        grain = contract.grain_sv if lang == "sv" else contract.grain_en
        link = Markup('<a href="../data/{0}.csv">{0}.csv</a>').format(name)
        blocks: list[tuple[str, Any]] = [("p", Markup("{} {}").format(grain, link))]
        sections.append(Section(name, name, [*blocks, ("table", Table(grain, heads, rows))]))
    return sections


def _accessibility(material: Material) -> list[Section]:
    say, contact = material.speaker.say, material.pages.contact
    link = Markup('<a href="mailto:{0}">{0}</a>').format(contact.email) if contact else say("ask_nobody")
    return [
        Section(name, say(f"accessibility_{name}"), [("p", say(f"accessibility_{name}_text", contact=link))])
        for name in ("how", "known", "report", "supervision")
    ]


def _comments(material: Material) -> list[Section]:
    """The reference group's round, the same for municipal and independent organisers."""
    speaker, say, found = material.speaker, material.speaker.say, material.comments
    if found is None or not found.comments:
        return [Section("none", say("comments_none"), [("p", say("comments_none_text"))])]
    lang = speaker.language
    sections = [
        Section("round", say("comments_round"), [("p", say("comments_closes", day=speaker.day(found.round_closes)))])
    ]
    for number, comment in enumerate(found.comments, start=1):
        kind = speaker.word("comment_from", comment.organiser_type)
        blocks: list[tuple[str, Any]] = [
            ("p", say("comment_received", day=speaker.day(comment.received), kind=kind)),
            ("quote", comment.text.told(lang)),
        ]
        if comment.answer is None or comment.answered is None:
            blocks.append(("p", say("comment_unanswered")))
        else:
            blocks.append(("p", say("comment_answered", day=speaker.day(comment.answered))))
            blocks.append(("p", comment.answer.told(lang)))
            blocks.append(("p", say("comment_changed" if comment.led_to_change else "comment_unchanged")))
        sections.append(Section(f"comment-{number}", f"{number}. {comment.comment_from}", blocks))
    return sections
