"""Right answers in unusual dress to the exercises of lesson 01."""

import torch


def mse_with_a_loop(y_hat, y):
    if not tuple(y_hat.shape) == tuple(y.shape):
        raise ValueError("shapes: " + str(y_hat.shape) + " and " + str(list(y.shape)))
    return sum((a - b) ** 2 for a, b in zip(y_hat.flatten(), y.flatten(), strict=True)) / y.numel()


def standardised_with_numpy(X):
    X = X.numpy().astype("float64")
    return torch.from_numpy((X - X.mean(axis=0)) / X.std(axis=0, ddof=1)).float()


RIGHT = {
    "01.1": [mse_with_a_loop],
    "01.2": [standardised_with_numpy, lambda X: ((Z := X.T.float()).T - Z.mean(1)) / Z.std(1)],
    "01.3": [torch.cdist, lambda A, B: torch.hypot(A[:, :1] - B[:, 0], A[:, 1:] - B[:, 1])],
}
