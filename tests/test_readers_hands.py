"""What a reader does with a lesson besides running it once from top to bottom."""

import nbformat
import pytest
from nbclient import NotebookClient

from helpers import code_cells, every_lesson, python
from tools.notebooks import read, until

pytestmark = pytest.mark.slow


@every_lesson
def test_each_cell_can_be_run_twice_in_a_row(path):
    """A reader presses Ctrl + Enter again, to see it once more or with another number."""
    notebook = read(path)
    cells = code_cells(notebook)
    notebook.cells = [nbformat.v4.new_code_cell(cell.source) for cell in cells for _ in range(2)]
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=300, resources={"metadata": {"path": path.parent}}
    )
    client.execute()


@every_lesson
def test_all_together_runs_alone_as_a_script_in_an_empty_folder(path, tmp_path):
    """The cell under *All together* is what one copies."""
    cells = read(path).cells
    heading = until(cells, "## All together")
    if heading == len(cells):
        assert path.name.startswith("00")
        return
    cell = next(cell for cell in cells[heading:] if cell.cell_type == "code")
    script = tmp_path / "all_together.py"
    script.write_text(cell.source, encoding="utf-8")
    run = python(script.name, cwd=tmp_path, env={"MPLBACKEND": "Agg", "COURSE_DEVICE": "cpu"})
    assert run.returncode == 0, run.stderr
