"""Asking an open interface: one question at a time, not too fast, again when it stumbles, never for ever.

Belongs here: attempts, waits, time and size limits, JSON. Does not: what an answer means. Transport is `requests`, which
Dagster brings along anyway and which heeds the proxy and certificate settings of a municipality's network; the attempts
are counted here, since they must also cover a body that breaks off, drips or is no JSON.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Self
from urllib.parse import urlencode

import requests
from urllib3.exceptions import HTTPError, InvalidHeader, ReadTimeoutError
from urllib3.util.retry import Retry

from orchestration.intake.interfaces.errors import InterfaceError

_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Pace:
    """How an interface is asked. Seconds, attempts and bytes; the defaults are gentle to a public service."""

    requests_per_second: float = 4.0
    attempts: int = 5
    first_wait: float = 1.0  # doubled after each attempt, unless the answer says how long
    longest_wait: float = 60.0
    connect_seconds: float = 10.0
    silence_seconds: float = 30.0  # between two pieces of an answer
    whole_seconds: float = 120.0  # of one answer, so that one that drips comes to an end
    maximum_bytes: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what was asked, the status (200, or 404 where that was allowed) and the JSON (None for 404)."""

    url: str
    status: int
    body: Any


class _Stumbled(Exception):
    """An attempt that failed in a way that may pass; `wait` is what the interface asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.wait = reason, wait


class Client:
    """Asks one interface. Use it in a `with`; `clock` and `sleep` are seconds."""

    def __init__(
        self,
        base_url: str,
        *,
        accept: str = "application/json",
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.questions = 0
        """Questions answered so far."""
        self._pace, self._clock, self._sleep = pace or Pace(), clock, sleep
        self._next_at = 0.0
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": _user_agent(), "Accept": accept, "Accept-Language": "sv"})
        self._session.auth = lambda request: request  # nothing to log in to: a .netrc is none of its business

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(self, path: str, *, may_be_missing: bool = False, **parameters: str | int) -> Answer:
        """Ask for `path` below the base URL; `may_be_missing` takes 404 for an answer.

        Raises `InterfaceError`: A-UNREACHABLE when every attempt stumbled, A-STATUS, A-REDIRECT, A-SIZE.
        """
        url = f"{self.base_url}/{path}" + (f"?{urlencode(parameters, safe=',')}" if parameters else "")
        wait, reason = self._pace.first_wait, ""
        for attempt in range(self._pace.attempts):
            if attempt:
                self._sleep(min(wait, self._pace.longest_wait))
                wait *= 2
            self._keep_pace()
            try:
                answer = self._attempt(url, may_be_missing)
            except _Stumbled as stumbled:
                reason = stumbled.reason
                if stumbled.wait is not None:
                    wait = max(wait, stumbled.wait)
                continue
            self.questions += 1
            return answer
        raise InterfaceError("A-UNREACHABLE", url=url, attempts=self._pace.attempts, reason=reason)

    def _attempt(self, url: str, may_be_missing: bool) -> Answer:
        pace = self._pace
        try:
            with self._session.get(
                url, timeout=(pace.connect_seconds, pace.silence_seconds), stream=True, allow_redirects=False
            ) as response:
                if response.status_code in _WORTH_ANOTHER_TRY:
                    raise _Stumbled(f"error {response.status_code}", _asked_wait(response.headers))
                if response.status_code == 404 and may_be_missing:
                    return Answer(url, 404, None)
                if 300 <= response.status_code < 400:
                    raise InterfaceError("A-REDIRECT", url=url, place=response.headers.get("Location", "?"))
                if response.status_code != 200:
                    raise InterfaceError("A-STATUS", url=url, status=response.status_code)
                content = self._body(response, url)
        except requests.exceptions.SSLError:
            raise InterfaceError("A-UNREACHABLE", url=url, attempts=1, reason="certificate") from None
        except (requests.exceptions.Timeout, ReadTimeoutError):
            raise _Stumbled("no answer in time") from None
        except (requests.exceptions.RequestException, HTTPError) as error:
            raise _Stumbled(type(error).__name__) from None
        try:
            return Answer(url, 200, json.loads(content))
        except ValueError:
            raise _Stumbled("the answer is not whole JSON") from None

    def _body(self, response: requests.Response, url: str) -> bytes:
        ends_at = self._clock() + self._pace.whole_seconds
        content = bytearray()
        while piece := response.raw.read1(_PIECE, decode_content=True):  # what has come, not what would fill a piece
            content += piece
            if len(content) > self._pace.maximum_bytes:
                raise InterfaceError("A-SIZE", url=url, limit=self._pace.maximum_bytes)
            if self._clock() > ends_at:
                raise _Stumbled("the answer drips")
        announced = response.headers.get("Content-Length")
        if announced is not None and "Content-Encoding" not in response.headers and len(content) < int(announced):
            raise _Stumbled("half an answer")
        return bytes(content)

    def _keep_pace(self) -> None:
        now = self._clock()
        if now < self._next_at:
            self._sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / self._pace.requests_per_second


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds, whether it is a number or a date; None when absent or garbled."""
    text = headers.get("Retry-After")
    try:
        return None if text is None else Retry().parse_retry_after(text)
    except (InvalidHeader, ValueError, OverflowError):  # the other side's mistake; the usual wait does
        return None


def _user_agent() -> str:
    try:
        version = metadata.version("likvard")
    except metadata.PackageNotFoundError:
        version = "0"
    return f"likvard/{version} (school funding; open statistics, a few questions a year)"
