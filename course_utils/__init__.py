"""Plumbing for the lessons: the device, the data, the look of the figures.

Nothing that a lesson teaches is in here. Names are loaded when first used, so that
``import course_utils`` pulls in neither pandas nor torchvision nor matplotlib.
"""

import logging
from importlib import import_module

# Matplotlib would say in red that it builds a list of fonts, or that it may not write to the home folder.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

_HOME = {
    "check_environment": "environment",
    "get_device": "device",
    "data_dir": "data",
    "load_temperatures": "temperatures",
    "load_noaa_daily": "temperatures",
    "Digits": "digits",
    "load_mnist": "digits",
    "LivePlot": "live",
    "DigitCanvas": "canvas",
    "set_style": "plotting",
    "show_digits": "plotting",
    "set_language": "language",
    "check": "exercises",
    "hint": "exercises",
    "progress": "exercises",
}
__all__ = list(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
