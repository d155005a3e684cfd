"""The exercises of lesson 02."""

import random
from functools import reduce

import torch

from course_utils.exercises.frame import AUTOGRAD, _, exercise


def polynomial(*factors):  # of x**0, x**1, ...; messages show the formula
    def f(x):
        return reduce(lambda total, factor: total * x + factor, factors[::-1])

    f.__name__ = " + ".join(f"{c:g} * x**{n}" for n, c in enumerate(factors) if c).replace(" * x**0", "")
    return f


def curves():  # rise over run is lost so high up
    x, whole = random.uniform(1.1, 1.9), random.randint(2, 5)
    yield from [(polynomial(1e15, 2, 0, 1.5), x), (polynomial(1e15, -1, 0, 1), whole), (torch.sin, x)]
    yield from [(polynomial(1e15, 0, -1), -x), (polynomial(1e15, 3, 1), 0), (torch.reciprocal, -whole)]


def valleys():
    right, left = polynomial(0, -1, -3, 0, 1), polynomial(-20, 1, -3, 0, 1)
    yield polynomial(50, 0, 1), [random.uniform(2.0, 3.0)], random.choice((0.001, 0.0015, 0.002))
    yield from [
        (right, [-1, 2, -2], 0.03),
        (right, [1, -1, -50], 0.02),
        (polynomial(900, -60, 1), [9, 40], 0.1),
    ]
    yield from [(left, [50, -2.1, 1], 0.03), (polynomial(0, -3, 0, 1), [2, -3], 0.03)]  # to nan, to -inf


@exercise(
    "02.1",
    _("Make a leaf that records: `torch.tensor(float(x), requires_grad=True)`."),
    _("Apply f to it, call backward() on the result, and return `leaf.grad.item()`."),
    cases=curves,
    kind="plain",
    correct=_("You can now ask for the slope of anything that you can write in PyTorch."),
    mistakes={
        _("Rise over run drowns in rounding: use autograd."): lambda f, x: (f(x + 1e-6) - f(x)) / 1e-6,
        _("This is how high f is at x. How steep is it?"): ("leaf.grad", "f(leaf)"),
        _("Your slope has the wrong sign."): ("leaf.grad", "-leaf.grad"),
    },
)
def slope(f, x):
    leaf = torch.tensor(float(x), requires_grad=True)
    f(leaf).backward()
    return leaf.grad.item()


@exercise(
    "02.2",
    _("Go forward first: z = w1 * x, h = tanh(z), y_hat = w2 * h. The first link back is 2 * (y_hat - y)."),
    _("From there one more link leads to w2: `* h`. Three lead to w1: `* w2`, `* (1 - h**2)`, `* x`."),
    cases=lambda: map(tuple, torch.cartesian_prod(*[torch.arange(-1, 2)] * 4) * (0.5 + torch.rand(81, 4))),
    without={_("This exercise is without autograd: write the derivatives yourself."): AUTOGRAD},
    kind="tensor",
    correct=_("These are the numbers that backward() computes, and you have done its work."),
    mistakes={
        _("The two are swapped: w1 comes first."): lambda *numbers: gradients_by_hand(*numbers)[::-1],
        _("Both slopes are half of it. What is the slope of a square?"): (" 2 *", ""),
        _("Both have the wrong sign. What is subtracted from what in the loss?"): (" 2 *", " -2 *"),
        _("To w2, a link is missing. What is w2 multiplied by?"): (", y_hat_grad * h", ", y_hat_grad"),
        _("In the slope in w1, the link through tanh is missing."): ("(1 - h**2) *", ""),
        _("The slope of tanh is 1 - h**2. You square z itself."): ("h**2", "z**2"),
        _("To w1, the last link is missing: from z to w1."): (" * x,", ","),
        _("To w1, the link from y_hat to h is missing."): ("grad * w2", "grad"),
    },
)
def gradients_by_hand(x, y, w1, w2):
    z = w1 * x
    h = torch.tanh(z)
    y_hat_grad = 2 * (w2 * h - y)
    return y_hat_grad * w2 * (1 - h**2) * x, y_hat_grad * h


@exercise(
    "02.3",
    _("Run it on a plain bowl, f(x) = x**2, and print x.grad at each step: is it the slope at x?"),
    _("What does `descend` in the lesson do after each step that is missing here?"),
    cases=valleys,
    repair=True,
    kind="plain",
    atol=1e-4,
    correct=_("The gradient is emptied after each step, so each run goes where its slopes lead."),
    mistakes={
        _("It still swings: in a plain bowl, x runs past the lowest place and back."): ("x.grad = None", "#"),
        _("A run has won at whose end f is nan or infinite."): ("f(x).isfinite()", "True"),
        _("No x moves at all. Is there still a gradient when the step is made?"): ("lr * x.grad", "0"),
    },
)
def lowest(f, starts, lr):
    ends = []
    for start in starts:
        x = torch.tensor(float(start), requires_grad=True)
        for _ in range(200):  # noqa: F402
            f(x).backward()
            with torch.no_grad():
                x -= lr * x.grad
            x.grad = None
        if f(x).isfinite():
            ends.append(x.detach())
    return min(ends, key=f).item()
