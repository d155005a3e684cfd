"""Keep in step what is written from elsewhere; with an address, set it: `make publish REPO=owner/name`.

The address has its home in [project.urls] of pyproject.toml, the lessons' titles, minutes and needs in
their heads, the limits in tools/notebooks.py. `make refresh` does the same before it runs anything.
"""

import json
import os
import re
import sys
import tomllib
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools.notebooks import ALL, LESSONS, LIMITS, ROOT, SOLUTIONS, head, lesson_of, minutes, name, read, write

OWNER_NAME = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/(?!\.{1,2}$)(?!.*\.git$)[\w.-]{1,100}"
ONLY_LINKS = re.compile(r"\[[^]\n]+\]\([^)\n]+\)( · \[[^]\n]+\]\([^)\n]+\))*")
BOOTSTRAP = """try:
    import course_utils
except ModuleNotFoundError:"""
NO_ADDRESS = """
    message = "course_utils is missing: run `make lab` in the course's folder."
    raise SystemExit(message) from None"""
# Colab has the rest; anywidget, and what that needs, only perhaps.
INSTALL = """  # this notebook is alone, as in Colab
    %pip install -q --no-deps {wheel} anywidget psygnal
    import course_utils"""
MINUTES = re.compile(r"(?<=, and )about \d+ minutes(, (and|plus) \d+ for the exercises)?")
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


def colab(path: Path) -> str:
    """A link that opens a notebook of the released version in Colab."""
    repository = address().removeprefix("https://github.com/")
    file = f"{repository}/blob/v{project()['version']}/{path.relative_to(ROOT).as_posix()}"
    return f"[Open in Colab](https://colab.research.google.com/github/{file})"


def bootstrap() -> str:
    """The first code cell of every notebook: silent where the package is installed."""
    if not address():
        return BOOTSTRAP + NO_ADDRESS
    version = project()["version"]
    wheel = f"{address()}/releases/download/v{version}/course_utils-{version}-py3-none-any.whl"
    return BOOTSTRAP + INSTALL.format(wheel=wheel)


def navigation(path: Path) -> str:
    """The first line of a notebook: links to the one before or the lesson, the contents and the one after."""

    def link(text: str, target: Path) -> str:
        return f"[{text}]({Path(os.path.relpath(target, path.parent)).as_posix()})"

    before, after = [lesson_of(path)], []
    if path in LESSONS:
        number = LESSONS.index(path)
        before, after = LESSONS[:number][-1:], LESSONS[number + 1 :][:1]
    links = [link(f"← {name(other)}", other) for other in before] + [link("Contents", LESSONS[0])]
    links += [link(f"{name(other)} →", other) for other in after]
    if address():
        links.append(colab(path))
    return " · ".join(links)


def lessons_map(folder: str, lessons: list[Path]) -> str:
    """The table of the lessons, from their heads."""
    rows = ["| lesson | you build | minutes | needs |", "|---|---|---|---|"]
    for path in lessons:
        needs = ", ".join(re.findall(r"\]\((\d\d)_", head(path)["needs"]))
        link = f"[{name(path)}]({folder}{path.name})"
        rows.append(f"| {link} | {head(path)['build']} | {minutes(read(path).cells)[0]} | {needs} |")
    return "\n".join(rows) + "\n"


def limits() -> str:
    """The table of what a lesson may have."""
    rows = [f"| {what} | {least or ''} | {most:,} |" for what, (least, most) in LIMITS.items()]
    return "\n".join(["| of a lesson | at least | at most |", "|---|---|---|", *rows]) + "\n"


def readme_links() -> str:
    """The line of links at the top of the README; empty without an address."""
    if not address():
        return ""
    owner, repository = address().split("/")[-2:]
    tests = f"{address()}/actions/workflows/test.yml"
    return (
        f"{colab(LESSONS[0])} · "
        f"[read on the web](https://{owner.lower()}.github.io/{repository}/) · "
        f"[![tests]({tests}/badge.svg)]({tests}) · get it: `git clone {address()}`\n"
    )


def filled(text: str, block: str, content: str) -> str:
    """Replace what stands between the marks of a block, `<!-- block -->` and `<!-- /block -->`."""
    marks = rf"(?<=<!-- {block} -->\n).*?(?=<!-- /{block} -->)"
    text, found = re.subn(marks, lambda _: content, text, flags=re.S)
    if found != 1:
        raise SystemExit(f"The marks <!-- {block} --> and <!-- /{block} --> must stand where it is written.")
    return text


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
            return filled(
                filled(text, "address", readme_links()), "lessons", lessons_map("notebooks/", LESSONS)
            )
        text = re.sub(r"^repository-code: .*\n", "", text, flags=re.M)
        return text + (f'repository-code: "{address()}"\n' if address() else "")
    notebook = read(path)
    cells = notebook.cells
    if not ONLY_LINKS.fullmatch(cells[0].source):
        cells.insert(0, new_markdown_cell())
    cells[0].source = navigation(path)
    if path in SOLUTIONS:
        if not cells[1].source.startswith("# "):
            cells.insert(1, new_markdown_cell())
        title = f"# {name(lesson_of(path)).replace(' ', ' · ', 1)}: solutions"
        cells[1].source = re.sub(r"\A(# .*)?", lambda _: title, cells[1].source)
    else:
        reading, exercises = minutes(cells)
        apart = f", plus {exercises} for the exercises" if exercises else ""
        cells[1].source = MINUTES.sub(f"about {reading} minutes{apart}", cells[1].source)
    if path == LESSONS[0]:
        place = next((cell for cell in cells if "<!-- lessons -->" in cell.source), cells[1])
        place.source = filled(place.source, "lessons", lessons_map("", LESSONS[1:]))
    first = next(number for number, cell in enumerate(cells) if cell.cell_type == "code")
    if not cells[first].source.startswith(BOOTSTRAP):
        cells.insert(first, new_code_cell(BOOTSTRAP))
    cells[first].source = WHOLE_BOOTSTRAP.sub(lambda _: bootstrap(), cells[first].source)
    return notebook


FILES = ("README.md", "CONTRIBUTING.md", "CITATION.cff", "course_utils/lessons.json")
STAMPED = ALL + [ROOT / file for file in FILES]


def stamp() -> None:
    """Bring everything in step."""
    for path in STAMPED * 2:  # the maps, too, of what has just been brought in step
        if write(stamped(path), path):
            print(f"in step now: {path.relative_to(ROOT)}")


def main(repository: str) -> None:
    if repository:
        if not re.fullmatch(OWNER_NAME, repository, re.ASCII):
            sys.exit(f"REPO must be owner/name, as in `make publish REPO=ada/engine`, not {repository!r}.")
        set_address(repository)
    stamp()
    print(address() or "No address yet: `make publish REPO=owner/name` sets it.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("REPO", ""))
