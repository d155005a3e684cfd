"""Lesson 11's script under torchrun: several processes, "machines", a killed worker, and what goes wrong."""

import argparse
import importlib
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
import torch
from filelock import FileLock

import course_utils
from course_utils.digits import _load_bundled
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
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(list(map(str, command)), env=env, **pipes)


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


def test_a_finished_training_is_kept_and_another_one_refused(alone, script, tmp_path):
    command = alone[0]
    half, copied = (tmp_path / "half.pt"), (tmp_path / "copied.pt")
    half.write_text("half a file")
    shutil.copy(script.with_name("alone.pt"), copied)
    other = [[f"--checkpoint={copied}", "--lr=0.02"], [f"--checkpoint={half}"]]
    kept, refused, broken = (start([*command, *options]) for options in ([], *other))
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
    left = {path.name for path in folder.iterdir()} - {"checkpoint.pt.lock"}
    assert left == {"checkpoint.pt", "killed"}, "nothing half-written is left"
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


@pytest.fixture
def here(monkeypatch, capsys):
    """Call the script's main in this process, which saves the start of another; returns what it prints."""

    def call(*options: str, change=lambda script: None, **env: str) -> str:
        for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"COURSE_DEVICE": "cpu"} | env).items():
            monkeypatch.setenv(name, value)
        monkeypatch.syspath_prepend(ROOT / "scale_out")
        monkeypatch.setattr(sys, "argv", ["train_cnn.py", *OPTIONS, *options])
        script = importlib.import_module("train_cnn")
        try:
            script = importlib.reload(script)  # the place of the process is read at the start
            change(script)
            script.main()
            return capsys.readouterr().out
        finally:
            if torch.distributed.is_initialized():
                torch.distributed.destroy_process_group()

    monkeypatch.setattr(course_utils, "load_mnist", _load_bundled)
    return call


def one_sentence(call, *parts: str) -> None:
    """It ends with a sentence that names what is wrong and where."""
    with pytest.raises(SystemExit) as raised:
        call()
    assert str(raised.value).startswith("train_cnn.py: "), raised.value
    assert all(part in str(raised.value) for part in parts), raised.value


@pytest.mark.parametrize(
    "option, says",
    {
        "--batch-size=255": "--batch-size 255 cannot be shared evenly by 2 processes",
        "--epochs=0": "--epochs must be above 0 and below 1e8, and is 0",
        "--lr=fast": "argument --lr: invalid float value: 'fast'",
        "--lr=inf": "--lr must be above 0 and below 1e8, and is inf",
        "--timeout=1e300": "--timeout must be above 0 and below 1e8",
        "--checkpoint=nowhere/checkpoint.pt": "--checkpoint: there is no folder",
    }.items(),
)
def test_bad_arguments_end_in_one_sentence(here, option, says):
    one_sentence(lambda: here(option, RANK="0", WORLD_SIZE="2"), says)


@pytest.mark.parametrize(
    "env, says",
    [
        ({"WORLD_SIZE": "2"}, "the environment has {'WORLD_SIZE': '2'}: start with torchrun"),
        ({"RANK": "abc", "WORLD_SIZE": "2"}, "'RANK': 'abc'"),
        ({"RANK": "2", "WORLD_SIZE": "2"}, "'RANK': '2'"),
        ({"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "1"}, "'LOCAL_RANK': '1'"),
        ({"RANK": "0", "WORLD_SIZE": "2", "MASTER_PORT": "29400"}, "cannot meet"),
        ({"COURSE_DEVICE": "xpu"}, "COURSE_DEVICE asks for the device 'xpu'"),
    ],
)
def test_a_wrong_environment_ends_in_one_sentence(here, env, says):
    one_sentence(lambda: here(**env), says)


def test_a_learning_rate_at_which_nothing_is_learnt_ends_in_one_sentence(here):
    def deep(script):
        layers = [torch.nn.Linear(10, 10) for _ in range(9)]
        script.make_model = lambda: torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10), *layers)

    one_sentence(lambda: here("--lr=1e7", change=deep), "the loss is nan", "lower --lr")


def test_a_checkpoint_of_another_network_is_refused(here, tmp_path):
    def other(script):
        before = script.make_model
        script.make_model = lambda: torch.nn.Sequential(before(), torch.nn.Linear(10, 10))

    checkpoint = f"--checkpoint={tmp_path / 'cnn.pt'}"
    assert "done" in here(checkpoint)
    one_sentence(lambda: here(checkpoint, change=other), "cnn.pt", "another network", "rename or remove it")


