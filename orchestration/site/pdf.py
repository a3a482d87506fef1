"""Accessible PDF of a page: tagged (PDF/UA-1), with language, title and a fixed identity.

Belongs here: handing HTML to WeasyPrint. Does not: content, layout (the style's print part).
WeasyPrint rather than a browser: it claims and writes PDF/UA-1, gives the same bytes for the same page, and needs no browser
on the machine that publishes.
"""

from __future__ import annotations

import hashlib
import logging
import re

VARIANT = "pdf/ua-1"
_LIBRARY = "weasyprint"
_RULE = re.compile(r"^(\.chart [^{]+)\{([^}]*)\}", re.MULTILINE)
_VARIABLE = re.compile(r"(--[a-z-]+):([^;}]+)")
_PICTURE = re.compile(r'<svg class="chart"[^>]*aria-label="([^"]*)"[^>]*>')
_WORDS = 'text{font:11.5px "Liberation Sans",Arial,sans-serif}'
_LINK = re.compile(r' href="(?!mailto:|#)[^"]*"')


class PdfLibraryError(RuntimeError):
    """WeasyPrint, or a library of the system that it stands on, is not on this machine."""


def pdf_of(html: str) -> bytes:
    """The page as PDF. Links to other pages are left out, since a PDF is sent without them.

    Raises PdfLibraryError when WeasyPrint cannot be loaded.
    """
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise PdfLibraryError(
            f"no PDF can be written here; install Pango (libpangoft2-1.0-0) or leave PDF out with --no-pdf: {error}"
        ) from error
    logging.getLogger(_LIBRARY).setLevel(logging.ERROR)  # what of the screen's style a PDF has no use for
    text = pictures_with_style(_LINK.sub("", html))
    identity = hashlib.sha256(text.encode()).hexdigest()[:32].encode()
    return weasyprint.HTML(string=text).write_pdf(pdf_variant=VARIANT, pdf_identifier=identity, pdf_tags=True)


def pictures_with_style(html: str) -> str:
    """The page's rules for pictures and its own words inside every picture.

    WeasyPrint gives a picture no style of the page around it, and takes its text alternative from its title alone.
    """
    variables = dict(_VARIABLE.findall(html[: html.find("</style>")]))
    rules = [f"{where.replace('.chart ', '')}{{{what}}}" for where, what in _RULE.findall(html)]
    told = _WORDS + "".join(rules)
    for name, value in variables.items():
        told = told.replace(f"var({name})", value)
    return _PICTURE.sub(lambda found: f"{found[0]}<title>{found[1]}</title><style>{told}</style>", html)
