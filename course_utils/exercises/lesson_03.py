"""The exercises of lesson 03."""

import random
from functools import partial

import torch
from torch import nn

from course_utils.exercises.compare import _, close, require
from course_utils.exercises.frame import exercise
from course_utils.exercises.source import AUTOGRAD


def samples():
    for sign, n in [(1, 3), (-1, 4), (1, 1), (-1, 2)]:
        w, x = torch.randn(n), 1.2 + torch.rand(n)
        yield w, x, w @ x - sign * (1.2 + torch.rand(())), 0.02 + 0.05 * random.random()
    yield torch.tensor([1.0, -2.0, 5.0]), torch.tensor([3.0, 0.0, -1.0]), torch.tensor(-4.0), 1
    yield torch.randn(2), torch.randn(2), torch.tensor(5.0), 0.0
    yield torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), torch.tensor(11.0), 0.5  # no error, no step


def step(formula):
    return lambda w, x, y, lr: eval(formula, {"w": w, "x": x, "y": y, "lr": lr})


exercise(
    "03.1",
    step("w - lr * 2 * (w @ x - y) * x"),
    cases=samples,
    without={_("This exercise is without autograd and optimizer: write the derivative yourself."): AUTOGRAD},
    hints=(
        _("Three things: how far off the prediction is, the derivative of the loss in w, a step against it."),
        _("The chain rule: the slope of the square, 2 * (w @ x - y), times the slope of w @ x, which is x."),
        _("Return w minus lr times that derivative, as a new tensor: `w -= ...` would change w itself."),
    ),
    correct=_("This line is what optimizer.step() does, after backward() has found the derivative."),
    mistakes={
        _("Your step is half as long. What is the slope of a square?"): step("w - lr * (w @ x - y) * x"),
        _("Your step goes uphill. Check the signs."): step("w + lr * 2 * (w @ x - y) * x"),
        _("This is the derivative. Make a step from w with it."): step("2 * (w @ x - y) * x"),
        _("This is the step. Subtract it from w."): step("lr * 2 * (w @ x - y) * x"),
        _("This is the loss. Return the new weights."): step("(w @ x - y) ** 2"),
        _("All weights move alike. How does the loss depend on each?"): step("w - lr * 2 * (w @ x - y)"),
        _("w * x are products. What makes them one prediction?"): step("w - lr * 2 * (w * x - y) * x"),
        _("The slope of w @ x in w is x, and not w."): step("w - lr * 2 * (w @ x - y) * w"),
        _("lr is missing: it makes the step short."): step("w - 2 * (w @ x - y) * x"),
        _("The lr of the call does nothing: you take one of your own."): step("w - 0.2 * (w @ x - y) * x"),
        _("You multiply by the loss, and not by its slope."): step("w - lr * (w @ x - y)**2 * x"),
        _("y is missing: the error is w @ x - y."): step("w - lr * 2 * (w @ x) * x"),
    },
)

NAMES = _("The model needs its parameters as self.w and self.b, both of them tensors.")


def learning(answer, n, x):
    require(not isinstance(answer, nn.Module), _("Hand over the class itself, without brackets."))
    model, other = answer(n), answer(n)
    require(isinstance(model, nn.Module), _("LinearWithBias must be an nn.Module, as MyLinear is."))
    w, b = (getattr(model, name, None) for name in "wb")
    require(isinstance(w, torch.Tensor) and isinstance(b, torch.Tensor), NAMES)
    seen = {_("the shape of w"): tuple(w.shape), _("the shape of b"): tuple(b.shape)}
    if list(seen.values()) != [(n,), ()]:
        return seen
    seen |= {_("w is new each time"): not w.equal(other.w), _("b begins at zero"): b.item() == 0}
    seen |= {_("b learns"): b.requires_grad, _("number of parameters"): len(list(model.parameters()))}
    with torch.no_grad():
        w.copy_(torch.linspace(-1, 2, n))
        b.fill_(-1.5)
    y_hat = model(x)
    came = type(y_hat).__name__
    require(came == "Tensor", _("forward must return a tensor, and yours returned {came}."), came=came)
    y_hat.sum().backward()
    for parameter in model.parameters():
        parameter.data -= 0.1 * (0 if parameter.grad is None else parameter.grad)
    return seen | {_("the prediction"): y_hat, _("w after a step"): model.w, _("b after a step"): model.b}


