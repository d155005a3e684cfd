"""The exercises of lesson 08."""

import torch

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise

IN_PLACE = _("w is as it was. `w = w - ...` makes a new tensor; change w itself, in place.")


def steps():
    for shape, lr, decay in [((3, 4), 0.3, 0.4), ((5,), 0.1, 2.0), ((1,), 0.5, 0.3), ((2, 1, 3), 1.5, 0.2)]:
        yield torch.randn(shape) + 2, torch.randn(shape) - 2, lr, decay
    yield torch.tensor([-3.0, 0.0, 2.0]), torch.tensor([1.0, -2.0, 0.0]), 0.2, 0.7
    yield torch.randn(4), torch.randn(4), 0.3, 0.0


def two_steps(answer, w, g, lr, decay):
    places, place, s = [w], w.clone(), {}
    for _step in range(2):
        answer(place, g, s, lr=lr, decay=decay)
        places.append(place.clone())
    require(not torch.equal(*places[:2]), IN_PLACE)
    return {_("after the first step"): places[1], _("after the second step"): places[2]}


def step(length):
    """Make an sgd_decay that goes this far."""

    def sgd_decay(w, g, s, lr, decay):
        w -= length(w, g, lr, decay)

    return sgd_decay


exercise(
    "08.1",
    step(lambda w, g, lr, decay: lr * (g + decay * w)),
    cases=steps,
    run=two_steps,
    kind="dtype",
    hints=(
        _("Start from `sgd`: only the gradient becomes another one."),
        _("The gradient to use is `g + decay * w`, with the `w` from before the step."),
        _("Change `w` with `w -= ...`; `w = w - ...` would make a new tensor that nobody outside sees."),
    ),
    correct=_("Weight decay is one more term in the gradient, and it pulls every weight towards zero."),
    mistakes={
        IN_PLACE: step(lambda w, g, lr, decay: 0),
        _("Your code changes g, too: `g += ...` does that."): step(
            lambda w, g, lr, d: lr * g.add_(w, alpha=d)
        ),
        _("This is SGD without decay. Add decay · w to the gradient."): step(lambda w, g, lr, decay: lr * g),
        _("The sign: this decay pushes weights away from zero."): step(lambda w, g, lr, d: lr * (g - d * w)),
        _("The sign: this step goes uphill."): step(lambda w, g, lr, decay: -lr * (g + decay * w)),
        _("The decay, too, must be multiplied by lr."): step(lambda w, g, lr, decay: lr * g + decay * w),
        _("The gradient, too, must be multiplied by lr."): step(lambda w, g, lr, decay: g + lr * decay * w),
        _("Where is the learning rate?"): step(lambda w, g, lr, decay: g + decay * w),
        _("Where is the gradient?"): step(lambda w, g, lr, decay: lr * decay * w),
        _("You add decay to the gradient. It is decay times w."): step(lambda w, g, lr, d: lr * (g + d)),
        _("You add decay times g. It is decay times w."): step(lambda w, g, lr, d: lr * (g + d * g)),
        _("You add the square of w. It is decay times w."): step(lambda w, g, lr, d: lr * (g + d * w**2)),
        _("Without abs(): a negative weight is pulled up."): step(lambda w, g, lr, d: lr * (g + d * w.abs())),
        _("You add the sign of w. It is decay times w."): step(lambda w, g, lr, d: lr * (g + d * w.sign())),
        _("The factor 2 is too much: add decay · w."): step(lambda w, g, lr, d: lr * (g + 2 * d * w)),
        _("The decay needs the w from before the step."): step(
            lambda w, g, lr, d: lr * (g + d * (w - lr * g))
        ),
    },
)


BOTH = _("Hand over both: (turned_valley, answer).")
NO_SLOPE = _("The walk needs a gradient from the height: no .item(), no .detach().")
NEXT = _('turned_valley is right. Now walk on it, and set answer to "SGD" or "RMSProp".')


