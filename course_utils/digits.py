"""MNIST as tensors in memory, and the bundled digits for where it cannot be had."""

import hashlib
import os
import socket
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from course_utils.data import bundled, data_dir

TIMEOUT = 20  # seconds without an answer before a server is given up

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
    ``COURSE_MNIST_MIRROR`` (an http folder with the four ``.gz`` files), where set, is tried first.
    Says in one line which digits it returns.

    Returns:
        60,000 training and 10,000 test images of MNIST (``name="MNIST"``), or 1,437 and 360 of the
        UCI handwritten digits scaled to the same shape (``name="bundled"``).
    """
    try:
        root = _fetch()
    except OSError as error:
        digits = _load_bundled()
        print(
            f"MNIST could not be had: {error}\n"
            "The small set of real handwritten digits bundled with the course is used instead."
        )
    else:
        from torchvision.datasets import MNIST

        train, test = MNIST(root, train=True), MNIST(root, train=False)
        digits = Digits(train.data, train.targets, test.data, test.targets, "MNIST")
    print(
        f"Digits: {digits.name}, {len(digits.train_images):,} for training, "
        f"{len(digits.test_images):,} for testing."
    )
    return digits


def _is_whole(file: Path) -> bool:
    return file.is_file() and hashlib.md5(file.read_bytes()).hexdigest() == UNPACKED[file.name]


def _fetch() -> Path:
    """Make sure that the four files are there and whole; return torchvision's root folder.

    A lock lets one process at a time download; it is released when its holder dies.

    Raises:
        OSError: no server gave the files, or the folder cannot be written to.
    """
    root = data_dir()
    raw = root / "MNIST" / "raw"
    files = [raw / name for name in UNPACKED]
    if all(map(_is_whole, files)):
        return root

    from torchvision.datasets import MNIST

    mirror = os.environ.get("COURSE_MNIST_MIRROR")
    mirrors = [mirror.rstrip("/") + "/"] if mirror else []
    raw.mkdir(parents=True, exist_ok=True)
    failures = []
    patience = socket.getdefaulttimeout()
    with FileLock(raw / ".lock"):
        socket.setdefaulttimeout(TIMEOUT)  # torchvision sets none of its own
        try:
            for address in [*mirrors, *MNIST.mirrors]:
                for file in files:
                    if not _is_whole(file):
                        file.unlink(missing_ok=True)  # half-unpacked: torchvision would trust it
                source = type("MNIST", (MNIST,), {"mirrors": [address]})
                try:
                    source(root, download=True)
                except Exception as error:  # whatever a server does, the next one may do better
                    failures.append(f"{address}: {str(error).strip().splitlines()[-1]}")
                if all(map(_is_whole, files)):
                    return root
        finally:
            socket.setdefaulttimeout(patience)
    raise OSError(
        "no server gave it; check your network or set COURSE_MNIST_MIRROR. Tried " + "; ".join(failures)
    )


def _load_bundled() -> Digits:
    with np.load(bundled("digits.npz"), allow_pickle=False) as file:
        parts = {name: torch.from_numpy(file[name]) for name in file.files}
    return Digits(**parts, name="bundled")
