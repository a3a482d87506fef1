"""Pages in a real browser: no axe violation, nothing fetched, nothing complained of, 320 pixels, keyboard; and the krona of
the explorer is the engine's.

Without Chromium these skip with a reason; a machine that promises it has no reason to.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from models_py.errors import AllocationError
from orchestration.site.explorer import FORMULAS, Choice, ExploredUnit, explore
from tests.orchestration.site.conftest import Site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
KINDS = (
    "sv/index.html", "sv/schools/99990001.html", "sv/organisers/x1.html", "sv/explore.html", "en/memo.html", "sv/pupils.html",
    "en/pupils/99990001.html",
)  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Seen:
    """A page of the browser, what it asked for and what it complained of."""

    def __init__(self, page: Page, root: Path) -> None:
        self.page, self.root = page, root
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, name: str) -> Page:
        self.page.goto((self.root / name).as_uri())
        return self.page


@pytest.fixture(scope="module")
def seen(site: Site) -> Iterator[Seen]:
    if CHROMIUM is None:
        if os.environ.get("LIKVARD_CI"):
            pytest.fail("Chromium is not on this machine, and here it must be")
        pytest.skip("Chromium is not on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Seen(browser.new_page(), site.built.path)
        browser.close()


@pytest.mark.parametrize("name", KINDS)
def test_a_page_of_each_kind_has_no_axe_violation_fetches_nothing_and_fits_320_pixels(seen: Seen, name: str):
    page = seen.open(name)
    found = Axe().run(page)
    assert [violation["id"] for violation in found.response["violations"]] == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 800})
    assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []
    assert seen.complaints == []


def test_axe_finds_a_picture_without_words(seen: Seen):
    page = seen.open("sv/index.html")
    page.evaluate("document.querySelector('svg.chart').removeAttribute('aria-label')")
    assert "svg-img-alt" in [violation["id"] for violation in Axe().run(page).response["violations"]]


def test_the_first_tab_leads_past_the_menu(seen: Seen):
    page = seen.open("sv/index.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def units_of(page: Page) -> list[ExploredUnit]:
    data = json.loads(page.locator("#data").text_content() or "")
    return [
        ExploredUnit(unit["code"], unit["pupils"], unit["index"], unit["structural"], unit["total"])
        for unit in data["units"]
    ]


def engine(units: list[ExploredUnit], choice: Choice) -> list[int] | None:
    try:
        return list(explore(units, choice).values())
    except AllocationError:
        return None


ASK = """([units, choices]) => choices.map(choice => {
  const found = likvard.explore(units, choice, 80);
  return found.problem ? null : found.amounts.map(Number);
})"""


def test_the_browser_says_the_same_krona_as_the_engine_for_hundreds_of_choices(seen: Seen):
    page = seen.open("sv/explore.html")
    seeded = random.Random(2027)
    crowd = [
        ExploredUnit(
            f"{code:08d}",
            seeded.randint(5, 600),
            seeded.choice([72.5, 100.0, seeded.uniform(30, 260)]),
            pot,
            pot + rest,
        )
        for code, pot, rest in (
            (n, seeded.randint(0, 9_000_000), seeded.randint(400_000, 60_000_000)) for n in range(40)
        )
    ]
    choices = [
        Choice(pot, formula, floor, cap, loss)
        for pot, formula, floor, cap, loss in itertools.product(
            (0, 35, 120, 299), FORMULAS, (None, 2500), (None, 9000, 31000), (None, 10, 60)
        )
    ]
    agreed = []
    for units in (units_of(page), crowd):
        told = [
            {"code": u.code, "pupils": u.pupils, "index": u.index, "structural": u.structural_sek, "total": u.total_sek}
            for u in units
        ]
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
        answers = page.evaluate(ASK, [told, asked])
        truth = [engine(units, choice) for choice in choices]
        assert [c for c, a, t in zip(choices, answers, truth, strict=True) if a != t] == []
        agreed.append(sum(answer is not None for answer in truth))
    assert min(agreed) > 60
    assert max(agreed) < len(choices), "some choices cannot be met, and both say so"


def test_moving_a_control_by_keyboard_changes_every_schools_krona_as_the_engine_says(seen: Seen):
    page = seen.open("sv/explore.html")
    units = units_of(page)
    page.locator("#pot").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.locator("input[value=threshold]").check()
    start = round(float(page.locator("#pot").input_value()) * 10)
    shown = [
        int(value)
        for value in page.eval_on_selector_all("#amounts tbody tr", "rows => rows.map(r => r.dataset.kronor)")
    ]
    assert shown == engine(units, Choice(start, "threshold"))
    page.locator("#cap").fill("1")
    assert page.locator("#problem").text_content() != ""
    assert page.locator("#sum").text_content() == "–"
