"""Keep in step what is written from elsewhere; with an address, set it: `make publish REPO=owner/name`.

The address has its home in [project.urls] of pyproject.toml, the lessons' titles, minutes and needs in
their heads, the limits in tools/notebooks.py. `make refresh` does the same before it runs anything. For
another language, `say` translates, and `place` tells where the translation of a file lies.
"""

import json
import os
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

from babel import Locale
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools.notebooks import (
    ALL,
    LESSONS,
    LIMITS,
    ROOT,
    SOLUTIONS,
    english,
    head,
    lesson_of,
    minutes,
    name,
    read,
    write,
)

Say = Callable[[str], str]
Place = Callable[[Path], Path]
OWNER_NAME = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/(?!\.{1,2}$)(?!.*\.git$)[\w.-]{1,100}"
ONLY_LINKS = re.compile(r"\[[^]\n]+\]\([^)\n]+\)( · \[[^]\n]+\]\([^)\n]+\))*")
BOOTSTRAP = """try:
    import course_utils
except ModuleNotFoundError:"""
NO_ADDRESS = """
    message = "{message}"
    raise SystemExit(message) from None"""
# Colab has the rest; anywidget, and what that needs, only perhaps.
INSTALL = """  # this notebook is alone, as in Colab
    %pip install -q --no-deps {wheel} anywidget psygnal
    import course_utils"""
MINUTES = re.compile(r"(?<=, and )about \d+ minutes(, (and|plus) \d+ for the exercises)?|\{minutes\}")
WHOLE_BOOTSTRAP = re.compile(re.escape(BOOTSTRAP) + r".*(\n +.*)*")


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def address() -> str | None:
    """The repository's address, `https://github.com/owner/name`; None until `make publish` has set it."""
    return project().get("urls", {}).get("Repository")


def set_address(repository: str) -> None:
    """Put `owner/name` into [project.urls]."""
    file = ROOT / "pyproject.toml"
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"\[project\.urls\]\nRepository = .*\n\n", "", text)
    urls = f'[project.urls]\nRepository = "https://github.com/{repository}"\n\n'
    write(text.replace("[project.optional-dependencies]", urls + "[project.optional-dependencies]", 1), file)


def between(file: Path, target: Path) -> str:
    """The way from one file to another, as a link says it."""
    return Path(os.path.relpath(target, file.parent)).as_posix()


def here(path: Path) -> Path:
    """Where a notebook lies in the English edition."""
    return path


def colab(path: Path, say: Say = english) -> str:
    """A link that opens a notebook of the released version in Colab."""
    repository = address().removeprefix("https://github.com/")
    file = f"{repository}/blob/v{project()['version']}/{path.relative_to(ROOT).as_posix()}"
    return "[{}](https://colab.research.google.com/github/{})".format(say("Open in Colab"), file)


def bootstrap(say: Say = english) -> str:
    """The first code cell of every notebook: silent where the package is installed."""
    if not address():
        message = say("course_utils is missing: run `make lab` in the course's folder.")
        return BOOTSTRAP + NO_ADDRESS.format(message=message)
    version = project()["version"]
    wheel = f"{address()}/releases/download/v{version}/course_utils-{version}-py3-none-any.whl"
    return BOOTSTRAP + INSTALL.format(wheel=wheel)


def navigation(path: Path, say: Say = english, place: Place = here) -> str:
    """The first line of a notebook: links to the one before or the lesson, the contents and the one after."""

    def link(text: str, target: Path) -> str:
        return f"[{text}]({between(place(path), place(target))})"

    before, after = [lesson_of(path)], []
    if path in LESSONS:
        number = LESSONS.index(path)
        before, after = LESSONS[:number][-1:], LESSONS[number + 1 :][:1]
    links = [link(f"← {name(other, say)}", other) for other in before] + [link(say("Contents"), LESSONS[0])]
    links += [link(f"{name(other, say)} →", other) for other in after]
    if address():
        links.append(colab(place(path), say))
    return " · ".join(links)


def lessons_map(file: Path, lessons: list[Path], say: Say = english, place: Place = here) -> str:
    """The table of the lessons, from their heads, as it stands in a file."""
    rows = [say("| lesson | you build | minutes | needs |"), "|---|---|---|---|"]
    for path in lessons:
        needs = ", ".join(re.findall(r"\]\((\d\d)_", head(path)["needs"]))
        link = f"[{name(path, say)}]({between(file, place(path))})"
        rows.append(f"| {link} | {say(head(path)['build'])} | {minutes(read(path).cells)[0]} | {needs} |")
    return "\n".join(rows) + "\n"


def limits() -> str:
    """The table of what a lesson may have."""
    rows = [f"| {what} | {least or ''} | {most:,} |" for what, (least, most) in LIMITS.items()]
    return "\n".join(["| of a lesson | at least | at most |", "|---|---|---|", *rows]) + "\n"


