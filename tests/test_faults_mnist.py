"""What can go wrong with MNIST: it mends itself on the next call, or one sentence says what to do."""

import base64
import errno
import io
import os
import pickle
import signal
import ssl
import sys
import tempfile
import threading
import traceback
import urllib.request
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from torchvision.datasets import MNIST

from course_utils import digits, load_mnist
from helpers import NAMES, ROOT, python

IMAGES = NAMES[0]
MIRROR = os.environ.get("COURSE_MNIST_MIRROR")  # as it was before a test changed it

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


def assert_right(mnist, counts=(3, 2)):
    """The images of the local server, to the last pixel."""
    assert mnist.name == "MNIST"
    for images, labels, count in zip(mnist[:4:2], mnist[1:4:2], counts, strict=True):
        assert images.dtype == torch.uint8 and labels.dtype == torch.int64
        expected = torch.arange(count * 784) % 251
        assert torch.equal(images, expected.to(torch.uint8).reshape(count, 28, 28))
        assert torch.equal(labels, torch.arange(count))


def said(capsys) -> list[str]:
    """What was printed, but not that there is a download."""
    return [line for line in capsys.readouterr().out.splitlines() if "Downloading" not in line]


def assert_refused(capsys, *words):
    """The bundled digits come in place of MNIST, and one line says why and what to do."""
    said(capsys)
    assert load_mnist().name == "bundled"
    why, instead, _ = said(capsys)
    assert why.startswith("MNIST could not be had: ")
    for word in words:
        assert word in why, why
    assert instead.endswith("bundled with the course is used instead.")
    return why


def assert_not_kept(capsys, raw, why):
    """MNIST comes all the same, one line says why it could not be kept, and no half file stays."""
    said(capsys)
    assert_right(load_mnist())
    advice = "make room there, or set COURSE_DATA_DIR to a folder that you may write to."
    assert said(capsys)[0] == f"MNIST could not be kept in {raw} ({why}): {advice}"
    assert not list(raw.glob("*.part"))


# --- Servers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (403, "HTTP Error 403"),
        ("cut", "corrupted"),
        ("no end", "timed out"),
        ("changed", "corrupted"),
        ("drip", "timed out"),
        ("endless", "corrupted"),
        ("a page", "corrupted"),
    ],
)
def test_a_bad_server_is_named_and_the_next_call_mends_it(server, raw, monkeypatch, capsys, fault, says):
    monkeypatch.setattr(digits, "TIMEOUT", 0.3)
    monkeypatch.setattr(digits, "LARGEST", 20_000)
    server.fault = fault
    address = os.environ["COURSE_MNIST_MIRROR"]
    assert_refused(capsys, f"{address}/: ", says, "check your network or set COURSE_MNIST_MIRROR")
    assert not any((raw / name).exists() for name in NAMES)
    server.fault = None
    assert_right(load_mnist())


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http:/", "nowhere", "http://127.0.0.1:99999", "http://x y"]
)
def test_an_address_where_nobody_is(server, monkeypatch, capsys, address):
    monkeypatch.setenv("COURSE_MNIST_MIRROR", address)
    assert_refused(capsys, "no server gave it", address)


def test_a_download_is_announced_before_the_wait(server, capsys):
    """One that gets no further has said so."""
    server.fault = "no end"
    waiting = threading.Thread(target=load_mnist, daemon=True)
    waiting.start()
    waiting.join(0.5)
    assert waiting.is_alive()
    assert capsys.readouterr().out == f"Downloading {IMAGES}.gz of MNIST …\n"
    server.fault = None
    waiting.join()


def test_name_and_password_of_a_mirror_are_used_and_not_printed(server, monkeypatch, capsys):
    server.login = "Basic " + base64.b64encode(b"ada:pass@/word").decode()
    address = os.environ["COURSE_MNIST_MIRROR"].replace("http://", "http://{}@")
    monkeypatch.setenv("COURSE_MNIST_MIRROR", address.format("ada:pa55/word"))
    why = assert_refused(capsys, "HTTP Error 401")
    assert "ada" not in why and "pa55" not in why
    monkeypatch.setenv("COURSE_MNIST_MIRROR", address.format("ada:pass%40%2Fword"))
    assert_right(load_mnist())


