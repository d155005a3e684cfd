"""The stand-in accelerator, and on it all that the course does on a device: `make slow-test`.

One lesson alone: `python -m pytest -m slow tests/test_standin.py -k 03_first_model`.
"""

import ast
import json
import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from helpers import ROOT, code_cells, python
from tools.notebooks import FURTHER, LESSONS, SOLUTIONS, read

PATH = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "COURSE_DEVICE": "", "MPLBACKEND": "agg"}
HERE = "import torch, standin; there = standin.install({})\n"

# x is on the CPU, y the same on the device: tables of 2 rows and 3 columns, with the numbers 0 to 5.
ALLOWED = {
    "(y + 1).cpu() - x": [[1, 1, 1], [1, 1, 1]],
    "(y @ y.T).diag()": [5, 50],
    "y[0] * torch.tensor(2.0)": [0, 2, 4],  # one number from the CPU
    "torch.where(y > 4, y, torch.tensor(-1.0)).max()": 5,
    "y[torch.tensor([1]), torch.tensor([2])]": [5],  # indices from the CPU
    "y[x > 3]": [4, 5],
    "x.clone().copy_(y)[1]": [3, 4, 5],
    "y.clone().index_put_((torch.tensor([0]),), torch.tensor(7.0))[0]": [7, 7, 7],
    "torch.zeros(2, 3, device=there).fill_(torch.tensor(3.0))[1]": [3, 3, 3],
    "torch.arange(3, device=there) + torch.tensor([1, 2, 3], device=there)": [1, 3, 5],
    "torch.tensor([y.sum(), 1])": [15, 1],
    "torch.empty(2, 3, device=there).copy_(x)[0]": [0, 1, 2],
    "[f'{y.max():.1f}', str(y.device), y.sum().item(), y.is_cpu]": ["5.0", "standin:0", 15, False],
    "[y.to(there) is y, y.cpu() is y, (x.to(there) + x.to(there)).device == y.device]": [True, False, True],
    "torch.stack([y, y]).flatten(1).shape": [2, 6],
    "y.max(dim=1).values": [2, 5],
    "torch.nn.functional.cross_entropy(0 * y, torch.tensor([0, 1], device=there)).exp().round()": 3,
    "torch.randperm(5, device=there).sort().values": [0, 1, 2, 3, 4],
    "repr(y[0])": "tensor([0., 1., 2.], device='standin:0')",
}
TWO_DEVICES = [
    *["x + y", "y + x", "y @ x.T", "torch.cat([y, x])", "torch.equal(y, x)", "x.clone().add_(y)"],
    *["y.mul_(x)", "torch.tensor(1.0).add_(y.sum())", "x[torch.tensor([0], device=there)]", "x[y > 3]"],
    *["y.index_put_((torch.tensor([0]),), x[0])", "torch.add(x, x, out=y)", "torch.nn.Linear(3, 1)(y)"],
    *["torch.nn.Linear(3, 1).to(there)(x)", "torch.nn.functional.cross_entropy(y, torch.tensor([0, 1]))"],
    *["torch.nn.functional.mse_loss(y, x)", "y.dot(torch.tensor(1.0))", "torch.where(x > 4, y, y)"],
]
REFUSED = dict.fromkeys(TWO_DEVICES, "at least two devices") | {
    "y.numpy()": "Tensor.cpu",
    "__import__('numpy').asarray(y)": "Tensor.cpu",
    "__import__('matplotlib.pyplot').pyplot.plot(y[0])": "Tensor.cpu",
    "torch.testing.assert_close(y, x)": "device",
    "torch.randperm(5, device=there, generator=torch.Generator())": "generator",
}
FLOAT64 = ["y.double()", "x.double().to(there)", "torch.ones(2, dtype=torch.float64, device=there)"]

EVALUATE = """
import json, sys
x = torch.arange(6.0).reshape(2, 3)
for code in json.loads(sys.argv[1]):
    y = x.to(there)
    try:
        value = eval(code)
        value = value.tolist() if isinstance(value, torch.Tensor) else value
    except Exception as error:
        value = f"{type(error).__name__}: {error}"
    print(json.dumps(value))
"""


