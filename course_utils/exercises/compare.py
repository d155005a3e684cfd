"""Is a result what was expected? If not, in what does it differ?"""

from numbers import Real

import numpy as np
import torch

from course_utils.language import _, say


class NotYet(Exception):
    """What is not right yet, and what to look at: a message with named places, and what belongs there."""

    def __init__(self, message: str, **places):
        self.message, self.places = message, places

    def __str__(self) -> str:
        return say(self.message, **self.places)


def require(holds, message: str, **places) -> None:
    """Say what is not right yet unless something holds; for the `run` of an exercise."""
    if not holds:
        raise NotYet(message, **places)


def close(found, expected, atol: float = 1e-5) -> bool:
    """Tell whether two numbers or tensors are equal in shape and, up to rounding, in value."""
    try:  # On the CPU: mps has no float64.
        found, expected = (torch.as_tensor(x).detach().cpu().double() for x in (found, expected))
    except (ValueError, OverflowError):  # a whole number too large for a tensor
        return found == expected
    return found.shape == expected.shape and torch.allclose(found, expected, 1e-4, atol, equal_nan=True)


def shown(value) -> str:
    """Write a value in a message: in full where it is short, else by its kind and size."""
    if isinstance(value, torch.Tensor | np.ndarray):
        few = np.prod(value.shape) <= 6
        return shown(value.tolist()) if few else say(_("tensor of shape {shape}"), shape=tuple(value.shape))
    if isinstance(value, list | tuple):
        inside = ", ".join(map(shown, value))
        if len(inside) > 150:
            return f"{type(value).__name__} of {len(value)}"
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, float):
        return f"{value:.4g}" if value % 1 else str(value)
    text = getattr(value, "__name__", None) or repr(value)
    return text if len(text) < 80 else type(value).__name__


def plain(value):
    """Make a Python number of a NumPy number or of a tensor without dimensions; others stay as they are."""
    single = isinstance(value, np.generic) or (
        isinstance(value, torch.Tensor | np.ndarray) and not value.ndim
    )
    return value.item() if single else value


def difference(found, expected, atol: float = 1e-5, kind=None, where: str = "") -> NotYet | None:
    """Say how a result differs from what was expected; None if it does not.

    Numbers may come from Python, from NumPy or as a tensor without dimensions, unless `kind` forbids it.
    """

    def problem(message: str, **places) -> NotYet:
        return NotYet(message, where=where, expected=shown(expected), found=shown(found), **places)

    def value() -> NotYet:
        if shown(found) == shown(expected):
            return problem(_("For {input}: {where}expected {expected}, and yours differs in later digits."))
        return problem(_("For {input}: {where}expected {expected}, and yours is {found}."))

    kinds = [type(x).__name__.removesuffix("Type") for x in (plain(expected), found)]  # None, not NoneType
    message = _("For {input}: {where}the result must be {wanted}, not {came}.")
    wrong_kind = problem(message, wanted=kinds[0], came=kinds[1])
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return wrong_kind
        for name in expected:
            if different := difference(found.get(name), expected[name], atol, kind, f"{say(name)}: "):
                return different
    elif isinstance(expected, list | tuple):
        if isinstance(expected, list) and isinstance(found, torch.Tensor | np.ndarray | range):
            found = list(found) if isinstance(found, range) else found.tolist()
        if not isinstance(found, list | tuple):
            return wrong_kind
        if len(found) != len(expected):
            return value()
        for number, pair in enumerate(zip(found, expected, strict=True)):
            if different := difference(*pair, atol, kind, f"{where}[{number}] "):
                return different
    elif isinstance(plain(expected), Real):
        if kind == "tensor" and not isinstance(found, torch.Tensor):
            return problem(_("Return a tensor: no .item(), and no Python number."))
        if kind == "plain" and isinstance(found, torch.Tensor):
            return problem(_("Return a plain number and not a tensor: .item() makes one."))
        if shape := tuple(getattr(found, "shape", ())):
            return problem(_("Return a single number; yours has the shape {shape}."), shape=shape)
        found, expected = plain(found), plain(expected)
        if not isinstance(found, Real) or isinstance(found, bool) != isinstance(expected, bool):
            return wrong_kind
        if kind == "whole" and isinstance(found, float) and found == expected:
            return problem(
                _("{found} is right in value, but for Python it is no whole number: use `//`, or int().")
            )
        return None if close(found, expected, atol) else value()
    elif isinstance(expected, torch.Tensor):
        if not isinstance(found, torch.Tensor):
            return wrong_kind
        if found.shape != expected.shape:
            message = _("For {input}: {where}the shape must be {wanted}, and yours is {came}.")
            return problem(message, wanted=tuple(expected.shape), came=tuple(found.shape))
        sorts = [
            x.dtype if kind == "dtype" else (x.dtype == torch.bool, x.is_floating_point())
            for x in (found, expected)
        ]
        if sorts[0] != sorts[1]:
            message = _("For {input}: {where}the numbers must be {wanted}, and yours are {came}.")
            return problem(message, wanted=expected.dtype, came=found.dtype)
        if not close(found, expected, atol):
            if expected.numel() > 6:  # show the first number that is off
                found, expected = (x.detach().cpu().double() for x in (found, expected))
                equal = torch.isclose(found, expected, 1e-4, atol, equal_nan=True)
                place = (~equal).nonzero()[0].tolist()
                where, found, expected = f"{where}{place} ", found[tuple(place)], expected[tuple(place)]
            return value()
    elif type(found) is not type(expected):
        return wrong_kind
    elif found != expected:
        return value()
    return None