def module(b="nn.Parameter(torch.zeros(()))", w="nn.Parameter(torch.randn(n))", y_hat="self.w @ x + self.b"):
    class LinearWithBias(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.w, self.b = eval(w), eval(b)

        def forward(self, x):
            return eval(y_hat)

    return LinearWithBias


class LinearWithBias(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.w = nn.Parameter(torch.randn(n))
        self.b = torch.zeros(())

    def forward(self, x):
        return self.w @ x + self.b


exercise(
    "03.2",
    module(),
    cases=lambda: [(n, torch.randn(n)) for n in (3, 5, 1, 2)],
    run=learning,
    given=LinearWithBias,
    hints=(
        _("Make a model with n = 2 and an SGD optimizer for it. Print w and b before a step and after it."),
        _("The optimizer changes what `model.parameters()` lists. Print that list: what is missing?"),
        _("w is in the list because it is an nn.Parameter. What is b?"),
    ),
    correct=_("An nn.Parameter is what the optimizer sees; a plain tensor predicts, and never learns."),
    mistakes={
        _("It still predicts without an error, but a step of training leaves b as it was."): LinearWithBias,
        _("requires_grad=False keeps b from learning."): module("nn.Parameter(torch.zeros(()), False)"),
        _("model.parameters() does not list b yet."): module("torch.zeros((), requires_grad=True)"),
        _("b must begin at zero."): module("nn.Parameter(torch.randn(()))"),
        _("Two models begin with the same w. It must be random."): module(w="nn.Parameter(torch.ones(n))"),
        _("Now b learns, and w does not any more."): module(w="torch.randn(n)"),
        _("The prediction forgets b."): module(y_hat="self.w @ x"),
        _("The prediction subtracts b. Add it."): module(y_hat="self.w @ x - self.b"),
        _("You add b once for each input. Once is right."): module(y_hat="(self.w * x + self.b).sum()"),
        _("w * x are products. What makes them one prediction?"): module(y_hat="self.w * x + self.b"),
        _("w is cut off from the graph in forward."): module(y_hat="self.w.detach() @ x + self.b"),
        _("b is cut off from the graph in forward."): module(y_hat="self.w @ x + self.b.detach()"),
        _("b is a single number: its shape is (), not (1,)."): module("nn.Parameter(torch.zeros(1))"),
        NAMES: lambda n: nn.Linear(n, 1),
    },
)

TWO = _("Return two things: w as a tensor, and b as a tensor or a number.")
ONE_EACH = _("w needs one number for each column of X, in one dimension, and b is a single number.")
FLOWN = _("There is inf or nan in your result. Was the learning rate too large?")
FITS = {  # what may come instead of w and b; None for any b
    _("These are the weights of the scaled inputs. What is a weight for x itself?"): ("w * spread", None),
    _("You multiply by the spread. The inputs were divided by it: what about w?"): ("w * spread**2", None),
    _("w is zero. Have prediction and y the same shape in your loss?"): ("0 * w", None),
    _("You scaled y too. Give w and b its unit back."): ("w / y.std()", None),
    _("The prices are rounded. Leave them as they are."): ("w.round()", None),
    _("w is right. b is the mean of y: sort the terms again."): ("w", "y.mean()"),
    _("w is right, but b has lost the delivery fee."): ("w", "0 * b"),
    _("w is right. In b, w @ mean has the wrong sign."): ("w", "y.mean() + w @ mean"),
    _("w is right. For b take this w, and not the scaled one."): ("w", "y.mean() - w * spread @ mean"),
    _("w is right, b is not. Put x = 0 into your prediction."): ("w", None),
    _("b fits your w. Train longer, or with a larger lr."): ("found", "y.mean() - found @ mean"),
    _("X @ w + b is not y to within 0.1. Check each step with one article."): ("found", None),
}


def receipts():
    for n, k, fee in [(20, 4, 12.5), (21, 1, 0), (26, 5, 15)]:
        X = torch.randint(1, 101, (n, k)).float()
        yield X, X @ (torch.randint(1, 15, (k,)) + 0.25) + fee


def fit(X, y, w="w", b="b", correction=0, found=None):
    """Solve for w and b, and evaluate two formulas with them."""
    X, y = X.double(), y.double()
    solved = torch.linalg.lstsq(torch.cat([X, torch.ones(len(X), 1)], dim=1), y).solution
    names = {"w": solved[:-1], "b": solved[-1], "found": 0.97 * solved[:-1] if found is None else found}
    names |= {"y": y, "mean": X.mean(dim=0), "spread": X.std(dim=0, correction=correction)}
    return eval(w, names), eval(b or "b + 2", names)


def fitted(answer, X, y):
    X_, y_ = X.double(), y.double()
    found = answer(X, y)
    require(isinstance(found, list | tuple) and [hasattr(x, "__float__") for x in found] == [True] * 2, TWO)
    w, b = (torch.as_tensor(part).detach().cpu().double() for part in found)
    require(w.shape == X_[0].shape and b.numel() == 1, ONE_EACH)
    require(w.isfinite().all() and b.isfinite().all(), FLOWN)
    if (X_ @ w + b - y_).abs().max() >= 0.1:
        for message, formulas in FITS.items():
            for w_, b_ in (fit(X_, y_, *formulas, correction, w) for correction in (0, 1)):
                like = close(w, w_, 2e-3) and (formulas[1] is None or close(b.sum(), b_, 0.5))
                require(not like, message)


exercise(
    "03.3",
    fit,
    cases=receipts,
    run=fitted,
    hints=(
        _("Mean and spread of each column first, then the loop of the lesson on X_scaled and y - y.mean()."),
        _("Prediction: w_scaled · (x - mean) / spread + y.mean(). What multiplies x, and what is left over?"),
        _("w = w_scaled / spread, and b = y.mean() - w @ mean."),
    ),
    correct=_("Scaling is for the training only: prices and fee come out in the units of the shop."),
    mistakes={message: partial(fit, w=w, b=b) for message, (w, b) in FITS.items()}
    | {
        TWO: lambda X, y: fit(X, y)[0],
        ONE_EACH: partial(fit, w="w.unsqueeze(0)"),
        FLOWN: partial(fit, w="w / 0"),
    },
)
