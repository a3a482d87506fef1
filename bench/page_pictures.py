"""Pictures of the pages for the docs, taken of the demonstration's site by a real browser.

Belongs here: which pages, how large, saving PNG. Does not: the pages; pictures of the UI (``bench.screenshot``).
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.homes import demo_home, forget
from bench.screenshot import FLAGS, PICTURES, chromium

YEAR = "2027"
WIDE, NARROW = {"width": 1000, "height": 1000}, {"width": 320, "height": 900}
PAGES = (
    ("page_start", "sv/index.html", WIDE),
    ("page_school", "sv/schools/99990002.html", WIDE),
    ("page_school_narrow", "sv/schools/99990002.html", NARROW),
    ("page_decision", "sv/organisers/9990000060.html", WIDE),
    ("page_explore", "sv/explore.html", WIDE),
    ("page_forms", "sv/forms.html#board", WIDE),
    ("page_pupils", "sv/pupils.html#cohorts", WIDE),
    ("page_pupils_school", "sv/pupils/99990001.html#added", WIDE),
)
"""Picture name, page with the place that is scrolled to, window."""


def take(site: Path) -> None:
    """Open the pages and save what the window shows."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name, path, size in PAGES:
            page = browser.new_page(viewport=size, reduced_motion="reduce")  # at its place, not on the way there
            file, _, place = path.partition("#")
            page.goto(f"{(site / file).as_uri()}#{place}")
            if name == "page_explore":
                page.locator("input[value=power_15]").check()
            page.screenshot(path=str(PICTURES / f"{name}.png"))
            print(PICTURES / f"{name}.png")
        browser.close()


def main() -> None:
    """Of the site whose folder is given, or of a demonstration made for it."""
    if len(sys.argv) > 1:
        take(Path(sys.argv[1]))
        return
    try:
        home = demo_home()
        home.likvard("site", YEAR, "--no-pdf")
        (front,) = (home.path / "site").glob("*/*/index.html")
        take(front.parent)
    finally:
        forget()


if __name__ == "__main__":
    main()
