"""Judges for the exercises of lesson 02."""

import math
import random

import torch

from course_utils.exercises import NotYet, call, close, exercise, require


def by_hand(answer, *arguments):
    """Call an answer that must not use autograd."""
    try:
        with torch.no_grad():
            return call(answer, *(argument.clone() for argument in arguments))
    except NotYet as problem:
        by_autograd = "does not require grad" in str(problem)
        require(not by_autograd, "This exercise is without autograd: write the derivative yourself.")
        raise


@exercise(
    "02.1",
    hints=(
        "Autograd needs a leaf that it records. What is missing to a Python number?",
        "`torch.tensor(float(x), requires_grad=True)` is such a leaf. Give it to f and go backward.",
        "After `f(leaf).backward()` the slope is in `leaf.grad`; `.item()` makes it a Python number.",
    ),
    correct="You can now ask for the slope of anything that you can write in PyTorch.",
)
def slope(answer):
    a, b, x = (1 + torch.rand(3)).tolist()
    places = []

    def f(x):
        places.append(torch.as_tensor(x).detach().item())
        return a * x**3 + b * x + 100

    found = call(answer, f, x)
    require(not isinstance(found, torch.Tensor), "You return a tensor. A Python number was asked for.")
    require(isinstance(found, (int, float)), f"Return one number; yours is a {type(found).__name__}.")
    require(len(places) > 0, "Your code never calls f, so it cannot know its slope.")
    require(
        max(places) == min(places),
        "Your code calls f at two places: rise over run. Autograd needs one place, and is exact.",
    )
    require(not close(found, f(x)), "This is how high f is at x. How steep is it?")
    require(close(found, 3 * a * x**2 + b), "For a random cubic, the slope is not right. Is it taken at x?")
    whole = random.randint(2, 5)
    require(
        close(call(answer, f, whole), 3 * a * whole**2 + b), "For a whole number x, the slope is not right."
    )


@exercise(
    "02.2",
    hints=(
        "Forward first, with a name for each step: z = w1 * x, h = tanh(z), y_hat = w2 * h.",
        "Then back from the loss, link by link. Both slopes begin with y_hat_grad = 2 * (y_hat - y).",
        "To w2 one more link: `* h`. To w1 three: `* w2`, then `* (1 - h**2)`, then `* x`.",
    ),
    correct="These are the numbers that backward() computes, and you have done its work.",
)
def gradients_by_hand(answer):
    r = torch.rand(4)
    x, w1, w2 = 1.3 + 0.2 * r[0], 0.2 + 0.2 * r[1], 1.6 + 0.3 * r[2]  # far from all confusions
    h = torch.tanh(w1 * x)
    y = w2 * h - (0.5 + r[3])
    leaves = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    in_w1, in_w2 = torch.autograd.grad((leaves[1] * torch.tanh(leaves[0] * x) - y) ** 2, leaves)
    found = by_hand(answer, x, y, w1, w2)
    two = isinstance(found, (tuple, list)) and len(found) == 2
    require(two, "Return two tensors: the slope in w1, then the slope in w2.")
    require(all(isinstance(part, torch.Tensor) for part in found), "Both slopes must be tensors.")
    first, second = found
    require(not (close(first, in_w2) and close(second, in_w1)), "The two are swapped: w1 comes first.")
    half = close(first, in_w1 / 2) and close(second, in_w2 / 2)
    require(not half, "Both slopes are half of what they should be. What is the slope of a square?")
    negative = close(first, -in_w1) and close(second, -in_w2)
    require(not negative, "Both slopes have the wrong sign. What is subtracted from what in the loss?")
    require(close(second, in_w2), "The slope in w2 is not right: which number is w2 multiplied by?")
    require(not close(first, in_w1 / (1 - h**2)), "In the slope in w1, the link through tanh is missing.")
    bend = (1 - (w1 * x) ** 2) / (1 - h**2)
    require(not close(first, in_w1 * bend), "The slope of tanh is 1 - tanh(z)**2. You square z itself.")
    require(not close(first, in_w1 / x), "In the slope in w1, the last link is missing: from z to w1.")
    require(not close(first, in_w1 / w2), "In the slope in w1, the link from y_hat to tanh is missing.")
    require(close(first, in_w1), "The slope in w2 is right, the one in w1 is not: go back link by link.")


@exercise(
    "02.3",
    hints=(
        "Write the descent from one start first: the loop of the lesson, 200 times. Then do it from all.",
        "Keep each end in a list. Which one wins is decided by f at the end, not by the end itself.",
        "Before an end goes into the list, ask `f(x).isfinite()`. Then `min(ends, key=f)`.",
    ),
    correct="Several starts are the simplest way out of a wrong valley.",
)
def lowest(answer):
    # One bowl, one start: is each of the 200 steps right?
    s, away, lr = 4 * random.random() - 2, 2 + random.random(), random.choice((0.004, 0.005, 0.006))
    found = call(answer, lambda x: (x - s) ** 2 + 50, [s + away], lr)
    require(not isinstance(found, torch.Tensor), "You return a tensor. A Python number was asked for.")
    require(isinstance(found, (int, float)), f"Return one number; yours is a {type(found).__name__}.")
    end, kept, total = s + away * (1 - 2 * lr) ** 200, s + away, 0.0
    for _ in range(200):  # a run that never empties the gradient
        total += 2 * (kept - s)
        kept -= lr * total
    require(
        not close(found, kept, 1e-3), "The gradients of all steps add up. What do you do after each step?"
    )
    require(not close(found, s + away * (1 + 2 * lr) ** 200, 1e-2), "Your steps go uphill. Check the sign.")
    require(not close(found, (end - s) ** 2 + 50, 1e-2), "This is how high f is. Return the place.")
    require(close(found, end, 5e-4), "In a plain bowl x is not where 200 steps of size lr * gradient lead.")
    # Two valleys, the deeper one on a given side.
    s = random.randint(-2, 2)
    for side, starts in ((1, [s - 1, s + 2, s - 2]), (-1, [s + 50, s - 2, s + 1])):

        def valleys(x, side=side):
            return (x - s) ** 4 - 3 * (x - s) ** 2 - side * (x - s)

        found = call(answer, valleys, starts, 0.03)
        require(math.isfinite(found), f"A run that flew away has won: your answer is {found}.")
        higher = close(found, s - side * 1.1309, 1e-2)
        require(
            not higher, "This end is in the higher valley. Compare f at all the ends: where is it lowest?"
        )
        require(
            close(found, s + side * 1.3008, 1e-2), "With two valleys, this is not where the best run ends."
        )
    found = call(answer, lambda x: (x - s) * ((x - s) ** 2 - 3), [s + 2, s - 3], 0.03)
    require(math.isfinite(found), f"A run that flew away has won: at {found}, f is -inf, below all others.")
    require(close(found, s + 1, 1e-2), "With one run that falls to -inf, the other one must win.")
