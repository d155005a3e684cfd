"""Right answers in unusual dress to the exercises of lesson 10."""

import math

import numpy as np
import torch
from torch import nn

conv = nn.Conv2d(1, 1, 3)
conv.weight.data = torch.eye(9)[3].reshape(1, 1, 3, 3)


def counted_in_a_loop(size, kernel_size, stride, padding):
    count, row = 0, -padding
    while row + kernel_size <= size + padding:
        count, row = count + 1, row + stride
    return count


def measured_without_a_graph(model, X, y):
    modes = {layer: layer.training for layer in model.modules()}
    try:
        with torch.no_grad():
            return (model.eval()(X).argmax(dim=1) == y).float().mean()
    finally:
        for layer, mode in modes.items():
            layer.training = mode


@torch.inference_mode()
def measured_in_batches(model, X, y):
    training = model.training
    model.eval()
    hits = sum((model(a).max(1).indices == b).sum() for a, b in zip(X.split(64), y.split(64), strict=True))
    model.train(training)
    return hits / y.numel()


RIGHT = {
    "10.1": [
        conv.weight[0, 0],
        torch.from_numpy(np.eye(9, dtype="float32")[3].reshape(3, 3)),
        nn.Parameter(torch.tensor([[0, 0, -0.0], [1, 0, 0], [0, 0, 0]])),
    ],
    "10.2": [
        counted_in_a_loop,
        lambda size, kernel_size, stride, padding: len(range(kernel_size, size + 2 * padding + 1, stride)),
        lambda size, k, s, p: math.floor((size + 2 * p - k) / s + 1),
        lambda size, k, s, p: np.int64(size - k + 2 * p + s) // s,
        lambda size, k, s, p: torch.tensor(size - k + 2 * p) // s + 1,
    ],
    "10.3": [measured_without_a_graph, measured_in_batches],
}
