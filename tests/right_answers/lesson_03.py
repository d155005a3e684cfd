"""Right answers in unusual dress to the exercises of lesson 03."""

import torch
from torch import nn


class Bias(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.b, self.w = nn.Parameter(torch.tensor(0.0)), nn.Parameter(torch.rand(n))

    def forward(self, x):
        return torch.add(self.b, (self.w * x).sum())


STEP = [lambda w, x, y, lr: torch.stack([a + 2 * lr * (y - w.dot(x)) * b for a, b in zip(w, x, strict=True)])]
STEP += [lambda w, x, y, lr: torch.from_numpy(w.numpy() + 2 * lr * (y - w.dot(x)).item() * x.numpy())]
FIT = [lambda X, y: list((s := torch.linalg.lstsq(torch.cat([X, X[:, :1] ** 0], 1), y)[0]).split(len(s) - 1))]
FIT += [
    lambda X, y: (w := torch.linalg.lstsq(X - X.mean(0), y - y.mean())[0].numpy(), (y - X @ w).mean().item())
]
RIGHT = {"03.1": STEP, "03.2": [Bias], "03.3": FIT}
