"""The rules that every lesson keeps, and the proof that strict nbval sees an output that is not true."""

import ast
import json
import re

import nbformat
import pytest

from helpers import code_cells, every_lesson, every_notebook, outputs_as_text, strict_nbval, tags
from tools.notebooks import (
    EXEMPT,
    FURTHER,
    LESSONS,
    LIMITS,
    NOTEBOOKS,
    ROOT,
    SOLUTIONS,
    lesson_of,
    measures,
    read,
)
from tools.publish import STAMPED, bootstrap, stamped
from tools.refresh import masked


def test_there_are_lessons():
    assert len(LESSONS) >= 3


@every_notebook
def test_valid_and_normalised(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    ids = [cell["id"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    assert len(set(ids)) == len(ids), "run `make refresh`"
    assert all(cell.source.strip() for cell in notebook.cells)


@every_notebook
def test_run_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in code_cells(read(path))]
    assert counts == list(range(1, len(counts) + 1)), "run `make refresh`"


@every_notebook
def test_outputs_are_clean(path):
    for cell in code_cells(read(path)):
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", output.text
            assert "image/svg+xml" not in output.get("data", {}), "nbval cannot compare SVG"
        assert not re.search(r"0x[0-9a-f]{6,}", outputs_as_text(cell)), "an object's address"


@pytest.mark.parametrize("path", STAMPED, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_in_step(path):
    """Links, maps, titles, bootstrap cell and limits say what their homes say."""
    notebook = path.suffix == ".ipynb"
    in_step = stamped(path) == (read(path) if notebook else path.read_text(encoding="utf-8"))
    assert in_step, "run `make refresh`"
    assert not notebook or code_cells(read(path))[0].source == bootstrap(), "let it stand alone"


@every_lesson
def test_limits(path):
    for what, found in measures(path).items():
        least, most = LIMITS[what]
        assert least * (path in LESSONS) <= found <= most, f"{what}: {found:g}"


def test_each_further_notebook_is_linked_from_its_lesson():
    for path in FURTHER:
        assert f"](further/{path.name})" in "".join(cell.source for cell in read(lesson_of(path)).cells)


@every_notebook
def test_exemptions_are_explained(path):
    exempt = [cell for cell in code_cells(read(path)) if tags(cell) & EXEMPT or "NBVAL_" in cell.source]
    assert not exempt or path not in SOLUTIONS
    explained = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for cell in exempt:
        call = re.search(r"[a-z_]+\(\)", cell.source).group()
        assert f"`{call}` in lesson" in explained and path.stem[:2] in explained, cell.source


@every_notebook
def test_pictures_in_prose_have_alt_text(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"!\[\s*\]\(|<img(?![^>]*alt=\"[^\"]+\")", cell.source)


@every_notebook
def test_links_between_files_work(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#\s]+)\)", cell.source):
                if not re.match(r"[a-z]+:", target):
                    there = (path.parent / target).resolve()
                    assert there.is_file() and there.is_relative_to(NOTEBOOKS), target  # JupyterLab's folder


def digits_compared(cell: nbformat.NotebookNode):
    """Find the digits of a cell's outputs that nbval compares: where each is, and the text with another."""
    for output in cell.outputs:
        holder, key = (output, "text") if "text" in output else (output.get("data", {}), "text/plain")
        text = holder.get(key, "")
        for found in re.finditer(r"\d", text):
            other = str((int(found.group()) + 1) % 10)
            altered = text[: found.start()] + other + text[found.end() :]
            if masked(altered) != masked(text):
                yield holder, key, altered


@every_lesson
def test_strict_nbval_sees_an_output_that_is_not_true(path, tmp_path):
    """Alter one digit of a stored output in a copy: of all its cells that one fails."""
    notebook = read(path)
    number, cell, (holder, key, altered) = next(
        (number, cell, found)
        for number, cell in enumerate(code_cells(notebook))
        if not tags(cell) & EXEMPT
        for found in digits_compared(cell)
    )
    holder[key] = altered
    del notebook.cells[notebook.cells.index(cell) + 1 :]  # what comes after need not run
    nbformat.write(notebook, tmp_path / path.name)
    run = strict_nbval(tmp_path / path.name)
    assert f"1 failed, {number} passed" in run.stdout, run.stdout + run.stderr


SCOPES = (
    ast.FunctionDef | ast.Lambda | ast.ClassDef | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
)


def stored_names(tree: ast.AST) -> set[str]:
    """Find the names that code gives values to, but not those inside its functions and the like."""
    if isinstance(tree, ast.Name):
        return {tree.id} if isinstance(tree.ctx, ast.Store) else set()
    inner = [node for node in ast.iter_child_nodes(tree) if not isinstance(node, SCOPES)]
    return set().union(*map(stored_names, inner))


@every_lesson
def test_explorers_still_work_after_the_last_cell(path):
    """What the function behind a slider uses by name must not be given to something else further down."""
    trees = [ast.parse(re.sub(r"(?m)^ *%.*", "", cell.source)) for cell in code_cells(read(path))]
    for number, tree in enumerate(trees):
        if ".observe(" not in ast.unparse(tree):
            continue
        used = set()
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.Lambda):
                names = {
                    node.id
                    for node in ast.walk(function)
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
                }
                own = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
                used |= names - own - stored_names(function)
        taken = used & set().union(*map(stored_names, trees[number + 1 :]))
        assert not taken, f"cell [{number + 1}] uses {taken}, which a later cell names anew"
