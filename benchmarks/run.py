"""Measure the course against the recipes it teaches from: `make bench`.

Rivals take turns in one run, so that a busy moment of the machine hits them alike; of times and ratios
the median is taken, of scores the mean. Writes results.json and the tables of README.md, and fails where
a bound does not hold.
"""

import json
import os
import platform
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

import torch

import course_utils
import lessons
import recipes
from tools.notebooks import LESSONS

HERE = Path(__file__).resolve().parent
LIVE = """
import json
import time
import matplotlib.pyplot as plt
import torch
from torch import nn
import course_utils

course_utils.set_style()
torch.set_num_threads(1)
clock = time.process_time  # what other programs do is not counted
X = torch.linspace(-1, 1, 100).unsqueeze(1)
y = X**3 + torch.randn(100, 1) / 10

def train(steps):
    fig, axes = plt.subplots(1, 2, figsize=(8, 3))
    model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=0.03), [1.0]
    axes[0].plot(X, y, "o")
    axes[0].plot(X, X**3)
    (curve,) = axes[0].plot(X, 0 * X)
    (history,) = axes[1].plot([0], [1])
    axes[1].set(xlim=(0, steps), ylim=(0, 1))

    def draw():
        curve.set_ydata(model(X).detach())
        history.set_data(range(len(losses)), losses)

    _redraws.clear()  # lessons.SPY notes each redraw
    begin = clock()
    with course_utils.LivePlot(fig, draw) as plot:
        drawing = clock() - begin  # the first picture
        for _ in range(steps):
            loss = nn.functional.mse_loss(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            plot.update()
    total = clock() - begin
    drawing += sum(seconds for _, seconds, *_ in _redraws)
    return total - drawing, total, plot.frames

steps = round(7000 / train(1000)[0])  # a training of about seven seconds
runs = [train(steps) for _ in range(5)]
"""
LIVE_REPORT = "print(json.dumps(runs))"


def row(what: str, reference: str, ours: str, measured: float, bound: str) -> dict:
    """One line of the table; `bound` is such as "≤ 0.30" or "≥ 20"."""
    sign, limit = bound.split()
    holds = measured <= float(limit) if sign == "≤" else measured >= float(limit)
    line = {"what": what, "reference": reference, "ours": ours, "measured": f"{measured:.3g}"}
    line |= {"bound": bound, "holds": holds}
    print(" | ".join(map(str, line.values())), flush=True)
    return line


def compete(*rivals: Callable[[int], recipes.Result], seeds: int) -> list[tuple[tuple, tuple]]:
    """Let each rival train once from each seed, in turn; return (seconds, scores) of each rival."""
    rounds = [[rival(seed) for rival in rivals] for seed in range(seeds)]
    return [tuple(zip(*runs, strict=True)) for runs in zip(*rounds, strict=True)]


def ratio(ours: tuple, reference: tuple) -> float:
    """Median over the rounds of our time as a part of the reference's."""
    return statistics.median(a / b for a, b in zip(ours, reference, strict=True))


def shown(seconds: tuple, scores: tuple, form: str) -> str:
    return f"{statistics.median(seconds):.2f} s, " + form.format(statistics.mean(scores))


def measure_cnn() -> Iterator[dict]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    takers = [recipes.cnn_reference, recipes.cnn_published, recipes.cnn_ours]
    names = ["", ", in bfloat16"]
    if recipes.lesson_10()["amx"]:
        takers.append(partial(recipes.cnn_ours, half=True))
    reference, published, *ours = compete(*takers, seeds=5)
    old, fast = (shown(*rival, "{:.2%}") for rival in (reference, published))
    limits = [("≤ 0.26", "≤ 0.45"), ("≤ 0.20", "≤ 0.45")]
    for rival, taker, name, (slow_limit, fast_limit) in zip(ours, takers[2:], names, limits, strict=False):
        seconds, scores = rival
        new = shown(seconds, scores, "{:.2%}")
        yield row(f"MNIST, CNN{name}: time / the text's", old, new, ratio(seconds, reference[0]), slow_limit)
        rate = ratio(seconds, published[0])
        yield row(f"MNIST, CNN{name}: time / the published fast one's", fast, new, rate, fast_limit)
        scores += tuple(taker(seed)[1] for seed in range(5, 10))
        text = f"{statistics.mean(reference[1]):.2%} (five)", f"{statistics.mean(scores):.2%}"
        yield row(f"MNIST, CNN{name}: mean accuracy of ten seeds", *text, statistics.mean(scores), "≥ 0.99")
        text = f"{min(reference[1]):.2%} (of five)", f"{min(scores):.2%}"
        yield row(f"MNIST, CNN{name}: worst accuracy of ten seeds", *text, min(scores), "≥ 0.989")
    torch.set_num_threads(threads)


