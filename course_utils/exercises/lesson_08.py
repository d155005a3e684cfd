"""The exercises of lesson 08."""

import torch

from course_utils.exercises.frame import _, exercise, require

IN_PLACE = _("w is as it was. `w = w - ...` makes a new tensor; change w itself, in place.")
NO_SLOPE = _("The walk needs a gradient from the height: return a tensor, no .item(), no .detach().")
NEXT = _('turned_valley is right. Now walk on it, and set answer to "SGD" or "RMSProp".')


def walks(names, more=()):
    for number, shape in enumerate([(3,), (2, 4), (1,), (2, 1, 3), (4,), (5,)]):
        settings = {name: torch.randint(10, 90, ()).item() / 100 for name in [*names, *more * (number % 2)]}
        yield 3 * torch.randn(shape), torch.randn(6, *shape), settings
    yield torch.arange(-2.0, 2), torch.tensor([1, 0, -1e-4, 1e-8]).repeat(6, 1), dict.fromkeys(names, 0.3)


def walked(answer, w, g, settings):
    first, second, s, other, places = w.clone(), -w, {}, {}, []
    for number, slope in enumerate(g):
        if number >= 3:  # from here on, another w walks beside it
            answer(second, slope + 1, other, **settings)
        answer(first, slope, s, **settings)
        places.append(first.clone())
    require(not torch.equal(first, w), IN_PLACE)
    return {_("the first steps"): places[:3], _("another w, with its own s"): second, _("later"): places[3:]}


def at(answer, w):
    height, name = answer if isinstance(answer, tuple | list) and len(answer) == 2 else (answer, None)
    require(callable(height), _("Hand over both: (turned_valley, answer)."))
    if isinstance(w, str):  # the last case asks for the name
        require(str(name).lower() in ("sgd", "rmsprop"), NEXT)
        return name.lower()
    found = height(w := w.clone().requires_grad_())
    require(isinstance(found, torch.Tensor) and found.requires_grad, NO_SLOPE)
    return {_("the height"): found, _("the gradient"): torch.autograd.grad(found.sum(), w)[0]}


def turned_valley(w):
    along, across = (w[0] + w[1]) / 2**0.5, (w[1] - w[0]) / 2**0.5
    return 0.5 * (along**2 + 30 * across**2)


@exercise(
    "08.1",
    _("Only the gradient is another one: `g + decay * w`. The rule is that of SGD."),
    _("To change w in place write `w -= ...`, not `w = w - ...`."),
    cases=lambda: walks(["lr", "decay"]),
    run=walked,
    kind="dtype",
    correct=_("Weight decay is one more term in the gradient, and it pulls every weight towards zero."),
    mistakes={
        IN_PLACE: ("w -=", "w = w -"),
        _("This is SGD without decay. Add decay · w to the gradient."): (" + decay * w", ""),
        _("The sign: this decay pushes weights away from zero."): ("+ decay", "- decay"),
        _("The sign: this step goes uphill."): ("-=", "+="),
        _("The decay, too, must be multiplied by lr."): ("(g + decay * w)", "g + decay * w"),
        _("Where is the learning rate?"): ("lr * ", ""),
        _("You add decay to the gradient. It is decay times w."): ("decay * w", "decay"),
        _("Take the w from before the step."): ("decay * w", "decay * (w - lr * g)"),
    },
)
def sgd_decay(w, g, s, lr, decay):
    w -= lr * (g + decay * w)


exercise(
    "08.2",
    _("Compute along and across from w[0] and w[1], and hand them to `valley` as one tensor."),
    _("Compare each walk with that of section 2: whose steps are the same ones, only turned?"),
    cases=lambda: [(3 * torch.randn(shape),) for shape in [(2, 5), (2,), (2, 2), (2, 1)]] + [("the walks",)],
    run=at,
    atol=1e-3,
    correct=_("SGD's gradient turns with the valley; RMSProp's brakes stay with the axes."),
    mistakes={
        _("It is not turned: use along and across, not w."): ("+ w[1]", "", "- w[0]", "", " / 2**0.5", ""),
        _("It is turned to the wrong side, steep along."): ("along, across", "across, along"),
        _("All is twice as high: where are √2 and 0.5?"): ("0.5 * ", ""),
        _("You add up the heights. Each place has its own."): ("across**2)", "across**2).sum()"),
        NO_SLOPE: ("across**2)", "across**2).detach()"),
        NEXT: [turned_valley, None],
        _("Turned back, RMSProp's second walk is not its first."): [turned_valley, "RMSProp"],
    },
)([turned_valley, "SGD"])


@exercise(
    "08.3",
    _("Compare it with torch.optim.Adam step by step: the first step agrees. Print t at each step."),
    _("What a rule must remember from step to step is in s. Is t put back there?"),
    cases=lambda: walks(["lr"], ["b1", "b2", "eps"]),
    run=walked,
    kind="dtype",
    repair=True,
    correct=_("A wrong optimizer still goes downhill: only the comparison with a right one shows it."),
    mistakes={
        _("Only the first step is right. What should change from step to step?"): ('t = s["t"] =', "t ="),
        _("At the first step t must be 1: you divide by 0."): ("t=0", "t=-1"),
        _("t is one too large: at the first step it is 1."): ("t=0", "t=1"),
        _("t stops at 2. It must go on: 1, 2, 3."): ('s["t"] = s["t"] + 1', 's["t"] + 1; s["t"] = 1'),
    },
)
def my_adam(w, g, s, lr, b1=0.9, b2=0.999, eps=1e-8):
    if not s:
        s.update(t=0, m=torch.zeros_like(w), q=torch.zeros_like(w))
    t = s["t"] = s["t"] + 1
    s["m"] = b1 * s["m"] + (1 - b1) * g
    s["q"] = b2 * s["q"] + (1 - b2) * g**2
    m_fair = s["m"] / (1 - b1**t)
    q_fair = s["q"] / (1 - b2**t)
    w -= lr * m_fair / (q_fair.sqrt() + eps)
