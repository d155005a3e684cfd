"""One home for the repository's address: everything else that names it is written from there."""

import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from helpers import LESSONS, ROOT, SOLUTIONS, code_cells, python, read
from tools import publish, refresh

WHEEL = "https://github.com/ada/engine/releases/download/v{0}/course_utils-{0}-py3-none-any.whl"
NOTEBOOKS = [path.relative_to(ROOT) for path in (LESSONS[0], LESSONS[1], LESSONS[-1], SOLUTIONS[0])]
FILES = [Path("pyproject.toml"), Path("README.md"), Path("CITATION.cff")]


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "CITATION.cff"], ids=lambda p: p.name)
def test_the_files_of_this_checkout_name_the_address_of_pyproject(path):
    text = path.read_text(encoding="utf-8")
    assert publish.stamped(path, text) == text, "run `make publish`"
    assert "<!-- address -->\n" in text or path.suffix == ".cff"


def test_no_other_repository_is_named():
    named = set()
    for path in [*ROOT.glob("*.md"), ROOT / "CITATION.cff", *LESSONS, *SOLUTIONS]:
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"github\.com/([\w.-]+/[\w.-]+)/(?:releases|blob|actions)", text))
        named |= set(re.findall(r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)/", text))
    assert named <= {str(refresh.address()).removeprefix("https://github.com/")}


def test_the_versions_agree():
    version = refresh.project()["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)


@pytest.fixture
def copy(tmp_path):
    """A copy of what is stamped; returns a function that calls `python -m tools.publish` in it."""
    for file in [*FILES, *NOTEBOOKS]:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    shutil.copytree(ROOT / "tools", tmp_path / "tools")

    def run(repository: str) -> subprocess.CompletedProcess:
        return python("-m", "tools.publish", repository, cwd=tmp_path)

    return tmp_path, run


def contents(folder: Path) -> dict[Path, bytes]:
    return {file: (folder / file).read_bytes() for file in FILES + NOTEBOOKS}


def test_publish_stamps_everything_and_nothing_else(copy):
    folder, run = copy
    assert run("ada/engine").returncode == 0
    once = contents(folder)
    version = refresh.project()["version"]
    for file in NOTEBOOKS:
        notebook, before = nbformat.read(folder / file, as_version=4), read(ROOT / file)
        install = f"%pip install -q --no-deps {WHEEL.format(version)} anywidget psygnal\n"
        assert install in code_cells(notebook)[0].source
        if file.parent.name == "notebooks":
            place = f"ada/engine/blob/v{version}/notebooks/{file.name})"
            assert notebook.cells[0].source.endswith(
                f"[Open in Colab](https://colab.research.google.com/github/{place}"
            )
            notebook.cells[0].source = before.cells[0].source
        code_cells(notebook)[0].source = code_cells(before)[0].source
        assert nbformat.writes(notebook) + "\n" == (ROOT / file).read_text(encoding="utf-8")
    assert b'[project.urls]\nRepository = "https://github.com/ada/engine"\n' in once[FILES[0]]
    assert b"github.com/ada/engine/actions" in once[FILES[1]]
    assert b'repository-code: "https://github.com/ada/engine"\n' in once[FILES[2]]

    run("")
    assert contents(folder) == once
    run("grace/other.name")
    assert not any(b"ada/engine" in text for text in contents(folder).values())
    run("ada/engine")
    assert contents(folder) == once


def test_a_bad_name_is_refused_in_one_sentence_and_changes_nothing(copy):
    folder, run = copy
    before = contents(folder)
    refused = run("ada")
    assert refused.returncode == 1
    assert refused.stderr == "REPO must be owner/name, as in `make publish REPO=ada/engine`, not 'ada'.\n"
    assert contents(folder) == before


@pytest.mark.parametrize(
    "bad",
    [
        "ada/",
        "/x",
        "ada/x y",
        "-a/b",
        "a/b/c",
        "a/..",
        "a/b.git",
        "https://github.com/a/b",
        "a/b;ls",
        "a/b\n",
    ],
)
def test_bad_names(monkeypatch, bad):
    monkeypatch.setattr(publish, "set_address", lambda repository: pytest.fail("it was accepted"))
    with pytest.raises(SystemExit, match="REPO must be owner/name"):
        publish.main(bad)
