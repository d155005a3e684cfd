"""Exercises that answer at once, and remember what has been solved.

A lesson calls ``course_utils.check("01.1", safe_mse)``. Exercise 01.1 is declared in ``lesson_01.py``;
what all exercises have in common is in ``frame.py``.
"""

from importlib import import_module
from pkgutil import iter_modules

from course_utils.exercises.frame import Exercise, exercises, verdict
from course_utils.exercises.solved import progress, remember
from course_utils.exercises.source import same_code, written
from course_utils.language import _, say

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)  # each lesson declares its exercises

__all__ = ["check", "hint", "progress"]


def check(number: str, answer, remembered: bool = True) -> None:
    """Print whether an answer is right: *not attempted yet*, *not yet* and what to look at, or *correct*.

    Args:
        number: lesson and exercise, as in ``"01.1"``.
        answer: the function, class, value or tuple that the exercise asks for.
        remembered: whether a correct answer is noted in the data folder, for :func:`progress`.

    Raises:
        ValueError: there is no such exercise.
    """
    exercise = _find(number)
    parts = written(answer, exercise.parts)
    missing = [name for name, is_there in parts.items() if not is_there]
    if len(missing) == len(parts) or same_code(answer, exercise.given):
        said = say(_('not attempted yet. For a hint: course_utils.hint("{number}")'), number=number)
    elif missing and isinstance(answer, tuple):
        said = say(_("half done. Still to do: {missing}."), missing=", ".join(missing))
    elif problem := verdict(exercise, answer):
        said = say(_("not yet. {problem}"), problem=problem)
        if missing:
            said += " " + say(_("Still to write: {missing}."), missing=", ".join(missing))
    else:
        said = say(_("correct. {correct}"), correct=say(exercise.correct))
        if remembered and (trouble := remember(number)):
            said += "\n" + trouble
    print(say(_("Exercise {number}: {said}"), number=number, said=said))


def hint(number: str) -> None:
    """Print the next hint of an exercise; after the last one, the first again."""
    exercise = _find(number)
    place = exercise.hints_given % len(exercise.hints)
    exercise.hints_given += 1
    place_and_hint = {"place": place + 1, "count": len(exercise.hints), "hint": say(exercise.hints[place])}
    print(say(_("Hint {place} of {count}: {hint}"), **place_and_hint))


def _find(number: str) -> Exercise:
    if number in list(exercises):  # in a list one may look for anything
        return exercises[number]
    message = _("There is no exercise {number!r}: write lesson and exercise, as in '01.1'.")
    raise ValueError(say(message, number=number))
