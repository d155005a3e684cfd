"""Judges for the exercises of lesson 01."""

import torch

from course_utils.exercises import NotYet, call, close, exercise, require


@exercise(
    "01.1",
    hints=(
        "Compare the two shapes before you compute anything.",
        "`if y_hat.shape != y.shape: raise ValueError(...)`, with both shapes in an f-string.",
        "After that, one line: square the differences and take their mean.",
    ),
    correct="From now on a wrong shape cannot ruin your loss without a word.",
)
def safe_mse(answer):
    y_hat, y = torch.randn(2, 7)
    expected = ((y_hat - y) ** 2).mean()
    found = call(answer, y_hat, y)
    require(isinstance(found, torch.Tensor), "Return the loss as a tensor: no .item() is needed.")
    require(not close(found, 7 * expected), "You return the sum of the squares. Take their mean.")
    require(not close(found, (y_hat - y).abs().mean()), "You average the absolute differences. Square them.")
    require(found.shape == (), "The loss must be a single number: average over everything.")
    require(close(found, expected), "For two tensors of shape (7,) the number is not the mean squared error.")
    try:
        answer(y_hat.unsqueeze(1), y)
    except ValueError as error:
        named = "(7, 1)" in str(error) or "[7, 1]" in str(error)
        require(named and "7" in str(error), "The ValueError must name both shapes, here (7, 1) and (7,).")
    except Exception as error:
        raise NotYet(
            f"For shapes (7, 1) and (7,), raise a ValueError and not {type(error).__name__}."
        ) from None
    else:
        raise NotYet("For shapes (7, 1) and (7,) there was no error: this is the pitfall of section 6.")


@exercise(
    "01.2",
    hints=(
        "Whole numbers have no mean: make floats first.",
        "Mean and spread of each column: `X.mean(dim=0)` and `X.std(dim=0)`, both of shape (k,).",
        "Broadcasting does the rest: (n, k) minus (k,), divided by (k,).",
    ),
    correct="Columns of any size now look alike to a network. Lesson 03 measures what that buys.",
)
def standardise(answer):
    X = torch.randn(8, 3) * torch.tensor([1.0, 50.0, 1000.0]) + torch.tensor([0.0, 300.0, -7.0])
    found = call(answer, X.clone())
    require(isinstance(found, torch.Tensor), "Return a tensor.")
    require(found.shape == X.shape, f"X has shape (8, 3), your result {tuple(found.shape)}.")
    whole = (X - X.mean()) / X.std()
    require(not close(found, whole), "You used one mean for all numbers. Each column needs its own: dim=0.")
    rows = (X - X.mean(dim=1, keepdim=True)) / X.std(dim=1, keepdim=True)
    require(not close(found, rows), "You standardised the rows. The columns are dimension 0 reduced.")
    require(close(found.mean(dim=0), torch.zeros(3), 1e-4), "The mean of each column must become 0.")
    require(not close(found, X - X.mean(dim=0)), "The means are 0. Now divide by each column's std.")
    require(close(found.std(dim=0), torch.ones(3), 1e-3), "The std of each column must become 1.")
    require(
        close(found, (X - X.mean(dim=0)) / X.std(dim=0), 1e-3), "Some numbers of X are not in their place."
    )
    whole_numbers = call(answer, torch.tensor([[1, 10], [2, 30], [6, 20]]))
    require(whole_numbers.dtype == torch.float32, "For whole numbers, too, the result must be float32.")


@exercise(
    "01.3",
    hints=(
        "All pairs: give A the shape (n, 1, 2) and B the shape (1, m, 2).",
        "Their difference has shape (n, m, 2). Square it, and sum over the last dimension.",
        "`((A.unsqueeze(1) - B.unsqueeze(0)) ** 2).sum(dim=2).sqrt()`",
    ),
    correct="Every pair at once, without a loop: broadcasting on purpose.",
)
def distances(answer):
    A, B = torch.randn(4, 2), torch.randn(6, 2)
    expected = torch.cdist(A, B)
    found = call(answer, A, B)
    require(isinstance(found, torch.Tensor), "Return a tensor.")
    require(not close(found, expected.T), "The table is turned: rows are for A, columns for B.")
    require(found.shape == (4, 6), f"4 and 6 points need a (4, 6) table; yours is {tuple(found.shape)}.")
    require(not close(found, expected**2, 1e-4), "These are squared distances. Take the square root.")
    city = (A.unsqueeze(1) - B).abs().sum(dim=2)
    require(not close(found, city), "You added up |differences|. Pythagoras squares them first.")
    require(close(found, expected, 1e-4), "Some distances are not right: try two points, by hand.")
