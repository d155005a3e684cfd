"""Each fact has one home: what else says it is written from there. New notebooks find their places."""

import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from helpers import code_cells, python
from tools import publish
from tools.notebooks import ALL, LESSONS, ROOT, SOLUTIONS, read

WHEEL = "https://github.com/ada/engine/releases/download/v{0}/course_utils-{0}-py3-none-any.whl"
NOTEBOOKS = [path.relative_to(ROOT) for path in ALL]
PUBLISH = ("-m", "tools.publish")
FILES = [Path("pyproject.toml"), Path("README.md"), Path("CITATION.cff"), Path("CONTRIBUTING.md")]


def test_no_other_repository_is_named():
    named = set()
    for path in [*ROOT.glob("*.md"), ROOT / "CITATION.cff", *ALL]:
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"github\.com/([\w.-]+/[\w.-]+)/(?:releases|blob|actions)", text))
        named |= set(re.findall(r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)/", text))
    assert named <= {str(publish.address()).removeprefix("https://github.com/")}


def test_the_versions_agree():
    version = publish.project()["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)


@pytest.fixture
def copy(tmp_path):
    """A copy of the project; returns it and a function that runs Python there."""
    for name in ("book", "course_utils", "notebooks", "tests", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for file in [*FILES, "CHANGELOG.md", "hubconf.py"]:
        shutil.copy(ROOT / file, tmp_path / file)

    def run(*words) -> subprocess.CompletedProcess:
        return python(*words, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})

    return tmp_path, run


def contents(folder: Path) -> dict[Path, bytes]:
    return {file: (folder / file).read_bytes() for file in FILES + NOTEBOOKS}


def test_publish_stamps_everything_and_nothing_else(copy):
    folder, run = copy
    assert run(*PUBLISH, "ada/engine").returncode == 0
    once = contents(folder)
    version = publish.project()["version"]
    for file in NOTEBOOKS:
        notebook, before = nbformat.read(folder / file, as_version=4), read(ROOT / file)
        install = f"%pip install -q --no-deps {WHEEL.format(version)} anywidget psygnal\n"
        assert install in code_cells(notebook)[0].source
        place = f"https://colab.research.google.com/github/ada/engine/blob/v{version}/{file.as_posix()}"
        assert notebook.cells[0].source.endswith(f" · [Open in Colab]({place})")
        notebook.cells[0].source = before.cells[0].source
        code_cells(notebook)[0].source = code_cells(before)[0].source
        assert nbformat.writes(notebook) + "\n" == (ROOT / file).read_text(encoding="utf-8")
    assert b'[project.urls]\nRepository = "https://github.com/ada/engine"\n' in once[FILES[0]]
    assert b"github.com/ada/engine/actions" in once[FILES[1]]
    assert b'repository-code: "https://github.com/ada/engine"\n' in once[FILES[2]]

    run(*PUBLISH, "")
    assert contents(folder) == once
    run(*PUBLISH, "grace/other.name")
    assert not any(b"ada/engine" in text for text in contents(folder).values())
    run(*PUBLISH, "ada/engine")
    assert contents(folder) == once


def test_a_bad_name_is_refused_in_one_sentence_and_changes_nothing(copy):
    folder, run = copy
    before = contents(folder)
    refused = run(*PUBLISH, "ada")
    assert refused.returncode == 1
    assert refused.stderr == "REPO must be owner/name, as in `make publish REPO=ada/engine`, not 'ada'.\n"
    assert contents(folder) == before


BAD = [
    "ada/",
    "/x",
    "ada/x y",
    "-a/b",
    "a/b/c",
    "a/..",
    "a/b.git",
    "https://github.com/a/b",
    "a/b;ls",
    "a/ü",
    "a/b\n",
]


@pytest.mark.parametrize("bad", BAD)
def test_bad_names(monkeypatch, bad):
    monkeypatch.setattr(publish, "set_address", lambda repository: pytest.fail("it was accepted"))
    with pytest.raises(SystemExit, match="REPO must be owner/name"):
        publish.main(bad)


@pytest.mark.parametrize("end", [publish.NO_ADDRESS, publish.INSTALL], ids=["no address", "an address"])
def test_what_an_author_adds_to_the_bootstrap_cell_stays(end):
    cell = f"{publish.BOOTSTRAP}{end}\nimport torch"
    assert publish.WHOLE_BOOTSTRAP.sub("", cell) == "\nimport torch"


def another(path: Path, number: str, title: str) -> nbformat.NotebookNode:
    """A new notebook made from an old one: no navigation, no bootstrap cell, nothing run yet."""
    notebook = read(path)
    notebook.cells = [cell for cell in notebook.cells[1:] if cell is not code_cells(notebook)[0]]
    for cell in notebook.cells:
        source = re.sub(r"\A# 01 · .*", f"# {number} · {title}", cell.source)
        cell.source = source.replace('"01.', f'"{number}.')
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def beginning(path: Path) -> str:
    return " ".join(cell.source for cell in read(path).cells[:2])


def test_a_new_lesson_needs_three_files_and_one_command(copy):
    folder, run = copy
    notebooks, exercises = folder / "notebooks", folder / "course_utils" / "exercises"
    new, solution = notebooks / "12_add.ipynb", notebooks / "solutions" / "12_add.ipynb"
    for path in (new, solution):
        nbformat.write(another(path.with_name("01_tensors.ipynb"), "12", "Add a lesson"), path)
    judge = (exercises / "lesson_01.py").read_text(encoding="utf-8").replace('"01.', '"12.')
    (exercises / "lesson_12.py").write_text(judge, encoding="utf-8")
    refreshed = run("-m", "tools.refresh", new, solution)
    assert refreshed.returncode == 0, refreshed.stderr

    row = r"\| \[12 Add a lesson\]\({}12_add.ipynb\) \| a map that shows [^.]+ points \| \d+ \| 00 \|\n"
    assert re.search(row.format("notebooks/"), (folder / "README.md").read_text(encoding="utf-8"))
    assert any(re.search(row.format(""), cell.source) for cell in read(notebooks / LESSONS[0].name).cells)
    assert '"12": "Add a lesson"' in (folder / "course_utils" / "lessons.json").read_text(encoding="utf-8")
    assert "[12 Add a lesson →](12_add.ipynb) # 11 · Go" in beginning(notebooks / LESSONS[-1].name)
    assert beginning(new).startswith("[← 11 Go beyond one machine](11_beyond_one_machine.ipynb) · ")
    assert " # 12 · Add a lesson\n" in beginning(new)
    assert beginning(solution).startswith("[← 12 Add a lesson](../12_add.ipynb) · ")
    assert " # 12 · Add a lesson: solutions\n" in beginning(solution)
    contents = run("-c", "from book.build import front; print(front())").stdout
    assert "\n12_add\n" in contents and "\nsolutions/12_add\n" in contents
    tests = [f"tests/test_{subject}.py" for subject in ("notebooks", "book_pages", "exercises")]
    tested = run("-m", "pytest", "-q", "-k", "(12_add or 12. or in_step) and not nbval_sees", *tests)
    assert tested.returncode == 0, tested.stdout


def test_copies_are_no_lessons_and_a_further_notebook_belongs_to_one(copy):
    folder, run = copy
    notebooks = folder / "notebooks"
    (notebooks / ".ipynb_checkpoints").mkdir()
    shutil.copy(LESSONS[1], notebooks / ".ipynb_checkpoints" / "01_tensors-checkpoint.ipynb")
    shutil.copy(LESSONS[1], notebooks / "01_tensors-Copy1.ipynb")
    (notebooks / "further").mkdir(exist_ok=True)
    further, solution = notebooks / "further" / "02_other.ipynb", notebooks / "solutions" / "02_other.ipynb"
    nbformat.write(another(LESSONS[1], "02", "Other ways down"), further)
    shutil.copy(SOLUTIONS[0], solution)
    assert run(*PUBLISH).returncode == 0

    listed = run(
        "-c", "from tools.notebooks import *; print(*(path.relative_to(ROOT) for path in ALL))"
    ).stdout
    added = [str(path.relative_to(folder)) for path in (further, solution)]
    assert sorted(listed.split()) == sorted([*added, *map(str, NOTEBOOKS)])
    assert beginning(further).startswith(
        "[← 02 Find the way downhill with autograd](../02_autograd.ipynb) · "
    )
    assert " # 02 · Other ways down\n" in beginning(further)
    assert beginning(solution).startswith("[← 02 Other ways down](../further/02_other.ipynb) · ")
    assert " # 02 · Other ways down: solutions\n" in beginning(solution)
    contents = run("-c", "from book.build import *; print(front(), [page(path).cells[0] for path in ALL])")
    assert re.search(r"\n:caption: Further\n\n(further/\w+\n)*further/02_other\n", contents.stdout)
    nodes = run("-m", "pytest", "--nbval", "--collect-only", "-q", "notebooks").stdout
    assert "further/02_other.ipynb::Cell 0" in nodes and "checkpoint" not in nodes
