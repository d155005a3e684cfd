"""The exercises of lesson 02."""

import math
import random
from functools import lru_cache

import torch

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise
from course_utils.exercises.source import AUTOGRAD

TWO_PLACES = _("You call f at two places: rise over run. Autograd needs only x itself, and is exact.")


def curve(formula):
    """Make a function of x that messages show as its formula."""
    f = eval(f"lambda x: {formula}")
    f.__name__ = formula
    return f


def slopes():
    x, whole = round(random.uniform(1.1, 1.9), 2), random.randint(2, 5)
    yield from [(curve("1.5 * x**3 + 2 * x"), x), (curve("x**3 - x + 100"), whole), (curve("7 - x**2"), -x)]
    yield from [(curve("x**2 + 3 * x + 1"), 0), (curve("5 / x"), -whole), (torch.sin, x)]


def at_one_place(answer, f, x):
    places = set()
    found = answer(lambda x: places.add((type(x), float(x))) or f(x), x)
    require(len(places) == len(dict(places)), TWO_PLACES)  # one of each type
    return found


def slope(f, x):
    leaf = torch.tensor(float(x), requires_grad=True)
    return torch.autograd.grad(f(leaf), leaf)[0].item()


exercise(
    "02.1",
    slope,
    cases=slopes,
    run=at_one_place,
    kind="plain",
    hints=(
        _("Autograd needs a leaf that it records: `torch.tensor(float(x), requires_grad=True)`."),
        _("After `f(leaf).backward()` the slope is in `leaf.grad`; `.item()` makes it a Python number."),
    ),
    correct=_("You can now ask for the slope of anything that you can write in PyTorch."),
    mistakes={
        TWO_PLACES: lambda f, x: (f(x + 1e-6) - f(x)) / 1e-6,
        _("This is how high f is at x. How steep is it?"): lambda f, x: f(torch.tensor(float(x))).item(),
        _("Your slope has the wrong sign."): lambda f, x: -slope(f, x),
        _("Where f falls, its slope is negative."): lambda f, x: abs(slope(f, x)),
        _("This is the slope at 1. Take it at x."): lambda f, x: slope(f, 1),
        _("You cut off the decimals of x: `float(x)` keeps them."): lambda f, x: slope(f, int(x)),
    },
)


def numbers():
    for signs in [(1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, -1, -1)]:
        x, w1, w2 = torch.tensor(signs) * (torch.tensor([1.3, 0.2, 1.6]) + 0.2 * torch.rand(3))
        yield x, random.choice([-1.5, 3.5]) + torch.rand(()), w1, w2
    for others in [(2, 1, -1, 3), (0.0, 1.0, 0.5, 2.0), (2.5, 0.0, -2.0, 0.3)]:
        yield tuple(map(torch.tensor, others))


def back(y_hat_grad="2 * (y_hat - y)", in_w1="w2 * (1 - h**2) * x", in_w2="h"):
    """Make a gradients_by_hand from the chain's links, as formulas."""

    def gradients_by_hand(x, y, w1, w2):
        links = {"x": x, "y": y, "z": w1 * x, "h": torch.tanh(w1 * x), "w1": w1, "w2": w2, "tanh": torch.tanh}
        links["y_hat"] = w2 * links["h"]
        return tuple(eval(f"({y_hat_grad}) * {link}", links) for link in (in_w1, in_w2))

    return gradients_by_hand


exercise(
    "02.2",
    back(),
    cases=numbers,
    without={_("This exercise is without autograd: write the derivatives yourself."): AUTOGRAD},
    kind="tensor",
    hints=(
        _("Forward first, with a name for each step: z = w1 * x, h = tanh(z), y_hat = w2 * h."),
        _("Then back from the loss, link by link. Both slopes begin with y_hat_grad = 2 * (y_hat - y)."),
        _("To w2 one more link: `* h`. To w1 three: `* w2`, then `* (1 - h**2)`, then `* x`."),
    ),
    correct=_("These are the numbers that backward() computes, and you have done its work."),
    mistakes={
        _("The two are swapped: w1 comes first."): lambda *numbers: back()(*numbers)[::-1],
        _("Both slopes are half of what they should be. What is the slope of a square?"): back("y_hat - y"),
        _("Both have the wrong sign. What is subtracted from what in the loss?"): back("2 * (y - y_hat)"),
        _("You begin with the loss itself. Begin with its slope in y_hat."): back("(y_hat - y)**2"),
        _("In the slope in w2, a link is missing. What is w2 multiplied by?"): back(in_w2="1"),
        _("w2 is multiplied by h, which is tanh(z), and not by z."): back(in_w2="z"),
        _("In the slope in w1, the link through tanh is missing."): back(in_w1="w2 * x"),
        _("The slope of tanh is 1 - tanh(z)**2. You square z itself."): back(in_w1="w2 * (1 - z**2) * x"),
        _("The slope of tanh is 1 - h**2. You forget the square."): back(in_w1="w2 * (1 - h) * x"),
        _("h * (1 - h) belongs to the sigmoid. And tanh?"): back(in_w1="w2 * h * (1 - h) * x"),
        _("h is tanh(z): you take tanh twice."): back(in_w1="w2 * (1 - tanh(h)**2) * x"),
        _("In the slope in w1, the last link is missing: from z to w1."): back(in_w1="w2 * (1 - h**2)"),
        _("The slope of z = w1 * x in w1 is x, and not w1."): back(in_w1="w2 * (1 - h**2) * w1"),
        _("In the slope in w1, the link from y_hat to h is missing."): back(in_w1="(1 - h**2) * x"),
    },
)


