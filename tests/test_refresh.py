"""`make refresh` leaves alone what did not change."""

import base64
import io
import os
import re
import shutil
import subprocess
import sys

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from tools import refresh
from tools.notebooks import ROOT, read


def drawn(shift=0.0, noise=0.0, label="0.123", alpha=1.0, figsize=(6, 4), photo=False, palette=None) -> Image:
    """A figure as a lesson has it, stored as a lesson's is."""
    x = np.linspace(0, 1, 200)
    fig, ax = plt.subplots(figsize=figsize)
    if photo:
        ax.imshow(np.outer(np.sin(5 * x), x), cmap="viridis", extent=(0, 1, 0, 1), aspect="auto")
    ax.plot(x, np.exp(-3 * x) + noise * np.random.default_rng(0).normal(size=200))
    ax.plot(x, x**2 + shift, color="grey", linewidth=0.8, alpha=alpha)
    ax.set(title=f"loss {label}", xlim=(0, 1), ylim=(0, 1))
    png = io.BytesIO()
    fig.savefig(png)
    plt.close(fig)
    image = Image.open(png).convert("RGB")
    return image.quantize(palette or 256, dither=Image.Dither.NONE)


photos = pytest.mark.parametrize("photo", [False, True], ids=["lines", "lines on a picture"])


@photos
def test_pictures_that_look_the_same(photo):
    before = drawn(photo=photo)
    assert refresh.look_the_same(before, drawn(photo=photo, noise=1e-6))
    assert photo or refresh.look_the_same(before, drawn(palette=200))  # rather stored anew than out of date
    assert refresh.look_the_same(before, before.convert("RGB"))


LABELS = [{"label": label} for label in ("0.128", "0.133", "0.121", "0.723", "8.123", "0,123", "0.12")]
OTHERS = [{"shift": 0.003}, {"noise": 3e-3}, {"alpha": 0.6}, {"figsize": (6, 4.01)}]  # a shift of one pixel


@photos
@pytest.mark.parametrize("change", LABELS + OTHERS, ids=str)
def test_pictures_that_do_not(change, photo):
    assert not refresh.look_the_same(drawn(photo=photo), drawn(photo=photo, **change))


def test_a_faint_line_that_moved_is_seen():
    assert not refresh.look_the_same(drawn(alpha=0.3), drawn(alpha=0.3, shift=0.01))


def cell(*outputs, source="print(1)", tags=(), count=1):
    stored = new_code_cell(source, outputs=list(outputs), execution_count=count, metadata={"tags": [*tags]})
    stored.id = "same"
    return stored


def text(words: str):
    return new_output("stream", text=words)


