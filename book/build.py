"""Build the web book from the README and the stored outputs of the lessons: `make book`.

Nothing is run. The pages are prepared in build/book/pages and written to build/book/html.
"""

import re
import shutil
import sys
from pathlib import Path

import nbformat

from tools.notebooks import ALL, FOLDED, FURTHER, LESSONS, NOTEBOOKS, ROOT, SOLUTIONS, read
from tools.publish import address, filled, project

BOOK = ROOT / "build" / "book"
CONTENTS = """
```{{toctree}}
:hidden:
:caption: {caption}

{pages}
```
"""
WIDGET = re.compile(r"^(VBox|HBox|\w*Slider|Dropdown|DigitCanvas)\(")
INSTEAD = "[Here the notebook has something to move: open the lesson to try it.]"


def plain(markdown: str) -> str:
    """Take the marks out of a piece of Markdown."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return re.sub(r"\s+", " ", re.sub(r"[*`$\\{}]|<[^>]+>|^#+ .*$", "", text, flags=re.M)).strip()


def alt_text(cells: list, number: int) -> str:
    """Describe a cell's figure: the sentence above the cell that announces it, and the first below it."""
    text = []
    for other, paragraph, sentence in ((number - 1, -1, -1), (number + 1, 0, 0)):
        if 0 <= other < len(cells) and cells[other].cell_type == "markdown":
            found = plain(cells[other].source.split("\n\n")[paragraph])
            text.append(re.sub(r":$", ".", re.split(r"(?<=[.!?]) (?=[A-Z])", found)[sentence]))
    return "Figure. " + " ".join(text)


def links(markdown: str) -> str:
    """Links to files that are not in the book: to the repository, or, without an address, only their text."""

    def link(match: re.Match) -> str:
        text, target = match.groups()
        if target.endswith(".ipynb") or ":" in target or target.startswith("#"):
            return match.group()
        if not address():
            return text
        return f"[{text}]({address()}/blob/v{project()['version']}/{target.replace('../', '')})"

    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", link, markdown)


def page(path: Path) -> nbformat.NotebookNode:
    """A notebook as a page of the book."""
    notebook = read(path)
    cells = notebook.cells
    solution = path in SOLUTIONS
    navigation = cells.pop(0)
    if path not in LESSONS:  # to these the book's own leads from page to page
        cells.insert(1, navigation)
    for number, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            cell.source = links(cell.source)
            continue
        mystnb = {"image": {"alt": alt_text(cells, number)}}
        tags = [FOLDED] if FOLDED in cell.metadata.get("tags", []) else []
        if "course_utils.check(" in cell.source:
            mystnb["code_prompt_show"] = "Show a solution" if solution else "Your turn: the cell to fill in"
            mystnb["code_prompt_hide"] = "Hide it"
            tags = ["hide-cell"]
        cell.metadata = {"mystnb": mystnb, "tags": tags}
        for output in cell.outputs:
            text = output.get("data", {}).get("text/plain", "")
            if WIDGET.match(text):
                output.data = {"text/plain": INSTEAD}
    return notebook


def front() -> str:
    """The README as the first page, with the contents of the book."""
    text = filled((ROOT / "README.md").read_text(encoding="utf-8"), "address", "")
    text = re.sub(r"<!-- .*? -->\n*", "", text)
    text = links(text.replace("](notebooks/", "]("))
    for caption, paths in (("Lessons", LESSONS), ("Further", FURTHER), ("Solutions", SOLUTIONS)):
        pages = [path.relative_to(NOTEBOOKS).with_suffix("").as_posix() for path in paths]
        text += CONTENTS.format(caption=caption, pages="\n".join(pages)) if pages else ""
    return text


def main() -> int:
    from sphinx.cmd.build import main as sphinx

    shutil.rmtree(BOOK, ignore_errors=True)
    pages = BOOK / "pages"
    pages.mkdir(parents=True)
    (pages / "index.md").write_text(front(), encoding="utf-8")
    shutil.copytree(NOTEBOOKS / "pictures", pages / "pictures")
    for path in ALL:
        (file := pages / path.relative_to(NOTEBOOKS)).parent.mkdir(exist_ok=True)
        nbformat.write(page(path), file)
    settings = Path(__file__).parent
    return sphinx(["-q", "-W", "--keep-going", "-c", str(settings), str(pages), str(BOOK / "html")])


if __name__ == "__main__":
    sys.exit(main())
