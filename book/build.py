"""Build the web book from the README and the stored outputs of the lessons: `make book`.

Nothing is run. The pages are prepared in build/book/pages and written to build/book/html, those in Chinese to
build/book/html/zh.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from babel import Locale

from tools.notebooks import ALL, FOLDED, FURTHER, LESSONS, NOTEBOOKS, ROOT, SOLUTIONS, read
from tools.publish import Say, address, between, filled, project
from tools.translate import LOCALE, NAMES, README, SOURCES, Edition, folders

BOOK = ROOT / "build" / "book"
CONTENTS = """
```{{toctree}}
:hidden:
:caption: {caption}

{pages}
```
"""
WIDGET = re.compile(r"^(VBox|HBox|\w*Slider|Dropdown|DigitCanvas)\(")
ENGLISH = Edition(LOCALE / "en")  # without catalogues
EDITIONS = [ENGLISH, *map(Edition, folders())]


def plain(markdown: str) -> str:
    """Take the marks out of a piece of Markdown."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return re.sub(r"\s+", " ", re.sub(r"[*`$\\{}]|<[^>]+>|^#+ .*$", "", text, flags=re.M)).strip()


def alt_text(cells: list, number: int, say: Say) -> str:
    """Describe a cell's figure: the sentence above the cell that announces it, and the first below it."""
    text = []
    for other, paragraph, sentence in ((number - 1, -1, -1), (number + 1, 0, 0)):
        if 0 <= other < len(cells) and cells[other].cell_type == "markdown":
            found = plain(cells[other].source.split("\n\n")[paragraph])
            found = re.split(r"(?<=[.!?]) (?=[A-Z])|(?<=[。！？])(?!$)", found)[sentence]
            text.append(found.replace("：", "。") if found.endswith("：") else re.sub(r":$", ".", found))
    return re.sub("(?<=[：。！？]) ", "", " ".join([say("Figure."), *text]))


def pages(edition: Edition) -> list[Path]:
    """The notebooks, as they lie in English, that are in the book of a language."""
    return [path for path in ALL if edition is ENGLISH or path in edition.sources()]


def links(markdown: str, file: Path, edition: Edition) -> str:
    """Links to files that are not in the book: to the repository, or, without an address, only their text."""
    inside = list(map(edition.place, pages(edition)))

    def link(match: re.Match) -> str:
        text, target = match.groups()
        if ":" in target or target.startswith("#") or (file.parent / target).resolve() in inside:
            return match.group()
        if not address():
            return text
        return f"[{text}]({address()}/blob/v{project()['version']}/{target.replace('../', '')})"

    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", link, markdown)


def page(path: Path, edition: Edition = ENGLISH) -> nbformat.NotebookNode:
    """A notebook as a page of the book in a language."""
    notebook, say = read(edition.place(path)), edition.say
    cells = notebook.cells
    solution = path in SOLUTIONS
    navigation = cells.pop(0)
    if path not in LESSONS:  # to these the book's own leads from page to page
        cells.insert(1, navigation)
    for number, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            cell.source = links(cell.source, edition.place(path), edition)
            cell.source = re.sub(r"\]\((\.\./)+pictures/", "](pictures/", cell.source)
            continue
        mystnb = {"image": {"alt": alt_text(cells, number, say)}}
        tags = [FOLDED] if FOLDED in cell.metadata.get("tags", []) else []
        if "course_utils.check(" in cell.source:
            show = say("Show a solution") if solution else say("Your turn: the cell to fill in")
            mystnb |= {"code_prompt_show": show, "code_prompt_hide": say("Hide it")}
            tags = ["hide-cell"]
        cell.metadata = {"mystnb": mystnb, "tags": tags}
        for output in cell.outputs:
            text = output.get("data", {}).get("text/plain", "")
            if WIDGET.match(text):
                instead = say("[Here the notebook has something to move: open the lesson to try it.]")
                output.data = {"text/plain": instead}
    return notebook


def front(edition: Edition = ENGLISH) -> str:
    """The README as the first page, with the contents of the book."""
    readme, say = edition.place(README), edition.say
    text = filled(readme.read_text(encoding="utf-8"), "address", "")
    text = links(re.sub(r"<!-- .*? -->\n*", "", text), readme, edition)
    text = re.sub(rf"\]\(notebooks/({edition.language}/)?", "](", text)
    captions = say("Lessons"), say("Further"), say("Solutions")
    for caption, paths in zip(captions, (LESSONS, FURTHER, SOLUTIONS), strict=True):
        names = [NAMES[path] for path in paths if path in pages(edition)]
        text += CONTENTS.format(caption=caption, pages="\n".join(names)) if names else ""
    return text


def html(edition: Edition) -> Path:
    """The folder of the built book in a language."""
    return BOOK / "html" / ("" if edition is ENGLISH else edition.language)


def elsewhere(language: str, name: str) -> list[tuple[str, str, str]]:
    """A page in the other languages that it is in: its address from here, the language, and its name."""
    here = next(edition for edition in EDITIONS if edition.folder.name == language)
    file, found = f"{name}.html", []
    for other in EDITIONS:
        if other is not here and (name not in SOURCES or SOURCES[name] in pages(other)):
            address = between(html(here) / file, html(other) / file)
            locale = Locale.parse(other.language)
            found.append((address, other.folder.name.replace("_", "-"), locale.display_name))
    return found


def build(edition: Edition) -> int:
    """Build the book in a language; the exit status of Sphinx."""
    folder = BOOK / "pages" / edition.language
    shutil.copytree(NOTEBOOKS / "pictures", folder / "pictures")
    (folder / "index.md").write_text(front(edition), encoding="utf-8")
    for path in pages(edition):
        (file := folder / path.relative_to(NOTEBOOKS)).parent.mkdir(exist_ok=True)
        nbformat.write(page(path, edition), file)
    settings = {
        "language": edition.folder.name,
        "html_title": edition.say("PyTorch by Hand"),
        "copyright": edition.say("the authors of PyTorch by Hand. Code: MIT. Prose and figures: CC BY 4.0"),
    }
    options = [option for name, value in settings.items() for option in ("-D", f"{name}={value}")]
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", Path(__file__).parent]
    return subprocess.run([*command, *options, folder, html(edition)], cwd=ROOT).returncode


def main() -> int:
    shutil.rmtree(BOOK, ignore_errors=True)
    return max(map(build, EDITIONS))


if __name__ == "__main__":
    sys.exit(main())