def test_a_folder_as_mirror(server, source, monkeypatch):
    monkeypatch.setenv("COURSE_MNIST_MIRROR", source[0].as_uri())
    assert_right(load_mnist())
    assert not server.requests


@pytest.mark.parametrize(
    ("error", "says"),
    [(AssertionError(), "/: AssertionError"), (ssl.SSLError(errno.EPERM, "bad record"), "bad record")],
)
def test_any_error_of_a_server_is_the_networks(server, monkeypatch, capsys, error, says):
    """The number of a TLS error is that of "not permitted" on a disk."""
    monkeypatch.setattr(urllib.request, "urlopen", Mock(side_effect=error))
    assert_refused(capsys, "no server gave it", says)


def test_only_what_is_missing_is_fetched_and_what_one_server_gave_is_kept(server, raw):
    load_mnist()
    (raw / IMAGES).unlink()
    (raw / f"{IMAGES}.gz").unlink()
    before = server.requests
    assert_right(load_mnist())
    assert server.requests - before == 1


# --- What lies on the disk ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", ["cut", "emptied", "changed", "longer", "gone"])
@pytest.mark.parametrize("archive", ["whole", "cut", "gone"])
def test_damage_is_mended(server, raw, name, damage, archive):
    load_mnist()
    whole = (raw / name).read_bytes()
    damaged = {"cut": whole[:9], "emptied": b"", "changed": whole[:-1] + b"?", "longer": whole + b"?"}
    if damage == "gone":
        (raw / name).unlink()
    else:
        (raw / name).write_bytes(damaged[damage])
    packed = raw / f"{name}.gz"
    if archive == "gone":
        packed.unlink()
    elif archive == "cut":
        packed.write_bytes(packed.read_bytes()[:-9])
    asked = server.requests
    assert_right(load_mnist())
    assert (server.requests == asked) == (archive == "whole")
    assert sorted(file.name for file in raw.iterdir()) == sorted([*NAMES, *(f"{name}.gz" for name in NAMES)])


@pytest.mark.parametrize("name", [IMAGES, f"{IMAGES}.gz"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs os.mkfifo")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(server, raw, name):
    raw.mkdir(parents=True)
    os.mkfifo(raw / name)
    assert_right(load_mnist())
    assert (raw / name).is_file()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EPERM, errno.ETIMEDOUT])
def test_an_error_of_the_disk_is_the_disks(server, raw, monkeypatch, capsys, number):
    error = OSError(number, os.strerror(number))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", Mock(side_effect=error))
        assert_not_kept(capsys, raw, os.strerror(number))
    assert_right(load_mnist())


@pytest.mark.parametrize("file", ["MNIST", "MNIST/raw"])
def test_a_file_where_the_folder_should_be(server, tmp_path, raw, capsys, file):
    path = tmp_path / "data" / file
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert_not_kept(capsys, raw, "File exists" if path == raw else "Not a directory")


def test_a_folder_where_a_file_should_be(server, raw, capsys):
    (raw / IMAGES).mkdir(parents=True)
    assert_not_kept(capsys, raw, "Access is denied" if sys.platform == "win32" else "Is a directory")


def test_a_file_that_vanishes_after_the_download(server, monkeypatch):
    """As a virus scanner may do it."""
    monkeypatch.setattr(digits, "_keep", lambda file, content: None)
    assert_right(load_mnist())


def test_what_a_killed_one_left_is_taken_away(server, raw):
    raw.mkdir(parents=True)
    old, new = raw / "old.part", raw / "new.part"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    load_mnist()
    assert new.exists() and not old.exists()


def test_a_data_folder_that_cannot_be_made(server, tmp_path, monkeypatch, capsys):
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "nowhere"))
    assert_refused(capsys, "The data folder", "cannot be made", "set COURSE_DATA_DIR")


