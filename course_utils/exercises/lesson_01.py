"""The exercises of lesson 01."""

import re

import torch

from course_utils.exercises.compare import _, require
from course_utils.exercises.frame import exercise
from course_utils.exercises.source import LOOPS

NAMED = _("For {input}: the ValueError must name both shapes.")


def pairs():
    for shape in [(7,), (5, 1), (2, 3, 4), (1,)]:
        yield torch.randn(shape), torch.randn(shape)
    for shapes in [((7, 1), (7,)), ((7,), (7, 1)), ((3, 4), (4,)), ((1,), (5,)), ((2, 3), (3, 2)), ((), ())]:
        yield tuple(map(torch.randn, shapes))


def naming_both(answer, y_hat, y):
    try:
        return answer(y_hat, y)
    except ValueError as error:
        in_brackets = re.findall(r"[(\[]([\d, ]*)[)\]]", str(error))
        named = {tuple(map(int, re.findall(r"\d+", text))) for text in in_brackets}
        require(y_hat.shape == y.shape or {tuple(y_hat.shape), tuple(y.shape)} <= named, NAMED)
        raise


def mse(of=lambda error: (error**2).mean(), refuse=True, named=2):
    """Make a safe_mse, right or with a mistake."""

    def safe_mse(y_hat, y):
        if refuse and y_hat.shape != y.shape:
            raise ValueError(" ".join(str(tuple(tensor.shape)) for tensor in (y_hat, y)[:named]))
        return of(y_hat - y)

    return safe_mse


exercise(
    "01.1",
    mse(),
    cases=pairs,
    run=naming_both,
    kind="tensor",
    hints=(
        _("Compare the two shapes before you compute anything."),
        _("`if y_hat.shape != y.shape: raise ValueError(...)`, with both shapes in the text of the error."),
        _("After that, one line: square the differences and take their mean."),
    ),
    correct=_("From now on a wrong shape cannot ruin your loss without a word."),
    mistakes={
        _("You return the sum of the squares. Take their mean."): mse(lambda error: (error**2).sum()),
        _("You average the absolute differences. Square them."): mse(lambda error: error.abs().mean()),
        _("You average the differences: plus and minus cancel. Square them first."): mse(torch.mean),
        _("You square the mean. First square, then take the mean."): mse(lambda error: error.mean() ** 2),
        _("Leave out the root: it makes another loss."): mse(lambda error: (error**2).mean().sqrt()),
        _("The mean is missing: a loss is a single number."): mse(lambda error: error**2),
        _("For {input} there was no ValueError: this is the silent broadcast."): mse(refuse=False),
        NAMED: mse(named=1),
    },
)


def tables():
    for n, k in [(8, 3), (4, 4), (5, 1), (2, 6)]:
        yield (torch.randn(n, k) * torch.logspace(0, 3, k) + torch.linspace(300, -7, k),)
    yield (torch.stack([torch.randperm(90)[:6] for _ in range(3)], dim=1),)
    yield (torch.tensor([[1, 10], [2, 30], [6, 20]]),)


def standardise_rows(X):
    X = X.float()
    mean = X.mean(dim=1, keepdim=True)
    std = X.std(dim=1, keepdim=True)
    return (X - mean) / std


def scaler(mean=0, std=0, then=lambda Z, X: Z, **how):
    """Make a standardise that reduces these dimensions: () for all of them at once."""

    def standardise(X):
        Z = X.float()
        return then((Z - Z.mean(dim=mean, keepdim=True)) / Z.std(dim=std, keepdim=True, **how), Z)

    return standardise


exercise(
    "01.2",
    scaler(),
    cases=tables,
    without={_("Do it without a loop: let `dim` do the work."): LOOPS},
    given=standardise_rows,
    kind="dtype",
    atol=1e-3,
    hints=(
        _("Try it on `torch.tensor([[1.0, 10.0], [2.0, 30.0], [6.0, 20.0]])`: is the mean of each column 0?"),
        _("Print the shape of `mean`. How many means are there, and how many must there be for k columns?"),
        _("`dim` is the dimension that goes away. The mean of a column runs over the rows: dimension 0."),
    ),
    correct=_("Where broadcasting finds a way, a wrong `dim` gives no error: look at means and shapes."),
    mistakes={
        _(
            "It still standardises the rows. Which dimension must go away for one mean a column?"
        ): standardise_rows,
        _("You use one mean for all numbers. Each column needs its own."): scaler((0, 1), (0, 1)),
        _("The mean is that of the column now. The standard deviation is not yet."): scaler(0, 1),
        _("The standard deviation is that of the column now. The mean is not yet."): scaler(1, 0),
        _("The means are 0. Now divide by each column's standard deviation."): lambda X: (
            X.float() - X.float().mean(0)
        ),
        _("Brackets are missing: division comes before minus."): lambda X: (
            X - X.float().mean(0) / X.float().std(0)
        ),
        _("You divide by n. Torch's `std`, and the task, divide by n - 1."): scaler(correction=0),
        _("You divide by the variance: take its root."): scaler(then=lambda Z, X: Z / X.std(dim=0)),
        _("Do not round: the result must be decimal for whole numbers too."): scaler(
            then=lambda Z, X: Z.round()
        ),
    },
)


def points():
    for n, m in [(4, 6), (5, 5), (1, 3), (3, 1)]:
        yield torch.randn(n, 2), torch.randn(m, 2)
    yield torch.randint(9, (3, 2)).float(), torch.randint(-9, 9, (4, 2)).float()


def table_of(formula):
    """Make a distances from a formula for the differences, of shape (n, m, 2)."""
    return lambda A, B: formula(A.unsqueeze(1) - B)


exercise(
    "01.3",
    table_of(lambda d: (d**2).sum(dim=2).sqrt()),
    cases=points,
    without={_("Do it without a loop: which dimensions of size 1 make all pairs?"): LOOPS},
    atol=1e-4,
    hints=(
        _("All pairs: give A the shape (n, 1, 2) and B the shape (1, m, 2)."),
        _("Their difference has shape (n, m, 2). Square it, and sum over the last dimension."),
        _("`((A.unsqueeze(1) - B.unsqueeze(0)) ** 2).sum(dim=2).sqrt()`"),
    ),
    correct=_("Every pair at once, without a loop: broadcasting on purpose."),
    mistakes={
        _("The table is turned: rows are for A, columns for B."): lambda A, B: torch.cdist(B, A),
        _("These are squared distances. Take the square root."): table_of(lambda d: (d**2).sum(dim=2)),
        _("You add up |differences|. Pythagoras squares them first."): table_of(lambda d: d.abs().sum(dim=2)),
        _("You add up before you square: plus and minus cancel."): table_of(lambda d: d.sum(dim=2).abs()),
        _("You take the mean of the two squares. Add them up."): table_of(
            lambda d: (d**2).mean(dim=2).sqrt()
        ),
        _("You take the larger difference only."): table_of(lambda d: d.abs().amax(dim=2)),
        _("Each point meets its partner only. All pairs are asked for."): lambda A, B: (A - B).norm(dim=1),
    },
)
