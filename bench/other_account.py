"""A function called as another account of the machine, in a process of its own: what that account may and may not do.

Belongs here: becoming somebody else, safely, and what a neighbour tries. Does not: what must come of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from orchestration.operations.hosting import Account, Place

ZONES = ("restricted", "pseudonymised", "aggregate", "published")


def called_as(account: Account, function: Callable[[], Any]) -> Any:
    """What ``function`` returns (as JSON) when ``account`` calls it, with its own group and no others. Only root can.

    Raises RuntimeError where the function did not end well there.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            with os.fdopen(writing, "w") as told:
                json.dump(function(), told)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as heard:
        text = heard.read()
    if os.waitpid(child, 0)[1] != 0:
        raise RuntimeError(f"the call as {account.name} did not end well")
    return json.loads(text)


def attempts(of: Place) -> dict[str, Callable[[], object]]:
    """What a neighbour on the machine tries at a place: listing, writing, taking, replacing, becoming its owner."""
    folder, keys = of.folder, of.key_file.parent
    home = folder / "home"
    tries: dict[str, Callable[[], object]] = {
        "list the places": lambda: os.listdir(folder.parent),
        "make a place": (folder.parent / "0781").mkdir,
        "put another in its place": lambda: folder.rename(folder.with_name("old")),
        "open the place": lambda: folder.chmod(0o777),
        "give it away": lambda: os.chown(folder, os.getuid(), os.getgid()),
        "become its owner": lambda: os.setuid(folder.stat().st_uid),
        "read the key": of.key_file.read_bytes,
        "read the settings": of.environment.read_text,
        "take the key away": lambda: of.key_file.rename(folder.parent / "taken"),
        "put another key": lambda: (keys / "pupils").write_bytes(bytes(32)),
    }
    for place in (folder, home, keys, folder / "policies", folder / "backup", *(home / zone for zone in ZONES)):
        tries[f"list {place}"] = lambda place=place: os.listdir(place)
        tries[f"write in {place}"] = lambda place=place: (place / "mine").write_text("")
    return tries


def attempts_at(files: Iterator[Path]) -> dict[str, Callable[[], object]]:
    """Reading, changing, linking and removing each file, whose path is known."""
    tries: dict[str, Callable[[], object]] = {}
    for path in files:
        tries |= {
            f"read {path}": lambda path=path: path.open("rb").close(),
            f"change {path}": lambda path=path: path.open("ab").close(),
            f"link {path}": lambda path=path: os.link(path, f"/tmp/likvard-linked-{os.getpid()}"),
            f"remove {path}": path.unlink,
        }
    return tries


def succeeded(tries: dict[str, Callable[[], object]]) -> list[str]:
    """The attempts that were not denied. Any other error than a denial is one of them: something was reached."""
    done = []
    for name, attempt in tries.items():
        try:
            attempt()
        except PermissionError:
            continue
        except OSError as error:
            done.append(f"{name}: {type(error).__name__}")
            continue
        done.append(name)
    return done
