"""Sending one message: by e-mail, or as a card to a Teams channel.

Belongs here: the two ways out, their limits and their errors. Does not: what is told, or whether it is news (``alerts``).
"""

from __future__ import annotations

import os
import smtplib
import ssl
import stat
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from orchestration.operations.settings_file import Email, Teams

SECONDS = 20
RETRY = Retry(
    total=2, backoff_factor=1, status_forcelist=(429, 502, 503, 504), allowed_methods={"POST"}, raise_on_status=False
)


class AlertError(RuntimeError):
    """A message did not go out. Names the channel and the kind of error, never an address, password or signature."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is told: a subject, one line per finding, and where to look."""

    subject: str
    lines: tuple[str, ...]
    link: str | None
    link_title: str

    @property
    def text(self) -> str:
        """The message as plain text."""
        return "\n".join([*self.lines, *(["", f"{self.link_title}: {self.link}"] if self.link else []), ""])


def send_email(message: Message, to: Email, *, now: datetime) -> None:
    """Send by SMTP. Raises AlertError where the server cannot be reached, trusted or persuaded."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = message.subject, to.sender, ", ".join(to.recipients)
    mail["Date"], mail["Auto-Submitted"] = format_datetime(now), "auto-generated"
    mail.set_content(message.text)
    trust = ssl.create_default_context()
    try:
        if to.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(to.host, to.port, timeout=SECONDS, context=trust)
        else:
            server = smtplib.SMTP(to.host, to.port, timeout=SECONDS)
        with server:
            if to.security == "starttls":
                server.starttls(context=trust)
            if to.user is not None and to.password_file is not None:
                server.login(to.user, read_secret(Path(to.password_file)))
            refused = server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise AlertError(f"email: {type(error).__name__}; nothing was sent") from None
    if refused:
        raise AlertError(f"email: the server took the message, but not for {len(refused)} of {len(to.recipients)}")


def post_card(message: Message, to: Teams) -> None:
    """Post an adaptive card to a Power Automate flow. Raises AlertError for anything but a 2xx answer.

    The address is a secret: it holds the signature that lets anyone post.
    """
    address = read_secret(Path(to.url_file))
    try:
        with requests.Session() as session:
            session.mount("https://", HTTPAdapter(max_retries=RETRY))
            session.mount("http://", HTTPAdapter(max_retries=RETRY))
            session.auth = lambda request: request  # the address is the credential; a .netrc is none of its business
            answer = session.post(address, json=card(message), timeout=SECONDS, allow_redirects=False)
    except requests.exceptions.RequestException as error:
        raise AlertError(f"teams: {type(error).__name__}; nothing was posted") from None
    if not 200 <= answer.status_code < 300:
        raise AlertError(f"teams: the flow answered {answer.status_code}; nothing was posted")


def card(message: Message) -> dict[str, Any]:
    """The body that a flow "when a Teams webhook request is received" takes: one adaptive card 1.4."""
    body = [{"type": "TextBlock", "text": message.subject, "weight": "Bolder", "size": "Medium", "wrap": True}]
    body += [{"type": "TextBlock", "text": _plain(line), "wrap": True, "spacing": "Small"} for line in message.lines]
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if message.link:
        content["actions"] = [{"type": "Action.OpenUrl", "title": message.link_title, "url": message.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def read_secret(path: Path) -> str:
    """One line of text from a file that others cannot read. Raises AlertError, naming the file only.

    A relative path is one of the service's credentials: in ``$CREDENTIALS_DIRECTORY`` (systemd) or ``/run/secrets``.
    """
    path = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/run/secrets")) / path
    if not path.is_file():
        raise AlertError(f"{path.name}: there is no such file of a secret")
    if stat.S_IMODE(path.stat().st_mode) & 0o007:
        raise AlertError(f"{path.name}: everybody can read this secret; run `chmod o= {path.name}`")
    text = path.read_text("utf-8").strip()
    if not text or "\n" in text:
        raise AlertError(f"{path.name}: a secret is one line of text")
    return text


def _plain(line: str) -> str:
    """Text of a card is Markdown; these signs would be taken for it."""
    return "".join(f"\\{sign}" if sign in "*_[]`" else sign for sign in line)
