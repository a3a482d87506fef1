"""The verb of the pages: build the site of what is published.

Reads arguments, calls, prints. Heavy imports stand in the verb, as in ``orchestration.cli``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_console import UNEXPECTED, errors, out, refuse
from orchestration.settings import settings
from orchestration.texts import say


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("site", help=say("help_site"))(site)


def site(
    year: Annotated[int, typer.Argument(help=say("help_year"))],
    municipality: Annotated[str | None, typer.Option(help=say("help_publication_municipality"))] = None,
    folder: Annotated[Path | None, typer.Option("--out", help=say("help_site_out"))] = None,
    no_pdf: Annotated[bool, typer.Option("--no-pdf", help=say("help_site_no_pdf"))] = False,
) -> None:
    """Build pages for head teachers, organisers and the board, in Swedish and English."""
    from orchestration.home import HomeInUseError, alone_in
    from orchestration.resources.policy_text import PolicyError
    from orchestration.site.pdf import PdfLibraryError
    from orchestration.sites import build_sites

    found = settings()
    if not found.published.is_dir():
        refuse(say("no_publication", year=str(year), folder=str(found.published)))
    try:
        with alone_in(found):
            built = build_sites(
                found, funding_year=year, municipality_code=municipality, out=folder, with_pdf=not no_pdf
            )
    except HomeInUseError as error:
        errors.print(say("another_run", home=str(error)))
        raise typer.Exit(UNEXPECTED) from None
    except (PolicyError, PdfLibraryError) as error:
        refuse(str(error))
    if not built:
        refuse(say("no_publication", year=str(year), folder=str(found.published)))
    for one in built:
        out.print(say("site_built", pages=one.pages, made=one.made, kept=one.kept, pdfs=one.pdfs_made + one.pdfs_kept))
        out.print(say("site_open", path=str(one.path / "index.html")))
