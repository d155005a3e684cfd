"""Judges for the exercises of lesson 08."""

import math
from functools import partial

import torch

from course_utils.exercises import call, close, exercise, require


@exercise(
    "08.1",
    hints=(
        "Start from `sgd`: only the gradient becomes another one.",
        "The gradient to use is `g + decay * w`, with the `w` from before the step.",
        "Change `w` with `w -= ...`; `w = w - ...` would make a new tensor that nobody outside sees.",
    ),
    correct="Weight decay is one more term in the gradient, and it pulls every weight towards zero.",
)
def sgd_decay(answer):
    w, g = (0.5 + torch.rand(2, 3, 4)) * torch.where(torch.rand(2, 3, 4) < 0.5, -1.0, 1.0)
    lr, decay = (0.3 + 0.2 * torch.rand(2)).tolist()
    after = w.clone().requires_grad_()
    after.grad = g.clone()
    torch.optim.SGD([after], lr=lr, weight_decay=decay).step()

    found, given = w.clone(), g.clone()
    call(lambda: (answer(found, given, {}, lr=lr, decay=decay), found))  # it may return nothing
    require(
        not close(found, w), "w is as it was. `w = w - ...` makes a new tensor; change w itself, in place."
    )
    require(not close(found, w - lr * g), "This is SGD without decay. Add decay · w to the gradient.")
    require(not close(found, w - lr * (g - decay * w)), "The sign: this decay pushes weights away from zero.")
    require(not close(found, w + lr * (g + decay * w)), "The sign: this step goes uphill.")
    require(not close(found, w - lr * g - decay * w), "The decay, too, must be multiplied by lr.")
    require(not close(found, w - (g + decay * w)), "Where is the learning rate?")
    require(not close(found, w - lr * (g + decay)), "You add decay to the gradient. It is decay times w.")
    late = (w - lr * g) * (1 - lr * decay)
    require(not close(found, late), "The decay takes the w from after the step. It needs the one before.")
    require(close(found, after), "w is not where torch.optim.SGD with this weight_decay puts it.")
    require(close(given, g), "w is right, but g was changed: `g += ...` changes the caller's gradient.")


def _valley(w, steepness=30):
    return 0.5 * (w[0] ** 2 + steepness * w[1] ** 2)


def _walk(make_optimizer, f, start):
    """Walk 60 steps with an optimizer of PyTorch: (61, 2)."""
    w, path = start.clone().requires_grad_(), [start]
    optimizer = make_optimizer([w])
    for _ in range(60):
        optimizer.zero_grad()
        f(w).backward()
        optimizer.step()
        path.append(w.detach().clone())
    return torch.stack(path)


@exercise(
    "08.2",
    hints=(
        "Compute along and across from w[0] and w[1]; the height then follows as in `valley`.",
        "`valley(torch.stack([along, across]))` works for the shapes (2,) and (2, n).",
        "`walk(sgd, turned_valley, start, 60, lr=0.06)`: compare its heights, step by step, with those of "
        "the walk in section 2. Do the same with `rmsprop` and lr=0.1.",
    ),
    correct="SGD's gradient turns with the valley; RMSProp's brakes stay with the axes.",
)
def turned_valley(answer):
    height, name = answer if isinstance(answer, tuple) else (answer, None)
    turn = torch.tensor([[1.0, -1.0], [1.0, 1.0]]) / math.sqrt(2)
    w = (1 + 2 * torch.rand(2, 5)) * torch.tensor([[1.0, -1.0, 1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0, 1.0]])
    expected = _valley(turn.T @ w)
    found = call(height, w.clone())
    require(isinstance(found, torch.Tensor), "Return the height as a tensor.")
    require(
        found.shape == (5,),
        f"w of shape (2, 5) is 5 places: 5 heights; yours have shape {tuple(found.shape)}.",
    )
    require(not close(found, _valley(w), 1e-3), "This valley is not turned: use along and across, not w.")
    require(
        not close(found, _valley(turn @ w), 1e-3),
        "It is turned to the wrong side, steep along and flat across.",
    )
    require(
        not close(found, 2 * expected, 1e-3),
        "Everything is twice as high: look for the √2, and for the 0.5 of `valley`.",
    )
    require(
        not close(found, _valley(turn.T @ w, steepness=1), 1e-3),
        "This is a round bowl: across must be 30 times steeper.",
    )
    require(close(found, expected, 1e-3), "These are not the heights of the valley at (along, across).")
    single = call(height, w[:, 0].clone().requires_grad_())
    require(single.shape == (), "For a single place, w of shape (2,), the height must be a single number.")
    require(single.requires_grad, "The walk needs a gradient from the height: no .item(), no .detach().")

    require(name is not None, 'turned_valley is right. Now walk on it, and set answer to "SGD" or "RMSProp".')
    start = torch.tensor([-4.0, 1.0]) * (0.9 + 0.2 * torch.rand(2))
    apart = {}  # how far the walk on the turned valley, turned back, leaves the first one
    for rule, make_optimizer in {
        "SGD": partial(torch.optim.SGD, lr=0.06),
        "RMSProp": partial(torch.optim.RMSprop, lr=0.1),
    }.items():
        turned_back = _walk(make_optimizer, height, turn @ start) @ turn
        apart[rule] = (turned_back - _walk(make_optimizer, _valley, start)).abs().max()
    require(isinstance(name, str) and name in apart, 'answer must be "SGD" or "RMSProp".')
    require(
        name == min(apart, key=apart.get),
        f"{name}'s two walks are up to ≈ {apart[name]:.1f} apart, when the second is turned back.",
    )


