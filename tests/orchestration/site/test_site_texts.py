"""The catalogues of the pages: the same keys and places in both languages, and every sentence is used."""

from __future__ import annotations

import re
from pathlib import Path

from models_py.allocation.cost_types import COST_TYPES
from orchestration.publication.model_words import FACTORS
from orchestration.site.speaking import PACKAGE
from orchestration.texts import catalogue

FOLDER = Path(__file__).resolve().parents[3] / "orchestration" / "site"


def test_both_languages_have_the_same_sentences_with_the_same_places():
    sv, en = (catalogue(language, PACKAGE) for language in ("sv", "en"))
    places = [{key: set(re.findall(r"{(\w+)}|\[(\w+)\]", text)) for key, text in each.items()} for each in (sv, en)]
    assert sv.keys() == en.keys()
    assert places[0] == places[1]


def test_every_sentence_is_used():
    code = "\n".join(path.read_text("utf-8") for path in FOLDER.rglob("*") if path.suffix in (".py", ".jinja"))
    composed = set(re.findall(r"""f"([a-z_]+_)\{""", code)) | {"menu_"}
    composed |= {f"{prefix}_" for prefix in re.findall(r"""word\(\s*"([a-z_]+)",""", code)}
    composed |= {"factor_more_", "factor_less_", "why_most_", "why_other_"}
    articles = {
        f"{name}_{part}" for name in re.findall(r'_article\(material, "(\w+)"', code) for part in ("heading", "lead")
    }
    unused = [
        key
        for key in catalogue("sv", PACKAGE)
        if not re.search(rf"""['"]{key}['"]""", code) and not key.startswith(tuple(composed)) and key not in articles
    ]
    assert unused == []


def test_every_factor_and_cost_type_has_words():
    known = catalogue("sv", PACKAGE)
    assert [name for name in FACTORS for side in ("more", "less") if f"factor_{side}_{name}" not in known] == []
    assert [name for name in COST_TYPES if f"cost_type_{name}" not in known] == []
