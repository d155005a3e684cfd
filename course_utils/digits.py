"""MNIST as tensors in memory, and the bundled digits for where it cannot be had."""

import base64
import contextlib
import gzip
import hashlib
import os
import re
import threading
import time
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from course_utils.data import bundled, data_dir
from course_utils.language import _, say

TIMEOUT = 10  # seconds for a file, and more while it comes at least at this pace
SLOWEST = 50_000  # bytes a second
LARGEST = 20_000_000  # bytes: twice the largest file

# MD5 sums of the unpacked files, by Y. LeCun, C. Cortes and C. J. C. Burges.
UNPACKED = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


class Digits(NamedTuple):
    """Handwritten digits in memory: images ``uint8`` (n, 28, 28), labels ``int64`` (n,)."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    name: str  # "MNIST", or "bundled" for the small set that comes with the course


def load_mnist() -> Digits:
    """Load MNIST, downloaded on first use; where it cannot be had, the bundled digits.

    The files are kept where torchvision keeps them: ``<data directory>/MNIST/raw``. The address in
    ``COURSE_MNIST_MIRROR`` (a folder with the four ``.gz`` files, ``http``, ``https`` or ``file``, with
    ``name:password@`` where it asks for them), where set, is tried first.
    Says in one line which digits it returns.

    Returns:
        60,000 training and 10,000 test images of MNIST (``name="MNIST"``), or 1,437 and 360 of the
        UCI handwritten digits scaled to the same shape (``name="bundled"``).

    Raises:
        OSError: the bundled digits were needed, and are missing or damaged.
    """
    try:
        digits = Digits(*_load_mnist(), name="MNIST")
    except OSError as error:
        print(say(_("MNIST could not be had: {error}"), error=error))
        digits = _load_bundled()
        print(say(_("The small set of real handwritten digits bundled with the course is used instead.")))
    counts = {"training": f"{len(digits.train_images):,}", "testing": f"{len(digits.test_images):,}"}
    print(
        say(_("Digits: {name}, {training} for training, {testing} for testing."), name=digits.name, **counts)
    )
    return digits


def _load_mnist() -> list[Tensor]:
    """Read the four files, after a download where one is missing or damaged.

    Raises:
        OSError: there is no data folder, or no server gave the files.
    """
    raw = data_dir() / "MNIST" / "raw"
    contents = {name: _read(raw / name, checksum) for name, checksum in UNPACKED.items()}
    if None in contents.values():
        _complete(contents, raw)
    parts = {name: torch.frombuffer(bytearray(contents.pop(name)), dtype=torch.uint8) for name in UNPACKED}
    return [x[16:].reshape(-1, 28, 28) if "images" in name else x[8:].long() for name, x in parts.items()]


def _checked(content: bytes, checksum: str) -> bytes | None:
    return content if hashlib.md5(content, usedforsecurity=False).hexdigest() == checksum else None


def _read(file: Path, checksum: str) -> bytes | None:
    """Read a file; None where it is not there or not, to the last byte, what it must be."""
    try:
        return _checked(file.read_bytes(), checksum) if file.is_file() else None
    except OSError:
        return None


def _complete(contents: dict[str, bytes | None], raw: Path) -> None:
    """Download and unpack what is missing, and keep it; where it cannot be kept, a line says so."""
    from torchvision.datasets import MNIST

    for left in raw.glob("*.part"):  # by one that was killed
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > 600:
                left.unlink()
    servers = [*filter(None, [os.environ.get("COURSE_MNIST_MIRROR")]), *MNIST.mirrors]
    failures = []
    unkept = None
    for packed, checksum in MNIST.resources:
        name = packed.removesuffix(".gz")
        if contents[name] is None:
            archive = _read(raw / packed, checksum)
            if archive is None:
                archive = _download(packed, checksum, servers, failures)
                unkept = _keep(raw / packed, archive) or unkept
            contents[name] = gzip.decompress(archive)
            unkept = _keep(raw / name, contents[name]) or unkept
    if unkept:
        message = _(
            "MNIST could not be kept in {folder} ({error}): make room there, or set COURSE_DATA_DIR to a "
            "folder that you may write to."
        )
        print(say(message, folder=raw, error=unkept.strerror or unkept))


def _download(packed: str, checksum: str, servers: list[str], failures: list[str]) -> bytes:
    """Download a file from the first server that gives it; one that does not is not asked again."""
    print(say(_("Downloading {file} of MNIST …"), file=packed), flush=True)
    while servers:
        # Name and password go into a header, where no error repeats them.
        start, login, rest = re.fullmatch(r"(\w*:?/*)(?:(.*)@)?(.*)", servers[0], re.S).groups()
        address = start + rest.rstrip("/") + "/"
        try:
            return _fetch(address + packed, login, checksum)
        except Exception as error:  # whatever a server does, the next one may do better
            failures.append(f"{address}: {' '.join(str(error).split()) or type(error).__name__}")
            del servers[0]
    raise OSError(
        say(
            _("no server gave it; check your network or set COURSE_MNIST_MIRROR. Tried {failures}"),
            failures="; ".join(failures),
        )
    )


def _fetch(address: str, login: str | None, checksum: str) -> bytes:
    """Download a file into memory, in a thread: whatever the server or the network does, the wait ends.

    Raises:
        TimeoutError: less came in the time than must.
        ValueError: what came is not the file.
        Exception: what else went wrong in the thread.
    """
    content, failed, waiting = bytearray(), [], True

    def work() -> None:
        try:
            request = urllib.request.Request(address, headers={"User-Agent": "course_utils"})
            if login:
                basic = base64.b64encode(urllib.parse.unquote(login).encode()).decode()
                request.add_unredirected_header("Authorization", f"Basic {basic}")
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                while waiting and len(content) < LARGEST and (piece := answer.read(1 << 14)):
                    content.extend(piece)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    begin = time.monotonic()
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.1)
            if (seconds := time.monotonic() - begin) > TIMEOUT + len(content) / SLOWEST:
                raise TimeoutError(f"timed out, {len(content):,} bytes in {seconds:.0f} s")
    finally:
        waiting = False
    if failed:
        raise failed[0]
    if not _checked(content, checksum):
        raise ValueError("the file is corrupted")
    return bytes(content)


def _keep(file: Path, content: bytes) -> OSError | None:
    """Write a file whole or not at all: it gets its name when it is whole. Return what went wrong."""
    half = file.with_name(f"{file.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(half, "xb") as opened:
                opened.write(content)
            half.replace(file)
        finally:
            half.unlink(missing_ok=True)
    except OSError as error:
        return error


def _load_bundled() -> Digits:
    path = bundled("digits.npz")
    try:
        with np.load(path, allow_pickle=False) as file:
            return Digits(**{name: torch.from_numpy(file[name]) for name in file.files}, name="bundled")
    except Exception as error:  # the file may be anything
        message = _("The bundled digits {file} are missing or damaged ({error}): get the course anew.")
        raise OSError(say(message, file=path, error=" ".join(str(error).split()))) from None
