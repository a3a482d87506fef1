"""Read the files of one policy folder: checked entries by key, components and guarantees by name.

Belongs here: validation with file and line, the JSON Schema for editors. Does not: inheritance and years (``policies``,
``formula_years``), the shape itself (``policy_shape``), YAML (``policy_text``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from orchestration.resources.checked_text import checked
from orchestration.resources.formula_years import SECTIONS, Shape
from orchestration.resources.governance import ROLES_FILE, Roles, Waivers
from orchestration.resources.pages_file import PAGES_FILE, Comments, Pages
from orchestration.resources.payment_export import EXPORT_FILE, PaymentExport
from orchestration.resources.payment_policy import PAYMENTS_FILE
from orchestration.resources.payment_shape import Payments
from orchestration.resources.policy_shape import Municipality, PolicyValues
from orchestration.resources.policy_text import Place, PolicyError, PolicyText, read_policy_text
from orchestration.resources.policy_years import Entry

MUNICIPALITY_FILE = "municipality.yml"
NOT_VALUES = {
    MUNICIPALITY_FILE, ROLES_FILE, PAGES_FILE, PAYMENTS_FILE, EXPORT_FILE, "facts.yml", "scenarios.yml",
    "supplements.yml",
}  # fmt: skip


def json_schemas() -> dict[str, str]:
    """JSON Schema for editors, by file name in ``policies/``; the committed files equal these texts."""
    models = {"policy": PolicyValues, "municipality": Municipality, "roles": Roles, "waivers": Waivers}
    models |= {"pages": Pages, "comments": Comments, "payments": Payments, "payment_export": PaymentExport}
    return {f"{name}.schema.json": _schema_text(model) for name, model in models.items()}


def _schema_text(model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    for name, definition in schema.get(
        "$defs", {}
    ).items():  # generic models get unreadable names; their titles are short
        text = text.replace(f'"{name}"', f'"{definition["title"]}"').replace(f'/{name}"', f'/{definition["title"]}"')
    return text


def municipality_of(folder: Path, code: str) -> Municipality:
    path = folder / MUNICIPALITY_FILE
    if not path.is_file():
        raise PolicyError([f"{folder.name}/{MUNICIPALITY_FILE}:1: is missing; it says whose policy this is"])
    text = read_policy_text(path)
    who = checked(Municipality, text)
    if who.municipality_code != code:
        raise PolicyError([f"{text.at(('municipality_code',))}: municipality_code: is not {code}, which was asked for"])
    return who


def entries_of(folder: Path) -> tuple[dict[str, Entry], dict[str, Shape]]:
    """Parameters as ``section.key`` and series as ``series.name``, from all value files of one folder; and the
    components and guarantees that it names, whose parameters are ``section.code.key``."""
    paths = [path for path in sorted(folder.glob("*.yml")) if path.name not in NOT_VALUES]
    return entries_of_files(paths, problems=_not_read(folder))


def _not_read(folder: Path) -> list[str]:
    return [
        f"{folder.name}/{path.name}:1: is not read; name it {path.stem}.yml" for path in sorted(folder.glob("*.yaml"))
    ]


def entries_of_files(paths: list[Path], *, problems: list[str]) -> tuple[dict[str, Entry], dict[str, Shape]]:
    """The same of value files in order; raises PolicyError with ``problems`` found before, and all that are found here."""
    entries: dict[str, Entry] = {}
    shapes: dict[str, Shape] = {}
    for path in paths:
        try:
            text = read_policy_text(path)
            values = checked(PolicyValues, text, place_of=_place_in_file)
        except PolicyError as error:
            problems += error.problems
            continue
        for key, entry in _items(values, text, shapes, problems):
            if key in entries:
                problems.append(f"{entry.at()}: {key}: is given twice; the first is at {entries[key].at()}")
            entries.setdefault(key, entry)
    if problems:
        raise PolicyError(problems)
    return entries, shapes


def _items(
    values: PolicyValues, text: PolicyText, shapes: dict[str, Shape], problems: list[str]
) -> Iterator[tuple[str, Entry]]:
    for section, content in values:
        for name, item in content.items() if isinstance(content, dict) else content or ():
            if item is None:
                continue
            entry = Entry(item, text, (section, name))
            if section not in SECTIONS:
                yield f"{section}.{name}", entry
                continue
            shape = Shape(section, name, item.kind, item.description, entry)
            if shape.key in shapes:
                problems.append(f"{shape.told()}: is given twice; the first is at {shapes[shape.key].entry.at()}")
            shapes.setdefault(shape.key, shape)
            for parameter, dated in getattr(item, "parameters", None) or ():
                if dated is not None:
                    yield f"{shape.key}.{parameter}", Entry(dated, text, (section, name, "parameters", parameter))


def _place_in_file(place: Place) -> Place:
    """A kind is part of the place to pydantic only."""
    return (*place[:2], *place[3:]) if len(place) > 2 and place[0] in SECTIONS else place
