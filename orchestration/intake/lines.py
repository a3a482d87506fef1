"""Bytes of a text file become physical lines: encodings, line ends, limits. Cells and headers are read elsewhere.

Everything works through the file piece by piece, so that a file of the greatest size allowed needs little more memory
than its own bytes, whatever is in it.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from orchestration.intake.errors import RefusalError

MAXIMUM_LINE = 100_000  # characters
PIECE_BYTES = 1 << 20

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MARKS = (b"", BYTE_ORDER_MARK, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_LINE_ENDS = re.compile(r"\r\n|\n|\r")  # and nothing else: str.splitlines() also splits inside cells
_CONTINUATION = "".join(bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xC0))
_GARBLED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\u2028\u2029]"  # control characters, the replacement character
    f"|Ã[{re.escape(_CONTINUATION)}]|Â[\u00a0-\u00bf]|â€"  # UTF-8 that was read as another encoding and saved again
    r"|[^\W\d_][†„”][^\W\d_]|(?<!\w)™(?=[a-zåäö])"  # å, ä, ö and Ö of the old DOS encoding, read as CP1252
)


def encoding_of(content: bytes, *, allowed: Sequence[str]) -> str:
    """The encoding of a whole file, proven by strict decoding: a byte order mark decides, else UTF-8, else CP1252.

    Latin-1 is CP1252 without its extra signs. Raises `RefusalError`: E-ENCODING, or E-TRUNCATED where the whole is
    UTF-8 but for a last character cut in two (read as CP1252 it would pass with garbled letters).
    """
    for encoding in _candidates(content):
        try:
            for _ in _checked_pieces(content, encoding, allowed):
                pass
        except RefusalError as refusal:
            if refusal.code == "E-TRUNCATED" or encoding != "utf-8":
                raise
        else:
            return encoding
    raise RefusalError("E-ENCODING")


def decode(content: bytes, *, allowed: Sequence[str], is_part: bool = False) -> tuple[str, str]:
    """The whole text and its encoding, for small contents; as `encoding_of`. `is_part` allows a last character cut."""
    for encoding in _candidates(content):
        try:
            return "".join(_checked_pieces(content, encoding, allowed, is_part=is_part)), encoding
        except RefusalError as refusal:
            if refusal.code == "E-TRUNCATED" or encoding != "utf-8":
                raise
    raise RefusalError("E-ENCODING")


def pieces(content: bytes, encoding: str) -> Iterator[str]:
    """The text of a file, decoded a piece at a time. `encoding` is one that `encoding_of` has proven."""
    return _checked_pieces(content, encoding, (encoding.removesuffix("-sig"),))


def physical_lines(text: str) -> list[str]:
    """Lines ended by CRLF, LF or CR; the empty piece after a last line end is no line."""
    lines = _split(text)
    return lines[:-1] if lines[-1] == "" else lines


def lines_of(texts: Iterable[str]) -> Iterator[str]:
    """`physical_lines` of a text that comes in pieces. Of a line longer than allowed only enough is kept to see it."""
    pending, held = "", ""
    for piece in texts:
        text = held + piece
        held = "\r" if text.endswith("\r") else ""  # perhaps the first half of a CRLF
        first, *rest = _split(text.removesuffix("\r"))
        pending += first
        if rest:
            yield pending
            yield from rest[:-1]
            pending = rest[-1]
        pending = pending[: MAXIMUM_LINE + 1]
    if held or pending:
        yield pending


def ends_open(content: bytes, encoding: str) -> bool:
    """Whether the last line has no line end."""
    if encoding == "utf-16":
        unit = int.from_bytes(content[-2:], "little" if content.startswith(codecs.BOM_UTF16_LE) else "big")
        return unit not in (10, 13)
    return not content.endswith((b"\n", b"\r"))


def is_garbled(line: str) -> bool:
    """Whether a line holds control characters or letters that an earlier program has damaged."""
    return not (line.isascii() and line.isprintable()) and _GARBLED.search(line) is not None


def split_cells(line: str, separator: str) -> list[str] | None:
    """The cells of one line, None where a quote is not closed. Without quotes a split gives what csv gives."""
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return None


def _split(text: str) -> list[str]:
    return text.split("\n") if "\r" not in text else _LINE_ENDS.split(text)


def _candidates(content: bytes) -> tuple[str, ...]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    return ("utf-8-sig",) if content.startswith(BYTE_ORDER_MARK) else ("utf-8", "cp1252")


def _checked_pieces(content: bytes, encoding: str, allowed: Sequence[str], *, is_part: bool = False) -> Iterator[str]:
    if encoding.removesuffix("-sig") not in allowed:
        raise RefusalError("E-ENCODING")
    decoder = codecs.getincrementaldecoder(encoding)()
    is_ascii, has_text = True, False
    for start in range(0, len(content), PIECE_BYTES):
        is_last = start + PIECE_BYTES >= len(content)
        try:
            text = decoder.decode(content[start : start + PIECE_BYTES], is_last and not is_part)
        except UnicodeDecodeError as error:
            is_cut = is_last and error.reason in ("unexpected end of data", "truncated data")
            is_cut = (
                is_cut and error.end == len(error.object) and (has_text or error.object[: error.start] not in _MARKS)
            )
            if encoding == "utf-8" and is_ascii and error.object[: error.start].isascii():
                is_cut = False  # ASCII and one letter: CP1252
            raise RefusalError("E-TRUNCATED" if is_cut else "E-ENCODING") from None
        is_ascii, has_text = is_ascii and text.isascii(), has_text or text != ""
        if text:
            yield text
