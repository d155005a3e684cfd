"""Right answers in unusual dress to the exercises of lesson 02."""

import math

import numpy as np
import torch
from torch.autograd.functional import jacobian


def slope_by_backward(f, x):
    x = torch.tensor([float(x)], requires_grad=True)
    print(end="" if f(x) is None else "")  # a second look at the same place does no harm
    f(x).backward()
    return np.float64(x.grad.item())


def by_exponentials(x, y, w1, w2):
    grow, fall = math.exp(w1 * x), math.exp(-w1 * x)
    h = (grow - fall) / (grow + fall)
    error = float(w2 * h - y)
    return [
        torch.tensor(2 * error * float(w2) * 4 / (grow + fall) ** 2 * float(x)),
        torch.tensor(2 * error * h),
    ]


def by_links(x, y, w1, w2):
    grad = 2 * w2 * torch.sigmoid(2 * w1 * x) - w2 - y  # tanh(z) = 2 * sigmoid(2 * z) - 1
    return 2 * grad * w2 / torch.cosh(w1 * x) ** 2 * x, 2 * grad * (w1 * x).tanh()


def lowest_with_sgd(f, starts, lr):
    best = None
    for start in starts:
        x = torch.tensor([float(start)], requires_grad=True)
        optimizer = torch.optim.SGD([x], lr=lr)
        for _ in range(200):
            optimizer.zero_grad()
            f(x).backward()
            optimizer.step()
        if math.isfinite(f(x)) and (best is None or f(x) < f(best)):
            best = x.detach()
    return best.numpy()[0]


def lowest_in_one_tensor(f, starts, lr):
    x = torch.tensor(starts, dtype=torch.float64)
    for _ in range(200):
        x = x.detach().requires_grad_()
        x = x - lr * torch.autograd.grad(f(x).sum(), x)[0]
    return x[torch.nan_to_num(f(x), nan=math.inf, neginf=math.inf).argmin()].item()


def lowest_emptied_before(f, starts, lr):
    ends = {}
    for start in starts:
        x = torch.tensor(start, dtype=torch.float32, requires_grad=True)
        for step in range(200):
            if step:
                x.grad.zero_()
            f(x).backward()
            x.data = x.data - lr * x.grad
        if abs(x) < 1e6:
            ends[f(x).item()] = x.item()
    return ends[min(ends)]


RIGHT = {
    "02.1": [
        slope_by_backward,
        lambda f, x: torch.func.grad(f)(torch.tensor(float(x))).item(),
        lambda f, x: jacobian(f, torch.tensor(x, dtype=torch.float64)).item(),
    ],
    "02.2": [by_exponentials, by_links],
    "02.3": [lowest_with_sgd, lowest_in_one_tensor, lowest_emptied_before],
}
