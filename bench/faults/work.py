"""What a child of the fault server does: each function is one act of the program, with plain arguments.

Belongs here: taking deliveries in, publishing, approving, deciding, sending, paying a month, reading what is published.
Does not: Dagster, judging what came of it.
"""

from __future__ import annotations

import pickle
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import babel.dates  # noqa: F401  imported late by the program; a child would import it anew each time
import psycopg
import pyarrow.dataset  # noqa: F401
from psycopg import sql

from orchestration.intake.door import read_deliveries
from orchestration.intake.inbox import load_mapping_set, sweep
from orchestration.intake.pseudonym import demo_key
from orchestration.payments.places import Place
from orchestration.payments.prepare import prepare
from orchestration.payments.release import approve_run, release_run
from orchestration.publication import approve as approval
from orchestration.publication import manifest as manifests
from orchestration.publication.act import Person
from orchestration.publication.canonical import sort_rows
from orchestration.publication.content import arrow_sha256
from orchestration.publication.decide import decide as decide_proposal
from orchestration.publication.parquet import read_arrow
from orchestration.publication.postgres import sink, tables, views
from orchestration.publication.postgres.connection import connected
from orchestration.publication.publish import publish as publish_candidate
from orchestration.publication.seal import VERSIONS
from orchestration.publication.verify import Published, read_current, verify

ROOT = Path(__file__).resolve().parents[2]
MUNICIPALITY = "9999"
NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
OFFICIAL = Person("ove", "official", False)
READ_EACH_TIME = ("fct_allocation", "school_allocation")
"""What a reader of a crowd compares on every read; one switch must move both."""


def load(home: str) -> str:
    """Take in what lies in the inbox and read it, as the first step of a run does."""
    mappings = load_mapping_set(ROOT / "policies", municipality_codes=[MUNICIPALITY])
    sweep(Path(home), mappings=mappings, received=NOW)
    report = read_deliveries(Path(home), mappings=mappings, key=demo_key(1))
    return "refused" if report.refused else "loaded"


def publish(root: str, material: str) -> str:
    """Publish a pickled (candidate, verdict) of our own making."""
    candidate, verdict = pickle.loads(Path(material).read_bytes())
    return publish_candidate(candidate, root=Path(root), gate=verdict, actor="annika", now=NOW).status


def approve(root: str, publication_id: str, name: str) -> str:
    """One person's approval of a proposal."""
    return approval.approve(
        Path(root), municipality_code=MUNICIPALITY, publication_id=publication_id, person=Person(name, "board", False),
        actor=name, now=NOW,
    ).status  # fmt: skip


def decide(root: str, material: str) -> str:
    """Decide by a pickled (proposal, decision, ground) of our own making."""
    proposal_id, decision, ground = pickle.loads(Path(material).read_bytes())
    return decide_proposal(
        Path(root), municipality_code=MUNICIPALITY, proposal_id=proposal_id, decision=decision, ground=ground,
        person=OFFICIAL, actor=OFFICIAL.name, now=NOW,
    ).status  # fmt: skip


def roll_back(root: str, publication_id: str) -> str:
    """Let ``current`` name an older decided version again."""
    return approval.rollback(
        Path(root), municipality_code=MUNICIPALITY, publication_id=publication_id, person=OFFICIAL,
        reason="The revision was wrong.", actor=OFFICIAL.name, now=NOW,
    ).status  # fmt: skip


def no_other(publication_id: str) -> NoReturn:
    """Inputs by an earlier publication, where a year is paid by one."""
    raise LookupError(f"{publication_id}: the year is paid by one publication here")


def pay(root: str, material: str) -> str:
    """Prepare, approve twice and release the month of pickled inputs, as the command does in three calls."""
    pay_with = pickle.loads(Path(material).read_bytes())
    place = Place(Path(root), MUNICIPALITY, pay_with["inputs"].funding_year)
    done = prepare(
        place, month=pay_with["month"], inputs=pay_with["inputs"], mapping=pay_with["mapping"], municipality_name="Exempelkommun",
        earlier=no_other, actor="annika", user="annika", is_demo=False, now=NOW,
    )  # fmt: skip
    if done.status == "released" or done.run_id is None:
        return done.status
    for name in ("cecilia", "berit"):
        approve_run(place, run_id=done.run_id, person=Person(name, "board", False), actor=name, now=NOW)
    ended = release_run(
        place,
        run_id=done.run_id,
        person=OFFICIAL,
        actor=OFFICIAL.name,
        preparer_may_approve=False,
        now=NOW,
    )
    return "refused" if ended.status == "refused" else "released"


