"""The frame of the exercises: all that is the same for each of them is done here, once.

An exercise is declared in ``lesson_NN.py``, around its right answer: ``lesson_00.py`` has the shortest one.
A learner's answer is called on copies of the inputs. Where it differs from the right one, the message of the
mistake with the same results is said; else the first input, what was expected, and what came.
"""

import copy
import errno
import inspect
import random
import re
import signal
import threading
import warnings
from collections.abc import Callable, Iterable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import takewhile
from traceback import walk_stack

import numpy as np
import torch
from torch import nn

from course_utils.exercises.compare import NotYet, close, difference, require, shown
from course_utils.exercises.source import AUTOGRAD, LOOPS, edited, functions_of, has_return, names_used
from course_utils.language import _, say

__all__ = ["AUTOGRAD", "LOOPS", "_", "close", "exercise", "require"]  # what a lesson declares exercises with

SECONDS = 10  # an answer that takes longer is stopped


@dataclass
class Exercise:
    """An exercise as it is declared.

    Attributes:
        number: lesson and exercise, as in ``"01.1"``.
        oracle: the right answer: a function, a class, a value, or a tuple of these.
        cases: a function that yields the inputs, one tuple of arguments a case, new ones at each call.
        hints: from a nudge to nearly the answer.
        correct: what a right answer means, in a sentence.
        mistakes: message -> wrong answer, or what to replace in the oracle's code by what to make it. Places
            of a message: ``input``, ``expected``, ``found``, and the arguments by name. A message that `run`
            requires is said without a look at the wrong answers.
        run: how an answer is used on a case, if it is not just called. What it returns is compared, a
            dictionary by its names; it may use :func:`require`.
        without: message -> names that an answer must not use, as ``names_used`` finds them.
        kind: ``"tensor"``, ``"plain"`` (no tensor), ``"whole"`` (no decimal point) or ``"dtype"`` (the
            oracle's) where the task asks for such numbers; else any will do.
        atol: the absolute tolerance of the comparison.
        repair: whether the first mistake is code that the lesson hands out to be repaired.
        parts: the names of the parts of an answer that is a tuple.
    """

    number: str
    oracle: object
    cases: Callable[[], Iterable[tuple]]
    hints: tuple[str, ...]
    correct: str
    mistakes: dict[str, object] = field(default_factory=dict)
    run: Callable | None = None
    without: dict[str, set[str]] = field(default_factory=dict)
    kind: str | None = None
    atol: float = 1e-5
    repair: bool = False
    parts: tuple[str, ...] = ()
    hints_given: int = 0

    def __post_init__(self):
        for message, wrong in self.mistakes.items():
            if isinstance(wrong, tuple) and isinstance(wrong[0], str):
                self.mistakes[message] = edited(self.oracle, *wrong)
        self.given = next(iter(self.mistakes.values())) if self.repair else None

    def arguments(self) -> list[str]:
        """The names of a case's inputs: the arguments of `run` after the first, or those of the answer."""
        return list(inspect.signature(self.run or self.oracle).parameters)[bool(self.run) :]


exercises: dict[str, Exercise] = {}


def exercise(number: str, *hints: str, **declared) -> Callable:
    """Declare an exercise by its oracle; see :class:`Exercise`."""

    def declare(oracle):
        exercises[number] = Exercise(number, oracle, hints=hints, **declared)
        return oracle

    return declare