@exercise(
    "08.3",
    hints=(
        "Two cases: `if step < warm_up` returns the rise, what follows is the cosine.",
        "p is the part of the way that is done: of num_steps - warm_up steps, step - warm_up are over.",
        "`(1 + math.cos(math.pi * p)) / 2` with `p = (step - warm_up) / (num_steps - warm_up)`.",
    ),
    correct="It rises to the full learning rate, and then falls to zero: hand it to LambdaLR.",
)
def warm_up_cosine(answer):
    n, warm_up = int(torch.randint(110, 200, ())), int(torch.randint(11, 25, ()))

    def factor(step):
        found = call(answer, step, n, warm_up)
        number = isinstance(found, int | float) or (isinstance(found, torch.Tensor) and found.shape == ())
        require(number, f"At step {step} the factor must be a single number.")
        return float(found)

    def wave(p):
        return (1 + math.cos(math.pi * p)) / 2

    found = [factor(step) for step in range(n + 1)]
    rise, fall = found[:warm_up], found[warm_up:]
    require(not close(found[0], 0.0), "At step 0 the factor is 0, a step for nothing: count from 1.")
    require(
        close(rise, [(step + 1) / warm_up for step in range(warm_up)]),
        f"With warm_up = {warm_up}, the rise must be 1/{warm_up}, 2/{warm_up}, … 1 at the steps 0 to "
        f"{warm_up - 1}; yours begins with ≈ {rise[0]:.3f} and ends with ≈ {rise[-1]:.3f}.",
    )
    steps, length = range(warm_up, n + 1), n - warm_up
    require(not close(fall[0], (warm_up + 1) / warm_up), "step = warm_up still rises: is it < or <= ?")
    for p, says in (
        (lambda step: step / n, "p is not 0 at step = warm_up. Count from the end of the warm-up."),
        (lambda step: (step - warm_up) / n, "The factor does not get down to 0: p must be 1 at num_steps."),
        (lambda step: 1 - (step - warm_up) / length, "After the warm-up your factor rises from 0 to 1."),
    ):
        require(not close(fall, [wave(p(step)) for step in steps]), says)
    expected = [wave((step - warm_up) / length) for step in steps]
    require(not close(fall, [2 * value for value in expected]), "The cosine starts at 2: divide by 2.")
    require(
        not close(fall, [1 - (step - warm_up) / length for step in steps]),
        "After the warm-up it is a straight line: where is the cosine?",
    )
    require(
        not close(fall, [math.cos(math.pi * (step - warm_up) / length) for step in steps]),
        "The factor becomes negative: a cosine goes from 1 to -1, so add 1 and halve it.",
    )
    worst = max(range(len(fall)), key=lambda i: abs(fall[i] - expected[i]))
    require(
        close(fall, expected),
        f"At step {warm_up + worst} of {n}, with warm_up = {warm_up}, the factor must be "
        f"≈ {expected[worst]:.3f}; yours is ≈ {fall[worst]:.3f}.",
    )
