"""Claims on the pages that people read, measured on the demonstration through ``likvard site`` and a real browser.

Belongs here: the group's claims. Does not: the tests of single pages, which read back what is read back here.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pikepdf

from bench.claim import Claim, Measured
from bench.cohort_attack import attack
from bench.homes import demo_home
from bench.site_crowd import crowd
from orchestration.report.published import Published, publications
from orchestration.resources.pages_file import read_pages
from orchestration.settings import REPOSITORY
from orchestration.site.build import Built, build_site
from orchestration.site.explorer import FORMULAS, Choice, ExploredUnit
from tests.orchestration.site.reading_back import Tables, differs, parsed, shown
from tests.orchestration.site.test_site_browser import ASK, CHROMIUM, Seen, engine
from tests.orchestration.site.test_site_documents import structure

YEAR, COPIES, MOST_CPU_SECONDS = 2027, 33, 1200.0
THRESHOLD = 10
NU_JAR = "LIKVARD_NU_JAR"
"""Where the checker's vnu.jar lies; it is no package of ours."""

MOST_CHANGED = 12
"""Pages in two languages that one school stands on: its money, its pupils, its organiser's decision, and three of all schools."""
POLICY = REPOSITORY / "policies" / "9999"


@cache
def site() -> Path:
    """The demonstration's site, built by the command."""
    done = demo_home().likvard("site", str(YEAR))
    if done.returncode:
        raise RuntimeError(done.stderr[-500:])
    (front,) = (demo_home().path / "site").glob("*/*/index.html")
    return front.parent


def published() -> Published:
    """The demonstration's publication."""
    (one,) = publications(demo_home().path / "published", funding_year=YEAR)
    return one


def html() -> list[Path]:
    """Every page of both languages."""
    return sorted(site().rglob("*.html"))


def figures() -> Measured:
    """Read every figure of every page back."""
    tables, count, wrong = Tables(published()), 0, 0
    for language in ("sv", "en"):
        for path in sorted((site() / language).rglob("*.html")):
            for one in shown(parsed(path)):
                count += 1
                wrong += differs(one, tables, language) is not None
    return Measured(f"{count} numbers on {len(html())} pages, {wrong} different", wrong == 0 and count > 5000)


def cohorts() -> Measured:
    """Attack every share of a cohort that is not told, with all numbers of pupils known."""
    counts = pd.read_parquet(next((demo_home().path / "aggregate" / "tables" / "cohort_count").rglob("*.parquet")))
    found = attack(published().table("cohort_share"), counts)
    width = found["high"] - found["low"]
    known = int((np.floor(found["high"] + 1e-6) - np.ceil(found["low"] - 1e-6) < 1).sum())
    narrow = int((width < np.minimum(THRESHOLD, found["assessed"]) - 1e-6).sum())
    told = f"{known} of {len(found)} recoverable"
    return Measured(
        f"{told}, {narrow} narrower than {THRESHOLD} pupils or the unit's own",
        not (known or narrow) and len(found) > 100,
    )


