"""Is everything here that the course needs? Lesson 00 asks."""

import os
import shutil
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

from course_utils.data import data_dir

NEEDED_GB = 1  # MNIST, packed and unpacked, takes about 0.07


class _Problem(Exception):
    """What is wrong and what to do, in one sentence."""


def _python() -> str:
    return f"Python {python_version()}"


def _torch() -> str:
    try:
        found = [f"{name} {version(name)}" for name in ("torch", "torchvision")]
    except PackageNotFoundError as error:
        raise _Problem(f"{error.name} is not installed: run `make lab` in the course's folder.") from None
    pair = " and ".join(found)
    try:
        import_module("torch")
        import_module("torchvision")
    except (ImportError, OSError, RuntimeError, AttributeError):
        raise _Problem(
            f"{pair} do not belong together: install both in one command, from one place, with "
            "`pip install --force-reinstall torch torchvision`."
        ) from None
    return f"{pair} work together"


def _device() -> str:
    try:
        from course_utils.device import get_device
    except (ImportError, OSError, RuntimeError, AttributeError):
        raise _Problem("the device is not known: torch does not work.") from None
    device = get_device()
    return f"computing on: {device}" + (" (it has float32, not float64)" if device.type == "mps" else "")


def _data() -> str:
    folder = data_dir()
    if not os.access(folder, os.W_OK):
        raise _Problem(
            f"you may not write to {folder}: set COURSE_DATA_DIR to a folder that you may write to."
        )
    try:
        shown = os.path.relpath(folder)
    except ValueError:  # another drive of Windows
        shown = str(folder)
    return f"data are kept in {shown if shown.count('..') < 2 else folder}"


def _disk() -> str:
    try:
        free = shutil.disk_usage(data_dir()).free / 1e9
    except OSError:
        raise _Problem("free disk space is not known: the data folder cannot be read.") from None
    if free < NEEDED_GB:
        raise _Problem(f"{free:.1f} GB of disk space is free: make room for at least {NEEDED_GB} GB.")
    return f"{free:.0f} GB of disk space is free"


def check_environment() -> bool:
    """Print a line for each thing that the course needs: ``[OK]``, or ``[!!]`` and what to do.

    Returns:
        Whether everything is there.
    """
    all_there = True
    for check in (_python, _torch, _device, _data, _disk):
        try:
            print(f"[OK] {check()}")
        except (_Problem, ValueError, OSError) as problem:  # of the device and of the data folder
            all_there = False
            print(f"[!!] {problem}")
    return all_there
