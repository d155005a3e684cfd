"""Right answers in unusual dress to the exercises of lesson 05."""

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset


def steps_by_autograd(X, y, lr=0.45):
    exact = torch.linalg.lstsq(torch.cat([X, torch.ones(len(X), 1)], dim=1), y).solution
    theta = torch.zeros(3, 1, requires_grad=True)
    for step in range(1001):
        if all(abs(theta.detach() - exact) < 0.01):
            return torch.tensor(step)
        loss = ((X @ theta[:2] + theta[2] - y) ** 2).mean()
        theta.data -= lr * torch.autograd.grad(loss, theta)[0]


RIGHT = {
    "05.1": [lambda n, size, drop_last: np.int64(n if drop_last else n + size - 1) // size],
    "05.2": [lambda X, y, n, g: list(DataLoader(TensorDataset(X, y), n, shuffle=True, generator=g))],
    "05.3": [steps_by_autograd],
}