@contextmanager
def browser() -> Iterator[Seen]:
    """The system's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Seen(opened.new_page(), site())
        opened.close()


def axe() -> Measured:
    """Open every page, run axe, narrow the window, listen."""
    from axe_playwright_python.sync_playwright import Axe

    if CHROMIUM is None:
        return Measured("not measured", None, "Chromium is not on this machine")
    violations, wide = 0, 0
    with browser() as seen:
        for path in html():
            page = seen.open(str(path.relative_to(site())))
            violations += Axe().run(page).violations_count
            page.set_viewport_size({"width": 320, "height": 640})
            wide += page.evaluate("document.documentElement.scrollWidth") > 320
            page.set_viewport_size({"width": 1280, "height": 800})
        outside = [url for url in seen.requests if not url.startswith(("file:", "data:"))]
        complaints = seen.complaints
    told = (
        f"{len(html())} pages: {violations} axe violations, {len(outside)} external requests, {len(complaints)} console "
        f"messages, {wide} wider than 320 px"
    )
    return Measured(told, not (violations or outside or complaints or wide))


def syntax() -> Measured:
    """Parse every page strictly by the rules of HTML."""
    broken = 0
    for path in html():
        try:
            parsed(path)
        except Exception:  # html5lib raises an error of its own kind for each breach
            broken += 1
    return Measured(f"{len(html())} pages, {broken} with a breach of HTML's syntax", broken == 0)


def nu() -> Measured:
    """The W3C's Nu Html Checker over the whole site, where Java and its jar are at hand."""
    jar, java = os.environ.get(NU_JAR), shutil.which("java")
    if not jar or java is None:
        return Measured("not measured", None, f"{NU_JAR} names no vnu.jar, or Java is not on this machine")
    version = subprocess.run(
        [java, "-jar", jar, "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    asked = [java, "-jar", jar, "--errors-only", "--format", "json", "--stdout", "--skip-non-html", str(site())]
    found = json.loads(subprocess.run(asked, capture_output=True, text=True, check=False).stdout)["messages"]
    errors = [each for each in found if each["type"] != "info"]
    return Measured(f"{len(html())} pages, {len(errors)} errors (version {version})", not errors)


def documents() -> Measured:
    """Read tags, language, title, PDF/UA mark and the words of every picture of every PDF back."""
    whole, all_of_them = 0, sorted(site().rglob("*.pdf"))
    for path in all_of_them:
        with pikepdf.open(path) as document:
            root = document.Root
            whole += (
                bool(root.MarkInfo.Marked)
                and str(root.Lang) == path.relative_to(site()).parts[0]
                and str(document.open_metadata()["pdfuaid:part"]) == "1"
                and bool(str(document.docinfo["/Title"]))
                and len(root.StructTreeRoot.K) > 0
                and all("/Alt" in each for each in structure(root.StructTreeRoot) if str(each["/S"]) == "/Figure")
            )
    return Measured(f"{whole} of {len(all_of_them)} PDFs", whole == len(all_of_them) > 0)


def explorer() -> Measured:
    """Ask the page's own script and the engine for the same choices."""
    if CHROMIUM is None:
        return Measured("not measured", None, "Chromium is not on this machine")
    choices = [
        Choice(*each)
        for each in itertools.product(
            range(0, 301, 30), FORMULAS, (None, 2000, 7000), (None, 12000, 31000), (None, 10, 50)
        )
    ]
    with browser() as seen:
        page = seen.open("sv/explore.html")
        data = json.loads(page.locator("#data").text_content() or "")
        units = [ExploredUnit(u["code"], u["pupils"], u["index"], u["structural"], u["total"]) for u in data["units"]]
        asked = [
            {
                "pot": c.pot_permille,
                "formula": c.formula,
                "floor": c.floor_sek,
                "cap": c.cap_sek,
                "loss": c.loss_permille,
            }
            for c in choices
        ]
        answers = page.evaluate(ASK, [data["units"], asked])
    truth = [engine(units, choice) for choice in choices]
    different = sum(answer != told for answer, told in zip(answers, truth, strict=True))
    met = sum(told is not None for told in truth)
    told = f"{len(choices)} choices × {len(units)} schools, {met} that can be met: {different} different"
    return Measured(told, different == 0 and met > 100)


def _timed(publication: Published, out: Path) -> tuple[Built, float]:
    start = time.process_time()
    built = build_site(publication, out=out, municipality="Exempelkommun", pages=read_pages(POLICY))
    return built, time.process_time() - start


def thousand() -> Measured:
    """Build few and many schools in two languages; pages apart from PDFs tell the cost per school."""
    folder = Path(tempfile.mkdtemp(prefix="likvard-pages-"))
    try:
        per_school, told = [], []
        for copies in (4, COPIES):
            many = crowd(published(), folder / str(copies), copies=copies)
            schools = len(many.table("school_allocation"))
            start = time.process_time()
            build_site(
                many,
                out=folder / f"pages-{copies}",
                municipality="Exempelkommun",
                pages=read_pages(POLICY),
                with_pdf=False,
            )
            per_school.append((time.process_time() - start) / schools)
            told.append(f"{1000 * per_school[-1]:.0f} ms a school at {schools}")
        built, seconds = _timed(many, folder / "whole")
    finally:
        shutil.rmtree(folder)
    ratio = per_school[-1] / per_school[0]
    figure = f"{schools} schools, {built.pages} pages and {built.pdfs_made} PDFs in {seconds:.0f} CPU-seconds; {', '.join(told)}"
    return Measured(figure, seconds < MOST_CPU_SECONDS and ratio < 1.25 and schools >= 1000)


def changed() -> Measured:
    """Change one school's name among a thousand and build again."""
    folder = Path(tempfile.mkdtemp(prefix="likvard-pages-"))
    try:
        many = crowd(published(), folder, copies=COPIES)
        arguments = {"out": folder / "pages", "municipality": "Exempelkommun", "pages": read_pages(POLICY)}
        build_site(many, **arguments, with_pdf=False)
        for table in ("school_allocation", "dim_school_unit"):
            frame = many.table(table)
            frame.loc[frame.index[0], "school_unit_name"] = "Nya skolan"
            frame.to_parquet(many.path / "tables" / f"{table}.parquet", index=False)
        again = build_site(many, **arguments, with_pdf=False)
        naming = sum("Nya skolan" in path.read_text("utf-8") for path in again.path.rglob("*.html"))
    finally:
        shutil.rmtree(folder)
    figure = f"{again.made} of {again.pages} pages made anew, {naming} name the school"
    return Measured(figure, again.made == naming <= MOST_CHANGED)


CLAIMS = (
    Claim("pages-figures", "Every number on a page is the published one; all pages are read back.", "0 different", figures),
    Claim("pages-cohorts", "No number behind a share of a cohort that is not told can be worked out, all pupils known.", "0 recoverable, none narrower than the threshold", cohorts),
    Claim("pages-axe", "Every page in a real browser: no axe violation, nothing fetched, nothing complained of, 320 px.", "0", axe),
    Claim("pages-html", "Every page keeps HTML's syntax.", "0 breaches", syntax),
    Claim("pages-nu", "Every page and its style pass the W3C's Nu Html Checker.", "0 errors", nu),
    Claim("pages-pdf", "Every decision and memo is a tagged PDF (PDF/UA-1) with language, title and words for every picture.", "all", documents),
    Claim("pages-explorer", "The browser's krona is the engine's, for every choice tried.", "0 different", explorer),
    Claim("pages-thousand", "A thousand schools in two languages, PDFs included; a school costs the same however many there are.", f"{MOST_CPU_SECONDS:.0f} CPU-seconds, ratio below 1.25", thousand),
    Claim("pages-changed", "One changed school rebuilds only the pages it is on.", "the pages that name it, 12 at most", changed),
)  # fmt: skip
