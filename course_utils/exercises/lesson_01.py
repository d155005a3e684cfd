"""The exercises of lesson 01."""

import re

import torch

from course_utils.exercises.frame import LOOPS, _, exercise, require

NAMED = _("For {input}: the ValueError must name both shapes.")
SHAPES = [((7,), (7,)), ((5, 1), (5, 1)), ((2, 3, 4), (2, 3, 4)), ((1,), (1,)), ((), ())]
SHAPES += [((7, 1), (7,)), ((7,), (7, 1)), ((3, 4), (4,)), ((1,), (5,)), ((2, 3), (3, 2))]


def naming_both(answer, y_hat, y):
    try:
        return answer(y_hat, y)
    except ValueError as e:
        named = {tuple(map(int, re.findall(r"\d+", x))) for x in re.findall(r"[(\[][\d, ]*[)\]]", str(e))}
        require(y_hat.shape == y.shape or {y_hat.shape, y.shape} <= named, NAMED)
        raise


@exercise(
    "01.1",
    _('Compare the shapes first, and raise ValueError(f"...") with both of them in the text.'),
    _("Then it is one line: the differences, squared, and the mean of the squares."),
    cases=lambda: [tuple(map(torch.randn, shapes)) for shapes in SHAPES],
    run=naming_both,
    kind="tensor",
    correct=_("From now on a wrong shape cannot ruin your loss without a word."),
    mistakes={
        _("You return the sum of the squares. Take their mean."): ("mean", "sum"),
        _("You average |differences|. Square them."): ("((y_hat - y) ** 2)", "(y_hat - y).abs()"),
        _("Plus and minus cancel. Square the differences first."): (" ** 2", ""),
        _("You square the mean. First square, then average."): (" ** 2).mean()", ").mean() ** 2"),
        _("Leave out the root: it makes another loss."): ("mean()", "mean().sqrt()"),
        _("For {input}, no ValueError: the silent broadcast."): ("raise ValueError", ""),
        NAMED: ("y_hat.shape, ", ""),
    },
)
def safe_mse(y_hat, y):
    if y_hat.shape != y.shape:
        raise ValueError(y_hat.shape, y.shape)
    return ((y_hat - y) ** 2).mean()


@exercise(
    "01.2",
    _("Try a small table: what are the mean and the std of each column of the result?"),
    _("`dim` names the dimension that disappears. A column's mean runs over the rows: which one is that?"),
    cases=lambda: [
        *((torch.randn(n, k) * 9 ** torch.arange(k) - 50,) for n, k in [(8, 3), (4, 4), (5, 1), (2, 6)]),
        (torch.randperm(90)[:18].reshape(6, 3),),
    ],
    without={_("Do it without a loop: let `dim` do the work."): LOOPS},
    repair=True,
    kind="dtype",
    atol=1e-3,
    correct=_("Where broadcasting finds a way, a wrong `dim` gives no error: look at means and shapes."),
    mistakes={
        _("It still standardises the rows. One mean a column: which `dim` goes away?"): ("dim=0", "dim=1"),
        _("You use one mean for all numbers. Each column needs its own."): ("dim=0", "dim=(0, 1)"),
        _("The mean is that of the column now. The standard deviation is not yet."): ("std(dim=0", "std(1"),
        _("The standard deviation is that of the column now. The mean is not yet."): ("mean(dim=0", "mean(1"),
        _("You divide by n. Torch's `std`, and the task, divide by n - 1."): ("std(", "std(correction=0, "),
    },
)
def standardise(X):
    X = X.float()
    mean = X.mean(dim=0, keepdim=True)
    std = X.std(dim=0, keepdim=True)
    return (X - mean) / std


@exercise(
    "01.3",
    _("Every pair at once: give A the shape (n, 1, 2) and B the shape (1, m, 2), with None or unsqueeze."),
    _("Subtract, square, sum over the last dimension, and take the square root."),
    cases=lambda: [(torch.randn(n, 2), torch.randn(m, 2)) for n, m in [(4, 6), (5, 5), (1, 3), (3, 1)]],
    without={_("Do it without a loop: which dimensions of size 1 make all pairs?"): LOOPS},
    atol=1e-4,
    correct=_("Every pair at once, without a loop: broadcasting on purpose."),
    mistakes={
        _("The table is turned: rows are for A, columns for B."): ("A[:, None] - B", "B[:, None] - A"),
        _("These are squared distances: take the root."): (".sqrt()", ""),
        _("You add up |differences|. Pythagoras squares."): (" ** 2).sum", ").abs().sum", ".sqrt()", ""),
        _("First square, then add: plus and minus cancel."): (" ** 2).sum(2).sqrt", ").sum(2).abs"),
        _("Each point meets its partner only. All pairs are asked for."): ("[:, None]", "", "(2)", "(1)"),
    },
)
def distances(A, B):
    return ((A[:, None] - B) ** 2).sum(2).sqrt()
