"""The exercises: what each of them declares is true, and the frame does what it promises."""

import errno
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import course_utils
from course_utils.exercises import frame
from course_utils.exercises.compare import NotYet, close, difference, require, shown
from course_utils.exercises.source import edited, names_used, same_code
from helpers import code_cells, outputs_as_text
from right_answers import RIGHT
from tools.notebooks import LESSONS, SOLUTIONS, read

SEEDS = 8

every_exercise = pytest.mark.parametrize("exercise", frame.exercises.values(), ids=lambda e: e.number)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """What is solved here is not noted in the reader's data folder."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))


def said(capsys, number, answer) -> str:
    course_utils.check(number, answer)
    return capsys.readouterr().out


# --- What the exercises declare -------------------------------------------------------------------------


@every_exercise
def test_the_oracle_and_right_answers_in_unusual_dress_are_accepted(exercise):
    for answer in [exercise.oracle, *RIGHT.get(exercise.number, [])]:
        for seed in range(SEEDS):
            assert frame.verdict(exercise, answer, seed) is None, (answer, seed)


@every_exercise
def test_each_mistake_gets_its_own_message(exercise, monkeypatch):
    """So two mistakes that cannot be told apart on the inputs fail here."""
    assert len(exercise.mistakes) >= 3
    use, known = frame._use, {}

    def use_once(exercise, answer, case):
        key = id(answer), id(case)
        if key not in known:
            known[key] = use(exercise, answer, case)
        return known[key]

    monkeypatch.setattr(frame, "_use", use_once)  # each answer once on each case, compared with all others
    for seed in range(SEEDS):
        known.clear()
        with frame._undisturbed(seed):
            inputs = list(exercise.cases())
        fixed = replace(exercise, cases=lambda inputs=inputs: inputs)
        for message, wrong in exercise.mistakes.items():
            problem = frame.verdict(fixed, wrong, seed)
            assert problem and problem.message == message, f"{seed}: {message!r}, not {problem}"
            assert not re.search("[{]|is not defined|no attribute", str(problem)), "an edit that went wrong"


@every_exercise
def test_code_with_a_bug_is_not_attempted_until_it_is_changed(capsys, exercise):
    if exercise.given:
        assert "not attempted yet" in said(capsys, exercise.number, exercise.given)
        assert frame.verdict(exercise, exercise.given)


def test_each_lesson_has_one_bug_to_repair_and_at_most_three_exercises():
    for lesson in {number[:2] for number in frame.exercises} - {"00"}:
        own = [exercise for number, exercise in frame.exercises.items() if number[:2] == lesson]
        assert len(own) <= 3 and sum(exercise.given is not None for exercise in own) == 1, lesson
        assert all(len(exercise.hints) >= 2 for exercise in own)


def numbers_in(path) -> list[str]:
    code = "\n".join(cell.source for cell in code_cells(read(path)))
    return re.findall(r'course_utils\.check\(\s*"(\d\d\.\d)"', code)


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_each_lesson_says_not_attempted_and_its_solution_correct(path):
    declared = sorted(number for number in frame.exercises if number[:2] == path.name[:2])
    assert numbers_in(path) == declared
    pages = {path: "not attempted yet"} | {p: "correct. " for p in SOLUTIONS if p.name == path.name}
    assert len(pages) == 2 or path.name[:2] == "00"
    for page, says in pages.items():
        output = "\n".join(outputs_as_text(cell) for cell in code_cells(read(page)))
        assert numbers_in(page) == declared
        assert all(f"Exercise {number}: {says}" in output for number in declared)


# --- What has been written? -----------------------------------------------------------------------------


def empty(y_hat, y):
    """Only a docstring."""
    ...


def only_pass(y_hat, y):
    pass


def returns_none(y_hat, y):
    return None


class EmptyForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = ...

    def forward(self, x): ...


class HalfWritten(EmptyForward):
    def __init__(self, n):
        super().__init__()
        self.w = nn.Parameter(torch.randn(n))

    def forward(self, x): ...


@pytest.mark.parametrize("answer", [None, ..., empty, only_pass, returns_none, EmptyForward])
def test_an_untouched_answer_is_not_an_error(capsys, answer):
    expected = 'Exercise 01.1: not attempted yet. For a hint: course_utils.hint("01.1")\n'
    assert said(capsys, "01.1", answer) == expected


def test_what_is_half_done_is_named(capsys):
    assert said(capsys, "07.3", (empty, only_pass)).startswith("Exercise 07.3: not attempted yet.")
    assert "half done. Still to do: load_checkpoint." in said(capsys, "07.3", (abs, empty))
    assert "Still to write: forward." in said(capsys, "03.2", HalfWritten)


def test_an_empty_method_beside_a_right_class_does_no_harm(capsys):
    oracle = frame.exercises["03.2"].oracle
    answer = type("Other", (oracle,), {**vars(oracle), "extra": lambda self: None})
    assert "correct." in said(capsys, "03.2", answer)


def one_more(x):
    """Say one thing."""
    return x + 1  # a comment


def test_same_code_is_seen_whatever_its_name_and_docstring():
    def other(x):
        return x + 1

    assert same_code(one_more, other) and not same_code(one_more, empty) and not same_code(one_more, None)


def test_an_edit_makes_another_answer_whose_code_can_be_read():
    two_more, other = edited((one_more, double), "+ 1", "+ 2")
    assert two_more(3) == 5 and one_more(3) == 4 and other(3) == 6
    assert same_code(two_more, lambda x: x + 2) is False and same_code(other, double)
    assert edited(HalfWritten, "randn", "zeros")(2).w.sum() == 0


# --- What is used? --------------------------------------------------------------------------------------


def softmax(x):
    return x.exp() / x.exp().sum()


def helper(x):
    return [2 * number for number in x]


def test_names_are_found_in_all_that_an_answer_calls():
    own = nn.CrossEntropyLoss()

    def calls_own(x):
        return softmax(x)

    def calls_method(x):
        return x.softmax(dim=0)

    def loops_in_a_helper(x):
        return helper(x)

    def calls_an_object(x, y):
        return own(x, y)

    assert "softmax" not in names_used(calls_own) and "softmax" in names_used(calls_method)
    assert "for" in names_used(loops_in_a_helper) and "for" not in names_used(calls_own)
    assert "CrossEntropyLoss" in names_used(calls_an_object)
    assert "softmax" in names_used(lambda x: torch.softmax(x, 0))
    assert "softmax" in names_used(torch.softmax) and "Softmax" in names_used(nn.Softmax(dim=1))
    assert "for" in names_used(lambda x: [softmax(y) for y in x])


# --- How an answer is judged ----------------------------------------------------------------------------


def double(x):
    return 2 * x


@pytest.fixture
def toy(monkeypatch):
    """A small exercise, and what is said to an answer."""

    def judge(answer, **declared):
        settings = {"cases": lambda: [(torch.tensor([1.0, 2.0]),), (torch.tensor([3.0]),)], "oracle": double}
        exercise = frame.Exercise("01.9", hints=(), correct="Well.", **settings | declared)
        problem = frame.verdict(exercise, answer)
        return problem and str(problem)

    return judge


def test_the_first_input_is_shown_with_what_was_expected_and_what_came(toy):
    assert toy(double) is None
    assert toy(lambda x: 3 * x) == "For x = [1.0, 2.0]: expected [2.0, 4.0], and yours is [3.0, 6.0]."
    assert "the shape must be (2,), and yours is (2, 1)." in toy(lambda x: 2 * x.unsqueeze(1))
    assert "the numbers must be torch.float32, and yours are torch.int32." in toy(lambda x: (2 * x).int())
    assert toy(lambda x: (2 * x).tolist()) == "For x = [1.0, 2.0]: the result must be Tensor, not list."
    found = toy(lambda x: 2 * x + (x == 7), cases=lambda: [(torch.arange(20.0),)])
    assert found == "For x = tensor of shape (20,): [7] expected 14.0, and yours is 15.0."


def test_a_mistake_that_agrees_is_named_also_if_it_is_not_the_only_one(toy):
    cases = {"cases": lambda: [(torch.tensor([float(n)]),) for n in (3, 4, -5, -6)]}
    mistakes = {"mistakes": {"Squared: {found}.": lambda x: x**2, "Other.": lambda x: x}}
    assert toy(lambda x: x**2, **cases, **mistakes) == "Squared: [9.0]."
    assert toy(lambda x: x**2 if x > 0 else x - 1, **cases, **mistakes) == "Squared: [9.0]."
    assert toy(lambda x: x**2 if x == 3 else x - 1, **cases, **mistakes).startswith("For x = [3.0]: expected")


def test_a_wrong_kind_is_named_before_a_mistake(toy):
    declared = {"cases": lambda: [(3.0,), (4.0,)], "kind": "plain", "mistakes": {"Twice.": double}}
    assert "plain number" in toy(lambda x: torch.tensor(2 * x), **declared)


def test_a_right_number_of_another_kind_is_not_taken_for_a_mistake_that_happens_to_be_right(toy):
    cases = {"cases": lambda: [(4,), (9,)], "oracle": lambda x: x // 2, "kind": "whole"}
    mistakes = {"mistakes": {"Halved.": lambda x: x - 2 if x < 5 else 0}}
    assert "no whole number" in toy(lambda x: float(x // 2) if x < 5 else 4, **cases, **mistakes)


def test_a_model_that_is_frozen_is_seen(toy):
    model = {"cases": lambda: [(nn.Linear(1, 1),)], "oracle": lambda model: 1}
    assert "changes model itself" in toy(lambda model: len(model.requires_grad_(False).bias), **model)


def test_an_input_that_is_changed_is_named(toy):
    def in_place(x):
        x *= 2
        return x

    assert "your code changes x itself" in toy(in_place)


def test_settings_are_as_before_and_a_change_is_named(toy):
    def switches_off(x):
        torch.set_grad_enabled(False)
        return 2 * x

    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    assert "gradients" in toy(switches_off)
    assert torch.is_grad_enabled() and torch.rand(1) == expected
    with torch.no_grad():
        assert toy(lambda x: torch.func.grad(torch.sum)(x) * 2 * x) is None
        assert not torch.is_grad_enabled()


def test_an_answer_that_never_ends_is_stopped(toy, monkeypatch):
    monkeypatch.setattr(frame, "SECONDS", 0.3)

    def endless(x):
        while True:
            x = x + 1

    assert "stopped after 0.3 seconds" in toy(endless)


def test_an_import_is_not_cut_off_and_does_not_count(toy, monkeypatch, tmp_path):
    monkeypatch.setattr(frame, "SECONDS", 0.3)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(0.5)\n")

    def imports(x):
        import slow_to_import

        return 2 * x if slow_to_import.time else None

    assert toy(imports) is None


def test_a_fault_of_the_judge_is_raised_and_makes_no_answer_right(toy):
    with pytest.raises(AttributeError):
        toy(lambda x: x.nothing, oracle=lambda x: x.nothing)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda x: x.grad * 2, "backward() has not been run"),
        (lambda x: x - x.max(dim=0), "`.values`"),
        (lambda x: x.long().mean(), "Make floats"),
        (lambda x: x.long().requires_grad_(), "Make floats"),
        (lambda x: x.requires_grad_().add_(1), "no_grad"),
        (lambda x: x.sum().backward(), "Nothing was recorded"),
        (lambda x: x.requires_grad_().numpy(), ".detach()"),
        (lambda x: torch.ones(2, 3) @ torch.ones(2, 3), "Print the shapes"),
        (lambda x: undefined + x, "Run the cells above"),  # noqa: F821
        (lambda: 3, "Keep the arguments of the exercise: x."),
    ],
)
def test_the_likeliest_errors_get_a_word(toy, answer, word):
    text = toy(answer)
    assert "your code raised" in text and word in text


class Mute(Exception):
    def __str__(self):
        raise RuntimeError


def raises(error):
    def answer(x):
        raise error

    return answer


@pytest.mark.parametrize(
    "error", [Mute(), SystemExit(1), ValueError("{braces}"), RecursionError("recursion")]
)
def test_any_error_is_shown_in_a_sentence(toy, error):
    assert type(error).__name__ in toy(raises(error))


def test_the_arguments_are_those_of_the_answer_and_not_of_its_use(toy):
    said = toy(lambda: 3, run=lambda answer, number: answer(number), cases=lambda: [(3,)])
    assert "Keep the arguments of the exercise: x." in said


def test_an_error_that_is_asked_for_must_be_raised(toy):
    asks = {"oracle": raises(ValueError("x"))}
    assert toy(raises(ValueError("another text")), **asks) is None
    assert "raise a ValueError and not KeyError" in toy(raises(KeyError("x")), **asks)
    assert "there was no error: raise a ValueError" in toy(lambda x: 3, **asks)
    assert "Raise it" in toy(lambda x: ValueError("x"), **asks)


def test_a_full_disk_is_not_blamed_on_the_answer(toy):
    full = OSError(errno.ENOSPC, "No space left on device")
    assert "your code is not to blame: [Errno 28] No space" in toy(raises(full))
    assert "not to blame" in toy(double, oracle=raises(FileNotFoundError("no folder for files")))
    assert "your code raised FileNotFoundError" in toy(raises(FileNotFoundError("x")))


def test_none_is_explained(toy):
    def forgot(x):
        2 * x

    def chose_none(x):
        return None if len(x) > 1 else 2 * x

    assert "Is there a `return`" in toy(forgot)
    assert toy(chose_none) == "For x = [1.0, 2.0] your code returned None."


@pytest.mark.parametrize("number", [4, 4.0, np.int64(4), torch.tensor(4), np.float32(4), torch.tensor(4.0)])
def test_numbers_may_come_from_anywhere(number):
    assert difference(number, 4.0) is None and difference(number, 4) is None
    assert difference(number, 5)


def test_kinds_of_numbers_that_a_task_forbids():
    assert "plain number" in str(difference(torch.tensor(4.0), 4.0, kind="plain"))
    assert "Return a tensor" in str(difference(4.0, torch.tensor(4.0), kind="tensor"))
    one, double = torch.ones(9), torch.ones(9).double()
    assert difference(double, one) is None
    assert difference(double, one, kind="dtype").places["came"] == torch.float64
    assert "no whole number" in str(difference(4.0, 4, kind="whole"))
    assert difference(np.int64(4), 4, kind="whole") is None
    for wrong in (True, "4", None, torch.ones(1), [4]):
        assert difference(wrong, 4)
    assert difference(1, True) and difference(10**400, 1.0)


def test_lists_and_dictionaries_are_compared_by_their_parts():
    assert difference((1, [2, 3.0]), [1, (2, 3)]) is None
    assert difference(range(3), [0, 1, 2]) is None and difference(torch.arange(3), [0, 1, 2]) is None
    assert difference((1, 2), (1, 2, 3)) and difference(3, (3,)) and difference((1, 3), (1, 2))
    assert str(difference({"w": 1}, {"w": 2}).places["where"]) == "w: "
    assert difference(None, {"w": 2}) and difference({}, {"w": 2})


def test_close_compares_shapes_and_values():
    assert close(0.0, 9e-6) and not close(0.0, 2e-5) and close(0.0, 0.05, atol=0.1)
    assert close(1000.0, 1000.05) and not close(1000.0, 1000.2)
    assert close(torch.ones(3), torch.ones(3) + 1e-7) and not close(torch.ones(3), torch.ones(3) + 1e-2)
    assert not close(torch.ones(3), torch.ones(3, 1))
    assert close(float("nan"), float("nan"))


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
    assert close(there, torch.ones(3))
    assert not close(there, torch.zeros(3))


def test_values_are_shown_short():
    assert shown(torch.tensor([[1.0, 0.123456]])) == "[[1.0, 0.1235]]" and shown(double) == "double"
    assert shown(torch.zeros(5, 5)) == "tensor of shape (5, 5)" and shown(list(range(99))) == "list of 99"
    assert shown((1, "a")) == "(1, 'a')"


# --- check and hint -------------------------------------------------------------------------------------


def test_right_is_said(capsys):
    assert said(capsys, "01.3", torch.cdist).startswith("Exercise 01.3: correct. Every pair at once")


def test_hints_come_in_steps(capsys):
    frame.exercises["01.1"].hints_given = 0
    for _ in range(3):
        course_utils.hint("01.1")
    first, second, again = capsys.readouterr().out.splitlines()
    assert first.startswith("Hint 1 of 2: Compare") and second.startswith("Hint 2") and first == again


@pytest.mark.parametrize("number", ["99.1", "01.9", "1", 1.1, None, 1, []])
def test_an_unknown_exercise_is_named(number):
    for ask in (course_utils.hint, lambda number: course_utils.check(number, 1)):
        with pytest.raises(ValueError, match=re.escape(f"There is no exercise {number!r}: write")):
            ask(number)


def test_an_answer_of_the_wrong_form_is_named(capsys):
    assert "Hand over the function itself" in said(capsys, "01.1", 0.5)
    assert "(save_checkpoint, load_checkpoint)" in said(capsys, "07.3", abs)
    assert said(capsys, "01.1", (abs, abs)).startswith("Exercise 01.1: not yet.")


def test_what_is_required_is_said():
    require(True, "Not said.")
    with pytest.raises(NotYet, match="^Look at 3.$"):
        require(False, "Look at {n}.", n=3)
