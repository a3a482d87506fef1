"""Telling people what is new: each finding once per channel, and again when it has been away.

Belongs here: which findings are news, the words of the message, what has been told. Does not: sending (``channels``),
finding (``doctor``). A message holds counts, rule ids, places in the home and a link; never a value of a pupil.
"""

from __future__ import annotations

import fcntl
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from orchestration.intake.writing import write_bytes
from orchestration.operations.channels import AlertError, Message, post_card, send_email
from orchestration.operations.finding import SEVERITIES, Finding, in_order
from orchestration.operations.settings_file import Alerts
from orchestration.settings import Settings
from orchestration.texts import say

MOST_LINES = 20
SEVERITY_WORDS = {"critical": "severity_critical", "warning": "severity_warning", "info": "severity_info"}

Told = dict[str, dict[str, str]]
"""Channel -> fingerprint of a finding -> when it was told."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What came of telling: new findings per channel that took them, and what went wrong with the others."""

    told: Mapping[str, int]
    failures: tuple[str, ...]


def tell(found: Settings, findings: Sequence[Finding], *, alerts: Alerts, now: datetime, is_all: bool) -> Telling:
    """Send what each channel has not been told. ``is_all``: these are all findings there are, so that one which is no
    longer among them is told anew when it comes back.

    A channel that fails keeps its news for the next time and does not hold up the other.
    """
    news = in_order([finding for finding in findings if finding.is_news_to_tell])
    done: dict[str, int] = {}
    failures: list[str] = []
    with _memory(found) as memory:
        for channel, send in _channels(alerts, now=now).items():
            known = memory.setdefault(channel, {})
            if is_all:
                for gone in known.keys() - {finding.fingerprint for finding in news}:
                    del known[gone]
            fresh = [finding for finding in news if finding.fingerprint not in known]
            if not fresh:
                continue
            try:
                send(message_of(fresh, link=alerts.link))
            except AlertError as error:
                failures.append(str(error))
                continue
            known |= {finding.fingerprint: now.isoformat(timespec="seconds") for finding in fresh}
            done[channel] = len(fresh)
    return Telling(done, tuple(failures))


def message_of(findings: Sequence[Finding], *, link: str | None) -> Message:
    """The words for these findings, in the language of the settings."""
    counts = Counter(finding.severity for finding in findings)
    told = ", ".join(f"{counts[s]} {say(SEVERITY_WORDS[s])}" for s in SEVERITIES if counts[s])
    lines = [f"{say(SEVERITY_WORDS[f.severity])} · {f.code} · {f.what}" for f in findings[:MOST_LINES]]
    if len(findings) > MOST_LINES:
        lines.append(say("alert_more", count=len(findings) - MOST_LINES))
    return Message(say("alert_subject", found=told), tuple(lines), link, say("alert_link"))


def _channels(alerts: Alerts, *, now: datetime) -> dict[str, Callable[[Message], None]]:
    email, teams = alerts.email, alerts.teams
    ways: dict[str, Callable[[Message], None]] = {}
    if email is not None:
        ways["email"] = lambda message: send_email(message, email, now=now)
    if teams is not None:
        ways["teams"] = lambda message: post_card(message, teams)
    return ways


@contextmanager
def _memory(found: Settings) -> Iterator[Told]:
    """What has been told, written back at the end; one teller at a time, since two would both find everything new."""
    folder = found.dagster_home
    folder.mkdir(mode=0o750, exist_ok=True)
    with (folder / ".alerts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / "alerts_told.json"
        memory: Told = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        try:
            yield memory
        finally:
            content = json.dumps(memory, indent=1, sort_keys=True).encode()
            write_bytes(path, content, mode=0o640, folder_mode=0o750)