def verdict(exercise: Exercise, answer, seed: int | None = None) -> NotYet | None:
    """Judge an answer on fresh inputs: what is not right yet, or None."""
    if exercise.parts and not (isinstance(answer, tuple) and len(answer) == len(exercise.parts)):
        return NotYet(_("Hand over all of it: ({parts})."), parts=", ".join(exercise.parts))
    if callable(exercise.oracle) and not callable(answer):
        return NotYet(_("Hand over the function itself: its name, without brackets."))
    used = names_used(answer) if exercise.without else set()
    for message, names in exercise.without.items():
        if names & used:
            return NotYet(message)
    with _undisturbed(seed):
        cases = list(exercise.cases())
        try:
            with _time_limit(SECONDS):
                found = [_use(exercise, answer, case) for case in cases]
        except _TimeUp:
            return NotYet(_("Your code was stopped after {n} seconds. Does a loop never end?"), n=SECONDS)
        expected = [_use(exercise, exercise.oracle, case) for case in cases]
        if faults := [x.error for x in expected if x.error and not isinstance(x.error, ValueError | OSError)]:
            raise faults[0]  # the judge's own fault must not make every answer right
        problems = [_problem(exercise, answer, *pair) for pair in zip(found, expected, strict=True)]
        wrong = [number for number, problem in enumerate(problems) if problem]
        if not wrong:
            changed = next((outcome.changed for outcome in found if outcome.changed), None)
            return changed and NotYet(CHANGED.get(changed, CHANGED[""]), name=changed)
        problem = problems[wrong[0]]
        case, mine, right = cases[wrong[0]], found[wrong[0]], expected[wrong[0]]
        known = problem.message in exercise.mistakes or mine.is_like(right, exercise.atol)
        if not known and (message := _mistake(exercise, cases, found, wrong)):
            problem = NotYet(message)
        names = {name: shown(value) for name, value in zip(exercise.arguments(), case, strict=False)}
        results = {"found": shown(mine.value), "expected": shown(right.value)}
        listed = ", ".join(f"{name} = {value}" for name, value in names.items())
        problem.places = {**names, **results, "input": listed or say(_("this")), **problem.places}
        return problem


def _mistake(exercise: Exercise, cases, found, wrong) -> str | None:
    """Find the mistake that has the same results: all, or the first wrong one and half of the wrong ones."""
    partly = None
    for message, mistake in exercise.mistakes.items():
        if not found[wrong[0]].is_like(_use(exercise, mistake, cases[wrong[0]]), exercise.atol):
            continue  # the other cases need no look: this saves most of the time
        theirs = [_use(exercise, mistake, case) for case in cases]
        same = [one.is_like(other, exercise.atol) for one, other in zip(found, theirs, strict=True)]
        if all(same):
            return message
        if not partly and 2 * sum(same[number] for number in wrong) >= len(wrong):
            partly = message
    return None if isinstance(found[wrong[0]].error, NotYet) else partly


@dataclass
class _Outcome:
    """What an answer did with a case: a value or an error, and what it changed besides."""

    value: object = None
    error: BaseException | None = None
    changed: str = ""

    def is_like(self, other: "_Outcome", atol: float) -> bool:
        """Tell whether another answer did the same, whatever the kind of number."""
        if self.error or other.error:
            return type(self.error) is type(other.error) and _text(self.error) == _text(other.error)
        return difference(self.value, other.value, atol) is None


def _text(error: BaseException) -> str:
    """The first line of an error's text; nothing if it cannot be made."""
    try:
        return getattr(error, "message", None) or str(error).strip().split("\n")[0][:300]
    except Exception:
        return ""


def _use(exercise: Exercise, answer, case: tuple) -> _Outcome:
    """Use an answer on a copy of a case."""
    inputs = copy.deepcopy(case)
    before = list(map(_fingerprint, inputs))
    outcome = _Outcome()
    try:
        outcome.value = exercise.run(answer, *inputs) if exercise.run else answer(*inputs)
    except (KeyboardInterrupt, _TimeUp):
        raise
    except BaseException as error:  # a SystemExit too
        outcome.error = error
    for name, value, unchanged in zip(exercise.arguments(), inputs, before, strict=False):
        if _fingerprint(value) != unchanged:
            outcome.changed = name
    if not torch.is_grad_enabled() or torch.get_default_dtype() != torch.float32:
        outcome.changed = "settings"
        torch.set_grad_enabled(True)
        torch.set_default_dtype(torch.float32)
    return outcome


def _fingerprint(value):
    """What of an input an answer must not change."""
    if isinstance(value, torch.Tensor):
        return value.dtype, value.shape, value.requires_grad, value.detach().cpu().numpy().tobytes()
    if isinstance(value, nn.Module):
        parts = [*value.parameters(), *value.buffers(), *(p.grad for p in value.parameters())]
        return list(map(_fingerprint, parts)), [module.training for module in value.modules()]
    if isinstance(value, list | tuple):
        return list(map(_fingerprint, value))
    return repr(value)


