"""Right answers in unusual dress to the exercises of lesson 02."""

import numpy as np
import torch
from torch.autograd.functional import jacobian


def lowest_with_sgd(f, starts, lr):
    x = torch.tensor([float(start) for start in starts], requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=lr)
    for _ in range(200):
        optimizer.zero_grad()
        f(x).sum().backward()
        optimizer.step()
    return np.float32(x[torch.nan_to_num(f(x.detach()), 9e9, 9e9, 9e9).argmin()].item())


HAND = [
    lambda x, y, w1, w2: ((e := 2 * w2 * (h := (w1 * x).tanh()) - 2 * y) * w2 * x * (1 - h) * (1 + h), e * h)
]
SLOPE = [lambda f, x: np.float64(jacobian(f, torch.tensor(float(x), dtype=torch.float64)))]
RIGHT = {"02.1": SLOPE, "02.2": HAND, "02.3": [lowest_with_sgd]}
