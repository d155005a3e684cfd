"""Typical wrong answers to the exercises of lesson 08: number, answer, and what the check says to it."""

import math

import torch


def step_by(step):
    """Make an sgd_decay that takes a wrong step in place."""

    def sgd_decay(w, g, s, lr, decay):
        w -= step(w, g, lr, decay)

    return sgd_decay


def new_tensor(w, g, s, lr, decay):
    w = w - lr * (g + decay * w)
    return w


def decay_last(w, g, s, lr, decay):
    w -= lr * g
    w -= lr * decay * w


def changes_g(w, g, s, lr, decay):
    g += decay * w
    w -= lr * g


def turned(scale=2**0.5, half=0.5, steepness=30, exchange=False, detach=False, total=False):
    """Make a turned_valley, right or with a mistake."""

    def turned_valley(w):
        w = w.detach() if detach else w
        along, across = (w[0] + w[1]) / scale, (w[1] - w[0]) / scale
        if exchange:
            along, across = across, along
        height = half * (along**2 + steepness * across**2)
        return height.sum() if total else height

    return turned_valley


def cosine(p, rise=lambda step, warm_up: (step + 1) / warm_up, still=lambda step, warm_up: step < warm_up):
    """Make a warm_up_cosine with a mistake in p, in the rise, or in its end."""

    def warm_up_cosine(step, num_steps, warm_up):
        if still(step, warm_up):
            return rise(step, warm_up)
        return (1 + math.cos(math.pi * p(step, num_steps, warm_up))) / 2

    return warm_up_cosine


def right_p(step, n, warm_up):
    return (step - warm_up) / (n - warm_up)


def other_wave(wave):
    """Make a warm_up_cosine that falls in another way."""

    def warm_up_cosine(step, num_steps, warm_up):
        return (step + 1) / warm_up if step < warm_up else wave(right_p(step, num_steps, warm_up))

    return warm_up_cosine


WRONG = [
    ("08.1", new_tensor, "in place"),
    ("08.1", step_by(lambda w, g, lr, decay: lr * g), "without decay"),
    ("08.1", step_by(lambda w, g, lr, decay: lr * (g - decay * w)), "away from zero"),
    ("08.1", step_by(lambda w, g, lr, decay: -lr * (g + decay * w)), "uphill"),
    ("08.1", step_by(lambda w, g, lr, decay: lr * g + decay * w), "multiplied by lr"),
    ("08.1", step_by(lambda w, g, lr, decay: g + decay * w), "Where is the learning rate"),
    ("08.1", step_by(lambda w, g, lr, decay: lr * (g + decay)), "decay times w"),
    ("08.1", step_by(lambda w, g, lr, decay: lr * (g + decay * w**2)), "torch.optim.SGD"),
    ("08.1", decay_last, "It needs the one before"),
    ("08.1", changes_g, "g was changed"),
    ("08.2", lambda w: 0.5 * (w[0] ** 2 + 30 * w[1] ** 2), "not turned"),
    ("08.2", turned(exchange=True), "wrong side"),
    ("08.2", turned(scale=1), "√2"),
    ("08.2", turned(half=1), "the 0.5 of"),
    ("08.2", turned(steepness=1), "round bowl"),
    ("08.2", turned(scale=2), "not the heights"),
    ("08.2", turned(total=True), "5 heights"),
    ("08.2", turned(detach=True), "needs a gradient"),
    ("08.2", lambda w: turned()(w.T), "5 heights"),
    ("08.2", turned(), "Now walk on it"),
    ("08.2", (turned(), "RMSProp"), "when the second is turned back"),
    ("08.2", (turned(), "Adam"), 'must be "SGD" or "RMSProp"'),
    ("08.2", (lambda w: torch.zeros(5), "SGD"), "not the heights"),
    ("08.3", cosine(right_p, rise=lambda step, warm_up: step / warm_up), "count from 1"),
    ("08.3", cosine(right_p, rise=lambda step, warm_up: (step + 1) / 10), "the rise must be"),
    ("08.3", cosine(right_p, still=lambda step, warm_up: step <= warm_up), "< or <="),
    ("08.3", cosine(lambda step, n, warm_up: step / n), "Count from the end of the warm-up"),
    ("08.3", cosine(lambda step, n, warm_up: (step - warm_up) / n), "does not get down to 0"),
    ("08.3", cosine(lambda step, n, warm_up: 1 - right_p(step, n, warm_up)), "rises from 0 to 1"),
    ("08.3", cosine(lambda step, n, warm_up: 2 * right_p(step, n, warm_up)), "the factor must be"),
    ("08.3", other_wave(lambda p: 1 + math.cos(math.pi * p)), "divide by 2"),
    ("08.3", other_wave(lambda p: math.cos(math.pi * p)), "negative"),
    ("08.3", other_wave(lambda p: 1 - p), "where is the cosine"),
]
