"""What the scan looks for: identities in every written form, and the bytes of the key. No file is opened here.

A needle is never printed: a hit says form and place. Forms of an identity: twelve digits, ten digits, either with a
separator before the last four, all of them backwards, and twelve digits as a binary integer. Ten digits count only
where no digit stands on either side, since chance alone finds any ten digits in a long enough run of them.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from orchestration.intake.identity import parse_identity

_RUN = re.compile(rb"[0-9][0-9+\- ]{8,}[0-9]")
_TEMPORARY = re.compile(rb"(?:[0-9]{2})?[0-9]{6}-?[A-Z]{1,2}[0-9]{2,3}|[0-9]{2,3}[A-Z]{1,2}-?[0-9]{6}(?:[0-9]{2})?")
_SHAPES = (  # form, overlapping pattern, how the digits stand
    ("12 digits", re.compile(rb"(?=([0-9]{12}))")),
    ("12 digits, separated", re.compile(rb"(?=([0-9]{8}[-+ ][0-9]{4}|[0-9]{4}[-+ ][0-9]{8}))")),
    ("10 digits", re.compile(rb"(?<![0-9])([0-9]{10})(?![0-9])")),
    ("10 digits, separated", re.compile(rb"(?=([0-9]{6}[-+ ][0-9]{4}|[0-9]{4}[-+ ][0-9]{6}))")),
)
_SEPARATORS = bytes.maketrans(b"", b""), b"-+ "
_ESCAPED = re.compile(rb"\\u00(?:3([0-9])|2([bBdD]))")
_INSIDE_FILES = re.compile(
    rb"(?<![0-9A-Za-z])(?:[0-9]{8}|[0-9]{6})[-+]?(?:[0-9]{4}|[A-Z][0-9]{3}|[A-Z]{2}[0-9]{2})(?![0-9A-Za-z])"
)


@dataclass(frozen=True, eq=False)
class Needles:
    """Identities (twelve characters, normalised) and a key, in all the forms the scan knows."""

    identities: frozenset[str]
    key: bytes | None = None
    _digits: frozenset[bytes] = field(init=False, repr=False)
    _temporary: frozenset[bytes] = field(init=False, repr=False)
    _integers: np.ndarray = field(init=False, repr=False)
    _key_forms: tuple[tuple[str, bytes], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        plain = {item.encode() for item in self.identities if item.isdigit()}
        letters = {item.encode() for item in self.identities if not item.isdigit()}
        numbers = sorted(int(item) for item in plain)
        object.__setattr__(self, "_digits", frozenset(_directions(plain)))
        object.__setattr__(self, "_temporary", frozenset(_directions(letters)))
        object.__setattr__(self, "_integers", np.array(numbers, dtype=np.uint64))
        object.__setattr__(self, "_key_forms", tuple(_key_forms(self.key)) if self.key else ())

    def found_in(self, content: bytes) -> Counter[str]:
        """How often each form stands in the bytes, read as text of one byte a character, as wide text, and as numbers.

        Wide and escaped text counts what the plain reading did not find.
        """
        plain = self._in_text(content)
        found = plain.copy()
        if b"\0" in content:
            wide = self._in_text(content.replace(b"\0", b"")) - plain
            found += Counter({f"{form}, wide": count for form, count in wide.items()})
            found += self._in_integers(content)
        if b"\\u00" in content:
            text = _ESCAPED.sub(lambda match: match[1] or (b"+" if match[2] in b"bB" else b"-"), content)
            escaped = self._in_text(text) - plain
            found += Counter({f"{form}, escaped": count for form, count in escaped.items()})
        return found

    def _in_text(self, content: bytes) -> Counter[str]:
        found: Counter[str] = Counter()
        for run in _RUN.finditer(content):
            for form, shape in _SHAPES:
                for match in shape.finditer(run.group()):
                    if match[1].translate(*_SEPARATORS) in self._digits:
                        found[form] += 1
        if self._temporary:
            for match in _TEMPORARY.finditer(content):
                found["temporary number"] += match.group().replace(b"-", b"") in self._temporary
        for form, needle in self._key_forms:
            found[form] += content.count(needle)
        return +found

    def _in_integers(self, content: bytes) -> Counter[str]:
        """Twelve digits as a number of eight bytes, at any offset, in both byte orders."""
        found: Counter[str] = Counter()
        if not len(self._integers):
            return found
        for offset in range(8):
            size = (len(content) - offset) // 8
            for order, form in (("<u8", "integer"), (">u8", "integer, big-endian")):
                values = np.frombuffer(content, dtype=order, count=max(size, 0), offset=min(offset, len(content)))
                values = values[(values >= self._integers[0]) & (values <= self._integers[-1])]
                found[form] += int(np.isin(values, self._integers).sum())
        return +found


def harvest(folder: Path, *, reference: date) -> frozenset[str]:
    """Every identity that stands in the files of a folder (the deliveries as they came), normalised.

    Whatever has the form, the date and the check digit counts; a case number of seven or eight digits cannot be told
    from other numbers and is not searched for.
    """
    found: set[str] = set()
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        content = path.read_bytes()
        content = content.replace(b"\0", b"") if content.startswith((b"\xff\xfe", b"\xfe\xff")) else content
        texts = {match.group().decode() for match in _INSIDE_FILES.finditer(content)}
        found |= {
            identity.normalised for text in texts if (identity := parse_identity(text, reference=reference)).normalised
        }
    return frozenset(found)


def _directions(identities: Iterable[bytes]) -> Iterable[bytes]:
    for identity in identities:
        for text in (identity, identity[2:]):
            yield text
            yield text[::-1]


def _key_forms(key: bytes) -> Iterable[tuple[str, bytes]]:
    """The key itself and as programs write bytes out. Base64 also inside longer texts, at each of three alignments."""
    yield "key, raw", key
    yield "key, reversed", key[::-1]
    yield "key, hex", key.hex().encode()
    yield "key, HEX", key.hex().upper().encode()
    yield "key, as Python text", repr(key)[2:-1].encode()
    yield "key, as numbers", ", ".join(map(str, key)).encode()
    yield "key, as numbers", ",".join(map(str, key)).encode()
    for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            text = encode(b"\0" * before + key)[(0, 2, 3)[before] :]
            yield "key, base64", text.rstrip(b"=")[:-1]
