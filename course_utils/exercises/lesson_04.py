"""The exercises of lesson 04."""

from functools import partial

import torch
from torch import inf, nan

from course_utils.exercises.compare import _
from course_utils.exercises.frame import exercise


def series():
    yield torch.tensor([3.0, -1.0, 4.0, 1.0, 5.0]), 2
    for n, k in [(25, 4), (12, 1), (8, 7), (30, 3)]:
        yield 50 + 20 * torch.randn(n, dtype=torch.float64 if k == 3 else None), k


def mean_with_a_leak(values, k):
    days = range(k, len(values))
    return torch.stack([values[i - k + 1 : i + 1].mean() for i in days])


def means(forecast=lambda v, i, k: v[i - k : i].mean(), more=0):
    return lambda values, k: torch.stack([forecast(values, i, k) for i in range(k, len(values) + more)])


exercise(
    "04.1",
    means(),
    cases=series,
    given=mean_with_a_leak,
    hints=(
        _("Try it on `torch.tensor([1.0, 2.0, 4.0, 8.0])` with k = 1. How can it be right about every day?"),
        _("For k = 2, write down which days the forecast of day 2 uses. Which are known the evening before?"),
        _("A slice leaves out its end: `values[a:i]` stops before day i. Where must it begin for k days?"),
    ),
    correct=_("It uses only what is known the evening before, as an honest baseline must."),
    mistakes={
        _("It still forecasts a day with the help of the day itself."): mean_with_a_leak,
        _("The day itself is out, but k - 1 days are left."): means(lambda v, i, k: v[i - k + 1 : i].mean()),
        _("Now it is k + 1 days, with the day itself."): means(lambda v, i, k: v[i - k : i + 1].mean()),
        _("You add the days up. Take their mean."): means(lambda v, i, k: v[i - k : i].sum()),
        _("You take one day, k days before, and no mean."): means(lambda v, i, k: v[i - k]),
        _("You average all days before. Only the last k count."): means(lambda v, i, k: v[:i].mean()),
        _("One forecast too many: no such day is in `values`."): means(more=1),
    },
)


def forecasts():
    for shape in [(1,), (50,), (20, 1), (4, 5)]:
        y, *errors = torch.randn(3, *shape)
        a, b = (error / error.square().mean().sqrt() for error in errors)
        yield from [(60 + y + a, 60 + y + 3 * b, 60 + y), (y - 5 * a, y + b, y), (y, y + b, y)]
    for other in [y.unsqueeze(1), y[:1], y[0], y[0, 0], y.expand(4, 4, 5), y.reshape(5, 4)]:
        yield from [(y, other, y), (other, y, y), (y, y, other)]


def skill(y_hat, y_baseline, y, of=lambda a, b: 1 - a / b, each=torch.square, safe=True):
    if safe and not y_hat.shape == y_baseline.shape == y.shape:
        raise ValueError
    return of(*(each(forecast - y).mean() for forecast in (y_hat, y_baseline))).item()


exercise(
    "04.2",
    lambda y_hat, y_baseline, y: skill(y_hat, y_baseline, y),
    cases=forecasts,
    kind="plain",
    hints=(
        _("Begin with the shapes: all three must be the same, or it is a `ValueError`."),
        _("Two mean squared errors, each against y; then 1 minus one divided by the other, and `.item()`."),
    ),
    correct=_("One number tells whether a forecast is worth more than its baseline."),
    mistakes={
        _("This is the ratio of the errors. The skill is 1 minus it."): partial(skill, of=lambda a, b: a / b),
        _("The ratio is upside down: divide by the baseline's."): partial(skill, of=lambda a, b: 1 - b / a),
        _("You divide the RMSEs. Leave out the root."): partial(skill, of=lambda a, b: 1 - (a / b).sqrt()),
        _("You average the absolute errors. Square them."): partial(skill, each=torch.abs),
        _("A worse forecast has a negative skill."): partial(skill, of=lambda a, b: (1 - a / b).clamp(min=0)),
        _("For {input} there was no ValueError: this is the silent broadcast."): partial(skill, safe=False),
    },
)


def histories():
    for patience in (2, 3, 5):
        bump = [8 - i / 2 for i in range(patience)]  # falling, but above the smallest
        losses = [9, 7, 5, *bump[1:], 4, 4.5, 3, *bump, 2, *bump, 9, 1]
        for scale, shift, end in [(1.7, 0, None), (0.3, 20, None), (1e6, 0, patience + 6)]:
            yield [scale * (loss - shift) for loss in losses[:end]], patience
    for losses in [
        [4, 3, 3, 3, 1],
        [4.0, 3, nan, nan, 1],
        [nan, 4.0, 3, nan, nan, 1],
        [3, 2.999, 2.998, 2.997],
    ]:
        yield from [(losses, 2), (losses[:2], 4), (losses[1:4], 1)]


def walk(losses, patience, better=lambda a, b: a < b, anew=True, follow=False, counts=lambda a: 1, told=None):
    smallest, best, bad, epoch = inf, 0, 0, 0
    while bad < patience and epoch < len(losses):
        loss, epoch = losses[epoch], epoch + 1
        if new := better(loss, smallest):
            best, bad = epoch, 0 if anew else bad
        smallest, bad = loss if new or follow else smallest, bad + (not new and counts(loss))
    return told(best, epoch, bad < patience) if told else best


exercise(
    "04.3",
    lambda val_losses, patience: walk(val_losses, patience),
    cases=histories,
    kind="whole",
    hints=(
        _("Remember the smallest loss so far and its epoch: `epoch - best_epoch` have brought nothing new."),
        _("Start with `math.inf` as the smallest loss; `loss < smallest` is false for `nan`, all by itself."),
    ),
    correct=_("You stop without knowing the future, and keep the best epoch you have seen."),
    mistakes={
        _("The epochs are counted from 1."): partial(walk, told=lambda b, e, end: b - 1),
        _("This is where you stop. Which epoch was best?"): partial(walk, told=lambda b, e, end: e),
        _("At the end, return the best epoch."): partial(walk, told=lambda b, e, end: e if end else b),
        _("This is a loss. Return its epoch."): lambda losses, patience: losses[walk(losses, patience) - 1],
        _("You stop one epoch too soon."): lambda losses, patience: walk(losses, patience - 1),
        _("You stop one epoch too late."): lambda losses, patience: walk(losses, patience + 1),
        _("You look at all epochs. Stop when patience ends."): lambda losses, patience: walk(losses, inf),
        _("Count epochs in a row: a new smallest loss starts anew."): partial(walk, anew=False),
        _("Compare with the smallest loss so far, and not with the one before."): partial(walk, follow=True),
        _("A loss equal to the smallest is not a new smallest."): partial(walk, better=lambda a, b: a <= b),
        _("A nan counted as smallest. What is `nan >= 3`?"): partial(walk, better=lambda a, b: not a >= b),
        _("A nan counts as an epoch without a new smallest."): partial(walk, counts=lambda a: a == a),
        _("A nan at the start: nothing is less."): partial(walk, better=lambda a, b: a < b or b == inf),
    },
)