def measure_others() -> Iterator[dict]:
    pairs = [
        ("MNIST, plain network", "{:.2%}", 0.10, recipes.plain_reference, recipes.plain_ours),
        ("temperature", "{:.2f} °F", 0.10, recipes.temperature_reference, recipes.temperature_ours),
        ("curve x³", "error {:.3f}", 0.25, recipes.curve_reference, recipes.curve_ours),
    ]
    for what, form, limit, *rivals in pairs:
        reference, ours = compete(*rivals, seeds=3)
        text = shown(*reference, form), shown(*ours, form)
        yield row(f"{what}: time / the text's", *text, ratio(ours[0], reference[0]), f"≤ {limit}")
        better = "≥ 1" if form == "{:.2%}" else "≤ 1"  # an accuracy shall be high, an error low
        gain = statistics.mean(ours[1]) / statistics.mean(reference[1])
        yield row(f"{what}: score / the text's", *text, gain, better)


def measure_batches() -> Iterator[dict]:
    rounds = [(recipes.batches_reference(), recipes.batches_ours()) for _ in range(3)]
    for (_, expected), (_, images) in rounds:
        torch.testing.assert_close(images, expected)  # the same normalised values
    slow, fast = (tuple(60_000 / seconds for seconds, _ in rivals) for rivals in zip(*rounds, strict=True))
    text = [f"{statistics.median(rate):,.0f} / s" for rate in (slow, fast)]
    yield row("samples a second, from memory / DataLoader", *text, ratio(fast, slow), "≥ 20")


def measure_live() -> Iterator[dict]:
    without, with_plot, frames = zip(*lessons.run_cells(lessons.SPY, LIVE, LIVE_REPORT), strict=True)
    text = [f"{statistics.median(seconds):.2f} s" for seconds in (without, with_plot)]
    text[1] += f", {statistics.median(frames):.0f} frames"
    what = "processor time of training with a live plot / without"
    yield row(what, *text, ratio(with_plot, without), "≤ 1.05")


def measure_import() -> Iterator[dict]:
    def seconds(code: str) -> float:
        before = os.times()
        subprocess.run([sys.executable, "-c", code], check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    codes = ("import torch", "import torch, course_utils")
    rounds = [[seconds(code) for code in codes] for _ in range(9)]
    plain, ours = (min(times) for times in zip(*rounds, strict=True))  # others can only slow it down
    text = [f"{quickest:.2f} s" for quickest in (plain, ours)]
    what = "processor seconds that import course_utils adds to import torch"
    yield row(what, *text, ours - plain, "≤ 0.2")


def measure_growth() -> Iterator[dict]:
    sizes = (7_500, 15_000, 30_000, 60_000)
    rounds = [[recipes.cnn_ours(0, size)[0] for size in sizes] for _ in range(3)]
    times = [min(column) for column in zip(*rounds, strict=True)]  # others can only slow it down
    text = [", ".join(f"{value:,}" for value in sizes), ", ".join(f"{t:.2f} s" for t in times)]
    yield row("time a sample, 60,000 / 7,500 samples", *text, times[-1] / times[0] / 8, "≤ 1.2")

    def peak(code: str) -> float:
        command = [sys.executable, "-c", f"{code}\nprint({lessons.PEAK})"]
        output = subprocess.run(command, capture_output=True, check=True)
        return int(output.stdout.split()[-1]) / 1000

    load = "import course_utils; from torchvision.datasets import MNIST"
    before, after = peak(load), peak(f"{load}; course_utils.load_mnist()")
    size = sum(t.nbytes for t in recipes.digits()[:4]) / 1e6
    text = f"{size:.0f} MB of data", f"{after - before:.0f} MB at the peak"
    yield row("memory of load_mnist / size of the data", *text, (after - before) / size, "≤ 3")


def measure_nbval() -> Iterator[dict]:
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-n2", "--dist=loadfile"]
    command += LESSONS
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}  # as in `make test`

    def run() -> None:
        subprocess.run(command, cwd=HERE.parent, env=one_thread, check=True, stdout=subprocess.DEVNULL)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    alone, _ = recipes.cnn_reference(1)  # how fast is this machine?
    torch.set_num_threads(threads)
    yardstick = f"one thread: {alone:.0f} s"
    seconds = recipes.timed(run)
    what = "time of pytest --nbval on all lessons / the CNN's text recipe alone"
    yield row(what, yardstick, f"{seconds:.0f} s", seconds / alone, "≤ 6")