def on_the_stand_in(code: str, *arguments, options: str = "") -> str:
    done = python("-c", HERE.format(options) + code, *arguments, env=PATH)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_it_allows_what_cuda_allows_and_refuses_what_cuda_refuses():
    found = on_the_stand_in(EVALUATE, json.dumps([*ALLOWED, *REFUSED, *FLOAT64])).splitlines()
    found = dict(zip([*ALLOWED, *REFUSED, *FLOAT64], map(json.loads, found), strict=True))
    assert {code: found[code] for code in ALLOWED} == ALLOWED
    for code, text in REFUSED.items():
        assert "Error: " in str(found[code]) and text in found[code], (code, found[code])
    assert not [code for code in FLOAT64 if "Error" in str(found[code])]


def test_it_refuses_float64_where_it_is_told_to():
    found = on_the_stand_in(EVALUATE, json.dumps([*FLOAT64, "y.sum()"]), options="float64=False")
    *refused, total = map(json.loads, found.splitlines())
    assert all("TypeError: Cannot convert a tensor to torch.float64" in text for text in refused)
    assert total == 15


def test_a_training_on_it_is_saved_goes_on_and_has_its_own_random_numbers():
    on_the_stand_in(
        """
import copy, io
from torch import nn
import course_utils

assert course_utils.get_device().type == "standin" and torch.accelerator.is_available()

def train(net, optimizer, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        net(X).sum().backward()
        optimizer.step()
    return nn.utils.parameters_to_vector(net.parameters()).detach().cpu()

X = torch.rand(8, 1, 6, 6, device=there)
layers = [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten()]
net = nn.Sequential(*layers, nn.Linear(64, 1))
weight = net[0].weight
start = copy.deepcopy(net).to(there)
optimizer = torch.optim.Adam(net.parameters())
assert net.to(there)[0].weight is weight and weight.device.type == "standin"  # as on CUDA
torch.manual_seed(0)
once = train(net, optimizer, 4)

net = copy.deepcopy(start)
optimizer = torch.optim.Adam(net.parameters())
torch.manual_seed(0)
train(net, optimizer, 2)
file = io.BytesIO()
torch.save([net.state_dict(), optimizer.state_dict(), torch.standin.get_rng_state()], file)
train(net, optimizer, 1)
for where in (None, "cpu"):
    file.seek(0)
    saved = torch.load(file, weights_only=True, map_location=where)
    assert saved[0]["0.weight"].device.type == (where or "standin")
    net.load_state_dict(saved[0])
    optimizer.load_state_dict(saved[1])
    torch.standin.set_rng_state(saved[2].cpu())
    assert torch.equal(train(net, optimizer, 2), once)

torch.manual_seed(0)
apart = torch.rand(9), torch.rand(9, device=there).cpu()
assert not torch.equal(*apart)
torch.manual_seed(0)
torch.rand(5)
assert torch.equal(torch.rand(9, device=there).cpu(), apart[1])  # the CPU's do not move it on
with torch.inference_mode():
    assert [len(part) for part in X.split(3)] == [3, 3, 2] and net.eval()(X).shape == (8, 1)
"""
    )


def test_it_rounds_like_tf32_where_it_is_told_to():
    code = """
x = torch.full((1, 1, 1, 1), 1 + 2**-12, device=there)
assert torch.nn.functional.conv2d(x, x / x).item() == 1 and (x * x).item() > 1
"""
    on_the_stand_in(code, options="tf32=True")


# --- The course on it -----------------------------------------------------------------------------------

PAGES = [path for path in LESSONS + FURTHER + SOLUTIONS if "get_device" in path.read_text(encoding="utf-8")]
MOVE = re.compile(r"\.to\(device\b[^()]*\)")
as_gpus = pytest.mark.parametrize("options", ["tf32=True", "float64=False"], ids=["as cuda", "as mps"])
FIRST_CELL = """
import sys
sys.path[:0] = {path}
import standin
standin.install({options})
import course_utils
from course_utils import digits as files  # not the name that the lessons use
course_utils.load_mnist = files._load_bundled
"""


def run_lesson(path, options: str = "", without: int | None = None) -> None:
    """Run a lesson on the stand-in and the bundled digits, without one of its `.to(device)` if so told."""
    notebook = read(path)
    moves = 0
    for cell in code_cells(notebook):
        for match in MOVE.finditer(cell.source):
            if moves == without:
                cell.source = cell.source[: match.start()] + cell.source[match.end() :]
                ast.parse(cell.source)
            moves += 1
    first = FIRST_CELL.format(path=[str(ROOT), str(ROOT / "tests")], options=options)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(first))
    NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": path.parent}}).execute()


