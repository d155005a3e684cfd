"""Checks for the exercises: each answers at once, on fresh inputs, with PyTorch or mathematics as the judge.

A lesson calls ``course_utils.check("01.1", safe_mse)``. The judge of exercise 01.1 is a function in
``lesson_01.py``; it calls the learner's answer and uses :func:`require` for what must hold.
"""

import dis
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import torch


class NotYet(Exception):
    """What is not right yet, and what to look at."""


@dataclass
class Exercise:
    judge: Callable
    hints: tuple[str, ...]
    correct: str
    hints_given: int = 0


_exercises: dict[str, Exercise] = {}


def exercise(number: str, hints: tuple[str, ...], correct: str):
    """Register the decorated function as the judge of an exercise.

    Args:
        number: lesson and exercise, as in ``"01.1"``.
        hints: from a nudge to nearly the answer.
        correct: what a right answer means, in a sentence.
    """

    def register(judge: Callable) -> Callable:
        _exercises[number] = Exercise(judge, hints, correct)
        return judge

    return register


def require(holds: bool, otherwise: str) -> None:
    """Say what is not right yet unless something holds."""
    if not holds:
        raise NotYet(otherwise)


def close(found, expected, atol: float = 1e-5) -> bool:
    """Tell whether two numbers or tensors are equal in shape and, up to rounding, in value."""
    # On the CPU: mps has no float64.
    found, expected = (torch.as_tensor(x).detach().cpu().double() for x in (found, expected))
    return found.shape == expected.shape and torch.allclose(found, expected, rtol=1e-4, atol=atol)


def call(answer: Callable, *args, **kwargs):
    """Call the learner's function; an error in it, or a forgotten return, is something to look at."""
    try:
        result = answer(*args, **kwargs)
    except NotYet:
        raise
    except Exception as error:
        raise NotYet(f"Your code raised {type(error).__name__}: {error}") from None
    require(result is not None, "Your code returned None. Is there a `return` at its end?")
    return result


def check(number: str, answer) -> None:
    """Print whether an answer is right: *not attempted yet*, *not yet*, or *correct*."""
    found = _find(number)
    if _untouched(answer):
        print(f'Exercise {number}: not attempted yet. For a hint: course_utils.hint("{number}")')
        return
    try:
        found.judge(answer)
    except NotYet as problem:
        print(f"Exercise {number}: not yet. {problem}")
    else:
        print(f"Exercise {number}: correct. {found.correct}")


def hint(number: str) -> None:
    """Print the next hint of an exercise; after the last one, the first again."""
    found = _find(number)
    place = found.hints_given % len(found.hints)
    found.hints_given += 1
    print(f"Hint {place + 1} of {len(found.hints)}: {found.hints[place]}")


def _find(number: str) -> Exercise:
    try:
        import_module(f"{__name__}.lesson_{number[:2]}")
        return _exercises[number]
    except (ModuleNotFoundError, KeyError):
        raise ValueError(
            f"There is no exercise {number!r}: write lesson and exercise, as in '01.1'."
        ) from None


def _untouched(answer) -> bool:
    """Tell whether the place for the answer still holds ``None``, ``...``, or a function without a body."""
    if answer is None or answer is ...:
        return True
    if isinstance(answer, tuple):
        return any(map(_untouched, answer))
    functions = inspect.getmembers(answer, inspect.isfunction) if inspect.isclass(answer) else [("", answer)]
    own = [f for _, f in functions if inspect.isfunction(f) and f.__module__ == answer.__module__]
    return any(_has_no_body(f) for f in own)


def _has_no_body(function: Callable) -> bool:
    """Tell whether a function does nothing but return ``None`` or ``...``."""
    steps = list(dis.get_instructions(function))
    loads = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return {step.opname for step in steps} <= _NOTHING and all(value in (None, ...) for value in loads)


# What Python 3.11 and its followers make of a function whose body is `...`.
_NOTHING = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "COPY_FREE_VARS"}
