"""Answers as one delivery: JSON lines of what was asked and what may be kept of the answer, in the order asked.

A line holds address, status and body, and no time, so that the same answers are the same content. The side-car says who
sent them (the interface's address), when and for which day. They lie in the store beside the files that people deliver.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from orchestration.intake.interfaces.clean import refuse_identities
from orchestration.intake.interfaces.client import Answer
from orchestration.intake.interfaces.errors import InterfaceError
from orchestration.intake.store import DeliveryStore, Receipt


def content_of(answers: Iterable[Answer], *, reference: date) -> bytes:
    """Cleaned answers as bytes to keep.

    Raises A-IDENTITY for a text that holds an identity, as judged on a day, and A-SHAPE for letters that are none.
    """
    lines = []
    for answer in answers:
        refuse_identities(answer.body, url=answer.url, reference=reference)
        record = {"url": answer.url, "status": answer.status, "body": answer.body}
        try:
            lines.append(json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        except UnicodeEncodeError:
            raise InterfaceError("A-SHAPE", url=answer.url, what="garbled letters") from None
    return b"".join(lines)


def keep(
    content: bytes, *, home: Path, source: str, municipality_code: str, sender: str, received: datetime
) -> Receipt:
    """Keep the bytes as a delivery for the day of `received`. The caller holds the lock of the home."""
    day = received.date().isoformat()
    return DeliveryStore(home).put(
        content,
        source=source,
        municipality_code=municipality_code,
        period=day,
        file_name=f"{source}_{municipality_code}_{day}.jsonl",
        sender=sender,
        received=received,
    )


def answers_in(content: bytes) -> tuple[Answer, ...]:
    """The answers of a kept delivery."""
    return tuple(Answer(**json.loads(line)) for line in content.decode().splitlines())
