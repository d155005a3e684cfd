"""The exercises of lesson 04."""

import random
from functools import partial

import torch

from course_utils.exercises.compare import _
from course_utils.exercises.frame import exercise


def mean_with_a_leak(values, k):
    days = range(k, len(values))
    return torch.stack([values[i - k + 1 : i + 1].mean() for i in days])


def means(forecast=lambda v, i, k: v[i - k : i].mean()):
    return lambda values, k: torch.stack([forecast(values, i, k) for i in range(k, len(values))])


exercise(
    "04.1",
    means(),
    cases=lambda: [
        ((50 + 20 * torch.randn(n, dtype=torch.float64 if k == 3 else None)).round(decimals=1), k)
        for n, k in [(5, 2), (25, 4), (12, 1), (8, 7), (30, 3)]
    ],
    given=mean_with_a_leak,
    hints=(
        _("Try it on `torch.tensor([1.0, 2.0, 4.0, 8.0])` with k = 1. How can it be right about every day?"),
        _("A slice leaves out its end: `values[a:i]` stops before day i. Where must it begin for k days?"),
    ),
    correct=_("It uses only what is known the evening before, as an honest baseline must."),
    mistakes={
        _("It still forecasts a day with the help of the day itself."): mean_with_a_leak,
        _("The day itself is out, but k - 1 days are left."): means(lambda v, i, k: v[i - k + 1 : i].mean()),
        _("Now it is k + 1 days, with the day itself."): means(lambda v, i, k: v[i - k : i + 1].mean()),
        _("You add the days up. Take their mean."): means(lambda v, i, k: v[i - k : i].sum()),
        _("You average all days before. Only the last k count."): means(lambda v, i, k: v[:i].mean()),
    },
)


def forecasts():
    for shape in [(1,), (50,), (20, 1), (4, 5)]:
        y, a, b = (part / part.square().mean().sqrt() for part in torch.randn(3, *shape))
        yield from [(60 + y + a, 60 + y + 3 * b, 60 + y), (y - 5 * a, y + b, y), (y, y + b, y)]
    for other in [y.unsqueeze(1), y[:1], y[0], y[0, 0], y.expand(4, 4, 5), y.reshape(5, 4)]:
        yield from [(y, other, y), (other, y, y), (y, y, other)]


def skill(y_hat, y_baseline, y, of=lambda a, b: 1 - a / b, safe=True):
    if safe and not y_hat.shape == y_baseline.shape == y.shape:
        raise ValueError
    return of(*((forecast - y).square().mean() for forecast in (y_hat, y_baseline))).item()


exercise(
    "04.2",
    lambda y_hat, y_baseline, y: skill(y_hat, y_baseline, y),
    cases=forecasts,
    kind="plain",
    hints=(_("Begin with the three shapes."), _("Two mean squared errors against y; 1 minus their ratio.")),
    correct=_("One number tells whether a forecast is worth more than its baseline."),
    mistakes={
        _("This is the ratio of the errors. The skill is 1 minus it."): partial(skill, of=lambda a, b: a / b),
        _("The ratio is upside down: divide by the baseline's."): partial(skill, of=lambda a, b: 1 - b / a),
        _("You divide the RMSEs. Leave out the root."): partial(skill, of=lambda a, b: 1 - (a / b).sqrt()),
        _("A worse forecast has a negative skill."): partial(skill, of=lambda a, b: (1 - a / b).clamp(min=0)),
        _("For {input} there was no ValueError: this is the silent broadcast."): partial(skill, safe=False),
    },
)


def walk(losses, patience, better=lambda a, b: a < b, anew=True, follow=False, told=lambda best, epoch: best):
    smallest, best, bad, epoch = torch.inf, 0, 0, 0
    while bad < patience and epoch < len(losses):
        loss, epoch = losses[epoch], epoch + 1
        new = better(loss, smallest)
        best, bad = (epoch, 0 if anew else bad) if new else (best, bad + 1)
        smallest = loss if new or follow else smallest
    return told(best, epoch)


exercise(
    "04.3",
    lambda val_losses, patience: walk(val_losses, patience),
    cases=lambda: [  # nan at the start only where patience lasts
        ([torch.nan] * (patience == 3) + [9e6, *random.choices(losses, k=random.randrange(12))], patience)
        for losses in ([torch.nan, *range(-4, 9)], [9e5, 8.999, 8.9985, 8.998])
        for patience in [2, 3, 5, 1] * 12
    ],
    kind="whole",
    hints=(_("Remember the smallest loss so far and its epoch."), _("Start with inf: `nan < inf` is false.")),
    correct=_("You stop without knowing the future, and keep the best epoch you have seen."),
    mistakes={
        _("The epochs are counted from 1."): lambda losses, patience: walk(losses, patience) - 1,
        _("This is where you stop. Which epoch was best?"): partial(walk, told=lambda best, epoch: epoch),
        _("You look at all epochs. Stop when patience ends."): lambda losses, p: walk(losses, torch.inf),
        _("Count epochs in a row: a new smallest loss starts anew."): partial(walk, anew=False),
        _("Compare with the smallest loss so far, and not with the one before."): partial(walk, follow=True),
        _("A loss equal to the smallest is not a new smallest."): partial(walk, better=lambda a, b: a <= b),
        _("A nan counted as smallest. What is `nan >= 3`?"): partial(walk, better=lambda a, b: not a >= b),
    },
)
