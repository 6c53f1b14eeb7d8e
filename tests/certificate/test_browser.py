"""The certificate's page in a browser: on a wide screen and on a phone, in light, in dark and in print."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reference.formulas.notation import formulas
from tests.suite.traceability import rows

PAGE = (Path(__file__).parents[2] / "docs" / "certificate.html").as_uri()
QUIET = "no-sandbox disable-gpu disable-background-networking disable-quic no-first-run disable-component-update"
BOXES = "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.right, box.width, box.height])"
CLIPPED = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.outerHTML.slice(0, 200))"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or pytest.fail("expected Debian's chromium on the PATH, found none")
    with sync_playwright() as playwright:
        options = [f"--{option}" for option in [*QUIET.split(), "disable-sync"]]
        chromium = playwright.chromium.launch(executable_path=path, args=options)
        yield chromium
        chromium.close()


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], ids=str)
def opened(browser: Any, request: pytest.FixtureRequest) -> Iterator[tuple[Any, list[str]]]:
    """The page, and all that it said or asked for."""
    width, scheme = request.param
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("request", lambda asked: seen.append(asked.url))
    page.goto(PAGE)
    yield page, seen
    page.close()


def test_it_says_nothing_and_asks_for_nothing_else(opened: tuple[Any, list[str]]) -> None:
    assert opened[1] == [PAGE]


def test_it_is_as_wide_as_the_screen(opened: tuple[Any, list[str]]) -> None:
    page, _ = opened
    for details in (False, True):  # with all details closed, and open
        page.eval_on_selector_all("details", f"all => all.forEach(one => one.open = {str(details).lower()})")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.eval_on_selector_all("td, tbody th, dd, p, pre", CLIPPED) == []


def test_every_formula_can_be_seen(opened: tuple[Any, list[str]]) -> None:
    page, _ = opened
    boxes = page.eval_on_selector_all("math, math > mrow", BOXES)
    labels = {label for row in rows() for label in row.labels}
    assert page.locator("math").count() == len(formulas().keys() & labels)
    assert all(left >= 0 and right <= page.viewport_size["width"] for left, right, *_ in boxes)
    assert all(width > 0 and height > 0 for *_, width, height in boxes)


def test_the_text_stands_out(opened: tuple[Any, list[str]]) -> None:
    """A contrast of 4.5 at least, as the Web Content Accessibility Guidelines ask of text (1.4.3)."""
    page, _ = opened
    background = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    colours = page.eval_on_selector_all("body *", "all => [...new Set(all.map(one => getComputedStyle(one).color))]")
    assert len(colours) >= 4
    for colour in colours:
        light, dark = sorted([luminance(colour), background], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour


def luminance(colour: str) -> float:
    """Of rgb(r, g, b), as the guidelines define it."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_it_prints_on_paper(browser: Any) -> None:
    page = browser.new_page(viewport={"width": 718, "height": 1000}, color_scheme="dark")  # A4 without its margins
    page.emulate_media(media="print")
    page.goto(PAGE)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) == 1
    page.close()
