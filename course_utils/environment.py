"""Is everything here that the course needs? Lesson 00 asks."""

import os
import shutil
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

from course_utils.data import data_dir
from course_utils.language import _, say

NEEDED_GB = 1  # MNIST, packed and unpacked, takes about 0.07


class _Problem(Exception):
    """What is wrong and what to do, in one sentence."""


def _python() -> str:
    return f"Python {python_version()}"


def _torch() -> str:
    try:
        found = [f"{name} {version(name)}" for name in ("torch", "torchvision")]
    except PackageNotFoundError as error:
        message = _("{name} is not installed: run `make lab` in the course's folder.")
        raise _Problem(say(message, name=error.name)) from None
    one, other = found
    try:
        import_module("torch")
        import_module("torchvision")
    except (ImportError, OSError, RuntimeError, AttributeError):
        message = _(
            "{one} and {other} do not belong together: install both in one command, from one place, with "
            "`pip install --force-reinstall torch torchvision`."
        )
        raise _Problem(say(message, one=one, other=other)) from None
    return say(_("{one} and {other} work together"), one=one, other=other)


def _device() -> str:
    try:
        from course_utils.device import get_device
    except (ImportError, OSError, RuntimeError, AttributeError):
        raise _Problem(say(_("the device is not known: torch does not work."))) from None
    device = get_device()
    if device.type == "mps":
        return say(_("computing on: {device} (it has float32, not float64)"), device=device)
    return say(_("computing on: {device}"), device=device)


def _data() -> str:
    folder = data_dir()
    if not os.access(folder, os.W_OK):
        message = _("you may not write to {folder}: set COURSE_DATA_DIR to a folder that you may write to.")
        raise _Problem(say(message, folder=folder))
    try:
        shown = os.path.relpath(folder)
    except ValueError:  # another drive of Windows
        shown = str(folder)
    return say(_("data are kept in {folder}"), folder=shown if shown.count("..") < 2 else folder)


def _disk() -> str:
    try:
        free = shutil.disk_usage(data_dir()).free / 1e9
    except OSError:
        message = _("free disk space is not known: the data folder cannot be read.")
        raise _Problem(say(message)) from None
    if free < NEEDED_GB:
        message = _("{free} GB of disk space is free: make room for at least {needed} GB.")
        raise _Problem(say(message, free=f"{free:.1f}", needed=NEEDED_GB))
    return say(_("{free} GB of disk space is free"), free=f"{free:.0f}")


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