def send(root: str, url: str) -> str:
    """Send what is published to PostgreSQL, as the command does."""
    with connected(url) as connection:
        sent = sink.publish(connection, root=Path(root), language="sv")
    return ", ".join(one.status for one in sent)


def publish_on(root: str, materials: list[str], seed: int, stop: str, url: str | None = None) -> str:
    """Publish one content after the other, in an order of our own, until ``stop`` exists or somebody ends us.

    With ``url`` what is published is sent to PostgreSQL each time.
    """
    order = random.Random(seed)
    loaded = [pickle.loads(Path(material).read_bytes()) for material in materials]
    while not Path(stop).exists():
        candidate, verdict = order.choice(loaded)
        publish_candidate(candidate, root=Path(root), gate=verdict, actor="annika", now=NOW)
        if url is not None:
            send(root, url)
    return "stopped"


def read_on(root: str, code: str, year: int, contents: list[str], reads: int) -> dict[str, Any]:
    """Follow the pointer again and again; what is read each time must be one whole version of a known content.

    A version is verified in full when this reader first meets it. On each read the manifest's content, two tables by
    their logical hash, and the publication that their rows carry are compared.
    """
    bad: list[str] = []
    met: set[str] = set()
    for number in range(reads):
        try:
            found = read_current(Path(root), code, year)
            if found is None:
                bad.append(f"read {number}: nothing is published")
                continue
            if found.publication_id not in met:
                bad += verify(found.path)
                met.add(found.publication_id)
            bad += [f"read {number}: {words}" for words in _mixed(found, contents)]
        except (OSError, ValueError) as error:  # a reader that meets an error has met something torn
            bad.append(f"read {number}: {type(error).__name__} {error}")
    return {"reads": reads, "versions": len(met), "bad": bad[:5], "bad_reads": len(bad)}


def _mixed(found: Published, contents: list[str]) -> list[str]:
    manifest = found.manifest
    words = [] if manifest["content_sha256"] in contents else ["a content that nobody published"]
    for name in READ_EACH_TIME:
        promise, table = manifest["content"]["tables"][name], read_arrow(found.path / "tables" / f"{name}.parquet")
        columns = [column for column, _ in promise["columns"]]
        if arrow_sha256(sort_rows(table, promise["primary_key"]), names=columns) != promise["logical_sha256"]:
            words.append(f"{name} is not that of its manifest")
        if table["publication_id"].unique().to_pylist() != [found.publication_id]:
            words.append(f"{name} has rows of another publication")
    return words


def read_views_on(root: str, url: str, code: str, year: int, contents: list[str], reads: int) -> dict[str, Any]:
    """Ask the views of PostgreSQL again and again, each time in one transaction, as a login that may only read.

    What they show must be, cell by cell, the sealed version that they name, of a known content: every table when this
    reader first meets the version, two tables on each read.
    """
    bad: list[str] = []
    met: set[str] = set()
    with psycopg.connect(url, autocommit=True) as connection:
        for number in range(reads):
            try:
                with connection.transaction():
                    words = _mixed_views(connection, Path(root) / code / str(year) / VERSIONS, contents, met)
            except (OSError, ValueError, psycopg.Error) as error:  # a reader that is stopped has met the switch
                words = [f"{type(error).__name__} {error}"]
            bad += [f"read {number}: {one}" for one in words]
    return {"reads": reads, "versions": len(met), "bad": bad[:5], "bad_reads": len(bad)}


def _mixed_views(connection: psycopg.Connection, versions: Path, contents: list[str], met: set[str]) -> list[str]:
    shown = connection.execute(f"SELECT publication_id FROM {views.SCHEMA}.dim_publication").fetchall()
    if len(shown) != 1:
        return [f"{len(shown)} publications are shown"]
    ((publication_id,),) = shown
    manifest = manifests.load(versions / publication_id)
    words = [] if manifest["content_sha256"] in contents else ["a content that nobody published"]
    promises = manifest["content"]["tables"]
    for name in READ_EACH_TIME if publication_id in met else sorted(promises):
        if (
            tables.content_sha256(connection, schema=views.SCHEMA, table=name, promise=promises[name])
            != (promises[name]["logical_sha256"])
        ):
            words.append(f"{name} is not that of {publication_id}")
        named = sql.SQL("SELECT DISTINCT publication_id FROM {}").format(sql.Identifier(views.SCHEMA, name))
        if not {one for (one,) in connection.execute(named).fetchall()} <= {publication_id}:
            words.append(f"{name} has rows of another publication")
    met.add(publication_id)
    return words
