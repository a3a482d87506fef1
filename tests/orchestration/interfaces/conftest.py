"""A local server for the tests of the interfaces, with invented answers and with the real ones. Nothing leaves the machine."""

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.orchestration.interfaces.answers import MISSING, PLANNED, Handler, Replay


@pytest.fixture(autouse=True)
def _only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other address than the loopback one is an error, and no proxy stands between."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        assert isinstance(address, tuple)
        assert address[0] in ("127.0.0.1", "::1"), f"a test reached for {address[0]}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


class Server(ThreadingHTTPServer):
    """A server that does not mind when its client, or the test itself, cuts the line."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@pytest.fixture
def replay() -> Iterator[Replay]:
    """A running server without routes."""
    told = Replay()
    handler = type("Handler", (Handler,), {"replay": told})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def open_data() -> Path:
    """Folder with the real files; the tests that need them skip where this machine has none."""
    folder = os.environ.get("LIKVARD_OPEN_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("LIKVARD_OPEN_DATA is not set, or no folder: Skolverket's real answers are not on this machine")
    return Path(folder)


@pytest.fixture
def real(replay: Replay, open_data: Path) -> Replay:
    """The server with every real answer: unit lists by municipality and page, details, statistics, the compact list."""
    lists: dict[tuple[str, str], object] = {}
    for path in sorted((open_data / "skolverket_api_gr_v4" / "raw").glob("*.json")):
        kept = json.loads(path.read_text("utf-8"))
        parts = urlsplit(kept["url"])
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if "geographicalAreaCode" in query:
            lists[query["geographicalAreaCode"], query["page"]] = kept["json"]
        else:
            replay.says(parts.path.lstrip("/"), kept["json"])
    replay.says(PLANNED, lambda query: lists.get((query["geographicalAreaCode"], query["page"]), MISSING))
    return replay
