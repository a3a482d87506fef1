"""strace as the hand that kills or fails: one system call, at one occurrence, in a child that is already running.

Belongs here: attaching, injecting, reading a trace. Does not: which points are worth trying, what must hold after.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.faults.server import GO, SAID
from orchestration.publication.seal import STAGING, VERSIONS

ROOT = Path(__file__).resolve().parents[2]
WATCHED = (
    "openat,write,pwrite64,fsync,fdatasync,ftruncate,fchmod,fchmodat,chmod,mkdir,rename,renameat,renameat2,"
    "symlink,symlinkat,unlink,unlinkat,rmdir,flock"
)
_CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")
_READS = re.compile(r"O_RDONLY")


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """One system call of the working thread: its name and the how manieth of that name it is, from 1.

    ``staged``: it writes below a folder that no reader looks into until it is renamed.
    """

    call: str
    occurrence: int
    changes: bool
    staged: bool = False

    def killed(self) -> str:
        """Injection that ends the process with SIGKILL as it enters the call."""
        return f"{self.call}:signal=SIGKILL:when={self.occurrence}"

    def failing(self, error: str) -> str:
        """Injection that lets the call fail with ``error`` without doing anything."""
        return f"{self.call}:error={error}:when={self.occurrence}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: what it said (None when it was killed before it could), its number, its trace where one was asked."""

    said: dict[str, Any] | None
    number: int
    trace: tuple[str, ...] = ()


class Workers:
    """The fault server and its children."""

    def __init__(self) -> None:
        environment = {
            "PYTHONHASHSEED": "0",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "PATH": "/usr/bin:/bin",
        }
        self._server = subprocess.Popen(
            [sys.executable, "-m", "bench.faults.server"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, folder: Path, do: str, *, inject: str | None = None, watch: bool = False, **given: str) -> Ended:
        """One act in a child, alone, with one injection or none; ``folder`` is fresh and holds nothing of the program's."""
        number = self.start(folder, do, wait=True, **given)
        tracer, trace = None, folder / "trace"
        if inject or watch:
            what = [f"--inject={inject}", f"--trace={inject.split(':')[0]}"] if inject else [f"--trace={WATCHED}"]
            tracer = subprocess.Popen(["strace", "-f", "-qq", "-y", "-s0", *what, "-o", str(trace), "-p", str(number)])
            _until_traced(number, tracer)
        self.release(folder)
        self._answer()  # "ended"
        if tracer is not None:
            tracer.wait(timeout=60)
        said = folder / SAID
        told = json.loads(said.read_text("utf-8")) if said.is_file() else None
        return Ended(told, number, tuple(trace.read_text("utf-8").splitlines()) if trace.is_file() else ())

    def start(self, folder: Path, do: str, *, wait: bool = False, **given: Any) -> int:
        """Begin an act; the child waits until it is released. Returns its process number."""
        job = {"do": do, "folder": str(folder), "with": given, "wait": wait}
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        return int(self._answer())

    @staticmethod
    def release(folder: Path) -> None:
        """Let a child that was begun go on."""
        with (folder / GO).open("wb") as gate:
            gate.write(b"\n")

    def close(self) -> None:
        """End the server; its input ends, so it goes by itself."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(timeout=60)
        self._server.stdout.close()

    def _answer(self) -> str:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        if not line:
            raise RuntimeError(f"the fault server ended with {self._server.wait()}")
        return line.strip()


@contextmanager
def workers() -> Iterator[Workers]:
    """A fault server that is ended afterwards."""
    serving = Workers()
    try:
        yield serving
    finally:
        serving.close()


def missing() -> str | None:
    """Why no system call can be injected on this machine; None where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"strace may not trace here: {done.stderr.strip()[:200]}"


def points(ended: Ended, *, below: Path) -> tuple[Point, ...]:
    """The calls of a watched child's own thread that name something below ``below``, in order; each is counted among
    all calls of its name, as the injection counts them."""
    seen: Counter[str] = Counter()
    found = []
    for line in ended.trace:
        match = _CALL.match(line)
        if match is None or int(match[1]) != ended.number:
            continue
        seen[match[2]] += 1
        if str(below) in match[3]:
            changes = not (match[2] == "flock" or (match[2] == "openat" and _READS.search(match[3])))
            staged = changes and f"/{STAGING}/" in match[3] and f"/{VERSIONS}/" not in match[3]
            found.append(Point(match[2], seen[match[2]], changes, staged))
    return tuple(found)


def _until_traced(number: int, tracer: subprocess.Popen[bytes]) -> None:
    status = Path(f"/proc/{number}/status")
    for _ in range(2000):
        if "TracerPid:\t0\n" not in status.read_text():
            return
        if tracer.poll() is not None:
            raise RuntimeError(f"strace ended with {tracer.returncode} before it traced")
        time.sleep(0.005)
    raise RuntimeError("strace did not attach within ten seconds")
