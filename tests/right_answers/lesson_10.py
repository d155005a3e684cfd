"""Right answers in unusual dress to the exercises of lesson 10."""

import numpy as np
import torch
from torch import nn


@torch.inference_mode()
def measured_in_batches(model, X, y):
    training = model.training
    model.eval()
    hits = sum((model(X[i]).max(1).indices == y[i]).sum() for i in torch.arange(len(X)).split(64))
    model.train(training)
    return hits / y.numel()


RIGHT = {
    "10.1": [nn.Parameter(torch.tensor([[0, 0, -0.0], [1, 0, 0], [0, 0, 0]]))],
    "10.2": [lambda size, k, stride, p: np.int64(len(range(k, size + 2 * p + 1, stride)))],
    "10.3": [measured_in_batches],
}