@pytest.fixture
def found(monkeypatch):
    """What the kernels of the lessons need to find the course and the stand-in."""
    for name, value in PATH.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
@as_gpus
@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_each_lesson_with_a_device_runs_on_it(request, found, path, options):
    if path.parent.name == "notebooks" and path.name.startswith("10") and "tf32" in options:
        why = "with TF32's rounding the first training on the bundled digits fails: not yet understood"
        request.applymarker(pytest.mark.xfail(reason=why, raises=CellExecutionError))
    run_lesson(path, options)


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_a_move_to_the_device_that_is_missing_is_noticed(found, path):
    """The first three of a lesson, one at a time: those further down come after minutes of training."""
    moves = len(MOVE.findall("\n".join(cell.source for cell in code_cells(read(path)))))
    assert moves
    for number in range(min(3, moves)):
        with pytest.raises(CellExecutionError) as noticed:
            run_lesson(path, without=number)
        assert "standin.install" not in str(noticed.value)  # the lesson's own cell, not the one before it


JUDGES = """
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from torch import nn
import course_utils.exercises
from course_utils.exercises import frame

def moved(value):
    if isinstance(value, torch.Tensor) and value.dtype == torch.float64:
        value = value.float()  # a learner must, on mps
    if isinstance(value, torch.Tensor | nn.Module):
        return value.to(there)
    if isinstance(value, dict):
        return {name: moved(part) for name, part in value.items()}
    return type(value)(map(moved, value)) if type(value) in (tuple, list) else value

def on_the_device(answer):
    if isinstance(answer, tuple):
        return tuple(map(on_the_device, answer))
    return (lambda *a, **k: moved(answer(*a, **k))) if callable(answer) else moved(answer)

torch.func.grad(torch.sin)(torch.tensor(1.0))  # the first call takes seconds, and a judge does not wait
for file in Path(course_utils.exercises.__file__).parent.glob("lesson_*.py"):
    import_module(f"course_utils.exercises.{file.stem}")
for exercise in frame.exercises.values():
    exercise = replace(exercise, without={})  # what an answer's source must not hold: not the matter here
    if problem := frame.verdict(exercise, on_the_device(exercise.oracle), seed=0):
        print(exercise.number, problem)
"""


@pytest.mark.slow
@as_gpus
def test_each_judge_accepts_an_answer_on_the_device(options):
    assert on_the_stand_in(JUDGES, options=options) == ""


HELPERS = """
import course_utils
from course_utils import digits

images = digits._load_bundled().train_images[:6]
for shown in (images.to(there), (images / 255).unsqueeze(1).to(there)):
    axes = course_utils.show_digits(shown, titles=shown.sum(dim=(-1, -2)).flatten(), columns=3)
    assert (axes[0, 0].images[0].get_array() == shown[0].cpu().numpy()).all()

canvas = course_utils.DigitCanvas()
canvas.pixels = bytes(280 * 279) + bytes([255]) * 280  # its last row is white
assert canvas.drawing.device.type == "cpu"
net = torch.nn.Linear(280 * 280, 1, bias=False).to(there)
torch.nn.init.ones_(net.weight)
with torch.inference_mode():
    assert net(canvas.drawing.flatten().to(there) / 255).round().item() == 280
"""

SCRIPT = """
import sys
from pathlib import Path
from course_utils import digits

sys.path.insert(0, "scale_out")
sys.argv = ["train_cnn.py", "--epochs=2", "--samples=1280", f"--checkpoint={sys.argv[1]}"]
import train_cnn

train_cnn.DistributedDataParallel = lambda net: net  # it looks into the memory of what it shares
train_cnn.choose_device = lambda: there
train_cnn.course_utils.load_mnist = digits._load_bundled
train_cnn.main()
train_cnn.main()
"""


@pytest.mark.slow
@as_gpus
def test_the_helpers_and_the_script_run_on_it(options, tmp_path):
    on_the_stand_in(HELPERS, options=options)
    said = on_the_stand_in(SCRIPT, tmp_path / "cnn.pt", options=options)
    assert said.count("on standin") == 2 and "resume after epoch 2" in said