def measure_lessons() -> Iterator[dict]:
    """Run each lesson once, and watch its cells and redraws."""
    cells = []
    for path in LESSONS:
        run = lessons.measure(path)
        cells += [(t, f"{run['name']} [{i}]") for i, t in enumerate(run["seconds"], 1)]
        live = [t for _, t, is_live, _ in run["redraws"] if is_live]
        if path.stem.startswith("06"):
            text = "", f"{len(live)} frames"
            milliseconds = 1000 * statistics.median(live)
            yield row("processor milliseconds of a live redraw in lesson 06", *text, milliseconds, "≤ 25")
        if path.stem.startswith("10"):
            gigabytes = run["peak_kb"] / 1e6
            yield row("peak memory of lesson 10 in GB", "", f"{gigabytes:.2f} GB", gigabytes, "≤ 1.5")
        for cell in dict.fromkeys(cell for cell, _, is_live, _ in run["redraws"] if not is_live):
            here = [(t, trains) for c, t, is_live, trains in run["redraws"] if c == cell and not is_live]
            times = [t for t, _ in here]
            limit = 2 if any(trains for _, trains in here) else 0.1
            yield {
                "explorer, set in": f"{run['name']} [{cell}]",
                "redraws": len(times),
                "processor time, median": f"{1000 * statistics.median(times):.0f} ms",
                "bound": "2 s, trains" if limit == 2 else "100 ms, draws",
                "holds": statistics.median(times) <= limit,
            }
    for seconds, name in sorted(cells, reverse=True)[:10]:
        yield {"the ten slowest cells": name, "seconds": f"{seconds:.1f}"}


def table(rows: list[dict]) -> str:
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    lines += [["yes" if v is True else "**no**" if v is False else v for v in line.values()] for line in rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


MEASURES = {
    "cnn": measure_cnn,
    "others": measure_others,
    "batches": measure_batches,
    "live": measure_live,
    "import": measure_import,
    "growth": measure_growth,
    "nbval": measure_nbval,
    "lessons": measure_lessons,
}


def main(names: list[str]) -> None:
    """Take the named measures, or all, and keep the last results of the others."""
    if unknown := set(names) - set(MEASURES):
        sys.exit(f"There is no measure {', '.join(unknown)}: choose from {', '.join(MEASURES)}.")
    if recipes.digits().name != "MNIST":
        sys.exit("The benchmarks need the real MNIST: connect to a network or set COURSE_MNIST_MIRROR.")
    file = HERE / "results.json"
    results = json.loads(file.read_text(encoding="utf-8")) if names else {}
    for name in names or MEASURES:
        results[name] = list(MEASURES[name]())
    results["machine"] = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    results["versions"] = f"Python {platform.python_version()}, PyTorch {torch.__version__}"
    results["date"] = date.today().isoformat()
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    text = f"Measured on {results['date']}: {results['machine']}, {results['versions']}.\n"
    lines = [line for name in MEASURES for line in results.get(name, [])]
    for first in dict.fromkeys(next(iter(line)) for line in lines):  # a table for each kind of line
        text += f"\n{table([line for line in lines if first in line])}\n"
    readme = HERE / "README.md"
    mark = "<!-- written by make bench -->\n"
    old = readme.read_text(encoding="utf-8")
    readme.write_text(re.sub(f"{mark}.*", lambda _: f"{mark}\n{text}", old, flags=re.S), encoding="utf-8")
    missed = [line for line in lines if not line.get("holds", True)]
    sys.exit(f"{len(missed)} bounds do not hold." if missed else 0)


if __name__ == "__main__":
    course_utils.set_style()
    main(sys.argv[1:])
