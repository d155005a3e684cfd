"""Every exercise: its solution is correct, typical wrong answers are refused with a message that helps."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import torch
from torch import nn

import course_utils
from course_utils import exercises
from helpers import code_cells, outputs_as_text
from tools.notebooks import LESSONS, SOLUTIONS, read


def said(capsys, number, answer) -> str:
    course_utils.check(number, answer)
    return capsys.readouterr().out


FOLDER = Path(__file__).parent / "wrong_answers"
WRONG = [
    wrong
    for file in sorted(FOLDER.glob("lesson_*.py"))
    for wrong in import_module(f"wrong_answers.{file.stem}").WRONG
]


@pytest.mark.parametrize(("number", "answer", "says"), WRONG)
def test_a_wrong_answer_is_refused_with_a_reason(capsys, number, answer, says):
    for _ in range(3):  # the inputs are fresh each time
        text = said(capsys, number, answer)
        assert text.startswith(f"Exercise {number}: not yet. ")
        assert says in text


def numbers_in(path) -> list[str]:
    return re.findall(
        r'course_utils\.check\("(\d\d\.\d)"', "\n".join(c.source for c in code_cells(read(path)))
    )


def test_each_exercise_has_three_wrong_answers_and_a_hint():
    numbers = [number for path in LESSONS for number in numbers_in(path)]
    for number in numbers:
        assert sum(wrong[0] == number for wrong in WRONG) >= 3, number
        assert len(exercises._find(number).hints) >= 2, number


@pytest.mark.parametrize("path", LESSONS[1:], ids=lambda p: p.stem)
def test_each_lesson_says_not_attempted_and_its_solution_correct(path):
    (solution,) = [p for p in SOLUTIONS if p.name == path.name]
    numbers = numbers_in(path)
    assert numbers == numbers_in(solution) == [f"{path.name[:2]}.{i + 1}" for i in range(len(numbers))]
    assert len(numbers) >= 2
    for notebook, says in ((path, "not attempted yet"), (solution, "correct. ")):
        output = "\n".join(outputs_as_text(cell) for cell in code_cells(read(notebook)))
        for number in numbers:
            assert f"Exercise {number}: {says}" in output


# --- The mechanism -----------------------------------------------------------------------------------


def empty(y_hat, y):
    """Only a docstring."""
    ...


def only_pass(y_hat, y):
    pass


class EmptyForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = ...

    def forward(self, x): ...


@pytest.mark.parametrize("answer", [None, ..., empty, only_pass, lambda y_hat, y: ..., EmptyForward])
def test_an_untouched_answer_is_not_an_error(capsys, answer):
    assert said(capsys, "01.1", answer) == (
        'Exercise 01.1: not attempted yet. For a hint: course_utils.hint("01.1")\n'
    )


def test_an_error_in_the_answer_is_shown_in_a_sentence(capsys):
    assert "Your code raised ZeroDivisionError: " in said(capsys, "01.1", lambda y_hat, y: 1 / 0)


def test_a_forgotten_return_is_named(capsys):
    def forgot(y_hat, y):
        ((y_hat - y) ** 2).mean()

    assert "Is there a `return` at its end?" in said(capsys, "01.1", forgot)


def test_hints_come_in_steps(capsys):
    exercises._find("01.1").hints_given = 0
    for _ in range(4):
        course_utils.hint("01.1")
    first, second, third, again = capsys.readouterr().out.splitlines()
    assert first.startswith("Hint 1 of 3") and second.startswith("Hint 2") and third.startswith("Hint 3")
    assert first == again


@pytest.mark.parametrize("number", ["99.1", "01.9", "1"])
def test_an_unknown_exercise_is_named(number):
    with pytest.raises(ValueError, match=f"There is no exercise '{number}'"):
        course_utils.check(number, 1)


@pytest.mark.parametrize("answer", [lambda y_hat, y: 0, lambda y_hat, y: y_hat - y])
def test_a_short_answer_is_an_answer(capsys, answer):
    assert said(capsys, "01.1", answer).startswith("Exercise 01.1: not yet. ")


def test_of_two_answers_both_must_be_there(capsys):
    for answer in [(None, abs), (abs, empty), (empty, only_pass)]:
        assert said(capsys, "07.3", answer).startswith("Exercise 07.3: not attempted yet.")
    assert said(capsys, "07.3", (abs, abs)).startswith("Exercise 07.3: not yet. ")


def test_right_is_said(capsys, monkeypatch):
    found = exercises.Exercise(lambda answer: exercises.require(answer == 7, "Look."), ("Six.",), "Well.")
    monkeypatch.setitem(exercises._exercises, "01.9", found)
    assert said(capsys, "01.9", 7) == "Exercise 01.9: correct. Well.\n"
    assert said(capsys, "01.9", 8) == "Exercise 01.9: not yet. Look.\n"


def test_close_is_close_but_not_too_close():
    assert exercises.close(0.0, 9e-6) and not exercises.close(0.0, 2e-5)
    assert exercises.close(0.0, 0.05, atol=0.1)
    assert exercises.close(1000.0, 1000.05) and not exercises.close(1000.0, 1000.2)


def test_an_answer_is_called_with_names_too():
    assert exercises.call(lambda a, b=0: a + b, 1, b=2) == 3


def test_close_compares_shapes_and_values():
    assert exercises.close(torch.ones(3), torch.ones(3) + 1e-7)
    assert not exercises.close(torch.ones(3), torch.ones(3) + 1e-2)
    assert not exercises.close(torch.ones(3), torch.ones(3, 1))
    assert exercises.close(1.0, torch.tensor(1.0))


def test_a_learners_tensor_on_mps_is_compared_without_float64():
    """A stand-in for such a tensor: it refuses `float64` until it is moved to the CPU."""

    class OnMps(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func is torch.Tensor.cpu:
                return args[0].as_subclass(torch.Tensor)
            if func is torch.Tensor.double:
                raise TypeError("Cannot convert a MPS Tensor to float64 dtype")
            return super().__torch_function__(func, types, args, kwargs or {})

    there = torch.ones(3).as_subclass(OnMps)
    with pytest.raises(TypeError, match="float64"):
        there.double()
    assert exercises.close(there, torch.ones(3))
    assert not exercises.close(there, torch.zeros(3))
