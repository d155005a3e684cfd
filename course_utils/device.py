"""The device that the lessons compute on."""

import os

import torch

from course_utils.language import _, say


def _available() -> list[str]:
    """Name the device types of this machine, the fastest first."""
    if not torch.accelerator.is_available():
        return ["cpu"]
    return [torch.accelerator.current_accelerator().type, "cpu"]


def get_device(prefer: str | None = None) -> torch.device:
    """Choose the device to compute on: the accelerator if there is one, else the CPU.

    The ``mps`` of Apple computers has no ``float64``: change a tensor with ``.float()`` first.

    Args:
        prefer: a device such as ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``. The environment
            variable ``COURSE_DEVICE``, where set, overrides it.

    Raises:
        ValueError: the device asked for is not one that this machine has.
    """
    available = _available()
    wanted = os.environ.get("COURSE_DEVICE") or prefer
    if not wanted:
        return torch.device(available[0])
    asked_by = "COURSE_DEVICE" if os.environ.get("COURSE_DEVICE") else "get_device"
    problem = say(
        _("{asked_by} asks for the device {wanted!r}, but this machine has only: {available}."),
        asked_by=asked_by,
        wanted=wanted,
        available=", ".join(available),
    )
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise ValueError(problem) from None
    count = torch.accelerator.device_count() if device.type != "cpu" else 1
    if device.type not in available or (device.index or 0) >= count:
        raise ValueError(problem)
    return device