@pytest.mark.parametrize(
    "name", ["with a space", "naïve-数字", "a.gz.folder", "per%20cent#?", "x" * 120, "~"]
)
def test_an_odd_path(server, tmp_path, monkeypatch, name):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / name))
    assert_right(load_mnist())
    assert (tmp_path / name / "MNIST" / "raw" / IMAGES).is_file()


def test_a_path_from_the_home_folder_and_a_link(server, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COURSE_DATA_DIR", "~/link")
    assert_right(load_mnist())
    assert (tmp_path / "elsewhere" / "MNIST" / "raw" / IMAGES).is_file()


def test_a_link_to_a_damaged_file_is_replaced_and_the_file_left_alone(server, raw, tmp_path):
    shared = tmp_path / "shared"
    shared.write_bytes(b"somebody else's")
    raw.mkdir(parents=True)
    (raw / IMAGES).symlink_to(shared)
    assert_right(load_mnist())
    assert shared.read_bytes() == b"somebody else's"


# --- Nothing in a file is run -------------------------------------------------------------------------


sprung = []


def spring():
    sprung.append(True)


class Trap:
    def __reduce__(self):
        return spring, ()


@pytest.fixture
def trap():
    """A pickle that calls a function when it is loaded."""
    content = pickle.dumps(Trap())
    pickle.loads(content)
    assert sprung  # it works
    sprung.clear()
    return content


def test_a_trap_in_place_of_any_file_of_mnist_is_not_sprung(server, raw, trap):
    raw.mkdir(parents=True)
    for name in NAMES:
        (raw / name).write_bytes(trap)
        (raw / f"{name}.gz").write_bytes(trap)
    old = raw.parent / "processed"  # torchvision loads these where they are
    old.mkdir()
    torch.save(Trap(), old / "training.pt")
    torch.save(Trap(), old / "test.pt")
    assert_right(load_mnist())
    assert not sprung


def test_a_trap_in_place_of_the_bundled_digits_is_refused(tmp_path, monkeypatch, trap):
    np.savez(tmp_path / "array.npz", train_images=np.array([Trap()], dtype=object))
    (tmp_path / "plain.npz").write_bytes(trap)
    for name in ("array", "plain"):
        monkeypatch.setattr(digits, "bundled", lambda _, name=name: tmp_path / f"{name}.npz")
        with pytest.raises(OSError, match="missing or damaged .*allow_pickle.*: get the course anew.$"):
            digits._load_bundled()
    assert not sprung


@pytest.mark.parametrize("content", [None, b"", "cut", "no such arrays"])
def test_damaged_or_missing_bundled_digits(tmp_path, monkeypatch, content):
    file = tmp_path / "digits.npz"
    if content == "cut":
        content = digits.bundled("digits.npz").read_bytes()[:-9]
    if content == "no such arrays":
        np.savez(file, x=np.zeros(3))
    elif content is not None:
        file.write_bytes(content)
    monkeypatch.setattr(digits, "bundled", lambda _: file)
    with pytest.raises(OSError, match=f"^The bundled digits {file} are missing or damaged .*anew.$"):
        digits._load_bundled()


# --- Killed, or two at once ---------------------------------------------------------------------------


def child(work) -> int:
    """Call a function in a process of its own, which ends with 0 if the function returns true."""
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.alarm(60)
        sys.stdout = sys.stderr = io.StringIO()
        os._exit(0 if work() else 1)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        os._exit(2)


def ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def loads() -> bool:
    return load_mnist().name == "MNIST"


def halves(raw: Path) -> list[Path]:
    """Files that have the name of a whole file and are none."""
    return [file for file in raw.glob("*-ubyte") if digits._read(file, digits.UNPACKED[file.name]) is None]


STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.truncate", "socket.connect"}


@needs_fork
def test_killed_at_any_step_the_next_call_mends_it(server, raw):
    """The child kills itself at its n-th step on files and connections, for every n until it gets through.

    A step is what the system is asked for, and the moments before and after something is written.
    """

    def killed_at(n):
        steps = 0

        def step():
            nonlocal steps
            steps += 1
            if steps == n:
                os.kill(os.getpid(), signal.SIGKILL)

        def writes(frame, event, function):
            if event in ("c_call", "c_return") and isinstance(function.__self__, io.BufferedWriter):
                step()

        def work():
            sys.addaudithook(lambda event, _: step() if event in STEPS else None)
            sys.setprofile(writes)
            return loads()

        return work

    load_mnist()
    for n in range(1, 1000):
        for file in (IMAGES, f"{IMAGES}.gz"):
            (raw / file).unlink(missing_ok=True)
        exit_code = ended(child(killed_at(n)))
        assert not halves(raw), n
        assert_right(load_mnist())
        if exit_code == 0:
            break
        assert exit_code == -signal.SIGKILL
    assert n > 20


@needs_fork
def test_four_kernels_at_once(server, raw):
    server.pause = 0.05
    kernels = [child(loads) for _ in range(4)]
    assert [ended(pid) for pid in kernels] == [0] * 4
    assert not halves(raw) and len(list(raw.iterdir())) == 8


@needs_fork
@pytest.mark.parametrize("limit", [100, 1000], ids=["packed", "unpacked"])
def test_a_quota_that_ends_the_writing_in_the_middle(server, raw, limit):
    def limited():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        return load_mnist().name == "MNIST" and "(File too large): make room" in sys.stdout.getvalue()

    assert ended(child(limited)) == 0
    assert not halves(raw) and not list(raw.glob("*.part"))
    assert_right(load_mnist())


@needs_fork
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to become nobody")
def test_a_folder_that_is_not_ours(server, monkeypatch):
    """Whole files are read without writing; missing ones are one sentence."""

    def nobody(says):
        def work():
            os.setuid(65534)
            load_mnist()
            return says in sys.stdout.getvalue()

        return work

    with tempfile.TemporaryDirectory() as folder:  # tmp_path is closed to nobody
        Path(folder).chmod(0o755)
        monkeypatch.setenv("COURSE_DATA_DIR", f"{folder}/data")
        (Path(folder) / "data").mkdir(mode=0o755)
        assert ended(child(nobody("(Permission denied): make room there"))) == 0
        assert_right(load_mnist())
        assert ended(child(nobody("Digits: MNIST, 3 for training"))) == 0


# --- The real files -----------------------------------------------------------------------------------


def reachable(address: str | None) -> bool:
    try:
        urllib.request.urlopen(f"{address}/{NAMES[3]}.gz", timeout=2).close()
    except (OSError, ValueError):
        return False
    return True


real = pytest.mark.skipif(not MIRROR or not reachable(MIRROR), reason="needs COURSE_MNIST_MIRROR")


@real
def test_the_real_files_are_read_as_torchvision_reads_them(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    mnist = load_mnist()
    assert mnist.name == "MNIST"
    theirs = [MNIST(tmp_path, train=train) for train in (True, False)]
    for ours, expected in zip(mnist[:4], [p for t in theirs for p in (t.data, t.targets)], strict=True):
        assert ours.dtype == expected.dtype and torch.equal(ours, expected)


@real
@needs_fork
@pytest.mark.slow
def test_the_real_files_killed_at_twenty_moments(tmp_path):
    code = """if True:
        import os, signal, subprocess, sys, time
        from pathlib import Path
        import torch, torchvision
        from course_utils import digits, load_mnist
        from test_faults_mnist import child, ended, halves, loads
        torch.set_num_threads(1)
        raw = Path(sys.argv[1]) / "MNIST" / "raw"
        start = time.perf_counter()
        assert ended(child(loads)) == 0
        takes = time.perf_counter() - start
        for n in range(20):
            for file in raw.iterdir():
                file.unlink()
            pid = child(loads)
            time.sleep(takes * n / 20)
            os.kill(pid, signal.SIGKILL)
            print(ended(pid), "half" if halves(raw) else "", ended(child(loads)))
    """
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    env = {"PYTHONPATH": path, "COURSE_DATA_DIR": str(tmp_path), "OMP_NUM_THREADS": "1"}
    tries = python("-c", code, tmp_path, env=env, check=True).stdout.splitlines()
    assert len(tries) == 20 and set(tries) <= {"-9  0", "0  0"} and tries.count("-9  0") >= 10, tries
