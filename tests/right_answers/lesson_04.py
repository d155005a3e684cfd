"""Right answers in unusual dress to the exercises of lesson 04."""

import numpy as np
import torch


def skill_of_numpy(*three):
    y_hat, y_baseline, y = np.stack(three)  # a ValueError if the shapes differ
    return 1 - np.square(y_hat - y).mean() / np.square(y_baseline - y).mean()


def stop_with_numpy(val_losses, patience):
    ends = [end for end in range(1, len(val_losses) + 1) if not np.isnan(val_losses[:end]).all()]
    bests = [np.nanargmin(val_losses[:end]) + 1 for end in ends]
    return next((best for end, best in zip(ends, bests, strict=True) if end - best >= patience), bests[-1])


RIGHT = {
    "04.1": [lambda v, k: torch.tensor(np.convolve(v, np.ones(k) / k, mode="valid")[:-1])],
    "04.2": [skill_of_numpy],
    "04.3": [stop_with_numpy, lambda losses, patience: torch.tensor(stop_with_numpy(losses, patience))],
}
