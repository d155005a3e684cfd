"""The web book in Chromium: every page, its links, its pictures, its contrast, on a screen and on a phone."""

import json
import shutil
import subprocess
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from book.build import EDITIONS, html, pages
from helpers import ROOT, python, serve
from tools.translate import NAMES

pytestmark = pytest.mark.browser

HTML = ROOT / "build" / "book" / "html"
PAGES = [
    (html(edition) / f"{name}.html").relative_to(HTML).as_posix()
    for edition in EDITIONS
    for name in ["index", "search", *(NAMES[path] for path in pages(edition))]
]
AXE = "4.14.1"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa"],
    "rules": {name: {"enabled": True} for name in ("heading-order", "page-has-heading-one", "empty-heading")},
}


class Elements(HTMLParser):
    """The ids and the links of a page, and what it loads by itself."""

    def __init__(self, html: str):
        super().__init__()
        self.ids, self.links, self.loads = set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.add(attributes.get("id"))
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag == "link" and attributes.get("rel") not in ("next", "prev", "search", "index", "canonical"):
            self.loads.append(attributes["href"])
        elif attributes.get("src"):
            self.loads.append(attributes["src"])


@pytest.fixture(scope="session")
def book():
    """The built book, served; yields its address."""
    build = python("-m", "book.build")
    assert build.returncode == 0, build.stderr
    with serve(HTML) as address:
        yield f"{address}/"


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, installed below build/."""
    folder = ROOT / "build" / "npm"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        assert shutil.which("npm"), "The accessibility test needs npm: install Node.js."
        command = ["npm", "install", "--silent", "--prefix", str(folder), f"axe-core@{AXE}"]
        subprocess.run(command, check=True)
    return script.read_text(encoding="utf-8")


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    yield page
    page.close()


def test_every_link_and_anchor_inside_the_book_works_and_nothing_is_loaded_from_elsewhere(book):
    elements = {
        file.relative_to(HTML).as_posix(): Elements(file.read_text("utf-8")) for file in HTML.rglob("*.html")
    }
    assert set(PAGES) <= set(elements)
    checked = 0
    for name, found in elements.items():
        assert all(not urlsplit(address).netloc for address in found.loads), (name, found.loads)
        for link in found.links:
            target = urlsplit(urljoin(f"/{name}", link))
            if target.scheme or target.netloc:
                continue
            file, anchor = unquote(target.path).lstrip("/"), unquote(target.fragment)
            assert (HTML / file).is_file(), (name, link)
            assert not anchor or anchor in elements[file].ids, (name, link)
            checked += 1
    assert checked > 1000


@pytest.mark.parametrize("name", PAGES)
def test_page(book, page, axe, name):
    errors, requests = [], []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.on("response", lambda response: response.ok or errors.append(response.url))
    page.on("requestfailed", lambda request: errors.append(request.url))
    page.goto(book + name)
    page.wait_for_load_state("networkidle")
    assert errors == []
    assert all(request.startswith((book, "data:")) for request in requests), requests
    texts = page.eval_on_selector_all("article img", "images => images.map(image => image.alt)")
    assert all(len(text.removeprefix("Figure.")) > 10 for text in texts), texts

    page.evaluate(axe)
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        page.wait_for_timeout(300)  # colours fade from one to the other
        found = page.evaluate(f"axe.run(document, {json.dumps(RULES)})")["violations"]
        told = [(v["id"], n["target"], n["failureSummary"]) for v in found for n in v["nodes"]]
        assert told == [], f"{theme}: {told}"

    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_search_finds_a_lesson(book, page):
    page.goto(book + "search.html?q=momentum")
    page.get_by_role("link", name="08 · Choose an optimizer", exact=True).first.wait_for()


def test_search_finds_a_chinese_word(book, page):
    page.goto(book + "zh/search.html?q=笔记本")
    page.get_by_role("link", name="00 · 从这里开始", exact=True).first.wait_for()


def test_the_switch_leads_to_the_other_language_and_back(book, page):
    page.goto(book + "00_start_here.html")
    page.get_by_role("link", name="中文", exact=True).click()
    page.get_by_role("heading", name="从这里开始").wait_for()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.get_by_role("link", name="English", exact=True).click()
    page.get_by_role("heading", name="Start here").wait_for()


def test_exercises_are_folded_and_open_with_the_keyboard(book, page):
    page.goto(book + "01_tensors.html")
    folded = page.locator("main details", has_text="Your turn").first
    assert not folded.evaluate("details => details.open")
    assert not folded.locator("pre").first.is_visible()
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    folded.locator("pre").first.wait_for()


def test_previous_and_next(book, page):
    page.goto(book + "02_autograd.html")
    assert page.locator("a.right-next").get_attribute("href") == "03_first_model.html"
    assert page.locator("a.left-prev").get_attribute("href") == "01_tensors.html"