def places():
    for shape in [(2, 5), (2,), (2, 2), (2, 1)]:
        yield (3 * torch.randn(shape),)
    yield from [(torch.tensor([-4.0, 1.0]),), (torch.tensor([3.0, 3.0]),), ("the walks",)]


def at(answer, w):
    """Use the function at w; the last of the cases asks for the name."""
    height, name = answer if isinstance(answer, tuple | list) and len(answer) == 2 else (answer, None)
    require(callable(height), BOTH)
    if isinstance(w, str):
        require(str(name).lower() in ("sgd", "rmsprop"), NEXT)
        return name.lower()
    w = w.clone().requires_grad_()
    found = height(w)
    if not isinstance(found, torch.Tensor):
        return {_("the height"): found}
    require(found.requires_grad, NO_SLOPE)
    return {_("the height"): found, _("the gradient"): torch.autograd.grad(found.sum(), w)[0]}


def valley(along, across):
    return (along**2 + 30 * across**2) / 2


def both(height=valley, to=2**0.5, swap=False, then=lambda h: h, name="SGD"):
    """Make a turned_valley, right or with a mistake, and name the walk that is only turned."""

    def turned_valley(w):
        places = (w[0] + w[1]) / to, (w[1] - w[0]) / to
        return height(*places[:: -1 if swap else 1])

    return [lambda w: then(turned_valley(w)), name]


exercise(
    "08.2",
    both(),
    cases=places,
    run=at,
    kind="tensor",
    atol=1e-3,
    hints=(
        _("Compute along and across from w[0] and w[1]; the height then follows as in `valley`."),
        _("`valley(torch.stack([along, across]))` works for the shapes (2,) and (2, n)."),
        _("`walk(sgd, turned_valley, start, 60, lr=0.06)`: compare its heights with those in section 2."),
        _("The same walk with `rmsprop` and lr=0.1: are its heights those in section 2?"),
    ),
    correct=_("SGD's gradient turns with the valley; RMSProp's brakes stay with the axes."),
    mistakes={
        _("This valley is not turned: use along and across, not w."): [lambda w: valley(*w), "SGD"],
        _("It is turned to the wrong side, steep along and flat across."): both(swap=True),
        _("All is twice as high: look for the √2, and for the 0.5 of `valley`."): both(to=1),
        _("All is half as high: divide by √2, and only once."): both(to=2),
        _("This is a round bowl: across must be 30 times steeper."): both(lambda a, b: (a**2 + b**2) / 2),
        _("The 30 does not belong inside the square."): both(lambda a, b: (a**2 + (30 * b) ** 2) / 2),
        _("Only the part across is counted."): both(lambda a, b: 15 * b**2),
        _("Only the part along is halved. Halve the sum."): both(lambda a, b: a**2 / 2 + 30 * b**2),
        _("Only the part across is halved. Halve the sum."): both(lambda a, b: a**2 + 15 * b**2),
        _("You add up the heights. Each place has its own."): both(then=torch.sum),
        NO_SLOPE: both(then=torch.Tensor.detach),
        NEXT: both(name=None),
        _("Turned back, RMSProp's second walk is not its first: compare step by step."): both(name="RMSProp"),
    },
)


def gradients():
    yield torch.randn(3), torch.randn(6, 3), 0.3, {}
    for shape, *settings in [((2, 4), 0.5, 0.9, 1e-8), ((1,), 0.8, 0.5, 0.1), ((1, 2, 2), 0.0, 0.99, 0.01)]:
        yield (
            torch.randn(shape),
            torch.randn(6, *shape),
            0.03,
            dict(zip(("b1", "b2", "eps"), settings, strict=True)),
        )
    yield torch.ones(4), torch.tensor([0.0, 1e-8, -1e-4, 1.0]).repeat(6, 1), 0.1, {}


