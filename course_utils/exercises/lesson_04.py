"""The exercises of lesson 04."""

import random

import torch

from course_utils.exercises.frame import _, exercise


def forecasts():
    for shape in [(1,), (50,), (20, 1), (4, 5)]:
        y, a, b = (part / part.square().mean().sqrt() for part in torch.randn(3, *shape))
        yield from [(60 + y + a, 60 + y + 3 * b, 60 + y), (y - 5 * a, y + b, y), (y, y + b, y)]
    for other in [y.unsqueeze(1), y[:1], y[0], y[0, 0], y.expand(4, 4, 5), y.reshape(5, 4)]:
        yield from [(y, other, y), (other, y, y), (y, y, other)]


@exercise(
    "04.1",
    _("Try it on the values 1, 2, 4, 8 with k = 1: each forecast should be the day before. Is it?"),
    _("A slice `values[a:i]` stops before day i. Where should yours start, and where stop?"),
    cases=lambda: [
        ((50 + 20 * torch.randn(n, dtype=torch.float64 if k == 3 else None)).round(decimals=1), k)
        for n, k in [(5, 2), (25, 4), (12, 1), (8, 7), (30, 3)]
    ],
    repair=True,
    correct=_("It uses only what is known the evening before, as an honest baseline must."),
    mistakes={
        _("It still forecasts a day with the help of the day itself."): ("k : i", "k + 1 : i + 1"),
        _("The day itself is out, but k - 1 days are left."): ("k : i", "k + 1 : i"),
        _("Now it is k + 1 days, with the day itself."): ("k : i", "k : i + 1"),
        _("You average all days before. Only the last k count."): ("i - k : i", ": i"),
    },
)
def mean_of_days(values, k):
    days = range(k, len(values))
    return torch.stack([values[i - k : i].mean() for i in days])


@exercise(
    "04.2",
    _("Compare the three shapes first; where they differ, raise ValueError."),
    _("Compute two mean squared errors against y, and return 1 minus their ratio, with .item()."),
    cases=forecasts,
    kind="plain",
    correct=_("One number tells whether a forecast is worth more than its baseline."),
    mistakes={
        _("This is the ratio of the errors. The skill is 1 minus it."): ("1 - ", ""),
        _("The ratio is upside down: divide by the baseline's."): ("mse / baseline", "baseline / mse"),
        _("You divide the RMSEs. Leave out the root."): ("mean()", "mean().sqrt()"),
        _("A worse forecast has a negative skill."): (".item()", ".clamp(min=0).item()"),
        _("For {input} there was no ValueError: this is the silent broadcast."): ("raise ValueError", "pass"),
    },
)
def skill(y_hat, y_baseline, y):
    if not y_hat.shape == y_baseline.shape == y.shape:
        raise ValueError
    mse, baseline = ((forecast - y).square().mean() for forecast in (y_hat, y_baseline))
    return (1 - mse / baseline).item()


@exercise(
    "04.3",
    _("Walk through the losses, and remember the smallest one so far and its epoch."),
    _("Stop when the epoch is `patience` later than the best. `nan < best` is False: let that help you."),
    cases=lambda: [  # nan at the start only where patience lasts
        ([torch.nan] * (patience == 3) + [9e6, *random.choices(losses, k=random.randrange(12))], patience)
        for losses in ([torch.nan, *range(-4, 9)], [9e5, 8.999, 8.9985, 8.998])
        for patience in [2, 3, 5, 1] * 12
    ],
    kind="whole",
    correct=_("You stop without knowing the future, and keep the best epoch you have seen."),
    mistakes={
        _("The epochs are counted from 1."): ("losses, 1)", "losses)"),
        _("This is where you stop. Which epoch was best?"): ("return best", "return epoch"),
        _("You look at all epochs. Stop when patience ends."): ("break", "continue"),
        _("Count epochs in a row: a new smallest loss starts anew."): ("epoch, 0", "epoch, bad - 1"),
        _("Compare with the smallest, not with the last."): ("if bad", "smallest = loss\n        if bad"),
        _("A loss equal to the smallest is not a new smallest."): ("<", "<="),
        _("A nan counted as smallest. What is `nan >= 3`?"): ("loss < smallest", "not loss >= smallest"),
    },
)
def stop_early(val_losses, patience):
    smallest, best, bad = torch.inf, 0, 0
    for epoch, loss in enumerate(val_losses, 1):
        bad += 1
        if loss < smallest:
            smallest, best, bad = loss, epoch, 0
        if bad == patience:
            break
    return best
