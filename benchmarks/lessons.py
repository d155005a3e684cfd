"""Run notebooks in kernels of their own and measure them: time of each cell, redraws, memory."""

import json
from datetime import datetime
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tools.notebooks import NOTEBOOKS

# Notes for each redraw: cell, seconds, whether a live plot asked for it, whether it trained a model.
SPY = """
import sys as _sys, time as _time
import torch as _torch
from course_utils.live import LivePlot as _LivePlot

_redraws, _backwards = [], []
_backward, _redraw = _torch.Tensor.backward, _LivePlot.redraw

def _spy_backward(self, *args, **options):
    _backwards.append(1)
    return _backward(self, *args, **options)

def _spy_redraw(self):
    live = _sys._getframe(1).f_code.co_name in ("update", "__exit__")
    trained, start = len(_backwards), _time.process_time()
    _redraw(self)
    seconds = _time.process_time() - start  # what other programs do is not counted
    _redraws.append((get_ipython().execution_count - 1, seconds, live, len(_backwards) > trained))

_torch.Tensor.backward, _LivePlot.redraw = _spy_backward, _spy_redraw
"""
# The highest mark of the memory, in kB, from Linux: getrusage would begin with that of the parent process.
PEAK = 'int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])'
REPORT = f"""
import json as _json
print(_json.dumps({{"redraws": _redraws, "peak_kb": {PEAK}}}))
"""


def run_cells(*sources: str) -> list[float | str]:
    """Run code cells in a new kernel in the lessons' folder; return what the last one printed, as JSON."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": NOTEBOOKS}}).execute()
    printed = "".join(out.text for out in notebook.cells[-1].outputs if out.get("name") == "stdout")
    return json.loads(printed.splitlines()[-1])


def measure(path: Path) -> dict:
    """Run one lesson; return its cells' seconds, its redraws, and its peak memory in kilobytes."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [new_code_cell(SPY), *notebook.cells, new_code_cell(REPORT)]
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": NOTEBOOKS}}).execute()
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]

    def seconds(cell) -> float:
        when = cell.metadata.execution
        start, end = when["iopub.execute_input"], when["iopub.status.idle"]
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()

    report = json.loads(codes[-1].outputs[-1].text.splitlines()[-1])
    return {"name": path.stem, "seconds": [seconds(cell) for cell in codes[1:-1]], **report}
