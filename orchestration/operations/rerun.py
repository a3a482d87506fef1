"""A publication made again from its kept deliveries, in a home of its own, and compared with what was published.

Belongs here: choosing what was there then, the scratch home, starting the run in it. Does not: comparing (``sameness``).
The deliveries, ledgers and earlier publications are those of the time before it was published; the program and the
policies are today's. That is the question before an upgrade: would this program still say the same?
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models_py.errors import LikvardError
from orchestration.intake.key_ledger import ledger_path
from orchestration.intake.store import Delivery, DeliveryStore
from orchestration.intake.zones import create_zones
from orchestration.publication import ledger as ledgers
from orchestration.publication import manifest as manifests
from orchestration.publication.pointer import CURRENT, PROPOSED, pointed, swap
from orchestration.publication.seal import LAYOUT_NAME, VERSIONS
from orchestration.publication.verify import verify
from orchestration.settings import REPOSITORY, Settings

COMMAND = "from orchestration.cli import main; main()"
PUBLISHED = (0, 3)
"""Exit codes of a run after which something was published."""


class RerunError(LikvardError):
    """A publication that cannot be made again; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The publication that is made again."""

    municipality_code: str
    funding_year: int
    publication_id: str
    path: Path
    manifest: dict[str, Any]


def subject_of(found: Settings, *, municipality_code: str, funding_year: int, publication_id: str | None) -> Subject:
    """The publication of that name, or the one that ``current`` names, or else ``proposed``.

    Raises RerunError where there is none or where it does not verify: it would be compared with something else.
    """
    folder = found.published / municipality_code / str(funding_year)
    named = publication_id or pointed(folder, pointer=CURRENT) or pointed(folder, pointer=PROPOSED)
    if named is None or not (folder / VERSIONS / named).is_dir():
        raise RerunError(f"{municipality_code} {funding_year}: no such publication; `likvard status` lists them")
    path = folder / VERSIONS / named
    if problems := verify(path):
        raise RerunError(f"{named} does not verify: {problems[0]}. `likvard doctor` says more")
    return Subject(municipality_code, funding_year, named, path, manifests.load(path))


def run_again(found: Settings, subject: Subject, *, scratch: Path) -> Path:
    """Make ``subject`` again in the empty folder ``scratch`` and return the new version's folder.

    Raises RerunError where a delivery is gone (purged, say) and where today's program publishes nothing.
    """
    published = _line_of(found, subject)
    _bring_deliveries(found, subject, before=datetime.fromisoformat(published["time"]), scratch=scratch)
    _bring_earlier(found, subject, line=published["line"], scratch=scratch)
    environment = {name: value for name, value in os.environ.items() if name != "LIKVARD_OPEN_DATA"}
    environment |= {
        "LIKVARD_HOME": str(scratch),
        "LIKVARD_POLICIES": str(found.policies),
        "LIKVARD_LANGUAGE": found.language,
        "LIKVARD_DAGSTER_YAML": str(REPOSITORY / "dagster.yaml"),  # a history of its own, never the installation's
        "LIKVARD_FUNDING_YEARS": json.dumps(sorted({*found.funding_years, subject.funding_year})),
    }
    arguments = ["run", str(subject.funding_year), "--municipality", subject.municipality_code]
    if subject.manifest["recorded"].get("policy", {}).get("name") == "default":
        arguments += ["--policy", "default"]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    folder = scratch / "published" / subject.municipality_code / str(subject.funding_year)
    made = pointed(folder, pointer=PROPOSED) if folder.is_dir() else None
    if done.returncode not in PUBLISHED or made is None:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise RerunError(
            f"{subject.publication_id} could not be made again: the run ended with {done.returncode}: {' '.join(words[-4:])}"
        )
    return folder / VERSIONS / made


def _line_of(found: Settings, subject: Subject) -> dict[str, Any]:
    """The ledger line that first published this content: a decided publication has that of its proposal."""
    ledger = ledgers.read(found.published / subject.municipality_code / ledgers.NAME)
    content = subject.manifest["content_sha256"]
    lines = [
        line
        for line in ledger.entries
        if line.get("event") == "published"
        and line.get("content_sha256") == content
        and line.get("funding_year") == subject.funding_year
    ]
    if not lines:
        raise RerunError(f"{subject.publication_id}: no ledger line published it; `likvard doctor` says more")
    return lines[0]


def _bring_deliveries(found: Settings, subject: Subject, *, before: datetime, scratch: Path) -> None:
    """Deliveries and corrections received until then, with the fingerprints and successions that read them."""
    create_zones(scratch)
    store = DeliveryStore(found.home)
    there = [item for item in store.everything() if datetime.fromisoformat(item.received) <= before]
    by_id = {item.delivery_id: item for item in there}
    stated = subject.manifest["recorded"]["inputs"]
    gone = [line["delivery_id"] for line in stated if not _is_whole(store, by_id.get(line["delivery_id"]))]
    if gone:
        raise RerunError(
            f"{subject.publication_id}: {len(gone)} of {len(stated)} deliveries are gone or altered ({', '.join(gone[:3])}); "
            "they may have been purged by rule. Put the restricted zone back from a backup, or check a later publication"
        )
    for item in there:
        for path in store.path(item.sha256).parent.glob(f"{item.sha256}*"):
            if path.suffix != ".json" or path.name == f"{item.sha256}.{item.slug}.json":
                _copy(path, scratch / path.relative_to(found.home))
    for path in (ledger_path(found.home), found.demo_marker, *sorted((found.restricted / "id_succession").glob("*"))):
        if path.is_file():
            _copy(path, scratch / path.relative_to(found.home))


def _is_whole(store: DeliveryStore, item: Delivery | None) -> bool:
    if item is None or not store.path(item.sha256).is_file():
        return False
    return hashlib.sha256(store.path(item.sha256).read_bytes()).hexdigest() == item.sha256


def _bring_earlier(found: Settings, subject: Subject, *, line: int, scratch: Path) -> None:
    """The municipality's publications from before that ledger line, so that the run meets what it met then."""
    own = found.published / subject.municipality_code
    entries = ledgers.read(own / ledgers.NAME).entries[: line - 1]
    if not entries:
        return
    target = scratch / "published" / subject.municipality_code
    _copy(found.published / LAYOUT_NAME, scratch / "published" / LAYOUT_NAME)
    target.mkdir(mode=0o755)
    lines = (own / ledgers.NAME).read_bytes().split(b"\n")[: line - 1]
    (target / ledgers.NAME).write_bytes(b"".join(each + b"\n" for each in lines))
    for entry in entries:
        if entry.get("event") != "published":
            continue
        year, name = str(entry["funding_year"]), entry["publication_id"]
        if not (target / year / VERSIONS / name).exists():
            shutil.copytree(own / year / VERSIONS / name, target / year / VERSIONS / name)
        swap(target / year, pointer=entry.get("pointer", PROPOSED), publication_id=name)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy2(source, target)
