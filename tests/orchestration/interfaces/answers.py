"""A local server that answers as Skolverket and Kolada do, or as it is told to stumble. Nothing here leaves the machine."""

import gzip
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

Asked = dict[str, str]
Route = Callable[[Asked], object]

MISSING = object()


@dataclass
class Replay:
    """The server: `routes` (path -> what to answer), `stumbles` (kinds, used up in order), `asked` (what came in)."""

    url: str = ""
    routes: dict[str, Route] = field(default_factory=dict)
    stumbles: list[str] = field(default_factory=list)
    asked: list[tuple[str, Asked, dict[str, str]]] = field(default_factory=list)

    def says(self, path: str, body: object) -> None:
        """Answer `path` with a JSON body, or with what a function of the query gives."""
        self.routes[path] = body if callable(body) else lambda _: body


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    replay: Replay

    def log_message(self, *_: object) -> None:
        """Silent."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.replay.asked.append((parts.path.lstrip("/"), query, dict(self.headers)))
        if self.replay.stumbles and (stumble := self.replay.stumbles.pop(0)) != "well":
            self._stumble(stumble)
            return
        route = self.replay.routes.get(parts.path.lstrip("/"))
        body = MISSING if route is None else route(query)
        self._send(404 if body is MISSING else 200, b"{}" if body is MISSING else json.dumps(body).encode())

    def _stumble(self, kind: str) -> None:
        whole = json.dumps({"values": ["x" * 2_000]}).encode()
        if kind.isdigit() or kind.startswith("429:"):
            headers = {"Retry-After": kind[4:]} if ":" in kind else {}
            self._send(int(kind[:3]), b"{}", headers | ({"Location": "/elsewhere"} if kind[0] == "3" else {}))
        elif kind == "half":
            self._send(200, whole, {"Content-Length": str(len(whole) * 2)}, close=True)
        elif kind == "half chunked":
            self._head(200, {"Transfer-Encoding": "chunked"})
            self.wfile.write(b"400\r\n" + whole[:100])
            self.close_connection = True
        elif kind == "half JSON":
            self._send(200, whole[:-5])
        elif kind == "web page":
            self._send(200, b"<html>maintenance</html>")
        elif kind == "hang up":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif kind == "slow":
            time.sleep(0.6)
            self.close_connection = True
        elif kind == "drip":
            self._head(200, {"Content-Length": "100000"})
            try:
                for _ in range(400):  # twenty seconds, were nobody to hang up
                    self.wfile.write(b" " * 10)
                    time.sleep(0.05)
            except OSError:
                pass  # the client had enough, which is what the test asks of it
            self.close_connection = True
        elif kind == "huge":
            self._send(200, b" " * 300_000, close=True)
        elif kind == "huge when unpacked":
            self._send(200, gzip.compress(b" " * 5_000_000), {"Content-Encoding": "gzip"}, close=True)
        else:
            raise ValueError(kind)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None, *, close: bool = False) -> None:
        try:
            self._head(status, {"Content-Length": str(len(content))} | (headers or {}))
            self.wfile.write(content)
        except OSError:
            close = True  # the client hung up
        self.close_connection = self.close_connection or close


PLANNED = "planned-educations/v4/school-units"


def unit(code: str, *, municipality: str = "9999", **other: object) -> dict[str, object]:
    """An invented unit as the list and the details show it."""
    return {
        "code": code,
        "name": f"Påhittade skolan {code[-2:]}",
        "geographicalAreaCode": municipality,
        "typeOfSchooling": [{"code": "fsk", "schoolYears": ["0"]}, {"code": "gr", "schoolYears": ["2", "1", "10"]}],
        "principalOrganizerType": "Kommunal",
        "organisationRegistryNumber": "212000-0134",
        "corporationName": "EXEMPELKOMMUN",
        "wgs84_Lat": "0",
        "contactInfo": {"email": "rektor@skola.invalid", "telephone": "08-123 45 67"},
        "abroadSchool": False,
        "_links": {"self": {"href": "https://elsewhere.invalid/v3"}},
    } | other


def figure(value: str | None, kind: str = "EXISTS", year: str | None = "2024/25") -> dict[str, str | None]:
    """A published figure."""
    return {"value": value, "valueType": kind, "timePeriod": year}


def statistics(code: str, **metrics: object) -> dict[str, object]:
    """A statistics answer, with the things around the figures that the real ones have."""
    links = {"self": {"href": f"https://api.skolverket.se/planned-educations/v3/school-units/{code}/statistics/gr"}}
    return {
        "status": "OK",
        "message": "Success",
        "body": {"schoolUnit": code, "docLinks": None, "_links": links} | metrics,
    }


def offer(replay: Replay, units: list[dict[str, object]], *, size: int = 50, total: int | None = None) -> None:
    """Let the server list units on pages of `size`, and give each its details; statistics are added by the test."""

    def page(query: Asked) -> object:
        number = int(query["page"])
        shown = units[number * size : (number + 1) * size]
        pages = max(-(-len(units) // size), 1)
        about = {
            "number": number,
            "size": size,
            "totalElements": len(units) if total is None else total,
            "totalPages": pages,
        }
        return {"status": "OK", "body": {"_embedded": {"listedSchoolUnits": shown}, "page": about}}

    replay.says(PLANNED, page)
    for item in units:
        replay.says(f"{PLANNED}/{item['code']}", {"status": "OK", "body": item})
