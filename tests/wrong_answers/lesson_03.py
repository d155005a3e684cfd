"""Typical wrong answers to the exercises of lesson 03: number, answer, and what the check says to it."""

import torch
from torch import nn


def in_place(w, x, y, lr):
    w -= lr * 2 * (w @ x - y) * x
    return w


def step_with_autograd(w, x, y, lr):
    w = w.clone().requires_grad_()
    ((w @ x - y) ** 2).backward()
    return w.detach() - lr * w.grad


def step_with_optimizer(w, x, y, lr):
    parameter = nn.Parameter(w.clone())
    optimizer = torch.optim.SGD([parameter], lr=lr)
    nn.MSELoss()(parameter @ x, y).backward()
    optimizer.step()
    return parameter.detach()


class PlainBias(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.w = nn.Parameter(torch.randn(n))
        self.b = torch.zeros(())

    def forward(self, x):
        return self.w @ x + self.b


class LongBias(nn.Module):
    def __init__(self, n, b=torch.zeros(1)):  # noqa: B008
        super().__init__()
        self.w = nn.Parameter(torch.randn(n))
        self.b = nn.Parameter(b.clone())

    def forward(self, x):
        return self.w @ x + self.b


class RandomBias(LongBias):
    def __init__(self, n):
        super().__init__(n, torch.randn(()))


class ZeroBias(LongBias):
    """Right, but for what is changed in the classes below."""

    def __init__(self, n):
        super().__init__(n, torch.zeros(()))


class ForgetsBias(ZeroBias):
    def forward(self, x):
        return self.w @ x


class DoesNotSum(ZeroBias):
    def forward(self, x):
        return self.w * x + self.b


class MinusBias(ZeroBias):
    def forward(self, x):
        return self.w @ x - self.b


class ReturnsNumber(ZeroBias):
    def forward(self, x):
        return (self.w @ x + self.b).item()


class CutOff(ZeroBias):
    def forward(self, x):
        return self.w.detach() @ x + self.b


class CutOffWhole(ZeroBias):
    def forward(self, x):
        return (self.w @ x + self.b).detach()


class NoReturn(ZeroBias):
    def forward(self, x):
        self.w @ x + self.b


class AlwaysOnes(ZeroBias):
    def __init__(self, n):
        super().__init__(n)
        self.w = nn.Parameter(torch.ones(n))


class FixedSize(ZeroBias):
    def __init__(self, n):
        super().__init__(2)


class OtherNames(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.linear = nn.Linear(n, 1)

    def forward(self, x):
        return self.linear(x)


class ForgetsSuper(nn.Module):
    def __init__(self, n):
        self.w = nn.Parameter(torch.randn(n))
        self.b = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return self.w @ x + self.b


def fit(X, y, k=None, lr=0.2, num_steps=400):
    """The right weights for scaled inputs, with mean and spread."""
    mean, spread = X.mean(dim=0), X.std(dim=0, correction=0)
    X_scaled, w = (X - mean) / spread, torch.zeros(k or X.shape[1])
    for _ in range(num_steps):
        w = w - lr * 2 * X_scaled.T @ (X_scaled @ w - (y - y.mean())) / len(X)
    return w, mean, spread


def still_scaled(X, y):
    w, _, _ = fit(X, y)
    return w, y.mean()


def mean_as_bias(X, y):
    w, _, spread = fit(X, y)
    return w / spread, y.mean()


def no_bias(X, y):
    w, _, spread = fit(X, y)
    return w / spread, torch.tensor(0.0)


def bias_with_wrong_sign(X, y):
    w, mean, spread = fit(X, y)
    return w / spread, y.mean() + w / spread @ mean


def multiplied(X, y):
    w, mean, spread = fit(X, y)
    return w * spread, y.mean() - w * spread @ mean


def too_short(X, y):
    w, mean, spread = fit(X, y, num_steps=3)
    return w / spread, y.mean() - w / spread @ mean


def too_fast(X, y):
    w, mean, spread = fit(X, y, lr=20.0)
    return w / spread, y.mean() - w / spread @ mean


def four_articles(X, y):
    w, mean, spread = fit(X, y, k=4)
    return w / spread, y.mean() - w / spread @ mean


def one_row(X, y):
    w, mean, spread = fit(X, y)
    return (w / spread).unsqueeze(0), y.mean() - w / spread @ mean


def only_weights(X, y):
    w, _, spread = fit(X, y)
    return w / spread


def spoils_inputs(X, y):
    w, mean, spread = fit(X, y)
    X -= mean
    return w / spread, y.mean() - w / spread @ mean


WRONG = [
    ("03.1", lambda w, x, y, lr: w - lr * (w @ x - y) * x, "half as long"),
    ("03.1", lambda w, x, y, lr: w + lr * 2 * (w @ x - y) * x, "uphill"),
    ("03.1", lambda w, x, y, lr: w - lr * 2 * (y - w @ x) * x, "uphill"),
    ("03.1", lambda w, x, y, lr: 2 * (w @ x - y) * x, "This is the derivative"),
    ("03.1", lambda w, x, y, lr: w - lr * 2 * (w @ x - y), "All weights move alike"),
    ("03.1", lambda w, x, y, lr: w - lr * 2 * (w * x - y) * x, "products"),
    ("03.1", lambda w, x, y, lr: w - 0.1 * 2 * (w @ x - y) * x, "With lr = 0"),
    ("03.1", lambda w, x, y, lr: w - lr * 2 * (w @ x - y) * w, "another step"),
    ("03.1", lambda w, x, y, lr: (w @ x - y) ** 2, "your result ()"),
    ("03.1", in_place, "changed w itself"),
    ("03.1", step_with_autograd, "without autograd"),
    ("03.1", step_with_optimizer, "without autograd"),
    ("03.2", PlainBias, "b is no nn.Parameter"),
    ("03.2", LongBias, "b must have the shape (). Yours has (1,)"),
    ("03.2", RandomBias, "start at zero"),
    ("03.2", ForgetsBias, "forgets b"),
    ("03.2", DoesNotSum, "One sample, one number"),
    ("03.2", MinusBias, "is not w · x + b"),
    ("03.2", ReturnsNumber, "must return a tensor"),
    ("03.2", CutOff, "does not reach both"),
    ("03.2", CutOffWhole, "cut off"),
    ("03.2", NoReturn, "Is there a `return`"),
    ("03.2", AlwaysOnes, "start at random"),
    ("03.2", FixedSize, "w must have the shape"),
    ("03.2", OtherNames, "called w and b"),
    ("03.2", ForgetsSuper, "Your code raised AttributeError"),
    ("03.3", still_scaled, "weights of the scaled inputs"),
    ("03.3", mean_as_bias, "b is the mean of y"),
    ("03.3", no_bias, "delivery fee"),
    ("03.3", bias_with_wrong_sign, "put x = 0"),
    ("03.3", multiplied, "check the units"),
    ("03.3", too_short, "Train longer"),
    ("03.3", too_fast, "inf or nan"),
    ("03.3", four_articles, "Your code raised RuntimeError"),
    ("03.3", one_row, "w must have the shape (4,)"),
    ("03.3", only_weights, "Return two things"),
    ("03.3", spoils_inputs, "changes X or y"),
    ("03.3", lambda X, y: (X[0], None), "must be a tensor"),
    ("03.3", lambda X, y: (torch.tensor([2.0, 3.0, 4.0, 7.0]), 0.0), "misses y"),
]
