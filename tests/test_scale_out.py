"""Lesson 11's script under torchrun: several processes, "machines", a killed worker, and what goes wrong."""

import os
import re
import subprocess
import sys
import time

import pytest

from helpers import ROOT, free_port

LAUNCH = [sys.executable, ROOT / "scale_out" / "launch.py"]
# The script on the bundled digits, with a network or without. With KILLED in the environment, process 1
# kills itself in the middle of the second epoch, once: SIGKILL, as the system does when memory is short.
BUNDLED = """
import os, runpy, signal, sys
import torch
from course_utils import digits

digits.load_mnist = digits._load_bundled
steps, step = 0, torch.optim.Adam.step

def step_or_die(self, *args, **kwargs):
    global steps
    steps += 1
    if steps == 15 and os.environ["RANK"] == "1" and not os.path.exists(os.environ["KILLED"]):
        open(os.environ["KILLED"], "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, *args, **kwargs)

if "KILLED" in os.environ:
    torch.optim.Adam.step = step_or_die
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
OPTIONS = ["--epochs=3", "--samples=1280", "--batch-size=128"]  # 10 steps an epoch
TRAIN = [ROOT / "scale_out" / "train_cnn.py", *OPTIONS]
LOCAL = ["--standalone", "--nproc-per-node=2"]


def start(command, **env) -> subprocess.Popen:
    env = os.environ | {"COURSE_DEVICE": "cpu", "OMP_NUM_THREADS": "1"} | env
    return subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )


def end(process: subprocess.Popen, seconds: float = 180) -> tuple[int, str, str]:
    """Wait for a process, and end it and its children where it takes too long."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.terminate()  # torchrun ends its workers
        pytest.fail(f"still running after {seconds} s: {process.communicate()}")
    return process.returncode, out, err


def accuracies(output: str) -> list[str]:
    return re.findall(r"test accuracy ([\d.]+),", output)


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("scale_out") / "bundled.py"
    path.write_text(BUNDLED)
    return path


@pytest.fixture(scope="module")
def undisturbed(script) -> list[str]:
    """The accuracies after each epoch, two processes on one machine."""
    code, out, err = end(start([*LAUNCH, *LOCAL, script, *TRAIN]))
    assert code == 0, err
    assert out.count("epoch ") == 3 and "processes: 2, on cpu" in out, "rank 0 alone reports"
    return accuracies(out)


@pytest.fixture(scope="module")
def alone(script) -> tuple[list, str]:
    """The command of one process without torchrun, which leaves a checkpoint, and what it printed."""
    command = [sys.executable, script, *TRAIN, f"--checkpoint={script.with_name('alone.pt')}"]
    code, out, err = end(start(command))
    assert code == 0, err
    return command, out


def test_two_processes_are_as_good_as_one(alone, undisturbed):
    one, two = float(accuracies(alone[1])[-1]), float(undisturbed[-1])
    assert one > 0.8 and two > 0.8, (one, two)
    assert abs(one - two) < 0.05  # batch normalisation sees half a batch in each of two processes


def test_a_finished_training_is_kept_and_another_one_refused(alone, tmp_path):
    command = alone[0]
    (tmp_path / "half.pt").write_text("half a file")
    kept, refused, broken = map(
        start, (command, [*command, "--lr=0.02"], [*command, f"--checkpoint={tmp_path / 'half.pt'}"])
    )
    code, out, _ = end(kept)
    assert code == 0 and "alone.pt: resume after epoch 3" in out and not accuracies(out)
    assert f"done: test accuracy {accuracies(alone[1])[-1]};" in out
    code, _, err = end(refused)
    assert code == 1 and "was trained with {'epochs': 3, " in err and "rename or remove it" in err
    code, _, err = end(broken)
    assert code == 1 and "is not a checkpoint of this script" in err and "Traceback" not in err


def kill_and_resume(script, folder) -> tuple[list[str], float]:
    checkpoint, killed = folder / "checkpoint.pt", folder / "killed"
    began = time.monotonic()
    command = [*LAUNCH, *LOCAL, "--max-restarts=2", script, *TRAIN, f"--checkpoint={checkpoint}"]
    code, out, err = end(start(command, KILLED=str(killed)))
    assert code == 0, err
    assert killed.exists() and "exitcode: -9" in err, err
    assert out.count("checkpoint.pt: resume after epoch 1") == 1, out + err
    assert sorted(folder.iterdir()) == [checkpoint, killed], "nothing half-written is left"
    return accuracies(out), time.monotonic() - began


def test_a_killed_worker_is_replaced_and_training_resumes(script, undisturbed, tmp_path):
    assert kill_and_resume(script, tmp_path)[0] == undisturbed


@pytest.mark.slow
def test_ten_times_of_ten(script, undisturbed, tmp_path):
    """Run with `pytest -m slow -s tests/test_scale_out.py`: prints how long each took."""
    for number in range(10):
        (folder := tmp_path / str(number)).mkdir()
        found, seconds = kill_and_resume(script, folder)
        print(f"{number + 1}: resumed and ended in {seconds:.1f} s, {found[-1]}")
        assert found == undisturbed


def machines(port: int) -> list[str]:
    meeting = ["--rdzv-backend=c10d", f"--rdzv-endpoint=127.0.0.1:{port}", "--rdzv-conf=join_timeout=4"]
    return [*LAUNCH, "--nnodes=2", "--nproc-per-node=1", *meeting]


def test_two_machines_do_what_two_processes_do(script, undisturbed):
    """Two torchrun agents that find each other by address, as on two machines."""
    command = [*machines(free_port()), script, *TRAIN]
    agents = [start(command), start(command)]
    (code, out, err), (other_code, other_out, other_err) = map(end, agents)
    assert code == other_code == 0, err + other_err
    assert accuracies(out + other_out) == undisturbed, "one of the two reports, once"


def test_a_machine_that_does_not_come_is_named_in_time(script):
    began = time.monotonic()
    code, _, err = end(start([*machines(free_port()), script, *TRAIN]))
    assert code == 1 and "fewer machines than --nnodes asks for have come in time" in err
    assert "Traceback" not in err and time.monotonic() - began < 40


def test_a_process_that_does_not_come_is_named_in_time(script):
    began = time.monotonic()
    place = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    code, _, err = end(start([sys.executable, script, *TRAIN, "--timeout=2"], **place))
    assert code == 1 and "another process is gone, or did not answer within 2 s" in err
    assert "Traceback" not in err and time.monotonic() - began < 40


def test_bad_arguments_end_in_one_sentence():
    place = {"RANK": "0", "WORLD_SIZE": "2"}
    says = {
        "--batch-size=255": "--batch-size 255 cannot be shared evenly by 2 processes",
        "--epochs=0": "--epochs must be above 0, and is 0",
        "--lr=fast": "argument --lr: invalid float value: 'fast'",
        "--checkpoint=nowhere/checkpoint.pt": "--checkpoint: there is no folder",
    }
    started = [start([sys.executable, *TRAIN, argument], **place) for argument in says]
    for process, sentence in zip(started, says.values(), strict=True):
        code, out, err = end(process, 60)
        assert code == 1 and err.startswith("train_cnn.py: ") and sentence in err
        assert "Traceback" not in err and out == ""


def test_rank_0_has_the_word_under_torchrun():
    code, _, err = end(start([*LAUNCH, *LOCAL, *TRAIN, "--batch-size=255"]), 60)
    assert code == 1 and err.count("cannot be shared evenly by 2 processes") == 1, err
    assert "Traceback" not in err
