"""Judges for the exercises of lesson 03."""

import random

import torch
from torch import nn

from course_utils.exercises import NotYet, call, close, exercise, require
from course_utils.exercises.lesson_02 import by_hand


@exercise(
    "03.1",
    hints=(
        "Three things: how far off the prediction is, the derivative of the loss in w, a step against it.",
        "The chain rule: the slope of the square, 2 * (w @ x - y), times the slope of w @ x, which is x.",
        "Return w minus lr times that derivative, as a new tensor: `w -= ...` would change w itself.",
    ),
    correct="This line is what optimizer.step() does, after backward() has found the derivative.",
)
def sgd_step(answer):
    n = random.randint(3, 5)
    w, x = torch.randn(n), 1.2 + torch.rand(n)
    error, lr = 0.5 + torch.rand(()), 0.02 + 0.05 * torch.rand(())
    y = w @ x - error
    parameter = nn.Parameter(w.clone())
    optimizer = torch.optim.SGD([parameter], lr=lr.item())
    nn.MSELoss()(parameter @ x, y).backward()
    optimizer.step()
    given = w.clone()
    found = by_hand(lambda x, y: answer(given, x, y, lr.item()), x, y)
    require(isinstance(found, torch.Tensor), "Return the new weights as a tensor.")
    require(given.equal(w), "Your function changed w itself. Return a new tensor, and leave w as it was.")
    require(found.shape == w.shape, f"w has shape {tuple(w.shape)}, your result {tuple(found.shape)}.")
    require(not close(found, w - lr * error * x), "Your step is half as long. What is the slope of a square?")
    require(not close(found, w + 2 * lr * error * x), "Your step goes uphill. Check the signs.")
    require(not close(found, 2 * error * x), "This is the derivative. Make a step from w with it.")
    require(not close(found, w - 2 * lr * error), "All weights move alike. How does the loss depend on each?")
    products = w - 2 * lr * (w * x - y) * x
    require(
        not close(found, products), "w * x are products, not yet a prediction: what makes them one number?"
    )
    still = by_hand(lambda w, x, y: answer(w, x, y, 0.0), w, x, y)
    require(close(still, w), "With lr = 0 no weight may move. Does lr multiply the whole step?")
    require(
        close(found, parameter), "PyTorch's SGD makes another step: compare your derivative with the rule."
    )


@exercise(
    "03.2",
    hints=(
        "Start from MyLinear of the lesson. What must b be, so that the optimizer sees it too?",
        "Both are an nn.Parameter: one around torch.randn(n), one around a zero of shape ().",
        "`self.b = nn.Parameter(torch.zeros(()))`, and in forward one more term.",
    ),
    correct="This is nn.Linear(n, 1) in your own words: weights and a bias.",
)
def linear_with_bias(answer):
    n = random.randint(3, 6)
    model, other = call(answer, n), call(answer, n)
    require(isinstance(model, nn.Module), "LinearWithBias must be an nn.Module, as MyLinear is.")
    for name, shape in (("w", (n,)), ("b", ())):
        require(hasattr(model, name), f"The model has no {name}: its parameters must be called w and b.")
        part = getattr(model, name)
        require(isinstance(part, nn.Parameter), f"{name} is no nn.Parameter, so no optimizer will change it.")
        is_shape = tuple(part.shape)
        require(is_shape == shape, f"For n = {n}, {name} must have the shape {shape}. Yours has {is_shape}.")
    require(len(list(model.parameters())) == 2, "The model has more parameters than w and b.")
    require(not model.w.equal(other.w), "Two new models have the same weights. They should start at random.")
    require(model.b.item() == 0, "b must start at zero.")
    x, w, b = torch.randn(n), torch.randn(n), 1 + torch.rand(())
    with torch.no_grad():
        model.w.copy_(w)
        model.b.copy_(b)
    found = call(model, x.clone())
    require(
        isinstance(found, torch.Tensor), "forward must return a tensor, or there is nothing to learn from."
    )
    require(found.shape == (), f"One sample, one number; your prediction has the shape {tuple(found.shape)}.")
    require(not close(found, w @ x), "The prediction forgets b.")
    require(close(found, w @ x + b), "The prediction is not w · x + b.")
    require(
        found.requires_grad, "The prediction is cut off from the graph: backward() will not reach w and b."
    )
    found.backward()
    learns = all(part.grad is not None for part in (model.w, model.b))
    require(learns, "backward() does not reach both w and b. Does forward use the parameters themselves?")


def receipts(k: int, fee: int):
    """Make receipts with k articles: inputs, totals, and prices."""
    X = torch.randint(1, 101, (random.randint(20, 40), k)).float()
    prices = torch.randint(1, 15, (k,)).float()
    return X, X @ prices + fee, prices


@exercise(
    "03.3",
    hints=(
        "Mean and spread of each column first, then the loop of the lesson on X_scaled and y - y.mean().",
        "Prediction: w_scaled · (x - mean) / spread + y.mean(). What multiplies x, and what is left over?",
        "w = w_scaled / spread, and b = y.mean() - w @ mean.",
    ),
    correct="Scaling is for the training only: prices and fee come out in the units of the shop.",
)
def fit_scaled(answer):
    for k, fee in ((4, random.randint(10, 20)), (random.choice((1, 2, 3, 5)), random.choice((0, 12)))):
        X, y, prices = receipts(k, fee)
        given = X.clone(), y.clone()
        found = call(answer, *given)
        require(
            given[0].equal(X) and given[1].equal(y), "Your function changes X or y itself. Make new tensors."
        )
        two = isinstance(found, (tuple, list)) and len(found) == 2
        require(two, "Return two things: w, b.")
        numbers = all(isinstance(part, (torch.Tensor, float, int)) for part in found)
        require(numbers, "w must be a tensor, b a tensor or a number.")
        w, b = (torch.as_tensor(part).detach().cpu().float() for part in found)
        require(
            w.shape == (k,),
            f"{k} articles have {k} prices: w must have the shape ({k},), not {tuple(w.shape)}.",
        )
        require(b.numel() == 1, f"b must be a single number. Yours has the shape {tuple(b.shape)}.")
        finite = w.isfinite().all() and b.isfinite().all()
        require(finite, "There is inf or nan in your result: was the learning rate too large?")
        off = (X @ w + b.reshape(()) - y).abs().max().item()
        if off < 0.1:
            continue
        scaled = any(close(w, prices * X.std(dim=0, correction=c), 0.1) for c in (0, 1))
        require(not scaled, "These are the weights of the scaled inputs. What is a weight for x itself?")
        if close(w, prices, 0.01):
            centred = close(b.reshape(()), y.mean(), 0.5)
            require(not centred, "w is right. b is the mean of y: sort the terms again.")
            lost = fee > 0 and close(b.reshape(()), 0.0, 0.5)
            require(not lost, "w is right. Without articles there is still the delivery fee: what is b?")
            raise NotYet(
                "w is right, b is not: put x = 0 into your prediction. If that is right, train longer."
            )
        raise NotYet(
            f"For {k} articles, X @ w + b misses y by up to {off:.2g}. Train longer, or check the units."
        )