def _problem(exercise: Exercise, answer, found: _Outcome, expected: _Outcome) -> NotYet | None:
    """Say what is wrong with what an answer did with a case; None if it is right."""
    if isinstance(found.error, NotYet):
        return found.error
    for error in (expected.error, found.error):  # the oracle has no such error of its own
        if isinstance(error, OSError) and (error is expected.error or error.errno in DISK):
            return NotYet(_("A file failed, and your code is not to blame: {error}."), error=error)
    wanted, came = type(expected.error).__name__, type(found.error).__name__
    if isinstance(found.value, Exception):
        return NotYet(_("You return the error. Raise it: `raise {e}(...)`."), e=type(found.value).__name__)
    if expected.error:
        if isinstance(found.error, type(expected.error)):
            return None
        if found.error:
            return NotYet(_("For {input}, raise a {wanted} and not {came}."), wanted=wanted, came=came)
        return NotYet(_("For {input} there was no error: raise a {wanted}."), wanted=wanted)
    if found.error:
        text = _text(found.error).rstrip(".")
        parts = functions_of(exercise.oracle).values()
        names = "; ".join(str(inspect.signature(part))[1:-1] for part in parts) or exercise.arguments()
        words = [" " + say(word, arguments=names) for text_, word in ERRORS.items() if re.search(text_, text)]
        message = _("For {input} your code raised {came}: {text}.{word}")
        return NotYet(message, came=came, text=text, word="".join(words[:1]))
    if found.value is None and expected.value is not None:
        if has_return(answer):
            return NotYet(_("For {input} your code returned None."))
        return NotYet(_("Your code returned None. Is there a `return` at its end?"))
    return difference(found.value, expected.value, exercise.atol, exercise.kind)


CHANGED = {
    "": _("The result is right, but your code changes {name} itself. Make a new one."),
    "settings": _("The result is right, but your code leaves gradients switched off, or another dtype."),
}
DISK = {errno.ENOSPC, errno.EROFS, errno.EIO}  # a full or broken disk

# Errors of Python and PyTorch that are likely here, by their text, and what to look at.
ERRORS = {
    "NoneType": _(
        "Is it a `.grad` that is None? Then backward() has not been run, it was emptied before, or the "
        "tensor is another one: after `x = x - ...`, x is new."
    ),
    "return_types": _("`max(dim=...)` and its like return two things: take `.values` or `.indices`."),
    "leaf Variable": _("Change a parameter only inside `with torch.no_grad():`."),
    "does not require grad": _("Nothing was recorded: where is `requires_grad`? Is a .detach() too many?"),
    "graph a second time": _("Compute the loss anew before each backward()."),
    "only for scalar outputs": _("backward() begins at a single number, the loss."),
    "requires grad|requires_grad": _("Take the tensor out of the graph first: .detach()."),
    "(?i)floating point|infer output dtype|Long": _(
        "Make floats of whole numbers first: `float(x)`, or `x.float()` for a tensor."
    ),
    "must match|multiplied|broadcast|shapes": _("Print the shapes just before that line."),
    "not defined": _("Run the cells above first, and look for a typing error."),
    "positional argument|keyword argument": _("Keep the arguments of the exercise: {arguments}."),
}


class _TimeUp(BaseException):
    """The answer takes too long."""


@contextmanager
def _time_limit(seconds: float):
    """Stop what runs too long where the system can: not on Windows, and only in the main thread."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal, place):
        within = takewhile(lambda frame: frame[0].f_code is not _use.__code__, walk_stack(place))
        if not any("importlib" in frame.f_code.co_filename for frame, _line in within):
            raise _TimeUp
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)  # an import that is cut off stays half done

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)  # again and again: the answer may catch the first
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _undisturbed(seed: int | None):
    """Judge with fresh random numbers, gradients on and float32, without warnings; leave all as it was."""
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    torch.manual_seed(random.SystemRandom().getrandbits(32) if seed is None else seed)
    random.seed(seed)
    np.random.seed(seed)
    try:
        device = nullcontext() if torch.get_default_device().type == "cpu" else torch.device("cpu")
        with torch.inference_mode(False), torch.enable_grad(), device, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_rng_state(states[0])
        random.setstate(states[1])
        np.random.set_state(states[2])
