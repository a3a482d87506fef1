"""Alerts reach a real mail server and a real web server, once per finding, and hold counts, rule ids and a link only."""

from __future__ import annotations

import json

import pytest

from orchestration.operations.alerts import message_of, tell
from orchestration.operations.channels import AlertError, post_card, send_email
from orchestration.operations.finding import KINDS, Finding
from orchestration.operations.settings_file import Alerts, Email, Teams, read_operations
from orchestration.resources.policy_text import PolicyError
from orchestration.settings import REPOSITORY, Settings, settings

REFUSED = Finding("gate_refused", "9999/2027", {"rules": "Q-SHARE-001 (3)"})
DISK = Finding("disk", "home", {"percent": 3, "least": 20, "free_gb": 1})
NOTE = Finding("at_work", "home")
LINK = "https://likvard.example.se"
SIGNATURE = "sig=5e1f"


@pytest.fixture
def alerts(mail_server, flow, secret) -> Alerts:
    """Both channels, to the two servers of the test."""
    email = {"host": "127.0.0.1", "port": mail_server.port, "security": "none"}
    email |= {"sender": "likvard@example.se", "recipients": ["a@example.se", "b@example.se"]}
    teams = {"url_file": str(secret("flow", f"http://127.0.0.1:{flow.port}/hook?{SIGNATURE}"))}
    return Alerts.model_validate({"link": LINK, "email": email, "teams": teams})


def test_a_finding_is_told_once_by_each_channel_and_again_when_it_comes_back(
    found: Settings, alerts: Alerts, mail_server, flow, now
):
    def told(*findings: Finding, is_all: bool = True) -> dict[str, int]:
        telling = tell(found, findings, alerts=alerts, now=now, is_all=is_all)
        assert telling.failures == ()
        return dict(telling.told)

    assert told(REFUSED, DISK, NOTE) == {"email": 2, "teams": 2}
    assert told(REFUSED, DISK) == {}
    assert told(DISK, is_all=False) == {}, "one sensor's findings are not all there are"
    assert told(DISK) == {}
    assert told(REFUSED, DISK) == {"email": 1, "teams": 1}, "it had been away"
    assert (len(mail_server.mails), len(flow.bodies)) == (2, 2)
    mail = mail_server.mails[0]
    assert mail["To"] == "a@example.se, b@example.se"
    assert mail["Subject"] == "likvard: 2 warning"
    text = mail.get_payload(decode=True).decode()
    assert "gate_refused" in text
    assert "Q-SHARE-001 (3)" in text
    assert LINK in text
    assert "at_work" not in text
    card = json.loads(flow.bodies[0])["attachments"][0]["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open", "url": LINK}]
    assert any("gate\\_refused" in block["text"] for block in card["body"])
    assert flow.paths[0] == f"/hook?{SIGNATURE}"


def test_a_channel_that_fails_keeps_its_news_and_does_not_hold_up_the_other(
    found: Settings, alerts: Alerts, mail_server, flow, now
):
    flow.answers.append(400)
    telling = tell(found, [DISK], alerts=alerts, now=now, is_all=True)
    assert dict(telling.told) == {"email": 1}
    assert telling.failures == ("teams: the flow answered 400; nothing was posted",)
    again = tell(found, [DISK], alerts=alerts, now=now, is_all=True)
    assert dict(again.told) == {"teams": 1}
    assert len(mail_server.mails) == 1


def test_a_flow_that_is_busy_is_asked_again(alerts: Alerts, flow):
    flow.answers.append(503)
    assert alerts.teams is not None
    post_card(message_of([DISK], link=None), alerts.teams)
    assert len(flow.bodies) == 2


def test_errors_of_a_channel_hold_no_secret(alerts: Alerts, secret, flow, now):
    address = f"http://127.0.0.1:1/hook?{SIGNATURE}"
    with pytest.raises(AlertError) as failed:
        post_card(message_of([DISK], link=None), Teams(url_file=str(secret("closed", address))))
    assert SIGNATURE not in str(failed.value)
    assert failed.value.__cause__ is None
    with pytest.raises(AlertError, match="everybody can read"):
        post_card(message_of([DISK], link=None), Teams(url_file=str(secret("open", address, mode=0o444))))
    assert flow.bodies == []


def test_a_server_without_starttls_gets_neither_password_nor_mail(mail_server, secret, now):
    to = Email(
        host="127.0.0.1",
        port=mail_server.port,
        user="likvard",
        password_file=str(secret("password", "hemligt")),
        sender="likvard@example.se",
        recipients=["a@example.se"],
    )
    with pytest.raises(AlertError, match="email: SMTPNotSupportedError"):
        send_email(message_of([DISK], link=None), to, now=now)
    assert mail_server.mails == []


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_finding_has_its_words(code: str, language: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIKVARD_LANGUAGE", language)
    settings.cache_clear()
    names = ("count", "problem", "target", "mode", "fingerprint", "expected", "event", "line", "percent", "least")
    names += (
        "free_gb",
        "job",
        "hours",
        "tables",
        "due",
        "publication",
        "recorded",
        "oldest",
        "rules",
        "count_date",
        "registered_by",
    )
    finding = Finding(code, "here", dict.fromkeys(names, "7"))
    assert "{" not in finding.what + finding.to_do
    assert finding.what != finding.to_do


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("disk_free_share: 1.2\n", 1, "less than 1"),
        ("run_hours: 6\nrun_hour: 6\n", 2, "unknown key; did you mean run_hours"),
        ("plan:\n  - pointer: proposed\n    due: '02-30'\n    municipalities: ['9999']\n", 3, "no day of every year"),
        ("alerts:\n  email:\n    host: h\n    security: none\n    user: u\n    password_file: p\n    sender: s\n"
         "    recipients: [r]\n", 2, "over an open line"),
    ],
)  # fmt: skip
def test_a_fault_in_the_file_is_told_with_its_line(tmp_path, text: str, line: int, words: str):
    path = tmp_path / "operations.yml"
    path.write_text(text)
    with pytest.raises(PolicyError, match=words) as fault:
        read_operations(path)
    assert f"operations.yml:{line}:" in str(fault.value)


def test_the_example_of_the_repository_can_be_read():
    operations = read_operations(REPOSITORY / "deploy" / "operations.yml")
    assert operations.alerts.email is not None
    assert operations.alerts.teams is not None
    assert {due.pointer for due in operations.plan} == {"proposed", "current"}