def figure(words="<Figure>", **changes):
    png = io.BytesIO()
    drawn(**changes).save(png, "png")
    return new_output(
        "display_data", {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": words}
    )


def kept(old, new, same_code=True) -> list:
    """What is stored when a cell with the outputs of one is run and gives those of the other."""
    notebook = new_notebook(cells=[new])
    refresh.keep(new_notebook(cells=[old]), notebook, same_code)
    return notebook.cells[0].outputs


def test_an_output_that_nbval_accepts_stays():
    for old, new in [(text("loss ≈ 0.12"), text("loss ≈ 0.34")), (figure(), figure(noise=1e-6))]:
        assert kept(cell(old), cell(new)) == [old]
    exempt = cell(text("[OK] 70 GB"), tags=["nbval-ignore-output"])
    assert kept(exempt, cell(text("[OK] 7 GB"), text("!"), tags=["nbval-ignore-output"])) == exempt.outputs


def test_an_output_that_it_does_not_is_stored_anew():
    for old, new in [
        (text("loss 0.12"), text("loss 0.34")),
        (text("loss ≈ 0.12"), text("cost ≈ 0.12")),
        (text("1"), new_output("stream", name="stderr", text="1")),
        (new_output("execute_result", {"text/plain": "1"}), new_output("display_data", {"text/plain": "1"})),
        (figure(), figure(label="0.124")),
        (figure(), figure("<Figure with 2 Axes>")),
        (figure(), new_output("display_data", {"text/plain": "<Figure>"})),
        (new_output("display_data", {"text/plain": "<Figure>"}), figure()),
    ]:
        assert kept(cell(old), cell(new)) == [new]
    assert kept(cell(text("1")), cell(text("1"), text("2"))) == [text("1"), text("2")]
    tags = ["nbval-ignore-output"]
    assert kept(cell(tags=tags), cell(text("new"), tags=tags)) == [text("new")]
    assert kept(cell(text("old"), tags=tags), cell(text("new"), tags=tags, source="print(2)")) == [
        text("new")
    ]


def test_a_picture_that_varies_stays_as_long_as_the_code_does():
    old, new = figure(), figure(label="0.124")
    cells = cell(old, tags=["varies"]), cell(new, tags=["varies"])
    assert kept(*cells) == [old]
    assert kept(cells[0], cell(new, tags=["varies"]), same_code=False) == [new]
    text_too = figure("<Figure with 2 Axes>")
    assert kept(cells[0], cell(text_too, tags=["varies"])) == [text_too]


def test_a_kept_result_has_the_number_of_its_cell():
    old, new = (new_output("execute_result", {"text/plain": "1"}, execution_count=n) for n in (1, 2))
    (output,) = kept(cell(old), cell(new, count=2))
    assert output.execution_count == 2


DRAW = """import random
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()
print("≈", random.random())"""


@pytest.fixture
def lesson(tmp_path):
    """A notebook of a few cells, run, in a repository; returns it and a function that tells what differs."""
    path = tmp_path / "01_tiny.ipynb"
    cells = [new_markdown_cell("A sentence."), new_code_cell(DRAW), new_code_cell("2 + 2"), new_code_cell("")]
    nbformat.write(new_notebook(cells=cells), path)

    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        return subprocess.run(
            ["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    assert refresh.refresh(path, anew=False)
    git("init")
    git("add", ".")
    git("commit", "-m", "x")
    return path, lambda: re.findall(r"(?m)^[+-] .*", git("diff"))


def test_a_changed_sentence_gives_a_diff_of_that_sentence(lesson):
    path, differs = lesson
    assert not refresh.refresh(path, anew=False) and not differs()

    notebook = read(path)  # as an editor leaves it that has run all cells
    notebook.metadata.language_info.version = "3.11"
    notebook.cells[0].source = "Another sentence."
    for output in notebook.cells[1].outputs:
        if "data" in output:
            output.data["image/png"] = figure(label="8").data["image/png"]
        else:
            output.text = "≈ 7\n"
    nbformat.write(notebook, path)
    assert refresh.refresh(path, anew=False)
    assert differs() == ['-    "A sentence."', '+    "Another sentence."']

    notebook = read(path)
    notebook.cells.insert(1, new_markdown_cell("New."))
    nbformat.write(notebook, path)
    refresh.refresh(path, anew=False)
    assert not [line for line in differs() if line.startswith("-") and "sentence" not in line]

    assert refresh.refresh(path, anew=True)
    assert any("≈" in line for line in differs())


def test_what_make_passes_on_is_not_taken_to_pieces_by_the_shell():
    if not shutil.which("make"):
        pytest.skip("needs make")
    recipe = subprocess.check_output(["make", "-n", "refresh", "LESSON=a b; echo c"], cwd=ROOT, text=True)
    assert "echo c" not in recipe


def test_refresh_says_which_notebook_is_missing():
    command, environment = [sys.executable, "-m", "tools.refresh"], {**os.environ, "LESSON": "no such; 08"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 1
    assert (
        run.stderr == "There is no notebook no such; 08: name its file, LESSON=notebooks/01_tensors.ipynb\n"
    )