def readme_links(file: Path, say: Say = english, place: Place = here) -> str:
    """The line of links at the top of a README: the other languages, and what an address gives."""
    languages = ["en", *sorted(other.parent.name.split("_")[0] for other in ROOT.glob("locale/*/README.po"))]
    others = {
        f"README.{other}.md".replace(".en", ""): Locale.parse(other).display_name for other in languages
    }
    links = [f"[{name}]({other})" for other, name in others.items() if other != file.name]
    if address():
        owner, repository = address().split("/")[-2:]
        tests = f"{address()}/actions/workflows/test.yml"
        web = say("read on the web")
        links += [
            colab(place(LESSONS[0]), say),
            f"[{web}](https://{owner.lower()}.github.io/{repository}/)",
            f"[![tests]({tests}/badge.svg)]({tests})",
            say("get it: {command}").format(command=f"`git clone {address()}`"),
        ]
    return " · ".join(links) + "\n" if links else ""


def filled(text: str, block: str, content: str) -> str:
    """Replace what stands between the marks of a block, `<!-- block -->` and `<!-- /block -->`."""
    marks = rf"(?<=<!-- {block} -->\n).*?(?=<!-- /{block} -->)"
    text, found = re.subn(marks, lambda _: content, text, flags=re.S)
    if found != 1:
        raise SystemExit(f"The marks <!-- {block} --> and <!-- /{block} --> must stand where it is written.")
    return text


def duration(path: Path, say: Say = english) -> str:
    """How long a lesson takes, as its head says it."""
    reading, exercises = minutes(read(path).cells)
    if not exercises:
        return say("about {reading} minutes").format(reading=reading)
    text = say("about {reading} minutes, plus {exercises} for the exercises")
    return text.format(reading=reading, exercises=exercises)


def stamped_readme(text: str, file: Path, say: Say = english, place: Place = here) -> str:
    """A README with its links and its map as they must be."""
    text = filled(text, "address", readme_links(file, say, place))
    return filled(text, "lessons", lessons_map(file, LESSONS, say, place))


def stamped(path: Path) -> str | NotebookNode:
    """A notebook or a file of the project as it must be. What an author wrote in a notebook is never lost."""
    if path.suffix != ".ipynb":
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            titles = {head(lesson)["number"]: head(lesson)["title"] for lesson in LESSONS}
            return json.dumps(titles, indent=1) + "\n"
        if path.name == "CONTRIBUTING.md":
            return filled(text, "limits", limits())
        if path.name == "README.md":
            return stamped_readme(text, path)
        text = re.sub(r"^repository-code: .*\n", "", text, flags=re.M)
        return text + (f'repository-code: "{address()}"\n' if address() else "")
    return stamped_notebook(read(path), path)


def stamped_notebook(
    notebook: NotebookNode, path: Path, say: Say = english, place: Place = here
) -> NotebookNode:
    """A notebook or its translation with links, title, minutes, map and bootstrap cell as they must be."""
    cells = notebook.cells
    if not ONLY_LINKS.fullmatch(cells[0].source):
        cells.insert(0, new_markdown_cell())
    cells[0].source = navigation(path, say, place)
    if path in SOLUTIONS:
        if not cells[1].source.startswith("# "):
            cells.insert(1, new_markdown_cell())
        title = name(lesson_of(path), say).replace(" ", " · ", 1)
        title = "# " + say("{title}: solutions").format(title=title)
        cells[1].source = re.sub(r"\A(# .*)?", lambda _: title, cells[1].source)
    else:
        cells[1].source = MINUTES.sub(duration(path, say), cells[1].source)
    if path == LESSONS[0]:
        cell = next((cell for cell in cells if "<!-- lessons -->" in cell.source), cells[1])
        cell.source = filled(cell.source, "lessons", lessons_map(place(path), LESSONS[1:], say, place))
    first = next(number for number, cell in enumerate(cells) if cell.cell_type == "code")
    if not cells[first].source.startswith(BOOTSTRAP):
        cells.insert(first, new_code_cell(BOOTSTRAP))
    cells[first].source = WHOLE_BOOTSTRAP.sub(lambda _: bootstrap(say), cells[first].source)
    return notebook


FILES = ("README.md", "CONTRIBUTING.md", "CITATION.cff", "course_utils/lessons.json")
STAMPED = ALL + [ROOT / file for file in FILES]


def put(text: str | NotebookNode, path: Path) -> None:
    """Write a file where it is new or has changed, and say so."""
    if write(text, path):
        print(f"in step now: {path.relative_to(ROOT)}")


def stamp() -> None:
    """Bring everything in step."""
    for path in STAMPED * 2:  # the maps, too, of what has just been brought in step
        put(stamped(path), path)


def main(repository: str) -> None:
    if repository:
        if not re.fullmatch(OWNER_NAME, repository, re.ASCII):
            sys.exit(f"REPO must be owner/name, as in `make publish REPO=ada/engine`, not {repository!r}.")
        set_address(repository)
    stamp()
    print(address() or "No address yet: `make publish REPO=owner/name` sets it.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("REPO", ""))
