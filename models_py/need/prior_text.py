"""A prior as text that can be published, kept and read back: one canonical form, and the identity taken from it.

Here: strings in, strings out. Not here: files, and what makes a prior sound (``prior``).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from models_py.errors import NeedError
from models_py.need.design import Term
from models_py.need.prior import Prior

SCHEMA = "likvard.prior/1"

_TEXTS = ("kind", "label", "source", "link")
_NUMBERS = ("intercept", "widening")
_NUMBERS_OR_NULL = ("degrees_of_freedom", "composition_effect", "composition_standard_error")
_COUNTS_OR_NULL = ("municipalities", "schools", "pupils", "events")
_KEYS = (
    "schema",
    *_TEXTS,
    *_NUMBERS,
    *_NUMBERS_OR_NULL,
    *_COUNTS_OR_NULL,
    "result_years",
    "municipality_codes",
    "baselines",
    "terms",
    "covariance",
)


def prior_to_json(prior: Prior) -> str:
    """The canonical text: sorted keys, terms in order of name, no blanks that mean nothing."""
    content: dict[str, Any] = {name: getattr(prior, name) for name in (*_TEXTS, *_COUNTS_OR_NULL)}
    content |= {name: _number(getattr(prior, name)) for name in (*_NUMBERS, *_NUMBERS_OR_NULL)}
    content |= {
        "schema": SCHEMA,
        "result_years": [int(year) for year in prior.result_years],
        "municipality_codes": list(prior.municipality_codes),
        "baselines": {term.factor: term.level for term in prior.baselines},
        "terms": [
            {"factor": term.factor, "level": term.level, "mean": float(mean)}
            for term, mean in zip(prior.terms, prior.means, strict=True)
        ],
        "covariance": None if prior.covariance is None else prior.covariance.tolist(),
    }
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def prior_from_json(text: str) -> Prior:
    """Read a prior; any layout of the JSON is accepted, its content is checked to the last key.

    Raises ``NeedError``: ``not_json``, ``duplicate_key``, ``schema_version``, ``unknown_key``, ``missing_key``,
    ``bad_value`` (a key holds the wrong kind of value) and those of ``Prior``.
    """
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_not_a_number)
    except json.JSONDecodeError as error:
        raise NeedError(f"prior: not JSON, line {error.lineno}: {error.msg}", reason="not_json") from None
    if not isinstance(content, dict):
        raise _bad_value("the text", "an object")
    if content.get("schema") != SCHEMA:
        raise NeedError(
            f"prior: schema is {content.get('schema')!r}; this version reads {SCHEMA!r}", reason="schema_version"
        )
    _only(content, _KEYS, "prior")
    baselines = content["baselines"]
    if not isinstance(baselines, dict) or not all(isinstance(level, str) for level in baselines.values()):
        raise _bad_value("baselines", "factor: level")
    terms, means = _terms(content["terms"])
    covariance = content["covariance"]
    values: dict[str, Any] = {name: _typed(content, name, str, "text") for name in _TEXTS}
    values |= {name: float(_typed(content, name, (int, float), "a number")) for name in _NUMBERS}
    values |= {name: _or_null(content, name, (int, float), "a number or null") for name in _NUMBERS_OR_NULL}
    values |= {name: _or_null(content, name, int, "a whole number or null") for name in _COUNTS_OR_NULL}
    return Prior(
        **values,
        result_years=tuple(_list(content, "result_years", int, "years")),
        municipality_codes=tuple(_list(content, "municipality_codes", str, "codes")),
        baselines=tuple(Term(factor, level) for factor, level in baselines.items()),
        terms=terms,
        means=np.array(means, dtype=float),
        covariance=None if covariance is None else _matrix(covariance, len(terms)),
    )


def prior_sha256(prior: Prior) -> str:
    """The prior's identity: SHA-256 of its canonical text."""
    return hashlib.sha256(prior_to_json(prior).encode()).hexdigest()


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _terms(entries: Any) -> tuple[tuple[Term, ...], list[float]]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _bad_value("terms", "a list of factor, level and mean")
    for entry in entries:
        _only(entry, ("factor", "level", "mean"), "prior: term")
    terms = tuple(Term(_typed(entry, "factor", str, "text"), _typed(entry, "level", str, "text")) for entry in entries)
    return terms, [float(_typed(entry, "mean", (int, float), "a number")) for entry in entries]


def _matrix(rows: Any, size: int) -> np.ndarray:
    ragged = not isinstance(rows, list) or len(rows) != size
    if ragged or any(not isinstance(row, list) or len(row) != size for row in rows):
        raise NeedError(f"prior: the covariance must be {size} rows of {size} numbers", reason="bad_covariance")
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for row in rows for value in row):
        raise _bad_value("covariance", "numbers")
    return np.array(rows, dtype=float)


def _typed(content: dict[str, Any], name: str, types: type | tuple[type, ...], wanted: str) -> Any:
    value = content[name]
    if isinstance(value, bool) or not isinstance(value, types):
        raise _bad_value(name, wanted)
    return value


def _or_null(content: dict[str, Any], name: str, types: type | tuple[type, ...], wanted: str) -> Any:
    return None if content[name] is None else _typed(content, name, types, wanted)


def _list(content: dict[str, Any], name: str, kind: type, wanted: str) -> list[Any]:
    values = content[name]
    if not isinstance(values, list) or any(isinstance(v, bool) or not isinstance(v, kind) for v in values):
        raise _bad_value(name, f"a list of {wanted}")
    return values


def _only(content: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
    if unknown := sorted(set(content) - set(keys)):
        raise NeedError(f"{where}: {len(unknown)} unknown keys, first {unknown[:3]}", reason="unknown_key")
    if missing := sorted(set(keys) - set(content)):
        raise NeedError(f"{where}: {len(missing)} keys are missing, first {missing[:3]}", reason="missing_key")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise NeedError(f"prior: keys {twice[:3]} occur twice", reason="duplicate_key")
    return dict(pairs)


def _not_a_number(name: str) -> Any:
    raise NeedError(f"prior: {name} is not a number that can be used", reason="bad_value")


def _bad_value(name: str, wanted: str) -> NeedError:
    return NeedError(f"prior: {name} must be {wanted}", reason="bad_value")