def valleys():
    s, d = random.randint(-2, 2), random.uniform(2.0, 3.0)
    at = f"(x - {s})".replace("- -", "+ ")
    right, left = (f"{at}**4 - 3 * {at}**2 {sign} {at}" for sign in "-+")
    yield curve(f"{at}**2 + 50"), [s + d], random.choice((0.001, 0.0015, 0.002))
    yield curve(right), [s - 1, s + 2, s - 2], 0.03
    yield curve(left), [s + 50, s - 2.1, s + 1], 0.03  # the first one flies away: nan
    yield curve(f"{right} - 20"), [s + 1, s - 1, s - 50], 0.02
    yield curve(f"{at} * ({at}**2 - 3)"), [s + 2, s - 3], 0.03  # the last one falls to -inf
    yield curve(f"abs({at})"), [s + 2.9], 0.4  # jumps between 0.1 and, after 200 steps, -0.3


def lowest(f, starts, lr):
    ends = []
    for start in starts:
        x = torch.tensor(float(start), requires_grad=True)
        for _ in range(200):  # noqa: F402
            f(x).backward()
            with torch.no_grad():
                x -= lr * x.grad
        if f(x).isfinite():
            ends.append(x.detach())
    return min(ends, key=f).item()


@lru_cache(maxsize=99)
def ends_of(f, starts, lr, num_steps):
    """Descend from all starts at once: how high f is at the end of each, and where that is."""
    x = torch.tensor(starts, dtype=torch.float32, requires_grad=True)
    for _step in range(num_steps):
        x.data -= lr * torch.autograd.grad(f(x).sum(), x)[0]
    return list(zip(f(x).tolist(), x.tolist(), strict=True))


def pick(end="min(end for end in ends if math.isfinite(end[0]))[1]", num_steps=200):
    """Make a lowest that picks from the ends by a formula."""
    return lambda f, starts, lr: eval(end, {"math": math, "ends": ends_of(f, tuple(starts), lr, num_steps)})


exercise(
    "02.3",
    pick(),
    cases=valleys,
    given=lowest,
    kind="plain",
    atol=1e-4,
    hints=(
        _("Try a bowl whose lowest place you know: `lowest(lambda x: (x - 3) ** 2, [0.0], 0.1)`."),
        _("Print x and x.grad in the first five steps. Is x.grad the slope 2 * (x - 3) each time?"),
        _("After each step, the loop of the lesson's `descend` does something that is missing here."),
    ),
    correct=_("The gradient is emptied after each step, so each run goes where its slopes lead."),
    mistakes={
        _("It still swings: in a plain bowl, x runs past the lowest place and back. Why?"): lowest,
        _("A run that flew away has won: at its end f is nan or infinite."): pick("min(ends)[1]"),
        _("A run that fell to -inf has won."): pick("min(end for end in ends if end[0] < math.inf)[1]"),
        _("No x moves at all. Is there still a gradient when the step is made?"): pick(num_steps=0),
        _("Your steps go uphill. Check the sign."): lambda f, starts, lr: pick()(f, starts, -lr),
        _("There is one step too few: 200 are asked for."): pick(num_steps=199),
        _("The lr of the call does nothing."): lambda f, starts, lr: pick()(f, starts, 0.03),
        _("This is how high f is. Return the place."): pick("min(ends)[0]"),
        _("The first end has won. Compare f at all ends."): pick("ends[0][1]"),
        _("The last end has won. Compare f at all ends."): pick("ends[-1][1]"),
        _("The end farthest left has won. Compare f at all ends."): pick("min(x for y, x in ends)"),
        _("The end where f is highest has won."): pick("max(ends)[1]"),
    },
)
