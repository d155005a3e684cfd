"""Right answers in unusual dress to the exercises of lesson 04."""

import math

import numpy as np
import torch
from torch.nn import functional as F


def means_by_sums(values, k):
    sums = torch.cat([torch.zeros(1), values.cumsum(dim=0)])
    return ((sums[k:] - sums[:-k]) / k)[:-1]


def means_with_numpy(values, k):
    return torch.from_numpy(np.convolve(values.numpy(), np.ones(k) / k, mode="valid")[:-1])


def skill_with_a_loop(y_hat, y_baseline, y):
    if y_hat.shape != y.shape or y_baseline.shape != y.shape:
        raise ValueError("shapes")
    errors = [
        math.fsum((a - b) ** 2 for a, b in zip(x.flatten().tolist(), y.flatten().tolist(), strict=True))
        for x in (y_hat, y_baseline)
    ]
    return 1 - errors[0] / errors[1]


def skill_of_numpy(y_hat, y_baseline, y):
    if len({tuple(tensor.shape) for tensor in (y_hat, y_baseline, y)}) != 1:
        raise ValueError
    return np.float32(1 - F.mse_loss(y_hat, y).numpy() / F.mse_loss(y_baseline, y).numpy())


def stop_with_a_count(val_losses, patience):
    best_epoch, bad, i = 0, 0, 0
    while i < len(val_losses) and bad < patience:
        if not math.isnan(val_losses[i]) and all(
            math.isnan(loss) or val_losses[i] < loss for loss in val_losses[:i]
        ):
            best_epoch, bad = i + 1, 0
        else:
            bad += 1
        i += 1
    return best_epoch


def stop_with_numpy(val_losses, patience):
    for end in range(1, len(val_losses) + 1):
        if np.isnan(val_losses[:end]).all():
            continue
        best = np.nanargmin(val_losses[:end]) + 1
        if end - best >= patience:
            break
    return best


RIGHT = {
    "04.1": [means_by_sums, means_with_numpy, lambda values, k: values.unfold(0, k, 1).mean(dim=1)[:-1]],
    "04.2": [skill_with_a_loop, skill_of_numpy],
    "04.3": [
        stop_with_a_count,
        stop_with_numpy,
        lambda val_losses, patience: torch.tensor(stop_with_a_count(val_losses, patience)),
    ],
}
