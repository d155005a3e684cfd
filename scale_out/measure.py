"""Time train_cnn.py with 1 and 2 processes on this machine's cores or GPUs; print a table for README.md.

python scale_out/measure.py [repeats] [options of train_cnn.py]
"""

import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import torch

import course_utils

HERE = Path(__file__).parent
CORES = os.cpu_count() or 1
HALF = max(1, CORES // 2)


def runs() -> dict[str, tuple[int, int]]:
    """The rows of the table, and for each the number of processes and of threads."""
    device = course_utils.get_device()
    if device.type != "cuda":  # all cores, fairly split, but for the first: what is a single core worth?
        return {
            "1 process, 1 thread": (1, 1),
            f"1 process, {CORES} threads": (1, CORES),
            f"2 processes, {HALF} thread(s) each": (2, HALF),
        }
    two = {"2 GPUs": (2, HALF)} if torch.cuda.device_count() >= (device.index or 0) + 2 else {}
    return {"1 GPU": (1, CORES)} | two


def run(processes: int, threads: int, options: list[str]) -> tuple[float, float, str]:
    """Return seconds of training, seconds until 99 % (nan where not reached), and the last accuracy."""
    command = [HERE / "launch.py", "--standalone", f"--nproc-per-node={processes}", HERE / "train_cnn.py"]
    env = os.environ | {"OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, *map(str, command), *options], capture_output=True, text=True, env=env
    )
    if done.returncode:
        sys.exit(done.stderr)
    epochs = re.findall(r"test accuracy ([\d.]+), ([\d.]+) s of training, (\d+) digits/s", done.stdout)
    reached = [float(seconds) for accuracy, seconds, _ in epochs if float(accuracy) >= 0.99]
    speed = statistics.median(float(speed) for *_, speed in epochs)
    return speed, min(reached, default=float("nan")), epochs[-1][0]


def main() -> None:
    options = sys.argv[1:]
    repeats = int(options.pop(0)) if options and options[0].isdecimal() else 3
    found = {name: [] for name in runs()}
    for _ in range(repeats):  # in turn: what disturbs the machine disturbs all alike
        for name, (processes, threads) in runs().items():
            found[name].append(run(processes, threads, options))
            print(name, *found[name][-1], file=sys.stderr, flush=True)
    base = statistics.median(speed for speed, *_ in next(iter(found.values())))
    print("| | digits/s | against the first row | seconds to 99 % | test accuracy |\n|---|---|---|---|---|")
    for name, results in found.items():
        speed, reached = (statistics.median(values) for values in list(zip(*results, strict=True))[:2])
        accuracy = statistics.median(float(text) for *_, text in results)
        print(f"| {name} | {speed:,.0f} | {speed / base:.2f} | {reached:.1f} | {accuracy:.4f} |")


if __name__ == "__main__":
    main()
