"""A home with two publications of one municipality, whole and ready to be damaged; a mail server, a web server."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from aiosmtpd.controller import Controller

sys.path.insert(0, str(Path(__file__).parents[1] / "publication"))
from candidates import NOW, candidate, release

from orchestration.intake.zones import create_zones
from orchestration.operations.settings_file import Operations
from orchestration.settings import REPOSITORY, Settings, settings


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of this machine, and no proxy on the way to its own servers."""
    for name in [name for name in os.environ if name.startswith("LIKVARD_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def whole_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Published twice; tests work in copies."""
    home = tmp_path_factory.mktemp("whole") / "home"
    create_zones(home)
    for seed in (0, 1):
        assert release(candidate(units=2, seed=seed), home / "published").status == "published"
    record = home / "aggregate" / "tables" / "publication_outcome" / "funding_year=2027.json"
    record.parent.mkdir(parents=True, mode=0o750)
    record.write_text('{"municipalities": [{"municipality_code": "9999", "status": "published", "reasons": []}]}')
    record.chmod(0o640)
    for folder in (record.parent, record.parent.parent):
        folder.chmod(0o750)
    return home


@pytest.fixture
def found(whole_home: Path, tmp_path: Path) -> Settings:
    """Settings of a home of one's own, and of policies."""
    shutil.copytree(whole_home, tmp_path / "home", symlinks=True)
    shutil.copytree(REPOSITORY / "policies" / "default", tmp_path / "policies" / "default")
    return Settings(home=tmp_path / "home", policies=tmp_path / "policies")


@pytest.fixture
def enough_disk() -> Operations:
    """Limits under which a full disk of the machine that tests is no finding."""
    return Operations.model_validate({"disk_free_share": 0})


@pytest.fixture
def now():
    return NOW


@dataclass
class Post:
    """What a server received."""

    mails: list[Message] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: object, session: object, envelope) -> str:  # the name is aiosmtpd's
        self.mails.append(BytesParser().parsebytes(envelope.content))
        return "250 taken"


@pytest.fixture
def mail_server() -> Iterator[Post]:
    """A real SMTP server on the loopback address."""
    post = Post()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        post.port = free.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=post.port)
    controller.start()
    yield post
    controller.stop()


@pytest.fixture
def flow() -> Iterator[Post]:
    """A real HTTP server that takes posts; it answers with ``answers`` in turn, then with 202."""
    post = Post()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is http.server's
            post.paths.append(self.path)
            post.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(post.answers.pop(0) if post.answers else 202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing: the test asserts on what was posted."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    post.port = server.server_address[1]
    yield post
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def secret(tmp_path: Path) -> Callable[..., Path]:
    """Writes one line to a file that only its owner reads."""

    def make(name: str, text: str, mode: int = 0o400) -> Path:
        path = tmp_path / name
        path.write_text(text)
        path.chmod(mode)
        return path

    return make