def walked(answer, w, gradients, lr, settings):
    """Go three steps with w, then three more with another one beside it."""
    first, second, s, other, places = w.clone(), -w, {}, {}, []
    for number, g in enumerate(gradients):
        other_g = g + 1
        answer(first, g, s, lr, **settings)
        if number >= 3:
            answer(second, other_g, other, lr, **settings)
        places.append(first.clone())
    require(not torch.equal(first, w), IN_PLACE)
    parts = _("the first steps"), _("another w, which has its own s"), _("the steps after that")
    return dict(zip(parts, (places[:3], second, places[3:]), strict=True))


def my_adam(w, g, s, lr, b1=0.9, b2=0.999, eps=1e-8):
    if not s:
        s.update(t=0, m=torch.zeros_like(w), q=torch.zeros_like(w))
    t = s["t"] + 1
    s["m"] = b1 * s["m"] + (1 - b1) * g
    s["q"] = b2 * s["q"] + (1 - b2) * g**2
    m_fair = s["m"] / (1 - b1**t)
    q_fair = s["q"] / (1 - b2**t)
    w -= lr * m_fair / (q_fair.sqrt() + eps)


def adam(t=lambda t: t, fair=lambda b, t, m: 1 - b**t, step=lambda m, q, eps: m / (q.sqrt() + eps), of=None):
    """Make an Adam, right or with a mistake; `of` makes the two b from those that are handed over."""

    def rule(w, g, s, lr, b1=0.9, b2=0.999, eps=1e-8):
        b1, b2 = of(b1, b2) if of else (b1, b2)
        s["t"] = s.get("t", 0) + 1
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["q"] = b2 * s.get("q", 0) + (1 - b2) * g**2
        w -= lr * step(s["m"] / fair(b1, t(s["t"]), True), s["q"] / fair(b2, t(s["t"]), False), eps)

    return rule


exercise(
    "08.3",
    adam(),
    cases=gradients,
    run=walked,
    kind="dtype",
    given=my_adam,
    hints=(
        _("`check(my_adam, torch.optim.Adam, lr=0.1)`, from section 1, fails. Which step goes wrong first?"),
        _("The first step is right. From the second on, print t: how many steps have been made?"),
        _("What a rule remembers is in s. Is the new t put there, too?"),
    ),
    correct=_("A wrong optimizer still goes downhill: only the comparison with a right one shows it."),
    mistakes={
        _("The first step is right; the second still is not. What should change from step to step?"): my_adam,
        IN_PLACE: adam(step=lambda m, q, eps: 0),
        _("Both averages are too small at first: divide them by 1 - b**t."): adam(fair=lambda b, t, m: 1),
        _("q is not repaired: it needs its division, too."): adam(fair=lambda b, t, m: 1 - b**t if m else 1),
        _("m is not repaired: it needs its division, too."): adam(fair=lambda b, t, m: 1 if m else 1 - b**t),
        _("At the first step t must be 1: you divide by 0."): adam(lambda t: t - 1),
        _("t is one too large: at the first step it is 1."): adam(lambda t: t + 1),
        _("t stops at 2. It must go on: 1, 2, 3."): adam(lambda t: min(t, 2)),
        _("t runs 1, 3, 5: it is advanced twice a step."): adam(lambda t: 2 * t - 1),
        _("b * t is not b ** t."): adam(fair=lambda b, t, m: 1 - b * t),
        _("b1 and b2 have changed places."): adam(of=lambda b1, b2: (b2, b1)),
        _("b1 and b2 are arguments: use what is handed over."): adam(of=lambda b1, b2: (0.9, 0.999)),
        _("The sign: this walk goes uphill."): adam(step=lambda m, q, eps: -m / (q.sqrt() + eps)),
        _("eps is added after the root, not inside it."): adam(step=lambda m, q, eps: m / (q + eps).sqrt()),
        _("eps is an argument: use what is handed over."): adam(step=lambda m, q, eps: m / (q.sqrt() + 1e-8)),
        _("Where is eps? For a gradient of 0 you divide 0 by 0."): adam(step=lambda m, q, eps: m / q.sqrt()),
        _("The root of q is missing."): adam(step=lambda m, q, eps: m / (q + eps)),
    },
)
