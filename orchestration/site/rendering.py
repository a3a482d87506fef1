"""From a page's values to its HTML: the body from its template, then the frame that names the publication.

Belongs here: the templates' environment, the key by which a body is known, putting body and frame together. Does not:
values of pages, files.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from orchestration.site.charts.strip import GROUND, strip_ground, strip_scale
from orchestration.site.pages import Material, Page
from orchestration.site.school_page import points_of
from orchestration.site.written import state_of

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Content security policy of a page: its own style, nothing from anywhere. The explorer adds the hash of its script."""
MENU = (
    ("start", "index.html"),
    ("forms", "forms.html"),
    ("pupils", "pupils.html"),
    ("memo", "memo.html"),
    ("explore", "explore.html"),
    ("model", "model.html"),
    ("comments", "comments.html"),
)
SOMETIMES = ("explore", "forms")
"""Pages that a publication has where it has what they show."""
OTHER = {"sv": ("en", "English"), "en": ("sv", "Svenska")}


@functools.cache
def environment() -> jinja2.Environment:
    """The templates of this package; everything is escaped, an unknown name is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("orchestration.site", "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def style() -> Markup:
    """The one style of all pages."""
    return Markup(resources.files("orchestration.site").joinpath("templates/style.css").read_text(encoding="utf-8"))


@functools.cache
def words_and_templates_sha256() -> str:
    """A hash of everything but values that a body is made of."""
    digest = hashlib.sha256()
    for folder in ("templates", "texts"):
        for item in sorted(
            resources.files("orchestration.site").joinpath(folder).iterdir(), key=lambda each: each.name
        ):
            if item.is_file():
                digest.update(item.name.encode() + b"\0" + item.read_bytes())
    return digest.hexdigest()


def body_key(page: Page, language: str) -> str:
    """What the body depends on, as a hash: templates, words, language and every value."""
    told = json.dumps(page.values, default=_plain, sort_keys=True, ensure_ascii=False)
    parts = (words_and_templates_sha256(), language, page.template, told)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def body_of(page: Page, material: Material) -> str:
    """The body of a page."""
    return environment().get_template(page.template).render(page.values, say=material.speaker.say)


def ground_of(material: Material) -> Markup:
    """The marks of all units on the strip, the same on every page."""
    points = points_of(material)
    return strip_ground(points, scale=strip_scale(points))


def whole_page(page: Page, body: str, *, material: Material, ground: Markup) -> str:
    """Body and frame; the publication's id and hash stand in the frame alone."""
    book, language = material.book, material.speaker.language
    up = "../" * page.path.count("/")
    other, other_name = OTHER[language]
    return (
        environment()
        .get_template("frame.html.jinja")
        .render(
            say=material.speaker.say,
            lang=language,
            policy=Markup(page.values.get("policy", POLICY)),
            title=page.title,
            municipality=material.municipality,
            year=material.year,
            style=style(),
            up=up,
            menu=[item for item in MENU if item[0] not in SOMETIMES or material.shared.get(item[0])],
            current=page.current,
            other=other,
            other_name=other_name,
            other_file=f"{up}../{other}/{page.path}",
            state=state_of(material),
            is_decided=book.is_decided,
            body=Markup(body.replace(GROUND, ground)),
            publication_id=book.publication.publication_id,
            content_sha256=book.seal["content_sha256"],
            told_on=material.speaker.day(book.told_on) if book.told_on else None,
        )
    )


def front_page(material: Material) -> str:
    """The page that asks for a language."""
    return (
        environment()
        .get_template("front.html.jinja")
        .render(municipality=material.municipality, year=material.year, style=style(), policy=Markup(POLICY))
    )


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"a page's values hold {type(value).__name__}, which has no text; hand over words and figures")
