"""The pages that the web book is made from. The built book is tested in tests/browser/test_book.py."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from book.build import EDITIONS, ENGLISH, alt_text, elsewhere, front, links, page, pages
from helpers import ROOT, code_cells, python
from tools.notebooks import LESSONS, english
from tools.publish import project
from tools.translate import NAMES

PAGES = [(path, edition) for edition in EDITIONS for path in pages(edition)]
every_page = pytest.mark.parametrize(
    ("path", "edition"), PAGES, ids=[f"{edition.language}/{NAMES[path]}" for path, edition in PAGES]
)


@every_page
def test_each_picture_is_described_and_each_exercise_folded(path, edition):
    exercises = 0
    for cell in code_cells(page(path, edition)):
        has_check = "course_utils.check(" in cell.source
        exercises += has_check
        assert ("hide-cell" in cell.metadata.tags) == has_check
        if any("image/png" in output.get("data", {}) for output in cell.outputs):
            alt = cell.metadata.mystnb["image"]["alt"]
            least = 30 if edition is ENGLISH else 10
            assert least < len(alt) < 500 and not set("*`$[]") & set(alt), alt
    assert exercises or path.name.startswith("00") or path.parent.name == "further"


@every_page
def test_a_page_begins_with_its_title_and_shows_no_widget_as_code(path, edition):
    notebook = page(path, edition)
    assert notebook.cells[0].source.startswith("# ")
    texts = [o.get("data", {}).get("text/plain", "") for cell in code_cells(notebook) for o in cell.outputs]
    assert not any("Slider(" in text or "Dropdown(" in text for text in texts)
    if path.name.startswith("00"):
        assert edition.say("[Here the notebook has something to move: open the lesson to try it.]") in texts


def test_a_description_is_made_of_the_sentences_around_the_figure():
    cells = [
        new_markdown_cell("Long ago. The **loss** of [both](x.ipynb), on the same axis:"),
        new_code_cell("plt.show()"),
        new_markdown_cell("It falls. Then it rises.\n\n## Next"),
    ]
    assert alt_text(cells, 1, english) == "Figure. The loss of both, on the same axis. It falls."
    cells[0].source, cells[2].source = "很久以前。两者的**损失**，画在一起：", "它下降。然后上升。"
    assert alt_text(cells, 1, english) == "Figure. 两者的损失，画在一起。它下降。"


def test_links_to_files_outside_the_book(monkeypatch):
    text = "[a](01_tensors.ipynb) [b](https://pytorch.org) [c](../hubconf.py) ![d](pictures/x.png)"
    monkeypatch.setattr("book.build.address", lambda: None)
    assert links(text, LESSONS[0], ENGLISH) == text.replace("[c](../hubconf.py)", "c")
    monkeypatch.setattr("book.build.address", lambda: "https://github.com/ada/engine")
    there = f"[c](https://github.com/ada/engine/blob/v{project()['version']}/hubconf.py)"
    assert links(text, LESSONS[0], ENGLISH) == text.replace("[c](../hubconf.py)", there)


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.language)
def test_the_front_page_is_the_readme_with_every_page_in_its_contents(edition):
    text = front(edition)
    assert "<!--" not in text and "badge.svg" not in text and "](notebooks/" not in text
    for path in pages(edition):
        assert f"\n{NAMES[path]}\n" in text
        assert path not in LESSONS or f"]({path.name})" in text


def test_the_switch_leads_to_the_same_page_and_back():
    assert ("zh/00_start_here.html", "zh-CN", "中文") in elsewhere("en", "00_start_here")
    assert ("../../further/01_memory.html", "en", "English") in elsewhere("zh_CN", "further/01_memory")
    assert ("../index.html", "en", "English") in elsewhere("zh_CN", "index")


def test_html_of_a_lesson_does_not_run(tmp_path):
    """In the Markdown, in a formula or in an output, by any way that leads to the page."""
    pytest.importorskip("myst_nb", reason="needs the packages of the book")
    evil = "<script>evil()</script>"
    markdown = (
        f"# A\n\n<kbd>Shift</kbd> {evil} <b onclick='evil()'>b</b> <!-- not seen --> $\\text{{{evil}}}$\n\n"
        f"{evil}\n\n<!-- {evil} -->\n\n```{{raw}} html\n{evil}\n```\n\n[a](javascript:evil())\n"
    )
    kinds = ("text/html", "text/markdown", "application/javascript", "text/latex")
    outputs = [new_output("display_data", {kind: evil, "text/plain": evil}) for kind in kinds]
    cells = [new_markdown_cell(markdown), new_code_cell("1", outputs=outputs, execution_count=1)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "index.ipynb")
    python("-m", "sphinx", "-q", "-c", ROOT / "book", tmp_path, tmp_path / "html", check=True)
    html = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert "<kbd>Shift</kbd>" in html and "not seen" not in html
    assert "&lt;script&gt;evil()" in html
    assert not re.search(r"<script>evil|<b onclick|href=.javascript", html)
