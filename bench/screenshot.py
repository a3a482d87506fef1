"""``make screenshot``: pictures for the docs, taken from a running webserver by a real browser.

Belongs here: starting the UI on a demonstration, opening pages, saving PNG. Does not: any product code.
The browser is the system's Chromium; LIKVARD_CHROMIUM names it where it is not ``chromium`` on the path.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.homes import Home, demo_home, forget

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1680, "height": 1050}
TALL = {"width": 1680, "height": 1320}
"""For the lineage, which is higher than a screen."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def webserver(home: Home) -> Iterator[str]:
    """The Dagster webserver on a home; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "LIKVARD_HOME": str(home.path),
        "DAGSTER_HOME": str(home.path / "dagster"),
        "DO_NOT_TRACK": "1",
    }
    command = [
        str(Path(sys.executable).parent / "dagster-webserver"),
        "-w",
        "workspace.yaml",
        "-p",
        str(port),
        "-h",
        "127.0.0.1",
    ]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/server_info", timeout=2)
                break
            except OSError:
                time.sleep(1)
        else:
            raise RuntimeError("the webserver did not answer within two minutes")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def chromium() -> str:
    """The system's browser. Raises RuntimeError, with what to do, where there is none."""
    found = os.environ.get("LIKVARD_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise RuntimeError("no Chromium on this machine: install the package chromium, or set LIKVARD_CHROMIUM")
    return found


def take(address: str) -> None:
    """Open the pages and save them."""
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        for name, path, opened in PAGES:
            page.goto(address + path)
            page.wait_for_timeout(DRAW_MS)
            page.set_viewport_size(TALL if opened == SELECTION else SIZE)
            if opened == SELECTION:
                page.mouse.click(900, 80)  # the search box is drawn by an editor that hides its text from a locator
                page.keyboard.type(SELECTION)
                page.keyboard.press("Enter")
                page.wait_for_timeout(DRAW_MS)
                page.mouse.click(900, 800)
                page.keyboard.press("Alt+KeyE")
                page.wait_for_timeout(DRAW_MS)
                page.reload()  # what is open stays open, and the picture is fitted to the window again
                page.wait_for_timeout(DRAW_MS)
            elif opened is not None:
                page.get_by_text(opened).last.click()
                page.wait_for_timeout(DRAW_MS)
            page.screenshot(path=str(PICTURES / f"{name}.png"))
            print(PICTURES / f"{name}.png")
        browser.close()


SELECTION = 'key:"marts/*" or group:"need" or group:"allocation" or group:"publication"'
"""What the lineage picture shows: from the marts on, without the inner steps of SQL."""

PAGES = (
    ("groups", "/asset-groups", None),
    ("lineage", "/asset-groups", SELECTION),
    ("need_index", "/assets/need/fct_need_index?view=overview", "Show Markdown"),
    ("allocation", "/assets/allocation/school_allocation?view=overview", "Show Markdown"),
    ("checks", "/assets/need/fct_need_index?view=checks", None),
)
"""Picture name, path in the UI, and what is opened on the page before the picture is taken."""

DRAW_MS = 7_000
"""How long a page may take to draw itself."""


def main() -> None:
    """Run the demonstration, start the webserver, take the pictures."""
    try:
        with webserver(demo_home()) as address:
            take(address)
    finally:
        forget()


if __name__ == "__main__":
    main()