def test_flipped_bits_of_a_checkpoint_are_seen(here, tmp_path):
    file = tmp_path / "cnn.pt"
    here(f"--checkpoint={file}")
    content = file.read_bytes()
    for place in range(len(content) // 20, len(content), len(content) // 10):
        changed = bytearray(content)
        changed[place] ^= 1
        file.write_bytes(changed)
        one_sentence(lambda: here(f"--checkpoint={file}"), "cnn.pt is not a checkpoint of this script")


@pytest.mark.parametrize("fault", ["no room", "no file", "no lock"])
def test_where_no_checkpoint_can_be_written_no_epoch_is_trained(here, capsys, tmp_path, fault):
    """A limit for files plays the full disk; a folder in the file's place, one that takes no new file."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if fault == "no room":
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    else:
        (tmp_path / ("cnn.pt.tmp" if fault == "no file" else "cnn.pt.lock")).mkdir()
    try:
        one_sentence(lambda: here(f"--checkpoint={tmp_path / 'cnn.pt'}"), "cnn.pt cannot be written")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "epoch" not in capsys.readouterr().out
    assert not (tmp_path / "cnn.pt.tmp").is_file()


def test_two_trainings_do_not_share_a_checkpoint(here, tmp_path):
    with FileLock(tmp_path / "cnn.pt.lock"):
        one_sentence(lambda: here(f"--checkpoint={tmp_path / 'cnn.pt'}"), "another training uses", "cnn.pt")


def test_what_is_random_in_training_goes_on_as_before(here, tmp_path):
    """A network with dropout, interrupted between two epochs."""

    def dropout(script):
        before = script.make_model
        script.make_model = lambda: torch.nn.Sequential(torch.nn.Dropout(0.3), before())

    def interrupted(script):
        dropout(script)
        write = script.write_checkpoint

        def write_and_stop(path, state, try_only=False):
            write(path, state, try_only)
            if not try_only:
                raise KeyboardInterrupt

        script.write_checkpoint = write_and_stop

    undisturbed = accuracies(here(change=dropout))
    checkpoint = f"--checkpoint={tmp_path / 'cnn.pt'}"
    with pytest.raises(KeyboardInterrupt):
        here(checkpoint, change=interrupted)
    torch.rand(100)  # a new process has other random numbers
    resumed = here(checkpoint, change=dropout)
    assert "resume after epoch 1" in resumed and accuracies(resumed)[-2:] == undisturbed[1:]


def test_workers_end_with_their_torchrun(script):
    agent = start([*LAUNCH, *LOCAL, script, *TRAIN, "--epochs=1000"])
    assert agent.stdout.readline().startswith("epoch 1:")
    workers = subprocess.run(["pgrep", "-P", str(agent.pid)], capture_output=True, text=True).stdout.split()
    assert len(workers) == 2
    os.kill(agent.pid, signal.SIGKILL)
    began = time.monotonic()
    _, err = agent.communicate(timeout=60)  # the pipes are closed when the last worker has ended
    assert time.monotonic() - began < 20 and "its torchrun is gone" in err


@pytest.mark.parametrize(
    "option, says",
    {
        "--nproc-per-node=abc": "abc",
        "--nproc-per-node=0": "AssertionError",
        "--nnodes=2:1": "min_nodes=2",
        "--bogus=1": "--bogus",
        "--rdzv-backend=wrong": "'wrong'",
    }.items(),
)
def test_wrong_arguments_of_the_launcher_end_in_one_sentence(monkeypatch, option, says):
    monkeypatch.setattr(argparse.ArgumentParser, "error", argparse.ArgumentParser.error)  # it sets its own
    monkeypatch.setenv("TORCH_DISABLE_SHARE_RDZV_TCP_STORE", "1")
    monkeypatch.setattr(sys, "argv", ["launch.py", option, "x.py"])
    with pytest.raises(SystemExit) as raised:
        runpy.run_path(str(ROOT / "scale_out" / "launch.py"), run_name="__main__")
    assert re.match(f"launch.py: .*{re.escape(says)}.*--help", str(raised.value)), raised.value


def test_a_meeting_point_where_something_else_listens_is_named_in_time(script):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        code, _, err = end(start([*machines(port), script, *TRAIN]))
    assert code == 1 and f"launch.py: another program listens at 127.0.0.1:{port}" in err
    assert "Traceback" not in err


def test_rank_0_has_the_word_under_torchrun():
    code, _, err = end(start([*LAUNCH, *LOCAL, *TRAIN, "--batch-size=255"]), 60)
    assert code == 1 and err.count("cannot be shared evenly by 2 processes") == 1, err
    assert "Traceback" not in err


@pytest.fixture
def gpus(monkeypatch):
    """A machine with as many NVIDIA GPUs as asked for, as far as PyTorch can tell."""

    def have(count: int, **env: str):
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
        monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
        for module in (torch.accelerator, torch.cuda):
            monkeypatch.setattr(module, "device_count", lambda: count)
        monkeypatch.syspath_prepend(ROOT / "scale_out")
        return [importlib.reload(importlib.import_module(name)) for name in ("train_cnn", "measure")]

    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    return have


def test_each_process_takes_a_gpu_from_the_one_that_is_asked_for(gpus):
    second = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
    assert gpus(2)[0].choose_device() == torch.device("cuda:0")
    assert gpus(2, COURSE_DEVICE="cuda:1")[0].choose_device() == torch.device("cuda:1")
    assert gpus(3, **second)[0].choose_device() == torch.device("cuda:2")
    train_cnn, _ = gpus(2, **(second | {"RANK": "0", "LOCAL_RANK": "0"}))
    with pytest.raises(SystemExit, match="2 process.* from GPU 1 on, but this machine has 2 GPU"):
        train_cnn.choose_device()


def test_measure_asks_for_no_more_gpus_than_there_are(gpus):
    assert [number for number, _ in gpus(1)[1].runs().values()] == [1]
    assert [number for number, _ in gpus(2)[1].runs().values()] == [1, 2]
    assert [number for number, _ in gpus(2, COURSE_DEVICE="cuda:1")[1].runs().values()] == [1]
