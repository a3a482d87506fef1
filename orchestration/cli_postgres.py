"""Verbs of the database that BI reads: send what is published, say who reads, ask whether it is still the same.

Reads arguments, calls, prints places and counts; never the address of the database. Heavy imports stand in the verbs, as
in ``orchestration.cli``.
"""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli_console import errors, out, refuse
from orchestration.settings import settings
from orchestration.texts import say

STATES = {"loaded": "postgres_loaded", "unchanged": "postgres_unchanged", "refused": "postgres_refused"}
"""What became of a version -> the word for it."""

SOME_REFUSED, NONE_SENT, DIFFERS = 3, 4, 3

postgres = typer.Typer(help=say("help_postgres"), no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.add_typer(postgres, name="postgres")


@postgres.command("publish", help=say("help_postgres_publish"))
def send(year: Annotated[int | None, typer.Option(help=say("help_postgres_year"))] = None) -> None:
    """Load the versions that the pointers name, and let the views show them."""
    from orchestration.publication.postgres.connection import PostgresError, connected, read_url
    from orchestration.publication.postgres.readers import READER, SCHEMA
    from orchestration.publication.postgres.sink import publish

    found = settings()
    try:
        with connected(read_url(found.postgres_url_file)) as connection:
            sent = publish(connection, root=found.published, language=found.postgres_language, funding_year=year)
    except PostgresError as error:
        refuse(str(error))
    if not sent:
        out.print(say("postgres_nothing"))
        return
    for one in sent:
        to = errors if one.status == "refused" else out
        told = {"code": one.municipality_code, "year": str(one.funding_year), "publication": one.publication_id or "–"}
        to.print(say("postgres_row", **told, status=say(STATES[one.status])))
        for problem in one.problems:
            to.print(f"  {problem}")
    refused = sum(one.status == "refused" for one in sent)
    out.print(say("postgres_served", count=len(sent) - refused, schema=SCHEMA, role=READER))
    if refused:
        raise typer.Exit(NONE_SENT if refused == len(sent) else SOME_REFUSED)


@postgres.command("reader", help=say("help_postgres_reader"))
def reader(codes: Annotated[list[str], typer.Argument(help=say("help_postgres_reader_code"))]) -> None:
    """Make the role that reads one municipality's rows."""
    from orchestration.publication.postgres.connection import PostgresError, connected, read_url
    from orchestration.publication.postgres.readers import add, role_of

    try:
        with connected(read_url(settings().postgres_url_file)) as connection:
            made = {code: add(connection, code) for code in codes}
    except (PostgresError, ValueError) as error:
        refuse(str(error))
    for code, is_new in made.items():
        text = "postgres_reader_made" if is_new else "postgres_reader_stands"
        out.print(say(text, code=code, role=role_of(code)))


@postgres.command("verify", help=say("help_postgres_verify"))
def check() -> None:
    """Compare the database with the sealed versions."""
    from orchestration.publication.postgres.connection import PostgresError, connected, read_url
    from orchestration.publication.postgres.verify import verify

    found = settings()
    try:
        with connected(read_url(found.postgres_url_file)) as connection:
            problems = verify(connection, root=found.published)
    except PostgresError as error:
        refuse(str(error))
    if problems:
        errors.print(say("postgres_problems", count=len(problems)))
        for problem in problems:
            errors.print(f"  {problem}")
        raise typer.Exit(DIFFERS)
    out.print(say("postgres_whole"))
