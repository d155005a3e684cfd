"""MNIST as tensors in memory, and the bundled digits for where it cannot be had."""

import errno
import gzip
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
from course_utils.language import _, say

TIMEOUT = 20  # seconds without an answer before a server is given up
# Errors that are this machine's, not a server's: the disk is full, or closed to the learner.
LOCAL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}

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
        digits = Digits(*_load_mnist(), name="MNIST")
    except OSError as error:
        digits = _load_bundled()
        print(say(_("MNIST could not be had: {error}"), error=error))
        print(say(_("The small set of real handwritten digits bundled with the course is used instead.")))
    counts = {"training": f"{len(digits.train_images):,}", "testing": f"{len(digits.test_images):,}"}
    print(
        say(_("Digits: {name}, {training} for training, {testing} for testing."), name=digits.name, **counts)
    )
    return digits


def _read(file: Path) -> Tensor | None:
    """Read an unpacked file; None where it is not there or not, to the last byte, what it must be."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != UNPACKED[file.name]:
        return None
    content = torch.frombuffer(bytearray(content), dtype=torch.uint8)
    return content[16:].reshape(-1, 28, 28) if "images" in file.name else content[8:].long()


def _load_mnist() -> list[Tensor]:
    """Read the four files, after a download where one is missing or damaged.

    A lock lets one process at a time download; it is released when its holder dies.

    Raises:
        OSError: no server gave the files, or the folder cannot be written to.
    """
    raw = data_dir() / "MNIST" / "raw"
    files = [raw / name for name in UNPACKED]
    parts = [_read(file) for file in files]
    if not any(part is None for part in parts):
        return parts

    from torchvision.datasets import MNIST

    mirror = os.environ.get("COURSE_MNIST_MIRROR")
    mirrors = [mirror.rstrip("/") + "/"] if mirror else []
    failures = []
    patience = socket.getdefaulttimeout()
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with FileLock(raw / ".lock"):
            socket.setdefaulttimeout(TIMEOUT)  # torchvision sets none of its own
            for address in [*mirrors, *MNIST.mirrors]:
                try:
                    _download(address, raw)
                    return [_read(file) for file in files]
                except Exception as error:  # whatever a server does, the next one may do better
                    if isinstance(error, OSError) and error.errno in LOCAL:
                        raise
                    failures.append(f"{address}: {' '.join(str(error).split()) or type(error).__name__}")
    except OSError as error:
        raise OSError(
            say(
                _(
                    "the folder {folder} cannot be written to ({error}); make room there, or set "
                    "COURSE_DATA_DIR to a folder that you may write to."
                ),
                folder=raw,
                error=error.strerror or error,
            )
        ) from None
    finally:
        socket.setdefaulttimeout(patience)
    raise OSError(
        say(
            _("no server gave it; check your network or set COURSE_MNIST_MIRROR. Tried {failures}"),
            failures="; ".join(failures),
        )
    )


def _download(address: str, raw: Path) -> None:
    """Fetch and unpack what is missing or damaged; a file gets its name when it is whole."""
    from torchvision.datasets import MNIST
    from torchvision.datasets.utils import download_url

    for packed, checksum in MNIST.resources:
        file = raw / packed.removesuffix(".gz")
        if _read(file) is None:
            download_url(address + packed, raw, packed, checksum)
            half = raw / f"{file.name}.part"
            with gzip.open(raw / packed) as archive:
                half.write_bytes(archive.read())
            half.replace(file)


def _load_bundled() -> Digits:
    with np.load(bundled("digits.npz"), allow_pickle=False) as file:
        parts = {name: torch.from_numpy(file[name]) for name in file.files}
    return Digits(**parts, name="bundled")
