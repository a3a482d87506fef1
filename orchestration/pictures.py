"""Pictures of specifications, drawn once: the same specification is the same picture, and drawing takes longer than reading it.

Belongs here: the picture of a specification, kept in a folder of the home. Does not: what a chart shows (``charts``).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import vl_convert as vlc

MOST_KEPT = 200
"""Pictures of some ten runs; the ones not asked for the longest go first."""


def drawn(spec: Mapping[str, Any]) -> bytes:
    """The PNG of a Vega-Lite specification."""
    return vlc.vegalite_to_png(dict(spec), scale=1.0)


def picture_of(spec: Mapping[str, Any], *, folder: Path) -> bytes:
    """The PNG of a Vega-Lite specification; read from ``folder`` where it was drawn before by the same version of the drawer."""
    asked = json.dumps([vlc.__version__, spec], sort_keys=True)
    path = folder / f"{hashlib.sha256(asked.encode()).hexdigest()}.png"
    if path.is_file():
        os.utime(path)
        return path.read_bytes()
    picture = drawn(spec)
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(picture)
    part.replace(path)
    for old in sorted(folder.glob("*.png"), key=lambda each: each.stat().st_mtime_ns, reverse=True)[MOST_KEPT:]:
        old.unlink(missing_ok=True)
    return picture
