"""Right answers in unusual dress to the exercises of lesson 01."""

import math

import torch
from torch.nn import functional as F


def mse_with_a_loop(y_hat, y):
    if not tuple(y_hat.shape) == tuple(y.shape):
        raise ValueError("shapes: " + str(y_hat.shape) + " and " + str(y.shape))
    total = 0.0
    for a, b in zip(y_hat.flatten(), y.flatten(), strict=True):
        total += (a - b) * (a - b)
    return total / y.numel()


def mse_of_pytorch(y_hat, y):
    if y_hat.shape != y.shape:
        raise ValueError(f"{list(y_hat.shape)} != {list(y.shape)}")
    return F.mse_loss(y_hat, y)


def standardised_with_numpy(X):
    X = X.numpy().astype("float64")
    return torch.from_numpy((X - X.mean(axis=0)) / X.std(axis=0, ddof=1)).float()


def standardised_as_rows(X):
    rows = X.T.to(torch.float32)
    error = rows - rows.mean(dim=1, keepdim=True)
    return (error / (error.square().sum(dim=1, keepdim=True) / (len(X) - 1)).sqrt()).T


def distances_by_coordinates(A, B):
    return torch.hypot(A[:, :1] - B[:, 0], A[:, 1].reshape(-1, 1) - B[:, 1])


def distances_by_products(A, B):
    A, B = A.double(), B.double()
    squares = (A**2).sum(1)[:, None] + (B**2).sum(1) - 2 * A @ B.T
    return squares.clamp(min=0).sqrt()


RIGHT = {
    "01.1": [mse_with_a_loop, mse_of_pytorch],
    "01.2": [standardised_with_numpy, standardised_as_rows],
    "01.3": [
        torch.cdist,
        distances_by_coordinates,
        distances_by_products,
        lambda A, B: math.sqrt(1) * torch.cdist(A, B),
    ],
}
